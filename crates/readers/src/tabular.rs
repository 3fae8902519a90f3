//! A table whose header is known, ready to be walked record by record, of whatever format.

use std::borrow::Cow;

use quipu_schema::pipeline::{Layout, Placed};
use quipu_schema::{ErrorKind, Fault, Locator, Result};
use regex::Regex;

use crate::csv::{BytesEnd, Delimited, Field, Found, Piece, Scanner, unescaped};
use crate::header::{self, HeadRow, Header, Search};
use crate::{Content, Form, Grid, Limits, format};

/// A table whose header is known.
#[derive(Debug)]
pub struct Tabular<'a> {
    /// What it is called: a sheet's name, a table's caption; empty in delimited text.
    pub title: String,
    /// The header.
    pub header: Header,
    /// What was detected, for people.
    pub notes: Vec<String>,
    /// The tables of the document that are not read, for want of the header; with its first one that is.
    pub others: Vec<String>,
    body: Body<'a>,
}

#[derive(Debug)]
enum Body<'a> {
    Text(Delimited<'a>),
    Grid(Box<Grid>),
}

/// The tables of a document in which a header with the `wanted` names is found; at least one. `place`
/// names the document in messages.
///
/// # Errors
/// A document that its reader refuses; no table with the header.
pub fn open<'a>(
    content: Content<'a>,
    layout: &Layout,
    wanted: &[Vec<&str>],
    limits: &Limits,
    place: &str,
) -> Result<Vec<Tabular<'a>>> {
    let (format, basis) = match layout.format {
        Some(format) => (format, "declared"),
        None => (format::sniff(content)?, "detected"),
    };
    let Some(reader) = format::reader(format) else {
        let (text, header, notes) = Delimited::open(content, layout, wanted, limits, place)?;
        return Ok(vec![Tabular { title: String::new(), header, notes, others: Vec::new(), body: Body::Text(text) }]);
    };
    let bytes = content.all(limits).map_err(|fault| fault.at(place))?;
    let grids = reader.read(&bytes, layout, limits).map_err(|fault| fault.at(place))?;
    let mut tables = Vec::new();
    let (mut without, mut fault): (Vec<String>, Option<(usize, Fault)>) = (Vec::new(), None);
    let mut notes_of_others = Vec::new();
    for grid in grids {
        let rows = head(&grid);
        match header::find(&rows, layout, wanted) {
            Search::Found(header) => {
                let mut notes = vec![format!(
                    "format {} ({basis}), {}: header in row {}, {} columns",
                    format.word(),
                    grid.title,
                    header.line,
                    header.names.len()
                )];
                notes.extend(grid.notes.iter().cloned());
                let title = grid.title.clone();
                let body = Body::Grid(Box::new(grid));
                tables.push(Tabular { title, header, notes, others: Vec::new(), body });
            }
            Search::Best(matched) => {
                if fault.as_ref().is_none_or(|(most, _)| matched > *most) {
                    let place = format!("{place}: {}", grid.title);
                    fault = Some((matched, header::missing(&rows, layout, wanted, &place)));
                }
                notes_of_others.extend(grid.notes.iter().cloned());
                without.push(grid.title.clone());
            }
        }
    }
    let Some(first) = tables.first_mut() else {
        let empty = || Fault::new(ErrorKind::Shape, format!("the {} has no table", format.word())).at(place);
        return Err(fault.map_or_else(empty, |(_, fault)| fault));
    };
    // What is said of the document as a whole stands with its first grid.
    first.notes.append(&mut notes_of_others);
    if !without.is_empty() {
        first
            .notes
            .push(format!("not read, for want of the header: {}", header::quoted(without.iter().map(String::as_str))));
        first.others = without;
    }
    Ok(tables)
}

/// The first rows of a grid as texts.
pub(crate) fn head(grid: &Grid) -> Vec<HeadRow> {
    let rows = grid.rows().iter().enumerate().take(header::SEARCH);
    rows.map(|(position, row)| HeadRow {
        number: row.number,
        texts: grid.cells(position).iter().map(|cell| grid.text(*cell).trim().to_owned()).collect(),
        next: (position as u64 + 1, row.number + 1),
    })
    .collect()
}

