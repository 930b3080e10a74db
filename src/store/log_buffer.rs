//! Collects one stream of a running task as marked lines, up to a limit.

use jiff::Timestamp;
use uuid::Uuid;

/// What stands for everything beyond the limit, in Metaflow's words.
const TRUNCATED: &str = "[TRUNCATED - MAXIMUM LOG FILE SIZE REACHED]";

/// Bytes of a line's mark and its end.
const MARK: usize = 83;

/// The stored form of one stream of one attempt.
#[derive(Debug, Clone)]
pub struct LogBuffer {
    text: Vec<u8>,
    limit: usize,
    full: bool,
    /// Time of the last line, in microseconds since 1970.
    last: i64,
}

impl LogBuffer {
    /// Collects up to `limit` bytes, marks included.
    pub fn new(limit: usize) -> Self {
        Self {
            text: Vec::new(),
            limit,
            full: false,
            last: i64::MIN,
        }
    }

    /// Adds a line (without its line end) that arrived at `time`. Beyond the limit one line says so, and the rest is
    /// dropped.
    pub fn push(&mut self, time: Timestamp, line: &[u8]) {
        if self.full {
            return;
        }
        let room = self.limit.saturating_sub(self.text.len());
        if MARK + line.len() > room {
            self.full = true;
            self.write(time, TRUNCATED.as_bytes());
        } else {
            self.write(time, line);
        }
    }

    /// Adds a sentence of the runtime (`Task failed.`), even beyond the limit.
    pub fn push_notice(&mut self, time: Timestamp, line: &str) {
        self.write(time, line.as_bytes());
    }

    /// Whether lines were dropped.
    pub fn is_truncated(&self) -> bool {
        self.full
    }

    /// The content of the log file.
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    fn write(&mut self, time: Timestamp, line: &[u8]) {
        let id = Uuid::new_v4();
        // Readers sort lines by time, which the mark has in microseconds: lines that came together keep their order only
        // if each is later than the one before.
        let micros = time.as_microsecond().max(self.last.saturating_add(1));
        let time = Timestamp::from_microsecond(micros).unwrap_or(time);
        self.last = micros;
        let mark = format!("[MFLOG|0|{time:.6}|runtime|{id}]");
        self.text.extend_from_slice(mark.as_bytes());
        self.text.extend_from_slice(line);
        self.text.push(b'\n');
    }
}

#[cfg(test)]
mod tests;
