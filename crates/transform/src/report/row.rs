//! Rows of the tables that reports fill.

use polars::prelude::DataFrame;
use quipu_prose::{DateMention, Event, Figure, Mention, Place, Precision, Reading, Relation, Residue, Statement};
use quipu_schema::{Result, table};

use crate::document::{DocumentRow, sorted_frame};
use crate::frame::Value;
use crate::period;

/// The document that rows come from.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) document: DocumentRow,
}

/// Columns that every row of a report has.
#[derive(Debug, Clone)]
struct Common {
    document_id: String,
    source: String,
    marking: String,
    start: u64,
    end: u64,
}

impl Common {
    fn of(origin: &Origin, start: u64, end: u64) -> Self {
        let document = &origin.document;
        Self {
            document_id: document.document_id.to_string(),
            source: document.source.clone(),
            marking: document.marking.clone(),
            start,
            end,
        }
    }

    fn value(&self, column: &str) -> Option<Value> {
        match column {
            table::DOCUMENT_ID => Some(text(&self.document_id)),
            table::SOURCE => Some(text(&self.source)),
            table::LOC_START => Some(Value::UInt(self.start)),
            table::LOC_END => Some(Value::UInt(self.end)),
            "marking" => Some(text(&self.marking)),
            _ => None,
        }
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn optional(value: Option<&String>) -> Option<Value> {
    value.map(|value| text(value))
}

/// A row with what all rows have.
#[derive(Debug, Clone)]
struct Row<T> {
    common: Common,
    row: T,
}

/// A mention of anything, dates included.
#[derive(Debug, Clone)]
enum Named {
    Mention(Mention),
    Date(DateMention),
}

/// The rows of all documents of a source.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    figures: Vec<Row<Figure>>,
    mentions: Vec<Row<Named>>,
    statements: Vec<Row<(Statement, Option<String>)>>,
    events: Vec<Row<Event>>,
    relations: Vec<Row<Relation>>,
    residue: Vec<Row<Residue>>,
}

/// Makes the frame of one of the tables.
type Frame = fn(&Rows) -> Result<DataFrame>;

/// The tables that reports fill, each with what makes its frame.
pub(crate) const FRAMES: [(&str, Frame); 6] = [
    ("figure", |rows| sorted_frame("figure", &rows.figures, figure)),
    ("mention", |rows| sorted_frame("mention", &rows.mentions, mention)),
    ("statement", |rows| sorted_frame("statement", &rows.statements, statement)),
    ("event", |rows| sorted_frame("event", &rows.events, event)),
    ("relation", |rows| sorted_frame("relation", &rows.relations, relation)),
    ("residue", |rows| sorted_frame("residue", &rows.residue, residue)),
];

impl Rows {
    /// Adds what was read from one document.
    pub(crate) fn add(&mut self, origin: &Origin, reading: Reading) {
        let common = |place: &Place| Common::of(origin, place.start, place.end);
        let language = reading.language.clone();
        for figure in reading.figures {
            self.figures.push(Row { common: common(&figure.place), row: figure });
        }
        for mention in reading.mentions {
            self.mentions.push(Row { common: common(&mention.place), row: Named::Mention(mention) });
        }
        for date in reading.dates {
            self.mentions.push(Row { common: common(&date.place), row: Named::Date(date) });
        }
        for statement in reading.statements {
            let (Some(first), Some(last)) = (statement.segments.first(), statement.segments.last()) else { continue };
            let common = Common::of(origin, first.start, last.end);
            self.statements.push(Row { common, row: (statement, language.clone()) });
        }
        for event in reading.events {
            let Some(first) = event.mentions.first() else { continue };
            self.events.push(Row { common: common(first), row: event });
        }
        for relation in reading.relations {
            self.relations.push(Row { common: common(&relation.place), row: relation });
        }
        for sentence in reading.residue {
            self.residue.push(Row { common: common(&sentence.place), row: sentence });
        }
    }
}

fn figure(row: &Row<Figure>, column: &str) -> Option<Value> {
    let figure = &row.row;
    match column {
        "measure" => optional(figure.measure.as_ref()),
        "value" => Some(Value::Float(figure.value)),
        "value_high" => figure.value_high.map(Value::Float),
        "qualifier" => Some(text(figure.qualifier)),
        "unit" => Some(text(&figure.unit)),
        "kind" => Some(text(figure.kind)),
        "period_start" => figure.period.map(|(start, _, _)| Value::Date(period::days(start))),
        "period_end" => figure.period.map(|(_, end, _)| Value::Date(period::days(end))),
        "period_basis" => figure.period.map(|(_, _, stated)| text(if stated { "stated" } else { "inferred" })),
        "subject" => optional(figure.subject.as_ref()),
        "stock_or_flow" => figure.flow.map(text),
        "ref_area" => optional(figure.area.as_ref()),
        "crime" => figure.crime.map(text),
        "event" => optional(figure.event.as_ref()),
        "speaker" => optional(figure.speaker.as_ref()),
        "phrase" => Some(text(&figure.place.text)),
        "context" => optional(figure.context.as_ref()),
        // Every figure that is published is printed as a number; nothing is reckoned.
        "basis" => Some(text("stated")),
        _ => row.common.value(column),
    }
}

fn mention(row: &Row<Named>, column: &str) -> Option<Value> {
    match (&row.row, column) {
        (Named::Mention(mention), "kind") => Some(text(mention.kind)),
        (Named::Mention(mention), "name") => Some(text(&mention.name)),
        (Named::Mention(mention), "surface") => Some(text(&mention.place.text)),
        (Named::Mention(mention), "ref") => optional(mention.reference.as_ref()),
        (Named::Mention(mention), "role") => optional(mention.role.as_ref()),
        (Named::Date(_), "kind") => Some(text("date")),
        (Named::Date(date), "name") => Some(text(&format!("{}/{}", date.start, date.end))),
        (Named::Date(date), "surface") => Some(text(&date.place.text)),
        _ => row.common.value(column),
    }
}

fn statement(row: &Row<(Statement, Option<String>)>, column: &str) -> Option<Value> {
    let (statement, language) = &row.row;
    let joined = |part: fn(&Place) -> String| {
        let parts: Vec<String> = statement.segments.iter().map(part).collect();
        Some(text(&parts.join(" ")))
    };
    match column {
        "speaker" => optional(statement.speaker.as_ref()),
        "role" => optional(statement.role.as_ref()),
        "organisation" => optional(statement.organisation.as_ref()),
        "text" => joined(|place| place.text.split_whitespace().collect::<Vec<_>>().join(" ")),
        "segments" => joined(|place| format!("bytes={}-{}", place.start, place.end)),
        "language" => optional(language.as_ref()),
        _ => row.common.value(column),
    }
}

fn event(row: &Row<Event>, column: &str) -> Option<Value> {
    let event = &row.row;
    match column {
        "kind" => Some(text(event.kind)),
        "name" => Some(text(&event.name)),
        "edition" => event.edition.map(|edition| Value::UInt(u64::from(edition))),
        "place" => optional(event.place.as_ref()),
        "country" => optional(event.country.as_ref()),
        "start" => event.start.map(|day| Value::Date(period::days(day))),
        "end" => event.end.map(|day| Value::Date(period::days(day))),
        "precision" => event.precision.map(|precision| {
            text(match precision {
                Precision::Day => "day",
                Precision::Month => "month",
                Precision::Year => "year",
                Precision::Week | Precision::Quarter | Precision::ToDate | Precision::Vague => "vague",
            })
        }),
        _ => row.common.value(column),
    }
}

fn relation(row: &Row<Relation>, column: &str) -> Option<Value> {
    let relation = &row.row;
    match column {
        "subject" => Some(text(&relation.subject)),
        "predicate" => Some(text(relation.predicate)),
        "object" => Some(text(&relation.object)),
        "time" => optional(relation.time.as_ref()),
        "phrase" => Some(text(&relation.place.text)),
        _ => row.common.value(column),
    }
}

fn residue(row: &Row<Residue>, column: &str) -> Option<Value> {
    let residue = &row.row;
    match column {
        "text" => Some(text(&residue.place.text)),
        "numbers" => Some(Value::UInt(u64::try_from(residue.numbers).unwrap_or(u64::MAX))),
        "rules" => Some(text(&residue.rules.join(" "))),
        _ => row.common.value(column),
    }
}
