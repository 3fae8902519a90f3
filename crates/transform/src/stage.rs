//! The stage: which sources changed, what they give, one snapshot for all.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use quipu_schema::digest::Hasher;
use quipu_schema::pipeline::{Interpreter, Pipeline, Source};
use quipu_schema::table::Table;
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::{
    Context, Edition, Found, Ledger, Outcome, Part, Snapshot, SourceReport, SourceState, StageReport, Store,
    WriteOptions,
};

use crate::codes::Reference;
use crate::conflict::{CONFLICT, Ground, is_derived};
use crate::origins::origins;
use crate::produce::remake;

/// Name of the stage.
pub(crate) const STAGE: &str = "transform";
/// Runs the stage.
///
/// # Errors
/// A reference list that is wrong, a contract that blocks publishing, a store that fails. A single
/// source that fails keeps its last good tables and is reported with its fault.
pub fn run(context: &Context<'_>) -> Result<StageReport> {
    run_for(context, |source| context.only.is_none_or(|only| only == source))
}

/// Runs the stage for some sources; the others keep what they have.
///
/// # Errors
/// As for [`run`].
pub fn run_for(context: &Context<'_>, wanted: impl Fn(&str) -> bool) -> Result<StageReport> {
    let pipeline = context.pipeline;
    let reference = Reference::load(&pipeline.reference)?;
    let previous = context.store.current(&pipeline.name, STAGE)?;
    let mut parts = Vec::new();
    let mut states = BTreeMap::new();
    let mut reports = Vec::new();
    context.progress.begin(STAGE, Some(pipeline.sources.len() as u64));
    for source in &pipeline.sources {
        let held = previous.as_ref().and_then(|snapshot| held_of(snapshot, &source.id));
        let skipped = !wanted(&source.id);
        let outcome = if skipped { Ok(Fresh::Held) } else { fresh(context, source, &reference, held.as_ref()) };
        let (outcome, notes, tally, findings) = match outcome {
            Ok(Fresh::Held) => {
                let (tally, notes, findings) = held.as_ref().map(|(state, _)| said(state)).unwrap_or_default();
                keep(held, source, &mut parts, &mut states);
                (Outcome::Unchanged, notes, tally, findings)
            }
            Ok(Fresh::Made(state, made)) => {
                let (tally, notes, findings) = said(&state);
                parts.extend(made);
                states.insert(source.id.clone(), *state);
                (Outcome::Done, notes, tally, findings)
            }
            Err(fault) if stops_the_stage(fault.kind()) => {
                context.progress.end();
                return Err(fault);
            }
            Err(fault) => {
                let mut notes = Vec::new();
                if held.is_some() {
                    notes.push("keeps its last good tables".to_owned());
                }
                keep(held, source, &mut parts, &mut states);
                (Outcome::Failed(fault), notes, Tally::default(), Vec::new())
            }
        };
        reports.push(SourceReport { source: source.id.clone(), outcome, tally, notes, findings });
        context.progress.advance(1);
    }
    context.progress.end();
    let mut report = StageReport { stage: STAGE, changed: false, sources: reports, output: None, notes: Vec::new() };
    if states.is_empty() {
        report.notes.push("no source gave anything: nothing is published".to_owned());
        return Ok(report);
    }
    let mut hasher = Hasher::default();
    hasher.part("reference", reference.digest.as_bytes());
    for (source, state) in &states {
        hasher.part(source, state.ingredients.as_bytes());
    }
    let ground = Ground { store: context.store, pipeline, reference: &reference, parts: &parts, sources: &states };
    let of_conflicts = ground.ingredients(context.build);
    hasher.part(CONFLICT, of_conflicts.as_bytes());
    let ingredients = hasher.finish();
    if let Some(previous) = previous.as_ref().filter(|snapshot| snapshot.ingredients == ingredients) {
        report.output = Some(previous.id()?);
        return Ok(report);
    }
    let (conflicts, notes) = conflict_parts(ground, of_conflicts, previous.as_ref())?;
    report.notes.extend(notes);
    parts.extend(conflicts);
    for (table, frame) in &reference.frames {
        parts.push(context.store.write_table(table, std::slice::from_ref(frame), &WriteOptions::default())?);
    }
    let derived = BTreeMap::from([(CONFLICT.to_owned(), of_conflicts)]);
    let snapshot = Snapshot {
        pipeline: pipeline.name.clone(),
        stage: STAGE.to_owned(),
        ingredients,
        parts,
        sources: states,
        derived,
    };
    report.output = Some(context.store.publish(&snapshot)?);
    report.changed = true;
    Ok(report)
}

/// The parts of `conflict`, and what to say of them: those of before, where nothing that decides them
/// has changed.
fn conflict_parts(
    ground: Ground<'_>,
    ingredients: Digest,
    previous: Option<&Snapshot>,
) -> Result<(Vec<Part>, Vec<String>)> {
    if let Some(previous) = previous.filter(|previous| previous.derived.get(CONFLICT) == Some(&ingredients)) {
        let held: Vec<Part> = previous.parts.iter().filter(|part| is_derived(&part.table)).cloned().collect();
        let rows: u64 = held.iter().filter(|part| part.table == CONFLICT).map(|part| part.rows).sum();
        let notes = if rows == 0 { Vec::new() } else { vec![format!("conflict: {rows} rows, as before")] };
        return Ok((held, notes));
    }
    let mut parts = Vec::new();
    let account = ground.find(|table, frame| {
        parts.push(ground.store.write_table(table, &[frame], &WriteOptions::default())?);
        Ok(())
    })?;
    Ok((parts, account.notes()))
}

