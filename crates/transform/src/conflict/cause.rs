//! The likely cause of a disagreement: rules that look at both prints, tried in the order of
//! `table::CAUSES`. Each says what it saw. A cause is a lead for whoever looks at both places.

use super::pair::{Later, Pair};
use super::printed::{Printed, within};
use super::quantity::{self, Quantity, UNIT};
use super::statement::Statement;
use super::unit::Units;

/// What the rules came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    /// A word of `table::CAUSES`.
    pub(crate) cause: &'static str,
    /// What the rule saw.
    pub(crate) detail: String,
}

/// What the publications say of the years before and after.
#[derive(Debug, Default)]
pub(crate) struct Neighbours<'s> {
    /// Statements on the year before.
    pub(crate) before: &'s [Statement],
    /// On the year after.
    pub(crate) after: &'s [Statement],
}

/// Largest power of ten that a lost scale word or decimal mark makes.
const POWERS: i32 = 9;
/// Fewest digits that count for a number to be known again.
const TELLING: usize = 3;
/// Largest difference that rounding to two digits makes.
const ROUNDED: f64 = 0.05;
/// How far apart a scaled or converted number may lie from the other, whatever its digits allow.
const CONVERTED: f64 = 0.005;
/// Between which ratios a difference passes as a revision by another publication.
const REVISED: std::ops::RangeInclusive<f64> = 0.5..=2.0;

/// Factors between units of measure, by kind: the larger count is in the unit named first.
const FACTORS: &[(&str, &str, f64)] = &[
    ("mass", "pounds for kilograms", 2.204_622_622),
    ("mass", "short tons for tonnes", 1.102_311_311),
    ("mass", "tonnes for long tons", 1.016_046_909),
    ("mass", "ounces for kilograms", 35.273_961_95),
    ("duration", "hours for days", 24.0),
    ("duration", "days for weeks", 7.0),
    ("duration", "months for years", 12.0),
    ("duration", "minutes for hours", 60.0),
    ("rate", "months for years", 12.0),
    ("rate", "days for years", 365.0),
];

/// The likely cause of a pair's disagreement.
pub(crate) fn verdict(quantity: &Quantity, pair: &Pair<'_>, units: &Units, near: &Neighbours<'_>) -> Verdict {
    let kind = units.kind(quantity.text(UNIT));
    let (left, right) = (pair.left, pair.right);
    let found = match (&left.value, &right.value) {
        (Some(one), Some(other)) => rounding(one, other, left.dataset() == right.dataset())
            .or_else(|| scale(one, other, kind))
            .or_else(|| unit(one, other, kind))
            .or_else(|| transposed(one, other))
            .or_else(|| off_by_one(pair, near)),
        _ => Some(bounds(left, right)),
    };
    found
        .or_else(|| definition(left, right))
        .or_else(|| provisional(left, right))
        .or_else(|| partial(quantity, left, right))
        .or_else(|| total(left, right))
        .or_else(|| revision(quantity, pair))
        .unwrap_or_else(|| unknown(left, right))
}

/// `outside-bounds`: one side has bounds alone (`<5`, `10-19`), and the other lies outside of them.
fn bounds(left: &Statement, right: &Statement) -> Verdict {
    let says = |of: &Statement| of.text.clone().unwrap_or_else(|| format!("{} to {}", of.lower, of.upper));
    Verdict { cause: "outside-bounds", detail: format!("`{}` leaves no room for `{}`", says(left), says(right)) }
}

/// `rounding`: one side is the other cut off after its last decimal; or, across publications, ends in
/// two zeros or more and is the other rounded to what stands before them.
fn rounding(one: &Printed, other: &Printed, one_publication: bool) -> Option<Verdict> {
    let (coarse, fine) = if one.slack > other.slack { (one, other) } else { (other, one) };
    if coarse.slack > fine.slack {
        let gap = fine.value.abs() - coarse.value.abs();
        let same_side = fine.value.is_sign_negative() == coarse.value.is_sign_negative() || coarse.value == 0.0;
        if same_side && gap >= 0.0 && gap < 2.0 * coarse.slack {
            let detail = format!("{} is {} cut off, not rounded", coarse.value, fine.value);
            return Some(Verdict { cause: "rounding", detail });
        }
    }
    let (coarse, fine) = if one.zeros() > other.zeros() { (one, other) } else { (other, one) };
    let zeros = coarse.zeros();
    if one_publication || zeros < 2 || zeros <= fine.zeros() || difference(one.value, other.value) > ROUNDED {
        return None;
    }
    let slack = coarse.slack * 10_f64.powi(i32::try_from(zeros).unwrap_or(0));
    within(coarse.value, fine.value, slack).then(|| Verdict {
        cause: "rounding",
        detail: format!("{} is {} rounded to {} digits", coarse.value, fine.value, coarse.significant()),
    })
}

