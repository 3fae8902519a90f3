//! Events: conferences and congresses, operations, foundings, openings and agreements.

mod act;
mod meeting;
mod when;

use std::ops::Range;

use jiff::civil::Date;

use crate::analysis::Analysis;
use crate::date::{Dated, Precision};
use crate::figure::judge::Found;
use crate::lexicon::{Place, PlaceKind, Sense};
use crate::names::Names;
use crate::token::{Shape, fold};
use act::acts;
use meeting::meeting;
use when::{date_after, date_near, place_after};

/// An event, with the places where the text speaks of it. Ranges count tokens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) edition: Option<u32>,
    pub(crate) place: Option<&'static Place>,
    pub(crate) start: Option<Date>,
    pub(crate) end: Option<Date>,
    pub(crate) precision: Option<Precision>,
    pub(crate) mentions: Vec<Range<usize>>,
}

/// The events of a text. `dateline` is where the report comes from.
pub(crate) fn events(
    doc: &Analysis<'_>,
    names: &Names,
    dates: &[Dated],
    figures: &[Found],
    dateline: Option<&'static Place>,
) -> Vec<Event> {
    let mut out: Vec<Event> = Vec::new();
    for operation in &names.operations {
        let words = fold(&operation.series);
        let known = out.iter_mut().find(|event| {
            event.kind == "operation"
                && fold(&event.name) == words
                && (event.edition == operation.edition || event.edition.is_none() || operation.edition.is_none())
        });
        match known {
            Some(event) => {
                event.edition = event.edition.or(operation.edition);
                event.mentions.push(operation.tokens.clone());
            }
            None => out.push(Event {
                kind: "operation",
                name: operation.series.clone(),
                edition: operation.edition,
                place: None,
                start: None,
                end: None,
                precision: None,
                mentions: vec![operation.tokens.clone()],
            }),
        }
    }
    for event in &mut out {
        if let Some(date) = event.mentions.iter().find_map(|mention| date_after(doc, dates, mention, 8)) {
            dated(event, date);
        }
    }
    let mut meetings: Vec<Event> = Vec::new();
    for sentence in &doc.sentences {
        let mut at = sentence.tokens.start;
        while at < sentence.tokens.end {
            let taken = names
                .operations
                .iter()
                .find(|operation| operation.tokens.contains(&at))
                .map(|operation| operation.tokens.end);
            if let Some(end) = taken {
                at = end;
                continue;
            }
            match meeting(doc, names, dates, figures, &sentence.tokens, at) {
                Some(event) => {
                    at = event.mentions.first().map_or(at + 1, |mention| mention.end.max(at + 1));
                    add(&mut meetings, event);
                }
                None => at += 1,
            }
        }
        for act in acts(doc, names, dates, &sentence.tokens) {
            add_act(doc, &mut meetings, act);
        }
    }
    // "La 28.ª edición tendrá lugar en 2027": another of the series that the report is about.
    let series = meetings
        .iter()
        .find(|event| event.kind == "conference" && event.edition.is_some())
        .map(|event| event.name.clone());
    if let Some(series) = series {
        for figure in figures.iter().filter(|figure| figure.unit == "edition" && figure.kind == "ordinal") {
            let sentence = doc.sentence_of(figure.phrase.start).and_then(|number| doc.sentence(number));
            let Some(sentence) = sentence.map(|sentence| sentence.tokens.clone()) else { continue };
            let word = (figure.number.end..(figure.number.end + 2).min(sentence.end))
                .find(|at| doc.is(*at, |sense| matches!(sense, Sense::InSeries)));
            // "A terceira está prevista para 2027, em Luanda": by its number alone, with its time or place.
            let alone = || {
                let next = figure.number.end;
                let bare = doc.token(next).is_some_and(|token| token.shape == Shape::Mark)
                    || doc.is_function_word(next)
                    || doc.is(next, |sense| matches!(sense, Sense::Held));
                let told = dates
                    .iter()
                    .map(|date| &date.tokens)
                    .chain(names.places.iter().map(|place| &place.tokens))
                    .any(|tokens| next <= tokens.start && tokens.start <= next + 14 && tokens.end <= sentence.end);
                (figure.number.len() == 1 && bare && told).then_some(figure.number.start)
            };
            let word = word.or_else(alone);
            let taken = |events: &[Event]| {
                events.iter().any(|event| {
                    event
                        .mentions
                        .iter()
                        .any(|mention| mention.start <= figure.phrase.start && figure.phrase.start < mention.end)
                })
            };
            if let Some(word) = word.filter(|_| !taken(&meetings) && !taken(&out)) {
                let mention = figure.phrase.start..word + 1;
                let date = date_near(dates, &sentence, &mention);
                let mut event = Event {
                    kind: "conference",
                    name: series.clone(),
                    edition: whole(figure.value),
                    place: place_after(doc, names, &sentence, &mention, 10),
                    start: None,
                    end: None,
                    precision: None,
                    mentions: vec![mention],
                };
                if let Some(date) = date {
                    dated(&mut event, date);
                }
                add(&mut meetings, event);
            }
        }
    }
    follow_ups(doc, names, dates, &mut meetings);
    // "the police congress in Vienna": of the year that the sentence before spoke of.
    for congress in meetings.iter_mut().filter(|event| event.kind == "congress" && event.start.is_none()) {
        let before = congress.mentions.first().and_then(|mention| doc.sentence_of(mention.start)?.checked_sub(1));
        let date = before.and_then(|before| {
            dates.iter().rev().find(|date| !date.relative && doc.sentence_of(date.tokens.start) == Some(before))
        });
        if let Some(date) = date {
            dated(congress, date);
        }
    }
    // The meeting that the report is about has the dateline's place where it names no other.
    if let Some(main) = meetings.iter_mut().find(|event| matches!(event.kind, "conference" | "congress")) {
        main.place = main.place.or(dateline.filter(|place| place.kind == PlaceKind::City));
    }
    out.extend(meetings);
    out
}

