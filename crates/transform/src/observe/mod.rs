//! From a table of figures to observations: binding the mapping to a header, walking the records,
//! one row per value cell.
//!
//! A document is walked in pieces that never lie in memory all at once. Texts are kept as numbers
//! into dictionaries, so that a label is decoded, looked up in the code lists and held to its
//! contract once per piece, however often it stands there.

mod aggregate;
mod bind;
mod blocks;
pub(crate) mod cells;
mod columns;
mod filter;
mod pass;
mod per_period;
pub(crate) mod recipe;
mod repeats;
pub(crate) mod rows;
mod stray;
#[cfg(test)]
mod tests;
pub(crate) mod totals;
pub(crate) mod value;
mod walk;

use polars::prelude::DataFrame;
use quipu_readers::Limits;
use quipu_schema::pipeline::{Layout, Observe, Policy, Source};
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, Fault, Result};
use quipu_store::coded::PartWriter;
use quipu_store::{Part, Store, WriteOptions};

use crate::checks::{self, Finding, Panel};
use crate::codes::Reference;
use crate::frame;
use crate::input::Input;
use crate::number::{Evidence, Marks};
use crate::quarantine::Rejected;
use bind::Mapping;
pub(crate) use bind::wanted;
use blocks::Prepared;
use columns::Whole;
use pass::{Plan, Sink};
use per_period::PerPeriod;
pub(crate) use recipe::hash_of;
use rows::Rows;
use value::Markers;
use walk::{Guide, Stretch};

/// The text columns of `observation` that mappings fill, in the order of their numbers.
pub(crate) const TEXTS: [&str; 11] =
    ["dataset", "indicator", "crime", "ref_area", "freq", "sex", "age", "breakdown", "unit", "obs_status", "vintage"];
const REF_AREA: usize = 3;
pub(crate) const FREQ: usize = 4;
const BREAKDOWN: usize = 7;
pub(crate) const STATUS: usize = 9;
pub(crate) const VINTAGE: usize = 10;

/// Size of a piece that one thread walks, in bytes.
const PIECE: u64 = 1 << 20;

/// What one source gave.
#[derive(Debug)]
pub(crate) struct Observed {
    /// Rows of `observation`; none of them where they went into a store.
    pub(crate) frame: DataFrame,
    /// The table file of the rows that went into a store; none where there are no rows.
    pub(crate) part: Option<Part>,
    /// What was not published.
    pub(crate) rejected: Vec<Rejected>,
    /// The account, in value cells.
    pub(crate) tally: Tally,
    /// What was detected, for people.
    pub(crate) notes: Vec<String>,
    /// What the statistical checks found.
    pub(crate) findings: Vec<Finding>,
}

/// Where rows go.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Destination<'s> {
    /// Into memory.
    Memory,
    /// Into a table file of this store, piece by piece.
    Store(&'s Store),
}

