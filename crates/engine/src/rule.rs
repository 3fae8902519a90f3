//! The owners' rules that decide whether a record may match at all, and who may see that it does (RPD: INTERPOL's rules
//! on the processing of data; SLTD: its database of stolen and lost travel documents).

use crate::issuer::Countries;
use crate::row::{Asked, Held};

/// The database to which only the issuing country of a document may add.
const ISSUER_ONLY: &str = "SLTD";

/// What becomes of a check. Ordered: the greatest of what its records say counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// It meets nothing.
    NoHit,
    /// It meets something in a grade that is switched off for the database.
    GradeNotScreened,
    /// It meets only records whose last day has passed, or that their owner withdrew.
    OnlyExpiredOrWithdrawn,
    /// It meets a record that another country than the issuing one entered.
    OwnerIsNotIssuer,
    /// It meets a record with a last day, and no day is known on which to judge it.
    ExpiryCannotBeJudged,
    /// A number is the same, and whether the document is cannot be said: an issuer is missing.
    CannotSay,
    /// Its key is that of more records than are looked at, and none of those that were is a hit.
    CutOff,
    /// It meets a record that the asker may not see. The asker is told nothing.
    DeniedByOwner,
    /// It meets a record.
    Hit,
}

impl Answer {
    /// All answers.
    pub const ALL: [Self; 9] = [
        Self::NoHit,
        Self::GradeNotScreened,
        Self::OnlyExpiredOrWithdrawn,
        Self::OwnerIsNotIssuer,
        Self::ExpiryCannotBeJudged,
        Self::CannotSay,
        Self::CutOff,
        Self::DeniedByOwner,
        Self::Hit,
    ];

    /// The rule's word in accounts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoHit => "no-hit",
            Self::GradeNotScreened => "grade-not-screened",
            Self::OnlyExpiredOrWithdrawn => "only-expired-or-withdrawn",
            Self::OwnerIsNotIssuer => "owner-is-not-issuer",
            Self::ExpiryCannotBeJudged => "expiry-cannot-be-judged",
            Self::CannotSay => "cannot-say",
            Self::CutOff => "cut-off",
            Self::DeniedByOwner => "denied-by-owner",
            Self::Hit => "hit",
        }
    }
}

/// What a record's own columns say of whether it may match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stated<T> {
    pub(crate) withdrawn: bool,
    /// Whether it stands in a database to which only the issuing country may add.
    pub(crate) issuer_only: bool,
    /// The issuer, where one is stated.
    pub(crate) issuer: Option<T>,
    /// Who entered it; `None` where nobody is named.
    pub(crate) owner: Option<T>,
    /// Last day, in days since 1970-01-01.
    pub(crate) expires_on: Option<i32>,
}

/// Whether a status is that of a record that its owner withdrew.
pub(crate) fn is_withdrawn(status: Option<&str>) -> bool {
    status == Some("withdrawn")
}

/// Whether only the issuing country may add to a database.
pub(crate) fn is_issuer_only(database: &str) -> bool {
    database.trim().eq_ignore_ascii_case(ISSUER_ONLY)
}

/// Why a record may match nobody; `None` where it may.
///
/// * `as_of`: the day on which expiry is judged, in days since 1970-01-01;
/// * `owned`: whether the records say whose they are.
pub(crate) fn kept_back<T: PartialEq>(stated: &Stated<T>, as_of: Option<i32>, owned: bool) -> Option<Answer> {
    if stated.withdrawn {
        return Some(Answer::OnlyExpiredOrWithdrawn);
    }
    if owned && stated.issuer_only && stated.issuer.is_some() && stated.owner != stated.issuer {
        return Some(Answer::OwnerIsNotIssuer);
    }
    match (stated.expires_on, as_of) {
        (Some(_), None) => Some(Answer::ExpiryCannotBeJudged),
        (Some(last), Some(day)) if last < day => Some(Answer::OnlyExpiredOrWithdrawn),
        (None, _) | (Some(_), Some(_)) => None,
    }
}

/// The answer that a record gives to an asker whose key it has; as for [`kept_back`].
pub(crate) fn answer(asked: &Asked, held: &Held, as_of: Option<i32>, owned: bool, countries: &Countries) -> Answer {
    let stated = Stated {
        withdrawn: is_withdrawn(held.status.as_deref()),
        issuer_only: is_issuer_only(&held.database),
        issuer: countries.code(held.issuer.as_deref()),
        owner: countries.code(held.owner.as_deref()),
        expires_on: held.expires_on,
    };
    if let Some(answer) = kept_back(&stated, as_of, owned) {
        return answer;
    }
    if countries.denies(held.deny.as_deref(), asked.by.as_deref()) { Answer::DeniedByOwner } else { Answer::Hit }
}
