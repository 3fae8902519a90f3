//! Questions put to the databases, and what each is meant to come to.

use crate::Plan;
use crate::chance::{Draw, below, choice, draw};
use crate::mix::{self, DATABASES, NO_KEYS};
use crate::number;
use crate::permutation::Permutation;
use crate::person::{Person, is_held};
use crate::record::{Records, Standing, issuer, record_id};

/// What a check is meant to come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It meets nothing.
    NoHit,
    /// It meets a record that it may see.
    Hit,
    /// A record's key with one figure read as a letter.
    Misread,
    /// A record's number of another issuer.
    OtherIssuer,
    /// It meets a record whose last day has passed.
    Expired,
    /// It meets a record that its owner withdrew.
    Withdrawn,
    /// It meets a record that the asker's country may not see.
    Denied,
    /// It has no key.
    Junk,
    /// A record's number with a slip of the hand, and the record's holder.
    Slip,
}

impl Fate {
    /// All fates.
    pub const ALL: [Self; 9] = [
        Self::NoHit,
        Self::Hit,
        Self::Misread,
        Self::OtherIssuer,
        Self::Expired,
        Self::Withdrawn,
        Self::Denied,
        Self::Junk,
        Self::Slip,
    ];

    /// The word of the column `fate`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoHit => "no-hit",
            Self::Hit => "hit",
            Self::Misread => "misread",
            Self::OtherIssuer => "other-issuer",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Denied => "denied",
            Self::Junk => "junk",
            Self::Slip => "slip",
        }
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The asker's own id.
    pub check_id: String,
    /// What sort of key.
    pub key_kind: &'static str,
    /// The key as it was typed or read.
    pub key_raw: String,
    /// Issuing country.
    pub issuer: &'static str,
    /// Country that asks.
    pub asked_by: &'static str,
    /// Purpose of the check.
    pub purpose: &'static str,
    /// When it was asked, in microseconds since 1970-01-01 UTC.
    pub asked_at: i64,
    /// What it is meant to come to.
    pub fate: Fate,
    /// The record that it is made of.
    pub record_id: Option<String>,
    /// Who holds the document.
    pub names: Option<String>,
    /// When the holder was born, in days since 1970-01-01; one in three askers does not say it.
    pub birth_date: Option<i32>,
}

/// All checks of a plan.
#[derive(Debug, Clone, Copy)]
pub struct Questions {
    plan: Plan,
    records: Records,
    numbers: Permutation,
}

/// How many records are looked at for one that fits.
const LOOKED_AT: u64 = 4_000;
/// How many slips of a number are tried for one that no record has.
const SLIPS: u64 = 6;
const MICROS_PER_DAY: i64 = 86_400_000_000;

impl Questions {
    /// The checks of a plan.
    pub const fn new(plan: &Plan) -> Self {
        Self { plan: *plan, records: Records::new(plan), numbers: Permutation::new(plan.seed) }
    }

    /// How many there are.
    pub const fn count(&self) -> u64 {
        self.plan.checks
    }

    fn fate(&self, number: u64) -> Fate {
        let shares = [
            mix::HITS,
            mix::MISREAD,
            mix::OTHER_ISSUER,
            mix::EXPIRED,
            mix::WITHDRAWN,
            mix::DENIED,
            mix::JUNK,
            mix::SLIP,
            1_000_000,
        ];
        match choice(self.plan.seed, Draw::Fate, number, shares) {
            // Without their columns nothing is expired, withdrawn or denied.
            3..=5 | 7 if self.plan.keys_only => Fate::NoHit,
            0 => Fate::Hit,
            1 => Fate::Misread,
            2 => Fate::OtherIssuer,
            3 => Fate::Expired,
            4 => Fate::Withdrawn,
            5 => Fate::Denied,
            6 => Fate::Junk,
            7 => Fate::Slip,
            _ => Fate::NoHit,
        }
    }

    /// A record that a check of this fate can be made of, from a drawn one on.
    fn record_for(&self, number: u64, fate: Fate) -> Option<u64> {
        let wanted = match fate {
            Fate::Expired => Standing::Expired,
            Fate::Withdrawn => Standing::Withdrawn,
            Fate::Denied => Standing::Denied,
            Fate::NoHit | Fate::Junk => return None,
            Fate::Hit | Fate::Misread | Fate::OtherIssuer | Fate::Slip => Standing::Open,
        };
        let count = self.records.count();
        let first = below(self.plan.seed, Draw::Record, number, count);
        (0..LOOKED_AT.min(count)).map(|step| (first + step) % count).find(|record| {
            let kind = self.records.database(*record).kind;
            let by_issuer = matches!(kind, "travel-document" | "administrative-document" | "plate");
            let fits = (fate != Fate::OtherIssuer || by_issuer) && (fate != Fate::Slip || is_held(kind));
            self.records.standing(*record) == wanted && fits
        })
    }

