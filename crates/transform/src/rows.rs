//! Rows of a table, column by column: records and checks.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use quipu_schema::pipeline::{Layout, Origin, Placed, Policy, Rows, Source, TakeFrom};
use quipu_schema::quarantine::Reason;
use quipu_schema::table::Provenance;
use quipu_schema::tally::Tally;
use quipu_schema::{ErrorKind, Fault, Locator, Result};
use rustc_hash::FxHashMap;

use crate::codes::Reference;
use crate::frame::{self, Gate, Refusal, Value};
use crate::input::Input;
use crate::personal::Discretion;
use crate::quarantine::{Rejected, Room, Unknown, lines_named, locator_values, withheld};
use quipu_readers::csv::{Field, Found};
use quipu_readers::{Limits, Records, Tabular};

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

/// Name of the rule that counts the values of columns that nobody reads.
const UNREAD: &str = "column that nobody reads";
/// Bytes that are read at once.
const PIECE: u64 = 4 << 20;

/// What a walk is given.
#[derive(Clone, Copy)]
struct Ground<'a> {
    source: &'a Source,
    rows: &'a Rows,
    input: &'a Input<'a>,
    table: &'a Tabular<'a>,
    fillers: &'a [Filler<'a>],
    discretion: &'a Discretion,
    reference: &'a Reference,
    /// Numbers of the document and of the table in it.
    number: (usize, usize),
    /// Values of each record that nobody reads and that are counted.
    unread: u64,
}

/// One row with its key, for duplicates.
struct Row {
    key: Vec<Option<String>>,
    values: Vec<Option<Value>>,
    place: Place,
    rejected: Rejected,
}

/// Document, table and line of a record.
type Place = (usize, usize, u64);

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
    let mut wanted: Vec<Vec<&str>> = rows.columns.iter().flat_map(|(_, origin)| origin.wanted()).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut listed: Vec<Row> = Vec::new();
    let (mut rejected, mut tally, mut notes) = (Vec::new(), Tally::default(), Vec::new());
    let mut room = Room::default();
    for (document, input) in inputs.iter().enumerate() {
        let tables = quipu_readers::open(input.content, options, &wanted, &Limits::default(), input.name)?;
        for (index, table) in tables.iter().enumerate() {
            notes.extend(table.notes.iter().map(|note| format!("{}: {note}", input.name)));
            if source.contract.table == Policy::Freeze {
                table.check_others(input.name, &source.id)?;
            }
            let (fillers, discretion, unread) = bind(source, rows, table, reference, input)?;
            if !unread.is_empty() {
                notes.push(format!("{}: columns that nobody reads: {}", input.name, unread.join(", ")));
            }
            let (fillers, discretion, number) = (&fillers, &discretion, (document, index));
            let unread = if source.contract.column == Policy::DiscardValue { unread.len() as u64 } else { 0 };
            let ground = Ground { source, rows, input, table, fillers, discretion, reference, number, unread };
            for piece in table.pieces(PIECE)? {
                walk(ground, &mut table.records(piece)?, &mut tally, &mut listed, (&mut rejected, &mut room))?;
            }
        }
    }
    let (kept, mut twins) = without_duplicates(listed, rows.table.columns.len(), &mut tally);
    for (document, input) in inputs.iter().enumerate() {
        if twins.range((document, 0, 0)..(document + 1, 0, 0)).next().is_none() {
            continue;
        }
        let tables = quipu_readers::open(input.content, options, &wanted, &Limits::default(), input.name)?;
        for (index, table) in tables.iter().enumerate() {
            let (_, discretion, _) = bind(source, rows, table, reference, input)?;
            add_records(table, &discretion, (document, index), &mut twins, &mut room)?;
        }
    }
    rejected.extend(twins.into_values());
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

impl Filler<'_> {
    /// The label that its list does not know.
    fn unknown(&self, records: &Records<'_>, hidden: bool) -> Option<Unknown> {
        let Some(Origin::Read(take)) = self.origin else { return None };
        let codes = take.codes.as_ref()?;
        let label = records.joined(&self.columns, &take.join).filter(|_| !hidden);
        Some(Unknown { list: codes.list.clone(), scheme: codes.scheme.as_ref().map(|s| s.value.clone()), label })
    }
}

