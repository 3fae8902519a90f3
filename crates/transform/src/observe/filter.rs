//! Which records of a table are not read: rows left out by rule, and the footer.

use quipu_schema::Result;
use quipu_schema::pipeline::Filter as Rule;
use regex::{Regex, RegexBuilder};
use rustc_hash::FxHashMap;

use super::recipe::Record;
use crate::codes::fold;

/// A rule that leaves records out, bound to its column.
#[derive(Debug)]
pub(crate) struct Filter {
    /// The column that decides.
    pub(crate) column: usize,
    keep: bool,
    equals: Vec<String>,
    matches: Option<Regex>,
    blank: bool,
    /// Name of the rule in the account.
    pub(crate) rule: String,
    /// What texts were decided: most files repeat them.
    decided: FxHashMap<String, bool>,
}

/// Texts of one rule that are remembered.
const REMEMBERED: usize = 10_000;

impl Filter {
    /// Binds a rule to a column.
    ///
    /// # Errors
    /// A pattern that does not compile: a bug, it was checked.
    pub(crate) fn bind(rule: &Rule, column: usize) -> Result<Self> {
        let pattern = |pattern: &String| {
            RegexBuilder::new(&format!("^(?:{pattern})$"))
                .case_insensitive(true)
                .build()
                .map_err(|e| quipu_schema::Fault::bug("a checked pattern does not compile").because(e))
        };
        Ok(Self {
            column,
            keep: rule.keep,
            equals: rule.equals.iter().map(|text| fold(text)).collect(),
            matches: rule.matches.as_ref().map(pattern).transpose()?,
            blank: rule.blank,
            rule: rule.rule.clone(),
            decided: FxHashMap::default(),
        })
    }

    /// Whether the rule leaves the record out.
    pub(crate) fn leaves_out(&mut self, record: Record<'_>) -> bool {
        let text = record.text(self.column).unwrap_or_default();
        if let Some(decided) = self.decided.get(text.as_ref()) {
            return *decided;
        }
        let matched = if text.is_empty() {
            self.blank || self.equals.iter().any(String::is_empty)
        } else {
            // Patterns are written with one space between words, whatever a file puts there.
            let spaced = || text.split_whitespace().collect::<Vec<_>>().join(" ");
            self.equals.contains(&fold(&text))
                || self.matches.as_ref().is_some_and(|pattern| pattern.is_match(&text) || pattern.is_match(&spaced()))
        };
        let out = matched != self.keep;
        if self.decided.len() < REMEMBERED {
            self.decided.insert(text.into_owned(), out);
        }
        out
    }
}
