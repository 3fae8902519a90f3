//! Ages without a word for years: "Mpho Ramaili, 57, and", "um homem de 72", "aged 27 and 44".

use std::ops::Range;

use super::inherit::{AUXILIARY, RECENT};
use super::judge::{Case, Found};
use super::noun::is_plural;
use super::number::Number;
use super::topic::is_person;
use crate::lexicon::Sense;
use crate::token::Shape;

/// Words that say that a number without a noun is an age, folded.
const AGES: [&str; 24] = [
    "youngest", "oldest", "aged", "age", "ages", "older", "younger", "under", "edad", "edades", "joven", "mayor",
    "agee", "agees", "jeune", "vieux", "vieille", "idade", "idades", "novo", "nova", "velho", "velha", "velhos",
];

impl Case<'_> {
    /// Whether a number without a noun, which ends with a token, is somebody's age.
    pub(super) fn is_age(
        &self,
        number: &Number,
        value: f64,
        end: usize,
        phrase: &Range<usize>,
        all: &[&Found],
    ) -> bool {
        let (doc, rules) = (self.doc, self.rules);
        let start = number.tokens.start;
        let before = all.last().copied();
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
            && (doc.is_capital(start - 2)
                || doc.fold(start.wrapping_sub(3)) == "-" && doc.is_capital(start.wrapping_sub(4)))
            && matches!(doc.fold(end), "," | "." | ")" | ";")
            && (10.0..100.0).contains(&value)
            && number.plain;
        // "Yusuf Rafiq Lokhandwala (52)"
        let named = named
            || start >= self.sentence.start + 3
                && doc.fold(start - 1) == "("
                && doc.fold(end) == ")"
                && doc.is_capital(start - 2)
                && doc.is_capital(start - 3)
                && (18.0..100.0).contains(&value)
                && number.plain
                && !is_plural(doc.fold(start - 2))
                && !(start - 3..start - 1).any(|at| {
                    doc.is(at, |sense| {
                        matches!(
                            sense,
                            Sense::Place(_) | Sense::Organisation(_) | Sense::OrganisationHead | Sense::Event(_)
                        )
                    })
                });
        // "the oldest was 93", "under 18", "60 or older"
        let of_age = || {
            // "the youngest, a girl from Cotonou, was seven"
            let extreme = matches!(doc.fold(start.wrapping_sub(1)), "was" | "were" | "is");
            let from = phrase.start.saturating_sub(if extreme { 12 } else { 7 }).max(self.sentence.start);
            let clause = (from..phrase.start).rev().find(|at| matches!(doc.fold(*at), ";" | "."));
            let from = clause.map_or(from, |mark| mark + 1);
            (from..(phrase.end + 3).min(self.sentence.end)).any(|at| AGES.contains(&doc.fold(at)))
                && doc
                    .token(end)
                    .is_none_or(|token| token.shape == Shape::Mark || phrase.end > end || doc.is_function_word(end))
        };
        // "one man, 33,", "a Lithuanian national (52)", "um homem de 72": behind a word for a person.
        let person = || {
            let mark = start.checked_sub(1).map(|at| doc.fold(at)).unwrap_or_default();
            // "lo acompañaban ambos hijos, de 34 y 39"
            let at = start.saturating_sub(1);
            let at = if mark == "de" && doc.fold(at.wrapping_sub(1)) == "," { at - 1 } else { at };
            let closed = matches!(doc.fold(end), "," | "." | ")" | ";")
                || rules.joins.is_at(&doc.tokens, end)
                || AUXILIARY.contains(&doc.fold(end));
            // "with a staff of 45": how many they are.
            let many = (1..=2).filter_map(|back| start.checked_sub(back)).any(|at| {
                [
                    "staff",
                    "crew",
                    "team",
                    "group",
                    "equip",
                    "plantilla",
                    "tripula",
                    "effectif",
                    "grup",
                    "gang",
                    "band",
                    "dotaci",
                    "efetiv",
                    "efectiv",
                ]
                .iter()
                .any(|stem| doc.fold(at).starts_with(stem))
            });
            !many
                && matches!(mark, "," | "(" | "de" | "of")
                && closed
                && (10.0..100.0).contains(&value)
                && number.plain
                && start >= self.sentence.start + 2
                && rules.units.before(&doc.tokens, at).is_some_and(|(first, unit)| {
                    first >= self.sentence.start
                        && is_person(&unit.code)
                        && (!matches!(mark, "," | "(") || !is_plural(doc.fold(start - 2)))
                })
        };
        // "su agente de aduanas, de 38, fueron": the second of those whose ages are told.
        let aside = || {
            let aged = |found: &&Found| {
                found.unit == "year" && found.kind == "duration" && (10.0..100.0).contains(&found.value)
            };
            let told = self.told.iter().rev().take(RECENT);
            start >= self.sentence.start + 3
                && doc.fold(start - 1) == "de"
                && doc.fold(start - 2) == ","
                && matches!(doc.fold(end), "," | ")" | ";" | ".")
                && (14.0..100.0).contains(&value)
                && number.plain
                && (all.iter().copied().chain(told).any(|found| aged(&found))
                    || (4..=5).any(|back| doc.is_capital(start.saturating_sub(back)) && doc.is_capital(start - 3)))
        };
        age && (person() || aside() || aged(start) || aged(phrase.start) || named || after_age || of_age())
    }
}
