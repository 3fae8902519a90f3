//! What became of quarantined rows after a fix: two states of a source's tables, held against each
//! other row by row, and what else has changed between them.

use polars::prelude::{AnyValue, DataFrame};
use quipu_schema::pipeline::{Interpreter, Pick, Source};
use quipu_schema::table::{self, Table};
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, Fault, Result};
use quipu_store::{Ledger, Snapshot, Store, row_hashes};
use rustc_hash::FxHashMap;

use crate::codes::Reference;
use crate::place::Row;
use crate::produce::remake;
use crate::refused::{Refused, Texts, rows};
use crate::stage::editions;

/// The tables of a source at one moment.
#[derive(Debug, Default)]
pub struct Side {
    tables: Vec<(&'static Table, DataFrame)>,
    /// The account.
    pub tally: Tally,
    documents: Vec<Digest>,
}

impl Side {
    /// What is published of a source; nothing, where nothing is.
    ///
    /// # Errors
    /// A store that is damaged.
    pub fn published(store: &Store, snapshot: Option<&Snapshot>, source: &str) -> Result<Self> {
        let mut side = Self::default();
        let Some(snapshot) = snapshot else { return Ok(side) };
        if let Some(state) = snapshot.sources.get(source) {
            side.tally.clone_from(&state.tally);
            side.documents.clone_from(&state.documents);
        }
        for part in snapshot.parts.iter().filter(|part| part.source.as_deref() == Some(source)) {
            let table = table::find(&part.table).ok_or_else(|| Fault::bug("a published table is not defined"))?;
            side.tables.push((table, store.read_table(part)?));
        }
        Ok(side)
    }

    /// What a run would publish of a source, read again from the archive.
    ///
    /// # Errors
    /// Those of [`remake`].
    pub fn remade(
        store: &Store,
        ledger: &Ledger,
        pipeline: &str,
        source: &Source,
        reference: &Reference,
    ) -> Result<Self> {
        let editions = editions(ledger, pipeline, source, None)?;
        let mut side = Self::default();
        for made in remake(store, source, &editions, reference, None)? {
            side.tables.extend(made.tables);
            side.tally.add(&made.tally);
            side.documents.extend(made.documents);
        }
        Ok(side)
    }

    /// How many rows stand in quarantine.
    pub fn refused(&self) -> usize {
        self.tables.iter().filter(|(table, _)| table.name == "quarantine").map(|(_, frame)| frame.height()).sum()
    }

    fn quarantine(&self) -> Result<Vec<Refused>> {
        let mut out = Vec::new();
        for (_, frame) in self.tables.iter().filter(|(table, _)| table.name == "quarantine") {
            out.extend(rows(frame)?);
        }
        Ok(out)
    }

    fn frames(&self, name: &str) -> impl Iterator<Item = &DataFrame> {
        self.tables.iter().filter(move |(table, _)| table.name == name).map(|(_, frame)| frame)
    }
}

/// What became of a quarantined row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// It is published, with these texts as values. They are not given where they are about persons.
    Published {
        /// How many rows it gave.
        rows: u64,
        /// The first of their texts.
        values: Vec<String>,
    },
    /// It is published, in how many rows cannot be told: the format has no place for records.
    SomewhereInDocument,
    /// It went into a sum.
    Added,
    /// It is refused as before.
    Refused,
    /// It is refused for another reason.
    Otherwise {
        /// Reason code.
        reason: String,
        /// The table column.
        column: Option<String>,
        /// What is wrong.
        message: String,
    },
    /// A rule of the pipeline file leaves it out now.
    LeftOut,
    /// Its document is not read any more.
    Unread,
}

impl Became {
    /// The stable word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Published { .. } | Self::SomewhereInDocument => "published",
            Self::Added => "added-up",
            Self::Refused => "still-refused",
            Self::Otherwise { .. } => "refused-otherwise",
            Self::LeftOut => "left-out",
            Self::Unread => "unread",
        }
    }
}

