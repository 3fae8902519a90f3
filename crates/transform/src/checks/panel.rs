//! The panel: the values of a source by series and period, as the checks look at them.
//!
//! It is filled while the source is walked and holds a bounded number of values. A source with more is
//! looked at in part, in two ways that keep together what belongs together: whole series, chosen by a
//! hash of what names them, for checks that look along time; and the newest periods as a whole, for
//! checks that look across a period. Which they are follows from the values alone, never from how the
//! document was cut into pieces or how many threads read it.

use rustc_hash::FxHashMap;

use crate::observe::cells::Bounds;
use crate::observe::recipe::{Dictionary, NULL};
use crate::observe::rows::{Numbers, Rows};
use crate::observe::{FREQ, STATUS, VINTAGE};
use crate::period::Period;

/// How many of the text columns name a series: all but status and vintage, which stand behind them.
pub(crate) const KEY: usize = 9;
/// Most values that are kept for each of the two ways of looking: with what is in the making, about 45 MB.
const MOST: u64 = 300_000;
/// A number of a piece that has no number here yet.
const UNSEEN: u32 = u32::MAX - 1;
/// SDMX statuses of values that are there but not shown.
const SUPPRESSED: [&str; 2] = ["Q", "S"];

/// What names a series, as numbers into the dictionaries.
pub(crate) type Key = [u32; KEY];

/// Where a value stands. What does not fit is left out: a place is never guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) start: u64,
    pub(crate) line: u32,
    pub(crate) part: u32,
    pub(crate) document: u16,
    pub(crate) column: u16,
    length: u16,
    known: bool,
    ranged: bool,
}

/// What a value is, beside a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// A number.
    Known,
    /// Not there.
    Missing,
    /// There, but not shown or shown only between bounds.
    Hidden,
}

/// One value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) value: f64,
    pub(crate) series: u32,
    pub(crate) period: u32,
    pub(crate) place: Place,
    pub(crate) vintage: u16,
    pub(crate) state: State,
}

/// The values of a source, while they come in.
#[derive(Debug)]
pub(crate) struct Panel {
    most: u64,
    pub(super) dictionaries: Vec<Dictionary>,
    pub(super) parts: Dictionary,
    pub(super) series: Vec<Key>,
    hashes: Vec<u64>,
    found: FxHashMap<Key, u32>,
    pub(super) periods: Vec<Period>,
    numbers: FxHashMap<Period, u32>,
    /// Values by period; none for periods that are no longer kept.
    in_period: Vec<u64>,
    /// The newest period that was let go: it and what is older is not kept.
    gone: Option<Period>,
    kept_periods: u64,
    kept_series: u64,
    /// Values by how many zeros the hash of their series begins with.
    by_zeros: [u64; 65],
    zeros: u32,
    pub(super) cells: Vec<Cell>,
    /// Values heard.
    pub(super) heard: u64,
}

