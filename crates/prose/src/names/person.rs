//! People: by given names, titles, roles, and beside verbs of speech.

use std::ops::Range;

use super::full::FullNames;
use super::role::{described, role_after, role_before};
use super::{OrganisationName, Person, capitals, chunk, is_shouted, overlap};
use crate::analysis::Analysis;
use crate::lexicon::Sense;
use crate::token::Shape;

pub(super) fn people(
    doc: &Analysis<'_>,
    operations: &[Range<usize>],
    organisations: &[OrganisationName],
) -> Vec<Person> {
    let mut found: Vec<(Range<usize>, Option<Range<usize>>)> = Vec::new();
    for sentence in &doc.sentences {
        let shouted = is_shouted(doc, &sentence.tokens);
        let end = sentence.tokens.end;
        let mut at = sentence.tokens.start;
        while at < end {
            let skip = operations.iter().find(|operation| operation.contains(&at)).map(|operation| operation.end);
            if let Some(over) = skip {
                at = over;
                continue;
            }
            match person_at(doc, at, &sentence.tokens, shouted, organisations) {
                Some((name, role)) => {
                    at = name.end;
                    found.push((name, role));
                }
                None => at += 1,
            }
        }
    }
    let mut full = FullNames::default();
    for (name, _) in &found {
        full.add(doc, name);
    }
    // Surnames by themselves: "Silva said".
    let mut more = Vec::new();
    for sentence in &doc.sentences {
        for at in sentence.tokens.clone().filter(|at| doc.is_capital(*at)) {
            let free = !found.iter().any(|(name, _)| name.contains(&at))
                && !operations.iter().any(|operation| operation.contains(&at))
                && !organisations
                    .iter()
                    .any(|organisation| organisation.tokens.contains(&at) && organisation.tokens.len() > 1);
            if free {
                let name = chunk(doc, at, sentence.tokens.end);
                if FullNames::key(doc, &name).is_some_and(|key| full.is_surname(&key)) {
                    more.push((name, None));
                }
            }
        }
    }
    let mut taken: Option<usize> = None;
    more.retain(|(name, _): &(Range<usize>, Option<Range<usize>>)| {
        let fits = taken.is_none_or(|taken| name.start >= taken);
        if fits {
            taken = Some(name.end);
        }
        fits
    });
    found.extend(more);
    found.sort_by_key(|(name, _)| name.start);
    let mut out = Vec::new();
    for (name, role) in found {
        let full_name = full.of(doc, &name);
        let whole = role.as_ref().map_or(name.clone(), |role| role.start.min(name.start)..role.end.max(name.end));
        let (role, organisation) = match &role {
            Some(role) => described(doc, role, &name, organisations),
            None => (None, None),
        };
        out.push(Person { tokens: name, name: full_name, role, organisation, whole });
    }
    out
}

