//! The fullest form of a name, found by its parts: `Tohá Morales` is Carolina Tohá Morales.

use std::collections::HashMap;
use std::ops::Range;

use super::is_particle;
use crate::analysis::Analysis;

/// The fullest form of each name, found by its parts.
#[derive(Debug, Default)]
pub(super) struct FullNames {
    /// Folded words of a name, and how it is best written.
    names: Vec<(Vec<String>, String)>,
    surnames: HashMap<String, usize>,
}

impl FullNames {
    fn words(doc: &Analysis<'_>, name: &Range<usize>) -> Vec<String> {
        name.clone()
            .filter(|at| doc.token(*at).is_some_and(super::super::token::Token::is_word))
            .map(|at| doc.fold(at).to_owned())
            .collect()
    }

    pub(super) fn key(doc: &Analysis<'_>, name: &Range<usize>) -> Option<String> {
        let words = Self::words(doc, name);
        (!words.is_empty()).then(|| words.join(" "))
    }

    pub(super) fn is_surname(&self, key: &str) -> bool {
        self.surnames.contains_key(key)
    }

    pub(super) fn add(&mut self, doc: &Analysis<'_>, name: &Range<usize>) {
        let words = Self::words(doc, name);
        let shown = doc.words(name);
        if words.len() < 2 {
            return;
        }
        let same = self.names.iter().position(|(known, _)| is_part(&words, known) || is_part(known, &words));
        let number = match same {
            Some(number) => {
                if let Some((known, best)) = self.names.get_mut(number) {
                    let fuller =
                        words.len() > known.len() || words.len() == known.len() && accents(&shown) > accents(best);
                    if fuller {
                        known.clone_from(&words);
                        *best = shown;
                    }
                }
                number
            }
            None => {
                self.names.push((words.clone(), shown));
                self.names.len() - 1
            }
        };
        // Every tail of the name is a surname: "Tohá Morales", "Morales"; and the first surname of two.
        for start in 1..words.len() {
            let tail = words.get(start..).unwrap_or_default();
            if tail.first().is_some_and(|word| !is_particle(word)) || start == 1 {
                self.surnames.entry(tail.join(" ")).or_insert(number);
            }
        }
        if words.len() >= 3
            && let Some(first) = words.get(1).filter(|word| !is_particle(word) && word.len() > 3)
        {
            self.surnames.entry(first.clone()).or_insert(number);
        }
    }

    pub(super) fn of(&self, doc: &Analysis<'_>, name: &Range<usize>) -> String {
        let words = Self::words(doc, name);
        let known = self.names.iter().find(|(known, _)| is_part(&words, known));
        let surname = || self.surnames.get(&words.join(" ")).and_then(|number| self.names.get(*number));
        known.or_else(surname).map_or_else(|| doc.words(name), |(_, best)| best.clone())
    }
}

/// Whether all words of `part` stand in `whole` in order, the first being the same.
fn is_part(part: &[String], whole: &[String]) -> bool {
    if part.len() < 2 || part.first() != whole.first() {
        return false;
    }
    let mut rest = whole.iter();
    part.iter().all(|word| rest.any(|other| other == word))
}

/// How well a name is written: small letters and accents.
fn accents(name: &str) -> usize {
    name.chars().filter(|c| c.is_lowercase()).count()
        + 2 * name.chars().filter(|c| !c.is_ascii() && c.is_alphabetic()).count()
}