impl Default for Panel {
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl Panel {
    /// A panel that keeps so many values for each way of looking.
    pub(crate) fn new(most: u64) -> Self {
        Self {
            most,
            dictionaries: vec![Dictionary::default(); KEY + 2],
            parts: Dictionary::default(),
            series: Vec::new(),
            hashes: Vec::new(),
            found: FxHashMap::default(),
            periods: Vec::new(),
            numbers: FxHashMap::default(),
            in_period: Vec::new(),
            gone: None,
            kept_periods: 0,
            kept_series: 0,
            by_zeros: [0; 65],
            zeros: 0,
            cells: Vec::new(),
            heard: 0,
        }
    }

    /// Forgets what was heard: the source is walked again.
    pub(crate) fn restart(&mut self) {
        *self = Self::new(self.most);
    }

    /// Takes the rows of a piece, the earlier pieces first.
    pub(crate) fn hear(&mut self, rows: &Rows) {
        let each: Vec<(usize, &[u32])> = (0..KEY)
            .filter_map(|column| match rows.texts.get(column) {
                Some(Numbers::Each(numbers)) => Some((column, numbers.as_slice())),
                _ => None,
            })
            .collect();
        let freqs: Vec<u64> = rows.shelf.periods.iter().map(|period| crate::observe::hash_of(period.freq)).collect();
        let own_freq = |row: usize| rows.text(FREQ, row) != NULL;
        let mut same_hash = 0_u64;
        for column in 0..KEY {
            if let Some(Numbers::Same(number)) = rows.texts.get(column)
                && *number != NULL
            {
                same_hash = same_hash.wrapping_add(term(column, hash_in(rows, column, *number)));
            }
        }
        let mut maps = Maps::new(rows);
        let mut last: Option<(u64, Option<u32>)> = None;
        for row in 0..rows.len() {
            let period = rows.period.get(row).copied().unwrap_or(NULL);
            let freq_of = |row: usize| rows.period.get(row).and_then(|period| freqs.get(*period as usize));
            let before = row.checked_sub(1);
            let same = before.is_some_and(|before| {
                each.iter().all(|(_, numbers)| numbers.get(before) == numbers.get(row))
                    && (own_freq(row) || freq_of(before) == freq_of(row))
            });
            let (hash, mut series) = match last.filter(|_| same) {
                Some(held) => held,
                None => {
                    let mut hash = same_hash;
                    for (column, numbers) in &each {
                        let number = numbers.get(row).copied().unwrap_or(NULL);
                        if number != NULL {
                            hash = hash.wrapping_add(term(*column, hash_in(rows, *column, number)));
                        }
                    }
                    if !own_freq(row) {
                        hash = hash.wrapping_add(term(FREQ, freq_of(row).copied().unwrap_or_default()));
                    }
                    (finish(hash), None)
                }
            };
            let bounded = rows.cell(row).is_some_and(|cell| cell.bounds != Bounds::default());
            self.heard += 1;
            let by_period = self.count_period(&mut maps, period, rows);
            let by_series = self.count_series(hash);
            if by_series || by_period.is_some() {
                let number = match series {
                    Some(number) => number,
                    None => {
                        let key = self.key_of(rows, row, &mut maps);
                        let number = self.series_of(key, hash);
                        series = Some(number);
                        number
                    }
                };
                let period = self.period_of(&mut maps, period, rows);
                let cell = self.cell_of(rows, row, &mut maps, (number, period), bounded);
                self.cells.push(cell);
            }
            last = Some((hash, series));
            if self.cells.len() as u64 > 3 * self.most {
                self.compact();
                maps = Maps::new(rows);
                last = None;
            }
        }
    }

    /// Counts a value of a period; its number, where the period is kept.
    fn count_period(&mut self, maps: &mut Maps, local: u32, rows: &Rows) -> Option<u32> {
        let period = *rows.shelf.periods.get(local as usize)?;
        if self.gone.is_some_and(|gone| age(&period) <= age(&gone)) {
            return None;
        }
        let number = self.period_of(maps, local, rows);
        *self.in_period.get_mut(number as usize)? += 1;
        self.kept_periods += 1;
        while self.kept_periods > self.most {
            let oldest = (0..self.periods.len())
                .filter(|number| self.in_period.get(*number).is_some_and(|count| *count > 0))
                .min_by_key(|number| self.periods.get(*number).map(age))?;
            let gone = std::mem::take(self.in_period.get_mut(oldest)?);
            self.kept_periods -= gone;
            self.gone = self.periods.get(oldest).copied();
        }
        self.in_period.get(number as usize).is_some_and(|count| *count > 0).then_some(number)
    }

    /// Counts a value of a series of this hash; whether the series is kept.
    fn count_series(&mut self, hash: u64) -> bool {
        let zeros = hash.leading_zeros();
        if zeros < self.zeros {
            return false;
        }
        if let Some(count) = self.by_zeros.get_mut(zeros as usize) {
            *count += 1;
        }
        self.kept_series += 1;
        while self.kept_series > self.most && self.zeros < 64 {
            self.kept_series -= self.by_zeros.get(self.zeros as usize).copied().unwrap_or_default();
            self.zeros += 1;
        }
        zeros >= self.zeros
    }

    fn key_of(&mut self, rows: &Rows, row: usize, maps: &mut Maps) -> Key {
        let mut key = [NULL; KEY];
        for (column, number) in key.iter_mut().enumerate() {
            *number = self.text_of(rows, column, rows.text(column, row), maps);
        }
        if let Some(freq) = key.get_mut(FREQ)
            && *freq == NULL
        {
            let of_period = rows.period.get(row).and_then(|period| rows.shelf.periods.get(*period as usize));
            if let (Some(period), Some(dictionary)) = (of_period, self.dictionaries.get_mut(FREQ)) {
                *freq = dictionary.number(period.freq);
            }
        }
        key
    }

    fn text_of(&mut self, rows: &Rows, column: usize, local: u32, maps: &mut Maps) -> u32 {
        let Some(number) = maps.texts.get_mut(column).and_then(|map| map.get_mut(local as usize)) else { return NULL };
        if *number == UNSEEN {
            let text = rows.shelf.dictionaries.get(column).and_then(|dictionary| dictionary.text(local));
            *number = match (text, self.dictionaries.get_mut(column)) {
                (Some(text), Some(dictionary)) => dictionary.number(text),
                _ => NULL,
            };
        }
        *number
    }

    fn period_of(&mut self, maps: &mut Maps, local: u32, rows: &Rows) -> u32 {
        let (Some(number), Some(period)) =
            (maps.periods.get_mut(local as usize), rows.shelf.periods.get(local as usize))
        else {
            return NULL;
        };
        if *number == UNSEEN {
            *number = self.period_number(*period);
        }
        *number
    }

    fn period_number(&mut self, period: Period) -> u32 {
        if let Some(number) = self.numbers.get(&period) {
            return *number;
        }
        let number = u32::try_from(self.periods.len()).unwrap_or(NULL - 2);
        self.periods.push(period);
        self.in_period.push(0);
        self.numbers.insert(period, number);
        number
    }

    fn series_of(&mut self, key: Key, hash: u64) -> u32 {
        if let Some(number) = self.found.get(&key) {
            return *number;
        }
        let number = u32::try_from(self.series.len()).unwrap_or(NULL - 2);
        self.series.push(key);
        self.hashes.push(hash);
        self.found.insert(key, number);
        number
    }

    fn cell_of(
        &mut self,
        rows: &Rows,
        row: usize,
        maps: &mut Maps,
        (series, period): (u32, u32),
        bounded: bool,
    ) -> Cell {
        let value = rows.value(row);
        let state = if value.is_finite() {
            State::Known
        } else {
            let own = Some(rows.status(row)).filter(|number| *number != NULL);
            let status = own.unwrap_or_else(|| rows.text(STATUS, row));
            let text = rows.shelf.dictionaries.get(STATUS).and_then(|dictionary| dictionary.text(status));
            let hidden = bounded || text.is_some_and(|text| SUPPRESSED.contains(&text));
            if hidden { State::Hidden } else { State::Missing }
        };
        let vintage = self.text_of(rows, VINTAGE, rows.text(VINTAGE, row), maps);
        Cell {
            value,
            series,
            period,
            place: self.place_of(rows, row, maps),
            vintage: u16::try_from(vintage).unwrap_or(u16::MAX),
            state,
        }
    }

    fn place_of(&mut self, rows: &Rows, row: usize, maps: &mut Maps) -> Place {
        let at = |numbers: &Option<Vec<u64>>| numbers.as_ref().and_then(|n| n.get(row)).copied();
        let (start, end) = (at(&rows.start), at(&rows.end));
        let line = rows.line.get(row).copied().unwrap_or_default();
        let local = rows.part.get(row);
        let part = match maps.parts.get_mut(local as usize) {
            Some(number) => {
                if *number == UNSEEN {
                    *number = rows.parts.text(local).map_or(NULL, |text| self.parts.number(text));
                }
                *number
            }
            None => NULL,
        };
        let column = rows.column.as_ref().and_then(|columns| columns.get(row)).copied().unwrap_or_default();
        let fitted = || {
            Some(Place {
                start: start.unwrap_or_default(),
                line: u32::try_from(line).ok()?,
                part,
                document: u16::try_from(rows.document).ok()?,
                column: u16::try_from(column).ok()?,
                length: match (start, end) {
                    (Some(start), Some(end)) => u16::try_from(end.checked_sub(start)?).ok()?,
                    _ => 0,
                },
                known: line > 0 || part != NULL || start.is_some(),
                ranged: start.is_some(),
            })
        };
        fitted().unwrap_or_default()
    }

    /// Lets go of what is no longer kept.
    fn compact(&mut self) {
        let old = std::mem::replace(self, Self::new(self.most));
        let (zeros, gone) = (old.zeros, old.gone);
        (self.kept_periods, self.kept_series) = (old.kept_periods, old.kept_series);
        (self.by_zeros, self.heard) = (old.by_zeros, old.heard);
        let mut series_map: Vec<u32> = vec![UNSEEN; old.series.len()];
        let mut period_map: Vec<u32> = vec![UNSEEN; old.periods.len()];
        // What is counted stays counted, kept or not.
        for (number, period) in old.periods.iter().enumerate() {
            let count = old.in_period.get(number).copied().unwrap_or_default();
            if count > 0 {
                let own = self.period_number(*period);
                if let (Some(slot), Some(counted)) = (period_map.get_mut(number), self.in_period.get_mut(own as usize))
                {
                    (*slot, *counted) = (own, count);
                }
            }
        }
        for cell in &old.cells {
            let hash = old.hashes.get(cell.series as usize).copied().unwrap_or_default();
            let in_period = old.in_period.get(cell.period as usize).copied().unwrap_or_default();
            if hash.leading_zeros() < zeros && in_period == 0 {
                continue;
            }
            let (Some(series), Some(period)) =
                (series_map.get_mut(cell.series as usize), period_map.get_mut(cell.period as usize))
            else {
                continue;
            };
            if *series == UNSEEN {
                let mut key = [NULL; KEY];
                let theirs = old.series.get(cell.series as usize).copied().unwrap_or(key);
                for ((own, number), (mine, dictionary)) in
                    key.iter_mut().zip(theirs).zip(self.dictionaries.iter_mut().zip(&old.dictionaries))
                {
                    *own = dictionary.text(number).map_or(NULL, |text| mine.number(text));
                }
                *series = self.series_of(key, hash);
            }
            if *period == UNSEEN {
                *period = old.periods.get(cell.period as usize).map_or(NULL, |period| self.period_number(*period));
            }
            let part = old.parts.text(cell.place.part).map_or(NULL, |text| self.parts.number(text));
            let vintages = (self.dictionaries.get_mut(VINTAGE), old.dictionaries.get(VINTAGE));
            let vintage = match vintages {
                (Some(mine), Some(theirs)) => {
                    theirs.text(u32::from(cell.vintage)).map_or(NULL, |text| mine.number(text))
                }
                _ => NULL,
            };
            self.cells.push(Cell {
                series: *series,
                period: *period,
                place: Place { part, ..cell.place },
                vintage: u16::try_from(vintage).unwrap_or(u16::MAX),
                ..*cell
            });
        }
        (self.zeros, self.gone) = (zeros, gone);
    }

    /// Ends the hearing: nothing is left but what is kept.
    pub(super) fn close(&mut self) {
        if self.heard > 0 && (self.zeros > 0 || self.gone.is_some()) {
            self.compact();
        }
    }

    /// Whether a series is kept as a whole.
    pub(super) fn is_whole_series(&self, series: usize) -> bool {
        self.hashes.get(series).is_some_and(|hash| hash.leading_zeros() >= self.zeros)
    }

    /// Whether a period is kept as a whole.
    pub(super) fn is_whole_period(&self, period: usize) -> bool {
        self.in_period.get(period).is_some_and(|count| *count > 0)
    }

    /// One in how many series is kept.
    pub(super) fn one_in(&self) -> u64 {
        1_u64.checked_shl(self.zeros).unwrap_or(u64::MAX)
    }

    /// Whether periods had to go.
    pub(super) fn lost_periods(&self) -> bool {
        self.gone.is_some()
    }
}

impl Place {
    /// The columns of its locator.
    pub(super) fn columns(&self, parts: &Dictionary) -> Option<quipu_schema::locator::Columns> {
        self.known.then(|| quipu_schema::locator::Columns {
            part: parts.text(self.part).map(str::to_owned),
            row: Some(u64::from(self.line)).filter(|line| *line > 0),
            col: Some(u32::from(self.column)).filter(|column| *column > 0),
            start: self.ranged.then_some(self.start),
            end: self.ranged.then(|| self.start + u64::from(self.length)),
        })
    }
}

/// Numbers here of the numbers of a piece.
struct Maps {
    texts: Vec<Vec<u32>>,
    periods: Vec<u32>,
    parts: Vec<u32>,
}

impl Maps {
    fn new(rows: &Rows) -> Self {
        Self {
            texts: rows.shelf.dictionaries.iter().map(|dictionary| vec![UNSEEN; dictionary.texts.len()]).collect(),
            periods: vec![UNSEEN; rows.shelf.periods.len()],
            parts: vec![UNSEEN; rows.parts.texts.len()],
        }
    }
}

/// Orders periods from the oldest to the newest.
fn age(period: &Period) -> (jiff::civil::Date, jiff::civil::Date, &'static str) {
    (period.start, period.end, period.freq)
}

fn hash_in(rows: &Rows, column: usize, number: u32) -> u64 {
    rows.shelf.dictionaries.get(column).map_or(0, |dictionary| dictionary.hash(number))
}

/// What a column adds to the hash of a series.
fn term(column: usize, hash: u64) -> u64 {
    finish(hash ^ (column as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Spreads a hash over all its bits.
fn finish(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}
