//! The binary under test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::workspace;

/// The binary under test: `QUIPU_BIN` where that is set, else built once per process with the
/// profile of the tests.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("QUIPU_BIN") {
        Some(path) => std::path::absolute(path).expect("QUIPU_BIN is a path"),
        None => build(),
    })
}

fn build() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    // Without naming its package: features are then those of `cargo run`, and polars is not built again.
    cargo.args(["build", "--quiet", "--locked", "--bin", "quipu", "--message-format=json"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    // What cargo set for this test is not for the build: crates that were built without it would be
    // built again.
    let ours = |name: &str| {
        ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|begin| name.starts_with(begin))
            || matches!(name, "LD_LIBRARY_PATH" | "RUST_RECURSION_COUNT" | "CARGO")
    };
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        cargo.env_remove(name);
    }
    let built = cargo.current_dir(workspace()).stderr(Stdio::inherit()).output().expect("cargo starts");
    let messages = String::from_utf8_lossy(&built.stdout);
    assert!(built.status.success(), "the binary does not build:\n{messages}");
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_it = message.pointer("/target/name")? == "quipu";
        is_it.then(|| message.get("executable")?.as_str().map(PathBuf::from))?
    };
    messages.lines().filter_map(executable).next_back().expect("cargo names the binary it built")
}
