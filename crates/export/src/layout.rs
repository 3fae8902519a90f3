//! Which files a table is laid out in: one Parquet file, or Hive folders.
//!
//! A partitioned table lies in `<table>/<column>=<value>/part-0.parquet`. The partition columns are
//! left out of the files, as Hive does: the folder is the one place that states the value, so a
//! reader never has to decide between two. Values are percent-encoded; null is
//! `__HIVE_DEFAULT_PARTITION__`, an empty text is an empty value (`column=`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use jiff::civil::Date;
use polars::prelude::{
    AnyValue, Column as Values, DataFrame, DataType, IntoColumn as _, IntoSeries as _, PlSmallStr, Scalar, TimeUnit,
    TimeZone,
};
use quipu_schema::table::{Column, Kind, Provenance, Table};
use quipu_schema::{ErrorKind, Fault, Result};

use crate::sort;

/// How Hive writes null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";
/// Longest name of a folder that every usual file system takes, in bytes.
const LONGEST: usize = 255;
/// The day that Parquet and polars count from.
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// One file to be: its path in the release and its rows.
pub(crate) struct Piece {
    pub(crate) path: String,
    pub(crate) rows: DataFrame,
}

/// Splits the sorted rows of a table into files. Rows must be sorted by the partition columns first.
/// A partitioned table without rows gets one empty file, so that a reader finds the columns.
///
/// # Errors
/// `Pipeline` for a column that cannot name folders, `Contract` for a value that cannot be a folder.
pub(crate) fn pieces(table: &'static Table, partition: &[String], sorted: &DataFrame) -> Result<Vec<Piece>> {
    if partition.is_empty() {
        return Ok(vec![Piece { path: format!("{}.parquet", table.name), rows: sorted.clone() }]);
    }
    let columns = columns(table, partition)?;
    let mut pieces = Vec::new();
    for (start, rows) in sort::runs(table, sorted, partition)? {
        let mut path = table.name.to_owned();
        for column in &columns {
            let values = sorted.column(column.name).map_err(|error| sort::broken(table, error))?;
            let value = values.get(start).map_err(|error| sort::broken(table, error))?;
            let _ = write!(path, "/{}", folder(table, column, &value)?);
        }
        let start = i64::try_from(start).map_err(|_| Fault::bug("a table has more rows than can be counted"))?;
        let rows = sorted.slice(start, rows).drop_many(partition.iter().map(String::as_str));
        pieces.push(Piece { path: format!("{path}/part-0.parquet"), rows });
    }
    if pieces.is_empty() {
        let folders: Vec<String> = columns.iter().map(|column| format!("{}={NULL}", column.name)).collect();
        let rows = sorted.drop_many(partition.iter().map(String::as_str));
        pieces.push(Piece { path: format!("{}/{}/part-0.parquet", table.name, folders.join("/")), rows });
    }
    Ok(pieces)
}

