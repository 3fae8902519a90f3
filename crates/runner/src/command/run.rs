//! `quipu run` and the four stage commands.

use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use quipu_schema::fault::exit;
use quipu_schema::pipeline::{Pipeline, suggestion};
use quipu_schema::{ErrorKind, Fault, Result};
use quipu_store::{Context, Outcome, Progress, Silent, StageRecord, StageReport, Store};
use serde_json::json;

use super::{read_with_lists, store_path};
use crate::BUILD;
use crate::cli::{Global, HowArgs, Stage};
use crate::output::Output;
use crate::progress::Bars;

/// Runs the stages from `from` to `to`.
pub(crate) fn run(
    pipeline: &Path,
    args: &HowArgs,
    from: Stage,
    to: Stage,
    global: &Global,
    output: Output,
) -> Result<u8> {
    let started = Instant::now();
    if from > to {
        return Err(Fault::new(ErrorKind::Usage, "--from names a later stage than --to"));
    }
    let path = pipeline;
    let (mut pipeline, _) = read_with_lists(path)?;
    let as_of = args.as_of.as_deref().map(moment).transpose()?;
    if let Some(as_of) = &as_of {
        // A day is its last moment; another moment has a name of its own.
        let given = args.as_of.as_deref().unwrap_or_default();
        let when = if given.len() == 10 { given.to_owned() } else { as_of.replace(':', "-") };
        pipeline.name = format!("{}@{when}", pipeline.name);
        if let Some(export) = &mut pipeline.export {
            export.to = export.to.join(format!("as-of-{when}"));
        }
    }
    check_only(args.only.as_deref(), &pipeline)?;
    if let Some(jobs) = args.jobs {
        // The pool can be sized once; nothing has used it yet.
        std::thread::available_parallelism().ok();
        rayon_threads(usize::from(jobs))?;
    }
    let store = Store::open(&store_path(Some(&pipeline), global))?;
    let name = if from == to { format!("{from:?}").to_lowercase() } else { "run".to_owned() };
    let _lock = store.lock(&format!("quipu {name} {}", path.display()))?;
    store.sweep()?;
    let ledger = store.ledger()?;
    let run = ledger.begin_run(&pipeline.name, &name, BUILD)?;
    let bars = Bars::default();
    let progress: &dyn Progress = if output.wants_progress() { &bars } else { &Silent };
    let context = Context {
        store: &store,
        ledger: &ledger,
        pipeline: &pipeline,
        run,
        build: BUILD,
        as_of: as_of.as_deref(),
        offline: args.offline || as_of.is_some(),
        only: args.only.as_deref(),
        progress,
    };
    output.event(&json!({ "event": "run_started", "run": run, "pipeline": pipeline.name, "build": BUILD }))?;
    let ended = stages(&context, from, to, output);
    progress.end();
    let (code, changed) = match &ended {
        Ok(ended) => (ended.code(), ended.changed),
        Err(fault) => (fault.kind().exit_code(), false),
    };
    let seconds = started.elapsed().as_secs_f64();
    let summary =
        json!({ "event": "run_finished", "run": run, "exit_code": code, "changed": changed, "seconds": seconds });
    ledger.finish_run(run, code, &summary)?;
    if let Err(fault) = &ended {
        output.complain(fault);
        output.say("nothing was published by the stage that failed; what was published before stays as it was");
    } else if !changed && code == exit::DONE {
        output.say("nothing changed, nothing was published");
    }
    output.say(&format!("finished in {seconds:.2} s, exit code {code}"));
    output.event(&summary)?;
    Ok(if args.unchanged_exit_code && code == exit::DONE && !changed { exit::UNCHANGED } else { code })
}

/// The last moment that is meant by a day or a moment, as the ledger writes it.
fn moment(text: &str) -> Result<String> {
    let day = text.parse::<jiff::civil::Date>().ok().filter(|_| !text.contains(['T', ' ']));
    let moment = match day {
        Some(_) => format!("{text}T23:59:59.999999Z").parse::<jiff::Timestamp>(),
        None => text.parse::<jiff::Timestamp>(),
    };
    // As the ledger writes it, to compare as texts.
    moment.map(|moment| moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()).map_err(|error| {
        Fault::new(ErrorKind::Usage, format!("`{text}` is no date"))
            .because(error)
            .help("write --as-of 2026-03-21 or --as-of 2026-03-21T12:00:00Z")
    })
}

pub(crate) fn check_only(only: Option<&str>, pipeline: &Pipeline) -> Result<()> {
    let Some(only) = only.filter(|only| pipeline.source(only).is_none()) else { return Ok(()) };
    let fault = Fault::new(ErrorKind::Usage, format!("the pipeline has no source `{only}`"));
    Err(match suggestion(only, pipeline.sources.iter().map(|s| s.id.as_str()).collect::<Vec<_>>()) {
        Some(help) => fault.help(help),
        None => fault,
    })
}

fn rayon_threads(jobs: usize) -> Result<()> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .build_global()
        .map_err(|e| Fault::bug("the thread pool is already there").because(e))
}