/// What a replay came to.
#[derive(Debug)]
pub struct Replayed {
    /// Each row that was in quarantine, with what became of it.
    pub rows: Vec<(Refused, Became)>,
    /// Published rows that are new, and come from quarantined ones.
    pub replayed: u64,
    /// Published rows that are new for another reason.
    pub added: u64,
    /// Published rows that say something else than before.
    pub changed: u64,
    /// Published rows that are gone.
    pub removed: u64,
    /// Rows in quarantine that were not there before.
    pub refused_anew: u64,
    /// Documents that were captured since.
    pub captured: u64,
}

/// How many values are named of one row.
const NAMED: usize = 12;

/// Holds two states of a source against each other.
///
/// # Errors
/// Tables without the columns of their definition.
pub fn compare(source: &Source, before: &Side, after: &Side) -> Result<Replayed> {
    let (was, is) = (before.quarantine()?, after.quarantine()?);
    let places = Row::index(&was);
    let mut values: FxHashMap<usize, (u64, Vec<String>)> = FxHashMap::default();
    let (mut replayed, mut added, mut changed, mut removed) = (0, 0, 0, 0);
    // New rows that no quarantined row is known to have become, by document.
    let mut unplaced: FxHashMap<String, u64> = FxHashMap::default();
    let mut names: Vec<&'static str> = before.tables.iter().chain(&after.tables).map(|(table, _)| table.name).collect();
    names.sort_unstable();
    names.dedup();
    for name in names.into_iter().filter(|name| !["quarantine", "document"].contains(name)) {
        let table = table::find(name).ok_or_else(|| Fault::bug("a table is not defined"))?;
        let (old, new): (Vec<_>, Vec<_>) = (before.frames(name).collect(), after.frames(name).collect());
        let difference = Difference::new(table, &old, &new)?;
        removed += difference.only_before.len() as u64;
        let mut gone: FxHashMap<String, u64> = FxHashMap::default();
        for (frame, row) in &difference.only_before {
            *gone.entry(key(table, frame, *row)?).or_default() += 1;
        }
        let text = table.located_text().and_then(|name| table.column(name)).filter(|column| !column.personal);
        for (frame, row) in &difference.only_after {
            let texts = Texts(frame);
            let (document, locator) = texts.place(*row)?;
            let before = gone.get_mut(&key(table, frame, *row)?).filter(|count| **count > 0);
            let revised = before.is_some();
            if let Some(count) = before {
                *count -= 1;
                removed -= 1;
            }
            let from = match (document, &locator) {
                (Some(document), Some(locator)) => places.find(document, locator),
                _ => Vec::new(),
            };
            if from.is_empty() {
                if revised {
                    changed += 1;
                } else {
                    added += 1;
                    *unplaced.entry(document.unwrap_or_default().to_owned()).or_default() += 1;
                }
                continue;
            }
            replayed += 1;
            let value = text.map(|column| texts.get(column.name, *row)).transpose()?.flatten();
            for index in from {
                let (rows, values) = values.entry(index).or_default();
                *rows += 1;
                if let Some(value) = value.filter(|_| values.len() < NAMED) {
                    values.push(value.to_owned());
                }
            }
        }
    }
    let mut held: FxHashMap<(&str, String, &str, Option<&str>), u64> = FxHashMap::default();
    for row in &is {
        *held.entry(identity(row)).or_default() += 1;
    }
    let mut still = Vec::with_capacity(was.len());
    for row in &was {
        let count = held.get_mut(&identity(row)).filter(|count| **count > 0);
        still.push(count.map(|count| *count -= 1).is_some());
    }
    let refused_anew: u64 = held.values().sum();
    let mut others: Vec<&Refused> = Vec::new();
    for row in &is {
        if let Some(count) = held.get_mut(&identity(row)).filter(|count| **count > 0) {
            *count -= 1;
            others.push(row);
        }
    }
    // A record that is refused at another place now.
    let mut otherwise: FxHashMap<usize, &Refused> = FxHashMap::default();
    for other in others {
        if let Some(locator) = &other.locator {
            for index in places.find(&other.document, locator) {
                otherwise.entry(index).or_insert(other);
            }
        }
    }
    let adds = match &source.interpreter {
        Interpreter::Observe(observe) => {
            observe.aggregate || observe.measures.iter().any(|measure| matches!(measure.values, Pick::Rows))
        }
        Interpreter::Rows(_) | Interpreter::Report => false,
    };
    let mut rows = Vec::with_capacity(was.len());
    for (index, (row, still)) in was.into_iter().zip(still).enumerate() {
        let read = after.documents.iter().any(|digest| digest.to_string() == row.document);
        let became = match (still, values.remove(&index), otherwise.get(&index)) {
            (true, ..) => Became::Refused,
            (_, Some((rows, values)), _) => Became::Published { rows, values },
            (_, _, Some(other)) => Became::Otherwise {
                reason: other.reason.clone(),
                column: other.column.clone(),
                message: other.message.clone(),
            },
            _ if !read => Became::Unread,
            _ if adds => Became::Added,
            _ if unplaced.contains_key(&row.document) && !places.has_records(&row.document) => {
                Became::SomewhereInDocument
            }
            _ => Became::LeftOut,
        };
        rows.push((row, became));
    }
    let captured = after.documents.iter().filter(|digest| !before.documents.contains(digest)).count() as u64;
    Ok(Replayed { rows, replayed, added, changed, removed, refused_anew, captured })
}

