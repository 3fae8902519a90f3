//! `manifest.json`: what a release holds, and by that whether it is whole; `latest.json`: which
//! release is the newest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use quipu_schema::tally::Tally;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use serde::{Deserialize, Serialize};

/// Version of the layout of a release.
pub const FORMAT: u32 = 1;
/// The file that lists all others.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The pointer to the newest release.
pub(crate) const LATEST: &str = "latest.json";
/// Hexadecimal digits of the manifest's SHA-256 that name the release.
const ID_DIGITS: usize = 16;

/// What a release holds. Its bytes name the release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the layout, [`FORMAT`].
    pub format: u32,
    /// The pipeline that made it.
    pub pipeline: String,
    /// Title of the release.
    pub title: String,
    /// Licence of the release as a whole, where one is stated.
    pub licence: Option<String>,
    /// The strictest marking of all rows, on each axis.
    pub marking: String,
    /// Ids of the snapshots it was made from, by stage.
    pub snapshots: BTreeMap<String, Digest>,
    /// The account of each stage, over all sources.
    pub stages: BTreeMap<String, Tally>,
    /// The tables, in the order of their definitions.
    pub tables: Vec<ReleasedTable>,
    /// The files beside the tables.
    pub files: Vec<ReleasedFile>,
}

/// One table of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedTable {
    /// Name of the table.
    pub name: String,
    /// Rows in all its files.
    pub rows: u64,
    /// Hash of its rows that does not depend on their order or on the files they lie in.
    pub logical_hash: String,
    /// The strictest marking of its rows; none where neither rows nor sources carry one.
    pub marking: Option<String>,
    /// The columns that stand in the names of folders and not in the files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partition: Vec<String>,
    /// Its files.
    pub files: Vec<ReleasedFile>,
}

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedFile {
    /// Where it lies in the release, with `/` between folders.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
    /// Its rows, where it is part of a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

impl Manifest {
    /// The one form in which a manifest is written: its bytes, their SHA-256 and the release's id.
    ///
    /// # Errors
    /// `Bug` where it cannot be written as JSON.
    pub(crate) fn seal(&self) -> Result<(Vec<u8>, Digest, String)> {
        let bytes = json_bytes(self)?;
        let digest = Digest::of(&bytes);
        Ok((bytes, digest, id(&digest)))
    }

    /// Reads the manifest of a release and its SHA-256.
    ///
    /// # Errors
    /// `Corrupt` where it is missing, is no manifest, or is of a later format.
    pub fn read(release: &Path) -> Result<(Self, Digest)> {
        /// Read first, so that a later format is named and not taken for damage.
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let path = release.join(MANIFEST);
        let damaged = |error| corrupt("is not the manifest of a release").at(path.display()).because(error);
        let bytes = fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
                corrupt("no manifest: this is not a release, or it was never finished").at(path.display())
            }
            _ => Fault::io(ErrorKind::Storage, "read the manifest", &path, error),
        })?;
        let Version { format } = serde_json::from_slice(&bytes).map_err(damaged)?;
        if format != FORMAT {
            return Err(corrupt(format!("the release has format {format}, this quipu reads format {FORMAT}"))
                .at(path.display())
                .help("use the version of quipu that made it, or a newer one"));
        }
        let manifest = serde_json::from_slice(&bytes).map_err(damaged)?;
        Ok((manifest, Digest::of(&bytes)))
    }
}

/// The pointer to the newest release, beside the releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest {
    /// Name of the release's folder.
    pub release: String,
    /// SHA-256 of its manifest.
    pub manifest_sha256: Digest,
}

/// The newest release in a folder of releases; none where none was made.
///
/// # Errors
/// `Corrupt` where the pointer is damaged or leads to no whole release.
pub fn latest(to: &Path) -> Result<Option<PathBuf>> {
    let Some(pointer) = read_latest(to)? else { return Ok(None) };
    let folder = to.join(&pointer.release);
    let path = to.join(LATEST);
    let (_, digest) = Manifest::read(&folder).map_err(|fault| {
        corrupt("leads to no release")
            .at(path.display())
            .because(fault)
            .help("run the pipeline: it makes the pointer anew")
    })?;
    if digest != pointer.manifest_sha256 {
        return Err(corrupt("the manifest is not the one that `latest.json` points to").at(folder.display()));
    }
    Ok(Some(folder))
}

pub(crate) fn read_latest(to: &Path) -> Result<Option<Latest>> {
    let path = to.join(LATEST);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Fault::io(ErrorKind::Storage, "read the pointer to the release", &path, error)),
    };
    let wrong = || corrupt("is not a pointer to a release").at(path.display());
    let pointer: Latest = serde_json::from_slice(&bytes).map_err(|error| wrong().because(error))?;
    // Byte for byte as it is written: nothing else guards it.
    let whole = is_id(&pointer.release) && json_bytes(&pointer)? == bytes;
    if whole { Ok(Some(pointer)) } else { Err(wrong()) }
}

/// The name of the release with this manifest.
pub(crate) fn id(manifest: &Digest) -> String {
    manifest.to_string().chars().take(ID_DIGITS).collect()
}

/// Whether a folder's name is the name of a release.
pub(crate) fn is_id(name: &str) -> bool {
    name.len() == ID_DIGITS && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// JSON as it is written to files: indented, in the order of the fields, with a last line break.
pub(crate) fn json_bytes(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| Fault::bug("cannot write JSON").because(error))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn corrupt(message: impl Into<String>) -> Fault {
    Fault::new(ErrorKind::Corrupt, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_manifest_is_no_release_and_a_later_format_says_so() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Manifest::read(folder.path()).unwrap_err().message().contains("never finished"));
        fs::write(folder.path().join(MANIFEST), r#"{"format": 2, "new": 1}"#).unwrap();
        assert!(Manifest::read(folder.path()).unwrap_err().message().contains("format 2"));
        fs::write(folder.path().join(MANIFEST), r#"{"format": 1, "new": 1}"#).unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap_err().kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn the_pointer_leads_nowhere_else() {
        let to = tempfile::tempdir().unwrap();
        assert_eq!(latest(to.path()).unwrap(), None);
        let digest = Digest::of("x");
        for release in ["../elsewhere", "/etc", "0123456789abcdeF", "0123456789abcde"] {
            let pointer = Latest { release: release.to_owned(), manifest_sha256: digest };
            fs::write(to.path().join(LATEST), json_bytes(&pointer).unwrap()).unwrap();
            assert_eq!(latest(to.path()).unwrap_err().kind(), ErrorKind::Corrupt, "{release}");
        }
        assert!(is_id(&id(&digest)));
    }
}
