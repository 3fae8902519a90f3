//! Files of checks, of each format that they come in: pages of Parquet, delimited text, and JSON line by line.
//!
//! All of them are read group by group, in any order and by several threads. A group is a row group of Parquet, or a
//! piece of text that is cut between records.

mod delimited;
mod lines;
mod rows;
mod text;

use std::collections::BTreeSet;
use std::path::Path;

use quipu_schema::{ErrorKind, Result};

pub(crate) use text::TextFile;

use crate::file::{Cell, ColumnNames, Identity, TableFile};
use crate::form::Forms;
use crate::keys::{KeyColumns, KeyReader, Sink};
use crate::marking::rows_of;
use crate::row::{Asked, AskedColumns, AskedReader};
use crate::settings::Settings;
use rows::TextRows;
use text::TextChecks;

/// An open file of checks.
#[derive(Debug)]
pub(crate) enum Opened {
    Parquet(TableFile),
    Text(TextFile),
}

impl Opened {
    /// Opens a file; what it is, its first bytes tell, and of delimited text its name.
    pub(crate) fn open(path: &Path, names: &ColumnNames) -> Result<Self> {
        Ok(match TextFile::open(path)? {
            Some(text) => Self::Text(text),
            None => Self::Parquet(TableFile::open(path, names).map_err(|fault| match fault.kind() {
                ErrorKind::Corrupt => fault.help(
                    "checks are Parquet; or delimited text in a file whose name ends with .csv, .tsv or .txt; or JSON with \
                     one object a line, in UTF-8",
                ),
                _ => fault,
            })?),
        })
    }

    /// Whether its identity names its content and not only its footer.
    pub(crate) const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    pub(crate) fn identity(&self) -> &Identity {
        match self {
            Self::Parquet(file) => file.identity(),
            Self::Text(file) => file.identity(),
        }
    }

    /// That the file is still what it was when it was opened.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        match self {
            Self::Parquet(file) => file.check_unchanged(),
            Self::Text(file) => file.check_unchanged(),
        }
    }

    /// Finds the columns of checks; `given` is the kind of files that do not name it.
    pub(crate) fn checks<'a>(
        &'a self,
        forms: &Forms,
        given: Option<&'a str>,
        names: &'a ColumnNames,
    ) -> Result<CheckFile<'a>> {
        Ok(match self {
            Self::Parquet(file) => {
                let keys = KeyColumns::find(file, forms, given)?;
                CheckFile::Parquet { file, keys, rows: AskedColumns::asked(file, given, forms)? }
            }
            Self::Text(file) => CheckFile::Text(file.checks(given, names, forms.near())?),
        })
    }
}

/// A file of checks with its columns.
#[derive(Debug)]
pub(crate) enum CheckFile<'a> {
    Parquet { file: &'a TableFile, keys: KeyColumns, rows: AskedColumns },
    Text(TextChecks<'a>),
}

/// What is held of a group after its keys were read.
pub(crate) enum Held {
    /// Nothing: rows are read from their pages.
    Pages,
    Rows(Box<TextRows>),
}

impl CheckFile<'_> {
    /// Rows; about so many in text, where nobody knows before they are read.
    pub(crate) fn rows(&self) -> u64 {
        match self {
            Self::Parquet { file, .. } => file.identity().rows,
            Self::Text(file) => file.rows(),
        }
    }

    pub(crate) fn groups(&self) -> usize {
        match self {
            Self::Parquet { file, .. } => file.groups(),
            Self::Text(file) => file.groups(),
        }
    }

    /// Tells the system that a group is read next.
    pub(crate) fn announce(&self, group: usize) {
        if let Self::Parquet { file, keys, .. } = self {
            file.announce(group, &keys.all());
        }
    }

    /// Reads the keys of a group; gives the rows that it has, and what is held of them.
    ///
    /// # Errors
    /// `Corrupt` or `Shape` with the place where it cannot be read.
    pub(crate) fn read(&self, group: usize, reader: &mut KeyReader, sink: &mut impl Sink) -> Result<(u64, Held)> {
        match self {
            Self::Parquet { file, keys, .. } => {
                reader.read(file, keys, group, sink)?;
                Ok((file.rows(group), Held::Pages))
            }
            Self::Text(file) => {
                let rows = file.read(group)?;
                rows.feed(reader, file.given(), sink);
                Ok((rows.count() as u64, Held::Rows(Box::new(rows))))
            }
        }
    }

    /// Checks of a group by their ascending row numbers; their keys are left empty.
    pub(crate) fn asked_rows(&self, group: usize, held: &Held, rows: &[u32]) -> Result<Vec<Asked>> {
        match (self, held) {
            (Self::Parquet { file, rows: columns, .. }, _) => columns.asked_rows(file, group, rows),
            (Self::Text(file), Held::Rows(texts)) => rows.iter().map(|row| file.asked(texts, group, *row)).collect(),
            (Self::Text(_), Held::Pages) => Ok(Vec::new()),
        }
    }

    /// Visits all checks of a group, keys and all, each with its row number; gives how many they are.
    pub(crate) fn each(&self, group: usize, mut visit: impl FnMut(u32, Asked) -> Result<()>) -> Result<u64> {
        let mut count = 0;
        match self {
            Self::Parquet { file, rows, .. } => {
                let mut reader = AskedReader::open(rows, file, group)?;
                while let Some(batch) = reader.next()? {
                    count += batch.len() as u64;
                    batch.into_iter().try_for_each(|(row, asked)| visit(row, asked))?;
                }
            }
            Self::Text(file) => {
                let texts = file.read(group)?;
                for row in (0_u32..).take(texts.count()) {
                    let mut asked = file.asked(&texts, group, row)?;
                    asked.key_raw = texts.key(row);
                    visit(row, asked)?;
                    count += 1;
                }
            }
        }
        Ok(count)
    }

    /// Visits the checks of an id: group, row in the file from 1, and the check with its key.
    pub(crate) fn of_id(&self, id: &str, mut visit: impl FnMut(usize, u64, Asked) -> Result<()>) -> Result<()> {
        let mut before = 0;
        match self {
            Self::Parquet { file, rows: columns, .. } => {
                let raw = file.need_text("key_raw")?;
                let starts: Vec<u64> = (0..file.groups())
                    .map(|group| {
                        before += file.rows(group);
                        before - file.rows(group)
                    })
                    .collect();
                rows_of(file, "check_id", &BTreeSet::from([id]), |group, row, _| {
                    for mut asked in columns.asked_rows(file, group, &[row])? {
                        let cell = file.decode(group, || file.cells(group, raw)?.at(u64::from(row)))?;
                        asked.key_raw = cell.and_then(Cell::text).unwrap_or_default();
                        visit(group, starts.get(group).copied().unwrap_or_default() + u64::from(row) + 1, asked)?;
                    }
                    Ok(())
                })
            }
            Self::Text(_) => {
                for group in 0..self.groups() {
                    before += self.each(group, |row, asked| {
                        if asked.check_id == id { visit(group, before + u64::from(row) + 1, asked) } else { Ok(()) }
                    })?;
                }
                Ok(())
            }
        }
    }

    /// The day of the newest check, where the file says when checks were asked.
    pub(crate) fn newest(&self, settings: &Settings) -> Result<Option<i32>> {
        match self {
            Self::Parquet { file, .. } => match file.find_day("asked_at")? {
                Some(column) => file.latest_day(column, settings.threads),
                None => Ok(None),
            },
            Self::Text(file) => file.newest(settings.threads),
        }
    }
}
