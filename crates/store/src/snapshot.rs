//! Snapshots: what one stage published, as one manifest that names every part.
//!
//! Publishing is "manifest last": parts first, then the manifest under the digest of its own
//! bytes, then the file `current` is replaced by one rename. Killed between any two steps, the
//! old `current` stands and names only whole files.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};

use quipu_schema::tally::Tally;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use serde::{Deserialize, Serialize};

use crate::{Store, durable};

/// Version of the manifest's layout.
const FORMAT: u32 = 1;

/// One table file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Name of the table.
    pub table: String,
    /// The source its rows come from; `None` for tables that belong to no single source.
    pub source: Option<String>,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Number of rows.
    pub rows: u64,
    /// Size of the file in bytes.
    pub size: u64,
    /// Hash of the rows that does not depend on the file's layout, see [`crate::logical_hash`].
    pub logical: String,
}

/// What one stage published for one pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Name of the stage.
    pub stage: String,
    /// Digest over everything that went in.
    pub ingredients: Digest,
    /// The table files; sorted when published.
    pub parts: Vec<Part>,
    /// What is known of each source, by id.
    pub sources: BTreeMap<String, SourceState>,
    /// Tables made from the tables of several sources: the digest over everything that went into each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub derived: BTreeMap<String, Digest>,
}

/// What a snapshot knows of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceState {
    /// Digest over everything of this source that went in.
    pub ingredients: Digest,
    /// The archived documents its rows were read from.
    pub documents: Vec<Digest>,
    /// The account of what was read.
    pub tally: Tally,
    /// Remarks for people.
    pub notes: Vec<String>,
    /// What statistical checks found, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<crate::stage::Found>,
    /// Where the documents came from, by name.
    pub origins: BTreeMap<String, String>,
}

/// The manifest file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    snapshot: Snapshot,
}

/// The one field that manifests of all versions share.
#[derive(Debug, Deserialize)]
struct Head {
    format: u32,
}

impl Snapshot {
    /// Its id: the digest of the manifest under which it is published.
    ///
    /// # Errors
    /// A bug, where it has no JSON.
    pub fn id(&self) -> Result<Digest> {
        let mut sorted = self.clone();
        sorted.parts.sort();
        Ok(Digest::of(sorted.manifest()?))
    }

    fn manifest(&self) -> Result<Vec<u8>> {
        let manifest = Manifest { format: FORMAT, snapshot: self.clone() };
        let mut bytes = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| Fault::bug("a manifest cannot be written as JSON").because(error))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

impl Store {
    /// Publishes a snapshot: writes its manifest, then makes it the current one. Returns its id,
    /// the digest of the manifest's bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where a part's file is missing or has another size,
    /// [`ErrorKind::Storage`] where the manifest cannot be written; then the old snapshot stays current.
    pub fn publish(&self, snapshot: &Snapshot) -> Result<Digest> {
        let folder = self.snapshot_folder(&snapshot.pipeline, &snapshot.stage)?;
        let mut snapshot = snapshot.clone();
        snapshot.parts.sort();
        for part in &snapshot.parts {
            self.check_part(part)?;
        }
        let bytes = snapshot.manifest()?;
        let id = Digest::of(&bytes);
        durable::write(&self.temporary(), &manifest_path(&folder, &id), &bytes)?;
        durable::write(&self.temporary(), &folder.join("current"), format!("{id}\n").as_bytes())?;
        Ok(id)
    }

    /// The published snapshot of a stage.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where it is damaged, [`ErrorKind::Storage`] where it cannot be read
    /// or was written by a newer version.
    pub fn current(&self, pipeline: &str, stage: &str) -> Result<Option<Snapshot>> {
        let path = self.snapshot_folder(pipeline, stage)?.join("current");
        let Some(text) = read(&path)? else { return Ok(None) };
        let id: Digest = std::str::from_utf8(&text)
            .ok()
            .and_then(|text| text.trim_end().parse().ok())
            .ok_or_else(|| damaged(&path, "the name of the published snapshot is damaged".to_owned()))?;
        let snapshot = self.snapshot(pipeline, stage, &id)?;
        if snapshot.is_none() {
            return Err(damaged(&path, format!("the published snapshot {id} is missing")));
        }
        Ok(snapshot)
    }

    /// The snapshot of this id, published once.
    ///
    /// # Errors
    /// As for [`Store::current`].
    pub fn snapshot(&self, pipeline: &str, stage: &str, id: &Digest) -> Result<Option<Snapshot>> {
        let path = manifest_path(&self.snapshot_folder(pipeline, stage)?, id);
        let Some(bytes) = read(&path)? else { return Ok(None) };
        if Digest::of(&bytes) != *id {
            return Err(damaged(&path, "the manifest does not have the SHA-256 it is named by".to_owned()));
        }
        parse(&path, &bytes).map(Some)
    }

    /// Checks that a part names a file of this store that is there as a whole.
    fn check_part(&self, part: &Part) -> Result<()> {
        if !is_name(&part.table) {
            return Err(Fault::bug(format!("`{}` is no name of a table", part.table)));
        }
        let path = self.table_path(part);
        match fs::metadata(&path) {
            Ok(found) if found.is_file() && found.len() == part.size => Ok(()),
            Ok(found) => {
                let message =
                    format!("the file of table `{}` has {} bytes instead of {}", part.table, found.len(), part.size);
                Err(damaged(&path, message))
            }
            Err(error) if error.kind() == Io::NotFound => {
                Err(damaged(&path, format!("the file of table `{}` is missing", part.table)))
            }
            Err(error) => Err(Fault::io(ErrorKind::Storage, "look at the table file", path, error)),
        }
    }

    fn snapshot_folder(&self, pipeline: &str, stage: &str) -> Result<PathBuf> {
        for name in [pipeline, stage] {
            if !is_name(name) {
                return Err(Fault::bug(format!("`{name}` is no name of a pipeline or stage")));
            }
        }
        Ok(self.root().join("snapshots").join(pipeline).join(stage))
    }
}

/// Whether a name can be a folder's name and nothing else.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        // What stood on a day is published as `name@day`.
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@'))
}

fn manifest_path(folder: &Path, id: &Digest) -> PathBuf {
    folder.join(format!("{id}.json"))
}

/// The bytes of a file; `None` where there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == Io::NotFound => Ok(None),
        Err(error) => Err(Fault::io(ErrorKind::Storage, "read the snapshot", path, error)),
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Snapshot> {
    let wrong = |error| damaged(path, "the manifest cannot be understood".to_owned()).because(error);
    let head: Head = serde_json::from_slice(bytes).map_err(wrong)?;
    if head.format != FORMAT {
        let message =
            format!("the manifest has format {}; this quipu reads format {FORMAT}: a newer one wrote it", head.format);
        return Err(Fault::new(ErrorKind::Storage, message)
            .at(path.display())
            .help("use the version of quipu that wrote it, or a newer one"));
    }
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(wrong)?;
    match manifest.snapshot.parts.iter().find(|part| !is_name(&part.table)) {
        Some(part) => Err(damaged(path, format!("`{}` is no name of a table", part.table))),
        None => Ok(manifest.snapshot),
    }
}

fn damaged(path: &Path, message: String) -> Fault {
    Fault::new(ErrorKind::Corrupt, message)
        .at(path.display())
        .help("run the pipeline again from the stage that wrote it, or bring the file back from a backup")
}

#[cfg(test)]
mod tests;
