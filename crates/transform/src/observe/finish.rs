//! What needs all rows at once: the number format, duplicates, totals.

use std::borrow::Cow;
use std::hash::Hasher as _;

use hashbrown::HashTable;
use quipu_schema::quarantine::Reason;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::recipe::NULL;
use super::rows::{Numbers, Rows};
use super::{Harvest, Observed, REF_AREA, TEXTS, columns};
use crate::frame::clip;
use crate::number::Marks;
use crate::quarantine::{Rejected, lines_named};
use quipu_readers::csv::{CsvText, Field};

/// Into how many parts the search for duplicates is cut.
const PARTS: u64 = 8;

/// Turns what was collected into the table.
pub(super) fn finish(mut harvest: Harvest<'_>, texts: &[(CsvText<'_>, Digest)]) -> Result<Observed> {
    let marks = number_format(&harvest)?;
    let mut keep = vec![true; harvest.rows.len()];
    let values = parse_values(&mut harvest, texts, marks, &mut keep);
    reject_duplicates(&mut harvest, texts, &values, &mut keep);
    let totals = mark_totals(&harvest);
    let kept = keep.iter().filter(|kept| **kept).count();
    harvest.tally.published += kept as u64;
    let frame = columns::frame(&harvest, texts, &values, &totals, &keep)?;
    Ok(Observed { frame, rejected: harvest.rejected, tally: harvest.tally, notes: harvest.notes })
}

/// The bytes of a row's value.
fn value_bytes<'t>(rows: &Rows, texts: &'t [(CsvText<'_>, Digest)], row: usize) -> &'t [u8] {
    let document = rows.document.get(row) as usize;
    let (start, end) =
        (rows.start.get(row).copied().unwrap_or_default(), rows.end.get(row).copied().unwrap_or_default());
    texts.get(document).and_then(|(csv, _)| csv.encoded.bytes.get(start..end)).unwrap_or_default()
}

/// The text of a row's value as printed.
pub(super) fn value_text<'t>(rows: &Rows, texts: &'t [(CsvText<'_>, Digest)], row: usize) -> Cow<'t, str> {
    decoded(rows, texts, row).unwrap_or_default()
}

/// As [`value_text`]; `None` where the bytes are not valid in the encoding.
fn decoded<'t>(rows: &Rows, texts: &'t [(CsvText<'_>, Digest)], row: usize) -> Option<Cow<'t, str>> {
    let document = rows.document.get(row) as usize;
    let field = Field {
        start: rows.start.get(row).copied().unwrap_or_default(),
        end: rows.end.get(row).copied().unwrap_or_default(),
        escaped: rows.escaped.get(row).copied().unwrap_or_default(),
    };
    texts.get(document).and_then(|(csv, _)| csv.text(field))
}

fn number_format(harvest: &Harvest<'_>) -> Result<Marks> {
    harvest.evidence.conclude().map_err(|unproven| {
        Fault::new(ErrorKind::Shape, unproven.to_string())
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
        if rows.is_missing(row) {
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
        if value.is_some() || harvest.rows.is_missing(row) {
            continue;
        }
        match decoded(&harvest.rows, texts, row).map(Cow::into_owned) {
            Some(text) => {
                let message = format!("`{}` is no number ({marks}) and no declared missing value", clip(&text));
                reject(harvest, texts, row, Reason::BadValue, message, Some(text));
            }
            None => {
                let message = "the bytes of the value are not valid in the file's encoding".to_owned();
                reject(harvest, texts, row, Reason::BadEncoding, message, None);
            }
        }
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
    let document = rows.document.get(row) as usize;
    let Some((csv, digest)) = texts.get(document) else { return };
    let locator = quipu_schema::Locator::Csv {
        line: rows.line.get(row).copied().unwrap_or_default(),
        column: harvest.headers.texts.get(rows.header.get(row) as usize).cloned().unwrap_or_default(),
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
    let telling: Vec<&[u32]> =
        own_numbers(rows.texts.iter().zip(TEXTS).filter(|(_, name)| *name != "obs_status").map(|(n, _)| n))
            .chain([rows.period.as_slice()])
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
            let lines: Vec<u64> = [first].iter().chain(&others).map(|row| line(*row)).collect();
            let message = format!("{} have the same key and different values", lines_named(&lines));
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

/// The columns in which rows may differ.
fn own_numbers<'r>(columns: impl Iterator<Item = &'r Numbers>) -> impl Iterator<Item = &'r [u32]> {
    columns.filter_map(|numbers| match numbers {
        Numbers::Same(_) => None,
        Numbers::Each(numbers) => Some(numbers.as_slice()),
    })
}

/// A hash of a row's numbers in these columns.
fn hash_of(columns: &[&[u32]], row: usize) -> u64 {
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
    let area = |row| rows.texts.get(REF_AREA).map_or(NULL, |numbers| numbers.get(row));
    let mut totals: Vec<bool> = (0..rows.len()).map(|row| aggregate.get(area(row) as usize) == Some(&true)).collect();
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
    let named = rows.texts.iter().zip(TEXTS).zip(harvest.told_by_total);
    let named = named.filter(|((_, name), told)| !told && *name != "obs_status").map(|((numbers, _), _)| numbers);
    let others: Vec<&[u32]> = own_numbers(named.chain([&rows.header])).chain([rows.period.as_slice()]).collect();
    let rest = |row: usize| hash_of(&others, row);
    let mut extended: FxHashSet<(u32, u64)> = FxHashSet::default();
    let code = |row: usize| rows.total.get(row);
    for row in 0..rows.len() {
        for parent in parents.get(code(row) as usize).into_iter().flatten() {
            extended.insert((*parent, rest(row)));
        }
    }
    for (row, total) in totals.iter_mut().enumerate() {
        let labelled = codes.get(code(row) as usize).is_some_and(|text| rule.labels.contains(text));
        *total = *total || labelled || extended.contains(&(code(row), rest(row)));
    }
    totals
}
