//! Reference lists: the codes that labels of publishers become.

use std::path::Path;

use polars::prelude::DataFrame;
use quipu_schema::digest::Hasher;
use quipu_schema::pipeline::{
    Codes, Format, Interpreter, Layout, Origin, Pipeline, Placed, Problem, nearest, suggestion,
};
use quipu_schema::table::{self, Rule, Table};
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use rustc_hash::{FxHashMap, FxHashSet};
use unicode_normalization::UnicodeNormalization;

use crate::frame;
use quipu_readers::csv::Found;
use quipu_readers::{Content, Limits};

/// What a label means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// The code; `None` for a label that is known to have no counterpart.
    pub(crate) code: Option<String>,
    /// Whether the code stands for an aggregate of other codes.
    pub(crate) aggregate: bool,
}

/// A text that publishers print for a missing value, or behind a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marker {
    /// The text.
    pub(crate) text: String,
    /// Whether it stands behind a number; else it stands for a missing value.
    pub(crate) flag: bool,
    /// The SDMX status that it gives.
    pub(crate) status: String,
}

/// The reference lists of a pipeline.
#[derive(Debug)]
pub struct Reference {
    /// The lists as tables.
    pub frames: Vec<(&'static Table, DataFrame)>,
    /// Digest of all lists.
    pub digest: Digest,
    /// What publishers print for missing values and behind numbers.
    pub(crate) markers: Vec<Marker>,
    /// Codes by list, scheme (empty for the list's own codes and names) and label.
    labels: FxHashMap<(String, String), FxHashMap<String, Meaning>>,
    /// Values of every column that another table refers to.
    values: FxHashMap<(&'static str, &'static str), FxHashSet<String>>,
}

impl Reference {
    /// Reads the lists from a folder: one `<table>.csv` each.
    ///
    /// # Errors
    /// A list that is missing, does not fit its definition, or refers to a row that is not there.
    pub fn load(folder: &Path) -> Result<Self> {
        let mut hasher = Hasher::default();
        let mut rows = FxHashMap::default();
        let mut frames = Vec::new();
        for table in table::REFERENCE {
            let path = folder.join(format!("{}.csv", table.name));
            let bytes =
                std::fs::read(&path).map_err(|e| Fault::io(ErrorKind::Pipeline, "read a reference list", &path, e))?;
            hasher.part(table.name, &bytes);
            let list = read_list(table, &bytes, &path)?;
            frames.push((*table, frame::from_texts(table, &list, &path.display().to_string())?));
            rows.insert(table.name, list);
        }
        let mut reference = Self {
            frames,
            digest: hasher.finish(),
            markers: Vec::new(),
            labels: FxHashMap::default(),
            values: FxHashMap::default(),
        };
        reference.index(&rows);
        reference.check_references(&rows, folder)?;
        Ok(reference)
    }

