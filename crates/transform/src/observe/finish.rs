//! What needs all rows at once: the number format, duplicates, totals; then the frame.

use hashbrown::HashTable;
use polars::prelude::{BooleanChunked, Column, DataType, IdxCa, IntoColumn, IntoSeries, NewChunkedArray, PlSmallStr};
use polars::prelude::{
    ChunkFull, ChunkFullNull, ChunkTake, Float64Chunked, Int32Chunked, StringChunked, UInt32Chunked, UInt64Chunked,
};
use quipu_schema::pipeline::Csv;
use quipu_schema::quarantine::Reason;
use quipu_schema::table::{self, DOCUMENT_ID, LOC_COL, LOC_END, LOC_PART, LOC_ROW, LOC_START, SOURCE};
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::Hasher as _;

use super::recipe::NULL;
use super::{Harvest, Observed, REF_AREA, Rows, TEXTS};
use crate::csv::{CsvText, Field};
use crate::frame::{self, clip};
use crate::number::{Evidence, Marks};
use crate::period::days;
use crate::quarantine::Rejected;

/// Into how many parts the search for duplicates is cut.
const PARTS: u64 = 8;

/// Turns what was collected into the table.
pub(super) fn finish(mut harvest: Harvest<'_>, texts: &[(CsvText<'_>, Digest)], options: &Csv) -> Result<Observed> {
    let marks = number_format(&harvest, texts, options)?;
    let mut keep = vec![true; harvest.rows.len()];
    let values = parse_values(&mut harvest, texts, marks, &mut keep);
    reject_duplicates(&mut harvest, texts, &values, &mut keep);
    let totals = mark_totals(&harvest);
    let kept = keep.iter().filter(|kept| **kept).count();
    harvest.tally.published += kept as u64;
    let indices: Option<Vec<usize>> =
        (kept < keep.len()).then(|| keep.iter().enumerate().filter(|(_, kept)| **kept).map(|(row, _)| row).collect());
    let columns = columns(&harvest, texts, &values, &totals, indices.as_deref())?;
    let frame = frame::frame(kept, columns)?;
    Ok(Observed { frame, rejected: harvest.rejected, tally: harvest.tally, notes: harvest.notes })
}

