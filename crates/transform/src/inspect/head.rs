//! Finding the header of a table by what its rows say: a row of distinct texts above rows whose
//! columns keep one kind of content; what stands above it is a banner, unless it names groups of
//! columns.

use std::collections::BTreeSet;

use quipu_readers::{Form, Header, SampledCell, SampledRow};
use quipu_schema::pipeline::DateOrder;
use rustc_hash::FxHashMap;

use crate::codes::fold;
use crate::observe::value::{looks_like_a_number, without_percent};
use crate::period::{self, Period};

/// Rows at the start among which the header is looked for, as the readers do.
const SEARCH: usize = 200;
/// Rows below a header by which it is judged.
const BELOW: usize = 60;
/// Most rows that a header may have.
const LEVELS: usize = 3;

/// What a single cell looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Nothing, or a text for "no value".
    Empty,
    /// A number.
    Number,
    /// A year of four digits.
    Year,
    /// A date or period.
    Date,
    /// Anything else.
    Text,
}

/// The header that was found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The header itself.
    pub(super) header: Header,
    /// Position of its first row in the sample.
    pub(super) first: usize,
    /// How many rows it has.
    pub(super) height: usize,
    /// Whether the rows below differ from it in kind, and not only in text.
    pub(super) sure: bool,
}

