//! `[[source]]`: one publication, where it is, how it is read and what becomes of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::api::ApiSource;
use super::checks::Checks;
use super::contract::{Contract, Expect};
use super::crawl::CrawlSource;
use super::guard::Guard;
use super::http::HttpSource;
use super::layout::Layout;
use super::members::Members;
use super::object::ObjectSource;
use super::observe::Observe;
use super::origin::Origin;
use super::problem::suggestion;
use super::section::{Placed, Section};
use super::{is_slug, join, part_digest};
use crate::digest::Digest;
use crate::marking::Marking;
use crate::table::{Kind, Table};

/// One source of a pipeline.
#[derive(Debug, Clone)]
pub struct Source {
    /// The pipeline's name for it.
    pub id: String,
    /// Where it is.
    pub kind: SourceKind,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// Title, where the document itself does not tell.
    pub title: Option<String>,
    /// Licence.
    pub licence: Option<String>,
    /// ISO 639-1 language, where the document itself does not tell.
    pub language: Option<String>,
    /// Day of publication, where the document itself does not tell.
    pub published_on: Option<jiff::civil::Date>,
    /// Marking of every row that comes from it.
    pub marking: Marking,
    /// How its bytes are read.
    pub reader: Reader,
    /// What becomes of what was read.
    pub interpreter: Interpreter,
    /// How many editions of a document are published, the latest first; all of them where it is none.
    pub editions: Option<usize>,
    /// Where it is of archives: which of their members are its documents.
    pub archive: Option<Members>,
    /// What its bytes must be.
    pub guard: Guard,
    /// What it must hold at least.
    pub expect: Expect,
    /// What it may change.
    pub contract: Contract,
    /// How grave the findings of the statistical checks are.
    pub checks: Checks,
    /// Digest of this part of the file.
    pub part: Digest,
}

/// Where a source is.
#[derive(Debug, Clone)]
pub enum SourceKind {
    /// A file, or several by a glob.
    File(FileSource),
    /// One address, or several.
    Http(HttpSource),
    /// A paged JSON API.
    Api(Box<ApiSource>),
    /// Documents that listing pages name.
    Crawl(Box<CrawlSource>),
    /// Objects of an object store.
    Object(Box<ObjectSource>),
}

/// A file, or several by a glob.
#[derive(Debug, Clone)]
pub struct FileSource {
    /// Path or glob, relative paths already joined to the pipeline file's folder.
    pub path: PathBuf,
}

/// How bytes are read.
#[derive(Debug, Clone)]
pub enum Reader {
    /// As a table of cells, of a format that is declared or detected.
    Cells(Box<Layout>),
    /// As prose: HTML or plain text, told apart by the bytes.
    Text,
}

/// What becomes of what was read.
#[derive(Debug, Clone)]
pub enum Interpreter {
    /// Rows of `observation`.
    Observe(Box<Observe>),
    /// Rows of another table, column by column.
    Rows(Rows),
    /// A report: `document` and `figure`.
    Report,
}

/// `[source.rows]`: rows of a table, column by column.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The table.
    pub table: &'static Table,
    /// Where each of its columns comes from.
    pub columns: Vec<(&'static str, Origin)>,
    /// Source columns that are knowingly not read.
    pub ignore: Vec<Placed<String>>,
    /// Source columns whose texts are about persons.
    pub personal: Vec<Placed<String>>,
}

