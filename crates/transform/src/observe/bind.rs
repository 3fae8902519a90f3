//! Binding a mapping to the header of one document.

use quipu_schema::pipeline::{Observe, Origin, Pick, Placed};
use quipu_schema::table;
use quipu_schema::{ErrorKind, Fault, Result};
use regex::Regex;

use super::recipe::{Dictionary, Made, Makes, NULL, Piece, Recipe};
use super::{Harvest, TEXTS};
use crate::frame::Gate;
use crate::input::Input;
use quipu_readers::csv::{CsvText, Field};

/// Name of the rule that leaves out missing values.
pub(crate) const MISSING: &str = "missing-value";

/// A mapping bound to a header.
#[derive(Debug)]
pub(crate) struct Bound {
    /// What is worked out once per record.
    pub(crate) recipes: Vec<Recipe>,
    /// The value columns.
    pub(crate) values: Vec<ValueColumn>,
    drops: Vec<Drop>,
    totals: Option<usize>,
}

/// A column that holds values.
#[derive(Debug)]
pub(crate) struct ValueColumn {
    /// Its position.
    pub(crate) column: usize,
    /// The text columns of its rows.
    pub(crate) texts: Vec<Expression>,
    /// The period of its rows.
    pub(crate) period: Expression,
}

/// Where a number of a row comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expression {
    /// The same for every record.
    Known(u32),
    /// The outcome of this recipe.
    Recipe(usize),
}

#[derive(Debug)]
struct Drop {
    column: usize,
    equals: Vec<String>,
    matches: Option<Regex>,
    rule: String,
}

/// The header names that a mapping reads and that a header therefore must have.
pub(crate) fn wanted(observe: &Observe) -> Vec<&str> {
    let mut origins: Vec<&Origin> = vec![&observe.period.year];
    origins.extend(&observe.period.month);
    origins.extend(observe.columns.iter().map(|(_, origin)| origin));
    origins.extend(observe.breakdown.iter().map(|(_, origin)| origin));
    let mut names: Vec<&str> = Vec::new();
    for measure in &observe.measures {
        origins.extend(measure.columns.iter().map(|(_, origin)| origin));
        origins.extend(measure.breakdown.iter().map(|(_, origin)| origin));
        if let Pick::Names(columns) = &measure.values {
            names.extend(columns.iter().map(|c| c.value.as_str()));
        }
    }
    names.extend(origins.iter().flat_map(|origin| origin.columns()).map(|c| c.value.as_str()));
    names.extend(observe.drop.iter().map(|filter| filter.column.value.as_str()));
    names.extend(observe.totals.iter().map(|totals| totals.column.value.as_str()));
    names.sort_unstable();
    names.dedup();
    names
}

impl Bound {
    /// Binds the mapping of a source to a document's header.
    ///
    /// # Errors
    /// A column that is not there, is there twice, or is neither read nor ignored.
    pub(crate) fn new(harvest: &mut Harvest<'_>, input: &Input<'_>, csv: &CsvText<'_>) -> Result<Self> {
        let observe = harvest.observe;
        let mut bound = Self { recipes: Vec::new(), values: Vec::new(), drops: Vec::new(), totals: None };
        let mut read: Vec<usize> = Vec::new();
        for measure in &observe.measures {
            for column in value_columns(&measure.values, &observe.ignore, csv, input.name)? {
                read.push(column);
                let value = bound.value_column(harvest, input, csv, measure, column)?;
                bound.values.push(value);
            }
        }
        for filter in &observe.drop {
            let pattern = |text: &String| Regex::new(&format!("^(?:{text})$"));
            let matches = filter.matches.as_ref().map(pattern).transpose();
            bound.drops.push(Drop {
                column: csv.column(&filter.column.value, input.name)?,
                equals: filter.equals.clone(),
                matches: matches.map_err(|e| Fault::bug("a checked pattern does not compile").because(e))?,
                rule: filter.rule.clone(),
            });
        }
        if let Some(totals) = &observe.totals {
            bound.totals = Some(csv.column(&totals.column.value, input.name)?);
        }
        for recipe in &bound.recipes {
            read.extend(&recipe.reads);
        }
        read.extend(bound.drops.iter().map(|drop| drop.column));
        read.extend(bound.totals);
        csv.check_unread(&read, &observe.ignore, input.name, &harvest.source.id)?;
        Ok(bound)
    }

