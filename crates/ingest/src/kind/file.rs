//! Files beside the pipeline file, one or several by a glob.

use std::fs;
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};

use quipu_schema::pipeline::{FileSource, nearest};
use quipu_schema::{ErrorKind, Fault, Result};

use super::{Document, Fetch, Harvest, Job};
use crate::guard::{shrunk, unpinned};

/// Most names of a folder that are looked at for one that was meant.
const NAMES_LOOKED_AT: usize = 10_000;

impl Fetch for FileSource {
    fn word(&self) -> &'static str {
        "file"
    }

    fn fetch(&self, job: &Job) -> Result<Harvest> {
        let paths = find(&self.path, job.base)?;
        job.progress.begin("files", Some(paths.len() as u64));
        let documents = paths.iter().map(|path| {
            let staged = job.archive.stage_file(path)?;
            let archived = staged.archived();
            job.progress.advance(1);
            let name = name_of(path, &self.path, job.base);
            // What a file is, readers find out; whoever put it there knows its name.
            let before = job.known.get(name.as_str()).copied();
            let suspect = unpinned(&archived.digest, job.source).or_else(|| shrunk(archived.size, job.source, before));
            let document = Document { suspect, ..Document::of(name, archived) };
            job.landing.land(&document, staged)?;
            Ok(document)
        });
        let documents = documents.collect::<Result<_>>();
        job.progress.end();
        Ok(Harvest { documents: documents?, ..Harvest::default() })
    }
}

/// The files that `path` names, sorted. A file whose own name has glob characters wins over the glob.
fn find(path: &Path, base: &Path) -> Result<Vec<PathBuf>> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(Fault::new(ErrorKind::Source, "this is a folder, not a file")
            .at(path.display())
            .help("name a file in it, or a glob such as `folder/*.csv`")),
        Ok(_) => Ok(vec![path.to_owned()]),
        Err(error) if matches!(error.kind(), Io::NotFound | Io::NotADirectory) => {
            if is_glob(below(path, base).1) {
                find_all(path, base)
            } else {
                Err(missing(path))
            }
        }
        Err(error) => Err(Fault::io(ErrorKind::Source, "read the file", path, error)),
    }
}

/// A path parted at the nearest folder that it shares with `base`, where the pipeline file lies.
fn below<'p>(path: &'p Path, base: &'p Path) -> (&'p Path, &'p Path) {
    let shared = base.ancestors().find_map(|folder| path.strip_prefix(folder).ok().map(|rest| (folder, rest)));
    shared.unwrap_or((Path::new(""), path))
}

fn is_glob(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

fn find_all(path: &Path, base: &Path) -> Result<Vec<PathBuf>> {
    let wrong = |message: &str| Fault::new(ErrorKind::Source, message).at(path.display());
    let text = |path: &Path| path.to_str().map(str::to_owned).ok_or_else(|| wrong("the glob is not valid Unicode"));
    // Only what the pipeline file says is a glob; the folder it lies in may have any name.
    let (folder, rest) = below(path, base);
    let pattern = text(&Path::new(&glob::Pattern::escape(&text(folder)?)).join(text(rest)?))?;
    let matches = glob::glob(&pattern).map_err(|error| wrong("this is not a valid glob").because(error))?;
    let mut paths = Vec::new();
    for found in matches {
        let found = found.map_err(|error| {
            let place = error.path().to_owned();
            Fault::io(ErrorKind::Source, "search the folder", place, error.into())
        })?;
        if !found.is_dir() {
            paths.push(found);
        }
    }
    if paths.is_empty() {
        return Err(wrong("no file matches this glob").help("`*` stays within one folder; `**/` goes into subfolders"));
    }
    paths.sort();
    Ok(paths)
}

/// A fault that names the nearest file there is.
fn missing(path: &Path) -> Fault {
    let fault = Fault::new(ErrorKind::Source, "there is no such file").at(path.display());
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return fault,
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return fault.help("its folder does not exist either; paths are relative to the pipeline file");
    };
    let mut names: Vec<String> =
        entries.take(NAMES_LOOKED_AT).filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort_unstable();
    let wanted = path.file_name().unwrap_or_default().to_string_lossy();
    match nearest(&wanted, names.iter().map(String::as_str)) {
        Some(name) => fault.help(format!("did you mean `{name}`?")),
        None => fault.help("paths are relative to the pipeline file"),
    }
}

