//! Roles: what people are, beside their names.

use std::ops::Range;

use super::{OrganisationName, capitals, chunk};
use crate::analysis::Analysis;
use crate::lexicon::Sense;
use crate::token::Shape;

/// A role: its words, and where the name that it goes with may stand.
#[derive(Debug, Clone)]
struct Role {
    tokens: Range<usize>,
}

/// The role that starts at a token: head words and what "of" adds to them.
fn role(doc: &Analysis<'_>, at: usize, end: usize) -> Option<Role> {
    let (head, _) = doc.find(at, |sense| matches!(sense, Sense::Role))?;
    let mut last = head;
    // "Deputy Minister of Interior", "director general adjunto de la Policía"
    let mut next = head;
    let mut words = 0;
    while next < end && words < 16 {
        let token = doc.token(next)?;
        if token.cut || token.shape == Shape::Mark && !matches!(doc.fold(next), "'" | "-") {
            break;
        }
        if matches!(doc.fold(next), "'" | "-") {
            next += 1;
            continue;
        }
        if let Some((over, ())) = doc.lexicon.role_of.at(&doc.tokens, next).filter(|(over, ())| *over < end) {
            next = over;
            words += 1;
            continue;
        }
        if doc.is(next, |sense| matches!(sense, Sense::Says)) && token.shape == Shape::Small {
            break;
        }
        // Names of people end a role.
        if token.is_capital() && doc.is(next, |sense| matches!(sense, Sense::Given)) {
            let person = chunk(doc, next, end);
            if capitals(doc, &person) > 1
                && !doc.is(next, |sense| matches!(sense, Sense::Place(_) | Sense::OrganisationHead))
            {
                break;
            }
        }
        if doc.is_function_word(next)
            && !matches!(
                doc.fold(next),
                "and" | "y" | "e" | "et" | "the" | "la" | "el" | "los" | "las" | "l" | "les" | "o" | "a" | "os" | "as"
            )
        {
            break;
        }
        let joins = doc.is_function_word(next);
        next += 1;
        words += 1;
        if !joins {
            last = next;
        }
    }
    Some(Role { tokens: at..last.max(head) })
}

/// The role that ends right before a name, with a comma between them or none.
pub(super) fn role_before(doc: &Analysis<'_>, name: usize, sentence: &Range<usize>) -> Option<Range<usize>> {
    let mut end = name;
    // "Mr", "Dr." between role and name.
    for before in [1, 2] {
        if let Some(at) = name.checked_sub(before).filter(|at| *at >= sentence.start)
            && doc.is(at, |sense| matches!(sense, Sense::Title))
        {
            end = at;
        }
    }
    let comma = end.checked_sub(1).filter(|at| *at > sentence.start && doc.fold(*at) == ",");
    let stop = comma.unwrap_or(end);
    (sentence.start..stop).rev().take(22).find_map(|at| {
        if matches!(doc.fold(at), ";" | ":" | "\u{201d}" | "»") {
            return None;
        }
        let role = role(doc, at, stop)?;
        // The widest role that ends here: start words such as "deputy" before it.
        (role.tokens.end == stop).then(|| widened(doc, role.tokens, sentence))
    })
}

/// A role with the words before it that belong to it: "acting", another head ("Deputy Director General").
fn widened(doc: &Analysis<'_>, mut role: Range<usize>, sentence: &Range<usize>) -> Range<usize> {
    while let Some(before) = role.start.checked_sub(1).filter(|before| *before >= sentence.start) {
        let dash = doc.fold(before) == "-" && before > sentence.start;
        let at = if dash { before - 1 } else { before };
        let goes = doc.senses(at).iter().any(|(end, sense)| {
            matches!(sense, Sense::Role | Sense::RoleBefore)
                && (*end == role.start || *end == before || *end > role.start)
        });
        if !goes {
            break;
        }
        role.start = at;
    }
    role
}

/// The role behind a name: `, [the] Director General of …`.
pub(super) fn role_after(doc: &Analysis<'_>, end: usize, sentence: &Range<usize>) -> Option<Range<usize>> {
    let mut next = end;
    // "Mpho Ramaili, 57, …"
    if doc.fold(next) == ","
        && doc.token(next + 1).is_some_and(|token| token.shape == Shape::Digits)
        && doc.fold(next + 2) == ","
    {
        next += 2;
    }
    if !matches!(doc.fold(next), "," | "(" | "-") {
        return None;
    }
    next += 1;
    // A word or two before the head: "the", "Chile’s", "Interpol", "el actual".
    for shift in 0..5 {
        let at = next + shift;
        if at >= sentence.end {
            return None;
        }
        if let Some(role) = role(doc, at, sentence.end) {
            return Some(widened(doc, role.tokens, &(next..sentence.end)));
        }
        let passable = doc.is_function_word(at)
            || doc.is_capital(at)
            || doc.is(at, |sense| matches!(sense, Sense::RoleBefore))
            || matches!(doc.fold(at), "'" | "s" | "-" | ".");
        if !passable || doc.is(at, |sense| matches!(sense, Sense::Says)) {
            return None;
        }
    }
    None
}

/// Role and organisation of a person, from the tokens of the role.
pub(super) fn described(
    doc: &Analysis<'_>,
    role: &Range<usize>,
    name: &Range<usize>,
    organisations: &[OrganisationName],
) -> (Option<String>, Option<String>) {
    let inside = organisations
        .iter()
        .find(|organisation| role.start <= organisation.tokens.start && organisation.tokens.end <= role.end);
    // "INTERPOL President", "Chile’s Minister"
    let before = organisations.iter().find(|organisation| {
        let gap = role.start.saturating_sub(organisation.tokens.end);
        organisation.tokens.end <= role.start && gap <= 2 && (gap == 0 || doc.fold(organisation.tokens.end) == "'")
    });
    let after = organisations.iter().find(|organisation| {
        organisation.tokens.start == role.end
            && organisation.tokens.end <= role.end + organisation.tokens.len()
            && organisation.tokens.start > name.end
    });
    let organisation = inside.or(before).or(after).map(|organisation| organisation.name.clone());
    // The role without "of" and the organisation.
    let end = match inside {
        Some(organisation) => {
            let mut end = organisation.tokens.start;
            while end > role.start + 1
                && (doc.is_function_word(end - 1) || doc.fold(end - 1) == "'" || doc.fold(end - 1) == "l")
            {
                end -= 1;
            }
            if end > role.start { end } else { role.end }
        }
        None => role.end,
    };
    (Some(doc.words(&(role.start..end))).filter(|role| !role.is_empty()), organisation)
}
