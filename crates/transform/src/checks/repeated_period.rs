//! Check `repeated-period`: a period that repeats the values of another.
//!
//! A column copied for the next month, or last year's file sent again, repeats the values of (nearly) all
//! series at once, which chance does not.
//!
//! Definition. Two periods of one frequency are compared over all series of an indicator; over the areas
//! of one crime and breakdown; and over all series of one area. A series counts where its two values say
//! something: at least [`LEAST`] or with decimals, in a series with three different values or more, no
//! value of which comes back in more than [`OFTEN`] periods. The later period is a finding where at least
//! [`SAME`] of the series that have such values in both are equal, and where chance would need less than
//! 10^-[`UNLIKELY`] for it: two Poisson numbers with mean `v` are equal with a probability of
//! 1 / (2 √(π v)), two decimals with one of at most 1/100. What is found over all series of an indicator is
//! not told again of its parts.
//!
//! Rule: duplicate-record and stale-value edits (Eurostat, *ESS guidelines on data validation*, level 2:
//! consistency between periods of one source).

use quipu_schema::finding::Check;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Checking;
use super::draft::{Draft, Drafts};
use super::panel::Cell;
use super::sight::{AGE, BREAKDOWN, CRIME, Line, REF_AREA, Rule, SEX, Sight, measured};
use crate::observe::recipe::NULL;

const LEAST: f64 = 10.0;
const OFTEN: usize = 3;
const SAME: f64 = 0.9;
const UNLIKELY: f64 = 12.0;
/// Values that are shown.
const SHOWN: usize = 3;

pub(super) struct RepeatedPeriod;

/// What is compared: all of an indicator, one crime over all areas, one area.
type Scope = (u32, [u32; 4], [u32; 5]);

fn scopes(line: Line<'_>) -> [Scope; 3] {
    let number = |column: usize| line.key.get(column).copied().unwrap_or(NULL);
    let measured = measured(line.key);
    [
        (0, measured, [NULL; 5]),
        (1, measured, [number(CRIME), number(SEX), number(AGE), number(BREAKDOWN), NULL]),
        (2, measured, [NULL, NULL, NULL, NULL, number(REF_AREA)]),
    ]
}

/// Equal values of two periods.
#[derive(Default)]
struct Equal {
    series: u64,
    unlikely: f64,
    shown: Vec<(Cell, Cell)>,
}

impl Checking for RepeatedPeriod {
    fn check(&self) -> Check {
        Check::RepeatedPeriod
    }

    fn along_time(&self) -> bool {
        true
    }

    fn run(&self, sight: &Sight<'_>, _rule: Rule<'_>, drafts: &mut Drafts) {
        let mut telling: FxHashMap<(Scope, u32), u64> = FxHashMap::default();
        let mut equal: FxHashMap<(Scope, u32, u32), Equal> = FxHashMap::default();
        for line in sight.lines() {
            hear(line, &mut telling, &mut equal);
        }
        let mut equal: Vec<((Scope, u32, u32), Equal)> =
            equal.into_iter().filter(|(_, equal)| equal.unlikely >= UNLIKELY).collect();
        equal.sort_by_key(|(which, _)| *which);
        let mut told: FxHashSet<([u32; 4], u32, u32)> = FxHashSet::default();
        for ((scope, earlier, later), equal) in &equal {
            let of = |period: u32| telling.get(&(*scope, period)).copied().unwrap_or_default();
            let both = of(*earlier).min(of(*later));
            if (equal.series as f64) < SAME * both as f64 || told.contains(&(scope.1, *earlier, *later)) {
                continue;
            }
            if scope.0 == 0 {
                told.insert((scope.1, *earlier, *later));
            }
            let Some((before, copy)) = equal.shown.first() else { continue };
            let group: Vec<u32> = scope.1.into_iter().chain(scope.2).chain([scope.0, *earlier, *later]).collect();
            drafts.add(&group, equal.unlikely, copy, || {
                let what = match scope.0 {
                    0 => "series of the indicator",
                    1 => "areas of this crime and breakdown",
                    _ => "series of this area",
                };
                let of = sight.period(before).map(|period| period.start.to_string()).unwrap_or_default();
                Draft {
                    message: format!(
                        "repeats the values of the period that begins on {of} in {} of {both} {what}: copied?",
                        equal.series
                    ),
                    expected: None,
                    found: Some(copy.value),
                    evidence: equal.shown.iter().flat_map(|(before, copy)| [*copy, *before]).collect(),
                }
            });
        }
    }
}

fn hear(line: Line<'_>, telling: &mut FxHashMap<(Scope, u32), u64>, equal: &mut FxHashMap<(Scope, u32, u32), Equal>) {
    let says = |value: f64| value >= LEAST || (value > 0.0 && value.fract() != 0.0);
    let mut known: Vec<(usize, &Cell)> = line.known().into_iter().enumerate().collect();
    known.sort_by(|(a, one), (b, two)| one.value.total_cmp(&two.value).then(a.cmp(b)));
    let runs: Vec<&[(usize, &Cell)]> = known.chunk_by(|(_, a), (_, b)| a.value.total_cmp(&b.value).is_eq()).collect();
    let stale = |run: &&&[(usize, &Cell)]| run.len() > OFTEN && run.first().is_some_and(|(_, cell)| says(cell.value));
    if runs.len() < 3 || runs.iter().any(|run| stale(&run)) {
        return;
    }
    for run in runs.into_iter().filter(|run| run.first().is_some_and(|(_, cell)| says(cell.value))) {
        for scope in scopes(line) {
            for (_, cell) in run {
                *telling.entry((scope, cell.period)).or_default() += 1;
            }
            for (at, (_, before)) in run.iter().enumerate() {
                for (_, copy) in run.get(at + 1..).unwrap_or_default() {
                    let held = equal.entry((scope, before.period, copy.period)).or_default();
                    held.series += 1;
                    let decimals = copy.value.fract() != 0.0;
                    let chance = 2.0 * (std::f64::consts::PI * copy.value).sqrt();
                    held.unlikely += if decimals { 2.0 } else { chance.log10() };
                    if held.shown.len() < SHOWN {
                        held.shown.push((**before, **copy));
                    }
                }
            }
        }
    }
}
