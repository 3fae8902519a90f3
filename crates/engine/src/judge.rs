//! What was found, judged: the records are read in full, both keys compared, the owners' rules applied.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use quipu_keys::{Key, KeyKind};
use quipu_schema::Result;
use quipu_schema::marking::Marking;

use crate::file::TableFile;
use crate::grade::{Grade, Met, Side, meet, remarks};
use crate::issuer::Countries;
use crate::keys::KeyColumns;
use crate::near::{Agreement, By, Person, numbers_are_near};
use crate::probe::Found;
use crate::remembered::Secret;
use crate::row::{Asked, Held, HeldColumns};
use crate::rule::{self, Answer};
use crate::threads;

/// A check that met a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The check.
    pub check_id: String,
    /// The record.
    pub record_id: String,
    /// How they met.
    pub grade: Grade,
    /// The database.
    pub database: String,
    /// What sort of key.
    pub key_kind: &'static str,
    /// The normal form on which they met; of a number that is a secret, a keyed digest and the last four characters.
    pub key: String,
    /// Why.
    pub reasons: Vec<&'static str>,
    /// The strictest of both markings.
    pub marking: Mark,
    /// Who asked.
    pub asked_by: Option<String>,
    /// What for.
    pub purpose: Option<String>,
}

/// A match that its owner does not let the asker see. The asker is told nothing; the owner may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Withheld {
    /// The record.
    pub record_id: String,
    /// The check.
    pub check_id: String,
    /// The database.
    pub database: String,
    /// Who entered the record and owns it.
    pub owner: Option<String>,
    /// How they met.
    pub grade: Grade,
    /// Who asked.
    pub asked_by: Option<String>,
    /// What for.
    pub purpose: Option<String>,
}

/// A marking, in the order of its text where two hits differ in nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(pub Marking);

impl PartialOrd for Mark {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Mark {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.to_string().cmp(&other.0.to_string())
    }
}

/// Grades that are screened, by database; the empty name stands for all others.
#[derive(Debug, Clone)]
pub struct Grades(BTreeMap<String, Vec<Grade>>);

impl Default for Grades {
    /// All that are proved: `exact`, `normalised` and `repaired`.
    fn default() -> Self {
        Self(BTreeMap::from([(String::new(), vec![Grade::Exact, Grade::Normalised, Grade::Repaired])]))
    }
}

impl Grades {
    /// Sets the grades of a database, or of all for which nothing is said.
    pub fn set(&mut self, database: Option<&str>, grades: Vec<Grade>) {
        self.0.insert(database.unwrap_or_default().to_owned(), grades);
    }

    /// The grades of each database, and under the empty name those of all others.
    pub fn listed(&self) -> impl Iterator<Item = (&str, &[Grade])> {
        self.0.iter().map(|(database, grades)| (database.as_str(), grades.as_slice()))
    }

    /// Whether numbers that are near each other are screened at all.
    pub fn near(&self) -> bool {
        self.0.values().any(|grades| grades.contains(&Grade::Near))
    }

    fn has(&self, database: &str, grade: Grade) -> bool {
        let of = self.0.get(database).or_else(|| self.0.get(""));
        of.is_some_and(|grades| grades.contains(&grade))
    }
}

/// A file of records with its columns.
pub(crate) type RecordFile = (TableFile, KeyColumns, HeldColumns);

/// What hits are judged by.
pub(crate) struct Rules<'a> {
    pub(crate) countries: &'a Countries,
    pub(crate) grades: &'a Grades,
    /// Days since 1970-01-01.
    pub(crate) as_of: Option<i32>,
    /// Shows numbers that are secrets themselves.
    pub(crate) secret: Option<&'a Secret>,
}

/// Everything that came of what was found.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// Sorted by check and record, one for each pair.
    pub(crate) hits: Vec<Hit>,
    /// The answer to each check that met something, by its place.
    pub(crate) answers: BTreeMap<(usize, usize, u32), Answer>,
    /// Pairs of ids that met more than once.
    pub(crate) repeated: u64,
    /// Pairs with the same number of which an issuer is missing.
    pub(crate) cannot_say: u64,
    /// Matches that were denied, sorted.
    pub(crate) withheld: Vec<Withheld>,
}

/// A pair that was found: row of the record, number of the check, and how.
type Pair = (u32, u32, By);

