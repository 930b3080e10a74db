//! Reads FlatBuffers tables in place, with every offset checked. Only what Arrow's metadata needs.

/// A table: fields by number, each at an offset that its vtable gives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    vtable: usize,
}

impl<'a> Table<'a> {
    /// The root table of a buffer.
    pub(super) fn root(bytes: &'a [u8]) -> Option<Self> {
        Self::at(bytes, read_u32(bytes, 0)?)
    }

    fn at(bytes: &'a [u8], at: usize) -> Option<Self> {
        let back = i32::from_le_bytes(array(bytes, at)?);
        let vtable = usize::try_from(i64::try_from(at).ok()?.checked_sub(i64::from(back))?).ok()?;
        bytes.get(vtable..vtable.checked_add(4)?)?;
        Some(Self { bytes, at, vtable })
    }

    /// Where a field lies, if it is set.
    fn field(&self, index: usize) -> Option<usize> {
        let slot = 4 + 2 * index;
        let size = usize::from(u16::from_le_bytes(array(self.bytes, self.vtable)?));
        if slot + 2 > size {
            return None;
        }
        let offset = u16::from_le_bytes(array(self.bytes, self.vtable.checked_add(slot)?)?);
        (offset != 0).then(|| self.at.checked_add(usize::from(offset)))?
    }

    /// Where what a field refers to lies.
    fn target(&self, index: usize) -> Option<usize> {
        let at = self.field(index)?;
        at.checked_add(read_u32(self.bytes, at)?)
    }

    /// A byte, 0 when unset.
    pub(super) fn u8(&self, index: usize) -> u8 {
        self.field(index)
            .and_then(|at| self.bytes.get(at).copied())
            .unwrap_or(0)
    }

    /// A bool, false when unset.
    pub(super) fn bool(&self, index: usize) -> bool {
        self.u8(index) != 0
    }

    /// A short, 0 when unset.
    pub(super) fn i16(&self, index: usize) -> i16 {
        self.field(index)
            .and_then(|at| array(self.bytes, at))
            .map_or(0, i16::from_le_bytes)
    }

    /// An int, 0 when unset.
    pub(super) fn i32(&self, index: usize) -> i32 {
        self.field(index)
            .and_then(|at| array(self.bytes, at))
            .map_or(0, i32::from_le_bytes)
    }

    /// A long, 0 when unset.
    pub(super) fn i64(&self, index: usize) -> i64 {
        self.field(index)
            .and_then(|at| array(self.bytes, at))
            .map_or(0, i64::from_le_bytes)
    }

    /// A nested table.
    pub(super) fn table(&self, index: usize) -> Option<Table<'a>> {
        Table::at(self.bytes, self.target(index)?)
    }

    /// A string.
    pub(super) fn text(&self, index: usize) -> Option<&'a str> {
        let at = self.target(index)?;
        let start = at.checked_add(4)?;
        std::str::from_utf8(
            self.bytes
                .get(start..start.checked_add(read_u32(self.bytes, at)?)?)?,
        )
        .ok()
    }

    /// The elements of a vector whose elements take `size` bytes, as the positions that exist.
    fn vector(&self, index: usize, size: usize) -> impl Iterator<Item = usize> + use<'a> {
        let found = self
            .target(index)
            .and_then(|at| Some((at.checked_add(4)?, read_u32(self.bytes, at)?)));
        let (start, count) = found.unwrap_or_default();
        let room = self.bytes.len().saturating_sub(start) / size.max(1);
        (0..count.min(room)).map(move |at| start + at * size)
    }

    /// A vector of tables.
    pub(super) fn tables(&self, index: usize) -> impl Iterator<Item = Table<'a>> + use<'a> {
        let bytes = self.bytes;
        self.vector(index, 4)
            .filter_map(move |at| Table::at(bytes, at.checked_add(read_u32(bytes, at)?)?))
    }

    /// A vector of structs of two longs; negative ones count as 0.
    pub(super) fn pairs(&self, index: usize) -> impl Iterator<Item = (u64, u64)> + use<'a> {
        let bytes = self.bytes;
        self.vector(index, 16)
            .map(move |at| (long(bytes, at), long(bytes, at + 8)))
    }

    /// A vector of blocks of an Arrow file: where each starts, and the lengths of its metadata and body.
    pub(super) fn blocks(&self, index: usize) -> impl Iterator<Item = (u64, u64, u64)> + use<'a> {
        let bytes = self.bytes;
        self.vector(index, 24).map(move |at| {
            let metadata = array(bytes, at + 8).map_or(0, i32::from_le_bytes);
            (
                long(bytes, at),
                u64::try_from(metadata).unwrap_or(0),
                long(bytes, at + 16),
            )
        })
    }

    /// A vector of longs; negative ones count as 0.
    pub(super) fn words(&self, index: usize) -> impl Iterator<Item = u64> + use<'a> {
        let bytes = self.bytes;
        self.vector(index, 8).map(move |at| long(bytes, at))
    }
}

fn long(bytes: &[u8], at: usize) -> u64 {
    array(bytes, at)
        .and_then(|b| u64::try_from(i64::from_le_bytes(b)).ok())
        .unwrap_or(0)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn read_u32(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(array(bytes, at)?)).ok()
}
