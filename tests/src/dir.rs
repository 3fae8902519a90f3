//! A temporary folder to run pipelines in.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use quipu_store::{Snapshot, Store};
use tempfile::TempDir;

use crate::{Ended, Quipu, Tree};

/// The stages that publish snapshots.
const STAGES: [&str; 2] = ["transform", "screen"];

/// The root of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace")
}

/// A file of the data that lies beside the workspace; `None` where it is not there, as on most machines.
pub fn shared(path: &str) -> Option<PathBuf> {
    let path = workspace().join("../shared").join(path).canonicalize().ok()?;
    path.is_file().then_some(path)
}

/// A temporary folder laid out as the workspace is: `pipelines/`, `data/reference`, and what a test
/// puts there. Store and releases come to lie in it too.
#[derive(Debug)]
pub struct Dir {
    folder: TempDir,
}

impl Dir {
    /// A folder with the reference lists and this pipeline file as `pipelines/test.toml`.
    pub fn with_pipeline(text: &str) -> Self {
        let dir = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        dir.copy_in("data/reference");
        dir.write("pipelines/test.toml", text);
        dir
    }

    /// A folder with `pipelines/americas.toml`, the reference lists and the samples.
    pub fn with_samples() -> Self {
        let dir = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        for folder in ["pipelines", "data/reference", "data/samples"] {
            dir.copy_in(folder);
        }
        dir
    }

    fn copy_in(&self, folder: &str) {
        copy(&workspace().join(folder), &self.path(folder));
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A path in it.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root().join(relative)
    }

    /// Writes a file, and makes its folder.
    pub fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().expect("a file in the folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    /// Reads a file.
    pub fn read(&self, relative: &str) -> Vec<u8> {
        fs::read(self.path(relative)).expect("a file")
    }

    /// Replaces a text that stands exactly once in a file.
    #[track_caller]
    pub fn edit(&self, relative: &str, from: &str, to: &str) {
        let text = String::from_utf8(self.read(relative)).expect("text");
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {relative}");
        self.write(relative, text.replace(from, to));
    }

    /// Gives all files below a folder another time of change.
    pub fn touch(&self, relative: &str) {
        for path in Tree::read(&self.path(relative)).paths() {
            let file = fs::File::options().append(true).open(self.path(relative).join(path)).expect("a file");
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_hours(300_000)).expect("a time");
        }
    }

    /// Calls the binary from within the folder.
    #[track_caller]
    pub fn quipu(&self, arguments: &[&str]) -> Ended {
        self.call(arguments).end()
    }

    /// A call of the binary from within the folder.
    pub fn call(&self, arguments: &[&str]) -> Quipu {
        Quipu::new(self.root(), arguments)
    }

    /// The store `quipu-store`, which must be there.
    pub fn store(&self) -> Store {
        self.store_at("quipu-store")
    }

    fn store_at(&self, relative: &str) -> Store {
        let path = self.path(relative);
        assert!(path.join("FORMAT").is_file(), "there is no store");
        Store::open(&path).expect("a store")
    }

    /// The published tables of the pipeline.
    pub fn tables(&self, pipeline: &str) -> Snapshot {
        self.store().current(pipeline, "transform").expect("a whole snapshot").expect("a published one")
    }

    /// The folder of the newest release.
    #[track_caller]
    pub fn release(&self) -> PathBuf {
        self.release_in("release").expect("a release")
    }

    /// The folder of the newest release in this folder of releases.
    pub fn release_in(&self, relative: &str) -> Option<PathBuf> {
        quipu_export::latest(&self.path(relative)).expect("a pointer to a whole release")
    }

    /// The folders of all releases in this folder of releases.
    pub fn releases_in(&self, relative: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path(relative)).into_iter().flatten().flatten();
        // What stood on a day has a folder of releases of its own.
        let is_release = |path: &PathBuf| {
            path.is_dir() && path.file_name().is_none_or(|name| !name.to_string_lossy().starts_with("as-of-"))
        };
        let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_release).collect();
        folders.sort();
        folders
    }

    /// Fails the test unless store and releases are whole: see [`Dir::assert_store_whole`]; every
    /// release verifies, and nothing half-made lies about.
    #[track_caller]
    pub fn assert_whole(&self) {
        self.assert_whole_at("quipu-store", "release");
    }

    /// [`Dir::assert_whole`] for another store and another folder of releases.
    #[track_caller]
    pub fn assert_whole_at(&self, store: &str, releases: &str) {
        self.assert_store_whole(store);
        for release in self.releases_in(releases) {
            if let Err(fault) = quipu_export::verify(&release) {
                panic!("a release is not whole: {fault}");
            }
        }
        let left = Tree::read(&self.path(store).join("tmp"));
        assert!(left.paths().is_empty(), "temporary files were left: {:?}", left.paths());
    }

    /// Fails the test unless every published snapshot of the store names only whole files, tables
    /// as well as archived documents. Gives how many snapshots there are.
    #[track_caller]
    pub fn assert_store_whole(&self, relative: &str) -> usize {
        if !self.path(relative).join("FORMAT").is_file() {
            return 0;
        }
        let store = self.store_at(relative);
        let mut count = 0;
        for entry in fs::read_dir(store.root().join("snapshots")).into_iter().flatten().flatten() {
            let pipeline = entry.file_name().to_string_lossy().into_owned();
            for stage in STAGES {
                let snapshot = match store.current(&pipeline, stage) {
                    Ok(Some(snapshot)) => snapshot,
                    Ok(None) => continue,
                    Err(fault) => panic!("the published snapshot of {pipeline} {stage} is broken: {fault}"),
                };
                count += 1;
                for part in &snapshot.parts {
                    store.verify_table(part).unwrap_or_else(|fault| panic!("{fault}"));
                }
                for document in snapshot.sources.values().flat_map(|source| &source.documents) {
                    store.archive().verify(document).unwrap_or_else(|fault| panic!("{fault}"));
                }
            }
        }
        count
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}