/// Judges all pairs.
pub(crate) fn judge(found: &[Found], files: &[RecordFile], rules: &Rules, threads: usize) -> Result<Judged> {
    let mut pairs: Vec<Pair> = Vec::new();
    for (number, found) in (0_u32..).zip(found) {
        pairs.extend(found.records.iter().map(|(record, by)| (*record, number, *by)));
    }
    pairs.sort_unstable();
    // The pairs of each row group of records.
    let mut tasks = Vec::new();
    let (mut first, mut rest) = (0_u64, pairs.as_slice());
    for file in files {
        for group in 0..file.0.groups() {
            let end = first + file.0.rows(group);
            let (own, later) = rest.split_at(rest.partition_point(|(record, ..)| u64::from(*record) < end));
            if !own.is_empty() {
                tasks.push((file, group, first, own));
            }
            (first, rest) = (end, later);
        }
    }
    let next = AtomicUsize::new(0);
    let shares = threads::each(threads, |_| {
        let mut own = Judged::default();
        let mut judging = Judging { rules, found, own: &mut own };
        while let Some((file, group, first, pairs)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            judging.group(file, *group, *first, pairs)?;
        }
        Ok(own)
    })?;
    let mut judged = Judged::default();
    for share in shares {
        judged.hits.extend(share.hits);
        judged.cannot_say += share.cannot_say;
        judged.withheld.extend(share.withheld);
        for (place, answer) in share.answers {
            let known = judged.answers.entry(place).or_insert(answer);
            *known = answer.max(*known);
        }
    }
    for found in found.iter().filter(|found| found.cut_off > 0) {
        judged.answer(found.place, Answer::CutOff);
    }
    judged.hits.sort_unstable();
    judged.withheld.sort_unstable();
    judged.withheld.dedup();
    judged.merge();
    Ok(judged)
}

impl Judged {
    /// One hit for each pair of ids: the strongest, under the strictest of the markings.
    fn merge(&mut self) {
        let mut merged: Vec<Hit> = Vec::with_capacity(self.hits.len());
        for hit in self.hits.drain(..) {
            match merged.last_mut() {
                Some(last) if (&last.check_id, &last.record_id) == (&hit.check_id, &hit.record_id) => {
                    last.marking = Mark(last.marking.0.strictest(hit.marking.0));
                    // Whoever asked is shown it.
                    last.asked_by = joined(last.asked_by.take(), hit.asked_by);
                    last.purpose = joined(last.purpose.take(), hit.purpose);
                    if !last.reasons.contains(&"id-not-unique") {
                        last.reasons.push("id-not-unique");
                        self.repeated += 1;
                    }
                }
                _ => merged.push(hit),
            }
        }
        self.hits = merged;
    }

    fn answer(&mut self, place: (usize, usize, u32), answer: Answer) {
        let known = self.answers.entry(place).or_insert(answer);
        *known = answer.max(*known);
    }
}

/// Both texts, where they differ.
fn joined(one: Option<String>, two: Option<String>) -> Option<String> {
    match (one, two) {
        (Some(one), Some(two)) if !one.split("; ").any(|known| known == two) => Some(format!("{one}; {two}")),
        (one, two) => one.or(two),
    }
}

struct Judging<'a, 'b> {
    rules: &'a Rules<'a>,
    found: &'a [Found],
    own: &'b mut Judged,
}

impl Judging<'_, '_> {
    fn group(&mut self, file: &RecordFile, group: usize, first: u64, pairs: &[Pair]) -> Result<()> {
        let (file, _, columns) = file;
        let local = |record: u32| u32::try_from(u64::from(record) - first).unwrap_or(u32::MAX);
        let mut rows: Vec<u32> = pairs.iter().map(|(record, ..)| local(*record)).collect();
        rows.dedup();
        let held = columns.held_rows(file, group, &rows)?;
        for (held, pairs) in held.iter().zip(pairs.chunk_by(|one, two| one.0 == two.0)) {
            let Some(kind) = quipu_keys::find(&held.key_kind) else { continue };
            let held_key = kind.normalise(&held.key_raw, None);
            for (_, number, by) in pairs {
                let Some(found) = self.found.get(*number as usize) else { continue };
                if found.asked.key_kind != held.key_kind {
                    continue;
                }
                let held = (held, &held_key);
                judge_pair(self.rules, self.own, kind, found, held, *by, columns.has_owner());
            }
        }
        Ok(())
    }
}

