//! Statements: what stands in quotation marks, who said it, and which segments belong together.

use std::ops::Range;

use crate::analysis::Analysis;
use crate::lexicon::Sense;
use crate::names::Names;
use crate::token::Shape;

/// One stretch of words between quotation marks. Ranges count tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The words, without the marks.
    pub(crate) tokens: Range<usize>,
    /// The marks were closed.
    pub(crate) closed: bool,
    /// Number of the statement that it is part of.
    pub(crate) statement: usize,
    pub(crate) speaker: Option<Speaker>,
    /// Nothing beside it says who spoke.
    guessed: bool,
}

/// Who said something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Speaker {
    /// A full name, else a role or an organisation.
    pub(crate) name: String,
    pub(crate) role: Option<String>,
    pub(crate) organisation: Option<String>,
    /// Number of the person among the names, where it is one.
    person: Option<usize>,
}

/// What opens or closes a quotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Open(char),
    Close(char),
}

/// Words that a stretch of several words has at least to be a statement when nobody is named beside it.
const LONG: usize = 7;

pub(crate) fn segments(doc: &Analysis<'_>, names: &Names) -> Vec<Segment> {
    let stretches: Vec<Stretch> =
        stretches(doc).into_iter().flat_map(|stretch| without_aside(doc, names, stretch)).collect();
    let mut out: Vec<Segment> = Vec::new();
    for (number, stretch) in stretches.iter().enumerate() {
        let previous = number.checked_sub(1).and_then(|at| stretches.get(at));
        let next = stretches.get(number + 1);
        let own = attributed(doc, names, stretch, previous, next, &out);
        let before = out.last().filter(|last| previous.is_some_and(|previous| previous.tokens == last.tokens));
        let carried = before.filter(|_| goes_on(doc, previous, stretch));
        let words =
            stretch.tokens.clone().filter(|at| doc.token(*at).is_some_and(|token| token.shape != Shape::Mark)).count();
        let sentence = ends_as_sentence(doc, stretch);
        let term = is_term(doc, stretch, words, sentence);
        let speaker = own.clone().or_else(|| carried.and_then(|before| before.speaker.clone()));
        let is_statement = !term
            && (words >= 3 && (own.is_some() || carried.is_some()) || words >= LONG && sentence || words >= 2 * LONG);
        if !is_statement {
            continue;
        }
        // Who speaks may be told behind the last of several paragraphs.
        if let Some(speaker) =
            own.as_ref().filter(|_| carried.is_some_and(|before| before.speaker.is_none() || before.guessed))
        {
            let number = carried.map(|before| before.statement);
            for before in out.iter_mut().rev().take_while(|before| Some(before.statement) == number) {
                before.speaker = Some(speaker.clone());
                before.guessed = false;
            }
        }
        let carried = out
            .last()
            .filter(|last| previous.is_some_and(|previous| previous.tokens == last.tokens))
            .filter(|_| goes_on(doc, previous, stretch));
        let statement = match (&own, carried) {
            (None, Some(before)) => before.statement,
            (Some(own), Some(before)) if before.speaker.as_ref().is_some_and(|speaker| speaker.name == own.name) => {
                before.statement
            }
            _ => out.last().map_or(0, |last| last.statement + 1),
        };
        let guessed = speaker.is_none();
        let speaker = speaker.or_else(|| nearest(doc, names, stretch));
        out.push(Segment { tokens: stretch.tokens.clone(), closed: stretch.closed, statement, speaker, guessed });
    }
    out
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stretch {
    tokens: Range<usize>,
    closed: bool,
    /// Token of the opening mark.
    open: usize,
    /// The token after the closing mark, or after the last word.
    after: usize,
    paragraph: usize,
}

/// Cuts out who speaks where it stands inside the marks, as French does: « L'or n'a pas de passeport, observe
/// M. X, délégué de la police. Aujourd'hui, … ».
fn without_aside(doc: &Analysis<'_>, names: &Names, stretch: Stretch) -> Vec<Stretch> {
    let inverted = |at: usize| {
        (at..at + 9).any(|at| {
            doc.fold(at) == "-"
                && matches!(doc.fold(at + 1), "il" | "elle")
                && doc.token(at + 1).is_some_and(|token| !token.apart)
        })
    };
    let person = |from: usize| {
        names.people.iter().any(|person| {
            person.tokens.start >= from
                && (person.tokens.start <= from + 3
                    || person.tokens.start <= from + 9
                        && !(from..person.tokens.start).any(|at| {
                            doc.token(at).is_some_and(|token| token.shape == Shape::Mark) && doc.fold(at) != "'"
                        }))
        })
    };
    let aside = stretch.tokens.clone().find(|at| {
        let comma = doc.fold(*at) == "," && at + 2 < stretch.tokens.end;
        let says = doc.find(at + 1, |sense| matches!(sense, Sense::Says)).map(|(end, _)| end);
        comma
            && (says.is_some_and(|end| end < stretch.tokens.end && person(end))
                || doc.fold(at + 1) == "a" && doc.fold(at + 2) == "-" && inverted(at + 1))
    });
    let Some(comma) = aside else { return vec![stretch] };
    // The aside ends with its sentence, or at the next comma behind the name.
    let sentence = doc
        .sentence_of(comma)
        .and_then(|number| doc.sentence(number))
        .map_or(stretch.tokens.end, |sentence| sentence.tokens.end);
    let end = sentence.min(stretch.tokens.end);
    let first = Stretch {
        tokens: stretch.tokens.start..comma,
        closed: true,
        open: stretch.open,
        after: comma,
        paragraph: stretch.paragraph,
    };
    let mut out = vec![first];
    if end < stretch.tokens.end {
        out.push(Stretch { tokens: end..stretch.tokens.end, open: end.saturating_sub(1), ..stretch });
    }
    out.retain(|stretch| !stretch.tokens.is_empty());
    out
}

fn raw(doc: &Analysis<'_>, at: usize) -> char {
    doc.token(at).and_then(|token| doc.text.get(token.range())).and_then(|text| text.chars().next()).unwrap_or(' ')
}

fn mark(doc: &Analysis<'_>, at: usize, open: Option<char>, single: bool) -> Option<Mark> {
    let token = doc.token(at)?;
    if token.shape != Shape::Mark {
        return None;
    }
    let next_tight = doc.token(at + 1).is_some_and(|next| !next.apart);
    let before = at.checked_sub(1).map_or(' ', |before| raw(doc, before));
    let ends = matches!(before, '.' | ',' | '!' | '?' | '…' | ')' | ':');
    match raw(doc, at) {
        '“' | '„' => Some(Mark::Open('“')),
        '”' => Some(if open.is_some() || !next_tight { Mark::Close('“') } else { Mark::Open('“') }),
        '«' => Some(Mark::Open('«')),
        '»' => Some(Mark::Close('«')),
        '"' => match open {
            Some('"') if !(token.apart && next_tight) => Some(Mark::Close('"')),
            Some('"') => Some(Mark::Open('"')),
            None if next_tight && (token.apart || at == 0 || !ends || matches!(before, '(' | ':')) => {
                Some(Mark::Open('"'))
            }
            _ => None,
        },
        '‘' if (single || is_led(doc, at)) && (open.is_none() || open == Some('‘')) => Some(Mark::Open('‘')),
        '’' if open == Some('‘') => {
            // An apostrophe has letters on both sides; a closing mark ends something.
            let letters = !token.apart && next_tight && doc.token(at + 1).is_some_and(super::token::Token::is_word);
            let plural = !ends && before == 's';
            (!letters && !plural).then_some(Mark::Close('‘'))
        }
        '\'' if single => match open {
            None if token.apart && next_tight && doc.is_capital(at + 1) => Some(Mark::Open('\'')),
            Some('\'') if token.apart && next_tight && doc.is_capital(at + 1) && token.line => Some(Mark::Open('\'')),
            Some('\'') if ends && !next_tight => Some(Mark::Close('\'')),
            _ => None,
        },
        _ => None,
    }
}

/// "said that ‘…", "put it thus: ‘…": single marks that a verb of speech or a colon leads in.
fn is_led(doc: &Analysis<'_>, at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back);
    before(1).is_some_and(|before| doc.fold(before) == ":")
        || (1..=4)
            .filter_map(before)
            .any(|from| doc.find(from, |sense| matches!(sense, Sense::Says)).is_some_and(|(end, _)| end + 2 >= at))
}

fn stretches(doc: &Analysis<'_>) -> Vec<Stretch> {
    let doubles = (0..doc.tokens.len()).filter(|at| matches!(raw(doc, *at), '“' | '«' | '"')).count();
    let singles = (0..doc.tokens.len())
        .filter(|at| matches!(raw(doc, *at), '‘') || raw(doc, *at) == '\'' && doc.token(*at).is_some_and(|t| t.apart))
        .count();
    let single = doubles == 0 && singles > 0 || singles > 1;
    let mut out: Vec<Stretch> = Vec::new();
    // Mark, token of the mark, paragraph.
    let mut open: Option<(char, usize, usize)> = None;
    for (number, sentence) in doc.sentences.iter().enumerate() {
        if let Some((_, start, paragraph)) = open
            && paragraph != sentence.paragraph
        {
            // The paragraph ended before the marks were closed.
            let end = number
                .checked_sub(1)
                .and_then(|before| doc.sentence(before))
                .map_or(start + 1, |before| before.tokens.end);
            // Inside a quotation over several paragraphs, a heading of few words may stand: it ends it too.
            out.push(Stretch { tokens: start + 1..end, closed: false, open: start, after: end, paragraph });
            open = None;
        }
        for at in sentence.tokens.clone() {
            match (mark(doc, at, open.map(|(mark, ..)| mark), single), open) {
                (Some(Mark::Open(kind)), None) => open = Some((kind, at, sentence.paragraph)),
                (Some(Mark::Open(kind)), Some((same, start, paragraph))) if kind == same => {
                    // Opened again before it was closed: the next segment of the same statement.
                    out.push(Stretch { tokens: start + 1..at, closed: false, open: start, after: at, paragraph });
                    open = Some((kind, at, sentence.paragraph));
                }
                (Some(Mark::Close(kind)), Some((same, start, paragraph))) if kind == same => {
                    out.push(Stretch { tokens: start + 1..at, closed: true, open: start, after: at + 1, paragraph });
                    open = None;
                }
                _ => {}
            }
        }
    }
    if let Some((_, start, paragraph)) = open {
        let end = doc.sentences.last().map_or(start + 1, |last| last.tokens.end);
        out.push(Stretch { tokens: start + 1..end, closed: false, open: start, after: end, paragraph });
    }
    out.retain(|stretch| !stretch.tokens.is_empty());
    out
}

fn ends_as_sentence(doc: &Analysis<'_>, stretch: &Stretch) -> bool {
    let last = stretch.tokens.end.checked_sub(1).map(|at| doc.fold(at)).unwrap_or_default();
    let after = doc.fold(stretch.after);
    matches!(last, "." | "," | "!" | "?" | "…") || matches!(after, "." | ",") || !stretch.closed
}

/// Whether a stretch only marks a term or a name: short, behind "so-called" and its like, without an end.
fn is_term(doc: &Analysis<'_>, stretch: &Stretch, words: usize, sentence: bool) -> bool {
    let led = (1..=3).filter_map(|width| stretch.open.checked_sub(width)).any(|at| {
        doc.find(at, |sense| matches!(sense, Sense::Term | Sense::Operation))
            .is_some_and(|(end, _)| end == stretch.open)
    });
    let inner_end = stretch.tokens.end.checked_sub(1).is_some_and(|at| matches!(doc.fold(at), "." | "," | "!" | "?"));
    words <= 2 || led && words <= 12 && !inner_end || words <= 4 && !sentence
}

/// Whether a stretch goes on with what the one before it said.
fn goes_on(doc: &Analysis<'_>, previous: Option<&Stretch>, stretch: &Stretch) -> bool {
    let Some(previous) = previous else { return false };
    let next_paragraph = stretch.paragraph <= previous.paragraph + 1;
    // An unclosed stretch is followed by its next segment; a closed one by one of the same paragraph, or by a
    // paragraph that begins with the marks.
    let opens_paragraph =
        doc.sentence_of(stretch.open).and_then(|number| doc.sentence(number)).is_some_and(|sentence| {
            sentence.tokens.start == stretch.open
                && doc
                    .sentences
                    .iter()
                    .position(|other| other.paragraph == sentence.paragraph)
                    .is_some_and(|first| doc.sentence(first).is_some_and(|first| first.tokens.start == stretch.open))
        });
    let same = stretch.paragraph == previous.paragraph;
    let glued = opens_paragraph && next_paragraph;
    (!previous.closed && next_paragraph) || same || glued
}

/// Who is said, right beside a stretch, to have said it.
fn attributed(
    doc: &Analysis<'_>,
    names: &Names,
    stretch: &Stretch,
    previous: Option<&Stretch>,
    next: Option<&Stretch>,
    earlier: &[Segment],
) -> Option<Speaker> {
    let inner = stretch.tokens.end.checked_sub(1).map(|at| doc.fold(at)).unwrap_or_default();
    let stop = next.map_or(doc.tokens.len(), |next| next.open);
    // After it: up to the end of its sentence.
    let after = after_window(doc, stretch, stop);
    let full_stop = matches!(inner, "." | "!" | "?" | "…");
    let new_sentence =
        full_stop && doc.is_capital(after.start) && !doc.is(after.start, |sense| matches!(sense, Sense::Says));
    let leads_next = next.is_some_and(|next| next.open == after.end || doc.fold(after.end.saturating_sub(1)) == ":");
    if !after.is_empty()
        && !(new_sentence && inner == "." && (leads_next || !near_says(doc, &after)))
        && !(new_sentence && inner == ".")
        && let Some(speaker) = speaker_in(doc, names, &after, earlier, false)
    {
        return Some(speaker);
    }
    // Before it: from the start of the sentence, or the stretch before.
    let start = doc
        .sentence_of(stretch.open)
        .and_then(|number| doc.sentence(number))
        .map_or(stretch.open, |sentence| sentence.tokens.start);
    let floor = previous.map_or(0, |previous| previous.after);
    let mut before = start.max(floor)..stretch.open;
    // "X spoke to the press. “…” is no attribution; "X said. “…”" and "X said:" on a line of its own are.
    if before.is_empty()
        && let Some(number) = doc.sentence_of(stretch.open).and_then(|number| number.checked_sub(1))
        && let Some(sentence) = doc.sentence(number)
        && sentence.tokens.end <= stretch.open
        && sentence.tokens.start >= floor
        && matches!(doc.fold(sentence.tokens.end - 1), ":" | ",")
    {
        before = sentence.tokens.clone();
    }
    if !before.is_empty() {
        // A stretch that was closed in the same sentence before has its own speaker in between: it is the same.
        let leads = matches!(doc.fold(before.end - 1), ":" | "," | "-")
            || near_says(doc, &before)
            || before.clone().any(|at| doc.is(at, |s| matches!(s, Sense::According)));
        if leads && let Some(speaker) = speaker_in(doc, names, &before, earlier, true) {
            return Some(speaker);
        }
    }
    None
}

fn after_window(doc: &Analysis<'_>, stretch: &Stretch, stop: usize) -> Range<usize> {
    let mut start = stretch.after;
    while matches!(doc.fold(start), "," | "." | "-") && start < stop {
        start += 1;
    }
    // The closing mark may have ended the sentence: the next one counts where it speaks of who said it, in the same
    // paragraph.
    let number = doc.sentence_of(start);
    let elsewhere =
        number.and_then(|number| doc.sentence(number)).is_none_or(|sentence| sentence.paragraph != stretch.paragraph);
    if elsewhere {
        return start..start;
    }
    let end = number.and_then(|number| doc.sentence(number)).map_or(start, |sentence| sentence.tokens.end);
    start..end.min(stop).max(start)
}

fn near_says(doc: &Analysis<'_>, range: &Range<usize>) -> bool {
    range.clone().any(|at| doc.is(at, |sense| matches!(sense, Sense::Says)))
}

/// The speaker that a stretch of words names: beside a verb of speech, or after "according to".
fn speaker_in(
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
        return last_speaker(doc, names, range.start, earlier);
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
        let chosen = behind.filter(|(_, person)| near(person)).or(ahead);
        if let Some((number, person)) =
            chosen.filter(|(_, person)| !pronoun || person.tokens.end + 1 >= at || person.tokens.start <= end + 2)
        {
            return Some(named(*number, person));
        }
        if pronoun {
            return last_speaker(doc, names, range.start, earlier);
        }
        // "the minister said", "dijo la fiscalía": a role or an organisation.
        if let Some(speaker) = unnamed(doc, names, range, at, end) {
            return Some(speaker);
        }
        // "añadió", "agregó" and nobody: whoever spoke last.
        return last_speaker(doc, names, range.start, earlier);
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
    if matches!(doc.fold(end), "un" | "une" | "una" | "um" | "uma" | "a" | "an" | "one") {
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
    if at <= range.start + 1 && behind.len() >= 2 && small && !known(&behind) && !is_verbal(doc, &behind) {
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
    let role_distance = role.as_ref().map(|role| role.end.abs_diff(at).min(role.start.abs_diff(end)));
    match (organisation, role) {
        (organisation, Some(role)) if role_distance.is_some_and(|distance| distance <= 6) => {
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
const STANDS_FOR: [&str; 32] = [
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
    "organismo",
    "nota",
    "relatorio",
    "comunicado",
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
fn last_speaker(doc: &Analysis<'_>, names: &Names, at: usize, earlier: &[Segment]) -> Option<Speaker> {
    let _ = doc;
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
fn nearest(doc: &Analysis<'_>, names: &Names, stretch: &Stretch) -> Option<Speaker> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceText;

    fn read(language: &str, text: &str) -> Vec<(String, usize, Option<String>)> {
        let source = SourceText::read(text.as_bytes(), Some("text/plain")).unwrap();
        let doc = Analysis::of(&source, crate::lexicon::of(language).unwrap().unwrap());
        let names = crate::names::names(&doc, &[]);
        let shown = |segment: Segment| {
            (doc.words(&segment.tokens), segment.statement, segment.speaker.map(|speaker| speaker.name))
        };
        segments(&doc, &names).into_iter().map(shown).collect()
    }

    fn row(text: &str, statement: usize, speaker: &str) -> (String, usize, Option<String>) {
        (text.to_owned(), statement, Some(speaker.to_owned()))
    }

    #[test]
    fn straight_marks_over_paragraphs() {
        let text = "Foi isso.\n\n\"Não há uma vítima típica\", afirma Elisa Marchetti Boaventura, diretora do escritório. \"Há pessoas e há quem lucre com isso.\n\n\"E existem milhares de casos.\"\n";
        let speaker = "Elisa Marchetti Boaventura";
        assert_eq!(
            read("pt", text),
            [
                row("Não há uma vítima típica", 0, speaker),
                row("Há pessoas e há quem lucre com isso.", 0, speaker),
                row("E existem milhares de casos.", 0, speaker)
            ]
        );
    }

    #[test]
    fn single_marks_of_older_releases() {
        let text = "Use grew.\n\n‘A decade ago we sent letters. It isn’t so today,’ said Aurelio Brandt, Director of Systems. ‘The machine does not get tired; people do.’\n";
        assert_eq!(
            read("en", text),
            [
                row("A decade ago we sent letters. It isn’t so today,", 0, "Aurelio Brandt"),
                row("The machine does not get tired; people do.", 0, "Aurelio Brandt")
            ]
        );
    }
}
