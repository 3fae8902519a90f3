//! Rows in coded columns: a text, day or number is a number into the list of the distinct ones.
//!
//! Tables of statistics repeat few texts very often, and whoever reads them knows that: a label is
//! looked up once and counted on from there. A general writer finds the repeats again, value by value.
//! Here they are handed over as they are known, so that a Parquet dictionary costs what its distinct
//! values cost. The bytes depend on the rows, their order and the options alone, not on the blocks
//! in which they come: a block's numbers never reach the file, and row groups are cut by count.

mod chunk;
mod group;
mod hybrid;
mod writer;

pub use writer::PartWriter;

/// The number of null.
pub const NULL: u32 = u32::MAX;

/// Some rows of a table.
#[derive(Debug)]
pub struct Block<'a> {
    /// How many.
    pub rows: usize,
    /// Their columns, in the order of the table's [`all_columns`](quipu_schema::table::Table::all_columns).
    pub columns: Vec<Values<'a>>,
}

/// The values of one column.
#[derive(Debug, Clone, Copy)]
pub enum Values<'a> {
    /// Null in every row.
    Nothing,
    /// Texts, by number.
    Texts(Codes<'a>, Texts<'a>),
    /// Days since 1970-01-01, by number.
    Days(Codes<'a>, &'a [i32]),
    /// Numbers, by number; what is not a number is null.
    Floats(Codes<'a>, &'a [f64]),
    /// The same truth value in every row.
    Flag(bool),
    /// Truth values.
    Flags(&'a [bool]),
    /// Counts and positions; `u64::MAX` is null.
    Counts(&'a [u64]),
    /// Counts and positions of 32 bits; `u32::MAX` is null.
    Counts32(&'a [u32]),
}

/// Numbers of one column, [`NULL`] for null.
#[derive(Debug, Clone, Copy)]
pub enum Codes<'a> {
    /// Every row has this number.
    Same(u32),
    /// Each row has its own.
    Each(&'a [u32]),
}

/// What the numbers of a column of texts stand for.
#[derive(Debug, Clone, Copy)]
pub enum Texts<'a> {
    /// One by one.
    List(&'a [String]),
    /// One behind the other, each up to its end.
    Joined {
        /// All of them.
        bytes: &'a str,
        /// Where each ends.
        ends: &'a [u32],
    },
}

impl<'a> Texts<'a> {
    fn len(self) -> usize {
        match self {
            Self::List(texts) => texts.len(),
            Self::Joined { ends, .. } => ends.len(),
        }
    }

    fn get(self, number: u32) -> Option<&'a str> {
        let number = number as usize;
        match self {
            Self::List(texts) => texts.get(number).map(String::as_str),
            Self::Joined { bytes, ends } => {
                let start = number.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
                bytes.get(start as usize..*ends.get(number)? as usize)
            }
        }
    }
}

#[cfg(test)]
mod tests;
