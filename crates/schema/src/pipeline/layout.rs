//! `[source.csv]`, `[source.workbook]` and so on: how the tables of a document are laid out. What is
//! not declared is detected, and reported.

use super::origin::Origin;
use super::section::{Placed, Section};
use crate::table;

/// A format whose documents hold tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Delimited text.
    Csv,
    /// XLSX, XLSB, XLS or ODS.
    Workbook,
    /// JSON, or one JSON value per line.
    Json,
    /// Tables of an HTML page.
    Html,
    /// Tables of a PDF with text in it.
    Pdf,
    /// Parquet.
    Parquet,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] = [Self::Csv, Self::Workbook, Self::Json, Self::Html, Self::Pdf, Self::Parquet];

    /// Its name in pipeline files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Workbook => "workbook",
            Self::Json => "json",
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Parquet => "parquet",
        }
    }
}

/// How the tables of a document are laid out.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// The format; detected where none is declared.
    pub format: Option<Format>,
    /// WHATWG label of the encoding (delimited text, HTML).
    pub encoding: Option<Placed<String>>,
    /// Delimiter, one ASCII character (delimited text).
    pub delimiter: Option<u8>,
    /// Which sheets (workbook); without it every visible sheet that has the header.
    pub sheet: Option<SheetPick>,
    /// Whether hidden sheets are read too (workbook).
    pub hidden: bool,
    /// Which table (HTML, PDF); without it every table that has the header.
    pub table: Option<TableAt>,
    /// First and last page, from 1 (PDF).
    pub pages: Option<(u32, u32)>,
    /// Pointer to the array of records (JSON, RFC 6901); the empty text is the whole document.
    pub records: Option<Placed<String>>,
    /// Where the header is.
    pub header: HeaderAt,
    /// Of how many rows the header consists; 0 counts as 1.
    pub header_rows: usize,
    /// Texts that stand for a missing value, with the SDMX status each gives.
    pub missing: Vec<(String, String)>,
    /// Texts that stand for zero.
    pub zeros: Vec<String>,
    /// Marks behind a number, with the SDMX status each gives (`2366*`).
    pub marks: Vec<(String, String)>,
    /// Decimal mark.
    pub decimal: Option<char>,
    /// Thousands mark; `Some(None)` where there is none.
    pub thousands: Option<Option<char>>,
}

/// Which sheets of a workbook.
#[derive(Debug, Clone)]
pub enum SheetPick {
    /// The sheet of this name (else the same but for case and white space).
    Name(Placed<String>),
    /// All whose name this regular expression matches as a whole; at least one.
    Pattern(Placed<String>),
}

/// Which table of a page or document.
#[derive(Debug, Clone)]
pub enum TableAt {
    /// The table of this number, from 1.
    Number(u64),
    /// Every table that holds this text, in its caption or a cell.
    Holds(Placed<String>),
}

/// Where the header of a table is.
#[derive(Debug, Clone, Default)]
pub enum HeaderAt {
    /// The first row that holds every column the mapping names.
    #[default]
    Mapped,
    /// The first row that holds all of these texts.
    Has(Vec<String>),
    /// The row of this number (the line, in delimited text), from 1.
    Line(u64),
}

impl Layout {
    /// Reads the one of a source's layout sections that is there.
    pub(super) fn read(source: &Section<'_, '_>) -> Option<Self> {
        let mut layouts = Format::ALL.into_iter().filter_map(|format| {
            let section = source.section(format.word())?;
            let layout = read_format(format, &section);
            section.finish();
            Some(layout)
        });
        let first = layouts.next();
        if let (Some(one), Some(other)) = (&first, layouts.next()) {
            let word = |layout: &Self| layout.format.map(Format::word).unwrap_or_default();
            let message = format!("a source has one format, not both `{}` and `{}`", word(one), word(&other));
            source.findings().report(source.span(), message, None);
        }
        first
    }
}

