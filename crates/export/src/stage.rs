//! The export stage: from the current snapshots of a pipeline to a release.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::DataFrame;
use quipu_schema::digest::Hasher;
use quipu_schema::pipeline::{Export, Pipeline};
use quipu_schema::table::{ALL, Table};
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::{Context, Outcome, Part, Snapshot, SourceReport, StageRecord, StageReport};

use crate::manifest::{FORMAT, Latest, Manifest, id, read_latest};
use crate::release::{Builder, point};
use crate::source::SourceInfo;
use crate::staging::Staging;

/// The stage's name.
const STAGE: &str = "export";
/// Released only when the pipeline file names it: its rows quote what could not be read, and that
/// may be about persons.
const UNASKED: &str = "quarantine";

/// Makes a release of what the transform and screen stages published, unless the last one was made
/// of the same and is still there. The unit of the account is a row.
///
/// # Errors
/// `Pipeline` without `[export]`; `Usage` where a stage before this one has not run; what
/// [`crate::build`] refuses; `Corrupt` and `Storage` from the store. Nothing is released then.
pub fn run(context: &Context<'_>) -> Result<StageReport> {
    let pipeline = context.pipeline;
    let export = pipeline.export.as_ref().ok_or_else(|| {
        Fault::new(ErrorKind::Pipeline, "the pipeline makes no release")
            .at(pipeline.file.display())
            .help("add a table `[export]` with `to` and `title`")
    })?;
    let inputs = Inputs::current(context)?;
    let ingredients = ingredients(context, export, &inputs);
    if let Some((manifest, digest)) = made_before(context, export, ingredients)? {
        return report(context, export, &inputs, ingredients, &manifest, digest, false);
    }
    let sources: Vec<SourceInfo> = pipeline.sources.iter().map(SourceInfo::from).collect();
    let tables = inputs.chosen(pipeline, export)?;
    let mut builder = Builder::begin(&pipeline.name, export, &sources, &export.to)?;
    context.progress.begin("export", Some(tables.len() as u64));
    let added = tables.into_iter().try_for_each(|table| {
        let parts = inputs.parts(table).map(|part| context.store.read_table(part));
        builder.add(table, parts.collect::<Result<Vec<DataFrame>>>()?)?;
        context.progress.advance(1);
        Ok(())
    });
    context.progress.end();
    added?;
    let released = builder.finish(inputs.ids(), inputs.tallies())?;
    report(context, export, &inputs, ingredients, &released.manifest, released.digest, true)
}

/// Makes the release of these tables, which were made again from the same captures, in another
/// folder, and gives its name: the name of the published release, where nothing changed.
///
/// # Errors
/// As for [`crate::build`].
pub fn again(
    pipeline: &Pipeline,
    export: &Export,
    mut parts: Vec<(&'static Table, DataFrame)>,
    transform: &Snapshot,
    screen: Option<&Snapshot>,
    to: &Path,
) -> Result<String> {
    let inputs = Inputs::of(pipeline, transform.clone(), screen.cloned())?;
    let chosen = inputs.chosen(pipeline, export)?;
    let sources: Vec<SourceInfo> = pipeline.sources.iter().map(SourceInfo::from).collect();
    let mut builder = Builder::begin(&pipeline.name, export, &sources, to)?;
    for table in chosen {
        let (these, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(of, _)| of.name == table.name);
        builder.add(table, these.into_iter().map(|(_, frame)| frame).collect())?;
        parts = others;
    }
    Ok(builder.finish(inputs.ids(), inputs.tallies())?.id)
}

/// The snapshots that a release is made of.
struct Inputs {
    /// By stage: its id and what it published.
    stages: BTreeMap<&'static str, (Digest, Snapshot)>,
}

impl Inputs {
    /// Those of the pipeline as the store has them now.
    fn current(context: &Context<'_>) -> Result<Self> {
        let name = &context.pipeline.name;
        let Some(transform) = context.store.current(name, "transform")? else {
            return Err(Fault::new(ErrorKind::Usage, format!("nothing to release: `{name}` has published no tables"))
                .at(context.pipeline.file.display())
                .help("run `quipu run`, or `quipu ingest` and `quipu transform`, before"));
        };
        Self::of(context.pipeline, transform, context.store.current(name, "screen")?)
    }

    fn of(pipeline: &Pipeline, transform: Snapshot, screen: Option<Snapshot>) -> Result<Self> {
        let mut stages = BTreeMap::from([("transform", (transform.id()?, transform))]);
        // A snapshot from the time when the pipeline still screened is not part of what it is now.
        if let Some(screen) = screen.filter(|_| pipeline.screen.is_some()) {
            stages.insert("screen", (screen.id()?, screen));
        }
        Ok(Self { stages })
    }

    fn parts(&self, table: &Table) -> impl Iterator<Item = &Part> {
        self.stages.values().flat_map(|(_, s)| &s.parts).filter(move |part| part.table == table.name)
    }

    fn has(&self, table: &Table) -> bool {
        self.parts(table).next().is_some()
    }

    fn rows(&self, table: &Table) -> u64 {
        self.parts(table).map(|part| part.rows).sum()
    }

    /// The tables to release, in the order of their definitions.
    fn chosen(&self, pipeline: &Pipeline, export: &Export) -> Result<Vec<&'static Table>> {
        let waits = pipeline.screen.is_some() && !self.stages.contains_key("screen");
        if waits && export.tables.iter().any(|name| name == "hit") {
            return Err(Fault::new(ErrorKind::Usage, "`hit` is to be released, but nothing was screened yet")
                .at("export.tables")
                .help("run `quipu screen` before: a release without hits would look like an answer"));
        }
        Ok(ALL
            .iter()
            .copied()
            .filter(|table| is_released(export, table) && (listed(export, table) || self.has(table)))
            .collect())
    }

    fn ids(&self) -> BTreeMap<String, Digest> {
        self.stages.iter().map(|(stage, (id, _))| ((*stage).to_owned(), *id)).collect()
    }

    fn tallies(&self) -> BTreeMap<String, Tally> {
        let sum = |snapshot: &Snapshot| {
            let mut sum = Tally::default();
            snapshot.sources.values().for_each(|state| sum.add(&state.tally));
            sum
        };
        self.stages.iter().map(|(stage, (_, snapshot))| ((*stage).to_owned(), sum(snapshot))).collect()
    }
}

