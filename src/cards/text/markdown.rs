//! Markdown as lines: headings, lists, quotes, code, tables; emphasis as styles.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::line::{Role, Span, SpanStyle, TextLine};
use super::table::{self, Grid};
use super::wrap::{prefix, preformatted, wrap};

/// Renders markdown to a width.
pub(super) fn render(source: &str, width: usize) -> Vec<TextLine> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut writer = Writer {
        width,
        ..Writer::default()
    };
    for event in Parser::new_ext(source, options) {
        writer.event(event);
    }
    writer.flush();
    writer.lines
}

/// A list or quote around the text.
enum Around {
    /// The number of the next item, if items are numbered, and whether the item's mark is still due.
    List {
        next: Option<u64>,
        mark_due: bool,
    },
    Quote,
}

#[derive(Default)]
struct Writer {
    width: usize,
    lines: Vec<TextLine>,
    /// The open paragraph.
    spans: Vec<Span>,
    style: SpanStyle,
    /// Styles to return to, innermost last.
    styles: Vec<SpanStyle>,
    around: Vec<Around>,
    /// The text of an open code block.
    code: Option<String>,
    /// The rows of an open table.
    rows: Option<Vec<Vec<Vec<Span>>>>,
    /// Where open links lead.
    links: Vec<String>,
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.text(&text, self.style),
            },
            Event::InlineHtml(text) => self.text(&text, self.style),
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.text(
                    &text,
                    SpanStyle {
                        code: true,
                        ..self.style
                    },
                );
            }
            Event::SoftBreak => self.text(" ", self.style),
            Event::HardBreak => self.flush(),
            Event::Rule => {
                self.gap();
                self.lines
                    .push(TextLine::of("─".repeat(self.width), SpanStyle::dim()));
            }
            Event::TaskListMarker(done) => self.text(if done { "☑ " } else { "☐ " }, self.style),
            Event::FootnoteReference(name) => self.text(&format!("[{name}]"), SpanStyle::dim()),
        }
    }

    fn text(&mut self, text: &str, style: SpanStyle) {
        let span = Span::new(text.replace('\n', " "), style);
        match self
            .rows
            .as_mut()
            .and_then(|rows| rows.last_mut())
            .and_then(|row| row.last_mut())
        {
            Some(cell) => cell.push(span),
            None => self.spans.push(span),
        }
    }

    fn restyle(&mut self, style: SpanStyle) {
        self.styles.push(self.style);
        self.style = style;
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.block(),
            Tag::Heading { level, .. } => {
                self.block();
                let heading = level as u8;
                self.restyle(SpanStyle {
                    bold: true,
                    underline: heading == 1,
                    heading,
                    role: Role::Heading,
                    ..SpanStyle::default()
                });
            }
            Tag::BlockQuote(_) => {
                self.block();
                self.around.push(Around::Quote);
                self.restyle(SpanStyle {
                    dim: true,
                    ..self.style
                });
            }
            Tag::CodeBlock(_) | Tag::HtmlBlock => {
                self.block();
                self.code = Some(String::new());
            }
            Tag::List(first) => {
                self.flush();
                if self.around.is_empty() {
                    self.gap();
                }
                self.around.push(Around::List {
                    next: first,
                    mark_due: false,
                });
            }
            Tag::Item => {
                self.flush();
                if let Some(Around::List { mark_due, .. }) = self.around.last_mut() {
                    *mark_due = true;
                }
            }
            Tag::Table(_) => {
                self.block();
                self.rows = Some(Vec::new());
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(rows) = &mut self.rows {
                    rows.push(Vec::new());
                }
            }
            Tag::TableCell => {
                if let Some(row) = self.rows.as_mut().and_then(|rows| rows.last_mut()) {
                    row.push(Vec::new());
                }
            }
            Tag::Emphasis => self.restyle(SpanStyle {
                italic: true,
                ..self.style
            }),
            Tag::Strong => self.restyle(SpanStyle {
                bold: true,
                ..self.style
            }),
            Tag::Strikethrough => self.restyle(SpanStyle {
                dim: true,
                ..self.style
            }),
            Tag::Link { dest_url, .. } => {
                self.links.push(dest_url.into_string());
                self.restyle(SpanStyle {
                    underline: true,
                    role: Role::Link,
                    ..self.style
                });
            }
            Tag::Image { .. } => {
                self.text("▦ ", SpanStyle::role(Role::Label));
                self.restyle(SpanStyle {
                    italic: true,
                    ..self.style
                });
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::Item => self.flush(),
            TagEnd::Heading(_) => {
                self.flush();
                self.style = self.styles.pop().unwrap_or_default();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.around.pop();
                self.style = self.styles.pop().unwrap_or_default();
            }
            TagEnd::CodeBlock | TagEnd::HtmlBlock => {
                let code = self.code.take().unwrap_or_default();
                let inner = self.inner_width().saturating_sub(2);
                let indent = Span::new("  ", SpanStyle::default());
                let lines = prefix(
                    preformatted(&code, SpanStyle::code(), inner),
                    &indent,
                    &indent,
                );
                self.put(lines);
            }
            TagEnd::List(_) => {
                self.flush();
                self.around.pop();
            }
            TagEnd::Table => {
                let rows = self.rows.take().unwrap_or_default();
                let width = self.inner_width();
                let grid = Grid::of_text(
                    rows.into_iter()
                        .map(|row| row.into_iter().map(one_line).collect())
                        .collect(),
                );
                self.put(table::render(&grid, width));
            }
            TagEnd::Link => {
                self.style = self.styles.pop().unwrap_or_default();
                let target = self.links.pop().unwrap_or_default();
                let shown = self.spans.last().is_some_and(|span| span.text == target);
                if !shown && target.starts_with("http") {
                    self.text(&format!(" ({target})"), SpanStyle::dim());
                }
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Image => {
                self.style = self.styles.pop().unwrap_or_default();
            }
            _ => {}
        }
    }

    /// Ends the open paragraph and leaves a blank line before the next block.
    fn block(&mut self) {
        self.flush();
        let mark_due = self
            .around
            .iter()
            .any(|around| matches!(around, Around::List { mark_due: true, .. }));
        if !mark_due {
            self.gap();
        }
    }

    fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| line.width() > 0) {
            self.lines.push(TextLine::default());
        }
    }

    fn flush(&mut self) {
        if !self.spans.is_empty() {
            let spans = std::mem::take(&mut self.spans);
            let lines = wrap(&spans, self.inner_width(), 0);
            self.put(lines);
        }
    }

    /// The columns that lists and quotes leave.
    fn inner_width(&self) -> usize {
        let taken: usize = self
            .around
            .iter()
            .map(|around| self.mark_width(around))
            .sum();
        self.width.saturating_sub(taken).max(1)
    }

    fn mark_width(&self, around: &Around) -> usize {
        // Where nesting would leave no room, it is not shown.
        if self.width < 12 {
            return 0;
        }
        match around {
            Around::List {
                next: Some(number), ..
            } => number.to_string().len() + 2,
            Around::List { next: None, .. } | Around::Quote => 2,
        }
    }

    /// Adds lines behind the marks of the lists and quotes around them.
    fn put(&mut self, lines: Vec<TextLine>) {
        let mut first = String::new();
        let mut rest = String::new();
        let widths: Vec<usize> = self
            .around
            .iter()
            .map(|around| self.mark_width(around))
            .collect();
        for (around, width) in self.around.iter_mut().zip(widths) {
            match around {
                _ if width == 0 => {}
                Around::Quote => {
                    first.push_str("│ ");
                    rest.push_str("│ ");
                }
                Around::List { next, mark_due } => {
                    let blank = " ".repeat(width);
                    let mark = match next {
                        Some(number) => format!("{number}. "),
                        None => "• ".to_owned(),
                    };
                    first.push_str(if *mark_due { &mark } else { &blank });
                    rest.push_str(&blank);
                    if std::mem::take(mark_due)
                        && let Some(number) = next
                    {
                        *number = number.saturating_add(1);
                    }
                }
            }
        }
        if first.is_empty() {
            self.lines.extend(lines);
            return;
        }
        let style = SpanStyle::role(Role::Label);
        self.lines.extend(prefix(
            lines,
            &Span::new(first, style),
            &Span::new(rest, style),
        ));
    }
}

fn one_line(spans: Vec<Span>) -> Vec<TextLine> {
    vec![TextLine { spans }]
}