fn read_format(format: Format, section: &Section<'_, '_>) -> Layout {
    let mut layout = Layout { format: Some(format), ..Layout::default() };
    match format {
        Format::Csv => {
            layout.encoding = section.text("encoding");
            layout.delimiter = read_delimiter(section);
        }
        Format::Workbook => {
            layout.sheet = read_sheet(section);
            layout.hidden = section.flag("hidden").unwrap_or_default();
        }
        Format::Json => layout.records = read_pointer(section),
        Format::Html => {
            layout.encoding = section.text("encoding");
            layout.table = read_table(section);
        }
        Format::Pdf => {
            layout.table = read_table(section);
            layout.pages = section.parsed("pages", parse_pages);
        }
        Format::Parquet => {}
    }
    layout.header = match section.value("header") {
        None => HeaderAt::Mapped,
        Some(value) if value.get_ref().is_integer() => {
            section.number("header", 1..=1_000_000).map_or(HeaderAt::Mapped, HeaderAt::Line)
        }
        Some(_) => HeaderAt::Has(section.texts("header").into_iter().map(|t| t.value).collect()),
    };
    layout.header_rows = section.number("header_rows", 1..=12).and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
    layout.missing = read_statuses(section, "missing");
    layout.zeros = section.texts("zeros").into_iter().map(|text| text.value).collect();
    layout.marks = read_statuses(section, "marks");
    let (decimal, thousands) = (read_mark(section, "decimal").flatten(), read_mark(section, "thousands"));
    if decimal.is_some() && thousands == Some(decimal) {
        section.findings().report(section.span(), "`decimal` and `thousands` are the same mark", None);
    }
    (layout.decimal, layout.thousands) = (decimal, thousands);
    layout
}

fn read_delimiter(section: &Section<'_, '_>) -> Option<u8> {
    let text = section.text("delimiter")?;
    match text.value.as_bytes() {
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && *byte != b'"' => Some(*byte),
        _ => {
            let help = Some("such as \",\", \";\", \"|\" or \"\\t\"".to_owned());
            let message = "`delimiter` must be one ASCII character that is no letter, digit or quote";
            section.findings().report(text.span, message, help);
            None
        }
    }
}

fn read_sheet(section: &Section<'_, '_>) -> Option<SheetPick> {
    let value = section.value("sheet")?;
    if !value.get_ref().is_table() {
        return section.text("sheet").map(SheetPick::Name);
    }
    let block = section.section("sheet")?;
    let pattern = block.required_pattern("pattern", "a regular expression that names of sheets match as a whole");
    block.finish();
    pattern.map(SheetPick::Pattern)
}

fn read_table(section: &Section<'_, '_>) -> Option<TableAt> {
    let value = section.value("table")?;
    if value.get_ref().is_integer() {
        return section.number("table", 1..=100_000).map(TableAt::Number);
    }
    section.text("table").map(TableAt::Holds)
}

fn read_pointer(section: &Section<'_, '_>) -> Option<Placed<String>> {
    let pointer = section.text("records")?;
    if pointer.value.is_empty() || pointer.value.starts_with('/') {
        return Some(pointer);
    }
    let help = Some(format!("write `/{}`", pointer.value.replace('.', "/")));
    section.findings().report(pointer.span, "`records` must be a JSON pointer", help);
    None
}

fn parse_pages(text: &str) -> Result<(u32, u32), &'static str> {
    const FORM: &str = "must be a page such as \"3\" or pages such as \"3-7\"";
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let page = |text: &str| text.trim().parse::<u32>().ok().filter(|page| *page > 0).ok_or(FORM);
    let (first, last) = (page(first)?, page(last)?);
    if first <= last { Ok((first, last)) } else { Err("the last page lies before the first") }
}

/// A table `text = SDMX status`, or a list of texts that all mean "missing".
fn read_statuses(section: &Section<'_, '_>, key: &'static str) -> Vec<(String, String)> {
    match section.value(key) {
        Some(value) if value.get_ref().is_table() => {
            let statuses = table::find("observation").and_then(|t| t.column("obs_status"));
            let mut out = Vec::new();
            for (text, status) in section.text_map(key) {
                if let Some(column) = statuses {
                    Origin::Constant(status.clone()).check_constant(section.findings(), column);
                }
                out.push((text.value, status.value));
            }
            out
        }
        Some(_) => section.texts(key).into_iter().map(|t| (t.value, "O".to_owned())).collect(),
        None => Vec::new(),
    }
}

fn read_mark(section: &Section<'_, '_>, key: &'static str) -> Option<Option<char>> {
    let text = section.text(key)?;
    let mut chars = text.value.chars();
    match (chars.next(), chars.next()) {
        (None, _) => Some(None),
        (Some(c), None) if ['.', ',', ' ', '\'', '’', '\u{a0}', '\u{202f}', '·'].contains(&c) => Some(Some(c)),
        _ => {
            let message = format!("`{key}` must be one of \".\", \",\", \" \", \"'\" or empty");
            section.findings().report(text.span, message, None);
            None
        }
    }
}