impl Source {
    pub(super) fn read(
        section: &Section<'_, '_>,
        base: &Path,
        text: &str,
        contracts: &BTreeMap<String, Contract>,
    ) -> Option<Self> {
        let id = section.required_text("id", "a short name, used in tables and messages");
        if let Some(id) = &id
            && !is_slug(&id.value)
        {
            let help = "use lower-case letters, digits and hyphens".to_owned();
            section.findings().report(id.span.clone(), format!("`{}` is not a source id", id.value), Some(help));
        }
        let file = section.text("file").map(|t| SourceKind::File(FileSource { path: join(base, &t.value) }));
        let http = HttpSource::read(section).map(SourceKind::Http);
        let api = ApiSource::read(section).map(|api| SourceKind::Api(Box::new(api)));
        let crawl = CrawlSource::read(section).map(|crawl| SourceKind::Crawl(Box::new(crawl)));
        let object = ObjectSource::read(section).map(|object| SourceKind::Object(Box::new(object)));
        let kinds = ["file", "http", "api", "crawl", "object"];
        match section.count(&kinds) {
            0 => section.missing(
                "file",
                "a path or glob (or `http = { url = \"…\" }`, `[source.api]`, `[source.crawl]` or `[source.object]`)",
            ),
            1 => {}
            _ => section.findings().report(
                section.span(),
                "a source has one of `file`, `http`, `api`, `crawl` and `object`, not several",
                None,
            ),
        }
        let kind = file.or(http).or(api).or(crawl).or(object);
        let language = section.text("language").filter(|language| {
            let good = language.value.len() == 2 && language.value.bytes().all(|b| b.is_ascii_lowercase());
            if !good {
                let help = Some("use the two letters of ISO 639-1, such as `es`".to_owned());
                section.findings().report(
                    language.span.clone(),
                    format!("`{}` is not a language", language.value),
                    help,
                );
            }
            good
        });
        let layout = Layout::read(section);
        let observe = section.section("observe").and_then(|block| {
            let observe = Observe::read(&block);
            block.finish();
            observe.map(|o| Interpreter::Observe(Box::new(o)))
        });
        let rows = section.section("rows").and_then(read_rows).map(Interpreter::Rows);
        let report = section.section("report").map(|block| {
            block.finish();
            Interpreter::Report
        });
        let given = ["observe", "rows", "report"].iter().filter(|key| section.has(key)).count();
        if given != 1 {
            let help = "`[source.observe]` for statistics, `[source.rows]` for records and checks, `[source.report]` for prose";
            section.findings().report(section.span(), "a source needs exactly one interpreter", Some(help.into()));
        }
        let interpreter = observe.or(rows).or(report);
        let reader = match &interpreter {
            Some(Interpreter::Report) => {
                if let Some(format) = layout.as_ref().and_then(|layout| layout.format) {
                    let message = format!("`{}` does not go with `report`", format.word());
                    section.findings().report(section.span(), message, None);
                }
                Reader::Text
            }
            _ => Reader::Cells(Box::new(layout.unwrap_or_default())),
        };
        let checks = section.section("checks").map(Checks::read).unwrap_or_default();
        if section.has("checks") && !section.has("observe") {
            let help = "statistical checks are made of what `[source.observe]` reads";
            section.findings().report(section.span(), "`checks` goes with `observe` only", Some(help.into()));
        }
        let table = match &interpreter {
            Some(Interpreter::Observe(_)) => "observation",
            Some(Interpreter::Rows(rows)) => rows.table.name,
            Some(Interpreter::Report) | None => "figure",
        };
        let general = contracts.get(table).copied().unwrap_or_default();
        let contract = section.section("contract").map_or(general, |section| Contract::read(section, table, general));
        let guard = section.section("guard").map(Guard::read).unwrap_or_default();
        let countable = match &kind {
            Some(SourceKind::Api(api)) => api.total.is_some(),
            Some(SourceKind::Crawl(_)) => true,
            _ => false,
        };
        if guard.complete_min.is_some() && !countable {
            let message = "`complete_min` is of a source that says how much there is: `[source.api]` with `total`, or \
                           `[source.crawl]`";
            section.findings().report(section.span(), message, None);
        }
        let expect = section.section("expect").map(|section| Expect::read(section, table)).unwrap_or_default();
        Some(Self {
            publisher: section.text("publisher").map(|t| t.value),
            title: section.text("title").map(|t| t.value),
            licence: section.text("licence").map(|t| t.value),
            language: language.map(|t| t.value),
            published_on: section.parsed("published_on", str::parse),
            marking: section.parsed("marking", str::parse::<Marking>).unwrap_or_default(),
            reader,
            editions: section.number("editions", 1..=10_000).and_then(|n| usize::try_from(n).ok()),
            archive: section.section("archive").map(Members::read),
            guard,
            expect,
            contract,
            checks,
            // What the file says of all sources is part of each.
            part: contract.part_of(part_digest(section, text)),
            id: id?.value,
            kind: kind?,
            interpreter: interpreter?,
        })
    }
}

fn read_rows(section: Section<'_, '_>) -> Option<Rows> {
    let name = section.required_text("table", "the table to fill, such as \"record\" or \"check\"");
    let table = name.as_ref().and_then(|name| super::table_of(&section, name));
    let entries = section.entries("columns");
    if entries.is_empty() && !section.has("columns") {
        section.missing("columns", "a table `[source.rows.columns]`: table column = origin");
    }
    let (ignore, personal) = (section.texts("ignore"), section.texts("personal"));
    let mut columns = Vec::new();
    if let Some(table) = table {
        for (name, value) in entries {
            let Some(column) = table.columns.iter().find(|column| column.name == name.value) else {
                let help = suggestion(&name.value, table.columns.iter().map(|c| c.name).collect::<Vec<_>>());
                section.findings().report(name.span, format!("`{}` has no column `{}`", table.name, name.value), help);
                continue;
            };
            if let Some(origin) = Origin::from_value(section.findings(), value, column.name) {
                if column.kind == Kind::Text {
                    origin.check_constant(section.findings(), column);
                }
                columns.push((column.name, origin));
            }
        }
        for column in table.columns {
            let filled = columns.iter().any(|(name, _)| *name == column.name) || column.name == "marking";
            if !column.nullable && !filled && section.has("columns") {
                section.missing(column.name, column.meaning);
            }
        }
    }
    section.finish();
    Some(Rows { table: table?, columns, ignore, personal })
}