/// `scale`: the same digits, a power of ten apart: a scale word (thousand, million) or a decimal mark
/// was lost. `rate-base`: the same for a rate or share: it is per another number of people.
fn scale(one: &Printed, other: &Printed, kind: &str) -> Option<Verdict> {
    let ratio = other.value / one.value;
    // Of one digit alone, ten times as much is nothing strange.
    if !ratio.is_finite() || ratio <= 0.0 || one.significant().min(other.significant()) < 2 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the logarithm of a finite number is small")]
    let power = ratio.log10().round() as i32;
    if power == 0 || power.abs() > POWERS {
        return None;
    }
    let factor = 10_f64.powi(power);
    if !converts(one, other, factor) {
        return None;
    }
    let based = matches!(kind, "rate" | "share");
    let what = if based { "a rate on another base" } else { "a scale word or decimal mark was lost" };
    let cause = if based { "rate-base" } else { "scale" };
    Some(Verdict { cause, detail: format!("the same digits, 10^{power} apart: {what}") })
}

/// `unit`: the values are a factor between two units of measure apart.
fn unit(one: &Printed, other: &Printed, kind: &str) -> Option<Verdict> {
    if one.significant().min(other.significant()) < 2 {
        return None;
    }
    let of_kind = FACTORS.iter().filter(|(of, ..)| *of == kind);
    let mut found = of_kind.filter(|(_, _, factor)| converts(one, other, *factor) || converts(other, one, *factor));
    found.next().map(|(_, what, factor)| Verdict { cause: "unit", detail: format!("{factor} times as much: {what}") })
}

/// Whether a number times a factor is the other, to the digits of both.
fn converts(one: &Printed, other: &Printed, factor: f64) -> bool {
    let scaled = one.value * factor;
    let slack = (one.slack * factor).max(other.slack).min(other.value.abs() * CONVERTED);
    within(scaled, other.value, slack)
}

/// `transposed-digits`: two digits beside each other have changed places.
fn transposed(one: &Printed, other: &Printed) -> Option<Verdict> {
    let (a, b) = (one.digits.as_bytes(), other.digits.as_bytes());
    if a.len() != b.len() || a.len() < TELLING || one.decimals != other.decimals {
        return None;
    }
    let apart: Vec<usize> = a.iter().zip(b).enumerate().filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
    let [first, second] = apart.as_slice() else { return None };
    let swapped = a.get(*first) == b.get(*second) && a.get(*second) == b.get(*first);
    (swapped && first + 1 == *second).then(|| Verdict {
        cause: "transposed-digits",
        detail: format!("{} and {}: two digits changed places", one.digits, other.digits),
    })
}

/// `year-off-by-one`: one side prints what the other prints for the year before or after.
fn off_by_one(pair: &Pair<'_>, near: &Neighbours<'_>) -> Option<Verdict> {
    for (says, other) in [(pair.left, pair.right), (pair.right, pair.left)] {
        for (statements, when) in [(near.before, "before"), (near.after, "after")] {
            let of_other = statements.iter().filter(|statement| statement.edition == other.edition);
            let shifted = |statement: &&Statement| {
                let telling = statement.value.as_ref().is_some_and(|value| value.significant() >= TELLING);
                telling && statement.agrees(says) && !statement.agrees(other)
            };
            if of_other.into_iter().any(|statement| shifted(&statement)) {
                let detail = format!("{} prints what {} prints for the year {when}", says.dataset(), other.dataset());
                return Some(Verdict { cause: "year-off-by-one", detail });
            }
        }
    }
    None
}

/// `definition-break`: one side alone is marked as differently defined (D) or as a break (B).
fn definition(left: &Statement, right: &Statement) -> Option<Verdict> {
    marked(left, right, &["D", "B"]).map(|detail| Verdict { cause: "definition-break", detail })
}

