//! Typed access to the columns of a frame whose shape the store vouches for.

use polars::prelude::{DataFrame, Int32Chunked, Int64Chunked, PolarsError, StringChunked, TimeUnit};
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

/// A column of days, as days since 1970-01-01.
pub(crate) fn days<'a>(frame: &'a DataFrame, column: &str) -> Result<&'a Int32Chunked> {
    frame.column(column).and_then(|c| c.date()).map(polars::prelude::Logical::physical).map_err(polars)
}

/// A column of moments in UTC, as microseconds since 1970-01-01.
pub(crate) fn micros<'a>(frame: &'a DataFrame, column: &str) -> Result<&'a Int64Chunked> {
    let moments = frame.column(column).and_then(|c| c.datetime()).map_err(polars)?;
    if moments.time_unit() == TimeUnit::Microseconds {
        Ok(moments.physical())
    } else {
        Err(bug(format!("`{column}` is not in microseconds")))
    }
}
