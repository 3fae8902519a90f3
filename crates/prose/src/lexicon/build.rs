//! From lists of words to the index of a language.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::file::File;
use super::names::{GIVEN, Names};
use super::{Entry, Lexicon, Phrases, Sense, TradeGrammar, Written};
use crate::table::{set, split};
use crate::token::{fold, hash};

struct Builder {
    entries: FxHashMap<u64, Vec<Entry>>,
}

impl Builder {
    fn add(&mut self, phrase: &str, written: Written, sense: Sense) {
        let (mut words, shape) = split(phrase);
        // "H.E." and "Dr." are looked up without the last full stop.
        while words.len() > 1 && words.last().is_some_and(|word| &**word == ".") {
            words.pop();
        }
        if words.is_empty() {
            return;
        }
        let first = words.remove(0);
        let list = self.entries.entry(hash(&first)).or_default();
        if !list.iter().any(|entry| entry.first == first && entry.rest == words && entry.sense == sense) {
            list.push(Entry { first, rest: words, written, shape, sense });
        }
    }

    fn all(&mut self, phrases: &[String], sense: &Sense) {
        for phrase in phrases {
            self.add(phrase, Written::Any, sense.clone());
        }
    }
}

pub(super) fn read(text: &str, names: &Names) -> Result<Lexicon, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let code = |code: &str| names.codes.get(code).copied().ok_or_else(|| format!("`{code}` is no code of the ICCS"));
    let mut builder = Builder { entries: FxHashMap::default() };
    for (crime, list) in &file.crimes {
        builder.all(list, &Sense::Crime(code(crime)?));
    }
    // A single word that many texts use for another thing is left to the lists of the language.
    for (label, crime) in names.crimes.iter().filter(|(label, _)| label.contains(' ')) {
        builder.add(label, Written::Any, Sense::Crime(crime));
    }
    builder.all(&file.not_crimes.words, &Sense::NotCrime);
    for (crime, list) in &file.not_crimes.in_lists {
        builder.all(list, &Sense::CrimeInLists(code(crime)?));
    }
    for (number, trade) in file.trade.iter().enumerate() {
        builder.all(&trade.heads, &Sense::Trade(number));
        for (crime, list) in &trade.objects {
            builder.all(list, &Sense::Traded(number, code(crime)?));
        }
    }
    for (name, place) in &names.places {
        builder.add(name, Written::Capital, Sense::Place(place));
    }
    for (name, organisation) in &names.organisations {
        let acronym = !name.contains(' ') && name.chars().filter(|c| c.is_uppercase()).count() > 1;
        let written = if acronym { Written::Exactly } else { Written::Capital };
        builder.add(name, written, Sense::Organisation(organisation));
    }
    for name in GIVEN.split_whitespace() {
        builder.add(name, Written::Capital, Sense::Given);
    }
    builder.all(&file.organisations.heads, &Sense::OrganisationHead);
    builder.all(&file.events.no_meeting, &Sense::NotEvent);
    builder.all(&file.roles.heads, &Sense::Role);
    builder.all(&file.roles.before, &Sense::RoleBefore);
    builder.all(&file.roles.titles, &Sense::Title);
    builder.all(&file.speech.verbs, &Sense::Says);
    builder.all(&file.speech.according, &Sense::According);
    builder.all(&file.speech.he, &Sense::He);
    builder.all(&file.speech.terms, &Sense::Term);
    let events = &file.events;
    builder.all(&events.conference, &Sense::Event("conference"));
    builder.all(&events.congress, &Sense::Event("congress"));
    builder.all(&events.founding, &Sense::Founding);
    builder.all(&events.opening, &Sense::Opening);
    builder.all(&events.agreement, &Sense::Agreement);
    builder.all(&events.signed, &Sense::Signed);
    builder.all(&events.offices, &Sense::Office);
    builder.all(&events.named, &Sense::Named);
    builder.all(&events.operation, &Sense::Operation);
    builder.all(&events.in_series, &Sense::InSeries);
    builder.all(&events.held, &Sense::Held);
    let dates = &file.dates;
    for list in [&dates.months, &dates.short] {
        for (number, month) in (1..).zip(list) {
            builder.add(month, Written::Any, Sense::Month(number));
        }
    }
    for (month, number) in &dates.also {
        builder.add(month, Written::Any, Sense::Month(*number));
    }
    for (number, day) in (1..).zip(&dates.weekdays) {
        builder.add(day, Written::Any, Sense::Weekday(number));
    }
    for (relative, list) in &dates.relative {
        builder.all(list, &Sense::Relative(*relative));
    }
    let partial = &dates.partial;
    builder.all(&partial.to_date, &Sense::ToDate);
    builder.all(&partial.before_ago, &Sense::BeforeAgo);
    builder.all(&partial.ago, &Sense::Ago);
    for (unit, list) in &partial.unit {
        builder.all(list, &Sense::TimeUnit(*unit));
    }
    builder.all(&partial.quarter, &Sense::Quarter);
    builder.all(&partial.half, &Sense::Half);
    for (number, word) in (1..).zip(&partial.first) {
        builder.add(word, Written::Any, Sense::Nth(number));
    }
    let mut entries = builder.entries;
    for list in entries.values_mut() {
        list.sort_by_key(|entry| std::cmp::Reverse(entry.rest.len()));
    }
    let relations: BTreeMap<String, Phrases> =
        file.relations.iter().map(|(link, words)| (link.clone(), set(words))).collect();
    let relation_starts = relations.values().flat_map(|words| words.starts().collect::<Vec<_>>()).collect();
    Ok(Lexicon {
        relation_starts,
        relations,
        entries,
        not_names: file.words.not_names.iter().map(|word| fold(word)).collect(),
        inside_organisation: file.organisations.inside.iter().map(|word| fold(word)).collect(),
        adjectives: file.organisations.adjectives.iter().map(|ending| fold(ending)).collect(),
        no_adjectives: file.organisations.no_adjectives.iter().map(|word| fold(word)).collect(),
        role_of: set(&file.roles.of),
        trade: TradeGrammar {
            right_headed: file.grammar.right_headed,
            of: set(&file.grammar.of),
            and: set(&file.grammar.and),
        },
        date_to: set(&dates.to),
        date_of: set(&dates.of),
        date_in: set(&dates.before),
        since: set(&dates.since),
        between: set(&dates.between),
        next: set(&dates.next),
        ahead: set(&dates.ahead),
        same_period: set(&dates.same_period),
    })
}
