//! Records that are no figures: a header printed again, a note or heading between the rows, a record
//! that has slipped beside its columns, one that stands twice among records that are added up.

use std::hash::Hasher as _;

use quipu_readers::{Header, Records, Tabular};
use rustc_hash::{FxHashMap, FxHasher};

use super::bind::ValueColumn;
use crate::frame::clip;
use crate::personal::Discretion;

/// Name of the rule that counts the cells of a header printed again.
pub(crate) const HEADER: &str = "header repeated";
/// Fewest records of which it means something that all stand twice.
const SOME: u64 = 10;
/// Most distinct records that are remembered.
const KEPT: usize = 1_000_000;

/// The first text of a record and its column, for messages.
pub(crate) fn beginning(records: &Records<'_>) -> Option<(usize, String)> {
    records.fields().iter().enumerate().find_map(|(column, field)| {
        let text = records.text(*field)?;
        let text = text.trim();
        (!text.is_empty()).then(|| (column, clip(text)))
    })
}

/// Whether a record repeats the last row of the header, cell by cell.
pub(crate) fn repeats_header(header: &Header, records: &Records<'_>) -> bool {
    let Some(names) = header.levels.last() else { return false };
    let mut compared = 0;
    for (name, field) in names.iter().zip(records.fields()) {
        let bytes = records.bytes(*field).trim_ascii();
        // Almost every record ends here.
        let same = if name.is_ascii() {
            bytes == name.as_bytes()
        } else {
            records.text(*field).is_some_and(|text| text.trim() == name)
        };
        if !same {
            return false;
        }
        compared += usize::from(!name.is_empty());
    }
    compared > 1
}

/// What is wrong with a record that has text in a column without a name.
pub(crate) fn slipped(
    table: &Tabular<'_>,
    nameless: &[usize],
    records: &Records<'_>,
    discretion: &Discretion,
) -> Option<String> {
    let text = |column: &usize| {
        let text = records.text(*records.fields().get(*column)?)?.trim().to_owned();
        let shown =
            if discretion.hides_records(&table.header) { "text".to_owned() } else { format!("`{}`", clip(&text)) };
        (!text.is_empty()).then(|| format!("{shown} stands in {}", table.called(*column)))
    };
    nameless.iter().find_map(text)
}

/// Whether a record has one text and no value: it is a note or a heading. Narrow tables have records of
/// one text that mean something.
pub(crate) fn is_note(values: &[ValueColumn], width: usize, records: &Records<'_>) -> bool {
    let is_blank =
        |column: usize| records.fields().get(column).is_none_or(|field| records.bytes(*field).trim_ascii().is_empty());
    let Some(first) = values.first().and_then(|value| value.column) else { return false };
    if width < 3 || !is_blank(first) {
        return false;
    }
    let mut filled = (0..records.fields().len()).filter(|column| !is_blank(*column));
    let Some(only) = filled.next() else { return false };
    filled.next().is_none() && !values.iter().any(|value| value.column == Some(only))
}

/// A hash of all that a record says.
pub(crate) fn hash(records: &Records<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    for field in records.fields() {
        hasher.write(records.bytes(*field).trim_ascii());
        hasher.write_u8(0x1f);
    }
    hasher.finish()
}

/// Counts how often records stand that are added up.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    times: FxHashMap<u64, u32>,
    full: bool,
}

impl Counted {
    /// Hears of records.
    pub(crate) fn add(&mut self, hashes: &[u64]) {
        self.full |= self.times.len() > KEPT;
        if self.full {
            return;
        }
        for hash in hashes {
            *self.times.entry(*hash).or_default() += 1;
        }
    }

    /// Whether there were more than are counted.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    /// How many records repeat another, and whether the document holds everything twice (or more
    /// often): then each stands a multiple of the same number of times.
    pub(crate) fn repeats(&self) -> (u64, bool) {
        if self.full {
            return (0, false);
        }
        let repeats: u64 = self.times.values().map(|times| u64::from(*times) - 1).sum();
        let common = self.times.values().fold(0, |common, times| divisor(common, *times));
        (repeats, common > 1 && repeats >= SOME)
    }
}

fn divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_twice_is_told_from_records_that_repeat() {
        let mut counted = Counted::default();
        let once: Vec<u64> = (0..20).chain(0..3).collect();
        counted.add(&once);
        assert_eq!(counted.repeats(), (3, false));
        counted.add(&once);
        assert_eq!(counted.repeats(), (26, true));
        counted.add(&[99]);
        assert_eq!(counted.repeats(), (26, false));
    }
}