    fn value_column(
        &mut self,
        harvest: &mut Harvest<'_>,
        input: &Input<'_>,
        csv: &CsvText<'_>,
        measure: &quipu_schema::pipeline::Measure,
        column: usize,
    ) -> Result<ValueColumn> {
        let observe = harvest.observe;
        let reference = harvest.reference;
        let header = csv.header.names.get(column).cloned().unwrap_or_default();
        let piece = |name, origin: &Origin| Piece::bind(name, origin, &header, csv, reference, input.name);
        let table = table::find("observation").ok_or_else(|| Fault::bug("no table `observation`"))?;
        let mut texts = Vec::with_capacity(TEXTS.len());
        for (number, name) in TEXTS.iter().enumerate() {
            let own = measure.columns.iter().find(|(column, _)| column == name);
            let origin =
                own.or_else(|| observe.columns.iter().find(|(column, _)| column == name)).map(|(_, origin)| origin);
            let mut pieces = Vec::new();
            if *name == "breakdown" {
                for (dimension, origin) in observe.breakdown.iter().chain(&measure.breakdown) {
                    pieces.push(piece(Some(dimension), origin)?);
                }
            } else if let Some(origin) = origin {
                pieces.push(piece(None, origin)?);
            }
            if pieces.is_empty() {
                let default = match *name {
                    "sex" | "age" | "breakdown" => Some("_T".to_owned()),
                    "obs_status" => Some("A".to_owned()),
                    "vintage" => Some(default_vintage(harvest, input)),
                    _ => None,
                };
                let dictionary = harvest.shelf.dictionaries.get_mut(number);
                let known = default.and_then(|text| dictionary.map(|d| d.number(&text))).unwrap_or(NULL);
                texts.push(Expression::Known(known));
                continue;
            }
            let definition = table.column(name).ok_or_else(|| Fault::bug("a text column is not defined"))?;
            let recipe = Recipe::new(Makes::Text { column: number, gate: Gate::new(definition)? }, pieces);
            texts.push(self.place(recipe, harvest, csv, input)?);
        }
        let mut pieces = vec![piece(None, &observe.period.year)?];
        if let Some(month) = &observe.period.month {
            pieces.push(piece(None, month)?);
        }
        let period = self.place(Recipe::new(Makes::Period, pieces), harvest, csv, input)?;
        Ok(ValueColumn { column, texts, period })
    }

    /// Works a recipe out now where it reads no record, else keeps it (one copy of equal ones).
    fn place(
        &mut self,
        mut recipe: Recipe,
        harvest: &mut Harvest<'_>,
        csv: &CsvText<'_>,
        input: &Input<'_>,
    ) -> Result<Expression> {
        if recipe.is_known() {
            let made = recipe.make(csv, &[], harvest.reference, &mut harvest.shelf);
            return match made {
                Ok(number) => Ok(Expression::Known(number)),
                Err(refusal) => {
                    let refusal = harvest.shelf.refusals.get(refusal);
                    let message = refusal.map(|r| r.message.clone()).unwrap_or_default();
                    Err(Fault::new(ErrorKind::Shape, message).at(format!("{}:{}", input.name, csv.header.line)))
                }
            };
        }
        if let Some(same) = self.recipes.iter().position(|other| other.is_like(&recipe)) {
            return Ok(Expression::Recipe(same));
        }
        self.recipes.push(recipe);
        Ok(Expression::Recipe(self.recipes.len() - 1))
    }

