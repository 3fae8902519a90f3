//! Check `series-break`: a level that shifts in many series at once.
//!
//! A new definition, a new recording system or a new area shows as a step from one period to the next, in
//! the same direction in most series, that stays.
//!
//! Definition. At the boundary before period `t` of a series, the median of the [`window`] numbers from
//! `t` on is set against that of as many before (three years, four quarters, twelve months: whole years,
//! so that seasons do not count). The series shifts where log10 of their ratio is at least [`SHIFT`] (a
//! factor of 1.3) and [`NOISE`] typical steps of the series, and where the step from the number before `t`
//! to that of `t`, or for months and quarters from the same season a year ago, makes at least half of it
//! in the same direction. Counts must have medians of at least [`SMALL`]. It is a finding where [`MANY`]
//! series or more of one crime and breakdown (over areas), or of one area (over crimes), can be judged at
//! `t` and at least [`TOGETHER`] of them shift in one direction. Of boundaries next to each other the one
//! with the most series is told.
//!
//! Rule: `OBS_STATUS` B (break) of SDMX; the test compares medians as in robust step detection
//! (Bai 1997 locates a break where the fit of two means is best; medians stand for means here).

use quipu_schema::finding::Check;
use rustc_hash::FxHashMap;

use super::Checking;
use super::draft::{Draft, Drafts};
use super::panel::Cell;
use super::robust::{median, median_of, typical_step};
use super::sight::{AGE, BREAKDOWN, CRIME, Line, REF_AREA, Rule, SEX, Sight, measured};
use crate::observe::FREQ;
use crate::observe::recipe::NULL;

/// Least shift: log10(1.3).
const SHIFT: f64 = 0.114;
const NOISE: f64 = 3.0;
const SMALL: f64 = 20.0;
const MANY: u64 = 8;
const TOGETHER: f64 = 0.6;
/// Values that are shown.
const SHOWN: usize = 3;

pub(super) struct SeriesBreak;

/// One crime over all areas (0), or one area over all crimes (1).
type Scope = (u32, [u32; 4], [u32; 5]);

/// What the series of a scope do at a boundary.
#[derive(Default)]
struct Boundary {
    judged: u64,
    up: Vec<f64>,
    down: Vec<f64>,
    /// The largest shifts, with the number before and the one behind the boundary.
    shown: Vec<(f64, Cell, Cell)>,
}

/// How many numbers make whole years, by SDMX frequency.
fn window(freq: &str) -> Option<usize> {
    match freq {
        "A" => Some(3),
        "S" | "Q" => Some(4),
        "M" => Some(12),
        _ => None,
    }
}

impl Checking for SeriesBreak {
    fn check(&self) -> Check {
        Check::SeriesBreak
    }

    fn along_time(&self) -> bool {
        true
    }

