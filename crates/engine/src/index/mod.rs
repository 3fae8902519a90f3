//! The index of the records: persistent, of one version of the records and of the rules, made when it is not there.
//!
//! An index holds 64 bits of hash and a row number for each record: no key, and nothing that rules are judged by. What a
//! look-up finds is read again from the records themselves and compared in full.

mod build;
mod gather;
mod layout;
mod segment;

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use quipu_schema::{Digest, ErrorKind, Fault, Result};
use serde::{Deserialize, Serialize};

pub(crate) use build::Count;
pub(crate) use layout::Layout;
pub(crate) use segment::Segment;

use crate::chance::{Counted, Shape, Shapes};
use crate::file::Identity;
use crate::form::{self, Forms};
use crate::record_file::RecordFile;
use crate::settings::{Settings, Told};

/// Version of the files of an index.
const FORMAT: u32 = 1;
const MANIFEST: &str = "index.json";

/// What an index was made of, and its measures. Written last, so that an index without it is none.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    /// Version of the forms that are hashed.
    form: u32,
    /// Digest of everything else that decides a hash: rules of keys, kinds, column names, list of countries.
    rules: Digest,
    records: Vec<Identity>,
    file: String,
    layout: Layout,
    sums: Vec<u64>,
    count: Count,
    /// One row in so many was looked at for the shapes.
    step: u32,
    shapes: Vec<(Shape, u64)>,
    #[serde(default)]
    people: Counted,
}

/// An index that can be searched.
#[derive(Debug)]
pub(crate) struct Index {
    /// For messages: while it is kept, the file gets another name.
    path: PathBuf,
    file: File,
    pub(crate) layout: Layout,
    pub(crate) count: Count,
    pub(crate) shapes: Shapes,
    /// Whether it was made just now, and why.
    pub(crate) made: Option<String>,
    keeping: Option<JoinHandle<Result<()>>>,
    /// Held as long as the index is in use.
    _lock: File,
}

/// What an index is to be of.
pub(crate) struct Wanted<'a> {
    pub(crate) files: &'a [RecordFile],
    pub(crate) rules: Digest,
    pub(crate) new_forms: &'a (dyn Fn() -> Forms<'a> + Sync),
}

impl Index {
    /// Opens the index in a folder, or makes it where it is not there or of other records or rules.
    ///
    /// # Errors
    /// `Usage` for an index of a newer version; `Locked` where another process makes one there; `Corrupt` for a damaged
    /// one; those of the records and of the disk.
    pub(crate) fn open(folder: &Path, wanted: &Wanted, settings: &Settings, told: &dyn Told) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|error| storage("make", folder, error))?;
        let lock = lock(folder)?;
        let why = match read(folder)? {
            None => "there was none".to_owned(),
            Some(manifest) => match differs(&manifest, wanted) {
                Some(why) => why,
                None => {
                    let path = folder.join(&manifest.file);
                    let file = File::open(&path).map_err(|error| {
                        Fault::io(ErrorKind::Corrupt, "read the index", &path, error)
                            .help("remove its folder; it is made again")
                    })?;
                    segment::verify(&path, &file, &manifest.layout, &manifest.sums, settings.threads)?;
                    return Ok(Self {
                        path,
                        file,
                        layout: manifest.layout,
                        count: manifest.count,
                        shapes: Shapes::from_list(manifest.step, &manifest.shapes, manifest.people),
                        made: None,
                        keeping: None,
                        _lock: lock,
                    });
                }
            },
        };
        sweep(folder, None)?;
        let part = folder.join("index.part");
        told.begin("records", RecordFile::rows_of(wanted.files));
        let built = build::build(wanted.files, wanted.new_forms, settings, &part, told);
        told.end();
        let built = built.inspect_err(|_| {
            // What was begun is of no use; where it cannot be removed, the next run does.
            let _ = std::fs::remove_file(&part);
        })?;
        let manifest = Manifest {
            format: FORMAT,
            form: form::VERSION,
            rules: wanted.rules,
            records: wanted.files.iter().map(|own| own.file.identity().clone()).collect(),
            file: format!("{}.index", name(wanted).short()),
            layout: built.layout,
            sums: built.sums,
            count: built.count.clone(),
            step: built.shapes.step(),
            shapes: built.shapes.listed(),
            people: built.shapes.people(),
        };
        let opened = || File::open(&part).map_err(|error| storage("open", &part, error));
        let (file, kept) = (opened()?, opened()?);
        let (folder, from) = (folder.to_path_buf(), part.clone());
        // The disk takes its time: the search does not wait for it, the end of the run does.
        let keeping = std::thread::spawn(move || keep(&folder, &from, &kept, &manifest));
        Ok(Self {
            path: part,
            file,
            layout: built.layout,
            count: built.count,
            shapes: built.shapes,
            made: Some(why),
            keeping: Some(keeping),
            _lock: lock,
        })
    }

    /// Opens the parts of the index that are searched together; the index is searched in as many passes as there are
    /// ranges of parts that fit into the memory.
    pub(crate) fn passes(&self, settings: &Settings) -> Vec<std::ops::Range<u64>> {
        let held = settings.index_held();
        let mut each = self.layout.parts;
        while each > 1 && self.layout.searched(each) > held {
            each = each.div_ceil(2);
        }
        let step = usize::try_from(each).unwrap_or(1);
        (0..self.layout.parts).step_by(step).map(|from| from..self.layout.parts.min(from + each)).collect()
    }

    /// Opens some parts.
    pub(crate) fn segment(&self, parts: std::ops::Range<u64>) -> Result<Segment> {
        Segment::open(&self.path, &self.file, &self.layout, parts)
    }

    /// Opens all parts, to look up what is likely to be there.
    pub(crate) fn unfiltered(&self) -> Result<Segment> {
        Segment::unfiltered(&self.path, &self.file, &self.layout)
    }

    /// Waits until the index is on the disk and has its name.
    pub(crate) fn keep(mut self) -> Result<()> {
        self.kept()
    }

    fn kept(&mut self) -> Result<()> {
        match self.keeping.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(kept) => kept.unwrap_or_else(|_| Err(Fault::bug("the thread that keeps the index failed"))),
        }
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        // A run that failed leaves no thread behind; its own failure is what is told.
        let _ = self.kept();
    }
}

