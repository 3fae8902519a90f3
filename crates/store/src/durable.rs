//! Writing so that it survives a crash: temporary file, fsync, rename, fsync of the folder.
//!
//! This is the only place that makes a file appear in a store. A reader sees the old file or the
//! whole new one. Temporary files lie in one folder on the same file system and are removed when
//! they are dropped; what a killed process leaves there is swept by the next run.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind as Io, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use quipu_schema::{ErrorKind, Fault, Result};

/// A file under a name that nobody looks for, removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Loose {
    path: PathBuf,
    /// Whether it is another name of a file that may be in its place already.
    is_link: bool,
    in_place: bool,
}

impl Loose {
    /// Takes care of a file that is there.
    pub(crate) const fn of(path: PathBuf) -> Self {
        Self { path, is_link: false, in_place: false }
    }

    /// Where the file lies for now.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the file there.
    pub(crate) fn keep(mut self) -> PathBuf {
        self.in_place = true;
        std::mem::take(&mut self.path)
    }

    fn rename(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        // Somebody else may have this name from now on. Renaming onto another link of the same file does nothing.
        self.in_place = !self.is_link;
        Ok(())
    }
}

impl Drop for Loose {
    fn drop(&mut self) {
        if !self.in_place {
            // A failure here leaves a file to sweep.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// From so many files on, the whole file system is brought to disk at once, which costs less than one after the other.
const TOGETHER: usize = 8;

/// Makes files appear as their targets, replacing what was there, once their bytes are on disk. Names are on disk when this
/// returns.
///
/// # Errors
/// [`ErrorKind::Storage`]; then some targets may be there, each of them whole.
pub(crate) fn place_all(files: Vec<(Loose, PathBuf)>) -> Result<()> {
    let Some((first, _)) = files.first() else { return Ok(()) };
    let together = files.len() >= TOGETHER && sync_file_system(first.path())?;
    let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
    for (file, target) in files {
        let failed = |doing: &str, error| Fault::io(ErrorKind::Storage, doing, &target, error);
        if !together {
            let synced = File::open(file.path()).and_then(|file| file.sync_all());
            synced.map_err(|error| failed("write to disk", error))?;
        }
        let folder = folder_of(&target);
        if !folders.contains(folder) {
            // What is made here is brought to disk with the rest.
            make_folder(folder, !together)?;
            folders.insert(folder.to_owned());
        }
        file.rename(&target).map_err(|error| failed("put in place", error))?;
    }
    match folders.first() {
        Some(folder) if together && sync_file_system(folder)? => Ok(()),
        _ => folders.iter().try_for_each(|folder| sync_folder(folder)),
    }
}

/// Brings everything of the file system that `path` is on to disk; `false` where the system cannot.
fn sync_file_system(path: &Path) -> Result<bool> {
    let synced = File::open(path).and_then(|file| Ok(rustix::fs::syncfs(file)?));
    match synced {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), Io::InvalidInput | Io::Unsupported) => Ok(false),
        Err(error) => Err(Fault::io(ErrorKind::Storage, "write to disk", path, error)),
    }
}

/// A file that is not there yet: bytes written to it appear under a name only with [`Temporary::place`].
#[derive(Debug)]
pub struct Temporary {
    file: File,
    path: Loose,
}

/// Distinguishes the temporary files of one process.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A path in `folder` that no other process uses.
fn fresh_path(folder: &Path) -> PathBuf {
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    folder.join(format!("{}-{number}", std::process::id()))
}

/// A new file in `folder` under a name that nobody has, with these permissions.
fn fresh_with(folder: &Path, permissions: u32) -> io::Result<(Loose, File)> {
    loop {
        let path = fresh_path(folder);
        match OpenOptions::new().read(true).write(true).create_new(true).mode(permissions).open(&path) {
            Ok(file) => return Ok((Loose::of(path), file)),
            // Left by a killed process that had our process id.
            Err(error) if error.kind() == Io::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

impl Temporary {
    /// A new, empty temporary file in `folder`, which must be on the file system of its later place.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`] when the file cannot be made.
    pub fn create(folder: &Path) -> Result<Self> {
        let (path, file) = fresh_with(folder, 0o666)
            .map_err(|error| Fault::io(ErrorKind::Storage, "create a temporary file", folder, error))?;
        Ok(Self { file, path })
    }

    /// Where the bytes lie for now.
    pub fn path(&self) -> &Path {
        self.path.path()
    }

    /// The file without a hand on it, read-only: for files that must never change.
    pub(crate) fn into_read_only(self) -> Result<Loose> {
        make_read_only(&self.file)
            .map_err(|error| Fault::io(ErrorKind::Storage, "make read-only", self.path.path(), error))?;
        Ok(self.path)
    }

    /// Makes the file appear as `target`, replacing what was there, once its bytes are on disk.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`]; then `target` is as before.
    pub fn place(self, target: &Path) -> Result<()> {
        place_all(vec![(self.path, target.to_owned())])
    }
}

/// Sets read-only permissions.
pub(crate) fn make_read_only(file: &File) -> io::Result<()> {
    let mut permissions = file.metadata()?.permissions();
    permissions.set_readonly(true);
    file.set_permissions(permissions)
}

/// Writes a whole file in `folder` that nobody may change, and leaves it loose.
pub(crate) fn write_loose(folder: &Path, bytes: &[u8]) -> Result<Loose> {
    let failed = |error| Fault::io(ErrorKind::Storage, "write a temporary file", folder, error);
    let (path, mut file) = fresh_with(folder, 0o444).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    Ok(path)
}

impl Write for Temporary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes `bytes` to `target` atomically; the temporary file lies in `temporary`.
///
/// # Errors
/// [`ErrorKind::Storage`]; then `target` is as before.
pub fn write(temporary: &Path, target: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = Temporary::create(temporary)?;
    file.write_all(bytes).map_err(|error| Fault::io(ErrorKind::Storage, "write", target, error))?;
    file.place(target)
}

/// Hard-links `source` as a temporary name in `temporary`; `None` where the file system does not allow it.
pub(crate) fn link(temporary: &Path, source: &Path) -> Option<Loose> {
    let path = fresh_path(temporary);
    // Resolved first: a link to a symbolic link would hold the name and not the bytes.
    fs::canonicalize(source).and_then(|source| fs::hard_link(source, &path)).ok()?;
    Some(Loose { path, is_link: true, in_place: false })
}

/// Gives a file a name in `temporary` that nobody has.
pub(crate) fn moved(temporary: &Path, file: &Path) -> io::Result<Loose> {
    let path = fresh_path(temporary);
    fs::rename(file, &path)?;
    Ok(Loose::of(path))
}

/// Makes `folder` and what leads to it, durably; nothing happens where it is there.
///
/// # Errors
/// [`ErrorKind::Storage`].
pub fn create_folder(folder: &Path) -> Result<()> {
    make_folder(folder, true)
}

fn make_folder(folder: &Path, durably: bool) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_folder(parent, durably)?;
    }
    match fs::create_dir(folder) {
        Ok(()) if durably => sync_parent(folder),
        Ok(()) => Ok(()),
        Err(error) if error.kind() == Io::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(Fault::io(ErrorKind::Storage, "create the folder", folder, error)),
    }
}

/// Brings the folder entry of `path` to disk.
pub fn sync_parent(path: &Path) -> Result<()> {
    sync_folder(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

fn sync_folder(folder: &Path) -> Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Ok(()) => Ok(()),
        // Some file systems (network shares, FUSE) cannot fsync a folder; there the rename has to do.
        Err(error) if matches!(error.kind(), Io::InvalidInput | Io::Unsupported) => Ok(()),
        Err(error) => Err(Fault::io(ErrorKind::Storage, "write the folder to disk", folder, error)),
    }
}

/// A new file in `folder` that only its owner can read, under a name that nobody has.
pub(crate) fn fresh(folder: &Path) -> io::Result<(Loose, File)> {
    fresh_with(folder, 0o600)
}

/// The clock of the file system that `folder` is on: it is what the times of its files can be compared with.
pub(crate) fn file_clock(folder: &Path) -> Result<std::time::SystemTime> {
    let file = Temporary::create(folder)?;
    let told = file.file.metadata().and_then(|about| about.modified());
    told.map_err(|error| Fault::io(ErrorKind::Storage, "read the time of", file.path(), error))
}

/// Whether there is a file of this size.
pub(crate) fn has_size(path: &Path, size: u64) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == size)
}

