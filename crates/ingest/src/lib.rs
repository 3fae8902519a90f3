//! Sources and the fetcher: from where documents are to archived bytes.
//!
//! Ingest renames, decodes and merges nothing. It archives each document of a source under its
//! SHA-256 and records a capture of it; when all documents of a source are in, they become the
//! source's current ones. A source that fails keeps those it had, and the others go on.

mod kind;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;

use quipu_schema::pipeline::{Source, suggestion};
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::{Capture, Context, Outcome, SourceReport, StageReport};
use tokio::runtime::Runtime;

use kind::{Document, Job};

/// Fetches the pipeline's sources (or the one that `context.only` names) into the archive.
///
/// The unit of each account is the document. Offline, nothing is fetched and the current captures
/// are reported.
///
/// # Errors
/// A failure of a source is in its report. An error of the whole stage is one that would meet
/// every source: a full disk, a damaged ledger, an unknown name in `context.only`.
pub fn run(context: &Context) -> Result<StageReport> {
    let sources = chosen(context)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|error| {
            Fault::new(ErrorKind::Storage, "cannot start the threads of the fetcher").because(error)
        })?;
    let mut reports = Vec::with_capacity(sources.len());
    let mut changed = false;
    for source in sources {
        let report = if context.offline { recall(context, source)? } else { ingest(context, &runtime, source)? };
        changed |= matches!(report.outcome, Outcome::Done);
        reports.push(report);
    }
    Ok(StageReport { stage: "ingest", changed, sources: reports, output: None, notes: Vec::new() })
}

/// The sources to work on, in the order of the pipeline file.
fn chosen<'a>(context: &Context<'a>) -> Result<Vec<&'a Source>> {
    let pipeline = context.pipeline;
    let Some(only) = context.only else { return Ok(pipeline.sources.iter().collect()) };
    if let Some(source) = pipeline.source(only) {
        return Ok(vec![source]);
    }
    let fault = Fault::new(ErrorKind::Usage, format!("pipeline `{}` has no source `{only}`", pipeline.name));
    let known: Vec<&str> = pipeline.sources.iter().map(|source| source.id.as_str()).collect();
    Err(match suggestion(only, known) {
        Some(help) => fault.help(help),
        None => fault,
    })
}

/// Fetches one source.
fn ingest(context: &Context, runtime: &Runtime, source: &Source) -> Result<SourceReport> {
    let pipeline = &context.pipeline.name;
    let before = context.ledger.current_captures(pipeline, &source.id)?;
    let fetcher = kind::of(&source.kind);
    let job = Job {
        archive: context.store.archive(),
        base: context.pipeline.file.parent().unwrap_or_else(|| Path::new("")),
        runtime,
        progress: context.progress,
    };
    let documents = match fetcher.fetch(&job) {
        Ok(documents) => documents,
        Err(fault) if concerns_the_source_only(fault.kind()) => {
            let mut notes = Vec::new();
            if !before.is_empty() {
                notes.push(format!("keeps the {} of its last good ingest", documents_word(before.len())));
            }
            return Ok(report(source, Outcome::Failed(fault), Tally::default(), notes));
        }
        Err(fault) => return Err(fault),
    };
    let digests: BTreeSet<Digest> = documents.iter().map(|document| document.archived.digest).collect();
    let total = documents.len();
    let mut notes = Vec::new();
    if digests.len() < total {
        notes.push(format!("{} have only {} different contents", documents_word(total), digests.len()));
    }
    // Only now, with all bytes in the archive: a reader must never see half a source.
    for document in documents {
        context.ledger.record_capture(context.run, &capture(pipeline, source, fetcher.word(), document))?;
    }
    let list: Vec<Digest> = digests.iter().copied().collect();
    context.ledger.set_current(context.run, pipeline, &source.id, &list)?;
    let known: BTreeSet<Digest> = before.iter().map(|capture| capture.digest).collect();
    let outcome = if known == digests { Outcome::Unchanged } else { Outcome::Done };
    Ok(report(source, outcome, all_published(total), notes))
}

/// What a source had at its last good ingest, without going to it.
fn recall(context: &Context, source: &Source) -> Result<SourceReport> {
    let editions = context.ledger.editions(context.captured_as(), &source.id, context.as_of)?;
    let current: Vec<_> = editions.into_iter().filter(|edition| edition.earlier == 0).collect();
    if current.is_empty() {
        let fault = Fault::new(ErrorKind::Source, "nothing of this source is in the archive, and fetching is off")
            .at(format!("source `{}`", source.id))
            .help("run `quipu ingest` once without `--offline`");
        return Ok(report(source, Outcome::Failed(fault), Tally::default(), Vec::new()));
    }
    Ok(report(source, Outcome::Unchanged, all_published(current.len()), Vec::new()))
}

/// Whether other sources can still succeed.
const fn concerns_the_source_only(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Source | ErrorKind::Refused | ErrorKind::Upstream)
}

fn capture(pipeline: &str, source: &Source, kind: &str, document: Document) -> Capture {
    let Document { name, archived, media_type, status, headers, redirects } = document;
    Capture {
        pipeline: pipeline.to_owned(),
        source: source.id.clone(),
        name,
        digest: archived.digest,
        size: archived.size,
        kind: kind.to_owned(),
        media_type,
        status,
        headers,
        redirects,
        captured_at: String::new(),
    }
}

fn report(source: &Source, outcome: Outcome, tally: Tally, notes: Vec<String>) -> SourceReport {
    SourceReport { source: source.id.clone(), outcome, tally, notes, findings: Vec::new() }
}

fn all_published(documents: usize) -> Tally {
    let read = documents as u64;
    Tally { read, published: read, ..Tally::default() }
}

fn documents_word(n: usize) -> String {
    if n == 1 { "1 document".to_owned() } else { format!("{n} documents") }
}
