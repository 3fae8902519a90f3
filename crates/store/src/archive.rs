//! The archive: raw bytes under the SHA-256 of themselves, `archive/sha256/ab/cdef…`.
//!
//! Nothing in it is ever changed. What is read from it is checked against its name.

mod behind;
mod partial;
mod staged;

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind as Io, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use quipu_schema::digest::Hasher;
use quipu_schema::{Digest, ErrorKind, Fault, Result};

pub use partial::Partial;
pub use staged::{Staged, settle};

use crate::durable::{self, Temporary};

/// Files of this size and more are linked instead of copied where the file system allows it.
const LINK_FROM: u64 = 64 << 20;

/// Bytes read at once.
const BLOCK: usize = 256 << 10;

/// The archive of a store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Archive {
    root: Arc<Path>,
    temporary: Arc<Path>,
    /// Where broken downloads wait.
    partial: Arc<Path>,
    link_from: u64,
}

/// What became of bytes that were put into the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Archived {
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// How many bytes.
    pub size: u64,
    /// Whether they were written now; otherwise they were there already.
    pub new: bool,
}

/// Bytes on their way into the archive. Dropped without [`Incoming::stage`], nothing of them stays.
pub struct Incoming {
    archive: Archive,
    file: Temporary,
    hasher: Hasher,
    size: u64,
}

/// Whether a file is still the one that was looked at before: same file, size and time of change.
fn same(before: &Metadata, after: &Metadata) -> bool {
    let of = |m: &Metadata| (m.dev(), m.ino(), m.len(), m.mtime(), m.mtime_nsec());
    of(before) == of(after)
}

impl Archive {
    pub(crate) fn new(root: PathBuf, temporary: PathBuf, partial: PathBuf) -> Self {
        Self { root: root.into(), temporary: temporary.into(), partial: partial.into(), link_from: LINK_FROM }
    }

    /// Puts a file of the user's into the archive. Files of 64 MiB and more are hard-linked where
    /// the file system allows it and keep their permissions; all others are copied.
    ///
    /// # Errors
    /// [`ErrorKind::Source`] where `path` is missing, no plain file, empty, unreadable or changes
    /// while it is read; [`ErrorKind::Storage`] where the archive cannot be written.
    pub fn put_file(&self, path: &Path) -> Result<Archived> {
        self.stage_file(path)?.settle()
    }

    /// As [`Self::put_file`], but for the last step.
    ///
    /// # Errors
    /// Those of [`Self::put_file`].
    pub fn stage_file(&self, path: &Path) -> Result<Staged> {
        for _ in 0..2 {
            if let Some(staged) = self.try_stage_file(path)? {
                return Ok(staged);
            }
        }
        Err(Fault::new(ErrorKind::Source, "the file changes while it is read")
            .at(path.display())
            .help("wait until whoever writes it is done; better, let it be written elsewhere and renamed into place"))
    }

