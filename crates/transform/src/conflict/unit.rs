//! Units that measure the same thing: which of them both sides of a comparison are put into.

use polars::prelude::DataFrame;
use quipu_schema::{Fault, Result};
use rustc_hash::FxHashMap;

use crate::codes::Reference;

/// The units of the reference list.
#[derive(Debug, Default)]
pub(crate) struct Units {
    units: FxHashMap<String, Unit>,
}

#[derive(Debug)]
struct Unit {
    kind: String,
    shared: String,
    factor: f64,
}

impl Units {
    /// Those of the reference lists: `base` and `factor` of the list `unit`.
    ///
    /// # Errors
    /// A bug only.
    pub(crate) fn of(reference: &Reference) -> Result<Self> {
        let found = reference.frames.iter().find(|(table, _)| table.name == "unit");
        let frame: &DataFrame = &found.ok_or_else(|| Fault::bug("no list `unit`"))?.1;
        let wrong = |error: polars::error::PolarsError| Fault::bug("the list `unit` lacks a column").because(error);
        let text = |name: &str| frame.column(name).and_then(|column| column.str()).map_err(wrong);
        let factors = frame.column("factor").and_then(|column| column.f64()).map_err(wrong)?;
        let mut units = FxHashMap::default();
        let (names, kinds, bases) = (text("unit")?, text("kind")?, text("base")?);
        for (((name, kind), base), factor) in names.iter().zip(kinds.iter()).zip(bases.iter()).zip(factors.iter()) {
            let (Some(name), Some(kind)) = (name, kind) else { continue };
            let (shared, factor) = match (base, factor) {
                (Some(base), Some(factor)) => (base, factor),
                _ => (name, 1.0),
            };
            units.insert(name.to_owned(), Unit { kind: kind.to_owned(), shared: shared.to_owned(), factor });
        }
        Ok(Self { units })
    }

    /// The unit that a unit's values are compared in, and what they are multiplied with for that.
    pub(crate) fn shared<'a>(&'a self, unit: &'a str) -> (&'a str, f64) {
        self.units.get(unit).map_or((unit, 1.0), |found| (&found.shared, found.factor))
    }

    /// What sort of unit it is.
    pub(crate) fn kind(&self, unit: &str) -> &str {
        self.units.get(unit).map_or("", |found| &found.kind)
    }
}
