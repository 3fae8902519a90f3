//! Where, when and by whom an event is held, and what an agreement is about.

use std::ops::Range;

use super::{Links, NEAR, inside, title};
use crate::event::Event;

impl Links<'_> {
    pub(super) fn events(&mut self) {
        let (doc, read) = (self.doc, self.read);
        for event in read.events {
            let Some(first) = event.mentions.first().cloned() else { continue };
            let place = event.place.map(|place| {
                place
                    .country
                    .as_ref()
                    .map_or_else(|| place.name.clone(), |country| format!("{}, {country}", place.name))
            });
            let days = event.start.zip(event.end).map(|(start, end)| format!("{start}/{end}"));
            match event.kind {
                "conference" | "congress" => {
                    if let Some(place) = place {
                        let named =
                            event.mentions.iter().flat_map(|mention| mention.end..mention.end + NEAR).any(|at| {
                                read.names
                                    .places
                                    .iter()
                                    .any(|name| name.tokens.start == at && Some(name.place) == event.place)
                            });
                        let tokens =
                            if named { first.clone() } else { read.dateline.cloned().unwrap_or_else(|| first.clone()) };
                        self.add(title(event), "held_in", place, tokens);
                    }
                    if let Some(days) = days {
                        self.add(
                            title(event),
                            "held_on",
                            days,
                            event.mentions.last().cloned().unwrap_or_else(|| first.clone()),
                        );
                    }
                    // "INTERPOL’s 25th Americas Regional Conference"
                    let owner = read.names.organisations.iter().find(|name| {
                        event.mentions.iter().any(|mention| {
                            let gap = mention.start.saturating_sub(name.tokens.end);
                            name.tokens.end <= mention.start && gap <= 3 && doc.fold(name.tokens.end) == "'"
                                || inside(&name.tokens, mention)
                        })
                    });
                    if let Some(owner) = owner {
                        self.add(self.called(owner), "organises", title(event), first.clone());
                    }
                }
                "founding" => {
                    let year = event.start.map(|start| start.year().to_string()).unwrap_or_default();
                    // Where the year stands in digits, rather than "100 years ago".
                    let printed = |mention: &&Range<usize>| (*mention).clone().any(|at| doc.fold(at) == year);
                    let mention = event.mentions.iter().find(printed).unwrap_or(&first).clone();
                    self.add(event.name.clone(), "founded_in", year, mention);
                }
                "opening" => {
                    if let Some(place) = place {
                        self.add(event.name.clone(), "located_in", place, first.clone());
                    }
                    if let Some(start) = event.start {
                        self.add(event.name.clone(), "opened_in", start.to_string(), first.clone());
                    }
                }
                "agreement" => self.agreement(event, &first),
                _ => {}
            }
        }
    }

    /// "an agreement was signed with Argentina for the establishment of an office"
    fn agreement(&mut self, event: &Event, mention: &Range<usize>) {
        let Some(sentence) = self.doc.sentence_of(mention.start).and_then(|number| self.doc.sentence(number)) else {
            return;
        };
        let sentence = sentence.tokens.clone();
        let time = event.start.map(|start| start.to_string());
        let behind = mention.start..sentence.end;
        if let Some(with) = self.link("with", &behind) {
            let near = with.end..(with.end + 4).min(sentence.end);
            let place = self
                .read
                .names
                .places
                .iter()
                .find(|name| near.contains(&name.tokens.start))
                .map(|name| (name.place.name.clone(), name.tokens.end));
            let organisation = self
                .read
                .names
                .organisations
                .iter()
                .find(|name| near.contains(&name.tokens.start))
                .map(|name| (self.called(name), name.tokens.end));
            if let Some((party, end)) = organisation.or(place) {
                let subject =
                    self.organisations_in(&(sentence.start..mention.start)).last().map(|name| self.called(name));
                let subject = subject.unwrap_or_else(|| self.topic(mention.start));
                self.timed(subject, "signed_agreement_with", party, time, mention.start..end.max(mention.end));
            }
        }
        if let Some(words) = self.link("establishes", &behind)
            && let Some(name) = self.organisations_in(&(words.end..sentence.end)).next()
        {
            let (object, end) = (self.called(name), name.tokens.end);
            self.add(event.name.clone(), "establishes", object, mention.start..end);
        }
    }

    /// The organisation that a text speaks of most, named before a token.
    fn topic(&self, before: usize) -> String {
        let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        for name in self.read.names.organisations.iter().filter(|name| name.tokens.start < before) {
            *counts.entry(&name.name).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(name, _)| name.to_owned()).unwrap_or_default()
    }
}
