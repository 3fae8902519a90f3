//! Rows of a table, column by column: records and checks.

use polars::prelude::DataFrame;
use quipu_schema::pipeline::{Layout, Origin, Rows, Source, TakeFrom};
use quipu_schema::quarantine::Reason;
use quipu_schema::table::Provenance;
use quipu_schema::tally::Tally;
use quipu_schema::{ErrorKind, Fault, Locator, Result};
use rustc_hash::FxHashMap;

use crate::codes::Reference;
use crate::frame::{self, Gate, Refusal, Value};
use crate::input::Input;
use crate::quarantine::{Rejected, lines_named, locator_values};
use quipu_readers::csv::{CsvText, Field, Found};

/// Columns whose text is about a person and never shown outside its table.
const PERSONAL: [&str; 4] = ["key_raw", "key", "names", "birth_date"];

/// What one source gave.
#[derive(Debug)]
pub(crate) struct Listed {
    /// The rows.
    pub(crate) frame: DataFrame,
    /// What was not published.
    pub(crate) rejected: Vec<Rejected>,
    /// The account, in rows.
    pub(crate) tally: Tally,
    /// What was detected, for people.
    pub(crate) notes: Vec<String>,
}

/// One row with its key, for duplicates.
struct Row {
    key: Vec<Option<String>>,
    values: Vec<Option<Value>>,
    line: u64,
    rejected: Rejected,
}

/// Reads the documents of a source as rows of a table.
///
/// # Errors
/// A document whose shape the mapping does not fit.
pub(crate) fn read(
    source: &Source,
    options: &Layout,
    rows: &Rows,
    inputs: &[Input<'_>],
    reference: &Reference,
) -> Result<Listed> {
    let mut wanted: Vec<&str> = rows.columns.iter().flat_map(|(_, o)| o.columns()).map(|c| c.value.as_str()).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut listed: Vec<Row> = Vec::new();
    let (mut rejected, mut tally, mut notes) = (Vec::new(), Tally::default(), Vec::new());
    for input in inputs {
        let csv = CsvText::open(input.bytes, options, &wanted, input.name)?;
        notes.extend(csv.notes.iter().map(|note| format!("{}: {note}", input.name)));
        let fillers = bind(source, rows, &csv, reference, input)?;
        walk(source, rows, input, &csv, &fillers, reference, &mut tally, &mut listed, &mut rejected);
    }
    let kept = without_duplicates(listed, rows.table.columns.len(), &mut tally, &mut rejected);
    tally.published += kept.len() as u64;
    let frame = frame::from_rows(rows.table, kept)?;
    Ok(Listed { frame, rejected, tally, notes })
}

/// How one table column is filled.
struct Filler<'a> {
    name: &'static str,
    gate: Gate,
    origin: Option<&'a Origin>,
    columns: Vec<usize>,
}

fn bind<'a>(
    source: &Source,
    rows: &'a Rows,
    csv: &CsvText<'_>,
    reference: &Reference,
    input: &Input<'_>,
) -> Result<Vec<Filler<'a>>> {
    let mut fillers = Vec::new();
    let mut read = Vec::new();
    for column in rows.table.columns {
        let origin = rows.columns.iter().find(|(name, _)| *name == column.name).map(|(_, origin)| origin);
        let mut columns = Vec::new();
        if let Some(origin) = origin {
            for name in origin.columns() {
                columns.push(csv.column(&name.value, input.name)?);
            }
            if let Origin::Read(take) = origin {
                if let Some(codes) = &take.codes {
                    reference.check(codes, input.name)?;
                }
                if !matches!(take.from, TakeFrom::Columns(_)) {
                    return Err(Fault::new(
                        ErrorKind::Pipeline,
                        format!("`{}` of `rows` must come from a column", column.name),
                    )
                    .at(format!("source `{}`", source.id)));
                }
            }
        }
        read.extend(&columns);
        fillers.push(Filler { name: column.name, gate: Gate::new(column)?, origin, columns });
    }
    csv.check_unread(&read, &rows.ignore, input.name, &source.id)?;
    Ok(fillers)
}

