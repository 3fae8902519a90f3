//! Typed access to the columns of a frame whose shape the store vouches for.

use polars::prelude::{DataFrame, PolarsError, StringChunked};
use quipu_schema::{Fault, Result};

/// A shape that the store vouched for and that does not hold.
pub(crate) fn bug(message: impl Into<String>) -> Fault {
    Fault::bug(message).at("screen")
}

/// The same, from polars.
pub(crate) fn polars(error: PolarsError) -> Fault {
    bug("a frame does not have its table's shape").because(error)
}

/// A column of texts.
pub(crate) fn text<'a>(frame: &'a DataFrame, column: &str) -> Result<&'a StringChunked> {
    frame.column(column).and_then(|c| c.str()).map_err(polars)
}