    /// A check by its number, from 0.
    pub fn get(&self, number: u64) -> Asked {
        let seed = self.plan.seed;
        let mut fate = self.fate(number);
        let record = self.record_for(number, fate);
        if record.is_none() && fate != Fate::Junk {
            fate = Fate::NoHit;
        }
        let asker = issuer(seed, Draw::Asker, number);
        let (mut key_kind, mut key, mut of, mut asked_by) = (DATABASES[0].kind, String::new(), asker, asker);
        match record {
            Some(record) => {
                key_kind = self.records.database(record).kind;
                key = self.records.key(record);
                of = self.records.issuer(record);
                if fate == Fate::Misread {
                    match number::misread(&key, draw(seed, Draw::Misread, number)) {
                        Some(read) => {
                            // Some kinds read the letter as the figure anyway: the letter O in the serial number of a
                            // firearm is a zero.
                            let normal =
                                |raw: &str| quipu_keys::find(key_kind).map(|kind| kind.normalise(raw, None).normal);
                            if normal(&read) == normal(&key) {
                                fate = Fate::Hit;
                            }
                            key = read;
                        }
                        // A key of letters and of figures that look like none: it stays what it is, and hits.
                        None => fate = Fate::Hit,
                    }
                }
                if fate == Fate::Slip {
                    let first = draw(seed, Draw::Slip, number);
                    let own = self.records.number(record);
                    let slips = (0..SLIPS).map(|step| number::slipped(own, first.wrapping_add(step)));
                    match slips.into_iter().find(|slip| *slip != own && !self.records.has(*slip)) {
                        Some(slip) => key = number::key(key_kind, slip),
                        // Its neighbours are all taken: it stays what it is, and hits.
                        None => fate = Fate::Hit,
                    }
                }
                if fate == Fate::OtherIssuer {
                    of = self.records.denied(record);
                }
                if fate == Fate::Denied {
                    asked_by = self.records.denied(record);
                }
            }
            None if fate == Fate::Junk => {
                let at = usize::try_from(draw(seed, Draw::Misread, number) % NO_KEYS.len() as u64).unwrap_or(0);
                NO_KEYS.get(at).copied().unwrap_or("-").clone_into(&mut key);
            }
            None => {
                let [first, rest @ ..] = &DATABASES;
                let shares = rest.iter().map(|database| database.checks).chain([1_000_000]);
                let drawn = rest.get(choice(seed, Draw::Database, !number, shares));
                key_kind = drawn.filter(|_| !self.plan.travel_documents_only).unwrap_or(first).kind;
                // Numbers behind those of the records: no record has them.
                key = number::key(key_kind, self.numbers.at(self.plan.records + number));
                of = issuer(seed, Draw::Issuer, !number);
            }
        }
        let day = mix::ASKED_FROM + i32::try_from(below(seed, Draw::Asked, number, mix::ASKED_DAYS)).unwrap_or(0);
        let moment = i64::try_from(draw(seed, Draw::Asked, !number) % 86_400_000_000).unwrap_or(0);
        let holder = match record {
            Some(record) => self.records.holder(record),
            // Nobody who holds a document of a record.
            None => (!self.plan.keys_only && is_held(key_kind)).then(|| Person::of(seed, !number)),
        };
        let told = draw(seed, Draw::Born, !number);
        Asked {
            names: holder.as_ref().map(|holder| holder.as_asked(told)),
            birth_date: holder.filter(|_| !(told / 3).is_multiple_of(3)).map(|holder| holder.born),
            check_id: format!("C{number:010}"),
            key_kind,
            key_raw: if fate == Fate::Junk { key } else { number::spelt(&key, draw(seed, Draw::Spelling, number)) },
            issuer: of,
            asked_by,
            purpose: if draw(seed, Draw::Purpose, number).is_multiple_of(5) {
                "security-check"
            } else {
                "border-control"
            },
            asked_at: i64::from(day) * MICROS_PER_DAY + moment,
            fate,
            record_id: record.map(record_id),
        }
    }
}
