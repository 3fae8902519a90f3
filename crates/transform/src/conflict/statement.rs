//! Statements: what one row says of a quantity.

use std::collections::BTreeMap;

use jiff::civil::Date;
use polars::prelude::DataFrame;
use quipu_schema::locator::{Columns, Locator};
use quipu_schema::pipeline::DateOrder;
use quipu_schema::table::{DOCUMENT_ID, LOC_COL, LOC_END, LOC_PART, LOC_ROW, LOC_START};
use quipu_schema::{Digest, Result};
use rustc_hash::FxHashSet;

use super::disagree::Claim;
use super::printed::{Printed, slack_of};
use super::quantity::{self, Quantity, TEXTS, UNIT, days, no_column, texts};
use super::survey::{Edition, Surveyed};
use super::unit::Units;
use crate::period::Period;

/// The columns that tell whether rows disagree, and how far an edition reaches.
const CLAIM: [&str; 16] = [
    "indicator",
    "crime",
    "ref_area",
    "freq",
    "sex",
    "age",
    "breakdown",
    "unit",
    "time_start",
    "time_end",
    "dataset",
    "vintage",
    "value",
    "value_text",
    "lower",
    "upper",
];

/// What a row needs to stand in `conflict`.
const WHOLE: [&str; 26] = [
    "indicator",
    "crime",
    "ref_area",
    "freq",
    "sex",
    "age",
    "breakdown",
    "unit",
    "time_start",
    "time_end",
    "dataset",
    "vintage",
    "value",
    "value_text",
    "lower",
    "upper",
    "obs_status",
    "is_total",
    "superseded",
    "document_id",
    "source",
    "loc_part",
    "loc_row",
    "loc_col",
    "loc_start",
    "loc_end",
];

/// The last day that an edition has a value for, by indicator.
pub(crate) type Reach = BTreeMap<(String, Edition), i32>;

/// What one row says of its quantity.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    pub(crate) edition: Edition,
    /// The unit it is printed in.
    pub(crate) unit: String,
    /// The value in the unit that both sides share; none where the row has bounds alone.
    pub(crate) value: Option<Printed>,
    pub(crate) text: Option<String>,
    /// Least that the value may be, in that unit.
    pub(crate) lower: f64,
    /// Most that it may be.
    pub(crate) upper: f64,
    pub(crate) status: String,
    pub(crate) is_total: bool,
    pub(crate) superseded: bool,
    pub(crate) document: String,
    pub(crate) locator: Option<Locator>,
}

impl Statement {
    /// Id of the source.
    pub(crate) fn source(&self) -> &str {
        &self.edition.0
    }

    /// The publication.
    pub(crate) fn dataset(&self) -> &str {
        &self.edition.1
    }

    /// The edition's name.
    pub(crate) fn vintage(&self) -> &str {
        &self.edition.2
    }

    /// The day that the vintage names, where it names one.
    pub(crate) fn dated(&self) -> Option<Date> {
        let stated = self.vintage().split('~').next().unwrap_or_default();
        Period::parse(stated, DateOrder::DayFirst).map(|period| period.start)
    }

    /// Whether both can be true.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Some(one), Some(other)) => one.agrees(other),
            (Some(one), None) => other.allows(one),
            (None, Some(other)) => self.allows(other),
            (None, None) => self.lower.max(other.lower) <= self.upper.min(other.upper),
        }
    }

    /// Whether the bounds of this row leave room for a value.
    fn allows(&self, value: &Printed) -> bool {
        (self.lower - value.slack..=self.upper + value.slack).contains(&value.value)
    }

    /// The key of its row, as `trace` takes it.
    pub(crate) fn key(&self, quantity: &Quantity) -> String {
        let day = |days| quantity::date(days).map(|day| day.to_string()).unwrap_or_default();
        let text = |name: &str| TEXTS.iter().position(|text| *text == name).map_or("", |at| quantity.text(at));
        format!(
            "dataset={},indicator={},crime={},ref_area={},time_start={},freq={},sex={},age={},breakdown={},unit={},vintage={},source={}",
            self.dataset(),
            text("indicator"),
            text("crime"),
            text("ref_area"),
            day(quantity.start),
            text("freq"),
            text("sex"),
            text("age"),
            text("breakdown"),
            self.unit,
            self.vintage(),
            self.source(),
        )
    }
}

/// The texts that name an edition, and whether it is superseded.
type Last<'t> = ((Option<&'t str>, Option<&'t str>, Option<&'t str>), bool);

