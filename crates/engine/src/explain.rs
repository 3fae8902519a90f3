//! A hit, reckoned again from its two rows: what stands there, what was made of it step by step, and which rules applied.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use quipu_keys::{Key, KeyKind, ocr_fold};
use quipu_schema::{ErrorKind, Fault, Result};

use crate::Request;
use crate::checks::Opened;
use crate::file::{TableFile, names_of};
use crate::form::Forms;
use crate::grade::remarks;
use crate::issuer::Countries;
use crate::judge::{Hit, Judged, Rules, agreement, judge_pair};
use crate::keys::Row;
use crate::marking::rows_of;
use crate::near::{Agreement, Born, By, Stated, numbers_are_near};
use crate::remembered::{of_number, opened};
use crate::row::{Asked, Held, HeldColumns};
use crate::rule::Answer;

/// Where a row stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The file.
    pub file: PathBuf,
    /// Its row group, from 0.
    pub group: usize,
    /// The row in the file, from 1.
    pub row: u64,
}

/// One side of a hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Where it stands.
    pub spot: Spot,
    /// The key as it stands there.
    pub key_raw: String,
    /// The issuer as it stands there.
    pub issuer: Option<String>,
    /// What was made of the key, step by step.
    pub steps: Vec<String>,
}

/// One pair of rows with the two ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The check.
    pub check: Shown,
    /// The record.
    pub record: Shown,
    /// What it comes to; `None` where the two keys have nothing in common.
    pub answer: Option<Answer>,
    /// The rules that were asked, and what they said.
    pub rules: Vec<String>,
    /// The hit, where it is one.
    pub hit: Option<Hit>,
}

/// Reckons again what a check and a record come to: every pair of rows that have these ids.
///
/// `as_of` is the day on which expiry is judged, in days since 1970-01-01.
///
/// # Errors
/// Those of the files; `Usage` where one of the ids is in none of them.
pub fn explain(
    request: &Request,
    countries: &Countries,
    check_id: &str,
    record_id: &str,
    as_of: Option<i32>,
) -> Result<Vec<Explained>> {
    let given = request.given_kind.as_deref();
    let mut checks: Vec<(Spot, Asked)> = Vec::new();
    let forms = Forms::of(countries, request);
    let names = names_of("checks", &request.names);
    for path in &request.checks {
        let opened = Opened::open(path, &names)?;
        let file = opened.checks(&forms, given, &names)?;
        file.of_id(check_id, |group, row, asked| {
            checks.push((Spot { file: path.clone(), group, row }, asked));
            Ok(())
        })?;
    }
    let mut records: Vec<(Spot, Held, bool)> = Vec::new();
    let names = names_of("records", &request.names);
    for path in &request.records {
        let file = TableFile::open(path, &names)?;
        let columns = HeldColumns::held(&file, given, &forms)?;
        rows_of(&file, "record_id", &BTreeSet::from([record_id]), |group, row, _| {
            for held in columns.held_rows(&file, group, &[row])? {
                records.push((spot(&file, group, row), held, columns.has_owner()));
            }
            Ok(())
        })?;
    }
    let gone = |what: &str, id: &str| {
        let message =
            format!("no {what} has the id `{id}`; its row is gone, or the files are others than those screened");
        Err(Fault::new(ErrorKind::Usage, message))
    };
    for (_, held, _) in &records {
        let new = remembered(request, countries, held, check_id)?;
        for check in new {
            if !checks.contains(&check) {
                checks.push(check);
            }
        }
    }
    if checks.is_empty() {
        return gone("check", check_id);
    }
    if records.is_empty() {
        return gone("record", record_id);
    }
    let rules = Rules { countries, grades: &request.grades, as_of, secret: request.secret.as_ref() };
    let mut out = Vec::new();
    for (at, asked) in &checks {
        for (held_at, held, owned) in &records {
            out.push(pair((at, asked), (held_at, held), *owned, &rules, &request.kinds));
        }
    }
    Ok(out)
}

/// The remembered checks of an id that have the number of a record.
fn remembered(request: &Request, countries: &Countries, held: &Held, check_id: &str) -> Result<Vec<(Spot, Asked)>> {
    let (books, Some(seal)) = opened(request)? else { return Ok(Vec::new()) };
    let mut forms = Forms::of(countries, request);
    let kind = forms.kind(Some(held.key_kind.as_bytes()));
    let issuer = forms.issuer(held.issuer.as_deref().map(str::as_bytes));
    let raw = Some(held.key_raw.as_bytes());
    let Some(number) = forms.number(kind, raw) else { return Ok(Vec::new()) };
    let form = forms.form(kind, issuer, raw);
    let names = held.names.as_deref().map(str::as_bytes);
    let person = Stated { names, born: held.birth_date.map_or(Born::NotStated, Born::On) };
    let mut numbers = Vec::new();
    let issuer = forms.stated;
    forms.blocks(&Row { number: 0, kind, issuer, form, raw, person }, false, &mut numbers);
    numbers.push(number);
    let mut out = Vec::new();
    for book in &books {
        for number in &numbers {
            for check in of_number(book, *number, &seal)?.into_iter().filter(|check| check.asked.check_id == check_id) {
                let (file, group, row) = book.spot(&check)?;
                out.push((Spot { file: file.to_path_buf(), group, row }, check.asked));
            }
        }
    }
    out.dedup();
    Ok(out)
}

fn spot(file: &TableFile, group: usize, row: u32) -> Spot {
    let before: u64 = (0..group).map(|group| file.rows(group)).sum();
    Spot { file: file.path().to_path_buf(), group, row: before + u64::from(row) + 1 }
}

