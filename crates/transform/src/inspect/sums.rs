//! Rows that add up others: told by their label or code, and proven by their values where they are.

use quipu_readers::SampledRow;
use rustc_hash::{FxHashMap, FxHashSet};

use super::profile::Profile;
use crate::number::Marks;
use crate::observe::totals::is_total_word;

/// Groups of rows that are held to a sum at most.
const CHECKED: usize = 2_000;

/// A column in which rows say that they are totals.
#[derive(Debug, Clone)]
pub(super) struct Labelled {
    /// The column.
    pub(super) column: usize,
    /// The labels, as printed.
    pub(super) labels: Vec<String>,
    /// How many rows have one, and the first of them.
    pub(super) rows: usize,
    pub(super) first: u64,
    /// Values held to the sum of others, and those that are.
    pub(super) checked: usize,
    pub(super) proven: usize,
}

/// A column whose codes extend each other.
#[derive(Debug, Clone)]
pub(super) struct Nested {
    pub(super) column: usize,
    pub(super) separator: char,
    /// A code and one that extends it.
    pub(super) example: (String, String),
    /// Codes that others extend.
    pub(super) parents: usize,
    pub(super) checked: usize,
    pub(super) proven: usize,
}

/// A number as the marks of the table read it.
pub(super) fn value(row: &SampledRow, column: usize, marks: Marks) -> Option<f64> {
    let text = row.text(column);
    if text.is_empty() {
        return None;
    }
    let plain = Marks { decimal: '.', thousands: None };
    let form = row.cells.get(column).map(|cell| cell.form);
    if form == Some(quipu_readers::Form::Number) { plain.read(text) } else { marks.read(text) }
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-6 * one.abs().max(1.0)
}

/// Columns (left of the values) in which rows say that they are totals.
pub(super) fn labelled(
    rows: &[SampledRow],
    columns: &[usize],
    keys: &[usize],
    values: &[usize],
    marks: Marks,
) -> Vec<Labelled> {
    let mut found = Vec::new();
    for column in columns {
        let totals: Vec<usize> =
            rows.iter().enumerate().filter(|(_, row)| is_total_word(row.text(*column))).map(|(at, _)| at).collect();
        let Some(first) = totals.first().and_then(|at| rows.get(*at)) else { continue };
        let mut labels: Vec<String> = Vec::new();
        for text in totals.iter().filter_map(|at| rows.get(*at)).map(|row| row.text(*column).to_owned()) {
            if !labels.contains(&text) {
                labels.push(text);
            }
        }
        let (checked, proven) = prove(rows, *column, &totals, keys, values, marks);
        found.push(Labelled { column: *column, labels, rows: totals.len(), first: first.number, checked, proven });
    }
    found
}

/// Holds total rows to the sum of the rows that differ from them in one column, of those since the
/// total before, or of all others.
pub(super) fn prove(
    rows: &[SampledRow],
    column: usize,
    totals: &[usize],
    keys: &[usize],
    values: &[usize],
    marks: Marks,
) -> (usize, usize) {
    let own: FxHashSet<usize> = totals.iter().copied().collect();
    let other_keys: Vec<usize> = keys.iter().copied().filter(|key| *key != column).collect();
    let key = |row: &SampledRow| other_keys.iter().map(|key| row.text(*key)).collect::<Vec<_>>().join("\u{1f}");
    let is_total = |row: &SampledRow| keys.iter().any(|key| is_total_word(row.text(*key)));
    let (mut checked, mut proven) = (0, 0);
    for value_column in values.iter().take(3) {
        let number = |row: &SampledRow| value(row, *value_column, marks);
        let mut beside: FxHashMap<String, f64> = FxHashMap::default();
        let mut all = 0.0;
        for (at, row) in rows.iter().enumerate() {
            let Some(number) = number(row) else { continue };
            if !own.contains(&at) {
                *beside.entry(key(row)).or_default() += number;
            }
            if !is_total(row) {
                all += number;
            }
        }
        let mut before = 0;
        for at in totals.iter().take(CHECKED) {
            let Some(row) = rows.get(*at) else { continue };
            let since: f64 =
                rows.get(before..*at).unwrap_or_default().iter().filter(|row| !is_total(row)).filter_map(number).sum();
            before = *at + 1;
            let Some(total) = number(row) else { continue };
            checked += 1;
            let sums = [beside.get(&key(row)).copied().unwrap_or(f64::NAN), since, all];
            proven += usize::from(sums.into_iter().any(|sum| close(total, sum)));
        }
    }
    (checked, proven)
}

