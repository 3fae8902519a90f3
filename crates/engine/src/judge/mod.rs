//! What was found, judged: the records are looked up and read in full, both keys compared, the owners' rules applied.
//!
//! It is done as often as there is too much to hold. Judging a pair twice changes nothing, so that nobody has to know what
//! was judged before.

mod court;
mod pair;

use std::collections::BTreeMap;

use quipu_schema::marking::Marking;

pub(crate) use court::{Court, Judged, Verdict};
pub(crate) use pair::{agreement, judge_pair};

use crate::grade::Grade;
use crate::issuer::Countries;
use crate::remembered::Secret;

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

/// What hits are judged by.
pub(crate) struct Rules<'a> {
    pub(crate) countries: &'a Countries,
    pub(crate) grades: &'a Grades,
    /// Days since 1970-01-01.
    pub(crate) as_of: Option<i32>,
    /// Shows numbers that are secrets themselves.
    pub(crate) secret: Option<&'a Secret>,
}
