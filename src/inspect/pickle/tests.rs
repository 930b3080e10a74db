use proptest::prelude::*;

use super::super::testing::{all_pickles, pickle, value};
use super::super::{children, repr, summarise, table, to_json};
use super::*;

fn read(bytes: &[u8]) -> Result<Value, PickleError> {
    read_pickle(&Bytes::copy_from_slice(bytes), Limits::default())
}

fn shown(bytes: &[u8]) -> String {
    repr(read(bytes).unwrap().root(), 1000, 20)
}

#[test]
fn every_protocol_says_the_same() {
    let expected = repr(value("plain-p4").root(), 80, 10);
    for protocol in 0..=5 {
        assert_eq!(
            repr(value(&format!("plain-p{protocol}")).root(), 80, 10),
            expected,
            "protocol {protocol}"
        );
    }
    let expected = repr(value("stdlib-p4").root(), 80, 10);
    for protocol in [2, 5] {
        assert_eq!(
            repr(value(&format!("stdlib-p{protocol}")).root(), 80, 10),
            expected,
            "protocol {protocol}"
        );
    }
}

#[test]
fn text_opcodes_of_old_protocols() {
    assert_eq!(
        shown(b"(lp0\nI1\naI01\naL-12345678901234567890L\naF1e3\na."),
        "[1, True, -12345678901234567890, 1000.0]"
    );
    assert_eq!(
        shown(b"(dp0\nS'k\\x41\\n'\nVcaf\\u00e9\ns."),
        "{'kA\\n': 'café'}"
    );
    assert_eq!(shown(b"(S'\\xff'\nU\x01at."), "(b'\\xff', 'a')");
    assert_eq!(shown(b"(i__main__\nPoint\n(dS'x'\nI1\nsb."), "Point(x=1)");
    assert_eq!(
        shown(b"(I5\ni__main__\nPoint\n(dS'x'\nI1\nsb."),
        "Point(5, x=1)"
    );
    assert_eq!(shown(b"(c__main__\nPoint\nI5\no."), "Point(5)");
    assert_eq!(shown(b"c__builtin__\nset\n((lI1\natR."), "{1}");
    assert_eq!(shown(b"Pid-7\n."), "<object kept elsewhere>");
    assert_eq!(shown(b"I1\n2\x86."), "(1, 1)");
    assert_eq!(shown(b"\x8a\x02\xff\x7f."), "32767");
    assert_eq!(shown(b"\x8a\x02\x00\x80."), "-32768");
    assert_eq!(shown(b"\x8a\x00."), "0");
}

#[test]
fn errors_say_where_and_what() {
    let error = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    assert_eq!(error(b""), "at byte 0: the input ends early");
    assert_eq!(
        error(b"\x80\x04K"),
        "at byte 2, BININT1: the input ends early"
    );
    assert_eq!(
        error(b"\x80\x09"),
        "at byte 0, PROTO: protocol 9 is newer than 5"
    );
    assert_eq!(
        error(b"N\xee"),
        "at byte 1, opcode 0xee: not an opcode of any known protocol"
    );
    assert_eq!(error(b"."), "at byte 0, STOP: the stack has too few values");
    assert_eq!(error(b"Ne."), "at byte 1, APPENDS: no mark on the stack");
    assert_eq!(
        error(b"h\x05."),
        "at byte 0, BINGET: nothing was stored in memo entry 5"
    );
    assert_eq!(
        error(b"N(."),
        "at byte 2, STOP: the stack has too few values"
    );
    assert_eq!(
        error(b"Iabc\n."),
        "at byte 0, INT: the operand is not a decimal number"
    );
    assert_eq!(
        error(b"B\xff\xff\xff\xffabc"),
        "at byte 0, BINBYTES: the input ends early"
    );
    assert_eq!(
        error(b"}(K\x01u."),
        "at byte 4, SETITEMS: a key has no value"
    );
}

#[test]
fn nothing_is_called() {
    // What would delete files if it were run is shown instead.
    assert_eq!(
        shown(b"cposix\nsystem\n(S'rm -rf /'\ntR."),
        "system('rm -rf /')"
    );
    assert_eq!(shown(b"cbuiltins\neval\n(S'1+1'\ntR."), "eval('1+1')");
}

#[test]
fn cycles_are_shown_once() {
    assert_eq!(repr(value("cycle").root(), 80, 10), "[1, [...]]");
    assert_eq!(to_json(value("cycle").root()).to_string(), "[1,\"…\"]");
    // A tuple in its own list, a dict as its own value, an object as its own state.
    assert_eq!(shown(b"(lp0\n(g0\nta."), "[([...],)]");
    assert_eq!(shown(b"(dp0\nS'a'\ng0\ns."), "{'a': {...}}");
    assert_eq!(shown(b"c__main__\nA\n)\x81p0\ng0\nb."), "A(state=A(...))");
}

