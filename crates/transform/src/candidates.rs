//! The known labels that an unknown one may mean: names in four languages, other spellings, the labels
//! of publishers, ranked by how alike they are and by where the source's other areas lie.

use polars::prelude::DataFrame;
use quipu_schema::Result;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::codes::{Reference, fold};
use crate::refused::Texts;

/// Least likeness of a candidate that is worth showing.
const LEAST: f64 = 0.5;
/// Least length of a name in which one letter more or less can be a slip.
const LONG: usize = 8;
/// Words that tell nothing apart.
const EMPTY: [&str; 21] = [
    "de", "del", "la", "las", "el", "los", "y", "e", "o", "da", "das", "do", "dos", "du", "des", "le", "les", "et",
    "of", "the", "and",
];

/// What an unknown label may mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The code; none for a label that is known to have no counterpart.
    pub code: Option<String>,
    /// The known text that is alike.
    pub text: String,
    /// What that text is: `name_es`, `alias`, `label` …
    pub from: String,
    /// For crimes: how well the code fits the known label.
    pub fit: Option<String>,
    /// How alike they are, from 0 to 1.
    pub score: f64,
}

/// A known text of a list.
#[derive(Debug)]
struct Entry {
    code: Option<String>,
    text: String,
    from: String,
    scheme: Option<String>,
    fit: Option<String>,
    bare: String,
    words: Vec<String>,
}

/// All known texts.
#[derive(Debug)]
pub struct Candidates {
    entries: FxHashMap<&'static str, Vec<Entry>>,
    /// Area → the area it lies in.
    parents: FxHashMap<String, String>,
}

/// Where a source's areas lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The area in which most of them lie; the empty text where most are countries.
    pub parent: Option<String>,
}

/// An unknown label and what is known of where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    /// The list.
    pub list: &'q str,
    /// Its scheme.
    pub scheme: Option<&'q str>,
    /// The label.
    pub label: &'q str,
    /// Where the source's other areas lie.
    pub around: &'q Surroundings,
}

impl Candidates {
    /// The known texts of the lists.
    ///
    /// # Errors
    /// A list without the columns of its definition: a bug.
    pub fn new(reference: &Reference) -> Result<Self> {
        let mut candidates = Self { entries: FxHashMap::default(), parents: FxHashMap::default() };
        let names = ["name_en", "name_es", "name_pt", "name_fr", "acronym", "iso3"];
        for (table, frame) in &reference.frames {
            match table.name {
                list @ ("area" | "crime" | "indicator" | "unit" | "database" | "organisation") => {
                    let has = |column: &str| table.columns.iter().any(|known| known.name == column);
                    candidates.add(list, frame, list, &[list], None)?;
                    let names: Vec<&str> = names.iter().copied().filter(|column| has(column)).collect();
                    candidates.add(list, frame, list, &names, None)?;
                }
                "area_alias" => candidates.add("area", frame, "area", &["alias"], None)?,
                "area_code" => candidates.add("area", frame, "area", &["code"], None)?,
                "crime_label" => candidates.add("crime", frame, "crime", &["label", "note"], Some("match"))?,
                _ => {}
            }
            if table.name == "area" {
                let texts = Texts(frame);
                for row in 0..frame.height() {
                    if let (Some(area), Some(parent)) = (texts.get("area", row)?, texts.get("parent", row)?) {
                        candidates.parents.insert(area.to_owned(), parent.to_owned());
                    }
                }
            }
        }
        Ok(candidates)
    }

