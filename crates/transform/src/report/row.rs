//! Rows of the tables that reports fill.

use polars::prelude::DataFrame;
use quipu_prose::{DateMention, Event, Figure, Mention, Place, Precision, Reading, Relation, Residue, Statement};
use quipu_readers::LaidText;
use quipu_schema::locator::{Columns, Locator};
use quipu_schema::{Result, table};

use crate::document::{DocumentRow, sorted_frame};
use crate::frame::Value;
use crate::period;

/// The document that rows come from.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) document: DocumentRow,
    /// The text of a PDF, which tells where on its pages a stretch of it stands.
    pub(crate) laid: Option<LaidText>,
}

impl Origin {
    /// The place of a stretch of the text in the document, and the text there where it is not what was read.
    fn place(&self, start: u64, end: u64) -> (Option<Locator>, Option<String>) {
        let Some(laid) = &self.laid else { return (Some(Locator::Bytes { start, end }), None) };
        let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        let found = range.and_then(|(start, end)| laid.locate(&(start..end)));
        found.map_or((None, None), |(locator, text)| (Some(locator), Some(text.to_owned())))
    }
}

/// Columns that every row of a report has.
#[derive(Debug, Clone)]
struct Common {
    document_id: String,
    source: String,
    marking: String,
    place: Columns,
    /// The text at the place, of a PDF.
    printed: Option<String>,
}

impl Common {
    fn of(origin: &Origin, start: u64, end: u64) -> Self {
        let document = &origin.document;
        let (locator, printed) = origin.place(start, end);
        Self {
            document_id: document.document_id.to_string(),
            source: document.source.clone(),
            marking: document.marking.clone(),
            place: locator.map(|locator| locator.to_columns()).unwrap_or_default(),
            printed,
        }
    }

    /// The text at the place: as it was read, or as the page has it.
    fn printed(&self, read: &str) -> Value {
        text(self.printed.as_deref().unwrap_or(read))
    }

    fn value(&self, column: &str) -> Option<Value> {
        match column {
            table::DOCUMENT_ID => Some(text(&self.document_id)),
            table::SOURCE => Some(text(&self.source)),
            table::LOC_ROW => self.place.row.map(Value::UInt),
            table::LOC_START => self.place.start.map(Value::UInt),
            table::LOC_END => self.place.end.map(Value::UInt),
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

/// A statement with the places of its segments, as printed, and the language of its document.
#[derive(Debug, Clone)]
struct Said {
    statement: Statement,
    segments: String,
    language: Option<String>,
}

/// The rows of all documents of a source.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    figures: Vec<Row<Figure>>,
    mentions: Vec<Row<Named>>,
    statements: Vec<Row<Said>>,
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
            let places: Vec<String> = statement
                .segments
                .iter()
                .filter_map(|segment| Some(origin.place(segment.start, segment.end).0?.to_string()))
                .collect();
            let said = Said { segments: places.join(" "), language: language.clone(), statement };
            self.statements.push(Row { common, row: said });
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
        "phrase" => Some(row.common.printed(&figure.place.text)),
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
        (Named::Mention(mention), "surface") => Some(row.common.printed(&mention.place.text)),
        (Named::Mention(mention), "ref") => optional(mention.reference.as_ref()),
        (Named::Mention(mention), "role") => optional(mention.role.as_ref()),
        (Named::Date(_), "kind") => Some(text("date")),
        (Named::Date(date), "name") => Some(text(&format!("{}/{}", date.start, date.end))),
        (Named::Date(date), "surface") => Some(row.common.printed(&date.place.text)),
        _ => row.common.value(column),
    }
}

fn statement(row: &Row<Said>, column: &str) -> Option<Value> {
    let Said { statement, segments, language } = &row.row;
    match column {
        "speaker" => optional(statement.speaker.as_ref()),
        "role" => optional(statement.role.as_ref()),
        "organisation" => optional(statement.organisation.as_ref()),
        "text" => {
            let words = statement.segments.iter().flat_map(|segment| segment.text.split_whitespace());
            Some(text(&words.collect::<Vec<_>>().join(" ")))
        }
        "segments" => Some(text(segments)),
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
        "phrase" => Some(row.common.printed(&relation.place.text)),
        _ => row.common.value(column),
    }
}

fn residue(row: &Row<Residue>, column: &str) -> Option<Value> {
    let residue = &row.row;
    match column {
        "text" => Some(row.common.printed(&residue.place.text)),
        "numbers" => Some(Value::UInt(u64::try_from(residue.numbers).unwrap_or(u64::MAX))),
        "rules" => Some(text(&residue.rules.join(" "))),
        _ => row.common.value(column),
    }
}