/// A person at a token: the tokens of the name, and of the role beside it.
fn person_at(
    doc: &Analysis<'_>,
    at: usize,
    sentence: &Range<usize>,
    shouted: bool,
    organisations: &[OrganisationName],
) -> Option<(Range<usize>, Option<Range<usize>>)> {
    doc.token(at).filter(|token| token.is_capital())?;
    // A capital before it, other than that of a sentence's first word ("Para Nuria Aranguren").
    let opens = |before: usize| before == sentence.start && doc.is_function_word(before);
    if at > sentence.start
        && doc.is_capital(at - 1)
        && !opens(at - 1)
        && doc.token(at).is_some_and(|token| token.apart)
        && !starts_person(doc, at, sentence)
    {
        return None;
    }
    // The middle of a place ("San Pedro Sula"), a street.
    let in_place = (1..=4)
        .filter_map(|width| at.checked_sub(width))
        .filter(|before| *before >= sentence.start)
        .any(|before| doc.senses(before).iter().any(|(end, sense)| matches!(sense, Sense::Place(_)) && *end > at));
    let street = at.checked_sub(1).is_some_and(|before| STREETS.contains(&doc.fold(before)))
        || at.checked_sub(2).is_some_and(|before| STREETS.contains(&doc.fold(before)) && doc.is_function_word(at - 1));
    if in_place || street {
        return None;
    }
    let leads = doc.is(at, |sense| matches!(sense, Sense::Title))
        || !doc.is(at, |sense| matches!(sense, Sense::Given)) && doc.is(at, |sense| matches!(sense, Sense::RoleBefore));
    if leads {
        return None;
    }
    // "U.S. Attorney": an abbreviation.
    if doc.token(at).is_some_and(|token| token.end - token.start == 1)
        && doc.fold(at + 1) == "."
        && doc.token(at + 1).is_some_and(|token| !token.apart)
        && (doc.fold(at + 2) == "s" || at > 1 && doc.fold(at - 1) == "." && doc.fold(at - 2) == "u")
    {
        return None;
    }
    // "Según Europol": a small word of the language that is a name elsewhere.
    let opens_sentence = at == sentence.start && doc.is_function_word(at);
    // "la Marina de Guerra": a service and no Marina.
    let service = doc.is(at, |sense| matches!(sense, Sense::OrganisationHead)) && doc.fold(at + 1) == "de";
    let given = !opens_sentence && !service && doc.is(at, |sense| matches!(sense, Sense::Given));
    let mut name = chunk(doc, at, sentence.end);
    if name.is_empty() {
        return None;
    }
    // "FBI Newark": an organisation in capitals and where it works.
    let initials = doc.token(at).is_some_and(|token| token.shape == Shape::Capitals)
        && doc.is(at, |sense| matches!(sense, Sense::Organisation(_)))
        && (at + 1..name.end).any(|at| doc.token(at).is_some_and(|token| token.shape == Shape::Title));
    if initials {
        return None;
    }
    // "Public Security Carolina Tohá Morales": the name starts where a given name does.
    let later = (at + 1..name.end).find(|later| {
        doc.is(*later, |sense| matches!(sense, Sense::Given)) && doc.token(*later).is_some_and(|token| token.apart)
    });
    if !given && later.is_some_and(|later| capitals(doc, &(later..name.end)) >= 2) {
        return None;
    }
    // What the gazetteers know as a whole is no person.
    let listed = doc.senses(at).iter().any(|(end, sense)| {
        matches!(sense, Sense::Place(_) | Sense::Organisation(_)) && (*end >= name.end || *end - at > 1)
    });
    let single = capitals(doc, &name) < 2;
    if listed
        && !(given
            && !single
            && !doc.senses(at).iter().any(|(end, sense)| matches!(sense, Sense::Place(_)) && *end >= name.end))
    {
        return None;
    }
    // An organisation that was found here, of more than the name's own words.
    let inside =
        organisations.iter().any(|organisation| overlap(&organisation.tokens, &name) && organisation.tokens.len() > 1);
    if inside && !given {
        return None;
    }
    let titled = title_before(doc, at, sentence.start);
    // "Director of Field Operations", "Director de Delincuencia Organizada de INTERPOL": what somebody is at the
    // head of; "29 Member States": what is counted.
    let led = at.checked_sub(1).filter(|before| *before >= sentence.start);
    let domain = led.is_some_and(|before| {
        doc.lexicon.role_of.before(&doc.tokens, at).is_some_and(|(of, ())| of > sentence.start)
            || doc.token(before).is_some_and(|token| token.shape == Shape::Digits)
    });
    let named_within = name.clone().skip(1).any(|at| {
        doc.is(at, |sense| matches!(sense, Sense::Organisation(_) | Sense::Place(_)))
            && doc.lexicon.role_of.before(&doc.tokens, at).is_some()
            || doc.token(at).is_some_and(|token| token.shape == Shape::Capitals && token.end - token.start <= 6)
                && doc.lexicon.role_of.before(&doc.tokens, at).is_some()
    });
    if !given && !titled && (domain || named_within) {
        return None;
    }
    let before = role_before(doc, at, sentence);
    let after = role_after(doc, name.end, sentence);
    let spoken = beside_speech(doc, &name, sentence);
    let function = doc.is_function_word(at) && !given;
    let heads = name.clone().any(|at| {
        doc.is(at, |sense| matches!(sense, Sense::OrganisationHead | Sense::Event(_) | Sense::Operation))
            && doc.is_capital(at)
            && !doc.is(at, |sense| matches!(sense, Sense::Given))
    });
    let role_inside = name.clone().find(|at| {
        !doc.is(*at, |sense| matches!(sense, Sense::Given))
            && doc.is(*at, |sense| matches!(sense, Sense::Role | Sense::RoleBefore))
    });
    if function || heads || role_inside == Some(at) && !titled {
        return None;
    }
    if let Some(cut) = role_inside.filter(|cut| *cut > at) {
        name.end = cut;
    }
    if shouted && !(titled || after.is_some() && given) {
        return None;
    }
    let enough = capitals(doc, &name) >= 2;
    // "a businessman, Kagiso van Wyk, 49, who": a name and an age.
    // "Cleiton Farias Dorigo, de 52 anos," as well.
    let of = name.end + 1 + usize::from(doc.fold(name.end + 1) == "de");
    let years = matches!(doc.fold(of + 1), "," | "." | ")" | "anos" | "ans" | "years");
    let aged = doc.fold(name.end) == ","
        && doc.token(of).is_some_and(|token| token.shape == Shape::Digits && token.end - token.start == 2)
        && years;
    // "29-year-old Kerr Dalbeattie"
    let old = at >= sentence.start + 5 && doc.fold(at - 1) == "old" && doc.fold(at - 3) == "year";
    let is_person = (aged || old) && enough
        || titled
        || (given && enough)
        || (before.is_some() && enough)
        || (after.is_some() && enough)
        || (spoken && enough);
    // "Inspector Gaudreault": a rank right before a single word.
    let rank = before
        .as_ref()
        .is_some_and(|role| role.end == at && role.len() <= 6 && !role.clone().any(|at| doc.is_function_word(at)));
    let ranked = rank
        && !enough
        && name.len() == 1
        && !listed
        && doc.token(at).is_some_and(|token| token.shape == Shape::Title && token.end - token.start > 3);
    if !(is_person || ranked) {
        return None;
    }
    Some((name, before.or(after)))
}

