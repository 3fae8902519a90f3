//! Findings: rows of the table `finding`, and the account of them for people.

use std::fmt::Write as _;

use polars::prelude::DataFrame;
use quipu_schema::digest::Hasher;
use quipu_schema::finding::{Check, Severity};
use quipu_schema::locator::{Columns, Locator};
use quipu_schema::table;
use quipu_schema::{Digest, Fault, Result};
use quipu_store::Found;

use super::draft::{Told, shown};
use super::panel::{Cell, KEY, State};
use super::sight::{BREAKDOWN, CRIME, INDICATOR, REF_AREA, SEX, Sight};
use crate::frame::{self, Value, clip};
use crate::observe::TEXTS;
use crate::period::{Period, days};

/// How many findings of a check the account names.
const NAMED: usize = 3;

/// One finding of a check on a source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    pub(crate) check: Check,
    pub(crate) severity: Severity,
    /// What names the series of the worst place, in the order of the text columns; empty for null.
    pub(crate) key: [String; KEY],
    pub(crate) period: Option<Period>,
    pub(crate) message: String,
    pub(crate) expected: Option<f64>,
    pub(crate) found: Option<f64>,
    /// How many places it is about.
    pub(crate) places: u64,
    /// The values that show it, one a line.
    pub(crate) evidence: Option<String>,
    /// Why it is as grave as it is, where the pipeline file says.
    pub(crate) reason: Option<String>,
    pub(crate) source: String,
    pub(crate) document: Digest,
    pub(crate) locator: Columns,
}

/// What the findings of one check on one source have in common.
pub(super) struct About<'a> {
    pub(super) source: &'a str,
    pub(super) documents: &'a [Digest],
    pub(super) check: Check,
    pub(super) severity: Severity,
    pub(super) reason: Option<String>,
}

impl About<'_> {
    /// The finding of what a check told.
    pub(super) fn of(&self, sight: &Sight<'_>, told: Told) -> Finding {
        let first = told.draft.evidence.first();
        let key = first.and_then(|cell| sight.key_of(cell));
        let text = |column: usize| key.map(|key| sight.text(key, column).to_owned()).unwrap_or_default();
        let lines: Vec<String> = told.draft.evidence.iter().map(|cell| self.line(sight, cell)).collect();
        let place = first.and_then(|cell| cell.place.columns(&sight.panel.parts));
        let document = first.and_then(|cell| self.document(cell)).or(self.documents.first());
        Finding {
            check: self.check,
            severity: self.severity,
            key: std::array::from_fn(text),
            period: first.and_then(|cell| sight.period(cell)).copied(),
            message: told.draft.message,
            expected: told.draft.expected,
            found: told.draft.found,
            places: told.places,
            evidence: Some(lines.join("\n")).filter(|lines| !lines.is_empty()),
            reason: self.reason.clone(),
            source: self.source.to_owned(),
            document: document.copied().unwrap_or_else(|| Digest::of([])),
            locator: place.unwrap_or_default(),
        }
    }

    /// The finding that a check has left something out.
    pub(super) fn limit(&self, message: String) -> Finding {
        Finding {
            check: self.check,
            severity: Severity::Info,
            key: Default::default(),
            period: None,
            message,
            expected: None,
            found: None,
            places: 0,
            evidence: None,
            reason: self.reason.clone(),
            source: self.source.to_owned(),
            document: self.documents.first().copied().unwrap_or_else(|| Digest::of([])),
            locator: Columns::default(),
        }
    }

    fn document(&self, cell: &Cell) -> Option<&Digest> {
        self.documents.get(usize::from(cell.place.document))
    }

    /// One value as evidence: the key of its row as `quipu trace` takes it, the value, the place.
    fn line(&self, sight: &Sight<'_>, cell: &Cell) -> String {
        let mut pairs = Vec::new();
        if let (Some(key), Some(period)) = (sight.key_of(cell), sight.period(cell)) {
            for (column, name) in TEXTS.iter().enumerate().take(KEY) {
                let text = sight.text(key, column);
                if !text.is_empty() {
                    pairs.push(format!("{name}={text}"));
                }
            }
            pairs.push(format!("time_start={}", period.start));
            pairs.push(format!("vintage={}", sight.vintage(cell)));
        }
        let value = match cell.state {
            State::Known => shown(cell.value),
            State::Missing => "blank".to_owned(),
            State::Hidden => "not shown".to_owned(),
        };
        let mut line = format!("{} = {value}", pairs.join(","));
        if let Some(document) = self.document(cell) {
            let _ = write!(line, " @ {document}");
            let locator = cell.place.columns(&sight.panel.parts).and_then(|columns| Locator::from_columns(&columns));
            if let Some(locator) = locator {
                let _ = write!(line, " {locator}");
            }
        }
        line
    }
}

