//! A strict reader of TOML: every key that is read is ticked off, and what is left over is an error
//! with its place and the nearest known name. All mistakes of a file are reported at once.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Places, Problem, suggestion};

/// A value and the byte span where the file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Byte span in the pipeline file.
    pub span: Range<usize>,
}

/// Collects the problems of one file.
pub(crate) struct Findings<'a> {
    places: Places<'a>,
    found: RefCell<Vec<Problem>>,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self { places: Places::new(file, text), found: RefCell::new(Vec::new()) }
    }

    pub(crate) fn report(&self, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        let problem = self.places.problem(span, message.into(), help);
        self.found.borrow_mut().push(problem);
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|p| (p.line, p.column));
        found
    }
}

/// One table of the file while it is read.
pub(crate) struct Section<'a, 'i> {
    findings: &'a Findings<'a>,
    table: &'a DeTable<'i>,
    span: Range<usize>,
    name: String,
    read: RefCell<Vec<&'static str>>,
}

impl<'a, 'i> Section<'a, 'i> {
    pub(crate) fn new(findings: &'a Findings<'a>, table: &'a DeTable<'i>, span: Range<usize>, name: &str) -> Self {
        Self { findings, table, span, name: name.to_owned(), read: RefCell::default() }
    }

    pub(crate) fn findings(&self) -> &'a Findings<'a> {
        self.findings
    }

    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The value of `key`, ticked off.
    pub(crate) fn value(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'i>>> {
        self.read.borrow_mut().push(key);
        self.table.iter().find(|(name, _)| name.get_ref().as_ref() == key).map(|(_, value)| value)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.iter().any(|(name, _)| name.get_ref().as_ref() == key)
    }

    /// How many of these keys are there.
    pub(crate) fn count(&self, keys: &[&str]) -> usize {
        keys.iter().filter(|key| self.has(key)).count()
    }

    fn wrong_type(&self, key: &str, expected: &str, value: &Spanned<DeValue<'i>>) {
        let message = format!("`{key}` must be {expected}, not {}", article(value.get_ref().type_str()));
        self.findings.report(value.span(), message, None);
    }

    pub(crate) fn missing(&self, key: &str, what: &str) {
        self.findings.report(
            self.span.clone(),
            format!("{} has no `{key}`", self.name),
            Some(format!("add `{key}`: {what}")),
        );
    }

