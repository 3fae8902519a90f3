//! Rows as they are collected from a piece of a table: one per value cell.

use super::TEXTS;
use super::cells::{Cell, Cells};
use super::recipe::{Dictionary, NULL, Shelf};

/// Numbers of one column; most columns have the same number in every row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// Every row has this number.
    Same(u32),
    /// Each row has its own.
    Each(Vec<u32>),
}

impl Numbers {
    /// The number of a row.
    pub(crate) fn get(&self, row: usize) -> u32 {
        match self {
            Self::Same(number) => *number,
            Self::Each(numbers) => numbers.get(row).copied().unwrap_or(NULL),
        }
    }

    /// Adds a row where each has its own.
    pub(crate) fn push(&mut self, number: u32) {
        if let Self::Each(numbers) = self {
            numbers.push(number);
        }
    }

    /// Adds a row behind `held` others; the column has a number for each from the first that differs.
    pub(crate) fn push_other(&mut self, held: usize, number: u32) {
        match self {
            Self::Same(same) if *same == number => {}
            Self::Same(same) => {
                let mut numbers = vec![*same; held];
                numbers.push(number);
                *self = Self::Each(numbers);
            }
            Self::Each(numbers) => numbers.push(number),
        }
    }
}

/// Texts one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Texts {
    pub(crate) bytes: String,
    pub(crate) ends: Vec<u32>,
}

impl Texts {
    /// Adds a text.
    pub(crate) fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        // A piece holds far less than 4 GiB.
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    /// The text of a row.
    pub(crate) fn get(&self, row: usize) -> &str {
        let start = row.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(row).copied().unwrap_or_default();
        self.bytes.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// The rows of a piece of one table of one document.
#[derive(Debug)]
pub(crate) struct Rows {
    /// Number of the document.
    pub(crate) document: u32,
    /// The text columns, as numbers into their dictionaries.
    pub(crate) texts: [Numbers; TEXTS.len()],
    /// Number of the locator's text (header, sheet, pointer).
    pub(crate) part: Numbers,
    /// Number of the period.
    pub(crate) period: Vec<u32>,
    /// Line or row of the record, from 1; page.
    pub(crate) line: Vec<u64>,
    /// Column of a workbook's cell, from 1; none for other formats.
    pub(crate) column: Option<Vec<u32>>,
    /// First byte of the value, or what else the locator has there; `u64::MAX` for null.
    pub(crate) start: Option<Vec<u64>>,
    /// One past the last byte of the value.
    pub(crate) end: Option<Vec<u64>>,
    /// Number of the value's cell.
    pub(crate) cell: Vec<u32>,
    /// The distinct cells.
    pub(crate) cells: Cells,
    /// Whether values are printed in the document, and not added up.
    pub(crate) printed: bool,
    /// Whether other rows add up to this one.
    pub(crate) total: Vec<bool>,
    /// What the numbers stand for.
    pub(crate) shelf: Shelf,
    /// Texts of locators.
    pub(crate) parts: Dictionary,
}

impl Rows {
    /// No rows, in which these columns are the same in all to come.
    pub(crate) fn new(document: u32, same: [Option<u32>; TEXTS.len()], part: Option<u32>, shelf: Shelf) -> Self {
        let numbers = |same: Option<u32>| same.map_or_else(|| Numbers::Each(Vec::new()), Numbers::Same);
        Self {
            document,
            texts: same.map(numbers),
            part: numbers(part),
            period: Vec::new(),
            line: Vec::new(),
            column: None,
            start: None,
            end: None,
            cell: Vec::new(),
            cells: Cells::default(),
            printed: true,
            total: Vec::new(),
            shelf,
            parts: Dictionary::default(),
        }
    }

    /// Makes room for so many rows, in the columns in which each has its own value.
    pub(crate) fn reserve(&mut self, more: usize) {
        for numbers in self.texts.iter_mut().chain([&mut self.part]) {
            if let Numbers::Each(numbers) = numbers {
                numbers.reserve(more);
            }
        }
        self.period.reserve(more);
        self.cell.reserve(more);
        self.line.reserve(more);
        self.total.reserve(more);
        for positions in [&mut self.start, &mut self.end].into_iter().flatten() {
            positions.reserve(more);
        }
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.cell.len()
    }

    /// What the value's cell of a row says.
    pub(crate) fn cell(&self, row: usize) -> Option<&Cell> {
        self.cells.get(*self.cell.get(row)?)
    }

    /// The value of a row; not a number where there is none.
    pub(crate) fn value(&self, row: usize) -> f64 {
        self.cell(row).map_or(f64::NAN, |cell| cell.value)
    }

    /// Number of the status that overrides the mapping's; null where none does.
    pub(crate) fn status(&self, row: usize) -> u32 {
        self.cell(row).map_or(NULL, |cell| cell.status)
    }

    /// The number of a row in a text column.
    pub(crate) fn text(&self, column: usize, row: usize) -> u32 {
        self.texts.get(column).map_or(NULL, |numbers| numbers.get(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stay_short_as_long_as_all_rows_agree() {
        let mut numbers = Numbers::Same(9);
        for (held, number) in [9, 9, NULL, 9].into_iter().enumerate() {
            numbers.push_other(held, number);
        }
        assert_eq!(numbers, Numbers::Each(vec![9, 9, NULL, 9]));
        assert_eq!((numbers.get(2), numbers.get(99)), (NULL, NULL));
    }

    #[test]
    fn texts_lie_one_behind_the_other() {
        let mut texts = Texts::default();
        for text in ["7", "", "año"] {
            texts.push(text);
        }
        assert_eq!([0, 1, 2, 3].map(|row| texts.get(row)), ["7", "", "año", ""]);
    }
}
