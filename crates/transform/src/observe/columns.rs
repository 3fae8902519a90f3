//! The frame of the collected rows, each column made on its own.

use std::ops::Range;

use polars::prelude::{
    BooleanChunked, ChunkFull, ChunkFullNull, ChunkTake, Column, DataFrame, DataType, Float64Chunked, IdxCa,
    Int32Chunked, IntoColumn, IntoSeries, NewChunkedArray, PlSmallStr, StringChunked, UInt32Chunked, UInt64Chunked,
};
use quipu_schema::table::{self, DOCUMENT_ID, LOC_COL, LOC_END, LOC_PART, LOC_ROW, LOC_START, SOURCE};
use quipu_schema::{Digest, Fault, Result};
use rayon::prelude::*;

use super::finish::value_text;
use super::recipe::{Dictionary, NULL};
use super::rows::Numbers;
use super::{FREQ, Harvest, STATUS, TEXTS};
use crate::frame;
use crate::period::{Period, days};
use quipu_readers::csv::CsvText;

/// Rows whose texts are decoded in one go.
const ROWS: usize = 65_536;

/// Which of the collected rows are published.
struct Chosen {
    /// How many.
    height: usize,
    /// Which; none where it is all of them.
    rows: Option<Vec<usize>>,
}

impl Chosen {
    fn new(keep: &[bool]) -> Self {
        let height = keep.iter().filter(|kept| **kept).count();
        let kept = || keep.iter().enumerate().filter(|(_, kept)| **kept).map(|(row, _)| row).collect();
        Self { height, rows: (height < keep.len()).then(kept) }
    }

    /// The collected row that is published as number `at`.
    fn row(&self, at: usize) -> usize {
        self.rows.as_ref().map_or(at, |rows| rows.get(at).copied().unwrap_or(usize::MAX))
    }

    /// A value for each published row.
    fn map<T>(&self, value: impl Fn(usize) -> T) -> Vec<T> {
        (0..self.height).map(|at| value(self.row(at))).collect()
    }

    /// The published rows in runs of at most [`ROWS`].
    fn runs(&self) -> Vec<Range<usize>> {
        (0..self.height).step_by(ROWS).map(|from| from..self.height.min(from + ROWS)).collect()
    }
}

