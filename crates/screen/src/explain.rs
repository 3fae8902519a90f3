//! A hit of a run, reckoned again from its sources and held against the row that the run stored.

use std::path::Path;

use quipu_engine::{Countries, Explained};
use quipu_schema::{ErrorKind, Fault, Result};

use crate::account::{account_of, asked_for};
use crate::audit::DigestKey;
use crate::batch::hits_of;
use crate::frame::text;
use crate::past::books;

/// A hit, explained.
#[derive(Debug)]
pub struct Traced {
    /// Columns of the stored row, by name.
    pub stored: Vec<(&'static str, String)>,
    /// The pair of rows that the hit is of: the one that gives the strongest hit, where several rows have the ids. `None`
    /// of a hit that was withdrawn because check or record are gone.
    pub explained: Option<Explained>,
    /// What the stored row says otherwise than the reckoning, where it does.
    pub differs: Vec<String>,
}

/// Columns that are shown of the stored row.
const SHOWN: [&str; 9] =
    ["database", "key_kind", "key", "grade", "reasons", "change", "state", "rule_version", "marking"];

/// Reckons a hit of the run in a folder again; `secret` opens the checks that the run remembers.
///
/// # Errors
/// `Usage` where the folder is that of no run, the run has no such hit, or its rows are gone from the sources; those of
/// the files.
pub fn trace_hit(folder: &Path, check_id: &str, record_id: &str, secret: Option<&DigestKey>) -> Result<Traced> {
    let hits = hits_of(folder)?;
    let (checks, records) = (text(&hits, "check_id")?, text(&hits, "record_id")?);
    let mut rows = checks.iter().zip(records.iter());
    let row = rows.position(|row| row == (Some(check_id), Some(record_id))).ok_or_else(|| {
        let message = format!("the run has no hit of check `{check_id}` on record `{record_id}`");
        Fault::new(ErrorKind::Usage, message).at(folder.display())
    })?;
    let mut stored = Vec::new();
    for name in SHOWN {
        stored.push((name, text(&hits, name)?.get(row).unwrap_or_default().to_owned()));
    }
    let (request, as_of) = asked_for(folder, secret)?;
    let withdrawn = stored.iter().any(|(name, text)| *name == "change" && text == "withdrawn");
    let pairs = match quipu_engine::explain(&request, &Countries::known(), check_id, record_id, as_of) {
        Err(fault) if fault.kind() == ErrorKind::Usage => {
            let sealed = secret.is_none() && !books(&account_of(folder)?, folder).is_empty();
            if sealed {
                return Err(fault.help("it may be one that the run remembers: set QUIPU_DIGEST_KEY to open those"));
            }
            if !withdrawn {
                return Err(fault);
            }
            return Ok(Traced { stored, explained: None, differs: Vec::new() });
        }
        pairs => pairs?,
    };
    let several = pairs.len() > 1;
    // In the order in which hits of the same ids are made one.
    let strongest =
        pairs.into_iter().min_by_key(|pair| (pair.hit.is_none(), pair.hit.clone(), std::cmp::Reverse(pair.answer)));
    let explained = strongest.ok_or_else(|| crate::frame::bug("no pair of rows"))?;
    let differs = differences(&stored, &explained, several);
    Ok(Traced { stored, explained: Some(explained), differs })
}

/// What the stored row says otherwise than the reckoning.
fn differences(stored: &[(&'static str, String)], explained: &Explained, several: bool) -> Vec<String> {
    let of = |name: &str| stored.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text.as_str());
    if of("change") == "withdrawn" {
        return match &explained.hit {
            None => Vec::new(),
            Some(_) => vec!["the row says that they no longer match, and they do".to_owned()],
        };
    }
    let Some(hit) = &explained.hit else {
        return vec!["the row says that they match, and they do not".to_owned()];
    };
    if of("rule_version") != crate::RULE_VERSION {
        let (row, own) = (of("rule_version"), crate::RULE_VERSION);
        return vec![format!("rule_version: the row is of version {row} of the rules, this program has {own}")];
    }
    let mut told = vec![("database", hit.database.clone()), ("key_kind", hit.key_kind.to_owned())];
    told.extend([("key", hit.key.clone()), ("grade", hit.grade.word().to_owned())]);
    if !several {
        // Of ids that stand in several rows the reasons and markings of all are joined.
        told.extend([("reasons", hit.reasons.join(";")), ("marking", hit.marking.0.to_string())]);
    }
    told.into_iter()
        .filter(|(name, text)| of(name) != text)
        .map(|(name, text)| format!("{name}: the row says `{}`, its sources give `{text}`", of(name)))
        .collect()
}
