//! Conflicts: rows of `observation` that speak of one quantity and disagree, whatever source, dataset,
//! document or vintage they come from, with the ratio and a likely cause.
//!
//! Two rows speak of one quantity where indicator, crime, area, period, frequency, sex, age, breakdown
//! and unit are the same; units that `unit.csv` converts into each other count as the same. They
//! agree where the one that prints fewer decimals is the other one rounded (22.3 and 22.31): that is no
//! conflict. A row without a value contradicts nothing, unless its bounds exclude what another says.
//!
//! The tables may be larger than memory: [`survey`] finds the indicators of which more than one edition
//! speaks, [`disagree`] the quantities on which values differ, and only their rows are read in full.

pub(crate) mod cause;
mod disagree;
mod pair;
pub(crate) mod printed;
pub(crate) mod quantity;
mod row;
pub(crate) mod statement;
pub(crate) mod survey;
#[cfg(test)]
mod tests;
pub(crate) mod unit;

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataFrame;
use quipu_schema::digest::Hasher;
use quipu_schema::marking::Marking;
use quipu_schema::pipeline::Pipeline;
use quipu_schema::table::Table;
use quipu_schema::{Digest, Result};
use quipu_store::{Part, SourceState, Store};
use rustc_hash::FxHashSet;

use crate::codes::Reference;
use crate::corroborate::{Disagreement, TABLES, conflict_frame, corroborate};
use cause::{Neighbours, verdict};
use disagree::Claims;
use pair::{Editions, pairs};
use quantity::Quantity;
use row::Row;
use statement::{Reach, Statement};
use survey::Surveyed;
use unit::Units;

/// Name of the table, and of what it is made of in a snapshot's `derived`.
pub(crate) const CONFLICT: &str = "conflict";

/// Whether a table is made of the tables of all sources.
pub fn is_derived(table: &str) -> bool {
    table == CONFLICT || TABLES.contains(&table)
}

/// Quantities that are looked at together; each lot with a disagreement makes a part of the table.
const LOT: usize = 100_000;
/// How many conflicts the account names.
const NAMED: usize = 5;

/// What conflicts are looked for in.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) store: &'a Store,
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) reference: &'a Reference,
    /// All parts of the tables of the pipeline's sources.
    pub(crate) parts: &'a [Part],
    /// What is known of each source.
    pub(crate) sources: &'a BTreeMap<String, SourceState>,
}

/// What the search came to.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// How many conflicts there are, by severity and cause.
    counts: BTreeMap<(&'static str, &'static str), u64>,
    /// The gravest.
    named: Vec<Row>,
    /// Lines on what reports disagree on.
    lines: Vec<String>,
    /// Events and quantities that several reports share.
    prose: Option<(usize, usize)>,
    /// Whether anything was there to compare.
    compared: bool,
}

impl Account {
    fn add(&mut self, rows: &[Row]) {
        for row in rows {
            *self.counts.entry((row.severity(), row.verdict.cause)).or_default() += 1;
        }
        self.named.extend_from_slice(rows);
        self.named.sort_by(|a, b| {
            let ((grave, apart), (other_grave, other_apart)) = (a.rank(), b.rank());
            grave.cmp(&other_grave).then(apart.total_cmp(&other_apart)).then_with(|| a.keys.cmp(&b.keys))
        });
        self.named.truncate(NAMED);
    }

    /// For people, one line each; nothing where there was nothing to compare.
    pub(crate) fn notes(&self) -> Vec<String> {
        let all: u64 = self.counts.values().sum();
        let shared = self.prose.filter(|(events, quantities)| events + quantities > 0).map(|(events, quantities)| {
            format!("corroboration: {events} events and {quantities} quantities are told by several reports")
        });
        let mut notes: Vec<String> = shared.into_iter().collect();
        if all == 0 {
            let none = "conflict: sources and vintages agree on every quantity that they share";
            notes.extend(self.compared.then(|| none.to_owned()));
            return notes;
        }
        let counts: Vec<String> =
            self.counts.iter().map(|((severity, cause), n)| format!("{n} {severity} {cause}")).collect();
        notes.push(format!("conflict: {all} rows ({})", counts.join(", ")));
        notes.extend(self.lines.iter().map(|line| format!("    {line}")));
        notes.extend(self.named.iter().map(|row| format!("    {}", row.line())));
        let shown = (self.named.len() + self.lines.len()) as u64;
        if all > shown {
            notes.push(format!("    … and {} more in the table `conflict`", all - shown));
        }
        notes
    }
}

