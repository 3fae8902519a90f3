//! The distinct cells of a piece: a cell is read once, however often the same is printed.

use std::hash::Hasher as _;

use hashbrown::HashTable;
use quipu_readers::Form;
use quipu_schema::quarantine::Reason;
use rustc_hash::FxHasher;

use super::recipe::NULL;
use super::rows::Texts;

/// A value's bounds, as printed: both or one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) lower: Option<f64>,
    pub(crate) upper: Option<f64>,
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Holds {
    /// A number, bounds, or a text that makes a row of its own.
    Value,
    /// That there is no value.
    Nothing,
    /// What is not understood, and why.
    Refused(Reason, String),
}

/// A cell as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) holds: Holds,
    /// The value; not a number where there is none.
    pub(crate) value: f64,
    /// Number of the status that overrides the mapping's; [`NULL`] where none does.
    pub(crate) status: u32,
    pub(crate) bounds: Bounds,
}

/// Whole numbers below this are found without hashing.
const SMALL: usize = 10_000;

/// The distinct cells of a piece, numbered in the order of their first use.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    all: Vec<Cell>,
    /// Each as printed.
    printed: Texts,
    /// Each as it stands in the document, with its form behind it.
    raw: Vec<u8>,
    ends: Vec<usize>,
    numbers: HashTable<u32>,
    small: Vec<u32>,
    /// Whether any has bounds, and a status of its own.
    bounded: bool,
    statuses: bool,
}

impl Cells {
    /// The number of a cell; `read` gives its text and what it says where it was not met before.
    pub(crate) fn number(&mut self, bytes: &[u8], form: Form, read: impl FnOnce() -> (String, Cell)) -> u32 {
        let small = small(bytes).filter(|_| form == Form::Printed);
        if let Some(small) = small {
            if self.small.is_empty() {
                self.small = vec![NULL; SMALL];
            }
            match self.small.get(small) {
                Some(number) if *number != NULL => return *number,
                _ => {}
            }
            let (text, cell) = read();
            let number = self.add(&text, cell);
            if let Some(place) = self.small.get_mut(small) {
                *place = number;
            }
            return number;
        }
        let hash = hash(bytes, form);
        let Self { all, raw, ends, numbers, .. } = self;
        let found = numbers.find(hash, |number| raw_of(raw, ends, *number) == Some((bytes, form as u8)));
        if let Some(number) = found {
            return *number;
        }
        let number = u32::try_from(all.len()).unwrap_or(NULL - 1);
        let (text, cell) = read();
        self.add(&text, cell);
        let Self { raw, ends, numbers, .. } = self;
        // Cells that are found without hashing have no raw bytes here.
        ends.resize(number as usize, raw.len());
        raw.extend_from_slice(bytes);
        raw.push(form as u8);
        ends.push(raw.len());
        numbers.insert_unique(hash, number, |number| {
            raw_of(raw, ends, *number).map_or(0, |(bytes, form)| hash_of(bytes, form))
        });
        number
    }

    /// Adds a cell that is not printed but made.
    pub(crate) fn add(&mut self, text: &str, cell: Cell) -> u32 {
        let number = u32::try_from(self.all.len()).unwrap_or(NULL - 1);
        self.printed.push(text);
        self.bounded |= cell.bounds != Bounds::default();
        self.statuses |= cell.status != NULL;
        self.all.push(cell);
        number
    }

    /// The cell of a number.
    pub(crate) fn get(&self, number: u32) -> Option<&Cell> {
        self.all.get(number as usize)
    }

    /// All cells, in the order of their numbers.
    pub(crate) fn all(&self) -> &[Cell] {
        &self.all
    }

    /// Each as printed.
    pub(crate) fn printed(&self) -> &Texts {
        &self.printed
    }

    /// Whether any has bounds.
    pub(crate) fn has_bounds(&self) -> bool {
        self.bounded
    }

    /// Whether any has a status of its own.
    pub(crate) fn has_statuses(&self) -> bool {
        self.statuses
    }
}

/// A whole number of a few digits, printed without zeros in front.
fn small(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'0'] => Some(0),
        [b'1'..=b'9', rest @ ..] if rest.len() < 4 => {
            let digit = |byte: &u8| byte.is_ascii_digit().then(|| usize::from(byte - b'0'));
            bytes.iter().try_fold(0, |number, byte| Some(number * 10 + digit(byte)?))
        }
        _ => None,
    }
}

fn raw_of<'r>(raw: &'r [u8], ends: &[usize], number: u32) -> Option<(&'r [u8], u8)> {
    let number = number as usize;
    let start = number.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
    let (form, bytes) = raw.get(start..*ends.get(number)?)?.split_last()?;
    Some((bytes, *form))
}

fn hash(bytes: &[u8], form: Form) -> u64 {
    hash_of(bytes, form as u8)
}

fn hash_of(bytes: &[u8], form: u8) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.write_u8(form);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_once_and_forms_are_told_apart() {
        let mut cells = Cells::default();
        let mut reads = 0;
        let mut number = |cells: &mut Cells, text: &str, form| {
            cells.number(text.as_bytes(), form, || {
                reads += 1;
                let value = text.parse().unwrap_or(f64::NAN);
                (text.to_owned(), Cell { holds: Holds::Value, value, status: NULL, bounds: Bounds::default() })
            })
        };
        let texts = ["7", "07", "12345", "7", "1.5", "12345", "07", "9999", "", "x", "1.5", ""];
        let numbers = texts.map(|text| number(&mut cells, text, Form::Printed));
        assert_eq!(numbers, [0, 1, 2, 0, 3, 2, 1, 4, 5, 6, 3, 5]);
        assert_eq!(number(&mut cells, "7", Form::Number), 7);
        assert_eq!(number(&mut cells, "7", Form::Escaped), 8);
        assert_eq!(number(&mut cells, "1.5", Form::Number), 9);
        assert_eq!(reads, 10);
        assert_eq!((cells.printed().get(4), cells.get(4).map(|cell| cell.value)), ("9999", Some(9999.0)));
    }
}
