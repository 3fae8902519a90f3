//! The rules by which a number is no figure: dates, times, identifiers, furniture.

use std::ops::Range;

use super::judge::{Case, Known};
use super::noun::is_plural;
use super::number::{Form, Number};
use crate::date::Precision;
use crate::lexicon::Sense;
use crate::token::Shape;

impl Case<'_> {
    /// The rule that takes a number out, if one does.
    pub(super) fn excluded(&self, number: &Number, known: Known<'_>) -> Option<&'static str> {
        let Known { dates, undated, names, .. } = known;
        let (doc, rules) = (self.doc, self.rules);
        let Range { start, end } = number.tokens;
        let inside = |range: &Range<usize>| range.start <= start && end <= range.end;
        if undated.iter().any(|date| date.start < end && start < date.end) {
            return Some("date");
        }
        let dated =
            dates.iter().find(|date| inside(&date.tokens) || date.tokens.start < end && start < date.tokens.end);
        if let Some(date) = dated
            && !(date.relative && inside(&date.tokens))
        {
            return Some(if date.precision == Precision::Year { "year" } else { "date" });
        }
        if number.why.is_some() {
            return number.why;
        }
        if number.form == Form::Roman {
            return None;
        }
        if names.iter().any(|name| !name.series && inside(&name.tokens) && name.tokens.len() > number.tokens.len()) {
            return Some("name");
        }
        // "Page 1 sur 2"
        if number.form == Form::Share && rules.before_identifier.before(&doc.tokens, start).is_some() {
            return Some("furniture");
        }
        if number.form == Form::Ordinal {
            let named = rules.before_identifier.before(&doc.tokens, start).is_some_and(|(at, ())| doc.fold(at) != "au");
            return (named && number.plain).then_some("identifier");
        }
        // "nesta quarta-feira (14)": the day of the weekday.
        // "na terça-feira, 4, numa piroga" as well.
        let weekday = start > self.sentence.start + 1
            && matches!((doc.fold(start - 1), doc.fold(end)), ("(", ")") | (",", ","))
            && (2..=4).filter_map(|back| start.checked_sub(back)).any(|at| {
                doc.find(at, |sense| matches!(sense, Sense::Weekday(_))).is_some_and(|(over, _)| over == start - 1)
            });
        // "el lunes 7 en Barquisimeto"
        let beside = start > self.sentence.start
            && rules.language != "en"
            && doc.is(start - 1, |sense| matches!(sense, Sense::Weekday(_)))
            && number.value.is_some_and(|value| (1.0..=31.0).contains(&value))
            && self.noun(number, None).is_none_or(|noun| !noun.known);
        if (weekday || beside) && number.plain {
            return Some("date");
        }
        // "Fazenda Três Barras": a number with capitals on both sides is part of a name.
        let within = number.form == Form::Words
            && start > self.sentence.start + 1
            && [start - 1, start, end].into_iter().all(|at| {
                doc.token(at).is_some_and(|token| token.shape == Shape::Title && (at == start - 1 || token.apart))
            })
            && rules.grammar.noun_first
            && !doc.is_function_word(start - 1);
        if within {
            return Some("name");
        }
        // "cr/220118", "0800 555 020"
        let filed = start > 1
            && doc.fold(start - 1) == "/"
            && doc.token(start).is_some_and(|token| !token.apart)
            && doc.token(start - 2).is_some_and(super::super::token::Token::is_word);
        let dialled = start > 0
            && doc.token(start - 1).is_some_and(|token| token.shape == Shape::Digits && token.end - token.start >= 3)
            && doc.fold(start - 1).starts_with('0');
        let dialled = dialled || self.is_telephone(start, number);
        if number.form == Form::Digits && (filed || dialled) {
            return Some("identifier");
        }
        if number.form == Form::Digits && rules.before_identifier.before(&doc.tokens, start).is_some() {
            let counted =
                number.plain && self.noun(number, None).is_some_and(|noun| noun.known && noun.end == noun.words + 1);
            let weak = rules
                .before_identifier
                .before(&doc.tokens, start)
                .is_some_and(|(at, ())| doc.fold(at) == "no" && start - at == 1);
            // A number with marks counts the noun behind it: "por esa causa 1.189 personas".
            let noun = || self.noun(number, None).filter(|noun| noun.known && noun.end > noun.words);
            if !(weak && counted || !number.plain && noun().is_some()) {
                return Some("identifier");
            }
        }
        if !number.plain {
            // "Los Treinta": a number word written as a name.
            let name = number.form == Form::Words
                && start > self.sentence.start
                && number.tokens.len() == 1
                && doc.token(start).is_some_and(|token| token.shape == Shape::Title)
                && !doc.token(start - 1).is_some_and(|token| token.shape == Shape::Mark)
                && doc.is_function_word(start - 1);
            return name.then_some("name");
        }
        let digits = doc.fold(start);
        let legal = matches!(doc.fold(end), "bis" | "ter" | "quater" | "u")
            && (doc.fold(end) != "u" || doc.fold(end + 1) == ".");
        let signed = start > 0 && matches!(doc.fold(start - 1), "§" | "#" | "°" | "º");
        if digits.len() > 1 && digits.starts_with('0') || legal || signed {
            return Some("identifier");
        }
        let first = self.sentence.start == start || doc.token(start).is_some_and(|token| token.line);
        let mark = matches!(doc.fold(end), "." | ")" | "°") && doc.token(end).is_some_and(|mark| !mark.apart);
        if digits.len() <= 2 && first && mark && doc.token(end + 1).is_some_and(|next| next.apart) {
            return Some("list-number");
        }
        if rules.after_furniture.is_at(&doc.tokens, end) {
            return Some("furniture");
        }
        // "Pour signaler un cas : 116 (appel gratuit)"
        let free = doc.fold(end) == "("
            && (end + 1..end + 4).any(|at| {
                ["gratuit", "gratuita", "gratuito", "free", "toll", "vert", "anonym"]
                    .iter()
                    .any(|stem| doc.fold(at).starts_with(stem))
            });
        if free && (2..=6).contains(&digits.len()) && (doc.fold(start.wrapping_sub(1)) == ":" || digits.len() == 3) {
            return Some("identifier");
        }
        // "24 heures sur 24", "24 hours a day": always.
        let hours = doc.fold(end).starts_with('h')
            && matches!(doc.fold(end + 1), "por" | "sur" | "a" | "al" | "par" | "del" | "do");
        if digits == "24" && hours {
            return Some("idiom");
        }
        let always = digits == "24"
            && (doc.fold(end + 1) == "sur"
                || doc.fold(end + 1) == "a"
                || doc.fold(end) == "/"
                || start > 0 && doc.fold(start - 1) == "sur");
        if always {
            return Some("idiom");
        }
        // "Lundi, dès 6 heures, 160 policiers": a time of day, set off.
        let at_hour = doc.fold(end) == "heures"
            && start > 0
            && matches!(doc.fold(start - 1), "des" | "vers" | "a")
            && doc.token(end + 1).is_none_or(|token| token.shape == Shape::Mark);
        if at_hour && digits.len() <= 2 {
            return Some("time");
        }
        let hour = digits.len() <= 2 && digits.parse::<u8>().is_ok_and(|hour| hour <= 24);
        // "16 horas seguidas" is no time of day, "a las 14 horas" is.
        let lasts = rules.language == "es"
            && doc.fold(end) == "horas"
            && !matches!(doc.fold(start.wrapping_sub(1)), "las" | "la" | "los")
            && rules.after_time.at(&doc.tokens, end).is_some_and(|(over, ())| over == end + 1);
        if hour && !lasts && rules.after_time.is_at(&doc.tokens, end) {
            return Some("time");
        }
        // `+56 2 2555 1234`, `555-0134`: digits among digits.
        let dash = |at: usize| {
            matches!(doc.fold(at), "-" | "+" | ".") && doc.token(at).is_some_and(|token| token.shape == Shape::Mark)
        };
        let digit = |at: usize| doc.token(at).is_some_and(|token| token.shape == Shape::Digits);
        let neighbour = digit(end) && doc.token(end).is_some_and(|token| token.apart)
            || start > 0 && digit(start - 1)
            || start > 0 && doc.fold(start - 1) == "+" && doc.token(start).is_some_and(|token| !token.apart);
        let dashed = dash(end)
            && digit(end + 1)
            && digits.len() >= 3
            && doc.token(end).is_some_and(|token| !token.apart)
            && doc.token(end + 1).is_some_and(|token| !token.apart)
            || start > 1 && dash(start - 1) && digit(start - 2) && doc.token(start).is_some_and(|token| !token.apart);
        // "(956) 555-0174", "1-888-555-0130": the parts of a telephone number.
        let tight = |at: usize| doc.token(at).is_some_and(|token| !token.apart);
        let called =
            doc.fold(end) == ")" && digit(end + 1) && doc.fold(end + 2) == "-" && digit(end + 3) && tight(end + 3)
                || doc.fold(end) == "-"
                    && tight(end)
                    && digit(end + 1)
                    && doc.fold(end + 2) == "-"
                    && digit(end + 3)
                    && tight(end + 3);
        // "(33) 4 72 44 71 63"
        let called = called || doc.fold(end) == ")" && digit(end + 1) && digit(end + 2);
        // "75859 Paris": a postal code.
        let posted = digits.len() == 5
            && number.plain
            && doc.is_capital(end)
            && doc.is(end, |sense| matches!(sense, Sense::Place(_)));
        if called || posted {
            return Some("identifier");
        }
        // "7 jours sur 7", "24 horas sobre 24": always.
        let same = |at: usize| digit(at) && doc.fold(at) == digits;
        if matches!(doc.fold(end + 1), "sur" | "sobre") && same(end + 2)
            || matches!(doc.fold(start.wrapping_sub(1)), "sur" | "sobre") && same(start.wrapping_sub(3))
        {
            return Some("idiom");
        }
        let priced = rules.currency_before.before(&doc.tokens, start).is_some()
            || start > 1
                && doc.fold(start - 1) == "-"
                && rules.currency_before.before(&doc.tokens, start - 2).is_some();
        if (neighbour || dashed) && !priced && self.noun(number, None).is_none_or(|noun| !noun.known) {
            return Some("identifier");
        }
        let year = digits.len() == 4 && matches!(digits.parse(), Ok(1800..=2100));
        // "In its 2021 report": a year; what is counted stands in the plural.
        let counted = self.noun(number, None).is_some_and(|noun| {
            noun.known && (noun.kind != "count" || noun.end == 0 || is_plural(doc.fold(noun.end - 1)))
        });
        if year && (rules.hedges.before(&doc.tokens, start).is_none() || !digits.ends_with("00")) && !counted {
            return Some("year");
        }
        None
    }

    /// "+66 2 555 0177", "1800 333 000": groups of digits that are dialled.
    fn is_telephone(&self, start: usize, number: &Number) -> bool {
        let doc = self.doc;
        let digits = |at: usize| doc.token(at).is_some_and(|token| token.shape == Shape::Digits);
        let mut first = start;
        while let Some(before) = first.checked_sub(1).filter(|before| {
            start - before <= 8 && (digits(*before) || matches!(doc.fold(*before), "(" | ")" | "-" | "." | "+"))
        }) {
            first = before;
        }
        let country = (first..start).any(|at| {
            at + 1 < start
                && doc.fold(at) == "+"
                && doc.token(at + 1).is_some_and(|token| !token.apart && token.shape == Shape::Digits)
        });
        // "+49 611 555 0130"
        if start > 0
            && doc.fold(start - 1) == "+"
            && number.tokens.len() > 1
            && number.tokens.clone().all(digits)
            && doc.token(start).is_some_and(|token| !token.apart)
        {
            return true;
        }
        // "91 555 01 63": pairs of digits go on where a number has ended.
        let pair = |at: usize| {
            doc.token(at)
                .is_some_and(|token| token.shape == Shape::Digits && token.apart && token.end - token.start == 2)
        };
        let end = number.tokens.end;
        if number.tokens.len() > 1
            && number.tokens.clone().all(digits)
            && pair(end)
            && (pair(end + 1) || doc.token(end + 1).is_none_or(|token| token.shape != Shape::Small))
        {
            return true;
        }
        // "02 555 44 11"
        if number.tokens.len() > 1 && doc.fold(start).starts_with('0') && doc.fold(start).len() > 1 {
            return true;
        }
        let free = doc.fold(first).len() == 4
            && matches!(doc.fold(first).get(..2), Some("18" | "13"))
            && number.tokens.len() > 1;
        country || free && (first..start).any(digits)
    }
}
