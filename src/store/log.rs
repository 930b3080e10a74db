//! Log lines as Metaflow marks them: `[MFLOG|0|2026-11-21T02:31:49.212638Z|runtime|<uuid>]message`.

use std::fmt;

use jiff::Timestamp;

/// One of a task's two output streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogStream {
    /// What the task printed.
    Stdout,
    /// What it printed as errors, and what the runtime says of it.
    Stderr,
}

impl fmt::Display for LogStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        })
    }
}

/// Who caught a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogSource {
    /// The launcher.
    Runtime,
    /// The task itself, on another machine.
    Task,
    /// Somebody else, or nobody who says so.
    Other(String),
}

impl LogSource {
    fn named(name: &str) -> Self {
        match name {
            "runtime" => Self::Runtime,
            "task" => Self::Task,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for LogSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Runtime => "runtime",
            Self::Task => "task",
            Self::Other(name) => name,
        })
    }
}

/// One line of a task's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it arrived; `None` for a line without mark.
    pub time: Option<Timestamp>,
    /// Who caught it.
    pub source: LogSource,
    /// The text without its line end. Bytes that are no UTF-8 are replaced.
    pub text: String,
}

/// Reads the lines of one log file, in the order of the file.
pub fn parse_log(log: &[u8]) -> Vec<LogLine> {
    let log = log.strip_suffix(b"\n").unwrap_or(log);
    if log.is_empty() {
        return Vec::new();
    }
    log.split(|byte| *byte == b'\n')
        .map(|line| parse_line(&String::from_utf8_lossy(line)))
        .collect()
}

fn parse_line(line: &str) -> LogLine {
    marked(line).unwrap_or_else(|| LogLine {
        time: None,
        source: LogSource::Other(String::new()),
        text: line.to_owned(),
    })
}

fn marked(line: &str) -> Option<LogLine> {
    // `[!` in front says that the line is stored elsewhere already.
    let line = line.strip_prefix("[!").unwrap_or(line);
    let mut fields = line.strip_prefix("[MFLOG|0|")?.splitn(3, '|');
    let time = fields.next()?.parse().ok()?;
    let source = LogSource::named(fields.next()?);
    let (_, text) = fields.next()?.split_once(']')?;
    Some(LogLine {
        time: Some(time),
        source,
        text: text.to_owned(),
    })
}

/// Puts the lines of several files in order of time; lines without mark come last, as with Metaflow.
pub(super) fn merge_logs(logs: Vec<Vec<LogLine>>) -> Vec<LogLine> {
    let mut lines: Vec<LogLine> = logs.into_iter().flatten().collect();
    lines.sort_by_key(|line| (line.time.is_none(), line.time));
    lines
}

#[cfg(test)]
mod tests;
