//! One event, joined from the rows of all reports that tell of it.
//!
//! Operations are one where their series is the same (translated names among them) and nothing speaks against it: not
//! their number, and not their years. Conferences are called by other names in every language: they are one where
//! number and place, or number and days, are the same.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use quipu_prose::series;

use super::rows::{Event, Rows};

/// An event of several reports. Numbers are places in [`Rows::events`].
#[derive(Debug, Clone, Default)]
pub(super) struct Occurrence {
    pub(super) id: String,
    pub(super) rows: Vec<usize>,
}

/// Days that two reports of one event may lie apart where nothing else tells its year.
const APART: i32 = 300;
/// How alike two names of a series have to be, of 1.
const ALIKE: f64 = 0.88;

/// The events of all reports, in a steady order.
pub(super) fn join(rows: &Rows) -> Vec<Occurrence> {
    let mut out: Vec<Occurrence> = Vec::new();
    for (number, event) in rows.events.iter().enumerate() {
        let known = out.iter_mut().find(|occurrence| {
            occurrence.rows.iter().filter_map(|at| rows.events.get(*at)).any(|other| same(rows, event, other))
        });
        match known {
            Some(occurrence) => occurrence.rows.push(number),
            None => out.push(Occurrence { id: String::new(), rows: vec![number] }),
        }
    }
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for occurrence in &mut out {
        let Some(first) = occurrence.rows.first().and_then(|at| rows.events.get(*at)) else { continue };
        let edition = occurrence.rows.iter().find_map(|at| rows.events.get(*at)?.edition);
        let mut id = format!("{}:{}", first.kind, series(&first.name));
        if let Some(edition) = edition {
            id = format!("{id}:{edition}");
        } else if let Some(year) = commonest(years(rows, occurrence)) {
            id = format!("{id}:{year}");
        }
        let before = taken.entry(id.clone()).or_insert(0);
        *before += 1;
        occurrence.id = if *before == 1 { id } else { format!("{id}#{before}") };
    }
    out
}

fn years(rows: &Rows, occurrence: &Occurrence) -> Vec<i16> {
    occurrence.rows.iter().filter_map(|at| year(rows, rows.events.get(*at)?)).collect()
}

/// The year of an event: its own, else its report's.
fn year(rows: &Rows, event: &Event) -> Option<i16> {
    let day = event.start.or_else(|| rows.reports.get(&event.at.document)?.published)?;
    Some(day.year())
}

/// What is there most often; of equals the first in order.
pub(super) fn commonest<T: Ord + Clone>(all: Vec<T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    let most = counts.values().max().copied()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(one, _)| one)
}

fn near(rows: &Rows, a: &Event, b: &Event) -> bool {
    let day = |event: &Event| event.start.or_else(|| rows.reports.get(&event.at.document)?.published);
    match (day(a), day(b)) {
        (Some(a), Some(b)) => days_between(a, b) <= APART,
        _ => true,
    }
}

fn days_between(a: Date, b: Date) -> i32 {
    a.since(b).map_or(i32::MAX, |span| span.get_days().abs())
}

/// Whether two rows tell of one event.
fn same(rows: &Rows, a: &Event, b: &Event) -> bool {
    if a.kind != b.kind || a.edition.zip(b.edition).is_some_and(|(a, b)| a != b) {
        return false;
    }
    let (one, other) = (series(&a.name), series(&b.name));
    let alike = one == other || strsim::jaro_winkler(&one, &other) >= ALIKE;
    let numbered = a.edition.is_some() && a.edition == b.edition;
    match a.kind.as_str() {
        // A numbered operation is one whatever year a report gives; an unnumbered one recurs.
        "operation" => alike && (numbered || near(rows, a, b)),
        "conference" | "congress" => {
            let place = a.place.is_some() && a.place == b.place;
            let days = a.start.is_some() && a.start == b.start && a.end == b.end;
            let general = |name: &str| name.split(' ').count() < 2;
            numbered && (alike || place || days)
                || alike && !general(&one) && near(rows, a, b) && a.edition == b.edition
                || place && days
        }
        // "agreement", "office": too general a name to join by.
        _ => a.at.document == b.at.document && alike && a.start == b.start,
    }
}

/// The occurrence that each report is about: its only operation, else its only conference.
pub(super) fn main_events(rows: &Rows, occurrences: &[Occurrence]) -> BTreeMap<String, usize> {
    let mut by_document: BTreeMap<&str, BTreeMap<&str, BTreeSet<usize>>> = BTreeMap::new();
    for (number, occurrence) in occurrences.iter().enumerate() {
        for event in occurrence.rows.iter().filter_map(|at| rows.events.get(*at)) {
            let kinds = by_document.entry(&event.at.document).or_default();
            kinds.entry(&event.kind).or_default().insert(number);
        }
    }
    let only = |kinds: &BTreeMap<&str, BTreeSet<usize>>, kind: &str| {
        kinds.get(kind).filter(|numbers| numbers.len() == 1).and_then(|numbers| numbers.first().copied())
    };
    let main = |kinds: &BTreeMap<&str, BTreeSet<usize>>| match only(kinds, "operation") {
        Some(number) => Some(number),
        None if kinds.contains_key("operation") => None,
        None => only(kinds, "conference").or_else(|| only(kinds, "congress")),
    };
    by_document.iter().filter_map(|(document, kinds)| Some(((*document).to_owned(), main(kinds)?))).collect()
}

/// The name of an event with its number, as `figure` has it.
pub(super) fn title(event: &Event) -> String {
    event.edition.map_or_else(|| event.name.clone(), |edition| format!("{} {edition}", event.name))
}
