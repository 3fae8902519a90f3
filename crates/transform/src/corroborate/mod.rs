//! Corroboration: reports of one event joined, and their numbers held against each other.
//!
//! [`occurrence`] joins the rows of `event` that tell of one event, [`quantity`] finds the figures that speak of one
//! quantity, [`verdict`] says whether two of them agree and, where not, why; [`statistic`] holds figures against the rows
//! of `observation` that speak of the same. What agrees counts in `claim`; what does not is a row of `conflict`.

mod occurrence;
mod quantity;
mod row;
mod rows;
mod statistic;
#[cfg(test)]
mod tests;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use polars::prelude::DataFrame;
use quipu_prose::series;
use quipu_schema::Result;
use quipu_schema::marking::Marking;
use quipu_schema::table::Table;
use quipu_store::Part;

use crate::conflict::Ground;
use occurrence::{Occurrence, commonest};
use quantity::{Quantity, comparable, totals};
pub(crate) use row::{Disagreement, conflict_frame};
use rows::{At, Figure, Rows};
use statistic::Statistics;
use verdict::{Verdict, agree};

/// The tables that are made of the reports of all sources.
pub(crate) const TABLES: [&str; 2] = ["occurrence", "claim"];

/// What the comparison of reports came to.
#[derive(Debug, Default)]
pub(crate) struct Corroborated {
    pub(crate) frames: Vec<(&'static Table, DataFrame)>,
    pub(crate) disagreements: Vec<Disagreement>,
    /// Events that more than one document tells of.
    pub(crate) joined: usize,
    /// Quantities that more than one document states.
    pub(crate) shared: usize,
}

/// Compares these parts of reports with each other, and with these parts of `observation`.
///
/// # Errors
/// Files that are damaged.
pub(crate) fn corroborate(ground: &Ground<'_>, reports: &[&Part], observations: &[&Part]) -> Result<Corroborated> {
    let rows = Rows::read(ground.store, reports)?;
    if rows.events.is_empty() && rows.figures.is_empty() {
        return Ok(Corroborated::default());
    }
    let statistics = Statistics::read(ground.store, observations, ground.reference, &rows)?;
    compare(&rows, &statistics, &|source| ground.marking_of(source))
}

fn compare(rows: &Rows, statistics: &Statistics, marking: &dyn Fn(&str) -> Marking) -> Result<Corroborated> {
    let occurrences = occurrence::join(rows);
    let figures = quantity::figures(rows, &occurrences);
    let mut all = Compared { rows, marking, occurrences: &occurrences, out: Vec::new(), seen: BTreeSet::new() };
    all.days();
    all.swapped(&figures);
    for (quantity, stated) in &figures {
        all.quantity(quantity, stated, &figures);
    }
    all.stocks_as_flows();
    let held = all.statistics(statistics);
    let disagreements = all.out;
    let claims = row::claims(rows, &occurrences, &figures, &held, marking);
    let joined = occurrences.iter().filter(|occurrence| documents(rows, occurrence).len() > 1).count();
    let shared = claims.iter().filter(|claim| claim.documents > 1).count();
    let frames = vec![row::occurrence_frame(rows, &occurrences, marking)?, row::claim_frame(&claims)?];
    Ok(Corroborated { frames, disagreements, joined, shared })
}

fn documents<'r>(rows: &'r Rows, occurrence: &Occurrence) -> BTreeSet<&'r str> {
    occurrence.rows.iter().filter_map(|at| rows.events.get(*at)).map(|event| event.at.document.as_str()).collect()
}

/// Statistics that speak of a figure's quantity, and those among them that agree, by the figure's place.
type Held = BTreeMap<At, (usize, usize)>;

struct Compared<'a> {
    rows: &'a Rows,
    marking: &'a dyn Fn(&str) -> Marking,
    occurrences: &'a [Occurrence],
    out: Vec<Disagreement>,
    /// Pairs of rows that stand in a disagreement.
    seen: BTreeSet<(String, String)>,
}

