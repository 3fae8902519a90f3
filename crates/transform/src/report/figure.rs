//! From numbers to figures: hedge, unit, range, and what is counted.

use std::ops::Range;

use super::exclude::{self, Spans};
use super::phrase::first_word;
use super::rules::{Rules, Unit};
use super::scan::{self, Candidate, Locale, after, before};

/// A figure of a block. Ranges count from the start of the block.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) value: f64,
    pub(super) value_high: Option<f64>,
    pub(super) qualifier: String,
    pub(super) unit: String,
    pub(super) kind: &'static str,
    /// Hedge to unit.
    pub(super) phrase: Range<usize>,
    /// What is counted, where more is said than the unit.
    pub(super) measure: Option<Range<usize>>,
}

/// What became of one candidate.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    Figure(Found),
    /// Left out, by rule.
    Ignored(&'static str),
}

/// The verdict on every candidate of a block, in order.
pub(super) fn judge(text: &str, locale: Option<Locale<'_>>) -> Vec<Verdict> {
    let candidates = scan::candidates(text, locale);
    let Some(locale) = locale else {
        return candidates.iter().map(|_| Verdict::Ignored("unknown-locale")).collect();
    };
    let rules = locale.rules;
    let spans = Spans::of(text, rules);
    let judged: Vec<(Candidate, Option<&'static str>)> = candidates
        .into_iter()
        .map(|found| {
            let rule = exclude::rule(text, &found, &spans, rules);
            (found, rule)
        })
        .collect();
    let mut verdicts = Vec::with_capacity(judged.len());
    let mut rest = judged.as_slice();
    while let Some(((found, rule), others)) = rest.split_first() {
        rest = others;
        if let Some(rule) = rule {
            verdicts.push(Verdict::Ignored(rule));
            continue;
        }
        if let Some(((next, None), beyond)) = others.split_first()
            && let Some(range) = range_of(text, found, next, rules)
        {
            verdicts.push(range);
            verdicts.push(Verdict::Ignored("range-end"));
            rest = beyond;
            continue;
        }
        verdicts.push(figure(text, found, rules));
    }
    verdicts
}

fn figure(text: &str, found: &Candidate, rules: &Rules) -> Verdict {
    let (start, currency) = currency(text, found.range.start, rules);
    let Some(noun) = noun(text, found, currency, rules) else { return Verdict::Ignored("no-unit") };
    if found.doubtful && noun.kind == "count" {
        return Verdict::Ignored("ambiguous-number");
    }
    let Some(number) = found.number else { return Verdict::Ignored("ambiguous-number") };
    let hedge = rules.hedges.at_end(before(text, start).trim_end());
    let plus = after(text, found.range.end).starts_with('+');
    let following = after(text, noun.end);
    let later = rules.hedges_after.at_start(following.trim_start());
    let (phrase_start, mut qualifier) = hedge.map_or((start, "exact"), |(at, qualifier)| (at, qualifier.as_str()));
    let mut end = noun.end;
    if plus {
        qualifier = "ge";
    } else if let Some((width, after)) = later {
        qualifier = after;
        end = text.len() - following.trim_start().len() + width;
    }
    Verdict::Figure(Found {
        value: number.value(),
        value_high: None,
        qualifier: qualifier.to_owned(),
        unit: noun.unit,
        kind: noun.kind,
        phrase: phrase_start..end,
        measure: measure(text, noun.words, noun.end, rules),
    })
}

/// Two numbers that are the ends of one range.
fn range_of(text: &str, low: &Candidate, high: &Candidate, rules: &Rules) -> Option<Verdict> {
    let (high_start, high_currency) = currency(text, high.range.start, rules);
    let (low_start, low_currency) = currency(text, low.range.start, rules);
    let gap = text.get(low.range.end..high_start)?.trim();
    let inner = rules.hedges.at_end(gap).map_or(gap, |(start, _)| before(gap, start).trim_end());
    let joins =
        matches!(inner, "-" | "–" | "—") || rules.grammar.range_to.iter().any(|word| inner.eq_ignore_ascii_case(word));
    let hedge = rules.hedges.at_end(before(text, low_start).trim_end());
    let opened = before(text, hedge.map_or(low_start, |(start, _)| start)).trim_end();
    let opening = rules.range_from.at_end(opened);
    let needed = rules.grammar.range_from_needed_for.iter().any(|word| inner.eq_ignore_ascii_case(word));
    if !joins || (needed && opening.is_none()) || low.doubtful || high.doubtful {
        return None;
    }
    let top = high.number?;
    let mut bottom = low.number?;
    // "5 to 10 million" shares its scale word.
    if low.scale == 0 && high.scale > 0 && low.number?.value() < high.unscaled?.value() {
        bottom = bottom.scaled(high.scale);
    }
    if bottom.value() >= top.value() {
        return None;
    }
    let noun = noun(text, high, high_currency.or(low_currency), rules)?;
    let start = opening.or(hedge.map(|(start, _)| (start, &()))).map_or(low_start, |(start, ())| start);
    Some(Verdict::Figure(Found {
        value: bottom.value(),
        value_high: Some(top.value()),
        qualifier: "range".to_owned(),
        unit: noun.unit,
        kind: noun.kind,
        phrase: start..noun.end,
        measure: measure(text, noun.words, noun.end, rules),
    }))
}

/// The currency right before a number: where it starts, and its code.
fn currency<'r>(text: &str, start: usize, rules: &'r Rules) -> (usize, Option<&'r str>) {
    match rules.currency_before.at_end(before(text, start).trim_end()) {
        Some((at, code)) => (at, Some(code)),
        None => (start, None),
    }
}

/// What stands after a number.
struct Noun {
    unit: String,
    kind: &'static str,
    /// End of the unit (or of the number, for a currency before it).
    end: usize,
    /// Where the words after the number start.
    words: usize,
}

