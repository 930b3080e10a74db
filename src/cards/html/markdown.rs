//! Markdown as HTML; HTML inside it is shown as text, links lead to the web or nowhere.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::escape;

/// Renders markdown.
pub(super) fn render(source: &str) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut writer = Writer::default();
    for event in Parser::new_ext(source, options) {
        writer.event(event);
    }
    writer.out
}

#[derive(Default)]
struct Writer {
    out: String,
    /// Alignments of the open table and the column of the open cell.
    alignments: Vec<Alignment>,
    column: usize,
    in_head: bool,
    /// Whether open links are links, innermost last.
    links: Vec<bool>,
    /// The source of an open image, whose text is its description.
    image: Option<String>,
    alt: String,
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        if self.image.is_some() {
            match event {
                Event::Text(text) | Event::Code(text) => self.alt.push_str(&text),
                Event::End(TagEnd::Image) => self.finish_image(),
                _ => {}
            }
            return;
        }
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.out.push_str(&escape(&text))
            }
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.out
                    .push_str(&format!("<code>{}</code>", escape(&text)));
            }
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak => self.out.push_str("<br>\n"),
            Event::Rule => self.out.push_str("<hr>\n"),
            Event::TaskListMarker(done) => self.out.push_str(if done { "☑ " } else { "☐ " }),
            Event::FootnoteReference(name) => self.out.push_str(&escape(&name)),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.out.push_str("<p>"),
            Tag::Heading { level, .. } => self.out.push_str(&format!("<{level}>")),
            Tag::BlockQuote(_) => self.out.push_str("<blockquote>\n"),
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
                self.out.push_str("<pre><code>")
            }
            Tag::HtmlBlock => self.out.push_str("<pre><code>"),
            Tag::List(Some(first)) => self.out.push_str(&format!("<ol start=\"{first}\">\n")),
            Tag::List(None) => self.out.push_str("<ul>\n"),
            Tag::Item => self.out.push_str("<li>"),
            Tag::Table(alignments) => {
                self.alignments = alignments;
                self.out.push_str("<div class=\"scroll\"><table>\n");
            }
            Tag::TableHead => {
                self.in_head = true;
                self.column = 0;
                self.out.push_str("<tr>");
            }
            Tag::TableRow => {
                self.column = 0;
                self.out.push_str("<tr>");
            }
            Tag::TableCell => {
                let name = if self.in_head { "th" } else { "td" };
                let align = match self.alignments.get(self.column) {
                    Some(Alignment::Right) => " class=\"number\"",
                    _ => "",
                };
                self.column += 1;
                self.out.push_str(&format!("<{name}{align}>"));
            }
            Tag::Emphasis => self.out.push_str("<em>"),
            Tag::Strong => self.out.push_str("<strong>"),
            Tag::Strikethrough => self.out.push_str("<del>"),
            Tag::Link { dest_url, .. } => {
                let safe = is_web(&dest_url);
                self.links.push(safe);
                if safe {
                    self.out.push_str(&format!(
                        "<a href=\"{}\" rel=\"noopener noreferrer\">",
                        escape(&dest_url)
                    ));
                }
            }
            Tag::Image { dest_url, .. } => self.image = Some(dest_url.into_string()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.out.push_str("</p>\n"),
            TagEnd::Heading(level) => self.out.push_str(&format!("</{level}>\n")),
            TagEnd::BlockQuote(_) => self.out.push_str("</blockquote>\n"),
            TagEnd::CodeBlock | TagEnd::HtmlBlock => self.out.push_str("</code></pre>\n"),
            TagEnd::List(ordered) => self
                .out
                .push_str(if ordered { "</ol>\n" } else { "</ul>\n" }),
            TagEnd::Item => self.out.push_str("</li>\n"),
            TagEnd::Table => self.out.push_str("</table></div>\n"),
            TagEnd::TableHead => {
                self.in_head = false;
                self.out.push_str("</tr>\n");
            }
            TagEnd::TableRow => self.out.push_str("</tr>\n"),
            TagEnd::TableCell => self
                .out
                .push_str(if self.in_head { "</th>" } else { "</td>" }),
            TagEnd::Emphasis => self.out.push_str("</em>"),
            TagEnd::Strong => self.out.push_str("</strong>"),
            TagEnd::Strikethrough => self.out.push_str("</del>"),
            TagEnd::Link => {
                let was_link = self.links.pop().unwrap_or(false);
                self.out.push_str(if was_link { "</a>" } else { "" });
            }
            _ => {}
        }
    }

    /// Only pictures that the text brings along are shown: others would tell their server who reads.
    fn finish_image(&mut self) {
        let src = self.image.take().unwrap_or_default();
        let alt = escape(&std::mem::take(&mut self.alt));
        if src.starts_with("data:image/") {
            self.out
                .push_str(&format!("<img src=\"{}\" alt=\"{alt}\">", escape(&src)));
        } else if is_web(&src) {
            self.out.push_str(&format!(
                "<a href=\"{}\" rel=\"noopener noreferrer\">{alt}</a>",
                escape(&src)
            ));
        } else {
            self.out.push_str(&alt);
        }
    }
}

fn is_web(url: &str) -> bool {
    let lower = url.trim().to_ascii_lowercase();
    ["https://", "http://", "mailto:", "#"]
        .iter()
        .any(|scheme| lower.starts_with(scheme))
}
