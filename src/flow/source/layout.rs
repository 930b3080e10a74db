//! What is wrong with the lines of a text: indentation, unfinished lines, missing colons. The grammar takes all of these for
//! Python.

use crate::flow::source::lexer::{Lexed, Line, Problem};

/// Statements that a colon ends.
const COMPOUND: [&str; 11] = [
    "def", "class", "if", "elif", "else", "for", "while", "with", "try", "except", "finally",
];

/// Words after which a line cannot end.
const OPEN_WORDS: [&str; 13] = [
    "and", "or", "not", "in", "is", "as", "import", "from", "lambda", "await", "del", "assert",
    "global",
];

/// Python reads no deeper.
const MOST_LEVELS: usize = 100;

/// Everything wrong with the lines, in their order.
pub(in crate::flow) fn problems(source: &str, lexed: &Lexed<'_>) -> Vec<Problem> {
    let mut found = lexed.problems.clone();
    indentation(source, &lexed.lines, &mut found);
    for (at, line) in lexed.lines.iter().enumerate() {
        if let Some(problem) = unfinished(source, line).or_else(|| lone_try(&lexed.lines, at)) {
            // A bracket that is never closed explains the rest of its line.
            let explained = found
                .iter()
                .any(|known| (line.start..=line.end).contains(&known.at));
            if !explained {
                found.push(problem);
            }
        }
    }
    found.sort_by_key(|problem| problem.at);
    found
}

fn problem(at: usize, message: impl Into<String>, hint: &str) -> Problem {
    Problem {
        at,
        message: message.into(),
        hint: (!hint.is_empty()).then(|| hint.to_owned()),
    }
}

/// The first physical line of a logical one.
fn shown<'a>(source: &'a str, line: &Line<'_>) -> &'a str {
    let text = source.get(line.start..line.end).unwrap_or("");
    text.lines().next().unwrap_or("").trim()
}

fn indentation(source: &str, lines: &[Line<'_>], found: &mut Vec<Problem>) {
    let mut levels = vec![0];
    let mut before: Option<&Line<'_>> = None;
    for line in lines {
        let top = levels.last().copied().unwrap_or(0);
        match before.replace(line) {
            // A header without its colon is told of elsewhere.
            Some(header) if line.indent > top && (header.opens_block() || lacks_colon(header)) => {
                levels.push(line.indent);
            }
            Some(header) if header.opens_block() => found.push(missing_block(source, header)),
            _ if line.indent > top => {
                found.push(problem(
                    line.start,
                    "this line is indented without need",
                    "indent it like the line before",
                ));
                levels.push(line.indent);
            }
            _ => {}
        }
        while levels.last().is_some_and(|top| *top > line.indent) {
            levels.pop();
        }
        if levels.len() == MOST_LEVELS {
            found.push(problem(
                line.start,
                "this is nested too deep for Python",
                "move inner blocks into functions",
            ));
        }
        if levels.last() != Some(&line.indent) {
            found.push(problem(
                line.start,
                "this line's indentation is that of no line before",
                "indent it like the statement it belongs to",
            ));
            levels.push(line.indent);
        }
    }
    if let Some(header) = before.filter(|line| line.opens_block()) {
        found.push(missing_block(source, header));
    }
}

fn missing_block(source: &str, header: &Line<'_>) -> Problem {
    let message = format!("nothing is indented below `{}`", shown(source, header));
    problem(header.start, message, "write its body, or pass for now")
}

fn lacks_colon(line: &Line<'_>) -> bool {
    COMPOUND.contains(&line.first_word) && !line.has_colon
}

fn unfinished(source: &str, line: &Line<'_>) -> Option<Problem> {
    let text = source.get(line.start..line.end).unwrap_or("");
    if lacks_colon(line) {
        let hint = format!("end the line with `{}:`", line.last);
        return Some(problem(line.end, "expected `:`", &hint));
    }
    let is_import = matches!(line.first_word, "import" | "from");
    let is_open = match line.last {
        "=" | "+" | "-" | "/" | "%" | "&" | "|" | "^" | "<" | ">" | "~" | "@" => true,
        "*" => !is_import,
        "." => !text.ends_with("..."),
        word => OPEN_WORDS.contains(&word),
    };
    if is_open {
        let hint = "finish it, or put the rest into parentheses";
        return Some(problem(
            line.end,
            format!("the line ends with `{}`", line.last),
            hint,
        ));
    }
    let after = text.get(line.first_word.len()..).unwrap_or("");
    let has_argument = after.starts_with([' ', '\t'])
        && after
            .trim_start()
            .starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '\'' | '_'));
    let is_operator = ["in ", "is ", "and ", "or ", "if ", "not "]
        .iter()
        .any(|word| after.trim_start().starts_with(word));
    if matches!(line.first_word, "print" | "exec") && has_argument && !is_operator {
        let message = format!("{} is a function and needs parentheses", line.first_word);
        let hint = format!("write {}({})", line.first_word, after.trim());
        return Some(problem(line.start, message, &hint));
    }
    None
}

/// `try:` without `except` or `finally` after its block.
fn lone_try(lines: &[Line<'_>], at: usize) -> Option<Problem> {
    let line = lines
        .get(at)
        .filter(|line| line.first_word == "try" && line.has_colon)?;
    let after = lines
        .iter()
        .skip(at + 1)
        .find(|next| next.indent <= line.indent);
    let is_handled = after.is_some_and(|next| {
        next.indent == line.indent && matches!(next.first_word, "except" | "finally")
    });
    (!is_handled).then(|| {
        problem(
            line.start,
            "this try has no except and no finally",
            "add one after its block",
        )
    })
}
