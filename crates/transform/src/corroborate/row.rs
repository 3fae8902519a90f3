//! Rows of `occurrence`, `claim` and `conflict`.

use std::collections::BTreeSet;

use jiff::civil::Date;
use polars::prelude::DataFrame;
use quipu_schema::marking::Marking;
use quipu_schema::table::{self, Table};
use quipu_schema::{Fault, Result};

use super::Held;
use super::occurrence::{Occurrence, commonest};
use super::quantity::{Figures, Quantity, totals};
use super::rows::{At, Event, Figure, Rows};
use super::verdict::Verdict;
use super::{consensus, documents};
use crate::conflict::cause::{difference, severity};
use crate::conflict::quantity as conflict;
use crate::conflict::statement::Statement;
use crate::frame::{self, Value};
use crate::period;

/// One side of a disagreement.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    table: &'static str,
    pub(crate) row: String,
    dataset: String,
    source: String,
    vintage: String,
    pub(crate) value: f64,
    text: String,
    /// SDMX observation status.
    status: String,
    document: String,
    locator: Option<String>,
    days: Option<(Date, Date)>,
    area: Option<String>,
    crime: Option<String>,
}

impl Side {
    fn at(rows: &Rows, at: &At, table: &'static str, value: f64, text: String) -> Self {
        let report = rows.reports.get(&at.document);
        let vintage = report.and_then(|report| report.published).map(|day| day.to_string());
        Self {
            table,
            row: at.key(),
            dataset: report.and_then(|report| report.title.clone()).unwrap_or_else(|| at.source.clone()),
            source: at.source.clone(),
            vintage: vintage.unwrap_or_else(|| "undated".to_owned()),
            value,
            text,
            status: "A".to_owned(),
            document: at.document.clone(),
            locator: at.locator(),
            days: None,
            area: None,
            crime: None,
        }
    }

    pub(super) fn of_figure(rows: &Rows, figure: &Figure) -> Self {
        Self {
            status: if figure.qualifier == "projected" { "F" } else { "A" }.to_owned(),
            days: figure.start.zip(figure.end),
            area: figure.area.clone(),
            crime: figure.crime.clone(),
            ..Self::at(rows, &figure.at, "figure", figure.value, figure.phrase.clone())
        }
    }

    pub(super) fn of_statistic(quantity: &conflict::Quantity, statement: &Statement) -> Self {
        let value = statement.value.as_ref().map(|value| value.value).unwrap_or_default();
        let day = crate::conflict::quantity::date;
        let text = |at: usize| quantity.texts.get(at).cloned().flatten();
        Self {
            table: "observation",
            row: statement.key(quantity),
            dataset: statement.dataset().to_owned(),
            source: statement.source().to_owned(),
            vintage: statement.vintage().to_owned(),
            value,
            text: statement.text.clone().unwrap_or_else(|| format!("{value}")),
            status: statement.status.clone(),
            document: statement.document.clone(),
            locator: statement.locator.as_ref().map(ToString::to_string),
            days: day(quantity.start).zip(day(quantity.end)),
            area: text(2),
            crime: text(1),
        }
    }

    /// The same with its value in another unit.
    pub(super) fn with_value(self, value: f64) -> Self {
        Self { value, ..self }
    }

    pub(super) fn of_event(rows: &Rows, event: &Event) -> Self {
        let year = event.start.map_or(0.0, |day| f64::from(day.year()));
        let text = event.start.map(|day| day.to_string()).unwrap_or_default();
        Self { days: event.start.zip(event.end), ..Self::at(rows, &event.at, "event", year, text) }
    }
}

/// Two rows of reports that speak of one quantity and disagree.
#[derive(Debug, Clone)]
pub(crate) struct Disagreement {
    pub(crate) occurrence: Option<String>,
    pub(crate) counted: String,
    /// What a statistic measures, where one is held against a figure.
    pub(crate) measured: Option<conflict::Quantity>,
    pub(crate) left: Side,
    pub(crate) right: Side,
    pub(crate) verdict: Verdict,
    pub(crate) marking: Marking,
}