impl Compared<'_> {
    fn add(&mut self, counted: String, occurrence: Option<usize>, a: &Figure, b: &Figure, verdict: Verdict) {
        let (left, right) = if (self.day(&a.at), &a.at) <= (self.day(&b.at), &b.at) { (a, b) } else { (b, a) };
        if !self.seen.insert((left.at.key(), right.at.key())) {
            return;
        }
        let occurrence = occurrence.and_then(|number| self.occurrences.get(number)).map(|found| found.id.clone());
        let marking = (self.marking)(&left.at.source).strictest((self.marking)(&right.at.source));
        let side = |figure: &Figure| row::Side::of_figure(self.rows, figure);
        let (left, right) = (side(left), side(right));
        self.out.push(Disagreement { occurrence, counted, measured: None, left, right, verdict, marking });
    }

    fn day(&self, at: &At) -> Option<Date> {
        self.rows.reports.get(&at.document).and_then(|report| report.published)
    }

    /// Figures of one quantity, each report's total against each other's; and within one report, digits that changed
    /// places between headline and body.
    fn quantity(&mut self, quantity: &Quantity, stated: &[usize], all: &quantity::Figures) {
        let (occurrence, counted) = match quantity {
            Quantity::Event(number, unit) => (Some(*number), unit.clone()),
            Quantity::Subject(subject, unit) => (None, format!("{subject}: {unit}")),
            Quantity::Area(area, unit) => (None, format!("{area}: {unit}")),
        };
        let elsewhere = occurrence.map(|number| self.elsewhere(number, quantity.unit(), all)).unwrap_or_default();
        let totals = totals(self.rows, stated);
        for (number, one) in totals.iter().enumerate() {
            for other in totals.iter().skip(number + 1).filter(|other| comparable(one, other)) {
                let found = match quantity {
                    Quantity::Event(..) => verdict::of_event(one, other, &elsewhere),
                    Quantity::Subject(..) | Quantity::Area(..) => verdict::of_subject(one, other),
                };
                if let Some(found) = found {
                    self.add(counted.clone(), occurrence, one, other, found);
                }
            }
        }
        let figures: Vec<&Figure> = stated.iter().filter_map(|at| self.rows.figures.get(*at)).collect();
        for (number, one) in figures.iter().enumerate() {
            for other in figures.iter().skip(number + 1).filter(|other| other.at.document == one.at.document) {
                let found = verdict::of_event(one, other, &[]).filter(|found| found.cause == "transposed-digits");
                if let Some(found) = found {
                    self.add(counted.clone(), occurrence, one, other, found);
                }
            }
        }
        // One subject's number of several years, whichever reports give them.
        if matches!(quantity, Quantity::Subject(..)) {
            for (number, one) in figures.iter().enumerate() {
                for other in figures.iter().skip(number + 1) {
                    let found = verdict::of_subject(one, other).filter(|found| found.cause == "carried-over");
                    if let Some(found) = found {
                        self.add(counted.clone(), None, one, other, found);
                    }
                }
            }
        }
    }

    /// The numbers that reports give in this unit for other events of the series.
    fn elsewhere(&self, number: usize, unit: &str, all: &quantity::Figures) -> Vec<f64> {
        let name = |number: usize| {
            let event = self.occurrences.get(number)?.rows.first().and_then(|at| self.rows.events.get(*at))?;
            Some((event.kind.clone(), series(&event.name)))
        };
        let own = name(number);
        let others = all.iter().filter_map(|(quantity, figures)| match quantity {
            Quantity::Event(other, of) if of == unit && *other != number && name(*other) == own => Some(figures),
            _ => None,
        });
        others.flatten().filter_map(|at| self.rows.figures.get(*at)).map(|figure| figure.value).collect()
    }

    /// Two units of one event whose numbers one report has the other way round.
    fn swapped(&mut self, all: &quantity::Figures) {
        let mut of_event: BTreeMap<usize, Vec<Vec<&Figure>>> = BTreeMap::new();
        for (quantity, figures) in all {
            if let Quantity::Event(number, _) = quantity {
                of_event.entry(*number).or_default().push(totals(self.rows, figures));
            }
        }
        let mut found = Vec::new();
        for (number, units) in &of_event {
            for (at, one) in units.iter().enumerate() {
                for other in units.iter().skip(at + 1) {
                    let pairs: Vec<(&Figure, &Figure)> = one
                        .iter()
                        .flat_map(|a| other.iter().filter(|b| b.at.document == a.at.document).map(move |b| (*a, *b)))
                        .collect();
                    for (at, first) in pairs.iter().enumerate() {
                        for second in pairs.iter().skip(at + 1) {
                            if let Some(verdict) = verdict::swapped(*first, *second) {
                                found.push((*number, *first, *second, verdict));
                            }
                        }
                    }
                }
            }
        }
        for (number, first, second, verdict) in found {
            self.add(first.0.unit.clone(), Some(number), first.0, second.0, verdict.clone());
            self.add(first.1.unit.clone(), Some(number), first.1, second.1, verdict);
        }
    }

    /// What is kept in a database, read as what happened.
    fn stocks_as_flows(&mut self) {
        let rows = self.rows;
        let large = |figure: &&Figure| figure.kind == "count" && figure.value >= 1000.0;
        let records: Vec<&Figure> =
            rows.figures.iter().filter(large).filter(|figure| figure.unit == "record").collect();
        for other in rows.figures.iter().filter(large).filter(|figure| figure.unit != "record") {
            for record in &records {
                if record.at.document != other.at.document
                    && let Some(found) = verdict::stock_as_flow(record, other)
                {
                    self.add(format!("{} for record", other.unit), None, record, other, found);
                }
            }
        }
    }

    /// Figures against published statistics: how many speak of each figure's quantity, and how many bear it out.
    fn statistics(&mut self, statistics: &Statistics) -> Held {
        let rows = self.rows;
        let mut held = Held::new();
        for figure in &rows.figures {
            for met in statistics.met(figure) {
                let (all, agreeing) = held.entry(figure.at.clone()).or_default();
                *all += 1;
                let Some(verdict) = met.verdict else {
                    *agreeing += 1;
                    continue;
                };
                let left = row::Side::of_statistic(met.quantity, met.statement);
                let right = row::Side::of_figure(rows, figure).with_value(statistics.value(figure));
                let marking = (self.marking)(met.statement.source()).strictest((self.marking)(&figure.at.source));
                if self.seen.insert((left.row.clone(), right.row.clone())) {
                    let measured = Some(met.quantity.clone());
                    let counted = figure.unit.clone();
                    self.out.push(Disagreement { occurrence: None, counted, measured, left, right, verdict, marking });
                }
            }
        }
        held
    }

    /// Reports that give an event another year.
    fn days(&mut self) {
        let rows = self.rows;
        for occurrence in self.occurrences {
            let dated: Vec<_> = occurrence
                .rows
                .iter()
                .filter_map(|at| rows.events.get(*at))
                .filter(|event| event.start.is_some())
                .collect();
            let usual = commonest(dated.iter().filter_map(|event| event.start).collect::<Vec<_>>());
            let Some((usual, base)) =
                usual.and_then(|day| Some((day, dated.iter().find(|event| event.start == Some(day))?)))
            else {
                continue;
            };
            for event in &dated {
                let Some(day) = event.start.filter(|day| day.year() != usual.year()) else { continue };
                let off = (day.year() - usual.year()).abs() == 1 && day.month() == usual.month();
                let (cause, what) = if off {
                    ("year-off-by-one", "the same month of another year")
                } else {
                    ("sources-differ", "another year")
                };
                let verdict = Verdict { cause, detail: format!("{usual} and {day}: {what}") };
                let sides = [*base, *event].map(|event| row::Side::of_event(rows, event));
                let [left, right] = sides;
                let marking = (self.marking)(&base.at.source).strictest((self.marking)(&event.at.source));
                if self.seen.insert((left.row.clone(), right.row.clone())) {
                    let occurrence = Some(occurrence.id.clone());
                    self.out.push(Disagreement {
                        occurrence,
                        counted: "start".to_owned(),
                        measured: None,
                        left,
                        right,
                        verdict,
                        marking,
                    });
                }
            }
        }
    }
}

/// How many sources state something, and how many of them agree with the value that most agree with.
fn consensus<'r>(stated: &[&'r Figure]) -> Option<(&'r Figure, usize)> {
    let sources =
        |figures: Vec<&Figure>| figures.iter().map(|figure| figure.at.source.as_str()).collect::<BTreeSet<_>>().len();
    let agreeing = |one: &Figure| sources(stated.iter().copied().filter(|other| agree(one, other)).collect());
    // Of equals the firmest, then the one that says most digits.
    let rank = |figure: &Figure| {
        (agreeing(figure), usize::from(figure.qualifier == "exact"), std::cmp::Reverse(figure.at.clone()))
    };
    let best = stated.iter().copied().max_by(|a, b| rank(a).cmp(&rank(b)))?;
    Some((best, agreeing(best)))
}
