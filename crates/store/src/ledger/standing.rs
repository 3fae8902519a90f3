//! Which captures are current, and which were when.

use std::collections::{BTreeMap, BTreeSet};

use quipu_schema::{Digest, Fault, Result};
use rusqlite::{TransactionBehavior, params};

use super::{CAPTURE, Capture, Ledger, capture_from, now};

/// A capture, and how many later ones there are under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// The capture.
    pub capture: Capture,
    /// How many later editions there are: 0 for the one that is current.
    pub earlier: usize,
}

impl Ledger {
    /// What the last complete ingest of a source captured, sorted by name.
    pub fn current_captures(&self, pipeline: &str, source: &str) -> Result<Vec<Capture>> {
        self.standing(pipeline, source, None)
    }

    /// What was current at a moment (RFC 3339 in UTC), or is now; sorted by name.
    fn standing(&self, pipeline: &str, source: &str, at: Option<&str>) -> Result<Vec<Capture>> {
        let when = match at {
            None => "k.until IS NULL AND ?3 IS NULL",
            Some(_) => "k.since <= ?3 AND (k.until IS NULL OR k.until > ?3)",
        };
        let query = format!(
            "SELECT {CAPTURE} FROM standing AS k JOIN capture AS c ON c.id = k.capture \
             WHERE k.pipeline = ?1 AND k.source = ?2 AND {when} ORDER BY c.name, c.digest"
        );
        self.with("read the current captures", |connection| {
            connection.prepare_cached(&query)?.query_map(params![pipeline, source, at], capture_from)?.collect()
        })
    }

    /// Every edition of the documents of a source: what is current first, then what was current under the
    /// same names before, the later ones first. What came in a run that was not complete never was current, and is none.
    /// With `as_of` (RFC 3339 in UTC), what was so then.
    pub fn editions(&self, pipeline: &str, source: &str, as_of: Option<&str>) -> Result<Vec<Edition>> {
        let current = self.standing(pipeline, source, as_of)?;
        let query = format!(
            "SELECT {CAPTURE} FROM standing AS k JOIN capture AS c ON c.id = k.capture WHERE k.pipeline = ?1 \
             AND k.source = ?2 AND k.until IS NOT NULL AND (?3 IS NULL OR k.since <= ?3) ORDER BY k.since DESC, k.rowid DESC"
        );
        let before: Vec<Capture> = self.with("read the captures", |connection| {
            connection.prepare_cached(&query)?.query_map(params![pipeline, source, as_of], capture_from)?.collect()
        })?;
        // By name, the digests that are there already. What was captured under another name is gone.
        let mut known: BTreeMap<String, BTreeSet<Digest>> = BTreeMap::new();
        for capture in &current {
            known.entry(capture.name.clone()).or_default().insert(capture.digest);
        }
        let mut earlier = Vec::new();
        for capture in before {
            let Some(digests) = known.get_mut(&capture.name) else { continue };
            let number = digests.len();
            if digests.insert(capture.digest) {
                earlier.push(Edition { capture, earlier: number });
            }
        }
        earlier.sort_by(|a, b| (a.earlier, &a.capture.name).cmp(&(b.earlier, &b.capture.name)));
        let current = current.into_iter().map(|capture| Edition { capture, earlier: 0 });
        Ok(current.chain(earlier).collect())
    }

    /// Replaces what is current for a source, all at once: names and digests, each of which stands for its newest capture
    /// that is not suspect, whichever run made it (where a server said "not modified", an earlier one did).
    ///
    /// # Errors
    /// [`quipu_schema::ErrorKind::Bug`] where one was never captured from this source; then nothing changes.
    pub fn set_current(&self, pipeline: &str, source: &str, captures: &[(&str, Digest)]) -> Result<()> {
        let wanted: BTreeSet<(String, String)> =
            captures.iter().map(|(name, digest)| ((*name).to_owned(), digest.to_string())).collect();
        let missing = self.with("record what is current", |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let now = now();
            let mut standing: BTreeMap<(String, String), (i64, i64)> = transaction
                .prepare_cached(
                    "SELECT c.name, c.digest, k.rowid, k.capture FROM standing AS k JOIN capture AS c ON c.id = k.capture \
                     WHERE k.pipeline = ?1 AND k.source = ?2 AND k.until IS NULL",
                )?
                .query_map([pipeline, source], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?))))?
                .collect::<rusqlite::Result<_>>()?;
            let mut newest = transaction.prepare_cached(
                "SELECT id FROM capture WHERE pipeline = ?1 AND source = ?2 AND name = ?3 AND digest = ?4 \
                 AND suspect IS NULL ORDER BY id DESC LIMIT 1",
            )?;
            let mut begin = transaction.prepare_cached(
                "INSERT INTO standing (pipeline, source, capture, since) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for key in &wanted {
                let found = newest.query_map(params![pipeline, source, key.0, key.1], |row| row.get::<_, i64>(0))?.next();
                let Some(id) = found.transpose()? else { return Ok(Some(key.0.clone())) };
                match standing.remove(key) {
                    None => drop(begin.execute(params![pipeline, source, id, now])?),
                    Some((_, capture)) if capture == id => {}
                    // The same bytes once more: what is known of them is what came with them last.
                    Some((row, _)) => {
                        transaction
                            .prepare_cached("UPDATE standing SET capture = ?2 WHERE rowid = ?1")?
                            .execute([row, id])?;
                    }
                }
            }
            drop((newest, begin));
            for (row, _) in standing.into_values() {
                transaction
                    .prepare_cached("UPDATE standing SET until = ?2 WHERE rowid = ?1")?
                    .execute(params![row, now])?;
            }
            transaction.commit()?;
            Ok(None)
        })?;
        match missing {
            None => Ok(()),
            Some(name) => Err(Fault::bug(format!("source `{source}` never captured these bytes of {name}"))),
        }
    }
}