#[test]
fn damaged_values_that_hold_themselves_end() {
    // A dict that is its own key, alone and in a tuple.
    assert_eq!(shown(b"}q\0h\0K\x01s."), "{dict(…): 1}");
    assert_eq!(shown(b"}q\0h\0\x85K\x01s."), "{(dict(…),): 1}");
    // An object whose attribute is named by itself.
    assert_eq!(shown(b"c__main__\nA\n)\x81q\0}h\0K\x01sb."), "A(A(…)=1)");
    // An object array that is its own element.
    let array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tC\x01btRq\0(K\x01(K\x01tcnumpy\ndtype\n(\x8c\x02O8\x89\x88tR\x89](h\0etb.";
    assert_eq!(shown(array), "[ndarray(…)]");
    exercise(&read(array).unwrap());
}

#[test]
fn long_strings_share_the_input() {
    let mut bytes = b"\x80\x04B\x00\x00\x10\x00".to_vec();
    bytes.extend(vec![7; 0x10_0000]);
    bytes.push(b'.');
    let bytes = Bytes::from(bytes);
    let value = read_pickle(&bytes, Limits::default()).unwrap();
    let Node::Bytes(buffer) = value.root().node() else {
        panic!()
    };
    assert!(buffer.is_whole());
    assert_eq!(
        buffer.head().as_ptr(),
        bytes[7..].as_ptr(),
        "the bytes were copied"
    );
}

/// A pickle of a list of `count` strings, in batches as Python writes them.
fn strings(count: usize) -> Vec<u8> {
    let mut bytes = b"\x80\x04]\x94".to_vec();
    for batch in 0..count.div_ceil(1000) {
        bytes.push(b'(');
        for at in batch * 1000..count.min((batch + 1) * 1000) {
            let text = format!("text {at}");
            bytes.push(0x8c);
            bytes.push(u8::try_from(text.len()).unwrap());
            bytes.extend(text.as_bytes());
            bytes.push(0x94);
        }
        bytes.push(b'e');
    }
    bytes
}

#[test]
fn long_lists_are_counted_not_kept() {
    let mut bytes = strings(100_000);
    // Behind the list: a string of it that was kept, one that was not, and a new one.
    bytes.extend(b"h\x01j\xa0\x86\x01\x00\x8c\x03new\x87\x86.");
    let value = read(&bytes).unwrap();
    let list = value.root().item(0).unwrap();
    let items = list.as_items().unwrap();
    assert_eq!((items.kept.len(), items.total), (20_000, 100_000));
    assert_eq!(list.item(19_999).unwrap().as_str().unwrap(), "text 19999");
    assert!(
        value.node_count() < 20_100,
        "{} nodes are held",
        value.node_count()
    );
    let behind = value.root().item(1).unwrap();
    assert_eq!(repr(behind, 80, 3), "('text 0', …, 'new')");
    assert_eq!(summarise(list, 0).shape.as_deref(), Some("100k"));
    let head = table(list, 3).unwrap();
    assert_eq!(
        (head.rows, head.height(), head.cell(2, 0)),
        (100_000, 3, "text 2".to_owned())
    );
}

#[test]
fn what_is_put_into_older_values_outlives_dropped_items() {
    // While the items of a list beyond its limit are made, an older dict gets one of them.
    let limits = Limits {
        max_items: 1,
        ..Limits::default()
    };
    let bytes = Bytes::from_static(b"}\x94](K\x01e(h\x00\x8c\x01k\x8c\x05value\x94s0h\x01e\x86.");
    let value = read_pickle(&bytes, limits).unwrap();
    assert_eq!(repr(value.root(), 80, 5), "({'k': 'value'}, [1, … 1 more])");
}

#[test]
fn nodes_beyond_the_limit_are_elided() {
    let limits = Limits {
        max_nodes: 8,
        ..Limits::default()
    };
    let value = read_pickle(
        &Bytes::from_static(b"](K\x01K\x02K\x03K\x04e]K\x05a}K\x06K\x07s\x87."),
        limits,
    )
    .unwrap();
    assert!(value.node_count() <= 8);
}

#[test]
fn bounds_of_structure_are_errors() {
    let limits = Limits {
        max_stack: 10,
        max_marks: 5,
        ..Limits::default()
    };
    let error = |bytes: &'static [u8]| {
        read_pickle(&Bytes::from_static(bytes), limits)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(b"NNNNNNNNNNNNN."),
        "at byte 10, NONE: more than 10 values on the stack"
    );
    assert_eq!(
        error(b"((((((."),
        "at byte 5, MARK: more than 5 nested marks"
    );
}

#[test]
fn deep_nesting_overflows_nothing() {
    let mut bytes = vec![b']'; 200_000];
    bytes.extend(vec![b'a'; 199_999]);
    bytes.push(b'.');
    let value = read(&bytes).unwrap();
    exercise(&value);
    assert!(repr(value.root(), 80, 1000).starts_with("[\n  [\n"));
    let tuples = [b"N".to_vec(), vec![0x85; 100_000], b".".to_vec()].concat();
    exercise(&read(&tuples).unwrap());
}

#[test]
fn shared_parts_do_not_multiply() {
    // Each list holds the one before ten times: 10^40 elements if they were written out.
    let mut bytes = b"]".to_vec();
    for _ in 0..40 {
        bytes.extend(b"q\x00](h\x00h\x00h\x00h\x00h\x00h\x00h\x00h\x00h\x00h\x00e");
    }
    bytes.push(b'.');
    let value = read(&bytes).unwrap();
    assert!(repr(value.root(), 80, 100).len() < 300_000);
    exercise(&value);
}

#[test]
fn a_stream_says_what_memory_says() {
    for (name, bytes) in all_pickles() {
        let whole = read_pickle(&bytes, Limits::default()).unwrap();
        let streamed = read_pickle_from(&mut &bytes[..], Limits::default()).unwrap();
        assert_eq!(
            repr(streamed.root(), 100, 10),
            repr(whole.root(), 100, 10),
            "{name}"
        );
    }
}

#[test]
fn a_stream_keeps_heads_only() {
    let limits = Limits {
        max_kept: 1000,
        max_kept_total: 1500,
        ..Limits::default()
    };
    let mut bytes = b"\x80\x04(".to_vec();
    for _ in 0..3 {
        bytes.extend(b"X\x00\x00\x01\x00");
        bytes.extend(vec![b'x'; 0x1_0000]);
    }
    bytes.extend(b"t.");
    let value = read_pickle_from(&mut &bytes[..], limits).unwrap();
    let kept: Vec<usize> = value
        .root()
        .items()
        .map(|item| match item.node() {
            Node::Str(text) => {
                assert_eq!((text.len(), text.is_whole()), (0x1_0000, false));
                text.as_bytes().len()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kept, [1000, 500, 64]);
    bytes.truncate(70_000);
    let error = read_pickle_from(&mut &bytes[..], limits).unwrap_err();
    assert!(matches!(error.problem, Problem::EndsEarly), "{error}");
}

/// Everything that reads values, on one.
fn exercise(value: &Value) {
    let root = value.root();
    let _ = (
        summarise(root, 1),
        repr(root, 40, 6),
        to_json(root),
        table(root, 5),
    );
    for child in children(root, 0, 50) {
        let below = value.get(child.id);
        let _ = (children(below, 0, 20), table(below, 5));
    }
}

/// Positions and bytes to put there.
fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)
}

/// Bytes that are opcodes more often than not.
fn program() -> impl Strategy<Value = Vec<u8>> {
    let opcode = prop::sample::select(
        b"(.012NKMJG]})lteudsabcRo\x81\x85\x86\x87\x88\x89\x8c\x8f\x90\x91\x92\x93\x94hqrjC\x8a\x8e\x8d".to_vec(),
    );
    prop::collection::vec(
        prop_oneof![4 => opcode, 1 => any::<u8>(), 1 => 0u8..4],
        0..200,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_program_is_read_or_refused(mut bytes in program()) {
        bytes.push(b'.');
        if let Ok(value) = read(&bytes) {
            // Each opcode makes a node at most, and there are five to start with.
            prop_assert!(value.node_count() <= bytes.len() + 5);
            exercise(&value);
        }
        let _ = read_pickle_from(&mut &bytes[..], Limits::default());
    }

    #[test]
    fn any_damage_is_survived(which in any::<prop::sample::Index>(), edits in edits(), cut in any::<prop::sample::Index>()) {
        let all = all_pickles();
        let (_, bytes) = which.get(&all);
        let mut bytes = bytes.to_vec();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
            if let Ok(value) = read(bytes) {
                exercise(&value);
            }
        }
    }
}

#[test]
fn every_fixture_cut_anywhere_is_refused() {
    for (name, bytes) in all_pickles() {
        let step = (bytes.len() / 50).max(1);
        for end in (0..bytes.len()).step_by(step) {
            assert!(read(&bytes[..end]).is_err(), "{name} cut at {end}");
        }
    }
    assert!(read(&pickle("cycle")).is_ok());
}