/// What tells these records from others: footers and sizes, in the order in which they were named.
pub(crate) fn snapshot(files: &[RecordFile]) -> Digest {
    let mut hasher = quipu_schema::digest::Hasher::default();
    for own in files {
        let identity = own.file.identity();
        hasher.part("footer", identity.footer.as_bytes()).part("size", identity.size.to_le_bytes());
    }
    hasher.finish()
}

/// The name of an index: of these records under these rules, so that none is ever put in the place of another one.
fn name(wanted: &Wanted) -> Digest {
    let mut hasher = quipu_schema::digest::Hasher::default();
    hasher.part("records", snapshot(wanted.files).as_bytes()).part("rules", wanted.rules.as_bytes());
    hasher.part("form", form::VERSION.to_le_bytes());
    hasher.finish()
}

fn differs(manifest: &Manifest, wanted: &Wanted) -> Option<String> {
    if manifest.form != form::VERSION || manifest.rules != wanted.rules {
        return Some("it was made by other rules".to_owned());
    }
    if !manifest.layout.is_sound() {
        return Some("it is laid out otherwise".to_owned());
    }
    if manifest.records.len() != wanted.files.len() {
        return Some("it was made of other records".to_owned());
    }
    let changed = manifest.records.iter().zip(wanted.files).find(|(known, own)| *known != own.file.identity());
    changed.map(|(_, own)| format!("{} changed", own.file.path().display()))
}

fn read(folder: &Path) -> Result<Option<Manifest>> {
    let path = folder.join(MANIFEST);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(storage("read", &path, error)),
    };
    let damaged = |error: serde_json::Error| {
        Fault::new(ErrorKind::Corrupt, "the manifest of the index cannot be read")
            .at(path.display())
            .because(error)
            .help("remove the folder; the index is made again")
    };
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(damaged)?;
    let format = value.get("format").and_then(serde_json::Value::as_u64);
    if format != Some(u64::from(FORMAT)) {
        let format = format.map_or_else(|| "none".to_owned(), |format| format.to_string());
        let message = format!("the index is of format {format}, and this version of quipu makes format {FORMAT}");
        return Err(Fault::new(ErrorKind::Usage, message)
            .at(path.display())
            .help("name another folder with --index, or remove this one"));
    }
    serde_json::from_value(value).map(Some).map_err(damaged)
}

/// Puts an index that was made in the place of the one before.
fn keep(folder: &Path, part: &Path, file: &File, manifest: &Manifest) -> Result<()> {
    file.sync_data().map_err(|error| storage("write", part, error))?;
    let named = folder.join(&manifest.file);
    std::fs::rename(part, &named).map_err(|error| storage("name", &named, error))?;
    let path = folder.join(MANIFEST);
    let bytes = serde_json::to_vec(manifest).map_err(|error| Fault::bug("an index without manifest").because(error))?;
    let temporary = folder.join("index.json.part");
    let written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary);
    written
        .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&temporary, &path))
        .and_then(|()| File::open(folder).and_then(|folder| folder.sync_all()))
        .map_err(|error| storage("write", &path, error))?;
    sweep(folder, Some(&manifest.file))
}

/// Removes what an earlier run left half done, and the indexes that no manifest names.
fn sweep(folder: &Path, named: Option<&str>) -> Result<()> {
    let entries = std::fs::read_dir(folder).map_err(|error| storage("read", folder, error))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let part = matches!(name.as_ref(), "index.part" | "index.json.part");
        let index = name.strip_suffix(".index").is_some_and(|digest| {
            digest.len() == 12 && digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        });
        let ours = part || (named.is_some() && index);
        if ours && named != Some(name.as_ref()) {
            std::fs::remove_file(entry.path()).map_err(|error| storage("remove", &entry.path(), error))?;
        }
    }
    Ok(())
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let file = OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(|error| storage("open", &path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(Fault::new(ErrorKind::Locked, "another screening uses this index")
                .at(path.display())
                .help("wait for it, or name another folder with --index"))
        }
        Err(std::fs::TryLockError::Error(error)) => Err(storage("lock", &path, error)),
    }
}

fn storage(doing: &str, path: &Path, error: std::io::Error) -> Fault {
    Fault::io(ErrorKind::Storage, doing, path, error)
}