/// Words looked at to find the noun: `8,263 illegal firearms`, `19 global databases`.
const NOUN_WORDS: usize = 5;

fn noun(text: &str, found: &Candidate, currency: Option<&str>, rules: &Rules) -> Option<Noun> {
    let rest = after(text, found.range.end);
    let rest = rest.strip_prefix('+').unwrap_or(rest);
    let mut next = rest.strip_prefix(['-', '‑']).unwrap_or_else(|| rest.trim_start());
    // "de", "d'" and "of" belong to the scale word: "millones de registros".
    if found.scale > 0
        && let Some((width, ())) = rules.of.at_start(next)
    {
        next = after(next, width).trim_start();
    }
    let words = text.len() - next.len();
    let direct = rules.units.at_start(next);
    if let Some(code) = currency {
        let printed = direct.filter(|(_, unit)| unit.kind == "money");
        let (unit, end) = match printed {
            Some((width, unit)) => (unit.code.as_deref().unwrap_or(code), words + width),
            None => (code, found.range.end),
        };
        return Some(Noun { unit: unit.to_owned(), kind: "money", end, words });
    }
    if let Some((width, unit)) = direct.filter(|(_, unit)| unit.kind != "count") {
        return Some(rated(text, words, words..words + width, unit, rules));
    }
    let mut at = words;
    let mut plural: Option<Range<usize>> = None;
    let mut first: Option<Range<usize>> = None;
    for _ in 0..NOUN_WORDS {
        let here = after(text, at);
        let word = first_word(here);
        let number = rules.words.at_start(here).is_some();
        if word.is_empty() || number || rules.stops.at_start(here).is_some_and(|(width, ())| width == word.len()) {
            break;
        }
        if let Some((width, unit)) = rules.units.at_start(here) {
            let following = after(text, at + width);
            let beyond = first_word(following.trim_start());
            let stops = rules.stops.at_start(beyond).is_some();
            // In "52 country offices" the country is not what is counted.
            let modifies = !rules.grammar.noun_first
                && is_plural(beyond)
                && !stops
                && !here.get(..width).is_some_and(is_plural)
                && following.starts_with(' ');
            if !modifies {
                return Some(rated(text, words, at..at + width, unit, rules));
            }
        }
        let place = at..at + word.len();
        if is_plural(word) && plural.is_none() {
            plural = Some(place.clone());
        }
        first = first.or(Some(place));
        let rest = after(text, at + word.len());
        let gap = rest.len() - rest.trim_start().len();
        if gap == 0 {
            break;
        }
        at += word.len() + gap;
    }
    let noun = if rules.grammar.noun_first { first } else { plural.or(first) }?;
    let printed = text.get(noun.clone())?;
    // A name after a number is no unit: "2022 Global Crime Trend Report".
    let counts = printed.chars().all(|c| !c.is_uppercase()) && printed.chars().any(char::is_alphabetic);
    counts.then(|| Noun { unit: printed.to_lowercase(), kind: "count", end: noun.end, words })
}

fn is_plural(word: &str) -> bool {
    word.chars().count() > 3
        && word.ends_with('s')
        && !word.ends_with("ss")
        && !word.ends_with("'s")
        && !word.ends_with("’s")
}

/// The unit at `start..end`, and whether a rate is stated of it ("searches per second").
fn rated(text: &str, words: usize, place: Range<usize>, unit: &Unit, rules: &Rules) -> Noun {
    let end = place.end;
    let plain = || {
        let printed = || single_spaced(text.get(place).unwrap_or_default()).to_lowercase();
        Noun { unit: unit.code.clone().unwrap_or_else(printed), kind: unit.kind, end, words }
    };
    let following = after(text, end);
    let next = following.trim_start();
    let per = rules.per.at_start(next).filter(|_| next.len() < following.len());
    let time = per.map(|(width, ())| after(next, width).trim_start());
    let Some(time) = time else { return plain() };
    match rules.units.at_start(time) {
        Some((width, per)) if per.kind == "duration" => {
            let printed = || time.get(..width).unwrap_or_default().to_lowercase();
            let per = per.code.clone().unwrap_or_else(printed);
            Noun { unit: format!("per-{per}"), kind: "rate", end: text.len() - time.len() + width, words }
        }
        _ => plain(),
    }
}

/// White space made single.
pub(super) fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Words of a measure at most.
const MEASURE_WORDS: usize = 10;

/// The noun phrase after a number: the words up to the unit, and what "of" adds to it.
fn measure(text: &str, words: usize, end: usize, rules: &Rules) -> Option<Range<usize>> {
    let mut last = end;
    let mut at = end;
    let mut of = false;
    for _ in 0..MEASURE_WORDS {
        let rest = after(text, at);
        let next = rest.trim_start();
        let word = first_word(next);
        if next.len() == rest.len() || word.is_empty() {
            break;
        }
        let start = text.len() - next.len();
        let is_of = rules.of.at_start(next).filter(|(width, ())| *width <= word.len());
        let joins = rules.joins.at_start(next).is_some_and(|(width, ())| width == word.len());
        if let Some((width, ())) = is_of {
            of = true;
            at = start + width;
            // An elided "d'" has its noun glued to it.
            if width < word.len() {
                at = start + word.len();
                last = at;
            }
            continue;
        }
        if joins && of {
            at = start + word.len();
            continue;
        }
        let stops = rules.stops.at_start(next).is_some_and(|(width, ())| width == word.len());
        if stops || word.starts_with(|c: char| c.is_ascii_digit()) || (!of && !rules.grammar.noun_first) {
            break;
        }
        at = start + word.len();
        last = at;
    }
    (words < last).then_some(words..last)
}