/// The column whose codes extend each other.
pub(super) fn nested(
    rows: &[SampledRow],
    profiles: &[Profile],
    columns: &[usize],
    keys: &[usize],
    values: &[usize],
    marks: Marks,
) -> Option<Nested> {
    let mut best: Option<Nested> = None;
    for column in columns {
        let Some(profile) = profiles.get(*column).filter(|p| !p.more() && p.longest <= 24) else { continue };
        for separator in ['_', '.', '-', '/'] {
            let known: FxHashSet<&str> = profile.labels.iter().map(|label| label.text.as_str()).collect();
            let mut parents: FxHashSet<&str> = FxHashSet::default();
            let (mut children, mut orphans, mut example) = (0, 0, None);
            for label in &profile.labels {
                let Some((parent, _)) = label.text.rsplit_once(separator) else { continue };
                if known.contains(parent) {
                    children += 1;
                    parents.insert(parent);
                    example.get_or_insert_with(|| (parent.to_owned(), label.text.clone()));
                } else {
                    orphans += 1;
                }
            }
            let Some(example) = example.filter(|_| children >= 3 && children >= orphans) else { continue };
            let (checked, proven) = prove_nested(rows, *column, separator, &parents, keys, values, marks);
            let nested = Nested { column: *column, separator, example, parents: parents.len(), checked, proven };
            if best.as_ref().is_none_or(|best| nested.parents > best.parents) {
                best = Some(nested);
            }
        }
    }
    best
}

fn prove_nested(
    rows: &[SampledRow],
    column: usize,
    separator: char,
    parents: &FxHashSet<&str>,
    keys: &[usize],
    values: &[usize],
    marks: Marks,
) -> (usize, usize) {
    let Some(first) = values.first() else { return (0, 0) };
    let others: Vec<usize> = keys.iter().copied().filter(|key| *key != column).collect();
    let key = |row: &SampledRow| others.iter().map(|key| row.text(*key)).collect::<Vec<_>>().join("\u{1f}");
    let mut sums: FxHashMap<(String, &str), f64> = FxHashMap::default();
    for row in rows {
        let code = row.text(column);
        if let (Some((parent, _)), Some(value)) = (code.rsplit_once(separator), value(row, *first, marks))
            && parents.contains(parent)
        {
            *sums.entry((key(row), parent)).or_default() += value;
        }
    }
    let (mut checked, mut proven) = (0, 0);
    for row in rows.iter().filter(|row| parents.contains(row.text(column))) {
        let (Some(sum), Some(value)) = (sums.get(&(key(row), row.text(column))), value(row, *first, marks)) else {
            continue;
        };
        checked += 1;
        proven += usize::from(close(*sum, value));
        if checked >= CHECKED {
            break;
        }
    }
    (checked, proven)
}

/// Whether a column of values is, row by row, the sum of others; with how many rows show it.
pub(super) fn is_sum_of(rows: &[SampledRow], column: usize, others: &[usize], marks: Marks) -> Option<usize> {
    let (mut same, mut shown) = (0, 0);
    for row in rows.iter().take(CHECKED) {
        let Some(total) = value(row, column, marks) else { continue };
        let parts: Vec<f64> = others.iter().filter_map(|other| value(row, *other, marks)).collect();
        if parts.is_empty() {
            continue;
        }
        shown += 1;
        same += usize::from(close(total, parts.iter().sum()));
    }
    (shown >= 3 && same * 100 >= shown * 95).then_some(same)
}
