//! The pipeline file: what to fetch, how to read it, where to put it.
//!
//! A pipeline file is TOML. It is read strictly: an unknown key, a wrong type or a dangling
//! reference is an error with file, line, column and the nearest known name, and all mistakes are
//! reported at once. Paths are relative to the pipeline file.

mod api;
mod checks;
mod contract;
mod crawl;
mod guard;
mod http;
mod layout;
mod members;
mod object;
mod observe;
mod origin;
mod problem;
mod screen;
mod section;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use toml::de::DeTable;

pub use api::{Along, ApiSource, Count, Pages, Split};
pub use checks::{CheckRule, Checks};
pub use contract::{Contract, Expect, Policy};
pub use crawl::CrawlSource;
pub use guard::Guard;
pub use http::{HostRules, HttpSource, Limits, Reach};
pub use layout::{Format, HeaderAt, Layout, SheetPick, TableAt};
pub use members::Members;
pub use object::{ObjectSource, Service};
pub use observe::{DateOrder, Filter, Measure, Observe, Period, PeriodPart, Pick, Totals};
pub use origin::{CODE_LISTS, Codes, Origin, Take, TakeFrom};
pub use problem::{Problem, nearest, suggestion};
pub use screen::{SCREENED_KINDS, Screen};
pub use section::Placed;
use section::{Findings, Section};
pub use source::{FileSource, Interpreter, Reader, Rows, Source, SourceKind};

use crate::digest::{Digest, Hasher};
use crate::table;

/// A pipeline file, checked.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Name of the pipeline.
    pub name: String,
    /// The file it was read from, as named by the user.
    pub file: PathBuf,
    /// The store, where the file names one.
    pub store: Option<PathBuf>,
    /// The folder of reference lists.
    pub reference: PathBuf,
    /// Whom a publisher can ask about our requests: an address of mail or of a page.
    pub contact: Option<String>,
    /// How hosts are treated, by `name` or `name:port`.
    pub hosts: BTreeMap<String, HostRules>,
    /// The sources, in the order of the file.
    pub sources: Vec<Source>,
    /// Screening, where the pipeline does any.
    pub screen: Option<Screen>,
    /// The release, where the pipeline makes one.
    pub export: Option<Export>,
    /// The text of the file, for messages that point into it.
    pub text: String,
}

/// `[export]`: the release.
#[derive(Debug, Clone)]
pub struct Export {
    /// Folder that holds the releases.
    pub to: PathBuf,
    /// Title of the release.
    pub title: String,
    /// Licence of the release as a whole, where one is stated.
    pub licence: Option<String>,
    /// Tables to release; empty for all that were published.
    pub tables: Vec<String>,
    /// Columns by which a table is laid out in Hive folders.
    pub partition: Vec<(String, Vec<String>)>,
    /// Rows per Parquet row group.
    pub row_group: usize,
    /// Digest of this part of the file.
    pub part: Digest,
}

/// Rows per Parquet row group where the file does not say.
const ROW_GROUP: u64 = 131_072;

impl Pipeline {
    /// Reads the text of a pipeline file; `file` is its path as named by the user.
    ///
    /// # Errors
    /// Every mistake found, in the order of the file.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        let shown = file.display().to_string();
        let findings = Findings::new(&shown, text);
        let pipeline = match DeTable::parse(text) {
            Ok(table) => {
                let root = Section::new(&findings, table.get_ref(), 0..0, "the file");
                let pipeline = read_root(&root, file, text);
                root.finish();
                pipeline
            }
            Err(error) => {
                findings.report(error.span().unwrap_or(0..0), error.message().to_owned(), None);
                None
            }
        };
        match (pipeline, findings.into_problems()) {
            (Some(pipeline), problems) if problems.is_empty() => Ok(pipeline),
            (_, problems) => Err(problems),
        }
    }

    /// A problem at a place of the file, found by who knows more than the file itself.
    pub fn problem(&self, span: std::ops::Range<usize>, message: String, help: Option<String>) -> Problem {
        problem::Places::new(&self.file.display().to_string(), &self.text).problem(span, message, help)
    }

    /// The source of this id.
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == id)
    }
}