/// Words for the next of a series and the one before, folded.
const NEXT: [&str; 13] = [
    "next",
    "proxima",
    "proximo",
    "prochaine",
    "prochain",
    "seguinte",
    "siguiente",
    "previous",
    "anterior",
    "precedente",
    "precedent",
    "following",
    "last",
];

/// "The next will be held in Asunción, Paraguay, in 2027": another of the meetings that the report is about.
fn follow_ups(doc: &Analysis<'_>, names: &Names, dates: &[Dated], meetings: &mut Vec<Event>) {
    let Some(name) = meetings.iter().find(|event| event.kind == "conference").map(|event| event.name.clone()) else {
        return;
    };
    for sentence in &doc.sentences {
        let sentence = &sentence.tokens;
        let Some(next) = sentence.clone().find(|at| NEXT.contains(&doc.fold(*at))) else { continue };
        let noun = |at: usize| {
            doc.is(at, |sense| matches!(sense, Sense::Event(_) | Sense::InSeries | Sense::Held))
                || doc.fold(at) == "will"
        };
        let held = (next + 1..sentence.end).any(|at| doc.is(at, |sense| matches!(sense, Sense::Held)));
        let taken = meetings.iter().any(|event| {
            event.mentions.iter().any(|mention| mention.start >= sentence.start && mention.start < sentence.end)
        });
        if !held || taken || !(next + 1..next + 5).any(noun) {
            continue;
        }
        let mention = next..next + 1;
        let place = place_after(doc, names, sentence, &mention, 16);
        let date = date_near(dates, sentence, &mention);
        let last = dates
            .iter()
            .map(|date| &date.tokens)
            .chain(names.places.iter().map(|place| &place.tokens))
            .filter(|tokens| next < tokens.start && tokens.end <= sentence.end && tokens.start <= next + 16)
            .map(|tokens| tokens.end)
            .max();
        let Some(last) = last.filter(|_| place.is_some() || date.is_some()) else { continue };
        let mut event = Event {
            kind: "conference",
            name: name.clone(),
            edition: None,
            place,
            start: None,
            end: None,
            precision: None,
            mentions: std::iter::once(next..last).collect(),
        };
        if let Some(date) = date {
            dated(&mut event, date);
        }
        meetings.push(event);
    }
}

