//! A screening by hand: files of records and checks in, a folder with table `hit` and the account of the run out.
//!
//! The folder holds `hit/hit.parquet`, `run.json`, `audit.ndjson` and, where no other place is named, `index/`. The table
//! appears whole or not at all; `run.json` names its digest and is placed last.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Instant;

use polars::prelude::{DataFrame, ParquetReader, SerReader as _};
use quipu_engine::{ColumnNames, Countries, Grades, Request, Settings, Told};
use quipu_schema::pipeline::SCREENED_KINDS;
use quipu_schema::{ErrorKind, Fault, Result, table};
use quipu_store::{WriteOptions, durable, write_parquet};
use serde_json::{Value, json};

use crate::account::{account, changes, counted, inputs, peak_memory};
use crate::audit::{self, DigestKey};
use crate::folder::{Folder, HITS, RUN, sha256};
use crate::hit::{Lost, table_of};
use crate::past::{self, Past};
use crate::screening::FAN_OUT;

/// What is to be screened, and where the result goes.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Parquet files of records, or folders of them.
    pub records: Vec<PathBuf>,
    /// Files of checks, or folders of them: Parquet, delimited text, or JSON with one object a line.
    pub checks: Vec<PathBuf>,
    /// The folder of the result.
    pub out: PathBuf,
    /// The folder of the index, where it is not `index` in `out`.
    pub index: Option<PathBuf>,
    /// The result of the run before, whose checks meet these records too.
    pub since: Option<PathBuf>,
    /// Whether the checks of the runs before are left behind.
    pub forget: bool,
    /// For how many days these checks are to meet later records without their files.
    pub remember: Option<u32>,
    /// Kinds of keys to screen.
    pub kinds: Vec<String>,
    /// The kind of all keys of files that do not say it.
    pub given_kind: Option<String>,
    /// Names of columns, where they are not those of the tables.
    pub names: ColumnNames,
    /// Grades to screen.
    pub grades: Grades,
    /// The day on which expiry is judged, in days since 1970-01-01.
    pub as_of: Option<i32>,
    /// Whether to count the records that may match nobody.
    pub count_records: bool,
    /// The secret under which checks are remembered, card numbers are screened, and the audit trail holds digests of keys.
    pub digest_key: Option<DigestKey>,
    /// Memory and threads.
    pub settings: Settings,
}

impl Batch {
    /// Checks against records, as they are screened where nothing else is said: all kinds of keys but those that are
    /// secrets, all grades that are proved, with what this machine has.
    pub fn new(records: Vec<PathBuf>, checks: Vec<PathBuf>, out: PathBuf) -> Self {
        Self {
            records,
            checks,
            out,
            index: None,
            since: None,
            forget: false,
            remember: None,
            kinds: SCREENED_KINDS.map(str::to_owned).to_vec(),
            given_kind: None,
            names: ColumnNames::new(),
            grades: Grades::default(),
            as_of: None,
            count_records: false,
            digest_key: None,
            settings: Settings::of_this_machine(),
        }
    }
}

/// Screens a batch and writes its result; gives the account, as it is printed and kept in `run.json`.
///
/// # Errors
/// Those of the engine; `Usage` for a folder without Parquet files, and for a run before whose hits cannot be read;
/// `Storage` where the result cannot be written: what was there before is untouched then.
pub fn batch(batch: &Batch, told: &dyn Told) -> Result<Value> {
    let started = Instant::now();
    past::check_secret(batch)?;
    let today = batch.as_of.map_or_else(today, Ok)?;
    let mut left_out = Vec::new();
    let records = files(&batch.records, &["parquet"], &mut left_out)?;
    let checks = files(&batch.checks, &CHECKS, &mut left_out)?;
    for path in records.iter().chain(&checks).chain([&batch.out]) {
        if path.to_str().is_none() {
            let message = "the name of a file is no UTF-8, so that the account of the run could not name it";
            return Err(Fault::new(ErrorKind::Usage, message).at(path.display()).help("give it another name"));
        }
    }
    let folder = Folder::take(&batch.out)?;
    let previous = batch.since.as_deref().map(hits_of).transpose()?;
    let handed = batch.since.as_deref().map(crate::review::Handed::read).transpose()?;
    crate::review::check_kept(batch.since.as_deref(), &batch.out)?;
    let mut request = Request {
        records: records.clone(),
        checks,
        kinds: batch.kinds.clone(),
        given_kind: batch.given_kind.clone(),
        names: batch.names.clone(),
        grades: batch.grades.clone(),
        as_of: batch.as_of,
        index: batch.index.clone().unwrap_or_else(|| batch.out.join("index")),
        fan_out: FAN_OUT,
        count_records: batch.count_records,
        secret: batch.digest_key.as_ref().map(DigestKey::secret),
        books: Vec::new(),
    };
    let past = Past::of(batch, &request, today)?;
    request.checks.splice(0..0, past.files.iter().cloned());
    request.books.clone_from(&past.books);
    let known = past::leave_out_known(&mut request)?;
    let found = quipu_engine::screen(&request, &Countries::known(), &batch.settings, told)?;
    let grades = counted(&found);
    let snapshots = (format!("f1:{}", found.snapshots.0), format!("f1:{}", found.snapshots.1));
    let lost = |gone: &BTreeSet<(String, String)>| -> Result<Lost> {
        let held: BTreeSet<&str> = gone.iter().map(|(_, record)| record.as_str()).collect();
        // A check is not changed after it was asked: its marking is in the row of before.
        let records = quipu_engine::markings(&records, &batch.names, ("records", "record_id"), &held)?;
        Ok(Lost { checks: BTreeMap::new(), records })
    };
    let mut hits = table_of(&found.hits, previous.as_ref(), (&snapshots.0, &snapshots.1), lost)?;
    if let Some(handed) = &handed {
        hits = handed.applied(hits)?;
    }
    // The trail and the table are written at once; the table appears only after both.
    let (trail, table) = std::thread::scope(|scope| {
        let trail = scope.spawn(|| audit::write_down(&batch.out, &found, &hits, batch.digest_key.as_ref()));
        let table = written(&folder, &hits);
        (trail.join().unwrap_or_else(|_| Err(crate::frame::bug("the audit trail failed"))), table)
    });
    trail?;
    let table = table?;
    let books = past.hand_on(batch, (&request, &found.check_footers), today, &folder, told)?;
    let mut account = account(&found, batch.grades.near(), &grades, &changes(&hits)?);
    if let Some(account) = account.as_object_mut() {
        account.insert("record_snapshot".to_owned(), json!(snapshots.0));
        account.insert("check_snapshot".to_owned(), json!(snapshots.1));
        account.insert("hit_sha256".to_owned(), json!(sha256(table.path())?.to_string()));
        account.insert("checks_forgotten".to_owned(), json!(past.forgotten));
        account.insert("files_known_already".to_owned(), json!(known));
        account.insert("files_left_out".to_owned(), json!(left_out));
        account.insert("inputs".to_owned(), inputs(&request, &found, &books, batch.remember.is_some()));
    }
    let mut kept = serde_json::to_vec_pretty(&account).map_err(|error| Fault::bug("an account").because(error))?;
    kept.push(b'\n');
    if let Some(handed) = &handed {
        handed.place(&folder)?;
    }
    folder.publish(table, &kept)?;
    past::sweep(&folder, &books)?;
    if let Some(account) = account.as_object_mut() {
        account.insert("seconds".to_owned(), json!((started.elapsed().as_secs_f64() * 1e3).round() / 1e3));
        account.insert("peak_memory_bytes".to_owned(), json!(peak_memory()));
        account.insert("hit".to_owned(), json!(batch.out.join(HITS)));
    }
    Ok(account)
}

