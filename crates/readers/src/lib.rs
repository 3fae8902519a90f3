//! Readers: from the bytes of a document to cells, each with its text and its place.
//!
//! Delimited text ([`csv`]) is read in pieces and never held as a whole. Every other format is one
//! sibling behind [`Reader`]: it turns a document into [`Grid`]s, tables of cells without meaning.
//! What is a header and what a value is decided above, for all formats alike.
//!
//! A reader promises three things, and one conformance suite holds all of them to it: the text at a
//! cell's locator, read again, is the cell's text; the same bytes give the same grids; and no bytes
//! make it panic or take more than its [`Limits`].

mod content;
pub mod csv;
mod format;
mod grid;
mod header;
mod html;
mod json;
mod limits;
mod parquet;
mod pdf;
#[cfg(test)]
mod promise;
mod sample;
mod tabular;
pub mod workbook;

pub use content::Content;
pub use format::{Reader, reader, sniff};
pub use grid::{Cell, Form, Grid, GridBuilder, Places, Row};
pub use header::{HeadRow, Header, Position};
pub use limits::Limits;
pub use pdf::{LaidText, laid_text};
pub use sample::{Sample, SampledCell, SampledRow, sample};
pub use tabular::{Records, Tabular, open};
