//! `quipu inspect`: what a file of figures looks like, and a first pipeline file for it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use quipu_schema::fault::exit;
use quipu_schema::{ErrorKind, Fault, Result};
use quipu_transform::Reference;
use quipu_transform::inspect::{self, Draft, Inspection, Naming};
use quipu_transform::readers::Content;
use serde_json::json;

use super::DEFAULT_STORE;
use crate::cli::{Global, InspectArgs};
use crate::output::Output;

/// Where the reference lists lie in a folder of pipelines.
const REFERENCE: &str = "data/reference";

/// Looks at a document; writes a pipeline file for it where that is asked for.
pub(crate) fn inspect(args: &InspectArgs, global: &Global, output: Output) -> Result<u8> {
    let written = args.write.as_deref();
    if let Some(path) = written
        && path.exists()
        && !args.force
    {
        return Err(Fault::new(ErrorKind::Usage, "there is a file already, and it is not written over")
            .at(path.display())
            .help("name another file, or say --force"));
    }
    let lists = reference_folder(args)?;
    let reference = Reference::load(&lists)?;
    let (file, length) = open(&args.file)?;
    let content = Content::File { file: &file, length };
    let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let inspection = inspect::inspect(&name, content, &reference)?;
    let drafted = written.map(|path| {
        let naming = naming(path, &args.file, &lists, global)?;
        inspection.draft(&naming, path, content, &reference)
    });
    let draft = match drafted {
        None => None,
        Some(Ok(draft)) => Some(draft),
        // What was detected is told in any case.
        Some(Err(fault)) => {
            tell(&inspection, None, output)?;
            return Err(fault);
        }
    };
    tell(&inspection, draft.as_ref(), output)?;
    if let (Some(draft), Some(path)) = (&draft, written) {
        write(path, &draft.text, args.force)?;
        output.say(&format!(
            "wrote {}: look at what it marks GUESS and DECIDE, then `quipu check {}`",
            path.display(),
            path.display()
        ));
        output.event(&json!({ "event": "written", "pipeline": path }))?;
    }
    Ok(exit::DONE)
}

fn tell(inspection: &Inspection, draft: Option<&Draft>, output: Output) -> Result<()> {
    if output.is_json() {
        Output::data(&inspect::json(inspection, draft)?)
    } else {
        Output::data(&inspect::text(inspection, draft))
    }
}

fn open(path: &Path) -> Result<(File, u64)> {
    let wrong = |error| Fault::io(ErrorKind::Source, "open the file", path, error);
    let file = File::open(path).map_err(wrong)?;
    let about = file.metadata().map_err(wrong)?;
    if !about.is_file() {
        return Err(Fault::new(ErrorKind::Usage, "this is no file").at(path.display()).help("name one document"));
    }
    Ok((file, about.len()))
}

/// The folder of reference lists: named, else `data/reference` here or in a folder above the pipeline
/// file or this one.
fn reference_folder(args: &InspectArgs) -> Result<PathBuf> {
    if let Some(folder) = &args.reference {
        return Ok(folder.clone());
    }
    let here = PathBuf::from(".");
    let starts = args.write.as_deref().and_then(Path::parent).into_iter().chain([here.as_path()]);
    for start in starts {
        let Ok(start) = fs::canonicalize(if start.as_os_str().is_empty() { Path::new(".") } else { start }) else {
            continue;
        };
        if let Some(found) = start.ancestors().map(|folder| folder.join(REFERENCE)).find(|folder| folder.is_dir()) {
            return Ok(found);
        }
    }
    Err(Fault::new(ErrorKind::Usage, format!("there is no `{REFERENCE}` here or in a folder above"))
        .help("name the folder of reference lists with --reference"))
}

fn naming(pipeline: &Path, document: &Path, lists: &Path, global: &Global) -> Result<Naming> {
    let folder = match pipeline.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(|error| Fault::io(ErrorKind::Storage, "make the folder", folder, error))?;
    let absolute = |path: &Path| {
        fs::canonicalize(path).map_err(|error| Fault::io(ErrorKind::Source, "find the path", path, error))
    };
    let folder = absolute(folder)?;
    // A store that is not there yet has a place all the same.
    let store = global.store.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_STORE));
    let here = absolute(Path::new("."))?;
    let store = if store.is_absolute() { store } else { here.join(store) };
    let relative = |path: &Path| relative(&folder, path).to_string_lossy().into_owned();
    let file = relative(&absolute(document)?);
    let stem = document.file_stem().map(OsStr::to_string_lossy).unwrap_or_default();
    Ok(Naming { name: inspect::slug_of(&stem), file, reference: relative(&absolute(lists)?), store: relative(&store) })
}

/// A path seen from a folder; both absolute.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let (mut from, mut to) = (from.components().peekable(), to.components().peekable());
    while from.peek().is_some() && from.peek() == to.peek() {
        from.next();
        to.next();
    }
    let up = from.map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(to).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

/// Writes a new file; over one that is there only where that is said.
fn write(path: &Path, text: &str, force: bool) -> Result<()> {
    let wrong = |error| Fault::io(ErrorKind::Storage, "write the pipeline file", path, error);
    let mut options = File::options();
    options.write(true);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let mut file = options.open(path).map_err(wrong)?;
    file.write_all(text.as_bytes()).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_pipeline_file() {
        let seen = |from: &str, to: &str| relative(Path::new(from), Path::new(to)).to_string_lossy().into_owned();
        assert_eq!(seen("/a/pipelines", "/a/data/x.csv"), "../data/x.csv");
        assert_eq!(seen("/a", "/a/x.csv"), "x.csv");
        assert_eq!(seen("/a/b/c", "/a/d"), "../../d");
        assert_eq!(seen("/a", "/a"), ".");
    }
}