/// The day of now in UTC, in days since 1970-01-01.
fn today() -> Result<i32> {
    let today = jiff::Timestamp::now().as_second().div_euclid(24 * 60 * 60);
    i32::try_from(today).map_err(|_| crate::frame::bug("a day out of range"))
}

/// Endings of the names of files of checks.
const CHECKS: [&str; 7] = ["parquet", "csv", "tsv", "txt", "ndjson", "jsonl", "json"];

/// Files as they are named, and the files of folders with these endings, in the order of their names. The others are
/// added to those left out, but for hidden ones.
fn files(named: &[PathBuf], endings: &[&str], left_out: &mut Vec<PathBuf>) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for path in named {
        if !path.is_dir() {
            out.push(path.clone());
            continue;
        }
        let failed = |error| Fault::io(ErrorKind::Source, "read", path, error);
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let inner = entry.map_err(failed)?.path();
            if inner.is_dir() {
                return Err(Fault::new(ErrorKind::Usage, "this folder has folders in it, which are not looked into")
                    .at(path.display())
                    .help("name the folders, or the files, one by one"));
            }
            let ending = inner.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
            if endings.contains(&ending.as_str()) {
                inside.push(inner);
            } else if !inner.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_'])) {
                left_out.push(inner);
            }
        }
        if inside.is_empty() {
            return Err(Fault::new(
                ErrorKind::Usage,
                format!("there is no file in this folder that ends with {}", endings.join(", ")),
            )
            .at(path.display()));
        }
        inside.sort();
        out.extend(inside);
    }
    Ok(out)
}

/// The hits that a run before left in its folder.
pub(crate) fn hits_of(folder: &Path) -> Result<DataFrame> {
    let path = folder.join(HITS);
    let wrong = |error: &dyn std::fmt::Display| {
        Fault::new(ErrorKind::Usage, format!("the hits of the run before cannot be read: {error}"))
            .at(path.display())
            .help("name the --out folder of an earlier run with --since")
    };
    if !folder.join(RUN).is_file() {
        return Err(wrong(&"its account run.json is missing: the run did not end"));
    }
    let file = File::open(&path).map_err(|error| wrong(&error))?;
    let frame = ParquetReader::new(file).finish().map_err(|error| wrong(&error))?;
    let definition = table::find("hit").ok_or_else(|| crate::frame::bug("no table `hit`"))?;
    if frame.schema().as_ref() != &quipu_store::polars_schema(definition) {
        return Err(wrong(&"it has other columns than table `hit`"));
    }
    Ok(frame)
}

/// Table `hit` as a file that is still to be placed.
pub(crate) fn written(folder: &Folder, hits: &DataFrame) -> Result<durable::Temporary> {
    let definition = table::find("hit").ok_or_else(|| crate::frame::bug("no table `hit`"))?;
    let mut temporary = folder.temporary()?;
    let path = temporary.path().to_path_buf();
    let mut buffered = BufWriter::new(&mut temporary);
    write_parquet(&mut buffered, definition, std::slice::from_ref(hits), &WriteOptions::default())?;
    buffered.into_inner().map_err(|error| Fault::io(ErrorKind::Storage, "write", &path, error.into_error()))?;
    Ok(temporary)
}
