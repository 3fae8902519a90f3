//! Decisions of people on hits: a log that is only ever added to, and the state of review in table `hit`.
//!
//! The log is a chain: the first answer stays readable whatever is decided later.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, IntoColumn as _, NamedFrom as _, Series};
use quipu_schema::{ErrorKind, Fault, Result};
use serde_json::{Value, json};

use crate::batch::{hits_of, written};
use crate::chain;
use crate::folder::{Folder, HITS};
use crate::frame::{polars, text};

const LOG: &str = "decisions.ndjson";

/// States that people decide on, with those that each may follow. What a machine found is a candidate; a decision is
/// taken up again by way of `under_review`.
const STATES: [(&str, &[&str]); 4] = [
    ("under_review", &["candidate", "confirmed", "not_identical", "inconclusive"]),
    ("confirmed", &["candidate", "under_review"]),
    ("not_identical", &["candidate", "under_review"]),
    ("inconclusive", &["candidate", "under_review"]),
];

/// A decision on one hit.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The check.
    pub check_id: String,
    /// The record.
    pub record_id: String,
    /// The new state.
    pub state: String,
    /// Who decided.
    pub by: String,
    /// Why.
    pub note: Option<String>,
    /// When, in ISO 8601.
    pub at: String,
}

/// Takes a decision on a hit of the run in a folder down, and gives the state before it.
///
/// # Errors
/// `Usage` where the run has no such hit, or the state may not follow the present one; `Corrupt` where the log was
/// changed; `Storage` where it cannot be written.
pub fn decide(folder: &Path, decision: &Decision) -> Result<String> {
    let taken = Folder::take_existing(folder)?;
    // A process that was killed behind the log has not changed the table.
    let mut hits = with_states(&decisions(folder)?, hits_of(folder)?)?;
    let (checks, records) = (text(&hits, "check_id")?, text(&hits, "record_id")?);
    let pair = (Some(decision.check_id.as_str()), Some(decision.record_id.as_str()));
    let row = checks.iter().zip(records.iter()).position(|row| row == pair).ok_or_else(|| {
        let message = format!("the run has no hit of check `{}` on record `{}`", decision.check_id, decision.record_id);
        Fault::new(ErrorKind::Usage, message).at(folder.display())
    })?;
    let states = text(&hits, "state")?;
    let before = states.get(row).unwrap_or_default().to_owned();
    let known = STATES.iter().find(|(state, _)| *state == decision.state);
    let Some((_, may_follow)) = known else {
        let all: Vec<&str> = STATES.iter().map(|(state, _)| *state).collect();
        let message = format!("`{}` is not a state that is decided on; there are {}", decision.state, all.join(", "));
        return Err(Fault::new(ErrorKind::Usage, message));
    };
    if !may_follow.contains(&before.as_str()) {
        let message = format!("a hit that is `{before}` cannot become `{}`", decision.state);
        let fault = Fault::new(ErrorKind::Usage, message);
        return Err(if STATES.iter().any(|(state, _)| *state == before) && before != decision.state {
            fault.help("take it up again first: decide on `under_review`")
        } else {
            fault
        });
    }
    // The log first: a table without the decision can be made from it, a decision without its log cannot.
    append(folder, decision, &before)?;
    let changed: Series = Series::new(
        "state".into(),
        states
            .iter()
            .enumerate()
            .map(|(at, state)| if at == row { Some(decision.state.as_str()) } else { state })
            .collect::<Vec<Option<&str>>>(),
    );
    hits.with_column(changed.into_column()).map_err(polars)?;
    written(&taken, &hits)?.place(&folder.join(HITS))?;
    Ok(before)
}

fn append(folder: &Path, decision: &Decision, before: &str) -> Result<()> {
    // All of it is looked at first: a log that was changed is told before anything is added to it.
    decisions(folder)?;
    let line = json!({
        "at": decision.at,
        "by": decision.by,
        "check_id": decision.check_id,
        "record_id": decision.record_id,
        "from": before,
        "to": decision.state,
        "note": decision.note,
    });
    chain::append(&folder.join(LOG), [line])
}

/// The decisions of a run, in the order in which they were taken.
///
/// # Errors
/// `Corrupt` with the line where one was changed, moved or taken out.
pub fn decisions(folder: &Path) -> Result<Vec<Value>> {
    let mut lines = Vec::new();
    chain::visit(&folder.join(LOG), |line| {
        lines.push(line.clone());
        Ok(())
    })?;
    Ok(lines)
}

/// That no decision is lost in a folder that already has some: the run that is made there has to follow on them.
///
/// # Errors
/// `Usage` where it does not.
pub(crate) fn check_kept(since: Option<&Path>, out: &Path) -> Result<()> {
    let there = decisions(out)?;
    if there.is_empty() {
        return Ok(());
    }
    let handed = since.map(decisions).transpose()?.unwrap_or_default();
    if handed.starts_with(&there) {
        return Ok(());
    }
    Err(Fault::new(ErrorKind::Usage, "the folder holds decisions that the new run would not have")
        .at(out.join(LOG).display())
        .help("name this folder with --since to keep them, or another folder with --out"))
}

/// The decisions of the run before, for the run that follows it.
#[derive(Debug)]
pub(crate) struct Handed {
    lines: Vec<Value>,
    /// The folder that they are of.
    from: PathBuf,
}

impl Handed {
    /// Reads the decisions of a run.
    pub(crate) fn read(from: &Path) -> Result<Self> {
        Ok(Self { lines: decisions(from)?, from: from.to_path_buf() })
    }

    /// Gives the hits the states that were decided on.
    pub(crate) fn applied(&self, hits: DataFrame) -> Result<DataFrame> {
        with_states(&self.lines, hits)
    }

    /// Takes the log over into the folder of the new run.
    pub(crate) fn place(&self, to: &Folder) -> Result<()> {
        let target = to.path().join(LOG);
        let own = std::path::absolute(self.from.join(LOG)).ok() == std::path::absolute(&target).ok();
        if self.lines.is_empty() || own {
            return Ok(());
        }
        let mut copy = to.temporary()?;
        for line in &self.lines {
            let written = copy.write_all(format!("{line}\n").as_bytes());
            written.map_err(|error| Fault::io(ErrorKind::Storage, "write", copy.path(), error))?;
        }
        copy.place(&target)
    }
}

/// Hits in the states that were decided on: what is gone stays gone, of all others the log has the last word.
fn with_states(lines: &[Value], mut hits: DataFrame) -> Result<DataFrame> {
    if lines.is_empty() {
        return Ok(hits);
    }
    let mut latest: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for line in lines {
        let of = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
        latest.insert((of("check_id"), of("record_id")), of("to"));
    }
    let states: Vec<Option<&str>> = text(&hits, "state")?
        .iter()
        .zip(text(&hits, "check_id")?.iter().zip(text(&hits, "record_id")?.iter()))
        .map(|(state, pair)| match (state, pair) {
            (Some("withdrawn"), _) => state,
            (_, (Some(check), Some(record))) => latest.get(&(check, record)).copied().or(state),
            _ => state,
        })
        .collect();
    let states = Series::new("state".into(), states);
    hits.with_column(states.into_column()).map_err(polars)?;
    Ok(hits)
}
