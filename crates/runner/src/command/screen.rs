//! `quipu screen`: the stage of a pipeline, or files of records and checks by hand.

use std::path::PathBuf;

use quipu_schema::fault::exit;
use quipu_schema::{ErrorKind, Fault, Result};
use quipu_screen::{Batch, DigestKey, Grades, Told};
use serde_json::Value;

use super::run;
use crate::cli::{Global, ScreenArgs, Stage};
use crate::output::Output;
use crate::progress::Bars;

/// Names the secret under which checks are remembered and the audit trail holds digests of keys.
const DIGEST_KEY: &str = "QUIPU_DIGEST_KEY";

/// Runs the stage, or screens files.
pub(crate) fn screen(args: &ScreenArgs, global: &Global, output: Output) -> Result<u8> {
    if let Some(pipeline) = &args.pipeline {
        return run::run(pipeline, &args.how, Stage::Screen, Stage::Screen, global, output);
    }
    let Some(out) = &args.out else {
        return Err(Fault::new(ErrorKind::Usage, "no folder for the result").help("name one with --out"));
    };
    let batch = batch(args, out.clone())?;
    let account = if output.wants_progress() {
        let bars = Bars::default();
        let account = quipu_screen::batch(&batch, &bars);
        Told::end(&bars);
        account?
    } else {
        quipu_screen::batch(&batch, &quipu_screen::Silent)?
    };
    say(&account, output);
    Output::data(&account.to_string())?;
    Ok(exit::DONE)
}

/// The secret under which checks are remembered and keys are digested.
pub(super) fn digest_key() -> Option<DigestKey> {
    std::env::var(DIGEST_KEY).ok().and_then(|secret| DigestKey::new(&secret))
}

/// What was asked for, as it is meant.
fn batch(args: &ScreenArgs, out: PathBuf) -> Result<Batch> {
    let mut grades = Grades::default();
    for (database, list) in &args.grades {
        grades.set(database.as_deref(), list.clone());
    }
    if args.checks.is_empty() && args.since.is_none() {
        return Err(Fault::new(ErrorKind::Usage, "no checks to screen")
            .help("name files with --checks, or with --since the run whose checks are to meet these records"));
    }
    let days = |day| quipu_screen::day_number(day).ok_or_else(|| Fault::new(ErrorKind::Usage, "a day out of range"));
    let mut batch = Batch::new(args.records.clone(), args.checks.clone(), out);
    batch.digest_key = digest_key();
    // Card numbers are secrets: without a key they are neither looked up nor shown.
    batch.kinds.extend(batch.digest_key.as_ref().map(|_| "payment-card".to_owned()));
    batch.settings.memory = args.memory.unwrap_or(batch.settings.memory);
    batch.settings.threads = args.threads.map_or(batch.settings.threads, usize::from);
    Ok(Batch {
        index: args.index.clone(),
        since: args.since.clone(),
        forget: args.forget,
        remember: args.remember,
        given_kind: args.key_kind.clone(),
        names: args.map.iter().cloned().collect(),
        grades,
        as_of: args.expiry_on.map(days).transpose()?,
        count_records: args.count_records,
        ..batch
    })
}

/// Tells people what came of it.
fn say(account: &Value, output: Output) {
    let number = |pointer: &str| account.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    let remembered = match number("/checks_remembered") {
        0 => String::new(),
        remembered => format!(" and {remembered} remembered ones"),
    };
    output.say(&format!("{} checks{remembered} against {} records", number("/checks_read"), number("/records_read")));
    for (word, count) in account.pointer("/checks").and_then(Value::as_object).into_iter().flatten() {
        if count.as_u64() > Some(0) {
            output.say(&format!("  {:>12} {word}", count.as_u64().unwrap_or(0)));
        }
    }
    let expected =
        |word: &str| account.pointer("/expected_by_chance").and_then(|all| all.get(word)).and_then(Value::as_f64);
    for (grade, hits) in account.pointer("/hits").and_then(Value::as_object).into_iter().flatten() {
        let chance = match grade.as_str() {
            "exact" => None,
            "normalised" => expected("exact or normalised"),
            // Names and dates of birth are read only where it is screened.
            "near" if expected("near").is_none() => continue,
            grade => expected(grade),
        };
        let chance = chance.map_or_else(String::new, |chance| format!(", about {chance:.1} to expect by chance"));
        output.say(&format!("  {:>12} hits {grade}{chance}", hits.as_u64().unwrap_or(0)));
    }
    for (pointer, what) in [
        ("/pairs_with_a_missing_issuer", "pairs have the same number, and an issuer is missing"),
        ("/pairs_of_ids_that_repeat", "pairs of ids met more than once, because an id stands in several rows"),
        ("/checks_forgotten", "checks of before were forgotten, because their time is over"),
        ("/files_known_already", "files of checks are those of others, or remembered already, and were not read again"),
        ("/births_unread/checks", "checks have a date of birth that is none in ISO 8601; it agrees with no other"),
        ("/births_unread/records", "records have a date of birth that is none in ISO 8601; it agrees with no other"),
        (
            "/checks_cut_off/records_left_out",
            "records were not looked at, because a key, or what may be near it, has too many of them",
        ),
    ] {
        if number(pointer) > 0 {
            output.say(&format!("  {:>12} {what}", number(pointer)));
        }
    }
    for file in account.get("files_left_out").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    {
        output.say(&format!("left out, because of its name: {file}"));
    }
    if let Some(index) = account.get("index").and_then(Value::as_str) {
        output.say(&format!("index {index}"));
    }
    if let Some(hit) = account.get("hit").and_then(Value::as_str) {
        output.say(&format!("hits in {hit}"));
    }
}
