//! Checks a release on disk against its manifest: the receiver's side of `release`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path};

use polars::prelude::{DataFrame, ParquetReader, SerReader as _};
use quipu_schema::digest::Hasher;
use quipu_schema::table::{self, Table};
use quipu_schema::{Digest, ErrorKind, Fault, Result};

use crate::layout;
use crate::manifest::{MANIFEST, Manifest, ReleasedFile, ReleasedTable, id, is_id};

/// A table whose files are what the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedTable {
    /// Name of the table.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Its files.
    pub files: usize,
    /// Size of its files, in bytes.
    pub bytes: u64,
    /// The logical hash of its rows, computed from the files.
    pub logical_hash: String,
}

/// Checks every file of a release: SHA-256, size, rows, and that no file is missing or was added;
/// computes the logical hash of every table from its files; compares the manifest with the name of
/// the folder, as long as the folder has the name it was made under.
///
/// # Errors
/// `Corrupt`, with every problem found; each names the table and the file. `Storage` where the
/// disk cannot be read.
pub fn verify(release: &Path) -> Result<Vec<VerifiedTable>> {
    let (manifest, digest) = Manifest::read(release)?;
    let mut problems = Vec::new();
    let name = release.canonicalize().ok().and_then(|p| p.file_name().map(|name| name.to_string_lossy().into_owned()));
    if let Some(name) = name.filter(|name| is_id(name) && *name != id(&digest)) {
        problems.push(format!("{MANIFEST}: it was changed, or belongs to the release {} and not {name}", id(&digest)));
    }
    let mut verified = Vec::new();
    for released in &manifest.tables {
        let before = problems.len();
        let table = check_table(release, released, &mut problems)?;
        if problems.len() == before {
            verified.extend(table);
        }
    }
    for file in &manifest.files {
        check_bytes(release, None, file, &mut problems)?;
    }
    check_listing(release, &manifest, &mut problems)?;
    if problems.is_empty() {
        return Ok(verified);
    }
    Err(Fault::new(ErrorKind::Corrupt, problems.join("; "))
        .at(release.display())
        .help("fetch the release again, or make it again with `quipu export` after removing its manifest.json"))
}

/// Checks the files of a table, then its rows.
fn check_table(release: &Path, released: &ReleasedTable, problems: &mut Vec<String>) -> Result<Option<VerifiedTable>> {
    let Some(table) = table::find(&released.name) else {
        problems.push(format!("{}: this quipu has no such table", released.name));
        return Ok(None);
    };
    let before = problems.len();
    let mut frames = Vec::new();
    let mut rows = 0;
    for file in &released.files {
        // Bytes that are not those of the release are not given to a Parquet reader.
        if !check_bytes(release, Some(table), file, problems)? {
            continue;
        }
        match read(release, table, released, file) {
            Ok(frame) => {
                let height = frame.height() as u64;
                if file.rows != Some(height) {
                    problems.push(format!(
                        "{}: {} has {height} rows, not {:?}",
                        table.name,
                        file.path,
                        file.rows.unwrap_or(0)
                    ));
                }
                rows += height;
                frames.push(frame);
            }
            Err(what) => problems.push(format!("{}: {} {what}", table.name, file.path)),
        }
    }
    if problems.len() > before {
        return Ok(None);
    }
    if rows != released.rows {
        problems.push(format!("{}: its files have {rows} rows, not {}", table.name, released.rows));
    }
    let logical_hash = quipu_store::logical_hash(table, &frames)?;
    if logical_hash != released.logical_hash {
        problems.push(format!(
            "{}: its rows have the logical hash {logical_hash}, not {}",
            table.name, released.logical_hash
        ));
    }
    let bytes = released.files.iter().map(|file| file.bytes).sum();
    Ok(Some(VerifiedTable { name: released.name.clone(), rows, files: released.files.len(), bytes, logical_hash }))
}

/// The rows of one file, with all columns of the table.
fn read(
    release: &Path,
    table: &'static Table,
    released: &ReleasedTable,
    file: &ReleasedFile,
) -> Result<DataFrame, String> {
    let open = File::open(release.join(&file.path)).map_err(|error| format!("cannot be opened: {error}"))?;
    let frame = ParquetReader::new(open).finish().map_err(|error| format!("cannot be read: {error}"))?;
    layout::restored(table, &released.partition, &file.path, frame)
}

/// Checks size and SHA-256 of one file; says whether both are right.
fn check_bytes(release: &Path, table: Option<&Table>, file: &ReleasedFile, problems: &mut Vec<String>) -> Result<bool> {
    let whose = table.map(|table| format!("{}: ", table.name)).unwrap_or_default();
    let mut wrong = |what: String| {
        problems.push(format!("{whose}{} {what}", file.path));
        Ok(false)
    };
    if !is_inside(&file.path) {
        return wrong("is no path inside a release".to_owned());
    }
    let path = release.join(&file.path);
    match fs::symlink_metadata(&path) {
        Ok(found) if !found.is_file() => return wrong("is no file".to_owned()),
        Ok(found) if found.len() != file.bytes => {
            return wrong(format!("has {} bytes, not {}", found.len(), file.bytes));
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return wrong("is missing".to_owned()),
        Err(error) => return Err(Fault::io(ErrorKind::Storage, "look at a file of the release", &path, error)),
    }
    let found =
        digest(&path).map_err(|error| Fault::io(ErrorKind::Storage, "read a file of the release", &path, error))?;
    if found != file.sha256 {
        return wrong(format!("has the SHA-256 {found}, not {}", file.sha256));
    }
    Ok(true)
}

fn digest(path: &Path) -> std::io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut hasher = Hasher::default();
    let mut buffer = vec![0_u8; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        match buffer.get(..read) {
            Some(bytes) if read > 0 => hasher.update(bytes),
            _ => return Ok(hasher.finish()),
        }
    }
}

/// Reports files that the manifest does not list, or lists twice.
fn check_listing(release: &Path, manifest: &Manifest, problems: &mut Vec<String>) -> Result<()> {
    let mut listed: BTreeMap<&str, usize> = BTreeMap::from([(MANIFEST, 1)]);
    for (_, file) in manifest.all_files() {
        *listed.entry(&file.path).or_default() += 1;
    }
    for (path, _) in listed.iter().filter(|(_, times)| **times > 1) {
        problems.push(format!("{path} is listed twice"));
    }
    let mut found = BTreeSet::new();
    walk(release, "", &mut found)
        .map_err(|error| Fault::io(ErrorKind::Storage, "list the files of the release", release, error))?;
    for path in found {
        if !listed.contains_key(path.as_str()) {
            let table = path.split(['/', '.']).next().and_then(table::find);
            let whose = table.map(|table| format!("{}: ", table.name)).unwrap_or_default();
            problems.push(format!("{whose}{path} is not part of the release"));
        }
    }
    Ok(())
}

/// The paths of everything below a folder that is not a folder itself, with `/` between folders.
fn walk(root: &Path, below: &str, found: &mut BTreeSet<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        if entry.file_type()?.is_dir() {
            walk(root, &path, found)?;
        } else {
            found.insert(path);
        }
    }
    Ok(())
}

/// Whether a path of a manifest stays inside the release.
fn is_inside(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|component| matches!(component, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_manifest_stay_inside() {
        for path in ["a.parquet", "t/c=%2F/part-0.parquet"] {
            assert!(is_inside(path));
        }
        for path in ["", "/etc/passwd", "../x", "a/../../x"] {
            assert!(!is_inside(path), "{path}");
        }
    }
}