impl Disagreement {
    /// The word of `table::CAUSES`.
    pub(crate) fn cause(&self) -> &'static str {
        self.verdict.cause
    }

    pub(crate) fn severity(&self) -> &'static str {
        match self.verdict.cause {
            "qualifier-drift" | "object-drift" | "stale" => "low",
            "swapped-values" | "stock-as-flow" | "merged-events" => "high",
            "carried-over" => "medium",
            cause => severity(cause, Some(difference(self.left.value, self.right.value))),
        }
    }

    /// One line for people.
    pub(crate) fn line(&self) -> String {
        format!(
            "{} {} {}: {} says {}, {} says {}; {} ({})",
            self.severity(),
            self.occurrence.as_deref().or(self.measured.as_ref().map(|of| of.text(0))).unwrap_or("-"),
            self.counted,
            self.left.dataset,
            self.left.text,
            self.right.dataset,
            self.right.text,
            self.verdict.cause,
            self.verdict.detail,
        )
    }

    fn cell(&self, column: &str) -> Option<Value> {
        if let Some(rest) = column.strip_prefix("left_") {
            return side(&self.left, rest);
        }
        if let Some(rest) = column.strip_prefix("right_") {
            return side(&self.right, rest);
        }
        let common = |of: fn(&Side) -> Option<&String>| {
            of(&self.left).filter(|one| of(&self.right) == Some(*one)).map(|one| text(one))
        };
        let days = self.left.days.filter(|days| self.right.days == Some(*days));
        let measured = |name: &str| {
            let at = conflict::TEXTS.iter().position(|text| *text == name)?;
            self.measured.as_ref()?.texts.get(at)?.as_deref().map(text)
        };
        match column {
            "indicator" | "freq" | "sex" | "age" | "breakdown" | "unit" => measured(column),
            "occurrence" => self.occurrence.as_deref().map(text),
            "counted" => Some(text(&self.counted)),
            "crime" => common(|side| side.crime.as_ref()),
            "ref_area" => common(|side| side.area.as_ref()),
            "time_start" => days.map(|(start, _)| Value::Date(period::days(start))),
            "time_end" => days.map(|(_, end)| Value::Date(period::days(end))),
            "cause" => Some(text(self.verdict.cause)),
            "detail" => Some(text(&self.verdict.detail)),
            "severity" => Some(text(self.severity())),
            "difference" => Some(Value::Float(difference(self.left.value, self.right.value))),
            "ratio" => Some(self.right.value / self.left.value).filter(|ratio| ratio.is_finite()).map(Value::Float),
            "marking" => Some(text(&self.marking.to_string())),
            _ => None,
        }
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn side(side: &Side, column: &str) -> Option<Value> {
    match column {
        "table" => Some(text(side.table)),
        "row" => Some(text(&side.row)),
        "dataset" => Some(text(&side.dataset)),
        "source" => Some(text(&side.source)),
        "vintage" => Some(text(&side.vintage)),
        "value" => Some(Value::Float(side.value)),
        "text" => Some(text(&side.text)),
        "status" => Some(text(&side.status)),
        "superseded" => Some(Value::Bool(false)),
        "document" => Some(text(&side.document)),
        "locator" => side.locator.as_deref().map(text),
        _ => None,
    }
}

fn definition(name: &str) -> Result<&'static Table> {
    table::find(name).ok_or_else(|| Fault::bug(format!("no table `{name}`")))
}

/// The rows as a frame of `conflict`, in the order of its key.
///
/// # Errors
/// A bug only.
pub(crate) fn conflict_frame(mut rows: Vec<Disagreement>) -> Result<(&'static Table, DataFrame)> {
    let table = definition("conflict")?;
    rows.sort_by(|a, b| (&a.left.row, &a.right.row).cmp(&(&b.left.row, &b.right.row)));
    let cells = rows.iter().map(|row| table.all_columns().map(|column| row.cell(column.name)).collect());
    Ok((table, frame::from_rows(table, cells.collect())?))
}

/// One quantity with who states it.
#[derive(Debug)]
pub(super) struct Claim {
    name: String,
    occurrence: Option<String>,
    subject: Option<String>,
    unit: String,
    measure: Option<String>,
    value: f64,
    qualifier: String,
    pub(super) documents: usize,
    sources: usize,
    agreeing: usize,
    statistics: usize,
    statistics_agreeing: usize,
    rows: String,
    marking: Marking,
}

