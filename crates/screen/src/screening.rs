//! The engine on tables: files of `record` and `check` in, table `hit` with its account and notes out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use polars::prelude::DataFrame;
use quipu_engine::{Countries, Grade, Grades, Request, Screened, Settings, Told};
use quipu_schema::Result;
use quipu_schema::pipeline::Screen;
use quipu_schema::tally::Tally;

use crate::hit::{Lost, table_of};

/// Most records that one key may meet.
pub(crate) const FAN_OUT: usize = 10_000;

/// The files of one screening, and where its index lies.
pub(crate) struct Files {
    pub(crate) records: Vec<PathBuf>,
    pub(crate) checks: Vec<PathBuf>,
    pub(crate) index: PathBuf,
}

/// What came of a screening.
pub(crate) struct Outcome {
    /// Table `hit`, sorted by its key.
    pub(crate) hits: DataFrame,
    /// The account of the checks.
    pub(crate) tally: Tally,
    /// What people should know.
    pub(crate) notes: Vec<String>,
    /// What the engine found, but for the hits.
    pub(crate) found: Screened,
}

/// Matches checks with records.
///
/// * `previous`: the hits of the run before, if there was one;
/// * `snapshots`: logical hashes of `record` and of `check`, for the hits to name.
///
/// The same rows give the same result, whatever their order.
///
/// # Errors
/// Those of the engine, and a marking that cannot be read.
pub(crate) fn screened(
    files: &Files,
    countries: &Countries,
    previous: Option<&DataFrame>,
    screen: &Screen,
    snapshots: (&str, &str),
    told: &dyn Told,
) -> Result<Outcome> {
    let days = |day| quipu_engine::day_number(day).ok_or_else(|| crate::frame::bug("a day out of range"));
    let as_of = screen.as_of.map(days).transpose()?;
    let request = Request {
        records: files.records.clone(),
        checks: files.checks.clone(),
        kinds: screen.kinds.clone(),
        given_kind: None,
        names: BTreeMap::new(),
        grades: grades(screen)?,
        as_of,
        index: files.index.clone(),
        fan_out: FAN_OUT,
        count_records: true,
        secret: None,
        books: Vec::new(),
    };
    let found = quipu_engine::screen(&request, countries, &Settings::of_this_machine(), told)?;
    let (tally, notes) = (account(&found), notes(&found, &request.grades));
    let lost = |gone: &BTreeSet<(String, String)>| -> Result<Lost> {
        let (checks, records): (BTreeSet<&str>, BTreeSet<&str>) =
            gone.iter().map(|(check, record)| (check.as_str(), record.as_str())).unzip();
        Ok(Lost {
            checks: quipu_engine::markings(&files.checks, &request.names, ("checks", "check_id"), &checks)?,
            records: quipu_engine::markings(&files.records, &request.names, ("records", "record_id"), &records)?,
        })
    };
    let hits = table_of(&found.hits, previous, snapshots, lost)?;
    Ok(Outcome { hits, tally, notes, found })
}

/// The grades that a pipeline screens.
fn grades(screen: &Screen) -> Result<Grades> {
    let parsed = |words: &[String]| -> Result<Vec<Grade>> {
        words.iter().map(|word| word.parse().map_err(|error: String| crate::frame::bug(error))).collect()
    };
    let mut grades = Grades::default();
    if !screen.grades.is_empty() {
        grades.set(None, parsed(&screen.grades)?);
    }
    for (database, words) in &screen.database_grades {
        grades.set(Some(database), parsed(words)?);
    }
    Ok(grades)
}

/// read = published + ignored, in checks.
fn account(found: &Screened) -> Tally {
    let mut tally = Tally { read: found.checks, ..Tally::default() };
    for (rule, checks) in &found.answers {
        match *rule {
            "hit" => tally.published = *checks,
            rule if *checks > 0 => tally.ignore(rule, *checks),
            _ => {}
        }
    }
    tally
}

/// What people should know of the records and of what could not be told.
fn notes(found: &Screened, grades: &Grades) -> Vec<String> {
    let mut counts = found.records_without_key.clone();
    counts.extend(found.records_kept_back.iter().map(|(rule, records)| (*rule, *records)));
    let total = found.records;
    let counted = counts.iter().filter(|(_, records)| **records > 0);
    let mut notes: Vec<String> =
        counted.map(|(rule, records)| format!("{rule}: {records} of {total} records take no part")).collect();
    // Of what no check digit proves, people have to know how much of it means nothing.
    for (grade, expected) in [(Grade::Confusable, found.expected.confusable), (Grade::Near, found.expected.near)] {
        if grades.listed().any(|(_, grades)| grades.contains(&grade)) {
            let hits = found.hits.iter().filter(|hit| hit.grade == grade).count();
            notes.push(format!("{grade}: {hits} hits, and {expected:.3} to expect by chance"));
        }
    }
    if found.births_unread != (0, 0) {
        let (checks, records) = found.births_unread;
        notes.push(format!("{checks} checks and {records} records have a date of birth that cannot be read"));
    }
    if found.cannot_say > 0 {
        notes.push(format!(
            "cannot-say: {} pairs of check and record have the same number, and an issuer is missing on either side",
            found.cannot_say
        ));
    }
    if counts.contains_key("expiry-cannot-be-judged") {
        notes.push("expiry cannot be judged: no check says when it was asked; set `as_of` in `[screen]`".to_owned());
    }
    if found.repeated > 0 {
        notes.push(format!(
            "{} pairs of check_id and record_id met more than once, because an id stands in several rows; each is one \
             hit with the reason `id-not-unique`",
            found.repeated
        ));
    }
    if found.capped.0 > 0 {
        notes.push(format!(
            "{} checks have a key of more than {FAN_OUT} records; {} further records of them were not looked at",
            found.capped.0, found.capped.1
        ));
    }
    notes
}
