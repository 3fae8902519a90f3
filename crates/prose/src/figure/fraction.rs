//! Fractions, multiples and shares in words: `un tercio de`, `doubled`, `one in every three`.

use super::number::{Form, Locale, Number, simple};
use super::rules::Rules;
use crate::token::{Shape, Tokens};

/// A fraction or a multiple that stands at a token in words, and the token after it.
pub(super) fn fraction<'r>(tokens: &Tokens, at: usize, end: usize, rules: &'r Rules) -> Option<(usize, &'r f64)> {
    let found = rules.fractions.at(tokens, at).filter(|(next, _)| *next <= end);
    // "half a billion" is a number in words and no half of something.
    // "un cuarto" by itself is the fourth, "un cuarto de" a share; "un cinquième homme" is the fifth.
    let quarter = |value: f64, next: usize| {
        // "près du quart", "plus du tiers": by itself only behind a hedge.
        if next == at + 1 && matches!(tokens.fold(at), "tiers" | "quart") {
            return rules.hedges.before(tokens, at).is_some();
        }
        let of_order = rules.ordinals.is_at(tokens, next - 1) && value < 0.3;
        !of_order && (value - 0.25).abs() > 0.01
            || rules.language == "en"
            || rules.of.is_at(tokens, next)
            || matches!(tokens.fold(next), "del" | "des" | "dos" | "das" | "du" | "do" | "da")
            || next > at + 1 && rules.of.before(tokens, next).is_some()
            || rules.hedges.before(tokens, at).is_some()
            || rules.of_them.is_at(tokens, next)
            || of_order && matches!(tokens.fold(at.wrapping_sub(1)), "em" | "en" | "d" | "by")
    };
    // "an eighth is sought": a share needs what it is a share of, or what it went up by.
    let part = |value: f64, next: usize| {
        rules.language != "en"
            || value >= 0.5
            || rules.of.is_at(tokens, next)
            || next > 0 && tokens.fold(next - 1) == "of"
            || matches!(tokens.fold(at.wrapping_sub(1)), "by" | "than" | "over" | "nearly" | "almost" | "about")
            || matches!(tokens.fold(next), "more" | "less" | "fewer" | "higher" | "lower" | "larger" | "up" | "down")
    };
    let found = found.filter(|(next, value)| quarter(**value, *next) && part(**value, *next));
    // "le double fond": a multiple is one of something, or stands alone.
    let multiple = |value: f64, next: usize| {
        // "mais do dobro": by itself only behind a hedge.
        if value > 1.0 && MULTIPLIED.contains(&tokens.fold(at)) {
            return true;
        }
        if value > 1.0 && next == at + 1 && rules.language != "en" {
            return rules.hedges.before(tokens, at).is_some();
        }
        value <= 1.0
            || matches!(tokens.fold(next - 1), "do" | "da" | "dos" | "das" | "del" | "du" | "des")
            || tokens.get(next).is_none_or(|token| token.shape == Shape::Mark)
            || rules.of.is_at(tokens, next)
            || rules.of.before(tokens, next).is_some()
            || matches!(
                tokens.fold(next),
                "del"
                    | "que"
                    | "qu"
                    | "du"
                    | "des"
                    | "do"
                    | "da"
                    | "en"
                    | "em"
                    | "al"
                    | "par"
                    | "dos"
                    | "das"
                    | "desse"
                    | "dessa"
                    | "deste"
                    | "desta"
                    | "disso"
                    | "dese"
                    | "esa"
            )
    };
    let found = found.filter(|(next, value)| multiple(**value, *next));
    // "half a second": a time.
    found.filter(|(next, _)| {
        !(tokens.fold(*next) == "a"
            && rules.units.at(tokens, next + 1).is_some_and(|(_, unit)| unit.kind == "duration"))
    })
}

/// Verbs that say that something is so many times what it was, folded.
const MULTIPLIED: [&str; 20] = [
    "doubled",
    "tripled",
    "trebled",
    "quadrupled",
    "duplico",
    "duplicaron",
    "duplicado",
    "triplico",
    "triplicaron",
    "triplicado",
    "cuadruplico",
    "cuadruplicaron",
    "dobrou",
    "dobraram",
    "duplicou",
    "duplicaram",
    "triplicou",
    "triplicaram",
    "quadruplicou",
    "quadruplicaram",
];

