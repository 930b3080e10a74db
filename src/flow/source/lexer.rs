//! Logical lines: what Python takes for one line, after strings, brackets and continuations. The grammar is lenient about
//! lines and unfinished brackets; this is not.

use std::ops::Range;

/// Python reads no deeper.
const MOST_BRACKETS: usize = 200;

/// One logical line with code on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::flow) struct Line<'a> {
    /// Offset of the first character that is no indentation.
    pub start: usize,
    /// Offset behind the last token.
    pub end: usize,
    /// Width of the indentation; a tab goes to the next multiple of eight.
    pub indent: usize,
    pub first_word: &'a str,
    /// The last token: a word or one character.
    pub last: &'a str,
    /// Whether there is a colon outside of brackets and lambdas.
    pub has_colon: bool,
}

impl Line<'_> {
    /// Whether an indented block has to follow.
    pub(in crate::flow) fn opens_block(&self) -> bool {
        self.last == ":" && self.has_colon
    }
}

/// Something that cannot be Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::flow) struct Problem {
    pub at: usize,
    pub message: String,
    pub hint: Option<String>,
}

/// A text in logical lines.
#[derive(Debug, Default)]
pub(in crate::flow) struct Lexed<'a> {
    pub lines: Vec<Line<'a>>,
    pub problems: Vec<Problem>,
    comments: Vec<Range<usize>>,
}

/// Splits a text. A text whose brackets or strings do not end is split as far as its layout tells where they should have.
pub(in crate::flow) fn lex(source: &str) -> Lexed<'_> {
    let strict = Lexer::new(source, false).run();
    if strict.problems.is_empty() {
        strict
    } else {
        Lexer::new(source, true).run()
    }
}

/// The text with spaces in place of its comments.
pub(in crate::flow) fn without_comments(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for comment in lex(source).comments {
        out.push_str(source.get(at..comment.start).unwrap_or(""));
        out.extend(std::iter::repeat_n(' ', comment.len()));
        at = comment.end;
    }
    out.push_str(source.get(at..).unwrap_or(""));
    out
}

