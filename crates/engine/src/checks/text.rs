//! A file of checks as text, of either sort.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use quipu_readers::Content;
use quipu_schema::{ErrorKind, Fault, Result};

use super::delimited::Delimited;
use super::lines::Lines;
use super::rows::{ASKED_AT, ASKED_BY, CHECK_ID, ISSUER, KEY_KIND, MARKING, NAMES, PURPOSE, TextRows};
use crate::file::{Cell, ColumnNames, Identity, changed, modified};
use crate::row::{Asked, marking_in};
use crate::threads;

/// Bytes of a piece, about.
const PIECE: u64 = if cfg!(test) { 97 } else { 4 << 20 };
/// Bytes of a row, about, for progress alone.
const ROW: u64 = 48;
/// First bytes, which show what a file is.
const HEAD: u64 = 4_096;
/// Endings of the names of delimited text.
const ENDINGS: [&str; 3] = ["csv", "tsv", "txt"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Delimited,
    Lines,
}

/// An open file of text.
#[derive(Debug)]
pub(crate) struct TextFile {
    identity: Identity,
    file: File,
    sort: Sort,
}

impl TextFile {
    /// Opens a file, where it is one of text.
    ///
    /// # Errors
    /// `Source` where it cannot be read; `Shape` for JSON that is not one object a line.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>> {
        let failed = |error| Fault::io(ErrorKind::Source, "read", path, error);
        let file = File::open(path).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        if !about.is_file() {
            return Ok(None);
        }
        let head = Content::File { file: &file, length: about.len() }.range(0, HEAD)?;
        let ending = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).trim_ascii_start();
        let sort = match text.first() {
            _ if head.starts_with(b"PAR1") => return Ok(None),
            Some(b'{') => Sort::Lines,
            Some(b'[') => {
                let message = "this is a JSON array; one object a line (NDJSON) is needed";
                return Err(Fault::new(ErrorKind::Shape, message).at(path.display()));
            }
            None if matches!(ending.as_str(), "ndjson" | "jsonl") => Sort::Lines,
            _ if ENDINGS.contains(&ending.as_str()) => Sort::Delimited,
            _ => return Ok(None),
        };
        let footer = crate::remembered::content(path)?;
        let (size, modified) = (about.len(), modified(&about));
        let identity = Identity { path: path.to_path_buf(), size, modified, footer, rows: size / ROW };
        Ok(Some(Self { identity, file, sort }))
    }

    pub(crate) const fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn check_unchanged(&self) -> Result<()> {
        changed(&self.file, &self.identity)
    }

    /// Finds the columns of checks; those of people only where they are needed.
    pub(crate) fn checks<'a>(
        &'a self,
        given: Option<&'a str>,
        names: &'a ColumnNames,
        people: bool,
    ) -> Result<TextChecks<'a>> {
        let content = Content::File { file: &self.file, length: self.identity.size };
        let path = self.identity.path.as_path();
        let body = match self.sort {
            Sort::Delimited => {
                Body::Delimited(Box::new(Delimited::open(content, path, names, (given.is_some(), people), PIECE)?))
            }
            Sort::Lines => Body::Lines(Box::new(Lines::open(content, path, names, (given.is_some(), people), PIECE)?)),
        };
        Ok(TextChecks { file: self, body, given })
    }
}

/// Checks in text.
#[derive(Debug)]
pub(crate) struct TextChecks<'a> {
    file: &'a TextFile,
    body: Body<'a>,
    given: Option<&'a str>,
}

#[derive(Debug)]
enum Body<'a> {
    Delimited(Box<Delimited<'a>>),
    Lines(Box<Lines<'a>>),
}

impl TextChecks<'_> {
    pub(crate) fn path(&self) -> &Path {
        &self.file.identity.path
    }

    pub(crate) const fn rows(&self) -> u64 {
        self.file.identity.rows
    }

    pub(crate) const fn given(&self) -> Option<&str> {
        self.given
    }

    pub(crate) fn groups(&self) -> usize {
        match &self.body {
            Body::Delimited(text) => text.groups(),
            Body::Lines(text) => text.groups(),
        }
    }

    /// The rows of a group.
    pub(crate) fn read(&self, group: usize) -> Result<TextRows> {
        match &self.body {
            Body::Delimited(text) => text.read(group, self.path()),
            Body::Lines(text) => text.read(group, self.path()),
        }
    }

    /// A check; its key is left empty.
    pub(crate) fn asked(&self, rows: &TextRows, group: usize, row: u32) -> Result<Asked> {
        let text = |column| rows.text(column, row);
        let kind = self.given.map(str::to_owned).or_else(|| text(KEY_KIND));
        Ok(Asked {
            check_id: text(CHECK_ID).unwrap_or_default(),
            key_kind: kind.unwrap_or_default(),
            key_raw: String::new(),
            issuer: text(ISSUER),
            by: text(ASKED_BY),
            purpose: text(PURPOSE),
            marking: marking_in(text(MARKING), || self.place(group, row))?,
            names: text(NAMES),
            birth_date: rows.born(row as usize).day(),
        })
    }

    /// Where a row stands, for messages: its number in the file, from 1.
    fn place(&self, group: usize, row: u32) -> String {
        let before: usize = (0..group).map(|group| self.read(group).map_or(0, |rows| rows.count())).sum();
        format!("{}, row {}", self.path().display(), before as u64 + u64::from(row) + 1)
    }

    /// The newest day on which a check was asked.
    ///
    /// # Errors
    /// `Shape` with the row whose day cannot be read.
    pub(crate) fn newest(&self, threads: usize) -> Result<Option<i32>> {
        let next = AtomicUsize::new(0);
        let days = threads::each(threads, |_| {
            let mut newest = None;
            loop {
                let group = next.fetch_add(1, Ordering::Relaxed);
                if group >= self.groups() {
                    return Ok(newest);
                }
                let rows = self.read(group)?;
                for row in (0_u32..).take(rows.count()) {
                    let Some(text) = rows.text(ASKED_AT, row) else { continue };
                    let day = Cell::Text(text).day().ok_or_else(|| {
                        Fault::new(ErrorKind::Shape, "when this check was asked is no date or time in ISO 8601")
                            .at(self.place(group, row))
                            .help(
                                "have it written as 2026-11-28, or say with --expiry-on on which day expiry is judged",
                            )
                    })?;
                    newest = newest.max(Some(day));
                }
            }
        })?;
        Ok(days.into_iter().flatten().max())
    }
}
