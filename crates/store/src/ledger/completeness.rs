//! How much of a paged source came, by its own word.

use std::fmt::Write as _;

use quipu_schema::Result;
use rusqlite::{OptionalExtension as _, params};
use serde::Serialize;

use super::{Ledger, now};

/// What came of a source that gives its items page by page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Completeness {
    /// Items that there are, by the source's own word; `None` where it says nothing.
    pub declared: Option<u64>,
    /// Items that came, each one once.
    pub items: u64,
    /// Pages that hold them.
    pub pages: u64,
    /// Queries that were asked.
    pub slices: u64,
    /// Queries with more items than the source gives, that cannot be split further.
    pub over_cap: u64,
}

impl Completeness {
    /// Items that are known to be missing.
    pub fn missing(&self) -> u64 {
        self.declared.map_or(0, |declared| declared.saturating_sub(self.items))
    }

    /// The share that came, from 0 to 1; `None` where nobody knows how much there is.
    pub fn share(&self) -> Option<f64> {
        let declared = self.declared?;
        Some(if declared == 0 { 1.0 } else { (self.items as f64 / declared as f64).min(1.0) })
    }

    /// In words, for people.
    pub fn told(&self) -> String {
        let Self { items, pages, slices, over_cap, .. } = self;
        let mut text = match (self.declared, self.share()) {
            (Some(declared), Some(share)) if *items < declared => {
                let missing = self.missing();
                format!("incomplete: {items} of {declared} items ({:.2} %), {missing} are missing", share * 100.0)
            }
            (Some(declared), _) => format!("complete: {items} of {declared} items"),
            (None, _) => format!("{items} items; the source does not say how many there are"),
        };
        let _ = write!(text, "; {pages} pages of {slices} queries");
        if *over_cap > 0 {
            let _ = write!(text, ", of which {over_cap} have more items than the source gives");
        }
        text
    }
}

impl Ledger {
    /// Records how much of a source came in a run.
    pub fn record_completeness(&self, run: i64, pipeline: &str, source: &str, came: &Completeness) -> Result<()> {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.with("record how much of a source came", |connection| {
            connection.execute(
                "INSERT OR REPLACE INTO completeness (run, pipeline, source, declared, items, pages, slices, over_cap, \
                 recorded_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    run,
                    pipeline,
                    source,
                    came.declared.map(number),
                    number(came.items),
                    number(came.pages),
                    number(came.slices),
                    number(came.over_cap),
                    now(),
                ],
            )?;
            Ok(())
        })
    }

    /// How much of a source came the last time.
    pub fn last_completeness(&self, pipeline: &str, source: &str) -> Result<Option<Completeness>> {
        self.with("look up how much of a source came", |connection| {
            connection
                .query_row(
                    "SELECT declared, items, pages, slices, over_cap FROM completeness \
                     WHERE pipeline = ?1 AND source = ?2 ORDER BY run DESC LIMIT 1",
                    params![pipeline, source],
                    |row| {
                        let count = |at| row.get::<_, i64>(at).map(|count| u64::try_from(count).unwrap_or(0));
                        let declared: Option<i64> = row.get(0)?;
                        Ok(Completeness {
                            declared: declared.and_then(|count| u64::try_from(count).ok()),
                            items: count(1)?,
                            pages: count(2)?,
                            slices: count(3)?,
                            over_cap: count(4)?,
                        })
                    },
                )
                .optional()
        })
    }
}
