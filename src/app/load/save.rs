//! Writing a source file.

use std::{fs, io::Write, path::Path};

/// Writes the text so that the file is whole at any moment: a temporary file beside it, then a rename. Links are followed and
/// the file's mode is kept.
pub fn save(file: &Path, text: &str) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("cannot save {}: {error}", file.display());
    let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let temporary = target.with_file_name(format!(".{name}.{}.flowdev", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut out = fs::File::create(&temporary)?;
        out.write_all(text.as_bytes())?;
        if let Ok(metadata) = fs::metadata(&target) {
            out.set_permissions(metadata.permissions())?;
        }
        out.sync_all()?;
        fs::rename(&temporary, &target)
    };
    write().map_err(|error| {
        // Leave nothing behind; the first error is the one that matters.
        let _ = fs::remove_file(&temporary);
        wrong(error)
    })
}
