//! Numbers without a noun of their own.

use std::ops::Range;

use super::judge::{Case, Found, known};
use super::noun::{is_plural, singular};
use super::number::{Form, Number};
use crate::analysis::Analysis;
use crate::token::Shape;

/// Words that say that a number without a noun is an age, folded.
const AGES: [&str; 22] = [
    "youngest", "oldest", "aged", "age", "ages", "older", "younger", "under", "edad", "edades", "joven", "mayor",
    "age", "ages", "agee", "agees", "jeune", "idade", "idades", "novo", "nova", "velho",
];

impl Case<'_> {
    /// A number without a noun of its own, which counts what was counted before it: "90 of them", "compared
    /// with 577", "Murder: 531", "aged 27 and 44".
    pub(super) fn inherited(&self, number: &Number, all: &[&Found], after: &[Number]) -> Option<Found> {
        let (doc, rules) = (self.doc, self.rules);
        let Range { start, end } = number.tokens;
        let mut value = number.value?;
        if number.doubtful {
            value = (value * 1000.0).round();
        }
        let before = all.last().copied();
        let (mut phrase, mut qualifier) = (start..end, "exact");
        if let Form::Collective(vague) = number.form {
            qualifier = vague;
        }
        if let Some((at, hedge)) = rules.hedges.before(&doc.tokens, start).filter(|(at, _)| *at >= self.sentence.start)
        {
            (phrase.start, qualifier) = (at, known(hedge));
        }
        if let Some((over, hedge)) = rules.hedges_after.at(&doc.tokens, end) {
            (phrase.end, qualifier) = (over, known(hedge));
        }
        let found = |unit: String, kind: &'static str, phrase: Range<usize>, qualifier: &'static str| {
            Some(Found {
                number: number.tokens.clone(),
                value,
                value_high: None,
                qualifier,
                unit,
                kind,
                noun: None,
                phrase,
                measure: None,
            })
        };
        let like = |other: &Found| found(other.unit.clone(), other.kind, phrase.clone(), qualifier);
        // A number and the next one share the unit behind the last: "23, 26 y 41 años".
        let mut last = end;
        for next in after {
            let gap = next.tokens.start.saturating_sub(last);
            let linked = gap == 1
                && (doc.fold(last) == ","
                    || rules.joins.is_at(&doc.tokens, last)
                    || matches!(doc.fold(last), "or" | "o" | "ou"));
            if !linked || next.form != number.form {
                break;
            }
            if let Some(noun) = self.noun(next, None).filter(|noun| noun.known && noun.kind == "duration") {
                return found(noun.unit, "duration", phrase, qualifier);
            }
            last = next.tokens.end;
        }
        let age = (1.0..=110.0).contains(&value) && value.fract() == 0.0;
        let aged = |at: usize| rules.before_age.before(&doc.tokens, at).is_some();
        // "aged 27 and 44": the second goes with the first.
        let after_age = before.is_some_and(|before| {
            before.unit == "year"
                && before.number.end + 1 == start
                && (aged(before.number.start) || before.kind == "duration")
        });
        // "Mpho Ramaili, 57, and": a name, a comma, a number, a mark.
        let named = start >= self.sentence.start + 2
            && doc.fold(start - 1) == ","
            && doc.is_capital(start - 2)
            && matches!(doc.fold(end), "," | "." | ")" | ";")
            && (10.0..100.0).contains(&value)
            && number.plain;
        // "the oldest was 93", "under 18", "60 or older"
        let of_age = || {
            self.sentence.clone().any(|at| AGES.contains(&doc.fold(at)))
                && doc
                    .token(end)
                    .is_none_or(|token| token.shape == Shape::Mark || phrase.end > end || doc.is_function_word(end))
        };
        if age && (aged(start) || aged(phrase.start) || named || after_age || of_age()) {
            return found("year".to_owned(), "duration", phrase, qualifier);
        }
        if number.one {
            return None;
        }
        // "six of the seizures", "trois des victimes": a noun behind "of".
        if let Some((over, ())) = rules.of.at(&doc.tokens, end).or_else(|| of_article(doc, end).map(|over| (over, &())))
        {
            let over =
                if doc.is_function_word(over) && !rules.units.is_at(&doc.tokens, over) { over + 1 } else { over };
            if let Some((last, unit)) = rules
                .units
                .at(&doc.tokens, over)
                .filter(|(last, unit)| *last <= self.sentence.end && unit.kind == "count")
            {
                return found(unit.code.clone(), "count", phrase.start..last, qualifier);
            }
        }
        let counts = |other: &&Found| !matches!(other.kind, "ordinal" | "duration" | "share");
        // Small numbers count things rather than money.
        let things = |other: &&Found| other.kind == "count";
        let large = number.scale > 0 || value >= 1000.0 || value.fract() != 0.0;
        let counted = || {
            let last = |wanted: &dyn Fn(&&Found) -> bool| all.iter().rev().copied().find(|found| wanted(found));
            if large { last(&counts) } else { last(&things).or_else(|| last(&counts)) }
        };
        let pointed =
            rules.of_them.is_at(&doc.tokens, end) || rules.of_them.before(&doc.tokens, phrase.start).is_some();
        if pointed {
            return counted()
                .or(self.earlier.filter(counts))
                .map_or_else(|| found("person".to_owned(), "count", phrase.clone(), qualifier), like);
        }
        // "Murder: 531": what stands before the colon.
        let colon = phrase.start.checked_sub(1).filter(|at| *at > self.sentence.start && doc.fold(*at) == ":");
        if let Some(colon) = colon {
            let label = self.sentence.start..colon;
            // "Línea contra la extorsión: 165", "Temps de lecture : 4": no figure.
            if label.clone().any(|at| rules.before_identifier.is_at(&doc.tokens, at)) {
                return None;
            }
            let mut places: Vec<usize> = label.clone().collect();
            if !rules.grammar.noun_first {
                places.reverse();
            }
            let unit = places.into_iter().find_map(|at| {
                rules
                    .units
                    .at(&doc.tokens, at)
                    .filter(|(over, unit)| *over <= colon && unit.kind == "count")
                    .map(|(_, unit)| unit.code.clone())
            });
            let word = || {
                let words = label.clone().filter(|at| doc.token(*at).is_some_and(super::super::token::Token::is_word));
                let at = if rules.grammar.noun_first { words.clone().next() } else { words.clone().next_back() }?;
                (words.count() <= 6)
                    .then(|| Some(singular(doc.text.get(doc.token(at)?.range())?, rules.language)))
                    .flatten()
            };
            if let Some(unit) = unit.or_else(word) {
                return found(unit, "count", phrase, qualifier);
            }
        }
        let first_word = number.tokens.start <= self.sentence.start + 1;
        if let Some(before) = counted() {
            return like(before);
        }
        // "Fifty-two carried no serial number": what the sentence before counted.
        if first_word
            && value >= 2.0
            && number.form == Form::Words
            && let Some(earlier) = self.earlier.filter(counts)
        {
            return like(earlier);
        }
        // "reports rose from 40,232", "full strength of 7,884": the nearest noun before it that is counted.
        let near = (self.sentence.start..phrase.start).rev().take(14).find_map(|at| {
            let (over, unit) = rules.units.at(&doc.tokens, at)?;
            (over <= phrase.start && unit.kind == "count" && is_plural(doc.fold(over - 1))).then_some(unit)
        });
        if value >= 2.0
            && let Some(unit) = near
        {
            return found(unit.code.clone(), "count", phrase, qualifier);
        }
        None
    }
}

/// Past "of the", "des", "dos" and their like, where a noun may follow.
fn of_article(doc: &Analysis<'_>, at: usize) -> Option<usize> {
    matches!(doc.fold(at), "of" | "des" | "du" | "de" | "del" | "dos" | "das" | "do" | "da").then_some(at + 1)
}
