//! Who is said to have said something: beside a verb of speech, by name, by role, by what stands for an organisation.

use std::ops::Range;

use super::marks::Stretch;
use super::{Segment, Speaker};
use crate::analysis::Analysis;
use crate::lexicon::Sense;
use crate::names::Names;
use crate::token::Shape;

/// The speaker that a stretch of words names: beside a verb of speech, or after "according to".
pub(super) fn speaker_in(
    doc: &Analysis<'_>,
    names: &Names,
    range: &Range<usize>,
    earlier: &[Segment],
    before: bool,
) -> Option<Speaker> {
    let says: Vec<(usize, usize)> = range
        .clone()
        .filter_map(|at| doc.find(at, |sense| matches!(sense, Sense::Says)).map(|(end, _)| (at, end)))
        .collect();
    // After a stretch the first verb counts, and it has to be near; before one the last.
    let verb =
        if before { says.last().copied() } else { says.first().copied().filter(|(at, _)| at - range.start <= 34) };
    let according =
        range.clone().find_map(|at| doc.find(at, |sense| matches!(sense, Sense::According)).map(|(end, _)| (at, end)));
    // "a-t-il ajouté", "explique-t-elle": whoever spoke last.
    let inverted = range.clone().take(12).any(|at| {
        doc.fold(at) == "-"
            && doc.token(at).is_some_and(|token| !token.apart)
            && matches!(doc.fold(at + 1), "il" | "elle" | "on")
            && doc.token(at + 1).is_some_and(|token| !token.apart)
    });
    let people: Vec<(usize, &crate::names::Person)> = names
        .people
        .iter()
        .enumerate()
        .filter(|(_, person)| range.start <= person.tokens.start && person.tokens.end <= range.end)
        .collect();
    let named = |number: usize, person: &crate::names::Person| {
        let known = best_description(names, person);
        Speaker { name: person.name.clone(), role: known.0, organisation: known.1, person: Some(number) }
    };
    let closing = before && range.len() <= 14;
    if inverted && (!before || closing && people.is_empty()) {
        return last_speaker(names, range.start, earlier);
    }
    if let Some((at, end)) = verb {
        // Right behind the verb, else before it, else anywhere.
        let behind = people
            .iter()
            .filter(|(_, person)| person.whole.start >= end || person.tokens.start >= end)
            .min_by_key(|(_, person)| person.tokens.start);
        let ahead =
            people.iter().filter(|(_, person)| person.tokens.end <= at).max_by_key(|(_, person)| person.tokens.end);
        let near = |person: &crate::names::Person| {
            person.whole.start.saturating_sub(end) <= 14 || person.tokens.start.saturating_sub(end) <= 3
        };
        let pronoun = range.clone().any(|token| {
            (token + 3 >= at && token < at || token >= end && token <= end + 1)
                && doc.is(token, |sense| matches!(sense, Sense::He))
        });
        // "reagiu o advogado de Tembe, Sansão Macuácua Dias": whose lawyer it is comes before the name set off.
        let apposed =
            behind.filter(|(_, person)| doc.lexicon.role_of.before(&doc.tokens, person.tokens.start).is_some());
        let apposed = apposed.and_then(|(_, person)| {
            let next = people.iter().find(|(_, other)| other.tokens.start == person.tokens.end + 1);
            next.filter(|_| doc.fold(person.tokens.end) == ",")
        });
        // "Justice Corkum-Whynot called Nickerson “the lock”", "told reporters": whom it was said to or of stands behind.
        let object = doc.lexicon.trade.right_headed
            && matches!(doc.fold(at), "called" | "told" | "reminded" | "assured" | "warned" | "likened" | "asked");
        let behind = behind.filter(|_| !object || ahead.is_none());
        let chosen = apposed.or(behind.filter(|(_, person)| near(person))).or(ahead);
        if let Some((number, person)) =
            chosen.filter(|(_, person)| !pronoun || person.tokens.end + 1 >= at || person.tokens.start <= end + 2)
        {
            return Some(named(*number, person));
        }
        if pronoun {
            return last_speaker(names, range.start, earlier);
        }
        // "the minister said", "dijo la fiscalía": a role or an organisation.
        if let Some(speaker) = unnamed(doc, names, range, at, end) {
            return Some(speaker);
        }
        // "añadió", "agregó" and nobody: whoever spoke last.
        return last_speaker(names, range.start, earlier);
    }
    if let Some((_, end)) = according {
        if let Some((number, person)) = people.iter().find(|(_, person)| person.tokens.start >= end) {
            return Some(named(*number, person));
        }
        return unnamed(doc, names, range, end, end);
    }
    // "X: “…”", "for X, curator of the museum, “…”"
    if before && matches!(doc.fold(range.end - 1), ":" | ",") {
        return people.last().map(|(number, person)| named(*number, person));
    }
    None
}