    fn run(&self, sight: &Sight<'_>, _rule: Rule<'_>, drafts: &mut Drafts) {
        let mut boundaries: FxHashMap<(Scope, u32), Boundary> = FxHashMap::default();
        for line in sight.lines() {
            hear(sight, line, &mut boundaries);
        }
        let start = |period: u32| sight.panel.periods.get(period as usize).map(|period| period.start);
        let mut found: Vec<((Scope, u32), f64, Boundary)> = Vec::new();
        for (which, mut boundary) in boundaries {
            let up = boundary.up.len() >= boundary.down.len();
            let shifts = if up { &mut boundary.up } else { &mut boundary.down };
            let together = shifts.len() as f64 >= TOGETHER * boundary.judged as f64;
            if boundary.judged >= MANY
                && together
                && let Some(shift) = median(shifts)
            {
                found.push((which, shift, boundary));
            }
        }
        found.sort_by_key(|((scope, period), ..)| (*scope, start(*period)));
        let shifting = |boundary: &Boundary| boundary.up.len().max(boundary.down.len());
        for (at, ((scope, period), shift, boundary)) in found.iter().enumerate() {
            let near = |(theirs, when): &(Scope, u32)| {
                let apart = start(*when).zip(start(*period)).and_then(|(a, b)| a.until(b).ok());
                theirs == scope && apart.is_some_and(|span| span.get_days().abs() <= 370)
            };
            let before = at.checked_sub(1).and_then(|at| found.get(at)).filter(|(which, ..)| near(which));
            let behind = found.get(at + 1).filter(|(which, ..)| near(which));
            if before.is_some_and(|(_, _, other)| shifting(other) >= shifting(boundary))
                || behind.is_some_and(|(_, _, other)| shifting(other) > shifting(boundary))
            {
                continue;
            }
            let Some((_, old, new)) = boundary.shown.first() else { continue };
            let group: Vec<u32> = scope.1.into_iter().chain(scope.2).chain([scope.0, *period]).collect();
            drafts.add(&group, shift.abs() * shifting(boundary) as f64, new, || {
                let what = if scope.0 == 0 { "areas" } else { "series of this area" };
                Draft {
                    message: format!(
                        "from this period on, {} of {} {what} are about {:.2} times what they were: another definition or way of recording?",
                        shifting(boundary),
                        boundary.judged,
                        10_f64.powf(*shift)
                    ),
                    expected: Some(old.value),
                    found: Some(new.value),
                    evidence: boundary.shown.iter().flat_map(|(_, old, new)| [*new, *old]).collect(),
                }
            });
        }
    }
}

fn hear(sight: &Sight<'_>, line: Line<'_>, boundaries: &mut FxHashMap<(Scope, u32), Boundary>) {
    let Some(window) = window(sight.text(line.key, FREQ)) else { return };
    let known = line.known();
    let values: Vec<f64> = known.iter().map(|cell| cell.value).collect();
    if values.len() < 2 * window {
        return;
    }
    let yearly = sight.text(line.key, FREQ) == "A";
    let seasons = if yearly { 1 } else { window };
    // The step from a year to the next, whatever the season.
    let by_season: Vec<f64> = (0..seasons)
        .filter_map(|season| typical_step(&values.iter().skip(season).step_by(seasons).copied().collect::<Vec<_>>()))
        .collect();
    let Some(step) = median_of(by_season.into_iter()) else { return };
    let least = if sight.is_additive(line.key) { SMALL } else { 0.0 };
    let number = |column: usize| line.key.get(column).copied().unwrap_or(NULL);
    let measured = measured(line.key);
    let scopes: [Scope; 2] = [
        (0, measured, [number(CRIME), number(SEX), number(AGE), number(BREAKDOWN), NULL]),
        (1, measured, [NULL, number(SEX), number(AGE), NULL, number(REF_AREA)]),
    ];
    for at in window..=values.len() - window {
        let before = median_of(values.get(at - window..at).unwrap_or_default().iter().copied());
        let behind = median_of(values.get(at..at + window).unwrap_or_default().iter().copied());
        let (Some(before), Some(behind)) = (before, behind) else { continue };
        let (Some(old), Some(new)) = (known.get(at - seasons), known.get(at)) else { continue };
        if before <= least || behind <= least {
            continue;
        }
        let shift = (behind / before).log10();
        let sudden = if old.value > 0.0 && new.value > 0.0 { (new.value / old.value).log10() } else { 0.0 };
        let shifts = shift.abs() >= SHIFT.max(NOISE * step) && sudden * shift.signum() >= 0.5 * shift.abs();
        for scope in scopes {
            let boundary = boundaries.entry((scope, new.period)).or_default();
            boundary.judged += 1;
            if !shifts {
                continue;
            }
            if shift > 0.0 {
                boundary.up.push(shift);
            } else {
                boundary.down.push(shift);
            }
            let place = boundary.shown.partition_point(|(held, ..)| *held >= shift.abs());
            if place < SHOWN {
                boundary.shown.insert(place, (shift.abs(), **old, **new));
                boundary.shown.truncate(SHOWN);
            }
        }
    }
}