/// What reports state of events and subjects: one claim for each quantity.
pub(super) fn claims(
    rows: &Rows,
    occurrences: &[Occurrence],
    figures: &Figures,
    held: &Held,
    marking: &dyn Fn(&str) -> Marking,
) -> Vec<Claim> {
    let mut out = Vec::new();
    for (quantity, stated) in figures {
        let totals = totals(rows, stated);
        let Some((best, agreeing)) = consensus(&totals) else { continue };
        let (occurrence, subject) = match quantity {
            Quantity::Event(number, _) => (occurrences.get(*number).map(|found| found.id.clone()), None),
            Quantity::Subject(of, _) | Quantity::Area(of, _) => (None, Some(of.clone())),
        };
        let sources: BTreeSet<&str> = totals.iter().map(|figure| figure.at.source.as_str()).collect();
        let of = occurrence.as_deref().or(subject.as_deref()).unwrap_or_default();
        let marking = totals.iter().map(|figure| marking(&figure.at.source)).reduce(Marking::strictest);
        let statistics = held.get(&best.at).copied().unwrap_or_default();
        out.push(Claim {
            name: format!("{of}/{}", quantity.unit()),
            unit: quantity.unit().to_owned(),
            measure: best.measure.clone(),
            value: best.value,
            qualifier: best.qualifier.clone(),
            documents: totals.len(),
            sources: sources.len(),
            agreeing,
            statistics: statistics.0,
            statistics_agreeing: statistics.1,
            rows: totals.iter().map(|figure| figure.at.key()).collect::<Vec<_>>().join(" "),
            marking: marking.unwrap_or_default(),
            occurrence,
            subject,
        });
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out.dedup_by(|a, b| a.name == b.name);
    out
}

fn count(number: usize) -> Value {
    Value::UInt(u64::try_from(number).unwrap_or(u64::MAX))
}

pub(super) fn claim_frame(claims: &[Claim]) -> Result<(&'static Table, DataFrame)> {
    let table = definition("claim")?;
    let cell = |claim: &Claim, column: &str| match column {
        "claim" => Some(text(&claim.name)),
        "occurrence" => claim.occurrence.as_deref().map(text),
        "subject" => claim.subject.as_deref().map(text),
        "unit" => Some(text(&claim.unit)),
        "measure" => claim.measure.as_deref().map(text),
        "value" => Some(Value::Float(claim.value)),
        "qualifier" => Some(text(&claim.qualifier)),
        "documents" => Some(count(claim.documents)),
        "sources" => Some(count(claim.sources)),
        "agreeing" => Some(count(claim.agreeing)),
        "statistics" => Some(count(claim.statistics)),
        "statistics_agreeing" => Some(count(claim.statistics_agreeing)),
        "rows" => Some(text(&claim.rows)),
        "marking" => Some(text(&claim.marking.to_string())),
        _ => None,
    };
    let cells = claims.iter().map(|claim| table.all_columns().map(|column| cell(claim, column.name)).collect());
    Ok((table, frame::from_rows(table, cells.collect())?))
}

pub(super) fn occurrence_frame(
    rows: &Rows,
    occurrences: &[Occurrence],
    marking: &dyn Fn(&str) -> Marking,
) -> Result<(&'static Table, DataFrame)> {
    let table = definition("occurrence")?;
    let mut sorted: Vec<&Occurrence> = occurrences.iter().collect();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    let cells = sorted.iter().map(|occurrence| {
        let events: Vec<&Event> = occurrence.rows.iter().filter_map(|at| rows.events.get(*at)).collect();
        table.all_columns().map(|column| occurrence_cell(rows, occurrence, &events, marking, column.name)).collect()
    });
    Ok((table, frame::from_rows(table, cells.collect())?))
}

fn occurrence_cell(
    rows: &Rows,
    occurrence: &Occurrence,
    events: &[&Event],
    marking: &dyn Fn(&str) -> Marking,
    column: &str,
) -> Option<Value> {
    let name = commonest(events.iter().map(|event| event.name.clone()).collect())?;
    match column {
        "occurrence" => Some(text(&occurrence.id)),
        "kind" => events.first().map(|event| text(&event.kind)),
        "edition" => events.iter().find_map(|event| event.edition).map(|edition| Value::UInt(u64::from(edition))),
        "other_names" => {
            let others: BTreeSet<&str> =
                events.iter().map(|event| event.name.as_str()).filter(|other| *other != name).collect();
            (!others.is_empty()).then(|| text(&others.into_iter().collect::<Vec<_>>().join(" | ")))
        }
        "name" => Some(text(&name)),
        "place" => commonest(events.iter().filter_map(|event| event.place.clone()).collect()).map(|place| text(&place)),
        "country" => {
            commonest(events.iter().filter_map(|event| event.country.clone()).collect()).map(|code| text(&code))
        }
        "start" => {
            commonest(events.iter().filter_map(|event| event.start).collect()).map(|day| Value::Date(period::days(day)))
        }
        "end" => {
            commonest(events.iter().filter_map(|event| event.end).collect()).map(|day| Value::Date(period::days(day)))
        }
        "documents" => Some(count(documents(rows, occurrence).len())),
        "sources" => {
            let sources: BTreeSet<&str> = events.iter().map(|event| event.at.source.as_str()).collect();
            Some(count(sources.len()))
        }
        "rows" => Some(text(&events.iter().map(|event| event.at.key()).collect::<Vec<_>>().join(" "))),
        "marking" => {
            let marking = events.iter().map(|event| marking(&event.at.source)).reduce(Marking::strictest)?;
            Some(text(&marking.to_string()))
        }
        _ => None,
    }
}