/// The bytes of a row's value.
fn value_bytes<'t>(rows: &Rows, texts: &'t [(CsvText<'_>, Digest)], row: usize) -> &'t [u8] {
    let document = rows.document.get(row).copied().unwrap_or_default() as usize;
    let (start, end) =
        (rows.start.get(row).copied().unwrap_or_default(), rows.end.get(row).copied().unwrap_or_default());
    texts.get(document).and_then(|(csv, _)| csv.encoded.bytes.get(start..end)).unwrap_or_default()
}

/// The text of a row's value as printed.
fn value_text<'t>(rows: &Rows, texts: &'t [(CsvText<'_>, Digest)], row: usize) -> std::borrow::Cow<'t, str> {
    let document = rows.document.get(row).copied().unwrap_or_default() as usize;
    let field = Field {
        start: rows.start.get(row).copied().unwrap_or_default(),
        end: rows.end.get(row).copied().unwrap_or_default(),
        escaped: rows.escaped.get(row).copied().unwrap_or_default(),
    };
    texts.get(document).and_then(|(csv, _)| csv.text(field)).unwrap_or_default()
}

fn number_format(harvest: &Harvest<'_>, texts: &[(CsvText<'_>, Digest)], options: &Csv) -> Result<Marks> {
    let mut evidence = Evidence::new(options.decimal, options.thousands);
    for (row, missing) in harvest.rows.missing.iter().enumerate() {
        if *missing {
            continue;
        }
        let bytes = value_bytes(&harvest.rows, texts, row);
        if bytes.is_ascii() {
            evidence.add_bytes(bytes);
        } else {
            evidence.add(&value_text(&harvest.rows, texts, row));
        }
    }
    evidence.conclude().map_err(|ambiguous| {
        let [one, other] = ambiguous.readings;
        Fault::new(
            ErrorKind::Pipeline,
            format!("`{}` may be {one} or {other}: the values do not tell which", ambiguous.example),
        )
        .at(format!("source `{}`", harvest.source.id))
        .help("declare `decimal` and `thousands` in the source's `csv` table")
    })
}

fn parse_values(
    harvest: &mut Harvest<'_>,
    texts: &[(CsvText<'_>, Digest)],
    marks: Marks,
    keep: &mut [bool],
) -> Vec<Option<f64>> {
    let rows = &harvest.rows;
    let read = |row: usize| {
        if rows.missing.get(row) == Some(&true) {
            return None;
        }
        let bytes = value_bytes(rows, texts, row);
        match std::str::from_utf8(bytes) {
            Ok(text) if bytes.is_ascii() => marks.read(text),
            _ => marks.read(&value_text(rows, texts, row)),
        }
    };
    let values: Vec<Option<f64>> = (0..rows.len()).into_par_iter().map(read).collect();
    for (row, value) in values.iter().enumerate() {
        if value.is_some() || harvest.rows.missing.get(row) == Some(&true) {
            continue;
        }
        let text = value_text(&harvest.rows, texts, row).into_owned();
        let message = format!("`{}` is no number ({marks}) and no declared missing value", clip(&text));
        reject(harvest, texts, row, Reason::BadValue, message, Some(text));
        if let Some(kept) = keep.get_mut(row) {
            *kept = false;
        }
    }
    harvest.notes.push(format!("numbers: {marks}"));
    values
}

fn reject(
    harvest: &mut Harvest<'_>,
    texts: &[(CsvText<'_>, Digest)],
    row: usize,
    reason: Reason,
    message: String,
    raw: Option<String>,
) {
    let rows = &harvest.rows;
    let document = rows.document.get(row).copied().unwrap_or_default() as usize;
    let Some((csv, digest)) = texts.get(document) else { return };
    let locator = quipu_schema::Locator::Csv {
        line: rows.line.get(row).copied().unwrap_or_default(),
        column: harvest
            .headers
            .texts
            .get(rows.header.get(row).copied().unwrap_or_default() as usize)
            .cloned()
            .unwrap_or_default(),
        start: csv.encoded.archived(rows.start.get(row).copied().unwrap_or_default()),
        end: csv.encoded.archived(rows.end.get(row).copied().unwrap_or_default()),
    };
    harvest.tally.quarantine(reason, 1);
    harvest.rejected.push(Rejected {
        document: *digest,
        locator,
        reason,
        column: Some("value"),
        raw,
        message,
        cells: 1,
    });
}

/// Sends rows with the key of an earlier row to quarantine: the later ones where the value is the
/// same, all of them where it is not, because nothing says which one is right.
fn reject_duplicates(
    harvest: &mut Harvest<'_>,
    texts: &[(CsvText<'_>, Digest)],
    values: &[Option<f64>],
    keep: &mut [bool],
) {
    let rows = &harvest.rows;
    // Columns with one text in the whole table tell no rows apart.
    let telling: Vec<&Vec<u32>> = rows
        .texts
        .iter()
        .zip(TEXTS)
        .filter(|(numbers, name)| *name != "obs_status" && numbers.iter().any(|n| Some(n) != numbers.first()))
        .map(|(numbers, _)| numbers)
        .chain([&rows.period])
        .collect();
    let equal = |one: usize, other: usize| telling.iter().all(|numbers| numbers.get(one) == numbers.get(other));
    let hashes: Vec<u64> = (0..rows.len()).into_par_iter().map(|row| hash_of(&telling, row)).collect();
    // Each part of the hashes has its own table, so that threads do not share one.
    let parts = if rows.len() < 50_000 { 1 } else { PARTS };
    let repeats: Vec<(u32, Vec<usize>)> = (0..parts)
        .into_par_iter()
        .flat_map_iter(|part| {
            let mut first_rows: HashTable<u32> = HashTable::new();
            let mut repeats: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
            for (row, hashed) in hashes.iter().enumerate() {
                // The table itself looks at the lowest and the highest bits.
                if (hashed >> 32) % parts != part || keep.get(row) != Some(&true) {
                    continue;
                }
                if let Some(first) = first_rows.find(*hashed, |first| equal(*first as usize, row)) {
                    repeats.entry(*first).or_default().push(row);
                } else if let Ok(number) = u32::try_from(row) {
                    let hash = |first: &u32| hashes.get(*first as usize).copied().unwrap_or_default();
                    first_rows.insert_unique(*hashed, number, hash);
                }
            }
            repeats
        })
        .collect();
    let mut refused: Vec<(usize, Reason, String)> = Vec::new();
    for (first, others) in repeats {
        let first = first as usize;
        let line = |row: usize| rows.line.get(row).copied().unwrap_or_default();
        let same =
            |row: &usize| values.get(*row) == values.get(first) && rows.missing.get(*row) == rows.missing.get(first);
        if others.iter().all(same) {
            for row in others {
                refused.push((
                    row,
                    Reason::DuplicateRow,
                    format!("repeats the key and the value of line {}", line(first)),
                ));
            }
        } else {
            let lines: Vec<String> = [first].iter().chain(&others).map(|row| line(*row).to_string()).collect();
            let message = format!("lines {} have the same key and different values", lines.join(", "));
            for row in [first].into_iter().chain(others) {
                refused.push((row, Reason::DuplicateKey, message.clone()));
            }
        }
    }
    refused.sort_by_key(|(row, ..)| *row);
    for (row, reason, message) in refused {
        let raw = value_text(&harvest.rows, texts, row).into_owned();
        reject(harvest, texts, row, reason, message, Some(raw));
        if let Some(kept) = keep.get_mut(row) {
            *kept = false;
        }
    }
}

/// A hash of a row's numbers in these columns.
fn hash_of(columns: &[&Vec<u32>], row: usize) -> u64 {
    let mut hasher = FxHasher::default();
    for numbers in columns {
        hasher.write_u32(numbers.get(row).copied().unwrap_or(NULL));
    }
    hasher.finish()
}

/// Which rows add up others: aggregates of areas, labels of totals, and codes that other codes of
/// the same period, area and measure extend.
fn mark_totals(harvest: &Harvest<'_>) -> Vec<bool> {
    let rows = &harvest.rows;
    let areas = harvest.shelf.dictionaries.get(REF_AREA).map(|d| d.texts.as_slice()).unwrap_or_default();
    let aggregate: Vec<bool> = areas.iter().map(|area| harvest.reference.is_aggregate(area)).collect();
    let numbers = rows.texts.get(REF_AREA).map(Vec::as_slice).unwrap_or_default();
    let mut totals: Vec<bool> = numbers.iter().map(|area| aggregate.get(*area as usize) == Some(&true)).collect();
    let Some(rule) = &harvest.observe.totals else { return totals };
    let codes = &harvest.total_texts.texts;
    let mut parents: Vec<Vec<u32>> = vec![Vec::new(); codes.len()];
    if let Some(separator) = &rule.separator {
        for (parents, code) in parents.iter_mut().zip(codes) {
            for (number, other) in codes.iter().enumerate() {
                let extends =
                    code.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with(separator.as_str()));
                if extends && !other.is_empty() {
                    parents.extend(u32::try_from(number).ok());
                }
            }
        }
    }
    // What names a row apart from the column that tells totals.
    let others: Vec<&Vec<u32>> = rows
        .texts
        .iter()
        .zip(TEXTS)
        .zip(harvest.told_by_total)
        .filter(|((_, name), told)| !told && *name != "obs_status")
        .map(|((numbers, _), _)| numbers)
        .chain([&rows.period, &rows.header])
        .collect();
    let rest = |row: usize| hash_of(&others, row);
    let mut extended: FxHashSet<(u32, u64)> = FxHashSet::default();
    for (row, code) in rows.total.iter().enumerate() {
        for parent in parents.get(*code as usize).into_iter().flatten() {
            extended.insert((*parent, rest(row)));
        }
    }
    for (row, (total, code)) in totals.iter_mut().zip(&rows.total).enumerate() {
        let labelled = codes.get(*code as usize).is_some_and(|text| rule.labels.contains(text));
        *total = *total || labelled || extended.contains(&(*code, rest(row)));
    }
    totals
}

fn picked<T: Copy>(values: &[T], indices: Option<&[usize]>) -> Vec<T> {
    match indices {
        None => values.to_vec(),
        Some(indices) => indices.iter().filter_map(|row| values.get(*row).copied()).collect(),
    }
}

/// A text column from numbers into a dictionary: views are copied, texts are shared.
fn text_column(name: &'static str, texts: &[String], numbers: Vec<u32>) -> Result<Column> {
    let dictionary = StringChunked::from_slice(PlSmallStr::from_static(name), texts);
    if let [only] = texts
        && !numbers.contains(&NULL)
    {
        return Ok(StringChunked::full_of(name, only, numbers.len()));
    }
    let indices: IdxCa = if numbers.contains(&NULL) {
        numbers.into_iter().map(|number| (number != NULL).then_some(number)).collect()
    } else {
        IdxCa::from_vec(PlSmallStr::EMPTY, numbers)
    };
    let taken = dictionary.take(&indices).map_err(|e| Fault::bug("a number has no text").because(e))?;
    Ok(taken.with_name(PlSmallStr::from_static(name)).into_column())
}

trait FullOf {
    fn full_of(name: &'static str, text: &str, length: usize) -> Column;
}

impl FullOf for StringChunked {
    fn full_of(name: &'static str, text: &str, length: usize) -> Column {
        Self::full(PlSmallStr::from_static(name), text, length).into_column()
    }
}

fn columns(
    harvest: &Harvest<'_>,
    texts: &[(CsvText<'_>, Digest)],
    values: &[Option<f64>],
    totals: &[bool],
    indices: Option<&[usize]>,
) -> Result<Vec<Column>> {
    let table = table::find("observation").ok_or_else(|| Fault::bug("no table `observation`"))?;
    let rows = &harvest.rows;
    let name = PlSmallStr::from_static;
    let height = indices.map_or(rows.len(), <[usize]>::len);
    let date = |name: &'static str, day: fn(&crate::period::Period) -> i32| {
        let days: Vec<i32> = harvest.shelf.periods.iter().map(day).collect();
        let values: Vec<i32> = picked(&rows.period, indices)
            .into_iter()
            .map(|p| days.get(p as usize).copied().unwrap_or_default())
            .collect();
        let column = Int32Chunked::from_vec(PlSmallStr::from_static(name), values).into_series().into_column();
        column.cast(&DataType::Date).map_err(|e| Fault::bug("days are no dates").because(e))
    };
    let archived = |positions: &[usize]| -> Vec<u64> {
        let position = |row: usize, at: usize| {
            let document = rows.document.get(row).copied().unwrap_or_default() as usize;
            texts.get(document).map_or(at as u64, |(csv, _)| csv.encoded.archived(at))
        };
        match indices {
            None => positions.iter().enumerate().map(|(row, at)| position(row, *at)).collect(),
            Some(indices) => {
                indices.iter().filter_map(|row| positions.get(*row).map(|at| position(*row, *at))).collect()
            }
        }
    };
    let definitions: Vec<_> = table.all_columns().collect();
    let made = definitions.into_par_iter().map(|column| {
        Ok(match column.name {
            "time_start" => date("time_start", |p| days(p.start))?,
            "time_end" => date("time_end", |p| days(p.end))?,
            "value" => Float64Chunked::from_slice_options(name("value"), &picked(values, indices)).into_column(),
            "value_text" => {
                let text = |row: usize| value_text(rows, texts, row);
                let all: StringChunked = match indices {
                    None => StringChunked::from_iter_values(name("value_text"), (0..rows.len()).map(text)),
                    Some(indices) => {
                        StringChunked::from_iter_values(name("value_text"), indices.iter().map(|row| text(*row)))
                    }
                };
                all.into_column()
            }
            "lower" | "upper" => Float64Chunked::full_null(name(column.name), height).into_column(),
            "is_total" => BooleanChunked::from_slice(name("is_total"), &picked(totals, indices)).into_column(),
            DOCUMENT_ID => {
                let digests: Vec<String> = texts.iter().map(|(_, digest)| digest.to_string()).collect();
                text_column(DOCUMENT_ID, &digests, picked(&rows.document, indices))?
            }
            SOURCE => StringChunked::full_of(SOURCE, &harvest.source.id, height),
            LOC_PART => text_column(LOC_PART, &harvest.headers.texts, picked(&rows.header, indices))?,
            LOC_ROW => UInt64Chunked::from_vec(name(LOC_ROW), picked(&rows.line, indices)).into_column(),
            LOC_COL => UInt32Chunked::full_null(name(LOC_COL), height).into_column(),
            LOC_START => UInt64Chunked::from_vec(name(LOC_START), archived(&rows.start)).into_column(),
            LOC_END => UInt64Chunked::from_vec(name(LOC_END), archived(&rows.end)).into_column(),
            text => {
                let number = TEXTS.iter().position(|name| *name == text);
                let number = number.ok_or_else(|| Fault::bug(format!("nothing fills observation.{text}")))?;
                let dictionary = harvest.shelf.dictionaries.get(number).map(|d| d.texts.as_slice()).unwrap_or_default();
                let numbers = rows.texts.get(number).map(Vec::as_slice).unwrap_or_default();
                let texts = TEXTS.get(number).copied().unwrap_or_default();
                text_column(texts, dictionary, picked(numbers, indices))?
            }
        })
    });
    made.collect()
}
