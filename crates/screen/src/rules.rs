//! The owners' rules that decide whether a record may match at all (RPD: rules on the processing
//! of data; SLTD: stolen and lost travel documents).

use polars::prelude::DataFrame;
use quipu_schema::Result;
use quipu_schema::pipeline::Screen;

use crate::country::Countries;
use crate::frame::{bug, days, micros, text};

/// The database to which only the issuing country of a document may add.
const ISSUER_ONLY: &str = "SLTD";
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Whether a record may match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// It may.
    Open,
    /// Its owner withdrew it.
    Withdrawn,
    /// Its last day has passed.
    Expired,
    /// It has a last day, and no day is known on which to judge it.
    ExpiryUnknown,
    /// It stands in SLTD and was entered by another country than the one that issued the document.
    NotTheIssuer,
}

impl Standing {
    /// The rule's word in notes; `None` where the record may match.
    pub(crate) const fn rule(self) -> Option<&'static str> {
        match self {
            Self::Open => None,
            Self::Withdrawn => Some("withdrawn"),
            Self::Expired => Some("expired"),
            Self::ExpiryUnknown => Some("expiry-cannot-be-judged"),
            Self::NotTheIssuer => Some("owner-is-not-issuer"),
        }
    }
}

/// The day on which expiry is judged, as days since 1970-01-01: the pipeline's own, else the day of
/// the newest question. The clock is never asked, so that the same input gives the same hits.
pub(crate) fn as_of(screen: &Screen, checks: &DataFrame) -> Result<Option<i32>> {
    if let Some(day) = screen.as_of {
        let days = day.duration_since(jiff::civil::Date::constant(1970, 1, 1)).as_hours() / 24;
        return i32::try_from(days).map(Some).map_err(|_| bug("a day out of range"));
    }
    let newest = micros(checks, "asked_at")?.iter().flatten().max();
    newest.map(|at| i32::try_from(at.div_euclid(MICROS_PER_DAY)).map_err(|_| bug("a day out of range"))).transpose()
}

/// Judges every record.
pub(crate) fn judge(records: &DataFrame, as_of: Option<i32>, countries: &Countries) -> Result<Vec<Standing>> {
    let (status, expires) = (text(records, "status")?, days(records, "expires_on")?);
    let (database, owner, issuer) = (text(records, "database")?, text(records, "owner")?, text(records, "issuer")?);
    let rows = status.iter().zip(expires.iter()).zip(database.iter()).zip(owner.iter()).zip(issuer.iter());
    Ok(rows
        .map(|((((status, expires), database), owner), issuer)| {
            if status == Some("withdrawn") {
                return Standing::Withdrawn;
            }
            if database.is_some_and(|name| name.trim().eq_ignore_ascii_case(ISSUER_ONLY))
                && let Some(issuer) = countries.code(issuer)
                && countries.code(owner).as_ref() != Some(&issuer)
            {
                return Standing::NotTheIssuer;
            }
            match (expires, as_of) {
                (Some(_), None) => Standing::ExpiryUnknown,
                (Some(last), Some(day)) if last < day => Standing::Expired,
                (None, _) | (Some(_), Some(_)) => Standing::Open,
            }
        })
        .collect())
}
