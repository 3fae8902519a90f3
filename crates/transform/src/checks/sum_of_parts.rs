//! Check `sum-of-parts`: a total that is not the sum of its parts.
//!
//! Definition. In one period, a total is set beside its parts by one dimension, all else the same: the
//! sexes beside `_T`; ages beside `_T`; areas beside the area that table `area` gives as their parent;
//! codes of a breakdown beside the code that they extend (`28_1`, `28_2` beside `28`, where the mapping
//! declares the separator); labels of a breakdown beside the label that says `total` or is declared as
//! one. Only quantities that add up (counts, masses, money) are judged.
//!
//! Not every publisher means a sum: parts may overlap, or leave out what is not known. So a relation is
//! held against a source only where the source itself keeps it: for an indicator and dimension, the total
//! must equal the sum in at least [`KEPT`] of the places where every part has a number, and in [`LEAST`]
//! of them; then every other such place is a finding. Where the parts never exceed the total in at least
//! [`NEVER_ABOVE`] of the places, a place where they do is a finding, also where parts are missing or
//! suppressed: the known ones alone are a lower bound. A total that says of itself that it is one, in a
//! publication with too few of them to learn from, is judged at once. Where totals mostly are no sums,
//! one finding of severity `info` says so.
//!
//! Equal is: within half of the last printed digit for each number, where numbers are rounded (their
//! largest common divisor, or their decimals, show it), plus `tolerance` of the total (default 0 %).
//!
//! Rule: additivity of aggregates, as in balance edits (UNECE, *Glossary of Terms on Statistical Data
//! Editing*, 2000) and SDMX's hierarchical code lists, where a parent is the sum of its children.

use std::hash::BuildHasher as _;

use quipu_schema::finding::Check;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::Checking;
use super::draft::{Draft, Drafts, shown};
use super::family::{Dimension, Families, Family, Grain, Name, Role};
use super::panel::State;
use super::sight::{Rule, Sight, measured};

/// Share of the places that must keep an equality.
const KEPT: f64 = 0.75;
/// Fewest places that must keep it.
const LEAST: u64 = 3;
/// Share of the places in which parts must not exceed their total.
const NEVER_ABOVE: f64 = 0.9;

pub(super) struct SumOfParts;

/// How often a relation holds.
#[derive(Debug, Default)]
struct Pattern {
    grain: Grain,
    complete: u64,
    equal: u64,
    all: u64,
    within: u64,
}

type Which = ([u32; 4], Dimension);

impl Checking for SumOfParts {
    fn check(&self) -> Check {
        Check::SumOfParts
    }

    fn along_time(&self) -> bool {
        false
    }

