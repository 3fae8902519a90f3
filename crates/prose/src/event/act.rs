//! Foundings, openings and agreements.

use std::ops::Range;

use super::Event;
use super::when::{date_of_act, place_after};
use crate::analysis::Analysis;
use crate::date::Dated;
use crate::lexicon::Sense;
use crate::names::Names;
use crate::token::Shape;

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
            date.tokens.start >= verb.end.saturating_sub(1) && date.tokens.end <= sentence.end && {
                // "was established in Port of Spain, Trinidad and Tobago, in July 2006"
                let between = verb.end..date.tokens.start.max(verb.end);
                let placed = between.len() <= 14
                    && names.places.iter().any(|place| between.contains(&place.tokens.start))
                    && !between.clone().any(|at| doc.is(at, |sense| matches!(sense, Sense::Says | Sense::Held)));
                between.len() <= 6 || placed
            }
        })
        && let Some(subject) = subject(doc, names, sentence, &verb)
    {
        let mention = subject.start.min(verb.start)..date.tokens.end;
        out.push(make("founding", doc.words(&subject), mention, Some(date)));
    }
    let mut offices: Vec<Range<usize>> = Vec::new();
    for at in sentence.clone() {
        let Some((end, _)) = doc.find(at, |sense| matches!(sense, Sense::Opening)) else { continue };
        let verb = at..end;
        let Some(office) = office(doc, names, sentence, &verb).filter(|office| !offices.contains(office)) else {
            continue;
        };
        // Without a day, the office has to follow the verb: "inauguró una oficina en Lima".
        let date = date_of_act(dates, sentence, &verb);
        let follows = office.start >= verb.end && office.start - verb.end <= 5;
        // "Un laboratoire de police ouvre ses portes à Bangui": what opens stands at the head, and where behind.
        let opens = office.start <= sentence.start + 2
            && names.places.iter().any(|place| verb.end <= place.tokens.start && place.tokens.start <= verb.end + 3);
        if date.is_some() || follows || opens {
            let mention = office.start.min(verb.start)..office.end.max(verb.end);
            out.push(make("opening", doc.words(&office), mention, date));
            offices.push(office);
        }
    }
    // "adotar a Declaração de São Tomé": a declaration by its place.
    let declared = || {
        sentence.clone().find_map(|at| {
            let place = |over: usize| doc.is(over, |sense| matches!(sense, Sense::Place(_)));
            let named = doc.fold(at).starts_with("declara") && doc.is_capital(at);
            (named && doc.fold(at + 1).starts_with('d') && place(at + 2)).then_some(at..at + 3)
        })
    };
    let declaration = declared();
    let adopted = || {
        let verb = sentence
            .clone()
            .find(|at| ["adopt", "adot", "aprob", "aprov"].iter().any(|stem| doc.fold(*at).starts_with(stem)))?;
        declaration.as_ref().map(|_| verb..verb + 1)
    };
    if let Some(noun) = declaration.clone().or_else(|| find(|sense| matches!(sense, Sense::Agreement)))
        && let Some(verb) = find(|sense| matches!(sense, Sense::Signed)).or_else(adopted)
        && verb.start.abs_diff(noun.start) <= 24
    {
        let mention = noun.start.min(verb.start)..noun.end.max(verb.end);
        out.push(make("agreement", doc.words(&noun), mention, date_of_act(dates, sentence, &noun)));
    }
    // "The Kasane Agreement consists of 34 articles", "le Protocole de Ouagadougou du 10 juin 1998": by its name.
    for at in sentence.clone().filter(|at| doc.is_capital(*at)) {
        let Some((end, _)) = doc.find(at, |sense| matches!(sense, Sense::Agreement)) else { continue };
        let place = |at: usize| doc.is(at, |sense| matches!(sense, Sense::Place(_)));
        let before = at.checked_sub(1).filter(|before| {
            doc.lexicon.trade.right_headed
                && *before >= sentence.start
                && place(*before)
                && !doc.is_function_word(*before)
        });
        let behind = (!doc.lexicon.trade.right_headed && matches!(doc.fold(end), "de" | "d" | "du"))
            .then(|| (end + 1..end + 3).find(|at| place(*at)))
            .flatten();
        let named = match (before, behind) {
            (Some(before), _) => before..end,
            (None, Some(place)) => at..place + 1,
            (None, None) => continue,
        };
        let meets = |mention: &Range<usize>| mention.start < named.end && named.start < mention.end;
        let taken = out.iter().any(|event| event.mentions.iter().any(meets))
            || names.organisations.iter().any(|name| name.tokens.len() > named.len() && meets(&name.tokens));
        // "the Lusaka Agreement Task Force": part of another name.
        if !taken && !doc.is_capital(named.end) {
            let date = dates.iter().find(|date| {
                !date.relative
                    && date.tokens.start >= named.end
                    && date.tokens.start <= named.end + 3
                    && date.tokens.end <= sentence.end
            });
            out.push(make("agreement", doc.words(&named), named, date));
        }
    }
    // "It replaces a memorandum of understanding of May 2011": an earlier one, by its date.
    for at in sentence.clone() {
        let Some((end, _)) = doc.find(at, |sense| matches!(sense, Sense::Agreement)) else { continue };
        let date = dates.iter().find(|date| {
            let of = |at: usize| matches!(doc.fold(at), "of" | "du" | "de" | "del" | "da" | "do" | "le" | "el" | ",");
            let led = date.tokens.start.checked_sub(1).is_some_and(of);
            !date.relative
                && led
                && end < date.tokens.start
                && date.tokens.start <= end + 6
                && date.tokens.end <= sentence.end
        });
        let replaces = |at: usize| {
            ["replac", "remplac", "sustitu", "substitu", "reemplaz", "deroga", "revog", "abrog", "supersed"]
                .iter()
                .any(|stem| doc.fold(at).starts_with(stem))
        };
        let replaced = (sentence.start..at).rev().take(6).any(replaces);
        let taken = out.iter().any(|event| event.mentions.iter().any(|mention| mention.contains(&at)));
        if let Some(date) = date.filter(|_| replaced && !taken) {
            out.push(make("agreement", doc.words(&(at..end)), at..date.tokens.end, Some(date)));
        }
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
    // "La MINUSCA, créée le 10 avril 2014": an acronym that no list has.
    let acronym = || {
        (1..=3).filter_map(|back| verb.start.checked_sub(back)).filter(|at| *at >= sentence.start).find(|at| {
            doc.token(*at).is_some_and(|token| token.shape == Shape::Capitals && token.end - token.start >= 3)
        })
    };
    // "Creada en 1919, la OIT está integrada por": behind the date.
    let acronym_behind = || {
        (verb.end..(verb.end + 9).min(sentence.end)).filter(|_| verb.start <= sentence.start + 1).find(|at| {
            doc.token(*at).is_some_and(|token| token.shape == Shape::Capitals && token.end - token.start >= 2)
                && at.checked_sub(2).is_some_and(|comma| (comma..*at).any(|at| doc.fold(at) == ","))
        })
    };
    let one = |at: usize| at..at + 1;
    let found = named.or_else(|| near().map(one)).or_else(|| acronym().map(one)).or_else(behind);
    found.or_else(|| acronym_behind().map(one))
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