/// Makes the table `conflict` of a published snapshot again, part by part, for comparison.
///
/// # Errors
/// Files that are damaged; temporary files that cannot be written.
pub fn conflicts(
    store: &Store,
    pipeline: &Pipeline,
    reference: &Reference,
    snapshot: &Snapshot,
) -> Result<Vec<(&'static Table, DataFrame)>> {
    let ground = Ground { store, pipeline, reference, parts: &snapshot.parts, sources: &snapshot.sources };
    let mut frames = Vec::new();
    ground.find(|table, frame| {
        frames.push((table, frame));
        Ok(())
    })?;
    Ok(frames)
}

/// The editions of a source's documents that are published: those that are current first. Two names
/// of the same bytes are read once.
///
/// # Errors
/// A ledger that cannot be read.
pub fn editions(ledger: &Ledger, pipeline: &str, source: &Source, as_of: Option<&str>) -> Result<Vec<Edition>> {
    // Only statistics have vintages; of everything else the current edition counts.
    let most = if matches!(source.interpreter, Interpreter::Observe(_)) { source.editions } else { Some(1) };
    let mut editions = ledger.editions(pipeline, &source.id, as_of)?;
    editions.retain(|edition| most.is_none_or(|most| edition.earlier < most));
    Ok(editions)
}

/// What a source says of itself in the report.
fn said(state: &SourceState) -> (Tally, Vec<String>, Vec<Found>) {
    (state.tally.clone(), state.notes.clone(), state.findings.clone())
}

type Held = (SourceState, Vec<Part>);

enum Fresh {
    Held,
    Made(Box<SourceState>, Vec<Part>),
}

fn held_of(snapshot: &Snapshot, source: &str) -> Option<Held> {
    let state = snapshot.sources.get(source)?.clone();
    let parts = snapshot.parts.iter().filter(|part| part.source.as_deref() == Some(source)).cloned().collect();
    Some((state, parts))
}

fn keep(held: Option<Held>, source: &Source, parts: &mut Vec<Part>, states: &mut BTreeMap<String, SourceState>) {
    if let Some((state, kept)) = held {
        parts.extend(kept);
        states.insert(source.id.clone(), state);
    }
}

/// Failures that are not one source's own.
fn stops_the_stage(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Bug
            | ErrorKind::Contract
            | ErrorKind::Storage
            | ErrorKind::Corrupt
            | ErrorKind::Pipeline
            | ErrorKind::Interrupted
    )
}

/// Reads a source unless nothing that goes into it has changed.
fn fresh(context: &Context<'_>, source: &Source, reference: &Reference, held: Option<&Held>) -> Result<Fresh> {
    let editions = editions(context.ledger, context.captured_as(), source, context.as_of)?;
    if editions.is_empty() {
        return Err(Fault::new(ErrorKind::Source, "the source was never captured")
            .at(format!("source `{}`", source.id))
            .help("nothing of it was taken for data until then: see what ingest says of it"));
    }
    let ingredients = ingredients_of(context.build, source, reference, &editions);
    if held.is_some_and(|(state, _)| state.ingredients == ingredients) {
        return Ok(Fresh::Held);
    }
    let made = remake(context.store, source, &editions, reference, Some(context.store))?;
    let (mut documents, mut tally, mut notes, mut findings) = (Vec::new(), Tally::default(), Vec::new(), Vec::new());
    let mut parts = Vec::new();
    for (edition, transformed) in made.into_iter().enumerate() {
        for (table, frame) in &transformed.tables {
            if frame.height() == 0 && (table.name != "quarantine" || edition > 0) {
                continue;
            }
            let mut part = context.store.write_table(table, std::slice::from_ref(frame), &WriteOptions::default())?;
            part.source = Some(source.id.clone());
            parts.push(part);
        }
        parts.extend(transformed.written.into_iter().map(|part| Part { source: Some(source.id.clone()), ..part }));
        documents.extend(transformed.documents);
        tally.add(&transformed.tally);
        notes.extend(transformed.notes);
        findings.extend(transformed.findings);
    }
    let state = SourceState { ingredients, documents, tally, notes, findings, origins: origins(source) };
    Ok(Fresh::Made(Box::new(state), parts))
}

fn ingredients_of(build: &str, source: &Source, reference: &Reference, editions: &[Edition]) -> Digest {
    let mut hasher = Hasher::default();
    hasher.part("build", build).part("part", source.part.as_bytes()).part("reference", reference.digest.as_bytes());
    for edition in editions {
        let capture = &edition.capture;
        hasher.part(&format!("{} {}", edition.earlier, capture.name), capture.digest.as_bytes());
    }
    hasher.finish()
}

/// Whether the published tables of a source were made from these editions by this build.
///
/// # Errors
/// A snapshot that cannot be read.
pub fn is_current(
    store: &Store,
    pipeline: &Pipeline,
    source: &Source,
    reference: &Reference,
    build: &str,
    editions: &[Edition],
) -> Result<bool> {
    let snapshot = store.current(&pipeline.name, STAGE)?;
    let state = snapshot.as_ref().and_then(|snapshot| snapshot.sources.get(&source.id));
    Ok(state.is_some_and(|state| state.ingredients == ingredients_of(build, source, reference, editions)))
}