/// Reads the documents of a source as observations.
///
/// # Errors
/// A document whose shape the mapping does not fit; an ambiguous number format.
pub(crate) fn read(
    source: &Source,
    layout: &Layout,
    observe: &Observe,
    inputs: &[Input<'_>],
    reference: &Reference,
    destination: Destination<'_>,
) -> Result<Observed> {
    read_in_pieces(source, layout, observe, inputs, reference, destination, PIECE)
}

/// As [`read`], in pieces of this size.
pub(crate) fn read_in_pieces(
    source: &Source,
    layout: &Layout,
    observe: &Observe,
    inputs: &[Input<'_>],
    reference: &Reference,
    destination: Destination<'_>,
    size: u64,
) -> Result<Observed> {
    // What a publisher has replaced was judged when it was current.
    let judged = checks::any(source) && inputs.iter().all(|input| input.earlier == 0);
    let mut panel = Panel::default();
    let mut observed =
        hear_in_pieces(source, layout, observe, inputs, reference, (destination, size), judged.then_some(&mut panel))?;
    let documents: Vec<Digest> = inputs.iter().map(|input| input.digest).collect();
    observed.findings = checks::run(source, observe, &documents, reference, &mut panel);
    Ok(observed)
}

/// As [`read_in_pieces`], with the values told to a panel and nothing concluded from them.
pub(crate) fn hear_in_pieces(
    source: &Source,
    layout: &Layout,
    observe: &Observe,
    inputs: &[Input<'_>],
    reference: &Reference,
    (destination, size): (Destination<'_>, u64),
    panel: Option<&mut Panel>,
) -> Result<Observed> {
    let wanted = bind::wanted(observe);
    let mut notes = Vec::new();
    let mut tables = Vec::new();
    for (document, input) in inputs.iter().enumerate() {
        let document = u32::try_from(document).map_err(|_| Fault::bug("more documents than fit"))?;
        for table in quipu_readers::open(input.content, layout, &wanted, &Limits::default(), input.name)? {
            notes.extend(table.notes.iter().map(|note| format!("{}: {note}", input.name)));
            if source.contract.table == Policy::Freeze {
                table.check_others(input.name, &source.id)?;
            }
            tables.push((document, input, table));
        }
    }
    let mapping = Mapping { source, observe };
    let mut stretches: Vec<Stretch<'_>> = Vec::new();
    for (number, (document, input, table)) in tables.iter().enumerate() {
        for piece in table.pieces(size).map_err(|fault| fault.at(input.name))? {
            stretches.push(Stretch { document: *document, input, number, table, piece });
        }
    }
    let declared = Evidence::new(layout.decimal, layout.thousands);
    let marks = declared.conclude().unwrap_or(Marks { decimal: '.', thousands: None });
    let plan = Plan {
        marks: vec![marks; inputs.len()],
        declared,
        survey: false,
        totals: totals::Known::default(),
        suspects: rustc_hash::FxHashSet::default(),
        refused: repeats::Refused::default(),
    };
    let markers = Markers::new(layout, reference);
    let guide = Guide { mapping, markers: &markers, reference, plan: &plan };
    let documents: Vec<Digest> = inputs.iter().map(|input| input.digest).collect();
    let earlier: Vec<usize> = inputs.iter().map(|input| input.earlier).collect();
    let whole = Whole { source: &source.id, documents: &documents, earlier: &earlier };
    let mut frames = Frames { whole, frame: None };
    let mut parts = Parts { whole, store: None, writer: None };
    let inner: &mut (dyn Sink + Send) = match destination {
        Destination::Memory => &mut frames,
        Destination::Store(store) => {
            parts.store = Some(store);
            &mut parts
        }
    };
    let mut sink = Judged { inner, panel, periods: PerPeriod::of(source) };
    let passed = pass::run(guide, &stretches, &mut sink, observe.adds())?;
    if let Some(periods) = &sink.periods {
        periods.hold(source)?;
    }
    notes.extend(passed.notes);
    for (input, marks) in inputs.iter().zip(&passed.marks) {
        notes.push(format!("{}: numbers: {marks}", input.name));
    }
    let part = parts.writer.map(PartWriter::finish).transpose()?;
    Ok(Observed {
        frame: frames.finish()?,
        part,
        rejected: passed.rejected,
        tally: passed.tally,
        notes,
        findings: Vec::new(),
    })
}

/// The vintage that a document states for all its rows; none where they differ, or where the mapping
/// does not fit.
pub(crate) fn stated_vintage(
    source: &Source,
    layout: &Layout,
    observe: &Observe,
    input: &Input<'_>,
    reference: &Reference,
) -> Option<String> {
    let wanted = bind::wanted(observe);
    let tables = quipu_readers::open(input.content, layout, &wanted, &Limits::default(), input.name).ok()?;
    let table = tables.first()?;
    let mut shelf = recipe::Shelf::new(TEXTS.len());
    let ground = recipe::Ground { table, input, reference };
    let bound = bind::Bound::new(Mapping { source, observe }, ground, &mut shelf).ok()?;
    match bound.values.first()?.texts.get(VINTAGE)? {
        bind::Expression::Known(number) => shelf.dictionaries.get(VINTAGE)?.text(*number).map(str::to_owned),
        bind::Expression::Recipe(_) => None,
    }
}

/// Collects rows as one frame.
struct Frames<'a> {
    whole: Whole<'a>,
    frame: Option<DataFrame>,
}

impl Frames<'_> {
    fn finish(self) -> Result<DataFrame> {
        match self.frame {
            Some(frame) => Ok(frame),
            None => {
                let table =
                    quipu_schema::table::find("observation").ok_or_else(|| Fault::bug("no table `observation`"))?;
                frame::from_rows(table, Vec::new())
            }
        }
    }
}

impl Sink for Frames<'_> {
    fn restart(&mut self) -> Result<()> {
        self.frame = None;
        Ok(())
    }

    fn push(&mut self, rows: Rows) -> Result<()> {
        let more = columns::frame(&rows, self.whole)?;
        match &mut self.frame {
            None => self.frame = Some(more),
            Some(frame) => {
                frame.vstack_mut_owned(more).map_err(|e| Fault::bug("frames of one table do not join").because(e))?;
            }
        }
        Ok(())
    }
}

/// Tells rows to a panel, where any statistical check is on, and counts them by period, where the
/// contract asks for that, before they go on.
struct Judged<'a> {
    inner: &'a mut (dyn Sink + Send),
    panel: Option<&'a mut Panel>,
    periods: Option<PerPeriod>,
}

impl Sink for Judged<'_> {
    fn restart(&mut self) -> Result<()> {
        if let Some(panel) = &mut self.panel {
            panel.restart();
        }
        if let Some(periods) = &mut self.periods {
            periods.restart();
        }
        self.inner.restart()
    }

    fn push(&mut self, rows: Rows) -> Result<()> {
        if let Some(panel) = &mut self.panel {
            panel.hear(&rows);
        }
        if let Some(periods) = &mut self.periods {
            periods.hear(&rows);
        }
        self.inner.push(rows)
    }
}

/// Writes rows as a table file.
struct Parts<'a> {
    whole: Whole<'a>,
    store: Option<&'a Store>,
    writer: Option<PartWriter>,
}

impl Sink for Parts<'_> {
    fn restart(&mut self) -> Result<()> {
        self.writer = None;
        Ok(())
    }

    fn push(&mut self, rows: Rows) -> Result<()> {
        let writer = match (&mut self.writer, self.store) {
            (Some(writer), _) => writer,
            (none, Some(store)) => {
                let table =
                    quipu_schema::table::find("observation").ok_or_else(|| Fault::bug("no table `observation`"))?;
                none.insert(PartWriter::create(store, table, &WriteOptions::default())?)
            }
            (None, None) => return Err(Fault::bug("rows for no store")),
        };
        let prepared = Prepared::new(rows, self.whole);
        writer.push(&prepared.block()?)
    }
}
