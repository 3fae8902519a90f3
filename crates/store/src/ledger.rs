//! The ledger: which runs there were, what they captured and when, what each stage did.
//!
//! This is the only place that tells wall-clock time. Nothing in it is needed to read what was
//! published; without it, only the history and the next run's knowledge of what is current are lost.

mod completeness;
mod open;
mod standing;

pub use completeness::Completeness;
pub use standing::Edition;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use quipu_schema::tally::Tally;
use quipu_schema::{Digest, Fault, Result};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One capture: which bytes a source gave, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Capture {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Id of the source.
    pub source: String,
    /// File name or URL without credentials.
    pub name: String,
    /// SHA-256 of the archived bytes.
    pub digest: Digest,
    /// How many bytes.
    pub size: u64,
    /// How it was captured: the kind of its source.
    pub kind: String,
    /// Media type, where stated.
    pub media_type: Option<String>,
    /// HTTP status.
    pub status: Option<u16>,
    /// HTTP headers worth keeping, in order.
    pub headers: Vec<(String, String)>,
    /// URLs that redirected here, in order.
    pub redirects: Vec<String>,
    /// Why its bytes are not taken for data; `None` where they are. What is suspect is kept and shown, and never current.
    pub suspect: Option<String>,
    /// The archive that it is a member of.
    pub parent: Option<Digest>,
    /// When it was captured, RFC 3339 in UTC. The ledger fills this in; what is passed to it does not count.
    pub captured_at: String,
}

/// One run of the binary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRecord {
    /// Id, growing.
    pub id: i64,
    /// Name of the pipeline.
    pub pipeline: String,
    /// The command line, without secrets.
    pub command: String,
    /// Version of the binary.
    pub build: String,
    /// When it began, RFC 3339 in UTC.
    pub started_at: String,
    /// When it ended; `None` while it runs or where it was killed.
    pub finished_at: Option<String>,
    /// Its exit code.
    pub exit_code: Option<u8>,
    /// What the runner had to say of it.
    pub summary: Option<serde_json::Value>,
}

/// One stage of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageRecord {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Name of the stage.
    pub stage: String,
    /// Digest over everything that went in.
    pub ingredients: Digest,
    /// Whether anything new was published.
    pub changed: bool,
    /// The account over all sources.
    pub tally: Tally,
    /// Id of the snapshot or release.
    pub output: Option<Digest>,
}

/// The ledger of a store. Usable from several threads; calls wait for each other.
#[derive(Debug)]
pub struct Ledger {
    connection: Mutex<Connection>,
    path: PathBuf,
}

const RUN: &str = "id, pipeline, command, build, started_at, finished_at, exit_code, summary";
const CAPTURE: &str = "c.pipeline, c.source, c.name, c.digest, c.size, c.kind, c.media_type, c.status, c.headers, \
                       c.redirects, c.captured_at, c.suspect, c.parent";
const STAGE: &str = "pipeline, stage, ingredients, changed, tally, output";

