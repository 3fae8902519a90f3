//! Documents whose bytes are written and wait to be put in their place, many at a time: to make sure that bytes outlive a
//! crash costs as much for a thousand small files as for one.

use std::path::PathBuf;

use quipu_schema::{Digest, Result};

use super::{Archive, Archived};
use crate::durable::{self, Loose};

/// A document on its way into the archive, all of it written. Dropped without [`settle`], nothing of it stays.
#[must_use]
#[derive(Debug)]
pub struct Staged {
    archived: Archived,
    target: PathBuf,
    /// Its file; `None` where the archive has its bytes.
    file: Option<Loose>,
}

impl Staged {
    pub(super) fn of(archive: &Archive, (digest, size): (Digest, u64), file: Loose) -> Self {
        let target = archive.path(&digest);
        // A file of another size under this name was damaged after it was archived: it is replaced.
        let new = !durable::has_size(&target, size);
        Self { archived: Archived { digest, size, new }, target, file: new.then_some(file) }
    }

    /// What it will be.
    pub const fn archived(&self) -> Archived {
        self.archived
    }

    /// Puts it in its place.
    ///
    /// # Errors
    /// Those of [`settle`].
    pub fn settle(self) -> Result<Archived> {
        let archived = self.archived;
        settle(vec![self])?;
        Ok(archived)
    }
}

impl Archive {
    /// Writes a small document. `expected` says of its digest whether it may be here already: for one that is not, nobody
    /// looks, because to look costs as much as to write, and the same bytes take the place of the same bytes.
    ///
    /// # Errors
    /// [`quipu_schema::ErrorKind::Storage`].
    pub fn stage(&self, bytes: &[u8], expected: impl FnOnce(&Digest) -> bool) -> Result<Staged> {
        let (digest, size) = (Digest::of(bytes), bytes.len() as u64);
        let target = self.path(&digest);
        let new = !(expected(&digest) && durable::has_size(&target, size));
        let file = if new { Some(durable::write_loose(&self.temporary, bytes)?) } else { None };
        Ok(Staged { archived: Archived { digest, size, new }, target, file })
    }
}

/// Puts documents in their places: when this returns, they outlive a crash.
///
/// # Errors
/// [`quipu_schema::ErrorKind::Storage`]; then some may be in their place, each of them whole.
pub fn settle(staged: Vec<Staged>) -> Result<()> {
    durable::place_all(staged.into_iter().filter_map(|document| Some((document.file?, document.target))).collect())
}
