//! Check `shares-of-whole`: shares of one whole that do not add up to it.
//!
//! Definition. Values whose unit is a share (table `unit`, kind `share`) are added up over one dimension
//! (sex, age, one name of the breakdown), all else the same, totals left out. The whole is 100, or 1 for
//! the unit `share`. As shares may be of several wholes at once (answers that exclude nobody), the
//! relation is held against a source only where it keeps it itself: in at least [`KEPT`] of the places
//! without missing parts and at least [`LEAST`] of them; then every other such place is a finding. With
//! fewer places than that, a sum that misses the whole by no more than [`CLOSE`] of it is one.
//!
//! Equal is: within half of the last printed digit for each share, plus `tolerance` of the whole
//! (default 0.5 %).
//!
//! Rule: percentage distributions add up to 100 but for rounding (ISO 80000-1, annex B, on the rounding
//! of sums; UNECE, *Making Data Meaningful*, part 2).

use quipu_schema::finding::Check;
use rustc_hash::FxHashMap;

use super::Checking;
use super::draft::{Draft, Drafts, shown};
use super::family::{Dimension, Families, Family, Grain, Name, Role};
use super::sight::{Rule, Sight, UNIT, measured};

const KEPT: f64 = 0.75;
const LEAST: u64 = 3;
const CLOSE: f64 = 0.1;
/// Share of the whole that a sum may be off.
const TOLERANCE: f64 = 0.005;

pub(super) struct SharesOfWhole;

impl Checking for SharesOfWhole {
    fn check(&self) -> Check {
        Check::SharesOfWhole
    }

    fn along_time(&self) -> bool {
        false
    }

    fn run(&self, sight: &Sight<'_>, rule: Rule<'_>, drafts: &mut Drafts) {
        let shares = || sight.across().filter(|(key, _)| sight.kind(key) == Some("share"));
        if shares().next().is_none() {
            return;
        }
        let families = Families::new(sight);
        let mut found: FxHashMap<Name, Family> = FxHashMap::default();
        let mut grains: FxHashMap<[u32; 4], Grain> = FxHashMap::default();
        for (key, cell) in shares() {
            if cell.value.is_finite() {
                grains.entry(measured(key)).or_default().hear(cell.value);
            }
            families.of(sight, key, cell, |name, role| {
                if role == Role::Part && name.0 != Dimension::Area {
                    found.entry(name).or_default().add(role, cell);
                }
            });
        }
        let mut found: Vec<(Name, Family)> =
            found.into_iter().filter(|(_, family)| family.unknown == 0 && family.known >= 2).collect();
        found.sort_by_key(|(name, _)| *name);
        let judge = |name: &Name, family: &Family| {
            let whole = if sight.text(&name.1, UNIT) == "share" { 1.0 } else { 100.0 };
            let step = grains.get(&measured(&name.1)).map_or(0.0, |grain| grain.step().max(f64::EPSILON));
            let step = if step <= f64::EPSILON { 1.0_f64.min(whole / 100.0) } else { step };
            let allowed = 0.5 * step * family.known as f64 + rule.tolerance(TOLERANCE) * whole;
            (whole, (family.sum - whole).abs() - allowed)
        };
        let mut patterns: FxHashMap<([u32; 4], Dimension), (u64, u64)> = FxHashMap::default();
        for (name, family) in &found {
            let counts = patterns.entry((measured(&name.1), name.0)).or_default();
            counts.0 += u64::from(judge(name, family).1 <= 0.0);
            counts.1 += 1;
        }
        for (name, family) in &found {
            let (kept, all) = patterns.get(&(measured(&name.1), name.0)).copied().unwrap_or_default();
            let (whole, gap) = judge(name, family);
            let learned = kept >= LEAST && kept as f64 >= KEPT * all as f64;
            let close = all <= LEAST && (family.sum - whole).abs() <= CLOSE * whole;
            let Some(first) = family.largest.first().filter(|_| gap > 0.0 && (learned || close)) else { continue };
            let group: Vec<u32> = measured(&name.1).into_iter().chain([name.0.number(), first.period]).collect();
            drafts.add(&group, gap / whole, first, || Draft {
                message: format!(
                    "the {} shares by {} add up to {}, not {}; they do so in {kept} of {all} places",
                    family.known,
                    families.word(name.0),
                    shown(family.sum),
                    shown(whole)
                ),
                expected: Some(whole),
                found: Some(family.sum),
                evidence: family.largest.clone(),
            });
        }
    }
}
