//! Ranges: two numbers that are the ends of one figure.

use super::judge::{Case, Found, Verdict};
use super::noun::Noun;
use super::number::{Form, Number};

/// Words of change, folded: "rose from 20 to 30" states two figures and no range.
const CHANGE: [&str; 54] = [
    "doubl", "trebl", "tripl", "duplic", "dobr", "quadrupl", "pasad", "rose", "risen", "rise", "fell", "fallen",
    "grew", "grown", "gone", "went", "increas", "decreas", "declin", "drop", "jump", "climb", "subi", "paso", "pasar",
    "passou", "passe", "aument", "cay", "baj", "crec", "redu", "caiu", "cairam", "caem", "passar", "passam", "cresc",
    "diminu", "dimin", "recul", "baiss", "chut", "grimp", "bondi", "progress", "augment", "escal", "descend", "ascend",
    "evolu", "recuo", "recuou", "recuar",
];

/// Words that begin as words of change do and are none, folded.
const NO_CHANGE: [&str; 8] = ["passepor", "passeur", "passenge", "passager", "passport", "pasajer", "passagei", "bajo"];

/// Whether a folded word is one of change.
pub(super) fn is_change(word: &str) -> bool {
    CHANGE.iter().any(|stem| word.starts_with(stem)) && !NO_CHANGE.iter().any(|stem| word.starts_with(stem))
}

/// Words of reaching a level, folded, which tell of the future by their endings as words of change do.
const LEVEL: [&str; 16] = [
    "llegar",
    "alcanzar",
    "superar",
    "situar",
    "ubicar",
    "rondar",
    "cerrar",
    "seran",
    "atteindr",
    "depasser",
    "franchir",
    "chegar",
    "atingir",
    "ultrapassar",
    "ficar",
    "situer",
];

/// Endings of the future and the conditional in Spanish, Portuguese and French, folded.
const AHEAD: [&str; 8] = ["ra", "ran", "ria", "rian", "rao", "riam", "ront", "rait"];

impl Case<'_> {
    /// Whether a word says that a number is looked ahead to: "se espera", or a verb of change or level whose ending says
    /// so ("la tasa descendería a 13,9").
    pub(super) fn looks_ahead(&self, at: usize) -> bool {
        let word = self.doc.fold(at);
        let romance = self.rules.language != "en";
        // "passarão a ser publicados": of passing nothing is told.
        let verb = || is_change(word) && !word.starts_with("passar") || LEVEL.iter().any(|stem| word.starts_with(stem));
        self.rules.future.is_at(&self.doc.tokens, at)
            || romance
                && word.len() > 4
                && AHEAD
                    .iter()
                    .any(|ending| word.strip_suffix(ending).is_some_and(|stem| stem.len() > 2 || word == "seran"))
                && verb()
    }

    /// Two numbers that are the ends of one range.
    pub(super) fn range_of(&self, low: &Number, high: &Number, verdicts: &[Verdict]) -> Option<Found> {
        let (doc, rules) = (self.doc, self.rules);
        if !matches!((low.form, high.form), (Form::Digits | Form::Words, Form::Digits | Form::Words)) {
            return None;
        }
        let (high_start, high_currency) = self.currency(high.tokens.start);
        let (low_start, low_currency) = self.currency(low.tokens.start);
        // Between the two: a dash or a word, then perhaps a hedge.
        let inner = rules.hedges.before(&doc.tokens, high_start).map_or(high_start, |(at, _)| at.max(low.tokens.end));
        let mut from = low.tokens.end;
        // "entre 20 % et 30 %", "from 5 kg to 10 kg": the unit may stand twice.
        let unit = rules.units.at(&doc.tokens, from);
        if let Some((over, _)) = unit.filter(|(over, _)| *over <= inner) {
            from = over;
        }
        if from >= inner {
            return None;
        }
        let dash = inner == from + 1 && doc.fold(from) == "-";
        // "three or four whom nobody saw"
        let small = low.form == Form::Words
            && high.form == Form::Words
            && low.value.zip(high.value).is_some_and(|(low, high)| (high - low - 1.0).abs() < 0.01 && high <= 12.0);
        let either = small && inner == from + 1 && matches!(doc.fold(from), "or" | "o" | "ou" | "u");
        let word = either || rules.range_to.at(&doc.tokens, from).is_some_and(|(over, ())| over == inner);
        let hedge = rules.hedges.before(&doc.tokens, low_start);
        let opened = hedge.map_or(low_start, |(at, _)| at);
        let opening = rules.range_from.before(&doc.tokens, opened).map(|(at, ())| at);
        let needed = word && rules.grammar.needs_opening(doc.fold(from));
        // "de 34 y 39" names two, "entre 34 y 39" a range.
        let opened = opening.is_some_and(|at| !needed || matches!(doc.fold(at), "between" | "entre"));
        if !(dash || word) || (needed && !opened) || low.doubtful != high.doubtful {
            return None;
        }
        let changes = || (self.sentence.start..low.tokens.start).rev().take(12).any(|at| is_change(doc.fold(at)));
        if word && opening.is_none_or(|at| !matches!(doc.fold(at), "between" | "entre")) && changes() {
            return None;
        }
        // "from three million searches in 2007 to more than 100 million": two figures, not one.
        let mut top = high.value?;
        let mut bottom = low.value?;
        // "40.000 à 60.000 dollars": thousands on both sides.
        if low.doubtful && high.doubtful {
            (top, bottom) = ((top * 1000.0).round(), (bottom * 1000.0).round());
        }
        // "5 to 10 million" shares its scale word.
        if low.scale == 0 && high.scale > 0 && bottom < high.unscaled? {
            bottom *= 10_f64.powi(high.scale);
        }
        // "entre 12 mil y 15 mil millones"
        if low.scale > 0 && low.scale < high.scale && low.unscaled? < high.unscaled? && bottom < top / 1e3 {
            bottom *= 10_f64.powi(high.scale - low.scale);
        }
        if bottom >= top {
            return None;
        }
        let noun = match self.noun(high, high_currency.or(low_currency)) {
            Some(noun) => noun,
            None => {
                let before: Vec<&Found> = verdicts.iter().filter_map(Verdict::found).collect();
                // "o primeiro, de um a cinco anos; o segundo, de dois a oito": as the range before it.
                let ranged =
                    before.iter().rev().copied().chain(self.told.last()).find(|found| found.value_high.is_some());
                let end = high.tokens.end;
                if let Some(unit) = self.number_behind(end) {
                    Noun { unit, kind: "count", end, words: end, known: false }
                } else if let Some(ranged) = ranged.filter(|ranged| ranged.kind != "count") {
                    Noun { unit: ranged.unit.clone(), kind: ranged.kind, end, words: end, known: false }
                } else {
                    let like = self.inherited(low, &before, &[])?;
                    Noun { unit: like.unit, kind: like.kind, end, words: end, known: false }
                }
            }
        };
        // "os próximos três anos – 60%": two units are two figures.
        if unit
            .is_some_and(|(over, unit)| over <= inner && unit.code != noun.unit && self.money(&unit.code) != noun.unit)
        {
            return None;
        }
        let start = opening.or(hedge.map(|(at, _)| at)).unwrap_or(low_start);
        Some(Found {
            number: low.tokens.start..high.tokens.end,
            value: bottom,
            value_high: Some(top),
            qualifier: "range",
            measure: self.measure(noun.words, noun.end),
            unit: noun.unit,
            noun: (noun.words < noun.end).then_some(noun.words..noun.end),
            kind: noun.kind,
            phrase: start..noun.end,
        })
    }
}