/// Removes everything in the folder of temporary files and says how many there were.
pub(crate) fn sweep(temporary: &Path) -> Result<u64> {
    let failed = |error| Fault::io(ErrorKind::Storage, "sweep temporary files", temporary, error);
    let entries = match fs::read_dir(temporary) {
        Ok(entries) => entries,
        Err(error) if error.kind() == Io::NotFound => return Ok(0),
        Err(error) => return Err(failed(error)),
    };
    let mut swept = 0;
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let is_folder = entry.file_type().map_err(failed)?.is_dir();
        let path = entry.path();
        if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }.map_err(failed)?;
        swept += 1;
    }
    Ok(swept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn count(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn a_file_appears_as_a_whole_and_leaves_nothing_behind() {
        let root = folder();
        let (temporary, target) = (root.path().join("tmp"), root.path().join("a/b/file"));
        create_folder(&temporary).unwrap();
        write(&temporary, &target, b"old").unwrap();
        let mut file = Temporary::create(&temporary).unwrap();
        file.write_all(b"ne").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"old");
        file.write_all(b"w").unwrap();
        file.place(&target).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(count(&temporary), 0);
    }

    #[test]
    fn dropped_is_removed_and_forgotten_is_swept() {
        let root = folder();
        drop(Temporary::create(root.path()).unwrap());
        assert_eq!(count(root.path()), 0);
        std::mem::forget(Temporary::create(root.path()).unwrap());
        fs::create_dir(root.path().join("folder")).unwrap();
        fs::write(root.path().join("folder/file"), "x").unwrap();
        assert_eq!(sweep(root.path()).unwrap(), 2);
        assert_eq!(sweep(root.path()).unwrap(), 0);
        assert_eq!(sweep(&root.path().join("missing")).unwrap(), 0);
    }

    #[test]
    fn a_name_left_by_another_process_of_our_id_is_passed_over() {
        let root = folder();
        let first = Temporary::create(root.path()).unwrap();
        // Take the names that come next away; other tests count in parallel, so take a few.
        let number: u64 =
            first.path().file_name().unwrap().to_str().unwrap().split('-').nth(1).unwrap().parse().unwrap();
        for next in number + 1..number + 20 {
            fs::write(root.path().join(format!("{}-{next}", std::process::id())), "theirs").unwrap();
        }
        let second = Temporary::create(root.path()).unwrap();
        assert_eq!(fs::read(second.path()).unwrap(), b"");
    }

    #[test]
    fn what_is_in_the_way_stays_and_is_named() {
        let root = folder();
        let target = root.path().join("taken");
        fs::create_dir_all(target.join("inside")).unwrap();
        let fault = write(root.path(), &target, b"x").unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::Storage);
        assert_eq!(fault.place(), Some(target.to_str().unwrap()));
        assert_eq!(count(root.path()), 1);
        fs::write(root.path().join("file"), "x").unwrap();
        assert_eq!(create_folder(&root.path().join("file/folder")).unwrap_err().kind(), ErrorKind::Usage);
    }

    #[test]
    fn many_appear_at_once_and_leave_nothing_behind() {
        let root = folder();
        let temporary = root.path().join("tmp");
        create_folder(&temporary).unwrap();
        for many in [1, TOGETHER - 1, TOGETHER, 3 * TOGETHER] {
            let target = |number: usize| root.path().join(format!("to/{}/{many}-{number}", number % 3));
            let files: Vec<(Loose, PathBuf)> = (0..many)
                .map(|number| (write_loose(&temporary, number.to_string().as_bytes()).unwrap(), target(number)))
                .collect();
            assert!((0..many).all(|number| !target(number).exists()));
            place_all(files).unwrap();
            assert!((0..many).all(|number| fs::read(target(number)).unwrap() == number.to_string().as_bytes()));
            assert!(fs::metadata(target(0)).unwrap().permissions().readonly());
            assert_eq!(count(&temporary), 0);
        }
    }

    #[test]
    fn a_link_appears_as_the_file_even_over_another_link_to_it() {
        let root = folder();
        let (source, target) = (root.path().join("source"), root.path().join("to/target"));
        fs::write(&source, "bytes").unwrap();
        let temporary = root.path().join("tmp");
        create_folder(&temporary).unwrap();
        for _ in 0..2 {
            place_all(vec![(link(&temporary, &source).unwrap(), target.clone())]).unwrap();
        }
        assert_eq!(fs::read(&target).unwrap(), b"bytes");
        assert_eq!(count(&temporary), 0);
    }
}
