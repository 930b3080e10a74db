use super::testing::{all_pickles, pickle, value};
use super::*;

/// One line for each entry of a pickled dict: name, type, shape, dtype, preview.
fn listing(name: &str) -> String {
    let value = value(name);
    let entry = |(key, item): (ValueRef<'_>, ValueRef<'_>)| {
        let s = summarise(item, 0);
        let facts = [Some(s.type_name), s.shape, s.dtype]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ");
        format!("{}: {facts}: {}\n", key.as_str().unwrap(), s.preview)
    };
    value.root().pairs().map(entry).collect()
}

#[test]
fn plain_values() {
    insta::assert_snapshot!(listing("plain-p4"), @r#"
    none: NoneType: None
    yes: bool: True
    small: int: 7
    negative: int: -123456
    wide: int: 1099511627776
    big: int: -1267650600228229401496703205376
    float: float: 0.1
    nan: float: nan
    text: str 13: "café\n'quoted'"
    bytes: bytes 4: b'\x00\xffab'
    bytearray: bytearray 3: bytearray(b'xyz')
    list: list 2: [1, [2, [3]]]
    tuple: tuple 1: (1,)
    set: set 1: {3}
    frozenset: frozenset 1: frozenset({4})
    dict: dict 2: {1: 'one', (2, 3): None}
    long: str 300: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
    "#);
}

#[test]
fn the_standard_library() {
    insta::assert_snapshot!(listing("stdlib-p4"), @r"
    datetime: datetime: 2024-02-29 12:30:15.000250
    datetime_utc: datetime: 2024-02-29 00:00:00 UTC
    datetime_zone: datetime: 2024-02-29 00:00:00 Europe/Paris
    date: date: 1999-12-31
    time: time: 23:59:59
    timedelta: timedelta: 2 days, 3:00:00.000005
    minus: timedelta: -1 day, 23:59:59
    decimal: Decimal: 3.140
    fraction: Fraction: 1/3
    uuid: UUID: 12345678-1234-5678-1234-567812345678
    path: PurePosixPath: /data/in.csv
    relative: PurePosixPath: a/b
    complex: complex: (1-2.5j)
    range: range: range(3, 9)
    enum: Color: Color(1)
    counter: Counter 2: Counter({'a': 2, 'b': 1})
    ordered: OrderedDict 1: OrderedDict({'a': 1})
    default: defaultdict 1: defaultdict({'a': [1]})
    deque: deque 2: deque([1, 2])
    point: Point: Point(x=1, y=2.5, label='origin')
    slotted: Slotted: Slotted(a=1, b='two')
    bag: Bag 1: Bag({'k': 'v'})
    stack: Stack 2: Stack([1, 2])
    frame: ForeachFrame: ForeachFrame(step='body', var='items', num_splits=3, index=0, value='a')
    error: ValueError: ValueError('bad value')
    wrapper: MetaflowExceptionWrapper: FileNotFoundError: no such file
    class: type: <class '__main__.Point'>
    ");
}

#[test]
fn numpy_arrays_and_scalars() {
    let expected = listing("numpy-p4");
    insta::assert_snapshot!(expected, @r"
    int8: ndarray 3 int8: [0, 1, 2]
    uint64: ndarray 1 uint64: [18446744073709551615]
    big_endian: ndarray 2 int32: [1, 2]
    half: ndarray 2 float16: [0.5, -2.0]
    single: ndarray 2 float32: [0.1, 3e+38]
    double: ndarray 5 float64: [0.0, 0.25, 0.5, 0.75, 1.0]
    complex: ndarray 1 complex128: [(1+2j)]
    bool: ndarray 2 bool: [True, False]
    text: ndarray 2 <U2: ['ab', 'c']
    bytes: ndarray 2 S2: [b'ab', b'c']
    object: ndarray 3 object: [1, 'two', None]
    days: ndarray 2 datetime64[D]: [2024-02-29, None]
    nanos: ndarray 1 datetime64[ns]: [1970-01-01 00:00:00.000000001]
    hours: ndarray 1 timedelta64[h]: [1 day, 12:00:00]
    record: ndarray 1 record(a, b): […]
    matrix: ndarray 2×3 int64: int64 2×3 [0, 1, 2, 3, 4, 5]
    fortran: ndarray 2×3 int64: int64 2×3 [0, 3, 1, 4, 2, 5]
    cube: ndarray 2×3×4 float64: float64 2×3×4 [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, …]
    scalar_array: ndarray () int64: 5
    float64: float64: 2.5
    int32: int32: -3
    flag: bool: True
    moment: datetime64[s]: 2024-02-29 12:00:00
    ");
    for name in [
        "numpy-p2",
        "numpy-p5",
        "numpy-pandas2-p2",
        "numpy-pandas2-p4",
        "numpy-pandas2-p5",
    ] {
        assert_eq!(listing(name), expected, "{name}");
    }
}

#[test]
fn pandas_scalars_and_indexes() {
    insta::assert_snapshot!(listing("pandas-values"), @r"
    stamp: Timestamp: 2024-02-29 12:00:00
    stamp_utc: Timestamp: 2024-02-29 00:00:00 UTC
    delta: Timedelta: 1 day, 1:00:00
    index: Index 2 string: ['a', 'b']
    range: RangeIndex 3 int64: [2, 5, 8]
    dates: DatetimeIndex 1 datetime64[us]: [2024-01-01 00:00:00]
    array: IntegerArray 2 Int64: [1, None]
    ");
    let versions = [listing("pandas-values"), listing("pandas-values-pandas2")];
    let [new, old] =
        versions.map(|text| text.replace("[us", "[ns").replace(" string:", " object:"));
    assert_eq!(new, old);
}

#[test]
fn frames_in_a_line() {
    let line = |name: &str| {
        let s = describe(&pickle(name), 1234).unwrap().summary;
        format!(
            "{} {} {} | {}",
            s.type_name,
            s.shape.unwrap_or_default(),
            s.size,
            s.preview
        )
    };
    insta::assert_snapshot!(line("frame"), @"DataFrame 3×12 1234 | i: int64, f: float64, s: string, b: bool, t: datetime64[us], z: datetime64[us, UTC], d: timedelta64[us], c: category, n: Int64, o: object, j: int64, i8: int8");
    insta::assert_snapshot!(line("frame-empty"), @"DataFrame 0×0 1234 |");
    insta::assert_snapshot!(line("series"), @"Series 2 1234 | [1.5, 2.5]");
    insta::assert_snapshot!(line("polars"), @"DataFrame 3×10 1234 | i: i64, s: str, f: f64, b: bool, d: date, t: datetime[μs], l: list[i64], u: struct[2], e: u8, c: cat");
    insta::assert_snapshot!(line("polars-series"), @"Series 3 1234 | ['short', 'a string that is longer than a view', None]");
    insta::assert_snapshot!(line("arrow"), @"Table 2×5 1234 | i: int32, s: string, t: timestamp[us, UTC], c: dictionary<string>, b: bool");
    insta::assert_snapshot!(line("kmeans"), @"KMeans  1234 | KMeans(n_clusters=2, init='k-means++', max_iter=300, tol=0.0001, n_init=1, verbose=0, random_state=0, copy_x=True, algorithm='lloyd')");
}

#[test]
fn a_model_is_a_named_tree() {
    let value = value("kmeans");
    let rows = children(value.root(), 0, 100);
    let centers = rows
        .iter()
        .find(|row| row.key == "cluster_centers_")
        .unwrap();
    assert_eq!(
        (centers.type_name.as_str(), centers.children),
        ("ndarray", 0)
    );
    assert_eq!(centers.preview, "float64 2×2 [5.0, 6.0, 1.0, 2.0]");
}

#[test]
fn trees_open_one_level_at_a_time() {
    let value = value("stdlib-p4");
    let top = tree_node("artifact".into(), value.root());
    assert_eq!((top.type_name.as_str(), top.children), ("dict", 27));
    let rows = children(value.root(), 0, 100);
    assert_eq!(rows.len(), 27);
    let point = rows.iter().find(|row| row.key == "point").unwrap();
    assert_eq!(point.preview, "Point(x=1, y=2.5, label='origin')");
    let parts = children(value.get(point.id), 0, 100);
    let parts: Vec<_> = parts
        .iter()
        .map(|part| (part.key.as_str(), part.preview.as_str(), part.children))
        .collect();
    assert_eq!(
        parts,
        [("x", "1", 0), ("y", "2.5", 0), ("label", "'origin'", 0)]
    );
    let page: Vec<String> = children(value.root(), 2, 2)
        .into_iter()
        .map(|row| row.key)
        .collect();
    assert_eq!(page, ["datetime_zone", "date"]);
}

#[test]
fn text_is_laid_out_to_the_width() {
    insta::assert_snapshot!(repr(value("rows").root(), 30, 5), @r"
    [
      {'a': 1, 'b': 'x'},
      {'a': 2, 'c': 1.5},
    ]
    ");
    insta::assert_snapshot!(repr(value("points").root(), 80, 1), @"[Point(...), Point(...)]");
    assert_eq!(line(value("rows").root(), 20), "[{'a': 1, 'b': 'x'}…");
    assert_eq!(line(value("rows").root(), 0), "");
}

#[test]
fn text_holds_nothing_that_drives_a_terminal() {
    let bytes = Bytes::from_static("X\u{0b}\0\0\0a\u{1b}[2J\u{202e}\u{200b}.".as_bytes());
    let value = read_pickle(&bytes, Limits::default()).unwrap();
    assert_eq!(line(value.root(), 80), r"'a\x1b[2J\u202e\u200b'");
}

#[test]
fn json_of_values() {
    insta::assert_snapshot!(to_json(value("plain-p4").root()).to_string().replace(&"x".repeat(300), "xxx"), @r#"{"none":null,"yes":true,"small":7,"negative":-123456,"wide":1099511627776,"big":"-1267650600228229401496703205376","float":0.1,"nan":"nan","text":"café\n'quoted'","bytes":"b'\\x00\\xffab'","bytearray":"bytearray(b'xyz')","list":[1,[2,[3]]],"tuple":[1],"set":[3],"frozenset":[4],"dict":{"1":"one","(2, 3)":null},"long":"xxx"}"#);
    insta::assert_snapshot!(to_json(value("stdlib-p4").root()), @r#"{"datetime":"2024-02-29 12:30:15.000250","datetime_utc":"2024-02-29 00:00:00 UTC","datetime_zone":"2024-02-29 00:00:00 Europe/Paris","date":"1999-12-31","time":"23:59:59","timedelta":"2 days, 3:00:00.000005","minus":"-1 day, 23:59:59","decimal":"3.140","fraction":"1/3","uuid":"12345678-1234-5678-1234-567812345678","path":"/data/in.csv","relative":"a/b","complex":"(1-2.5j)","range":"range(3, 9)","enum":{"__type__":"Color","0":1},"counter":{"a":2,"b":1},"ordered":{"a":1},"default":{"a":[1]},"deque":[1,2],"point":{"__type__":"Point","x":1,"y":2.5,"label":"origin"},"slotted":{"__type__":"Slotted","a":1,"b":"two"},"bag":{"k":"v"},"stack":[1,2],"frame":{"__type__":"ForeachFrame","step":"body","var":"items","num_splits":3,"index":0,"value":"a"},"error":{"__type__":"ValueError","0":"bad value"},"wrapper":{"__type__":"MetaflowExceptionWrapper","exception":"no such file","type":"builtins.FileNotFoundError","stacktrace":"Traceback (most recent call last):\n"},"class":"<class '__main__.Point'>"}"#);
    insta::assert_snapshot!(to_json(value("frame-multi").root()), @r#"{"__type__":"DataFrame","rows":2,"columns":{"k":["a","b"],"n":[1,2],"v":[1,2]}}"#);
    insta::assert_snapshot!(to_json(value("series").root()), @"[1.5,2.5]");
    for (name, bytes) in all_pickles() {
        let value = read_pickle(&bytes, Limits::default()).unwrap();
        let text = to_json(value.root()).to_string();
        assert!(
            serde_json::from_str::<serde_json::Value>(&text).is_ok(),
            "{name}"
        );
    }
}

#[test]
fn foreach_frames_are_read_by_position_and_name() {
    let value = value("stdlib-p4");
    let frame = value.root().key("frame").unwrap();
    assert!(frame.callee().unwrap().is("__main__", "ForeachFrame"));
    assert_eq!(frame.arg(0).unwrap().as_str().unwrap(), "body");
    assert_eq!(frame.arg(2).unwrap().as_int(), Some(3));
}

#[test]
fn streams_are_described() {
    for (name, bytes) in all_pickles() {
        let whole = describe(&bytes, 1).unwrap().summary;
        assert_eq!(
            describe_from(&mut &bytes[..], 1).unwrap().summary,
            whole,
            "{name}"
        );
    }
}
