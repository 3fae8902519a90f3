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
use quipu_engine::{ColumnNames, Countries, Grade, Grades, Request, Screened, Settings, Told};
use quipu_schema::{ErrorKind, Fault, Result, table};
use quipu_store::{WriteOptions, durable, write_parquet};
use serde_json::{Map, Value, json};

use crate::audit::{self, DigestKey};
use crate::folder::{Folder, HITS, RUN, sha256};
use crate::hit::{Lost, table_of};
use crate::screening::FAN_OUT;

/// What is to be screened, and where the result goes.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Parquet files of records, or folders of them.
    pub records: Vec<PathBuf>,
    /// Parquet files of checks, or folders of them.
    pub checks: Vec<PathBuf>,
    /// The folder of the result.
    pub out: PathBuf,
    /// The folder of the index, where it is not `index` in `out`.
    pub index: Option<PathBuf>,
    /// The result of the run before.
    pub since: Option<PathBuf>,
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
    /// The secret under which the audit trail holds digests of keys; without it, it holds none.
    pub digest_key: Option<DigestKey>,
    /// Memory and threads.
    pub settings: Settings,
}

/// Screens a batch and writes its result; gives the account, as it is printed and kept in `run.json`.
///
/// # Errors
/// Those of the engine; `Usage` for a folder without Parquet files, and for a run before whose hits cannot be read;
/// `Storage` where the result cannot be written: what was there before is untouched then.
pub fn batch(batch: &Batch, told: &dyn Told) -> Result<Value> {
    let started = Instant::now();
    let (records, checks) = (files(&batch.records)?, files(&batch.checks)?);
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
    let request = Request {
        records: records.clone(),
        checks: checks.clone(),
        kinds: batch.kinds.clone(),
        given_kind: batch.given_kind.clone(),
        names: batch.names.clone(),
        grades: batch.grades.clone(),
        as_of: batch.as_of,
        index: batch.index.clone().unwrap_or_else(|| batch.out.join("index")),
        fan_out: FAN_OUT,
        count_records: batch.count_records,
    };
    let mut found = quipu_engine::screen(&request, &Countries::known(), &batch.settings, told)?;
    let grades = counted(&found);
    let snapshots = (format!("f1:{}", found.snapshots.0), format!("f1:{}", found.snapshots.1));
    let lost = |gone: &BTreeSet<(String, String)>| -> Result<Lost> {
        let (asked, held): (BTreeSet<&str>, BTreeSet<&str>) =
            gone.iter().map(|(check, record)| (check.as_str(), record.as_str())).unzip();
        Ok(Lost {
            checks: quipu_engine::markings(&checks, &batch.names, "check_id", &asked)?,
            records: quipu_engine::markings(&records, &batch.names, "record_id", &held)?,
        })
    };
    let shown = std::mem::take(&mut found.hits);
    let mut hits = table_of(shown.clone(), previous.as_ref(), (&snapshots.0, &snapshots.1), lost)?;
    if let Some(handed) = &handed {
        hits = handed.applied(hits)?;
    }
    audit::write_down(&batch.out, &found, &shown, &hits, batch.digest_key.as_ref())?;
    let table = written(&folder, &hits)?;
    let mut account = account(&found, &grades, &changes(&hits)?);
    if let Some(account) = account.as_object_mut() {
        account.insert("record_snapshot".to_owned(), json!(snapshots.0));
        account.insert("check_snapshot".to_owned(), json!(snapshots.1));
        account.insert("hit_sha256".to_owned(), json!(sha256(table.path())?.to_string()));
        account.insert("inputs".to_owned(), inputs(&request, found.as_of));
    }
    let mut kept = serde_json::to_vec_pretty(&account).map_err(|error| Fault::bug("an account").because(error))?;
    kept.push(b'\n');
    if let Some(handed) = &handed {
        handed.place(&folder)?;
    }
    folder.publish(table, &kept)?;
    if let Some(account) = account.as_object_mut() {
        account.insert("seconds".to_owned(), json!((started.elapsed().as_secs_f64() * 1e3).round() / 1e3));
        account.insert("peak_memory_bytes".to_owned(), json!(peak_memory()));
        account.insert("hit".to_owned(), json!(batch.out.join(HITS)));
    }
    Ok(account)
}

/// Files as they are named, and the Parquet files of folders, in the order of their names.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
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
            let parquet = |inner: &PathBuf| inner.extension().is_some_and(|end| end.eq_ignore_ascii_case("parquet"));
            inside.extend(Some(inner).filter(parquet));
        }
        if inside.is_empty() {
            return Err(Fault::new(ErrorKind::Usage, "there is no Parquet file in this folder").at(path.display()));
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

/// What was asked for, so that a hit can be reckoned again.
fn inputs(request: &Request, as_of: Option<i32>) -> Value {
    let absolute = |paths: &[PathBuf]| -> Vec<PathBuf> {
        paths.iter().map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone())).collect()
    };
    let grades: Map<String, Value> = request
        .grades
        .listed()
        .map(|(database, grades)| (database.to_owned(), grades.iter().map(|grade| json!(grade.word())).collect()))
        .collect();
    json!({
        "records": absolute(&request.records),
        "checks": absolute(&request.checks),
        "kinds": request.kinds,
        "given_kind": request.given_kind,
        "names": request.names,
        "grades": grades,
        "as_of_days": as_of,
    })
}

