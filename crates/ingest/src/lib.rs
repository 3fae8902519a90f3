//! Sources and the fetcher: from where documents are to archived bytes.
//!
//! Ingest renames, decodes and merges nothing. It archives each document of a source under its
//! SHA-256 and records a capture of it; when all documents of a source are in, they become the
//! source's current ones. A source that fails keeps those it had, and the others go on.

mod archive;
mod guard;
mod kind;
mod landing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use quipu_fetch::{Fetcher, HostRules};
use quipu_schema::pipeline::{Pipeline, Source, SourceKind, suggestion};
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::{Capture, Context, Outcome, Silent, SourceReport, StageReport};
use tokio::runtime::{Builder, Runtime};

use kind::{Document, Harvest, Job};
use landing::Clerk;

/// Sources that are fetched side by side; each host has its own bounds.
const SIDE_BY_SIDE: usize = 32;

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
    let runtime = runtime(sources.iter().filter(|source| goes_to_servers(source)).count())
        .map_err(|error| Fault::new(ErrorKind::Storage, "cannot start the threads of the fetcher").because(error))?;
    let fetcher = Arc::new(fetcher(context.pipeline));
    let new_beside_failure = AtomicBool::new(false);
    let reports = if context.offline {
        sources.iter().map(|source| recall(context, source)).collect::<Result<Vec<_>>>()?
    } else {
        std::thread::scope(|scope| {
            let clerk = Clerk::begin(scope, context)?;
            let broken = context.store.archive().broken_downloads()?;
            let network = Network {
                runtime: &runtime,
                fetcher: &fetcher,
                clerk: &clerk,
                broken: &broken,
                changed: &new_beside_failure,
            };
            let reports = all(context, &network, &sources);
            // What keeps the clerk from working ends the sources too, and the clerk knows more of it.
            clerk.end()?;
            reports
        })?
    };
    let changed =
        new_beside_failure.into_inner() || reports.iter().any(|report| matches!(report.outcome, Outcome::Done));
    Ok(StageReport { stage: "ingest", changed, sources: reports, output: None, notes: Vec::new() })
}

/// What sources share.
struct Network<'a> {
    runtime: &'a Runtime,
    fetcher: &'a Arc<Fetcher>,
    clerk: &'a Clerk<'a>,
    broken: &'a BTreeSet<Digest>,
    /// Whether a source that failed has something new all the same.
    changed: &'a AtomicBool,
}

/// Where network calls run. What documents need of a processor is little beside what threads need to wake each other: one
/// source is asked and listened to by one thread, and several share one that listens.
fn runtime(sources: usize) -> std::io::Result<Runtime> {
    let mut builder = if sources < 2 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.worker_threads(1).enable_all().build()
}

const fn goes_to_servers(source: &Source) -> bool {
    !matches!(source.kind, SourceKind::File(_))
}

/// Fetches all sources: those that go to servers side by side, files meanwhile one after the other. The reports are in the
/// order of the sources, whatever ends first.
fn all(context: &Context, network: &Network, sources: &[&Source]) -> Result<Vec<SourceReport>> {
    let numbered = || sources.iter().copied().enumerate();
    let (files, servers): (Vec<_>, Vec<_>) = numbered().partition(|(_, source)| !goes_to_servers(source));
    if servers.len() < 2 {
        return sources.iter().map(|source| ingest(context, network, source)).collect();
    }
    context.progress.begin("sources", Some(sources.len() as u64));
    // One bar for all of them: their own would be drawn over each other.
    let quiet = &Context { progress: &Silent, ..*context };
    let (next, stop, ended) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(BTreeMap::new()));
    let end = |(number, source): (usize, &Source)| {
        let report = ingest(quiet, network, source);
        // What meets one source in this way meets all of them.
        stop.fetch_or(report.is_err(), Ordering::Relaxed);
        ended.lock().unwrap_or_else(PoisonError::into_inner).insert(number, report);
        context.progress.advance(1);
    };
    std::thread::scope(|scope| {
        for _ in 0..servers.len().min(SIDE_BY_SIDE) {
            scope.spawn(|| {
                while let Some(source) = servers.get(next.fetch_add(1, Ordering::Relaxed))
                    && !stop.load(Ordering::Relaxed)
                {
                    end(*source);
                }
            });
        }
        files.iter().take_while(|_| !stop.load(Ordering::Relaxed)).for_each(|source| end(*source));
    });
    context.progress.end();
    ended.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

