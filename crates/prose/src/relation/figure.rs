//! Links whose one end is a figure.

use std::ops::Range;

use super::{Links, inside};
use crate::figure::judge::Found;
use crate::lexicon::PlaceKind;

impl Links<'_> {
    pub(super) fn figures(&mut self, sentence: &Range<usize>) {
        let (doc, read) = (self.doc, self.read);
        let figures: Vec<&Found> = read.figures.iter().filter(|figure| inside(&figure.phrase, sentence)).collect();
        for figure in &figures {
            let phrase = doc.words(&figure.phrase);
            // "INTERPOL’s 19 global databases"
            let owner = read.names.organisations.iter().find(|name| {
                name.tokens.end < figure.phrase.start
                    && figure.phrase.start - name.tokens.end == 2
                    && doc.fold(name.tokens.end) == "'"
                    && figure.kind == "count"
            });
            if let Some(owner) = owner {
                self.add(self.called(owner), "operates", phrase.clone(), owner.tokens.start..figure.phrase.end);
            }
            if figure.unit == "country"
                && let Some(words) = self.link("serves", &(sentence.start..figure.phrase.start))
                && figure.phrase.start - words.end <= 2
                && let Some(name) = self.organisations_in(&(sentence.start..words.start)).last()
            {
                let (subject, start) = (self.called(name), name.tokens.start);
                self.add(subject, "serves_country_count", format!("{}", figure.value), start..figure.phrase.end);
            }
            if let Some(words) = self.link("population", &(sentence.start..figure.phrase.start))
                && figure.phrase.start - words.end <= 1
                && figure.value >= 100_000.0
                && matches!(figure.unit.as_str(), "person" | "inhabitant")
            {
                let place = read
                    .names
                    .places
                    .iter()
                    .rev()
                    .find(|place| place.tokens.end <= words.start && place.place.kind != PlaceKind::City);
                let subject = place.map(|place| place.place.name.clone()).unwrap_or_default();
                self.add(subject, "has_population", phrase.clone(), words.start..figure.phrase.end);
            }
        }
        if let Some(words) = self.link("contains", sentence)
            && let Some(figure) = figures.iter().find(|figure| {
                figure.phrase.start >= words.end && figure.phrase.start - words.end <= 3 && figure.kind == "count"
            })
        {
            // What contains: named before in the sentence, else what the sentence before counted.
            let before =
                read.figures.iter().rev().find(|other| other.phrase.end <= words.start && other.unit == "database");
            let named = self.organisations_in(&(sentence.start..words.start)).last().map(|name| self.called(name));
            let subject = before.map(|other| doc.words(&other.phrase)).or(named).unwrap_or_default();
            let (object, end) = (doc.words(&figure.phrase), figure.phrase.end);
            self.add(subject, "contain", object, words.start..end);
        }
        // "more than 1.3 billion checks …, resulting in some 283,000 hits"
        if let Some(words) = self.link("resulted", sentence) {
            let cause = figures.iter().rev().find(|figure| figure.phrase.end <= words.start && figure.kind == "count");
            let effect =
                figures.iter().find(|figure| figure.phrase.start >= words.end && figure.phrase.start - words.end <= 4);
            let operation = read.names.operations.iter().any(|operation| inside(&operation.tokens, sentence));
            if let (Some(cause), Some(effect), false) = (cause, effect, operation) {
                self.add(
                    doc.words(&cause.phrase),
                    "resulted_in",
                    doc.words(&effect.phrase),
                    words.start..effect.phrase.end,
                );
            }
        }
    }
}
