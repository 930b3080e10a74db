//! A cursor in a list that is longer than its pane.

/// Cursor and first visible line, both counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListCursor {
    pub cursor: usize,
    pub offset: usize,
}

impl ListCursor {
    /// Moves by lines within a list of `len`, and keeps the cursor in a pane of `height` lines.
    pub fn move_by(&mut self, delta: isize, len: usize, height: usize) {
        self.set(self.cursor.saturating_add_signed(delta), len, height);
    }

    /// Puts the cursor on a line, as near as the list has one.
    pub fn set(&mut self, cursor: usize, len: usize, height: usize) {
        self.cursor = cursor.min(len.saturating_sub(1));
        self.clamp(len, height);
    }

    /// Brings offset and cursor back into the list after either changed size.
    pub fn clamp(&mut self, len: usize, height: usize) {
        let height = height.max(1);
        self.cursor = self.cursor.min(len.saturating_sub(1));
        if self.cursor < self.offset {
            self.offset = self.cursor;
        } else if self.cursor >= self.offset + height {
            self.offset = self.cursor + 1 - height;
        }
        self.offset = self.offset.min(len.saturating_sub(height));
    }

    /// Scrolls the view; the cursor follows only as far as it must to stay visible.
    pub fn scroll(&mut self, delta: isize, len: usize, height: usize) {
        let height = height.max(1);
        let offset = self.offset.saturating_add_signed(delta);
        self.offset = offset.min(len.saturating_sub(height));
        let last = (self.offset + height - 1).min(len.saturating_sub(1));
        self.cursor = self.cursor.clamp(self.offset.min(last), last);
    }
}
