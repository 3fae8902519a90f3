//! The reader of JSON, and of JSON lines (one value per line).
//!
//! Records are the elements of one list: declared by `records`, or the document itself, or the
//! largest list of an envelope. A record becomes a row, every leaf of it (text, number, truth value,
//! null) a cell, and every pointer that leads to a leaf in any record a column, named by its steps
//! joined with dots: `country.id`, `tags.0`. Columns stand in the order in which they first appear;
//! the first row below the metadata holds their names. Where the records are lists, they are rows of
//! cells as they are, and one of them may be the header.
//!
//! - A number is kept as it is written, whatever its size: `1e3`, `0.10`, forty digits.
//! - Null and a field that a record does not have are empty cells; notes count them.
//! - Values beside the records become rows of label and value above the header.
//! - A name that stands twice in one object is refused: nothing says which value is meant.
//! - Lines of JSON are a list of their values: `/4/name` is the field of the fifth value, however many
//!   blank lines lie between. A document of one value is that value.
//! - A locator with `~#` in it means the names behind the mark, not a value ([`pointer`]).
//!
//! Nothing is built of the document but the grid. It is walked three times: for soundness and records,
//! for the columns, for the cells.

mod pointer;
mod records;
mod scan;
mod survey;

use std::borrow::Cow;

use quipu_schema::pipeline::{Format, Layout};
use quipu_schema::{ErrorKind, Fault, Locator, Result};

use crate::{Form, Grid, GridBuilder, Limits, Places, Reader};
use records::{Columns, Reading};
use scan::{Kind, Scalar, Scanner, Token, What, Wrong};
use survey::{Shape, Survey};

/// How much of the start is looked at to tell JSON from other texts.
const LOOK: usize = 4_096;

/// The reader of JSON.
pub(crate) struct Json;

impl Reader for Json {
    fn format(&self) -> Format {
        Format::Json
    }

    fn is_like(&self, bytes: &[u8]) -> bool {
        let (bytes, _) = unmarked(bytes);
        let start = bytes.get(..LOOK).unwrap_or(bytes);
        let start = start.utf8_chunks().next().map(|chunk| chunk.valid()).unwrap_or_default();
        if !start.trim_ascii_start().starts_with(['{', '[']) {
            return false;
        }
        let mut scanner = Scanner::new(start, Limits::default().depth);
        loop {
            match scanner.step() {
                Ok(Token::End) => return true,
                Ok(_) => {}
                Err(wrong) => return matches!(wrong.what, What::Cut | What::Deep(_)),
            }
        }
    }

    fn read(&self, bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Vec<Grid>> {
        let (text, before) = text(bytes)?;
        let target = layout.records.as_ref().map(|pointer| pointer.value.as_str());
        let found = survey::survey(text, target, limits.depth, before)?;
        Ok(vec![grid(text, &found, target.is_some(), limits)?])
    }

    fn reread(&self, bytes: &[u8], layout: &Layout, locator: &Locator, limits: &Limits) -> Result<String> {
        let wrong = || Fault::new(ErrorKind::Corrupt, format!("the document has nothing at {locator}"));
        let Locator::Pointer(place) = locator else { return Err(wrong()) };
        let (text, before) = text(bytes)?;
        let (place, names) = match place.split_once(pointer::NAMES) {
            Some((place, names)) => (format!("{place}{names}"), Some(names)),
            None => (place.clone(), None),
        };
        let steps = pointer::steps(&place).ok_or_else(wrong)?;
        let reached = resolve(text, &steps, limits.depth).map_err(|wrong| wrong.fault(text, before))?;
        match (reached, names) {
            (Some(_), Some(names)) => Ok(pointer::dotted(names)),
            (Some(Token::Value(scalar)), None) => Ok(cell(scalar).0.into_owned()),
            (Some(_), None) => Ok(String::new()),
            (None, Some(_)) => Err(wrong()),
            (None, None) => {
                // A field that this record does not have is an empty cell of it.
                let target = layout.records.as_ref().map(|pointer| pointer.value.as_str());
                let found = survey::survey(text, target, limits.depth, before)?;
                let within = place.strip_prefix(&found.records.base).and_then(|rest| rest.strip_prefix('/'));
                let (record, _) = within.and_then(|rest| rest.split_once('/')).ok_or_else(wrong)?;
                let known = pointer::index(record).is_some_and(|index| index < found.records.count);
                if known && found.records.shape != Shape::Single { Ok(String::new()) } else { Err(wrong()) }
            }
        }
    }
}

/// The bytes without a byte order mark, and its length.
fn unmarked(bytes: &[u8]) -> (&[u8], usize) {
    match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, 3),
        None => (bytes, 0),
    }
}

