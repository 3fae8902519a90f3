//! What a conference is about and aims at, and what a report calls the worst threats.

use std::ops::Range;

use super::{Links, inside, title};
use crate::crime::Crime;
use crate::token::Shape;

impl Links<'_> {
    /// What a conference is about, and what a report calls the worst threats.
    pub(super) fn issues(&mut self, sentence: &Range<usize>) {
        let (doc, read) = (self.doc, self.read);
        let crimes: Vec<&Crime> = read.crimes.iter().filter(|crime| inside(&crime.tokens, sentence)).collect();
        if let Some(words) = self.link("key_issue", sentence)
            && let Some(event) = read.events.iter().find(|event| event.kind == "conference")
        {
            for crime in &crimes {
                let tokens = crime.tokens.start.min(words.start)..crime.tokens.end.max(words.end);
                self.add(title(event), "has_key_issue", doc.words(&crime.tokens), tokens);
            }
        }
        if let Some(words) = self.link("aims", sentence)
            && let Some(event) = read.events.iter().find(|event| {
                event.kind == "conference" && event.mentions.iter().any(|mention| inside(mention, sentence))
            })
        {
            let end = (words.end..sentence.end)
                .find(|at| doc.token(*at).is_some_and(|token| token.shape == Shape::Mark && doc.fold(*at) != "-"));
            let object = words.end..end.unwrap_or(sentence.end);
            self.add(title(event), "aims_at", doc.words(&object), words.start..object.end);
        }
        // "…, according to INTERPOL’s 2022 Global Crime Trend Report"
        if let Some(words) = self.link("according", sentence) {
            let report = (words.end..sentence.end).find(|at| {
                matches!(doc.fold(*at), "report" | "informe" | "rapport" | "relatorio" | "panorama")
                    && doc.is_capital(*at)
            });
            if let Some(report) = report {
                let mut start = report;
                while start > words.end
                    && (doc.is_capital(start - 1)
                        || doc.token(start - 1).is_some_and(|token| token.shape == Shape::Digits))
                {
                    start -= 1;
                }
                let subject = doc.words(&(start..report + 1));
                for crime in crimes.iter().filter(|crime| crime.tokens.end <= words.start) {
                    self.add(subject.clone(), "highlights", doc.words(&crime.tokens), crime.tokens.start..report + 1);
                }
            }
        }
    }
}
