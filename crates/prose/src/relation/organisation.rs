//! What an organisation hosts, became, was called before or was established by.

use std::ops::Range;

use super::{Links, NEAR, inside, title};
use crate::lexicon::PlaceKind;

impl Links<'_> {
    pub(super) fn organisations(&mut self, sentence: &Range<usize>) {
        for (link, predicate) in [("hosts", "hosts"), ("became", "became")] {
            let Some(words) = self.link(link, sentence) else { continue };
            let object = self
                .organisations_in(&(words.end..sentence.end))
                .next()
                .map(|name| (self.called(name), name.tokens.end));
            let before = self
                .organisations_in(&(sentence.start..words.start))
                .last()
                .map(|name| (self.called(name), name.tokens.start));
            let subject = before.or_else(|| {
                // "This would become …": what the sentence before ended with.
                let name = self.read.names.organisations.iter().rev().find(|name| name.tokens.end <= words.start)?;
                (link == "became").then(|| (self.called(name), sentence.start))
            });
            if let (Some((subject, start)), Some((object, end))) = (subject, object)
                && end - words.end <= 2 * NEAR
            {
                self.add(subject, predicate, object, start..end);
            }
        }
        // "X, as INTERPOL was originally called"
        if let Some(words) = self.link("called", sentence) {
            let names: Vec<(String, Range<usize>)> = self
                .organisations_in(&(sentence.start..words.start))
                .map(|name| (self.called(name), name.tokens.clone()))
                .collect();
            if let [.., (former, place), (now, _)] = names.as_slice() {
                self.add(now.clone(), "former_name", former.clone(), place.start..words.end);
            }
        }
        // "the police congress … that established the International Criminal Police Commission"
        if let Some(words) = self.link("establishes", sentence)
            && let Some(event) = self.read.events.iter().find(|event| {
                event.kind == "congress"
                    && event.mentions.iter().any(|mention| inside(mention, &(sentence.start..words.start)))
            })
            && let Some(name) = self.organisations_in(&(words.end..sentence.end)).next()
        {
            let start = event
                .mentions
                .iter()
                .find(|mention| inside(mention, sentence))
                .map_or(words.start, |mention| mention.start);
            let (subject, object, end) = (title(event), self.called(name), name.tokens.end);
            self.add(subject, "established", object, start..end);
        }
        if let Some(words) = self.link("represented", sentence)
            && let Some(place) = self.read.names.places.iter().find(|place| {
                inside(&place.tokens, &(sentence.start..words.start)) && place.place.kind == PlaceKind::Country
            })
            && let Some(event) = self
                .read
                .events
                .iter()
                .find(|event| event.mentions.iter().any(|mention| inside(mention, &(words.end..sentence.end))))
        {
            let end = event
                .mentions
                .iter()
                .find(|mention| inside(mention, sentence))
                .map_or(words.end, |mention| mention.end);
            let (subject, object, start) = (place.place.name.clone(), title(event), place.tokens.start);
            self.add(subject, "represented_at", object, start..end);
        }
        // "Opening the meeting, Chile’s Minister … Carolina Tohá Morales"
        if let Some(words) = self.link("opening", sentence)
            && let Some(person) =
                self.read.names.people.iter().find(|person| {
                    inside(&person.tokens, sentence) && person.tokens.start.abs_diff(words.end) <= 2 * NEAR
                })
            && let Some(event) = self.read.events.iter().find(|event| matches!(event.kind, "conference" | "congress"))
        {
            let tokens = words.start.min(person.tokens.start)..words.end.max(person.tokens.end);
            let (subject, object) = (person.name.clone(), title(event));
            self.add(subject, "opened", object, tokens);
        }
    }
}
