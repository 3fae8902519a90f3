//! How a source was read and where each of its columns comes from, kept for `trace` and for reading
//! places again.

use std::collections::BTreeMap;

use quipu_schema::pipeline::{Interpreter, Origin, Reader, Source, TakeFrom};

/// Entry of a source's origins that names its reader.
pub(crate) const READER: &str = "@reader";
/// Entry of a source's origins that names its declared encoding.
pub(crate) const ENCODING: &str = "@encoding";
/// Entry of a source's origins that names its declared format.
pub(crate) const FORMAT: &str = "@format";
/// Entry of a source's origins that names the declared pointer to its JSON records.
pub(crate) const RECORDS: &str = "@records";

/// How a source was read and where each of its table columns comes from, for `trace`.
pub(crate) fn origins(source: &Source) -> BTreeMap<String, String> {
    let columns: Vec<(&str, &Origin)> = match &source.interpreter {
        Interpreter::Observe(observe) => {
            let mut all: Vec<(&str, &Origin)> = observe.columns.iter().map(|(name, origin)| (*name, origin)).collect();
            all.extend(observe.period.parts().map(|(_, origin)| ("time_start", origin)));
            all.extend(observe.breakdown.iter().map(|(_, origin)| ("breakdown", origin)));
            all
        }
        Interpreter::Rows(rows) => rows.columns.iter().map(|(name, origin)| (*name, origin)).collect(),
        Interpreter::Report => Vec::new(),
    };
    let mut out: BTreeMap<String, String> = BTreeMap::new();
    match &source.reader {
        Reader::Text => out.insert(READER.to_owned(), "text".to_owned()),
        Reader::Cells(options) => {
            if let Some(encoding) = &options.encoding {
                out.insert(ENCODING.to_owned(), encoding.value.clone());
            }
            if let Some(format) = options.format {
                out.insert(FORMAT.to_owned(), format.word().to_owned());
            }
            if let Some(records) = &options.records {
                out.insert(RECORDS.to_owned(), records.value.clone());
            }
            out.insert(READER.to_owned(), "cells".to_owned())
        }
    };
    for (name, origin) in columns {
        let words = match origin {
            Origin::Constant(text) => format!("constant {:?} of the pipeline file", text.value),
            Origin::Read(take) => match &take.from {
                TakeFrom::Columns(columns) => {
                    format!("column {}", columns.iter().map(|c| c.value.as_str()).collect::<Vec<_>>().join(" + "))
                }
                TakeFrom::Header(0) => "header of the value's column".to_owned(),
                TakeFrom::Header(level) => format!("row {level} of the header of the value's column"),
                TakeFrom::Above => "texts above the header".to_owned(),
                TakeFrom::Title => "title of the table".to_owned(),
                TakeFrom::Document => "name of the document".to_owned(),
                TakeFrom::Preamble(label) => format!("preamble cell beside {:?}", label.value),
            },
        };
        let entry = out.entry(name.to_owned()).or_default();
        if !entry.is_empty() {
            entry.push_str("; ");
        }
        entry.push_str(&words);
    }
    out
}
