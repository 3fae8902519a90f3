//! What stands in quarantine, read back for people: rows, and groups of rows that one line of a list or
//! of the pipeline file would mend.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use quipu_schema::locator::{Columns, Locator};
use quipu_schema::pipeline::{Pipeline, Source};
use quipu_schema::quarantine::Reason;
use quipu_schema::{Digest, Fault, Result};
use quipu_store::{Ledger, Store};

use crate::codes::Reference;
use crate::frame::clip;
use crate::produce::attempt;
use crate::stage::{STAGE, editions};

/// A row of the table `quarantine`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The source.
    pub source: String,
    /// The document it stands in.
    pub document: String,
    /// Where.
    pub locator: Option<Locator>,
    /// The table it was meant for.
    pub table: String,
    /// Reason code.
    pub reason: String,
    /// The table column that refused it.
    pub column: Option<String>,
    /// The text as printed, unless it may be about a person.
    pub raw: Option<String>,
    /// The cells of the record as JSON, personal ones masked.
    pub record: Option<String>,
    /// The list in which a label was looked up.
    pub list: Option<String>,
    /// The scheme of that list.
    pub scheme: Option<String>,
    /// The label that the list does not know.
    pub label: Option<String>,
    /// What is wrong, for people.
    pub message: String,
    /// How many values were not published with it.
    pub cells: u64,
}

/// Rows that were refused for the same reason and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The source.
    pub source: String,
    /// Reason code.
    pub reason: String,
    /// The table column that refused them.
    pub column: Option<String>,
    /// The list in which the label was looked up.
    pub list: Option<String>,
    /// The scheme of that list.
    pub scheme: Option<String>,
    /// The label, or the text that could not be read, where it is the cause.
    pub text: Option<String>,
    /// How many rows of the quarantine.
    pub rows: u64,
    /// How many values.
    pub cells: u64,
    /// What is wrong with the first of them.
    pub message: String,
    /// Where the first of them stands.
    pub first: Option<Locator>,
}

/// The quarantine of one source.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Its rows, in the order of the table.
    pub rows: Vec<Refused>,
    /// The areas that its other rows are about.
    pub areas: Vec<String>,
    /// Whether these are the published tables. Else the last captures were never published (their
    /// contract blocks them, or nobody has run the pipeline since), and were read again for this.
    pub published: bool,
}

/// The quarantine of a source as published; where its last captures are not published, as it would be.
/// `None` where the source was never captured.
///
/// # Errors
/// A store that is damaged; documents whose shape the mapping does not fit.
pub fn gather(
    store: &Store,
    ledger: &Ledger,
    pipeline: &Pipeline,
    source: &Source,
    reference: &Reference,
) -> Result<Option<Gathered>> {
    let editions = editions(ledger, &pipeline.name, source, None)?;
    let snapshot = store.current(&pipeline.name, STAGE)?;
    let state = snapshot.as_ref().and_then(|snapshot| snapshot.sources.get(&source.id));
    let current = editions.iter().filter(|edition| edition.earlier == 0).map(|edition| edition.capture.digest);
    let is_published = state.is_some_and(|state| current.clone().all(|digest| state.documents.contains(&digest)));
    let mut gathered = Gathered { published: is_published, ..Gathered::default() };
    match snapshot.filter(|_| is_published) {
        Some(snapshot) => {
            for part in snapshot.parts.iter().filter(|part| part.source.as_deref() == Some(source.id.as_str())) {
                match part.table.as_str() {
                    "quarantine" => gathered.rows.extend(rows(&store.read_table(part)?)?),
                    "observation" => areas(&store.read_table(part)?, &mut gathered.areas)?,
                    _ => {}
                }
            }
        }
        None if editions.is_empty() => return Ok(None),
        None => {
            for (table, frame) in attempt(store, source, &editions, reference)?.into_iter().flat_map(|made| made.tables)
            {
                match table.name {
                    "quarantine" => gathered.rows.extend(rows(&frame)?),
                    "observation" => areas(&frame, &mut gathered.areas)?,
                    _ => {}
                }
            }
        }
    }
    gathered.areas.sort();
    gathered.areas.dedup();
    Ok(Some(gathered))
}

/// The distinct areas of observations; neighbours are mostly the same.
fn areas(frame: &DataFrame, found: &mut Vec<String>) -> Result<()> {
    let texts = Texts(frame);
    let mut seen: std::collections::BTreeSet<String> = found.drain(..).collect();
    for row in 0..frame.height() {
        if let Some(area) = texts.get("ref_area", row)?
            && !seen.contains(area)
        {
            seen.insert(area.to_owned());
        }
    }
    found.extend(seen);
    Ok(())
}

/// Reads cells of a frame.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'f>(pub(crate) &'f DataFrame);

