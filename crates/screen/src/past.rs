//! The checks of earlier runs, which meet the records of this one: from their files, or from the books that remember them.
//!
//! A folder of results names in its account the files that it read, and the books in its folder `remembered`. A run that
//! follows it takes books over by a link, so that each folder can be removed on its own.

use std::path::{Path, PathBuf};

use quipu_engine::{Request, Settings, Told};
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::durable;
use serde_json::{Value, json};

use crate::account::account_of;
use crate::batch::Batch;
use crate::folder::Folder;

/// The folder of the books, in that of the result.
const BOOKS: &str = "remembered";
const ENDING: &str = ".checks";

/// What a run has of the checks before it.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// Files that earlier runs read and no book has.
    pub(crate) files: Vec<PathBuf>,
    /// Books that are still to be met.
    pub(crate) books: Vec<PathBuf>,
    /// Checks of books whose time is over.
    pub(crate) forgotten: u64,
}

impl Past {
    /// Reads what the run before left, where a batch follows one. `request` is that of the batch without it.
    ///
    /// `today` is the day of this run, in days since 1970-01-01.
    ///
    /// # Errors
    /// `Usage` where files of earlier checks are gone or others by now, or the secret of books is missing or another one.
    pub(crate) fn of(batch: &Batch, request: &Request, today: i32) -> Result<Self> {
        let Some(since) = batch.since.as_deref().filter(|_| !batch.forget) else { return Ok(Self::default()) };
        let account = account_of(since)?;
        let files = earlier_files(&account, batch)?;
        let books = books(&account, since);
        let mut all = Request { books, ..request.clone() };
        let kept = quipu_engine::kept(&all)?;
        let forgotten = kept.iter().filter(|kept| kept.until < today).map(|kept| kept.checks).sum();
        let mut still = kept.iter().map(|kept| kept.until >= today);
        all.books.retain(|_| still.next().unwrap_or(false));
        Ok(Self { files, books: all.books, forgotten })
    }

    /// Takes the books over into the folder of this run, and remembers the checks that it read, where it is to; gives the
    /// names of the books.
    pub(crate) fn hand_on(
        &self,
        batch: &Batch,
        (request, screened): (&Request, &[Digest]),
        today: i32,
        folder: &Folder,
        told: &dyn Told,
    ) -> Result<Vec<String>> {
        let target = folder.path().join(BOOKS);
        let mut names = Vec::new();
        for book in &self.books {
            let name = book.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            durable::create_folder(&target)?;
            link(book, &target.join(&name), folder)?;
            names.push(name);
        }
        if let (Some(days), false) = (batch.remember, request.checks.is_empty()) {
            durable::create_folder(&target)?;
            let book = folder.temporary()?;
            let until = today.saturating_add_unsigned(days);
            let name = remember((request, screened), until, &book, &batch.settings, told)?;
            book.place(&target.join(&name))?;
            names.push(name);
        }
        names.sort();
        names.dedup();
        Ok(names)
    }
}

/// Leaves out the files of checks that a book or a file before them has already, byte for byte; gives how many.
pub(crate) fn leave_out_known(request: &mut Request) -> Result<u64> {
    let known = quipu_engine::known(request)?;
    let mut new = known.iter().map(|known| !known);
    request.checks.retain(|_| new.next().unwrap_or(true));
    Ok(known.into_iter().filter(|known| *known).count() as u64)
}

/// That checks can be remembered, where they are to be.
pub(crate) fn check_secret(batch: &Batch) -> Result<()> {
    if batch.remember.is_some() && batch.digest_key.is_none() { Err(no_secret()) } else { Ok(()) }
}

fn no_secret() -> Fault {
    Fault::new(ErrorKind::Usage, "checks are remembered under a secret, and there is none")
        .help("set QUIPU_DIGEST_KEY, and keep it: without it nobody opens them again")
}

