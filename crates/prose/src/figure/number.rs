//! Every number of a text: digits with their marks and scale words, number words, collective nouns,
//! fractions, shares and ordinals.

use std::ops::Range;

use super::decimal::Decimal;
use super::digits::{digits, is_digits, tight};
use super::fraction::{fraction, part_of, share};
use super::roman::roman;
use super::rules::{Marks, Rules};
use crate::token::{Shape, Tokens};

/// The language of a document, with the marks of its region.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Locale<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) marks: &'a Marks,
    pub(crate) blank_thousands: bool,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Digits,
    Words,
    /// `dozens of`, `une centaine de`: with how firm it is.
    Collective(&'static str),
    /// `two thirds`
    Fraction,
    /// `one in three`
    Share,
    /// `25th`, `fourth`
    Ordinal,
    /// `IV`
    Roman,
}

/// A number of a text. Ranges count tokens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    pub(crate) tokens: Range<usize>,
    pub(crate) form: Form,
    /// Its value, where it has one.
    pub(crate) value: Option<f64>,
    /// Without scale words.
    pub(crate) unscaled: Option<f64>,
    /// Power of ten of its scale words.
    pub(crate) scale: i32,
    /// Digits alone, without marks and scale words.
    pub(crate) plain: bool,
    /// A single word for one, which may be an article or a pronoun.
    pub(crate) one: bool,
    /// Its decimals are decimals only where a scale word or a measure goes with them.
    pub(crate) doubtful: bool,
    /// Why it is no number, by rule.
    pub(crate) why: Option<&'static str>,
}

/// The numbers of a stretch of tokens, in order.
pub(crate) fn numbers(text: &str, tokens: &Tokens, range: &Range<usize>, locale: Locale<'_>) -> Vec<Number> {
    let mut out = Vec::new();
    let mut at = range.start;
    while at < range.end {
        if !may_start(text, tokens, at, locale.rules) {
            at += 1;
            continue;
        }
        let found = share(text, tokens, at, range.end, locale).or_else(|| one(text, tokens, at, range.end, locale));
        match found {
            Some(number) => {
                at = number.tokens.end.max(at + 1);
                out.push(number);
            }
            None => at += 1,
        }
    }
    out
}

/// Whether a number can start at a token: digits, a word for a number, or a Roman numeral.
fn may_start(text: &str, tokens: &Tokens, at: usize, rules: &Rules) -> bool {
    let Some(token) = tokens.get(at) else { return false };
    let roman = |word: &str| word.bytes().next().is_some_and(|first| b"IVXLC".contains(&first));
    match token.shape {
        Shape::Digits => true,
        Shape::Mark => false,
        _ => {
            rules.starts.contains(&tokens.hash(at)) || token.is_capital() && text.get(token.range()).is_some_and(roman)
        }
    }
}

/// The number at a token, if one starts there.
fn one(text: &str, tokens: &Tokens, at: usize, end: usize, locale: Locale<'_>) -> Option<Number> {
    let token = tokens.get(at)?;
    let rules = locale.rules;
    match token.shape {
        Shape::Digits => Some(digits(text, tokens, at, end, locale)),
        Shape::Mark => None,
        _ => {
            // A word inside a compound or behind an apostrophe is no number ("on-line", "l'un").
            if !token.apart && at > 0 && matches!(tokens.fold(at - 1), "'" | ".") && rules.language != "fr" {
                return None;
            }
            // "el 84 por ciento y una de cada cuatro": the word of a share starts no number.
            let share = matches!(tokens.fold(at), "ciento" | "cento" | "cem" | "cien")
                && at > 0
                && tokens.fold(at - 1) == "por";
            if share {
                return None;
            }
            let in_words = words(tokens, at, end, locale);
            let fraction = fraction(tokens, at, end, rules);
            let longer =
                |next: usize| in_words.as_ref().is_none_or(|words| words.tokens.end <= next || words.scale == 0);
            if let Some((next, value)) = fraction.filter(|(next, _)| longer(*next)) {
                return Some(Number { value: Some(*value), ..Number::of(at..next, Form::Fraction) });
            }
            if let Some((next, (qualifier, value))) = rules.collective.at(tokens, at).filter(|(next, _)| *next <= end) {
                let value = Some(value.value());
                return Some(Number { value, ..Number::of(at..next, Form::Collective(qualifier)) });
            }
            // "um trigésimo do salário": one part of so many.
            if let Some(part) = part_of(tokens, at, end, in_words.as_ref(), rules) {
                return Some(part);
            }
            ordinal_word(tokens, at, end, rules).or_else(|| roman(text, tokens, at, rules.language)).or(in_words)
        }
    }
}

impl Number {
    pub(super) fn of(tokens: Range<usize>, form: Form) -> Self {
        Self {
            tokens,
            form,
            value: None,
            unscaled: None,
            scale: 0,
            plain: false,
            one: false,
            doubtful: false,
            why: None,
        }
    }
}

