//! Rows of `figure` and `event`, as they are compared across reports.

use std::collections::BTreeMap;

use jiff::civil::Date;
use polars::prelude::DataFrame;
use quipu_schema::locator::{Columns, Locator};
use quipu_schema::table::{DOCUMENT_ID, LOC_END, LOC_ROW, LOC_START, SOURCE};
use quipu_schema::{Fault, Result};
use quipu_store::{Part, Store};

use crate::conflict::quantity::{date, days, texts};

/// Where a row was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) document: String,
    /// Page, in a PDF.
    pub(super) row: Option<u64>,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) source: String,
}

impl At {
    /// The row's key, as `trace` takes it.
    pub(super) fn key(&self) -> String {
        let page = self.row.map(|page| format!("{LOC_ROW}={page},")).unwrap_or_default();
        format!("{DOCUMENT_ID}={},{page}{LOC_START}={},{LOC_END}={}", self.document, self.start, self.end)
    }

    /// The place, as it is printed.
    pub(super) fn locator(&self) -> Option<String> {
        let columns = Columns { row: self.row, start: Some(self.start), end: Some(self.end), ..Columns::default() };
        Locator::from_columns(&columns).map(|locator| locator.to_string())
    }
}

/// A row of `figure`.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    pub(super) at: At,
    pub(super) value: f64,
    pub(super) high: Option<f64>,
    pub(super) qualifier: String,
    pub(super) unit: String,
    pub(super) kind: String,
    pub(super) measure: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) event: Option<String>,
    pub(super) flow: Option<String>,
    pub(super) area: Option<String>,
    pub(super) crime: Option<String>,
    pub(super) start: Option<Date>,
    pub(super) end: Option<Date>,
    pub(super) stated: bool,
    pub(super) phrase: String,
    /// Its sentence.
    pub(super) context: Option<String>,
}

/// A row of `event`.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) at: At,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) edition: Option<u32>,
    pub(super) place: Option<String>,
    pub(super) country: Option<String>,
    pub(super) start: Option<Date>,
    pub(super) end: Option<Date>,
}

/// What is known of a report.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) title: Option<String>,
    pub(super) published: Option<Date>,
}

/// All rows of reports.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) figures: Vec<Figure>,
    pub(super) events: Vec<Event>,
    pub(super) reports: BTreeMap<String, Report>,
}

/// The texts of a column, one for each row.
fn column(frame: &DataFrame, name: &str) -> Result<Vec<Option<String>>> {
    Ok(texts(frame, name)?.iter().map(|text| text.map(str::to_owned)).collect())
}

fn dates(frame: &DataFrame, name: &str) -> Result<Vec<Option<Date>>> {
    Ok(days(frame, name)?.iter().map(|day| day.and_then(date)).collect())
}

fn wrong(name: &str, error: polars::error::PolarsError) -> Fault {
    Fault::bug(format!("rows of reports have no `{name}`")).because(error)
}

fn floats(frame: &DataFrame, name: &str) -> Result<Vec<Option<f64>>> {
    let column = frame.column(name).and_then(|column| column.f64()).map_err(|error| wrong(name, error))?;
    Ok(column.iter().collect())
}

fn places(frame: &DataFrame) -> Result<Vec<At>> {
    let unsigned = |name: &str| -> Result<Vec<Option<u64>>> {
        let column = frame.column(name).and_then(|column| column.u64()).map_err(|error| wrong(name, error))?;
        Ok(column.iter().collect())
    };
    let (starts, ends) = (unsigned(LOC_START)?, unsigned(LOC_END)?);
    let (documents, sources) = (column(frame, DOCUMENT_ID)?, column(frame, SOURCE)?);
    let rows = documents.into_iter().zip(sources).zip(starts.into_iter().zip(ends)).zip(unsigned(LOC_ROW)?);
    Ok(rows
        .map(|(((document, source), (start, end)), row)| At {
            document: document.unwrap_or_default(),
            row,
            start: start.unwrap_or_default(),
            end: end.unwrap_or_default(),
            source: source.unwrap_or_default(),
        })
        .collect())
}

