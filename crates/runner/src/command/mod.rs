//! The commands, one file each.

pub(crate) mod check;
pub(crate) mod codes;
pub(crate) mod evaluate;
pub(crate) mod hit;
pub(crate) mod inspect;
pub(crate) mod plan;
pub(crate) mod quarantine;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod screen;
pub(crate) mod status;
pub(crate) mod synth;
pub(crate) mod trace;
pub(crate) mod trace_hit;
pub(crate) mod verify;

use std::path::{Path, PathBuf};

use quipu_schema::pipeline::{Pipeline, Problem};
use quipu_schema::{ErrorKind, Fault, Result};
use quipu_store::Store;
use quipu_transform::Reference;

use crate::cli::Global;

/// The store where neither the command line nor a pipeline file names one.
const DEFAULT_STORE: &str = "quipu-store";

/// Reads a pipeline file.
///
/// # Errors
/// A file that cannot be read, or one with mistakes: all of them, like a compiler.
pub(crate) fn read_pipeline(path: &Path) -> Result<Pipeline> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let fault = Fault::io(ErrorKind::Pipeline, "read the pipeline file", path, error);
        if path.is_dir() { fault.help("this is a folder; name the file in it") } else { fault }
    })?;
    Pipeline::parse(path, &text).map_err(|problems| mistakes(path, &problems))
}

/// Reads a pipeline file and the reference lists that it names, and holds the one against the other.
///
/// # Errors
/// As for [`read_pipeline`]; a list that is missing or wrong; a code or scheme that no list has.
pub(crate) fn read_with_lists(path: &Path) -> Result<(Pipeline, Reference)> {
    let pipeline = read_pipeline(path)?;
    let reference = Reference::load(&pipeline.reference)?;
    let problems = reference.dangling(&pipeline);
    if problems.is_empty() { Ok((pipeline, reference)) } else { Err(mistakes(path, &problems)) }
}

fn mistakes(path: &Path, problems: &[Problem]) -> Fault {
    let count = problems.len();
    let listed: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let plural = if count == 1 { "mistake" } else { "mistakes" };
    let message = format!("{count} {plural} in the pipeline file\n\n{}", listed.join("\n\n"));
    Fault::new(ErrorKind::Pipeline, message).at(path.display())
}

/// Where the store of a pipeline is.
pub(crate) fn store_path(pipeline: Option<&Pipeline>, global: &Global) -> PathBuf {
    let named = pipeline.and_then(|pipeline| pipeline.store.clone());
    global.store.clone().or(named).unwrap_or_else(|| PathBuf::from(DEFAULT_STORE))
}

/// Opens a store that must be there already.
///
/// # Errors
/// No store at this place.
pub(crate) fn existing_store(path: &Path) -> Result<Store> {
    if !path.is_dir() {
        return Err(Fault::new(ErrorKind::Usage, "there is no store here")
            .at(path.display())
            .help("run a pipeline first, or name the store with --store or the pipeline file"));
    }
    Store::open(path)
}
