//! Old checks meet new records: what is kept of checks after their run ("delayed inquiry" is the word of NCIC for it).
//!
//! Of each check that has a key, a book keeps a keyed digest of its number and the check itself, sealed so that only a
//! record of the same number opens it (see `seal`). A later run goes through the digests, opens the checks that have the
//! number of a record, and looks them up like the checks that it reads: its hits are those of a run that has the files of
//! all checks. Numbers are compared without their issuers here, because records without an issuer, and the code list of
//! countries, may come later.

mod book;
mod meet;
mod old_check;
mod seal;
mod write;

use std::path::{Path, PathBuf};

use quipu_schema::{Digest, ErrorKind, Fault, Result};

pub(crate) use book::{Book, Counts};
pub(crate) use meet::{meeting, of_number};
pub(crate) use old_check::OldCheck;
pub(crate) use seal::Seal;
pub use seal::Secret;
pub(crate) use write::content;
pub use write::remember;

use crate::Request;
use crate::checks::Opened;
use crate::file::names_of;

/// How many checks a book is of, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The last day on which they may meet records, in days since 1970-01-01.
    pub until: i32,
    /// All checks that were read, those without a key too.
    pub checks: u64,
}

/// Opens all books of a request; without any, nothing opens them.
///
/// # Errors
/// `Usage` where the secret is missing; those of opening them.
pub(crate) fn opened(request: &Request) -> Result<(Vec<Book>, Option<Seal>)> {
    let Some(first) = request.books.first() else { return Ok((Vec::new(), None)) };
    let seal = Seal::new(request.secret.as_ref().ok_or_else(|| {
        Fault::new(ErrorKind::Usage, "earlier runs remember checks, and there is no secret to open them with")
            .at(first.display())
            .help("set QUIPU_DIGEST_KEY to the secret of those runs, or leave their checks behind with --forget")
    })?);
    let (kinds, near) = (&request.kinds, request.grades.near());
    let books = request.books.iter().map(|path| Book::open(path, &seal, kinds, near)).collect::<Result<_>>()?;
    Ok((books, Some(seal)))
}

/// What each book of a request keeps.
///
/// # Errors
/// Those of opening them.
pub fn kept(request: &Request) -> Result<Vec<Kept>> {
    let kept = |book: &Book| Kept { until: book.footer.kept_until, checks: book.footer.counts.read };
    Ok(opened(request)?.0.iter().map(kept).collect())
}

/// Which files of checks are those of a book, or those of a file named before them, byte for byte: their checks were
/// asked once.
///
/// # Errors
/// Those of opening books and files.
pub fn known(request: &Request) -> Result<Vec<bool>> {
    if request.books.is_empty() && request.checks.len() < 2 {
        return Ok(vec![false; request.checks.len()]);
    }
    let (books, _) = opened(request)?;
    let sources = books.iter().flat_map(|book| &book.footer.files);
    let mut seen: Vec<Seen> = sources.map(Seen::of).collect();
    let names = names_of("checks", &request.names);
    let mut known = |path: &PathBuf| -> Result<bool> {
        let file = Opened::open(path, &names)?;
        let identity = file.identity();
        // Files of one layout and size can have one footer: only then their bytes have to be looked at.
        let alike = (identity.size, identity.footer);
        let place = path.canonicalize().ok();
        if place.is_some() && seen.iter().any(|seen| seen.path == place) {
            return Ok(true);
        }
        let mut content = None;
        for seen in seen.iter_mut().filter(|seen| seen.alike == alike) {
            let own = match content {
                Some(own) => own,
                None => *content.insert(write::content(path)?),
            };
            if seen.content(path)? == own {
                return Ok(true);
            }
        }
        seen.push(Seen { alike, path: place, content });
        Ok(false)
    };
    request.checks.iter().map(&mut known).collect()
}

/// A file of checks that may be another one's copy.
struct Seen {
    /// Size and digest of the footer.
    alike: (u64, Digest),
    /// Where it lies, of a file that is read.
    path: Option<PathBuf>,
    content: Option<Digest>,
}

impl Seen {
    fn of(source: &book::Source) -> Self {
        Self { alike: (source.size, source.footer), path: None, content: Some(source.content) }
    }

    fn content(&mut self, other: &Path) -> Result<Digest> {
        match self.content {
            Some(content) => Ok(content),
            None => Ok(*self.content.insert(write::content(self.path.as_deref().unwrap_or(other))?)),
        }
    }
}
