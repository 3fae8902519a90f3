//! A hash of a table's rows that does not depend on their order, on the file's layout or on the
//! version of any library that writes files.
//!
//! Each value is hashed with XXH3 (128 bit), seeded by its column's name; the sum of a row's
//! values, hashed once more, is the row's hash; the sum of the rows plus their number is the
//! table's. Sums wrap, so rows may come in any order and be hashed in parallel; hashing the row's
//! sum once more ties its values together, so that swapping two values between rows shows.
//!
//! Canonical bytes: text is UTF-8; integers, dates (days since 1970) and times (microseconds) are
//! 64-bit little endian; floats are their IEEE bits with one zero and one NaN; booleans one byte.
//! Null is a byte of its own under a seed of its own, so that no value can look like it.

use polars::prelude::{Column as PolarsColumn, DataFrame, PolarsError, Series, StringChunked};
use quipu_schema::table::{Column, Kind, Table};
use quipu_schema::{Fault, Result};
use rayon::prelude::*;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128, xxh3_128_with_seed};

use crate::parquet_file::check_frames;

/// The column that holds wall-clock time, which does not belong to the content.
const LEFT_OUT: &str = "retrieved_at";

/// Whether a column's values are hashed.
pub(crate) fn counts(column: &Column) -> bool {
    column.name != LEFT_OUT
}

/// Rows hashed in one go: their sums stay in the processor's cache.
pub(crate) const ROWS: usize = 16_384;

