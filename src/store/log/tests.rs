use proptest::prelude::*;

use super::{LogSource, merge_logs, parse_log};

fn texts(log: &[u8]) -> Vec<String> {
    parse_log(log).into_iter().map(|line| line.text).collect()
}

#[test]
fn a_marked_line_gives_time_source_and_text() {
    let log = b"[MFLOG|0|2026-11-21T02:31:49.212638Z|runtime|24df5355-41cf-4b55-b1b0-9a1d9aa4ae42]  a|b]c \n";
    let [line] = &parse_log(log)[..] else {
        panic!("one line expected");
    };
    assert_eq!(
        line.time.unwrap().to_string(),
        "2026-11-21T02:31:49.212638Z"
    );
    assert_eq!(line.source, LogSource::Runtime);
    assert_eq!(line.text, "  a|b]c ");
}

#[test]
fn lines_that_are_stored_elsewhere_too_are_lines() {
    let line = &parse_log(b"[![MFLOG|0|2026-11-21T02:31:49.212638Z|task|id]x")[0];
    assert_eq!(
        (line.source.clone(), line.text.as_str()),
        (LogSource::Task, "x")
    );
}

#[test]
fn what_has_no_mark_is_kept_as_it_is() {
    let broken = "[MFLOG|0|yesterday|task|id]x";
    let log = format!("plain\n\n{broken}\n[MFLOG|0|");
    let lines = parse_log(log.as_bytes());
    assert!(lines.iter().all(|line| line.time.is_none()));
    assert_eq!(texts(log.as_bytes()), ["plain", "", broken, "[MFLOG|0|"]);
}

#[test]
fn an_empty_log_has_no_lines() {
    assert!(parse_log(b"").is_empty());
    assert!(parse_log(b"\n").is_empty());
}

#[test]
fn files_are_merged_by_time_and_unmarked_lines_come_last() {
    let line = |second: u32, source: &str, text: &str| {
        format!("[MFLOG|0|2026-01-01T00:00:0{second}.000000Z|{source}|id]{text}\n")
    };
    let runtime =
        line(1, "runtime", "1") + "loose\n" + &line(3, "runtime", "3") + &line(3, "runtime", "3b");
    let task = line(2, "task", "2");
    let merged = merge_logs(vec![
        parse_log(runtime.as_bytes()),
        parse_log(task.as_bytes()),
    ]);
    let texts: Vec<_> = merged.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["1", "2", "3", "3b", "loose"]);
}

proptest! {
    #[test]
    fn every_line_of_any_bytes_is_kept(log in prop::collection::vec(any::<u8>(), 0..300)) {
        let lines = parse_log(&log).len();
        let ends = log.iter().filter(|byte| **byte == b'\n').count();
        prop_assert!(lines == ends || lines == ends + 1);
    }
}