fn bind<'a>(
    source: &Source,
    rows: &'a Rows,
    table: &Tabular<'_>,
    reference: &Reference,
    input: &Input<'_>,
) -> Result<(Vec<Filler<'a>>, Discretion, Vec<String>)> {
    let mut fillers = Vec::new();
    let (mut read, mut shown) = (Vec::new(), Vec::new());
    let mut personal: Vec<usize> = Vec::new();
    for column in rows.table.columns {
        let origin = rows.columns.iter().find(|(name, _)| *name == column.name).map(|(_, origin)| origin);
        let mut columns = Vec::new();
        if let Some(origin) = origin {
            for names in origin.wanted() {
                columns.push(table.header.column_of_any(&names, input.name)?);
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
        if column.personal { &mut personal } else { &mut shown }.extend(&columns);
        fillers.push(Filler { name: column.name, gate: Gate::new(column)?, origin, columns });
    }
    let known: Vec<Placed<String>> = rows.ignore.iter().chain(&rows.personal).cloned().collect();
    let unread = table.unread(&read, &known, &[]);
    if source.contract.column == Policy::Freeze {
        table.check_unread(&unread, input.name, &source.id)?;
    }
    let unread = unread.into_iter().map(|column| table.called(column)).collect();
    // A text that is personal in one column is so in every other.
    shown.retain(|column| !personal.contains(column));
    Ok((fillers, Discretion::new(&table.header, &shown, &rows.personal, input.name)?, unread))
}

fn walk(
    ground: Ground<'_>,
    records: &mut Records<'_>,
    tally: &mut Tally,
    listed: &mut Vec<Row>,
    (rejected, room): (&mut Vec<Rejected>, &mut Room),
) -> Result<()> {
    let Ground { source, rows, input, table, fillers, discretion, reference, number, unread } = ground;
    let width = table.header.names.len();
    let located = rows.table.located_text();
    loop {
        let found = records.step();
        // The whole line may hold names and numbers of people, so it is not kept as printed.
        let refuse_line = |reason: Reason, message: String, records: &Records<'_>, record: Option<String>| Rejected {
            document: input.digest,
            locator: records.record_locator(),
            reason,
            column: None,
            raw: None,
            record,
            unknown: None,
            message,
            cells: 1,
        };
        match found {
            Found::End | Found::Cut => return Ok(()),
            Found::Blank => continue,
            Found::UnclosedQuote => {
                tally.read += 1;
                tally.quarantine(Reason::UnclosedQuote, 1);
                let message = "a quoted field is opened and never closed".to_owned();
                let record = room.keep(discretion.line(records, &table.header));
                rejected.push(refuse_line(Reason::UnclosedQuote, message, records, record));
                continue;
            }
            Found::Record => {}
        }
        tally.read += 1;
        let fields = records.fields();
        let surplus = fields.get(width..).unwrap_or_default();
        if fields.len() < width || surplus.iter().any(|field| field.start < field.end) {
            tally.quarantine(Reason::RaggedRow, 1);
            let message = format!("the record has {} fields, the header {width}", fields.len());
            let record = room.keep(discretion.loose(records, &table.header));
            rejected.push(refuse_line(Reason::RaggedRow, message, records, record));
            continue;
        }
        if unread > 0 {
            tally.read += unread;
            tally.ignore(UNREAD, unread);
        }
        let line = records.line();
        let mut values = Vec::new();
        let mut refused = None;
        let mut place: Option<Locator> = None;
        for filler in fillers {
            let column = filler.columns.first().copied();
            let field = records.trimmed(column.and_then(|c| fields.get(c)).copied().unwrap_or_default());
            if located == Some(filler.name)
                && let Some(column) = column
            {
                place = Some(records.locator(column, field));
            }
            match fill(filler, records, table.encoding(), reference) {
                Ok(value) if filler.name == "marking" && value.is_none() => {
                    values.push(Some(Value::Text(source.marking.to_string())));
                }
                Ok(value) => values.push(value),
                Err(refusal) => {
                    let locator =
                        column.map_or_else(|| records.record_locator(), |column| records.locator(column, field));
                    let refuse = policy(source, refusal.reason);
                    if refuse == Policy::Freeze {
                        return Err(frozen(ground, &refusal, filler, &locator));
                    }
                    // The row stays without it, unless it is what the row cannot be without.
                    let spared = filler.gate.null().is_ok() && !rows.table.key.contains(&filler.name);
                    if refuse == Policy::DiscardValue && spared {
                        tally.read += 1;
                        tally.quarantine(refusal.reason, 1);
                        rejected.push(refused_value(ground, refusal, (filler, field), locator, records, room));
                        values.push(None);
                        continue;
                    }
                    refused = Some((refusal, filler, locator, field));
                    break;
                }
            }
        }
        if let Some((refusal, filler, locator, field)) = refused {
            tally.quarantine(refusal.reason, 1);
            rejected.push(refused_value(ground, refusal, (filler, field), locator, records, room));
            continue;
        }
        let place = match (rows.table.provenance, place) {
            (Provenance::At(_), Some(place)) => place,
            _ => records.record_locator(),
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
            record: None,
            unknown: None,
            message: String::new(),
            cells: 1,
        };
        listed.push(Row { key, values, place: (number.0, number.1, line), rejected: twin });
    }
}

/// What the contract says of a refusal.
fn policy(source: &Source, reason: Reason) -> Policy {
    match reason {
        Reason::BadValue => source.contract.kind,
        Reason::UnknownCode => source.contract.code,
        _ => Policy::DiscardRow,
    }
}

fn frozen(ground: Ground<'_>, refusal: &Refusal, filler: &Filler<'_>, locator: &Locator) -> Fault {
    let what = if refusal.reason == Reason::BadValue { "type" } else { "code" };
    let hidden = ground.discretion.hides_any(&filler.columns);
    let message = if hidden { withheld(filler.name) } else { refusal.message.clone() };
    Fault::new(ErrorKind::Shape, message)
        .at(format!("{}: {locator}", ground.input.name))
        .help(format!("the contract of source `{}` freezes `{what}`", ground.source.id))
}

/// What stands in quarantine for a value that is refused; nothing of it where it may be about a person.
fn refused_value(
    ground: Ground<'_>,
    refusal: Refusal,
    (filler, field): (&Filler<'_>, Field),
    locator: Locator,
    records: &Records<'_>,
    room: &mut Room,
) -> Rejected {
    let discretion = ground.discretion;
    let hidden = discretion.hides_any(&filler.columns);
    let unknown = (refusal.reason == Reason::UnknownCode).then(|| filler.unknown(records, hidden)).flatten();
    Rejected {
        document: ground.input.digest,
        locator,
        reason: refusal.reason,
        column: Some(filler.name),
        raw: records.text(field).filter(|_| !hidden).map(std::borrow::Cow::into_owned),
        record: room.keep(discretion.record(records, &ground.table.header)),
        unknown,
        message: if hidden { withheld(filler.name) } else { refusal.message },
        cells: 1,
    }
}

/// Adds their records to rows that turned out to be refused after they were read: the records of all
/// rows would not fit into memory.
fn add_records(
    table: &Tabular<'_>,
    discretion: &Discretion,
    (document, index): (usize, usize),
    twins: &mut BTreeMap<Place, Rejected>,
    room: &mut Room,
) -> Result<()> {
    if twins.range((document, index, 0)..=(document, index, u64::MAX)).next().is_none() {
        return Ok(());
    }
    for piece in table.pieces(PIECE)? {
        let mut records = table.records(piece)?;
        loop {
            match records.step() {
                Found::End | Found::Cut => break,
                Found::Record => {
                    if let Some(twin) = twins.get_mut(&(document, index, records.line())) {
                        twin.record = room.keep(discretion.record(&records, &table.header));
                    }
                }
                Found::Blank | Found::UnclosedQuote => {}
            }
        }
    }
    Ok(())
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
    records: &Records<'_>,
    encoding: &str,
    reference: &Reference,
) -> Result<Option<Value>, Refusal> {
    let text = match filler.origin {
        None => String::new(),
        Some(Origin::Constant(text)) => text.value.clone(),
        Some(Origin::Read(take)) => {
            let mut joined = records.joined(&filler.columns, &take.join).ok_or_else(|| Refusal::encoding(encoding))?;
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
) -> (Vec<Vec<Option<Value>>>, BTreeMap<Place, Rejected>) {
    let mut by_key: FxHashMap<&[Option<String>], Vec<usize>> = FxHashMap::default();
    for (at, row) in listed.iter().enumerate() {
        by_key.entry(&row.key).or_default().push(at);
    }
    // Where a row stands does not make it another row.
    let own = |at: &usize| listed.get(*at).and_then(|row| row.values.get(..width));
    let mut refused: FxHashMap<usize, (Reason, String)> = FxHashMap::default();
    for twins in by_key.into_values().filter(|twins| twins.len() > 1) {
        let lines: Vec<u64> = twins.iter().filter_map(|at| listed.get(*at)).map(|row| row.place.2).collect();
        let named = lines_named(&lines);
        if twins.iter().all(|at| own(at) == twins.first().and_then(own)) {
            let copies = twins.into_iter().skip(1);
            refused.extend(copies.map(|at| (at, (Reason::DuplicateRow, format!("{named} are the same row")))));
        } else {
            let message = format!("{named} have the same key and differ");
            refused.extend(twins.into_iter().map(|at| (at, (Reason::DuplicateKey, message.clone()))));
        }
    }
    let (mut kept, mut rejected) = (Vec::new(), BTreeMap::new());
    for (at, row) in listed.into_iter().enumerate() {
        let Some((reason, message)) = refused.remove(&at) else {
            kept.push(row.values);
            continue;
        };
        tally.quarantine(reason, 1);
        rejected.insert(row.place, Rejected { reason, message, ..row.rejected });
    }
    (kept, rejected)
}
