//! What a number counts: the noun behind it, its money, its rate, and the words that say more.

use std::ops::Range;

use super::currency;
use super::judge::Case;
use super::number::{Form, Number};
use super::rules::Unit;
use crate::lexicon::Sense;
use crate::token::Shape;

/// What stands after a number.
pub(super) struct Noun {
    pub(super) unit: String,
    pub(super) kind: &'static str,
    /// The token after the unit (or after the number, for a currency before it).
    pub(super) end: usize,
    /// The first token after the number.
    pub(super) words: usize,
    /// The unit was found in a list.
    pub(super) known: bool,
}

/// Nouns that are one and many, folded.
const MANY: [&str; 24] = [
    "staff",
    "crew",
    "personnel",
    "police",
    "aircraft",
    "fish",
    "sheep",
    "deer",
    "series",
    "species",
    "head",
    "people",
    "men",
    "women",
    "children",
    "cattle",
    "offspring",
    "craft",
    "livestock",
    "youth",
    "faculty",
    "media",
    "data",
    "poultry",
];

/// Tokens looked at to find the noun: `8,263 illegal firearms`, `19 global databases`.
const NOUN_TOKENS: usize = 7;

impl Case<'_> {
    /// The currency right before a number: where it starts, and its code.
    pub(super) fn currency(&self, start: usize) -> (usize, Option<&str>) {
        let table = &self.rules.currency_before;
        let found = table.before(&self.doc.tokens, start);
        // A single letter is a currency only where nothing parts it from the number, and as a capital.
        let fits = found.filter(|(at, _)| {
            let token = self.doc.token(*at);
            let single = start - at == 1 && token.is_some_and(|token| token.is_word() && token.end - token.start <= 2);
            // "a $ 38.000": the letter of a sign stands close to it, as a capital.
            let lettered =
                start - at == 2 && token.is_some_and(|token| token.is_word() && token.end - token.start == 1);
            if lettered {
                let close = self.doc.token(at + 1).is_some_and(|token| !token.apart);
                return close && token.is_some_and(super::super::token::Token::is_capital);
            }
            // "L 2.3 millones", "Q 300": in its own country it may stand apart.
            let own = single && matches!((self.home, self.doc.fold(*at)), (Some("HN"), "l") | (Some("GT"), "q"))
                || single
                    && self.doc.fold(*at) == "rs"
                    && matches!(self.home, Some("PK" | "IN" | "LK" | "NP" | "MU" | "SC"));
            if own && token.is_some_and(|token| token.shape == Shape::Capitals || token.is_capital()) {
                return true;
            }
            let dollar = self.doc.fold(start - 1) == "$";
            let code = start - at == 1 && token.is_some_and(|token| token.shape == Shape::Capitals);
            // A code of three letters is a word of its language in small ones: "all 250", "top 10".
            // "KSh 74 million" has a capital inside, as no word has.
            let inside = || {
                let printed = token.and_then(|token| self.doc.text.get(token.range())).unwrap_or_default();
                printed.chars().skip(1).any(char::is_uppercase)
            };
            let iso = start - at == 1
                && token.is_some_and(|token| token.is_word() && token.end - token.start == 3)
                && !inside();
            code || dollar
                || !single && !iso
                || token.is_some_and(super::super::token::Token::is_capital)
                    && self.doc.token(start).is_some_and(|number| !number.apart)
        });
        match fits {
            Some((at, code)) => (at, Some(self.money(code))),
            None if start > 0 && self.doc.fold(start - 1) == "$" => (start - 1, Some(self.money("$"))),
            None => (start, None),
        }
    }

    /// What a word or sign for money is where the report comes from.
    pub(super) fn money<'c>(&self, code: &'c str) -> &'c str {
        currency::of(code, self.home)
    }

    pub(super) fn noun(&self, number: &Number, currency: Option<&str>) -> Option<Noun> {
        let (doc, rules) = (self.doc, self.rules);
        let mut next = number.tokens.end;
        if doc.fold(next) == "+" {
            next += 1;
        }
        if doc.fold(next) == "-" && doc.token(next).is_some_and(|mark| !mark.apart) {
            next += 1;
        }
        // "de", "d'" and "of" belong to the scale word: "millones de registros".
        let collective = matches!(number.form, Form::Collective(_));
        // "un millón 300 mil de ellas": no noun.
        if rules.of_them.is_at(&doc.tokens, next) {
            return None;
        }
        if (number.scale >= 6 || collective)
            && let Some((over, ())) = rules.of.at(&doc.tokens, next)
        {
            next = over;
        }
        // "2,200 or so ecstasy tablets": the hedge stands before the noun.
        if let Some((over, _)) = rules.hedges_after.at(&doc.tokens, next)
            && !rules.grammar.noun_first
            && doc.token(over).is_some_and(|token| token.shape == Shape::Small)
            && !rules.stops.contains(doc.fold(over))
        {
            next = over;
        }
        // "18 o más años", "65 ou mais anos"
        if let Some((over, _)) = rules.hedges_after.at(&doc.tokens, next)
            && rules.grammar.noun_first
            && rules.units.at(&doc.tokens, over).is_some_and(|(_, unit)| unit.kind == "duration")
        {
            next = over;
        }
        // "son cinco los grupos", "suman 214 las armas": the verb stands before the number.
        let inverted = rules.grammar.noun_first
            && matches!(doc.fold(next), "los" | "las" | "os" | "as" | "les")
            && number.tokens.start.checked_sub(1).is_some_and(|at| {
                matches!(
                    doc.fold(at),
                    "son" | "suman" | "eran" | "fueron" | "sao" | "somam" | "eram" | "foram" | "ya" | "ja"
                )
            })
            && rules.units.at(&doc.tokens, next + 1).is_some_and(|(_, unit)| unit.kind == "count");
        if inverted {
            next += 1;
        }
        let words = next;
        let direct = rules.units.at(&doc.tokens, next).filter(|(over, _)| *over <= self.sentence.end);
        // "two second-hand excavators": part of a word that only says more.
        // "350 quilos por dia": so much of it a day.
        if let Some((over, unit)) = direct
            && unit.kind == "mass"
            && let Some((per, last)) = self.per(over)
        {
            return Some(Noun { unit: per, kind: "rate", end: last, words, known: true });
        }
        let direct = direct.filter(|(over, unit)| {
            !(unit.kind == "duration" && doc.fold(*over) == "-" && doc.fold(over + 1) == "hand")
        });
        if let Some(code) = currency {
            let (unit, end) = match direct.filter(|(_, unit)| unit.kind == "money") {
                Some((over, unit)) => (self.money(&unit.code), over),
                None => (code, number.tokens.end),
            };
            return Some(Noun { unit: unit.to_owned(), kind: "money", end, words, known: true });
        }
        // A code behind the number: "400 PLN".
        let code = doc.token(next).filter(|token| token.shape == Shape::Capitals && next < self.sentence.end);
        let code = code.and_then(|token| doc.text.get(token.range())).filter(|code| currency::is_code(code));
        if let Some(code) = code {
            return Some(Noun { unit: code.to_owned(), kind: "money", end: next + 1, words, known: true });
        }
        // "35 000 $ US", and a closing sign: "20 $".
        if let Some((over, unit)) = direct.filter(|(over, unit)| unit.kind == "money" && *over > next + 1) {
            return Some(self.rated(words, over, unit));
        }
        if doc.fold(next) == "$" {
            return Some(Noun { unit: self.money("$").to_owned(), kind: "money", end: next + 1, words, known: true });
        }
        if let Some((per, last)) = self.per_many(next) {
            return Some(Noun { unit: per, kind: "rate", end: last, words, known: true });
        }
        // "126 por segundo", "casi once millones al día".
        if let Some((per, last)) = self.per(next) {
            return Some(Noun { unit: per, kind: "rate", end: last, words, known: true });
        }
        if let Some((over, unit)) = direct.filter(|(_, unit)| unit.kind != "count") {
            return Some(self.rated(words, over, unit));
        }
        if words >= self.sentence.end {
            return None;
        }
        let mut last: Option<usize> = None;
        let mut first: Option<usize> = None;
        let mut at = words;
        while at < (words + NOUN_TOKENS).min(self.sentence.end) {
            let token = doc.token(at)?;
            let folded = doc.fold(at);
            if token.cut || token.line && at > words {
                break;
            }
            if token.shape == Shape::Mark {
                // Hyphens, apostrophes and quotation marks inside the noun phrase.
                if matches!(folded, "-" | "'" | "\u{201c}" | "\"" | "«") && !(folded == "-" && token.apart) {
                    at += 1;
                    continue;
                }
                break;
            }
            // "two AK-47 rifles": digits that are part of a name.
            if token.shape == Shape::Digits && !(doc.fold(at.wrapping_sub(1)) == "-" && !token.apart && at > words) {
                break;
            }
            if token.shape == Shape::Digits {
                at += 1;
                continue;
            }
            if let Some((over, unit)) = rules.units.at(&doc.tokens, at).filter(|(over, _)| *over <= self.sentence.end) {
                // In "52 country offices" and "20 police officers" the first noun is not what is counted.
                let modifies = !rules.grammar.noun_first
                    && doc.token(over).is_some_and(|next| next.apart && next.shape == Shape::Small)
                    && !rules.stops.contains(doc.fold(over))
                    && is_plural(doc.fold(over))
                    && !is_plural(doc.fold(over - 1));
                // "96 concerned online fraud", "31 drug trafficking": what is counted stands in the plural.
                let many = number.value.is_none_or(|value| value >= 2.0);
                let singular = !rules.grammar.noun_first
                    && many
                    && matches!(number.form, Form::Digits | Form::Words)
                    && unit.kind == "count"
                    && !is_plural(doc.fold(over - 1))
                    && !MANY.contains(&doc.fold(over - 1))
                    && doc.token(over).is_some_and(|next| next.shape == Shape::Small && next.apart)
                    && (at > words || !rules.stops.contains(doc.fold(over)));
                let hyphened = doc.fold(number.tokens.end) == "-" || over - at > 1 || doc.fold(over - 1).len() <= 3;
                if !modifies && (!singular || hyphened) {
                    return Some(self.rated(words, over, unit));
                }
            }
            // "un millón 300 mil de ellas", "dez deles": no noun.
            if rules.of_them.is_at(&doc.tokens, at) {
                break;
            }
            let stop = rules.stops.contains(folded);
            // Names go on over "and": "three Command and Coordination Centres".
            let inside_name = doc.is_capital(at + 1) && at > words && doc.is_capital(at - 1);
            if stop && !inside_name || rules.words.is_at(&doc.tokens, at) && at > words && !inside_name {
                break;
            }
            if !stop {
                first = first.or(Some(at).filter(|_| !rules.adjectives.contains(folded)));
                last = Some(at);
            }
            if rules.grammar.noun_first && first.is_some() {
                break;
            }
            at += 1;
        }
        let plural = (words..=last?)
            .find(|at| is_plural(doc.fold(*at)) && doc.token(*at).is_some_and(super::super::token::Token::is_word));
        let noun = if rules.grammar.noun_first { first } else { plural.or(last) }?;
        let token = doc.token(noun)?;
        let printed = doc.text.get(token.range())?;
        // A name after a number is no unit ("2022 Global Crime Trend Report"), the plural end of one is.
        let name = token.is_capital() && !(rules.language == "en" && is_plural(doc.fold(noun)));
        if name || printed.chars().count() < 2 || doc.is(noun, |sense| matches!(sense, Sense::Month(_) | Sense::Says)) {
            return None;
        }
        let one = number.value.is_some_and(|value| value < 2.0);
        // A number of digits with a word in the singular behind it counts nothing.
        let agrees = one || is_plural(doc.fold(noun));
        if !agrees {
            return None;
        }
        if let Some((per, last)) =
            self.per(noun + 1).or_else(|| (doc.fold(noun + 1) == "every").then(|| self.per(noun + 1)).flatten())
        {
            return Some(Noun { unit: per, kind: "rate", end: last, words, known: false });
        }
        Some(Noun { unit: singular(printed, rules.language), kind: "count", end: noun + 1, words, known: false })
    }

    /// A unit that ends before the token `end`, and whether a rate is stated of it ("searches per second").
    pub(super) fn rated(&self, words: usize, end: usize, unit: &Unit) -> Noun {
        let (doc, rules) = (self.doc, self.rules);
        // In the United States pounds are a weight.
        if unit.kind == "money" && unit.code == "pound" && self.home == Some("US") {
            return Noun { unit: unit.code.clone(), kind: "mass", end, words, known: true };
        }
        let code = if unit.kind == "money" { self.money(&unit.code) } else { unit.code.as_str() };
        let plain = || Noun { unit: code.to_owned(), kind: unit.kind, end, words, known: true };
        if unit.kind != "count" {
            return plain();
        }
        // "20 million times a day", "searches carried out per second": a word or two may stand between.
        for at in end..(end + 3).min(self.sentence.end) {
            if let Some((per, last)) = self.per_many(at).or_else(|| self.per(at)) {
                return Noun { unit: per, kind: "rate", end: last, words, known: true };
            }
            if doc.token(at).is_none_or(|token| token.shape == Shape::Mark) || rules.stops.contains(doc.fold(at)) {
                break;
            }
        }
        plain()
    }

    /// "per 100,000 inhabitants", "por cada 100.000 habitantes", "por 100 mil": the unit of the rate, and the token
    /// after it.
    fn per_many(&self, at: usize) -> Option<(String, usize)> {
        let (doc, rules) = (self.doc, self.rules);
        let over = rules
            .per
            .at(&doc.tokens, at)
            .map(|(over, ())| over)
            .or_else(|| matches!(doc.fold(at), "pour" | "para" | "for").then_some(at + 1))?;
        let mut next = if matches!(doc.fold(over), "cada" | "every" | "each") { over + 1 } else { over };
        let mut digits = String::new();
        let mut scale = 0;
        while next < self.sentence.end && digits.len() <= 9 {
            match doc.token(next)?.shape {
                Shape::Digits => digits.push_str(doc.fold(next)),
                Shape::Mark
                    if matches!(doc.fold(next), "." | "," | "'") && doc.token(next + 1)?.shape == Shape::Digits => {}
                _ => break,
            }
            next += 1;
        }
        if digits.is_empty()
            && let Some((after, value)) = rules.words.at(&doc.tokens, next).filter(|(_, value)| value.value() >= 1.0)
        {
            digits = format!("{}", value.value());
            next = after;
        }
        while let Some((after, power)) = rules.scales.at(&doc.tokens, next) {
            (scale, next) = (scale + power, after);
            digits = if digits.is_empty() { "1".to_owned() } else { digits };
        }
        let base: f64 = digits.parse().ok()?;
        let many = base * 10_f64.powi(scale);
        // "por ciento" is a sign of its own, and "para 59.044" no base.
        if !(1e3..=1e9).contains(&many) || many.log10().fract() != 0.0 {
            return None;
        }
        // "por cada 100.000 habitantes": the people are part of the unit.
        let people = rules.units.at(&doc.tokens, next).filter(|(after, _)| *after <= self.sentence.end);
        // As the codes of units are written.
        let base = match many {
            1e3 => "1k".to_owned(),
            1e4 => "10k".to_owned(),
            1e5 => "100k".to_owned(),
            1e6 => "million".to_owned(),
            _ => many.to_string(),
        };
        Some((format!("per-{base}"), people.map_or(next, |(after, _)| after)))
    }

    /// "per second", "a day", "al día" at a token: the unit of the rate, and the token after it.
    pub(super) fn per(&self, at: usize) -> Option<(String, usize)> {
        let (doc, rules) = (self.doc, self.rules);
        let (over, ()) = rules.per.at(&doc.tokens, at)?;
        let (last, per) = rules.units.at(&doc.tokens, over).filter(|(last, _)| *last <= self.sentence.end)?;
        // "51.5 tonnes a year earlier" is no rate.
        let word = doc.fold(at);
        let long = matches!(per.code.as_str(), "week" | "month" | "year")
            && (matches!(word, "por" | "par" | "per") || matches!(word, "al" | "a" | "ao"));
        let short = long || matches!(per.code.as_str(), "second" | "minute" | "hour" | "day");
        let tied = doc.fold(last) == "-" && doc.token(last).is_some_and(|dash| !dash.apart);
        let rate = short && !rules.no_rate.is_at(&doc.tokens, last) && !tied;
        rate.then(|| (format!("per-{}", per.code), last))
    }

    /// The noun phrase after a number: the words up to the unit, and what "of" adds to it.
    pub(super) fn measure(&self, words: usize, end: usize) -> Option<Range<usize>> {
        let (doc, rules) = (self.doc, self.rules);
        let (mut last, mut at, mut of) = (end, end, false);
        while at < (end + 10).min(self.sentence.end) {
            let token = doc.token(at)?;
            if token.shape != Shape::Small && token.shape != Shape::Title && token.shape != Shape::Capitals {
                if matches!(doc.fold(at), "-" | "'") && !token.apart {
                    at += 1;
                    continue;
                }
                break;
            }
            if let Some((over, ())) = rules.of.at(&doc.tokens, at) {
                of = true;
                at = over;
                continue;
            }
            if of && rules.joins.is_at(&doc.tokens, at) {
                at += 1;
                continue;
            }
            if rules.stops.contains(doc.fold(at))
                || (!of && !rules.grammar.noun_first)
                || doc.is(at, |sense| matches!(sense, Sense::Says))
            {
                break;
            }
            at += 1;
            last = at;
        }
        (words < last).then_some(words..last)
    }
}

pub(super) fn is_plural(word: &str) -> bool {
    word.chars().count() > 3 && (word.ends_with('s') && !word.ends_with("ss") || word.ends_with('x'))
        || matches!(word, "people" | "men" | "women" | "children" | "cattle" | "mice" | "feet" | "teeth")
}

/// The singular of an English noun; other languages as printed.
pub(super) fn singular(word: &str, language: &str) -> String {
    let word = word.to_lowercase();
    if language != "en" {
        return word;
    }
    let stem = |end: &str| word.strip_suffix(end);
    if let Some(stem) = stem("ies").filter(|stem| stem.len() > 2) {
        return format!("{stem}y");
    }
    if let Some(stem) = stem("es").filter(|stem| ["sh", "ch", "x", "ss", "z"].iter().any(|end| stem.ends_with(end))) {
        return stem.to_owned();
    }
    stem("s").filter(|stem| !stem.ends_with('s')).map_or(word.clone(), str::to_owned)
}