/// The hash of all rows of `frames`: `l1:` and 32 hexadecimal digits.
///
/// # Errors
/// [`quipu_schema::ErrorKind::Bug`] where a frame does not have the table's columns.
pub fn logical_hash(table: &'static Table, frames: &[DataFrame]) -> Result<String> {
    check_frames(table, frames)?;
    let columns: Vec<&'static Column> = table.all_columns().filter(|column| counts(column)).collect();
    let mut sum = 0_u128;
    for frame in frames {
        let inputs: Vec<(&'static Column, &Series)> = columns
            .iter()
            .map(|column| Ok((*column, frame.column(column.name)?)))
            .map(|input| input.map(|(column, values): (_, &PolarsColumn)| (column, values.as_materialized_series())))
            .collect::<Result<_, PolarsError>>()
            .map_err(broken)?;
        let starts: Vec<usize> = (0..frame.height()).step_by(ROWS).collect();
        let of_frame = starts
            .into_par_iter()
            .map(|from| hash_rows(&inputs, from, ROWS.min(frame.height() - from)))
            .try_reduce(|| 0, |a, b| Ok(a.wrapping_add(b)))
            .map_err(broken)?;
        sum = sum.wrapping_add(of_frame).wrapping_add(frame.height() as u128);
    }
    Ok(finish(sum, 0))
}

/// A hash of each row of a frame, over the values that [`logical_hash`] looks at: rows that are the same
/// in two frames have the same.
///
/// # Errors
/// [`quipu_schema::ErrorKind::Bug`] where the frame does not have the table's columns.
pub fn row_hashes(table: &'static Table, frame: &DataFrame) -> Result<Vec<u128>> {
    check_frames(table, std::slice::from_ref(frame))?;
    let mut rows = vec![0_u128; frame.height()];
    for column in table.all_columns().filter(|column| column.name != LEFT_OUT) {
        let values = frame.column(column.name).map_err(broken)?;
        add_column(column, values.as_materialized_series(), &mut rows).map_err(broken)?;
    }
    Ok(rows.into_iter().map(|row| xxh3_128(&row.to_le_bytes())).collect())
}

fn broken(error: PolarsError) -> Fault {
    Fault::bug("a checked frame cannot be hashed").because(error)
}

/// The wrapping sum of the hashes of some rows.
fn hash_rows(columns: &[(&Column, &Series)], from: usize, length: usize) -> Result<u128, PolarsError> {
    let mut rows = vec![0_u128; length];
    for (column, series) in columns {
        // Frames are shorter than 2^32 rows, so the cast holds.
        let series = series.slice(i64::try_from(from).unwrap_or(i64::MAX), length);
        add_column(column, &series, &mut rows)?;
    }
    Ok(rows.into_iter().fold(0, |sum, row| sum.wrapping_add(of_row(row))))
}

/// The hash of a row whose values' hashes add up to `sum`.
pub(crate) fn of_row(sum: u128) -> u128 {
    xxh3_128(&sum.to_le_bytes())
}

/// How the hash of rows is printed, and their number added.
pub(crate) fn finish(sum: u128, rows: u64) -> String {
    format!("l1:{:032x}", sum.wrapping_add(u128::from(rows)))
}

/// Adds the hash of each value to the sum of its row.
fn add_column(column: &Column, series: &Series, rows: &mut [u128]) -> Result<(), PolarsError> {
    let hasher = ValueHasher::new(column.name);
    match column.kind {
        Kind::Text => hasher.add_texts(rows, series.str()?),
        Kind::Int => hasher.add(rows, series.i64()?.iter(), i64::to_le_bytes),
        Kind::UInt => hasher.add(rows, series.u64()?.iter(), u64::to_le_bytes),
        Kind::UInt32 => hasher.add(rows, series.u32()?.iter(), |n| u64::from(n).to_le_bytes()),
        Kind::Float => hasher.add(rows, series.f64()?.iter(), |x| canonical(x).to_le_bytes()),
        Kind::Bool => hasher.add(rows, series.bool()?.iter(), |b| [u8::from(b)]),
        Kind::Date => hasher.add(rows, series.date()?.physical().iter(), |d| i64::from(d).to_le_bytes()),
        Kind::Time => hasher.add(rows, series.datetime()?.physical().iter(), i64::to_le_bytes),
    }
    Ok(())
}

/// The bits of a float, the same for both zeros and for all that are no number.
pub(crate) fn canonical(value: f64) -> u64 {
    if value.is_nan() {
        0x7ff8_0000_0000_0000
    } else if value == 0.0 {
        0
    } else {
        value.to_bits()
    }
}

/// Hashes the values of one column.
pub(crate) struct ValueHasher {
    seed: u64,
    null: u128,
}

impl ValueHasher {
    pub(crate) fn new(column: &str) -> Self {
        let seed = xxh3_64(column.as_bytes());
        Self { seed, null: xxh3_128_with_seed(&[0], !seed) }
    }

    /// The hash of a value with these canonical bytes.
    pub(crate) fn of(&self, bytes: &[u8]) -> u128 {
        xxh3_128_with_seed(bytes, self.seed)
    }

    /// The hash of null.
    pub(crate) fn null(&self) -> u128 {
        self.null
    }

    /// As [`ValueHasher::add`], but tells a repeated text by its view, without looking at its bytes.
    fn add_texts(&self, rows: &mut [u128], texts: &StringChunked) {
        let mut rows = rows.iter_mut();
        for chunk in texts.downcast_iter() {
            let (mut last, mut hash) = (None, self.null);
            for ((view, text), row) in chunk.views().iter().zip(chunk.iter()).zip(&mut rows) {
                let view = text.is_some().then_some(*view);
                if view != last {
                    hash = text.map_or(self.null, |text| xxh3_128_with_seed(text.as_bytes(), self.seed));
                    last = view;
                }
                *row = row.wrapping_add(hash);
            }
        }
    }

    pub(crate) fn add<T: Copy + PartialEq, B: AsRef<[u8]>>(
        &self,
        rows: &mut [u128],
        values: impl Iterator<Item = Option<T>>,
        bytes: impl Fn(T) -> B,
    ) {
        // Most columns of a table repeat the value of the row before.
        let (mut last, mut hash) = (None, self.null);
        for (row, value) in rows.iter_mut().zip(values) {
            if value != last {
                hash = value.map_or(self.null, |value| xxh3_128_with_seed(bytes(value).as_ref(), self.seed));
                last = value;
            }
            *row = row.wrapping_add(hash);
        }
    }
}

#[cfg(test)]
mod tests;