    fn add(
        &mut self,
        list: &'static str,
        frame: &DataFrame,
        code: &str,
        columns: &[&str],
        fit: Option<&str>,
    ) -> Result<()> {
        let texts = Texts(frame);
        let has_scheme = frame.column("scheme").is_ok();
        let entries = self.entries.entry(list).or_default();
        for row in 0..frame.height() {
            let scheme = if has_scheme { texts.get("scheme", row)?.map(str::to_owned) } else { None };
            for column in columns {
                let Some(text) = texts.get(column, row)? else { continue };
                // A remark begins with the label in words, where the label itself is a number.
                let text = if *column == "note" { text.split(';').next().unwrap_or(text) } else { text };
                entries.push(Entry {
                    code: texts.get(code, row)?.map(str::to_owned),
                    text: text.to_owned(),
                    from: if *column == code { "code".to_owned() } else { (*column).to_owned() },
                    scheme: scheme.clone(),
                    fit: fit.map(|fit| texts.get(fit, row)).transpose()?.flatten().map(str::to_owned),
                    bare: bare(text),
                    words: words(text),
                });
            }
        }
        Ok(())
    }

    /// Where areas lie, if four of five lie in the same.
    pub fn surroundings(&self, areas: &[String]) -> Surroundings {
        let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
        for area in areas {
            *counts.entry(self.parents.get(area).map_or("", String::as_str)).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        let parent = most.filter(|(_, count)| count * 5 >= areas.len() * 4).map(|(parent, _)| parent.to_owned());
        Surroundings { parent }
    }

    /// Whether an area lies where the source's other areas lie; true where nothing is known of them.
    fn lies(&self, code: Option<&String>, around: &Surroundings) -> bool {
        let Some(parent) = &around.parent else { return true };
        code.is_some_and(|code| self.parents.get(code).map_or("", String::as_str) == parent)
    }

    /// The entries that a label is compared with: codes of other schemes are other publishers' numbers.
    fn open<'c>(&'c self, question: Question<'c>) -> impl Iterator<Item = &'c Entry> {
        let of_list = self.entries.get(question.list).map(Vec::as_slice).unwrap_or_default();
        of_list.iter().filter(move |entry| {
            let own = entry.scheme.as_deref() == question.scheme;
            own || entry.from != "code" || (entry.scheme.is_some() && entry.bare.chars().all(char::is_alphabetic))
        })
    }

    /// The nearest known labels, the nearest first, one for each code.
    pub fn nearest(&self, question: Question<'_>, most: usize) -> Vec<Candidate> {
        let (bare, words) = (bare(question.label), words(question.label));
        let is_number = bare.chars().all(|c| !c.is_alphabetic());
        let mut best: FxHashMap<Option<&str>, Candidate> = FxHashMap::default();
        for entry in self.open(question).filter(|_| !bare.is_empty() && !is_number) {
            let mut score = likeness(&bare, &words, entry);
            if score < LEAST {
                continue;
            }
            if question.list == "area" && question.around.parent.is_some() {
                score += if self.lies(entry.code.as_ref(), question.around) { 0.05 } else { -0.15 };
            }
            if question.scheme.is_some() && entry.scheme.as_deref() == question.scheme {
                score += 0.02;
            }
            let score = score.clamp(0.0, 1.0);
            let held = best.get(&entry.code.as_deref());
            if score >= LEAST && held.is_none_or(|held| (held.score, &entry.text) < (score, &held.text)) {
                let Entry { code, text, from, scheme, fit, .. } = entry;
                let from = scheme.as_ref().map_or_else(|| from.clone(), |scheme| format!("{from} of {scheme}"));
                let (code, text, fit) = (code.clone(), text.clone(), fit.clone());
                best.insert(entry.code.as_deref(), Candidate { code, text, from, fit, score });
            }
        }
        let mut found: Vec<Candidate> = best.into_values().collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.code.cmp(&b.code)));
        found.truncate(most);
        found
    }

    /// The one meaning of a label that needs no person to find it, with why: the same but for case,
    /// accents, punctuation and leading zeros; for areas also a long name with one letter more, less or
    /// other. Whoever reads the line still has to agree.
    pub fn sure(&self, question: Question<'_>) -> Option<(Candidate, String)> {
        let label = bare(question.label);
        let number = |text: &str| text.trim_start_matches('0').to_owned();
        let is_number = !label.is_empty() && label.bytes().all(|b| b.is_ascii_digit());
        let crime = question.list == "crime";
        // Labels of crimes speak of a country's law: another publisher's, or the ICCS's own, may differ.
        let own = |entry: &&Entry| {
            let own = entry.scheme.is_some() && entry.scheme.as_deref() == question.scheme && entry.from != "note";
            own || (!crime && !is_number && entry.scheme.is_none())
        };
        let near = |entry: &Entry| question.list != "area" || self.lies(entry.code.as_ref(), question.around);
        // A line without a scheme is read for every source, of any country.
        let counts = |entry: &&Entry| question.scheme.is_none() || near(entry);
        let same = |entry: &&Entry| {
            entry.bare == label || (is_number && entry.scheme.is_some() && number(&entry.bare) == number(&label))
        };
        let open = || self.open(question).filter(own);
        if let Some(entry) = only(open().filter(same), counts).filter(|entry| near(entry)) {
            let why = format!("differs from `{}` in case or accents or punctuation alone", entry.text);
            return Some((candidate(entry, 1.0), why));
        }
        // Two meanings of the very same text: one letter cannot decide between them.
        let slip = question.list == "area"
            && label.chars().count() >= LONG
            && !label.chars().any(char::is_numeric)
            && open().all(|entry| !same(&entry));
        let alike =
            |entry: &&Entry| entry.bare.chars().count() >= LONG && strsim::osa_distance(&entry.bare, &label) == 1;
        let entry = only(open().filter(alike), counts).filter(|entry| slip && near(entry))?;
        Some((candidate(entry, 0.95), format!("one letter from `{}`", entry.text)))
    }

    /// Every known text that is this label, with where it stands.
    pub fn exact(&self, list: &str, scheme: Option<&str>, label: &str) -> Vec<Candidate> {
        let folded = fold(label);
        let of_list = self.entries.get(list).map(Vec::as_slice).unwrap_or_default();
        let found = of_list.iter().filter(|entry| {
            let open = scheme.is_none_or(|scheme| entry.scheme.as_deref() == Some(scheme));
            open && entry.from != "note" && fold(&entry.text) == folded
        });
        let mut seen = FxHashSet::default();
        found
            .map(|entry| candidate(entry, 1.0))
            .filter(|candidate| seen.insert((candidate.code.clone(), candidate.from.clone())))
            .collect()
    }
}