/// The fetcher of a pipeline: who it says it is, and how it treats hosts.
fn fetcher(pipeline: &Pipeline) -> Fetcher {
    let contact = pipeline.contact.as_ref().map_or_else(String::new, |contact| format!(" (+{contact})"));
    let agent = format!("quipu/{}{contact}", env!("CARGO_PKG_VERSION"));
    let general = HostRules::default();
    let rules = pipeline.hosts.iter().map(|(host, rules)| {
        let concurrent = rules.concurrent.and_then(|count| usize::try_from(count).ok()).unwrap_or(general.concurrent);
        let per_second = rules.per_second.unwrap_or(general.per_second);
        (host.clone(), HostRules { concurrent, per_second, private: rules.private })
    });
    Fetcher::new(&agent, rules.collect())
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
fn ingest(context: &Context, network: &Network, source: &Source) -> Result<SourceReport> {
    let pipeline = &context.pipeline.name;
    let before = context.ledger.current_captures(pipeline, &source.id)?;
    let newest = context.ledger.newest_captures(pipeline, &source.id)?;
    let kind = kind::of(&source.kind);
    let job = Job {
        pipeline,
        source,
        archive: context.store.archive(),
        landing: network.clerk.landing(pipeline, &source.id, kind.word()),
        base: context.pipeline.file.parent().unwrap_or_else(|| Path::new("")),
        runtime: network.runtime,
        fetcher: network.fetcher,
        broken: network.broken,
        known: newest.iter().map(|capture| (capture.name.as_str(), capture)).collect::<BTreeMap<_, _>>(),
        current: &before,
        ledger: context.ledger,
        progress: context.progress,
    };
    let fetched = kind.fetch(&job).and_then(|harvest| match &source.archive {
        Some(wanted) => archive::unpacked(harvest, wanted, &job),
        None => Ok(harvest),
    });
    let mut harvest = match fetched {
        Ok(harvest) => harvest,
        Err(fault) if concerns_the_source_only(fault.kind()) => {
            return Ok(failed(source, (fault, Tally::default()), &before, Vec::new()));
        }
        Err(fault) => return Err(fault),
    };
    // All bytes are in the archive from here on: a reader must never see half a source.
    job.landing.settled()?;
    let any_new = harvest.documents.iter().any(|document| !document.not_modified);
    // Archives are captured, and their members are the documents.
    harvest.documents.retain(|document| !document.is_container);
    let mut notes = std::mem::take(&mut harvest.notes);
    if let Some(came) = &harvest.completeness {
        context.ledger.record_completeness(context.run, pipeline, &source.id, came)?;
        notes.push(came.told());
    }
    let tally = account(&harvest);
    let failures = suspects(&harvest) + harvest.missing.len();
    let bad: BTreeSet<String> = bad(&harvest).map(str::to_owned).collect();
    let mut fault = trouble(&mut harvest);
    if let Some(most) = harvest.piecemeal {
        stand_alone(&mut harvest, &before, &bad);
        if failures as u64 <= most
            && let Some(fault) = fault.take()
        {
            let at = fault.place().map_or_else(String::new, |place| format!("{place}: "));
            notes.push(format!("{} may be missing, and {failures} did not come: {at}{}", most, fault.message()));
        }
    } else if let Some(fault) = fault.take() {
        return Ok(failed(source, (fault, tally), &before, notes));
    }
    if let Some(fault) = harvest.completeness.as_ref().and_then(|came| guard::incomplete(came, source)) {
        let held_back = Tally { published: 0, ..tally };
        let tally = Tally { ignored: BTreeMap::from([("incomplete".to_owned(), held_back.read)]), ..held_back };
        return Ok(failed(source, (fault, tally), &before, notes));
    }
    let documents: BTreeSet<(&str, Digest)> =
        harvest.documents.iter().map(|document| (document.name.as_str(), document.archived.digest)).collect();
    let list: Vec<(&str, Digest)> = documents.iter().copied().collect();
    let was: BTreeSet<(&str, Digest)> = before.iter().map(|capture| (capture.name.as_str(), capture.digest)).collect();
    if any_new || was != documents {
        context.ledger.set_current(pipeline, &source.id, &list)?;
    }
    let digests: BTreeSet<Digest> = documents.iter().map(|(_, digest)| *digest).collect();
    if digests.len() < documents.len() {
        notes.push(format!("{} have only {} different contents", documents_word(documents.len()), digests.len()));
    }
    if let Some(fault) = fault {
        network.changed.fetch_or(was != documents, Ordering::Relaxed);
        notes.push(format!("goes on with {}", documents_word(documents.len())));
        return Ok(report(source, Outcome::Failed(fault), tally, notes));
    }
    let known: BTreeSet<Digest> = before.iter().map(|capture| capture.digest).collect();
    let outcome = if known == digests { Outcome::Unchanged } else { Outcome::Done };
    Ok(report(source, outcome, tally, notes))
}

/// The names of what did not come as it should.
fn bad(harvest: &Harvest) -> impl Iterator<Item = &str> {
    let suspect = harvest.documents.iter().filter(|document| document.suspect.is_some());
    suspect.map(|document| document.name.as_str()).chain(harvest.missing.iter().map(|(name, _)| name.as_str()))
}

/// Of documents that stand for themselves, those that are good are current, and in the place of a bad one what it was, or
/// what came out of it.
fn stand_alone(harvest: &mut Harvest, before: &[Capture], bad: &BTreeSet<String>) {
    harvest.documents.retain(|document| document.suspect.is_none());
    let there: BTreeSet<&str> = harvest.documents.iter().map(|document| document.name.as_str()).collect();
    // The name of a member is that of its archive, and its own behind a `#`.
    let of_bad = |name: &str| {
        bad.contains(name) || name.match_indices('#').any(|(at, _)| name.get(..at).is_some_and(|of| bad.contains(of)))
    };
    let was = before.iter().filter(|capture| of_bad(&capture.name) && !there.contains(capture.name.as_str()));
    let was: Vec<Document> = was.map(Document::kept).collect();
    harvest.documents.extend(was);
}

fn suspects(harvest: &Harvest) -> usize {
    harvest.documents.iter().filter(|document| document.suspect.is_some()).count()
}

/// What became of each document of a source.
fn account(harvest: &Harvest) -> Tally {
    let all = harvest.documents.len() + harvest.missing.len();
    let mut tally = Tally { read: all as u64, ..Tally::default() };
    let suspect = suspects(harvest);
    if suspect == 0 && harvest.missing.is_empty() {
        tally.published = tally.read;
        return tally;
    }
    let good = harvest.documents.len() - suspect;
    let waits = if harvest.piecemeal.is_some() { 0 } else { good };
    tally.published = (good - waits) as u64;
    for (rule, documents) in [("suspect", suspect), ("waits-for-the-others", waits)] {
        if documents > 0 {
            tally.ignore(rule, documents as u64);
        }
    }
    for (_, fault) in &harvest.missing {
        tally.ignore(fault.kind().word(), 1);
    }
    tally
}

/// Why what came is not the source as a whole: a document is suspect, or missing.
fn trouble(harvest: &mut Harvest) -> Option<Fault> {
    let mut suspect = harvest.documents.iter().filter_map(|document| Some((document, document.suspect.as_ref()?)));
    if let Some((document, why)) = suspect.next() {
        return Some(guard::fault(document, why, suspect.count()));
    }
    let total = harvest.documents.len() + harvest.missing.len();
    if total == 1 {
        return harvest.missing.pop().map(|(_, fault)| fault);
    }
    let (name, fault) = harvest.missing.first()?;
    // What may come by itself later weighs less than what needs a person.
    let worst = harvest.missing.iter().find(|(_, fault)| !fault.kind().is_retryable());
    let (name, fault) = worst.map_or((name, fault), |(name, fault)| (name, fault));
    let message =
        format!("{} of {total} documents did not come; one of them: {}", harvest.missing.len(), fault.message());
    let all = Fault::new(fault.kind(), message).at(name);
    Some(match fault.advice() {
        Some(help) => all.help(help),
        None => all,
    })
}

/// The report of a source that keeps what it had.
fn failed(source: &Source, (fault, tally): (Fault, Tally), before: &[Capture], mut notes: Vec<String>) -> SourceReport {
    if !before.is_empty() {
        notes.push(format!("keeps the {} of its last good ingest", documents_word(before.len())));
    }
    report(source, Outcome::Failed(fault), tally, notes)
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
    matches!(kind, ErrorKind::Source | ErrorKind::Refused | ErrorKind::Upstream | ErrorKind::Shape)
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