    fn index(&mut self, lists: &FxHashMap<&'static str, Vec<Vec<Option<String>>>>) {
        let at = |table: &str, column: &str| {
            table::find(table).and_then(|t| t.columns.iter().position(|c| c.name == column)).unwrap_or(usize::MAX)
        };
        let get = |row: &[Option<String>], column: usize| row.get(column).cloned().flatten();
        for table in table::REFERENCE {
            let Some(rows) = lists.get(table.name) else { continue };
            for (position, column) in table.columns.iter().enumerate() {
                if table.key == [column.name] {
                    self.values
                        .insert((table.name, column.name), rows.iter().filter_map(|row| get(row, position)).collect());
                }
            }
        }
        let (text_at, kind_at, status_at) = (at("marker", "marker"), at("marker", "kind"), at("marker", "obs_status"));
        for row in lists.get("marker").into_iter().flatten() {
            if let (Some(text), Some(kind), Some(status)) = (get(row, text_at), get(row, kind_at), get(row, status_at))
            {
                self.markers.push(Marker { text, flag: kind == "flag", status });
            }
        }
        let mut aggregates = FxHashSet::default();
        for list in ["area", "crime", "indicator", "unit", "database", "organisation"] {
            let Some(rows) = lists.get(list) else { continue };
            let names: Vec<usize> = ["name_en", "name_es", "name_pt", "name_fr", "acronym", "iso3"]
                .iter()
                .map(|name| at(list, name))
                .filter(|position| *position != usize::MAX)
                .collect();
            let (code_at, kind_at) = (at(list, list), at(list, "kind"));
            let mut own: FxHashMap<String, Meaning> = FxHashMap::default();
            let mut named: FxHashMap<String, Option<Meaning>> = FxHashMap::default();
            for row in rows {
                let Some(code) = get(row, code_at) else { continue };
                let aggregate = list == "area" && get(row, kind_at).as_deref() == Some("aggregate");
                if aggregate {
                    aggregates.insert(code.clone());
                }
                let meaning = Meaning { code: Some(code.clone()), aggregate };
                for name in names.iter().filter_map(|position| get(row, *position)) {
                    offer(&mut named, fold(&name), &meaning);
                }
                own.insert(code, meaning);
            }
            if list == "area" {
                let (alias_at, area_at) = (at("area_alias", "alias"), at("area_alias", "area"));
                for row in lists.get("area_alias").into_iter().flatten() {
                    if let (Some(alias), Some(area)) = (get(row, alias_at), get(row, area_at)) {
                        let meaning = Meaning { aggregate: aggregates.contains(&area), code: Some(area) };
                        offer(&mut named, fold(&alias), &meaning);
                    }
                }
            }
            for (name, meaning) in named {
                if let Some(meaning) = meaning {
                    own.entry(name).or_insert(meaning);
                }
            }
            self.labels.insert((list.to_owned(), String::new()), own);
        }
        let schemes = [("area", "area_code", "code", "area"), ("crime", "crime_label", "label", "crime")];
        for (list, table, label, code) in schemes {
            let (scheme_at, label_at, code_at) = (at(table, "scheme"), at(table, label), at(table, code));
            for row in lists.get(table).into_iter().flatten() {
                if let (Some(scheme), Some(label)) = (get(row, scheme_at), get(row, label_at)) {
                    let code = get(row, code_at);
                    let aggregate = code.as_ref().is_some_and(|code| aggregates.contains(code));
                    let entry = self.labels.entry((list.to_owned(), scheme)).or_default();
                    entry.insert(label, Meaning { code, aggregate });
                }
            }
        }
        // Publishers change the case of their labels; one that then means two things means nothing.
        for labels in self.labels.iter_mut().filter(|((_, scheme), _)| !scheme.is_empty()).map(|(_, labels)| labels) {
            let mut folded: FxHashMap<String, Option<Meaning>> = FxHashMap::default();
            for (label, meaning) in labels.iter() {
                offer(&mut folded, fold(label), meaning);
            }
            for (label, meaning) in folded {
                if let Some(meaning) = meaning {
                    labels.entry(label).or_insert(meaning);
                }
            }
        }
    }