/// What makes a row of the quarantine the same before and after.
fn identity(row: &Refused) -> (&str, String, &str, Option<&str>) {
    let place = row.locator.as_ref().map(ToString::to_string).unwrap_or_default();
    (&row.document, place, &row.reason, row.column.as_deref())
}

/// The texts of a row's key.
fn key(table: &Table, frame: &DataFrame, row: usize) -> Result<String> {
    let mut out = String::new();
    for name in table.key {
        let column = frame.column(name).map_err(|e| Fault::bug("a table without its key").because(e))?;
        let value = column.get(row).map_err(|e| Fault::bug("a row that is not there").because(e))?;
        match value {
            AnyValue::Datetime(micros, ..) => out.push_str(&micros.to_string()),
            other => out.push_str(&other.to_string()),
        }
        out.push('\u{1f}');
    }
    Ok(out)
}

/// The rows that stand in one of two states of a table alone.
struct Difference<'f> {
    only_before: Vec<(&'f DataFrame, usize)>,
    only_after: Vec<(&'f DataFrame, usize)>,
}

impl<'f> Difference<'f> {
    fn new(table: &'static Table, before: &[&'f DataFrame], after: &[&'f DataFrame]) -> Result<Self> {
        let hashed = |frames: &[&'f DataFrame]| -> Result<Vec<(u128, u32, u32)>> {
            let mut rows = Vec::new();
            for (part, frame) in (0_u32..).zip(frames) {
                rows.extend((0_u32..).zip(row_hashes(table, frame)?).map(|(row, hash)| (hash, part, row)));
            }
            rows.sort_unstable();
            Ok(rows)
        };
        let (old, new) = (hashed(before)?, hashed(after)?);
        let row = |frames: &[&'f DataFrame], (_, part, row): (u128, u32, u32)| {
            frames.get(part as usize).map(|frame| (*frame, row as usize))
        };
        let (mut only_before, mut only_after) = (Vec::new(), Vec::new());
        let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
        loop {
            match (old.peek().copied(), new.peek().copied()) {
                (Some(a), Some(b)) if a.0 == b.0 => {
                    old.next();
                    new.next();
                }
                (Some(a), other) if other.is_none_or(|b| a.0 < b.0) => {
                    only_before.extend(row(before, a));
                    old.next();
                }
                (_, Some(b)) => {
                    only_after.extend(row(after, b));
                    new.next();
                }
                (_, None) => break,
            }
        }
        only_after.sort_by_key(|(_, row)| *row);
        Ok(Self { only_before, only_after })
    }
}
