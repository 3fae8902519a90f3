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

use std::path::PathBuf;

use quipu_schema::{Digest, Result};

pub(crate) use book::{Book, Counts};
pub(crate) use meet::{meeting, of_number};
pub(crate) use old_check::OldCheck;
pub(crate) use seal::Seal;
pub use seal::Secret;
pub use write::remember;

use crate::Request;
use crate::file::TableFile;

/// The books of earlier checks, and what opens them.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// The files.
    pub books: Vec<PathBuf>,
    /// The secret under which they were made.
    pub secret: Secret,
}

impl Remembered {
    /// Opens all books.
    pub(crate) fn open(&self, kinds: &[String]) -> Result<(Vec<Book>, Seal)> {
        let seal = Seal::new(&self.secret);
        let books = self.books.iter().map(|path| Book::open(path, &seal, kinds)).collect::<Result<_>>()?;
        Ok((books, seal))
    }

    /// The last day on which the checks of each book may meet records, in days since 1970-01-01.
    ///
    /// # Errors
    /// Those of opening them.
    pub fn kept_until(&self, kinds: &[String]) -> Result<Vec<i32>> {
        Ok(self.open(kinds)?.0.iter().map(|book| book.footer.kept_until).collect())
    }

    /// Which files of checks are in one of the books already, byte for byte.
    ///
    /// # Errors
    /// Those of opening books and files.
    pub fn knows(&self, request: &Request) -> Result<Vec<bool>> {
        let (books, _) = self.open(&request.kinds)?;
        let known = |path: &PathBuf| -> Result<bool> {
            let file = TableFile::open(path, &request.names)?;
            let (size, footer) = (file.identity().size, file.identity().footer);
            let mut sources = books.iter().flat_map(|book| &book.footer.files);
            // Files of one layout and size can have one footer, so that their bytes have to be looked at.
            let mut alike = sources.by_ref().filter(|source| (source.size, source.footer) == (size, footer)).peekable();
            if alike.peek().is_none() {
                return Ok(false);
            }
            let content: Digest = write::content(path)?;
            Ok(alike.any(|source| source.content == content))
        };
        request.checks.iter().map(known).collect()
    }
}

