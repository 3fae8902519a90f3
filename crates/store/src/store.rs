//! The store: one folder and what it is made of.

use std::fs;
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use quipu_schema::{ErrorKind, Fault, Result};

use crate::{Archive, Ledger, Lock, durable};

/// Version of the layout, as written into `FORMAT`.
const FORMAT: &str = "quipu store 1\n";

/// A store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    root: Arc<Path>,
}

impl Store {
    /// Opens the store in the folder `root` and makes it where there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`] where the folder cannot be made or holds a store of another version.
    pub fn open(root: &Path) -> Result<Self> {
        let store = Self { root: root.into() };
        let path = root.join("FORMAT");
        match fs::read(&path) {
            Ok(text) if text == FORMAT.as_bytes() => {}
            Ok(text) => return Err(other_format(&path, &text)),
            Err(error) if error.kind() == Io::NotFound => {
                durable::create_folder(&store.temporary())?;
                durable::write(&store.temporary(), &path, FORMAT.as_bytes())?;
            }
            Err(error) => return Err(Fault::io(ErrorKind::Storage, "open the store", &path, error)),
        }
        // Also where FORMAT is there: a backup may leave out empty folders.
        for folder in ["archive/sha256", "tables", "snapshots", "tmp", "partial"] {
            durable::create_folder(&root.join(folder))?;
        }
        Ok(store)
    }

    /// The store's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of files being written.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// The archive of raw bytes.
    pub fn archive(&self) -> Archive {
        Archive::new(self.root.join("archive").join("sha256"), self.temporary(), self.root.join("partial"))
    }

    /// Opens the ledger.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where the file is no ledger or damaged, [`ErrorKind::Storage`] where
    /// it cannot be opened or is of a newer version.
    pub fn ledger(&self) -> Result<Ledger> {
        Ledger::open(&self.root.join("ledger.sqlite"))
    }

    /// Takes the lock that every writer needs; `command` is shown to others who want it.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] names the holder.
    pub fn lock(&self, command: &str) -> Result<Lock> {
        Lock::take(&self.root.join("LOCK"), command)
    }

    /// Removes temporary files left by killed runs, and broken downloads that nobody went on with for a week, and returns
    /// how many there were. Only the holder of the lock may call this.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`].
    pub fn sweep(&self) -> Result<u64> {
        let swept = durable::sweep(&self.temporary())?;
        Ok(swept + self.archive().sweep_partial(durable::file_clock(&self.temporary())?)?)
    }
}

fn other_format(path: &Path, text: &[u8]) -> Fault {
    let text = String::from_utf8_lossy(text);
    let found: String = text.lines().next().unwrap_or_default().chars().take(40).collect();
    Fault::new(
        ErrorKind::Storage,
        format!("the store says it is `{found}`; this quipu reads and writes `{}`", FORMAT.trim_end()),
    )
    .at(path.display())
    .help("use the version of quipu that made this store, or name another folder as the store")
}

#[cfg(test)]
mod tests;
