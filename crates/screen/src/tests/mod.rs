//! Tests of the core: each rule, history, and a brute-force oracle.

mod history;
mod oracle;
mod rules;
mod run;

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, Series, TimeUnit, TimeZone};
use quipu_schema::pipeline::Screen;
use quipu_schema::table::{self, Table};
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, Result};

use quipu_store::{WriteOptions, write_parquet};

use crate::frame::text;
use crate::screening::Files;

/// A record as tests write it.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) database: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) raw: String,
    pub(crate) issuer: Option<&'static str>,
    pub(crate) owner: &'static str,
    pub(crate) status: &'static str,
    pub(crate) expires: Option<i32>,
    pub(crate) deny: Option<&'static str>,
    pub(crate) marking: &'static str,
}

/// A check as tests write it.
#[derive(Debug, Clone)]
pub(crate) struct Check {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) raw: String,
    pub(crate) issuer: Option<&'static str>,
    pub(crate) asked_by: &'static str,
    /// Day since 1970-01-01.
    pub(crate) asked: Option<i32>,
    pub(crate) marking: &'static str,
}

pub(crate) fn record(id: &str, raw: &str) -> Record {
    Record {
        id: id.to_owned(),
        database: "SLTD",
        kind: "travel-document",
        raw: raw.to_owned(),
        issuer: Some("BR"),
        owner: "BR",
        status: "stolen",
        expires: None,
        deny: None,
        marking: "TLP:GREEN",
    }
}

pub(crate) fn check(id: &str, raw: &str) -> Check {
    Check {
        id: id.to_owned(),
        kind: "travel-document",
        raw: raw.to_owned(),
        issuer: Some("BR"),
        asked_by: "CL",
        asked: Some(20_000),
        marking: "TLP:CLEAR",
    }
}

/// A frame of `table` with these columns; the others are null.
pub(crate) fn frame(table: &Table, height: usize, filled: &[Series]) -> DataFrame {
    let column = |c: &table::Column| -> Column {
        match filled.iter().find(|series| series.name() == c.name) {
            // A cast to a moment loses the time zone where polars is built without its zones.
            Some(series) if c.kind == table::Kind::Time => {
                let moments = series.i64().expect("microseconds").clone();
                moments.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column()
            }
            Some(series) => series.cast(&quipu_store::polars_type(c.kind)).expect("type").into_column(),
            None => Series::full_null(c.name.into(), height, &quipu_store::polars_type(c.kind)).into_column(),
        }
    };
    DataFrame::new(height, table.all_columns().map(column).collect()).expect("frame")
}

pub(crate) fn records(rows: &[Record]) -> DataFrame {
    let text = |name: &str, of: fn(&Record) -> Option<&str>| {
        Series::new(name.into(), rows.iter().map(of).collect::<Vec<Option<&str>>>())
    };
    let filled = vec![
        text("record_id", |r| Some(&r.id)),
        text("database", |r| Some(r.database)),
        text("key_kind", |r| Some(r.kind)),
        text("key_raw", |r| Some(&r.raw)),
        text("issuer", |r| r.issuer),
        text("owner", |r| Some(r.owner)),
        text("status", |r| Some(r.status)),
        Series::new("expires_on".into(), rows.iter().map(|r| r.expires).collect::<Vec<_>>()),
        text("deny", |r| r.deny),
        text("marking", |r| Some(r.marking)),
        text("document_id", |_| Some("d")),
        text("source", |_| Some("records")),
    ];
    frame(table::find("record").expect("table"), rows.len(), &filled)
}

pub(crate) fn checks(rows: &[Check]) -> DataFrame {
    let text = |name: &str, of: fn(&Check) -> Option<&str>| {
        Series::new(name.into(), rows.iter().map(of).collect::<Vec<Option<&str>>>())
    };
    let asked = rows.iter().map(|c| c.asked.map(|day| i64::from(day) * 86_400_000_000 + 1)).collect::<Vec<_>>();
    let filled = vec![
        text("check_id", |c| Some(&c.id)),
        text("key_kind", |c| Some(c.kind)),
        text("key_raw", |c| Some(&c.raw)),
        text("issuer", |c| c.issuer),
        text("purpose", |_| Some("border-control")),
        text("asked_by", |c| Some(c.asked_by)),
        Series::new("asked_at".into(), asked),
        text("marking", |c| Some(c.marking)),
        text("document_id", |_| Some("d")),
        text("source", |_| Some("checks")),
    ];
    frame(table::find("check").expect("table"), rows.len(), &filled)
}

/// Brazil, Chile and Germany.
pub(crate) fn areas() -> DataFrame {
    let filled = vec![
        Series::new("area".into(), ["BR", "CL", "DE"]),
        Series::new("kind".into(), ["country"; 3]),
        Series::new("iso3".into(), ["BRA", "CHL", "DEU"]),
        Series::new("name_en".into(), ["Brazil", "Chile", "Germany"]),
        Series::new("name_es".into(), ["Brasil", "Chile", "Alemania"]),
        Series::new("name_pt".into(), ["Brasil", "Chile", "Alemanha"]),
        Series::new("name_fr".into(), ["Brésil", "Chili", "Allemagne"]),
    ];
    frame(table::find("area").expect("table"), 3, &filled)
}

pub(crate) fn screen(kinds: &[&str]) -> Screen {
    let kinds = kinds.iter().map(|&kind| kind.to_owned()).collect();
    Screen { kinds, grades: Vec::new(), database_grades: Vec::new(), as_of: None, part: Digest::of("test") }
}

pub(crate) type Outcome = (DataFrame, Tally, Vec<String>);

pub(crate) fn compute(rows: &[Record], questions: &[Check], previous: Option<&DataFrame>) -> Result<Outcome> {
    screened(&records(rows), &checks(questions), previous, &screen(&["travel-document", "vin"]), ("l1:r", "l1:c"))
}

/// Writes both tables to files and screens them.
pub(crate) fn screened(
    records: &DataFrame,
    checks: &DataFrame,
    previous: Option<&DataFrame>,
    screen: &Screen,
    snapshots: (&str, &str),
) -> Result<Outcome> {
    let folder = tempfile::tempdir().expect("folder");
    let written = |name: &str, frame: &DataFrame| {
        let path = folder.path().join(name);
        let file = std::fs::File::create(&path).expect("file");
        let table = table::find(name).expect("table");
        write_parquet(file, table, std::slice::from_ref(frame), &WriteOptions::default()).expect("written");
        vec![path]
    };
    let files = Files {
        records: written("record", records),
        checks: written("check", checks),
        index: folder.path().join("index"),
    };
    let countries = crate::stage::countries(&areas()).expect("areas");
    let found = crate::screening::screened(&files, &countries, previous, screen, snapshots, &quipu_engine::Silent)?;
    Ok((found.hits, found.tally, found.notes))
}

/// The named text columns of each hit, joined by a space.
pub(crate) fn shown(hits: &DataFrame, columns: &[&str]) -> Vec<String> {
    (0..hits.height())
        .map(|row| {
            let value = |name: &&str| text(hits, name).expect("column").get(row).unwrap_or("null").to_owned();
            columns.iter().map(value).collect::<Vec<_>>().join(" ")
        })
        .collect()
}
