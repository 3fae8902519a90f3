//! Ordinals and Roman numerals: numbers of a series, ranks, anniversaries.

use std::ops::Range;

use super::judge::{Case, Found, Name, Verdict};
use super::number::Number;
use crate::lexicon::Sense;
use crate::token::Shape;

impl Case<'_> {
    /// `25th Americas Regional Conference`, `the fourth in the series`, `the first of its kind`.
    pub(super) fn ordinal(&self, number: &Number) -> Verdict {
        let (doc, rules) = (self.doc, self.rules);
        let Some(value) = number.value else { return Verdict::Ignored("ordinal") };
        let end = number.tokens.end;
        // "En primer lugar, …": to begin with.
        let before = number.tokens.start.checked_sub(1).map(|at| doc.fold(at)).unwrap_or_default();
        if value < 2.0 && matches!(before, "en" | "em") && matches!(doc.fold(end), "lugar" | "lieu") {
            return Verdict::Ignored("ordinal");
        }
        // "Também nesta sexta, o Ibama": the day of the week, without its second half.
        let weekday = rules.language == "pt"
            && (2.0..=6.0).contains(&value)
            && matches!(before, "nesta" | "desta" | "esta" | "nessa" | "dessa")
            && (doc.token(end).is_some_and(|token| token.shape == Shape::Mark)
                || doc.is_function_word(end)
                || matches!(doc.fold(end), "foi" | "foram" | "o" | "a" | "em"));
        if weekday {
            return Verdict::Ignored("date");
        }
        // "every fifth victim": one in five.
        let each = number.tokens.start.checked_sub(1).filter(|at| *at >= self.sentence.start);
        if let Some(each) = each
            && matches!(doc.fold(each), "every" | "chaque" | "cada")
            && value >= 3.0
            && !rules.of_series.is_at(&doc.tokens, end)
            && rules.units.at(&doc.tokens, end).is_some_and(|(_, unit)| unit.kind == "count")
        {
            return Verdict::Figure(Found {
                number: number.tokens.clone(),
                value: 1.0 / value,
                value_high: None,
                qualifier: "exact",
                unit: "share".to_owned(),
                kind: "share",
                noun: None,
                phrase: each..end,
                measure: None,
            });
        }
        // "el Tribunal 6.º de Control", "los fiscales 62.º nacional": the number of a court or an office.
        let office = number.tokens.start.checked_sub(1).filter(|at| *at >= self.sentence.start).is_some_and(|at| {
            doc.is(at, |sense| matches!(sense, Sense::OrganisationHead | Sense::Role | Sense::Office))
                || ["fiscal", "juzgad", "tribunal", "juece", "vara", "sala"]
                    .iter()
                    .any(|stem| doc.fold(at).starts_with(stem))
        });
        let digits = doc.token(number.tokens.start).is_some_and(|token| token.shape == Shape::Digits);
        if office && digits && rules.language != "en" {
            return Verdict::Ignored("identifier");
        }
        let in_words = !doc.token(number.tokens.start).is_some_and(|token| token.shape == Shape::Digits);
        let in_row = doc.fold(end + 1).starts_with("consec") || doc.fold(end + 1) == "straight";
        if in_words
            && !in_row
            && (rules.no_ordinal.is_at(&doc.tokens, end)
                || rules.no_ordinal.is_at(&doc.tokens, end + 1) && doc.is_function_word(end))
        {
            return Verdict::Ignored("ordinal");
        }
        let mut series = None;
        let mut rank = None;
        for at in end..(end + 8).min(self.sentence.end) {
            let token_is_mark = doc.token(at).is_some_and(|token| {
                token.shape == Shape::Mark
                    && !matches!(doc.fold(at), "-" | "\"" | "\u{201c}" | "\u{201d}" | "«" | "»" | "'")
            });
            if token_is_mark {
                break;
            }
            if series.is_none()
                && let Some(over) = rules.of_series.at(&doc.tokens, at).map(|(over, ())| over)
            {
                series = Some(over);
                break;
            }
            // "la quinta tendrá lugar": takes place.
            let takes = at.checked_sub(1).is_some_and(|verb| {
                ["tendr", "tien", "tuv", "tera", "tev", "tem"].iter().any(|stem| doc.fold(verb).starts_with(stem))
            });
            if rank.is_none()
                && !takes
                && let Some((over, ())) = rules.rank.at(&doc.tokens, at)
            {
                rank = Some(over);
                break;
            }
            // A verb or a preposition ends what the ordinal goes with, "of the series" does not.
            if rules.stops.contains(doc.fold(at))
                && !rules.of.is_at(&doc.tokens, at)
                && !matches!(doc.fold(at), "in" | "of" | "the" | "de" | "la" | "du" | "da" | "do" | "d")
            {
                break;
            }
        }
        // "13e et 14e arrondissements": the name of both stands behind the second.
        let joined = !in_words
            && rules.joins.is_at(&doc.tokens, end)
            && doc.token(end + 1).is_some_and(|token| token.shape == Shape::Digits)
            && (end + 2..end + 4).any(|at| rules.no_ordinal.is_at(&doc.tokens, at));
        if joined {
            return Verdict::Ignored("ordinal");
        }
        let (unit, over) = match (series, rank) {
            (Some(over), _) => ("edition", over),
            (None, Some(over)) => ("rank", over),
            // `25th` with digits counts in any case, unless it is part of a name ("5ª Vara", "1er étage").
            (None, None) if !in_words && (doc.is_capital(end) || rules.no_ordinal.is_at(&doc.tokens, end)) => {
                return Verdict::Ignored("ordinal");
            }
            // "La 12.ª se celebrará en Accra": of the series that was spoken of.
            (None, None)
                if !in_words
                    && self.series
                    && (doc.is_function_word(end) || doc.is(end, |sense| matches!(sense, Sense::Held))) =>
            {
                ("edition", end)
            }
            (None, None) if !in_words => ("rank", end),
            (None, None) => match self.bare_ordinal(number) {
                Some(unit) => (unit, end),
                None => return Verdict::Ignored("ordinal"),
            },
        };
        // "80.º aniversario" counts years.
        let last = over.saturating_sub(1);
        if doc.fold(last).starts_with("anniversa") || doc.fold(last).starts_with("aniversari") {
            return Verdict::Figure(Found {
                number: number.tokens.clone(),
                value,
                value_high: None,
                qualifier: "rounded_anniversary",
                unit: "year".to_owned(),
                kind: "duration",
                noun: None,
                phrase: number.tokens.start..over,
                measure: None,
            });
        }
        let phrase_end = if in_words { over } else { end };
        Verdict::Figure(Found {
            number: number.tokens.clone(),
            value,
            value_high: None,
            qualifier: "exact",
            unit: unit.to_owned(),
            kind: "ordinal",
            noun: None,
            phrase: number.tokens.start..phrase_end.max(end),
            measure: None,
        })
    }

    /// What an ordinal word without a noun of a series is: an edition where a series was spoken of ("the second.
    /// In the first, in 2022"), a rank before a noun ("the fourth find"), else nothing.
    pub(super) fn bare_ordinal(&self, number: &Number) -> Option<&'static str> {
        let (doc, rules) = (self.doc, self.rules);
        let Range { start, end } = number.tokens;
        let value = number.value?;
        let next = doc.token(end).filter(|_| end < self.sentence.end);
        let article = start.checked_sub(1).is_some_and(|at| {
            doc.is_function_word(at) && doc.token(at).is_some_and(super::super::token::Token::is_word)
        });
        // "A próxima edição, a sexta, terá lugar": set off behind the noun of the series.
        let set_off = start >= self.sentence.start + 3
            && doc.fold(start - 2) == ","
            && (start.saturating_sub(5).max(self.sentence.start)..start - 2)
                .any(|at| rules.of_series.at(&doc.tokens, at).is_some_and(|(over, ())| over == start - 2));
        let series = self.series || set_off;
        let ends = next.is_none_or(|token| token.shape == Shape::Mark && !matches!(doc.fold(end), "-" | "'"));
        let article = article || start.checked_sub(1).is_some_and(|at| doc.fold(at) == "s");
        let bare = ends || rules.stops.contains(doc.fold(end)) || doc.is(end, |sense| matches!(sense, Sense::Held));
        // "came second with 19 per cent", "em terceiro, com 687"
        let placed = start.checked_sub(1).is_some_and(|at| {
            matches!(doc.fold(at), "came" | "ranked" | "ranks" | "placed" | "finished" | "comes")
                || doc.fold(at) == "em" && ends
        });
        if placed && value > 1.0 && bare {
            return Some("rank");
        }
        if article
            && bare
            && (series || value > 1.0 || matches!(doc.fold(end), "in" | "en" | "since" | "desde" | "depuis") || ends)
        {
            return Some(if series { "edition" } else { "rank" });
        }
        // "the first search was made", "un cuarto detenido": with a noun in small letters.
        let noun = next.is_some_and(|token| token.shape == Shape::Small && token.apart)
            && !rules.stops.contains(doc.fold(end));
        let counted = rules.units.is_at(&doc.tokens, end) || value > 1.0 && article;
        (noun && counted && article).then_some("rank")
    }

    /// `Turquesa IV`, `XVI Conferencia`: a Roman numeral that numbers a series.
    pub(super) fn roman(&self, number: &Number, names: &[Name]) -> Verdict {
        let (doc, rules) = (self.doc, self.rules);
        let Range { start, end } = number.tokens;
        let of_operation = names.iter().any(|name| name.series && name.tokens.start < start && start < name.tokens.end);
        let before_series = rules.of_series.is_at(&doc.tokens, end)
            || doc.is_capital(end)
                && (end..(end + 4).min(self.sentence.end))
                    .any(|at| doc.is(at, |sense| matches!(sense, Sense::Event(_))));
        // "con el nombre de Lince IV", "la Semaine Panacée XVI": behind a name that is no person's and no place's.
        let of_name = number.tokens.len() == 1
            && number.value.is_some_and(|value| value >= 2.0)
            && start > self.sentence.start
            && doc.token(start - 1).is_some_and(|token| token.shape == Shape::Title && token.end - token.start >= 4)
            && !doc.is_function_word(start - 1)
            && !names.iter().any(|name| !name.series && name.tokens.end >= start - 1 && name.tokens.start < start)
            && rules.before_identifier.before(&doc.tokens, start).is_none()
            && !(start - 1).checked_sub(1).is_some_and(|at| VESSELS.contains(&doc.fold(at)))
            && !doc.is(start - 1, |sense| matches!(sense, Sense::Given | Sense::Place(_) | Sense::Title | Sense::Role));
        let Some(value) = number.value.filter(|_| of_operation || before_series || of_name) else {
            return Verdict::Ignored("roman");
        };
        Verdict::Figure(Found {
            number: number.tokens.clone(),
            value,
            value_high: None,
            qualifier: "exact",
            unit: "edition".to_owned(),
            kind: "ordinal",
            noun: None,
            phrase: number.tokens.clone(),
            measure: None,
        })
    }
}

/// Words before the names of vessels and aircraft, whose numbers number no series, folded.
const VESSELS: [&str; 22] = [
    "patrullero",
    "patrullera",
    "buque",
    "pesquero",
    "lancha",
    "embarcacion",
    "navio",
    "barco",
    "velero",
    "navire",
    "bateau",
    "vedette",
    "patrouilleur",
    "chalutier",
    "vessel",
    "ship",
    "cutter",
    "boat",
    "trawler",
    "embarcacao",
    "fragata",
    "frigate",
];
