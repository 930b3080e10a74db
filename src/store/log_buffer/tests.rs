use jiff::Timestamp;

use super::LogBuffer;
use crate::store::{LogSource, parse_log};

fn time() -> Timestamp {
    "2026-11-21T02:31:49.2126387Z".parse().unwrap()
}

fn texts(buffer: &LogBuffer) -> Vec<String> {
    let lines = parse_log(buffer.as_bytes());
    assert!(lines.iter().all(|line| line.source == LogSource::Runtime));
    lines.into_iter().map(|line| line.text).collect()
}

#[test]
fn lines_are_marked_with_microseconds() {
    let mut buffer = LogBuffer::new(1 << 20);
    buffer.push(time(), b" hello ");
    let text = String::from_utf8(buffer.as_bytes().to_vec()).unwrap();
    assert!(
        text.starts_with("[MFLOG|0|2026-11-21T02:31:49.212638Z|runtime|"),
        "{text}"
    );
    assert!(text.ends_with("] hello \n"));
    assert_eq!(texts(&buffer), [" hello "]);
}

#[test]
fn no_two_lines_have_the_same_mark() {
    let mut buffer = LogBuffer::new(1 << 20);
    buffer.push(time(), b"x");
    buffer.push(time(), b"x");
    let text = String::from_utf8(buffer.as_bytes().to_vec()).unwrap();
    let (first, second) = text.split_once('\n').unwrap();
    assert_ne!(first, second.trim_end());
}

#[test]
fn lines_that_came_together_keep_their_order_when_sorted_by_time() {
    let mut buffer = LogBuffer::new(1 << 20);
    buffer.push(time(), b"first");
    buffer.push(time(), b"second");
    buffer.push_notice(time(), "third");
    let times: Vec<_> = parse_log(buffer.as_bytes())
        .into_iter()
        .map(|line| line.time.unwrap())
        .collect();
    assert!(times.is_sorted_by(|one, next| one < next), "{times:?}");
}

#[test]
fn beyond_the_limit_one_line_says_so() {
    let mut buffer = LogBuffer::new(2 * 143 - 1);
    for _ in 0..10 {
        buffer.push(time(), &[b'x'; 60]);
    }
    buffer.push_notice(time(), "Task failed.");
    assert!(buffer.is_truncated());
    let long = "x".repeat(60);
    let cut = "[TRUNCATED - MAXIMUM LOG FILE SIZE REACHED]";
    assert_eq!(texts(&buffer), [&long, cut, "Task failed."]);
}
