//! Breaks styled text into lines of a width, at blanks where there are any.

use unicode_width::UnicodeWidthChar;

use super::line::{Span, SpanStyle, TextLine};

/// Breaks a paragraph; lines after the first start with `hang` blanks. Words wider than a line are split.
pub(super) fn wrap(spans: &[Span], width: usize, hang: usize) -> Vec<TextLine> {
    let width = width.max(1);
    // An indent that leaves no room for text is no indent.
    let hang = if hang + 8 > width { 0 } else { hang };
    let mut wrapper = Wrapper {
        width,
        hang,
        lines: Vec::new(),
        line: TextLine::default(),
        columns: 0,
        word: Vec::new(),
        word_width: 0,
    };
    for span in spans {
        for c in span.text.chars() {
            if c == ' ' {
                wrapper.end_word();
                wrapper.space(span.style);
            } else {
                wrapper.letter(c, span.style);
            }
        }
    }
    wrapper.end_word();
    wrapper.break_line();
    wrapper.lines
}

struct Wrapper {
    width: usize,
    hang: usize,
    lines: Vec<TextLine>,
    line: TextLine,
    columns: usize,
    word: Vec<(char, SpanStyle)>,
    word_width: usize,
}

impl Wrapper {
    fn letter(&mut self, c: char, style: SpanStyle) {
        let columns = c.width().unwrap_or(0);
        let room = self.width - if self.lines.is_empty() { 0 } else { self.hang };
        if self.word_width + columns > room {
            self.end_word();
        }
        self.word.push((c, style));
        self.word_width += columns;
    }

    fn space(&mut self, style: SpanStyle) {
        if self.columns > 0 && self.columns < self.width {
            self.put(' ', style);
        }
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let indent = if self.lines.is_empty() { 0 } else { self.hang };
        if self.columns > indent && self.columns + self.word_width > self.width {
            self.break_line();
        }
        for (c, style) in std::mem::take(&mut self.word) {
            self.put(c, style);
        }
        self.word_width = 0;
    }

    fn put(&mut self, c: char, style: SpanStyle) {
        match self.line.spans.last_mut() {
            Some(span) if span.style == style => span.text.push(c),
            _ => self.line.push(c.to_string(), style),
        }
        self.columns += c.width().unwrap_or(0);
    }

    fn break_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        if let Some(last) = line.spans.last_mut() {
            last.text.truncate(last.text.trim_end_matches(' ').len());
        }
        self.lines.push(line);
        self.columns = 0;
        if self.hang > 0 {
            self.line.push(" ".repeat(self.hang), SpanStyle::default());
            self.columns = self.hang;
        }
    }
}

/// Text that has its own lines, each cut to the width.
pub(super) fn preformatted(text: &str, style: SpanStyle, width: usize) -> Vec<TextLine> {
    text.lines()
        .map(|line| TextLine::of(expand_tabs(line), style).cut(width))
        .collect()
}

/// Text that has its own lines, each broken where it exceeds the width.
pub(super) fn broken(text: &str, style: SpanStyle, width: usize) -> Vec<TextLine> {
    text.lines()
        .flat_map(|line| wrap(&[Span::new(line, style)], width, 0))
        .collect()
}

fn expand_tabs(line: &str) -> String {
    line.replace('\t', "    ")
}

/// Puts a prefix before every line, another before the first.
pub(super) fn prefix(lines: Vec<TextLine>, first: &Span, rest: &Span) -> Vec<TextLine> {
    let with = |(at, mut line): (usize, TextLine)| {
        line.spans
            .insert(0, if at == 0 { first.clone() } else { rest.clone() });
        line
    };
    lines.into_iter().enumerate().map(with).collect()
}