fn listed(export: &Export, table: &Table) -> bool {
    export.tables.iter().any(|name| name == table.name)
}

/// Whether a release holds a table that was published: those the pipeline file names, or all but
/// `quarantine`.
pub fn is_released(export: &Export, table: &Table) -> bool {
    if export.tables.is_empty() { table.name != UNASKED } else { listed(export, table) }
}

/// Everything that decides the bytes of the release.
fn ingredients(context: &Context<'_>, export: &Export, inputs: &Inputs) -> Digest {
    let mut hasher = Hasher::default();
    hasher.part("stage", STAGE).part("format", FORMAT.to_le_bytes()).part("build", context.build);
    hasher.part("pipeline", &context.pipeline.name).part("export", export.part.as_bytes());
    // The folder is part of the file's own text too, but relative to where the file lies.
    hasher.part("to", export.to.as_os_str().as_encoded_bytes());
    for source in &context.pipeline.sources {
        hasher.part("source", source.part.as_bytes());
    }
    for (stage, (id, _)) in &inputs.stages {
        hasher.part(stage, id.as_bytes());
    }
    hasher.finish()
}

/// The last release, where it was made of the same ingredients and its manifest is still there.
fn made_before(context: &Context<'_>, export: &Export, ingredients: Digest) -> Result<Option<(Manifest, Digest)>> {
    let Some(last) = context.ledger.last_stage(&context.pipeline.name, STAGE)? else { return Ok(None) };
    let Some(output) = last.output.filter(|_| last.ingredients == ingredients) else { return Ok(None) };
    match Manifest::read(&export.to.join(id(&output))) {
        Ok((manifest, digest)) if digest == output => {
            // A lost pointer is put back; one to another pipeline's release in this folder stays.
            let leads = |pointer: &Latest| export.to.join(&pointer.release).join("manifest.json").is_file();
            if !read_latest(&export.to).is_ok_and(|pointer| pointer.as_ref().is_some_and(leads)) {
                point(&Staging::begin(&export.to)?, &export.to, &id(&output), output)?;
            }
            Ok(Some((manifest, digest)))
        }
        // Gone or damaged: made anew.
        _ => Ok(None),
    }
}

fn report(
    context: &Context<'_>,
    export: &Export,
    inputs: &Inputs,
    ingredients: Digest,
    manifest: &Manifest,
    digest: Digest,
    changed: bool,
) -> Result<StageReport> {
    let tally = manifest.stages.get(STAGE).cloned().unwrap_or_default();
    context.ledger.record_stage(
        context.run,
        &StageRecord {
            pipeline: context.pipeline.name.clone(),
            stage: STAGE.to_owned(),
            ingredients,
            changed,
            tally: tally.clone(),
            output: Some(digest),
        },
    )?;
    let outcome = if changed { Outcome::Done } else { Outcome::Unchanged };
    let notes = notes(export, inputs, manifest, &export.to.join(id(&digest)), context);
    let sources =
        vec![SourceReport { source: "release".to_owned(), outcome, tally, notes: Vec::new(), findings: Vec::new() }];
    Ok(StageReport { stage: STAGE, changed, sources, output: Some(digest), notes })
}

/// Where the release lies, what it holds, and what stayed behind.
fn notes(export: &Export, inputs: &Inputs, manifest: &Manifest, folder: &Path, context: &Context<'_>) -> Vec<String> {
    let mut notes = vec![
        format!("{} ({})", folder.display(), manifest.marking),
        format!("look at it: {}", folder.join("dictionary.md").display()),
    ];
    for table in &manifest.tables {
        notes.push(format!("{}: {} rows", table.name, table.rows));
    }
    for table in ALL.iter().copied().filter(|table| inputs.has(table) && !is_released(export, table)) {
        let rows = inputs.rows(table);
        notes.push(if table.name == UNASKED && export.tables.is_empty() {
            format!(
                "{UNASKED}: {rows} rows stay in the store, for they may hold personal data; `export.tables` can name it"
            )
        } else {
            format!("{}: {rows} rows stay in the store, not named in `export.tables`", table.name)
        });
    }
    if context.pipeline.screen.is_some() && !inputs.stages.contains_key("screen") {
        notes.push("hit: not released, nothing was screened yet".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests;
