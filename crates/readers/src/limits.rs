//! How much a document may take: bounds that hold whatever its bytes claim.

use quipu_schema::{ErrorKind, Fault, Result};

/// Bounds on what a reader may build from one document. A document beyond them ends in an error
/// that names the bound; nothing is cut in silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes in all for the grids of a document: texts, cells and places.
    pub memory: usize,
    /// Most bytes of text in one cell.
    pub cell: usize,
    /// Most bytes that compressed members may unpack to, all together.
    pub unpacked: u64,
    /// Deepest nesting of JSON, HTML or PDF objects.
    pub depth: usize,
    /// Most rows and columns of one grid (a workbook's own bounds are 1,048,576 and 16,384).
    pub rows: u64,
    /// Most columns of one grid.
    pub columns: u32,
    /// Most pages of a PDF.
    pub pages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 1 << 30,
            cell: 16 << 20,
            unpacked: 2 << 30,
            depth: 128,
            rows: 20_000_000,
            columns: 16_384,
            pages: 5_000,
        }
    }
}

impl Limits {
    /// The error for a document that goes beyond a bound.
    pub fn exceeded(what: impl AsRef<str>) -> Fault {
        Fault::new(ErrorKind::Shape, format!("the document is larger than allowed: {}", what.as_ref()))
            .help("if it is right, split it, or publish it as delimited text, which is read in pieces")
    }

    /// Refuses a cell's text that is too long.
    ///
    /// # Errors
    /// Of kind `Shape`.
    pub fn check_cell(&self, length: usize) -> Result<()> {
        if length <= self.cell {
            return Ok(());
        }
        Err(Self::exceeded(format!("a cell of {length} bytes, more than {}", self.cell)))
    }
}
