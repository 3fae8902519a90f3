//! One order for the rows of a table, whatever order they came in.

use polars::prelude::{AnyValue, ChunkCompareEq as _, DataFrame, PolarsError, SortMultipleOptions};
use quipu_schema::table::{SOURCE, Table};
use quipu_schema::{ErrorKind, Fault, Result};

/// Whether a key names one row of the table. Quarantine keeps every refusal, and one line may be
/// refused twice for one reason.
pub(crate) fn key_is_unique(table: &Table) -> bool {
    table.name != "quarantine"
}

/// All frames of a table under one another, columns in the order of the definition.
///
/// # Errors
/// A frame that lacks a column or holds it in another type: our own mistake, not the data's.
pub(crate) fn stack(table: &Table, frames: Vec<DataFrame>) -> Result<DataFrame> {
    let schema = quipu_store::polars_schema(table);
    let names: Vec<&str> = table.all_columns().map(|column| column.name).collect();
    let mut whole = DataFrame::empty_with_schema(&schema);
    for frame in frames {
        let frame = frame.select(&names).map_err(|error| broken(table, error))?;
        for (name, dtype) in schema.iter() {
            let found = frame.column(name).map_err(|error| broken(table, error))?.dtype();
            if found != dtype {
                return Err(Fault::bug(format!("`{}.{name}` arrives as {found}, not {dtype}", table.name)));
            }
        }
        whole.vstack_mut(&frame).map_err(|error| broken(table, error))?;
    }
    Ok(whole)
}

/// The rows sorted by `first`, then by the key, then, where the key leaves ties, by every other
/// column; ascending, nulls first, text by its bytes. The order is total.
pub(crate) fn sorted(table: &Table, frame: &DataFrame, first: &[String]) -> Result<DataFrame> {
    let mut by: Vec<&str> = first.iter().map(String::as_str).collect();
    let rest = table.all_columns().map(|column| column.name).filter(|_| !key_is_unique(table));
    for name in table.key.iter().copied().chain(rest) {
        if !by.contains(&name) {
            by.push(name);
        }
    }
    let options = SortMultipleOptions::default().with_nulls_last(false).with_maintain_order(true);
    let mut sorted = frame.sort(by, options).map_err(|error| broken(table, error))?;
    sorted.rechunk_mut();
    Ok(sorted)
}

/// Where neighbouring rows hold the same values in these columns: `(first row, rows)` of each run,
/// in order. Null equals null.
pub(crate) fn runs<S: AsRef<str>>(table: &Table, frame: &DataFrame, columns: &[S]) -> Result<Vec<(usize, usize)>> {
    let height = frame.height();
    if height == 0 {
        return Ok(Vec::new());
    }
    let mut starts = vec![0];
    let same = same_as_next(table, frame, columns)?;
    starts.extend(same.iter().enumerate().filter(|(_, same)| !**same).map(|(row, _)| row + 1));
    let ends = starts.iter().copied().skip(1).chain([height]);
    Ok(starts.iter().copied().zip(ends).map(|(start, end)| (start, end - start)).collect())
}

/// For every row but the last, whether the next one holds the same values in these columns.
fn same_as_next<S: AsRef<str>>(table: &Table, frame: &DataFrame, columns: &[S]) -> Result<Vec<bool>> {
    let pairs = frame.height().saturating_sub(1);
    let mut same = vec![true; pairs];
    for name in columns {
        let column = frame.column(name.as_ref()).map_err(|error| broken(table, error))?;
        let series = column.as_materialized_series();
        let equal =
            series.slice(0, pairs).equal_missing(&series.slice(1, pairs)).map_err(|error| broken(table, error))?;
        for (all, equal) in same.iter_mut().zip(equal.iter()) {
            *all &= equal.unwrap_or(false);
        }
    }
    Ok(same)
}

/// Refuses a table in which two rows have one key. `frame` is sorted by the key.
///
/// # Errors
/// `Contract`, naming the table, the key and the sources of both rows.
pub(crate) fn refuse_duplicates(table: &Table, frame: &DataFrame) -> Result<()> {
    if !key_is_unique(table) {
        return Ok(());
    }
    let same = same_as_next(table, frame, table.key)?;
    let Some(row) = same.iter().position(|same| *same) else { return Ok(()) };
    let count = same.iter().filter(|same| **same).count();
    let key: Vec<String> = table.key.iter().map(|name| format!("{name}={}", shown(frame, name, row))).collect();
    let whose = if table.column(SOURCE).is_some() {
        let (one, two) = (shown(frame, SOURCE, row), shown(frame, SOURCE, row + 1));
        if one == two { format!("source `{one}` states it twice") } else { format!("sources `{one}` and `{two}`") }
    } else {
        "stated twice".to_owned()
    };
    let more = if count > 1 { format!("; {} more rows repeat a key", count - 1) } else { String::new() };
    Err(Fault::new(ErrorKind::Contract, format!("two rows have the key {}: {whose}{more}", key.join(", ")))
        .at(table.name)
        .help("give the sources different datasets or vintages, filter one of them, or leave the table out of `export.tables`"))
}

/// A value for people. polars panics on printing a moment without its time zone database.
fn shown(frame: &DataFrame, column: &str, row: usize) -> String {
    match frame.column(column).and_then(|column| column.get(row)) {
        Ok(AnyValue::Datetime(at, ..) | AnyValue::DatetimeOwned(at, ..)) => format!("{at} µs"),
        Ok(value) => value.str_value().into_owned(),
        Err(_) => "?".to_owned(),
    }
}

/// polars refused something that the table's definition promises: a bug.
pub(crate) fn broken(table: &Table, error: PolarsError) -> Fault {
    Fault::bug(format!("the rows of `{}` do not fit its definition", table.name)).because(error)
}

#[cfg(test)]
mod tests {
    use quipu_schema::table::find;

    use super::*;
    use crate::tests::{aliases, observations};

    #[test]
    fn order_is_total_and_nulls_come_first() {
        let table = find("observation").unwrap();
        let frame = observations(&[("b", Some("0101"), 2.0), ("a", Some("0101"), 1.0), ("a", None, 3.0)]);
        let sorted = sorted(table, &frame, &[]).unwrap();
        let crimes: Vec<_> = sorted.column("crime").unwrap().str().unwrap().iter().collect();
        assert_eq!(crimes, [None, Some("0101"), Some("0101")]);
        assert_eq!(runs(table, &sorted, &["dataset"]).unwrap(), [(0, 2), (2, 1)]);
        assert_eq!(runs(table, &sorted.slice(0, 0), &["dataset"]).unwrap(), []);
    }

    #[test]
    fn a_repeated_key_names_table_key_and_both_sources() {
        let table = find("observation").unwrap();
        let mut one = observations(&[("a", None, 1.0)]);
        let mut two = observations(&[("a", None, 2.0)]);
        for (frame, source) in [(&mut one, "first"), (&mut two, "second")] {
            let column = polars::prelude::Column::new("source".into(), vec![source; frame.height()]);
            frame.with_column(column).unwrap();
        }
        let frame = sorted(table, &stack(table, vec![one, two]).unwrap(), &[]).unwrap();
        let fault = refuse_duplicates(table, &frame).unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::Contract);
        let text = fault.to_string();
        for part in ["observation", "dataset=a", "crime=null", "`first`", "`second`"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_frame_of_another_shape_is_a_bug() {
        let table = find("area_alias").unwrap();
        let frame = aliases(&[("AR", "Argentina")]);
        assert!(stack(table, vec![frame.clone()]).is_ok());
        let fault = stack(table, vec![frame.drop_many(["alias"])]).unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::Bug);
    }
}