/// Role and organisation of a person wherever the document has them.
pub(crate) fn best_description(names: &Names, person: &crate::names::Person) -> (Option<String>, Option<String>) {
    let same = || names.people.iter().filter(|other| other.name == person.name);
    let role = person.role.clone().or_else(|| same().find_map(|other| other.role.clone()));
    let organisation = person.organisation.clone().or_else(|| same().find_map(|other| other.organisation.clone()));
    (role, organisation)
}

/// A speaker without a name: somebody ("a raconté un commerçant de Tabarre"), else the organisation or role nearest
/// to the verb.
fn unnamed(doc: &Analysis<'_>, names: &Names, range: &Range<usize>, at: usize, end: usize) -> Option<Speaker> {
    // "informou, em nota, a defesa do empresário": what is set off behind the verb.
    let set_off =
        (doc.fold(end) == ",").then(|| (end + 1..(end + 8).min(range.end)).find(|at| doc.fold(*at) == ",")).flatten();
    let end = set_off.map_or(end, |comma| comma + 1);
    // "told a press conference": who was told.
    let told = doc.fold(at) == "told";
    if !told && matches!(doc.fold(end), "un" | "une" | "una" | "um" | "uma" | "a" | "an" | "one") {
        return somebody(doc, end..phrase_end(doc, end, range.end));
    }
    if let Some(organisation) = meant(doc, names, range, at, end) {
        let name = organisation.name.clone();
        return Some(Speaker { name: name.clone(), role: None, organisation: Some(name), person: None });
    }
    // "declaró la madre de una de las víctimas", "reagiu fonte sindical": whoever it is, right behind the verb.
    let behind = end..phrase_end(doc, end, range.end);
    let known = |behind: &Range<usize>| {
        behind.clone().any(|at| doc.is(at, |sense| matches!(sense, Sense::Role | Sense::OrganisationHead)))
            || names.organisations.iter().any(|name| behind.contains(&name.tokens.start))
    };
    let small = behind.clone().take(2).all(|at| doc.token(at).is_some_and(|token| token.shape == Shape::Small));
    if !told && at <= range.start + 1 && behind.len() >= 2 && small && !known(&behind) && !is_verbal(doc, &behind) {
        return somebody(doc, behind);
    }
    let organisation = names
        .organisations
        .iter()
        .filter(|name| range.start <= name.tokens.start && name.tokens.end <= range.end)
        .min_by_key(|name| name.tokens.start.abs_diff(at).min(name.tokens.start.abs_diff(end)));
    let role = (range.start..range.end)
        .filter_map(|token| doc.find(token, |sense| matches!(sense, Sense::Role)).map(|(over, _)| token..over))
        .min_by_key(|role| role.end.abs_diff(at).min(role.start.abs_diff(end)));
    // "A farmer from Outjo, who got back 64 animals, told reporters:": whoever stands at the head of the clause.
    let head = clause_head(doc, range, at);
    if let Some(speaker) = head.filter(|_| role.is_none() && organisation.is_none()) {
        return Some(speaker);
    }
    let role_distance = role.as_ref().map(|role| role.end.abs_diff(at).min(role.start.abs_diff(end)));
    match (organisation, role) {
        (organisation, Some(role)) if role_distance.is_some_and(|distance| distance <= 9) => {
            // A role that one of the people has: it is that one.
            let head = doc.words(&role);
            let folded = crate::token::fold(&head);
            // Of another organisation it is another: "avisou o porta-voz do SIC".
            let of = names
                .organisations
                .iter()
                .find(|name| name.tokens.start >= role.end && name.tokens.start <= role.end + 2)
                .map(|name| crate::token::fold(&name.name));
            let elsewhere = |person: &crate::names::Person| {
                let (_, organisation) = best_description(names, person);
                let known = organisation.as_deref().map(crate::token::fold);
                matches!((&of, known), (Some(of), Some(known)) if *of != known && !known.contains(of.as_str()) && !of.contains(&known))
            };
            let person = names.people.iter().enumerate().find(|(_, person)| {
                !elsewhere(person)
                    && person.role.as_ref().is_some_and(|role| {
                        crate::token::fold(role).split(' ').any(|word| word == folded)
                            || crate::token::fold(role) == folded
                    })
            });
            // "El jefe policial destacó": the one person that the text has named.
            let definite = role.start > range.start
                && matches!(doc.fold(role.start - 1), "the" | "el" | "la" | "le" | "o" | "a" | "l" | "'");
            let mut before = names.people.iter().enumerate().filter(|(_, person)| person.tokens.end <= range.start);
            // Of somewhere else it is another: "el oficial de enlace de Georgia".
            let definite = definite && !doc.lexicon.role_of.is_at(&doc.tokens, role.end);
            let only = before.next().filter(|(_, first)| definite && before.all(|(_, other)| other.name == first.name));
            if let Some((number, person)) = person.or(only) {
                let known = best_description(names, person);
                return Some(Speaker {
                    name: person.name.clone(),
                    role: known.0,
                    organisation: known.1,
                    person: Some(number),
                });
            }
            Some(Speaker {
                name: head.clone(),
                role: Some(head),
                organisation: organisation.map(|name| name.name.clone()),
                person: None,
            })
        }
        (Some(organisation), _) => Some(Speaker {
            name: organisation.name.clone(),
            role: None,
            organisation: Some(organisation.name.clone()),
            person: None,
        }),
        // "señala el ministerio": the organisation that was named with this word before.
        _ => {
            let head = (range.start..range.end)
                .find(|token| doc.is(*token, |sense| matches!(sense, Sense::OrganisationHead)))?;
            let word = doc.fold(head);
            let known = names.organisations.iter().rev().find(|name| {
                name.tokens.end <= range.end && crate::token::fold(&name.name).split(' ').any(|part| part == word)
            });
            let name = known.map_or_else(|| doc.words(&(head..head + 1)), |name| name.name.clone());
            Some(Speaker { name: name.clone(), role: None, organisation: Some(name), person: None })
        }
    }
}

