//! Which figures of several reports speak of one quantity.

use std::collections::BTreeMap;

use jiff::civil::Date;
use quipu_prose::series;

use super::occurrence::{Occurrence, main_events, title};
use super::rows::{Figure, Rows};

/// What is counted of what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Quantity {
    /// A number of an event: place of the occurrence, unit.
    Event(usize, String),
    /// A number of an organisation, a database or a place: subject, unit.
    Subject(String, String),
    /// A number of a crime in a country and period: these three, unit.
    Area(String, String),
}

impl Quantity {
    pub(super) fn unit(&self) -> &str {
        match self {
            Self::Event(_, unit) | Self::Subject(_, unit) | Self::Area(_, unit) => unit,
        }
    }
}

/// Figures by what they count; numbers are places in [`Rows::figures`].
pub(super) type Figures = BTreeMap<Quantity, Vec<usize>>;

/// Units that no event or subject has a total of.
pub(super) const PASSING: [&str; 5] = ["year", "month", "week", "day", "hour"];

/// The figures that several reports may state.
pub(super) fn figures(rows: &Rows, occurrences: &[Occurrence]) -> Figures {
    let main = main_events(rows, occurrences);
    let mut titles: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for (number, occurrence) in occurrences.iter().enumerate() {
        for event in occurrence.rows.iter().filter_map(|at| rows.events.get(*at)) {
            titles.insert((&event.at.document, title(event)), number);
        }
    }
    let mut out: Figures = BTreeMap::new();
    for (number, figure) in rows.figures.iter().enumerate() {
        // A rate is of a crime in a country and period, whoever tells it.
        if figure.kind == "rate" {
            if let Some(of) = of_area(figure) {
                out.entry(Quantity::Area(of, figure.unit.clone())).or_default().push(number);
            }
            continue;
        }
        if !matches!(figure.kind.as_str(), "count" | "mass" | "money") || PASSING.contains(&figure.unit.as_str()) {
            continue;
        }
        let own = figure.event.as_ref().and_then(|event| titles.get(&(figure.at.document.as_str(), event.clone())));
        let event = own.copied().or_else(|| {
            let number = main.get(&figure.at.document).copied()?;
            of_event(rows, occurrences.get(number)?, figure).then_some(number)
        });
        let quantity = match event {
            Some(event) => Quantity::Event(event, figure.unit.clone()),
            None => match &figure.subject {
                Some(subject) => Quantity::Subject(series(subject), figure.unit.clone()),
                None => match of_area(figure) {
                    Some(of) => Quantity::Area(of, figure.unit.clone()),
                    None => continue,
                },
            },
        };
        out.entry(quantity).or_default().push(number);
    }
    out
}

/// The crime, country and period that a figure counts.
fn of_area(figure: &Figure) -> Option<String> {
    let (area, crime) = (figure.area.as_ref()?, figure.crime.as_ref()?);
    let (start, end) = figure.start.zip(figure.end).filter(|_| figure.stated)?;
    Some(format!("{area} {crime} {start}/{end}"))
}

/// Whether a figure may be a number of the event that its report is about: it speaks of no other year.
fn of_event(rows: &Rows, occurrence: &Occurrence, figure: &Figure) -> bool {
    let published = rows.reports.get(&figure.at.document).and_then(|report| report.published);
    let days = occurrence.rows.iter().filter_map(|at| rows.events.get(*at)?.start);
    let years: Vec<i16> = days.map(Date::year).chain(published.map(Date::year)).collect();
    let own = figure.start.zip(figure.end).filter(|_| figure.stated);
    let stock = figure.flow.as_deref() == Some("stock");
    !stock
        && own.is_none_or(|(start, end)| {
            years.is_empty() || years.iter().any(|year| (start.year()..=end.year()).contains(year))
        })
}

/// The one figure of each report that states a quantity: of several the largest, for parts are smaller than their
/// whole.
pub(super) fn totals<'r>(rows: &'r Rows, figures: &[usize]) -> Vec<&'r Figure> {
    let mut of_report: BTreeMap<&str, &Figure> = BTreeMap::new();
    for figure in figures.iter().filter_map(|at| rows.figures.get(*at)) {
        let known = of_report.entry(&figure.at.document).or_insert(figure);
        if figure.value > known.value {
            *known = figure;
        }
    }
    of_report.into_values().collect()
}

/// Whether what two figures count can be one thing: the words for it share a stem, or are in languages that share
/// none and of a unit that says enough.
pub(super) fn comparable(a: &Figure, b: &Figure) -> bool {
    if a.kind == "count" {
        return true;
    }
    let (one, other) = (stems(a), stems(b));
    a.kind == "money" || one.is_empty() || other.is_empty() || one.iter().any(|stem| other.contains(stem))
}

/// First letters of the words for what is weighed: `coca` for cocaine, cocaína and cocaïne.
pub(super) fn stems(figure: &Figure) -> Vec<String> {
    let measure = figure.measure.as_deref().unwrap_or_default();
    let words = series(measure);
    words
        .split(' ')
        .filter(|word| {
            word.chars().count() >= 4
                && !matches!(*word, "tonnes" | "toneladas" | "kilos" | "other" | "outras" | "otras" | "autres")
        })
        .map(|word| word.chars().take(4).collect::<String>())
        // Two words for drugs that share no letters.
        .map(|stem| if stem == "drog" { "drug".to_owned() } else { stem })
        .filter(|stem| !matches!(stem.as_str(), "tonn" | "tone" | "kilo" | "quil"))
        .collect()
}
