//! Binding a mapping to the header of one table.

use quipu_schema::pipeline::{Measure, Observe, Origin, Pick, Placed, Policy};
use quipu_schema::table;
use quipu_schema::{ErrorKind, Fault, Result};
use regex::Regex;
use rustc_hash::FxHashSet;

use super::filter::Filter;
use super::recipe::{Ground, Made, Makes, NULL, Piece, PieceFrom, Recipe, Shelf, Valued};
use super::{STATUS, TEXTS};
use crate::frame::Gate;
use crate::personal::Discretion;

/// Name of the rule that leaves out missing values.
pub(crate) const MISSING: &str = "missing-value";

/// What a mapping is bound with, besides the table.
#[derive(Clone, Copy)]
pub(crate) struct Mapping<'a> {
    pub(crate) source: &'a quipu_schema::pipeline::Source,
    pub(crate) observe: &'a Observe,
}

/// A mapping bound to a header.
#[derive(Debug)]
pub(crate) struct Bound {
    /// What is worked out once per record.
    pub(crate) recipes: Vec<Recipe>,
    /// The value columns.
    pub(crate) values: Vec<ValueColumn>,
    /// Which records are left out.
    pub(crate) filters: Vec<Filter>,
    /// The column that tells totals.
    pub(crate) totals: Option<usize>,
    /// Columns in which a blank repeats the text above.
    pub(crate) fill_down: Vec<usize>,
    /// What ends the body.
    pub(crate) footer: Option<Regex>,
    /// Recipes that name a record, where that is enough to tell all its rows from those of others;
    /// none where each row has to be looked at.
    pub(crate) key: Option<Vec<usize>>,
    /// Which columns quarantine may show.
    pub(crate) discretion: Discretion,
    /// How many columns nobody reads, where their values are counted as ignored.
    pub(crate) unread: u64,
    /// Columns of delimited text without a name: a record that has text there has slipped.
    pub(crate) nameless: Vec<usize>,
    /// Columns that nobody reads, which may still say that a record is a total.
    pub(crate) aside: Vec<usize>,
    /// Remarks for people.
    pub(crate) notes: Vec<String>,
}