/// How the stages ended together.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    names: HashSet<String>,
    changed: bool,
    shape: bool,
    failed: usize,
    retryable: usize,
    sources: usize,
    other: Option<u8>,
}

impl Ended {
    pub(crate) fn add(&mut self, report: &StageReport) {
        self.changed |= report.changed;
        if report.stage == "ingest" || self.sources == 0 {
            self.sources = self.sources.max(report.sources.len());
        }
        for source in &report.sources {
            let Outcome::Failed(fault) = &source.outcome else { continue };
            // A source that was not captured fails in the next stage too, of the same cause.
            if !self.names.insert(source.source.clone()) {
                continue;
            }
            self.failed += 1;
            self.retryable += usize::from(fault.kind().is_retryable());
            match fault.kind() {
                ErrorKind::Shape => self.shape = true,
                ErrorKind::Source | ErrorKind::Refused | ErrorKind::Upstream => {}
                kind => self.other = Some(self.other.unwrap_or_default().max(kind.exit_code())),
            }
        }
    }

    /// A person is needed before patience is; patience only where nothing at all came through.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self { shape: true, .. } => exit::SHAPE,
            Self { other: Some(code), .. } => *code,
            Self { failed: 0, .. } => exit::DONE,
            Self { failed, retryable, sources, .. } if failed == retryable && *failed >= *sources => exit::LATER,
            _ => exit::PARTIAL,
        }
    }
}

fn stages(context: &Context<'_>, from: Stage, to: Stage, output: Output) -> Result<Ended> {
    let mut ended = Ended::default();
    for stage in [Stage::Ingest, Stage::Transform, Stage::Screen, Stage::Export] {
        if stage < from || stage > to {
            continue;
        }
        let nothing_yet = stage > Stage::Transform && from < Stage::Screen && ended.failed > 0;
        if nothing_yet && context.store.current(&context.pipeline.name, "transform")?.is_none() {
            // The failed sources decide the exit code, not what follows from them.
            output.say(&format!("{stage:?} is left out: no source has given a table yet").to_lowercase());
            continue;
        }
        tracing::info!(?stage, pipeline = context.pipeline.name, run = context.run, "begins");
        let report = match stage {
            Stage::Ingest => quipu_ingest::run(context)?,
            Stage::Transform => quipu_transform::run(context)?,
            Stage::Screen if context.pipeline.screen.is_none() && from != to => continue,
            Stage::Screen => quipu_screen::run(context, super::screen::digest_key().as_ref())?,
            Stage::Export if context.pipeline.export.is_none() && from != to => continue,
            Stage::Export => quipu_export::run(context)?,
        };
        if stage != Stage::Export {
            record(context, &report)?;
        }
        for source in &report.sources {
            let tally = &source.tally;
            match &source.outcome {
                // For people the account below says so in full.
                Outcome::Failed(fault) => tracing::info!(?stage, source = source.source, %fault, "a source failed"),
                outcome => tracing::debug!(?stage, source = source.source, ?outcome, %tally, "a source is done"),
            }
        }
        tracing::info!(?stage, changed = report.changed, tally = %report.tally(), "is done");
        output.stage(&report)?;
        ended.add(&report);
    }
    Ok(ended)
}

/// Writes a stage into the ledger; export does so itself, for its release has no snapshot.
pub(crate) fn record(context: &Context<'_>, report: &StageReport) -> Result<()> {
    let current = context.store.current(&context.pipeline.name, report.stage)?;
    context.ledger.record_stage(
        context.run,
        &StageRecord {
            pipeline: context.pipeline.name.clone(),
            stage: report.stage.to_owned(),
            ingredients: current.map_or_else(|| quipu_schema::Digest::of([]), |snapshot| snapshot.ingredients),
            changed: report.changed,
            tally: report.tally(),
            output: report.output,
        },
    )
}

#[cfg(test)]
mod tests {
    use quipu_schema::tally::Tally;
    use quipu_store::SourceReport;

    use super::*;

    fn ended(kinds: &[Option<ErrorKind>]) -> u8 {
        let sources = kinds.iter().enumerate().map(|(n, kind)| SourceReport {
            source: n.to_string(),
            outcome: kind.map_or(Outcome::Done, |kind| Outcome::Failed(Fault::new(kind, "x"))),
            tally: Tally::default(),
            notes: Vec::new(),
            findings: Vec::new(),
        });
        let report = StageReport {
            stage: "ingest",
            changed: false,
            sources: sources.collect(),
            output: None,
            notes: Vec::new(),
        };
        let mut ended = Ended::default();
        ended.add(&report);
        ended.code()
    }

    #[test]
    fn exit_codes_of_sources_that_failed() {
        use ErrorKind::{Refused, Shape, Source, Upstream};
        assert_eq!(ended(&[None, None]), exit::DONE);
        assert_eq!(ended(&[None, Some(Upstream)]), exit::PARTIAL);
        assert_eq!(ended(&[Some(Upstream), Some(Upstream)]), exit::LATER);
        assert_eq!(ended(&[Some(Source), Some(Upstream)]), exit::PARTIAL);
        assert_eq!(ended(&[Some(Refused), Some(Shape), None]), exit::SHAPE);
    }
}
