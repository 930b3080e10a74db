//! Where everything is on a screen of a given size. Drawing and mouse read the same rectangles.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use crate::app::state::{Pane, RightTab, State, Viewports};

/// Columns from which three columns of panes fit.
pub const WIDE: u16 = 120;
/// Columns and lines from which two columns fit.
pub const MEDIUM: (u16, u16) = (80, 16);

/// What a click on a tab shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Pane(Pane),
    Right(RightTab),
}

impl Target {
    fn label(self) -> &'static str {
        match self {
            Self::Pane(Pane::Graph) => "Flow",
            Self::Pane(Pane::Runs) => "Runs",
            Self::Pane(Pane::Source) => "Source",
            Self::Pane(Pane::Output) => "Output",
            Self::Pane(Pane::Right) => "Right",
            Self::Right(tab) => tab.title(),
        }
    }

    /// Whether this is what the state shows in the place of the tabs.
    fn is_shown(self, state: &State, pane: Pane) -> bool {
        match self {
            Self::Pane(own) => own == pane,
            Self::Right(tab) => pane == Pane::Right && state.tab == tab,
        }
    }
}

/// A tab's label on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tab {
    pub target: Target,
    pub label: &'static str,
    pub area: Rect,
    pub shown: bool,
}

/// A pane on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub pane: Pane,
    pub area: Rect,
    /// The area without the frame.
    pub inner: Rect,
    pub framed: bool,
    /// Tabs stand in place of the title.
    pub tabbed: bool,
}

/// All places of a frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    pub header: Rect,
    pub footer: Rect,
    pub panes: Vec<Placed>,
    pub tabs: Vec<Tab>,
}

const RIGHT_TABS: &[Target] = &[
    Target::Right(RightTab::Artifacts),
    Target::Right(RightTab::Data),
    Target::Right(RightTab::Card),
];
const MAIN_TABS: &[Target] = &[
    Target::Pane(Pane::Source),
    Target::Pane(Pane::Output),
    Target::Right(RightTab::Artifacts),
    Target::Right(RightTab::Data),
    Target::Right(RightTab::Card),
];
const ALL_TABS: &[Target] = &[
    Target::Pane(Pane::Graph),
    Target::Pane(Pane::Runs),
    Target::Pane(Pane::Source),
    Target::Pane(Pane::Output),
    Target::Right(RightTab::Artifacts),
    Target::Right(RightTab::Data),
    Target::Right(RightTab::Card),
];

/// Splits lines off the top of an area.
fn split_top(area: Rect, lines: u16) -> (Rect, Rect) {
    let lines = lines.min(area.height);
    let top = Rect {
        height: lines,
        ..area
    };
    let rest = Rect {
        y: area.y + lines,
        height: area.height - lines,
        ..area
    };
    (top, rest)
}

/// Splits columns off the left of an area.
fn split_left(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    let left = Rect {
        width: columns,
        ..area
    };
    let rest = Rect {
        x: area.x + columns,
        width: area.width - columns,
        ..area
    };
    (left, rest)
}

/// Lays a screen out.
pub fn layout(area: Rect, state: &State) -> Layout {
    let mut layout = Layout::default();
    let (header, rest) = split_top(area, u16::from(area.height >= 3));
    let footer_lines = u16::from(rest.height >= 2);
    let (body, footer) = split_top(rest, rest.height - footer_lines);
    layout.header = header;
    layout.footer = footer;
    let wide = area.width >= WIDE && area.height >= MEDIUM.1;
    let medium = area.width >= MEDIUM.0 && area.height >= MEDIUM.1;
    if state.zoomed && medium {
        let tabs = if state.focus == Pane::Right {
            RIGHT_TABS
        } else {
            &[]
        };
        layout.place(state, state.focus, body, true, tabs);
    } else if wide {
        let left = (area.width / 5).clamp(28, 40);
        let (left, rest) = split_left(body, left);
        layout.left(state, left);
        let (middle, right) = split_left(rest, rest.width * 11 / 20);
        let (source, output) = split_top(middle, middle.height * 3 / 5);
        layout.place(state, Pane::Source, source, true, &[]);
        layout.place(state, Pane::Output, output, true, &[]);
        layout.place(state, Pane::Right, right, true, RIGHT_TABS);
    } else if medium {
        let (left, rest) = split_left(body, 28);
        layout.left(state, left);
        layout.place(state, state.main, rest, true, MAIN_TABS);
    } else {
        layout.place(state, state.focus, body, false, ALL_TABS);
    }
    layout
}

