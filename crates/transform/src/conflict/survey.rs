//! Which sources speak of the same things: only their rows are looked at.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataFrame;
use quipu_schema::Result;
use quipu_store::{OpenTable, Part, Store};
use rayon::prelude::*;

use super::quantity::texts;

/// Rows that are read at once.
pub(crate) const BATCH: usize = 131_072;

/// Who says something: source, dataset and vintage.
pub(crate) type Edition = (String, String, String);

/// The rows of `observation` of a pipeline in which two editions may speak of one quantity.
#[derive(Debug)]
pub(crate) struct Surveyed {
    parts: Vec<(OpenTable, String)>,
    /// Part, first row and number of rows.
    batches: Vec<(usize, usize, usize)>,
    /// Indicators of which more than one edition speaks.
    pub(crate) indicators: BTreeSet<String>,
}

impl Surveyed {
    /// Looks over the parts of a pipeline.
    ///
    /// # Errors
    /// Files that are damaged.
    pub(crate) fn new(store: &Store, parts: &[&Part]) -> Result<Self> {
        let mut surveyed = Self::all(store, parts)?;
        let heard: Vec<BTreeSet<(String, Edition)>> = surveyed.each(&["indicator", "dataset", "vintage"], editions)?;
        let mut of_indicator: BTreeMap<&str, BTreeSet<&Edition>> = BTreeMap::new();
        for (indicator, edition) in heard.iter().flatten() {
            of_indicator.entry(indicator).or_default().insert(edition);
        }
        let shared = of_indicator.iter().filter(|(_, editions)| editions.len() > 1);
        let indicators: BTreeSet<String> = shared.map(|(indicator, _)| (*indicator).to_owned()).collect();
        let speaks = |heard: &BTreeSet<(String, Edition)>| heard.iter().any(|(of, _)| indicators.contains(of));
        let kept: Vec<_> =
            heard.iter().zip(&surveyed.batches).filter(|(heard, _)| speaks(heard)).map(|(_, b)| *b).collect();
        (surveyed.batches, surveyed.indicators) = (kept, indicators);
        Ok(surveyed)
    }

    /// All rows of these parts.
    fn all(store: &Store, parts: &[&Part]) -> Result<Self> {
        let mut opened = Vec::new();
        for part in parts {
            opened.push((store.open_table(part)?, part.source.clone().unwrap_or_default()));
        }
        let mut batches = Vec::new();
        for (number, (table, _)) in opened.iter().enumerate() {
            batches.extend((0..table.rows()).step_by(BATCH).map(|from| (number, from, BATCH)));
        }
        Ok(Self { parts: opened, batches, indicators: BTreeSet::new() })
    }

    /// The rows of these parts among which some are of these indicators.
    ///
    /// # Errors
    /// Files that are damaged.
    pub(crate) fn on(store: &Store, parts: &[&Part], indicators: &BTreeSet<String>) -> Result<Self> {
        let mut surveyed = Self::all(store, parts)?;
        let speak = surveyed.each(&["indicator"], |frame, _| {
            Ok(texts(frame, "indicator")?.iter().flatten().any(|indicator| indicators.contains(indicator)))
        })?;
        let batches = surveyed.batches.iter().zip(speak).filter(|(_, speaks)| *speaks).map(|(batch, _)| *batch);
        surveyed.batches = batches.collect();
        surveyed.indicators.clone_from(indicators);
        Ok(surveyed)
    }

    /// Whether there is nothing to compare.
    pub(crate) fn is_empty(&self) -> bool {
        self.indicators.is_empty()
    }

    /// What `look` sees in each batch of these columns, in their order.
    pub(crate) fn each<T: Send>(
        &self,
        columns: &[&str],
        look: impl Fn(&DataFrame, &str) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let mut all = Vec::with_capacity(self.batches.len());
        self.fold(columns, look, |seen| {
            all.push(seen);
            Ok(())
        })?;
        Ok(all)
    }

    /// As [`Surveyed::each`], handing over what was seen as it comes, in order, so that little is held.
    pub(crate) fn fold<T: Send>(
        &self,
        columns: &[&str],
        look: impl Fn(&DataFrame, &str) -> Result<T> + Sync,
        mut take: impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        for some in self.batches.chunks(rayon::current_num_threads() * 2) {
            let seen: Vec<Option<T>> = some
                .par_iter()
                .map(|(part, from, length)| {
                    let Some((table, source)) = self.parts.get(*part) else { return Ok(None) };
                    look(&table.read(columns, *from, *length)?, source).map(Some)
                })
                .collect::<Result<_>>()?;
            seen.into_iter().flatten().try_for_each(&mut take)?;
        }
        Ok(())
    }
}

fn editions(frame: &DataFrame, source: &str) -> Result<BTreeSet<(String, Edition)>> {
    let mut found = BTreeSet::new();
    let mut last = None;
    let columns = (texts(frame, "indicator")?, texts(frame, "dataset")?, texts(frame, "vintage")?);
    for ((indicator, dataset), vintage) in columns.0.iter().zip(columns.1.iter()).zip(columns.2.iter()) {
        let row = (indicator, dataset, vintage);
        if last != Some(row) {
            last = Some(row);
            let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
            found.insert((owned(indicator), (source.to_owned(), owned(dataset), owned(vintage))));
        }
    }
    Ok(found)
}
