//! Numbers in words, the same in every pane.

/// `23 ms`, `1.2 s`, `3 min 05 s`.
pub fn duration(millis: f64) -> String {
    let seconds = millis / 1000.0;
    if millis < 1000.0 {
        format!("{millis:.0} ms")
    } else if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        let whole = seconds as u64;
        if whole < 3600 {
            format!("{} min {:02} s", whole / 60, whole % 60)
        } else {
            format!("{} h {:02} min", whole / 3600, whole / 60 % 60)
        }
    }
}

/// How long ago, both in milliseconds since 1970: `now`, `2 min`, `3 days`. Empty if the time is unknown.
pub fn ago(now_ms: i64, then_ms: i64) -> String {
    if then_ms <= 0 {
        return String::new();
    }
    let seconds = (now_ms - then_ms).max(0) / 1000;
    match seconds {
        0..10 => "now".to_owned(),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// `17 B`, `2.1 MB`; empty for 0.
pub fn bytes(count: u64) -> String {
    if count == 0 {
        return String::new();
    }
    if count < 1000 {
        return format!("{count} B");
    }
    let mut value = count as f64;
    let mut unit = "B";
    for next in ["kB", "MB", "GB", "TB"] {
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}
