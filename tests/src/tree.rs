//! The files below a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// The files below a folder: by relative path their bytes and the time of the last change.
#[derive(Debug, Clone, Default)]
pub struct Tree(BTreeMap<String, (Vec<u8>, SystemTime)>);

impl Tree {
    /// Reads all files below `folder`; none where there is no folder. Files whose name starts with a
    /// dot (locks) are left out.
    pub fn read(folder: &Path) -> Self {
        let mut tree = Self::default();
        if folder.is_dir() {
            tree.add(folder, "");
        }
        tree
    }

    fn add(&mut self, folder: &Path, below: &str) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
            let found = entry.metadata().expect("its metadata");
            if found.is_dir() {
                self.add(&entry.path(), &path);
            } else if !name.starts_with('.') {
                let changed = found.modified().expect("a time");
                self.0.insert(path, (fs::read(entry.path()).expect("its bytes"), changed));
            }
        }
    }

    /// The relative paths, in order.
    pub fn paths(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// Whether both hold the same files with the same bytes; else the first differences.
    pub fn compare(&self, other: &Self) -> Result<(), String> {
        let paths = self.0.keys().chain(other.0.keys());
        let mut different: Vec<String> = paths
            .filter_map(|path| match (self.0.get(path), other.0.get(path)) {
                (Some((one, _)), Some((two, _))) if one == two => None,
                (Some((one, _)), Some((two, _))) => {
                    let at = one.iter().zip(two).position(|(a, b)| a != b).unwrap_or(one.len().min(two.len()));
                    Some(format!("{path} differs from byte {at}"))
                }
                (Some(_), None) => Some(format!("{path} is only in the first")),
                _ => Some(format!("{path} is only in the second")),
            })
            .collect();
        different.sort();
        different.dedup();
        different.truncate(10);
        if different.is_empty() { Ok(()) } else { Err(different.join("; ")) }
    }

    /// Fails the test unless both hold the same files with the same bytes.
    #[track_caller]
    pub fn assert_same(&self, other: &Self, what: &str) {
        if let Err(different) = self.compare(other) {
            panic!("{what}: {different}");
        }
    }

    /// Fails the test unless both are the same and no file was written in between, be it with the
    /// same bytes.
    #[track_caller]
    pub fn assert_untouched(&self, later: &Self, what: &str) {
        self.assert_same(later, what);
        for (path, (_, changed)) in &self.0 {
            let now = later.0.get(path).map(|(_, changed)| changed);
            assert_eq!(now, Some(changed), "{what}: {path} was written again");
        }
    }
}