/// Judges one pair. `by` is how it was found, `owned` says that the records say whose they are.
pub(crate) fn judge_pair(
    rules: &Rules,
    own: &mut Judged,
    kind: &'static dyn KeyKind,
    found: &Found,
    (held, held_key): (&Held, &Key),
    by: By,
    owned: bool,
) {
    let asked = &found.asked;
    let asked_key = kind.normalise(&asked.key_raw, None);
    let (one, two) = (Side { raw: &asked.key_raw, key: &asked_key }, Side { raw: &held.key_raw, key: held_key });
    let (met, agreement) = match (meet(kind, one, two), by) {
        (Some(met), By::Key | By::Number) => (met, None),
        (None, By::Near) if numbers_are_near(kind, &asked_key, held_key) => {
            let agreement = agreement((asked, &asked_key), (held, held_key));
            if !agreement.any() {
                return;
            }
            (Met { grade: Grade::Near, key: held_key.normal.clone() }, Some(agreement))
        }
        // What meets by its key as well is found by that.
        (None, _) | (Some(_), By::Near) => return,
    };
    let issuers = Issuers::of(kind, asked, &asked_key, held, held_key, rules.countries);
    let answer = rule::answer(asked, held, rules.as_of, owned, rules.countries);
    let answer = match issuers {
        Issuers::Differ => return,
        Issuers::Missing => {
            // Only what is the same but for the issuer, and would be a hit with it.
            if by != By::Number || met.grade == Grade::Confusable || answer != Answer::Hit {
                return;
            }
            own.cannot_say += 1;
            Answer::CannotSay
        }
        Issuers::Same(_) if by == By::Number => return,
        Issuers::Same(_) if !rules.grades.has(&held.database, met.grade) => Answer::GradeNotScreened,
        Issuers::Same(_) => answer,
    };
    own.answer(found.place, answer);
    if answer == Answer::DeniedByOwner {
        own.withheld.push(Withheld {
            record_id: held.record_id.clone(),
            check_id: asked.check_id.clone(),
            database: held.database.clone(),
            owner: held.owner.clone(),
            grade: met.grade,
            asked_by: asked.by.clone(),
            purpose: asked.purpose.clone(),
        });
    }
    if answer != Answer::Hit {
        return;
    }
    let mut reasons = vec![match met.grade {
        Grade::Confusable => "characters-look-alike",
        Grade::Near => "one-edit-apart",
        Grade::Exact | Grade::Normalised | Grade::Repaired => kind.same(),
    }];
    if let Some(agreement) = agreement {
        reasons.extend(agreement.birth.then_some("same-birth-date"));
        reasons.extend(agreement.names.then_some("names-agree"));
    }
    if let Issuers::Same(word) = issuers {
        reasons.extend(word);
    }
    for word in remarks(&asked_key).chain(remarks(held_key)) {
        if !reasons.contains(&word) {
            reasons.push(word);
        }
    }
    own.hits.push(Hit {
        check_id: asked.check_id.clone(),
        record_id: held.record_id.clone(),
        grade: met.grade,
        database: held.database.clone(),
        key_kind: kind.name(),
        key: match rules.secret {
            Some(secret) if kind.is_secret() => secret.shown(&met.key),
            _ => met.key,
        },
        reasons,
        marking: Mark(asked.marking.strictest(held.marking)),
        asked_by: asked.by.clone(),
        purpose: asked.purpose.clone(),
    });
}

/// In what the people of both sides agree.
pub(crate) fn agreement((asked, asked_key): (&Asked, &Key), (held, held_key): (&Held, &Key)) -> Agreement {
    let one = Person::of(asked.names.as_deref(), asked.birth_date, asked_key.holder.as_ref());
    one.agrees(&Person::of(held.names.as_deref(), held.birth_date, held_key.holder.as_ref()))
}

/// Whether two keys are of one issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Issuers {
    /// They are, or the issuer is no part of the key; and what a hit has to say of it.
    Same(Option<&'static str>),
    Differ,
    Missing,
}

impl Issuers {
    fn of(
        kind: &dyn KeyKind,
        asked: &Asked,
        asked_key: &Key,
        held: &Held,
        held_key: &Key,
        countries: &Countries,
    ) -> Self {
        if !kind.needs_issuer() {
            return Self::Same(None);
        }
        // The lines of a machine-readable zone say their issuer themselves.
        let stated = |column: &Option<String>, key: &Key| {
            let code = countries.code(column.as_deref());
            let shown = column.clone().filter(|_| code.is_some()).or_else(|| key.issuer.clone());
            (code.or_else(|| countries.code(key.issuer.as_deref())), shown.unwrap_or_default().trim().to_uppercase())
        };
        match (stated(&asked.issuer, asked_key), stated(&held.issuer, held_key)) {
            ((None, _), _) | (_, (None, _)) => Self::Missing,
            ((one, _), (two, _)) if one != two => Self::Differ,
            // `BR` and `BRA` are one country by the code list, and the reader should know that it was needed.
            ((_, one), (_, two)) if one == two => Self::Same(Some("same-issuer")),
            _ => Self::Same(Some("same-issuer-by-code-list")),
        }
    }
}