/// The table `observation` of the rows that are kept.
pub(super) fn frame(
    harvest: &Harvest<'_>,
    texts: &[(CsvText<'_>, Digest)],
    values: &[Option<f64>],
    totals: &[bool],
    keep: &[bool],
) -> Result<DataFrame> {
    let table = table::find("observation").ok_or_else(|| Fault::bug("no table `observation`"))?;
    let chosen = Chosen::new(keep);
    let definitions: Vec<_> = table.all_columns().collect();
    let columns: Result<Vec<Column>> =
        definitions.into_par_iter().map(|column| make(column.name, harvest, texts, values, totals, &chosen)).collect();
    frame::frame(chosen.height, columns?)
}

fn make(
    column: &'static str,
    harvest: &Harvest<'_>,
    texts: &[(CsvText<'_>, Digest)],
    values: &[Option<f64>],
    totals: &[bool],
    chosen: &Chosen,
) -> Result<Column> {
    let rows = &harvest.rows;
    let name = PlSmallStr::from_static(column);
    let archived = |row: usize, at: &[usize]| {
        let at = at.get(row).copied().unwrap_or_default();
        texts.get(rows.document.get(row) as usize).map_or(at as u64, |(csv, _)| csv.encoded.archived(at))
    };
    Ok(match column {
        "time_start" => dates(name, harvest, chosen, |period| days(period.start))?,
        "time_end" => dates(name, harvest, chosen, |period| days(period.end))?,
        "value" => {
            let values = chosen.map(|row| values.get(row).copied().flatten());
            Float64Chunked::from_slice_options(name, &values).into_column()
        }
        "value_text" => {
            let runs = chosen.runs();
            let pieces: Vec<StringChunked> = runs
                .into_par_iter()
                .map(|run| {
                    let texts = run.map(|at| value_text(rows, texts, chosen.row(at)));
                    StringChunked::from_iter_values(name.clone(), texts)
                })
                .collect();
            let mut all = StringChunked::full_null(name, 0);
            for piece in pieces {
                all.append_owned(piece).map_err(|e| Fault::bug("texts do not join").because(e))?;
            }
            all.into_column()
        }
        "lower" | "upper" => Float64Chunked::full_null(name, chosen.height).into_column(),
        "is_total" => {
            let totals = chosen.map(|row| totals.get(row).copied().unwrap_or_default());
            BooleanChunked::from_slice(name, &totals).into_column()
        }
        DOCUMENT_ID => {
            let digests: Vec<String> = texts.iter().map(|(_, digest)| digest.to_string()).collect();
            text(name, &digests, &rows.document, chosen)?
        }
        SOURCE => StringChunked::full(name, &harvest.source.id, chosen.height).into_column(),
        LOC_PART => text(name, &harvest.headers.texts, &rows.header, chosen)?,
        LOC_ROW => UInt64Chunked::from_vec(name, chosen.map(|row| rows.line.get(row).copied().unwrap_or_default()))
            .into_column(),
        LOC_COL => UInt32Chunked::full_null(name, chosen.height).into_column(),
        LOC_START => UInt64Chunked::from_vec(name, chosen.map(|row| archived(row, &rows.start))).into_column(),
        LOC_END => UInt64Chunked::from_vec(name, chosen.map(|row| archived(row, &rows.end))).into_column(),
        _ => mapped(column, harvest, chosen)?,
    })
}

/// A text column that the mapping fills.
fn mapped(column: &'static str, harvest: &Harvest<'_>, chosen: &Chosen) -> Result<Column> {
    let rows = &harvest.rows;
    let number = TEXTS.iter().position(|name| *name == column);
    let found = number.and_then(|n| Some((n, rows.texts.get(n)?, harvest.shelf.dictionaries.get(n)?)));
    let (number, numbers, dictionary) =
        found.ok_or_else(|| Fault::bug(format!("nothing fills observation.{column}")))?;
    let name = PlSmallStr::from_static(column);
    match number {
        // A missing value has its own status, whatever the mapping says of those that are there.
        STATUS if rows.missing != Numbers::Same(NULL) => {
            let status = |row| Some(rows.missing.get(row)).filter(|n| *n != NULL).unwrap_or_else(|| numbers.get(row));
            text(name, &dictionary.texts, &Numbers::Each((0..rows.len()).map(status).collect()), chosen)
        }
        // Where the mapping does not say, the period does.
        FREQ if *numbers == Numbers::Same(NULL) || matches!(numbers, Numbers::Each(n) if n.contains(&NULL)) => {
            let mut freqs = Dictionary::default();
            freqs.absorb(dictionary);
            let of_period: Vec<u32> = harvest.shelf.periods.iter().map(|period| freqs.number(period.freq)).collect();
            let period = |row: usize| rows.period.get(row).and_then(|p| of_period.get(*p as usize)).copied();
            let freq = |row| Some(numbers.get(row)).filter(|n| *n != NULL).or_else(|| period(row)).unwrap_or(NULL);
            text(name, &freqs.texts, &Numbers::Each((0..rows.len()).map(freq).collect()), chosen)
        }
        _ => text(name, &dictionary.texts, numbers, chosen),
    }
}

/// A text column from numbers into a dictionary: views are copied, texts are shared.
fn text(name: PlSmallStr, texts: &[String], numbers: &Numbers, chosen: &Chosen) -> Result<Column> {
    let numbers = match numbers {
        Numbers::Same(number) => {
            return Ok(match texts.get(*number as usize) {
                Some(text) => StringChunked::full(name, text, chosen.height).into_column(),
                None => StringChunked::full_null(name, chosen.height).into_column(),
            });
        }
        Numbers::Each(numbers) => numbers,
    };
    let number = |row: usize| numbers.get(row).copied().unwrap_or(NULL);
    let indices: IdxCa = if numbers.contains(&NULL) {
        (0..chosen.height).map(|at| Some(number(chosen.row(at))).filter(|number| *number != NULL)).collect()
    } else {
        IdxCa::from_vec(PlSmallStr::EMPTY, chosen.map(number))
    };
    let dictionary = StringChunked::from_slice(name.clone(), texts);
    let taken = dictionary.take(&indices).map_err(|e| Fault::bug("a number has no text").because(e))?;
    Ok(taken.with_name(name).into_column())
}

fn dates(name: PlSmallStr, harvest: &Harvest<'_>, chosen: &Chosen, day: fn(&Period) -> i32) -> Result<Column> {
    let days: Vec<i32> = harvest.shelf.periods.iter().map(day).collect();
    let period = |row: usize| harvest.rows.period.get(row).copied().unwrap_or(NULL);
    let days = chosen.map(|row| days.get(period(row) as usize).copied().unwrap_or_default());
    let column = Int32Chunked::from_vec(name, days).into_series().into_column();
    column.cast(&DataType::Date).map_err(|e| Fault::bug("days are no dates").because(e))
}