impl<'f> Texts<'f> {
    /// A text.
    pub(crate) fn get(self, column: &str, row: usize) -> Result<Option<&'f str>> {
        let column = self.0.column(column).and_then(|column| column.str());
        Ok(column.map_err(broken)?.get(row))
    }

    /// A number.
    pub(crate) fn number(self, column: &str, row: usize) -> Result<Option<u64>> {
        let column = self.0.column(column).and_then(|column| column.u64());
        Ok(column.map_err(broken)?.get(row))
    }

    /// The document and the locator of a row.
    pub(crate) fn place(self, row: usize) -> Result<(Option<&'f str>, Option<Locator>)> {
        let col = self.0.column("loc_col").and_then(|column| column.u32()).map_err(broken)?.get(row);
        let locator = Locator::from_columns(&Columns {
            part: self.get("loc_part", row)?.map(str::to_owned),
            row: self.number("loc_row", row)?,
            col,
            start: self.number("loc_start", row)?,
            end: self.number("loc_end", row)?,
        });
        Ok((self.get("document_id", row)?, locator))
    }
}

fn broken(error: polars::prelude::PolarsError) -> Fault {
    Fault::bug("a table does not have the columns of its definition").because(error)
}

/// The rows of a table `quarantine`.
///
/// # Errors
/// A frame with other columns.
pub(crate) fn rows(frame: &DataFrame) -> Result<Vec<Refused>> {
    let texts = Texts(frame);
    let mut out = Vec::with_capacity(frame.height());
    for row in 0..frame.height() {
        let text = |column: &str| texts.get(column, row).map(|text| text.map(str::to_owned));
        let (document, locator) = texts.place(row)?;
        out.push(Refused {
            source: text("source")?.unwrap_or_default(),
            document: document.unwrap_or_default().to_owned(),
            locator,
            table: text("table")?.unwrap_or_default(),
            reason: text("reason")?.unwrap_or_default(),
            column: text("column")?,
            raw: text("raw")?,
            record: text("record")?,
            list: text("list")?,
            scheme: text("scheme")?,
            label: text("label")?,
            message: text("message")?.unwrap_or_default(),
            cells: texts.number("cells", row)?.unwrap_or_default(),
        });
    }
    Ok(out)
}

/// Whether the text at the place is what is wrong.
fn is_about_a_text(reason: &str) -> bool {
    [Reason::BadValue, Reason::OutOfRange, Reason::UnknownCode, Reason::BadPeriod, Reason::BadEncoding]
        .iter()
        .any(|about| about.code() == reason)
}

/// Rows by source, reason, column and text, those with most values first.
pub fn groups(rows: &[Refused]) -> Vec<Group> {
    type Key<'r> = (&'r str, &'r str, Option<&'r str>, Option<&'r str>, Option<&'r str>, Option<String>);
    let mut groups: BTreeMap<Key<'_>, Group> = BTreeMap::new();
    for row in rows {
        let text = row.label.clone().or_else(|| {
            let raw = row.raw.as_deref().filter(|_| is_about_a_text(&row.reason));
            raw.map(|raw| clip(raw.trim()))
        });
        let (list, scheme) = (row.list.as_deref(), row.scheme.as_deref());
        let key = (row.source.as_str(), row.reason.as_str(), row.column.as_deref(), list, scheme, text.clone());
        let group = groups.entry(key).or_insert_with(|| Group {
            source: row.source.clone(),
            reason: row.reason.clone(),
            column: row.column.clone(),
            list: row.list.clone(),
            scheme: row.scheme.clone(),
            text,
            rows: 0,
            cells: 0,
            message: row.message.clone(),
            first: row.locator.clone(),
        });
        group.rows += 1;
        group.cells += row.cells;
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    // The order of the keys stays among equals.
    groups.sort_by_key(|group| std::cmp::Reverse(group.cells));
    groups
}

/// A document's digest, cut for people.
pub fn short(document: &str) -> String {
    document.parse::<Digest>().map_or_else(|_| document.to_owned(), |digest| digest.short())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(reason: &str, label: Option<&str>, raw: Option<&str>, cells: u64) -> Refused {
        Refused {
            source: "s".into(),
            document: "d".into(),
            locator: None,
            table: "observation".into(),
            reason: reason.into(),
            column: None,
            raw: raw.map(str::to_owned),
            record: None,
            list: label.map(|_| "area".to_owned()),
            scheme: None,
            label: label.map(str::to_owned),
            message: "m".into(),
            cells,
        }
    }

    #[test]
    fn rows_of_one_cause_are_one_group_and_the_largest_stands_first() {
        let rows = [
            row("duplicate-row", None, Some("7"), 1),
            row("duplicate-row", None, Some("8"), 1),
            row("unknown-code", Some("Atlantis"), Some("Atlantis"), 12),
            row("unknown-code", Some("Atlantis"), Some("Atlantis "), 12),
            row("bad-value", None, Some("n/d"), 1),
            row("bad-value", None, Some(" n/d"), 1),
            row("bad-value", None, Some("?"), 1),
        ];
        let found: Vec<_> = groups(&rows).into_iter().map(|g| (g.reason, g.text, g.rows, g.cells)).collect();
        let group =
            |reason: &str, text: Option<&str>, rows, cells| (reason.into(), text.map(str::to_owned), rows, cells);
        assert_eq!(
            found,
            [
                group("unknown-code", Some("Atlantis"), 2, 24),
                group("bad-value", Some("n/d"), 2, 2),
                group("duplicate-row", None, 2, 2),
                group("bad-value", Some("?"), 1, 1),
            ]
        );
    }
}
