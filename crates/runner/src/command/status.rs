//! `quipu status` and `quipu runs`: what the store and its ledger hold.

use std::fmt::Write as _;
use std::path::Path;

use quipu_schema::Result;
use quipu_schema::fault::exit;
use serde_json::json;

use super::{existing_store, read_pipeline, store_path};
use crate::cli::Global;
use crate::output::Output;

/// The stages that publish snapshots.
const STAGES: [&str; 2] = ["transform", "screen"];

/// Prints what is published: pipelines, tables with rows, the last run of each.
pub(crate) fn status(pipeline: Option<&Path>, global: &Global, output: Output) -> Result<u8> {
    let pipeline = pipeline.map(read_pipeline).transpose()?;
    let path = store_path(pipeline.as_ref(), global);
    let store = existing_store(&path)?;
    let ledger = store.ledger()?;
    let mut text = format!("store {}\n", path.display());
    for name in pipelines(&path, pipeline.as_ref().map(|p| p.name.as_str())) {
        let _ = writeln!(text, "pipeline {name}");
        if let Some(run) = ledger.runs(Some(&name), 1)?.first() {
            let end = match (&run.finished_at, run.exit_code) {
                (Some(at), Some(code)) => format!("finished {at}, exit code {code}"),
                _ => "unfinished".to_owned(),
            };
            let _ = writeln!(text, "  last run {} ({}): started {}, {end}", run.id, run.command, run.started_at);
        }
        for stage in STAGES {
            let Some(snapshot) = store.current(&name, stage)? else { continue };
            for part in &snapshot.parts {
                let source = part.source.as_deref().unwrap_or("-");
                let _ = writeln!(
                    text,
                    "  {stage:<10} {:<16} {source:<28} {:>9} rows  {:>10} bytes",
                    part.table, part.rows, part.size
                );
                output.event(&json!({ "event": "part", "pipeline": name, "stage": stage, "part": part }))?;
            }
        }
        if let Some(stage) = ledger.last_stage(&name, "export")? {
            let release = stage.output.map(|digest| digest.short()).unwrap_or_default();
            let _ = writeln!(text, "  release    {release}  {}", stage.tally);
            output.event(&json!({ "event": "release", "pipeline": name, "manifest": stage.output }))?;
        }
    }
    if !output.is_json() {
        Output::data(&text)?;
    }
    Ok(exit::DONE)
}

/// Names of the pipelines that a store holds snapshots of.
pub(crate) fn pipelines(store: &Path, only: Option<&str>) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(store.join("snapshots"))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| only.is_none_or(|only| only == name))
        .collect();
    names.sort();
    names
}

/// Lists past runs, newest first.
pub(crate) fn runs(pipeline: Option<&Path>, limit: u32, global: &Global, output: Output) -> Result<u8> {
    let pipeline = pipeline.map(read_pipeline).transpose()?;
    let store = existing_store(&store_path(pipeline.as_ref(), global))?;
    let ledger = store.ledger()?;
    let mut text = String::new();
    for run in ledger.runs(pipeline.as_ref().map(|p| p.name.as_str()), limit)? {
        let end = match (&run.finished_at, run.exit_code) {
            (Some(at), Some(code)) => format!("{at}  exit code {code}"),
            _ => "unfinished".to_owned(),
        };
        let _ = writeln!(text, "{:>5}  {:<16} {:<10} {}  {end}", run.id, run.pipeline, run.command, run.started_at);
        let mut event = json!({
            "event": "run", "run": run.id, "pipeline": run.pipeline, "command": run.command, "build": run.build,
            "started_at": run.started_at, "finished_at": run.finished_at, "exit_code": run.exit_code, "stages": [],
        });
        let mut stages = Vec::new();
        for stage in ledger.stages(run.id)? {
            let state = if stage.changed { "" } else { "  (nothing changed)" };
            let _ = writeln!(text, "         {:<10} {}{state}", stage.stage, stage.tally);
            stages.push(
                json!({ "stage": stage.stage, "changed": stage.changed, "tally": stage.tally, "output": stage.output }),
            );
        }
        if let Some(slot) = event.get_mut("stages") {
            *slot = stages.into();
        }
        output.event(&event)?;
    }
    if !output.is_json() {
        Output::data(if text.is_empty() { "no runs yet" } else { &text })?;
    }
    Ok(exit::DONE)
}
