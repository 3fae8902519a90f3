//! The command line as it is typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use quipu_screen::Grade;

/// Published crime reports and police data drops as checked, traceable Parquet tables.
///
/// A pipeline file names sources, says how they are read, and where the release goes. `quipu run`
/// takes it through ingest, transform, screen and export. stdout carries data or NDJSON only;
/// people read stderr. Exit codes: 0 done, 1 bug, 2 usage or pipeline file, 3 finished but some
/// sources failed, 4 blocked by a contract or a failed verification, 5 a source changed its shape,
/// 75 try again later, 99 unchanged (only with --unchanged-exit-code).
#[derive(Debug, Parser)]
#[command(name = "quipu", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Settings of every command.
    #[command(flatten)]
    pub(crate) global: Global,
}

/// Settings of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The store; by default the one that the pipeline file names, else ./quipu-store.
    #[arg(long, global = true, env = "QUIPU_STORE", value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,
    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Print no account to stderr, only warnings and errors.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Log filter, for example `info` or `quipu_ingest=debug`.
    #[arg(long, global = true, env = "QUIPU_LOG", default_value = "warn", value_name = "FILTER")]
    pub(crate) log: String,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
    /// Markdown (`schema` only).
    Md,
}

/// A stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Stage {
    /// Fetch and archive.
    Ingest,
    /// Archived bytes to tables.
    Transform,
    /// Checks against records.
    Screen,
    /// Tables to a release.
    Export,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a pipeline: ingest, transform, screen, export; what has not changed is skipped.
    Run {
        /// The pipeline and how to run it.
        #[command(flatten)]
        run: RunArgs,
        /// First stage.
        #[arg(long, value_enum, default_value_t = Stage::Ingest)]
        from: Stage,
        /// Last stage.
        #[arg(long, value_enum, default_value_t = Stage::Export)]
        to: Stage,
    },
    /// Fetch and archive the sources of a pipeline.
    Ingest(RunArgs),
    /// Turn archived documents into tables.
    Transform(RunArgs),
    /// Match checks on records: those of a pipeline, or those of files.
    ///
    /// With --records, --checks and --out no pipeline file is needed. Records become an index that is kept and used
    /// again as long as they do not change; the checks are streamed through it. DIR then holds hit/hit.parquet and
    /// run.json, and the last line of stdout is the account of the run as JSON: checks by what became of them, hits by
    /// grade, hits to expect by chance.
    Screen(ScreenArgs),
    /// Make a release of the published tables.
    Export(RunArgs),
    /// Show what a run would do, without doing it.
    Plan {
        /// The pipeline file.
        pipeline: PathBuf,
    },
    /// Say whether pipeline files are right; touches neither network nor store.
    Check {
        /// The pipeline files.
        #[arg(required = true)]
        pipelines: Vec<PathBuf>,
    },
    /// Show what a file of figures looks like, and draft a pipeline file that reads it.
    Inspect(InspectArgs),
    /// Show what the store holds.
    Status {
        /// The pipeline file, to find its store.
        pipeline: Option<PathBuf>,
    },
    /// List past runs, newest first.
    Runs {
        /// The pipeline file, to find its store.
        pipeline: Option<PathBuf>,
        /// Most runs to list.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Show the place in the source where a value was read.
    Trace {
        /// The table.
        table: String,
        /// The row: `column=value,column=value`, or `#N` for the Nth row.
        key: String,
        /// The column; by default the value as printed.
        column: Option<String>,
        /// The pipeline file or the name of the pipeline, where the store holds several.
        #[arg(long, short)]
        pipeline: Option<String>,
        /// The folder of a screening by hand, for a row of `hit`: reckons the hit again from its sources.
        #[arg(long, value_name = "DIR", conflicts_with = "pipeline")]
        run: Option<PathBuf>,
    },
    /// Check archive, tables and release byte for byte, and make them again from the archive.
    Verify {
        /// The pipeline file.
        pipeline: PathBuf,
        /// Only check hashes; do not make anything again.
        #[arg(long)]
        hashes_only: bool,
    },
    /// Look at what was read but not published, and read it again after a fix.
    Quarantine {
        /// What to do with it.
        #[command(subcommand)]
        action: QuarantineAction,
    },
    /// Find out what labels mean, and which lines the reference lists lack.
    Codes {
        /// What to do.
        #[command(subcommand)]
        action: CodesAction,
    },
    /// Score the reading of reports against annotated documents.
    ///
    /// The document lies beside its truth file under the same name, `.txt` or `.html`; the format is described
    /// in data/annotated/README.md. Prints every row that was missed or is not there, then precision,
    /// recall and F1 by table. With --format json the last line holds the scores.
    Evaluate {
        /// The truth files, `NAME.truth.jsonl`.
        #[arg(required = true, value_name = "TRUTH")]
        truth: Vec<PathBuf>,
    },
    /// Make records and checks at any scale, with the truth of what meets, to size a machine with.
    ///
    /// Writes records.parquet, checks.parquet and truth.parquet; all people, documents and objects in them are
    /// invented. The mix of databases is that of published figures where there are any: 81 % travel documents, 8 %
    /// administrative documents, 6 % vehicles and so on; 218 of a million checks meet a record, and five to ten times
    /// as many nearly do. The same numbers and seed give the same bytes.
    Synth(SynthArgs),
    /// Decide on hits of a screening by hand, and see what was decided.
    Hit {
        /// What to do.
        #[command(subcommand)]
        action: HitAction,
    },
    /// Print the dictionary of the tables.
    Schema {
        /// One table; all by default.
        table: Option<String>,
    },
}