impl Rows {
    /// Reads the rows of all reports among these parts.
    ///
    /// # Errors
    /// Files that are damaged.
    pub(super) fn read(store: &Store, parts: &[&Part]) -> Result<Self> {
        let mut rows = Self::default();
        for part in parts {
            match part.table.as_str() {
                "figure" => rows.add_figures(&store.read_table(part)?)?,
                "event" => rows.add_events(&store.read_table(part)?)?,
                "document" => rows.add_reports(&store.read_table(part)?)?,
                _ => {}
            }
        }
        rows.sort();
        Ok(rows)
    }

    /// Puts rows in the order of their places, so that nothing depends on the order of parts.
    pub(super) fn sort(&mut self) {
        self.figures.sort_by(|a, b| a.at.cmp(&b.at));
        self.events.sort_by(|a, b| a.at.cmp(&b.at));
    }

    pub(super) fn add_figures(&mut self, frame: &DataFrame) -> Result<()> {
        let text = |name| column(frame, name);
        let (values, highs) = (floats(frame, "value")?, floats(frame, "value_high")?);
        let (starts, ends) = (dates(frame, "period_start")?, dates(frame, "period_end")?);
        let (qualifier, unit, kind, phrase) = (text("qualifier")?, text("unit")?, text("kind")?, text("phrase")?);
        let (measure, subject, event, flow) =
            (text("measure")?, text("subject")?, text("event")?, text("stock_or_flow")?);
        let (area, crime, basis) = (text("ref_area")?, text("crime")?, text("period_basis")?);
        let context = text("context")?;
        for (row, at) in places(frame)?.into_iter().enumerate() {
            let of = |list: &[Option<String>]| list.get(row).cloned().flatten();
            self.figures.push(Figure {
                at,
                value: values.get(row).copied().flatten().unwrap_or_default(),
                high: highs.get(row).copied().flatten(),
                qualifier: of(&qualifier).unwrap_or_default(),
                unit: of(&unit).unwrap_or_default(),
                kind: of(&kind).unwrap_or_default(),
                measure: of(&measure),
                subject: of(&subject),
                event: of(&event),
                flow: of(&flow),
                area: of(&area),
                crime: of(&crime),
                start: starts.get(row).copied().flatten(),
                end: ends.get(row).copied().flatten(),
                stated: of(&basis).as_deref() == Some("stated"),
                phrase: of(&phrase).unwrap_or_default(),
                context: of(&context),
            });
        }
        Ok(())
    }

    pub(super) fn add_events(&mut self, frame: &DataFrame) -> Result<()> {
        let editions = frame.column("edition").and_then(|column| column.u32()).map_err(|e| wrong("edition", e))?;
        let editions: Vec<Option<u32>> = editions.iter().collect();
        let (kind, name, place, country) =
            (column(frame, "kind")?, column(frame, "name")?, column(frame, "place")?, column(frame, "country")?);
        let (starts, ends) = (dates(frame, "start")?, dates(frame, "end")?);
        for (row, at) in places(frame)?.into_iter().enumerate() {
            let of = |list: &[Option<String>]| list.get(row).cloned().flatten();
            self.events.push(Event {
                at,
                kind: of(&kind).unwrap_or_default(),
                name: of(&name).unwrap_or_default(),
                edition: editions.get(row).copied().flatten(),
                place: of(&place),
                country: of(&country),
                start: starts.get(row).copied().flatten(),
                end: ends.get(row).copied().flatten(),
            });
        }
        Ok(())
    }

    pub(super) fn add_reports(&mut self, frame: &DataFrame) -> Result<()> {
        let (ids, titles) = (column(frame, DOCUMENT_ID)?, column(frame, "title")?);
        let published = dates(frame, "published_on")?;
        for (row, id) in ids.into_iter().enumerate() {
            let title = titles.get(row).cloned().flatten();
            let published = published.get(row).copied().flatten();
            self.reports.insert(id.unwrap_or_default(), Report { title, published });
        }
        Ok(())
    }
}
