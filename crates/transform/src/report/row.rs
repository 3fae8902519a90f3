//! Rows of `figure`.

use polars::prelude::DataFrame;
use quipu_schema::{Digest, Result, table};

use super::figure::Found;
use crate::document::sorted_frame;
use crate::frame::Value;

/// One row of `figure`. Columns that are not here are not filled by this reader: stock or flow,
/// period, area, crime, event and speaker are null rather than guessed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FigureRow {
    pub(crate) document_id: Digest,
    pub(crate) source: String,
    /// First byte of the phrase in the archived document.
    pub(crate) start: u64,
    /// One past its last byte.
    pub(crate) end: u64,
    pub(crate) value: f64,
    /// Upper end of a range.
    pub(crate) value_high: Option<f64>,
    pub(crate) qualifier: String,
    pub(crate) unit: String,
    pub(crate) kind: &'static str,
    /// Hedge to unit, the same text as the archived bytes give when read again.
    pub(crate) phrase: String,
    pub(crate) measure: Option<String>,
    /// The sentence.
    pub(crate) context: Option<String>,
    pub(crate) marking: String,
}

impl FigureRow {
    fn value(&self, column: &str) -> Option<Value> {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        match column {
            "measure" => self.measure.as_deref().and_then(text),
            "value" => Some(Value::Float(self.value)),
            "value_high" => self.value_high.map(Value::Float),
            "qualifier" => text(&self.qualifier),
            "unit" => text(&self.unit),
            "kind" => text(self.kind),
            "phrase" => text(&self.phrase),
            "context" => self.context.as_deref().and_then(text),
            // Every figure of this reader is printed as a number.
            "basis" => text("stated"),
            "marking" => text(&self.marking),
            table::DOCUMENT_ID => text(&self.document_id.to_string()),
            table::SOURCE => text(&self.source),
            table::LOC_START => Some(Value::UInt(self.start)),
            table::LOC_END => Some(Value::UInt(self.end)),
            _ => None,
        }
    }

    /// The figure found, without its place.
    pub(super) fn new(found: &Found, digest: &Digest, source: &str, marking: &str) -> Self {
        Self {
            document_id: *digest,
            source: source.to_owned(),
            start: 0,
            end: 0,
            value: found.value,
            value_high: found.value_high,
            qualifier: found.qualifier.clone(),
            unit: found.unit.clone(),
            kind: found.kind,
            phrase: String::new(),
            measure: None,
            context: None,
            marking: marking.to_owned(),
        }
    }
}

/// The frame of these rows, sorted by the table's key.
///
/// # Errors
/// A bug only.
pub(crate) fn figure_frame(rows: &[FigureRow]) -> Result<DataFrame> {
    sorted_frame("figure", rows, FigureRow::value)
}