    fn check_references(&self, lists: &FxHashMap<&'static str, Vec<Vec<Option<String>>>>, folder: &Path) -> Result<()> {
        for table in table::REFERENCE {
            for (position, column) in table.columns.iter().enumerate() {
                let table::Rule::References(other, target) = column.rule else { continue };
                for row in lists.get(table.name).into_iter().flatten() {
                    let Some(value) = row.get(position).and_then(Option::as_deref) else { continue };
                    if !self.stands_in(other, target, value) {
                        let path = folder.join(format!("{}.csv", table.name));
                        return Err(Fault::new(
                            ErrorKind::Pipeline,
                            format!("`{value}` in column `{}` does not stand in {other}.{target}", column.name),
                        )
                        .at(path.display())
                        .help(format!("add it to {other}.csv or correct the row")));
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a value stands in a column of a reference list. Columns that are no list's key are
    /// not known here and count as standing.
    pub(crate) fn stands_in(&self, table: &str, column: &str, value: &str) -> bool {
        self.values
            .iter()
            .find(|((t, c), _)| *t == table && *c == column)
            .is_none_or(|(_, values)| values.contains(value))
    }

    /// What a label means in a list: as written, else the same but for case, accents and spaces.
    pub(crate) fn lookup(&self, codes: &Codes, label: &str) -> Option<&Meaning> {
        let labels = self.labels_of(codes)?;
        let label = label.trim();
        labels.get(label).or_else(|| labels.get(&fold(label)))
    }

    /// Whether a list knows a label.
    pub(crate) fn knows(&self, list: &str, scheme: Option<&str>, label: &str) -> bool {
        let scheme = scheme.map(|scheme| Placed { value: scheme.to_owned(), span: 0..0 });
        self.lookup(&Codes { list: list.to_owned(), scheme }, label).is_some()
    }

    /// The schemes of a list.
    pub fn schemes_of(&self, list: &str) -> Vec<&str> {
        let mut schemes = self.schemes(list);
        schemes.sort_unstable();
        schemes
    }

    /// Whether an area is an aggregate of others.
    pub(crate) fn is_aggregate(&self, area: &str) -> bool {
        self.labels
            .get(&("area".to_owned(), String::new()))
            .and_then(|labels| labels.get(area))
            .is_some_and(|meaning| meaning.aggregate)
    }

    /// What a list says of a code in a column.
    pub(crate) fn fact(&self, list: &str, code: &str, column: &str) -> Option<String> {
        let (table, frame) = self.frames.iter().find(|(table, _)| table.name == list)?;
        let codes = frame.column(table.key.first()?).ok()?.str().ok()?;
        let row = codes.iter().position(|known| known == Some(code))?;
        frame.column(column).ok()?.str().ok()?.get(row).map(str::to_owned)
    }

    /// The nearest known label, for messages: among those that begin alike, because a file may hold
    /// very many unknown ones.
    pub(crate) fn suggestion(&self, codes: &Codes, label: &str) -> Option<String> {
        let labels = self.labels_of(codes)?;
        let first = |text: &str| text.chars().next().map(|c| c.to_lowercase().to_string());
        let (begins, length) = (first(label.trim()), label.len());
        let alike = |known: &&str| first(known) == begins && known.len().abs_diff(length) <= 4;
        match nearest(label, labels.keys().map(String::as_str).filter(alike)) {
            Some(name) => Some(format!("did you mean `{name}`?")),
            None => Some("add it to the list, or map it in the pipeline file".to_owned()),
        }
    }

    fn labels_of(&self, codes: &Codes) -> Option<&FxHashMap<String, Meaning>> {
        let scheme = codes.scheme.as_ref().map(|s| s.value.clone()).unwrap_or_default();
        self.labels.get(&(codes.list.clone(), scheme))
    }

    /// That the list and scheme of a mapping exist.
    ///
    /// # Errors
    /// A scheme that no row of the list has.
    pub(crate) fn check(&self, codes: &Codes, place: &str) -> Result<()> {
        if self.labels_of(codes).is_some() {
            return Ok(());
        }
        let scheme = codes.scheme.as_ref().map(|s| s.value.as_str()).unwrap_or_default();
        let fault =
            Fault::new(ErrorKind::Pipeline, format!("the list `{}` has no scheme `{scheme}`", codes.list)).at(place);
        Err(match suggestion(scheme, self.schemes(&codes.list)) {
            Some(help) => fault.help(help),
            None => fault,
        })
    }
}

impl Reference {
    /// Places of a pipeline file that refer to a code or scheme which no list has.
    pub fn dangling(&self, pipeline: &Pipeline) -> Vec<Problem> {
        let mut problems = Vec::new();
        for source in &pipeline.sources {
            match &source.interpreter {
                Interpreter::Observe(observe) => {
                    let table = table::find("observation");
                    let measures = observe.measures.iter().flat_map(|measure| &measure.columns);
                    for (name, origin) in observe.columns.iter().chain(measures) {
                        self.check_origin(pipeline, table.and_then(|t| t.column(name)), origin, &mut problems);
                    }
                    let measures = observe.measures.iter().flat_map(|measure| &measure.breakdown);
                    for (_, origin) in observe.breakdown.iter().chain(measures) {
                        self.check_origin(pipeline, None, origin, &mut problems);
                    }
                }
                Interpreter::Rows(rows) => {
                    for (name, origin) in &rows.columns {
                        self.check_origin(pipeline, rows.table.column(name), origin, &mut problems);
                    }
                }
                Interpreter::Report => {}
            }
        }
        problems
    }

    fn check_origin(
        &self,
        pipeline: &Pipeline,
        column: Option<&table::Column>,
        origin: &Origin,
        problems: &mut Vec<Problem>,
    ) {
        let rule = column.map(|column| column.rule);
        let mut refer = |code: &str, span: &std::ops::Range<usize>| {
            let Some(Rule::References(list, target)) = rule else { return };
            if !self.stands_in(list, target, code) {
                let known = self.values.iter().find(|((t, c), _)| *t == list && *c == target).map(|(_, values)| values);
                let known: Vec<&str> = known.into_iter().flatten().map(String::as_str).collect();
                let message = format!("`{code}` does not stand in the list {list}");
                problems.push(pipeline.problem(span.clone(), message, suggestion(code, known)));
            }
        };
        match origin {
            Origin::Constant(text) => refer(&text.value, &text.span),
            Origin::Read(take) => {
                for (_, meant) in &take.map {
                    refer(meant, &take.span);
                }
                if let Some(codes) = &take.codes
                    && let Some(scheme) = &codes.scheme
                    && self.labels_of(codes).is_none()
                {
                    let message = format!("the list `{}` has no scheme `{}`", codes.list, scheme.value);
                    let help = suggestion(&scheme.value, self.schemes(&codes.list));
                    problems.push(pipeline.problem(scheme.span.clone(), message, help));
                }
            }
        }
    }

    pub(crate) fn schemes(&self, list: &str) -> Vec<&str> {
        self.labels.keys().filter(|(of, scheme)| of == list && !scheme.is_empty()).map(|(_, s)| s.as_str()).collect()
    }
}

/// Gives a name to a meaning unless another one has it: an ambiguous name means nothing.
fn offer(named: &mut FxHashMap<String, Option<Meaning>>, name: String, meaning: &Meaning) {
    named
        .entry(name)
        .and_modify(|held| {
            if held.as_ref() != Some(meaning) {
                *held = None;
            }
        })
        .or_insert_with(|| Some(meaning.clone()));
}

fn read_list(table: &'static Table, bytes: &[u8], path: &Path) -> Result<Vec<Vec<Option<String>>>> {
    let place = path.display().to_string();
    let wanted: Vec<Vec<&str>> = table.columns.iter().map(|column| vec![column.name]).collect();
    let options = Layout { format: Some(Format::Csv), delimiter: Some(b','), ..Layout::default() };
    let wrong = |fault: Fault| Fault::new(ErrorKind::Pipeline, fault.message().to_owned()).at(&place);
    let tables = quipu_readers::open(Content::Memory(bytes), &options, &wanted, &Limits::default(), &place);
    let mut tables = tables.map_err(wrong)?;
    let table = tables.pop().ok_or_else(|| Fault::bug("a list without a table"))?;
    let width = table.header.names.len();
    let positions: Vec<usize> =
        wanted.iter().map(|names| table.header.column_of_any(names, &place)).collect::<Result<_>>().map_err(wrong)?;
    let mut rows = Vec::new();
    for piece in table.pieces(u64::MAX)? {
        let mut records = table.records(piece)?;
        loop {
            match records.step() {
                Found::End | Found::Cut => break,
                Found::Blank => {}
                Found::Record if records.fields().len() == width => {
                    let text = |position: &usize| {
                        let text = records.text(records.fields().get(*position).copied()?)?;
                        let text = text.trim();
                        (!text.is_empty()).then(|| text.to_owned())
                    };
                    rows.push(positions.iter().map(text).collect());
                }
                Found::Record | Found::UnclosedQuote => {
                    let message = format!("the row does not have the {width} fields of the header");
                    return Err(Fault::new(ErrorKind::Pipeline, message)
                        .at(format!("{place}:{}", records.line()))
                        .help("quote fields that hold a comma"));
                }
            }
        }
    }
    Ok(rows)
}

/// A label without case, accents and superfluous white space.
pub(crate) fn fold(label: &str) -> String {
    if label.is_ascii() {
        let lower = label.to_ascii_lowercase();
        return if lower.split_ascii_whitespace().nth(1).is_some() {
            lower.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
        } else {
            lower.trim().to_owned()
        };
    }
    let bare: String = label.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).collect();
    bare.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding() {
        assert_eq!(fold("  Ciudad  de MÉXICO "), "ciudad de mexico");
        assert_eq!(fold("Curaçao"), "curacao");
        assert_eq!(fold("United   States"), "united states");
    }

    #[test]
    fn a_name_that_two_codes_share_means_nothing() {
        let one = Meaning { code: Some("A".into()), aggregate: false };
        let two = Meaning { code: Some("B".into()), aggregate: false };
        let mut named = FxHashMap::default();
        offer(&mut named, "x".into(), &one);
        offer(&mut named, "x".into(), &one);
        assert_eq!(named["x"], Some(one.clone()));
        offer(&mut named, "x".into(), &two);
        assert_eq!(named["x"], None);
        offer(&mut named, "x".into(), &one);
        assert_eq!(named["x"], None);
    }

    #[test]
    fn codes_and_schemes_that_no_list_has_are_found_in_the_pipeline_file() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let reference = Reference::load(&folder.join("data/reference")).unwrap_or_else(|fault| panic!("{fault}"));
        let text = std::fs::read_to_string(folder.join("pipelines/americas.toml")).expect("pipeline");
        let dangling = |text: &str| {
            let pipeline = Pipeline::parse(Path::new("p.toml"), text).unwrap_or_else(|problems| panic!("{problems:?}"));
            reference.dangling(&pipeline)
        };
        assert_eq!(dangling(&text), []);
        let wrong = text.replace("\"homicide-rate\"", "\"homicide-rat\"").replace("\"indec\"", "\"indek\"");
        let found: Vec<_> = dangling(&wrong).into_iter().map(|p| (p.message, p.help.unwrap_or_default())).collect();
        let expected = [
            ("`homicide-rat` does not stand in the list indicator", "did you mean `homicide-rate`?"),
            ("the list `area` has no scheme `indek`", "did you mean `indec`?"),
        ];
        assert_eq!(found, expected.map(|(message, help)| (message.to_owned(), help.to_owned())));
    }
}
