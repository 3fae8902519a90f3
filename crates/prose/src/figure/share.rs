//! Fractions and shares.

use super::judge::{Case, Found, Verdict, known};
use super::number::{Form, Number};
use crate::lexicon::Sense;

impl Case<'_> {
    pub(super) fn share(&self, number: &Number) -> Verdict {
        let (doc, rules) = (self.doc, self.rules);
        let Some(value) = number.value else { return Verdict::Ignored("ambiguous-number") };
        let start = number.tokens.start;
        // "half of 2023", "the first half", "half an hour": times.
        let time =
            doc.is(number.tokens.end, |sense| matches!(sense, Sense::TimeUnit(_) | Sense::Quarter | Sense::Half));
        let ordinal = start
            .checked_sub(1)
            .is_some_and(|at| rules.ordinals.is_at(&doc.tokens, at) || matches!(doc.fold(at), "last" | "-"));
        if number.form == Form::Fraction && (time || ordinal) {
            return Verdict::Ignored("fraction-of-time");
        }
        // "over half a ton": half of a measure is a number of it.
        let of_measure = rules.units.at(&doc.tokens, number.tokens.end + 1).filter(|(over, unit)| {
            unit.kind == "mass" && matches!(doc.fold(number.tokens.end), "a" | "an") && *over <= self.sentence.end
        });
        let mut phrase = number.tokens.clone();
        if let Some((over, _)) = of_measure {
            phrase.end = over;
        }
        let mut qualifier = "exact";
        if let Some((at, hedge)) = rules.hedges.before(&doc.tokens, start).filter(|(at, _)| *at >= self.sentence.start)
        {
            (phrase.start, qualifier) = (at, known(hedge));
        }
        // "les trois quarts environ"
        if let Some((over, hedge)) = rules.hedges_after.at(&doc.tokens, phrase.end)
            && over <= self.sentence.end
            && !rules.hedges.is_at(&doc.tokens, over)
        {
            (phrase.end, qualifier) = (over, known(hedge));
        }
        Verdict::Figure(Found {
            number: number.tokens.clone(),
            value,
            value_high: None,
            qualifier,
            // "el triple que hace cinco años": a multiple.
            unit: of_measure
                .map_or(if value > 1.0 { "time" } else { "share" }, |(_, unit)| unit.code.as_str())
                .to_owned(),
            kind: of_measure.map_or("share", |(_, unit)| unit.kind),
            noun: None,
            measure: self.measure(number.tokens.end, number.tokens.end),
            phrase: std::mem::replace(&mut phrase, 0..0),
        })
    }
}
