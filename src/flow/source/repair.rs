//! Making the best of a broken text: what cannot be read is left out or reduced to what it seems to say, line by line, so that
//! the steps around it and their places stay.

use crate::flow::source::lexer::{Line, Problem, lex};
use crate::flow::source::syntax;

/// Clauses that belong to the statement before them.
const CLAUSES: [&str; 4] = ["else", "elif", "except", "finally"];

/// The text with its broken parts blanked or reduced. It has the same lines.
pub(in crate::flow) fn repair(source: &str, problems: &[Problem]) -> String {
    let lexed = lex(source);
    let mut repair = Repair {
        source,
        problems,
        rows: source.split('\n').map(|_| String::new()).collect(),
    };
    repair.statements(&lexed.lines);
    repair.rows.join("\n")
}

struct Repair<'a> {
    source: &'a str,
    problems: &'a [Problem],
    rows: Vec<String>,
}

impl Repair<'_> {
    fn text(&self, line: &Line<'_>) -> &str {
        self.source.get(line.start..line.end).unwrap_or("")
    }

    fn row(&self, at: usize) -> usize {
        let before = self.source.as_bytes().get(..at).unwrap_or_default();
        before.iter().filter(|byte| **byte == b'\n').count()
    }

    fn put(&mut self, at: usize, text: String) {
        let row = self.row(at);
        if let Some(line) = self.rows.get_mut(row) {
            *line = text;
        }
    }

    /// Copies the physical lines of these logical lines.
    fn keep(&mut self, lines: &[Line<'_>]) {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
            return;
        };
        let (from, to) = (self.row(first.start), self.row(last.end));
        let source = self.source;
        let rows = self.rows.iter_mut().zip(source.split('\n'));
        for (row, text) in rows.skip(from).take(to + 1 - from) {
            text.clone_into(row);
        }
    }

    /// Statements of one block: those that are sound stay, definitions are looked into, others go.
    fn statements(&mut self, lines: &[Line<'_>]) {
        let Some(level) = lines.iter().map(|line| line.indent).min() else {
            return;
        };
        let mut rest = lines;
        while !rest.is_empty() {
            let length = statement_length(rest, level);
            let (statement, after) = rest.split_at(length);
            self.statement(statement);
            rest = after;
        }
    }

    fn statement(&mut self, lines: &[Line<'_>]) {
        if self.is_sound(lines) {
            return self.keep(lines);
        }
        let is_decorator = |line: &&Line<'_>| self.text(line).starts_with('@');
        let decorators = lines.iter().take_while(is_decorator).count();
        let (decorators, definition) = lines.split_at(decorators);
        let Some((header, body)) = definition.split_first() else {
            return;
        };
        match header.first_word {
            "class" => {
                self.decorators(decorators);
                self.class_header(header, body.is_empty());
                self.statements(body);
            }
            "def" | "async" => {
                self.decorators(decorators);
                self.function(header, body);
            }
            _ => {}
        }
    }

    /// Whether lines are Python by themselves.
    fn is_sound(&self, lines: &[Line<'_>]) -> bool {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
            return true;
        };
        let range = first.start..=last.end;
        if self
            .problems
            .iter()
            .any(|problem| range.contains(&problem.at))
        {
            return false;
        }
        let indent = " ".repeat(first.indent);
        let text = self.source.get(first.start..last.end).unwrap_or("");
        parses(&format!("if 1:\n {indent}{text}\n")) || parses(&format!("{text}\n"))
    }

    fn decorators(&mut self, lines: &[Line<'_>]) {
        for line in lines {
            let text = self.text(line);
            if parses(&format!("{text}\ndef f(): pass\n")) && !self.has_problem(line) {
                self.keep(std::slice::from_ref(line));
            } else {
                let name: String = text
                    .chars()
                    .skip(1)
                    .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
                    .collect();
                if !name.is_empty() && !name.ends_with('.') {
                    self.put(line.start, format!("{}@{name}", " ".repeat(line.indent)));
                }
            }
        }
    }

    fn has_problem(&self, line: &Line<'_>) -> bool {
        self.problems
            .iter()
            .any(|problem| (line.start..=line.end).contains(&problem.at))
    }

    fn class_header(&mut self, header: &Line<'_>, is_empty: bool) {
        let text = self.text(header);
        let words: Vec<&str> = text
            .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')))
            .filter(|word| !word.is_empty())
            .collect();
        let Some((name, bases)) = words.get(1..).and_then(<[&str]>::split_first) else {
            return;
        };
        let header_line = if parses(&format!("{text} pass\n")) {
            text.to_owned()
        } else {
            format!("class {name}({}):", bases.join(", "))
        };
        let body = if is_empty { " pass" } else { "" };
        let indent = " ".repeat(header.indent);
        self.put(header.start, format!("{indent}{header_line}{body}"));
    }

    /// A function that cannot be read whole: its head, and where it goes if that can be read.
    fn function(&mut self, header: &Line<'_>, body: &[Line<'_>]) {
        let text = self.text(header);
        let is_whole = header.opens_block() && parses(&format!("{text} pass\n"));
        let signature = if is_whole {
            Some(text.replace('\n', " "))
        } else {
            signature(text)
        };
        let Some(signature) = signature else {
            return;
        };
        let tail = body.iter().rev().find(|line| {
            let text = self.text(line);
            text.starts_with("self.next(") && !self.has_problem(line) && parses(text)
        });
        let indent = " ".repeat(header.indent);
        let pass = if tail.is_some() { "" } else { " pass" };
        self.put(header.start, format!("{indent}{signature}{pass}"));
        if let Some(tail) = tail {
            let text = self.text(tail).replace('\n', " ");
            self.put(tail.start, format!("{indent}    {text}"));
        }
    }
}

/// How many lines the first statement takes, with its decorators, its block and its clauses.
fn statement_length(lines: &[Line<'_>], level: usize) -> usize {
    let mut decorated = true;
    for (at, line) in lines.iter().enumerate() {
        let is_new = line.indent <= level && !CLAUSES.contains(&line.first_word);
        if at > 0 && is_new && !decorated {
            return at;
        }
        // A decorator starts with a character that makes no word.
        decorated = decorated && line.indent <= level && line.first_word.is_empty();
    }
    lines.len()
}

/// The head of a function whose own cannot be read.
fn signature(text: &str) -> Option<String> {
    let after = text.split_once("def")?.1.trim_start();
    let name: String = after
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    if name.is_empty() {
        return None;
    }
    let arguments = if after.contains("inputs") {
        "self, inputs"
    } else {
        "self"
    };
    Some(format!("def {name}({arguments}):"))
}

fn parses(text: &str) -> bool {
    syntax::tree(text).is_some_and(|tree| !tree.root_node().has_error())
}