/// The definitions of the partition columns.
fn columns(table: &'static Table, partition: &[String]) -> Result<Vec<&'static Column>> {
    let mut columns: Vec<&'static Column> = Vec::new();
    for name in partition {
        let wrong = |what: &str| {
            Fault::new(ErrorKind::Pipeline, format!("`{name}` {what}")).at(format!("export.partition.{}", table.name))
        };
        let column = table.column(name).ok_or_else(|| wrong("is no column of the table"))?;
        if columns.iter().any(|other| other.name == column.name) {
            return Err(wrong("is named twice"));
        }
        if matches!(column.kind, Kind::Float | Kind::Time) {
            return Err(wrong("cannot name folders").help("use a text, a whole number, a date or a bool"));
        }
        columns.push(column);
    }
    if columns.len() == table.all_columns().count() {
        let fault = Fault::new(ErrorKind::Pipeline, "every column names folders, which leaves none for the files");
        return Err(fault.at(format!("export.partition.{}", table.name)));
    }
    Ok(columns)
}

/// The name of the folder for one value.
fn folder(table: &Table, column: &Column, value: &AnyValue<'_>) -> Result<String> {
    let refuse = |what: String| {
        Fault::new(ErrorKind::Contract, what)
            .at(format!("{}.{}", table.name, column.name))
            .help("lay the table out by another column in `export.partition`")
    };
    let text = match value {
        AnyValue::Null => return Ok(format!("{}={NULL}", column.name)),
        AnyValue::Date(days) => {
            let day = EPOCH.checked_add(jiff::Span::new().try_days(*days).unwrap_or_default());
            day.map_err(|error| refuse("a day lies outside the calendar".to_owned()).because(error))?.to_string()
        }
        other => other.str_value().into_owned(),
    };
    if text == NULL {
        return Err(refuse(format!("the text `{NULL}` would be read as null")));
    }
    let folder = format!("{}={}", column.name, encode(&text));
    if folder.len() > LONGEST {
        return Err(refuse(format!("the value `{text}` is too long for the name of a folder")));
    }
    Ok(folder)
}

/// Percent-encodes all but ASCII letters, digits and `-._~`, and the first letter of the word `NULL`,
/// which DuckDB would take for null.
fn encode(text: &str) -> String {
    let null = text.eq_ignore_ascii_case("null");
    let mut out = String::with_capacity(text.len());
    for (at, byte) in text.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if plain && !(null && at == 0) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Reverses [`encode`]; `None` where the text was not made by it.
fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let (high, low) = (char::from(bytes.next()?).to_digit(16)?, char::from(bytes.next()?).to_digit(16)?);
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

/// The definition of what a partitioned table's files hold: the table without those columns.
///
/// Writers take definitions that live as long as the process, so each layout is made once and kept.
pub(crate) fn stored(table: &'static Table, partition: &[String]) -> &'static Table {
    static KNOWN: Mutex<BTreeMap<(&str, Vec<String>), &'static Table>> = Mutex::new(BTreeMap::new());
    if partition.is_empty() {
        return table;
    }
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry((table.name, partition.to_vec())).or_insert_with(|| {
        let kept = |name: &str| !partition.iter().any(|column| column == name);
        let columns: Vec<Column> = table.all_columns().filter(|column| kept(column.name)).copied().collect();
        let key: Vec<&'static str> = table.key.iter().copied().filter(|name| kept(name)).collect();
        let (columns, key) = (columns.leak(), key.leak());
        Box::leak(Box::new(Table { columns, key, provenance: Provenance::None, ..*table }))
    })
}

/// Puts the partition columns back into the rows of one file, from its path, in the order of the
/// table's definition.
///
/// # Errors
/// Text that says what is wrong with the path or the columns.
pub(crate) fn restored(
    table: &'static Table,
    partition: &[String],
    path: &str,
    mut rows: DataFrame,
) -> Result<DataFrame, String> {
    if !partition.is_empty() {
        let folders: Vec<&str> = path.split('/').skip(1).take(partition.len()).collect();
        for (index, name) in partition.iter().enumerate() {
            let column = table.column(name).ok_or_else(|| format!("has no column `{name}`"))?;
            let text = folders.get(index).and_then(|folder| folder.strip_prefix(&format!("{name}=")));
            let text = text.ok_or_else(|| format!("does not lie in a folder `{name}=…`"))?;
            let value = value(column, text).ok_or_else(|| format!("`{text}` is no value of `{name}`"))?;
            let values = Values::new_scalar(column.name.into(), value, rows.height());
            rows.with_column(values).map_err(|error| error.to_string())?;
        }
    }
    let schema = quipu_store::polars_schema(table);
    if rows.width() != schema.len() {
        return Err(format!("has {} columns, not {}", rows.width(), schema.len()));
    }
    let mut rows = rows.select(schema.iter_names().map(PlSmallStr::as_str)).map_err(|error| error.to_string())?;
    for (name, dtype) in schema.iter() {
        let column = rows.column(name).map_err(|error| error.to_string())?;
        let found = column.dtype();
        if found == dtype {
            continue;
        }
        if !same_clock(found, dtype) {
            return Err(format!("holds `{name}` as {found}, not {dtype}"));
        }
        // A cast would drop the zone.
        let moments = column.as_materialized_series().datetime().map_err(|error| error.to_string())?;
        let moments = moments.physical().clone().into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC));
        rows.with_column(moments.into_series().into_column()).map_err(|error| error.to_string())?;
    }
    Ok(rows)
}

/// Whether both are moments of UTC in microseconds. Parquet itself only says "UTC", and readers
/// differ in the name they give it.
pub(crate) fn same_clock(one: &DataType, two: &DataType) -> bool {
    let utc = |zone: &TimeZone| matches!(zone.as_str(), "UTC" | "+00:00" | "Etc/UTC");
    match (one, two) {
        (
            DataType::Datetime(TimeUnit::Microseconds, Some(one)),
            DataType::Datetime(TimeUnit::Microseconds, Some(two)),
        ) => utc(one) && utc(two),
        _ => false,
    }
}

fn value(column: &Column, text: &str) -> Option<Scalar> {
    let dtype = quipu_store::polars_type(column.kind);
    if text == NULL {
        return Some(Scalar::null(dtype));
    }
    let text = decode(text)?;
    let value = match column.kind {
        Kind::Text => AnyValue::StringOwned(text.into()),
        Kind::Int => AnyValue::Int64(text.parse().ok()?),
        Kind::UInt => AnyValue::UInt64(text.parse().ok()?),
        Kind::UInt32 => AnyValue::UInt32(text.parse().ok()?),
        Kind::Bool => AnyValue::Boolean(text.parse().ok()?),
        Kind::Date => AnyValue::Date(EPOCH.until(text.parse::<Date>().ok()?).ok()?.get_days()),
        Kind::Float | Kind::Time => return None,
    };
    Some(Scalar::new(dtype, value))
}

#[cfg(test)]
mod tests {
    use quipu_schema::table::find;

    use super::*;
    use crate::tests::{aliases, observations};

    #[test]
    fn awkward_values_survive_the_names_of_folders() {
        let table = find("area_alias").unwrap();
        let partition = vec!["alias".to_owned()];
        let texts = ["Tucumán / Ñ", "a b", "", "100 % = all", "..", "x*y?", "pingüino", "%41", "NULL", "null"];
        let frame = aliases(&texts.map(|text| ("AR", text)));
        let sorted = sort::sorted(table, &frame, &partition).unwrap();
        let pieces = pieces(table, &partition, &sorted).unwrap();
        assert_eq!(pieces.len(), texts.len());
        let mut seen = Vec::new();
        for piece in pieces {
            assert!(!piece.path.to_lowercase().contains("=null/"), "{}", piece.path);
            assert!(piece.path.is_ascii() && piece.path.split('/').count() == 3, "{}", piece.path);
            assert!(piece.rows.column("alias").is_err());
            let rows = restored(table, &partition, &piece.path, piece.rows).unwrap();
            seen.push(rows.column("alias").unwrap().str().unwrap().get(0).unwrap().to_owned());
        }
        let mut expected = texts.map(str::to_owned);
        expected.sort();
        assert_eq!(seen, expected);
    }

    #[test]
    fn dates_numbers_and_nulls_come_back_in_their_types() {
        let table = find("observation").unwrap();
        let partition = ["time_start", "crime", "is_total", "loc_row"].map(str::to_owned).to_vec();
        let frame = observations(&[("a", None, 1.0), ("a", Some("0101"), 2.0)]);
        let sorted = sort::sorted(table, &frame, &partition).unwrap();
        let pieces = pieces(table, &partition, &sorted).unwrap();
        assert_eq!(
            pieces[0].path,
            "observation/time_start=2024-01-01/crime=__HIVE_DEFAULT_PARTITION__/is_total=false/loc_row=2/part-0.parquet"
        );
        for (row, piece) in (0..).zip(pieces) {
            let rows = restored(table, &partition, &piece.path, piece.rows).unwrap();
            assert!(rows.equals_missing(&sorted.slice(row, 1)));
        }
    }

    #[test]
    fn columns_that_cannot_name_folders_are_refused() {
        let table = find("observation").unwrap();
        let frame = observations(&[("a", None, 1.0)]);
        for partition in [vec!["value"], vec!["crime", "crime"], vec!["nothing"]] {
            let partition: Vec<String> = partition.into_iter().map(str::to_owned).collect();
            assert_eq!(pieces(table, &partition, &frame).err().unwrap().kind(), ErrorKind::Pipeline);
        }
        let table = find("area_alias").unwrap();
        let partition = vec!["alias".to_owned()];
        for text in [NULL.to_owned(), "ñ".repeat(60)] {
            let frame = aliases(&[("AR", &text)]);
            assert_eq!(pieces(table, &partition, &frame).err().unwrap().kind(), ErrorKind::Contract);
        }
    }

    #[test]
    fn a_table_without_rows_still_shows_its_columns() {
        let table = find("observation").unwrap();
        let empty = observations(&[]);
        let pieces = pieces(table, &["crime".to_owned()], &empty).unwrap();
        assert_eq!(pieces[0].path, "observation/crime=__HIVE_DEFAULT_PARTITION__/part-0.parquet");
        assert_eq!(pieces[0].rows.width() + 1, table.all_columns().count());
    }

    #[test]
    fn the_stored_definition_leaves_out_the_partition_and_is_made_once() {
        let table = find("observation").unwrap();
        let partition = ["crime".to_owned(), "source".to_owned()];
        let stored_table = stored(table, &partition);
        assert!(std::ptr::eq(stored_table, stored(table, &partition)));
        assert!(stored_table.column("crime").is_none() && stored_table.column("source").is_none());
        assert_eq!(stored_table.all_columns().count() + 2, table.all_columns().count());
        assert!(std::ptr::eq(stored(table, &[]), table));
    }
}
