//! Adding up: incident-level records become counts by declared keys, so that no row is about one
//! person. What is added up has no place of its own in the document.

use rustc_hash::FxHashMap;

use super::TEXTS;
use super::cells::{Bounds, Cell, Holds};
use super::recipe::{Dictionary, NULL, Shelf};
use super::rows::{Numbers, Rows};
use super::{REF_AREA, STATUS};

/// Name of the rule that counts values which went into a sum.
pub(crate) const ADDED: &str = "added up";
/// SDMX status of a sum that is held back.
const SUPPRESSED: &str = "Q";

/// Sums by key.
#[derive(Debug)]
pub(crate) struct Sums {
    shelf: Shelf,
    order: Vec<([u32; TEXTS.len()], u32, u32, bool)>,
    found: FxHashMap<([u32; TEXTS.len()], u32, u32, bool), usize>,
    values: Vec<Sum>,
}

#[derive(Debug, Clone, Copy)]
struct Sum {
    value: f64,
    values: u64,
    status: u32,
}

impl Default for Sums {
    fn default() -> Self {
        Self { shelf: Shelf::new(TEXTS.len()), order: Vec::new(), found: FxHashMap::default(), values: Vec::new() }
    }
}

impl Sums {
    /// Adds the rows of a piece, the earlier pieces first.
    pub(crate) fn add(&mut self, rows: &Rows) {
        let dictionaries = self.shelf.dictionaries.iter_mut().zip(&rows.shelf.dictionaries);
        let maps: Vec<Vec<u32>> = dictionaries.map(|(ours, theirs)| ours.absorb(theirs)).collect();
        let periods: Vec<u32> = rows.shelf.periods.iter().map(|period| self.shelf.period(*period)).collect();
        let mapped =
            |map: Option<&Vec<u32>>, number: u32| map.and_then(|map| map.get(number as usize)).copied().unwrap_or(NULL);
        for row in 0..rows.len() {
            let mut key = [NULL; TEXTS.len()];
            for (column, (key, map)) in key.iter_mut().zip(&maps).enumerate() {
                *key = mapped(Some(map), rows.text(column, row));
            }
            let period = rows.period.get(row).copied().unwrap_or(NULL);
            let total = rows.total.get(row).copied().unwrap_or_default();
            let key = (key, mapped(Some(&periods), period), rows.document, total);
            let value = rows.value(row);
            let status = mapped(maps.get(STATUS), rows.status(row));
            let at = *self.found.entry(key).or_insert_with(|| {
                self.order.push(key);
                self.values.push(Sum { value: 0.0, values: 0, status });
                self.order.len() - 1
            });
            if let Some(sum) = self.values.get_mut(at)
                && value.is_finite()
            {
                sum.value += value;
                sum.values += 1;
                sum.status = NULL;
            }
        }
    }

    /// The sums as rows, document by document, in the order in which their keys came.
    pub(crate) fn rows(mut self, suppress_below: Option<u64>) -> Vec<Rows> {
        let suppressed = self.shelf.dictionaries.get_mut(STATUS).map_or(NULL, |status| status.number(SUPPRESSED));
        let documents: std::collections::BTreeSet<u32> =
            self.order.iter().map(|(_, _, document, _)| *document).collect();
        let mut out = Vec::new();
        for document in documents {
            let mut rows = Rows::new(document, [None; TEXTS.len()], Some(NULL), self.shelf.clone());
            rows.printed = false;
            for (key, sum) in self.order.iter().zip(&self.values).filter(|(key, _)| key.2 == document) {
                for (numbers, number) in rows.texts.iter_mut().zip(key.0) {
                    numbers.push(number);
                }
                let small =
                    suppress_below.filter(|least| sum.values > 0 && sum.value < *least as f64 && sum.value > 0.0);
                let (value, status) = match small {
                    Some(_) => (f64::NAN, suppressed),
                    None if sum.values == 0 => (f64::NAN, sum.status),
                    None => (sum.value, NULL),
                };
                let bounds = Bounds { lower: None, upper: small.map(|least| least as f64) };
                let cell = rows.cells.add("", Cell { holds: Holds::Value, value, status, bounds });
                rows.cell.push(cell);
                rows.period.push(key.1);
                rows.line.push(0);
                rows.total.push(key.3);
            }
            out.push(rows);
        }
        out
    }
}

/// Whether an area is an aggregate of others, by number.
pub(crate) fn aggregates(rows: &Rows, reference: &crate::codes::Reference) -> Vec<bool> {
    let areas: Option<&Dictionary> = rows.shelf.dictionaries.get(REF_AREA);
    areas.map(|areas| areas.texts.iter().map(|area| reference.is_aggregate(area)).collect()).unwrap_or_default()
}

/// Marks the rows of areas that are aggregates of others as totals.
pub(crate) fn mark_areas(rows: &mut Rows, reference: &crate::codes::Reference) {
    let aggregates = aggregates(rows, reference);
    if !aggregates.contains(&true) {
        return;
    }
    let areas = rows.texts.get(REF_AREA).cloned().unwrap_or(Numbers::Same(NULL));
    for (row, total) in rows.total.iter_mut().enumerate() {
        *total |= aggregates.get(areas.get(row) as usize) == Some(&true);
    }
}
