//! Figures of reports held against rows of `observation` that speak of the same quantity: "21.4 per 100,000 in 2022" of
//! a press release against the published rate.
//!
//! A figure speaks of a quantity where it names one country, a whole year, half-year, quarter or month, and what is
//! counted: a crime, or all words of an indicator's name. Statistics by sex, age or another part are left alone, and so
//! are numbers of an event.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use quipu_schema::{Fault, Result};
use quipu_store::{Part, Store};
use rustc_hash::FxHashSet;

use super::quantity::PASSING;
use super::rows::{Figure, Rows};
use super::verdict::{self, Verdict, digits, interval, zeros};
use crate::codes::Reference;
use crate::conflict::printed::Printed;
use crate::conflict::quantity::{Quantity, texts};
use crate::conflict::statement::{self, Statement};
use crate::conflict::survey::Surveyed;
use crate::conflict::unit::Units;
use crate::period;

/// Indicators of the reference list that count a crime as such, and not what was done about it: no word beside the
/// crime's own has to name them.
const OF_CRIME: [&str; 6] =
    ["homicide-rate", "homicide-victims", "offences-rate", "offences-recorded", "victims-rate", "victims-recorded"];
/// Homicides are counted by their victims (UNODC, ICCS 2015, section I).
const BY_VICTIMS: &str = "0101";
/// Letters by which words are known again in another form.
const STEM: usize = 5;
/// Fewest digits by which the number of another year is known again.
const TELLING: usize = 2;

/// What indicators there are, as prose may name them.
#[derive(Debug, Default)]
pub(super) struct Indicators {
    all: Vec<Indicator>,
    units: Units,
    /// Units of the list: a noun that is none of them may be a crime's own ("45,747 homicides").
    known: BTreeSet<String>,
}

#[derive(Debug)]
struct Indicator {
    code: String,
    unit: String,
    /// The words of its name in each language, by their stems.
    names: Vec<BTreeSet<String>>,
}

/// What statistics say of the quantities that reports speak of.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    pub(super) indicators: Indicators,
    pub(super) said: BTreeMap<Quantity, Vec<Statement>>,
}

/// A figure and a statistic of one quantity.
#[derive(Debug)]
pub(super) struct Met<'s> {
    pub(super) quantity: &'s Quantity,
    pub(super) statement: &'s Statement,
    /// None where both can be true.
    pub(super) verdict: Option<Verdict>,
}

fn stems(text: &str) -> BTreeSet<String> {
    let words = quipu_prose::series(text);
    let long = words.split(' ').filter(|word| word.chars().count() >= 4);
    long.map(|word| word.chars().take(STEM).collect()).collect()
}

impl Indicators {
    /// Those of the reference lists.
    ///
    /// # Errors
    /// A bug only.
    pub(super) fn of(reference: &Reference) -> Result<Self> {
        let list = |name: &str| {
            let found = reference.frames.iter().find(|(table, _)| table.name == name);
            found.map(|(_, frame)| frame).ok_or_else(|| Fault::bug(format!("no list `{name}`")))
        };
        let frame = list("indicator")?;
        let names = ["name_en", "name_es", "name_pt", "name_fr"].map(|name| texts(frame, name));
        let (codes, units) = (texts(frame, "indicator")?, texts(frame, "unit")?);
        let mut all = Vec::new();
        for (row, (code, unit)) in codes.iter().zip(units.iter()).enumerate() {
            let (Some(code), Some(unit)) = (code, unit) else { continue };
            let names = names.iter().flatten().filter_map(|column| column.get(row)).map(stems).collect();
            all.push(Indicator { code: code.to_owned(), unit: unit.to_owned(), names });
        }
        let known = texts(list("unit")?, "unit")?.iter().flatten().map(str::to_owned).collect();
        Ok(Self { all, units: Units::of(reference)?, known })
    }