/// "um trigésimo do", "un vingtième des": one and an ordinal, with what it is a part of.
pub(super) fn part_of(tokens: &Tokens, at: usize, end: usize, one: Option<&Number>, rules: &Rules) -> Option<Number> {
    let over = one.filter(|one| one.one && rules.language != "en")?.tokens.end;
    let (next, value) = rules.ordinals.at(tokens, over).filter(|(next, value)| *next < end && **value > 4)?;
    let masculine = matches!(tokens.fold(at), "un" | "um");
    let of = matches!(tokens.fold(next), "del" | "de" | "du" | "des" | "do" | "da" | "dos" | "das");
    (masculine && of).then(|| Number { value: Some(1.0 / f64::from(*value)), ..Number::of(at..next, Form::Fraction) })
}

/// `one in every three`, `nine out of ten`, `una de cada tres`.
pub(super) fn share(text: &str, tokens: &Tokens, at: usize, end: usize, locale: Locale<'_>) -> Option<Number> {
    let rules = locale.rules;
    let top = simple(text, tokens, at, end, locale)?;
    let mut next = top.tokens.end;
    // `una mujer de cada tres`, `one person in five`: a noun may stand between.
    let mut over = rules.share_of.at(tokens, next).map(|(over, ())| over);
    let mut words = 0;
    while over.is_none()
        && words < 4
        && tokens.get(next).is_some_and(|token| token.shape == Shape::Small && token.apart)
        && (words == 0 || top.one || rules.language == "fr")
    {
        next += 1;
        words += 1;
        // "one request in ten received a reply": few words between, and nothing counted behind.
        let weak = |over: usize| {
            rules.language == "en"
                && tokens.fold(next) == "in"
                && words <= 2
                && simple(text, tokens, over, end, locale).is_some_and(|bottom| {
                    let behind = tokens.fold(bottom.tokens.end);
                    bottom.value.is_some_and(|value| (3.0..=10.0).contains(&value))
                        && !(behind.ends_with('s') && behind.len() > 3)
                        && rules.units.at(tokens, bottom.tokens.end).is_none()
                })
        };
        let strong = |(over, ()): &(usize, &())| over - next > 1 || rules.language == "fr" || weak(*over);
        over = rules.share_of.at(tokens, next).filter(strong).map(|(over, ())| over);
    }
    let over = over.filter(|over| *over < end)?;
    // "sixty-one in every hundred"
    if let Some((after, power)) = rules.scales.at(tokens, over).filter(|(after, power)| *after <= end && **power == 2)
        && (over - next > 1 || rules.language == "fr")
        && let Some(part) = top.value.map(|top| top / 10_f64.powi(*power)).filter(|part| *part < 1.0)
    {
        return Some(Number { value: Some(part), ..Number::of(at..after, Form::Share) });
    }
    let bottom = simple(text, tokens, over, end, locale)?;
    let (top_value, bottom_value) = (top.value?, bottom.value?);
    // "one in 2023", "5 de 2.000", "two in 15 countries" are no shares: small numbers are.
    let strong = over - next > 1 || matches!(rules.language, "fr") && bottom.tokens.end <= end;
    let small = bottom_value <= if strong { 1000.0 } else { 10.0 };
    // "6,4 por cada 1.000 habitantes" is a rate.
    let rate = bottom_value >= 1000.0 && (top_value.fract() != 0.0 || tokens.fold(next) == "por");
    let fits = !rate && top_value >= 1.0 && top_value < bottom_value && small && bottom.scale == 0 && top.scale == 0;
    let weak_words = !strong
        && (bottom.plain && bottom_value > 10.0
            || rules.language == "es"
            || followed_by_noun(tokens, bottom.tokens.end, rules));
    (fits && !weak_words)
        .then(|| Number { value: Some(top_value / bottom_value), ..Number::of(at..bottom.tokens.end, Form::Share) })
}

/// "one in ten countries": what follows is counted, unless it is the whole of the share.
fn followed_by_noun(tokens: &Tokens, at: usize, rules: &Rules) -> bool {
    // "one in ten" is a share with or without a noun; "two in 15" is not, which the size has told.
    rules.language != "en"
        && tokens.get(at).is_some_and(|token| token.shape == Shape::Small && !rules.stops.contains(tokens.fold(at)))
}
