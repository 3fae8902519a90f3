//! How well annotated documents are read: precision, recall and F1 for each kind of row.
//!
//! The format of the truth and what is compared are described in `data/annotated/README.md`.

mod crime;
mod date;
mod event;
pub(crate) mod figure;
mod name;
mod relation;

use std::collections::BTreeMap;

use quipu_schema::{ErrorKind, Fault, Result};
use serde_json::Value;

use crate::reading::Reading;

/// A row of the truth.
#[derive(Debug, Clone)]
pub struct Truth {
    /// What sort of row.
    pub kind: String,
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// The words.
    pub phrase: String,
    fields: serde_json::Map<String, Value>,
}

impl Truth {
    /// Reads the lines of a truth file.
    ///
    /// # Errors
    /// `Config` for a line that is no row of the format.
    pub fn read(text: &str) -> Result<Vec<Self>> {
        let mut out = Vec::new();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let wrong =
                |what: &str| Fault::new(ErrorKind::Usage, format!("line {number} is no row of a truth file: {what}"));
            let Ok(Value::Object(fields)) = serde_json::from_str(line) else {
                return Err(wrong("it is no JSON object"));
            };
            let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
            let place = |name: &str| fields.get(name).and_then(Value::as_u64);
            let (Some(kind), Some(start), Some(end)) = (text("kind"), place("byte_start"), place("byte_end")) else {
                return Err(wrong("`kind`, `byte_start` or `byte_end` is missing"));
            };
            out.push(Self { kind, start, end, phrase: text("phrase").unwrap_or_default(), fields });
        }
        Ok(out)
    }

    /// A field that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.fields.get(name).and_then(Value::as_f64)
    }

    fn overlaps(&self, start: u64, end: u64) -> bool {
        self.start < end && start < self.end
    }
}

/// How one kind of row was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    /// Rows of the truth that were read right.
    pub hits: u64,
    /// Rows of the truth.
    pub truth: u64,
    /// Rows that were read.
    pub read: u64,
}

impl Score {
    /// The share of what was read that is right.
    pub fn precision(&self) -> f64 {
        share(self.hits, self.read)
    }

    /// The share of the truth that was read.
    pub fn recall(&self) -> f64 {
        share(self.hits, self.truth)
    }

    /// Harmonic mean of precision and recall.
    pub fn f1(&self) -> f64 {
        share(2 * self.hits, self.read + self.truth)
    }

    /// Adds another document's score.
    pub fn add(&mut self, other: &Self) {
        self.hits += other.hits;
        self.truth += other.truth;
        self.read += other.read;
    }
}

/// 1 where there was nothing to find and nothing was found.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// What was not read, or read and not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// Table of the score.
    pub table: &'static str,
    /// It is in the truth and was not read (so); else it was read and is not there.
    pub missing: bool,
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// The row, for people.
    pub what: String,
}

/// The scores of one document.
#[derive(Debug, Default)]
pub struct Evaluation {
    /// By table.
    pub scores: BTreeMap<&'static str, Score>,
    /// Every mistake, by table and place.
    pub misses: Vec<Miss>,
}

/// Scores the reading of a document.
pub fn evaluate(truth: &[Truth], reading: &Reading) -> Evaluation {
    let mut out = Evaluation::default();
    figure::figures(truth, reading, &mut out);
    date::dates(truth, reading, &mut out);
    crime::crimes(truth, reading, &mut out);
    name::statements(truth, reading, &mut out);
    event::events(truth, reading, &mut out);
    relation::relations(truth, reading, &mut out);
    for (kind, table) in [("person", "person"), ("organisation", "organisation"), ("place", "place")] {
        name::named(truth, reading, kind, table, &mut out);
    }
    out.misses.sort_by_key(|miss| (miss.table, miss.start, miss.missing));
    out
}

/// What is compared: rows of the truth and rows read, each matched with one of the other at most.
struct Rows<'a, T> {
    table: &'static str,
    truth: Vec<&'a Truth>,
    read: &'a [T],
    place: fn(&T) -> (u64, u64),
    same: fn(&Truth, &T) -> bool,
    show_truth: fn(&Truth) -> String,
    show: fn(&T) -> String,
}

impl<T> Rows<'_, T> {
    fn score(self, out: &mut Evaluation) {
        let mut taken = vec![false; self.read.len()];
        let score = out.scores.entry(self.table).or_default();
        score.truth += u64::try_from(self.truth.len()).unwrap_or(u64::MAX);
        score.read += u64::try_from(self.read.len()).unwrap_or(u64::MAX);
        for truth in self.truth {
            let found = self.read.iter().enumerate().position(|(at, row)| {
                let (start, end) = (self.place)(row);
                !taken.get(at).copied().unwrap_or(true) && truth.overlaps(start, end) && (self.same)(truth, row)
            });
            match found {
                Some(at) => {
                    score.hits += 1;
                    if let Some(taken) = taken.get_mut(at) {
                        *taken = true;
                    }
                }
                None => out.misses.push(Miss {
                    table: self.table,
                    missing: true,
                    start: truth.start,
                    end: truth.end,
                    what: (self.show_truth)(truth),
                }),
            }
        }
        for (row, _) in self.read.iter().zip(&taken).filter(|(_, taken)| !**taken) {
            let (start, end) = (self.place)(row);
            out.misses.push(Miss { table: self.table, missing: false, start, end, what: (self.show)(row) });
        }
    }
}

fn of<'a>(truth: &'a [Truth], kind: &str) -> Vec<&'a Truth> {
    truth.iter().filter(|row| row.kind == kind).collect()
}
