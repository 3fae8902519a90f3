//! Operations and their numbers: `Operation Turquesa IV`, `HAECHI-II`.

use super::Operation;
use crate::analysis::Analysis;
use crate::figure::number::{Form, Number};
use crate::lexicon::Sense;
use crate::token::{Shape, fold};

/// Most words of an operation's name.
const OPERATION_WORDS: usize = 5;

fn is_open_mark(mark: &str) -> bool {
    matches!(mark, "\u{201c}" | "\"" | "«" | "'" | "\u{201e}")
}

fn is_close_mark(mark: &str) -> bool {
    matches!(mark, "\u{201d}" | "\"" | "»" | "'" | "\u{201c}")
}

pub(super) fn operations(doc: &Analysis<'_>, romans: &[Number]) -> Vec<Operation> {
    let mut out: Vec<Operation> = Vec::new();
    let mut at = 0;
    while at < doc.tokens.len() {
        // "Criminal Investigation Department": a word of the list is part of another name.
        let inside = at.checked_sub(1).is_some_and(|before| doc.is(before, |sense| matches!(sense, Sense::NotEvent)));
        let found = doc
            .find(at, |sense| matches!(sense, Sense::Operation))
            .filter(|_| !inside)
            .and_then(|(end, _)| named_operation(doc, at, end, romans));
        match found {
            Some(operation) => {
                at = operation.tokens.end;
                out.push(operation);
            }
            None => at += 1,
        }
    }
    out.extend(introduced(doc, romans, &out));
    // Names without the word: "Gatekeeper IV", "HAECHI-II".
    let series: Vec<Vec<String>> = out
        .iter()
        .map(|operation| operation.series.split([' ', '-']).map(fold).filter(|word| !word.is_empty()).collect())
        .collect();
    let mut at = 0;
    while at < doc.tokens.len() {
        if out.iter().any(|operation| operation.tokens.contains(&at)) || !doc.is_capital(at) {
            at += 1;
            continue;
        }
        let known = series.iter().find_map(|words| {
            let mut next = at;
            for word in words {
                if doc.fold(next) == "-" {
                    next += 1;
                }
                if doc.fold(next) != word {
                    return None;
                }
                next += 1;
            }
            // A series of one common word has to be written as a name.
            (next > at && (at..next).any(|at| doc.is_capital(at))).then_some(next)
        });
        let numbered = |end: usize| {
            let hyphen = usize::from(doc.fold(end) == "-" && doc.token(end).is_some_and(|mark| !mark.apart));
            let digits = || {
                let token = doc.token(end).filter(|token| token.shape == Shape::Digits && token.apart)?;
                let alone = doc.token(end + 1).is_none_or(|next| ends_name(doc, end + 1, next));
                (alone && token.end - token.start <= 2).then(|| doc.fold(end).parse().ok()).flatten()
            };
            let roman = roman_at(romans, end + hyphen).map(|value| (value, end + hyphen + 1, hyphen > 0));
            roman.or_else(|| digits().map(|value| (value, end + 1, false)))
        };
        let found = match known {
            Some(end) => Some((end, numbered(end))),
            // An unknown name with a number: HAECHI-II.
            None => {
                let long = doc.token(at).is_some_and(|token| token.end - token.start >= 4);
                let number = numbered(at + 1).filter(|(value, _, hyphen)| *hyphen && long && *value > 1);
                number.map(|number| (at + 1, Some(number)))
            }
        };
        match found {
            Some((end, number)) => {
                let last = number.map_or(end, |(_, last, _)| last);
                out.push(Operation {
                    tokens: at..last,
                    series: doc.words(&(at..end)),
                    edition: number.map(|(value, _, _)| value),
                });
                at = last;
            }
            None => at += 1,
        }
    }
    out.sort_by_key(|operation| operation.tokens.start);
    out
}