    fn run(&self, sight: &Sight<'_>, rule: Rule<'_>, drafts: &mut Drafts) {
        let tolerance = rule.tolerance(0.0);
        let families = Families::new(sight);
        let found = gather(sight, &families);
        let mut patterns: FxHashMap<Which, Pattern> = FxHashMap::default();
        let which = |name: &Name| (measured(&name.1), name.0);
        for (name, family) in &found {
            let grain = &mut patterns.entry(which(name)).or_default().grain;
            for cell in family.whole.iter().chain(&family.largest).filter(|cell| cell.state == State::Known) {
                grain.hear(cell.value);
            }
        }
        for (name, family) in &found {
            let Some(pattern) = patterns.get_mut(&which(name)) else { continue };
            let Some(gap) = gap(family, pattern.grain, tolerance) else { continue };
            let zero = family.sum == 0.0 && family.whole.is_some_and(|whole| whole.value == 0.0);
            if zero {
                continue;
            }
            pattern.all += 1;
            pattern.within += u64::from(gap <= 0.0 || family.sum <= family.whole.map_or(0.0, |whole| whole.value));
            if family.unknown == 0 {
                pattern.complete += 1;
                pattern.equal += u64::from(gap <= 0.0);
            }
        }
        for (name, family) in &found {
            let (Some(pattern), Some(whole)) = (patterns.get(&which(name)), family.whole) else { continue };
            let Some(gap) = gap(family, pattern.grain, tolerance).filter(|gap| *gap > 0.0) else { continue };
            let few = pattern.complete <= LEAST && matches!(name.0, Dimension::Breakdown(_));
            let equal = family.unknown == 0 && (few || pattern.keeps_equality());
            let above = family.sum > whole.value && pattern.keeps_bound();
            if !equal && !above {
                continue;
            }
            let group: Vec<u32> = measured(&name.1).into_iter().chain([name.0.number(), whole.period]).collect();
            drafts.add(&group, gap / whole.value.abs().max(1.0), &whole, || {
                let parts = if family.unknown == 0 {
                    format!("the sum of its {} parts", family.known)
                } else {
                    format!("less than the {} known of its {} parts", family.known, family.known + family.unknown)
                };
                let word = families.word(name.0);
                Draft {
                    message: format!(
                        "the total by {word} is {}, and {parts} is {}; they are equal in {} of {} places",
                        shown(whole.value),
                        shown(family.sum),
                        pattern.equal,
                        pattern.complete
                    ),
                    expected: Some(family.sum),
                    found: Some(whole.value),
                    evidence: std::iter::once(whole).chain(family.largest.iter().copied()).collect(),
                }
            });
        }
        let mut unkept: Vec<String> = patterns
            .iter()
            .filter(|(_, pattern)| pattern.complete > LEAST && !pattern.keeps_equality())
            .map(|((measured, dimension), pattern)| {
                let indicator = sight.dictionary_text(super::sight::INDICATOR, measured.get(1).copied());
                format!(
                    "totals of {indicator} by {} equal the sum of their parts in {} of {} places only: not held against the others",
                    families.word(*dimension),
                    pattern.equal,
                    pattern.complete
                )
            })
            .collect();
        unkept.sort();
        drafts.limits.extend(unkept);
    }
}

impl Pattern {
    fn keeps_equality(&self) -> bool {
        self.equal >= LEAST && self.equal as f64 >= KEPT * self.complete as f64
    }

    fn keeps_bound(&self) -> bool {
        self.within >= LEAST && self.within as f64 >= NEVER_ABOVE * self.all as f64
    }
}

/// How far a total and the sum of its parts are apart beyond what is allowed; none where they cannot be
/// compared.
fn gap(family: &Family, grain: Grain, tolerance: f64) -> Option<f64> {
    let whole = family.whole.filter(|whole| whole.state == State::Known && !family.disputed)?;
    if family.known == 0 || family.known + family.unknown < 2 {
        return None;
    }
    let rounding = 0.5 * grain.step() * (family.known as f64 + 1.0);
    let allowed = rounding + tolerance * whole.value.abs() + 1e-9 * whole.value.abs();
    Some((whole.value - family.sum).abs() - allowed)
}

/// The families that have a whole, in a fixed order.
fn gather(sight: &Sight<'_>, families: &Families) -> Vec<(Name, Family)> {
    let additive = || sight.across().filter(|(key, _)| sight.is_additive(key));
    // Most wholes have no parts: what is not broken down by sex is the whole of both. Only hashes of those
    // that have some are held, for memory.
    let mut parted: FxHashSet<u64> = FxHashSet::default();
    for (key, cell) in additive() {
        families.of(sight, key, cell, |name, role| {
            if role == Role::Part {
                parted.insert(FxBuildHasher.hash_one(name));
            }
        });
    }
    let mut found: FxHashMap<Name, Family> = FxHashMap::default();
    for (key, cell) in additive() {
        families.of(sight, key, cell, |name, role| {
            if role == Role::Whole && parted.contains(&FxBuildHasher.hash_one(name)) {
                found.entry(name).or_default().add(role, cell);
            }
        });
    }
    drop(parted);
    for (key, cell) in additive() {
        families.of(sight, key, cell, |name, role| {
            if role == Role::Part
                && let Some(family) = found.get_mut(&name)
            {
                family.add(role, cell);
            }
        });
    }
    let mut found: Vec<(Name, Family)> = found.into_iter().filter(|(_, family)| family.known > 0).collect();
    found.sort_by_key(|(name, _)| *name);
    found
}