    pub(crate) fn text(&self, key: &'static str) -> Option<Placed<String>> {
        let value = self.value(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, "a text", value);
            return None;
        };
        Some(Placed { value: text.to_owned(), span: value.span() })
    }

    pub(crate) fn required_text(&self, key: &'static str, what: &str) -> Option<Placed<String>> {
        if !self.has(key) {
            self.value(key);
            self.missing(key, what);
            return None;
        }
        self.text(key)
    }

    /// A regular expression.
    pub(crate) fn pattern(&self, key: &'static str) -> Option<Placed<String>> {
        let pattern = self.text(key)?;
        if let Err(error) = regex::Regex::new(&pattern.value) {
            let message = format!("`{key}` is no regular expression: {error}");
            self.findings.report(pattern.span, message, None);
            return None;
        }
        Some(pattern)
    }

    /// A CSS selector (Selectors Level 4, without pseudo-elements).
    pub(crate) fn selector(&self, key: &'static str) -> Option<String> {
        let text = self.text(key)?;
        if scraper::Selector::parse(&text.value).is_err() {
            let help = Some("such as \"article h3 > a[href]\", or several with commas between them".to_owned());
            self.findings.report(text.span, format!("`{key}` is no CSS selector"), help);
            return None;
        }
        Some(text.value)
    }

    pub(crate) fn required_pattern(&self, key: &'static str, what: &str) -> Option<Placed<String>> {
        if self.has(key) {
            return self.pattern(key);
        }
        self.required_text(key, what)
    }

    /// A text that `parse` understands; otherwise its error is reported at the place.
    pub(crate) fn parsed<T, E: std::fmt::Display>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(key)?;
        parse(&text.value).map_err(|error| self.findings.report(text.span, format!("`{key}`: {error}"), None)).ok()
    }

    pub(crate) fn one_of<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = words.iter().find(|(word, _)| *word == text.value).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let help = suggestion(&text.value, known);
            self.findings.report(text.span, format!("`{}` is not a known `{key}`", text.value), help);
        }
        found
    }

    pub(crate) fn number(&self, key: &'static str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let value = self.value(key)?;
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(key, "a whole number", value);
            return None;
        };
        let number = u64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok();
        let number = number.filter(|n| range.contains(n));
        if number.is_none() {
            let message = format!("`{key}` must be from {} to {}", range.start(), range.end());
            self.findings.report(value.span(), message, None);
        }
        number
    }

    /// A number with or without decimals.
    pub(crate) fn real(&self, key: &'static str) -> Option<f64> {
        let value = self.value(key)?;
        let printed = match value.get_ref() {
            DeValue::Float(float) => Some(float.as_str().replace('_', "")),
            DeValue::Integer(integer) if integer.radix() == 10 => Some(integer.as_str().replace('_', "")),
            _ => None,
        };
        let number = printed.and_then(|text| text.parse::<f64>().ok()).filter(|number| number.is_finite());
        if number.is_none() {
            self.wrong_type(key, "a number", value);
        }
        number
    }

    pub(crate) fn flag(&self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(key, "true or false", value);
        }
        flag
    }

    /// Whether the value of a key is true or false.
    pub(crate) fn is_flag(&self, key: &'static str) -> bool {
        self.value(key).is_some_and(|value| value.get_ref().as_bool().is_some())
    }

    /// A text or a list of texts.
    pub(crate) fn texts(&self, key: &'static str) -> Vec<Placed<String>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        if let Some(text) = value.get_ref().as_str() {
            return vec![Placed { value: text.to_owned(), span: value.span() }];
        }
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, "a text or a list of texts", value);
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) => out.push(Placed { value: text.to_owned(), span: item.span() }),
                None => self.wrong_type(key, "a list of texts", item),
            }
        }
        out
    }

    /// A table of texts, in the order of the file.
    pub(crate) fn text_map(&self, key: &'static str) -> Vec<(Placed<String>, Placed<String>)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, "a table of texts", value);
            return Vec::new();
        };
        let mut out = Vec::new();
        for (name, item) in table {
            match item.get_ref().as_str() {
                Some(text) => out.push((
                    Placed { value: name.get_ref().to_string(), span: name.span() },
                    Placed { value: text.to_owned(), span: item.span() },
                )),
                None => self.wrong_type(key, "a table of texts", item),
            }
        }
        out
    }

    /// A table below this one.
    pub(crate) fn section(&self, key: &'static str) -> Option<Section<'a, 'i>> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, "a table", value);
            return None;
        };
        Some(Section::new(self.findings, table, value.span(), &self.below(key)))
    }

    /// The tables of an array below this one.
    pub(crate) fn sections(&self, key: &'static str) -> Vec<Section<'a, 'i>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, "a list of tables", value);
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items {
            match item.get_ref().as_table() {
                Some(table) => out.push(Section::new(self.findings, table, item.span(), &self.below(key))),
                None => self.wrong_type(key, "a list of tables", item),
            }
        }
        out
    }

    /// The entries of a table whose keys the user chooses.
    pub(crate) fn entries(&self, key: &'static str) -> Vec<(Placed<String>, &'a Spanned<DeValue<'i>>)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, "a table", value);
            return Vec::new();
        };
        table.iter().map(|(k, v)| (Placed { value: k.get_ref().to_string(), span: k.span() }, v)).collect()
    }

    fn below(&self, key: &str) -> String {
        format!("{}.{key}", self.name)
    }

    /// Reports every key that nobody asked for.
    pub(crate) fn finish(self) {
        let known = self.read.into_inner();
        for (key, _) in self.table {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let help = suggestion(name, known.iter().copied());
                self.findings.report(key.span(), format!("unknown key `{name}` in {}", self.name), help);
            }
        }
    }
}

fn article(type_name: &str) -> String {
    let vowel = type_name.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {type_name}", if vowel { "an" } else { "a" })
}

impl Section<'_, '_> {
    /// The section's keys and values in one agreed form, so that a change of comments or layout
    /// does not count as a change.
    pub(crate) fn canonical(&self) -> String {
        let mut out = String::new();
        canonical_table(self.table, &mut out);
        out
    }
}

fn canonical_table(table: &DeTable<'_>, out: &mut String) {
    out.push('{');
    for (key, value) in table {
        let _ = write!(out, "{:?}:", key.get_ref().as_ref());
        canonical_value(value.get_ref(), out);
        out.push(',');
    }
    out.push('}');
}

fn canonical_value(value: &DeValue<'_>, out: &mut String) {
    match value {
        DeValue::String(text) => {
            let _ = write!(out, "{:?}", text.as_ref());
        }
        DeValue::Integer(number) => {
            let _ = write!(out, "i{}:{}", number.radix(), number.as_str());
        }
        DeValue::Float(number) => {
            let _ = write!(out, "f{}", number.as_str());
        }
        DeValue::Boolean(flag) => out.push_str(if *flag { "true" } else { "false" }),
        DeValue::Datetime(moment) => {
            let _ = write!(out, "d{moment}");
        }
        DeValue::Array(items) => {
            out.push('[');
            for item in items {
                canonical_value(item.get_ref(), out);
                out.push(',');
            }
            out.push(']');
        }
        DeValue::Table(table) => canonical_table(table, out),
    }
}
