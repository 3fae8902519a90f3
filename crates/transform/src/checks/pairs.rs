//! Indicators that belong together: a rate and its count, victims and offences.

use rustc_hash::FxHashMap;

use super::panel::{Cell, KEY, State};
use super::sight::{INDICATOR, Sight, UNIT};
use crate::observe::recipe::NULL;

/// What two values of a pair share: all but indicator and unit, and the period.
pub(super) type Shared = ([u32; KEY], u32);

/// The values of one indicator, by what they share with those of others.
pub(super) fn values_of(sight: &Sight<'_>, indicator: u32) -> FxHashMap<Shared, Cell> {
    let mut values = FxHashMap::default();
    let of_indicator = sight.across().filter(|(key, _)| key.get(INDICATOR) == Some(&indicator));
    for (key, cell) in of_indicator.filter(|(_, cell)| cell.state == State::Known) {
        let mut shared = *key;
        for column in [INDICATOR, UNIT] {
            if let Some(slot) = shared.get_mut(column) {
                *slot = NULL;
            }
        }
        values.insert((shared, cell.period), *cell);
    }
    values
}

/// The numbers of all indicators whose name ends so, with what stands before the ending.
pub(super) fn with_ending<'s>(sight: &'s Sight<'_>, ending: &'static str) -> impl Iterator<Item = (u32, &'s str)> {
    let names = sight.panel.dictionaries.get(INDICATOR).map(|names| names.texts.as_slice()).unwrap_or_default();
    (0..).zip(names).filter_map(move |(number, name)| Some((number, name.strip_suffix(ending)?)))
}

/// The number of the first of these indicators that there is.
pub(super) fn first_of(sight: &Sight<'_>, names: &[String]) -> Option<u32> {
    let known = sight.panel.dictionaries.get(INDICATOR)?;
    names.iter().find_map(|name| (0..).zip(&known.texts).find(|(_, text)| *text == name).map(|(number, _)| number))
}

/// The numbers of all indicators whose name begins so, with what stands behind the beginning.
pub(super) fn with_beginning<'s>(sight: &'s Sight<'_>, begin: &'static str) -> impl Iterator<Item = (u32, &'s str)> {
    let names = sight.panel.dictionaries.get(INDICATOR).map(|names| names.texts.as_slice()).unwrap_or_default();
    (0..).zip(names).filter_map(move |(number, name)| Some((number, name.strip_prefix(begin)?)))
}
