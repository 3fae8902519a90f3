//! An open workbook, whatever its format.

use quipu_schema::Result;

use super::cells::Cells;
use super::sheets::Sheet;

/// A workbook whose sheets can be read.
pub(super) trait Book {
    /// Its sheets, in their order.
    fn sheets(&self) -> &[Sheet];

    /// Reads the sheets of these numbers (growing) and hands on the cells of each.
    ///
    /// # Errors
    /// `Shape` for a damaged workbook or one beyond the limits; what `take` fails with.
    fn read(&mut self, numbers: &[usize], take: &mut dyn Take) -> Result<()>;
}

/// Takes the cells of sheets.
pub(super) trait Take {
    /// An empty sheet to fill.
    fn start(&mut self) -> Cells;

    /// Takes the filled sheet of this number.
    ///
    /// # Errors
    /// `Shape` for cells that make no grid or are beyond the limits.
    fn take(&mut self, number: usize, cells: Cells) -> Result<()>;
}