    /// The quantities that a figure may speak of.
    fn quantities(&self, figure: &Figure) -> Vec<Quantity> {
        let counted = matches!(figure.kind.as_str(), "count" | "rate" | "mass" | "share");
        let (Some(area), Some((start, end))) = (&figure.area, figure.start.zip(figure.end)) else { return Vec::new() };
        if !counted || figure.event.is_some() || PASSING.contains(&figure.unit.as_str()) {
            return Vec::new();
        }
        let Some(freq) = frequency(start, end) else { return Vec::new() };
        let told = [Some(&figure.phrase), figure.measure.as_ref(), figure.context.as_ref()];
        let told: BTreeSet<String> = told.into_iter().flatten().flat_map(|text| stems(text)).collect();
        let named = |one: &&Indicator| {
            !OF_CRIME.contains(&one.code.as_str())
                && one.names.iter().any(|name| !name.is_empty() && name.is_subset(&told))
                && self.shared(&figure.unit) == self.shared(&one.unit)
        };
        let mut meant: Vec<&Indicator> = self.all.iter().filter(named).collect();
        // "1,200 victims rescued" are not all victims of the year.
        if meant.is_empty() && figure.crime.is_some() {
            let of_crime = self.all.iter().filter(|one| OF_CRIME.contains(&one.code.as_str()));
            meant = of_crime.filter(|one| self.counts(one, figure)).collect();
        }
        let quantity = |one: &Indicator, crime: Option<&String>| {
            let text = |text: &str| Some(text.to_owned());
            let unit = self.shared(&one.unit).to_owned();
            let texts = [
                text(&one.code),
                crime.cloned(),
                text(area),
                text(freq),
                text("_T"),
                text("_T"),
                text("_T"),
                Some(unit),
            ];
            Quantity { texts, start: period::days(start), end: period::days(end) }
        };
        meant.iter().map(|one| quantity(one, figure.crime.as_ref())).collect()
    }

    fn shared<'a>(&'a self, unit: &'a str) -> &'a str {
        self.units.shared(unit).0
    }

    /// Whether the unit of a figure of a crime is what an indicator counts.
    fn counts(&self, indicator: &Indicator, figure: &Figure) -> bool {
        let same = self.shared(&figure.unit) == self.shared(&indicator.unit);
        let own = figure.kind == "count" && !self.known.contains(&figure.unit);
        let by_victims = figure.crime.as_deref() == Some(BY_VICTIMS) && indicator.unit == "victim";
        same || own && (indicator.unit == "offence" || by_victims)
    }
}

/// The SDMX frequency of a period that is a whole one.
fn frequency(start: Date, end: Date) -> Option<&'static str> {
    if start.day() != 1 || end != end.last_of_month() || start.year() != end.year() {
        return None;
    }
    let first = start.month() - 1;
    match end.month() - first {
        12 => Some("A"),
        6 if first % 6 == 0 => Some("S"),
        3 if first % 3 == 0 => Some("Q"),
        1 => Some("M"),
        _ => None,
    }
}

impl Statistics {
    /// Reads the statistics that the figures of reports may be held against, and those of the years beside.
    ///
    /// # Errors
    /// Files that are damaged.
    pub(super) fn read(store: &Store, observations: &[&Part], reference: &Reference, rows: &Rows) -> Result<Self> {
        if observations.is_empty() {
            return Ok(Self::default());
        }
        let indicators = Indicators::of(reference)?;
        let asked: BTreeSet<Quantity> = rows.figures.iter().flat_map(|figure| indicators.quantities(figure)).collect();
        if asked.is_empty() {
            return Ok(Self { indicators, said: BTreeMap::new() });
        }
        let names: BTreeSet<String> = asked.iter().map(|quantity| quantity.text(0).to_owned()).collect();
        let surveyed = Surveyed::on(store, observations, &names)?;
        let near = asked.iter().flat_map(|quantity| [-1, 1].map(|years| quantity.years_later(years)));
        let wanted: FxHashSet<u64> =
            asked.iter().map(Quantity::hash).chain(near.flatten().map(|quantity| quantity.hash())).collect();
        let said = statement::collect(&surveyed, &indicators.units, &wanted)?;
        Ok(Self { indicators, said })
    }