/// A column that holds values.
#[derive(Debug)]
pub(crate) struct ValueColumn {
    /// Its position; none where each record counts one.
    pub(crate) column: Option<usize>,
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

impl Expression {
    /// The number that this expression gives for a record.
    pub(crate) fn number(self, made: &[Made]) -> u32 {
        match self {
            Self::Known(number) => number,
            Self::Recipe(recipe) => made.get(recipe).and_then(|made| made.ok()).unwrap_or(NULL),
        }
    }
}

/// The header names that a mapping reads and that a header therefore must have, each with the other
/// names it may have.
pub(crate) fn wanted(observe: &Observe) -> Vec<Vec<&str>> {
    let mut origins: Vec<&Origin> = observe.period.parts().map(|(_, origin)| origin).collect();
    origins.extend(observe.columns.iter().map(|(_, origin)| origin));
    origins.extend(observe.breakdown.iter().map(|(_, origin)| origin));
    let mut names: Vec<Vec<&str>> = Vec::new();
    for measure in &observe.measures {
        origins.extend(measure.columns.iter().map(|(_, origin)| origin));
        origins.extend(measure.breakdown.iter().map(|(_, origin)| origin));
        if let Pick::Names(columns) = &measure.values {
            names.extend(columns.iter().map(|c| vec![c.value.as_str()]));
        }
    }
    names.extend(origins.iter().flat_map(|origin| origin.wanted()));
    names.extend(observe.filters.iter().map(|filter| vec![filter.column.value.as_str()]));
    names.extend(observe.totals.iter().map(|totals| vec![totals.column.value.as_str()]));
    names.extend(observe.fill_down.iter().map(|column| vec![column.value.as_str()]));
    // A column with other names is not also wanted under one name alone.
    let or: Vec<Vec<&str>> = names.iter().filter(|names| names.len() > 1).cloned().collect();
    names.retain(|names| names.len() > 1 || !or.iter().any(|or| names.iter().all(|name| or.contains(name))));
    names.sort_unstable();
    names.dedup();
    names
}

impl Bound {
    /// Binds the mapping of a source to a table's header. What is the same for every record goes to
    /// the shelf at once.
    ///
    /// # Errors
    /// A column that is not there, is there twice, or is neither read nor ignored.
    pub(crate) fn new(mapping: Mapping<'_>, ground: Ground<'_>, shelf: &mut Shelf) -> Result<Self> {
        let (observe, place) = (mapping.observe, ground.input.name);
        let header = &ground.table.header;
        let or = wanted(observe);
        // A column may be named by any of its names.
        let column = |name: &Placed<String>| {
            let name = name.value.as_str();
            match or.iter().find(|names| names.len() > 1 && names.contains(&name)) {
                Some(names) => header.column_of_any(names, place),
                None => header.column(name, place),
            }
        };
        let mut bound = Self {
            recipes: Vec::new(),
            values: Vec::new(),
            filters: observe.filters.iter().map(|f| Filter::bind(f, column(&f.column)?)).collect::<Result<_>>()?,
            totals: observe.totals.as_ref().map(|totals| column(&totals.column)).transpose()?,
            fill_down: observe.fill_down.iter().map(column).collect::<Result<_>>()?,
            footer: observe.footer.as_ref().map(|pattern| whole(&pattern.value)).transpose()?,
            key: None,
            discretion: Discretion::default(),
            unread: 0,
            nameless: Vec::new(),
            aside: Vec::new(),
            notes: Vec::new(),
        };
        let patterns: Vec<Regex> =
            observe.ignore_matching.iter().map(|pattern| whole(&pattern.value)).collect::<Result<_>>()?;
        let mut read: Vec<usize> = Vec::new();
        for measure in &observe.measures {
            for column in value_columns(&measure.values, observe, &patterns, ground)? {
                read.extend(column.at);
                let value = bound.value_column(mapping, ground, shelf, measure, &column)?;
                bound.values.push(value);
            }
        }
        if let Some(twice) = repeated(&bound.values) {
            let name = header.names.get(twice).map(String::as_str).unwrap_or_default();
            bound.notes.push(format!("column `{name}` is read as a value by several measures"));
        }
        bound.key = bound.record_key();
        let by_recipes = bound.recipes.iter().flat_map(|recipe| &recipe.reads);
        read.extend(by_recipes.chain(&bound.fill_down).chain(&bound.totals));
        read.extend(bound.filters.iter().map(|filter| filter.column));
        bound.discretion = Discretion::new(header, &read, &observe.personal, place)?;
        // What is personal is known, and not read unless the mapping says so.
        let known: Vec<Placed<String>> = observe.ignore.iter().chain(&observe.personal).cloned().collect();
        let unread = ground.table.unread(&read, &known, &patterns);
        let (nameless, unread): (Vec<usize>, Vec<usize>) =
            unread.into_iter().partition(|column| ground.table.is_nameless(*column));
        bound.aside = (0..header.names.len()).filter(|column| !read.contains(column)).collect();
        bound.nameless = nameless;
        match mapping.source.contract.column {
            Policy::Freeze => ground.table.check_unread(&unread, place, &mapping.source.id)?,
            policy => {
                if !unread.is_empty() {
                    let unread: Vec<String> = unread.iter().map(|column| ground.table.called(*column)).collect();
                    bound.notes.push(format!("columns that nobody reads: {}", unread.join(", ")));
                }
                bound.unread = if policy == Policy::DiscardValue { unread.len() as u64 } else { 0 };
            }
        }
        Ok(bound)
    }

