//! Check `rate-of-count`: a rate that its count and its population do not give.
//!
//! Definition. An indicator `X-rate` belongs to the count `X-recorded`, `X-victims` or `X` of the same
//! area, period, crime, sex, age and breakdown. Its unit says per how many (`per-1k`, `per-100k`,
//! `per-million`).
//! - *With the indicator `population`* for the area and period, the rate must be count / population × that
//!   number.
//! - *Without it*, all rates of an area, period, sex and age speak of one population: the median of
//!   count / rate over those with a count of at least [`ENOUGH`], where there are [`LEAST`] or more. Each
//!   rate must be what its count gives with it.
//! - *Between periods*, that population (from counts of at least [`ENOUGH`]) must not change by more than
//!   [`GROWTH`] from one period to the next: then rate and count were taken of different areas, or by
//!   another denominator.
//!
//! Equal is: within half of the last printed digit of the rate, plus `tolerance` of it (default 2 %,
//! because populations are estimated in the middle or at the end of the year and revised later).
//!
//! Rule: the crude rate of the United Nations Statistics Division and of UNODC's metadata for SDG
//! indicator 16.1.1 (victims / resident population × 100,000).

use quipu_schema::finding::Check;
use rustc_hash::FxHashMap;

use super::Checking;
use super::draft::{Draft, Drafts, shown};
use super::family::Grain;
use super::pairs::{Shared, first_of, values_of, with_ending};
use super::panel::Cell;
use super::robust::median;
use super::sight::{AGE, DATASET, REF_AREA, Rule, SEX, Sight, UNIT, measured};
use crate::observe::recipe::NULL;

/// Smallest count that a population is taken from.
const ENOUGH: f64 = 20.0;
/// Fewest rates that a population is taken from.
const LEAST: usize = 3;
/// Largest change of a population from one period to the next.
const GROWTH: f64 = 1.2;
/// Share that a rate may be off.
const TOLERANCE: f64 = 0.02;
/// Kinds of findings, as a part of their groups.
const RATE: u32 = 0;
const POPULATION: u32 = 1;

pub(super) struct RateOfCount;

/// One rate with its count.
struct Pair {
    shared: Shared,
    rate: Cell,
    count: Cell,
}

/// Whom a population is of: dataset, area, sex, age; its period.
type People = ([u32; 4], u32);

fn people((key, period): &Shared) -> People {
    ([DATASET, REF_AREA, SEX, AGE].map(|column| key.get(column).copied().unwrap_or(NULL)), *period)
}

impl Checking for RateOfCount {
    fn check(&self) -> Check {
        Check::RateOfCount
    }

    fn along_time(&self) -> bool {
        false
    }

    fn run(&self, sight: &Sight<'_>, rule: Rule<'_>, drafts: &mut Drafts) {
        let stated: FxHashMap<People, f64> = match first_of(sight, &["population".to_owned()]) {
            Some(population) => {
                values_of(sight, population).iter().map(|(shared, cell)| (people(shared), cell.value)).collect()
            }
            None => FxHashMap::default(),
        };
        for (indicator, stem) in with_ending(sight, "-rate") {
            let counts = ["-recorded", "-victims", ""].map(|ending| format!("{stem}{ending}"));
            let Some(counted) = first_of(sight, &counts) else { continue };
            let counts = values_of(sight, counted);
            let mut pairs: Vec<Pair> = values_of(sight, indicator)
                .into_iter()
                .filter_map(|(shared, rate)| Some(Pair { rate, count: *counts.get(&shared)?, shared }))
                .collect();
            pairs.sort_by_key(|pair| pair.shared);
            judge(sight, &pairs, &stated, rule.tolerance(TOLERANCE), drafts);
        }
    }
}

fn factor(sight: &Sight<'_>, rate: &Cell) -> Option<f64> {
    match sight.text(sight.key_of(rate)?, UNIT) {
        "per-1k" => Some(1e3),
        "per-100k" => Some(1e5),
        "per-million" => Some(1e6),
        _ => None,
    }
}

