//! Rows of `document`: one per archived document, whatever was read from it.

use polars::prelude::{DataFrame, SortMultipleOptions};
use quipu_schema::pipeline::{Interpreter, Source};
use quipu_schema::table::{self, Table};
use quipu_schema::{Digest, Fault, Result};

use crate::frame::{self, Value};
use crate::period;

/// One row of `document`. What the document itself states goes before what the pipeline file says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DocumentRow {
    pub(crate) document_id: Digest,
    pub(crate) source: String,
    /// Name of the capture: a URL without credentials, or a file's name.
    pub(crate) url: String,
    pub(crate) publisher: Option<String>,
    pub(crate) title: Option<String>,
    /// Two letters of ISO 639-1.
    pub(crate) language: Option<String>,
    /// Day of publication, and whether it is stated (not inferred).
    pub(crate) published: Option<(jiff::civil::Date, bool)>,
    pub(crate) media_type: String,
    /// In bytes.
    pub(crate) size: u64,
    /// Kinds and counts.
    pub(crate) oddities: Option<String>,
    pub(crate) licence: Option<String>,
    pub(crate) marking: String,
}

impl DocumentRow {
    /// The row of a document that says nothing of itself: all is as the pipeline file has it.
    pub(crate) fn of_source(source: &Source, name: &str, digest: &Digest, size: u64, media_type: &str) -> Self {
        Self {
            document_id: *digest,
            source: source.id.clone(),
            url: name.to_owned(),
            publisher: source.publisher.clone(),
            title: source.title.clone(),
            language: source.language.clone(),
            published: source.published_on.map(|day| (day, true)),
            media_type: media_type.to_owned(),
            size,
            oddities: None,
            licence: source.licence.clone(),
            marking: source.marking.to_string(),
        }
    }

    /// The row of a delimited file.
    pub(crate) fn of_table(source: &Source, name: &str, digest: &Digest, size: u64) -> Self {
        debug_assert!(!matches!(source.interpreter, Interpreter::Report));
        Self::of_source(source, name, digest, size, "text/csv")
    }

    fn value(&self, column: &str) -> Option<Value> {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        match column {
            "url" => text(&self.url),
            "publisher" => self.publisher.as_deref().and_then(text),
            "title" => self.title.as_deref().and_then(text),
            "language" => self.language.as_deref().and_then(text),
            "published_on" => self.published.map(|(day, _)| Value::Date(period::days(day))),
            "published_basis" => {
                self.published.and_then(|(_, stated)| text(if stated { "stated" } else { "inferred" }))
            }
            "media_type" => text(&self.media_type),
            "size" | table::LOC_END => Some(Value::UInt(self.size)),
            "oddities" => self.oddities.as_deref().and_then(text),
            "licence" => self.licence.as_deref().and_then(text),
            "marking" => text(&self.marking),
            table::DOCUMENT_ID => text(&self.document_id.to_string()),
            table::SOURCE => text(&self.source),
            table::LOC_START => Some(Value::UInt(0)),
            _ => None,
        }
    }
}

/// The media type of a report, without the charset: what [`quipu_prose::text::reread`] needs beside the bytes.
pub(crate) fn media_type(bytes: &[u8]) -> &'static str {
    quipu_prose::text::sniff(bytes)
}

/// The frame of these rows, sorted by the table's key.
///
/// # Errors
/// A bug only.
pub(crate) fn document_frame(rows: &[DocumentRow]) -> Result<DataFrame> {
    sorted_frame("document", rows, DocumentRow::value)
}

/// A frame of `table` made row by row, sorted by its key.
pub(crate) fn sorted_frame<R>(name: &str, rows: &[R], value: fn(&R, &str) -> Option<Value>) -> Result<DataFrame> {
    let table: &'static Table = table::find(name).ok_or_else(|| Fault::bug(format!("no table `{name}`")))?;
    let values = rows.iter().map(|row| table.all_columns().map(|column| value(row, column.name)).collect());
    let frame = frame::from_rows(table, values.collect())?;
    frame
        .sort(table.key.iter().copied(), SortMultipleOptions::new().with_maintain_order(true))
        .map_err(|error| Fault::bug(format!("rows of `{name}` cannot be sorted")).because(error))
}
