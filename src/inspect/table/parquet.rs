//! Parquet files: rows and schema from the footer, cells by Polars; types that this build of Polars lacks by Arrow.

use std::fs::File;
use std::path::Path;

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::arrow::{ProjectionMask, parquet_to_arrow_schema};
use ::parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use arrow::array::Array;
use arrow::datatypes::{DataType as ArrowType, FieldRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use polars::prelude::{Column, DataFrame, LazyFrame, NamedFrom, PlRefPath, PlSmallStr, ScanArgsParquet, Series, col};

use super::file::of_frame;
use super::{Table, TableError};

/// Reads some rows of a Parquet file.
pub(super) fn table(path: &Path, source: PlRefPath, offset: u64, max_rows: usize) -> Result<Table, TableError> {
    let io = |source| TableError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).map_err(|e| TableError::format(path, &e))?;
    let fields = fields(&metadata).map_err(|e| TableError::format(path, &e))?;
    let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
    let offset = offset.min(rows);
    let height = usize::try_from(rows - offset).unwrap_or(usize::MAX).min(max_rows);

    let by_polars: Vec<_> = fields.iter().filter(|field| is_native(field.data_type())).collect();
    let mut native = if by_polars.is_empty() || height == 0 && rows > 0 {
        Vec::new()
    } else {
        let args = ScanArgsParquet { glob: false, ..ScanArgsParquet::default() };
        let names: Vec<_> = by_polars.iter().map(|field| col(PlSmallStr::from_str(field.name()))).collect();
        let start = i64::try_from(offset).unwrap_or(i64::MAX);
        let window = u32::try_from(height).unwrap_or(u32::MAX);
        LazyFrame::scan_parquet(source, args)
            .and_then(|scan| scan.select(names).slice(start, window).collect())
            .map_err(|e| TableError::format(path, &e))?
            .into_columns()
    }
    .into_iter();

    let mut columns = Vec::with_capacity(fields.len());
    for (index, field) in fields.iter().enumerate() {
        let column = if is_native(field.data_type()) { native.next() } else { None };
        columns.push(match column {
            Some(column) => column,
            None => by_arrow(&file, index, field, offset, height).map_err(|e| TableError::format(path, &e))?,
        });
    }
    let frame = DataFrame::new(height, columns).map_err(|e| TableError::format(path, &e))?;
    let mut table = of_frame(frame, rows, offset);
    for (info, field) in table.columns.iter_mut().zip(&fields) {
        if !is_native(field.data_type()) {
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

/// Numbers as wide numbers, everything else as Arrow prints it.
fn by_arrow(
    file: &File,
    index: usize,
    field: &FieldRef,
    offset: u64,
    height: usize,
) -> Result<Column, Box<dyn std::error::Error>> {
    let name = PlSmallStr::from_str(field.name());
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.try_clone()?)?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), [index]);
    let offset = usize::try_from(offset)?;
    let batches = builder.with_projection(mask).with_offset(offset).with_limit(height).with_batch_size(height.clamp(1, 8192)).build()?;
    let integer = field.data_type().is_integer();
    let mut numbers: Vec<Option<i64>> = Vec::new();
    let mut texts: Vec<Option<String>> = Vec::new();
    for batch in batches {
        let batch = batch?;
        let array = batch.column(0);
        if integer {
            let wide = arrow::compute::cast(array, &ArrowType::Int64)?;
            let wide = wide.as_any().downcast_ref::<arrow::array::Int64Array>().ok_or("an int column without ints")?;
            numbers.extend(wide.iter());
        } else {
            let options = FormatOptions::default();
            let formatter = ArrayFormatter::try_new(array, &options)?;
            texts.extend((0..array.len()).map(|row| array.is_valid(row).then(|| formatter.value(row).to_string())));
        }
    }
    Ok(Column::from(if integer { Series::new(name, numbers) } else { Series::new(name, texts) }))
}

/// A type's name, short where Arrow's is long.
fn type_name(dtype: &ArrowType) -> String {
    match dtype {
        ArrowType::Decimal128(precision, scale) | ArrowType::Decimal256(precision, scale) => format!("decimal[{precision},{scale}]"),
        ArrowType::Timestamp(_, Some(zone)) => format!("datetime[{zone}]"),
        ArrowType::Time32(_) | ArrowType::Time64(_) => "time".to_owned(),
        ArrowType::Dictionary(_, _) => "cat".to_owned(),
        ArrowType::Int8 => "i8".to_owned(),
        ArrowType::Int16 => "i16".to_owned(),
        ArrowType::UInt8 => "u8".to_owned(),
        ArrowType::UInt16 => "u16".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}
