//! The formats that are read as grids: siblings behind one trait.

use quipu_schema::pipeline::{Format, Layout};
use quipu_schema::{Locator, Result};

use crate::{Content, Grid, Limits};

/// A reader of one format.
pub trait Reader: Sync {
    /// The format.
    fn format(&self) -> Format;

    /// Whether a document looks like this format, judged by its bytes alone: all of them where
    /// they begin as a packed format does, else the first 64 KiB.
    fn is_like(&self, bytes: &[u8]) -> bool;

    /// The tables of a document that the layout asks for, in their order. Without a wish in the
    /// layout: all that a reader of the document would see (hidden sheets are left out, with a note).
    ///
    /// # Errors
    /// `Shape` for a document that is damaged, encrypted, of another format, beyond the limits, or
    /// without the table that the layout asks for.
    fn read(&self, bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Vec<Grid>>;

    /// The text at a locator that [`Reader::read`] gave, exactly as it gave it.
    ///
    /// # Errors
    /// `Corrupt` where the document has no such place.
    fn reread(&self, bytes: &[u8], layout: &Layout, locator: &Locator, limits: &Limits) -> Result<String>;
}

/// Every reader of grids.
const ALL: &[&dyn Reader] =
    &[&crate::workbook::Workbook, &crate::parquet::Parquet, &crate::pdf::Pdf, &crate::html::Html, &crate::json::Json];

/// The reader of a format; none for delimited text and prose, which are not read as grids.
pub fn reader(format: Format) -> Option<&'static dyn Reader> {
    ALL.iter().copied().find(|reader| reader.format() == format)
}

/// The format that a document looks like; delimited text where no other claims it.
///
/// # Errors
/// `Storage` where the file cannot be read.
pub fn sniff(content: Content<'_>) -> Result<Format> {
    /// Bytes that show what most formats are.
    const HEAD: u64 = 64 << 10;
    let mut bytes = content.range(0, HEAD)?;
    // What is packed shows what it is only at its end.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") || bytes.starts_with(b"PAR1") {
        bytes = content.all(&Limits::default())?;
    }
    Ok(ALL.iter().find(|reader| reader.is_like(&bytes)).map_or(Format::Csv, |reader| reader.format()))
}