fn dated(event: &mut Event, date: &Dated) {
    event.start = Some(date.start);
    event.end = Some(date.end);
    event.precision = Some(date.precision);
}

/// Adds a mention to its event, with the place and the more exact days that it gives.
fn take_in(known: &mut Event, event: Event) {
    known.place = known.place.or(event.place);
    if known.start.is_none() || known.precision != Some(Precision::Day) && event.precision == Some(Precision::Day) {
        (known.start, known.end, known.precision) =
            (event.start.or(known.start), event.end.or(known.end), event.precision.or(known.precision));
    }
    known.mentions.extend(event.mentions);
}

/// Joins a mention with the event it speaks of: the same edition of the same name, or "the conference" again.
fn add(events: &mut Vec<Event>, event: Event) {
    let words = fold(&event.name);
    // "The three-day meeting", "cette rencontre": the one that was spoken of, unless it is of other days.
    let again = !words.contains(' ')
        && event.edition.is_none()
        && event.kind == "conference"
        && event.name.chars().next().is_some_and(char::is_lowercase);
    if again
        && let Some(known) = events.iter_mut().rev().find(|known| {
            known.kind == event.kind
                && known
                    .start
                    .zip(known.end)
                    .zip(event.start.zip(event.end))
                    .is_none_or(|(one, other)| one.0 <= other.1 && other.0 <= one.1)
                && (known.place.is_none() || event.place.is_none() || known.place == event.place)
        })
    {
        take_in(known, event);
        return;
    }
    // "Le Forum", by itself, is the one that was spoken of.
    let bare =
        !words.contains(' ') && event.edition.is_none() && event.name.chars().next().is_some_and(char::is_uppercase);
    if bare
        && let Some(known) = events
            .iter_mut()
            .rev()
            .find(|known| known.kind == event.kind && fold(&known.name).split(' ').any(|word| word == words))
    {
        known.mentions.extend(event.mentions);
        return;
    }
    let known = events.iter_mut().find(|known| {
        let name = fold(&known.name);
        let same = name == words || name.contains(&words) || words.contains(&name);
        let edition = known.edition == event.edition
            || event.edition.is_none()
                && event.start.is_none_or(|start| known.start.is_none_or(|known| known == start));
        matches!(known.kind, "conference" | "congress") && known.kind == event.kind && same && edition
    });
    match known {
        Some(known) => take_in(known, event),
        None => events.push(event),
    }
}

/// Joins an act with an earlier mention of it: an organisation is founded once in a year.
fn add_act(doc: &Analysis<'_>, events: &mut Vec<Event>, act: Event) {
    let common = |event: &Event| event.mentions.first().and_then(|mention| doc.sentence_of(mention.start));
    let year = |event: &Event| event.start.map(Date::year);
    let general =
        |name: &str| fold(name).split(' ').count() == 1 && name.chars().filter(|c| c.is_uppercase()).count() < 2;
    let known = events.iter_mut().find(|event| {
        event.kind == "founding"
            && act.kind == "founding"
            && year(event) == year(&act)
            && (fold(&event.name) == fold(&act.name) || general(&event.name) || general(&act.name))
            && common(event) != common(&act)
    });
    match known {
        Some(known) => {
            if general(&known.name) {
                known.name.clone_from(&act.name);
            }
            known.place = known.place.or(act.place);
            known.mentions.extend(act.mentions);
        }
        None => events.push(act),
    }
}

/// A number of a series as an integer.
fn whole(value: f64) -> Option<u32> {
    ((1.0..=1000.0).contains(&value) && value.fract() == 0.0).then(|| format!("{value}").parse().ok()).flatten()
}
