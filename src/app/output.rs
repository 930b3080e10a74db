//! A task's output as a terminal would show it: progress bars redraw in place, colours stay, the rest of what a program
//! can send to a terminal is dropped. Lines are kept in a ring, each capped in length.

use std::collections::VecDeque;

/// A colour of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TermColour {
    #[default]
    Default,
    Indexed(u8),
    Rgb(u8, u8, u8),
}

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TermStyle {
    pub fg: TermColour,
    pub bg: TermColour,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub reverse: bool,
}

/// A finished line: its text, and the style of each stretch of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TermLine {
    pub text: String,
    /// Length in bytes and style, in order; together they cover the text.
    pub spans: Vec<(usize, TermStyle)>,
}

/// Rows that cursor movements can still reach: enough for nested progress bars.
const OPEN_ROWS: usize = 24;
/// Columns of a line; what a program writes beyond them is dropped and the line ends with `…`.
const MAX_COLUMNS: usize = 4096;

#[derive(Debug, Clone, Copy)]
struct Cell {
    c: char,
    style: TermStyle,
}

/// The screen behind the parser: frozen lines, and the last rows, which may still change.
struct Screen {
    frozen: VecDeque<TermLine>,
    /// Lines that the ring has dropped.
    dropped: usize,
    capacity: usize,
    open: VecDeque<Vec<Cell>>,
    row: usize,
    column: usize,
    style: TermStyle,
}

/// Output of one task.
pub struct TermBuffer {
    parser: vte::Parser,
    screen: Screen,
}

impl std::fmt::Debug for TermBuffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TermBuffer({} lines)", self.len())
    }
}

impl TermBuffer {
    /// An empty buffer that keeps `capacity` lines.
    pub fn new(capacity: usize) -> Self {
        Self {
            parser: vte::Parser::new(),
            screen: Screen {
                frozen: VecDeque::new(),
                dropped: 0,
                capacity: capacity.max(1),
                open: VecDeque::from([Vec::new()]),
                row: 0,
                column: 0,
                style: TermStyle::default(),
            },
        }
    }

    /// Takes in what the task wrote. Newlines return the carriage, as a terminal line discipline does.
    pub fn write(&mut self, bytes: &[u8]) {
        self.parser.advance(&mut self.screen, bytes);
    }

    /// Number of lines, the unfinished one included if it has text.
    pub fn len(&self) -> usize {
        let open = self.screen.open.len();
        let empty_tail = self.screen.open.back().is_none_or(Vec::is_empty);
        self.screen.frozen.len() + open - usize::from(empty_tail)
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many lines the ring has dropped.
    pub fn dropped(&self) -> usize {
        self.screen.dropped
    }

    /// The line with that index.
    pub fn line(&self, index: usize) -> TermLine {
        match self.screen.frozen.get(index) {
            Some(line) => line.clone(),
            None => {
                let open = index - self.screen.frozen.len();
                self.screen
                    .open
                    .get(open)
                    .map(|cells| freeze(cells))
                    .unwrap_or_default()
            }
        }
    }

    /// Whether the text of a line has the needle, which is lower-case already.
    pub fn line_contains(&self, index: usize, needle: &str) -> bool {
        match self.screen.frozen.get(index) {
            Some(line) => line.text.to_lowercase().contains(needle),
            None => self.line(index).text.to_lowercase().contains(needle),
        }
    }
}

fn freeze(cells: &[Cell]) -> TermLine {
    let mut line = TermLine::default();
    for cell in cells.iter().take(MAX_COLUMNS) {
        line.text.push(cell.c);
        match line.spans.last_mut() {
            Some((length, style)) if *style == cell.style => *length += cell.c.len_utf8(),
            _ => line.spans.push((cell.c.len_utf8(), cell.style)),
        }
    }
    if cells.len() > MAX_COLUMNS {
        line.text.push('…');
        line.spans.push(('…'.len_utf8(), TermStyle::default()));
    }
    line
}

impl Screen {
    fn new_line(&mut self) {
        self.row += 1;
        self.column = 0;
        if self.row >= self.open.len() {
            self.open.push_back(Vec::new());
        }
        while self.open.len() > OPEN_ROWS {
            if let Some(cells) = self.open.pop_front() {
                self.frozen.push_back(freeze(&cells));
                self.row = self.row.saturating_sub(1);
            }
        }
        while self.frozen.len() + self.open.len() > self.capacity.max(OPEN_ROWS) {
            if self.frozen.pop_front().is_none() {
                break;
            }
            self.dropped += 1;
        }
    }

    fn put(&mut self, c: char) {
        let cell = Cell {
            c,
            style: self.style,
        };
        let column = self.column;
        if let Some(cells) = self.open.get_mut(self.row) {
            // One cell more than the cap marks the line as cut.
            if column <= MAX_COLUMNS {
                while cells.len() < column {
                    cells.push(Cell {
                        c: ' ',
                        style: TermStyle::default(),
                    });
                }
                match cells.get_mut(column) {
                    Some(old) => *old = cell,
                    None => cells.push(cell),
                }
            }
        }
        self.column = column.saturating_add(1);
    }