impl Tabular<'_> {
    /// The records below the header in pieces of about `size` bytes, cut between records.
    ///
    /// # Errors
    /// Those of [`Delimited::pieces`].
    pub fn pieces(&self, size: u64) -> Result<Vec<Piece>> {
        match &self.body {
            Body::Text(text) => text.pieces(self.header.body, size),
            Body::Grid(grid) => {
                // A row takes some hundred bytes.
                let step = (size / 128).max(1);
                let (mut start, end) = (self.header.body.0, grid.rows().len() as u64);
                let mut pieces = Vec::new();
                while start < end {
                    let next = start.saturating_add(step).min(end);
                    pieces.push(Piece { start, end: next, line: 0, unclosed: (0, 0), behind: BytesEnd::Document });
                    start = next;
                }
                Ok(pieces)
            }
        }
    }

    /// The records of a piece.
    ///
    /// # Errors
    /// `Storage` where the file cannot be read.
    pub fn records(&self, piece: Piece) -> Result<Records<'_>> {
        let walk = match &self.body {
            Body::Text(text) => Walk::Text {
                text,
                bytes: text.encoded.range(piece.start, piece.end)?,
                scanner: Scanner::new(text.delimiter, piece.start, piece.line, piece.unclosed, piece.behind),
                base: piece.start,
            },
            Body::Grid(grid) => {
                let position = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
                let (next, end) = (position(piece.start), position(piece.end));
                Walk::Grid { grid, next, end, fields: Vec::new() }
            }
        };
        Ok(Records { header: &self.header, walk })
    }

    /// Name of the encoding, in messages.
    pub fn encoding(&self) -> &str {
        match &self.body {
            Body::Text(text) => text.encoded.name(),
            Body::Grid(_) => "UTF-8",
        }
    }

    /// What a place is called: `line` in delimited text, else `row`.
    pub fn row_word(&self) -> &'static str {
        if matches!(self.body, Body::Text(_)) { "line" } else { "row" }
    }

    /// The columns that are neither `read` nor ignored by name, but for those of a grid that have neither
    /// a name nor a value.
    pub fn unread(&self, read: &[usize], ignore: &[Placed<String>], patterns: &[Regex]) -> Vec<usize> {
        let ignored = |name: &str| {
            let folded = header::fold(name);
            ignore.iter().any(|i| header::fold(&i.value) == folded) || patterns.iter().any(|p| p.is_match(name))
        };
        let columns = self.header.names.iter().enumerate();
        columns
            .filter(|(at, name)| !read.contains(at) && !ignored(name))
            .filter(|(at, name)| !name.is_empty() || !self.is_blank(*at))
            .map(|(at, _)| at)
            .collect()
    }

    /// What a column is called in messages: by its name, else by its number.
    pub fn called(&self, column: usize) -> String {
        match self.header.names.get(column).filter(|name| !name.is_empty()) {
            Some(name) => name.clone(),
            None => format!("column {}, without a name", column + 1),
        }
    }

    /// Whether a column has no name, and nobody knows yet whether it has values: in delimited text.
    pub fn is_nameless(&self, column: usize) -> bool {
        matches!(self.body, Body::Text(_)) && self.header.names.get(column).is_some_and(String::is_empty)
    }

    /// Refuses tables of the document that have not the header.
    ///
    /// # Errors
    /// `Shape`: the source has changed its shape.
    pub fn check_others(&self, place: &str, source: &str) -> Result<()> {
        if self.others.is_empty() {
            return Ok(());
        }
        let others = header::quoted(self.others.iter().map(String::as_str));
        let message = format!("tables without the header that the mapping needs: {others}");
        let help = format!("name the tables that are read, or let `table` evolve in the contract of source `{source}`");
        Err(Fault::new(ErrorKind::Shape, message).at(place).help(help))
    }

    /// Whether a column of a grid has no text below the header. In delimited text nobody knows.
    fn is_blank(&self, column: usize) -> bool {
        let Body::Grid(grid) = &self.body else { return false };
        let from = usize::try_from(self.header.body.0).unwrap_or(usize::MAX);
        (from..grid.rows().len()).all(|row| grid.cells(row).get(column).is_none_or(|cell| cell.is_empty()))
    }

    /// As [`Tabular::unread`], as an error.
    ///
    /// # Errors
    /// `Shape`: the source has changed its shape.
    pub fn check_unread(&self, unread: &[usize], place: &str, source: &str) -> Result<()> {
        if unread.is_empty() {
            return Ok(());
        }
        let unread: Vec<String> = unread.iter().map(|at| self.called(*at)).collect();
        let message = format!(
            "the header on {} {} has columns that the mapping neither reads nor ignores: {}",
            self.row_word(),
            self.header.line,
            header::quoted(unread.iter().map(String::as_str))
        );
        let help = format!("map them, or add them to `ignore` of source `{source}`");
        Err(Fault::new(ErrorKind::Shape, message).at(place).help(help))
    }
}

/// Walks over the records of a piece.
#[derive(Debug)]
pub struct Records<'t> {
    header: &'t Header,
    walk: Walk<'t>,
}

#[derive(Debug)]
enum Walk<'t> {
    Text {
        text: &'t Delimited<'t>,
        bytes: Cow<'t, [u8]>,
        scanner: Scanner,
        base: u64,
    },
    /// `next` is the row behind the present one.
    Grid {
        grid: &'t Grid,
        next: usize,
        end: usize,
        fields: Vec<Field>,
    },
}