/// What a cell looks like; `is_missing` knows the texts for "no value".
pub(super) fn look(cell: &SampledCell, is_missing: &dyn Fn(&str) -> bool) -> Look {
    let text = cell.text.as_str();
    if text.is_empty() || is_missing(text) {
        return Look::Empty;
    }
    if cell.form == Form::Date {
        return Look::Date;
    }
    if period::year(text).is_some_and(|year| (1900..=2100).contains(&year)) {
        return Look::Year;
    }
    if looks_like_a_number(without_percent(text)) {
        return Look::Number;
    }
    if text.starts_with(['<', '>', '≤', '≥']) {
        return Look::Number;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let dated = digits >= 2 && text.len() <= 40 && Period::parse(text, DateOrder::DayFirst).is_some();
    let month_first = || digits >= 4 && text.len() <= 30 && Period::parse(text, DateOrder::MonthFirst).is_some();
    if dated || month_first() { Look::Date } else { Look::Text }
}

/// Finds the header among the first rows.
pub(super) fn find(rows: &[SampledRow], is_missing: &dyn Fn(&str) -> bool) -> Option<Found> {
    let searched = rows.get(..rows.len().min(SEARCH + BELOW)).unwrap_or(rows);
    let looks: Vec<Vec<Look>> =
        searched.iter().map(|row| row.cells.iter().map(|cell| look(cell, is_missing)).collect()).collect();
    let width = searched.iter().map(|row| row.cells.len()).max()?;
    let mut best: Option<(f64, usize, bool)> = None;
    for at in 0..searched.len().min(SEARCH) {
        let Some((score, sure)) = score(searched, &looks, at, width) else { continue };
        if best.is_none_or(|(most, ..)| score > most + 1e-9) {
            best = Some((score, at, sure));
        }
    }
    let (score, last, sure) = best?;
    if score <= 0.0 {
        return None;
    }
    let mut first = last;
    while last - first + 1 < LEVELS && is_level(searched, &looks, first, last) {
        first -= 1;
    }
    let heads: Vec<_> = rows.get(first..=last)?.iter().map(SampledRow::head).collect();
    let mut header = Header::of(&heads);
    header.preamble =
        rows.get(..first)?.iter().map(|row| (row.number, row.cells.iter().map(|c| c.text.clone()).collect())).collect();
    Some(Found { header, first, height: last - first + 1, sure })
}

/// How much a row looks like a header of what stands below it; and whether kinds tell, not texts alone.
fn score(rows: &[SampledRow], looks: &[Vec<Look>], at: usize, width: usize) -> Option<(f64, bool)> {
    let of = |row: usize, column: usize| looks.get(row).and_then(|row| row.get(column)).copied().unwrap_or(Look::Empty);
    let row = rows.get(at)?;
    let filled = (0..width).filter(|column| !row.text(*column).is_empty()).count();
    if filled < 2 {
        return None;
    }
    let below = at + 1..rows.len().min(at + 1 + BELOW);
    if below.is_empty() {
        return None;
    }
    let (mut score, mut sure) = (0.0, false);
    for column in 0..width {
        let (mut empty, mut values, mut years, mut texts, mut repeated) = (0_u32, 0_u32, 0_u32, 0_u32, false);
        let own = fold(row.text(column));
        for row in below.clone() {
            match of(row, column) {
                Look::Empty => empty += 1,
                Look::Year => years += 1,
                Look::Number | Look::Date => values += 1,
                Look::Text => {
                    texts += 1;
                    repeated |= rows.get(row).is_some_and(|row| fold(row.text(column)) == own);
                }
            }
        }
        let all = values + years + texts;
        if all == 0 {
            // A column that is empty below says a little for a name above.
            score += if of(at, column) == Look::Text { 0.2 } else { 0.0 };
            continue;
        }
        let valued = (values + years) * 10 >= all * 6;
        let yearly = years * 10 >= all * 8;
        score += match (of(at, column), valued) {
            // A blank, or a text such as `#`, may still be a name; a blank above values seldom is.
            (Look::Empty, _) if row.text(column).is_empty() => -0.6,
            (Look::Empty, _) => 0.0,
            (Look::Text, true) => {
                sure = true;
                2.0
            }
            (Look::Text, false) if repeated => -1.0,
            (Look::Text, false) => 0.5,
            (Look::Year, true) if !yearly => 2.0,
            (Look::Date, true) if values > 0 && !is_dated(looks, below.clone(), column) => 2.0,
            (Look::Year | Look::Date | Look::Number, true) => -2.0,
            (Look::Year | Look::Date | Look::Number, false) => -0.5,
        };
        let _ = empty;
    }
    let mut seen = BTreeSet::new();
    let repeats = row.cells.iter().filter(|cell| !cell.text.is_empty() && !seen.insert(fold(&cell.text))).count();
    score -= 0.3 * repeats as f64;
    // What is one text over all columns is a title.
    if seen.len() < 2 {
        return None;
    }
    Some((score, sure))
}

fn is_dated(looks: &[Vec<Look>], rows: std::ops::Range<usize>, column: usize) -> bool {
    let of = |row: usize| looks.get(row).and_then(|row| row.get(column)).copied();
    let dates = rows.clone().filter(|row| of(*row) == Some(Look::Date)).count();
    dates * 2 > rows.filter(|row| of(*row).is_some_and(|look| look != Look::Empty)).count()
}

/// Whether the row above a header is a level of it: it stands directly above, speaks of some columns,
/// and tells apart what the header below does not, or is a run of years or months.
fn is_level(rows: &[SampledRow], looks: &[Vec<Look>], first: usize, last: usize) -> bool {
    let Some(at) = first.checked_sub(1) else { return false };
    let (Some(above), Some(top)) = (rows.get(at), rows.get(first)) else { return false };
    let texts: BTreeSet<&str> = above.cells.iter().map(|c| c.text.as_str()).filter(|t| !t.is_empty()).collect();
    let beyond_first = above.cells.iter().skip(1).any(|cell| !cell.text.is_empty());
    if above.number + 1 != top.number || texts.is_empty() || !beyond_first {
        return false;
    }
    let filled = above.cells.iter().filter(|cell| !cell.text.is_empty()).count();
    if texts.len() == 1 && filled > 1 && filled == above.cells.len() {
        return false;
    }
    let numbers = looks.get(at).map_or(0, |looks| looks.iter().filter(|look| **look == Look::Number).count());
    if numbers > 0 {
        return false;
    }
    let names = |from: usize| {
        let heads: Vec<_> = rows.get(from..=last).unwrap_or_default().iter().map(SampledRow::head).collect();
        unclear(&Header::of(&heads).names)
    };
    names(at) < names(first)
}

/// How many names are blank or stand for several columns.
fn unclear(names: &[String]) -> usize {
    let mut counts: FxHashMap<String, usize> = FxHashMap::default();
    for name in names {
        *counts.entry(fold(name)).or_default() += 1;
    }
    counts.iter().map(|(name, count)| if name.is_empty() { *count } else { count - 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &[&str]) -> Vec<SampledRow> {
        let row = |(line, number): (&&str, u64)| SampledRow {
            number,
            cells: line.split('|').map(|t| SampledCell { text: t.trim().to_owned(), form: Form::Printed }).collect(),
            gap: false,
        };
        lines.iter().zip(1..).filter(|(line, _)| !line.is_empty()).map(row).collect()
    }

    fn found(lines: &[&str]) -> (u64, usize, Vec<String>) {
        let found = find(&rows(lines), &|text| text == "nd").expect("a header");
        (found.header.line, found.height, found.header.names)
    }

    #[test]
    fn below_a_banner() {
        let (line, height, names) = found(&[
            "MINISTERIO DEL INTERIOR||",
            "Denuncias por departamento, 2019-2020||",
            "",
            "Departamento|2019|2020",
            "Amazonas|12|nd",
            "Lima|1 204|1 340",
        ]);
        assert_eq!((line, height), (4, 1));
        assert_eq!(names, ["Departamento", "2019", "2020"]);
    }

    #[test]
    fn two_levels_that_need_each_other() {
        let (line, height, names) = found(&[
            "Homicides||||",
            "Country|2019||2020|",
            "|Count|Rate|Count|Rate",
            "Chile|845|4.4|939|4.8",
            "Peru|2500|7.6|1800|5.4",
        ]);
        assert_eq!((line, height), (2, 2));
        assert_eq!(names, ["Country", "2019 / Count", "2019 / Rate", "2020 / Count", "2020 / Rate"]);
    }

    #[test]
    fn texts_alone() {
        let (line, _, names) = found(&["name|colour|note", "a|red|x", "b|blue|y", "c|red|z"]);
        assert_eq!((line, names.len()), (1, 3));
        // Data above data is no header.
        assert!(find(&rows(&["1|2", "3|4", "5|6"]), &|_| false).is_none());
    }
}