impl Layout {
    fn left(&mut self, state: &State, area: Rect) {
        let (graph, runs) = split_top(area, area.height * 3 / 5);
        self.place(state, Pane::Graph, graph, true, &[]);
        self.place(state, Pane::Runs, runs, true, &[]);
    }

    fn place(&mut self, state: &State, pane: Pane, area: Rect, framed: bool, tabs: &[Target]) {
        let framed = framed && area.width >= 3 && area.height >= 3;
        let (bar, inner) = if framed {
            let inner = Rect {
                x: area.x + 1,
                y: area.y + 1,
                width: area.width - 2,
                height: area.height - 2,
            };
            let bar = Rect {
                x: area.x + 1,
                width: area.width - 2,
                height: 1,
                y: area.y,
            };
            (bar, inner)
        } else {
            // Without a frame the tabs take a line of their own, if one can be spared.
            let bar = u16::from(!tabs.is_empty() && area.height >= 3);
            split_top(area, bar)
        };
        if bar.height > 0 {
            self.tabs_in(state, pane, bar, tabs);
        }
        self.panes.push(Placed {
            pane,
            area,
            inner,
            framed,
            tabbed: !tabs.is_empty(),
        });
    }

    /// Puts as many tabs on a line as fit, with the one that is shown among them.
    fn tabs_in(&mut self, state: &State, pane: Pane, bar: Rect, targets: &[Target]) {
        let shown = targets
            .iter()
            .position(|target| target.is_shown(state, pane))
            .unwrap_or(0);
        let width = |from: usize, to: usize| -> usize {
            let labels = targets.get(from..to).unwrap_or_default().iter();
            labels.map(|target| target.label().width() + 3).sum()
        };
        let mut first = 0;
        while first < shown && width(first, shown + 1) > usize::from(bar.width) {
            first += 1;
        }
        let mut x = bar.x;
        for target in targets.iter().skip(first) {
            let label = target.label();
            let columns = u16::try_from(label.width() + 2).unwrap_or(u16::MAX);
            let left = bar.right().saturating_sub(x);
            if left == 0 {
                break;
            }
            self.tabs.push(Tab {
                target: *target,
                label,
                area: Rect {
                    x,
                    y: bar.y,
                    width: columns.min(left),
                    height: 1,
                },
                shown: target.is_shown(state, pane),
            });
            x = x.saturating_add(columns + 1);
        }
    }

    /// The pane at a place on the screen, with line and column inside it.
    pub fn pane_at(&self, x: u16, y: u16) -> Option<(Pane, usize, usize)> {
        let at = Position { x, y };
        let placed = self.panes.iter().find(|placed| placed.area.contains(at))?;
        let line = usize::from(y.saturating_sub(placed.inner.y));
        let column = usize::from(x.saturating_sub(placed.inner.x));
        Some((placed.pane, line, column))
    }

    /// The tab at a place on the screen.
    pub fn tab_at(&self, x: u16, y: u16) -> Option<Target> {
        let at = Position { x, y };
        let tab = self.tabs.iter().find(|tab| tab.area.contains(at))?;
        Some(tab.target)
    }

    /// Sizes of the panes that are visible; the others keep theirs.
    pub fn viewports(&self, before: Viewports) -> Viewports {
        let mut viewports = before;
        for placed in &self.panes {
            let slot = match placed.pane {
                Pane::Graph => &mut viewports.graph,
                Pane::Runs => &mut viewports.runs,
                Pane::Source => &mut viewports.source,
                Pane::Output => &mut viewports.output,
                Pane::Right => &mut viewports.right,
            };
            *slot = (placed.inner.width, placed.inner.height);
        }
        viewports
    }
}
