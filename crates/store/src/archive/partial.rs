//! A download on its way into the archive that outlives its process: what came of it is gone on with by the next run.
//!
//! Beside the bytes lies a note of the version that they are of, without which they are worth nothing, and of the start of
//! the machine in which they were written: after a crash of the machine nobody knows which of them reached the disk.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind as Io, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use quipu_schema::digest::Hasher;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use serde::{Deserialize, Serialize};

use super::behind::Behind;
use super::{Archive, BLOCK, Staged};
use crate::durable::{self, Loose};

/// How long nobody has to go on with a broken download before it is dropped.
const KEPT: Duration = Duration::from_hours(7 * 24);
/// Bytes of the beginning that are held, for whoever looks at what they are.
const HEAD: usize = 4_096;
/// What is larger is written by a thread of its own.
const BEHIND: u64 = 4 << 20;

/// What is noted beside the bytes. It tells nothing of where they come from.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    version: String,
    boot: String,
}

/// A download, whole or not.
pub struct Partial {
    archive: Archive,
    file: File,
    path: PathBuf,
    note: PathBuf,
    out: Out,
    head: Vec<u8>,
    size: u64,
    version: Option<String>,
    staged: bool,
}

/// Who writes and hashes what comes.
enum Out {
    Here(Hasher),
    There(Behind),
}

impl Out {
    /// The hash of all that is written, when it is.
    fn end(&mut self) -> io::Result<Hasher> {
        match std::mem::replace(self, Self::Here(Hasher::default())) {
            Self::Here(hasher) => Ok(hasher),
            Self::There(behind) => behind.end(),
        }
    }
}

impl Archive {
    /// Opens what is there of a download, which `key` tells from all others; it begins where nothing is, and where another
    /// one with the same key is under way. Only the holder of the store's lock may.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`].
    pub fn partial(&self, key: &Digest) -> Result<Partial> {
        let path = self.partial.join(key.to_string());
        let failed = |error| Fault::io(ErrorKind::Storage, "open what came of a download", &path, error);
        let (place, mut file) = match own(&path).map_err(failed)? {
            Some(file) => (Loose::of(path.clone()), file),
            // Somebody else of this process writes it: this one is not gone on with.
            None => durable::fresh(&self.partial).map_err(failed)?,
        };
        let path = place.keep();
        let note = path.with_extension("note");
        let version = read_note(&note);
        let (mut hasher, mut head, mut size) = (Hasher::default(), Vec::new(), 0);
        if version.is_some() {
            let mut block = vec![0; BLOCK];
            loop {
                let read = match file.read(&mut block) {
                    Ok(0) => break,
                    Ok(read) => read,
                    Err(error) if error.kind() == Io::Interrupted => continue,
                    Err(error) => return Err(failed(error)),
                };
                let bytes = block.get(..read).unwrap_or_default();
                hasher.update(bytes);
                hold(&mut head, bytes);
                size += read as u64;
            }
        } else {
            file.set_len(0).map_err(failed)?;
        }
        Ok(Partial {
            archive: self.clone(),
            file,
            path,
            note,
            out: Out::Here(hasher),
            head,
            size,
            version,
            staged: false,
        })
    }

