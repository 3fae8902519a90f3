//! The stage: which sources changed, what they give, one snapshot for all.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use quipu_readers::Content;
use quipu_schema::digest::Hasher;
use quipu_schema::pipeline::{Interpreter, Origin, Pipeline, Reader, Source, TakeFrom};
use quipu_schema::table::{self, Table};
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::{
    Capture, Context, Outcome, Part, Snapshot, SourceReport, SourceState, StageReport, Store, WriteOptions,
};

use crate::codes::Reference;
use crate::document::{self, DocumentRow};
use crate::input::Input;
use crate::{observe, quarantine, report, rows};

/// Name of the stage.
pub(crate) const STAGE: &str = "transform";
/// Entry of a source's origins that names its reader.
pub(crate) const READER: &str = "@reader";
/// Entry of a source's origins that names its declared encoding.
pub(crate) const ENCODING: &str = "@encoding";
/// Entry of a source's origins that names its declared format.
pub(crate) const FORMAT: &str = "@format";
/// Entry of a source's origins that names the declared pointer to its JSON records.
pub(crate) const RECORDS: &str = "@records";

/// What one source gives.
#[derive(Debug)]
pub struct Transformed {
    /// Its tables.
    pub tables: Vec<(&'static Table, DataFrame)>,
    /// The account.
    pub tally: Tally,
    /// What was detected, for people.
    pub notes: Vec<String>,
}

/// Runs the stage.
///
/// # Errors
/// A reference list that is wrong, a contract that blocks publishing, a store that fails. A single
/// source that fails keeps its last good tables and is reported with its fault.
pub fn run(context: &Context<'_>) -> Result<StageReport> {
    let pipeline = context.pipeline;
    let reference = Reference::load(&pipeline.reference)?;
    let previous = context.store.current(&pipeline.name, STAGE)?;
    let mut parts = Vec::new();
    let mut states = BTreeMap::new();
    let mut reports = Vec::new();
    context.progress.begin(STAGE, Some(pipeline.sources.len() as u64));
    for source in &pipeline.sources {
        let held = previous.as_ref().and_then(|snapshot| held_of(snapshot, &source.id));
        let skipped = context.only.is_some_and(|only| only != source.id);
        let outcome = if skipped { Ok(Fresh::Held) } else { fresh(context, source, &reference, held.as_ref()) };
        let (outcome, notes, tally) = match outcome {
            Ok(Fresh::Held) => {
                let (tally, notes) =
                    held.as_ref().map(|(state, _)| (state.tally.clone(), state.notes.clone())).unwrap_or_default();
                keep(held, source, &mut parts, &mut states);
                (Outcome::Unchanged, notes, tally)
            }
            Ok(Fresh::Made(state, made)) => {
                let (tally, notes) = (state.tally.clone(), state.notes.clone());
                parts.extend(made);
                states.insert(source.id.clone(), *state);
                (Outcome::Done, notes, tally)
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
                (Outcome::Failed(fault), notes, Tally::default())
            }
        };
        reports.push(SourceReport { source: source.id.clone(), outcome, tally, notes });
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
    let ingredients = hasher.finish();
    if let Some(previous) = previous.filter(|snapshot| snapshot.ingredients == ingredients) {
        report.output = Some(previous.id()?);
        return Ok(report);
    }
    for (table, frame) in &reference.frames {
        parts.push(context.store.write_table(table, std::slice::from_ref(frame), &WriteOptions::default())?);
    }
    let snapshot =
        Snapshot { pipeline: pipeline.name.clone(), stage: STAGE.to_owned(), ingredients, parts, sources: states };
    report.output = Some(context.store.publish(&snapshot)?);
    report.changed = true;
    Ok(report)
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
    let captures = context.ledger.current_captures(&context.pipeline.name, &source.id)?;
    if captures.is_empty() {
        return Err(Fault::new(ErrorKind::Source, "the source was never captured")
            .at(format!("source `{}`", source.id))
            .help("run the ingest stage first"));
    }
    let ingredients = ingredients_of(context.build, source, reference, &captures);
    if held.is_some_and(|(state, _)| state.ingredients == ingredients) {
        return Ok(Fresh::Held);
    }
    let archive = context.store.archive();
    let mut contents: Vec<(&str, Digest, Vec<u8>)> = Vec::new();
    let mut twins = Vec::new();
    for capture in &captures {
        if let Some((name, ..)) = contents.iter().find(|(_, digest, _)| *digest == capture.digest) {
            twins.push(format!("{} holds the same bytes as {name} and is read once", capture.name));
            continue;
        }
        contents.push((capture.name.as_str(), capture.digest, archive.read(&capture.digest)?));
    }
    let inputs: Vec<Input<'_>> = contents
        .iter()
        .map(|(name, digest, bytes)| Input { name, digest: *digest, content: Content::Memory(bytes) })
        .collect();
    let mut transformed = transform(source, &inputs, reference)?;
    transformed.notes.extend(twins);
    let mut parts = Vec::new();
    for (table, frame) in &transformed.tables {
        if frame.height() == 0 && table.name != "quarantine" {
            continue;
        }
        let mut part = context.store.write_table(table, std::slice::from_ref(frame), &WriteOptions::default())?;
        part.source = Some(source.id.clone());
        parts.push(part);
    }
    let state = SourceState {
        ingredients,
        documents: inputs.iter().map(|input| input.digest).collect(),
        tally: transformed.tally,
        notes: transformed.notes,
        origins: origins(source),
    };
    Ok(Fresh::Made(Box::new(state), parts))
}

fn ingredients_of(build: &str, source: &Source, reference: &Reference, captures: &[Capture]) -> Digest {
    let mut hasher = Hasher::default();
    hasher.part("build", build).part("part", source.part.as_bytes()).part("reference", reference.digest.as_bytes());
    for capture in captures {
        hasher.part(&capture.name, capture.digest.as_bytes());
    }
    hasher.finish()
}

/// Reads documents (name and bytes) as a source of a pipeline would, without a store.
///
/// # Errors
/// Those of the source's reader and interpreter, and a contract that blocks publishing.
pub fn transform_source(source: &Source, documents: &[(&str, &[u8])], reference: &Reference) -> Result<Transformed> {
    let inputs: Vec<Input<'_>> = documents
        .iter()
        .map(|(name, bytes)| Input { name, digest: Digest::of(bytes), content: Content::Memory(bytes) })
        .collect();
    transform(source, &inputs, reference)
}

fn transform(source: &Source, inputs: &[Input<'_>], reference: &Reference) -> Result<Transformed> {
    let mut documents: Vec<DocumentRow> = Vec::new();
    let (mut tables, tally, notes) = match (&source.interpreter, &source.reader) {
        (Interpreter::Observe(mapping), Reader::Cells(options)) => {
            let observed = observe::read(source, options, mapping, inputs, reference)?;
            let table = definition("observation")?;
            let rejected = quarantine::to_frame(&source.id, table, &observed.rejected)?;
            (vec![(table, observed.frame), (definition("quarantine")?, rejected)], observed.tally, observed.notes)
        }
        (Interpreter::Rows(mapping), Reader::Cells(options)) => {
            let listed = rows::read(source, options, mapping, inputs, reference)?;
            let rejected = quarantine::to_frame(&source.id, mapping.table, &listed.rejected)?;
            (vec![(mapping.table, listed.frame), (definition("quarantine")?, rejected)], listed.tally, listed.notes)
        }
        (Interpreter::Report, _) => {
            let (mut figures, mut tally, mut notes) = (Vec::new(), Tally::default(), Vec::new());
            for input in inputs {
                let reading = report::read(source, input.name, &input.digest, &input.bytes()?)?;
                documents.push(reading.document);
                figures.extend(reading.figures);
                tally.add(&reading.tally);
                notes.extend(reading.notes.into_iter().map(|note| format!("{}: {note}", input.name)));
            }
            (vec![(definition("figure")?, report::figure_frame(&figures)?)], tally, notes)
        }
        _ => return Err(Fault::bug(format!("source `{}` has a reader that its interpreter does not take", source.id))),
    };
    if documents.is_empty() {
        documents.extend(
            inputs.iter().map(|input| DocumentRow::of_table(source, input.name, &input.digest, input.content.length())),
        );
    }
    tables.push((definition("document")?, document::document_frame(&documents)?));
    if !tally.balances() {
        return Err(Fault::bug(format!("the account of source `{}` does not balance: {tally}", source.id)));
    }
    hold_to_contract(source, &tally)?;
    Ok(Transformed { tables, tally, notes })
}

fn definition(name: &str) -> Result<&'static Table> {
    table::find(name).ok_or_else(|| Fault::bug(format!("no table `{name}`")))
}

/// Whether enough was published and not too much refused.
fn hold_to_contract(source: &Source, tally: &Tally) -> Result<()> {
    let place = format!("source `{}`", source.id);
    let refused = tally.quarantined_total();
    let share = if tally.read == 0 { 0.0 } else { refused as f64 / tally.read as f64 };
    if share > source.expect.quarantine_max {
        let reasons: Vec<String> = tally.quarantined.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
        return Err(Fault::new(
            ErrorKind::Contract,
            format!("{refused} of {} values would go to quarantine ({}), more than the {} % allowed", tally.read, reasons.join(", "), source.expect.quarantine_max * 100.0),
        )
        .at(place)
        .help("mend the mapping or the code lists; or raise `quarantine_max` in the source's `expect` table, with a reason"));
    }
    let prose = matches!(source.interpreter, Interpreter::Report);
    if tally.published < source.expect.rows_min && !prose {
        return Err(Fault::new(
            ErrorKind::Contract,
            format!("{} rows would be published, fewer than the {} expected", tally.published, source.expect.rows_min),
        )
        .at(place)
        .help("look at what the source delivers now; `rows_min` in the source's `expect` table sets the limit"));
    }
    Ok(())
}

/// Whether the published tables of a source were made from these captures by this build.
///
/// # Errors
/// A snapshot that cannot be read.
pub fn is_current(
    store: &Store,
    pipeline: &Pipeline,
    source: &Source,
    reference: &Reference,
    build: &str,
    captures: &[Capture],
) -> Result<bool> {
    let snapshot = store.current(&pipeline.name, STAGE)?;
    let state = snapshot.as_ref().and_then(|snapshot| snapshot.sources.get(&source.id));
    Ok(state.is_some_and(|state| state.ingredients == ingredients_of(build, source, reference, captures)))
}

/// How a source was read and where each of its table columns comes from, for `trace`.
fn origins(source: &Source) -> BTreeMap<String, String> {
    let columns: Vec<(&str, &Origin)> = match &source.interpreter {
        Interpreter::Observe(observe) => {
            let mut all: Vec<(&str, &Origin)> = observe.columns.iter().map(|(name, origin)| (*name, origin)).collect();
            all.extend(observe.period.parts().map(|(_, origin)| ("time_start", origin)));
            all.extend(observe.breakdown.iter().map(|(_, origin)| ("breakdown", origin)));
            all
        }
        Interpreter::Rows(rows) => rows.columns.iter().map(|(name, origin)| (*name, origin)).collect(),
        Interpreter::Report => Vec::new(),
    };
    let mut out: BTreeMap<String, String> = BTreeMap::new();
    match &source.reader {
        Reader::Text => out.insert(READER.to_owned(), "text".to_owned()),
        Reader::Cells(options) => {
            if let Some(encoding) = &options.encoding {
                out.insert(ENCODING.to_owned(), encoding.value.clone());
            }
            if let Some(format) = options.format {
                out.insert(FORMAT.to_owned(), format.word().to_owned());
            }
            if let Some(records) = &options.records {
                out.insert(RECORDS.to_owned(), records.value.clone());
            }
            out.insert(READER.to_owned(), "cells".to_owned())
        }
    };
    for (name, origin) in columns {
        let words = match origin {
            Origin::Constant(text) => format!("constant {:?} of the pipeline file", text.value),
            Origin::Read(take) => match &take.from {
                TakeFrom::Columns(columns) => {
                    format!("column {}", columns.iter().map(|c| c.value.as_str()).collect::<Vec<_>>().join(" + "))
                }
                TakeFrom::Header(0) => "header of the value's column".to_owned(),
                TakeFrom::Header(level) => format!("row {level} of the header of the value's column"),
                TakeFrom::Title => "title of the table".to_owned(),
                TakeFrom::Document => "name of the document".to_owned(),
                TakeFrom::Preamble(label) => format!("preamble cell beside {:?}", label.value),
            },
        };
        let entry = out.entry(name.to_owned()).or_default();
        if !entry.is_empty() {
            entry.push_str("; ");
        }
        entry.push_str(&words);
    }
    out
}
