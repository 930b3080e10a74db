//! Parquet files: rows and schema from the footer, cells by Polars; types that this build of Polars lacks by Arrow.

use std::fs::File;
use std::path::Path;

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::arrow::parquet_to_arrow_schema;
use ::parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType as ArrowType, FieldRef, Float64Type, Int32Type, Int64Type,
    TimeUnit as ArrowUnit, UInt64Type,
};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use polars::prelude::{
    Column, DataFrame, Int32Chunked, Int64Chunked, IntoSeries, LazyFrame, NamedFrom,
    NewChunkedArray, PlRefPath, PlSmallStr, ScanArgsParquet, Series, TimeUnit,
};

use super::file::of_frame;
use super::guard::guarded;
use super::{Table, TableError};

/// Reads some rows of a Parquet file.
pub(super) fn table(
    path: &Path,
    source: PlRefPath,
    offset: u64,
    max_rows: usize,
) -> Result<Table, TableError> {
    let io = |source| TableError::Io {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(io)?;
    let (metadata, fields) = guarded(|| {
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file)?;
        let fields = fields(&metadata)?;
        Ok::<_, ::parquet::errors::ParquetError>((metadata, fields))
    })
    .map_err(|e| TableError::format(path, &e))?;
    let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
    let offset = offset.min(rows);
    let height = usize::try_from(rows - offset)
        .unwrap_or(usize::MAX)
        .min(max_rows);

    let native = fields.iter().all(|field| is_native(field.data_type()));
    let frame = if native {
        let args = ScanArgsParquet {
            glob: false,
            ..ScanArgsParquet::default()
        };
        let (start, window) = (
            i64::try_from(offset).unwrap_or(i64::MAX),
            u32::try_from(height).unwrap_or(u32::MAX),
        );
        guarded(|| {
            LazyFrame::scan_parquet(source, args)?
                .slice(start, window)
                .collect()
        })
    } else {
        guarded(|| by_arrow(file, &fields, offset, height))
    };
    let frame = frame.map_err(|e| TableError::format(path, &e))?;
    let mut table = of_frame(frame, rows, offset);
    if !native {
        for (info, field) in table.columns.iter_mut().zip(&fields) {
            info.dtype = type_name(field.data_type());
        }
    }
    Ok(table)
}

fn fields(metadata: &ParquetMetaData) -> Result<Vec<FieldRef>, ::parquet::errors::ParquetError> {
    let file = metadata.file_metadata();
    let schema = parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata())?;
    Ok(schema.fields().iter().cloned().collect())
}

/// Whether Polars, as built here, has the type.
fn is_native(dtype: &ArrowType) -> bool {
    match dtype {
        ArrowType::Boolean
        | ArrowType::Int32
        | ArrowType::Int64
        | ArrowType::UInt32
        | ArrowType::UInt64
        | ArrowType::Float32
        | ArrowType::Float64
        | ArrowType::Date32
        | ArrowType::Duration(_)
        | ArrowType::Utf8
        | ArrowType::LargeUtf8
        | ArrowType::Utf8View
        | ArrowType::Binary
        | ArrowType::LargeBinary
        | ArrowType::BinaryView => true,
        ArrowType::Timestamp(_, zone) => zone.is_none(),
        ArrowType::List(field) | ArrowType::LargeList(field) => is_native(field.data_type()),
        ArrowType::Struct(fields) => fields.iter().all(|field| is_native(field.data_type())),
        _ => false,
    }
}

/// The rows by Arrow: numbers as wide numbers, everything else as Arrow prints it.
fn by_arrow(
    file: File,
    fields: &[FieldRef],
    offset: u64,
    height: usize,
) -> Result<DataFrame, Box<dyn std::error::Error>> {
    let batches = ParquetRecordBatchReaderBuilder::try_new(file)?
        .with_offset(usize::try_from(offset)?)
        .with_limit(height)
        .with_batch_size(height.clamp(1, 8192))
        .build()?
        .collect::<Result<Vec<_>, _>>()?;
    let mut columns = Vec::with_capacity(fields.len());
    for (index, field) in fields.iter().enumerate() {
        let name = PlSmallStr::from_str(field.name());
        let arrays: Vec<&ArrayRef> = batches.iter().map(|batch| batch.column(index)).collect();
        columns.push(Column::from(series(name, field.data_type(), &arrays)?));
    }
    Ok(DataFrame::new(height, columns)?)
}

