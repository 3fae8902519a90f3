//! What every stage gets and what it gives back.

use quipu_schema::pipeline::Pipeline;
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, ErrorKind, Fault};
use serde::{Deserialize, Serialize};

use crate::{Ledger, Store};

/// What one stage did, for the runner to print.
#[derive(Debug)]
pub struct StageReport {
    /// The stage: `ingest`, `transform`, `screen` or `export`.
    pub stage: &'static str,
    /// Whether anything was published that was not there before.
    pub changed: bool,
    /// The sources, in the order of the pipeline file.
    pub sources: Vec<SourceReport>,
    /// Id of the snapshot or release.
    pub output: Option<Digest>,
    /// Remarks for people, one line each.
    pub notes: Vec<String>,
}

/// What one stage did with one source.
#[derive(Debug)]
pub struct SourceReport {
    /// The source's id.
    pub source: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The account of what was read.
    pub tally: Tally,
    /// Remarks for people, one line each.
    pub notes: Vec<String>,
    /// What statistical checks found, the gravest first.
    pub findings: Vec<Found>,
}

/// What one statistical check found in one source, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The check.
    pub check: String,
    /// How grave it is: `info`, `warning`, `error`.
    pub severity: String,
    /// How many findings: rows of the table `finding`.
    pub findings: u64,
    /// How many places they are about.
    pub places: u64,
    /// The first few with their place, for people.
    pub first: Vec<String>,
}

/// How a stage ended for one source.
#[derive(Debug)]
pub enum Outcome {
    /// Done.
    Done,
    /// Nothing to do: the ingredients are those of the last time.
    Unchanged,
    /// This source failed; the others went on.
    Failed(Fault),
}

impl StageReport {
    /// The account over all sources.
    pub fn tally(&self) -> Tally {
        let mut sum = Tally::default();
        for source in &self.sources {
            sum.add(&source.tally);
        }
        sum
    }

    /// The failure that should decide the exit code: the gravest kind, the first source among equals.
    pub fn worst(&self) -> Option<&Fault> {
        self.sources
            .iter()
            .filter_map(|source| match &source.outcome {
                Outcome::Failed(fault) => Some(fault),
                Outcome::Done | Outcome::Unchanged => None,
            })
            .min_by_key(|fault| gravity(fault.kind()))
    }
}

/// Rank of a kind of failure, gravest first: what needs a developer, then what needs a person,
/// then what goes away by waiting.
const fn gravity(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Bug => 0,
        ErrorKind::Usage => 1,
        ErrorKind::Pipeline => 2,
        ErrorKind::Corrupt => 3,
        ErrorKind::Contract => 4,
        ErrorKind::Shape => 5,
        ErrorKind::Interrupted => 6,
        ErrorKind::Storage => 7,
        ErrorKind::Locked => 8,
        ErrorKind::Refused => 9,
        ErrorKind::Source => 10,
        ErrorKind::Upstream => 11,
    }
}

/// Hears how far a stage is. Called from several threads.
pub trait Progress: Sync {
    /// A piece of work begins; `total` is its size in units of the stage's choice, where known.
    fn begin(&self, what: &str, total: Option<u64>);
    /// So many more units are done.
    fn advance(&self, by: u64);
    /// The piece of work is over.
    fn end(&self);
}

/// Progress that nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _what: &str, _total: Option<u64>) {}
    fn advance(&self, _by: u64) {}
    fn end(&self) {}
}

/// What every stage gets.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The store, locked by the runner.
    pub store: &'a Store,
    /// The store's ledger.
    pub ledger: &'a Ledger,
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// Id of this run in the ledger.
    pub run: i64,
    /// Version of the binary, an ingredient of everything it makes.
    pub build: &'a str,
    /// The moment (RFC 3339 in UTC) whose captures are used instead of the current ones.
    pub as_of: Option<&'a str>,
    /// Whether the network is forbidden.
    pub offline: bool,
    /// The only source to work on, where one was asked for.
    pub only: Option<&'a str>,
    /// Who watches.
    pub progress: &'a dyn Progress,
}

impl Context<'_> {
    /// The name under which the pipeline's captures stand. A pipeline as of a moment publishes under a
    /// name of its own (`name@moment`), beside what is current.
    pub fn captured_as(&self) -> &str {
        captured_as(&self.pipeline.name)
    }
}

/// The name under which the captures of a pipeline stand, also where it is one as of a moment.
pub fn captured_as(pipeline: &str) -> &str {
    pipeline.split('@').next().unwrap_or(pipeline)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(id: &str, outcome: Outcome, read: u64) -> SourceReport {
        SourceReport {
            source: id.to_owned(),
            outcome,
            tally: Tally { read, published: read, ..Tally::default() },
            notes: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn report(sources: Vec<SourceReport>) -> StageReport {
        StageReport { stage: "transform", changed: true, sources, output: None, notes: Vec::new() }
    }

    #[test]
    fn sums_and_picks_the_gravest_failure() {
        let report = report(vec![
            source("a", Outcome::Failed(Fault::new(ErrorKind::Upstream, "timeout")), 0),
            source("b", Outcome::Failed(Fault::new(ErrorKind::Shape, "first")), 2),
            source("c", Outcome::Done, 3),
            source("d", Outcome::Failed(Fault::new(ErrorKind::Shape, "second")), 4),
        ]);
        assert_eq!(report.tally().read, 9);
        assert_eq!(report.worst().map(Fault::message), Some("first"));
    }

    #[test]
    fn no_failure_no_worst() {
        assert!(report(vec![source("a", Outcome::Unchanged, 1)]).worst().is_none());
    }

    #[test]
    fn every_kind_has_its_own_gravity() {
        let ranks: std::collections::BTreeSet<u8> = ErrorKind::ALL.into_iter().map(gravity).collect();
        assert_eq!(ranks.len(), ErrorKind::ALL.len());
    }

    #[test]
    fn a_context_can_be_shared_between_threads() {
        const fn shared<T: Send + Sync>() {}
        shared::<Context<'static>>();
        shared::<Store>();
        shared::<Ledger>();
    }
}
