//! Names: operations, people with what they are, organisations and places.

mod full;
mod operation;
mod organisation;
mod person;
mod place;
mod role;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::analysis::Analysis;
use crate::figure::number::Number;
use crate::lexicon::{Place, Sense};
use crate::token::Shape;

/// An operation. Ranges count tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) tokens: Range<usize>,
    /// Its name without the number, as printed.
    pub(crate) series: String,
    pub(crate) edition: Option<u32>,
}

/// A mention of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The name alone.
    pub(crate) tokens: Range<usize>,
    /// The fullest form of the name in the document.
    pub(crate) name: String,
    pub(crate) role: Option<String>,
    pub(crate) organisation: Option<String>,
    /// Name and role together, where they stand together.
    pub(crate) whole: Range<usize>,
}

/// A mention of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrganisationName {
    pub(crate) tokens: Range<usize>,
    pub(crate) name: String,
    pub(crate) reference: Option<String>,
}

/// A mention of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlaceName {
    pub(crate) tokens: Range<usize>,
    pub(crate) place: &'static Place,
}

/// All names of a text.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) operations: Vec<Operation>,
    pub(crate) people: Vec<Person>,
    pub(crate) organisations: Vec<OrganisationName>,
    pub(crate) places: Vec<PlaceName>,
}

pub(crate) fn names(doc: &Analysis<'_>, romans: &[Number]) -> Names {
    let operations = operation::operations(doc, romans);
    let taken: Vec<Range<usize>> = operations.iter().map(|operation| operation.tokens.clone()).collect();
    let mut organisations = organisation::organisations(doc, &taken);
    let people = person::people(doc, &taken, &organisations);
    let persons: Vec<Range<usize>> = people.iter().map(|person| person.tokens.clone()).collect();
    organisations.retain(|name| !persons.iter().any(|person| overlap(person, &name.tokens)));
    let places = place::places(doc, &taken, &persons, &organisations);
    Names { operations, people, organisations, places }
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// Particles inside the names of people.
fn is_particle(word: &str) -> bool {
    matches!(
        word,
        "de" | "del"
            | "la"
            | "las"
            | "los"
            | "da"
            | "do"
            | "dos"
            | "das"
            | "di"
            | "van"
            | "von"
            | "der"
            | "den"
            | "bin"
            | "al"
            | "el"
            | "ben"
            | "le"
            | "du"
            | "y"
            | "e"
            | "ter"
            | "ibn"
            | "bint"
            | "st"
    )
}

/// The tokens of a name of people that starts at `at`: capitals, particles between them, hyphens, initials.
fn chunk(doc: &Analysis<'_>, at: usize, end: usize) -> Range<usize> {
    let mut next = at;
    let mut last = at;
    while next < end && next - at < 9 {
        let Some(token) = doc.token(next) else { break };
        if next > at && (token.cut || token.line) {
            break;
        }
        let tight = !token.apart && next > at;
        let capital = token.is_capital()
            && !(next > at && doc.is(next, |sense| matches!(sense, Sense::Month(_) | Sense::Weekday(_))));
        if capital {
            next += 1;
            last = next;
        } else if matches!(doc.fold(next), "-" | "'")
            && tight
            && doc.token(next + 1).is_some_and(|token| !token.apart && token.is_word())
        {
            // "Al-Raisi", "O’Brien", but not a possessive.
            if doc.fold(next + 1) == "s" {
                break;
            }
            next += 1;
            if doc.token(next).is_some_and(|token| token.shape == Shape::Small) && doc.fold(next).len() <= 3 {
                next += 1;
            }
        } else if doc.fold(next) == "."
            && tight
            && doc.token(next - 1).is_some_and(|token| token.end - token.start == 1)
            && doc.is_capital(next + 1)
        {
            next += 1;
        } else if matches!(doc.fold(next), "d" | "l")
            && next > at
            && doc.fold(next + 1) == "'"
            && doc.token(next + 2).is_some_and(|token| !token.apart && token.is_capital())
        {
            next += 2;
        } else if token.shape == Shape::Small && next > at && is_particle(doc.fold(next)) {
            let over = if is_particle(doc.fold(next + 1)) { next + 2 } else { next + 1 };
            if !doc.is_capital(over) || over >= end {
                break;
            }
            next = over;
        } else {
            break;
        }
    }
    at..last
}

fn capitals(doc: &Analysis<'_>, range: &Range<usize>) -> usize {
    range.clone().filter(|at| doc.is_capital(*at)).count()
}

/// Whether a stretch is written in capitals throughout, so that capitals tell nothing.
fn is_shouted(doc: &Analysis<'_>, range: &Range<usize>) -> bool {
    let (mut words, mut capitals) = (0, 0);
    for at in range.clone() {
        let Some(token) = doc.token(at).filter(|token| token.is_word() && token.end - token.start > 2) else {
            continue;
        };
        words += 1;
        capitals += usize::from(token.shape == Shape::Capitals);
    }
    words > 3 && capitals * 10 >= words * 7
}