impl Records<'_> {
    /// Reads the next record. A row without any text is [`Found::Blank`].
    pub fn step(&mut self) -> Found {
        match &mut self.walk {
            Walk::Text { bytes, scanner, .. } => scanner.step(bytes),
            Walk::Grid { grid, next, end, fields } => {
                fields.clear();
                if *next >= *end {
                    return Found::End;
                }
                let cells = grid.cells(*next);
                fields.extend(cells.iter().map(|cell| {
                    let (start, end) = cell.range();
                    Field { start, end, form: cell.form }
                }));
                // Rows of a grid end with their last cell that is filled.
                let width = self.header.names.len().max(fields.len());
                fields.resize(width, Field::default());
                *next += 1;
                if cells.iter().all(|cell| cell.is_empty()) { Found::Blank } else { Found::Record }
            }
        }
    }

    /// The fields of the last record.
    pub fn fields(&self) -> &[Field] {
        match &self.walk {
            Walk::Text { scanner, .. } => scanner.fields(),
            Walk::Grid { fields, .. } => fields,
        }
    }

    /// The line on which the last record starts, or its row, from 1.
    pub fn line(&self) -> u64 {
        match &self.walk {
            Walk::Text { scanner, .. } => scanner.record_line(),
            Walk::Grid { grid, next, .. } => {
                next.checked_sub(1).and_then(|at| grid.rows().get(at)).map_or(0, |row| row.number)
            }
        }
    }

    /// The bytes of a field, in the encoding that is scanned.
    pub fn bytes(&self, field: Field) -> &[u8] {
        let bytes = match &self.walk {
            Walk::Text { bytes, .. } => bytes,
            Walk::Grid { grid, .. } => grid.bytes(),
        };
        bytes.get(field.start..field.end).unwrap_or_default()
    }

    /// The text of a field; `None` where its bytes are not valid in the encoding.
    pub fn text(&self, field: Field) -> Option<Cow<'_, str>> {
        match &self.walk {
            Walk::Text { text, .. } => unescaped(&text.encoded, self.bytes(field), field.form),
            Walk::Grid { .. } => std::str::from_utf8(self.bytes(field)).ok().map(Cow::Borrowed),
        }
    }

    /// The field without the white space around its content.
    pub fn trimmed(&self, field: Field) -> Field {
        let bytes = self.bytes(field);
        let lead = bytes.len() - bytes.trim_ascii_start().len();
        let kept = bytes.trim_ascii().len();
        Field { start: field.start + lead, end: field.start + lead + kept, form: field.form }
    }

    /// Where a field stands in delimited text: its range in the archived bytes. `None` in grids, whose
    /// cells have other places.
    pub fn archived(&self, field: Field) -> Option<(u64, u64)> {
        let Walk::Text { text, base, .. } = &self.walk else { return None };
        let at = |at: usize| base + at as u64;
        if text.encoded.is_as_archived() {
            return Some((at(field.start), at(field.end)));
        }
        Some((text.encoded.archived(at(field.start)), text.encoded.archived(at(field.end))))
    }

    /// The locator of a field of the last record.
    pub fn locator(&self, column: usize, field: Field) -> Locator {
        match &self.walk {
            Walk::Text { .. } => {
                let (start, end) = self.archived(field).unwrap_or_default();
                let column = self.header.names.get(column).cloned().unwrap_or_default();
                Locator::Csv { line: self.line(), column, start, end }
            }
            Walk::Grid { grid, next, .. } => {
                let row = next.saturating_sub(1);
                let cell = grid.locator(row, column).or_else(|| grid.blank(row, column)).or_else(|| {
                    // A cell that is not there stands behind the last one that is.
                    grid.locator(row, grid.cells(row).len().saturating_sub(1))
                });
                cell.unwrap_or(Locator::Bytes { start: 0, end: 0 })
            }
        }
    }

    /// The locator of the last record as a whole; of its first cell, where the format has no better.
    pub fn record_locator(&self) -> Locator {
        match &self.walk {
            Walk::Text { text, scanner, base, .. } => {
                let (start, end) = scanner.span();
                let at = |at: usize| text.encoded.archived(base + at as u64);
                Locator::Bytes { start: at(start), end: at(end) }
            }
            Walk::Grid { .. } => self.locator(0, Field::default()),
        }
    }

    /// The text of the last record as a whole.
    pub fn record_text(&self) -> Option<String> {
        match &self.walk {
            Walk::Text { text, bytes, scanner, .. } => {
                let (start, end) = scanner.span();
                text.encoded.text(bytes.get(start..end)?).map(Cow::into_owned)
            }
            Walk::Grid { fields, .. } => {
                let texts: Vec<Cow<'_, str>> = fields.iter().filter_map(|field| self.text(*field)).collect();
                Some(texts.join("\t"))
            }
        }
    }

    /// The texts of these columns of the last record, trimmed and joined; `None` where bytes are not
    /// valid in the encoding.
    pub fn joined(&self, columns: &[usize], join: &str) -> Option<String> {
        let mut out = String::new();
        for (index, column) in columns.iter().enumerate() {
            let text = self.text(self.fields().get(*column).copied().unwrap_or_default())?;
            if index > 0 {
                out.push_str(join);
            }
            out.push_str(text.trim());
        }
        Some(out)
    }

    /// Whether a field repeats a cell that stands elsewhere: part of a merged area.
    pub fn is_covered(field: Field) -> bool {
        field.form == Form::Covered
    }
}
