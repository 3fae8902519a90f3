//! The folder that holds the releases: files are made in a folder beside them and moved into
//! place, and what names a release is written so that it is there whole or not at all.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{BufWriter, ErrorKind as Io, Write};
use std::path::{Path, PathBuf};

use quipu_schema::digest::Hasher;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::durable;

/// Where the files of a release lie until its name is known.
const BUILDING: &str = ".building";
/// Held while a release is made, so that two pipelines may share the folder.
const LOCK: &str = ".lock";

/// A release in the making. Dropped without [`Staging::publish`] it leaves no trace but the folder.
pub(crate) struct Staging {
    to: PathBuf,
    building: PathBuf,
    _lock: File,
}

/// A file that was written: its SHA-256 and size.
pub(crate) struct Written {
    pub(crate) sha256: Digest,
    pub(crate) bytes: u64,
}

impl Staging {
    /// Makes room for a release in `to`, and clears away what a killed run left half made.
    ///
    /// # Errors
    /// `Locked` while another process makes a release there; `Storage` where the disk refuses.
    pub(crate) fn begin(to: &Path) -> Result<Self> {
        durable::create_folder(to)?;
        let path = to.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(|e| storage("open the lock of the releases", &path, e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Fault::new(ErrorKind::Locked, "another process is making a release here")
                    .at(to.display())
                    .help("wait for it to end and run again"));
            }
            Err(TryLockError::Error(error)) => return Err(storage("lock the folder of the releases", &path, error)),
        }
        let building = to.join(BUILDING);
        clear(&building)?;
        fs::create_dir(&building).map_err(|e| storage("create a folder for the release", &building, e))?;
        Ok(Self { to: to.to_owned(), building, _lock: lock })
    }

    /// Writes one file of the release; `path` is relative, with `/` between folders.
    pub(crate) fn write(&self, path: &str, content: impl FnOnce(&mut Counted) -> Result<()>) -> Result<Written> {
        let path = self.building.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| storage("create a folder for the release", folder, e))?;
        }
        let file = File::create(&path).map_err(|e| storage("write a file of the release", &path, e))?;
        let mut out = Counted { out: BufWriter::new(file), hasher: Hasher::default(), bytes: 0 };
        content(&mut out)?;
        let Counted { out, hasher, bytes } = out;
        let file = out.into_inner().map_err(|e| storage("write a file of the release", &path, e.into_error()))?;
        file.sync_all().map_err(|e| storage("write a file of the release", &path, e))?;
        Ok(Written { sha256: hasher.finish(), bytes })
    }

    /// Moves the files into the folder of the release, then writes the manifest. The same release
    /// made again replaces each file by the same bytes, so that what a killed run left is completed
    /// and a reader of a whole release sees no change.
    ///
    /// Where that fails, nothing of a release that was not there before stays.
    pub(crate) fn publish(&self, id: &str, paths: &[&str], manifest: (&str, &[u8])) -> Result<PathBuf> {
        let folder = self.to.join(id);
        let was_whole = folder.join(manifest.0).exists();
        let published = self.fill(folder.clone(), paths, manifest);
        if published.is_err() && !was_whole {
            // Without a manifest it is no release, and other data make another one. What cannot be removed says so itself.
            let _ = fs::remove_dir_all(&folder);
        }
        published
    }

    fn fill(&self, folder: PathBuf, paths: &[&str], manifest: (&str, &[u8])) -> Result<PathBuf> {
        durable::create_folder(&folder)?;
        let mut folders = BTreeSet::from([folder.clone()]);
        for path in paths {
            let target = folder.join(path);
            if let Some(parent) = target.parent()
                && folders.insert(parent.to_owned())
            {
                durable::create_folder(parent)?;
            }
            fs::rename(self.building.join(path), &target)
                .map_err(|e| storage("move a file of the release into place", &target, e))?;
        }
        for folder in &folders {
            sync_folder(folder)?;
        }
        let (name, bytes) = manifest;
        self.replace(&folder.join(name), bytes)?;
        Ok(folder)
    }

    /// Replaces a file in or below the folder of the releases: a reader sees the old bytes or the
    /// new ones, also after a power cut.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        durable::write(&self.building, path, bytes)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Err(fault) = clear(&self.building) {
            // The next run clears it; losing the first error for this one would be worse.
            tracing::warn!(%fault, "a half-made release was left behind");
        }
    }
}

/// Counts and hashes what is written through it.
pub(crate) struct Counted {
    out: BufWriter<File>,
    hasher: Hasher,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or(bytes));
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// Makes the names in a folder durable; some file systems (network shares) cannot.
fn sync_folder(folder: &Path) -> Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if !matches!(error.kind(), Io::InvalidInput | Io::Unsupported) => {
            Err(storage("make a folder durable", folder, error))
        }
        _ => Ok(()),
    }
}

fn clear(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != Io::NotFound => Err(storage("clear away a half-made release", folder, error)),
        _ => Ok(()),
    }
}

fn storage(doing: &str, path: &Path, error: std::io::Error) -> Fault {
    Fault::io(ErrorKind::Storage, doing, path, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(out: &mut Counted, bytes: &[u8]) -> Result<()> {
        out.write_all(bytes).map_err(|error| storage("write", Path::new("test"), error))
    }

    #[test]
    fn one_maker_at_a_time_and_no_trace_of_one_that_gave_up() {
        let to = tempfile::tempdir().unwrap();
        let staging = Staging::begin(to.path()).unwrap();
        assert_eq!(Staging::begin(to.path()).err().unwrap().kind(), ErrorKind::Locked);
        staging.write("a/b", |out| put(out, b"x")).unwrap();
        drop(staging);
        assert!(!to.path().join(BUILDING).exists());
        assert!(Staging::begin(to.path()).is_ok());
    }

    #[test]
    fn a_written_file_tells_its_digest_and_size() {
        let to = tempfile::tempdir().unwrap();
        let staging = Staging::begin(to.path()).unwrap();
        let written = staging.write("t.txt", |out| put(out, b"abc")).unwrap();
        assert_eq!((written.sha256, written.bytes), (Digest::of("abc"), 3));
        let folder = staging.publish("id", &["t.txt"], ("m.json", b"{}")).unwrap();
        assert_eq!(fs::read(folder.join("t.txt")).unwrap(), b"abc");
        assert_eq!(fs::read(folder.join("m.json")).unwrap(), b"{}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }
}