/// What is to be made.
#[derive(Debug, Args)]
pub(crate) struct SynthArgs {
    /// Entries of the databases.
    #[arg(long, default_value_t = 127_000)]
    pub(crate) records: u64,
    /// Questions put to them.
    #[arg(long, default_value_t = 1_300_000)]
    pub(crate) checks: u64,
    /// What decides all of it.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The folder that the files go to.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Travel documents alone.
    #[arg(long)]
    pub(crate) travel_documents_only: bool,
    /// Only the columns that screening needs: ids, database, key_kind, key_raw, issuer.
    #[arg(long)]
    pub(crate) keys_only: bool,
}

/// A document to look at.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The document: CSV, workbook, JSON, HTML or PDF with tables, Parquet.
    pub(crate) file: PathBuf,
    /// Write a pipeline file that reads it.
    #[arg(long, value_name = "PIPELINE")]
    pub(crate) write: Option<PathBuf>,
    /// Write it over a file that is there.
    #[arg(long, requires = "write")]
    pub(crate) force: bool,
    /// The folder of reference lists; by default `data/reference` here or in a folder above.
    #[arg(long, value_name = "DIR")]
    pub(crate) reference: Option<PathBuf>,
}

/// What to do with hits.
#[derive(Debug, Subcommand)]
pub(crate) enum HitAction {
    /// Take a decision down: under_review, confirmed, not_identical or inconclusive.
    ///
    /// The decision is added to decisions.ndjson in the folder of the run, each line of which names the digest of the
    /// line before it, and becomes the state of the hit. Runs with --since this folder keep it.
    Decide {
        /// The folder of the run.
        run: PathBuf,
        /// The check.
        check_id: String,
        /// The record.
        record_id: String,
        /// The new state.
        state: String,
        /// Who decides.
        #[arg(long, value_name = "NAME")]
        by: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Print the decisions of a run, one JSON object a line, after checking that none was changed.
    Decisions {
        /// The folder of the run.
        run: PathBuf,
    },
    /// Print the audit trail of a run, one JSON object a line: what was shown to whom, and what was withheld.
    ///
    /// Each line names the digest of the line before it; one that was changed, moved or taken out ends the command with
    /// code 4. Digests of keys are there where QUIPU_DIGEST_KEY was set when the run was made.
    Audit {
        /// The folder of the run; of a pipeline, `audit/NAME` in its store.
        run: PathBuf,
    },
}

/// What to do with the quarantine.
#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineAction {
    /// List what is in quarantine: by reason, column and label first, then row by row.
    ///
    /// Where the last captures of a source are not published, because its contract blocks them, they are
    /// read again from the archive. With --format json, one `quarantine_group` or `quarantined` a line.
    List {
        /// The pipeline file.
        pipeline: PathBuf,
        /// Only this source.
        #[arg(long, value_name = "SOURCE")]
        source: Option<String>,
        /// Only rows that were refused for this reason, such as `unknown-code`.
        #[arg(long, value_name = "REASON")]
        reason: Option<String>,
        /// Most groups and most rows to list; by default 20 of each, with --format json all.
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Read the archived documents again, offline, and say what became of each row in quarantine.
    ///
    /// Runs the transform stage for the sources that have rows in quarantine, publishes what it gives,
    /// and prints the account before and after. What changed beside the quarantined rows is counted.
    Replay {
        /// The pipeline file.
        pipeline: PathBuf,
        /// Only this source.
        #[arg(long, value_name = "SOURCE")]
        source: Option<String>,
        /// Say what would happen; publish nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

/// What to do with the code lists.
#[derive(Debug, Subcommand)]
pub(crate) enum CodesAction {
    /// Print the lines that the unknown labels in quarantine need in the reference lists.
    ///
    /// A line has a code only where it is sure: the same as a known name but for case, accents and
    /// punctuation, or one letter from a long one. All others are comments for a person to complete.
    Suggest {
        /// The pipeline file.
        pipeline: PathBuf,
        /// Only labels of this source.
        #[arg(long, value_name = "SOURCE")]
        source: Option<String>,
        /// Only labels of this list: area, crime, indicator, unit, database, organisation.
        #[arg(long, value_name = "LIST")]
        list: Option<String>,
        /// Add the sure lines to the lists, marked as unverified.
        #[arg(long)]
        write: bool,
    },
    /// Say what a label means, and where that stands; else the nearest known ones.
    Lookup {
        /// The label.
        label: String,
        /// Only this list.
        #[arg(long, value_name = "LIST")]
        list: Option<String>,
        /// Only this scheme of it.
        #[arg(long, value_name = "SCHEME")]
        scheme: Option<String>,
        /// The pipeline file that names the folder of lists.
        #[arg(long, short, value_name = "FILE")]
        pipeline: Option<PathBuf>,
        /// The folder of lists, where no pipeline file is named.
        #[arg(long, value_name = "DIR", default_value = "data/reference")]
        reference: PathBuf,
    },
}

/// What is screened.
#[derive(Debug, Args)]
pub(crate) struct ScreenArgs {
    /// The pipeline file, where the tables of a pipeline are screened.
    #[arg(required_unless_present = "records", conflicts_with = "records")]
    pub(crate) pipeline: Option<PathBuf>,
    /// How the pipeline is run.
    #[command(flatten)]
    pub(crate) how: HowArgs,
    /// Parquet files of records, or folders of them: record_id, database, key_kind, key_raw, issuer; and owner, status,
    /// expires_on, deny, marking where they are there.
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "out")]
    pub(crate) records: Vec<PathBuf>,
    /// Files of checks, or folders of them: Parquet, delimited text with a header (CSV), or JSON with one object a line
    /// (NDJSON); with --since, the new ones. Columns: check_id, key_kind, key_raw, issuer; and asked_by, asked_at, marking
    /// where they are there.
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "records")]
    pub(crate) checks: Vec<PathBuf>,
    /// The folder of the result.
    #[arg(long, value_name = "DIR", requires = "records")]
    pub(crate) out: Option<PathBuf>,
    /// The folder of the index; by default `index` in that of the result.
    #[arg(long, value_name = "DIR", requires = "records")]
    pub(crate) index: Option<PathBuf>,
    /// The result of the run before: its checks meet these records too; hits are new, unchanged or withdrawn, and keep
    /// their state of review.
    #[arg(long, value_name = "DIR", requires = "records")]
    pub(crate) since: Option<PathBuf>,
    /// Leave the checks of the runs before behind, but for those in files that are named again; their hits are withdrawn.
    #[arg(long, requires = "since")]
    pub(crate) forget: bool,
    /// Let these checks meet the records of later runs for so many days, without their files. They are sealed under
    /// QUIPU_DIGEST_KEY, each one so that only a record of the same number opens it.
    #[arg(long, value_name = "DAYS", requires = "records")]
    pub(crate) remember: Option<u32>,
    /// Memory to use, such as 4GiB or 512MiB; by default 4 GiB, or half of what is free.
    #[arg(long, value_name = "SIZE", value_parser = memory, requires = "records")]
    pub(crate) memory: Option<u64>,
    /// Threads; by default one per core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), requires = "records")]
    pub(crate) threads: Option<u16>,
    /// The kind of all keys, for files that do not say it.
    #[arg(long, value_name = "KIND", requires = "records")]
    pub(crate) key_kind: Option<String>,
    /// The name that a column has in the files, as `key_raw=number`; in those of one side alone, as
    /// `checks.key_raw=number`.
    #[arg(long, value_name = "COLUMN=NAME", value_parser = renamed, requires = "records")]
    pub(crate) map: Vec<(String, String)>,
    /// The grades to screen, as `exact,normalised,repaired,confusable,near`, or for one database as `SMV:exact`; by default
    /// all but confusable and near.
    #[arg(long, value_name = "[DATABASE:]GRADE,...", value_parser = grades, requires = "records")]
    pub(crate) grades: Vec<(Option<String>, Vec<Grade>)>,
    /// The day on which expiry is judged; by default that of the newest check.
    #[arg(long, value_name = "DATE", requires = "records")]
    pub(crate) expiry_on: Option<jiff::civil::Date>,
    /// Count the records that may match nobody, and why; it reads more columns of them.
    #[arg(long, requires = "records")]
    pub(crate) count_records: bool,
}

