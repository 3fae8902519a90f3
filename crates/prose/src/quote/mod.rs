//! Statements: what stands in quotation marks, who said it, and which segments belong together.

use std::ops::Range;

mod marks;
mod speaker;

use crate::analysis::Analysis;
use crate::lexicon::Sense;
use crate::names::Names;
use crate::token::Shape;
use marks::{Stretch, stretches, without_aside};
pub(crate) use speaker::best_description;
use speaker::{nearest, speaker_in};

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
