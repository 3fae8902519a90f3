//! The frame of the rows of a piece, each column made on its own.

use polars::prelude::{
    BooleanChunked, ChunkFull, ChunkFullNull, ChunkTake, Column, DataFrame, DataType, Float64Chunked, IdxCa,
    Int32Chunked, IntoColumn, IntoSeries, NewChunkedArray, PlSmallStr, StringChunked, UInt32Chunked, UInt64Chunked,
};
use quipu_schema::table::{self, DOCUMENT_ID, LOC_COL, LOC_END, LOC_PART, LOC_ROW, LOC_START, SOURCE};
use quipu_schema::{Digest, Fault, Result};
use rayon::prelude::*;

use super::cells::Cell;
use super::recipe::{Dictionary, NULL};
use super::rows::{Numbers, Rows};
use super::{FREQ, STATUS, TEXTS};
use crate::frame;
use crate::period::{Period, days};

/// What rows say of themselves only as a whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole<'a> {
    /// Id of the source.
    pub(crate) source: &'a str,
    /// Digests of its documents, by number.
    pub(crate) documents: &'a [Digest],
    /// How many later editions of each there are.
    pub(crate) earlier: &'a [usize],
}

/// The rows as a frame of table `observation`.
pub(crate) fn frame(rows: &Rows, whole: Whole<'_>) -> Result<DataFrame> {
    let table = table::find("observation").ok_or_else(|| Fault::bug("no table `observation`"))?;
    let definitions: Vec<_> = table.all_columns().collect();
    let columns: Result<Vec<Column>> =
        definitions.into_par_iter().map(|column| make(column.name, rows, whole)).collect();
    frame::frame(rows.len(), columns?)
}

fn make(column: &'static str, rows: &Rows, whole: Whole<'_>) -> Result<Column> {
    let name = PlSmallStr::from_static(column);
    let height = rows.len();
    Ok(match column {
        "time_start" => dates(name, rows, |period| days(period.start))?,
        "time_end" => dates(name, rows, |period| days(period.end))?,
        "value" => floats(name, rows, |cell| Some(cell.value).filter(|value| !value.is_nan())),
        "value_text" if rows.printed => {
            let printed = rows.cells.printed();
            let texts = rows.cell.iter().map(|number| printed.get(*number as usize));
            StringChunked::from_iter_values(name, texts).into_column()
        }
        "value_text" => StringChunked::full_null(name, height).into_column(),
        "superseded" => {
            let superseded = whole.earlier.get(rows.document as usize).is_some_and(|earlier| *earlier > 0);
            BooleanChunked::full(name, superseded, height).into_column()
        }
        "lower" | "upper" if !rows.cells.has_bounds() => Float64Chunked::full_null(name, height).into_column(),
        "lower" => floats(name, rows, |cell| cell.bounds.lower),
        "upper" => floats(name, rows, |cell| cell.bounds.upper),
        "is_total" => BooleanChunked::from_slice(name, &rows.total).into_column(),
        DOCUMENT_ID => {
            let digest = whole.documents.get(rows.document as usize).map(ToString::to_string).unwrap_or_default();
            StringChunked::full(name, &digest, height).into_column()
        }
        SOURCE => StringChunked::full(name, whole.source, height).into_column(),
        LOC_PART => text(name, &rows.parts.texts, &rows.part, height)?,
        LOC_ROW if rows.line.contains(&0) => {
            let lines: Vec<Option<u64>> = rows.line.iter().map(|line| Some(*line).filter(|line| *line > 0)).collect();
            UInt64Chunked::from_slice_options(name, &lines).into_column()
        }
        LOC_ROW => UInt64Chunked::from_slice(name, &rows.line).into_column(),
        LOC_COL => match &rows.column {
            Some(columns) => UInt32Chunked::from_slice(name, columns).into_column(),
            None => UInt32Chunked::full_null(name, height).into_column(),
        },
        LOC_START => positions(name, rows.start.as_deref(), height),
        LOC_END => positions(name, rows.end.as_deref(), height),
        _ => mapped(column, rows)?,
    })
}

fn positions(name: PlSmallStr, positions: Option<&[u64]>, height: usize) -> Column {
    match positions {
        Some(positions) => UInt64Chunked::from_slice(name, positions).into_column(),
        None => UInt64Chunked::full_null(name, height).into_column(),
    }
}