fn ordinal_word(tokens: &Tokens, at: usize, end: usize, rules: &Rules) -> Option<Number> {
    let (next, value) = rules.ordinals.at(tokens, at).filter(|(next, _)| *next <= end)?;
    // "one second", "por segundo", "medio segundo": a unit of time.
    let time = rules.units.at(tokens, at).is_some_and(|(_, unit)| unit.kind == "duration");
    let counted = at.checked_sub(1).is_some_and(|before| {
        is_digits(tokens, before)
            || rules.words.is_at(tokens, before)
            || rules.per.before(tokens, at).is_some()
            || rules.scales.is_at(tokens, before)
            || matches!(tokens.fold(before), "-")
    });
    // "a second laboratory": a unit of time has no noun behind it.
    let noun = tokens.get(next).is_some_and(|token| token.shape == Shape::Small && token.apart)
        && !rules.stops.contains(tokens.fold(next))
        && matches!(tokens.fold(at.wrapping_sub(1)), "a" | "un" | "um" | "una" | "uma");
    if time && counted && !noun {
        return None;
    }
    Some(Number { value: Some(f64::from(*value)), ..Number::of(at..next, Form::Ordinal) })
}

/// A number of digits or words, no other form.
pub(super) fn simple(text: &str, tokens: &Tokens, at: usize, end: usize, locale: Locale<'_>) -> Option<Number> {
    let number = match tokens.get(at)?.shape {
        Shape::Digits => digits(text, tokens, at, end, locale),
        Shape::Mark => return None,
        _ => words(tokens, at, end, locale)?,
    };
    number.why.is_none().then_some(number)
}

/// A number in words.
fn words(tokens: &Tokens, at: usize, end: usize, locale: Locale<'_>) -> Option<Number> {
    let rules = locale.rules;
    let mut found = Number::of(at..at, Form::Words);
    if let Some((next, value)) = rules.words.at(tokens, at).filter(|(next, _)| *next <= end) {
        found.tokens.end = next;
        scaled(tokens, end, locale, *value, &mut found);
        // "half a" and its like are numbers before a scale word only; articles are none by themselves.
        let single = found.tokens.end == next;
        let half_time = || {
            rules.units.at(tokens, next).is_some_and(|(_, unit)| matches!(unit.kind, "duration" | "mass"))
                && rules.language != "en"
        };
        if single
            && (value.value() < 1.0 && !half_time()
                || rules.articles.contains(tokens.fold(at)) && rules.language == "en")
        {
            return None;
        }
        found.one = single && (value.value() - 1.0).abs() < f64::EPSILON;
        return Some(found);
    }
    let (next, ()) = rules.bare.at(tokens, at)?;
    found.tokens.end = at;
    scaled(tokens, end, locale, Decimal::ONE, &mut found);
    (found.tokens.end >= next).then_some(found)
}

