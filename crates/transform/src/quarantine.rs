//! Rows of the table `quarantine`: what was read but not published, and where it stands.

use polars::prelude::DataFrame;
use quipu_schema::locator::Locator;
use quipu_schema::quarantine::Reason;
use quipu_schema::table::{self, Table};
use quipu_schema::{Digest, Fault, Result};

use crate::frame::{self, Value};

/// One thing that was not published.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rejected {
    /// The document it stands in.
    pub(crate) document: Digest,
    /// Where.
    pub(crate) locator: Locator,
    /// Why.
    pub(crate) reason: Reason,
    /// The table column that refused it.
    pub(crate) column: Option<&'static str>,
    /// The text as printed, unless it is personal.
    pub(crate) raw: Option<String>,
    /// The record it stands in, where there is room for it.
    pub(crate) record: Option<String>,
    /// The label that no list knows.
    pub(crate) unknown: Option<Unknown>,
    /// What is wrong, for people.
    pub(crate) message: String,
    /// How many values were not published because of it.
    pub(crate) cells: u64,
}

/// A label that was looked up in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unknown {
    /// The list.
    pub(crate) list: String,
    /// Its scheme, where one was asked for.
    pub(crate) scheme: Option<String>,
    /// The label, unless it is personal.
    pub(crate) label: Option<String>,
}

/// The room for the records of a source: they lie in memory until it is read. What comes first is
/// kept, so that neither threads nor pieces decide.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    left: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { left: 32 << 20 }
    }
}

impl Room {
    /// The record, while there is room; once there is none, there is none for any that follows.
    pub(crate) fn keep(&mut self, record: String) -> Option<String> {
        self.left = self.left.saturating_sub(record.len());
        (self.left > 0).then_some(record)
    }
}

/// What is said where a message would quote what is personal.
pub(crate) fn withheld(column: &str) -> String {
    format!("`{column}` is refused; its text is personal and not kept")
}

/// What is refused most, for messages: the commonest texts, each with the place where it is met first.
pub(crate) fn examples(rejected: &[Rejected]) -> String {
    const SHOWN: usize = 3;
    // Texts that differ in a value alone are shown once.
    let mut kinds: Vec<(&Rejected, u64)> = Vec::new();
    let mut found: rustc_hash::FxHashMap<&str, usize> = rustc_hash::FxHashMap::default();
    for own in rejected {
        let at = *found.entry(&own.message).or_insert_with(|| {
            kinds.push((own, 0));
            kinds.len() - 1
        });
        if let Some((_, cells)) = kinds.get_mut(at) {
            *cells += own.cells;
        }
    }
    kinds.sort_by(|(_, one), (_, other)| other.cmp(one));
    let shown: Vec<String> =
        kinds.iter().take(SHOWN).map(|(own, _)| format!("{} ({})", own.message, own.locator)).collect();
    shown.join("; ")
}

/// How many lines a message names.
const NAMED: usize = 5;

/// `lines 3, 9, 12`, with no more than a few of them named: a message stands in every row it is about.
pub(crate) fn lines_named(lines: &[u64]) -> String {
    let named: Vec<String> = lines.iter().take(NAMED).map(u64::to_string).collect();
    match lines.len().saturating_sub(NAMED) {
        0 => format!("lines {}", named.join(", ")),
        more => format!("lines {} and {more} more", named.join(", ")),
    }
}

/// The locator's five columns as values.
pub(crate) fn locator_values(locator: &Locator) -> [Option<Value>; 5] {
    let columns = locator.to_columns();
    [
        columns.part.map(Value::Text),
        columns.row.map(Value::UInt),
        columns.col.map(|c| Value::UInt(c.into())),
        columns.start.map(Value::UInt),
        columns.end.map(Value::UInt),
    ]
}

/// The table `quarantine` of these rows, meant for `target`.
pub(crate) fn to_frame(source: &str, target: &Table, rejected: &[Rejected]) -> Result<DataFrame> {
    let table = table::find("quarantine").ok_or_else(|| Fault::bug("no table `quarantine`"))?;
    let mut rows: Vec<&Rejected> = rejected.iter().collect();
    rows.sort_by(|a, b| {
        let place = |r: &Rejected| (r.document, r.locator.to_columns().row, r.locator.bytes(), r.reason);
        place(a).cmp(&place(b)).then_with(|| a.message.cmp(&b.message))
    });
    let rows = rows.into_iter().map(|row| {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let mut values = vec![
            text(target.name),
            text(row.reason.code()),
            row.column.and_then(text),
            row.raw.as_deref().and_then(text),
            row.record.as_deref().and_then(text),
            row.unknown.as_ref().and_then(|unknown| text(&unknown.list)),
            row.unknown.as_ref().and_then(|unknown| unknown.scheme.as_deref().and_then(text)),
            row.unknown.as_ref().and_then(|unknown| unknown.label.as_deref().and_then(text)),
            text(&row.message),
            Some(Value::UInt(row.cells)),
            text(&row.document.to_string()),
            text(source),
        ];
        values.extend(locator_values(&row.locator));
        values
    });
    frame::from_rows(table, rows.collect())
}