fn floats(name: PlSmallStr, rows: &Rows, of: fn(&Cell) -> Option<f64>) -> Column {
    let of_cell: Vec<Option<f64>> = rows.cells.all().iter().map(of).collect();
    let values: Vec<Option<f64>> =
        rows.cell.iter().map(|number| of_cell.get(*number as usize).copied().flatten()).collect();
    Float64Chunked::from_slice_options(name, &values).into_column()
}

/// A text column that the mapping fills.
fn mapped(column: &'static str, rows: &Rows) -> Result<Column> {
    let height = rows.len();
    let number = TEXTS.iter().position(|name| *name == column);
    let found = number.and_then(|n| Some((n, rows.texts.get(n)?, rows.shelf.dictionaries.get(n)?)));
    let (number, numbers, dictionary) =
        found.ok_or_else(|| Fault::bug(format!("nothing fills observation.{column}")))?;
    let name = PlSmallStr::from_static(column);
    match number {
        // A missing or marked value has its own status, whatever the mapping says of the others.
        STATUS if rows.cells.has_statuses() => text(name, &dictionary.texts, &statuses(rows, numbers), height),
        FREQ => {
            let (numbers, texts) = freqs(rows);
            text(name, &texts, &numbers, height)
        }
        _ => text(name, &dictionary.texts, numbers, height),
    }
}

/// The number of each row's status: its cell's own, else the mapping's.
pub(super) fn statuses(rows: &Rows, numbers: &Numbers) -> Numbers {
    let status = |row| Some(rows.status(row)).filter(|n| *n != NULL).unwrap_or_else(|| numbers.get(row));
    Numbers::Each((0..rows.len()).map(status).collect())
}

/// The number of each row's frequency, and what the numbers stand for: where the mapping does not say,
/// the period does.
pub(super) fn freqs(rows: &Rows) -> (Numbers, Vec<String>) {
    let mapped = rows.texts.get(FREQ).cloned().unwrap_or(Numbers::Same(NULL));
    let mut freqs = Dictionary::default();
    if let Some(dictionary) = rows.shelf.dictionaries.get(FREQ) {
        freqs.absorb(dictionary);
    }
    let all = match &mapped {
        Numbers::Same(number) => *number != NULL,
        Numbers::Each(numbers) => !numbers.contains(&NULL),
    };
    if all {
        return (mapped, freqs.texts);
    }
    let of_period: Vec<u32> = rows.shelf.periods.iter().map(|period| freqs.number(period.freq)).collect();
    if let [first, rest @ ..] = of_period.as_slice()
        && mapped == Numbers::Same(NULL)
        && rest.iter().all(|other| other == first)
    {
        return (Numbers::Same(*first), freqs.texts);
    }
    let period = |row: usize| rows.period.get(row).and_then(|p| of_period.get(*p as usize)).copied();
    let freq = |row| Some(mapped.get(row)).filter(|n| *n != NULL).or_else(|| period(row)).unwrap_or(NULL);
    (Numbers::Each((0..rows.len()).map(freq).collect()), freqs.texts)
}

/// A text column from numbers into a dictionary: views are copied, texts are shared.
fn text(name: PlSmallStr, texts: &[String], numbers: &Numbers, height: usize) -> Result<Column> {
    let numbers = match numbers {
        Numbers::Same(number) => {
            return Ok(match texts.get(*number as usize) {
                Some(text) => StringChunked::full(name, text, height).into_column(),
                None => StringChunked::full_null(name, height).into_column(),
            });
        }
        Numbers::Each(numbers) => numbers,
    };
    let indices: IdxCa = if numbers.contains(&NULL) {
        numbers.iter().map(|number| Some(*number).filter(|number| *number != NULL)).collect()
    } else {
        IdxCa::from_slice(PlSmallStr::EMPTY, numbers)
    };
    let dictionary = StringChunked::from_slice(name.clone(), texts);
    let taken = dictionary.take(&indices).map_err(|e| Fault::bug("a number has no text").because(e))?;
    Ok(taken.with_name(name).into_column())
}

fn dates(name: PlSmallStr, rows: &Rows, day: fn(&Period) -> i32) -> Result<Column> {
    let of_period: Vec<i32> = rows.shelf.periods.iter().map(day).collect();
    let days = rows.period.iter().map(|period| of_period.get(*period as usize).copied().unwrap_or_default());
    let column = Int32Chunked::from_vec(name, days.collect()).into_series().into_column();
    column.cast(&DataType::Date).map_err(|e| Fault::bug("days are no dates").because(e))
}
