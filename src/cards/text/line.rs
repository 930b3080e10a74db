//! Lines of styled text, free of any terminal library.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextLine {
    /// Its parts, from left to right.
    pub spans: Vec<Span>,
}

/// Text of one style.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    /// The text, without control characters.
    pub text: String,
    /// How it looks.
    pub style: SpanStyle,
}

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the attributes of a terminal's text are independent switches"
)]
pub struct SpanStyle {
    /// Bold.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
    /// Less prominent.
    pub dim: bool,
    /// Underlined.
    pub underline: bool,
    /// Source code.
    pub code: bool,
    /// The level of a heading, 1 to 6; 0 for none.
    pub heading: u8,
    /// What the text is.
    pub role: Role,
}

/// What text is, for a theme to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// Running text.
    #[default]
    Normal,
    /// A heading.
    Heading,
    /// The name of something.
    Label,
    /// A value.
    Value,
    /// Something good.
    Success,
    /// Something doubtful.
    Warning,
    /// Something wrong.
    Error,
    /// A part of a bar or chart.
    Bar,
    /// A link.
    Link,
}

impl SpanStyle {
    /// Plain text with a role.
    #[must_use]
    pub fn role(role: Role) -> Self {
        Self {
            role,
            ..Self::default()
        }
    }

    /// Less prominent text.
    #[must_use]
    pub fn dim() -> Self {
        Self {
            dim: true,
            ..Self::default()
        }
    }

    /// Bold text with a role.
    #[must_use]
    pub fn bold(role: Role) -> Self {
        Self {
            bold: true,
            role,
            ..Self::default()
        }
    }

    /// Source code.
    #[must_use]
    pub fn code() -> Self {
        Self {
            code: true,
            ..Self::default()
        }
    }
}

impl Span {
    /// Text of a style; control characters, which could drive the terminal, are replaced.
    #[must_use]
    pub fn new(text: impl AsRef<str>, style: SpanStyle) -> Self {
        let clean = |c: char| match c {
            '\t' => ' ',
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '�',
            c if c.is_control() => '�',
            c => c,
        };
        Self {
            text: text.as_ref().chars().map(clean).collect(),
            style,
        }
    }

    /// The columns it takes.
    #[must_use]
    pub fn width(&self) -> usize {
        self.text.width()
    }
}

impl TextLine {
    /// A line of one span.
    #[must_use]
    pub fn of(text: impl AsRef<str>, style: SpanStyle) -> Self {
        Self {
            spans: vec![Span::new(text, style)],
        }
    }

    /// The columns it takes.
    #[must_use]
    pub fn width(&self) -> usize {
        self.spans.iter().map(Span::width).sum()
    }

    /// The text without styles.
    #[must_use]
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }

    /// Adds a span at the end.
    pub(super) fn push(&mut self, text: impl AsRef<str>, style: SpanStyle) {
        self.spans.push(Span::new(text, style));
    }

    /// Fills up with blanks to a width.
    pub(super) fn pad(&mut self, width: usize) {
        let missing = width.saturating_sub(self.width());
        if missing > 0 {
            self.push(" ".repeat(missing), SpanStyle::default());
        }
    }

    /// Cuts to a width; a cut line ends in an ellipsis.
    pub(super) fn cut(mut self, width: usize) -> Self {
        if self.width() <= width {
            return self;
        }
        let mut left = width.saturating_sub(1);
        let mut kept = Vec::new();
        for span in self.spans.drain(..) {
            let mut text = String::new();
            for c in span.text.chars() {
                let columns = c.width().unwrap_or(0);
                if columns > left {
                    left = 0;
                    break;
                }
                left -= columns;
                text.push(c);
            }
            let whole = text.len() == span.text.len();
            kept.push(Span {
                text,
                style: span.style,
            });
            if !whole {
                break;
            }
        }
        if width > 0 {
            kept.push(Span::new("…", SpanStyle::dim()));
        }
        Self { spans: kept }
    }
}
