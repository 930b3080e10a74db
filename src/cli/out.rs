//! Writing to the two streams. A reader that has gone away (`| head`) ends the program quietly, as in any Unix tool.

use std::io::{self, Write};

use serde::Serialize;

use super::error::CliError;

/// Writes a line to standard output.
///
/// # Errors
/// When standard output cannot be written.
pub fn line(text: &str) -> io::Result<()> {
    quietly(writeln!(io::stdout().lock(), "{text}"))
}

/// Writes a line to standard error.
pub fn note(text: &str) {
    // Nobody is left to tell if this fails.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes one JSON document on one line.
///
/// # Errors
/// When standard output cannot be written.
pub fn json<T: Serialize + ?Sized>(value: &T) -> io::Result<()> {
    let text = serde_json::to_string(value).map_err(io::Error::other)?;
    line(&text)
}

/// Says what went wrong and what to do.
pub fn error(error: &CliError) {
    note(&format!("flowdev: {error}"));
    if let Some(hint) = error.hint() {
        note(&format!("  hint: {hint}"));
    }
}

/// Prints rows under a header, columns aligned, the last one ragged.
///
/// # Errors
/// When standard output cannot be written.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    use unicode_width::UnicodeWidthStr;
    let mut widths: Vec<usize> = header.iter().map(|name| name.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let print = |cells: &[&str]| {
        let mut text = String::new();
        for (i, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            text.push_str(cell);
            if i + 1 < cells.len() {
                text.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
            }
        }
        line(text.trim_end())
    };
    print(header)?;
    for row in rows {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        print(&cells)?;
    }
    Ok(())
}

fn quietly(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe =>
        {
            #[expect(
                clippy::exit,
                reason = "the reader is gone: like a Unix tool that dies of SIGPIPE"
            )]
            std::process::exit(141)
        }
        other => other,
    }
}

/// A size in bytes as people read it.
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "KB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "B" {
                format!("{bytes} B")
            } else {
                format!("{value:.1} {unit}")
            };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}
