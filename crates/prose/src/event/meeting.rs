//! Conferences and congresses.

use std::ops::Range;

use super::when::{date_after, date_near, date_of, place_after};
use super::{Event, dated, whole};
use crate::analysis::Analysis;
use crate::date::{Dated, Precision};
use crate::figure::judge::Found;
use crate::lexicon::{PlaceKind, Sense};
use crate::names::Names;
use crate::token::Shape;

/// A conference or congress whose name starts at a token.
pub(super) fn meeting(
    doc: &Analysis<'_>,
    names: &Names,
    dates: &[Dated],
    figures: &[Found],
    sentence: &Range<usize>,
    at: usize,
) -> Option<Event> {
    let token = doc.token(at)?;
    let right = doc.lexicon.trade.right_headed;
    let not_event = |at: usize| doc.is(at, |sense| matches!(sense, Sense::NotEvent));
    if not_event(at) || at > sentence.start && not_event(at - 1) {
        return None;
    }
    let named = if token.is_capital() { chunk(doc, at, sentence.end) } else { at..at };
    if named.clone().any(|at| doc.is(at, |sense| matches!(sense, Sense::NotEvent))) {
        return None;
    }
    let head = named.clone().find_map(|at| kind_at(doc, at).map(|(end, kind)| (at, end, kind)));
    if let Some((head_at, _, kind)) = head
        && (head_at > at || !right)
        && named.len() >= 2
        && !is_organisation(names, &named)
    {
        let start = named.clone().find(|at| !doc.is_function_word(*at)).unwrap_or(at);
        let mut named = start..named.end;
        // "INTERPOL’s 25th Americas Regional Conference": the number stands before or inside.
        let edition = edition(figures, &named);
        if let Some((number, _)) = &edition
            && number.start < named.start
        {
            named.start = number.start;
        }
        // "6e Conférence ouest-africaine sur les armes à feu": in small letters it goes on.
        if !right && capitals_of(doc, &named) == 1 {
            named.end = goes_on(doc, dates, sentence, named.end);
        }
        let mut name = doc.words(&named);
        if let Some((number, _)) = &edition {
            let suffix = doc.token(number.end).is_some_and(|token| !token.apart && token.is_word());
            let number = number.start..number.end + usize::from(suffix);
            let rest: Vec<String> = [named.start..number.start.max(named.start), number.end.min(named.end)..named.end]
                .iter()
                .map(|part| doc.words(part))
                .filter(|part| !part.is_empty())
                .collect();
            name = rest.join(" ");
        }
        let edition = edition.map(|(_, value)| value);
        let date = date_of(doc, dates, sentence, &named);
        let mut event = Event {
            kind,
            name,
            edition,
            place: place_after(doc, names, sentence, &named, 10),
            start: None,
            end: None,
            precision: None,
            mentions: vec![named],
        };
        if let Some(date) = date {
            dated(&mut event, date);
        }
        return Some(event);
    }
    // "three-day conference (21 – 23 March)", "police congress in Vienna": in small letters, with its time or place.
    let (end, kind) = kind_at(doc, at)?;
    let mention = at..end;
    let held = || sentence.clone().any(|at| doc.is(at, |sense| matches!(sense, Sense::Held)));
    let date = date_after(doc, dates, &mention, 4)
        .or_else(|| date_after(doc, dates, &mention, 16).filter(|date| date.start != date.end || held()))
        .filter(|date| date.precision == Precision::Day);
    let place = place_after(doc, names, sentence, &mention, 4).filter(|place| place.kind == PlaceKind::City);
    let edition = edition(figures, &mention);
    // "celebró el martes en Lima una reunión": held somewhere on some day, wherever in the sentence they stand.
    let within = |tokens: &Range<usize>| sentence.start <= tokens.start && tokens.end <= sentence.end;
    let day = dates.iter().find(|date| within(&date.tokens) && date.precision == Precision::Day);
    let city = names.places.iter().find(|name| within(&name.tokens) && name.place.kind == PlaceKind::City);
    let gathered = day.is_some() && city.is_some() && held();
    // "lors d'un atelier sur le traçage des armes organisé à Saint-Domingue": its subject and its time or place.
    let subject = matches!(doc.fold(end), "sur" | "sobre" | "on")
        || doc.token(end).is_some_and(|token| token.shape == Shape::Small)
            && matches!(doc.fold(end + 1), "sur" | "sobre" | "on");
    let told = || {
        day.is_some()
            || place_after(doc, names, sentence, &mention, 18).is_some_and(|place| place.kind == PlaceKind::City)
    };
    // "Recife recebe conferência da INTERPOL sobre": right behind the verb, of somebody who meets or on something.
    let hosted = kind == "conference"
        && (1..=3).filter_map(|back| at.checked_sub(back)).filter(|verb| *verb >= sentence.start).any(|verb| {
            doc.find(verb, |sense| matches!(sense, Sense::Held)).is_some_and(|(over, _)| over <= at && at - over <= 1)
        })
        && (subject || names.organisations.iter().any(|name| end <= name.tokens.start && name.tokens.start <= end + 2));
    let topical = kind == "conference" && subject && told() || hosted;
    if date.is_none() && !(place.is_some() && kind == "congress") && edition.is_none() && !gathered && !topical {
        return None;
    }
    let place = place.or(city.filter(|_| gathered).map(|name| name.place));
    let place = place.or_else(|| place_after(doc, names, sentence, &mention, 18).filter(|_| topical));
    let date = date.or(day.filter(|_| gathered || topical));
    let start = match &edition {
        Some((number, _)) => number.start,
        None if right
            && at > sentence.start
            && doc.token(at - 1).is_some_and(|token| token.shape == Shape::Small)
            && !doc.is(at - 1, |sense| matches!(sense, Sense::TimeUnit(_)))
            && !SMALL.contains(&doc.fold(at - 1)) =>
        {
            at - 1
        }
        None => at,
    };
    // The ending of the number is no part of the name: "6e Conférence", "93.ª reunión".
    let suffix = start < at && edition.is_some() && doc.token(at - 1).is_some_and(|token| !token.apart);
    let from = if suffix { at } else { start.max(at.saturating_sub(1)) };
    let over =
        if !right && (edition.is_some() || doc.is_capital(at)) { goes_on(doc, dates, sentence, end) } else { end };
    let mut event = Event {
        kind,
        name: doc.words(&(from..over)),
        edition: edition.map(|(_, value)| value),
        place,
        start: None,
        end: None,
        precision: None,
        mentions: std::iter::once(start..end).collect(),
    };
    if let Some(date) = date.or_else(|| date_near(dates, sentence, &mention)) {
        dated(&mut event, date);
    }
    Some(event)
}

