//! Stretches of text between quotation marks.

use std::ops::Range;

use crate::analysis::Analysis;
use crate::lexicon::Sense;
use crate::names::Names;
use crate::token::Shape;

/// What opens or closes a quotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Open(char),
    Close(char),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) tokens: Range<usize>,
    pub(super) closed: bool,
    /// Token of the opening mark.
    pub(super) open: usize,
    /// The token after the closing mark, or after the last word.
    pub(super) after: usize,
    pub(super) paragraph: usize,
}

/// Cuts out who speaks where it stands inside the marks, as French does: « L'or n'a pas de passeport, observe
/// M. X, délégué de la police. Aujourd'hui, … ».
pub(super) fn without_aside(doc: &Analysis<'_>, names: &Names, stretch: Stretch) -> Vec<Stretch> {
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
            let letters = !token.apart && next_tight && doc.token(at + 1).is_some_and(crate::token::Token::is_word);
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

pub(super) fn stretches(doc: &Analysis<'_>) -> Vec<Stretch> {
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