    fn value_column(
        &mut self,
        mapping: Mapping<'_>,
        ground: Ground<'_>,
        shelf: &mut Shelf,
        measure: &Measure,
        column: &Valued,
    ) -> Result<ValueColumn> {
        let observe = mapping.observe;
        let table = table::find("observation").ok_or_else(|| Fault::bug("no table `observation`"))?;
        let mut texts = Vec::with_capacity(TEXTS.len());
        for (number, name) in TEXTS.iter().enumerate() {
            let own = measure.columns.iter().find(|(column, _)| column == name);
            let origin =
                own.or_else(|| observe.columns.iter().find(|(column, _)| column == name)).map(|(_, origin)| origin);
            let mut pieces = Vec::new();
            if *name == "breakdown" {
                for (dimension, origin) in observe.breakdown.iter().chain(&measure.breakdown) {
                    pieces.push(Piece::bind(Some(dimension), origin, column, ground)?);
                }
            } else if let Some(origin) = origin {
                pieces.push(Piece::bind(None, origin, column, ground)?);
            }
            if pieces.is_empty() {
                let default = match *name {
                    "sex" | "age" | "breakdown" => Some("_T".to_owned()),
                    "obs_status" => Some("A".to_owned()),
                    "vintage" => Some(default_vintage(mapping, ground)),
                    _ => None,
                };
                let dictionary = shelf.dictionaries.get_mut(number);
                let known = default.and_then(|text| dictionary.map(|d| d.number(&text))).unwrap_or(NULL);
                texts.push(Expression::Known(known));
                continue;
            }
            let definition = table.column(name).ok_or_else(|| Fault::bug("a text column is not defined"))?;
            let recipe = Recipe::new(Makes::Text { column: number, gate: Gate::new(definition)? }, pieces);
            texts.push(self.place(recipe, ground, shelf)?);
        }
        let mut parts = Vec::new();
        let mut pieces = Vec::new();
        for (part, origin) in observe.period.parts() {
            parts.push(part);
            pieces.push(Piece::bind(None, origin, column, ground)?);
        }
        let makes = Makes::Period { parts, order: observe.period.order.unwrap_or_default(), freq: observe.period.freq };
        let period = self.place(Recipe::new(makes, pieces), ground, shelf)?;
        Ok(ValueColumn { column: column.at, texts, period })
    }

    /// Works a recipe out now where it reads no record, else keeps it (one copy of equal ones).
    fn place(&mut self, recipe: Recipe, ground: Ground<'_>, shelf: &mut Shelf) -> Result<Expression> {
        if recipe.is_known() {
            return match recipe.make_known(ground.reference, shelf) {
                Ok(number) => Ok(Expression::Known(number)),
                Err(refusal) => {
                    let place = format!("{}:{}", ground.input.name, ground.table.header.line);
                    Err(Fault::new(ErrorKind::Shape, refusal.message).at(place))
                }
            };
        }
        if let Some(same) = self.recipes.iter().position(|other| other.is_like(&recipe)) {
            return Ok(Expression::Recipe(same));
        }
        self.recipes.push(recipe);
        Ok(Expression::Recipe(self.recipes.len() - 1))
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

    /// The text column that a recipe makes; none where it makes a period.
    pub(crate) fn makes(&self, recipe: usize) -> Option<usize> {
        self.recipes.get(recipe).and_then(|recipe| match &recipe.makes {
            Makes::Text { column, .. } => Some(*column),
            Makes::Period { .. } => None,
        })
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

    /// The recipes whose outcomes name a record, if records that differ in them have no row in common,
    /// and no two rows of one record are the same: then repeats are looked for record by record.
    fn record_key(&self) -> Option<Vec<usize>> {
        let first = self.values.first()?;
        let mut named: Vec<usize> = Vec::new();
        let mut known: Vec<Vec<String>> = vec![Vec::new(); self.values.len()];
        for column in (0..TEXTS.len()).filter(|column| *column != STATUS) {
            let own: Vec<Expression> =
                self.values.iter().filter_map(|value| value.texts.get(column).copied()).collect();
            if let Some(Expression::Recipe(recipe)) = own.first()
                && own.iter().all(|other| other == &Expression::Recipe(*recipe))
            {
                named.push(*recipe);
                continue;
            }
            for (known, expression) in known.iter_mut().zip(&own) {
                let Expression::Known(number) = expression else { return None };
                known.push(number.to_string());
            }
        }
        for (known, value) in known.iter_mut().zip(&self.values) {
            match (value.period, first.period) {
                (Expression::Known(number), Expression::Known(_)) => known.push(number.to_string()),
                (Expression::Recipe(own), Expression::Recipe(other)) => {
                    let (own, other) = (self.recipes.get(own)?, self.recipes.get(other)?);
                    known.extend(own.known_beside(other)?);
                }
                _ => return None,
            }
        }
        if let Expression::Recipe(recipe) = first.period {
            named.push(recipe);
        }
        let mut seen = FxHashSet::default();
        known.iter().all(|known| seen.insert(known)).then_some(named)
    }
}

impl ValueColumn {
    /// The first refusal among what the row needs.
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
            (Makes::Period { .. }, Makes::Period { .. }) => true,
            _ => false,
        };
        makes && format!("{:?}", self.pieces) == format!("{:?}", other.pieces)
    }