/// Bytes of memory, as people write them.
fn memory(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kb" | "kib" => Some(1_u64 << 10),
        "m" | "mb" | "mib" => Some(1 << 20),
        "g" | "gb" | "gib" => Some(1 << 30),
        _ => None,
    };
    let bytes = number.parse::<u64>().ok().zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| "a size such as 4GiB or 512MiB is needed".to_owned())
}

/// `key_raw=number`, or `checks.key_raw=number`.
fn renamed(text: &str) -> Result<(String, String), String> {
    let split = text.split_once('=').filter(|(_, name)| !name.is_empty());
    let (column, name) = split.ok_or("a column and its name are needed, as `key_raw=number`")?;
    let (tables, alone): (&[&str], &str) = match column.split_once('.') {
        Some(("records", alone)) => (&["record"], alone),
        Some(("checks", alone)) => (&["check"], alone),
        _ => (&["record", "check"], column),
    };
    if !tables.iter().any(|table| column_of(table, alone)) {
        return Err(format!("neither records nor checks have a column `{column}`"));
    }
    Ok((column.to_owned(), name.to_owned()))
}

fn column_of(table: &str, column: &str) -> bool {
    quipu_schema::table::find(table).is_some_and(|table| table.column(column).is_some())
}

/// `SMV:exact,normalised`.
fn grades(text: &str) -> Result<(Option<String>, Vec<Grade>), String> {
    let (database, list) = match text.split_once(':') {
        Some((database, list)) => (Some(database.to_owned()), list),
        None => (None, text),
    };
    Ok((database, list.split(',').map(|word| word.trim().parse()).collect::<Result<_, String>>()?))
}

/// A pipeline and how to run it.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The pipeline file.
    pub(crate) pipeline: PathBuf,
    /// How it is run.
    #[command(flatten)]
    pub(crate) how: HowArgs,
}

/// How a pipeline is run.
#[derive(Debug, Args)]
pub(crate) struct HowArgs {
    /// Work on this source only; the others keep what they have.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) only: Option<String>,
    /// Do not go to the network or to source files: use what is archived.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Work on what was captured until this moment (2026-03-21, or 2026-03-21T12:00:00Z), offline; the
    /// result stands beside what is current, under the pipeline's name and the moment.
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<String>,
    /// Threads for heavy work; by default one per core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// End with exit code 99 when nothing changed.
    #[arg(long)]
    pub(crate) unchanged_exit_code: bool,
}
