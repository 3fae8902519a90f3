//! Check `scale-jump`: a value that is a hundred, a thousand or a million times too large or too small.
//!
//! Publishers switch units (persons to thousands, kilograms to tonnes), shift a decimal mark or read a
//! thousands mark as one. The fault shows as a ratio to the neighbours in the series that is a power of
//! ten, which natural change hardly ever is.
//!
//! Definition. In a series of at least [`LEAST`] numbers, `x` is compared with the medians `b` of the up
//! to three numbers before it and `a` of the up to three behind it. It is a finding where
//! log10(`x`/`b`) and log10(`x`/`a`) both lie near one of ±2, ±3, ±6 (at an end of the series, where one
//! side alone has three numbers, that side decides), or where the series stays on the new level: `x`
//! near `a`, the number before near `b`, and `x`/`b` near a power of ten. Near is within
//! [`NEAR`] plus two typical steps of the series (median of |log10| of the ratios between neighbours),
//! at most [`FAR`]. A series whose typical step is above [`RESTLESS`] (a factor of two) is not judged:
//! there such a jump would prove nothing. Counts must be large enough: at least [`SMALL`] expected where
//! the value is too large, at least the power of ten itself where it is too small; a new level must be at
//! least [`FEW`].
//!
//! The rule follows the outlier test on period-to-period ratios of Hidiroglou and Berthelot (1986), here
//! against medians, and the unity-measure-error test of statistical editing (de Waal, Pannekoek and
//! Scholtus, *Handbook of Statistical Data Editing and Imputation*, 2011, ch. 2: "thousand errors").

use quipu_schema::finding::Check;

use super::Checking;
use super::draft::{Draft, Drafts, shown};
use super::panel::Cell;
use super::robust::{median_of, typical_step};
use super::sight::{Line, Rule, Sight, measured};

/// Fewest numbers of a series that is judged.
const LEAST: usize = 4;
/// How far log10 of a ratio may be from a power of ten.
const NEAR: f64 = 0.15;
/// The same with the noise of the series.
const FAR: f64 = 0.35;
/// Largest typical step of a series that is judged: log10(2).
const RESTLESS: f64 = 0.301;
/// Smallest expected count.
const SMALL: f64 = 20.0;
/// Smallest count of a level that may be another in another unit.
const FEW: f64 = 10.0;
/// The powers of ten that units and marks differ by.
const POWERS: [i32; 3] = [2, 3, 6];
/// How many neighbours are looked at on each side.
const SIDE: usize = 3;

pub(super) struct ScaleJump;

impl Checking for ScaleJump {
    fn check(&self) -> Check {
        Check::ScaleJump
    }

    fn along_time(&self) -> bool {
        true
    }

    fn run(&self, sight: &Sight<'_>, _rule: Rule<'_>, drafts: &mut Drafts) {
        for line in sight.lines() {
            judge(sight, line, drafts);
        }
    }
}

fn judge(sight: &Sight<'_>, line: Line<'_>, drafts: &mut Drafts) {
    let known: Vec<&Cell> = line.known().into_iter().filter(|cell| cell.value > 0.0).collect();
    if known.len() < LEAST {
        return;
    }
    let values: Vec<f64> = known.iter().map(|cell| cell.value).collect();
    let Some(step) = typical_step(&values).filter(|step| *step <= RESTLESS) else { return };
    let near = (NEAR + 2.0 * step).min(FAR);
    let counts = sight.is_additive(line.key);
    let power = |ratio: f64| {
        let log = ratio.log10();
        let found = POWERS.into_iter().flat_map(|power| [power, -power]).find(|p| (log - f64::from(*p)).abs() <= near);
        found.map(|power| (power, log))
    };
    for (at, cell) in known.iter().enumerate() {
        let before = values.get(at.saturating_sub(SIDE)..at).unwrap_or_default();
        let behind = values.get(at + 1..values.len().min(at + 1 + SIDE)).unwrap_or_default();
        let b = median_of(before.iter().copied());
        let a = median_of(behind.iter().copied());
        let x = cell.value;
        let level = |value: Option<&f64>, of: f64| value.is_some_and(|value| (value / of).log10().abs() <= FAR);
        let jump = match (b, a) {
            (Some(b), Some(a)) if before.len() >= 2 && behind.len() >= 2 => {
                let to_both = power(x / b).filter(|(p, _)| power(x / a).is_some_and(|(q, _)| *p == q));
                let stays = power(x / b).filter(|_| level(Some(&x), a) && level(before.last(), b));
                to_both.map(|found| (found, b, false)).or(stays.map(|found| (found, b, true)))
            }
            (Some(b), a) if before.len() >= SIDE => power(x / b)
                .filter(|(p, _)| a.is_none_or(|a| power(x / a).is_some_and(|(q, _)| *p == q)))
                .map(|found| (found, b, false)),
            (b, Some(a)) if behind.len() >= SIDE => power(x / a)
                .filter(|(p, _)| b.is_none_or(|b| power(x / b).is_some_and(|(q, _)| *p == q)))
                .map(|found| (found, a, false)),
            _ => None,
        };
        let Some(((power, _), expected, stays)) = jump else { continue };
        let large_enough = if power > 0 { expected >= SMALL } else { expected >= 10_f64.powi(-power) };
        // A level that falls to a handful is a decline: its digits could not show another unit.
        let few = stays && x.min(expected) < FEW;
        if counts && (!large_enough || few) {
            continue;
        }
        let times = 10_f64.powi(power.abs());
        let group: Vec<u32> = measured(line.key).into_iter().chain([cell.period, power.unsigned_abs()]).collect();
        drafts.add(&group, expected.max(x), cell, || {
            let way = if power > 0 { "larger" } else { "smaller" };
            let state = if stays {
                "and stays so: was the unit changed?"
            } else {
                "for this period alone: a shifted mark or another unit?"
            };
            let neighbours = at.saturating_sub(1)..(at + 2).min(known.len());
            let others = known.get(neighbours).unwrap_or_default().iter().filter(|other| other.period != cell.period);
            Draft {
                message: format!(
                    "{} is about {} times {way} than its neighbours ({}), {state}",
                    shown(x),
                    shown(times),
                    shown(expected)
                ),
                expected: Some(expected),
                found: Some(x),
                evidence: std::iter::once(**cell).chain(others.map(|other| **other)).collect(),
            }
        });
    }
}