fn series(name: PlSmallStr, dtype: &ArrowType, arrays: &[&ArrayRef]) -> Result<Series, ArrowError> {
    Ok(match dtype {
        ArrowType::UInt64 => Series::new(name, numbers::<UInt64Type>(arrays)?),
        ArrowType::Boolean => {
            let values = arrays.iter().filter_map(|array| array.as_boolean_opt());
            Series::new(name, values.flatten().collect::<Vec<_>>())
        }
        ArrowType::Date32 => {
            let days = numbers::<Int32Type>(arrays)?;
            Int32Chunked::from_slice_options(name, &days)
                .into_date()
                .into_series()
        }
        ArrowType::Timestamp(unit, _) => {
            let (unit, scale) = match unit {
                ArrowUnit::Second => (TimeUnit::Milliseconds, 1_000),
                ArrowUnit::Millisecond => (TimeUnit::Milliseconds, 1),
                ArrowUnit::Microsecond => (TimeUnit::Microseconds, 1),
                ArrowUnit::Nanosecond => (TimeUnit::Nanoseconds, 1),
            };
            let times: Vec<Option<i64>> = numbers::<Int64Type>(arrays)?
                .into_iter()
                .map(|time| time?.checked_mul(scale))
                .collect();
            Int64Chunked::from_slice_options(name, &times)
                .into_datetime(unit, None)
                .into_series()
        }
        dtype if dtype.is_integer() => Series::new(name, numbers::<Int64Type>(arrays)?),
        dtype if dtype.is_floating() => Series::new(name, numbers::<Float64Type>(arrays)?),
        _ => {
            let options = FormatOptions::default();
            let mut texts: Vec<Option<String>> = Vec::new();
            for array in arrays {
                let formatter = ArrayFormatter::try_new(array, &options)?;
                texts.extend((0..array.len()).map(|row| {
                    array
                        .is_valid(row)
                        .then(|| formatter.value(row).to_string())
                }));
            }
            Series::new(name, texts)
        }
    })
}

fn numbers<T: ArrowPrimitiveType>(
    arrays: &[&ArrayRef],
) -> Result<Vec<Option<T::Native>>, ArrowError> {
    let mut numbers = Vec::new();
    for array in arrays {
        let wide = arrow::compute::cast(array, &T::DATA_TYPE)?;
        numbers.extend(wide.as_primitive_opt::<T>().into_iter().flatten());
    }
    Ok(numbers)
}

/// A type's name, short where Arrow's is long.
fn type_name(dtype: &ArrowType) -> String {
    match dtype {
        ArrowType::Decimal128(precision, scale) | ArrowType::Decimal256(precision, scale) => {
            format!("decimal[{precision},{scale}]")
        }
        ArrowType::Timestamp(_, Some(zone)) => format!("datetime[{zone}]"),
        ArrowType::Time32(_) | ArrowType::Time64(_) => "time".to_owned(),
        ArrowType::Dictionary(_, _) => "cat".to_owned(),
        ArrowType::Int8 => "i8".to_owned(),
        ArrowType::Int16 => "i16".to_owned(),
        ArrowType::UInt8 => "u8".to_owned(),
        ArrowType::UInt16 => "u16".to_owned(),
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => "str".to_owned(),
        ArrowType::Timestamp(..) => "datetime".to_owned(),
        ArrowType::Date32 => "date".to_owned(),
        ArrowType::Int32 => "i32".to_owned(),
        ArrowType::Int64 => "i64".to_owned(),
        ArrowType::UInt32 => "u32".to_owned(),
        ArrowType::UInt64 => "u64".to_owned(),
        ArrowType::Float32 => "f32".to_owned(),
        ArrowType::Float64 => "f64".to_owned(),
        ArrowType::Boolean => "bool".to_owned(),
        ArrowType::List(field) | ArrowType::LargeList(field) => {
            format!("list[{}]", type_name(field.data_type()))
        }
        ArrowType::Struct(fields) => format!("struct[{}]", fields.len()),
        other => other.to_string().to_lowercase(),
    }
}
