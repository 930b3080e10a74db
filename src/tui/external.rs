//! The user's own editor: which command, with which arguments.

use std::path::Path;

use tokio::process::{Child, Command};

/// Starts the editor on a file at a line, 1-based, with the terminal as its own.
pub fn start(editor: Option<&str>, file: &Path, line: u32) -> Result<Child, String> {
    let words = words(editor.unwrap_or("vi"));
    let (program, given) = words.split_first().ok_or("no editor: set $EDITOR")?;
    let mut command = Command::new(program);
    command.args(given);
    command.args(place_arguments(program, file, line));
    command
        .spawn()
        .map_err(|error| format!("cannot start {program}: {error}; set $EDITOR"))
}

/// How this editor is told of a line.
fn place_arguments(program: &str, file: &Path, line: u32) -> Vec<String> {
    let name = Path::new(program)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    let path = file.display().to_string();
    match name.as_ref() {
        "code" | "code-insiders" | "codium" | "cursor" => {
            vec![
                "--wait".to_owned(),
                "--goto".to_owned(),
                format!("{path}:{line}"),
            ]
        }
        "hx" | "helix" | "subl" | "zed" | "micro" => vec![format!("{path}:{line}")],
        "ed" | "sed" => vec![path],
        // vi, vim, nvim, nano, emacs, kak and most others.
        _ => vec![format!("+{line}"), path],
    }
}

/// Splits a command as `$EDITOR` holds it: words, with quotes around those that have spaces.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_command_is_split_into_words() {
        assert_eq!(words("code --new-window"), ["code", "--new-window"]);
        assert_eq!(words("'/a b/ed' -x \"y z\""), ["/a b/ed", "-x", "y z"]);
        assert!(words("  ").is_empty());
    }

    #[test]
    fn each_editor_is_told_of_the_line_in_its_own_way() {
        let arguments = |program| place_arguments(program, Path::new("/f.py"), 7);
        assert_eq!(arguments("/usr/bin/vim"), ["+7", "/f.py"]);
        assert_eq!(arguments("hx"), ["/f.py:7"]);
        assert_eq!(arguments("code"), ["--wait", "--goto", "/f.py:7"]);
    }
}
