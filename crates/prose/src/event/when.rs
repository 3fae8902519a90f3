//! The time and the place of an event: which of the dates and places of its sentence are its own.

use std::ops::Range;

use crate::analysis::Analysis;
use crate::date::Dated;
use crate::lexicon::{Place, PlaceKind};
use crate::names::{Names, PlaceName};

/// Tokens at the start of a sentence in which a date speaks of the whole first clause: "In 1965 the Organization …".
const LEADING: usize = 3;

/// The date of what a mention names: right behind it, else at the head of its sentence, else behind it in its
/// clause, else the nearest.
pub(super) fn date_of<'d>(
    doc: &Analysis<'_>,
    dates: &'d [Dated],
    sentence: &Range<usize>,
    mention: &Range<usize>,
) -> Option<&'d Dated> {
    let leading = || {
        dates.iter().find(|date| {
            let place = &date.tokens;
            !date.relative
                && place.start >= sentence.start
                && place.start < sentence.start + LEADING
                && place.end <= mention.start
        })
    };
    date_after(doc, dates, mention, 6)
        .or_else(leading)
        .or_else(|| date_after(doc, dates, mention, 14))
        .or_else(|| date_near(dates, sentence, mention))
}

/// The date nearest behind a mention, within some tokens of the same clause.
pub(super) fn date_after<'d>(
    doc: &Analysis<'_>,
    dates: &'d [Dated],
    mention: &Range<usize>,
    within: usize,
) -> Option<&'d Dated> {
    let sentence = doc.sentence_of(mention.start)?;
    let date = dates
        .iter()
        .filter(|date| {
            date.tokens.start >= mention.end
                && date.tokens.start <= mention.end + within
                && doc.sentence_of(date.tokens.start) == Some(sentence)
        })
        .find(|date| !date.relative)?;
    // "… in Rio de Janeiro and in May 1990 an agreement was signed": a new clause begins with its date.
    let joined = (date.tokens.start.saturating_sub(2).max(mention.end)..date.tokens.start)
        .any(|at| doc.lexicon.trade.and.is_at(&doc.tokens, at));
    (!joined).then_some(date)
}

/// The date of an act: a date of the sentence, which may be "yesterday".
pub(super) fn date_of_act<'d>(
    dates: &'d [Dated],
    sentence: &Range<usize>,
    mention: &Range<usize>,
) -> Option<&'d Dated> {
    date_near(dates, sentence, mention)
        .or_else(|| dates.iter().find(|date| sentence.start <= date.tokens.start && date.tokens.end <= sentence.end))
}

/// Any date of a sentence, the nearest to a mention.
pub(super) fn date_near<'d>(dates: &'d [Dated], sentence: &Range<usize>, mention: &Range<usize>) -> Option<&'d Dated> {
    dates
        .iter()
        .filter(|date| sentence.start <= date.tokens.start && date.tokens.end <= sentence.end && !date.relative)
        .min_by_key(|date| date.tokens.start.abs_diff(mention.start))
}

/// The city (else the country) that stands behind a mention.
pub(super) fn place_after(
    doc: &Analysis<'_>,
    names: &Names,
    sentence: &Range<usize>,
    mention: &Range<usize>,
    within: usize,
) -> Option<&'static Place> {
    let behind = |place: &&PlaceName| {
        place.tokens.start >= mention.end
            && place.tokens.start <= mention.end + within
            && place.tokens.end <= sentence.end
    };
    let led = |place: &&PlaceName| {
        place.tokens.start.checked_sub(1).is_some_and(|at| {
            matches!(doc.fold(at), "in" | "en" | "a" | "em" | "no" | "na" | "at" | "(" | "," | "au" | "aux" | "la")
        })
    };
    let all = || names.places.iter().filter(behind).filter(led);
    let city = all().find(|place| place.place.kind == PlaceKind::City);
    city.or_else(|| all().find(|place| place.place.kind == PlaceKind::Country)).map(|place| place.place)
}
