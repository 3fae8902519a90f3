//! The zip archive of a workbook: members by name, unpacked as a stream and never beyond the limits.
//!
//! What the archive says of sizes is only a first hint. What counts is what comes out: every byte
//! that any member unpacks to is taken from one budget, and a single tag, text or record can hold no
//! more than a cell may.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::rc::Rc;

use quipu_schema::{ErrorKind, Fault, Result};
use zip::ZipArchive;
use zip::read::ZipFile;

use crate::Limits;

/// Bytes that are unpacked at a time.
const PIECE: usize = 64 << 10;

/// A zip archive in memory.
pub(super) struct Package<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// Members by their name in lower case and with `/`: some writers use neither as the rules say.
    members: BTreeMap<String, usize>,
    budget: Rc<Budget>,
    limits: Limits,
}

/// What may still be unpacked, and which bound stopped it.
struct Budget {
    left: Cell<u64>,
    broken: Cell<Option<Bound>>,
}

#[derive(Clone, Copy)]
enum Bound {
    /// All members together.
    All,
    /// A single tag, text or record.
    One,
}

impl<'a> Package<'a> {
    /// Opens the archive by its directory. Nothing is unpacked yet.
    ///
    /// # Errors
    /// `Shape` for a damaged or cut archive.
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| {
            Fault::new(ErrorKind::Shape, "the workbook is damaged or cut short: its zip archive has no directory")
                .because(error)
                .help("fetch the document again")
        })?;
        let names = zip.file_names().enumerate();
        let members = names.filter_map(|(number, name)| Some((normal(&name.ok()?), number))).collect();
        let budget = Budget { left: Cell::new(limits.unpacked), broken: Cell::new(None) };
        Ok(Self { zip, members, budget: Rc::new(budget), limits: *limits })
    }

    /// The names of the members, normalised, in their order by name.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// The member of this name as a stream; `None` where there is none.
    ///
    /// # Errors
    /// `Shape` for a member that is encrypted, damaged, packed in a way that workbooks never are, or
    /// that says itself that it is too large.
    pub(super) fn member(&mut self, name: &str) -> Result<Option<Member<'_, 'a>>> {
        let name = normal(name);
        let Some(number) = self.members.get(&name) else { return Ok(None) };
        let file = self.zip.by_index(*number).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(zip::result::ZipError::PASSWORD_REQUIRED) => encrypted(),
            error => damaged(&name).because(error),
        })?;
        if file.size() > self.budget.left.get() {
            return Err(too_large(&self.limits));
        }
        let source = Counted { file, budget: Rc::clone(&self.budget) };
        let source = BufReader::with_capacity(PIECE, source);
        Ok(Some(Member { source, one: 0, name, limits: self.limits }))
    }

    /// All bytes of a small member; `None` where there is none.
    ///
    /// # Errors
    /// As for [`Package::member`]; a member of more than `most` bytes is cut there.
    pub(super) fn start_of(&mut self, name: &str, most: usize) -> Result<Option<Vec<u8>>> {
        let Some(mut member) = self.member(name)? else { return Ok(None) };
        let mut bytes = Vec::new();
        member.allow(most);
        let read = (&mut member).take(most as u64).read_to_end(&mut bytes);
        read.map_err(|error| member.fault(error))?;
        Ok(Some(bytes))
    }
}

fn normal(name: &str) -> String {
    name.trim_start_matches('/').replace('\\', "/").to_ascii_lowercase()
}

/// The error for a workbook that needs a password.
pub(super) fn encrypted() -> Fault {
    Fault::new(ErrorKind::Shape, "the workbook is encrypted").help("save it without a password; quipu asks for none")
}

fn damaged(part: &str) -> Fault {
    Fault::new(ErrorKind::Shape, "the workbook is damaged")
        .at(format!("part `{part}`"))
        .help("fetch the document again")
}

fn too_large(limits: &Limits) -> Fault {
    Limits::exceeded(format!("it unpacks to more than {} MiB", limits.unpacked >> 20))
}

/// A member that counts what comes out of it.
struct Counted<'p, 'a> {
    file: ZipFile<'p, Cursor<&'a [u8]>>,
    budget: Rc<Budget>,
}

impl Read for Counted<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(into)?;
        match self.budget.left.get().checked_sub(count as u64) {
            Some(left) => self.budget.left.set(left),
            None => {
                self.budget.broken.set(Some(Bound::All));
                return Err(io::Error::other("too much"));
            }
        }
        Ok(count)
    }
}

/// A member of the archive, as a stream.
pub(super) struct Member<'p, 'a> {
    source: BufReader<Counted<'p, 'a>>,
    /// Bytes that may still be taken for the present tag, text or record.
    one: usize,
    name: String,
    limits: Limits,
}

impl Member<'_, '_> {
    /// Allows the next tag, text or record as many bytes as a cell may have, or this many.
    pub(super) fn allow(&mut self, least: usize) {
        self.one = self.limits.cell.max(least).saturating_add(PIECE);
    }

    /// Its name in the archive.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The fault for an error that came out of reading it.
    pub(super) fn fault(&self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Fault {
        match self.source.get_ref().budget.broken.get() {
            Some(Bound::All) => too_large(&self.limits),
            Some(Bound::One) => {
                let message = format!("one cell or tag of more than {} bytes", self.limits.cell);
                Limits::exceeded(message).at(format!("part `{}`", self.name))
            }
            None => damaged(&self.name).because(error),
        }
    }
}

impl Read for Member<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        if let (Some(into), Some(from)) = (into.get_mut(..count), available.get(..count)) {
            into.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Member<'_, '_> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.one == 0 {
            self.source.get_ref().budget.broken.set(Some(Bound::One));
            return Err(io::Error::other("too long"));
        }
        self.source.fill_buf()
    }

    #[inline]
    fn consume(&mut self, amount: usize) {
        self.one = self.one.saturating_sub(amount);
        self.source.consume(amount);
    }
}