/// The text of a document, and how many bytes stand before it.
fn text(bytes: &[u8]) -> Result<(&str, usize)> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Fault::new(ErrorKind::Shape, "the JSON is in UTF-16, and must be UTF-8 (RFC 8259)")
            .help("have the source write UTF-8, or convert the file before it is ingested"));
    }
    let (bytes, before) = unmarked(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = error.valid_up_to();
        let line = 1 + memchr::memchr_iter(b'\n', bytes.get(..valid).unwrap_or_default()).count();
        let message = format!("line {line}, byte {}: the bytes are not valid UTF-8, as JSON must be", before + valid);
        Fault::new(ErrorKind::Shape, message).help("the file is damaged, or was written in another encoding")
    })?;
    if text.trim_ascii().is_empty() {
        return Err(Fault::new(ErrorKind::Shape, "the document is empty"));
    }
    Ok((text, before))
}

/// The text of a leaf and how it came to be.
fn cell(scalar: Scalar<'_>) -> (Cow<'_, str>, Form) {
    match scalar {
        Scalar::Null => (Cow::Borrowed(""), Form::Printed),
        Scalar::Flag(true) => (Cow::Borrowed("true"), Form::Flag),
        Scalar::Flag(false) => (Cow::Borrowed("false"), Form::Flag),
        Scalar::Number(digits) => (Cow::Borrowed(digits), Form::Number),
        Scalar::Text(text) => (text.text(), Form::Printed),
    }
}

/// What stands at a pointer: a leaf, or the start of a container; `None` where there is nothing.
fn resolve<'a>(text: &'a str, steps: &[Cow<'_, str>], deepest: usize) -> Result<Option<Token<'a>>, Wrong> {
    let mut scanner = Scanner::new(text, deepest);
    let mut steps = steps.iter();
    if survey::is_lines(text, deepest)? {
        let Some(index) = steps.next() else { return Ok(Some(Token::Open(Kind::Array))) };
        let Some(index) = pointer::index(index) else { return Ok(None) };
        for _ in 0..index {
            let token = scanner.step()?;
            if token == Token::End {
                return Ok(None);
            }
            scanner.skip(token)?;
        }
    }
    let mut at = scanner.step()?;
    for step in steps {
        let inside = match at {
            Token::Open(Kind::Object) => member(&mut scanner, step)?,
            Token::Open(Kind::Array) => match pointer::index(step) {
                Some(index) => element(&mut scanner, index)?,
                None => None,
            },
            _ => None,
        };
        match inside {
            Some(token) => at = token,
            None => return Ok(None),
        }
    }
    Ok((at != Token::End).then_some(at))
}

/// Goes to the member of this name of the object that was just opened.
fn member<'a>(scanner: &mut Scanner<'a>, name: &str) -> Result<Option<Token<'a>>, Wrong> {
    loop {
        let Token::Name(found) = scanner.step()? else { return Ok(None) };
        let value = scanner.step()?;
        if found.text() == name {
            return Ok(Some(value));
        }
        scanner.skip(value)?;
    }
}

/// Goes to the element of this index of the array that was just opened.
fn element<'a>(scanner: &mut Scanner<'a>, index: u64) -> Result<Option<Token<'a>>, Wrong> {
    for at in 0..=index {
        let token = scanner.step()?;
        if let Token::Close(_) = token {
            return Ok(None);
        }
        if at == index {
            return Ok(Some(token));
        }
        scanner.skip(token)?;
    }
    Ok(None)
}

/// Either of the two things that stop the walk over records.
enum Stop {
    Wrong(Wrong),
    Fault(Fault),
}

impl From<Wrong> for Stop {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn grid(text: &str, found: &Survey<'_>, declared: bool, limits: &Limits) -> Result<Grid> {
    build(text, found, declared, limits).map_err(|stop| match stop {
        Stop::Fault(fault) => fault,
        Stop::Wrong(wrong) => Fault::bug(format!("a sound document is unsound at byte {}: {}", wrong.at, wrong.what)),
    })
}

fn build(text: &str, found: &Survey<'_>, declared: bool, limits: &Limits) -> Result<Grid, Stop> {
    let columns = columns(text, found, limits)?;
    let base = &found.records.base;
    let single = found.records.shape == Shape::Single;
    let places = if single {
        Places::Each(Vec::new())
    } else {
        Places::Pointers { base: base.clone(), columns: columns.pointers.clone() }
    };
    let title = pointer::steps(base).and_then(|steps| Some(steps.last()?.to_string()));
    let mut builder = GridBuilder::new(title.unwrap_or_else(|| "records".to_owned()), places, *limits);
    let mut above = Above { builder: &mut builder, single, row: 0 };
    for (place, label, scalar) in &found.preamble {
        let (value, form) = cell(*scalar);
        let (around, names) = place.split_at_checked(*label).unwrap_or_default();
        above.row()?;
        above.push(&pointer::dotted(names), Form::Printed, format!("{around}{}{names}", pointer::NAMES))?;
        above.push(&value, form, place.clone())?;
    }
    if found.records.shape != Shape::Lists {
        above.row()?;
        for (column, first) in columns.pointers.iter().zip(&columns.first) {
            let record = if single { base.clone() } else { format!("{base}/{first}") };
            above.push(&pointer::dotted(column), Form::Printed, format!("{record}{}{column}", pointer::NAMES))?;
        }
    }
    let rows = above.row;
    let counts = rows_of(text, found, &columns, &mut builder, limits, rows)?;
    notes(&mut builder, found, declared, &columns, &counts);
    Ok(builder.finish())
}

/// The rows above the records. A single record has no row number in its pointers, so that all cells
/// of its grid have their own places.
struct Above<'b> {
    builder: &'b mut GridBuilder,
    single: bool,
    row: u64,
}