    /// What is known of a period before its record is read, where the rest is as in `other`.
    fn known_beside(&self, other: &Self) -> Option<Vec<String>> {
        let Makes::Period { parts, freq: None, .. } = &self.makes else { return None };
        let mut known = Vec::new();
        for ((piece, other), part) in self.pieces.iter().zip(&other.pieces).zip(parts) {
            match (&piece.from, &other.from) {
                (PieceFrom::Known(text), PieceFrom::Known(_)) => known.push(super::recipe::normal(*part, text)),
                _ if format!("{piece:?}") == format!("{other:?}") => {}
                _ => return None,
            }
        }
        Some(known)
    }
}

/// A column that several measures read.
fn repeated(values: &[ValueColumn]) -> Option<usize> {
    let mut seen = FxHashSet::default();
    values.iter().filter_map(|value| value.column).find(|column| !seen.insert(*column))
}

/// A pattern that has to match as a whole.
pub(super) fn whole(pattern: &str) -> Result<Regex> {
    Regex::new(&format!("^(?:{pattern})$")).map_err(|e| Fault::bug("a checked pattern does not compile").because(e))
}

/// The positions of the value columns; a pattern leaves out what is ignored by name.
fn value_columns(pick: &Pick, observe: &Observe, ignored: &[Regex], ground: Ground<'_>) -> Result<Vec<Valued>> {
    let (header, place) = (&ground.table.header, ground.input.name);
    match pick {
        Pick::Rows => Ok(vec![Valued::default()]),
        Pick::Names(names) => {
            let column = |name: &Placed<String>| {
                let at = Some(header.column(&name.value, place)?);
                Ok(Valued { at, name: Some(name.value.clone()) })
            };
            names.iter().map(column).collect()
        }
        Pick::Pattern(pattern) => {
            let regex = whole(&pattern.value)?;
            let is_ignored = |name: &str| {
                observe.ignore.iter().any(|ignored| ignored.value.trim() == name)
                    || ignored.iter().any(|pattern| pattern.is_match(name))
            };
            let names = header.names.iter().enumerate();
            let found = names.filter(|(_, name)| regex.is_match(name) && !is_ignored(name));
            let found: Vec<Valued> = found.map(|(at, _)| Valued { at: Some(at), name: None }).collect();
            if found.is_empty() {
                let message = format!("no column of the header on line {} matches `{}`", header.line, pattern.value);
                return Err(Fault::new(ErrorKind::Shape, message)
                    .at(place)
                    .help("the source has changed its shape, or `values` needs another pattern"));
            }
            Ok(found)
        }
    }
}

/// The edition of a document that does not state one.
fn default_vintage(mapping: Mapping<'_>, ground: Ground<'_>) -> String {
    match mapping.source.published_on {
        Some(day) => day.to_string(),
        None => format!("sha256:{}", ground.input.digest.short()),
    }
}