impl<'a> Ground<'a> {
    /// The parts of these tables, in the order in which a snapshot lists them: a part that was made anew and one
    /// that was kept come in one order.
    fn parts_of(&self, tables: &[&str]) -> Vec<&'a Part> {
        let mut parts: Vec<&Part> = self.parts.iter().filter(|part| tables.contains(&part.table.as_str())).collect();
        parts.sort();
        parts
    }

    fn observations(&self) -> Vec<&'a Part> {
        self.parts_of(&["observation"])
    }

    /// The tables of reports, which are compared with each other. Of documents those that are no report say nothing.
    fn reports(&self) -> Vec<&'a Part> {
        let mut parts = self.parts_of(&["figure", "event", "document"]);
        let told: BTreeSet<Option<&str>> =
            parts.iter().filter(|part| part.table != "document").map(|part| part.source.as_deref()).collect();
        parts.retain(|part| told.contains(&part.source.as_deref()));
        parts
    }

    pub(crate) fn marking_of(&self, source: &str) -> Marking {
        self.pipeline.source(source).map(|source| source.marking).unwrap_or_default()
    }

    /// Digest over everything that decides the table.
    pub(crate) fn ingredients(&self, build: &str) -> Digest {
        let mut hasher = Hasher::default();
        hasher.part("build", build).part("reference", self.reference.digest.as_bytes());
        let parts = self.observations();
        for part in &parts {
            hasher.part(part.source.as_deref().unwrap_or_default(), part.digest.as_bytes());
        }
        let speaks = |source: &str| parts.iter().any(|part| part.source.as_deref() == Some(source));
        let reports = self.reports();
        for part in &reports {
            hasher.part(part.source.as_deref().unwrap_or_default(), part.digest.as_bytes());
        }
        let reports = |source: &str| reports.iter().any(|part| part.source.as_deref() == Some(source));
        for (source, state) in self.sources.iter().filter(|(source, _)| speaks(source) || reports(source)) {
            hasher.part(source, self.marking_of(source).to_string());
            for document in &state.documents {
                hasher.part("document", document.as_bytes());
            }
        }
        hasher.finish()
    }

    /// The conflicts, as frames of the table: one for each lot that has any.
    ///
    /// # Errors
    /// Files that are damaged; temporary files that cannot be written.
    pub(crate) fn find(&self, mut take: impl FnMut(&'static Table, DataFrame) -> Result<()>) -> Result<Account> {
        let mut account = Account::default();
        self.reported(&mut account, &mut take)?;
        let surveyed = Surveyed::new(self.store, &self.observations())?;
        if surveyed.is_empty() {
            return Ok(account);
        }
        account.compared = true;
        let units = Units::of(self.reference)?;
        let (mut claims, mut reach) = (Claims::default(), Reach::new());
        let look = |frame: &DataFrame, source: &str| statement::claims(frame, source, &units, &surveyed);
        surveyed.fold(statement::claim_columns(), look, |(some, far)| {
            for (edition, day) in far {
                let held = reach.entry(edition).or_insert(i32::MIN);
                *held = day.max(*held);
            }
            claims.add(&some)
        })?;
        let documents =
            self.sources.iter().map(|(source, state)| (source.as_str(), state.documents.as_slice())).collect();
        let editions = Editions { reach: &reach, documents: &documents };
        for lot in claims.disputed(LOT)? {
            let rows = self.lot(&surveyed, &units, editions, lot)?;
            if rows.is_empty() {
                continue;
            }
            account.add(&rows);
            let (table, frame) = row::to_frame(rows)?;
            take(table, frame)?;
        }
        Ok(account)
    }

    /// What reports in prose say of one event or subject.
    fn reported(
        &self,
        account: &mut Account,
        take: &mut impl FnMut(&'static Table, DataFrame) -> Result<()>,
    ) -> Result<()> {
        let found = corroborate(self, &self.reports(), &self.observations())?;
        account.prose = Some((found.joined, found.shared)).filter(|_| !found.frames.is_empty());
        for (table, frame) in found.frames {
            if frame.height() > 0 {
                take(table, frame)?;
            }
        }
        for row in &found.disagreements {
            *account.counts.entry((row.severity(), row.cause())).or_default() += 1;
        }
        account.lines = found.disagreements.iter().take(NAMED).map(Disagreement::line).collect();
        if !found.disagreements.is_empty() {
            let (table, frame) = conflict_frame(found.disagreements)?;
            take(table, frame)?;
        }
        Ok(())
    }

    /// The conflicts on the quantities of these hashes.
    fn lot(&self, surveyed: &Surveyed, units: &Units, editions: Editions<'_>, lot: Vec<u64>) -> Result<Vec<Row>> {
        let wanted: FxHashSet<u64> = lot.into_iter().collect();
        let statements = statement::collect(surveyed, units, &wanted)?;
        let disputed: Vec<_> =
            statements.iter().map(|(quantity, said)| (quantity, pairs(quantity, said, editions))).collect();
        let of_pairs = disputed.iter().filter(|(_, pairs)| !pairs.is_empty()).map(|(quantity, _)| *quantity);
        let near: FxHashSet<u64> = of_pairs
            .flat_map(|quantity| [-1, 1].map(|years| quantity.years_later(years)))
            .flatten()
            .map(|q| q.hash())
            .collect();
        let near = if near.is_empty() { BTreeMap::new() } else { statement::collect(surveyed, units, &near)? };
        let said = |quantity: Option<Quantity>| -> &[Statement] {
            quantity.and_then(|quantity| near.get(&quantity)).map(Vec::as_slice).unwrap_or_default()
        };
        let mut rows = Vec::new();
        for (quantity, pairs) in disputed {
            for pair in pairs {
                let around =
                    Neighbours { before: said(quantity.years_later(-1)), after: said(quantity.years_later(1)) };
                let verdict = verdict(quantity, &pair, units, &around);
                let marking = self.marking_of(pair.left.source()).strictest(self.marking_of(pair.right.source()));
                rows.push(Row::new(quantity, pair.left, pair.right, verdict, marking));
            }
        }
        Ok(rows)
    }
}
