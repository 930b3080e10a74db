use proptest::prelude::*;

use super::{ForeachFrame, PickleError, Simple};
use crate::store::BlobKey;

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect()
}

fn text(value: &str) -> Simple {
    Simple::Str(value.to_owned())
}

/// Pickles that Metaflow wrote, their keys and their values.
#[test]
fn metaflows_own_pickles() {
    let list = |items: &[&str]| Simple::List(items.iter().map(|item| text(item)).collect());
    let frame = ForeachFrame {
        step: "start".into(),
        var: Some("items".into()),
        num_splits: Some(3),
        index: Some(1),
        value: Some("bb".into()),
    };
    let cases = [
        (
            "8004882e",
            "868436778cb011a1c6230bc12534683ab0b7f1c3",
            Simple::Bool(true),
        ),
        (
            "8004892e",
            "2473d4676d5b2aba674167293142f8031ada401b",
            Simple::Bool(false),
        ),
        (
            "80044e2e",
            "dbc1aaddc8b7343d6d33b34edcf608b8f8801918",
            Simple::None,
        ),
        (
            "80044b002e",
            "a822ae9b08131462c33402f42bb633cbfe0a8c23",
            Simple::Int(0),
        ),
        (
            "80044b012e",
            "4028827530eb6c63f2c9d431d7496a6614ea98d7",
            Simple::Int(1),
        ),
        (
            "80045d942e",
            "c5cf38908fc549f499ade5b17ce221ff0ced377f",
            list(&[]),
        ),
        (
            "80047d942e",
            "4a8dc14137b3a79a81256a795b266fe82bda52d9",
            Simple::Dict(Vec::new()),
        ),
        (
            "80049509000000000000008c057374617274942e",
            "27a9c187db5f8b3ae4e0051322bfa3acf3af9bf5",
            text("start"),
        ),
        (
            "8004950d000000000000005d948c03656e6494614e86942e",
            "b99f1302a5737058e6d80ddce8bf1628f4b327d5",
            Simple::Tuple(vec![list(&["end"]), Simple::None]),
        ),
        (
            "80049506000000000000005d944b00612e",
            "654aad3e805783ba7465efc66f3c46cb8035b408",
            Simple::List(vec![Simple::Int(0)]),
        ),
        (
            "8004953e000000000000005d948c085f5f6d61696e5f5f948c0c466f72656163684672616d65949394288c0573746172\
             74948c056974656d73944b034b018c0262629474948194612e",
            "8a7b8f487ad6c616c8f38ee4e5153de0e9ec9be2",
            Simple::List(vec![Simple::ForeachFrame(frame)]),
        ),
    ];
    for (hex, key, value) in cases {
        let pickle = bytes(hex);
        assert_eq!(BlobKey::of(&pickle).to_string(), key);
        assert_eq!(Simple::decode(&pickle), Ok(value), "{hex}");
    }
}

#[test]
fn a_transition_gives_steps_and_variable() {
    let pickle = bytes("80049515000000000000005d948c04626f647994618c056974656d739486942e");
    let (next, var) = Simple::decode(&pickle).unwrap().transition();
    assert_eq!(
        (next, var.as_deref()),
        (vec!["body".to_owned()], Some("items"))
    );
    assert_eq!(Simple::None.transition(), (Vec::new(), None));
}

/// Python: `pickle.dumps(value, protocol=2)` and 4 of integers around the borders.
#[test]
fn integers_of_all_widths() {
    let cases = [
        ("80024bff2e", Simple::Int(255)),
        ("80024dffff2e", Simple::Int(65_535)),
        ("80024affffffff2e", Simple::Int(-1)),
        ("80024a000000802e", Simple::Int(-2_147_483_648)),
        ("80028a0500000080002e", Simple::Int(2_147_483_648)),
        ("80048a08ffffffffffffff7f2e", Simple::Int(i64::MAX)),
        ("80048a0800000000000000802e", Simple::Int(i64::MIN)),
        (
            "80048a090000000000000080002e",
            Simple::BigInt("0x8000000000000000".into()),
        ),
        (
            "80048a09ffffffffffffff7fff2e",
            Simple::BigInt("-0x8000000000000001".into()),
        ),
        ("80048a002e", Simple::Int(0)),
    ];
    for (hex, value) in cases {
        assert_eq!(Simple::decode(&bytes(hex)), Ok(value), "{hex}");
    }
}

