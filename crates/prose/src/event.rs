//! Events: conferences and congresses, operations, foundings, openings and agreements.

use std::ops::Range;

use jiff::civil::Date;

use crate::analysis::Analysis;
use crate::date::{Dated, Precision};
use crate::figure::judge::Found;
use crate::lexicon::{Place, PlaceKind, Sense};
use crate::names::{Names, PlaceName};
use crate::token::{Shape, fold};

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
        meetings.extend(acts(doc, names, dates, &sentence.tokens));
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
    // The meeting that the report is about has the dateline's place where it names no other.
    if let Some(main) = meetings.iter_mut().find(|event| matches!(event.kind, "conference" | "congress")) {
        main.place = main.place.or(dateline.filter(|place| place.kind == PlaceKind::City));
    }
    out.extend(meetings);
    out
}

fn dated(event: &mut Event, date: &Dated) {
    event.start = Some(date.start);
    event.end = Some(date.end);
    event.precision = Some(date.precision);
}

/// Joins a mention with the event it speaks of: the same edition of the same name, or "the conference" again.
fn add(events: &mut Vec<Event>, event: Event) {
    let words = fold(&event.name);
    let known = events.iter_mut().find(|known| {
        let name = fold(&known.name);
        let same = name == words || name.contains(&words) || words.contains(&name);
        let edition = known.edition == event.edition
            || event.edition.is_none()
                && event.start.is_none_or(|start| known.start.is_none_or(|known| known == start));
        matches!(known.kind, "conference" | "congress") && known.kind == event.kind && same && edition
    });
    match known {
        Some(known) => {
            known.place = known.place.or(event.place);
            if known.start.is_none()
                || known.precision != Some(Precision::Day) && event.precision == Some(Precision::Day)
            {
                (known.start, known.end, known.precision) =
                    (event.start.or(known.start), event.end.or(known.end), event.precision.or(known.precision));
            }
            known.mentions.extend(event.mentions);
        }
        None => events.push(event),
    }
}

/// The date nearest behind a mention, within some tokens of the same sentence.
fn date_after<'d>(doc: &Analysis<'_>, dates: &'d [Dated], mention: &Range<usize>, within: usize) -> Option<&'d Dated> {
    let sentence = doc.sentence_of(mention.start)?;
    dates
        .iter()
        .filter(|date| {
            date.tokens.start >= mention.end
                && date.tokens.start <= mention.end + within
                && doc.sentence_of(date.tokens.start) == Some(sentence)
        })
        .find(|date| !date.relative)
}

/// The date of an act: a date of the sentence, which may be "yesterday".
fn date_of_act<'d>(dates: &'d [Dated], sentence: &Range<usize>, mention: &Range<usize>) -> Option<&'d Dated> {
    date_near(dates, sentence, mention)
        .or_else(|| dates.iter().find(|date| sentence.start <= date.tokens.start && date.tokens.end <= sentence.end))
}

/// Any date of a sentence, the nearest to a mention.
fn date_near<'d>(dates: &'d [Dated], sentence: &Range<usize>, mention: &Range<usize>) -> Option<&'d Dated> {
    dates
        .iter()
        .filter(|date| sentence.start <= date.tokens.start && date.tokens.end <= sentence.end && !date.relative)
        .min_by_key(|date| date.tokens.start.abs_diff(mention.start))
}