impl Ledger {
    /// Opens the ledger at `path` and brings it to the present version.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let connection = open::open(path)?;
        Ok(Self { connection: Mutex::new(connection), path: path.to_owned() })
    }

    /// Records the beginning of a run and returns its id.
    ///
    /// # Errors
    /// [`quipu_schema::ErrorKind::Storage`] and so on, as for all methods: where the ledger cannot be written or read.
    pub fn begin_run(&self, pipeline: &str, command: &str, build: &str) -> Result<i64> {
        self.with("record the run", |connection| {
            connection.execute(
                "INSERT INTO run (pipeline, command, build, started_at) VALUES (?1, ?2, ?3, ?4)",
                params![pipeline, command, build, now()],
            )?;
            Ok(connection.last_insert_rowid())
        })
    }

    /// Records the end of a run. A run without one was killed, or still goes on.
    pub fn finish_run(&self, run: i64, exit_code: u8, summary: &serde_json::Value) -> Result<()> {
        let changed = self.with("record the end of the run", |connection| {
            connection.execute(
                "UPDATE run SET finished_at = ?2, exit_code = ?3, summary = ?4 WHERE id = ?1",
                params![run, now(), exit_code, summary.to_string()],
            )
        })?;
        if changed == 1 { Ok(()) } else { Err(Fault::bug(format!("there is no run {run} in the ledger"))) }
    }

    /// The newest runs first, at most `limit`, of one pipeline or of all.
    pub fn runs(&self, pipeline: Option<&str>, limit: u32) -> Result<Vec<RunRecord>> {
        let query = format!("SELECT {RUN} FROM run WHERE ?1 IS NULL OR pipeline = ?1 ORDER BY id DESC LIMIT ?2");
        self.with("list the runs", |connection| {
            connection.prepare(&query)?.query_map(params![pipeline, limit], run_from)?.collect()
        })
    }

    /// Records a capture, also of unchanged bytes. Returns whether the bytes differ from those
    /// captured last under this pipeline, source and name, or are the first.
    pub fn record_capture(&self, run: i64, capture: &Capture) -> Result<bool> {
        Ok(self.record_captures(run, std::slice::from_ref(capture))? > 0)
    }

    /// As [`Self::record_capture`], of many at once; returns how many have other bytes than before.
    pub fn record_captures(&self, run: i64, captures: &[Capture]) -> Result<u64> {
        let as_json = |capture: &Capture| Ok((json(&capture.headers)?, json(&capture.redirects)?));
        let as_json = captures.iter().map(as_json).collect::<Result<Vec<_>>>()?;
        self.with("record the captures", |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut new = 0;
            for (capture, (headers, redirects)) in captures.iter().zip(&as_json) {
                new += u64::from(insert_capture(&transaction, run, capture, (headers, redirects))?);
            }
            transaction.commit()?;
            Ok(new)
        })
    }

    /// Marks captures of a document as suspect, for a reason that showed only when somebody read it.
    pub fn doubt(&self, pipeline: &str, source: &str, (name, digest): (&str, &Digest), why: &str) -> Result<()> {
        self.with("record what is suspect", |connection| {
            connection.execute(
                "UPDATE capture SET suspect = ?5 WHERE pipeline = ?1 AND source = ?2 AND name = ?3 AND digest = ?4 \
                 AND suspect IS NULL",
                params![pipeline, source, name, digest.to_string(), why],
            )?;
            Ok(())
        })
    }

    /// The newest capture of each name of a source, whether the ingest that it is of was complete or not.
    pub fn newest_captures(&self, pipeline: &str, source: &str) -> Result<Vec<Capture>> {
        let query = format!(
            "SELECT {CAPTURE} FROM capture AS c WHERE c.id IN (SELECT max(id) FROM capture WHERE pipeline = ?1 AND \
             source = ?2 AND suspect IS NULL GROUP BY name) ORDER BY c.name"
        );
        self.with("read the newest captures", |connection| {
            connection.prepare_cached(&query)?.query_map(params![pipeline, source], capture_from)?.collect()
        })
    }

    /// When bytes were first captured, from any source: RFC 3339 in UTC.
    pub fn first_captured(&self, digest: &Digest) -> Result<Option<String>> {
        self.with("look up a capture", |connection| {
            connection
                .prepare_cached("SELECT min(captured_at) FROM capture WHERE digest = ?1")?
                .query_row([digest.to_string()], |row| row.get(0))
        })
    }

    /// Records what one stage of a run did.
    pub fn record_stage(&self, run: i64, entry: &StageRecord) -> Result<()> {
        let tally = json(&entry.tally)?;
        let output = entry.output.map(|digest| digest.to_string());
        self.with("record the stage", |connection| {
            connection.execute(
                "INSERT INTO stage (run, pipeline, stage, ingredients, changed, tally, output, recorded_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    run,
                    entry.pipeline,
                    entry.stage,
                    entry.ingredients.to_string(),
                    entry.changed,
                    tally,
                    output,
                    now(),
                ],
            )?;
            Ok(())
        })
    }

    /// The stages of a run, in the order they were recorded.
    pub fn stages(&self, run: i64) -> Result<Vec<StageRecord>> {
        let query = format!("SELECT {STAGE} FROM stage WHERE run = ?1 ORDER BY id");
        self.with("list the stages", |connection| connection.prepare(&query)?.query_map([run], stage_from)?.collect())
    }

    /// What a stage did last for a pipeline.
    pub fn last_stage(&self, pipeline: &str, stage: &str) -> Result<Option<StageRecord>> {
        let query = format!("SELECT {STAGE} FROM stage WHERE pipeline = ?1 AND stage = ?2 ORDER BY id DESC LIMIT 1");
        self.with("look up the stage", |connection| {
            connection.query_row(&query, params![pipeline, stage], stage_from).optional()
        })
    }

    /// Runs `work` on the connection and says what failed.
    fn with<T>(&self, doing: &str, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T> {
        // A thread that panicked in here rolled its transaction back: the connection is still good.
        let mut connection: MutexGuard<'_, Connection> = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut connection).map_err(|error| open::fault(doing, &self.path, error))
    }
}