fn judge(sight: &Sight<'_>, pairs: &[Pair], stated: &FxHashMap<People, f64>, tolerance: f64, drafts: &mut Drafts) {
    let mut grain = Grain::default();
    let mut implied: FxHashMap<People, Vec<f64>> = FxHashMap::default();
    for pair in pairs {
        grain.hear(pair.rate.value);
        if let Some(factor) = factor(sight, &pair.rate).filter(|_| pair.count.value >= ENOUGH && pair.rate.value > 0.0)
        {
            implied.entry(people(&pair.shared)).or_default().push(pair.count.value / pair.rate.value * factor);
        }
    }
    let implied: FxHashMap<People, (usize, f64)> = implied
        .into_iter()
        .filter_map(|(people, mut populations)| Some((people, (populations.len(), median(&mut populations)?))))
        .collect();
    for Pair { shared, rate, count } in pairs {
        let Some(factor) = factor(sight, rate) else { continue };
        let (population, basis) = match (stated.get(&people(shared)), implied.get(&people(shared))) {
            (Some(population), _) => (*population, "the stated population"),
            (None, Some((n, population))) if *n >= LEAST => (*population, "the population that its other rates imply"),
            _ => continue,
        };
        let expected = count.value / population * factor;
        let allowed = 0.5 * grain.step().max(1e-9) + tolerance * expected;
        let gap = (rate.value - expected).abs() - allowed;
        let Some(key) = sight.key_of(rate).filter(|_| gap > 0.0 && expected.is_finite()) else { continue };
        let group: Vec<u32> = measured(key).into_iter().chain([rate.period, RATE]).collect();
        drafts.add(&group, (rate.value - expected).abs() * population / factor, rate, || Draft {
            message: format!(
                "the rate is {}, and {} among {basis} ({}) gives {}",
                shown(rate.value),
                shown(count.value),
                shown(population.round()),
                shown(expected)
            ),
            expected: Some(expected),
            found: Some(rate.value),
            evidence: vec![*rate, *count],
        });
    }
    populations(sight, pairs, &implied, drafts);
}

/// Populations that jump from one period to the next.
fn populations(sight: &Sight<'_>, pairs: &[Pair], implied: &FxHashMap<People, (usize, f64)>, drafts: &mut Drafts) {
    let start = |period: u32| sight.panel.periods.get(period as usize).map(|period| (period.start, period.freq));
    let mut all: Vec<(People, f64)> = implied.iter().map(|(people, (_, population))| (*people, *population)).collect();
    all.sort_by_key(|((who, period), _)| (*who, start(*period).map(|(start, freq)| (freq, start))));
    let mut first: FxHashMap<People, &Pair> = FxHashMap::default();
    for pair in pairs.iter().filter(|pair| pair.count.value >= ENOUGH) {
        let held = first.entry(people(&pair.shared)).or_insert(pair);
        if held.count.value < pair.count.value {
            *held = pair;
        }
    }
    for two in all.windows(2) {
        let [((who, earlier), before), (later, after)] = two else { continue };
        let same = *who == later.0 && start(*earlier).map(|(_, freq)| freq) == start(later.1).map(|(_, freq)| freq);
        let ratio = after / before;
        if !same || (1.0 / GROWTH..=GROWTH).contains(&ratio) {
            continue;
        }
        let (Some(old), Some(new)) = (first.get(&(*who, *earlier)), first.get(later)) else { continue };
        let Some(key) = sight.key_of(&new.rate) else { continue };
        let group: Vec<u32> = measured(key).into_iter().chain([later.1, POPULATION]).collect();
        drafts.add(&group, ratio.ln().abs() * after.max(*before), &new.rate, || Draft {
            message: format!(
                "count and rate imply a population of {}, and of {} in the period before",
                shown(after.round()),
                shown(before.round())
            ),
            expected: Some(*before),
            found: Some(*after),
            evidence: vec![new.rate, new.count, old.rate, old.count],
        });
    }
}
