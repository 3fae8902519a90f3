//! `quipu verify`: every byte is what it was, and the archive still gives the same tables and release.

use std::path::Path;

use polars::prelude::DataFrame;
use quipu_schema::fault::exit;
use quipu_schema::pipeline::Pipeline;
use quipu_schema::table;
use quipu_schema::{ErrorKind, Fault, Result};
use quipu_store::{Part, Snapshot, Store};
use quipu_transform::Reference;
use serde_json::json;

use super::{existing_store, read_pipeline, store_path};
use crate::cli::Global;
use crate::output::Output;

/// Checks archive, tables and release; then makes tables and release again and compares.
pub(crate) fn verify(path: &Path, hashes_only: bool, global: &Global, output: Output) -> Result<u8> {
    let pipeline = read_pipeline(path)?;
    let store = existing_store(&store_path(Some(&pipeline), global))?;
    let Some(transform) = store.current(&pipeline.name, "transform")? else {
        return Err(Fault::new(ErrorKind::Usage, format!("nothing of `{}` is published yet", pipeline.name))
            .help("run it first"));
    };
    let screen = store.current(&pipeline.name, "screen")?;
    let mut checks = Checks { output, wrong: Vec::new() };
    for (source, state) in &transform.sources {
        for document in &state.documents {
            let checked = store.archive().verify(document).map(drop);
            checks.note(&format!("capture of source `{source}`"), checked)?;
        }
    }
    for snapshot in [Some(&transform), screen.as_ref()].into_iter().flatten() {
        for part in &snapshot.parts {
            let what = format!("table `{}` of {}", part.table, part.source.as_deref().unwrap_or(&snapshot.stage));
            checks.note(&what, store.verify_table(part))?;
        }
    }
    let mut release = None;
    if let Some(export) = &pipeline.export {
        release = quipu_export::latest(&export.to)?;
        match &release {
            Some(folder) => {
                let checked = quipu_export::verify(folder).map(drop);
                checks.note(&format!("release {}", folder.display()), checked)?;
            }
            None => output.say(&format!("no release in {} yet", export.to.display())),
        }
    }
    if checks.wrong.is_empty() && !hashes_only {
        again(&store, &pipeline, &transform, screen.as_ref(), release.as_deref(), &mut checks)?;
    }
    checks.end()
}

/// Collects what was checked and what was wrong.
struct Checks {
    output: Output,
    wrong: Vec<Fault>,
}

impl Checks {
    fn note(&mut self, what: &str, checked: Result<()>) -> Result<()> {
        let right = checked.is_ok();
        self.output.event(&json!({ "event": "verified", "what": what, "right": right }))?;
        match checked {
            Ok(()) => self.output.say(&format!("ok      {what}")),
            Err(fault) => {
                self.output.say(&format!("WRONG   {what}: {fault}"));
                self.wrong.push(fault);
            }
        }
        Ok(())
    }

    fn end(self) -> Result<u8> {
        let count = self.wrong.len();
        let Some(first) = self.wrong.into_iter().next() else {
            self.output.say("everything is as it was published");
            self.output.event(&json!({ "event": "verify_finished", "right": true }))?;
            return Ok(exit::DONE);
        };
        let message = format!("verification failed: {count} of the checked things are not as they were published");
        Err(Fault::new(ErrorKind::Corrupt, message).because(first))
    }
}

/// Makes everything again from the archive, in memory and in a temporary folder.
fn again(
    store: &Store,
    pipeline: &Pipeline,
    transform: &Snapshot,
    screen: Option<&Snapshot>,
    release: Option<&Path>,
    checks: &mut Checks,
) -> Result<()> {
    let reference = Reference::load(&pipeline.reference)?;
    let ledger = store.ledger()?;
    let mut parts: Vec<(&'static table::Table, DataFrame)> = reference.frames.clone();
    for source in &pipeline.sources {
        let Some(state) = transform.sources.get(&source.id) else { continue };
        let editions = quipu_transform::editions(&ledger, &pipeline.name, source, None)?;
        let made = quipu_transform::remake(store, source, &editions, &reference, None)?;
        let documents: Vec<_> = made.iter().flat_map(|made| made.documents.clone()).collect();
        if documents != state.documents {
            checks.output.say(&format!(
                "skipped source `{}`: captured anew since its tables were made; run the pipeline",
                source.id
            ));
            return Ok(());
        }
        // A table has one part for each edition that has rows of it.
        let mut held: Vec<&Part> =
            transform.parts.iter().filter(|part| part.source.as_deref() == Some(source.id.as_str())).collect();
        for (table, frame) in made.into_iter().flat_map(|made| made.tables) {
            let logical = quipu_store::logical_hash(table, std::slice::from_ref(&frame))?;
            let of_table = |part: &&Part| part.table == table.name;
            let found = held.iter().position(|part| of_table(part) && part.logical == logical);
            let Some(at) = found.or_else(|| held.iter().position(of_table)) else { continue };
            let part = held.remove(at);
            let what = format!("table `{}` of {} made again from the archive", table.name, source.id);
            checks.note(&what, same(&part.logical, &logical, table.name))?;
            parts.push((table, frame));
        }
    }
    // The parts above are what was published, so that conflicts can be looked for in their files.
    let mut held: Vec<&Part> = transform.parts.iter().filter(|part| quipu_transform::is_derived(&part.table)).collect();
    for (table, frame) in quipu_transform::conflicts(store, pipeline, &reference, transform)? {
        let logical = quipu_store::logical_hash(table, std::slice::from_ref(&frame))?;
        let same_rows = |part: &&Part| part.table == table.name && part.logical == logical;
        let found = held.iter().position(same_rows).map(|at| held.remove(at));
        let was = found.map_or("not there", |part| &part.logical);
        checks.note(&format!("table `{}` made again", table.name), same(was, &logical, table.name))?;
        parts.push((table, frame));
    }
    for part in held {
        checks.note(&format!("table `{}` made again", part.table), same(&part.logical, "not there", &part.table))?;
    }
    if let (Some(screen), Some(rules)) = (screen, &pipeline.screen) {
        let made = quipu_screen::again(store, transform, screen, rules)?;
        if let (Some(held), Some(hit)) = (screen.parts.first(), table::find("hit")) {
            let logical = quipu_store::logical_hash(hit, std::slice::from_ref(&made))?;
            checks.note("table `hit` made again", same(&held.logical, &logical, "hit"))?;
            parts.push((hit, made));
        }
    }
    if let (Some(export), Some(release)) = (&pipeline.export, release) {
        let folder = tempfile::tempdir_in(store.root())
            .map_err(|e| Fault::io(ErrorKind::Storage, "make a temporary folder", store.root(), e))?;
        let made = quipu_export::again(pipeline, export, parts, transform, screen, folder.path())?;
        let what = format!("release {} made again", release.display());
        let name = release.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        checks.note(&what, same(&name, &made, "release"))?;
    }
    Ok(())
}

fn same(held: &str, made: &str, what: &str) -> Result<()> {
    if held == made {
        return Ok(());
    }
    Err(Fault::new(ErrorKind::Corrupt, format!("`{what}` is {held} as published and {made} when made again"))
        .help("the binary, the reference lists or the pipeline file changed since: run the pipeline, then verify"))
}
