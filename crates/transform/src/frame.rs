//! Frames of a table's type from texts, checked against the table's contract.

use polars::prelude::{BooleanChunked, Column, DataFrame, IntoColumn, IntoSeries, NewChunkedArray, PlSmallStr};
use polars::prelude::{DataType, TimeUnit, TimeZone};
use polars::prelude::{Float64Chunked, Int32Chunked, Int64Chunked, StringChunked, UInt32Chunked, UInt64Chunked};
use quipu_schema::quarantine::Reason;
use quipu_schema::table::{self, Kind, Rule, Table};
use quipu_schema::{ErrorKind, Fault, Result};
use regex::Regex;

use crate::period;

/// A value of any column type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Text.
    Text(String),
    /// Signed integer.
    Int(i64),
    /// Unsigned integer.
    UInt(u64),
    /// Floating point.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01, UTC.
    Time(i64),
}

/// Why a text is no value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Stable reason.
    pub(crate) reason: Reason,
    /// What is wrong, for people.
    pub(crate) message: String,
}

impl Refusal {
    /// Bytes that are no text in the document's encoding.
    pub(crate) fn encoding(name: &str) -> Self {
        Self { reason: Reason::BadEncoding, message: format!("the bytes are not valid {name}") }
    }
}

/// Reads texts as values of one column and holds them to its contract.
#[derive(Debug)]
pub(crate) struct Gate {
    column: &'static table::Column,
    pattern: Option<Regex>,
}

impl Gate {
    /// The gate of a column.
    pub(crate) fn new(column: &'static table::Column) -> Result<Self> {
        let pattern = match column.rule {
            Rule::Matches(pattern) => Some(
                Regex::new(&format!("^(?:{pattern})$"))
                    .map_err(|e| Fault::bug(format!("the rule of `{}` is no pattern", column.name)).because(e))?,
            ),
            _ => None,
        };
        Ok(Self { column, pattern })
    }

    /// Whether null may pass.
    pub(crate) fn null(&self) -> Result<(), Refusal> {
        if self.column.nullable {
            return Ok(());
        }
        let message = format!("`{}` must not be empty", self.column.name);
        Err(Refusal { reason: Reason::MissingValue, message })
    }

    /// The value of a text.
    pub(crate) fn read(&self, text: &str) -> Result<Value, Refusal> {
        let bad = || Refusal {
            reason: Reason::BadValue,
            message: format!("`{}` takes {}, not `{}`", self.column.name, self.column.kind.word(), clip(text)),
        };
        let value = match self.column.kind {
            Kind::Text => Value::Text(text.to_owned()),
            Kind::Int => Value::Int(text.parse().map_err(|_| bad())?),
            Kind::UInt => Value::UInt(text.parse().map_err(|_| bad())?),
            Kind::UInt32 => Value::UInt(text.parse::<u32>().map_err(|_| bad())?.into()),
            Kind::Float => Value::Float(text.parse().ok().filter(|v: &f64| v.is_finite()).ok_or_else(bad)?),
            Kind::Bool => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Value::Bool(true),
                "false" | "no" | "0" => Value::Bool(false),
                _ => return Err(bad()),
            },
            Kind::Date => Value::Date(period::days(text.parse().map_err(|_| bad())?)),
            Kind::Time => {
                let moment: jiff::Timestamp = text.parse().map_err(|_| bad())?;
                Value::Time(moment.as_microsecond())
            }
        };
        self.allows(&value, text)?;
        Ok(value)
    }

    fn allows(&self, value: &Value, text: &str) -> Result<(), Refusal> {
        let refuse = |reason, what: String| {
            Err(Refusal { reason, message: format!("`{}` is `{}`, {what}", self.column.name, clip(text)) })
        };
        match self.column.rule {
            Rule::OneOf(words) if !words.contains(&text) => {
                let help = quipu_schema::pipeline::suggestion(text, words.iter().copied()).unwrap_or_default();
                refuse(Reason::UnknownCode, format!("which is not one of its words; {help}"))
            }
            Rule::Matches(pattern) if self.pattern.as_ref().is_some_and(|p| !p.is_match(text)) => {
                refuse(Reason::OutOfRange, format!("which does not match `{pattern}`"))
            }
            Rule::Range(low, high) => {
                let number = match value {
                    Value::Int(v) => *v as f64,
                    Value::UInt(v) => *v as f64,
                    Value::Float(v) => *v,
                    _ => return Ok(()),
                };
                if (low..=high).contains(&number) {
                    Ok(())
                } else {
                    refuse(Reason::OutOfRange, format!("which is not from {low} to {high}"))
                }
            }
            _ => Ok(()),
        }
    }
}