/// "La operación, denominada Pasarela II": named in a sentence about an operation.
fn introduced(doc: &Analysis<'_>, romans: &[Number], known: &[Operation]) -> Vec<Operation> {
    let mut out = Vec::new();
    for sentence in &doc.sentences {
        let tokens = &sentence.tokens;
        let about = tokens.clone().any(|at| doc.is(at, |sense| matches!(sense, Sense::Operation)));
        if !about || known.iter().any(|operation| tokens.contains(&operation.tokens.start)) {
            continue;
        }
        let named = tokens.clone().find_map(|at| {
            let (end, _) = doc.find(at, |sense| matches!(sense, Sense::Named))?;
            let first = end + usize::from(is_open_mark(doc.fold(end)));
            let other = doc.is(first, |sense| {
                matches!(
                    sense,
                    Sense::Organisation(_)
                        | Sense::Given
                        | Sense::Place(_)
                        | Sense::OrganisationHead
                        | Sense::Title
                        | Sense::Role
                )
            });
            (doc.is_capital(first) && !other && !doc.is_function_word(first) && first < tokens.end)
                .then(|| named_operation(doc, end, end, romans))
                .flatten()
        });
        out.extend(named);
    }
    out
}

fn roman_at(romans: &[Number], at: usize) -> Option<u32> {
    let number = romans.iter().find(|number| number.form == Form::Roman && number.tokens.start == at)?;
    let value = number.value?;
    (value >= 1.0).then(|| format!("{value}").parse().ok()).flatten()
}

fn named_operation(doc: &Analysis<'_>, at: usize, end: usize, romans: &[Number]) -> Option<Operation> {
    let sentence = doc.sentence(doc.sentence_of(at)?)?.tokens.end;
    let mut next = end;
    let quoted = is_open_mark(doc.fold(next))
        && (doc.fold(next) == "«" || doc.token(next + 1).is_some_and(|token| !token.apart));
    if quoted {
        next += 1;
    }
    let start = next;
    let mut last = None;
    while next < sentence && next - start < OPERATION_WORDS * 2 {
        let token = doc.token(next)?;
        if quoted && is_close_mark(doc.fold(next)) {
            break;
        }
        if token.is_capital() && roman_at(romans, next).is_none() {
            // "Operation Turquesa INTERPOL": a known organisation is no part of it; nor what starts a sentence.
            if !quoted && last.is_some() && doc.is(next, |sense| matches!(sense, Sense::Organisation(_))) || token.cut {
                break;
            }
            last = Some(next + 1);
        } else if matches!(doc.fold(next), "-" | "'")
            && !token.apart
            && doc.is_capital(next + 1)
            && roman_at(romans, next + 1).is_none()
        {
            // Joined names: "Peixe-Leão".
        } else if token.shape == Shape::Small && last.is_some() && joins_name(doc, next) {
            // "Espada de Oro"
        } else if quoted && token.is_word() {
            last = Some(next + 1);
        } else {
            break;
        }
        next += 1;
    }
    let name_end = last?;
    let series = doc.words(&(start..name_end));
    // "Operation" at the head of a heading in capitals of every word: "Operation Results".
    if (start..name_end).all(|at| doc.is_function_word(at)) {
        return None;
    }
    let hyphen = usize::from(doc.fold(name_end) == "-" && doc.token(name_end).is_some_and(|mark| !mark.apart));
    let mut edition = roman_at(romans, name_end + hyphen);
    let mut end = if edition.is_some() { name_end + hyphen + 1 } else { name_end };
    // "Operation Lionfish 3", "Operation Storm 2023"
    if edition.is_none()
        && let Some(token) =
            doc.token(name_end).filter(|token| token.shape == Shape::Digits && token.end - token.start <= 2)
        && token.apart
        && doc.token(name_end + 1).is_none_or(|next| ends_name(doc, name_end + 1, next))
    {
        edition = doc.fold(name_end).parse().ok();
        end = name_end + 1;
    }
    if quoted && is_close_mark(doc.fold(end)) {
        end += 1;
    }
    Some(Operation { tokens: at..end, series, edition })
}

/// Whether nothing is counted by a number that this token follows.
fn ends_name(doc: &Analysis<'_>, at: usize, token: &crate::token::Token) -> bool {
    token.shape == Shape::Mark
        || token.line
        || token.cut
        || doc.is_function_word(at)
        || token.shape == Shape::Small && !doc.fold(at).ends_with(['s', 'x'])
}

/// Whether a small word joins two capitals of a name: "Espada de Oro".
fn joins_name(doc: &Analysis<'_>, at: usize) -> bool {
    let joins = |word: &str| {
        matches!(word, "de" | "del" | "do" | "da" | "dos" | "das" | "du" | "des" | "la" | "of" | "the" | "d" | "l")
    };
    joins(doc.fold(at)) && (doc.is_capital(at + 1) || joins(doc.fold(at + 1)) && doc.is_capital(at + 2))
}