impl Finding {
    /// The worst place, for people.
    pub(crate) fn place(&self) -> String {
        let text = |column: usize| self.key.get(column).map(String::as_str).unwrap_or_default();
        let mut words: Vec<String> = vec![text(INDICATOR).to_owned(), text(REF_AREA).to_owned()];
        if !text(CRIME).is_empty() {
            words.push(format!("crime {}", text(CRIME)));
        }
        words.extend([text(SEX), text(BREAKDOWN)].into_iter().filter(|text| !text.starts_with("_T")).map(clip));
        if let Some(period) = &self.period {
            let start = period.start.to_string();
            let length = match period.freq {
                "A" => 4,
                "D" | "W" => 10,
                _ => 7,
            };
            words.push(start.get(..length).unwrap_or(&start).to_owned());
        }
        words.retain(|word| !word.is_empty());
        if words.is_empty() { "the source as a whole".to_owned() } else { words.join(", ") }
    }

    /// Its id: of the check and what it speaks of, never of what was found there.
    fn id(&self) -> String {
        let mut hasher = Hasher::default();
        hasher.part("check", self.check.word()).part("source", &self.source);
        for (name, text) in TEXTS.iter().zip(&self.key) {
            hasher.part(name, text);
        }
        match &self.period {
            Some(period) => hasher.part("period", format!("{} {} {}", period.start, period.end, period.freq)),
            None => hasher.part("message", &self.message),
        };
        hasher.part("document", self.document.to_string());
        let digest = hasher.finish().to_string();
        digest.get(..16).unwrap_or(&digest).to_owned()
    }

    fn value(&self, column: &str) -> Option<Value> {
        let text = |text: &str| Some(text).filter(|text| !text.is_empty()).map(|text| Value::Text(text.to_owned()));
        if let Some((_, own)) = TEXTS.iter().zip(&self.key).find(|(name, _)| **name == column) {
            return text(own);
        }
        match column {
            "finding" => text(&self.id()),
            "check" => text(self.check.word()),
            "severity" => text(self.severity.word()),
            "time_start" => self.period.map(|period| Value::Date(days(period.start))),
            "time_end" => self.period.map(|period| Value::Date(days(period.end))),
            "message" => text(&self.message),
            "expected" => self.expected.map(Value::Float),
            "found" => self.found.map(Value::Float),
            "ratio" => {
                let ratio = self.found? / self.expected.filter(|expected| *expected != 0.0)?;
                ratio.is_finite().then_some(Value::Float(ratio))
            }
            "places" => Some(Value::UInt(self.places)),
            "evidence" => self.evidence.as_deref().and_then(text),
            "reason" => self.reason.as_deref().and_then(text),
            table::DOCUMENT_ID => text(&self.document.to_string()),
            table::SOURCE => text(&self.source),
            table::LOC_PART => self.locator.part.as_deref().and_then(text),
            table::LOC_ROW => self.locator.row.map(Value::UInt),
            table::LOC_COL => self.locator.col.map(|column| Value::UInt(column.into())),
            table::LOC_START => self.locator.start.map(Value::UInt),
            table::LOC_END => self.locator.end.map(Value::UInt),
            _ => None,
        }
    }
}

/// The findings as the table `finding`.
pub(crate) fn frame(findings: &[Finding]) -> Result<DataFrame> {
    let table = table::find("finding").ok_or_else(|| Fault::bug("no table `finding`"))?;
    let mut rows: Vec<(&Finding, String)> = findings.iter().map(|finding| (finding, finding.id())).collect();
    let start = |finding: &Finding| finding.period.map(|period| period.start);
    rows.sort_by(|(a, id), (b, other)| {
        let word = |finding: &Finding| finding.check.word();
        (word(a), &a.key, start(a), id).cmp(&(word(b), &b.key, start(b), other))
    });
    let rows = rows.into_iter().map(|(row, _)| table.all_columns().map(|column| row.value(column.name)).collect());
    frame::from_rows(table, rows.collect())
}

/// The findings for people: by severity and check, the first few with their place.
pub(crate) fn account(findings: &[Finding]) -> Vec<Found> {
    let mut account: Vec<((Severity, Check), Found)> = Vec::new();
    for finding in findings {
        let which = (finding.severity, finding.check);
        let at = account.iter().position(|(held, _)| *held == which).unwrap_or_else(|| {
            let (check, severity) = (finding.check.word().to_owned(), finding.severity.word().to_owned());
            account.push((which, Found { check, severity, findings: 0, places: 0, first: Vec::new() }));
            account.len() - 1
        });
        let Some((_, found)) = account.get_mut(at) else { continue };
        found.findings += 1;
        found.places += finding.places;
        if found.first.len() < NAMED {
            let more =
                if finding.places > 1 { format!(" (worst of {} places)", finding.places) } else { String::new() };
            found.first.push(format!("{}: {}{more}", finding.place(), finding.message));
        }
    }
    account.sort_by_key(|((severity, check), _)| (std::cmp::Reverse(*severity), *check));
    account.into_iter().map(|(_, found)| found).collect()
}