fn remember(
    (request, screened): (&Request, &[Digest]),
    until: i32,
    book: &durable::Temporary,
    settings: &Settings,
    told: &dyn Told,
) -> Result<String> {
    let failed = |error| Fault::io(ErrorKind::Storage, "open", book.path(), error);
    let file = std::fs::OpenOptions::new().write(true).open(book.path()).map_err(failed)?;
    let countries = quipu_engine::Countries::known();
    let digest = quipu_engine::remember(request, &countries, screened, until, (book.path(), &file), settings, told)?;
    Ok(format!("{}{ENDING}", digest.short()))
}

/// The same file under another folder; a copy where the two are not on one disk.
fn link(from: &Path, to: &Path, folder: &Folder) -> Result<()> {
    let same = |path: &Path| path.canonicalize().ok();
    if to.exists() && same(from) == same(to) {
        return Ok(());
    }
    let aside = folder.temporary()?;
    let failed = |error| Fault::io(ErrorKind::Storage, "take over", from, error);
    std::fs::remove_file(aside.path()).map_err(failed)?;
    match std::fs::hard_link(from, aside.path()) {
        Ok(()) => {}
        Err(_) => {
            std::fs::copy(from, aside.path()).map_err(failed)?;
        }
    }
    aside.place(to)
}

/// The files that the account of a run names and its books do not have.
///
/// # Errors
/// `Usage` where one is gone or has other content, even under a name that is given again: its old checks would be lost. And
/// where they were read under other names of columns, or as keys of another kind.
fn earlier_files(account: &Value, batch: &Batch) -> Result<Vec<PathBuf>> {
    let inputs = account.get("inputs").unwrap_or(&Value::Null);
    let list = |name: &str| inputs.get(name).and_then(Value::as_array).into_iter().flatten();
    if inputs.get("remembered").and_then(Value::as_bool) == Some(true) {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    let footers = list("check_footers").chain(std::iter::repeat(&Value::Null));
    for (path, footer) in list("checks").filter_map(Value::as_str).zip(footers) {
        let path = PathBuf::from(path);
        let gone = |what: &str| {
            Fault::new(ErrorKind::Usage, format!("this file of checks of the run before {what}")).at(path.display()).help(
                "bring it back under its name; or have runs remember their checks with --remember; or, with --forget, \
                 leave behind the checks of before that are in no file named with --checks",
            )
        };
        if !path.is_file() {
            return Err(gone("is gone"));
        }
        let known: Option<Digest> = footer.as_str().and_then(|footer| footer.parse().ok());
        if known.is_some_and(|known| quipu_engine::footer(&path).ok() != Some(known)) {
            return Err(gone("has other content by now"));
        }
        files.push(path);
    }
    let same =
        inputs.get("names") == Some(&json!(batch.names)) && inputs.get("given_kind") == Some(&json!(batch.given_kind));
    if !files.is_empty() && !same {
        let message =
            "the files of checks of the run before were read with other --map or --key-kind than those of now";
        return Err(Fault::new(ErrorKind::Usage, message).at(batch.since.clone().unwrap_or_default().display()).help(
            "give the same as then; or have runs remember their checks with --remember; or leave them behind with --forget",
        ));
    }
    Ok(files)
}

/// The books that the account of a run names.
pub(crate) fn books(account: &Value, folder: &Path) -> Vec<PathBuf> {
    let names = account.pointer("/inputs/books").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).map(|name| folder.join(BOOKS).join(name)).collect()
}

/// Removes the books that no account names any more.
pub(crate) fn sweep(folder: &Folder, names: &[String]) -> Result<()> {
    let place = folder.path().join(BOOKS);
    let Ok(entries) = std::fs::read_dir(&place) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = name.strip_suffix(ENDING).is_some_and(|digest| {
            digest.len() == 12 && digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        });
        if ours && !names.contains(&name) {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(|error| Fault::io(ErrorKind::Storage, "remove", &path, error))?;
        }
    }
    Ok(())
}
