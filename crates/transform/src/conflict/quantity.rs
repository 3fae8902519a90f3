//! Quantities: what a row of `observation` speaks of, whoever says it.

use jiff::civil::Date;
use polars::prelude::{DataFrame, Int32Chunked, StringChunked};
use quipu_schema::{Fault, Result};
use xxhash_rust::xxh3::xxh3_64;

use super::unit::Units;
use crate::period;

/// The columns of texts that name a quantity; its period is the rest.
pub(crate) const TEXTS: [&str; 8] = ["indicator", "crime", "ref_area", "freq", "sex", "age", "breakdown", "unit"];
/// Position of the unit among them.
pub(crate) const UNIT: usize = 7;

/// What a row speaks of: nothing of who says it, or when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quantity {
    /// The texts of [`TEXTS`], the unit as the one that both sides share.
    pub(crate) texts: [Option<String>; TEXTS.len()],
    /// First day of the period, in days since 1970-01-01.
    pub(crate) start: i32,
    /// Last day.
    pub(crate) end: i32,
}

impl Quantity {
    /// One of its texts.
    pub(crate) fn text(&self, at: usize) -> &str {
        self.texts.get(at).and_then(Option::as_deref).unwrap_or_default()
    }

    /// Its hash: equal to that of [`hashes`].
    pub(crate) fn hash(&self) -> u64 {
        let rest = self.texts.iter().fold(0, |hash, text| mix(hash, of_text(text.as_deref())));
        with_period(rest, self.start, self.end)
    }

    /// The same so many years later.
    pub(crate) fn years_later(&self, years: i16) -> Option<Self> {
        let (start, end) = (shifted(self.start, years)?, shifted(self.end, years)?);
        Some(Self { texts: self.texts.clone(), start, end })
    }
}

/// The day of a number of days since 1970-01-01.
pub(crate) fn date(days: i32) -> Option<Date> {
    Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// The same day of another year; the last of a month stays the last.
fn shifted(days: i32, years: i16) -> Option<i32> {
    let day = date(days)?;
    let year = day.year().checked_add(years)?;
    let month = Date::new(year, day.month(), 1).ok()?.last_of_month();
    let last = day == day.last_of_month();
    Some(period::days(if last { month } else { Date::new(year, day.month(), day.day().min(month.day())).ok()? }))
}

/// The hash of each row's quantity.
///
/// # Errors
/// A frame without the columns: a bug.
pub(crate) fn hashes(frame: &DataFrame, units: &Units) -> Result<Vec<u64>> {
    let mut hashes = vec![0_u64; frame.height()];
    for (at, name) in TEXTS.iter().enumerate() {
        // Neighbours are mostly alike: a comparison costs less than a hash.
        let mut last: Option<(Option<&str>, u64)> = None;
        for (hash, text) in hashes.iter_mut().zip(texts(frame, name)?.iter()) {
            let own = match last {
                Some((held, own)) if held == text => own,
                _ if at == UNIT => of_text(text.map(|unit| units.shared(unit).0)),
                _ => of_text(text),
            };
            last = Some((text, own));
            *hash = mix(*hash, own);
        }
    }
    let (starts, ends) = (days(frame, "time_start")?, days(frame, "time_end")?);
    for ((hash, start), end) in hashes.iter_mut().zip(starts.iter()).zip(ends.iter()) {
        *hash = with_period(*hash, start.unwrap_or(i32::MIN), end.unwrap_or(i32::MIN));
    }
    Ok(hashes)
}

/// The quantity of a row.
///
/// # Errors
/// A frame without the columns: a bug.
pub(crate) fn quantity(frame: &DataFrame, row: usize, units: &Units) -> Result<Quantity> {
    let mut all: [Option<String>; TEXTS.len()] = Default::default();
    for (at, (name, text)) in TEXTS.iter().zip(&mut all).enumerate() {
        let found = texts(frame, name)?.get(row);
        *text = found.map(|found| if at == UNIT { units.shared(found).0 } else { found }.to_owned());
    }
    let day = |name| days(frame, name).map(|days| days.get(row).unwrap_or(i32::MIN));
    Ok(Quantity { texts: all, start: day("time_start")?, end: day("time_end")? })
}

/// A column of texts.
pub(crate) fn texts<'f>(frame: &'f DataFrame, name: &str) -> Result<&'f StringChunked> {
    frame.column(name).and_then(|column| column.str()).map_err(|error| no_column(name, error))
}

/// A column of days, as numbers.
pub(crate) fn days<'f>(frame: &'f DataFrame, name: &str) -> Result<&'f Int32Chunked> {
    let column = frame.column(name).map_err(|error| no_column(name, error))?;
    let dates = column.as_materialized_series().date().map_err(|error| no_column(name, error))?;
    Ok(dates.physical())
}

/// A column that a frame of `observation` must have.
pub(crate) fn no_column(name: &str, error: polars::error::PolarsError) -> Fault {
    Fault::bug(format!("rows of `observation` have no `{name}`")).because(error)
}

fn of_text(text: Option<&str>) -> u64 {
    text.map_or(0, |text| xxh3_64(text.as_bytes()))
}

fn with_period(hash: u64, start: i32, end: i32) -> u64 {
    let [s0, s1, s2, s3] = start.to_le_bytes();
    let [e0, e1, e2, e3] = end.to_le_bytes();
    mix(hash, xxh3_64(&[s0, s1, s2, s3, e0, e1, e2, e3]))
}

fn mix(hash: u64, own: u64) -> u64 {
    (hash.rotate_left(23) ^ own).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
