//! The audit trail of a folder of results: who asked what, for which purpose, and what was shown or withheld.
//!
//! No key stands in it, only a digest under a key of its own, by which whoever has that key can find the questions about
//! one object. The trail is added to before the table appears: what was written down may not have been shown in the end,
//! and what is shown was written down.

use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use polars::prelude::DataFrame;
use quipu_engine::{Screened, Secret};
use quipu_schema::{Digest, Result};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::chain;
use crate::frame::text;

const LOG: &str = "audit.ndjson";

/// The secret under which digests of keys are made, and checks are remembered.
#[derive(Clone)]
pub struct DigestKey(Vec<u8>);

impl DigestKey {
    /// From a text of any length; `None` from an empty one.
    pub fn new(secret: &str) -> Option<Self> {
        (!secret.is_empty()).then(|| Self(secret.as_bytes().to_vec()))
    }

    /// What checks are remembered under.
    pub(crate) fn secret(&self) -> Secret {
        Secret::of(&self.0)
    }

    /// HMAC-SHA-256 of kind and normal form, in hexadecimal digits.
    fn of(&self, kind: &str, key: &str) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(key.as_bytes());
        let bytes: [u8; 32] = mac.finalize().into_bytes().into();
        Some(Digest::from(bytes).to_string())
    }
}

impl std::fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DigestKey(…)")
    }
}

/// A line of the trail, without its number and its link to the line before.
#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Screened(Value),
    Shown(Shown<'a>),
    Gone(Gone<'a>),
    Withheld(Withheld<'a>),
}

#[derive(Serialize)]
struct Shown<'a> {
    event: &'static str,
    at: &'a str,
    asked_by: Option<&'a str>,
    purpose: Option<&'a str>,
    check_id: &'a str,
    record_id: &'a str,
    database: &'a str,
    key_kind: &'a str,
    grade: &'static str,
    key_digest: Option<String>,
}

/// A row that says of a hit of before that it is gone, which shows its record once more.
#[derive(Serialize)]
struct Gone<'a> {
    event: &'static str,
    at: &'a str,
    check_id: Option<&'a str>,
    record_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Withheld<'a> {
    event: &'static str,
    at: &'a str,
    asked_by: Option<&'a str>,
    purpose: Option<&'a str>,
    check_id: &'a str,
    record_id: &'a str,
    database: &'a str,
    owner: Option<&'a str>,
    grade: &'static str,
}

/// Writes down what a screening shows and withholds.
///
/// # Errors
/// Those of the log.
pub(crate) fn write_down(out: &Path, found: &Screened, table: &DataFrame, secret: Option<&DigestKey>) -> Result<()> {
    let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let at = at.as_str();
    let screened = json!({
        "event": "screened", "at": at, "checks": found.checks, "remembered": found.remembered,
        "records": found.records, "answers": found.answers,
        "record_snapshot": format!("f1:{}", found.snapshots.0), "check_snapshot": format!("f1:{}", found.snapshots.1),
        "rule_version": crate::RULE_VERSION,
    });
    let shown = found.hits.iter().map(|hit| {
        Line::Shown(Shown {
            event: "shown",
            at,
            asked_by: hit.asked_by.as_deref(),
            purpose: hit.purpose.as_deref(),
            check_id: &hit.check_id,
            record_id: &hit.record_id,
            database: &hit.database,
            key_kind: hit.key_kind,
            grade: hit.grade.word(),
            key_digest: secret.and_then(|secret| secret.of(hit.key_kind, &hit.key)),
        })
    });
    let withheld = found.withheld.iter().map(|one| {
        Line::Withheld(Withheld {
            event: "withheld",
            at,
            asked_by: one.asked_by.as_deref(),
            purpose: one.purpose.as_deref(),
            check_id: &one.check_id,
            record_id: &one.record_id,
            database: &one.database,
            owner: one.owner.as_deref(),
            grade: one.grade.word(),
        })
    });
    let (checks, records) = (text(table, "check_id")?, text(table, "record_id")?);
    let rows = text(table, "change")?.iter().zip(checks.iter().zip(records.iter()));
    let gone = rows
        .filter(|(change, _)| *change == Some("withdrawn"))
        .map(|(_, (check_id, record_id))| Line::Gone(Gone { event: "shown as withdrawn", at, check_id, record_id }));
    chain::append(&out.join(LOG), std::iter::once(Line::Screened(screened)).chain(shown).chain(gone).chain(withheld))
}

/// Checks the audit trail of a folder line by line and visits its lines; gives their number.
///
/// # Errors
/// `Corrupt` with the line that does not follow the one before it.
pub fn audit(folder: &Path, visit: impl FnMut(&Value) -> Result<()>) -> Result<u64> {
    chain::visit(&folder.join(LOG), visit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_depend_on_secret_kind_and_key() {
        let one = DigestKey::new("one").expect("a secret");
        let two = DigestKey::new("two").expect("a secret");
        assert_eq!(one.of("plate", "AB1"), one.of("plate", "AB1"));
        assert_ne!(one.of("plate", "AB1"), two.of("plate", "AB1"));
        assert_ne!(one.of("plate", "AB1"), one.of("vin", "AB1"));
        assert_eq!(one.of("plate", "AB1").map(|digest| digest.len()), Some(64));
        assert!(DigestKey::new("").is_none());
        assert_eq!(format!("{one:?}"), "DigestKey(…)");
    }
}
