//! Checks in delimited text: a header that names the columns, then one check a record.

use std::path::Path;

use quipu_readers::csv::{Found, Piece};
use quipu_readers::{Content, Limits, Position, Tabular};
use quipu_schema::pipeline::{Format, Layout};
use quipu_schema::{ErrorKind, Fault, Result};

use super::rows::{CHECK_ID, COLUMNS, KEY_KIND, KEY_RAW, TextRows, of_people};
use crate::file::ColumnNames;

/// A delimited text whose columns are known.
#[derive(Debug)]
pub(crate) struct Delimited<'a> {
    table: Tabular<'a>,
    pieces: Vec<Piece>,
    columns: [Option<usize>; COLUMNS.len()],
}

impl<'a> Delimited<'a> {
    /// Finds encoding, delimiter, header and columns. `kinded` says that the kind of keys is known without a column,
    /// `people` that names and dates of birth are needed.
    ///
    /// # Errors
    /// `Shape` where a column is missing or named twice.
    pub(crate) fn open(
        content: Content<'a>,
        path: &Path,
        names: &ColumnNames,
        (kinded, people): (bool, bool),
        size: u64,
    ) -> Result<Self> {
        let place = path.display().to_string();
        let named = |column: &'static str| names.get(column).map_or(column, String::as_str);
        let mut wanted = vec![vec![named("check_id")], vec![named("key_raw")]];
        if !kinded {
            wanted.push(vec![named("key_kind")]);
        }
        let layout = Layout { format: Some(Format::Csv), ..Layout::default() };
        let help = "say what the columns are called with --map key_raw=NAME, and what all keys are with --key-kind";
        let tables = quipu_readers::open(content, &layout, &wanted, &Limits::default(), &place);
        let table = tables.map_err(|fault| fault.help(help))?.into_iter().next();
        let table = table.ok_or_else(|| Fault::new(ErrorKind::Shape, "there is no table").at(&place))?;
        // A line that names the delimiter to a spreadsheet may; a check may not.
        let above = table.header.preamble.iter().find(|(_, texts)| {
            let mut texts = texts.iter().filter(|text| !text.is_empty());
            texts.next().is_some_and(|text| !text.starts_with("sep="))
        });
        if let Some((line, _)) = above {
            let message = format!("a record stands above the header, which is on line {}", table.header.line);
            return Err(Fault::new(ErrorKind::Shape, message)
                .at(format!("{place}:{line}"))
                .help("the header has to be the first record: nothing above it is read as a check"));
        }
        let mut columns = [None; COLUMNS.len()];
        for (at, (column, found)) in COLUMNS.iter().zip(&mut columns).enumerate() {
            *found = match table.header.position(named(column)) {
                _ if of_people(at) && !people => None,
                Position::One(position) => Some(position),
                Position::None if !names.contains_key(*column) && ![CHECK_ID, KEY_RAW].contains(&at) => None,
                _ => Some(table.header.column(named(column), &place)?),
            };
        }
        if kinded {
            columns[KEY_KIND] = None;
        }
        let pieces = table.pieces(size)?;
        Ok(Self { table, pieces, columns })
    }

    pub(crate) fn groups(&self) -> usize {
        self.pieces.len()
    }

    /// The rows of a piece. An empty field has no text, but for an empty key.
    ///
    /// # Errors
    /// `Shape` with the line of a record that has more or fewer fields than the header, or a quote that is never closed.
    pub(crate) fn read(&self, group: usize, path: &Path) -> Result<TextRows> {
        let mut out = TextRows::default();
        let Some(piece) = self.pieces.get(group) else { return Ok(out) };
        let mut records = self.table.records(*piece)?;
        let width = self.table.header.names.len();
        loop {
            let found = records.step();
            let wrong = |message: String| {
                Err(Fault::new(ErrorKind::Shape, message)
                    .at(format!("{}:{}", path.display(), records.line()))
                    .help("have the file written again; nothing of this run was published"))
            };
            match found {
                Found::End | Found::Cut => return Ok(out),
                Found::Blank => continue,
                Found::UnclosedQuote => return wrong("a quote is opened and never closed".to_owned()),
                Found::Record => {}
            }
            if records.fields().len() != width {
                return wrong(format!("this record has {} fields, the header {width}", records.fields().len()));
            }
            for (column, position) in self.columns.iter().enumerate() {
                let Some(field) = position.and_then(|position| records.fields().get(position)) else { continue };
                match records.text(*field) {
                    Some(text) if text.is_empty() => {}
                    Some(text) => out.put(column, &text),
                    None => return wrong(format!("a field is no valid text in {}", self.table.encoding())),
                }
            }
            out.end();
        }
    }
}
