//! The texts that the cells of a workbook share: one after the other, without an allocation each.

use quipu_schema::Result;

use crate::Limits;

/// Shared texts by number.
#[derive(Debug, Default)]
pub(super) struct Strings {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Strings {
    /// Adds the next text, which `write` adds to those before.
    ///
    /// # Errors
    /// A text that is too long; too much in all; what `write` fails with.
    pub(super) fn add(&mut self, limits: &Limits, write: impl FnOnce(&mut String) -> Result<()>) -> Result<()> {
        let start = self.text.len();
        write(&mut self.text)?;
        limits.check_cell(self.text.len() - start)?;
        self.ends.push(self.text.len());
        if self.text.len() + self.ends.len() * size_of::<usize>() > limits.memory {
            return Err(Limits::exceeded(format!("its shared texts take more than {} MiB", limits.memory >> 20)));
        }
        Ok(())
    }

    /// The text of this number, from 0.
    pub(super) fn get(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)?;
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.text.get(start..end)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }
}