/// The entry, if all that are near mean the same code. Several names of one code count as one.
fn only<'e>(found: impl Iterator<Item = &'e Entry>, near: impl Fn(&&Entry) -> bool) -> Option<&'e Entry> {
    let mut found = found.filter(near);
    let first = found.next()?;
    found.all(|other| other.code == first.code && other.fit == first.fit).then_some(first)
}

fn candidate(entry: &Entry, score: f64) -> Candidate {
    let Entry { code, text, from, scheme, fit, .. } = entry;
    let from = scheme.as_ref().map_or_else(|| from.clone(), |scheme| format!("{from} of {scheme}"));
    Candidate { code: code.clone(), text: text.clone(), from, fit: fit.clone(), score }
}

/// A text without case, accents, spaces and punctuation; numbers stay apart from each other.
fn bare(text: &str) -> String {
    let mut out = String::new();
    let mut gap = false;
    for c in fold(text).chars() {
        if c.is_alphanumeric() {
            if gap && c.is_numeric() && out.ends_with(char::is_numeric) {
                out.push('_');
            }
            out.push(c);
            gap = false;
        } else {
            gap = true;
        }
    }
    out
}

/// The words of a text that tell something.
fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut words: Vec<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !EMPTY.contains(word))
        .map(str::to_owned)
        .collect();
    words.sort();
    words.dedup();
    words
}

