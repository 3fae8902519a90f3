//! Where the value of a table column comes from.

use toml::Spanned;
use toml::de::DeValue;

use super::problem::suggestion;
use super::section::{Findings, Placed, Section};
use crate::table;

/// Where the value of a table column comes from, as the pipeline file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The same text for every row.
    Constant(Placed<String>),
    /// Read from the source.
    Read(Box<Take>),
}

/// How a text is read from the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Take {
    /// From which part of the source.
    pub from: TakeFrom,
    /// Texts that stand between several columns.
    pub join: String,
    /// The reference list that the text must stand in.
    pub codes: Option<Codes>,
    /// Other names of the one column, for sources that rename it from year to year.
    pub or: Vec<Placed<String>>,
    /// What of the text is meant: the first group of this regular expression, else its whole match.
    pub extract: Option<Placed<String>>,
    /// Texts to replace, as printed → as meant; looked up before `codes`.
    pub map: Vec<(String, String)>,
    /// What a blank text means.
    pub default: Option<String>,
    /// Where the whole entry stands in the pipeline file.
    pub span: std::ops::Range<usize>,
}

/// From which part of the source a text is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakeFrom {
    /// These columns of the row, joined.
    Columns(Vec<Placed<String>>),
    /// The header of the value's column: all of it (0), or one of its rows, from 1.
    Header(usize),
    /// The title of the table: a sheet's name, a caption.
    Title,
    /// The name of the document: a file name or URL.
    Document,
    /// The cell to the right of this label in the rows above the header.
    Preamble(Placed<String>),
    /// All texts above the header, row by row; `extract` says what of them is meant.
    Above,
}

/// A reference list by which texts become codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codes {
    /// `area`, `crime`, `indicator`, `unit`, `database`.
    pub list: String,
    /// The publisher's scheme; without it the list's own codes and names are meant.
    pub scheme: Option<Placed<String>>,
}

/// Reference lists that `codes` may name.
pub const CODE_LISTS: [&str; 6] = ["area", "crime", "indicator", "unit", "database", "organisation"];

impl Origin {
    /// The source columns that this origin reads.
    pub fn columns(&self) -> &[Placed<String>] {
        match self {
            Self::Read(take) => match &take.from {
                TakeFrom::Columns(columns) => columns,
                _ => &[],
            },
            Self::Constant(_) => &[],
        }
    }

    /// The source columns that this origin reads, each with its other names.
    pub fn wanted(&self) -> Vec<Vec<&str>> {
        let or: Vec<&str> = match self {
            Self::Read(take) => take.or.iter().map(|name| name.value.as_str()).collect(),
            Self::Constant(_) => Vec::new(),
        };
        self.columns().iter().map(|column| [vec![column.value.as_str()], or.clone()].concat()).collect()
    }

    pub(crate) fn read(section: &Section<'_, '_>, key: &'static str) -> Option<Self> {
        let value = section.value(key)?;
        Self::from_value(section.findings(), value, key)
    }

    pub(crate) fn from_value(findings: &Findings<'_>, value: &Spanned<DeValue<'_>>, key: &str) -> Option<Self> {
        if let Some(text) = value.get_ref().as_str() {
            return Some(Self::Constant(Placed { value: text.to_owned(), span: value.span() }));
        }
        let Some(entry) = value.get_ref().as_table() else {
            let message =
                format!("`{key}` must be a text (the same for every row) or a table such as `{{ column = \"…\" }}`");
            findings.report(value.span(), message, None);
            return None;
        };
        let section = Section::new(findings, entry, value.span(), &format!("`{key}`"));
        let origin = Self::from_section(&section, key);
        section.finish();
        origin
    }

    fn from_section(section: &Section<'_, '_>, key: &str) -> Option<Self> {
        let mut columns = section.texts("column");
        columns.extend(section.texts("columns"));
        let header = match section.value("header") {
            Some(value) if value.get_ref().is_integer() => {
                section.number("header", 1..=12).and_then(|level| usize::try_from(level).ok())
            }
            Some(_) => section.flag("header").filter(|flag| *flag).map(|_| 0),
            None => None,
        };
        let title = ["sheet", "title"].iter().any(|key| section.flag(key) == Some(true));
        let document = section.flag("document") == Some(true);
        let above = section.is_flag("preamble") && section.flag("preamble") == Some(true);
        let preamble = if section.is_flag("preamble") { None } else { section.text("preamble") };
        let (or, extract) = (section.texts("or"), section.pattern("extract"));
        let default = section.text("default").map(|text| text.value);
        let join = section.text("join").map_or_else(|| " / ".to_owned(), |t| t.value);
        let scheme = section.text("scheme");
        let map = section.text_map("map").into_iter().map(|(from, to)| (from.value, to.value)).collect();
        let codes = section.text("codes").and_then(|list| {
            if !CODE_LISTS.contains(&list.value.as_str()) {
                let help = suggestion(&list.value, CODE_LISTS);
                section.findings().report(list.span, format!("`{}` is not a reference list", list.value), help);
                return None;
            }
            Some(Codes { list: list.value, scheme: scheme.clone() })
        });
        if codes.is_none()
            && let Some(scheme) = scheme
        {
            section.findings().report(
                scheme.span,
                "`scheme` without `codes`",
                Some("add `codes = \"area\"` or another list".into()),
            );
        }
        let mut from = Vec::new();
        if !columns.is_empty() {
            from.push(TakeFrom::Columns(columns));
        }
        from.extend(header.map(TakeFrom::Header));
        from.extend(title.then_some(TakeFrom::Title));
        from.extend(document.then_some(TakeFrom::Document));
        from.extend(preamble.map(TakeFrom::Preamble));
        from.extend(above.then_some(TakeFrom::Above));
        if above && extract.is_none() {
            let help = Some("add `extract = 'regular expression'`".to_owned());
            section.findings().report(section.span(), "`preamble = true` needs to know what of it is meant", help);
        }
        let (Some(one), true) = (from.pop(), from.is_empty()) else {
            let help = "write `column = \"NAME\"`, `columns = [\"A\", \"B\"]`, `header = true`, `sheet = true`, \
                        `document = true` or `preamble = \"LABEL\"`";
            let message = format!("`{key}` must name exactly one origin");
            section.findings().report(section.span(), message, Some(help.into()));
            return None;
        };
        if !or.is_empty() && !matches!(&one, TakeFrom::Columns(columns) if columns.len() == 1) {
            section.findings().report(section.span(), "`or` gives other names of one `column`", None);
        }
        Some(Self::Read(Box::new(Take { from: one, join, codes, or, extract, map, default, span: section.span() })))
    }

    /// Checks a constant against the rule of the table column it fills.
    pub(crate) fn check_constant(&self, findings: &Findings<'_>, column: &table::Column) {
        let Self::Constant(text) = self else { return };
        match column.rule {
            table::Rule::OneOf(words) if !words.contains(&text.value.as_str()) => {
                let help = suggestion(&text.value, words.iter().copied());
                findings.report(
                    text.span.clone(),
                    format!("`{}` is not a value of `{}`", text.value, column.name),
                    help,
                );
            }
            table::Rule::Matches(pattern) => {
                let whole = regex::Regex::new(&format!("^(?:{pattern})$"));
                if whole.is_ok_and(|regex| !regex.is_match(&text.value)) {
                    let help = Some(format!("it must match `{pattern}`"));
                    findings.report(
                        text.span.clone(),
                        format!("`{}` is not a value of `{}`", text.value, column.name),
                        help,
                    );
                }
            }
            _ => {}
        }
    }
}
