//! Organisations: listed ones, names of capitals around a head such as `Police`, and acronyms.

use std::collections::HashMap;
use std::ops::Range;

use super::{OrganisationName, capitals, is_shouted};
use crate::analysis::Analysis;
use crate::lexicon::{Organisation, Sense};
use crate::token::Shape;

pub(super) fn organisations(doc: &Analysis<'_>, operations: &[Range<usize>]) -> Vec<OrganisationName> {
    let mut out: Vec<OrganisationName> = Vec::new();
    let mut acronyms: HashMap<String, String> = HashMap::new();
    for sentence in &doc.sentences {
        let shouted = is_shouted(doc, &sentence.tokens);
        let mut at = sentence.tokens.start;
        while at < sentence.tokens.end {
            if operations.iter().any(|operation| operation.contains(&at)) {
                at += 1;
                continue;
            }
            let Some(found) = organisation_at(doc, at, &sentence.tokens, shouted) else {
                at += 1;
                continue;
            };
            let mut end = found.tokens.end;
            // "(PDI)": its acronym.
            if doc.fold(end) == "("
                && doc.token(end + 1).is_some_and(|token| token.shape == Shape::Capitals)
                && doc.fold(end + 2) == ")"
            {
                acronyms.insert(
                    doc.text.get(doc.tokens.place(&(end + 1..end + 2))).unwrap_or_default().to_owned(),
                    found.name.clone(),
                );
                end += 3;
            }
            out.push(found);
            at = end.max(at + 1);
        }
    }
    // Acronyms by themselves.
    let mut more = Vec::new();
    for at in 0..doc.tokens.len() {
        if doc.token(at).is_none_or(|token| token.shape != Shape::Capitals)
            || out.iter().any(|name| name.tokens.contains(&at))
        {
            continue;
        }
        if let Some(name) = doc.text.get(doc.tokens.place(&(at..at + 1))).and_then(|word| acronyms.get(word)) {
            more.push(OrganisationName { tokens: at..at + 1, name: name.clone(), reference: None });
        }
    }
    out.extend(more);
    out.sort_by_key(|name| name.tokens.start);
    out
}

fn listed(doc: &Analysis<'_>, at: usize) -> Option<(usize, &'static Organisation)> {
    match doc.find(at, |sense| matches!(sense, Sense::Organisation(_)))? {
        (end, Sense::Organisation(organisation)) => Some((end, organisation)),
        _ => None,
    }
}

fn organisation_at(doc: &Analysis<'_>, at: usize, sentence: &Range<usize>, shouted: bool) -> Option<OrganisationName> {
    let known = listed(doc, at);
    let token = doc.token(at)?;
    let right = doc.lexicon.trade.right_headed;
    let head_here = doc.is(at, |sense| matches!(sense, Sense::OrganisationHead));
    let starts = if shouted {
        false
    } else if right {
        token.is_capital()
    } else {
        head_here && (token.is_capital() || at > sentence.start)
    };
    // "la comisaria Águeda Domènech", "Luz Marina Ospina": a rank, or a given name, that a head is written like.
    let rank = doc.is(at, |sense| matches!(sense, Sense::Role))
        && doc.is_capital(at + 1)
        && (token.shape == Shape::Small || doc.is(at + 1, |sense| matches!(sense, Sense::Given)));
    let given = doc.is(at, |sense| matches!(sense, Sense::Given))
        && at > sentence.start
        && doc.is_capital(at - 1)
        && doc.is(at - 1, |sense| matches!(sense, Sense::Given));
    let grown = (starts && !rank && !given).then(|| grown(doc, at, sentence)).flatten();
    let grown = match lowered(doc, at, sentence).filter(|_| !shouted) {
        Some(lowered) if grown.as_ref().is_none_or(|grown| grown.end < lowered.end) => Some(lowered),
        _ => grown,
    };
    match (known, grown) {
        // "Policía Nacional de Colombia": more than the list has.
        (Some((end, organisation)), Some(grown)) if grown.end > end => {
            let same = grown.end - end <= 1;
            Some(OrganisationName {
                name: if same { organisation.name.clone() } else { doc.words(&grown) },
                reference: same.then(|| organisation.reference.clone()).flatten(),
                tokens: grown,
            })
        }
        (Some((end, organisation)), _) => Some(OrganisationName {
            tokens: at..end,
            name: organisation.name.clone(),
            reference: organisation.reference.clone(),
        }),
        (None, Some(grown)) => Some(OrganisationName { name: doc.words(&grown), reference: None, tokens: grown }),
        (None, None) => None,
    }
}