/// The name under which a file is captured: its path from the pipeline file's folder. A file
/// elsewhere is named from the fixed part of its glob, a single one by its file name, so that no
/// table tells how somebody's machine is laid out.
fn name_of(path: &Path, given: &Path, base: &Path) -> String {
    let inside = path.strip_prefix(base).ok().filter(|rest| {
        // The same file has the same name from wherever the pipeline file is named.
        rest.is_relative() && !rest.as_os_str().is_empty() && !rest.starts_with("..")
    });
    let fixed: PathBuf = given.components().take_while(|part| !is_glob(Path::new(part))).collect();
    let rest = inside
        .or_else(|| path.strip_prefix(&fixed).ok().filter(|rest| !rest.as_os_str().is_empty()))
        .or_else(|| path.file_name().map(Path::new))
        .unwrap_or(path);
    rest.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_tell_where_the_machine_keeps_things() {
        for (path, given, base, name) in [
            ("dir/in/a.csv", "dir/in/a.csv", "dir", "in/a.csv"),
            ("dir/../in/a.csv", "dir/../in/*.csv", "dir", "a.csv"),
            ("../in/b/a.csv", "../in/**/*.csv", "", "b/a.csv"),
            ("a.csv", "a.csv", "", "a.csv"),
            ("/srv/x/a.csv", "/srv/x/a.csv", "dir", "a.csv"),
            ("/srv/x/y/a.csv", "/srv/*/y/a.csv", "/home", "x/y/a.csv"),
            ("/srv/x/a.csv", "/srv/x/a.csv", "", "a.csv"),
        ] {
            assert_eq!(name_of(Path::new(path), Path::new(given), Path::new(base)), name, "{path}");
        }
    }

    #[test]
    fn globs_are_sorted_and_leave_folders_out() {
        let folder = tempfile::tempdir().expect("folder");
        let base = folder.path().join("odd [name]");
        fs::create_dir_all(base.join("sub.csv")).expect("folder");
        for name in ["b.csv", "a.csv", "c.txt"] {
            fs::write(base.join(name), name).expect("file");
        }
        let found = find(&base.join("*.csv"), &base).expect("found");
        assert_eq!(found, [base.join("a.csv"), base.join("b.csv")]);
        fs::write(base.join("x[1].csv"), "x").expect("file");
        assert_eq!(find(&base.join("x[1].csv"), &base).expect("found").len(), 1, "a name, not a glob");
    }

    #[test]
    fn faults_say_what_was_meant() {
        let folder = tempfile::tempdir().expect("folder");
        let base = folder.path();
        fs::write(base.join("figures_2024.csv"), "x").expect("file");
        let fault = |name: &str| find(&base.join(name), base).expect_err("a fault");
        assert_eq!(fault("figure_2024.csv").advice(), Some("did you mean `figures_2024.csv`?"));
        assert!(fault("no/such.csv").advice().is_some_and(|help| help.contains("folder")));
        assert_eq!(fault("").message(), "this is a folder, not a file");
        assert_eq!(fault("*.txt").message(), "no file matches this glob");
        assert_eq!(fault("a***b[").message(), "this is not a valid glob");
        assert!(fault("figures_2024.csv/x").message().contains("no such file"));
        for name in ["figure_2024.csv", "no/such.csv", "", "*.txt", "a***b["] {
            assert_eq!(fault(name).kind(), ErrorKind::Source);
        }
    }
}