#[expect(clippy::too_many_arguments, reason = "one walk fills three lists")]
fn walk(
    source: &Source,
    rows: &Rows,
    input: &Input<'_>,
    csv: &CsvText<'_>,
    fillers: &[Filler<'_>],
    reference: &Reference,
    tally: &mut Tally,
    listed: &mut Vec<Row>,
    rejected: &mut Vec<Rejected>,
) {
    let width = csv.header.names.len();
    let located = rows.table.located_text();
    let mut scanner = csv.body();
    loop {
        let found = scanner.step();
        let refuse_line = |reason: Reason, message: String, scanner: &quipu_readers::csv::Scanner<'_>| {
            let (start, end) = scanner.span();
            // The whole line may hold names and numbers of people, so it is not kept.
            Rejected {
                document: input.digest,
                locator: csv.span_locator(start, end),
                reason,
                column: None,
                raw: None,
                message,
                cells: 1,
            }
        };
        match found {
            Found::End => return,
            Found::Blank => continue,
            Found::UnclosedQuote => {
                tally.read += 1;
                tally.quarantine(Reason::UnclosedQuote, 1);
                rejected.push(refuse_line(
                    Reason::UnclosedQuote,
                    "a quoted field is opened and never closed".into(),
                    &scanner,
                ));
                continue;
            }
            Found::Record => {}
        }
        tally.read += 1;
        let fields = scanner.fields();
        let surplus = fields.get(width..).unwrap_or_default();
        if fields.len() < width || surplus.iter().any(|field| field.start < field.end) {
            tally.quarantine(Reason::RaggedRow, 1);
            let message = format!("the record has {} fields, the header {width}", fields.len());
            rejected.push(refuse_line(Reason::RaggedRow, message, &scanner));
            continue;
        }
        let line = scanner.record_line();
        let mut values = Vec::new();
        let mut refused = None;
        let mut place: Option<Locator> = None;
        for filler in fillers {
            let column = filler.columns.first().copied();
            let field = csv.trimmed(column.and_then(|c| fields.get(c)).copied().unwrap_or_default());
            if located == Some(filler.name)
                && let Some(column) = column
            {
                place = Some(csv.locator(line, column, field));
            }
            match fill(filler, csv, fields, reference) {
                Ok(value) if filler.name == "marking" && value.is_none() => {
                    values.push(Some(Value::Text(source.marking.to_string())));
                }
                Ok(value) => values.push(value),
                Err(refusal) => {
                    let locator = column.map_or_else(
                        || {
                            let (start, end) = scanner.span();
                            csv.span_locator(start, end)
                        },
                        |column| csv.locator(line, column, field),
                    );
                    refused = Some((refusal, filler.name, locator, field));
                    break;
                }
            }
        }
        if let Some((refusal, column, locator, field)) = refused {
            let personal = PERSONAL.contains(&column);
            tally.quarantine(refusal.reason, 1);
            rejected.push(Rejected {
                document: input.digest,
                locator,
                reason: refusal.reason,
                column: Some(column),
                raw: if personal { None } else { csv.text(field).map(std::borrow::Cow::into_owned) },
                message: if personal {
                    format!("`{column}` is refused; its text is personal and not kept")
                } else {
                    refusal.message
                },
                cells: 1,
            });
            continue;
        }
        let (start, end) = scanner.span();
        let place = match (rows.table.provenance, place) {
            (Provenance::At(_), Some(place)) => place,
            _ => csv.span_locator(start, end),
        };
        let key = rows.table.key.iter().map(|key| key_text(rows.table, &values, key)).collect();
        if rows.table.provenance != Provenance::None {
            values.push(Some(Value::Text(input.digest.to_string())));
            values.push(Some(Value::Text(source.id.clone())));
            values.extend(locator_values(&place));
        }
        let twin = Rejected {
            document: input.digest,
            locator: place,
            reason: Reason::DuplicateKey,
            column: rows.table.key.first().copied(),
            raw: None,
            message: String::new(),
            cells: 1,
        };
        listed.push(Row { key, values, line, rejected: twin });
    }
}

fn key_text(table: &quipu_schema::table::Table, values: &[Option<Value>], key: &str) -> Option<String> {
    let at = table.columns.iter().position(|column| column.name == key)?;
    values.get(at)?.as_ref().map(|value| match value {
        Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    })
}

fn fill(
    filler: &Filler<'_>,
    csv: &CsvText<'_>,
    fields: &[Field],
    reference: &Reference,
) -> Result<Option<Value>, Refusal> {
    let text = match filler.origin {
        None => String::new(),
        Some(Origin::Constant(text)) => text.value.clone(),
        Some(Origin::Read(take)) => {
            let mut joined =
                csv.joined(fields, &filler.columns, &take.join).ok_or_else(|| Refusal::encoding(csv.encoded.name()))?;
            if let Some((_, meant)) = take.map.iter().find(|(printed, _)| *printed == joined) {
                joined.clone_from(meant);
            } else if let Some(codes) = &take.codes
                && !joined.is_empty()
            {
                let meaning = reference.lookup(codes, &joined).ok_or_else(|| Refusal {
                    reason: Reason::UnknownCode,
                    message: format!(
                        "`{}` is not in the list {}; {}",
                        frame::clip(&joined),
                        codes.list,
                        reference.suggestion(codes, &joined).unwrap_or_default()
                    ),
                })?;
                joined = meaning.code.clone().unwrap_or_default();
            }
            joined
        }
    };
    if text.is_empty() {
        if filler.name != "marking" {
            filler.gate.null()?;
        }
        return Ok(None);
    }
    let value = filler.gate.read(&text)?;
    filler.gate.refer(&text, reference)?;
    Ok(Some(value))
}

/// Sends rows with the key of another row to quarantine: later copies of the same row, and every
/// row of a key whose rows differ.
fn without_duplicates(
    listed: Vec<Row>,
    width: usize,
    tally: &mut Tally,
    rejected: &mut Vec<Rejected>,
) -> Vec<Vec<Option<Value>>> {
    let mut by_key: FxHashMap<&[Option<String>], Vec<usize>> = FxHashMap::default();
    for (at, row) in listed.iter().enumerate() {
        by_key.entry(&row.key).or_default().push(at);
    }
    // Where a row stands does not make it another row.
    let own = |at: &usize| listed.get(*at).and_then(|row| row.values.get(..width));
    let mut refused: FxHashMap<usize, (Reason, String)> = FxHashMap::default();
    for twins in by_key.into_values().filter(|twins| twins.len() > 1) {
        let lines: Vec<u64> = twins.iter().filter_map(|at| listed.get(*at)).map(|row| row.line).collect();
        let named = lines_named(&lines);
        if twins.iter().all(|at| own(at) == twins.first().and_then(own)) {
            let copies = twins.into_iter().skip(1);
            refused.extend(copies.map(|at| (at, (Reason::DuplicateRow, format!("{named} are the same row")))));
        } else {
            let message = format!("{named} have the same key and differ");
            refused.extend(twins.into_iter().map(|at| (at, (Reason::DuplicateKey, message.clone()))));
        }
    }
    let mut kept = Vec::new();
    for (at, row) in listed.into_iter().enumerate() {
        let Some((reason, message)) = refused.remove(&at) else {
            kept.push(row.values);
            continue;
        };
        tally.quarantine(reason, 1);
        rejected.push(Rejected { reason, message, ..row.rejected });
    }
    kept
}