/// The tokens of a name of capitals, joined by small words, that holds a head such as `Police` or `Ministry`.
fn grown(doc: &Analysis<'_>, at: usize, sentence: &Range<usize>) -> Option<Range<usize>> {
    let right = doc.lexicon.trade.right_headed;
    if right && doc.is_function_word(at) && !doc.is(at, |sense| matches!(sense, Sense::OrganisationHead)) {
        return None;
    }
    let mut next = at + 1;
    let mut last = next;
    while next < sentence.end && next - at < 18 {
        let token = doc.token(next)?;
        if token.cut || token.line {
            break;
        }
        let tight = !token.apart;
        if token.is_capital() {
            // A person's name ends it: "Minister of Interior Carolina Tohá".
            let given = doc.is(next, |sense| matches!(sense, Sense::Given))
                && doc.is_capital(next + 1)
                && !doc.is(next, |sense| matches!(sense, Sense::Place(_)));
            let role = doc.is(next, |sense| matches!(sense, Sense::Role | Sense::Title))
                && !doc.is(next, |sense| matches!(sense, Sense::OrganisationHead));
            if given || role {
                break;
            }
            next += 1;
            last = next;
        } else if matches!(doc.fold(next), "'" | "-" | "&")
            && (tight || doc.fold(next) == "&")
            && doc.token(next + 1).is_some_and(super::super::token::Token::is_word)
            && doc.fold(next + 1) != "s"
        {
            next += 1;
            if doc.token(next).is_some_and(|token| token.shape == Shape::Small)
                && !doc.lexicon.inside_organisation.contains(doc.fold(next))
            {
                break;
            }
        } else if doc.lexicon.inside_organisation.contains(doc.fold(next)) {
            // "Idrissa Faye of the Police": in English the head stands before "of" ("Office of the Prosecutor").
            let head = (at..next).any(|at| doc.is(at, |sense| matches!(sense, Sense::OrganisationHead)));
            if right && matches!(doc.fold(next), "of" | "for" | "the") && !head {
                break;
            }
            // Small words join only where a capital follows soon.
            let over = (next + 1..(next + 4).min(sentence.end)).find(|over| {
                !doc.lexicon.inside_organisation.contains(doc.fold(*over)) && !matches!(doc.fold(*over), "'")
            });
            match over {
                Some(over)
                    if doc.is_capital(over)
                        && !(right
                            && matches!(doc.fold(next), "and" | "in" | "on")
                            && !joined_in_name(doc, at, next, over)) =>
                {
                    next = over;
                }
                _ => break,
            }
        } else {
            break;
        }
    }
    let range = at..last;
    // "Assistant Commissioner of Police Lim Kee Boon": what somebody is the head of, and a name.
    let of_role = right
        && at > sentence.start + 1
        && doc.fold(at - 1) == "of"
        && doc.is(at - 2, |sense| matches!(sense, Sense::Role))
        && !(at + 1..last).any(|at| doc.is(at, |sense| matches!(sense, Sense::OrganisationHead)));
    if of_role && head_at_start(doc, at) {
        return None;
    }
    let heads = range
        .clone()
        .any(|at| doc.is(at, |sense| matches!(sense, Sense::OrganisationHead)) && (doc.is_capital(at) || !right));
    let capital_count = capitals(doc, &range);
    // One capital alone names nothing ("the Police"), nor does an event.
    let event = range.clone().any(|at| doc.is(at, |sense| matches!(sense, Sense::Event(_))) && doc.is_capital(at))
        && !doc.is(at, |sense| matches!(sense, Sense::OrganisationHead));
    let enough = if right { capital_count >= 2 } else { range.len() >= 2 && capital_count >= 1 };
    (heads && enough && !event).then_some(range)
}

