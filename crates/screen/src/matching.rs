//! Which checks meet which records: one join per run over normal forms, then the owners' rules on
//! the few pairs that met.
//!
//! More than 99.97 % of checks meet nothing. So nothing but keys and row numbers goes through the
//! join; the rest of a row is read for pairs only.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use polars::prelude::{DataFrame, DataFrameJoinOps, JoinArgs, JoinType, StringChunked};
use quipu_schema::marking::Marking;
use quipu_schema::pipeline::Screen;
use quipu_schema::tally::Tally;
use quipu_schema::{Result, marking};

use crate::country::Countries;
use crate::frame::{bug, polars, text};
use crate::hit::{Grade, Marked, Match, Pair, parse_marking, table_of};
use crate::key;
use crate::rules;
use crate::side::{MEET, MEET_WITHOUT_ISSUER, ROW, Side, remarks};

/// What became of one check. Ordered: the greatest of its pairs counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    NoHit,
    OnlyExpiredOrWithdrawn,
    OwnerIsNotIssuer,
    ExpiryCannotBeJudged,
    /// A number is the same, and whether the document is cannot be said: an issuer is missing.
    CannotSay,
    DeniedByOwner,
    Hit,
}

impl Answer {
    /// The rule's word in the tally; `None` where the check is published.
    const fn rule(self) -> Option<&'static str> {
        match self {
            Self::NoHit => Some("no-hit"),
            Self::OnlyExpiredOrWithdrawn => Some("only-expired-or-withdrawn"),
            Self::OwnerIsNotIssuer => Some("owner-is-not-issuer"),
            Self::ExpiryCannotBeJudged => Some("expiry-cannot-be-judged"),
            Self::CannotSay => Some("cannot-say"),
            Self::DeniedByOwner => Some("denied-by-owner"),
            Self::Hit => None,
        }
    }
}

/// Matches checks with records: the pure core of the stage.
///
/// * `records`, `checks`, `areas`: tables `record`, `check` and `area` in full; `areas` may be
///   empty, then country codes are compared as they are;
/// * `previous`: the hits of the run before, if there was one;
/// * `snapshots`: logical hashes of `records` and of `checks`, for the hits to name.
///
/// Returns table `hit` sorted by its key, the account of the checks, and notes for people. The
/// same arguments give the same result, whatever the order of rows.
///
/// # Errors
/// A frame without its table's columns, or a marking that cannot be read.
pub fn compute(
    records: &DataFrame,
    checks: &DataFrame,
    areas: &DataFrame,
    previous: Option<&DataFrame>,
    screen: &Screen,
    snapshots: (&str, &str),
) -> Result<(DataFrame, Tally, Vec<String>)> {
    let countries = Countries::read(areas)?;
    let as_of = rules::as_of(screen, checks)?;
    let standing = rules::judge(records, as_of, &countries)?;
    let record_side = Side::read(records, &screen.kinds, &countries)?;
    let check_side = Side::read(checks, &screen.kinds, &countries)?;
    let (record_rows, check_rows) = (RecordRows::read(records)?, CheckRows::read(checks)?);

    let mut answers = vec![Answer::NoHit; checks.height()];
    let mut answer = |check: usize, with: Answer| {
        if let Some(answer) = answers.get_mut(check) {
            *answer = with.max(*answer);
        }
    };
    let judge = |check: usize, record: usize| match standing.get(record) {
        Some(rules::Standing::Open) => {
            if countries.denies(record_rows.deny.get(record), check_rows.asked_by.get(check)) {
                Answer::DeniedByOwner
            } else {
                Answer::Hit
            }
        }
        Some(rules::Standing::NotTheIssuer) => Answer::OwnerIsNotIssuer,
        Some(rules::Standing::ExpiryUnknown) => Answer::ExpiryCannotBeJudged,
        Some(rules::Standing::Expired | rules::Standing::Withdrawn) | None => Answer::OnlyExpiredOrWithdrawn,
    };

    let mut matches: BTreeMap<Pair, Marked> = BTreeMap::new();
    let mut repeated = BTreeSet::new();
    for (check, record) in pairs(&check_side.keys, &record_side.keys, &MEET)? {
        let outcome = judge(check, record);
        answer(check, outcome);
        if outcome == Answer::Hit {
            let (pair, marked) = describe(&check_rows, check, &record_rows, record)?;
            match matches.remove(&pair) {
                None => {
                    matches.insert(pair, marked);
                }
                Some(other) => {
                    repeated.insert(pair.clone());
                    matches.insert(pair, merged(other, marked));
                }
            }
        }
    }

    let mut cannot_say = 0_u64;
    for (check, record) in pairs_without_issuer(&check_side, &record_side)? {
        if judge(check, record) == Answer::Hit {
            cannot_say += 1;
            answer(check, Answer::CannotSay);
        }
    }

    let tally = account(&check_side, &answers);
    let mut notes = record_notes(&record_side, &standing);
    if cannot_say > 0 {
        notes.push(format!(
            "cannot-say: {cannot_say} pairs of check and record have the same number, and an issuer is missing on \
             either side"
        ));
    }
    if standing.contains(&rules::Standing::ExpiryUnknown) {
        notes.push("expiry cannot be judged: no check says when it was asked; set `as_of` in `[screen]`".to_owned());
    }
    if !repeated.is_empty() {
        notes.push(format!(
            "{} pairs of check_id and record_id met more than once, because an id stands in several rows; each is one \
             hit with the reason `id-not-unique`",
            repeated.len()
        ));
    }

    let present = Present { checks: &check_rows, records: &record_rows };
    let hits = table_of(matches, previous, snapshots, present.markings(previous)?)?;
    Ok((hits, tally, notes))
}