/// Small words before the word for a meeting that are no part of what it is called.
const SMALL: [&str; 24] = [
    "the",
    "a",
    "an",
    "this",
    "that",
    "its",
    "his",
    "her",
    "their",
    "our",
    "of",
    "for",
    "at",
    "in",
    "on",
    "and",
    "each",
    "every",
    "next",
    "last",
    "same",
    "present",
    "previous",
    "following",
];

fn capitals_of(doc: &Analysis<'_>, named: &Range<usize>) -> usize {
    named.clone().filter(|at| doc.is_capital(*at)).count()
}

/// Most tokens that a name goes on over in small letters.
const GOES_ON: usize = 9;

/// Where a name in small letters ends: before a mark, a verb, a date or a place.
fn goes_on(doc: &Analysis<'_>, dates: &[Dated], sentence: &Range<usize>, from: usize) -> usize {
    let (mut at, mut last) = (from, from);
    while at < (from + GOES_ON).min(sentence.end) {
        let Some(token) = doc.token(at) else { break };
        let joined = matches!(doc.fold(at), "-" | "'") && !token.apart;
        let dated = dates.iter().any(|date| date.tokens.contains(&at));
        if !joined && token.shape != Shape::Small
            || dated
            || token.line
            || doc.is(at, |sense| matches!(sense, Sense::Held | Sense::Says | Sense::Place(_) | Sense::Month(_)))
        {
            break;
        }
        // Only words that add to a noun: "sur les armes à feu", "de la policía", and no new clause.
        let small = doc.is_function_word(at);
        let adds = ADDS.contains(&doc.fold(at));
        let opened = at > from && (ADDS.contains(&doc.fold(at - 1)) || doc.fold(at - 1) == "-") || joined;
        let adjective = ADJECTIVE.iter().any(|ending| doc.fold(at).ends_with(ending)) || doc.fold(at + 1) == "-";
        if !adds && (small || !opened && !adjective) {
            break;
        }
        at += 1;
        if !small && !joined {
            last = at;
        }
    }
    last
}

/// How adjectives that are part of a name end, folded: "ouest-africaine", "regional", "américaine".
const ADJECTIVE: [&str; 18] = [
    "al", "ale", "ales", "ain", "aine", "ano", "ana", "ique", "iques", "ico", "ica", "enne", "aria", "ario", "ense",
    "iva", "ivo", "ais",
];

/// Small words inside the name of a meeting, folded.
const ADDS: [&str; 26] = [
    "sur", "sobre", "contre", "contra", "de", "des", "du", "la", "les", "le", "el", "los", "las", "l", "d", "da", "do",
    "das", "dos", "o", "as", "os", "del", "a", "y", "e",
];

fn kind_at(doc: &Analysis<'_>, at: usize) -> Option<(usize, &'static str)> {
    match doc.find(at, |sense| matches!(sense, Sense::Event(_)))? {
        (end, Sense::Event(kind)) => Some((end, kind)),
        _ => None,
    }
}

/// A stretch of capitals with small words between them.
fn chunk(doc: &Analysis<'_>, at: usize, end: usize) -> Range<usize> {
    let (mut next, mut last) = (at, at);
    while next < end && next - at < 14 {
        let Some(token) = doc.token(next) else { break };
        if next > at && (token.cut || token.line) {
            break;
        }
        if token.is_capital() {
            next += 1;
            last = next;
        } else if matches!(doc.fold(next), "-" | "'") && !token.apart && doc.fold(next + 1) != "s" {
            next += 1;
        } else if doc.lexicon.inside_organisation.contains(doc.fold(next)) && next > at {
            let over = (next + 1..next + 3).find(|over| !doc.lexicon.inside_organisation.contains(doc.fold(*over)));
            match over {
                Some(over)
                    if doc.is_capital(over)
                        && !(doc.lexicon.trade.right_headed && matches!(doc.fold(next), "in" | "and")) =>
                {
                    next = over;
                }
                _ => break,
            }
        } else {
            break;
        }
    }
    at..last
}

/// Whether a stretch of capitals is part of an organisation that has more words than it.
fn is_organisation(names: &Names, range: &Range<usize>) -> bool {
    names.organisations.iter().any(|name| name.tokens.start <= range.start && range.end < name.tokens.end)
}

/// The edition that a figure gives right before or inside a name.
fn edition(figures: &[Found], name: &Range<usize>) -> Option<(Range<usize>, u32)> {
    let found = figures.iter().find(|figure| {
        figure.kind == "ordinal"
            && figure.unit == "edition"
            && (name.contains(&figure.number.start)
                || figure.number.end <= name.start && name.start - figure.number.end <= 2)
    })?;
    whole(found.value).map(|value| (found.number.clone(), value))
}
