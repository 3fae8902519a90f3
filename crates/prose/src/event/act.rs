//! Foundings, openings and agreements.

use std::ops::Range;

use super::Event;
use super::when::{date_of_act, place_after};
use crate::analysis::Analysis;
use crate::date::Dated;
use crate::lexicon::Sense;
use crate::names::Names;

/// Foundings, openings and agreements of a sentence.
pub(super) fn acts(doc: &Analysis<'_>, names: &Names, dates: &[Dated], sentence: &Range<usize>) -> Vec<Event> {
    let mut out = Vec::new();
    let place = |mention: &Range<usize>| place_after(doc, names, sentence, mention, 14);
    let make = |kind, name: String, mention: Range<usize>, date: Option<&Dated>| Event {
        kind,
        name,
        edition: None,
        place: place(&mention),
        start: date.map(|date| date.start),
        end: date.map(|date| date.end),
        precision: date.map(|date| date.precision),
        mentions: vec![mention],
    };
    let find =
        |wanted: fn(&Sense) -> bool| sentence.clone().find_map(|at| doc.find(at, wanted).map(|(end, _)| at..end));
    if let Some(verb) = find(|sense| matches!(sense, Sense::Founding))
        && let Some(date) = dates.iter().find(|date| {
            date.tokens.start >= verb.end && date.tokens.start <= verb.end + 6 && date.tokens.end <= sentence.end
        })
        && let Some(subject) = subject(doc, names, sentence, &verb)
    {
        let mention = subject.start.min(verb.start)..date.tokens.end;
        out.push(make("founding", doc.words(&subject), mention, Some(date)));
    }
    if let Some(verb) = find(|sense| matches!(sense, Sense::Opening))
        && let Some(office) = office(doc, names, sentence, &verb)
    {
        // Without a day, the office has to follow the verb: "inauguró una oficina en Lima".
        let date = date_of_act(dates, sentence, &verb);
        let follows = office.start >= verb.end && office.start - verb.end <= 5;
        if date.is_some() || follows {
            let mention = office.start.min(verb.start)..office.end.max(verb.end);
            out.push(make("opening", doc.words(&office), mention, date));
        }
    }
    if let Some(noun) = find(|sense| matches!(sense, Sense::Agreement))
        && let Some(verb) = find(|sense| matches!(sense, Sense::Signed))
        && verb.start.abs_diff(noun.start) <= 24
    {
        let mention = noun.start.min(verb.start)..noun.end.max(verb.end);
        out.push(make("agreement", doc.words(&noun), mention, date_of_act(dates, sentence, &noun)));
    }
    out
}

/// The organisation before a verb, or "the Organization".
fn subject(doc: &Analysis<'_>, names: &Names, sentence: &Range<usize>, verb: &Range<usize>) -> Option<Range<usize>> {
    let named = names
        .organisations
        .iter()
        .filter(|name| {
            sentence.start <= name.tokens.start && name.tokens.end <= verb.start && verb.start - name.tokens.end <= 3
        })
        .map(|name| name.tokens.clone())
        .next_back();
    let near = || {
        let back = (1..=4).filter_map(|width| verb.start.checked_sub(width)).filter(|at| *at >= sentence.start);
        let ahead = verb.end..(verb.end + 3).min(sentence.end);
        back.chain(ahead).find(|at| doc.is(*at, |sense| matches!(sense, Sense::OrganisationHead)))
    };
    let behind = || {
        names.organisations.iter().map(|name| name.tokens.clone()).find(|name| {
            name.start >= verb.end
                && name.end <= sentence.end
                && (name.start - verb.end <= 2 || verb.start <= sentence.start + 1)
        })
    };
    named.or_else(|| near().map(|at| at..at + 1)).or_else(behind)
}

/// The office, bureau or centre that a verb opens.
fn office(doc: &Analysis<'_>, names: &Names, sentence: &Range<usize>, verb: &Range<usize>) -> Option<Range<usize>> {
    let near = |range: &Range<usize>| range.start.abs_diff(verb.end) <= 16 || verb.start.abs_diff(range.end) <= 6;
    let is_head = |at: usize| doc.is(at, |sense| matches!(sense, Sense::Office));
    let is_office = |range: &Range<usize>| range.clone().any(is_head);
    let named =
        names.organisations.iter().map(|name| name.tokens.clone()).find(|range| {
            sentence.start <= range.start && range.end <= sentence.end && near(range) && is_office(range)
        });
    named.or_else(|| {
        sentence.clone().find_map(|at| {
            let range = at..at + 1;
            (near(&range) && is_head(at)).then_some(range)
        })
    })
}