/// The columns of `record` that a hit or a rule reads.
struct RecordRows<'a> {
    id: &'a StringChunked,
    database: &'a StringChunked,
    key_raw: &'a StringChunked,
    issuer: &'a StringChunked,
    deny: &'a StringChunked,
    marking: &'a StringChunked,
}

impl<'a> RecordRows<'a> {
    fn read(frame: &'a DataFrame) -> Result<Self> {
        Ok(Self {
            id: text(frame, "record_id")?,
            database: text(frame, "database")?,
            key_raw: text(frame, "key_raw")?,
            issuer: text(frame, "issuer")?,
            deny: text(frame, "deny")?,
            marking: text(frame, "marking")?,
        })
    }
}

/// The columns of `check` that a hit or a rule reads.
struct CheckRows<'a> {
    id: &'a StringChunked,
    key_kind: &'a StringChunked,
    key_raw: &'a StringChunked,
    issuer: &'a StringChunked,
    asked_by: &'a StringChunked,
    marking: &'a StringChunked,
}

impl<'a> CheckRows<'a> {
    fn read(frame: &'a DataFrame) -> Result<Self> {
        Ok(Self {
            id: text(frame, "check_id")?,
            key_kind: text(frame, "key_kind")?,
            key_raw: text(frame, "key_raw")?,
            issuer: text(frame, "issuer")?,
            asked_by: text(frame, "asked_by")?,
            marking: text(frame, "marking")?,
        })
    }
}

/// Row numbers of checks and records whose keys are equal in `columns`, in order.
fn pairs(checks: &DataFrame, records: &DataFrame, columns: &[&str]) -> Result<Vec<(usize, usize)>> {
    let met = checks.join(records, columns, columns, JoinArgs::new(JoinType::Inner), None).map_err(polars)?;
    let rows = |name: &str| met.column(name).and_then(|c| c.u32()).map_err(polars);
    let (check, record) = (rows(ROW)?, rows(&format!("{ROW}_right"))?);
    let mut pairs = Vec::with_capacity(met.height());
    for (check, record) in check.iter().zip(record.iter()) {
        let (Some(check), Some(record)) = (check, record) else { return Err(bug("a row without number")) };
        let number = |row: u32| usize::try_from(row).map_err(|_| bug("a row number out of range"));
        pairs.push((number(check)?, number(record)?));
    }
    pairs.sort_unstable();
    Ok(pairs)
}

/// Pairs with the same kind and number where an issuer that is part of the key is missing.
fn pairs_without_issuer(checks: &Side, records: &Side) -> Result<BTreeSet<(usize, usize)>> {
    let mut out = BTreeSet::new();
    let (nameless_checks, nameless_records) = (checks.without_issuer()?, records.without_issuer()?);
    if nameless_checks.height() > 0 {
        out.extend(pairs(&nameless_checks, &records.keys, &MEET_WITHOUT_ISSUER)?);
    }
    if nameless_records.height() > 0 {
        out.extend(pairs(&checks.keys, &nameless_records, &MEET_WITHOUT_ISSUER)?);
    }
    Ok(out)
}