/// A conference or congress whose name starts at a token.
fn meeting(
    doc: &Analysis<'_>,
    names: &Names,
    dates: &[Dated],
    figures: &[Found],
    sentence: &Range<usize>,
    at: usize,
) -> Option<Event> {
    let token = doc.token(at)?;
    let right = doc.lexicon.trade.right_headed;
    let named = if token.is_capital() { chunk(doc, at, sentence.end) } else { at..at };
    let head = named.clone().find_map(|at| kind_at(doc, at).map(|(end, kind)| (at, end, kind)));
    if let Some((head_at, _, kind)) = head
        && (head_at > at || !right)
        && named.len() >= 2
        && !is_organisation(doc, names, &named)
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
        let mut name = doc.words(&named);
        if let Some((number, _)) = &edition {
            let rest: Vec<String> = [named.start..number.start.max(named.start), number.end.min(named.end)..named.end]
                .iter()
                .map(|part| doc.words(part))
                .filter(|part| !part.is_empty())
                .collect();
            name = rest.join(" ");
        }
        let edition = edition.map(|(_, value)| value);
        let date = date_after(doc, dates, &named, 14).or_else(|| date_near(dates, sentence, &named));
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
    if date.is_none() && !(place.is_some() && kind == "congress") && edition.is_none() {
        return None;
    }
    let start = match &edition {
        Some((number, _)) => number.start,
        None if right
            && at > sentence.start
            && doc.token(at - 1).is_some_and(|token| token.shape == Shape::Small)
            && !doc.is_function_word(at - 1) =>
        {
            at - 1
        }
        None => at,
    };
    let mut event = Event {
        kind,
        name: doc.words(&(start.max(at.saturating_sub(1))..end)),
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

fn is_organisation(doc: &Analysis<'_>, names: &Names, range: &Range<usize>) -> bool {
    // An organisation that has more words than the event's own name.
    let _ = doc;
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

/// A number of a series as an integer.
fn whole(value: f64) -> Option<u32> {
    ((1.0..=1000.0).contains(&value) && value.fract() == 0.0).then(|| format!("{value}").parse().ok()).flatten()
}

/// The city (else the country) that stands behind a mention.
fn place_after(
    doc: &Analysis<'_>,
    names: &Names,
    sentence: &Range<usize>,
    mention: &Range<usize>,
    within: usize,
) -> Option<&'static Place> {
    let behind = |place: &&PlaceName| {
        place.tokens.start >= mention.end
            && place.tokens.start <= mention.end + within
            && place.tokens.end <= sentence.end
    };
    let led = |place: &&PlaceName| {
        place.tokens.start.checked_sub(1).is_some_and(|at| {
            matches!(doc.fold(at), "in" | "en" | "a" | "em" | "no" | "na" | "at" | "(" | "," | "au" | "aux" | "la")
        })
    };
    let all = || names.places.iter().filter(behind).filter(led);
    let city = all().find(|place| place.place.kind == PlaceKind::City);
    city.or_else(|| all().find(|place| place.place.kind == PlaceKind::Country)).map(|place| place.place)
}

/// Foundings, openings and agreements of a sentence.
fn acts(doc: &Analysis<'_>, names: &Names, dates: &[Dated], sentence: &Range<usize>) -> Vec<Event> {
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
        && let Some(date) = date_of_act(dates, sentence, &verb)
    {
        let mention = office.start.min(verb.start)..office.end.max(verb.end);
        out.push(make("opening", doc.words(&office), mention, Some(date)));
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
    let heads = [
        "office",
        "bureau",
        "centre",
        "center",
        "unit",
        "laboratory",
        "academy",
        "headquarters",
        "delegation",
        "court",
        "oficina",
        "centro",
        "unidad",
        "laboratorio",
        "academia",
        "sede",
        "delegacion",
        "delegación",
        "escritorio",
        "gabinete",
        "unidade",
        "academie",
        "unite",
        "laboratoire",
        "antenne",
        "siege",
        "escola",
        "school",
        "delegacia",
        "museum",
        "museu",
    ];
    let is_office = |range: &Range<usize>| range.clone().any(|at| heads.contains(&doc.fold(at)));
    let named =
        names.organisations.iter().map(|name| name.tokens.clone()).find(|range| {
            sentence.start <= range.start && range.end <= sentence.end && near(range) && is_office(range)
        });
    named.or_else(|| {
        sentence.clone().find_map(|at| {
            let range = at..at + 1;
            (near(&range) && heads.contains(&doc.fold(at)) && doc.token(at).is_some_and(super::token::Token::is_word))
                .then_some(range)
        })
    })
}