    /// The keys of downloads that broke off.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`].
    pub fn broken_downloads(&self) -> Result<BTreeSet<Digest>> {
        let failed = |error| Fault::io(ErrorKind::Storage, "list broken downloads", self.partial.as_ref(), error);
        let mut keys = BTreeSet::new();
        for entry in fs::read_dir(&self.partial).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            keys.extend(name.to_str().and_then(|name| name.parse::<Digest>().ok()));
        }
        Ok(keys)
    }

    /// Removes downloads that nobody went on with for a week, and returns how many there were.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`].
    pub(crate) fn sweep_partial(&self, now: SystemTime) -> Result<u64> {
        let failed = |error| Fault::io(ErrorKind::Storage, "sweep broken downloads", self.partial.as_ref(), error);
        let mut swept = 0;
        for entry in fs::read_dir(&self.partial).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let changed = entry.metadata().and_then(|about| about.modified()).map_err(failed)?;
            if now.duration_since(changed).is_ok_and(|age| age > KEPT) {
                fs::remove_file(entry.path()).map_err(failed)?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

/// Opens a file that nobody else has open; `None` where somebody has.
fn own(path: &Path) -> io::Result<Option<File>> {
    loop {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // It may have become a document of the archive between the two, which nobody may write into.
        let is = |about: &fs::Metadata| (about.dev(), about.ino());
        match fs::metadata(path) {
            Ok(about) if is(&about) == is(&file.metadata()?) => return Ok(Some(file)),
            Ok(_) => {}
            Err(error) if error.kind() == Io::NotFound => {}
            Err(error) => return Err(error),
        }
    }
}

fn hold(head: &mut Vec<u8>, bytes: &[u8]) {
    let room = HEAD.saturating_sub(head.len()).min(bytes.len());
    head.extend_from_slice(bytes.get(..room).unwrap_or_default());
}

/// The version that the bytes are of, where they are still those that were written.
fn read_note(path: &Path) -> Option<String> {
    let note: Note = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    (note.boot == boot()?).then_some(note.version)
}

/// What tells this start of the machine from others.
fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

impl Partial {
    /// How many bytes there are, and of which version; `None` where nobody can go on with them.
    pub fn held(&self) -> Option<(u64, &str)> {
        self.version.as_deref().filter(|_| self.size > 0).map(|version| (self.size, version))
    }

    /// The first bytes, 4 KiB of them at most.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Bytes that came so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Forgets what is there: a body of this version begins, or one that nobody can go on with.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn begin(&mut self, version: Option<&str>) -> io::Result<()> {
        // First the note: bytes of one version must never stand beside the note of another.
        remove(&self.note)?;
        // How writing what is forgotten ended is of no interest.
        let _ = self.out.end();
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        (self.out, self.size, self.version) = (Out::Here(Hasher::default()), 0, None);
        self.head.clear();
        if let Some((version, boot)) = version.zip(boot()) {
            let note = serde_json::to_vec(&Note { version: version.to_owned(), boot })?;
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&self.note)?;
            file.write_all(&note)?;
            self.version = Some(version.to_owned());
        }
        Ok(())
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// Those of the disk, of these bytes or of some before them.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        hold(&mut self.head, bytes);
        self.size += bytes.len() as u64;
        match &mut self.out {
            Out::Here(hasher) => {
                self.file.write_all(bytes)?;
                hasher.update(bytes);
                if self.size >= BEHIND {
                    self.out = match Behind::begin(&self.file, std::mem::take(hasher)) {
                        Ok(behind) => Out::There(behind),
                        Err(hasher) => Out::Here(hasher),
                    };
                }
            }
            Out::There(behind) => {
                behind.write(bytes);
                if behind.has_failed() {
                    self.out.end()?;
                }
            }
        }
        Ok(())
    }

    /// The whole document has come: it waits to be put in its place, under a name that nobody goes on with.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`].
    pub fn stage(mut self) -> Result<Staged> {
        let failed = |error| Fault::io(ErrorKind::Storage, "put what came into the archive", &self.path, error);
        let digest = self.out.end().map_err(failed)?.finish();
        // Moved before it is read-only: under its key, whoever begins anew has to be able to write into it.
        let file = durable::moved(&self.archive.temporary, &self.path).map_err(failed)?;
        durable::make_read_only(&self.file).map_err(failed)?;
        // A note without bytes says nothing; it is swept.
        let _ = remove(&self.note);
        self.staged = true;
        Ok(Staged::of(&self.archive, (digest, self.size), file))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let written = self.out.end();
        // What nobody can go on with is of no use; what cannot be removed is overwritten by the next run.
        if !self.staged && (self.held().is_none() || written.is_err()) {
            let _ = remove(&self.note).and_then(|()| remove(&self.path));
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != Io::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    fn place() -> (tempfile::TempDir, Archive) {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        (folder, store.archive())
    }

    fn left(folder: &tempfile::TempDir) -> usize {
        fs::read_dir(folder.path().join("partial")).expect("folder").count()
    }

    #[test]
    fn a_download_is_gone_on_with_by_whoever_comes_next() {
        let (folder, archive) = place();
        let key = Digest::of("a");
        let mut first = archive.partial(&key).expect("new");
        assert_eq!(first.held(), None);
        first.begin(Some("\"v\"")).expect("begun");
        first.write(b"hello, ").expect("written");
        // As after a kill: it is not finished.
        drop(first);
        let mut next = archive.partial(&key).expect("there");
        assert_eq!((next.held(), next.head()), (Some((7, "\"v\"")), &b"hello, "[..]));
        next.write(b"world").expect("written");
        let archived = next.stage().expect("whole").settle().expect("archived");
        assert_eq!((archived.digest, archived.size, archived.new), (Digest::of("hello, world"), 12, true));
        assert_eq!(archive.read(&archived.digest).expect("bytes"), b"hello, world");
        assert_eq!(left(&folder), 0);
        // The same once more is there already.
        let mut again = archive.partial(&key).expect("new");
        again.begin(None).expect("begun");
        again.write(b"hello, world").expect("written");
        assert!(!again.stage().expect("whole").settle().expect("archived").new);
        assert_eq!(left(&folder), 0);
    }

    #[test]
    fn what_waits_for_its_place_is_in_nobodys_way() {
        let (folder, archive) = place();
        let key = Digest::of("a");
        let whole = |text: &[u8]| {
            let mut one = archive.partial(&key).expect("new");
            assert_eq!(one.held(), None);
            one.begin(Some("v")).expect("begun");
            one.write(text).expect("written");
            one.stage().expect("whole")
        };
        let (first, second) = (whole(b"one"), whole(b"two"));
        // As after a kill: it never came to its place.
        std::mem::forget(whole(b"three"));
        assert_eq!(left(&folder), 0, "nothing read-only stands where the next one begins");
        let (first, second) = (first.settle().expect("archived"), second.settle().expect("archived"));
        assert_eq!(archive.read(&first.digest).expect("bytes"), b"one");
        assert_eq!(archive.read(&second.digest).expect("bytes"), b"two");
    }

    #[test]
    fn two_of_one_key_at_once_do_not_write_into_each_other() {
        let (folder, archive) = place();
        let key = Digest::of("a");
        let mut one = archive.partial(&key).expect("new");
        one.begin(Some("v")).expect("begun");
        one.write(b"one, ").expect("written");
        let mut two = archive.partial(&key).expect("beside it");
        assert_eq!(two.held(), None);
        two.begin(Some("v")).expect("begun");
        two.write(b"two").expect("written");
        one.write(b"whole").expect("written");
        let (one, two) = (
            one.stage().expect("whole").settle().expect("archived"),
            two.stage().expect("whole").settle().expect("archived"),
        );
        assert_eq!(archive.read(&one.digest).expect("bytes"), b"one, whole");
        assert_eq!(archive.read(&two.digest).expect("bytes"), b"two");
        assert_eq!(left(&folder), 0);
    }

    #[test]
    fn what_nobody_can_vouch_for_is_forgotten() {
        let (folder, archive) = place();
        let key = Digest::of("a");
        let half = |version: Option<&str>| {
            let mut half = archive.partial(&key).expect("new");
            half.begin(version).expect("begun");
            half.write(b"half").expect("written");
        };
        half(None);
        assert_eq!(left(&folder), 0, "of no version");
        half(Some("\"v\""));
        assert_eq!(left(&folder), 2);
        let note = folder.path().join("partial").join(key.to_string()).with_extension("note");
        let text = fs::read_to_string(&note).expect("note");
        for wrong in [text.replace(&boot().expect("boot"), "another start"), "{".to_owned()] {
            half(Some("\"v\""));
            fs::write(&note, wrong).expect("written");
            assert_eq!(archive.partial(&key).expect("opened").held(), None);
            assert_eq!(left(&folder), 0);
        }
        half(Some("\"v\""));
        let now = durable::file_clock(folder.path()).expect("time");
        assert_eq!(archive.sweep_partial(now).expect("swept"), 0);
        assert_eq!(archive.sweep_partial(now + KEPT + Duration::from_mins(1)).expect("swept"), 2);
    }
}
