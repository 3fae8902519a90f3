//! What the checks see of a panel: its series along time and its periods across.

use std::ops::Range;

use quipu_schema::pipeline::{CheckRule, Observe};
use rustc_hash::FxHashMap;

use super::panel::{Cell, Key, Panel, State};
use crate::codes::Reference;
use crate::observe::recipe::NULL;
use crate::observe::{FREQ, VINTAGE};
use crate::period::Period;

/// Columns of a series' key, by what they say.
pub(super) const DATASET: usize = 0;
pub(super) const INDICATOR: usize = 1;
pub(super) const CRIME: usize = 2;
pub(super) const REF_AREA: usize = 3;
pub(super) const SEX: usize = 5;
pub(super) const AGE: usize = 6;
pub(super) const BREAKDOWN: usize = 7;
pub(super) const UNIT: usize = 8;

/// What a check sees.
pub(crate) struct Sight<'a> {
    pub(super) panel: &'a Panel,
    pub(super) observe: &'a Observe,
    pub(super) reference: &'a Reference,
    /// Where the cells of each series are.
    spans: Vec<Range<usize>>,
    /// What sort of quantity each unit is.
    kinds: Vec<Option<String>>,
}

/// One series, along time.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) key: &'a Key,
    /// One cell a period, in the order of time.
    pub(super) cells: &'a [Cell],
}

impl<'a> Line<'a> {
    /// The cells that hold a number.
    pub(super) fn known(&self) -> Vec<&'a Cell> {
        self.cells.iter().filter(|cell| cell.state == State::Known).collect()
    }
}

impl<'a> Sight<'a> {
    /// Looks at a panel that hears no more.
    pub(crate) fn new(panel: &'a mut Panel, observe: &'a Observe, reference: &'a Reference) -> Self {
        panel.close();
        order(panel);
        let mut spans = vec![0..0; panel.series.len()];
        let mut from = 0;
        for cells in panel.cells.chunk_by(|a, b| a.series == b.series) {
            let span = from..from + cells.len();
            from = span.end;
            if let Some(slot) = cells.first().and_then(|cell| spans.get_mut(cell.series as usize)) {
                *slot = span;
            }
        }
        let units = panel.dictionaries.get(UNIT).map(|units| units.texts.clone()).unwrap_or_default();
        let kinds = units.iter().map(|unit| reference.fact("unit", unit, "kind")).collect();
        Self { panel, observe, reference, spans, kinds }
    }

    /// The series that are there as a whole.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        (0..self.panel.series.len()).filter(|number| self.panel.is_whole_series(*number)).filter_map(|number| {
            let key = self.panel.series.get(number)?;
            let cells = self.panel.cells.get(self.spans.get(number)?.clone())?;
            (!cells.is_empty()).then_some(Line { key, cells })
        })
    }

    /// The values of the periods that are there as a whole.
    pub(super) fn across(&self) -> impl Iterator<Item = (&Key, &Cell)> {
        let whole: Vec<bool> = (0..self.panel.periods.len()).map(|number| self.panel.is_whole_period(number)).collect();
        self.panel.cells.iter().filter_map(move |cell| {
            let kept = whole.get(cell.period as usize).copied().unwrap_or_default();
            Some((self.panel.series.get(cell.series as usize)?, cell)).filter(|_| kept)
        })
    }

    /// What names the series of a cell.
    pub(super) fn key_of(&self, cell: &Cell) -> Option<&Key> {
        self.panel.series.get(cell.series as usize)
    }

    /// The text of a column of a series; the empty text for null.
    pub(super) fn text(&self, key: &Key, column: usize) -> &str {
        let number = key.get(column).copied().unwrap_or(NULL);
        self.panel.dictionaries.get(column).and_then(|dictionary| dictionary.text(number)).unwrap_or_default()
    }

    /// The text of a number of a column; the empty text for null.
    pub(super) fn dictionary_text(&self, column: usize, number: Option<u32>) -> &str {
        let dictionary = self.panel.dictionaries.get(column);
        dictionary.and_then(|dictionary| dictionary.text(number?)).unwrap_or_default()
    }

    /// The vintage of a cell.
    pub(super) fn vintage(&self, cell: &Cell) -> &str {
        let vintages = self.panel.dictionaries.get(VINTAGE);
        vintages.and_then(|vintages| vintages.text(u32::from(cell.vintage))).unwrap_or_default()
    }

    /// The period of a cell.
    pub(super) fn period(&self, cell: &Cell) -> Option<&Period> {
        self.panel.periods.get(cell.period as usize)
    }

    /// Whether the values of a series may be added up.
    pub(super) fn is_additive(&self, key: &Key) -> bool {
        matches!(self.kind(key), Some("count" | "mass" | "money"))
    }

    /// What sort of quantity a series is of: the word of table `unit`.
    pub(super) fn kind(&self, key: &Key) -> Option<&str> {
        let unit = key.get(UNIT).copied().unwrap_or(NULL);
        self.kinds.get(unit as usize).and_then(Option::as_deref)
    }
}

/// Puts the cells of each series into the order of time, one a period: the latest vintage.
fn order(panel: &mut Panel) {
    let rank = |texts: &[String]| {
        let mut by_text: Vec<usize> = (0..texts.len()).collect();
        by_text.sort_by(|a, b| texts.get(*a).cmp(&texts.get(*b)));
        let mut rank = vec![0_usize; texts.len()];
        for (place, number) in by_text.into_iter().enumerate() {
            if let Some(slot) = rank.get_mut(number) {
                *slot = place;
            }
        }
        rank
    };
    let vintages = panel.dictionaries.get(VINTAGE).map(|vintages| rank(&vintages.texts)).unwrap_or_default();
    let mut by_time: Vec<usize> = (0..panel.periods.len()).collect();
    by_time.sort_by_key(|number| panel.periods.get(*number).map(|period| (period.start, period.end, period.freq)));
    let mut times = vec![0_usize; by_time.len()];
    for (place, number) in by_time.into_iter().enumerate() {
        if let Some(slot) = times.get_mut(number) {
            *slot = place;
        }
    }
    let place = |cell: &Cell| {
        let time = times.get(cell.period as usize).copied().unwrap_or_default();
        let vintage = vintages.get(usize::from(cell.vintage)).copied().unwrap_or_default();
        (cell.series, time, std::cmp::Reverse(vintage))
    };
    panel.cells.sort_by_key(place);
    panel.cells.dedup_by_key(|cell| (cell.series, cell.period));
}

/// What is said of a check, or nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule<'a>(pub(crate) Option<&'a CheckRule>);

impl Rule<'_> {
    /// The tolerance, as a share.
    pub(super) fn tolerance(self, default: f64) -> f64 {
        self.0.and_then(|rule| rule.tolerance).unwrap_or(default)
    }
}

/// Numbers by group.
pub(super) type Counts = FxHashMap<[u32; 4], (u64, u64)>;

/// The numbers of a key that name what is measured: dataset, indicator, unit, frequency.
pub(super) fn measured(key: &Key) -> [u32; 4] {
    [DATASET, INDICATOR, UNIT, FREQ].map(|column| key.get(column).copied().unwrap_or(NULL))
}
