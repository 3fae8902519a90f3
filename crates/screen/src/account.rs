//! The account of a screening: as it is printed, kept in `run.json`, and read by whatever follows on the run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use polars::prelude::DataFrame;
use quipu_engine::{Grade, Grades, Request, Screened};
use quipu_schema::{ErrorKind, Fault, Result};
use serde_json::{Map, Value, json};

use crate::audit::DigestKey;
use crate::folder::RUN;
use crate::past;
use crate::screening::FAN_OUT;

/// What was asked for, so that a hit can be reckoned again.
pub(crate) fn inputs(request: &Request, found: &Screened, books: &[String], remembered: bool) -> Value {
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
        "as_of_days": found.as_of,
        "check_footers": found.check_footers,
        "books": books,
        "remembered": remembered,
    })
}

fn wrong(folder: &Path, error: &dyn std::fmt::Display) -> Fault {
    Fault::new(ErrorKind::Usage, format!("the account of the run cannot be read: {error}"))
        .at(folder.join(RUN).display())
        .help("name the --out folder of a run")
}

/// The account in the folder of a run.
///
/// # Errors
/// `Usage` where there is none, or it cannot be read.
pub(crate) fn account_of(folder: &Path) -> Result<Value> {
    let text = std::fs::read(folder.join(RUN)).map_err(|error| wrong(folder, &error))?;
    serde_json::from_slice(&text).map_err(|error| wrong(folder, &error))
}

/// What a run was asked for, from the account in its folder; `secret` opens the checks that it remembers.
///
/// # Errors
/// As for [`account_of`].
pub(crate) fn asked_for(folder: &Path, secret: Option<&DigestKey>) -> Result<(Request, Option<i32>)> {
    let account = account_of(folder)?;
    let wrong = |error: String| wrong(folder, &error);
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
        secret: secret.map(DigestKey::secret),
        // Without the secret nobody opens them, and the other rows of a hit are still to be shown.
        books: if secret.is_some() { past::books(&account, folder) } else { Vec::new() },
    };
    Ok((request, as_of))
}

/// Hits of each grade.
pub(crate) fn counted(found: &Screened) -> BTreeMap<Grade, u64> {
    let mut out: BTreeMap<Grade, u64> = Grade::ALL.into_iter().map(|grade| (grade, 0)).collect();
    for hit in &found.hits {
        *out.entry(hit.grade).or_default() += 1;
    }
    out
}

/// Rows of table `hit` by their change against the run before.
pub(crate) fn changes(hits: &DataFrame) -> Result<BTreeMap<String, u64>> {
    let mut out: BTreeMap<String, u64> = BTreeMap::new();
    for change in crate::frame::text(hits, "change")?.iter().flatten() {
        *out.entry(change.to_owned()).or_default() += 1;
    }
    Ok(out)
}

pub(crate) fn account(
    found: &Screened,
    near: bool,
    grades: &BTreeMap<Grade, u64>,
    changes: &BTreeMap<String, u64>,
) -> Value {
    let listed = |counts: &BTreeMap<&'static str, u64>| -> Map<String, Value> {
        counts.iter().map(|(word, count)| ((*word).to_owned(), json!(count))).collect()
    };
    let grades: Map<String, Value> =
        grades.iter().map(|(grade, hits)| (grade.word().to_owned(), json!(hits))).collect();
    let rounded = |hits: f64| json!((hits * 1e3).round() / 1e3);
    json!({
        "event": "screen_finished",
        "checks_read": found.checks - found.remembered,
        "checks_remembered": found.remembered,
        "records_read": found.records,
        "checks": listed(&found.answers),
        "records_without_key": listed(&found.records_without_key),
        "records_kept_back": listed(&found.records_kept_back),
        "hits": grades,
        "expected_by_chance": {
            "exact or normalised": rounded(found.expected.same),
            "repaired": rounded(found.expected.repaired),
            "confusable": rounded(found.expected.confusable),
            "near": near.then(|| rounded(found.expected.near)),
        },
        "changes": changes,
        "pairs_with_a_missing_issuer": found.cannot_say,
        "pairs_of_ids_that_repeat": found.repeated,
        "births_unread": { "checks": found.births_unread.0, "records": found.births_unread.1 },
        "checks_cut_off": { "checks": found.capped.0, "records_left_out": found.capped.1, "most_records": FAN_OUT },
        "passes": found.passes,
        "index": found.index_made.as_deref().map_or_else(|| "kept".to_owned(), |why| format!("made: {why}")),
        "rule_version": crate::RULE_VERSION,
    })
}

/// The most memory that this process ever held, in bytes.
pub(crate) fn peak_memory() -> Option<u64> {
    let about = std::fs::read_to_string("/proc/self/status").ok()?;
    let kib: u64 =
        about.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok())?;
    Some(kib * 1_024)
}