    /// One attempt; `None` where the file changed meanwhile.
    fn try_stage_file(&self, path: &Path) -> Result<Option<Staged>> {
        let failed = |error| Fault::io(ErrorKind::Source, "read the file", path, error);
        let before = look_at(path)?;
        let mut source = File::open(path).map_err(failed)?;
        if !same(&before, &source.metadata().map_err(failed)?) {
            return Ok(None);
        }
        if before.len() >= self.link_from
            && let Some(link) = durable::link(&self.temporary, path)
        {
            let (digest, size) = hash(&mut source).map_err(failed)?;
            // Judged by the link, so that another file renamed to `path` meanwhile is noticed.
            if size != before.len() || !same(&before, &fs::symlink_metadata(link.path()).map_err(failed)?) {
                return Ok(None);
            }
            return Ok(Some(Staged::of(self, (digest, size), link)));
        }
        let mut incoming = self.begin()?;
        let mut block = vec![0; BLOCK];
        loop {
            let read = match source.read(&mut block) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == Io::Interrupted => continue,
                Err(error) => return Err(failed(error)),
            };
            let bytes = block.get(..read).unwrap_or_default();
            incoming.write_all(bytes).map_err(|error| self.not_written(error))?;
        }
        let after = source.metadata().map_err(failed)?;
        if incoming.size != before.len() || !same(&before, &after) {
            return Ok(None);
        }
        incoming.stage().map(Some)
    }

    /// Begins a stream of bytes into the archive.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`] where no temporary file can be made.
    pub fn begin(&self) -> Result<Incoming> {
        let file = Temporary::create(&self.temporary)?;
        Ok(Incoming { archive: self.clone(), file, hasher: Hasher::default(), size: 0 })
    }

    /// The bytes of this digest, verified.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where they are missing or not those that were archived.
    pub fn read(&self, digest: &Digest) -> Result<Vec<u8>> {
        let path = self.path(digest);
        let bytes = fs::read(&path).map_err(|error| self.not_read(digest, error))?;
        let found = Digest::of(&bytes);
        if found == *digest { Ok(bytes) } else { Err(self.wrong_bytes(digest, &found)) }
    }

    /// The file of this digest, verified, and its length; for documents that are read in pieces.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where it is missing or its bytes are not those that were archived.
    pub fn open(&self, digest: &Digest) -> Result<(File, u64)> {
        let mut file = File::open(self.path(digest)).map_err(|error| self.not_read(digest, error))?;
        let (found, size) = hash(&mut file).map_err(|error| self.not_read(digest, error))?;
        if found == *digest { Ok((file, size)) } else { Err(self.wrong_bytes(digest, &found)) }
    }

    /// Checks the bytes of this digest without holding them in memory and returns their number.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where they are missing or not those that were archived.
    pub fn verify(&self, digest: &Digest) -> Result<u64> {
        let (found, size) = File::open(self.path(digest))
            .and_then(|mut file| hash(&mut file))
            .map_err(|error| self.not_read(digest, error))?;
        if found == *digest { Ok(size) } else { Err(self.wrong_bytes(digest, &found)) }
    }

    /// Where the bytes of this digest lie, or would lie.
    pub fn path(&self, digest: &Digest) -> PathBuf {
        let mut name = digest.to_string();
        // Two levels, so that no folder grows to millions of entries.
        let rest = name.split_off(2);
        self.root.join(name).join(rest)
    }

    /// Whether there are bytes under this digest; they are not verified.
    pub fn contains(&self, digest: &Digest) -> bool {
        self.path(digest).is_file()
    }

    fn not_written(&self, error: io::Error) -> Fault {
        Fault::io(ErrorKind::Storage, "write into the archive", &self.root, error)
    }

    fn not_read(&self, digest: &Digest, error: io::Error) -> Fault {
        let path = self.path(digest);
        if error.kind() == Io::NotFound {
            return Fault::new(ErrorKind::Corrupt, format!("the archived document {digest} is missing"))
                .at(path.display())
                .help("bring it back from a backup, or ingest its source again while it still serves these bytes");
        }
        Fault::io(ErrorKind::Storage, "read the archived document", path, error)
    }

    fn wrong_bytes(&self, digest: &Digest, found: &Digest) -> Fault {
        let message = format!("the archived document {digest} is damaged: its bytes now have the SHA-256 {found}");
        Fault::new(ErrorKind::Corrupt, message)
            .at(self.path(digest).display())
            .help("bring the file back from a backup, or delete it and ingest its source again; check the disk")
    }
}

impl Incoming {
    /// How many bytes have come in.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// All bytes have come: they wait to be put in their place.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`]; then nothing of them stays.
    pub fn stage(self) -> Result<Staged> {
        let Self { archive, file, hasher, size } = self;
        Ok(Staged::of(&archive, (hasher.finish(), size), file.into_read_only()?))
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Metadata of a plain, non-empty file.
fn look_at(path: &Path) -> Result<Metadata> {
    let wrong = |message: &str, help: &str| Err(Fault::new(ErrorKind::Source, message).at(path.display()).help(help));
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), Io::NotFound | Io::NotADirectory) => {
            return wrong(
                "there is no such file",
                "check the path; paths in a pipeline file are relative to that file",
            );
        }
        Err(error) => return Err(Fault::io(ErrorKind::Source, "read the file", path, error)),
    };
    if metadata.is_dir() {
        return wrong(
            "this is a folder, not a file",
            "name the files in it, for example with a pattern such as `*.csv`",
        );
    }
    if !metadata.is_file() {
        return wrong("this is not a plain file", "pipes and devices cannot be captured; write it to a file first");
    }
    if metadata.len() == 0 {
        return wrong("the file is empty", "perhaps the download or copy broke off; fetch it again");
    }
    Ok(metadata)
}

/// Digest and number of all bytes of a reader.
pub(crate) fn hash(reader: &mut impl Read) -> io::Result<(Digest, u64)> {
    let mut hasher = Hasher::default();
    let mut size = 0;
    let mut block = vec![0; BLOCK];
    loop {
        match reader.read(&mut block) {
            Ok(0) => return Ok((hasher.finish(), size)),
            Ok(read) => {
                hasher.update(block.get(..read).unwrap_or_default());
                size += read as u64;
            }
            Err(error) if error.kind() == Io::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
