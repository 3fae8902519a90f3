//! Who coordinates an operation, what it is against, where it ran and what came of it.

use std::ops::Range;

use super::{Links, inside};
use crate::lexicon::PlaceKind;
use crate::names::OrganisationName;

impl Links<'_> {
    pub(super) fn operations(&mut self, sentence: &Range<usize>) {
        let read = self.read;
        let found = read.names.operations.iter().find(|operation| inside(&operation.tokens, sentence));
        let Some(operation) = found else { return };
        let subject = operation
            .edition
            .map_or_else(|| operation.series.clone(), |edition| format!("{} {edition}", operation.series));
        let behind = operation.tokens.end..sentence.end;
        if let Some(words) = self.link("coordinates", sentence) {
            let near = |name: &&OrganisationName| {
                name.tokens.start >= words.end && name.tokens.start <= words.end + 4
                    || name.tokens.end <= words.start && words.start - name.tokens.end <= 1
            };
            if let Some(name) = read.names.organisations.iter().filter(|name| inside(&name.tokens, sentence)).find(near)
            {
                self.add(
                    self.called(name),
                    "coordinates",
                    subject.clone(),
                    name.tokens.start.min(operation.tokens.start)..name.tokens.end.max(operation.tokens.end),
                );
            }
        }
        if let Some(words) = self.link("targets", &behind) {
            // The crimes behind the words, as long as they follow each other.
            let mut last = words.end;
            for crime in
                read.crimes.iter().filter(|crime| crime.tokens.start >= words.end && crime.tokens.end <= sentence.end)
            {
                if crime.tokens.start > last + 6 {
                    break;
                }
                last = crime.tokens.end;
                self.add(
                    subject.clone(),
                    "targets",
                    self.doc.words(&crime.tokens),
                    operation.tokens.start..crime.tokens.end,
                );
            }
        }
        for place in read
            .names
            .places
            .iter()
            .filter(|place| inside(&place.tokens, &behind) && place.place.kind == PlaceKind::Region)
        {
            self.add(
                subject.clone(),
                "covers_area",
                place.place.name.clone(),
                operation.tokens.start..place.tokens.end,
            );
        }
        if let Some(words) = self.link("resulted", &behind) {
            let figures = read.figures.iter().filter(|figure| {
                figure.phrase.start >= words.start && figure.phrase.end <= sentence.end && figure.kind == "count"
            });
            let rows: Vec<(String, usize)> =
                figures.map(|figure| (self.doc.words(&figure.phrase), figure.phrase.end)).take(6).collect();
            for (object, end) in rows {
                self.add(subject.clone(), "resulted_in", object, operation.tokens.start..end);
            }
        }
    }
}