impl Above<'_> {
    fn row(&mut self) -> Result<()> {
        self.row += 1;
        if self.single { self.builder.row(self.row) } else { self.builder.row_above() }
    }

    fn push(&mut self, text: &str, form: Form, place: String) -> Result<()> {
        let place = Locator::Pointer(place);
        if self.single { self.builder.push_at(text, form, place) } else { self.builder.push_above(text, form, place) }
    }
}

fn columns(text: &str, found: &Survey<'_>, limits: &Limits) -> Result<Columns, Stop> {
    let mut columns = Columns::default();
    let mut reading = Reading::new(text, found, limits.depth)?;
    let mut record = 0;
    loop {
        let mut hint = 0;
        let more = reading.next(|pointer, _| {
            let number = match columns.number(pointer, hint) {
                Some(number) => number,
                None => columns.add(pointer, record, limits)?,
            };
            hint = number + 1;
            Ok::<(), Stop>(())
        })?;
        if more.is_none() {
            return Ok(columns);
        }
        record += 1;
    }
}

#[derive(Default)]
struct Counts {
    null: u64,
    absent: u64,
    empty: u64,
}

fn rows_of<'a>(
    text: &'a str,
    found: &Survey<'_>,
    columns: &Columns,
    builder: &mut GridBuilder,
    limits: &Limits,
    above: u64,
) -> Result<Counts, Stop> {
    let mut counts = Counts::default();
    let mut reading = Reading::new(text, found, limits.depth)?;
    let mut leaves: Vec<(usize, Scalar<'a>)> = Vec::new();
    let mut record = 0;
    loop {
        leaves.clear();
        let (mut hint, mut sorted) = (0, true);
        let more = reading.next(|pointer, scalar| {
            let number = columns.number(pointer, hint).ok_or_else(|| Fault::bug("a column came late"))?;
            sorted &= number >= hint;
            hint = number + 1;
            leaves.push((number, scalar));
            Ok::<(), Stop>(())
        })?;
        let Some(hollow) = more else { return Ok(counts) };
        if !sorted {
            leaves.sort_unstable_by_key(|(number, _)| *number);
        }
        record += 1;
        counts.empty += hollow.empty;
        counts.absent += (columns.pointers.len() - leaves.len()) as u64;
        if found.records.shape == Shape::Single {
            builder.row(above + 1)?;
            for (number, scalar) in &leaves {
                let (value, form) = cell(*scalar);
                counts.null += u64::from(*scalar == Scalar::Null);
                let pointer = columns.pointers.get(*number).map(String::as_str).unwrap_or_default();
                builder.push_at(&value, form, Locator::Pointer(format!("{}{pointer}", found.records.base)))?;
            }
            continue;
        }
        builder.row(record)?;
        let mut next = 0;
        for (number, scalar) in &leaves {
            for _ in next..*number {
                builder.push("", Form::Printed)?;
            }
            next = number + 1;
            counts.null += u64::from(*scalar == Scalar::Null);
            let (value, form) = cell(*scalar);
            builder.push(&value, form)?;
        }
    }
}

fn notes(builder: &mut GridBuilder, found: &Survey<'_>, declared: bool, columns: &Columns, counts: &Counts) {
    let records = &found.records;
    if found.lines {
        builder.note("lines of JSON: one value each, counted from 0 without blank lines");
    }
    let basis = if declared { "declared" } else { "detected" };
    builder.note(match records.shape {
        Shape::Single => format!("one record at `{}` ({basis}), {} fields", records.base, columns.pointers.len()),
        _ => {
            format!("{} records at `{}` ({basis}), {} columns", records.count, records.base, columns.pointers.len())
        }
    });
    let empty = [(counts.null, "null"), (counts.absent, "without the field")];
    let empty: Vec<String> = empty.iter().filter(|(n, _)| *n > 0).map(|(n, why)| format!("{n} {why}")).collect();
    if !empty.is_empty() {
        builder.note(format!("empty cells: {}", empty.join(", ")));
    }
    if counts.empty > 0 {
        builder.note(format!("{} lists or objects in records hold nothing and give no cells", counts.empty));
    }
    if found.more > 0 {
        builder.note(format!("{} more values beside the records are not read", found.more));
    }
    if !found.others.is_empty() {
        let lists: Vec<String> = found.others.iter().map(|(place, count)| format!("`{place}` ({count})")).collect();
        builder.note(format!("lists beside the records are not read: {}", lists.join(", ")));
    }
}

#[cfg(test)]
mod tests;
