//! Every number of a text: digits with their marks and scale words, number words, collective nouns,
//! fractions, shares and ordinals.

use std::ops::Range;

use super::decimal::{self, Decimal, Meaning};
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
            let fraction = rules.fractions.at(tokens, at).filter(|(next, _)| *next <= end);
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
                    || matches!(
                        tokens.fold(next),
                        "more" | "less" | "fewer" | "higher" | "lower" | "larger" | "up" | "down"
                    )
            };
            let fraction = fraction.filter(|(next, value)| quarter(**value, *next) && part(**value, *next));
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
            let fraction = fraction.filter(|(next, value)| multiple(**value, *next));
            // "half a second": a time.
            let fraction = fraction.filter(|(next, _)| {
                !(tokens.fold(*next) == "a"
                    && rules.units.at(tokens, next + 1).is_some_and(|(_, unit)| unit.kind == "duration"))
            });
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
    fn of(tokens: Range<usize>, form: Form) -> Self {
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

/// A number in Roman numerals, `II` to `C`. Whether it numbers something is told by what stands around it.
fn roman(text: &str, tokens: &Tokens, at: usize, language: &str) -> Option<Number> {
    let token = tokens.get(at).filter(|token| token.is_capital() && token.end - token.start <= 7)?;
    let word = text.get(token.range())?;
    // "le Ve Forum", "la XXIIe Conférence"
    let ordinal = word.strip_suffix("ème").or_else(|| word.strip_suffix('e')).filter(|_| language == "fr");
    // "Le" and "Ce" are words.
    let ordinal = ordinal.filter(|_| !matches!(word, "Le" | "Ce" | "De" | "Me"));
    let word = ordinal.unwrap_or(word);
    let digit = |c: char| match c {
        'I' => Some(1_u32),
        'V' => Some(5),
        'X' => Some(10),
        'L' => Some(50),
        'C' => Some(100),
        _ => None,
    };
    let digits: Option<Vec<u32>> = word.chars().map(digit).collect();
    let digits = digits?;
    let mut sum = 0;
    for (number, digit) in digits.iter().enumerate() {
        match digits.get(number + 1) {
            Some(next) if next > digit => sum -= i64::from(*digit),
            _ => sum += i64::from(*digit),
        }
    }
    // Written back, it has to be the same: "IIII", "VX" and "CC" of an address are none.
    let value = u32::try_from(sum).ok().filter(|value| (1..=100).contains(value) && in_roman(*value) == word)?;
    Some(Number { value: Some(f64::from(value)), ..Number::of(at..at + 1, Form::Roman) })
}

fn in_roman(mut value: u32) -> String {
    let mut out = String::new();
    for (worth, sign) in
        [(100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]
    {
        while value >= worth {
            out.push_str(sign);
            value -= worth;
        }
    }
    out
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
fn part_of(tokens: &Tokens, at: usize, end: usize, one: Option<&Number>, rules: &Rules) -> Option<Number> {
    let over = one.filter(|one| one.one && rules.language != "en")?.tokens.end;
    let (next, value) = rules.ordinals.at(tokens, over).filter(|(next, value)| *next < end && **value > 4)?;
    let masculine = matches!(tokens.fold(at), "un" | "um");
    let of = matches!(tokens.fold(next), "del" | "de" | "du" | "des" | "do" | "da" | "dos" | "das");
    (masculine && of).then(|| Number { value: Some(1.0 / f64::from(*value)), ..Number::of(at..next, Form::Fraction) })
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

/// `one in every three`, `nine out of ten`, `una de cada tres`.
fn share(text: &str, tokens: &Tokens, at: usize, end: usize, locale: Locale<'_>) -> Option<Number> {
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

/// A number of digits or words, no other form.
fn simple(text: &str, tokens: &Tokens, at: usize, end: usize, locale: Locale<'_>) -> Option<Number> {
    let number = match tokens.get(at)?.shape {
        Shape::Digits => digits(text, tokens, at, end, locale),
        Shape::Mark => return None,
        _ => words(tokens, at, end, locale)?,
    };
    number.why.is_none().then_some(number)
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// The one character between two tokens, where they stand one apart.
fn gap(text: &str, tokens: &Tokens, left: usize) -> Option<char> {
    let between = text.get(tokens.get(left)?.end..tokens.get(left + 1)?.start)?;
    let mut chars = between.chars();
    chars.next().filter(|_| chars.next().is_none())
}

fn tight(tokens: &Tokens, at: usize) -> bool {
    tokens.get(at).is_some_and(|token| !token.apart)
}

fn is_digits(tokens: &Tokens, at: usize) -> bool {
    tokens.get(at).is_some_and(|token| token.shape == Shape::Digits)
}

fn digits(text: &str, tokens: &Tokens, at: usize, end: usize, locale: Locale<'_>) -> Number {
    let mut groups = vec![('\0', tokens.fold(at))];
    let mut next = at + 1;
    while next < end {
        let first = groups.first().map_or(0, |(_, digits)| digits.len());
        let last = groups.last().copied().unwrap_or(('\0', ""));
        let fits = |mark: char, group: &str| group.len() == 3 && first <= 3 && (last.0 == '\0' || last.0 == mark);
        if is_digits(tokens, next)
            && let Some(blank) = gap(text, tokens, next - 1).filter(|c| is_blank(*c))
            && fits(blank, tokens.fold(next))
        {
            groups.push((blank, tokens.fold(next)));
            next += 1;
            continue;
        }
        let mark = tokens.fold(next);
        if tight(tokens, next) && tight(tokens, next + 1) && is_digits(tokens, next + 1) && next + 1 < end {
            match mark {
                "." | "," => {
                    groups.push((mark.chars().next().unwrap_or('.'), tokens.fold(next + 1)));
                    next += 2;
                    continue;
                }
                "'" if fits('\'', tokens.fold(next + 1)) => {
                    groups.push(('\'', tokens.fold(next + 1)));
                    next += 2;
                    continue;
                }
                _ => {}
            }
        }
        break;
    }
    let plain = groups.len() == 1;
    let mut found = Number { plain, ..Number::of(at..next, Form::Digits) };
    let meaning = decimal::interpret(&groups, locale.marks, locale.blank_thousands);
    let base = match meaning {
        Meaning::Number(number) => Some(number),
        Meaning::ThreeDecimals(number) => {
            found.doubtful = true;
            Some(number)
        }
        // "12,000 armas" in a text whose decimals have commas: thousands, if a noun that is counted follows.
        Meaning::Ambiguous
            if groups.len() == 2 && matches!(groups.get(1), Some((',' | '.', digits)) if digits.len() == 3) =>
        {
            found.doubtful = true;
            let digits: String = groups.iter().map(|(_, digits)| *digits).collect();
            Decimal::parse(&digits).map(|number| number.scaled(-3))
        }
        Meaning::Ambiguous => {
            found.why = Some("ambiguous-number");
            None
        }
        Meaning::Identifier => {
            found.why = Some("identifier");
            None
        }
    };
    if let Some(why) = shape(tokens, &found, locale.rules) {
        if why == "ordinal" && plain {
            found.form = Form::Ordinal;
            found.value = base.map(Decimal::value);
            found.tokens.end += ordinal_suffix(tokens, next, locale.rules);
            return found;
        }
        found.why = Some(why);
        return found;
    }
    let Some(base) = base else { return found };
    scaled(tokens, end, locale, base, &mut found);
    found
}

/// How many tokens the suffix of an ordinal takes: `th`, `ª`, `.º`.
fn ordinal_suffix(tokens: &Tokens, at: usize, rules: &Rules) -> usize {
    let dot = usize::from(tokens.fold(at) == "." && tight(tokens, at));
    let suffix = at + dot;
    let fits =
        tight(tokens, suffix) && rules.ordinal_suffixes.contains(tokens.fold(suffix)) && !is_digits(tokens, suffix);
    if fits { dot + 1 } else { 0 }
}

/// What the tokens around a digit run make of it.
fn shape(tokens: &Tokens, found: &Number, rules: &Rules) -> Option<&'static str> {
    let Range { start, end } = found.tokens;
    let before = start.checked_sub(1).filter(|_| tight(tokens, start));
    if let Some(before) = before {
        let far = before.checked_sub(1);
        let left = tokens.get(before)?;
        let letters_before = far.is_some_and(|far| tokens.get(far).is_some_and(super::super::token::Token::is_word))
            && tight(tokens, before);
        match tokens.fold(before) {
            "#" | "@" | "_" => return Some("identifier"),
            "-" if letters_before => return Some("identifier"),
            "-" if far.is_none_or(|far| !is_digits(tokens, far)) => return Some("ambiguous-number"),
            "/" | ":" if far.is_some_and(|far| is_digits(tokens, far)) => return Some("identifier"),
            _ if left.is_word() && rules.currency_before.before(tokens, start).is_none_or(|(at, _)| at != before) => {
                return Some("identifier");
            }
            _ => {}
        }
    }
    let next = tokens.get(end).filter(|token| !token.apart);
    if matches!(tokens.fold(end), "/" | ":") && next.is_some() && tight(tokens, end + 1) && is_digits(tokens, end + 1) {
        return Some("identifier");
    }
    if found.plain && ordinal_suffix(tokens, end, rules) > 0 {
        return Some("ordinal");
    }
    let next = next.filter(|token| token.is_word())?;
    let sign = matches!(tokens.fold(end), "m" | "md" | "mds" | "k" | "g") && matches!(tokens.fold(end + 1), "$" | "€");
    let known = sign || rules.scales.is_at(tokens, end) || rules.units.is_at(tokens, end) || next.cut;
    (!known).then_some("identifier")
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
fn scaled(tokens: &Tokens, end: usize, locale: Locale<'_>, first: Decimal, found: &mut Number) {
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