/// Words before the names of streets.
const STREETS: [&str; 18] = [
    "quai",
    "rue",
    "avenue",
    "boulevard",
    "place",
    "calle",
    "avenida",
    "carrera",
    "plaza",
    "paseo",
    "rua",
    "largo",
    "praca",
    "street",
    "road",
    "square",
    "aeropuerto",
    "aeroport",
];

/// Whether a name starts here although a capital stands before it: a given name, or what follows a role.
fn starts_person(doc: &Analysis<'_>, at: usize, sentence: &Range<usize>) -> bool {
    doc.is(at, |sense| matches!(sense, Sense::Given))
        || title_before(doc, at, sentence.start)
        || role_before(doc, at, sentence).is_some_and(|role| role.end == at)
}

fn title_before(doc: &Analysis<'_>, at: usize, start: usize) -> bool {
    (1..=4).filter_map(|width| at.checked_sub(width)).filter(|before| *before >= start).any(|before| {
        doc.senses(before).iter().any(|(end, sense)| {
            let dot = usize::from(doc.fold(*end) == "." && *end < at);
            matches!(sense, Sense::Title) && end + dot == at && (doc.is_capital(before) || doc.fold(before).len() > 2)
        })
    })
}

/// Whether a verb of speech stands beside a name, with nothing but small words between them ("relató la
/// subcomisaria Yamileth Montaño").
fn beside_speech(doc: &Analysis<'_>, name: &Range<usize>, sentence: &Range<usize>) -> bool {
    let says = |at: usize| doc.find(at, |sense| matches!(sense, Sense::Says)).map(|(end, _)| end);
    let before = (1..=3)
        .filter_map(|width| name.start.checked_sub(width))
        .filter(|at| *at >= sentence.start)
        .any(|at| says(at) == Some(name.start));
    let small =
        |range: Range<usize>| range.clone().all(|at| doc.token(at).is_some_and(|token| token.shape == Shape::Small));
    let led = (2..=6)
        .filter_map(|width| name.start.checked_sub(width))
        .filter(|at| *at >= sentence.start)
        .any(|at| says(at).is_some_and(|end| end <= name.start && small(end..name.start)));
    // "La presidenta de la cooperativa, Justina Mamani Apaza, contó que": set off between commas.
    let set_off = doc.fold(name.end) == ","
        && name.start.checked_sub(1).is_some_and(|at| at > sentence.start && doc.fold(at) == ",")
        && says(name.end + 1).is_some();
    // "afirmou a ouvidora nacional, Jurema Tupinambá": what they are, a comma, the name.
    let described = name.start.checked_sub(1).is_some_and(|comma| {
        doc.fold(comma) == ","
            && (2..=10)
                .filter_map(|width| comma.checked_sub(width))
                .filter(|at| *at >= sentence.start)
                .any(|at| says(at).is_some_and(|end| end < comma && small(end..comma)))
    });
    // "Nuala Breathnach-Keogh, Statistician in the Division, said:" — what they are between commas, at the head.
    let opens = name.start == sentence.start && doc.fold(name.end) == ",";
    let apposed = opens
        && (name.end + 2..(name.end + 18).min(sentence.end)).any(|at| doc.fold(at) == "," && says(at + 1).is_some());
    before || led || set_off || described || apposed || says(name.end).is_some()
}
