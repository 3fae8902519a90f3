//! Entries of the databases.

use crate::Plan;
use crate::chance::{Draw, below, choice, draw};
use crate::mix::{self, DATABASES, Database, ISSUERS};
use crate::number;
use crate::permutation::Permutation;
use crate::person::{Person, is_held};

/// Whether a record may match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Whoever asks.
    Open,
    /// Its owner withdrew it.
    Withdrawn,
    /// Its last day has passed.
    Expired,
    /// One country may not see it.
    Denied,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The database's own id.
    pub record_id: String,
    /// Code of the database.
    pub database: &'static str,
    /// What sort of key.
    pub key_kind: &'static str,
    /// The key as printed.
    pub key_raw: String,
    /// Issuing country, which entered the record too; ISO 3166-1.
    pub issuer: &'static str,
    /// Whether it may match.
    pub standing: Standing,
    /// Status of the document or object.
    pub status: &'static str,
    /// Day of entry, in days since 1970-01-01.
    pub entered_on: i32,
    /// Last day on which it may match.
    pub expires_on: Option<i32>,
    /// The country that may not see it.
    pub deny: Option<&'static str>,
    /// Who holds the document.
    pub names: Option<String>,
    /// When the holder was born, in days since 1970-01-01.
    pub birth_date: Option<i32>,
}

/// All records of a plan.
#[derive(Debug, Clone, Copy)]
pub struct Records {
    plan: Plan,
    numbers: Permutation,
}

impl Records {
    /// The records of a plan.
    pub const fn new(plan: &Plan) -> Self {
        Self { plan: *plan, numbers: Permutation::new(plan.seed) }
    }

    /// How many there are.
    pub const fn count(&self) -> u64 {
        self.plan.records
    }

    /// The database of a record.
    pub(crate) fn database(&self, number: u64) -> &'static Database {
        let [first, rest @ ..] = &DATABASES;
        if self.plan.travel_documents_only {
            return first;
        }
        let shares = rest.iter().map(|database| database.records).chain([1_000_000]);
        rest.get(choice(self.plan.seed, Draw::Database, number, shares)).unwrap_or(first)
    }

    pub(crate) fn issuer(&self, number: u64) -> &'static str {
        issuer(self.plan.seed, Draw::Issuer, number)
    }

    /// The key of a record as its document prints it.
    pub(crate) fn key(&self, number: u64) -> String {
        number::key(self.database(number).kind, self.numbers.at(number))
    }

    /// The number that the key of a record is.
    pub(crate) fn number(&self, number: u64) -> u64 {
        self.numbers.at(number)
    }

    /// Whether some record has the key that a number is.
    pub(crate) fn has(&self, number: u64) -> bool {
        self.numbers.place(number) < self.plan.records
    }

    /// Who holds the document of a record; nobody where it is no document, or files have keys alone.
    pub(crate) fn holder(&self, number: u64) -> Option<Person> {
        let held = !self.plan.keys_only && is_held(self.database(number).kind);
        held.then(|| Person::of(self.plan.seed, number))
    }

    /// Whether a record may match.
    pub(crate) fn standing(&self, number: u64) -> Standing {
        let shares = [mix::RECORDS_WITHDRAWN, mix::RECORDS_EXPIRED, mix::RECORDS_DENIED, 1_000_000];
        match choice(self.plan.seed, Draw::Status, number, shares) {
            0 => Standing::Withdrawn,
            1 => Standing::Expired,
            2 => Standing::Denied,
            _ => Standing::Open,
        }
    }

    /// The country that may not see a record: another than its issuer.
    pub(crate) fn denied(&self, number: u64) -> &'static str {
        let own = self.issuer(number);
        let at = below(self.plan.seed, Draw::Deny, number, ISSUERS.len() as u64);
        let after = ISSUERS.iter().cycle().skip(usize::try_from(at).unwrap_or(0));
        after.take(ISSUERS.len()).copied().find(|country| *country != own).unwrap_or(own)
    }

    /// A record by its number, from 0.
    pub fn get(&self, number: u64) -> Entry {
        let seed = self.plan.seed;
        let database = self.database(number);
        let standing = self.standing(number);
        let status = match standing {
            Standing::Withdrawn => "withdrawn",
            _ => match draw(seed, Draw::Status, number) % 20 {
                0 => "revoked",
                1 => "invalid",
                2 => "stolen-blank",
                3..=11 => "lost",
                _ => "stolen",
            },
        };
        let entered_on = mix::ASKED_FROM - 1 - i32::try_from(below(seed, Draw::Entered, number, 8_000)).unwrap_or(0);
        let ends = i32::try_from(below(seed, Draw::Expiry, number, 3_000)).unwrap_or(0);
        let expires_on = match standing {
            Standing::Expired => Some((mix::ASKED_FROM - 1 - ends).max(entered_on)),
            // A tenth ends some day after the checks.
            _ => (ends < 300).then_some(mix::ASKED_FROM + 400 + ends),
        };
        let holder = self.holder(number);
        Entry {
            names: holder.as_ref().map(Person::as_held),
            birth_date: holder.map(|holder| holder.born),
            record_id: record_id(number),
            database: database.code,
            key_kind: database.kind,
            key_raw: self.key(number),
            issuer: self.issuer(number),
            standing,
            status,
            entered_on,
            expires_on,
            deny: (standing == Standing::Denied).then(|| self.denied(number)),
        }
    }
}

/// The id of a record.
pub(crate) fn record_id(number: u64) -> String {
    format!("R{number:010}")
}

/// An issuer; the first ones are drawn more often (the square of an even draw).
pub(crate) fn issuer(seed: u64, what: Draw, number: u64) -> &'static str {
    let even = below(seed, what, number, 1 << 20);
    let at = usize::try_from((even * even * ISSUERS.len() as u64) >> 40).unwrap_or(0);
    ISSUERS.get(at).copied().unwrap_or("FR")
}