/// What a run was asked for, from the `run.json` in its folder.
///
/// # Errors
/// `Usage` where there is none, or it cannot be read.
pub(crate) fn asked_for(folder: &Path) -> Result<(Request, Option<i32>)> {
    let path = folder.join(RUN);
    let wrong = |error: String| {
        Fault::new(ErrorKind::Usage, format!("the account of the run cannot be read: {error}"))
            .at(path.display())
            .help("name the --out folder of a run")
    };
    let text = std::fs::read(&path).map_err(|error| wrong(error.to_string()))?;
    let account: Value = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
    let inputs = account.get("inputs").ok_or_else(|| wrong("it does not say what was screened".to_owned()))?;
    let texts = |name: &str| -> Vec<String> {
        let list = inputs.get(name).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let paths = |name: &str| texts(name).into_iter().map(PathBuf::from).collect();
    let mut grades = Grades::default();
    for (database, words) in inputs.get("grades").and_then(Value::as_object).into_iter().flatten() {
        let words = words.as_array().into_iter().flatten().filter_map(Value::as_str);
        let list = words.map(str::parse).collect::<Result<Vec<Grade>, String>>().map_err(wrong)?;
        grades.set(Some(database.as_str()).filter(|name| !name.is_empty()), list);
    }
    let names = inputs.get("names").and_then(Value::as_object).into_iter().flatten();
    let as_of = inputs.get("as_of_days").and_then(Value::as_i64).and_then(|day| i32::try_from(day).ok());
    let request = Request {
        records: paths("records"),
        checks: paths("checks"),
        kinds: texts("kinds"),
        given_kind: inputs.get("given_kind").and_then(Value::as_str).map(str::to_owned),
        names: names.filter_map(|(column, name)| Some((column.clone(), name.as_str()?.to_owned()))).collect(),
        grades,
        as_of,
        index: folder.join("index"),
        fan_out: FAN_OUT,
        count_records: false,
    };
    Ok((request, as_of))
}

/// Hits of each grade.
fn counted(found: &Screened) -> BTreeMap<Grade, u64> {
    let mut out: BTreeMap<Grade, u64> = Grade::ALL.into_iter().map(|grade| (grade, 0)).collect();
    for hit in &found.hits {
        *out.entry(hit.grade).or_default() += 1;
    }
    out
}

/// Rows of table `hit` by their change against the run before.
fn changes(hits: &DataFrame) -> Result<BTreeMap<String, u64>> {
    let mut out: BTreeMap<String, u64> = BTreeMap::new();
    for change in crate::frame::text(hits, "change")?.iter().flatten() {
        *out.entry(change.to_owned()).or_default() += 1;
    }
    Ok(out)
}

fn account(found: &Screened, grades: &BTreeMap<Grade, u64>, changes: &BTreeMap<String, u64>) -> Value {
    let listed = |counts: &BTreeMap<&'static str, u64>| -> Map<String, Value> {
        counts.iter().map(|(word, count)| ((*word).to_owned(), json!(count))).collect()
    };
    let grades: Map<String, Value> =
        grades.iter().map(|(grade, hits)| (grade.word().to_owned(), json!(hits))).collect();
    let rounded = |hits: f64| json!((hits * 1e3).round() / 1e3);
    json!({
        "event": "screen_finished",
        "checks_read": found.checks,
        "records_read": found.records,
        "checks": listed(&found.answers),
        "records_without_key": listed(&found.records_without_key),
        "records_kept_back": listed(&found.records_kept_back),
        "hits": grades,
        "expected_by_chance": {
            "exact or normalised": rounded(found.expected.same),
            "repaired": rounded(found.expected.repaired),
            "confusable": rounded(found.expected.confusable),
        },
        "changes": changes,
        "pairs_with_a_missing_issuer": found.cannot_say,
        "pairs_of_ids_that_repeat": found.repeated,
        "checks_cut_off": { "checks": found.capped.0, "records_left_out": found.capped.1, "most_records": FAN_OUT },
        "passes": found.passes,
        "index": found.index_made.as_deref().map_or_else(|| "kept".to_owned(), |why| format!("made: {why}")),
        "rule_version": crate::RULE_VERSION,
    })
}

/// The most memory that this process ever held, in bytes.
fn peak_memory() -> Option<u64> {
    let about = std::fs::read_to_string("/proc/self/status").ok()?;
    let kib: u64 =
        about.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok())?;
    Some(kib * 1_024)
}