    /// The last edition of each publication on a quantity.
    fn last(&self, quantity: &Quantity) -> Vec<&Statement> {
        let mut of_publication: BTreeMap<&str, &Statement> = BTreeMap::new();
        let said = self.said.get(quantity).map(Vec::as_slice).unwrap_or_default();
        for statement in said.iter().filter(|statement| !statement.superseded && statement.value.is_some()) {
            let held = of_publication.entry(statement.dataset()).or_insert(statement);
            let rank = |of: &Statement| (of.dated(), of.vintage().to_owned(), of.source().to_owned());
            if rank(statement) > rank(held) {
                *held = statement;
            }
        }
        of_publication.into_values().collect()
    }

    /// The statistics that speak of a figure's quantity.
    pub(super) fn met(&self, figure: &Figure) -> Vec<Met<'_>> {
        let mut met = Vec::new();
        for quantity in self.indicators.quantities(figure) {
            let Some((quantity, _)) = self.said.get_key_value(&quantity) else { continue };
            for statement in self.last(quantity) {
                let verdict = self.against(figure, quantity, statement);
                met.push(Met { quantity, statement, verdict });
            }
        }
        met
    }

    /// What is wrong between a figure and a statistic; `None` where both can be true.
    fn against(&self, figure: &Figure, quantity: &Quantity, statement: &Statement) -> Option<Verdict> {
        let published = statement.value.as_ref()?;
        let figure = &self.in_shared_unit(figure);
        if agrees(figure, published) {
            return None;
        }
        let year = |years: i16| {
            let beside = quantity.years_later(years)?;
            let same = |other: &&Statement| other.dataset() == statement.dataset();
            let value = self.last(&beside).into_iter().find(same)?.value.as_ref()?.clone();
            let known = digits(figure.value).len() >= TELLING && close(figure, &value);
            let stated = figure.start.map(|day| day.year() + years)?;
            known.then(|| Verdict {
                cause: "year-off-by-one",
                detail: format!("`{}` is what {} has for {stated}", figure.phrase, statement.dataset()),
            })
        };
        if let Some(found) = year(-1).or_else(|| year(1)) {
            return Some(found);
        }
        let text = statement.text.clone().unwrap_or_else(|| format!("{}", published.value));
        let mut as_figure = Figure { value: published.value, high: None, phrase: text, ..figure.clone() };
        "exact".clone_into(&mut as_figure.qualifier);
        statement.source().clone_into(&mut as_figure.at.source);
        let found = verdict::of_event(&as_figure, figure, &[])?;
        let unsettled = found.cause == "sources-differ" && matches!(statement.status.as_str(), "P" | "E" | "F");
        Some(if unsettled { Verdict { cause: "provisional", ..found } } else { found })
    }

    /// The figure in the unit that its quantity is compared in.
    fn in_shared_unit(&self, figure: &Figure) -> Figure {
        let factor = self.indicators.units.shared(&figure.unit).1;
        Figure { value: figure.value * factor, high: figure.high.map(|high| high * factor), ..figure.clone() }
    }

    /// The value of a figure as a row of `conflict` beside a statistic has it.
    pub(super) fn value(&self, figure: &Figure) -> f64 {
        self.in_shared_unit(figure).value
    }
}

/// Whether a figure allows a published value: by its qualifier, or as that value rounded.
fn agrees(figure: &Figure, published: &Printed) -> bool {
    let (low, high) = interval(figure);
    (low..=high).contains(&published.value) || close(figure, published)
}

/// Whether a figure is a published value, each to its own digits.
fn close(figure: &Figure, published: &Printed) -> bool {
    let own = Printed::new(figure.value, None, 1.0);
    // "38.9 million": half a unit of the last digit that counts.
    let rounded = 0.5 * 10_f64.powi(i32::try_from(zeros(figure.value)).unwrap_or(0));
    own.agrees(published) || own.zeros() > 0 && (figure.value - published.value).abs() <= rounded
}