/// The hit that a pair makes.
fn describe(checks: &CheckRows, check: usize, records: &RecordRows, record: usize) -> Result<(Pair, Marked)> {
    let kind = checks.key_kind.get(check).and_then(key::find).ok_or_else(|| bug("a match of an unknown kind"))?;
    let (asked, held) =
        (checks.key_raw.get(check).unwrap_or_default(), records.key_raw.get(record).unwrap_or_default());
    let (asked_issuer, held_issuer) = (checks.issuer.get(check), records.issuer.get(record));
    let (key, asked_words) = remarks(kind, asked, asked_issuer);
    let (held_key, held_words) = remarks(kind, held, held_issuer);
    // The lines of a machine-readable zone say their issuer themselves.
    let stated = |column: Option<&'_ str>, key: &key::Key| {
        column.filter(|raw| !raw.trim().is_empty()).map(str::to_owned).or_else(|| key.issuer.clone())
    };
    let mut reasons = vec![kind.same()];
    if kind.needs_issuer() {
        let (asked_issuer, held_issuer) = (stated(asked_issuer, &key), stated(held_issuer, &held_key));
        let shown = |raw: Option<String>| raw.unwrap_or_default().trim().to_uppercase();
        // `BR` and `BRA` are one country by the code list, and the reader should know that it was needed.
        let same = shown(asked_issuer) == shown(held_issuer);
        reasons.push(if same { "same-issuer" } else { "same-issuer-by-code-list" });
    }
    for word in asked_words.into_iter().chain(held_words) {
        if !reasons.contains(&word) {
            reasons.push(word);
        }
    }
    let what = Match {
        grade: if asked == held {
            Grade::Exact
        } else if key.repaired || held_key.repaired {
            Grade::Repaired
        } else {
            Grade::Normalised
        },
        database: records.database.get(record).unwrap_or_default().to_owned(),
        key_kind: kind.name(),
        key: key.normal,
        reasons,
    };
    let marking = parse_marking(records.marking.get(record), "record")?
        .strictest(parse_marking(checks.marking.get(check), "check")?);
    let pair =
        (checks.id.get(check).unwrap_or_default().to_owned(), records.id.get(record).unwrap_or_default().to_owned());
    Ok((pair, Marked { what, marking }))
}

/// One hit of two that share their ids: the stronger one, under the strictest of both markings.
fn merged(one: Marked, two: Marked) -> Marked {
    let marking = one.marking.strictest(two.marking);
    let plain = |mut what: Match| {
        what.reasons.retain(|word| *word != "id-not-unique");
        what
    };
    let mut what = plain(one.what).min(plain(two.what));
    what.reasons.push("id-not-unique");
    Marked { what, marking }
}

/// read = published + ignored, in checks.
fn account(side: &Side, answers: &[Answer]) -> Tally {
    let mut tally = Tally { read: side.standing.len() as u64, ..Tally::default() };
    for (standing, answer) in side.standing.iter().zip(answers) {
        match standing.rule().or(answer.rule()) {
            Some(rule) => tally.ignore(rule, 1),
            None => tally.published += 1,
        }
    }
    tally
}

/// How many records take no part, by rule.
fn record_notes(side: &Side, standing: &[rules::Standing]) -> Vec<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (key, record) in side.standing.iter().zip(standing) {
        if let Some(rule) = key.rule().or(record.rule()) {
            *counts.entry(rule).or_default() += 1;
        }
    }
    let total = standing.len();
    counts.into_iter().map(|(rule, n)| format!("{rule}: {n} of {total} records take no part")).collect()
}

/// The checks and records of now, to find the present markings of hits that are gone.
struct Present<'a> {
    checks: &'a CheckRows<'a>,
    records: &'a RecordRows<'a>,
}

impl Present<'_> {
    fn markings(&self, previous: Option<&DataFrame>) -> Result<impl Fn(&Pair) -> Result<Vec<Marking>>> {
        let (mut checks, mut records) = (HashMap::new(), HashMap::new());
        if let Some(previous) = previous {
            checks = present(text(previous, "check_id")?, self.checks.id, self.checks.marking, "check")?;
            records = present(text(previous, "record_id")?, self.records.id, self.records.marking, "record")?;
        }
        Ok(move |pair: &Pair| Ok([checks.get(&pair.0), records.get(&pair.1)].into_iter().flatten().copied().collect()))
    }
}

/// The strictest present marking of each id that the hits of before name.
fn present(
    wanted: &StringChunked,
    ids: &StringChunked,
    markings: &StringChunked,
    table: &str,
) -> Result<HashMap<String, marking::Marking>> {
    let wanted: BTreeSet<&str> = wanted.iter().flatten().collect();
    let mut out: HashMap<String, Marking> = HashMap::new();
    if wanted.is_empty() {
        return Ok(out);
    }
    for (id, marking) in ids.iter().zip(markings.iter()) {
        if let Some(id) = id.filter(|id| wanted.contains(id)) {
            let marking = parse_marking(marking, table)?;
            out.entry(id.to_owned()).and_modify(|known| *known = known.strictest(marking)).or_insert(marking);
        }
    }
    Ok(out)
}
