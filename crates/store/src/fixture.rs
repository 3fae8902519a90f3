//! Columns, frames and a table of every kind of column, for tests.

use polars::prelude::{Column as PolarsColumn, DataFrame, IntoSeries, NamedFrom, Series, TimeUnit, TimeZone};
use quipu_schema::table::{Column, Kind, Provenance, Rule, Table};

/// Every kind of column.
pub(crate) const KINDS: [Kind; 8] =
    [Kind::Text, Kind::Int, Kind::UInt, Kind::UInt32, Kind::Float, Kind::Bool, Kind::Date, Kind::Time];

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: true, unit: None, meaning: "for tests", rule: Rule::Any, personal: false }
}

/// A table with every kind of column; `id` may not be null.
pub(crate) static EVERY: Table = Table {
    name: "every",
    title: "Every kind of column",
    row_is: "a row",
    key: &["id", "text"],
    columns: &[
        Column { nullable: false, ..column("id", Kind::UInt) },
        column("text", Kind::Text),
        column("phrase", Kind::Text),
        column("int", Kind::Int),
        column("uint", Kind::UInt),
        column("uint32", Kind::UInt32),
        column("float", Kind::Float),
        column("bool", Kind::Bool),
        column("date", Kind::Date),
        column("time", Kind::Time),
    ],
    provenance: Provenance::None,
};

/// A column of any kind with `rows` values, short and long, small and extreme, and nulls if wanted.
pub(crate) fn series(kind: Kind, rows: usize, nulls: bool) -> Series {
    let is_null = |n: i64| nulls && n % 7 == 3;
    let numbers = || (0..i64::try_from(rows).unwrap()).map(|n| (!is_null(n)).then_some(n));
    // Small and large numbers of both signs, whose differences fit into 64 bits, see `encoding`.
    let spread = |n: i64| if n % 5 == 0 { n } else { n.wrapping_mul(0x5851_F42D_4C95_7F2D) >> 3 };
    let text = |n: i64| match n % 4 {
        0 => String::new(),
        1 => format!("curto {}", n % 3),
        2 => format!("não cabe numa só vista, fica no segundo pedaço: {n}"),
        _ => "mesmo".to_owned(),
    };
    let special = [0.0, -0.0, f64::NAN, f64::INFINITY, -1.5, 1e300];
    #[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "any value will do")]
    let series = match kind {
        Kind::Text => Series::new("x".into(), numbers().map(|n| n.map(text)).collect::<Vec<_>>()),
        Kind::Int => Series::new("x".into(), numbers().map(|n| n.map(spread)).collect::<Vec<_>>()),
        Kind::Time => {
            let moments = Series::new("x".into(), numbers().map(|n| n.map(spread)).collect::<Vec<_>>());
            // A cast leaves the time zone out unless polars has its feature `timezones`.
            moments.i64().unwrap().clone().into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_series()
        }
        Kind::UInt => Series::new("x".into(), numbers().map(|n| n.map(|n| spread(n) as u64)).collect::<Vec<_>>()),
        Kind::UInt32 => Series::new("x".into(), numbers().map(|n| n.map(|n| spread(n) as u32)).collect::<Vec<_>>()),
        Kind::Float => {
            let value = |n: i64| special.get(n as usize % 20).copied().unwrap_or(n as f64 / 8.0);
            Series::new("x".into(), numbers().map(|n| n.map(value)).collect::<Vec<_>>())
        }
        Kind::Bool => Series::new("x".into(), numbers().map(|n| n.map(|n| n % 3 == 0)).collect::<Vec<_>>()),
        Kind::Date => Series::new("x".into(), numbers().map(|n| n.map(|n| 19_000 - n as i32)).collect::<Vec<_>>()),
    };
    let series = if kind == Kind::Date { series.cast(&crate::polars_type(kind)).unwrap() } else { series };
    assert_eq!(*series.dtype(), crate::polars_type(kind));
    series
}

/// `rows` rows of [`EVERY`].
pub(crate) fn every(rows: usize) -> DataFrame {
    frame(&EVERY, rows)
}

/// `rows` rows of a table, with nulls wherever they are allowed.
pub(crate) fn frame(table: &'static Table, rows: usize) -> DataFrame {
    let columns: Vec<PolarsColumn> = table
        .all_columns()
        .map(|column| series(column.kind, rows, column.nullable).with_name(column.name.into()).into())
        .collect();
    DataFrame::new(rows, columns).unwrap()
}