/// Words for an institution or its paper that stand for the organisation that a text spoke of last, folded: "indicó
/// la institución", "advierte el texto", "the force said".
const STANDS_FOR: [&str; 30] = [
    "institucion",
    "organismo",
    "entidad",
    "dependencia",
    "texto",
    "comunicado",
    "informe",
    "instituicao",
    "orgao",
    "entidade",
    "nota",
    "relatorio",
    "institution",
    "organisme",
    "texte",
    "communique",
    "rapport",
    "force",
    "agency",
    "department",
    "statement",
    "report",
    "body",
    "organisation",
    "organization",
    "organizacion",
    "organizacao",
    "agencia",
    "corporacion",
    "corporacao",
];

/// The organisation that a word of [`STANDS_FOR`] beside a verb of speech stands for.
fn meant<'n>(
    doc: &Analysis<'_>,
    names: &'n Names,
    range: &Range<usize>,
    at: usize,
    end: usize,
) -> Option<&'n crate::names::OrganisationName> {
    let article = |at: usize| {
        matches!(doc.fold(at), "el" | "la" | "o" | "a" | "the" | "le" | "l" | "un" | "une" | "una" | "um" | "uma")
    };
    let stands = |word: usize| STANDS_FOR.contains(&doc.fold(word));
    // Behind the verb: article, perhaps an apostrophe, the word; before it the word right there.
    let behind = (end + 1..end + 3).find(|word| article(end) && stands(*word) && *word < range.end);
    let ahead = at.checked_sub(1).filter(|word| *word > range.start && stands(*word) && article(word - 1));
    let word = behind.or(ahead)?;
    // "el comunicado de Interior": whose it is, else the one named last.
    let whose = names
        .organisations
        .iter()
        .find(|name| name.tokens.start > word && name.tokens.start <= word + 3 && name.tokens.end <= range.end);
    whose.or_else(|| names.organisations.iter().rev().find(|name| name.tokens.end <= word))
}