fn read_root(root: &Section<'_, '_>, file: &Path, text: &str) -> Option<Pipeline> {
    let base = file.parent().unwrap_or_else(|| Path::new(""));
    let head = root.section("pipeline");
    if head.is_none() && !root.has("pipeline") {
        root.missing("pipeline", "a table `[pipeline]` with `name` and `reference`");
    }
    let mut name = None;
    let (mut store, mut reference, mut contact) = (None, None, None);
    if let Some(head) = head {
        name = head.required_text("name", "a short name for runs and releases");
        if let Some(name) = &name
            && !is_slug(&name.value)
        {
            let help = "use lower-case letters, digits and hyphens".to_owned();
            root.findings().report(name.span.clone(), format!("`{}` is not a pipeline name", name.value), Some(help));
        }
        store = head.text("store").map(|t| join(base, &t.value));
        reference = head.required_text("reference", "the folder of reference lists").map(|t| join(base, &t.value));
        contact = head.text("contact").filter(|contact| {
            let good = !contact.value.is_empty() && contact.value.chars().all(|c| c.is_ascii_graphic() && c != ')');
            if !good {
                let help = Some("write `mailto:desk@example.org`, or the address of a page".to_owned());
                root.findings().report(contact.span.clone(), "`contact` is no address of mail or of a page", help);
            }
            good
        });
        head.finish();
    }
    let contracts = read_contracts(root);
    let hosts = http::read_hosts(root);
    let mut sources: Vec<Source> = Vec::new();
    for section in root.sections("source") {
        let span = section.span();
        if let Some(source) = Source::read(&section, base, text, &contracts) {
            if sources.iter().any(|other| other.id == source.id) {
                root.findings().report(span, format!("two sources have the id `{}`", source.id), None);
            }
            sources.push(source);
        }
        section.finish();
    }
    if !root.has("source") {
        root.missing("source", "at least one `[[source]]`");
    }
    let screen = root.section("screen").map(|section| screen::read(section, text));
    let export = root.section("export").and_then(|section| read_export(section, base, text));
    Some(Pipeline {
        name: name?.value,
        file: file.to_owned(),
        store,
        reference: reference?,
        contact: contact.map(|contact| contact.value),
        hosts,
        sources,
        screen,
        export,
        text: text.to_owned(),
    })
}

/// `[contract.TABLE]`: what sources of rows of a table may change, where they do not say so themselves.
fn read_contracts(root: &Section<'_, '_>) -> BTreeMap<String, Contract> {
    let mut contracts = BTreeMap::new();
    let Some(all) = root.section("contract") else { return contracts };
    for table in table::ALL {
        if let Some(section) = all.section(table.name) {
            contracts.insert(table.name.to_owned(), Contract::read(section, table.name, Contract::default()));
        }
    }
    all.finish();
    contracts
}

fn read_export(section: Section<'_, '_>, base: &Path, text: &str) -> Option<Export> {
    let to = section.required_text("to", "the folder that holds the releases").map(|t| join(base, &t.value));
    let title = section.required_text("title", "the title of the release");
    let licence = section.text("licence").map(|t| t.value);
    let tables = section.texts("tables");
    for name in &tables {
        table_of(&section, name);
    }
    let mut partition = Vec::new();
    for (name, value) in section.entries("partition") {
        let Some(table) = table_of(&section, &name) else { continue };
        let columns: Vec<_> = match (value.get_ref().as_str(), value.get_ref().as_array()) {
            (Some(text), _) => vec![(text.to_owned(), value.span())],
            (None, Some(items)) => {
                items.iter().filter_map(|i| i.get_ref().as_str().map(|t| (t.to_owned(), i.span()))).collect()
            }
            (None, None) => Vec::new(),
        };
        if columns.is_empty() {
            section.findings().report(value.span(), "a partition needs one or more column names", None);
        }
        for (column, span) in &columns {
            if table.column(column).is_none() {
                let help = suggestion(column, table.all_columns().map(|c| c.name).collect::<Vec<_>>());
                section.findings().report(span.clone(), format!("`{}` has no column `{column}`", table.name), help);
            }
        }
        partition.push((name.value, columns.into_iter().map(|(column, _)| column).collect()));
    }
    let row_group = section.number("row_group", 1_000..=10_000_000).unwrap_or(ROW_GROUP);
    let part = part_digest(&section, text);
    section.finish();
    let tables = tables.into_iter().map(|t| t.value).collect();
    let row_group = usize::try_from(row_group).unwrap_or(usize::MAX);
    Some(Export { to: to?, title: title?.value, licence, tables, partition, row_group, part })
}

fn table_of(section: &Section<'_, '_>, name: &Placed<String>) -> Option<&'static table::Table> {
    let found = table::find(&name.value);
    if found.is_none() {
        let help = suggestion(&name.value, table::ALL.iter().map(|t| t.name).collect::<Vec<_>>());
        section.findings().report(name.span.clone(), format!("there is no table `{}`", name.value), help);
    }
    found
}

/// A path of the file, seen from where the file lies, without `.` and needless `..`.
pub(super) fn join(base: &Path, path: &str) -> PathBuf {
    let mut out = PathBuf::new();
    for part in base.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}

/// Whether a name is fit for file names: lower-case letters, digits, hyphens.
fn is_slug(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 80
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.starts_with('-')
}

/// Digest of the part of the file that a section came from, so that a stage knows when its part
/// changed. Values decide, not white space or comments.
fn part_digest(section: &Section<'_, '_>, _text: &str) -> Digest {
    let mut hasher = Hasher::default();
    hasher.part("part", section.canonical());
    hasher.finish()
}