/// `provisional`: one side alone is marked provisional (P), estimated (E), imputed (I) or forecast (F).
fn provisional(left: &Statement, right: &Statement) -> Option<Verdict> {
    marked(left, right, &["P", "E", "I", "F"]).map(|detail| Verdict { cause: "provisional", detail })
}

fn marked(left: &Statement, right: &Statement, statuses: &[&str]) -> Option<String> {
    let is = |of: &Statement| statuses.contains(&of.status.as_str());
    (is(left) != is(right)).then(|| {
        let of = if is(left) { left } else { right };
        format!("{} has status {}", of.dataset(), of.status)
    })
}

/// `partial-period`: the smaller value is of an edition that came out before the period was over.
fn partial(quantity: &Quantity, left: &Statement, right: &Statement) -> Option<Verdict> {
    let early = |of: &Statement| {
        let end = quantity::date(quantity.end)?;
        of.dated().filter(|day| *day <= end).map(|day| (day, end))
    };
    let (smaller, larger) = if left.upper <= right.upper { (left, right) } else { (right, left) };
    let ((day, end), None) = (early(smaller)?, early(larger)) else { return None };
    let detail = format!("{} is of {day}, before the period ended on {end}", smaller.dataset());
    Some(Verdict { cause: "partial-period", detail })
}

/// `total-or-part`: one side alone is a total.
fn total(left: &Statement, right: &Statement) -> Option<Verdict> {
    (left.is_total != right.is_total).then(|| {
        let of = if left.is_total { left } else { right };
        Verdict { cause: "total-or-part", detail: format!("{} alone marks it as a total", of.dataset()) }
    })
}

/// `revision`: a later edition of one publication replaced the value; or one publication still says
/// what another has replaced; or one is of a later edition, and they are less than a factor of two
/// apart.
fn revision(quantity: &Quantity, pair: &Pair<'_>) -> Option<Verdict> {
    let Pair { left, right, later, replaced } = pair;
    let verdict = |detail| Some(Verdict { cause: "revision", detail });
    if left.dataset() == right.dataset() {
        return match later {
            None if left.vintage() == right.vintage() => None,
            None => verdict(format!("vintages {} and {}, of unknown order", left.vintage(), right.vintage())),
            Some(_) => verdict(format!("vintage {} replaced {}", right.vintage(), left.vintage())),
        };
    }
    if let Some(vintage) = replaced {
        return verdict(format!("one side still prints what vintage {vintage} of the other said"));
    }
    let (one, other) = (left.value.as_ref()?, right.value.as_ref()?);
    if !REVISED.contains(&(other.value / one.value)) {
        return None;
    }
    match later.as_ref()? {
        Later::Reach => verdict(format!(
            "{} is the later edition: it has {} of later periods than {}",
            right.dataset(),
            quantity.text(0),
            left.dataset()
        )),
        Later::Stated | Later::Captured => verdict(format!(
            "{} of {} is a later edition than {} of {}",
            right.dataset(),
            right.vintage(),
            left.dataset(),
            left.vintage()
        )),
    }
}

/// `sources-differ`: two publications, and no rule holds. `unexplained`: one publication in one
/// edition.
fn unknown(left: &Statement, right: &Statement) -> Verdict {
    if left.dataset() == right.dataset() {
        return Verdict { cause: "unexplained", detail: "one publication says both in one edition".to_owned() };
    }
    Verdict { cause: "sources-differ", detail: format!("{} and {} differ", left.dataset(), right.dataset()) }
}

/// The distance of two values over the larger of them.
pub(crate) fn difference(one: f64, other: f64) -> f64 {
    let larger = one.abs().max(other.abs());
    if larger == 0.0 { 0.0 } else { (one - other).abs() / larger }
}

/// How much a disagreement matters: a mistake that can be mended is always `high`, rounding `low`.
pub(crate) fn severity(cause: &str, difference: Option<f64>) -> &'static str {
    match (cause, difference) {
        ("rounding", _) => "low",
        ("outside-bounds" | "scale" | "rate-base" | "unit" | "transposed-digits" | "year-off-by-one", _)
        | (_, None) => "high",
        (_, Some(apart)) if apart >= 0.2 => "high",
        (_, Some(apart)) if apart >= 0.02 => "medium",
        _ => "low",
    }
}

#[cfg(test)]
mod tests;
