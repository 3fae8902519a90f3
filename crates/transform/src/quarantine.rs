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
    /// What is wrong, for people.
    pub(crate) message: String,
    /// How many values were not published because of it.
    pub(crate) cells: u64,
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
