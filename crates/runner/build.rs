//! Tells the binary which sources it was built from: the same sources give the same name, so that a
//! stage is run again when, and only when, the code that made its output may have changed.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

fn main() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    println!("cargo::rerun-if-changed={}", crates.display());
    println!("cargo::rerun-if-changed={}", crates.join("../Cargo.lock").display());
    let mut files = BTreeSet::new();
    collect(&crates, &mut files);
    files.insert(crates.join("../Cargo.lock"));
    let mut hasher = DefaultHasher::new();
    for file in &files {
        if let Ok(bytes) = std::fs::read(file) {
            hasher.write(file.strip_prefix(&crates).unwrap_or(file).to_string_lossy().as_bytes());
            hasher.write(&bytes);
        }
    }
    println!("cargo::rustc-env=QUIPU_SOURCES={:016x}", hasher.finish());
}

/// Sources that the binary is made of: code and the rule files compiled into it, not tests.
fn collect(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !path.ends_with("tests") && !path.ends_with("bench") && !path.ends_with("benches") {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "toml" || kind == "sql") {
            files.insert(path);
        }
    }
}
