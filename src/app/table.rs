//! The data pane: a page of a table's rows, and a cursor that moves over the whole table.

use super::records::TablePage;

/// Rows asked for at once.
pub const PAGE_ROWS: usize = 500;
/// Widest column on screen.
const MAX_WIDTH: usize = 40;

/// A table with its cursor. Rows count from 0 over the whole table, loaded or not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grid {
    pub page: TablePage,
    /// Columns of the screen that each table column takes.
    pub widths: Vec<usize>,
    pub row: u64,
    /// First visible row.
    pub top: u64,
    pub column: usize,
    /// First visible column.
    pub left: usize,
    /// A page was asked for and has not come.
    pub loading: bool,
    pub problem: Option<String>,
}

impl Grid {
    /// Takes a page in and keeps the cursor where it can.
    pub fn set_page(&mut self, page: TablePage) {
        use unicode_width::UnicodeWidthStr;

        self.widths = page
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| {
                let cells = page.rows.iter().filter_map(|row| row.get(index));
                let widest = cells.map(|cell| cell.width()).max().unwrap_or(0);
                let head = column.name.width().max(column.dtype.width());
                widest.max(head).clamp(1, MAX_WIDTH)
            })
            .collect();
        self.page = page;
        self.loading = false;
        self.problem = None;
        self.row = self.row.min(self.page.total.saturating_sub(1));
        self.column = self.column.min(self.page.columns.len().saturating_sub(1));
    }

    /// The row with that index, if it is loaded.
    pub fn row(&self, index: u64) -> Option<&[String]> {
        let at = usize::try_from(index.checked_sub(self.page.from)?).ok()?;
        self.page.rows.get(at).map(Vec::as_slice)
    }

    /// Moves the cursor to a row in a pane of `height` rows. Gives the first row to load if the view left the page.
    pub fn go_to_row(&mut self, row: u64, height: usize) -> Option<u64> {
        let height = height.max(1) as u64;
        self.row = row.min(self.page.total.saturating_sub(1));
        if self.row < self.top {
            self.top = self.row;
        } else if self.row >= self.top + height {
            self.top = self.row + 1 - height;
        }
        self.top = self.top.min(self.page.total.saturating_sub(height));
        self.missing(height)
    }

    /// Scrolls the view and takes the cursor along.
    pub fn scroll(&mut self, delta: i64, height: usize) -> Option<u64> {
        let height = height.max(1) as u64;
        self.top = self
            .top
            .saturating_add_signed(delta)
            .min(self.page.total.saturating_sub(height));
        let last = (self.top + height - 1).min(self.page.total.saturating_sub(1));
        self.row = self.row.clamp(self.top.min(last), last);
        self.missing(height)
    }

    fn missing(&self, height: u64) -> Option<u64> {
        let loaded = self.page.from..self.page.from + self.page.rows.len() as u64;
        let last = (self.top + height).min(self.page.total);
        let seen = self.top >= loaded.start && last <= loaded.end;
        // Half a page before the view: scrolling back a little needs no new page.
        (!seen && self.page.total > 0).then(|| self.top.saturating_sub(PAGE_ROWS as u64 / 2))
    }

    /// Moves over columns; the pane is `width` cells wide.
    pub fn move_column(&mut self, delta: isize, width: usize) {
        let last = self.page.columns.len().saturating_sub(1);
        self.column = self.column.saturating_add_signed(delta).min(last);
        self.left = self.left.min(self.column);
        let span = |left: usize| -> usize {
            let shown = self.widths.iter().take(self.column + 1).skip(left);
            shown.map(|column| column + 1).sum()
        };
        // The number column takes some of the width.
        while self.left < self.column && span(self.left) + 8 > width {
            self.left += 1;
        }
    }
}