/// Python: `pickle.dumps({"a": [1.5, (True,), b"x"], "b": {3}}, protocol=4)`.
#[test]
fn nested_values_become_json() {
    let hex = "80049529000000000000007d94288c0161945d9428473ff80000000000008885944301789465\
               8c0162948f94284b0390752e";
    let value = Simple::decode(&bytes(hex)).unwrap();
    let json = serde_json::json!({"a": [1.5, [true], "x"], "b": [3]});
    assert_eq!(value.to_json(), json);
    assert_eq!(value.get("a").unwrap().items().len(), 3);
    assert_eq!(value.get("c"), None);
}

/// An instance is described, never made.
#[test]
fn a_class_is_only_named() {
    let value =
        Simple::decode(b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00rm\x85R}X\x01\x00\x00\x00ss.");
    // The dict on top is missing its target: `s` needs two items and a dict.
    assert!(value.is_err());
    let value = Simple::decode(b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00rm\x85RNb.").unwrap();
    let expected = Simple::Object {
        class: "os.system".into(),
        args: vec![text("rm")],
        state: Some(Box::new(Simple::None)),
    };
    assert_eq!(value, expected);
}

#[test]
fn a_pickle_that_unfolds_without_end_is_refused() {
    // Each list holds the one before it twice.
    let mut pickle = b"\x80\x04]\x94".to_vec();
    for level in 0..50_u8 {
        pickle.extend([b']', 0x94, b'(', b'h', level, b'h', level, b'e']);
    }
    pickle.push(b'.');
    assert_eq!(Simple::decode(&pickle), Err(PickleError::TooLarge));

    // A list that holds itself.
    assert_eq!(
        Simple::decode(b"\x80\x04]\x94h\x00a."),
        Err(PickleError::TooLarge)
    );

    // Tuples in tuples.
    let mut pickle = vec![b')'];
    pickle.extend([0x85; 100_000]);
    pickle.push(b'.');
    assert_eq!(Simple::decode(&pickle), Err(PickleError::TooLarge));
}

#[test]
fn lengths_beyond_the_input_are_refused() {
    assert_eq!(
        Simple::decode(b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff."),
        Err(PickleError::CutOff)
    );
    assert_eq!(
        Simple::decode(b"X\xff\xff\xff\xffabc"),
        Err(PickleError::CutOff)
    );
    assert_eq!(Simple::decode(b""), Err(PickleError::CutOff));
    assert_eq!(Simple::decode(b"P1\n."), Err(PickleError::Operation(b'P')));
}

/// Operations that the machine knows, so that random programs get further than their first byte.
fn program() -> impl Strategy<Value = Vec<u8>> {
    let known = b"\x80\x95(012\x94qrhj\x93c\x81RbN\x88\x89KMJ\x8a\x8bG\x8cUXT\x8dCB\x8e]})\x8ft\x91\x85\x86\x87ae\x90su.";
    let operation = prop_oneof![
        4 => prop::sample::select(known.to_vec()).prop_map(|byte| vec![byte]),
        3 => Just(b"K\x01".to_vec()),
        3 => Just(b"\x8c\x01a".to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(operation, 0..80).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_program_breaks_the_machine(mut program in program()) {
        program.push(b'.');
        if let Ok(value) = Simple::decode(&program) {
            // What was decoded can be shown.
            let _ = value.to_json().to_string();
        }
    }

    #[test]
    fn texts_and_numbers_survive(texts in prop::collection::vec("\\PC{0,20}", 0..10), number: i64) {
        let mut pickle = vec![0x80, 4, b']', 0x94, b'('];
        for text in &texts {
            pickle.push(b'X');
            pickle.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
            pickle.extend(text.as_bytes());
        }
        pickle.extend([0x8a, 8]);
        pickle.extend(number.to_le_bytes());
        pickle.extend(b"e.");
        let mut expected: Vec<Simple> = texts.iter().map(|item| text(item)).collect();
        expected.push(Simple::Int(number));
        prop_assert_eq!(Simple::decode(&pickle), Ok(Simple::List(expected)));
    }
}
