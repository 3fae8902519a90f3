//! Texts that are kept, one behind the other.

/// The texts of some rows.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    /// Where each one ends, and whether there is one.
    ends: Vec<(usize, bool)>,
}

impl Texts {
    pub(crate) fn clear(&mut self) {
        self.truncate(0);
    }

    pub(crate) fn push(&mut self, text: Option<&[u8]>) {
        self.bytes.extend_from_slice(text.unwrap_or_default());
        self.ends.push((self.bytes.len(), text.is_some()));
    }

    /// Keeps the texts of so many rows at most.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.bytes.truncate(self.ends.last().map_or(0, |(end, _)| *end));
    }

    /// Makes them those of so many rows: what is missing is none.
    pub(crate) fn fill(&mut self, rows: usize) {
        self.ends.resize(rows, (self.bytes.len(), false));
    }

    pub(crate) fn get(&self, row: usize) -> Option<&[u8]> {
        let (end, there) = *self.ends.get(row)?;
        let start = row.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).map(|(end, _)| *end))?;
        self.bytes.get(start..end).filter(|_| there)
    }
}
