//! The `quipu` command line: chains the stages, prints what they did, decides the exit code.

mod cli;
mod command;
mod discreet;
mod output;
mod progress;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind as Usage;
use quipu_schema::fault::exit;

use cli::{Cli, Command};
use output::Output;

/// Version and sources of this binary: an ingredient of everything that a stage makes.
pub(crate) const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("QUIPU_SOURCES"));

fn main() -> ExitCode {
    discreet::tell_panics();
    // The hook has told it.
    std::panic::catch_unwind(run).unwrap_or(ExitCode::from(exit::BUG))
}

fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = match error.kind() {
                Usage::DisplayHelp | Usage::DisplayVersion => exit::DONE,
                _ => exit::USAGE,
            };
            // Help that nobody reads any more is no failure.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let output = Output::new(&cli.global);
    start_log(&cli.global.log, output.is_json());
    if let Err(error) = stop_on_signals() {
        output::note(&format!("warning: signals are not handled: {error}"));
    }
    let done = match cli.command {
        Command::Run { run, from, to } => stages(&run, from, to, &cli.global, output),
        Command::Ingest(run) => stages(&run, cli::Stage::Ingest, cli::Stage::Ingest, &cli.global, output),
        Command::Transform(run) => stages(&run, cli::Stage::Transform, cli::Stage::Transform, &cli.global, output),
        Command::Screen(screen) => command::screen::screen(&screen, &cli.global, output),
        Command::Export(run) => stages(&run, cli::Stage::Export, cli::Stage::Export, &cli.global, output),
        Command::Plan { pipeline } => command::plan::plan(&pipeline, &cli.global, output),
        Command::Check { pipelines } => command::check::check(&pipelines, output),
        Command::Inspect(inspect) => command::inspect::inspect(&inspect, &cli.global, output),
        Command::Status { pipeline } => command::status::status(pipeline.as_deref(), &cli.global, output),
        Command::Runs { pipeline, limit } => command::status::runs(pipeline.as_deref(), limit, &cli.global, output),
        Command::Trace { table, key, run: Some(run), .. } => command::trace_hit::trace(&table, &key, &run, output),
        Command::Trace { table, key, column, pipeline, run: None } => {
            command::trace::trace(&table, &key, column.as_deref(), pipeline.as_deref(), &cli.global, output)
        }
        Command::Verify { pipeline, hashes_only } => {
            command::verify::verify(&pipeline, hashes_only, &cli.global, output)
        }
        Command::Quarantine { action } => command::quarantine::quarantine(&action, &cli.global, output),
        Command::Codes { action } => command::codes::codes(&action, &cli.global, output),
        Command::Evaluate { truth } => command::evaluate::evaluate(&truth, output),
        Command::Hit { action } => command::hit::hit(&action, output),
        Command::Synth(args) => command::synth::synth(&args, output),
        Command::Schema { table } => command::schema::schema(table.as_deref(), output),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(fault) => {
            output.complain(&fault);
            ExitCode::from(fault.kind().exit_code())
        }
    }
}

fn stages(
    run: &cli::RunArgs,
    from: cli::Stage,
    to: cli::Stage,
    global: &cli::Global,
    output: Output,
) -> quipu_schema::Result<u8> {
    command::run::run(&run.pipeline, &run.how, from, to, global, output)
}

/// Logs go to stderr: `WARN` says that something is odd but no data is lost, `ERROR` that data is.
///
/// Of other crates only those two are shown: below them some write down all that passes through, such as headers and the
/// texts of documents, which hold what is secret under names that nobody knows.
fn start_log(filter: &str, json: bool) {
    use tracing_subscriber::Layer as _;
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    let wanted =
        tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let discreet = tracing_subscriber::filter::filter_fn(|about| {
        about.target().starts_with("quipu") || *about.level() <= tracing::Level::WARN
    });
    let lines = tracing_subscriber::fmt::layer().with_writer(discreet::Log).with_target(false);
    let registry = tracing_subscriber::registry().with(wanted);
    // A second start in one process would fail; there is none.
    let _ = if json {
        registry.with(lines.json().with_filter(discreet)).try_init()
    } else {
        registry.with(lines.without_time().with_filter(discreet)).try_init()
    };
}

/// Ends the process on SIGINT and SIGTERM with the code for "try again later". The store needs no
/// clean-up: what was not published is not seen, and the next run finishes the work.
fn stop_on_signals() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(async {
            let (Ok(mut interrupt), Ok(mut terminate)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                return;
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            output::note("stopped by a signal; what was published stays whole, run again to go on");
            #[expect(clippy::exit, reason = "the main thread is busy and holds nothing that needs closing")]
            std::process::exit(i32::from(exit::LATER));
        });
    })?;
    Ok(())
}