/// Takes in the number words and scale words after the first part of a number: `treinta y cinco mil`,
/// `9 mil 15`, `cinco mil 700 millones`, `two hundred and twenty`.
pub(super) fn scaled(tokens: &Tokens, end: usize, locale: Locale<'_>, first: Decimal, found: &mut Number) {
    let rules = locale.rules;
    // What is done (whole groups of a thousand), and the group at work.
    let mut done: Option<Decimal> = None;
    let mut group: Option<Decimal> = Some(first);
    let mut scale = 0;
    let mut last_power = 0;
    let mut at = found.tokens.end;
    let mut last = at;
    loop {
        if at >= end {
            break;
        }
        let mut next = at;
        if tokens.fold(next) == "-" && tight(tokens, next) {
            next += 1;
        }
        // "5,4 M$", "12 Md€", "300 k€": a scale that is part of the sign for the money.
        let sign = tight(tokens, next + 1) && matches!(tokens.fold(next + 1), "$" | "€");
        let short = match tokens.fold(next) {
            "m" if sign => Some((next + 1, 6)),
            "md" | "mds" | "g" if sign => Some((next + 1, 9)),
            "k" if sign => Some((next + 1, 3)),
            _ => None,
        };
        let word =
            rules.scales.at(tokens, next).filter(|(after, _)| *after <= end).map(|(after, power)| (after, *power));
        if let Some((after, power)) = short.or(word) {
            let power = &power;
            scale += power;
            last_power = *power;
            if scale > 15 {
                found.why = Some("identifier");
                break;
            }
            (done, group) = match (*power, done, group) {
                (2, done, Some(group)) => (done, Some(group.scaled(2))),
                (2, done, None) => (done, Some(Decimal::ONE.scaled(2))),
                (power, Some(sum), group) if sum.value() < 10_f64.powi(power) => {
                    let whole = group.map_or(Some(sum), |group| sum.plus(group));
                    (whole.map(|whole| whole.scaled(power)), None)
                }
                (power, sum, group) => {
                    let part = group.unwrap_or(Decimal::ONE).scaled(power);
                    (sum.map_or(Some(part), |sum| sum.plus(part)), None)
                }
            };
            (at, last) = (after, after);
            continue;
        }
        // "eight and a half years", "two and a half million", "dois milhões e meio": half of one more.
        if let Some((over, ())) = rules.joins.at(tokens, next)
            && last_power == 0
            && let Some(whole) = group.filter(|whole| whole.value() >= 1.0)
            && let Some(half) = Decimal::parse("0.5")
        {
            let english = tokens.fold(over) == "a" && tokens.fold(over + 1) == "half";
            let scaled = matches!(tokens.fold(over), "medio" | "media" | "demi" | "demie" | "meio" | "meia")
                && rules.scales.is_at(tokens, over + 1);
            let after = over + 1 + usize::from(english);
            if (english || scaled) && after <= end {
                group = whole.plus(half);
                (at, last) = (after, after);
                continue;
            }
        }
        // "un millón y medio", "un million et demi": half of the last scale word.
        if let Some((over, ())) = rules.joins.at(tokens, next)
            && matches!(tokens.fold(over), "medio" | "media" | "demi" | "demie" | "meio" | "meia")
            && over < end
            && group.is_none()
            && last_power >= 3
            && let Some(half) = Decimal::parse("0.5")
        {
            done = done.and_then(|done| done.plus(half.scaled(last_power)));
            (at, last) = (over + 1, over + 1);
            continue;
        }
        // A joining word counts only between number words.
        let joined = rules.joins.at(tokens, next).map(|(over, ())| over);
        let word_at = joined.unwrap_or(next);
        if let Some((after, value)) = rules.words.at(tokens, word_at).filter(|(after, _)| *after <= end) {
            let value = value.value();
            let current = group.map(Decimal::value);
            let fits = match current {
                // A new group after a scale word: "two million three hundred".
                None => {
                    done.is_some()
                        && (1.0..1000.0).contains(&value)
                        && value.fract() == 0.0
                        && (joined.is_none() || rules.language != "en" || value < 100.0)
                        && !(rules.articles.contains(tokens.fold(word_at)) || joined.is_some() && value < 2.0)
                }
                Some(current) => goes_on(current, value) && found.form == Form::Words,
            };
            // "mil y" and "and one" go on; "one and two" does not.
            if fits && let Some(word) = Decimal::parse(&format!("{value}")) {
                group = match current {
                    // French: quatre-vingts.
                    Some(current) if (value - 20.0).abs() < 0.1 && (current % 100.0 - 4.0).abs() < 0.1 => {
                        Decimal::parse(&format!("{}", current - 4.0 + 80.0))
                    }
                    Some(_) => group.and_then(|group| group.plus(word)),
                    None => Some(word),
                };
                (at, last) = (after, after);
                continue;
            }
        }
        // Digits below a scale word: "mil 300", "un millón 300 mil".
        if group.is_none() && rules.grammar.joins_after_thousand && is_digits(tokens, next) && joined.is_none() {
            let digits = tokens.fold(next);
            let alone = !(matches!(tokens.fold(next + 1), "." | "," | "-" | "/" | ":")
                && tight(tokens, next + 1)
                && is_digits(tokens, next + 2));
            if digits.len() <= 3 && alone {
                group = Decimal::parse(digits);
                (at, last) = (next + 1, next + 1);
                continue;
            }
        }
        break;
    }
    found.tokens.end = last;
    found.scale = scale;
    found.plain &= scale == 0;
    found.unscaled = Some(first.value());
    let sum = match (done, group) {
        (Some(done), Some(group)) => done.plus(group),
        (done, group) => done.or(group),
    };
    found.value = sum.map(Decimal::value);
    found.doubtful &= scale == 0;
    // "tres docenas de loros", "three dozen": so many times twelve.
    if let Some((after, times)) = rules.multiples.at(tokens, last).filter(|(after, _)| *after <= end)
        && scale == 0
        && let Some(value) = found.value.filter(|value| value.fract() == 0.0 && (2.0..100.0).contains(value))
    {
        found.value = Some(value * times);
        found.tokens.end = after;
        found.form = Form::Collective("exact");
    }
}

/// Whether a number word goes on with a group: "thirty" with "five", "doscientos" with "veinte".
fn goes_on(current: f64, value: f64) -> bool {
    if value < 1.0
        || current < 20.0 && !((value - 20.0).abs() < 0.1 && (current - 4.0).abs() < 0.1)
        || value.fract() != 0.0
    {
        return false;
    }
    let tens = current % 100.0;
    if (value - 20.0).abs() < 0.1 && (tens - 4.0).abs() < 0.1 {
        return true;
    }
    if value < 10.0 {
        return tens >= 20.0 && tens % 10.0 == 0.0 || tens == 0.0 && current >= 100.0;
    }
    if value < 20.0 {
        // French counts on from sixty and from eighty.
        return tens == 0.0 && current >= 100.0 || (tens - 60.0).abs() < 0.1 || (tens - 80.0).abs() < 0.1;
    }
    value < 100.0 && tens == 0.0 && current >= 100.0
}
