//! `[screen]`: which checks meet which records, and how.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::part_digest;
use super::problem::suggestion;
use super::section::{Placed, Section};
use crate::digest::Digest;
use crate::table::GRADES;

/// `[screen]`, checked.
#[derive(Debug, Clone)]
pub struct Screen {
    /// Kinds of keys to screen.
    pub kinds: Vec<String>,
    /// Grades to screen, of table `hit`; empty where nothing is said.
    pub grades: Vec<String>,
    /// Grades to screen in some databases, by their names, in place of those above.
    pub database_grades: Vec<(String, Vec<String>)>,
    /// The day on which expiry is judged; without it the newest `asked_at` of the checks.
    pub as_of: Option<jiff::civil::Date>,
    /// Digest of this part of the file.
    pub part: Digest,
}

/// Kinds of keys that a pipeline may screen. Payment cards are not among them: their numbers are secrets, of which only
/// keyed digests may be stored, and table `hit` names keys as they are.
pub const SCREENED_KINDS: [&str; 10] = [
    "travel-document",
    "administrative-document",
    "vin",
    "engine-number",
    "plate",
    "vessel",
    "firearm-serial",
    "imei",
    "work-of-art",
    "notice",
];

/// Reads the section.
pub(super) fn read(section: Section<'_, '_>, text: &str) -> Screen {
    let kinds = section.texts("kinds");
    for kind in &kinds {
        one_of(&section, kind, &SCREENED_KINDS, "is not a kind of key that can be screened");
    }
    let kinds = kinds.into_iter().map(|kind| kind.value).collect::<Vec<_>>();
    let kinds = if kinds.is_empty() { SCREENED_KINDS.map(str::to_owned).to_vec() } else { kinds };
    let written = section.texts("grades");
    // No grade at all is what a database can have, and not all of them.
    if written.is_empty() && section.has("grades") {
        let span = section.span();
        section.findings().report(
            span,
            "`grades` names no grade",
            Some("leave it out for those that are proved".into()),
        );
    }
    let grades = checked(&section, written);
    let of_databases = section.entries("database_grades").into_iter();
    let database_grades = of_databases.map(|(name, value)| (name.value, checked(&section, listed(&section, value))));
    let database_grades = database_grades.collect();
    let as_of = section.parsed("as_of", str::parse);
    let part = part_digest(&section, text);
    section.finish();
    Screen { kinds, grades, database_grades, as_of, part }
}

/// The grades of a list, each of which has to be one.
fn checked(section: &Section<'_, '_>, words: Vec<Placed<String>>) -> Vec<String> {
    for word in &words {
        one_of(section, word, &GRADES, "is not a grade of table `hit`");
    }
    words.into_iter().map(|word| word.value).collect()
}

fn one_of(section: &Section<'_, '_>, word: &Placed<String>, known: &[&'static str], wrong: &str) {
    if !known.contains(&word.value.as_str()) {
        let help = suggestion(&word.value, known.iter().copied());
        section.findings().report(word.span.clone(), format!("`{}` {wrong}", word.value), help);
    }
}

/// A text, or a list of texts.
fn listed(section: &Section<'_, '_>, value: &Spanned<DeValue<'_>>) -> Vec<Placed<String>> {
    let text = |value: &Spanned<DeValue<'_>>, span: Range<usize>| match value.get_ref().as_str() {
        Some(text) => Some(Placed { value: text.to_owned(), span }),
        None => {
            section.findings().report(span, "the grades of a database are a list of texts", None);
            None
        }
    };
    match value.get_ref().as_array() {
        Some(items) => items.iter().filter_map(|item| text(item, item.span())).collect(),
        None => text(value, value.span()).into_iter().collect(),
    }
}