struct Lexer<'a> {
    source: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Whether a bracket or text ends where the layout says so.
    lenient: bool,
    brackets: Vec<(u8, usize)>,
    lambdas: usize,
    line: Option<Line<'a>>,
    out: Lexed<'a>,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl<'a> Lexer<'a> {
    fn new(source: &'a str, lenient: bool) -> Self {
        Self {
            source,
            bytes: source.as_bytes(),
            at: 0,
            lenient,
            brackets: Vec::new(),
            lambdas: 0,
            line: None,
            out: Lexed::default(),
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn problem(&mut self, at: usize, message: impl Into<String>, hint: &str) {
        self.out.problems.push(Problem {
            at,
            message: message.into(),
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
        });
    }

    fn run(mut self) -> Lexed<'a> {
        if self.source.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
        while self.at < self.bytes.len() {
            if self.line.is_none() && !self.begin_line() {
                continue;
            }
            self.token();
        }
        self.end_brackets();
        self.end_line();
        self.out
    }

    /// Reads the indentation. `false` if the line has no code, or the text is over.
    fn begin_line(&mut self) -> bool {
        let mut indent = 0;
        loop {
            match self.peek(0) {
                b' ' => indent += 1,
                b'\t' => indent = (indent / 8 + 1) * 8,
                b'\x0c' | b'\r' => {}
                _ => break,
            }
            self.at += 1;
        }
        match self.peek(0) {
            b'\n' => {
                self.at += 1;
                false
            }
            b'#' => {
                self.skip_comment();
                false
            }
            0 if self.at >= self.bytes.len() => false,
            _ => {
                self.line = Some(Line {
                    start: self.at,
                    end: self.at,
                    indent,
                    first_word: "",
                    last: "",
                    has_colon: false,
                });
                self.lambdas = 0;
                true
            }
        }
    }

    fn skip_comment(&mut self) {
        let from = self.at;
        while self.at < self.bytes.len() && self.peek(0) != b'\n' {
            self.at += 1;
        }
        self.out.comments.push(from..self.at);
    }

    fn end_line(&mut self) {
        self.out.lines.extend(self.line.take());
    }

    fn token(&mut self) {
        let from = self.at;
        match self.peek(0) {
            b' ' | b'\t' | b'\r' | b'\x0c' => self.at += 1,
            b'#' => self.skip_comment(),
            b'\n' => self.newline(),
            b'\\' => {
                self.at += 1;
                if self.peek(0) == b'\r' {
                    self.at += 1;
                }
                if self.peek(0) == b'\n' {
                    self.at += 1;
                } else {
                    self.take(from);
                }
            }
            quote @ (b'"' | b'\'') => {
                self.string(quote);
                self.take(from);
            }
            open @ (b'(' | b'[' | b'{') => {
                self.brackets.push((open, from));
                if self.brackets.len() == MOST_BRACKETS {
                    self.problem(
                        from,
                        "these brackets are nested too deep for Python",
                        "name parts of the expression",
                    );
                }
                self.at += 1;
                self.take(from);
            }
            close @ (b')' | b']' | b'}') => {
                self.close(close);
                self.take(from);
            }
            byte if is_word(byte) => self.word(),
            byte => {
                self.at += 1;
                if byte == b':' && self.brackets.is_empty() {
                    self.colon();
                }
                self.take(from);
            }
        }
    }

    /// Notes that the token from `from` up to here is the last one so far.
    fn take(&mut self, from: usize) {
        let token = self.source.get(from..self.at).unwrap_or("");
        if let Some(line) = &mut self.line {
            line.last = token;
            line.end = self.at;
        }
    }

    fn colon(&mut self) {
        if self.lambdas > 0 {
            self.lambdas -= 1;
        } else if let Some(line) = &mut self.line {
            line.has_colon = true;
        }
    }

    fn word(&mut self) {
        let from = self.at;
        let is_number = self.peek(0).is_ascii_digit();
        while is_word(self.peek(0)) || (is_number && self.peek(0) == b'.') {
            self.at += 1;
        }
        self.take(from);
        let word = self.source.get(from..self.at).unwrap_or("");
        if word == "lambda" && self.brackets.is_empty() {
            self.lambdas += 1;
        }
        if let Some(line) = &mut self.line
            && line.start == from
        {
            line.first_word = word;
        }
    }

    fn string(&mut self, quote: u8) {
        let from = self.at;
        let is_long = self.peek(1) == quote && self.peek(2) == quote;
        self.at += if is_long { 3 } else { 1 };
        let body = self.at;
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\\' if self.peek(1) == b'\r' => self.at += 3,
                b'\\' => self.at += 2,
                b'\n' if !is_long => break,
                b'\n' if self.lenient && self.starts_definition() => break,
                byte if byte == quote && !is_long => {
                    self.at += 1;
                    return;
                }
                byte if byte == quote && self.peek(1) == quote && self.peek(2) == quote => {
                    self.at += 3;
                    return;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.bytes.len());
        if is_long {
            // What follows the opening line is more likely code than text.
            self.at = self
                .source
                .get(body..)
                .and_then(|rest| rest.find('\n'))
                .map_or(self.at, |n| body + n);
            self.problem(
                from,
                "this text has no closing quotes",
                "close it with the same three quotes",
            );
        } else {
            self.problem(
                from,
                "this text has no closing quote",
                "close it on the same line",
            );
        }
    }

    /// Whether the next physical line starts a definition at the level of this logical line or further out.
    fn starts_definition(&self) -> bool {
        let rest = self.source.get(self.at + 1..).unwrap_or("");
        let trimmed = rest.trim_start_matches([' ', '\t']);
        let indent = rest.len() - trimmed.len();
        let is_definition = ["def ", "class ", "@", "async def "]
            .iter()
            .any(|start| trimmed.starts_with(start));
        is_definition && self.line.as_ref().is_some_and(|line| indent <= line.indent)
    }

    fn close(&mut self, close: u8) {
        let from = self.at;
        self.at += 1;
        let wanted = match close {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        let close = char::from(close);
        match self.brackets.last() {
            Some((open, _)) if *open == wanted => _ = self.brackets.pop(),
            Some((open, _)) => {
                let message = format!("`{close}` does not close `{}`", char::from(*open));
                self.problem(from, message, "");
                self.brackets.pop();
            }
            None => self.problem(
                from,
                format!("`{close}` closes nothing"),
                "remove it, or open it before",
            ),
        }
    }

    fn newline(&mut self) {
        if !self.brackets.is_empty() && self.lenient && self.ends_here() {
            self.end_brackets();
        }
        self.at += 1;
        if self.brackets.is_empty() {
            self.end_line();
        }
    }

    /// Whether the next physical line looks like a statement of its own although a bracket is open: it is not indented, or the
    /// head of a definition is open and nothing before the next definition closes it.
    fn ends_here(&self) -> bool {
        let Some(line) = &self.line else {
            return false;
        };
        let mut following = self.source.get(self.at + 1..).unwrap_or("").split('\n');
        let split = |text: &'a str| {
            let trimmed = text.trim_start_matches([' ', '\t']);
            (text.len() - trimmed.len(), trimmed.trim_end())
        };
        let (indent, text) = following.next().map(split).unwrap_or_default();
        let is_statement = text
            .bytes()
            .next()
            .is_some_and(|byte| byte == b'@' || (is_word(byte) && !byte.is_ascii_digit()));
        if is_statement && indent <= line.indent {
            return true;
        }
        if !is_statement || !matches!(line.first_word, "def" | "class" | "async") {
            return false;
        }
        if line.first_word == "class" {
            // Its own functions would close it; bases are written with commas, or alone.
            let is_last_base = following
                .next()
                .map(split)
                .is_some_and(|(_, text)| text.starts_with(')'));
            return !(text.ends_with(',') || is_last_base);
        }
        let body = following.map(split).take_while(|(indent, text)| {
            text.is_empty() || *indent > line.indent || text.starts_with(')')
        });
        let closes = |text: &str| text.starts_with(')') || text.ends_with("):");
        !(closes(text) || body.into_iter().any(|(_, text)| closes(text)))
    }

    fn end_brackets(&mut self) {
        if let Some((open, at)) = self.brackets.last().copied() {
            self.problem(at, format!("`{}` is never closed", char::from(open)), "");
        }
        self.brackets.clear();
    }
}
