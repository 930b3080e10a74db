//! A frame: header, panes, footer, popup. Reads the state, changes nothing.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Block, BorderType, Borders, Clear},
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::{
    app::{State, state::Pane},
    config::Role,
};

use super::{
    editor::Editor,
    layout::{Layout, Placed},
    panes, popups,
    styles::Styles,
};

/// What drawing a pane needs.
pub struct Canvas<'a> {
    pub state: &'a State,
    pub styles: &'a Styles,
}

impl Canvas<'_> {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.of(role)
    }

    /// A span in a role's style.
    pub fn span<'t>(&self, text: impl Into<std::borrow::Cow<'t, str>>, role: Role) -> Span<'t> {
        Span::styled(text, self.style(role))
    }
}

/// Draws everything.
pub fn draw(
    frame: &mut Frame<'_>,
    layout: &Layout,
    state: &State,
    styles: &Styles,
    editor: Option<&Editor>,
) {
    let canvas = Canvas { state, styles };
    panes::header(frame, layout.header, &canvas);
    for placed in &layout.panes {
        draw_frame(frame, placed, &canvas);
        if placed.inner.is_empty() {
            continue;
        }
        match (placed.pane, editor) {
            (Pane::Source, Some(editor)) => editor.draw(frame, placed.inner),
            (Pane::Source, None) => panes::source(frame, placed.inner, &canvas),
            (Pane::Graph, _) => panes::graph(frame, placed.inner, &canvas),
            (Pane::Runs, _) => panes::runs(frame, placed.inner, &canvas),
            (Pane::Output, _) => panes::output(frame, placed.inner, &canvas),
            (Pane::Right, _) => panes::right(frame, placed.inner, &canvas),
        }
    }
    for tab in &layout.tabs {
        let focused = tab.shown
            && layout
                .panes
                .iter()
                .any(|placed| placed.pane == state.focus && placed.tabbed);
        let style = match (tab.shown, focused) {
            (true, true) => canvas
                .style(Role::Focus)
                .add_modifier(ratatui::style::Modifier::REVERSED),
            (true, false) => canvas.style(Role::Title),
            (false, _) => canvas.style(Role::Dim),
        };
        let text = format!(" {} ", tab.label);
        put(frame, tab.area, Line::styled(text, style));
    }
    panes::footer(frame, layout.footer, &canvas);
    popups::draw(frame, &canvas);
}

fn draw_frame(frame: &mut Frame<'_>, placed: &Placed, canvas: &Canvas<'_>) {
    if !placed.framed {
        return;
    }
    let focused = canvas.state.focus == placed.pane;
    let style = canvas.style(if focused { Role::Focus } else { Role::Border });
    let mut block = Block::new()
        .borders(Borders::ALL)
        .border_type(if focused {
            BorderType::Thick
        } else {
            BorderType::Plain
        })
        .border_style(style);
    if !placed.tabbed {
        let room = usize::from(placed.area.width).saturating_sub(4);
        let title = cut(&panes::title(placed.pane, canvas.state), room);
        block = block.title(Line::styled(
            format!(" {title} "),
            canvas.style(Role::Title),
        ));
    }
    frame.render_widget(block, placed.area);
}

/// Puts a line at the top of an area, cut to it.
pub fn put(frame: &mut Frame<'_>, area: Rect, line: Line<'_>) {
    if !area.is_empty() {
        let area = Rect { height: 1, ..area };
        frame.render_widget(line, area.intersection(frame.area()));
    }
}

/// The line with that index of an area, if it is inside.
pub fn row(area: Rect, index: usize) -> Option<Rect> {
    let index = u16::try_from(index).ok()?;
    (index < area.height).then(|| Rect {
        y: area.y + index,
        height: 1,
        ..area
    })
}

/// The text, ending in `…` if it is wider than `width` cells.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        out.push(c);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// The text in exactly `width` cells.
pub fn fit(text: &str, width: usize) -> String {
    let mut out = cut(text, width);
    let used = out.width();
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    out
}

/// The same, at the right of the cells.
pub fn fit_right(text: &str, width: usize) -> String {
    let text = cut(text, width);
    let gap = width.saturating_sub(text.width());
    format!("{}{text}", " ".repeat(gap))
}

/// Puts a style under a whole line of the screen.
pub fn shade(frame: &mut Frame<'_>, area: Rect, style: Style) {
    let area = area.intersection(frame.area());
    frame.buffer_mut().set_style(area, style);
}

/// Clears an area that a popup will lie on.
pub fn clear(frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Clear, area.intersection(frame.area()));
}
