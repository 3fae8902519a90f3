//! From numbers to figures: hedge, unit, range, and what is counted; and the rules by which a number is none.

use std::ops::Range;

use super::number::{Form, Locale, Number};
use super::rules::Rules;
use crate::analysis::Analysis;
use crate::date::Dated;

/// A figure. Ranges count tokens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) number: Range<usize>,
    pub(crate) value: f64,
    pub(crate) value_high: Option<f64>,
    pub(crate) qualifier: &'static str,
    pub(crate) unit: String,
    pub(crate) kind: &'static str,
    /// The noun as printed, where the number has one of its own.
    pub(crate) noun: Option<Range<usize>>,
    /// Hedge to unit.
    pub(crate) phrase: Range<usize>,
    /// What is counted, where more is said than the unit.
    pub(crate) measure: Option<Range<usize>>,
}

/// What became of one number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    Figure(Found),
    /// Left out, by rule.
    Ignored(&'static str),
}

/// What is known when the numbers of a sentence are judged. Ranges count tokens.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) dates: &'a [Dated],
    /// Dates whose year nothing tells.
    pub(crate) undated: &'a [Range<usize>],
    /// Names, whose numbers are no figures unless they number a series.
    pub(crate) names: &'a [Name],
    /// The figures of the sentences before.
    pub(crate) found: &'a [Found],
    /// Country of the report.
    pub(crate) home: Option<&'a str>,
}

/// The verdict on every number of a sentence, in order.
pub(crate) fn judge(
    doc: &Analysis<'_>,
    sentence: &Range<usize>,
    numbers: &[Number],
    known: Known<'_>,
    locale: Locale<'_>,
) -> Vec<Verdict> {
    let Known { found, home, names, .. } = known;
    let series = found.iter().rev().take(NEAR).any(|found| found.unit == "edition");
    let mut case = Case { doc, rules: locale.rules, sentence, home, earlier: found.last(), told: found, series };
    let mut verdicts: Vec<Verdict> = Vec::with_capacity(numbers.len());
    let mut rest = numbers;
    let mut identified: Option<usize> = None;
    while let Some((number, others)) = rest.split_first() {
        rest = others;
        // The words of the unit before it: "41 por cento".
        let within = verdicts
            .iter()
            .any(|verdict| matches!(verdict, Verdict::Figure(found) if found.phrase.end > number.tokens.start));
        if within {
            verdicts.push(Verdict::Ignored("part-of-unit"));
            continue;
        }
        if let Some(rule) = case.excluded(number, known) {
            verdicts.push(Verdict::Ignored(rule));
            identified = (rule == "identifier").then_some(number.tokens.end);
            continue;
        }
        // "artículos 145 bis y 145 ter": what is joined to an identifier is one.
        if let Some(end) =
            identified.filter(|end| number.plain && number.tokens.start <= end + 2 && number.tokens.start > *end)
        {
            let linked = (end..number.tokens.start).any(|at| {
                matches!(doc.fold(at), "," | "-" | "of" | "sur" | "de" | "/" | "to" | "a")
                    || case.rules.joins.is_at(&doc.tokens, at)
            });
            if linked && case.noun(number, None).is_none_or(|noun| !noun.known) {
                verdicts.push(Verdict::Ignored("identifier"));
                identified = Some(number.tokens.end);
                continue;
            }
        }
        if number.form == Form::Roman {
            verdicts.push(case.roman(number, names));
            continue;
        }
        // "operación ‘Orquídea 3’"
        let numbers_series = number.plain
            && number.value.is_some_and(|value| (1.0..100.0).contains(&value))
            && names.iter().any(|name| {
                name.series && name.tokens.start < number.tokens.start && number.tokens.end <= name.tokens.end
            });
        if numbers_series && case.noun(number, None).is_none_or(|noun| !noun.known) {
            verdicts.push(case.roman(number, names));
            continue;
        }
        if let Some((next, beyond)) = others.split_first()
            && case.excluded(next, known).is_none()
            && let Some(range) = case.range_of(number, next, &verdicts)
        {
            verdicts.push(Verdict::Figure(range));
            verdicts.push(Verdict::Ignored("range-end"));
            rest = beyond;
            continue;
        }
        case.series = series || verdicts.iter().filter_map(Verdict::found).any(|found| found.unit == "edition");
        let verdict = case.figure(number);
        let verdict = match verdict {
            Verdict::Ignored(rule @ ("no-unit" | "one")) => {
                let before: Vec<&Found> = verdicts.iter().filter_map(Verdict::found).collect();
                case.inherited(number, &before, others).map_or(Verdict::Ignored(rule), Verdict::Figure)
            }
            verdict => verdict,
        };
        verdicts.push(verdict);
    }
    verdicts
}

impl Verdict {
    pub(super) fn found(&self) -> Option<&Found> {
        match self {
            Self::Figure(found) => Some(found),
            Self::Ignored(_) => None,
        }
    }
}

/// Figures before a number in which a series may have been spoken of.
const NEAR: usize = 8;

/// A name whose numbers are part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) tokens: Range<usize>,
    /// A series, whose number is an edition: `Operation Turquesa IV`.
    pub(crate) series: bool,
}

pub(super) struct Case<'a> {
    pub(super) doc: &'a Analysis<'a>,
    pub(super) rules: &'a Rules,
    pub(super) sentence: &'a Range<usize>,
    /// Country of the report, which tells what `$` and `pesos` are.
    pub(super) home: Option<&'a str>,
    /// The last figure of the sentences before.
    pub(super) earlier: Option<&'a Found>,
    /// All figures of the sentences before.
    pub(super) told: &'a [Found],
    /// A number of a series stands not far before.
    pub(super) series: bool,
}

/// The qualifiers of `figure`, as the rules name them.
pub(super) fn known(qualifier: &str) -> &'static str {
    ["approx", "gt", "ge", "lt", "le", "projected", "exact"]
        .into_iter()
        .find(|known| *known == qualifier)
        .unwrap_or("exact")
}