    /// The rule that leaves a record out.
    pub(crate) fn drops(&self, csv: &CsvText<'_>, fields: &[Field]) -> Option<&str> {
        self.drops
            .iter()
            .find(|drop| {
                let text = fields.get(drop.column).and_then(|field| csv.text(*field)).unwrap_or_default();
                let text = text.trim();
                drop.equals.iter().any(|other| other == text) || drop.matches.as_ref().is_some_and(|m| m.is_match(text))
            })
            .map(|drop| drop.rule.as_str())
    }

    /// The number of the text that tells totals.
    pub(crate) fn total(&self, csv: &CsvText<'_>, fields: &[Field], texts: &mut Dictionary) -> Option<u32> {
        let column = self.totals?;
        let text = fields.get(column).and_then(|field| csv.text(*field)).unwrap_or_default();
        Some(texts.number(text.trim()))
    }

    /// The numbers of the text columns that are the same in every row.
    pub(crate) fn same(&self) -> [Option<u32>; TEXTS.len()] {
        let mut same = [None; TEXTS.len()];
        for (column, same) in same.iter_mut().enumerate() {
            let mut all = self.values.iter().map(|value| value.texts.get(column));
            let first = all.next().flatten();
            if let Some(Expression::Known(number)) = first
                && all.all(|other| other == first)
            {
                *same = Some(*number);
            }
        }
        same
    }

    /// Which text columns are made from the column that tells totals.
    pub(crate) fn told_by_total(&self) -> [bool; TEXTS.len()] {
        let mut told = [false; TEXTS.len()];
        let Some(column) = self.totals else { return told };
        for value in &self.values {
            for (told, expression) in told.iter_mut().zip(&value.texts) {
                let Expression::Recipe(recipe) = expression else { continue };
                *told |= self.recipes.get(*recipe).is_some_and(|recipe| recipe.reads.contains(&column));
            }
        }
        told
    }
}

impl ValueColumn {
    /// The first refusal among what the row needs, with the recipe that gave it.
    pub(crate) fn refusal(&self, made: &[Made]) -> Option<(usize, usize)> {
        self.texts.iter().chain([&self.period]).find_map(|expression| match expression {
            Expression::Recipe(recipe) => made.get(*recipe).and_then(|m| m.err()).map(|refusal| (refusal, *recipe)),
            Expression::Known(_) => None,
        })
    }
}

impl Recipe {
    fn is_like(&self, other: &Self) -> bool {
        let makes = match (&self.makes, &other.makes) {
            (Makes::Text { column: one, .. }, Makes::Text { column: two, .. }) => one == two,
            (Makes::Period, Makes::Period) => true,
            _ => false,
        };
        makes && format!("{:?}", self.pieces) == format!("{:?}", other.pieces)
    }
}

/// The positions of the value columns; a pattern leaves out what is ignored by name.
fn value_columns(pick: &Pick, ignore: &[Placed<String>], csv: &CsvText<'_>, place: &str) -> Result<Vec<usize>> {
    match pick {
        Pick::Names(names) => names.iter().map(|name| csv.column(&name.value, place)).collect(),
        Pick::Pattern(pattern) => {
            let regex = Regex::new(&format!("^(?:{})$", pattern.value))
                .map_err(|e| Fault::bug("a checked pattern does not compile").because(e))?;
            let found: Vec<usize> = csv
                .header
                .names
                .iter()
                .enumerate()
                .filter(|(_, name)| regex.is_match(name) && !ignore.iter().any(|ignored| ignored.value.trim() == *name))
                .map(|(at, _)| at)
                .collect();
            if found.is_empty() {
                return Err(Fault::new(
                    ErrorKind::Shape,
                    format!("no column of the header on line {} matches `{}`", csv.header.line, pattern.value),
                )
                .at(place)
                .help("the source has changed its shape, or `values` needs another pattern"));
            }
            Ok(found)
        }
    }
}

/// The edition of a document that does not state one.
fn default_vintage(harvest: &Harvest<'_>, input: &Input<'_>) -> String {
    match harvest.source.published_on {
        Some(day) => day.to_string(),
        None => format!("sha256:{}", input.digest.short()),
    }
}