    /// Erases in the row of the cursor: 0 to its end, 1 to its start, 2 all.
    fn erase_line(&mut self, mode: u16) {
        let column = self.column;
        if let Some(cells) = self.open.get_mut(self.row) {
            match mode {
                0 => cells.truncate(column),
                1 => {
                    for cell in cells.iter_mut().take(column + 1) {
                        *cell = Cell {
                            c: ' ',
                            style: TermStyle::default(),
                        };
                    }
                }
                _ => cells.clear(),
            }
        }
    }

    fn erase_below(&mut self) {
        self.erase_line(0);
        self.open.truncate(self.row + 1);
    }

    fn select_graphics(&mut self, params: &vte::Params) {
        let mut items = params.iter();
        if params.is_empty() {
            self.style = TermStyle::default();
        }
        while let Some(item) = items.next() {
            let style = &mut self.style;
            match item {
                [] | [0] => *style = TermStyle::default(),
                [1] => style.bold = true,
                [2] => style.dim = true,
                [3] => style.italic = true,
                [4, ..] => style.underline = true,
                [7] => style.reverse = true,
                [22] => (style.bold, style.dim) = (false, false),
                [23] => style.italic = false,
                [24] => style.underline = false,
                [27] => style.reverse = false,
                [n @ 30..=37] => style.fg = indexed(n - 30),
                [39] => style.fg = TermColour::Default,
                [n @ 40..=47] => style.bg = indexed(n - 40),
                [49] => style.bg = TermColour::Default,
                [n @ 90..=97] => style.fg = indexed(n - 82),
                [n @ 100..=107] => style.bg = indexed(n - 92),
                [38] => style.fg = extended(&mut items).unwrap_or(style.fg),
                [48] => style.bg = extended(&mut items).unwrap_or(style.bg),
                [38, rest @ ..] => style.fg = with_colons(rest).unwrap_or(style.fg),
                [48, rest @ ..] => style.bg = with_colons(rest).unwrap_or(style.bg),
                _ => {}
            }
        }
    }
}

fn indexed(n: u16) -> TermColour {
    u8::try_from(n).map_or(TermColour::Default, TermColour::Indexed)
}

fn channel(n: u16) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}

/// `38;5;n` and `38;2;r;g;b`: the colour's numbers are parameters of their own.
fn extended<'a>(items: &mut impl Iterator<Item = &'a [u16]>) -> Option<TermColour> {
    let mut next = || items.next().and_then(|item| item.first().copied());
    match next()? {
        5 => Some(indexed(next()?)),
        2 => Some(TermColour::Rgb(
            channel(next()?),
            channel(next()?),
            channel(next()?),
        )),
        _ => None,
    }
}

/// `38:5:n`, `38:2:r:g:b` and `38:2::r:g:b`.
fn with_colons(rest: &[u16]) -> Option<TermColour> {
    match rest {
        [5, n] => Some(indexed(*n)),
        [2, r, g, b] | [2, _, r, g, b] => {
            Some(TermColour::Rgb(channel(*r), channel(*g), channel(*b)))
        }
        _ => None,
    }
}

impl vte::Perform for Screen {
    fn print(&mut self, c: char) {
        self.put(c);
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' => self.new_line(),
            b'\r' => self.column = 0,
            b'\t' => {
                let stop = (self.column / 8 + 1) * 8;
                while self.column < stop {
                    self.put(' ');
                }
            }
            0x08 => self.column = self.column.saturating_sub(1),
            _ => {}
        }
    }

    fn csi_dispatch(
        &mut self,
        params: &vte::Params,
        intermediates: &[u8],
        _ignore: bool,
        action: char,
    ) {
        if !intermediates.is_empty() {
            return;
        }
        let first = params.iter().next().and_then(|item| item.first().copied());
        let mode = first.unwrap_or(0);
        let count = usize::from(mode.max(1));
        match action {
            'm' => self.select_graphics(params),
            'A' => self.row = self.row.saturating_sub(count),
            'B' => self.row = (self.row + count).min(self.open.len().saturating_sub(1)),
            'C' => self.column = (self.column + count).min(MAX_COLUMNS),
            'D' => self.column = self.column.saturating_sub(count),
            'E' => {
                self.row = (self.row + count).min(self.open.len().saturating_sub(1));
                self.column = 0;
            }
            'F' => {
                self.row = self.row.saturating_sub(count);
                self.column = 0;
            }
            'G' => self.column = (count - 1).min(MAX_COLUMNS),
            'K' => self.erase_line(mode),
            'J' if mode == 0 => self.erase_below(),
            _ => {}
        }
    }
}