/// Somebody without a name at the head of a clause whose verb of speech is at a token: an article, a noun in small
/// letters, and what is told of it up to a mark.
fn clause_head(doc: &Analysis<'_>, range: &Range<usize>, verb: usize) -> Option<Speaker> {
    let sentence = doc.sentence(doc.sentence_of(verb)?)?;
    let start = sentence.tokens.start.max(range.start);
    let article = matches!(
        doc.fold(start),
        "a" | "an" | "one" | "the" | "un" | "una" | "une" | "uma" | "um" | "el" | "la" | "le" | "l" | "o"
    );
    let first = start + 1 + usize::from(doc.fold(start + 1) == "'");
    let noun = doc.token(first).is_some_and(|token| token.shape == Shape::Small) && !doc.is_function_word(first);
    let end = (first..verb)
        .find(|at| {
            doc.token(*at).is_some_and(|token| token.shape == Shape::Mark) && !matches!(doc.fold(*at), "-" | "'")
                || matches!(doc.fold(*at), "who" | "que" | "qui" | "quien" | "a" | "ha" | "has")
        })
        .unwrap_or(verb);
    (article && noun && start + 2 < verb && end > first).then(|| {
        let name = doc.words(&(first..end));
        Speaker { name: name.clone(), role: Some(name), organisation: None, person: None }
    })
}

/// Somebody without a name: the words for who it is.
fn somebody(doc: &Analysis<'_>, tokens: Range<usize>) -> Option<Speaker> {
    let name = doc.words(&tokens);
    (tokens.len() > 1).then(|| Speaker { name: name.clone(), role: Some(name), organisation: None, person: None })
}

/// The end of a phrase: its first mark, or nine tokens.
fn phrase_end(doc: &Analysis<'_>, start: usize, end: usize) -> usize {
    let far = (start + 9).min(end);
    (start + 1..far)
        .find(|at| {
            doc.token(*at).is_some_and(|token| token.shape == Shape::Mark) && !matches!(doc.fold(*at), "-" | "'")
        })
        .unwrap_or(far)
}

/// Whether words behind a verb of speech say how or what was said, and not who said it.
fn is_verbal(doc: &Analysis<'_>, range: &Range<usize>) -> bool {
    range.clone().next().is_some_and(|at| {
        matches!(
            doc.fold(at),
            "that"
                | "que"
                | "in"
                | "en"
                | "em"
                | "at"
                | "on"
                | "to"
                | "al"
                | "ante"
                | "when"
                | "during"
                | "durante"
                | "lors"
                | "apres"
                | "after"
                | "as"
                | "como"
                | "comme"
                | "por"
                | "pour"
                | "para"
                | "with"
                | "con"
                | "com"
                | "avec"
                | "by"
                | "tras"
                | "apos"
                | "sobre"
                | "about"
        )
    })
}

/// Who spoke last before a token, else the person named last.
fn last_speaker(names: &Names, at: usize, earlier: &[Segment]) -> Option<Speaker> {
    let spoken = earlier.iter().rev().find_map(|segment| Some((segment.tokens.end, segment.speaker.clone()?)));
    let named = names.people.iter().enumerate().rev().find(|(_, person)| person.tokens.end <= at);
    match (spoken, named) {
        (Some((end, speaker)), Some((_, person))) if person.tokens.start < end => Some(speaker),
        (_, Some((number, person))) => {
            let known = best_description(names, person);
            Some(Speaker { name: person.name.clone(), role: known.0, organisation: known.1, person: Some(number) })
        }
        (Some((_, speaker)), None) => Some(speaker),
        (None, None) => None,
    }
}

/// The person named nearest before a stretch, in its paragraph or the one before.
pub(super) fn nearest(doc: &Analysis<'_>, names: &Names, stretch: &Stretch) -> Option<Speaker> {
    let (number, person) =
        names.people.iter().enumerate().rev().find(|(_, person)| person.tokens.end <= stretch.open)?;
    let paragraph = doc.sentence_of(person.tokens.start).and_then(|number| doc.sentence(number))?.paragraph;
    let known = best_description(names, person);
    (paragraph + 1 >= stretch.paragraph).then(|| Speaker {
        name: person.name.clone(),
        role: known.0,
        organisation: known.1,
        person: Some(number),
    })
}
