use bytes::Bytes;

use super::super::testing::{directory, pickle, value};
use super::super::{Limits, read_pickle, read_pickle_from};
use super::*;

/// A line for each column: name, type, side, cells.
fn shown(table: &Table) -> String {
    let mut out = format!(
        "{} of {} rows from {}\n",
        table.height(),
        table.rows,
        table.offset
    );
    for (at, column) in table.columns.iter().enumerate() {
        let cells: Vec<String> = (0..table.height()).map(|row| table.cell(row, at)).collect();
        let mark = if column.is_index { "*" } else { "" };
        let side = match column.align {
            Align::Left => "<",
            Align::Right => ">",
        };
        out.push_str(&format!(
            "{mark}{} {} {side} {}\n",
            column.name,
            column.dtype,
            cells.join(" | ")
        ));
    }
    out
}

fn of(name: &str) -> String {
    shown(&table(value(name).root(), 10).unwrap())
}

#[test]
fn frames_of_pandas() {
    insta::assert_snapshot!(of("frame"), @r"
    3 of 3 rows from 0
    i int64 > 1 | 2 | 3
    f float64 > 0.5 | NaN | 2.0
    s string < x | y | null
    b bool < True | False | True
    t datetime64[us] < 2024-01-01 00:00:00 | 2024-02-29 12:00:00 | null
    z datetime64[us, UTC] < 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00
    d timedelta64[us] > 1:00:00 | 2:00:00 | 3:00:00
    c category < u | v | u
    n Int64 > 1 | null | 3
    o object < 1 | two | [3]
    j int64 > 4 | 5 | 6
    i8 int8 > 1 | 2 | 3
    ");
    assert_eq!(of("frame-p5"), of("frame"));
    assert_eq!(of("frame-pandas2-p5"), of("frame-pandas2"));
    let versions = [of("frame"), of("frame-pandas2")]
        .map(|text| text.replace("[us", "[ns").replace("s string", "s object"));
    assert_eq!(versions[0], versions[1]);
    insta::assert_snapshot!(of("frame-matrix"), @r"
    4 of 4 rows from 0
    * string < w | x | y | z
    a int64 > 0 | 3 | 6 | 9
    b int64 > 1 | 4 | 7 | 10
    c int64 > 2 | 5 | 8 | 11
    ");
    insta::assert_snapshot!(of("frame-multi"), @r"
    2 of 2 rows from 0
    *k string < a | b
    *n int64 > 1 | 2
    v int64 > 1 | 2
    ");
    insta::assert_snapshot!(of("frame-empty"), @"0 of 0 rows from 0");
    insta::assert_snapshot!(of("series"), @r"
    2 of 2 rows from 0
    * datetime64[us] < 2024-01-01 00:00:00 | 2024-01-02 00:00:00
    price float64 > 1.5 | 2.5
    ");
    for name in ["frame-matrix", "frame-multi", "frame-empty", "series"] {
        let old = of(&format!("{name}-pandas2"))
            .replace("[ns", "[us")
            .replace("object", "string");
        assert_eq!(old, of(name).replace("object", "string"), "{name}");
    }
}

#[test]
fn frames_of_polars_and_arrow() {
    insta::assert_snapshot!(of("polars"), @r"
    3 of 3 rows from 0
    i i64 > 1 | 2 | null
    s str < short | a string that is longer than a view | null
    f f64 > 0.5 | 1.5 | 2.5
    b bool < True | null | False
    d date < 2024-02-29 | 2024-02-29 | 2024-02-29
    t datetime[μs] < 2024-02-29 12:00:00 | 2024-02-29 12:00:00 | 2024-02-29 12:00:00
    l list[i64] < [1] | [] | [2, 3]
    u struct[2] < {x: 1, y: 'p'} | {x: 1, y: 'p'} | {x: 1, y: 'p'}
    e u8 > 7 | 8 | 9
    c cat < r | g | r
    ");
    insta::assert_snapshot!(of("polars-chunks"), @r"
    6 of 6 rows from 0
    i i64 > 1 | 2 | null | 1 | 2 | null
    s str < short | a string that is longer than a view | null | short | a string that is longer than a view | null
    ");
    insta::assert_snapshot!(of("polars-series"), @r"
    3 of 3 rows from 0
    s str < short | a string that is longer than a view | null
    ");
    insta::assert_snapshot!(of("arrow"), @r"
    2 of 2 rows from 0
    i int32 > 2 | null
    s string < null | zed
    t timestamp[us, UTC] < 2024-02-29 00:00:00 | 2024-02-29 00:00:00
    c dictionary<string> < g | r
    b bool < False | null
    ");
}

#[test]
fn plain_values_that_are_tables() {
    insta::assert_snapshot!(of("rows"), @r"
    2 of 2 rows from 0
    a int > 1 | 2
    b str < x | null
    c float > null | 1.5
    ");
    insta::assert_snapshot!(of("columns"), @r"
    3 of 3 rows from 0
    a int > 1 | 2 | 3
    b str < x | null | z
    ");
    insta::assert_snapshot!(of("tuples"), @r"
    2 of 2 rows from 0
    0 int > 1 | 2
    1 str < x | y
    ");
    insta::assert_snapshot!(of("points"), @r"
    2 of 2 rows from 0
    x int > 1 | 3
    y float > 2.0 | 4.0
    label str < origin | end
    ");
    for name in ["plain-p4", "stdlib-p4", "kmeans", "cycle"] {
        assert!(table(value(name).root(), 10).is_none(), "{name}");
    }
}

#[test]
fn arrays() {
    let value = value("numpy-p4");
    let array = |name: &str| table(value.root().key(name).unwrap(), 10);
    insta::assert_snapshot!(shown(&array("matrix").unwrap()), @r"
    2 of 2 rows from 0
    0 int64 > 0 | 3
    1 int64 > 1 | 4
    2 int64 > 2 | 5
    ");
    assert_eq!(
        shown(&array("fortran").unwrap()),
        shown(&array("matrix").unwrap())
    );
    insta::assert_snapshot!(shown(&array("text").unwrap()), @r"
    2 of 2 rows from 0
    value <U2 < ab | c
    ");
    insta::assert_snapshot!(shown(&array("half").unwrap()), @r"
    2 of 2 rows from 0
    value float16 > 0.5 | -2.0
    ");
    insta::assert_snapshot!(shown(&array("object").unwrap()), @r"
    3 of 3 rows from 0
    value object < 1 | two | null
    ");
    assert!(array("cube").is_none() && array("scalar_array").is_none());
}

fn read(bytes: &'static [u8]) -> Option<Table> {
    table(
        read_pickle(&Bytes::from_static(bytes), Limits::default())
            .unwrap()
            .root(),
        10,
    )
}

#[test]
fn lists_that_are_no_tables() {
    // [], [[1], [1, 2]], [{'a': 1}, 2], {'a': [1], 'b': [1, 2]}, [{1}, {2}]
    assert!(read(b"].").is_none());
    assert!(read(b"](](K\x01e](K\x01K\x02ee.").is_none());
    assert!(read(b"](}\x8c\x01aK\x01sK\x02e.").is_none());
    assert!(read(b"}(\x8c\x01a](K\x01e\x8c\x01b](K\x01K\x02eu.").is_none());
    assert!(read(b"](\x8f(K\x01\x90\x8f(K\x02\x90e.").is_none());
    // [1, None, 2.5]
    insta::assert_snapshot!(shown(&read(b"](K\x01NG\x40\x04\0\0\0\0\0\0e.").unwrap()), @r"
    3 of 3 rows from 0
    value float > 1.0 | null | 2.5
    ");
}

#[test]
fn columns_of_one_name_are_all_shown() {
    // [{'a': 1, 'a': 2}] cannot be a dict, but a pickle can say it.
    let table = read(b"](}(\x8c\x01aK\x01\x8c\x01aK\x02ue.").unwrap();
    assert_eq!(table.columns.len(), 1);
}

#[test]
fn windows_of_rows() {
    let value = value("frame-matrix");
    let window = table_at(value.root(), 1, 2).unwrap();
    insta::assert_snapshot!(shown(&window), @r"
    2 of 4 rows from 1
    * string < x | y
    a int64 > 3 | 6
    b int64 > 4 | 7
    c int64 > 5 | 8
    ");
    assert_eq!(table_at(value.root(), 99, 2).unwrap().height(), 0);
    let slice = table(value.root(), 10).unwrap().slice(1, 2);
    assert_eq!(slice, window);
    assert_eq!(slice.slice(1, 5).offset, 2);
    assert_eq!(slice.slice(9, 5).height(), 0);
    assert_eq!(slice.cell(9, 0), "");
}

/// A block of two columns of 100 000 rows, as pandas pickles it: the second column is far behind the first.
#[test]
fn a_stream_keeps_the_start_of_every_column() {
    const ROWS: u32 = 100_000;
    let dtype = b"cnumpy\ndtype\n(\x8c\x02u4\x89\x88tR(K\x03\x8c\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb";
    let mut bytes =
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tC\x01btR(K\x01(K\x02J"
            .to_vec();
    bytes.extend(ROWS.to_le_bytes());
    bytes.push(b't');
    bytes.extend(dtype);
    bytes.extend(b"\x89B");
    bytes.extend((2 * ROWS * 4).to_le_bytes());
    bytes.extend((0..2 * ROWS).flat_map(u32::to_le_bytes));
    bytes.extend(b"tb.");
    let streamed = read_pickle_from(&mut &bytes[..], Limits::default()).unwrap();
    let root = streamed.root();
    let array = root.state().unwrap().item(4).unwrap().as_buffer().unwrap();
    assert!(!array.is_whole());
    for row in 0..100 {
        let at = usize::try_from(ROWS + row).unwrap();
        assert_eq!(array.get(at * 4, 4).unwrap(), (ROWS + row).to_le_bytes());
    }
    assert!(
        array
            .get(usize::try_from(2 * ROWS - 1).unwrap() * 4, 4)
            .is_none()
    );
}

#[test]
fn files() {
    let file = |name: &str| file_table(&directory("tables").join(name), 0, 10).unwrap();
    insta::assert_snapshot!(shown(&file("frame.csv")), @r"
    3 of 3 rows from 0
    i i64 > 1 | 2 | null
    s str < short | a string that is longer than a view | null
    f f64 > 0.5 | 1.5 | 2.5
    d date < 2024-02-29 | 2024-02-29 | 2024-02-29
    ");
    insta::assert_snapshot!(shown(&file("frame.arrow")), @r"
    3 of 3 rows from 0
    i i64 > 1 | 2 | null
    s str < short | a string that is longer than a view | null
    f f64 > 0.5 | 1.5 | 2.5
    ");
    insta::assert_snapshot!(shown(&file("frame.jsonl")), @r"
    3 of 3 rows from 0
    i i64 > 1 | 2 | null
    s str < short | a string that is longer than a view | null
    f f64 > 0.5 | 1.5 | 2.5
    ");
    insta::assert_snapshot!(shown(&file("wide.arrow")), @r"
    3 of 3 rows from 0
    i i64 > 1 | 2 | null
    k time < … | … | …
    l list[i64] < [1] | [] | [2, 3]
    c cat < r | g | r
    e u8 > 7 | 8 | 9
    ");
    let batches = |name: &str, offset| {
        shown(&file_table(&directory("tables").join(name), offset, 4).unwrap())
    };
    insta::assert_snapshot!(batches("batches.arrow", 3), @r"
    4 of 10 rows from 3
    n i64 > 3 | 4 | 5 | 6
    w cat < odd | even | odd | even
    ");
    assert_eq!(
        batches("batches.arrow", 50),
        "0 of 10 rows from 10\nn i64 > \nw cat < \n"
    );
    insta::assert_snapshot!(batches("packed.arrow", 3), @r"
    4 of 10 rows from 3
    n i64 > 3 | 4 | 5 | 6
    ");
    insta::assert_snapshot!(shown(&file("wide.parquet")), @r"
    3 of 3 rows from 0
    i i64 > 1 | 2 | null
    s str < short | a string that is longer than a view | null
    f f64 > 0.5 | 1.5 | 2.5
    b bool < True | null | False
    d date < 2024-02-29 | 2024-02-29 | 2024-02-29
    t datetime < 2024-02-29 12:00:00 | 2024-02-29 12:00:00 | 2024-02-29 12:00:00
    l list[i64] < [1] | [] | [2, 3]
    e u8 > 7 | 8 | 9
    c cat < r | g | r
    k time < 01:02:03 | 01:02:03 | 01:02:03
    m decimal[38,2] < 1.50 | null | 2.25
    ");
    let page = file_table(&directory("tables").join("long.parquet"), 250, 3).unwrap();
    insta::assert_snapshot!(shown(&page), @r"
    3 of 500 rows from 250
    n i64 > 250 | 251 | 252
    ");
    let end = file_table(&directory("tables").join("long.parquet"), 499, 3).unwrap();
    assert_eq!((end.rows, end.height()), (500, 1));
    let beyond = file_table(&directory("tables").join("long.parquet"), 5000, 3).unwrap();
    assert_eq!((beyond.rows, beyond.height()), (500, 0));
}

#[test]
fn files_that_are_no_tables() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        file_table(&path, 0, 10)
    };
    assert!(matches!(
        write("a.txt", b"text"),
        Err(TableError::Unknown(_))
    ));
    assert!(matches!(
        file_table(&folder.path().join("missing.csv"), 0, 1),
        Err(TableError::Io { .. })
    ));
    let parquet = std::fs::read(directory("tables").join("wide.parquet")).unwrap();
    assert!(matches!(
        write("b.parquet", &parquet[..1000]),
        Err(TableError::Format { .. })
    ));
    let arrow = std::fs::read(directory("tables").join("frame.arrow")).unwrap();
    assert!(matches!(
        write("c.arrow", &arrow[..500]),
        Err(TableError::Format { .. })
    ));
    let empty = write("d.csv", b"");
    assert!(empty.is_ok_and(|table| table.rows == 0));
    // A name with the signs of a pattern is a name.
    let odd = write("e[1]*.csv", b"a,b\n1,2\n").unwrap();
    assert_eq!((odd.rows, odd.cell(0, 1)), (1, "2".to_owned()));
}

#[test]
fn cells_stay_on_their_line() {
    assert_eq!(read(b"](\x8c\x04a\nb\x1be.").unwrap().cell(0, 0), "a⏎b�");
    let frame = table(value("frame").root(), 3).unwrap();
    assert!(frame.is_null(2, 2) && !frame.is_null(0, 2));
    assert!(pickle("frame").len() < 20_000);
}

#[test]
fn damaged_files_are_survived() {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(directory("tables")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let whole = std::fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(whole.len().div_ceil(30)) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            let damaged = folder.path().join(format!("{at}-{name}"));
            std::fs::write(&damaged, bytes).unwrap();
            if let Ok(table) = file_table(&damaged, 1, 5) {
                assert!(table.height() <= 5, "{name} at {at}");
            }
        }
    }
}