fn head_at_start(doc: &Analysis<'_>, at: usize) -> bool {
    doc.is(at, |sense| matches!(sense, Sense::OrganisationHead))
}

/// "Office central de lutte contre la corruption": a head with a capital, and behind it adjectives, and nouns that
/// prepositions join, in small letters. Only of languages whose names are written so. At the start of a sentence a
/// capital tells nothing: there the name has to be all of its line, or an acronym to follow.
fn lowered(doc: &Analysis<'_>, at: usize, sentence: &Range<usize>) -> Option<Range<usize>> {
    let lexicon = doc.lexicon;
    let head = doc.is(at, |sense| matches!(sense, Sense::OrganisationHead));
    if lexicon.adjectives.is_empty() || !head || !doc.is_capital(at) {
        return None;
    }
    let word = |at: usize| {
        let token = doc.token(at).filter(|token| at < sentence.end && !token.line && !token.cut)?;
        (token.is_word() && token.shape != Shape::Capitals).then(|| doc.fold(at))
    };
    let small = |at: usize| word(at).filter(|_| !doc.is_capital(at));
    let adjective = |at: usize| {
        small(at).is_some_and(|word| {
            lexicon.adjectives.iter().any(|ending| word.len() > 3 && word.ends_with(ending.as_str()))
                && !lexicon.no_adjectives.contains(word)
        })
    };
    // One past the words that may lead to a noun: "de la", "d'", "contre les".
    let led = |from: usize| {
        let mut next = from;
        while next < from + 4 && next < sentence.end {
            let joins = matches!(
                doc.fold(next),
                "de" | "du" | "des" | "d" | "l" | "la" | "le" | "les" | "contre" | "sur" | "'"
            );
            if !joins || doc.token(next).is_none_or(|token| token.line || token.cut) {
                break;
            }
            next += 1;
        }
        (next > from && !matches!(doc.fold(from), "l" | "la" | "le" | "les" | "'")).then_some(next)
    };
    let noun = |at: usize| word(at).is_some_and(|word| word.len() > 3 && !doc.is_function_word(at));
    let mut end = at + 1;
    while end < sentence.end && end - at < 16 {
        let from = if doc.fold(end) == "et" && end > at + 1 { end + 1 } else { end };
        if adjective(from) {
            end = from + 1;
        } else if let Some(next) = led(from).filter(|next| noun(*next)) {
            end = next + 1;
            // "lutte anti-drogue", "Hauts-Bassins"
            while doc.fold(end) == "-" && doc.token(end).is_some_and(|mark| !mark.apart) && word(end + 1).is_some() {
                end += 2;
            }
        } else if from > end && small(from).is_some() && noun(from) && adjective(from + 1) {
            end = from + 2;
        } else {
            break;
        }
    }
    if end == at + 1 || !(at + 1..end).any(|at| doc.token(at).is_some_and(|token| token.shape == Shape::Small)) {
        return None;
    }
    let closed =
        doc.fold(end) == "(" || end >= sentence.end || doc.token(end).is_none_or(|token| token.line || token.cut);
    (at > sentence.start || closed).then_some(at..end)
}

/// Whether "and", "in" or "on" joins parts of one name: the part before it ends in no head, or is led by one.
fn joined_in_name(doc: &Analysis<'_>, start: usize, join: usize, over: usize) -> bool {
    match doc.fold(join) {
        // "Regional Bureau in Buenos Aires", but "Police in Chile"; "Office on Drugs and Crime"
        "in" => {
            join > start + 1
                && doc.is(over, |sense| matches!(sense, Sense::Place(_)))
                && doc.is(join - 1, |sense| matches!(sense, Sense::OrganisationHead))
        }
        "on" => true,
        // "Ministry of Interior and Public Security", but "Police and Customs".
        _ => {
            let of = (start..join).any(|at| matches!(doc.fold(at), "of" | "for" | "on"));
            let head_after = (over..over + 3)
                .any(|at| doc.is(at, |sense| matches!(sense, Sense::OrganisationHead)) && doc.is_capital(at));
            of || (head_after && !doc.is(join - 1, |sense| matches!(sense, Sense::OrganisationHead)))
        }
    }
}