/// Claims of a batch, with how far its editions reach.
pub(crate) fn claims(
    frame: &DataFrame,
    source: &str,
    units: &Units,
    surveyed: &Surveyed,
) -> Result<(Vec<Claim>, Reach)> {
    let hashes = quantity::hashes(frame, units)?;
    let (indicators, datasets, vintages) =
        (texts(frame, "indicator")?, texts(frame, "dataset")?, texts(frame, "vintage")?);
    let (units_of, ends) = (texts(frame, "unit")?, days(frame, "time_end")?);
    let printed = texts(frame, "value_text")?;
    let number = |name| frame.column(name).and_then(|column| column.f64()).map_err(|error| no_column(name, error));
    let (values, lowers, uppers) = (number("value")?, number("lower")?, number("upper")?);
    let mut claims = Vec::new();
    let mut reach = Reach::new();
    let mut last: Option<Last<'_>> = None;
    let mut furthest = i32::MIN;
    let note = |last: Option<Last<'_>>, furthest: i32, reach: &mut Reach| {
        let Some(((Some(indicator), Some(dataset), Some(vintage)), true)) = last else { return };
        let edition = (source.to_owned(), dataset.to_owned(), vintage.to_owned());
        let held = reach.entry((indicator.to_owned(), edition)).or_insert(i32::MIN);
        *held = furthest.max(*held);
    };
    for (row, hash) in hashes.into_iter().enumerate() {
        let of = (indicators.get(row), datasets.get(row), vintages.get(row));
        if last.is_none_or(|(held, _)| held != of) {
            note(last, furthest, &mut reach);
            furthest = i32::MIN;
            last = Some((of, of.0.is_some_and(|indicator| surveyed.indicators.contains(indicator))));
        }
        if !last.is_some_and(|(_, shared)| shared) {
            continue;
        }
        let factor = units.shared(units_of.get(row).unwrap_or_default()).1;
        let claim = match (values.get(row), lowers.get(row), uppers.get(row)) {
            (Some(value), ..) => {
                furthest = furthest.max(ends.get(row).unwrap_or(i32::MIN));
                let slack = slack_of(value, printed.get(row)) * factor;
                Claim { quantity: hash, lower: value * factor, upper: value * factor, slack }
            }
            // A row that says nothing contradicts nothing.
            (None, None, None) => continue,
            (None, lower, upper) => Claim {
                quantity: hash,
                lower: lower.map_or(f64::NEG_INFINITY, |lower| lower * factor),
                upper: upper.map_or(f64::INFINITY, |upper| upper * factor),
                slack: 0.0,
            },
        };
        claims.push(claim);
    }
    note(last, furthest, &mut reach);
    Ok((claims, reach))
}

/// The columns that [`claims`] reads.
pub(crate) const fn claim_columns() -> &'static [&'static str] {
    &CLAIM
}

/// The statements on the quantities of these hashes.
pub(crate) fn collect(
    surveyed: &Surveyed,
    units: &Units,
    wanted: &FxHashSet<u64>,
) -> Result<BTreeMap<Quantity, Vec<Statement>>> {
    let mut all: BTreeMap<Quantity, Vec<Statement>> = BTreeMap::new();
    let look = |frame: &DataFrame, source: &str| {
        let mut found = Vec::new();
        for (row, hash) in quantity::hashes(frame, units)?.into_iter().enumerate() {
            if wanted.contains(&hash)
                && let Some(statement) = statement(frame, row, source, units)?
            {
                found.push((quantity::quantity(frame, row, units)?, statement));
            }
        }
        Ok(found)
    };
    surveyed.fold(&WHOLE, look, |found| {
        for (quantity, statement) in found {
            all.entry(quantity).or_default().push(statement);
        }
        Ok(())
    })?;
    Ok(all)
}

/// What a row says; none where it says nothing.
fn statement(frame: &DataFrame, row: usize, source: &str, units: &Units) -> Result<Option<Statement>> {
    let text = |name: &str| Ok(texts(frame, name)?.get(row).map(str::to_owned));
    let number = |name: &str| {
        frame.column(name).and_then(|column| Ok(column.f64()?.get(row))).map_err(|error| no_column(name, error))
    };
    let flag = |name: &str| {
        let found = frame.column(name).and_then(|column| Ok(column.bool()?.get(row)));
        found.map(Option::unwrap_or_default).map_err(|error| no_column(name, error))
    };
    let position = |name: &str| {
        frame.column(name).and_then(|column| Ok(column.u64()?.get(row))).map_err(|error| no_column(name, error))
    };
    let unit = text(TEXTS.get(UNIT).copied().unwrap_or_default())?.unwrap_or_default();
    let factor = units.shared(&unit).1;
    let printed = text("value_text")?;
    let value = number("value")?.map(|value| Printed::new(value, printed.as_deref(), factor));
    let (lower, upper) = (number("lower")?, number("upper")?);
    if value.is_none() && lower.is_none() && upper.is_none() {
        return Ok(None);
    }
    let column = frame.column(LOC_COL).and_then(|column| Ok(column.u32()?.get(row)));
    let locator = Locator::from_columns(&Columns {
        part: text(LOC_PART)?,
        row: position(LOC_ROW)?,
        col: column.map_err(|error| no_column(LOC_COL, error))?,
        start: position(LOC_START)?,
        end: position(LOC_END)?,
    });
    let owned = |name: &str| Ok::<_, quipu_schema::Fault>(text(name)?.unwrap_or_default());
    Ok(Some(Statement {
        edition: (source.to_owned(), owned("dataset")?, owned("vintage")?),
        unit,
        lower: value.as_ref().map_or(lower.map_or(f64::NEG_INFINITY, |lower| lower * factor), |value| value.value),
        upper: value.as_ref().map_or(upper.map_or(f64::INFINITY, |upper| upper * factor), |value| value.value),
        value,
        text: printed,
        status: owned("obs_status")?,
        is_total: flag("is_total")?,
        superseded: flag("superseded")?,
        document: owned(DOCUMENT_ID)?,
        locator,
    }))
}

/// Where a document stands among those of its source: the current ones first, then ever earlier ones.
pub(crate) fn age(documents: &[Digest], document: &str) -> usize {
    documents.iter().position(|digest| digest.to_string() == document).unwrap_or(usize::MAX)
}