/// The first characters of a text, for messages and records in quarantine, with a mark where there are
/// more. Labels made of several columns fit.
pub(crate) fn clip(text: &str) -> String {
    const MOST: usize = 120;
    let mut rest = text.chars();
    let mut out: String = rest.by_ref().take(MOST).collect();
    if rest.next().is_some() {
        out.push('…');
    }
    out
}

/// A polars column of the type of a table column.
///
/// # Errors
/// A value of another type than the column's: a bug.
pub(crate) fn column(definition: &table::Column, values: Vec<Option<Value>>) -> Result<Column> {
    let name = PlSmallStr::from_static(definition.name);
    let mut wrong = false;
    macro_rules! collect {
        ($($pattern:pat => $out:expr),+) => {
            values
                .into_iter()
                .map(|value| match value {
                    None => None,
                    $(Some($pattern) => $out,)+
                    Some(_) => {
                        wrong = true;
                        None
                    }
                })
                .collect::<Vec<_>>()
        };
    }
    let column = match definition.kind {
        Kind::Text => {
            let texts = collect!(Value::Text(v) => Some(v));
            StringChunked::from_iter_options(name, texts.into_iter()).into_column()
        }
        Kind::Int => Int64Chunked::from_slice_options(name, &collect!(Value::Int(v) => Some(v))).into_column(),
        Kind::UInt => UInt64Chunked::from_slice_options(name, &collect!(Value::UInt(v) => Some(v))).into_column(),
        Kind::UInt32 => {
            UInt32Chunked::from_slice_options(name, &collect!(Value::UInt(v) => u32::try_from(v).ok())).into_column()
        }
        Kind::Float => Float64Chunked::from_slice_options(name, &collect!(Value::Float(v) => Some(v))).into_column(),
        Kind::Bool => BooleanChunked::from_slice_options(name, &collect!(Value::Bool(v) => Some(v))).into_column(),
        Kind::Date => {
            let days = Int32Chunked::from_slice_options(name, &collect!(Value::Date(v) => Some(v)));
            cast(&days.into_series().into_column(), &DataType::Date)?
        }
        Kind::Time => {
            let micros = Int64Chunked::from_slice_options(name, &collect!(Value::Time(v) => Some(v)));
            micros.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column()
        }
    };
    if wrong { Err(Fault::bug(format!("a value of another type in `{}`", definition.name))) } else { Ok(column) }
}

fn cast(column: &Column, to: &DataType) -> Result<Column> {
    column.cast(to).map_err(|e| Fault::bug("a column does not cast to its type").because(e))
}

/// A frame of rows of values, in the order of `table.all_columns()`.
pub(crate) fn from_rows(table: &'static Table, rows: Vec<Vec<Option<Value>>>) -> Result<DataFrame> {
    let height = rows.len();
    let mut columns: Vec<Vec<Option<Value>>> = table.all_columns().map(|_| Vec::with_capacity(height)).collect();
    for row in rows {
        if row.len() != columns.len() {
            return Err(Fault::bug(format!("a row of `{}` with {} values", table.name, row.len())));
        }
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    let columns = table.all_columns().zip(columns).map(|(definition, values)| column(definition, values));
    frame(height, columns.collect::<Result<_>>()?)
}

/// A frame of these columns.
pub(crate) fn frame(height: usize, columns: Vec<Column>) -> Result<DataFrame> {
    DataFrame::new(height, columns).map_err(|e| Fault::bug("columns do not form a frame").because(e))
}

/// A frame of texts as a reference list holds them.
///
/// # Errors
/// A text that is no value of its column: the list is wrong.
pub(crate) fn from_texts(table: &'static Table, rows: &[Vec<Option<String>>], place: &str) -> Result<DataFrame> {
    let gates: Vec<Gate> = table.columns.iter().map(Gate::new).collect::<Result<_>>()?;
    let mut out = Vec::with_capacity(rows.len());
    for (number, row) in rows.iter().enumerate() {
        let read = |(gate, text): (&Gate, &Option<String>)| match text {
            Some(text) => gate.read(text).map(Some),
            None => gate.null().map(|()| None),
        };
        let values: Result<Vec<_>, Refusal> = gates.iter().zip(row).map(read).collect();
        out.push(values.map_err(|refusal| {
            Fault::new(ErrorKind::Pipeline, refusal.message).at(format!("{place}: row {}", number + 1))
        })?);
    }
    from_rows(table, out)
}

impl Gate {
    /// Holds a text to the list it must stand in.
    pub(crate) fn refer(&self, text: &str, reference: &crate::codes::Reference) -> Result<(), Refusal> {
        let Rule::References(table, column) = self.column.rule else { return Ok(()) };
        if reference.stands_in(table, column, text) {
            return Ok(());
        }
        let message = format!("`{}` is `{}`, which does not stand in {table}.{column}", self.column.name, clip(text));
        Err(Refusal { reason: Reason::UnknownCode, message })
    }
}