/// Adds a capture; gives whether its bytes differ from those before it under its name, or are the first.
fn insert_capture(
    connection: &Connection,
    run: i64,
    capture: &Capture,
    (headers, redirects): (&str, &str),
) -> rusqlite::Result<bool> {
    let digest = capture.digest.to_string();
    let size = i64::try_from(capture.size).unwrap_or(i64::MAX);
    let before: Option<String> = connection
        .prepare_cached(
            "SELECT digest FROM capture WHERE pipeline = ?1 AND source = ?2 AND name = ?3 \
             AND suspect IS NULL ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![capture.pipeline, capture.source, capture.name], |row| row.get(0))
        .optional()?;
    connection
        .prepare_cached(
            "INSERT INTO capture (run, pipeline, source, name, digest, size, kind, media_type, status, \
             headers, redirects, captured_at, suspect, parent) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            run,
            capture.pipeline,
            capture.source,
            capture.name,
            digest,
            size,
            capture.kind,
            capture.media_type,
            capture.status,
            headers,
            redirects,
            now(),
            capture.suspect,
            capture.parent.map(|parent| parent.to_string()),
        ])?;
    Ok(before.as_ref() != Some(&digest))
}

fn run_from(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    Ok(RunRecord {
        id: row.get(0)?,
        pipeline: row.get(1)?,
        command: row.get(2)?,
        build: row.get(3)?,
        started_at: row.get(4)?,
        finished_at: row.get(5)?,
        exit_code: row.get(6)?,
        summary: match row.get::<_, Option<String>>(7)? {
            Some(text) => Some(from_json(7, &text)?),
            None => None,
        },
    })
}

fn capture_from(row: &Row<'_>) -> rusqlite::Result<Capture> {
    let size: i64 = row.get(4)?;
    Ok(Capture {
        pipeline: row.get(0)?,
        source: row.get(1)?,
        name: row.get(2)?,
        digest: digest_from(3, &row.get::<_, String>(3)?)?,
        size: u64::try_from(size).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(4, size))?,
        kind: row.get(5)?,
        media_type: row.get(6)?,
        status: row.get(7)?,
        headers: from_json(8, &row.get::<_, String>(8)?)?,
        redirects: from_json(9, &row.get::<_, String>(9)?)?,
        captured_at: row.get(10)?,
        suspect: row.get(11)?,
        parent: row.get::<_, Option<String>>(12)?.map(|text| digest_from(12, &text)).transpose()?,
    })
}

fn stage_from(row: &Row<'_>) -> rusqlite::Result<StageRecord> {
    Ok(StageRecord {
        pipeline: row.get(0)?,
        stage: row.get(1)?,
        ingredients: digest_from(2, &row.get::<_, String>(2)?)?,
        changed: row.get(3)?,
        tally: from_json(4, &row.get::<_, String>(4)?)?,
        output: match row.get::<_, Option<String>>(5)? {
            Some(text) => Some(digest_from(5, &text)?),
            None => None,
        },
    })
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Fault::bug("a ledger entry cannot be written as JSON").because(error))
}

fn from_json<T: DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

fn digest_from(column: usize, text: &str) -> rusqlite::Result<Digest> {
    text.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// Now, RFC 3339 in UTC with milliseconds, always of the same width so that text sorts by time.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests;