/// How alike a label and a known text are: letter by letter, or word by word in any order.
fn likeness(bare: &str, words: &[String], entry: &Entry) -> f64 {
    let (short, long) = (bare.len().min(entry.bare.len()), bare.len().max(entry.bare.len()));
    let shared = words.iter().filter(|word| entry.words.contains(word)).count();
    let by_word = 2.0 * shared as f64 / (words.len() + entry.words.len()).max(1) as f64;
    // Letters that one has more than the other are all different.
    let by_letter = if short * 2 < long { 0.0 } else { strsim::normalized_damerau_levenshtein(bare, &entry.bare) };
    // A name with words around it (`Departamento de …`), or a name cut short.
    let fewest = words.len().min(entry.words.len());
    let within = fewest > 0 && shared == fewest && short >= 4;
    let by_part = if within { 0.55 + 0.35 * by_word } else { 0.0 };
    by_letter.max(0.9 * by_word).max(by_part)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn candidates() -> Candidates {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/reference");
        Candidates::new(&Reference::load(&folder).unwrap()).unwrap()
    }

    fn sure(candidates: &Candidates, list: &str, scheme: Option<&str>, label: &str, around: &str) -> String {
        let around = Surroundings { parent: (around != "?").then(|| around.to_owned()) };
        let sure = candidates.sure(Question { list, scheme, label, around: &around });
        sure.map_or_else(|| "-".to_owned(), |(candidate, _)| candidate.code.unwrap_or_else(|| "none".to_owned()))
    }

    #[test]
    fn what_needs_no_person_and_what_does() {
        let candidates = candidates();
        for (list, scheme, label, around, expected) in [
            ("area", None, "NORTE DE-SANTANDER", "CO", "CO-NSA"),
            ("area", None, "Norte de Santandr", "CO", "CO-NSA"),
            ("area", None, "Norte de Santandr", "PE", "-"),
            ("area", None, "Cundinamarka", "?", "CO-CUN"),
            ("area", None, "Norte", "CO", "-"),
            ("area", None, "Amazonas.", "CO", "-"),
            ("area", Some("co-new"), "Amazonas.", "CO", "CO-AMA"),
            ("area", None, "Atlantis", "", "-"),
            ("area", Some("dane"), "005", "CO", "CO-ANT"),
            ("area", Some("dane"), "83", "CO", "-"),
            ("area", None, "5", "CO", "-"),
            ("crime", Some("ar-snic"), "21.1", "?", "02051"),
            ("crime", Some("ar-snic"), "211", "?", "-"),
            ("crime", Some("ar-snic"), "Robo", "?", "-"),
            ("crime", Some("mx-sesnsp"), "Homicidio", "?", "-"),
        ] {
            assert_eq!(sure(&candidates, list, scheme, label, around), expected, "{list} {scheme:?} {label} {around}");
        }
    }

    #[test]
    fn nearest_names_come_first_and_neighbours_of_the_source_before_others() {
        let candidates = candidates();
        let around =
            candidates.surroundings(&["CO-ANT".into(), "CO-CAL".into(), "CO-CES".into(), "CO".into(), "CO-MET".into()]);
        assert_eq!(around.parent.as_deref(), Some("CO"));
        let question = |label| Question { list: "area", scheme: None, label, around: &around };
        let first = |label| candidates.nearest(question(label), 3).first().and_then(|c| c.code.clone());
        assert_eq!(first("Antioqia").as_deref(), Some("CO-ANT"));
        assert_eq!(first("Depto. de Cordoba").as_deref(), Some("CO-COR"));
        assert_eq!(first("Santander del Norte").as_deref(), Some("CO-NSA"));
        assert_eq!(first("xyzzy qwert"), None);
        let nearest = candidates.nearest(question("Antioqia"), 3);
        assert!(nearest.windows(2).all(|pair| pair[0].score >= pair[1].score), "{nearest:?}");
    }

    #[test]
    fn numbers_stay_apart() {
        assert_eq!(bare("Art. 1, N.º 2"), "art1no2");
        assert_eq!(bare("14_1"), "14_1");
        assert_ne!(bare("14.1"), bare("141"));
    }
}