fn pair(
    (asked_at, asked): (&Spot, &Asked),
    (held_at, held): (&Spot, &Held),
    owned: bool,
    rules: &Rules,
    screened: &[String],
) -> Explained {
    let kind = quipu_keys::find(&held.key_kind).filter(|kind| screened.iter().any(|name| name == kind.name()));
    let mut judged = Judged::default();
    let mut words = Vec::new();
    let (mut check, mut record) = (
        shown(asked_at, &asked.key_kind, &asked.key_raw, asked.issuer.as_ref()),
        shown(held_at, &held.key_kind, &held.key_raw, held.issuer.as_ref()),
    );
    match kind {
        Some(kind) if held.key_kind == asked.key_kind => {
            let (one, two) = (kind.normalise(&asked.key_raw, None), kind.normalise(&held.key_raw, None));
            check.steps = steps(kind, &one);
            record.steps = steps(kind, &two);
            // As it was found: by its own issuer, by a number alone, or by what is near it.
            let near = rules.grades.near().then_some(By::Near);
            for by in [By::Key, By::Number].into_iter().chain(near) {
                judge_pair(rules, &mut judged, kind, (asked, (0, 0, 0)), (held, &two, 0), by, owned);
            }
            words = rules_asked(kind, asked, held, owned, rules);
            if near.is_some() && numbers_are_near(kind, &one, &two) {
                words.push(person_asked(agreement((asked, &one), (held, &two))));
            }
        }
        Some(_) => {
            words.push(format!("kind: the check asks for {}, the record is of {}", asked.key_kind, held.key_kind));
        }
        None => words.push(format!("kind: `{}` is not screened", held.key_kind)),
    }
    Explained { check, record, answer: judged.answers.values().copied().max(), rules: words, hit: judged.into_hit() }
}

fn shown(spot: &Spot, key_kind: &str, raw: &str, issuer: Option<&String>) -> Shown {
    let key_raw = quipu_keys::find(key_kind).map_or_else(|| raw.to_owned(), |kind| told(kind, raw));
    Shown { spot: spot.clone(), key_raw, issuer: issuer.cloned(), steps: Vec::new() }
}

/// A number as it may be told: of one that is a secret, the last four characters.
fn told(kind: &dyn KeyKind, number: &str) -> String {
    if !kind.is_secret() {
        return number.to_owned();
    }
    let hidden = number.chars().count().saturating_sub(4);
    number.chars().enumerate().map(|(at, c)| if at < hidden && c.is_alphanumeric() { '*' } else { c }).collect()
}

/// What is made of a key, step by step.
fn steps(kind: &dyn KeyKind, key: &Key) -> Vec<String> {
    let mut out = vec![format!("kind {}: normal form `{}`", kind.name(), told(kind, &key.normal))];
    let words: Vec<&str> = remarks(key).collect();
    if !words.is_empty() {
        out.push(words.join(", "));
    }
    if let Some(junk) = key.junk {
        out.push(format!("names no object: {junk:?}"));
    }
    if let Some(reason) = key.not_a_key {
        out.push(format!("cannot be a key of its kind: {reason:?}"));
    }
    if let Some(issuer) = &key.issuer {
        out.push(format!("states its issuer itself: {issuer}"));
    }
    for repaired in kind.repairs(key) {
        out.push(format!("a check digit proves the repair `{}`", told(kind, &repaired)));
    }
    out.push(format!("looked up as `{}`, with characters folded that look alike", told(kind, &ocr_fold(&key.normal))));
    out
}

/// The rules in the order in which they are asked.
fn rules_asked(kind: &dyn KeyKind, asked: &Asked, held: &Held, owned: bool, rules: &Rules) -> Vec<String> {
    let code =
        |text: &Option<String>| rules.countries.code(text.as_deref()).unwrap_or_else(|| "none stated".to_owned());
    let mut out = Vec::new();
    if kind.needs_issuer() {
        out.push(format!("issuer is part of the key: {} and {}", code(&asked.issuer), code(&held.issuer)));
    }
    out.push(format!("status: {}", held.status.as_deref().unwrap_or("none stated")));
    if owned {
        out.push(format!(
            "database {}: entered by {}, issued by {}",
            held.database,
            code(&held.owner),
            code(&held.issuer)
        ));
    }
    let mut last = "last day: none".to_owned();
    if let Some(day) = held.expires_on {
        last.clear();
        let judged = rules.as_of.map_or_else(|| "no day known".to_owned(), date);
        let _ = write!(last, "last day: {}, judged on {judged}", date(day));
    }
    out.push(last);
    let deny = held.deny.as_deref().map_or("nobody", |deny| if deny.trim().is_empty() { "nobody" } else { deny });
    out.push(format!("denied: {deny}; asked by {}", code(&asked.by)));
    out.push(format!("marking: {} and {}", asked.marking, held.marking));
    out
}

/// What is said of the people of two numbers that are one edit apart. Neither name nor date is told here.
fn person_asked(agreement: Agreement) -> String {
    let word = |agrees: bool| if agrees { "agrees" } else { "differs, or is not stated on both sides" };
    format!("one edit apart: date of birth {}; name {}", word(agreement.birth), word(agreement.names))
}

/// A day as people write it.
fn date(days: i32) -> String {
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    let day = epoch.checked_add(jiff::Span::new().days(days));
    day.map_or_else(|_| format!("day {days}"), |day| day.to_string())
}
