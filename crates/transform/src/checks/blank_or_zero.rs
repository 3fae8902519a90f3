//! Check `blank-or-zero`: zero stands for "not known", or a blank for zero.
//!
//! Null is not zero (SDMX keeps `OBS_STATUS` O and L apart from the value 0), but spreadsheets are filled
//! with zeros where nothing was delivered, and zeros are left out as blanks.
//!
//! Definition.
//! - *A zero among large numbers*: a run of zeros in a series whose three nearest numbers on each side of
//!   the run (on the one side that there is, at an end of the series) have a median of at least
//!   [`LARGE`] and are all at least [`ALL_ABOVE`]. A count with an expected value of ten is zero once in
//!   twenty thousand periods (Poisson). Where the run begins in one and the same period in nearly all
//!   series of an indicator that are large, the finding says that the period was not delivered.
//! - *A blank in between*: a value that is missing by its status, between numbers on both sides, in a
//!   period in which at least [`PUBLISHED`] of the series of the indicator have a number. Where all the
//!   neighbours are zero or one, the blank probably is a zero; else it is a gap.
//!
//! Blanks at the end or at the beginning of series, and periods that are blank for all, are what not
//! (yet) published looks like, and are no finding.

use quipu_schema::finding::Check;
use rustc_hash::FxHashMap;

use super::Checking;
use super::draft::{Draft, Drafts, shown};
use super::panel::{Cell, State};
use super::robust::median_of;
use super::sight::{Counts, Line, Rule, Sight, measured};

/// Least median of the neighbours of a zero.
const LARGE: f64 = 20.0;
/// Least of the neighbours of a zero.
const ALL_ABOVE: f64 = 10.0;
/// Share of the series that have a number in a published period.
const PUBLISHED: f64 = 0.9;
/// How many neighbours are looked at on each side.
const SIDE: usize = 3;
/// Fewest numbers on a side that decides.
const LEAST: usize = 2;

pub(super) struct BlankOrZero;

/// Kinds of findings, as a part of their groups.
const ZERO: u32 = 0;
const BLANK_ZERO: u32 = 1;
const GAP: u32 = 2;

impl Checking for BlankOrZero {
    fn check(&self) -> Check {
        Check::BlankOrZero
    }

    fn along_time(&self) -> bool {
        true
    }

    fn run(&self, sight: &Sight<'_>, _rule: Rule<'_>, drafts: &mut Drafts) {
        // Numbers and all values of an indicator, by period.
        let mut published: FxHashMap<u32, Counts> = FxHashMap::default();
        for line in sight.lines() {
            for cell in line.cells {
                let counts = published.entry(cell.period).or_default().entry(measured(line.key)).or_default();
                counts.0 += u64::from(cell.state != State::Missing);
                counts.1 += 1;
            }
        }
        for line in sight.lines().filter(|line| sight.is_additive(line.key)) {
            zeros(line, &published, drafts);
            blanks(line, &published, drafts);
        }
    }
}

/// Runs of zeros among large numbers.
fn zeros(line: Line<'_>, published: &FxHashMap<u32, Counts>, drafts: &mut Drafts) {
    let known = line.known();
    let mut from = 0;
    for run in known.chunk_by(|a, b| (a.value == 0.0) == (b.value == 0.0)) {
        let (start, end) = (from, from + run.len());
        from = end;
        let Some(first) = run.first().filter(|first| first.value == 0.0) else { continue };
        let before = known.get(start.saturating_sub(SIDE)..start).unwrap_or_default();
        let behind = known.get(end..known.len().min(end + SIDE)).unwrap_or_default();
        let sides = [before, behind];
        let enough = sides.iter().all(|side| side.len() >= LEAST)
            || sides.iter().any(|side| side.is_empty()) && sides.iter().any(|side| side.len() >= SIDE);
        let around = || before.iter().chain(behind).map(|cell| cell.value);
        let Some(median) = median_of(around()).filter(|median| enough && *median >= LARGE) else { continue };
        if around().any(|value| value < ALL_ABOVE) {
            continue;
        }
        let group: Vec<u32> = measured(line.key).into_iter().chain([first.period, ZERO]).collect();
        drafts.add(&group, median, first, || {
            let periods = if run.len() > 1 { format!("zero in {} periods", run.len()) } else { "zero".to_owned() };
            let others = published.get(&first.period).and_then(|counts| counts.get(&measured(line.key)));
            let blank = others
                .filter(|(known, all)| known < all)
                .map(|(known, all)| format!("; {} of {all} values of the period are blank", all - known))
                .unwrap_or_default();
            let evidence = [Some(first), before.last(), behind.first()];
            Draft {
                message: format!(
                    "{periods} where its neighbours are about {}{blank}: not known, rather than none?",
                    shown(median)
                ),
                expected: Some(median),
                found: Some(0.0),
                evidence: evidence.into_iter().flatten().map(|cell| **cell).collect(),
            }
        });
    }
}

/// Blanks between numbers, in periods that are published.
fn blanks(line: Line<'_>, published: &FxHashMap<u32, Counts>, drafts: &mut Drafts) {
    for (at, cell) in line.cells.iter().enumerate().filter(|(_, cell)| cell.state == State::Missing) {
        let numbers = |cells: &mut dyn Iterator<Item = &Cell>| -> Vec<Cell> {
            cells.filter(|cell| cell.state == State::Known).take(SIDE).copied().collect()
        };
        let before = numbers(&mut line.cells.get(..at).unwrap_or_default().iter().rev());
        let behind = numbers(&mut line.cells.get(at + 1..).unwrap_or_default().iter());
        if before.len() < LEAST || behind.len() < LEAST {
            continue;
        }
        let Some((known, all)) = published.get(&cell.period).and_then(|counts| counts.get(&measured(line.key))) else {
            continue;
        };
        if (*known as f64) < PUBLISHED * *all as f64 {
            continue;
        }
        let Some(median) = median_of(before.iter().chain(&behind).map(|cell| cell.value)) else { continue };
        let small = before.iter().chain(&behind).all(|cell| cell.value <= 1.0);
        let kind = if small { BLANK_ZERO } else { GAP };
        let group: Vec<u32> = measured(line.key).into_iter().chain([cell.period, kind]).collect();
        drafts.add(&group, median, cell, || {
            let meaning = if small { "zero, rather than not known?" } else { "a gap?" };
            let evidence = [Some(cell), before.first(), behind.first()];
            Draft {
                message: format!(
                    "blank where its neighbours are about {} and the period is published: {meaning}",
                    shown(median)
                ),
                expected: Some(median),
                found: None,
                evidence: evidence.into_iter().flatten().copied().collect(),
            }
        });
    }
}
