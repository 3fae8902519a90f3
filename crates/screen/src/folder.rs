//! The folder of a result: one process at a time writes into it, and what was killed between the table and its account is
//! put right or undone.
//!
//! The table is placed first and its account (`run.json`) second. The account lies ready under another name before, and
//! names the SHA-256 of the table: so whoever opens the folder next can tell whether the table is the one that it is of.

use std::fs::{File, OpenOptions, Permissions};
use std::io::Read as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use quipu_schema::digest::Hasher;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::durable;
use serde_json::Value;

pub(crate) const HITS: &str = "hit/hit.parquet";
pub(crate) const RUN: &str = "run.json";
/// What is not whole yet.
const WORKSHOP: &str = ".quipu";
const READY: &str = "run.json";

/// A folder that this process alone writes into.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes a folder, makes it where it is not there, and puts right what was left in it.
    ///
    /// # Errors
    /// `Locked` where another process has it; `Storage`.
    pub(crate) fn take(path: &Path) -> Result<Self> {
        durable::create_folder(&path.join(WORKSHOP))?;
        let failed = |doing: &'static str, path: &Path| {
            let path = path.to_path_buf();
            move |error| Fault::io(ErrorKind::Storage, doing, &path, error)
        };
        let place = path.join(WORKSHOP).join("lock");
        let lock = OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(&place);
        let lock = lock.map_err(failed("open", &place))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(Fault::new(ErrorKind::Locked, "another process writes into this folder")
                    .at(path.display())
                    .help("wait for it, or name another folder with --out"));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(failed("lock", &place)(error)),
        }
        let own = Self { path: path.to_path_buf(), _lock: lock };
        own.put_right()?;
        Ok(own)
    }

    /// Takes the folder of a run that is there.
    ///
    /// # Errors
    /// `Usage` where there is none; as for [`Self::take`].
    pub(crate) fn take_existing(path: &Path) -> Result<Self> {
        if !path.join(WORKSHOP).is_dir() {
            return Err(Fault::new(ErrorKind::Usage, "this is not the folder of a run")
                .at(path.display())
                .help("name the --out folder of a run"));
        }
        Self::take(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A folder for what is not whole yet, on the same disk.
    pub(crate) fn workshop(&self) -> PathBuf {
        self.path.join(WORKSHOP)
    }

    /// A file in the making that nobody else may read.
    pub(crate) fn temporary(&self) -> Result<durable::Temporary> {
        let temporary = durable::Temporary::create(&self.workshop())?;
        let private = std::fs::set_permissions(temporary.path(), Permissions::from_mode(0o600));
        private.map_err(|error| Fault::io(ErrorKind::Storage, "make private", temporary.path(), error))?;
        Ok(temporary)
    }

    /// Lays an account ready, places a table, then the account.
    pub(crate) fn publish(&self, table: durable::Temporary, account: &[u8]) -> Result<()> {
        let ready = self.workshop().join(READY);
        durable::write(&self.workshop(), &ready, account)?;
        table.place(&self.path.join(HITS))?;
        self.finish(&ready)
    }

    fn finish(&self, ready: &Path) -> Result<()> {
        let target = self.path.join(RUN);
        let placed = std::fs::rename(ready, &target);
        placed.map_err(|error| Fault::io(ErrorKind::Storage, "put in place", &target, error))?;
        durable::sync_parent(&target)
    }

    /// Ends what a killed process did not: where its table is in place, its account follows, else it is dropped.
    fn put_right(&self) -> Result<()> {
        let ready = self.workshop().join(READY);
        if let Ok(account) = std::fs::read(&ready) {
            let named: Option<Value> = serde_json::from_slice(&account).ok();
            let named = named.as_ref().and_then(|account| account.get("hit_sha256")?.as_str());
            let there = sha256(&self.path.join(HITS)).ok().map(|digest| digest.to_string());
            if named.is_some() && named == there.as_deref() {
                self.finish(&ready)?;
            } else {
                std::fs::remove_file(&ready).map_err(|error| Fault::io(ErrorKind::Storage, "remove", &ready, error))?;
            }
        }
        let entries = std::fs::read_dir(self.workshop())
            .map_err(|error| Fault::io(ErrorKind::Storage, "read", self.workshop(), error))?;
        for entry in entries.flatten() {
            // Names of temporary files: process and number.
            let name = entry.file_name();
            let temporary = name.to_string_lossy().split_once('-').is_some_and(|(process, number)| {
                [process, number].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
            });
            if temporary {
                std::fs::remove_file(entry.path())
                    .map_err(|error| Fault::io(ErrorKind::Storage, "remove", entry.path(), error))?;
            }
        }
        Ok(())
    }
}

/// The SHA-256 of a file.
pub(crate) fn sha256(path: &Path) -> Result<Digest> {
    let failed = |error| Fault::io(ErrorKind::Storage, "read", path, error);
    let mut file = File::open(path).map_err(failed)?;
    let (mut hasher, mut bytes) = (Hasher::default(), vec![0; 1 << 20]);
    loop {
        let count = file.read(&mut bytes).map_err(failed)?;
        if count == 0 {
            return Ok(hasher.finish());
        }
        hasher.update(bytes.get(..count).unwrap_or_default());
    }
}
