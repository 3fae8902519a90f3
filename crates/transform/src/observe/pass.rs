//! Passes over the documents of a source. The first assumes what most sources keep: the number format
//! that its first piece proves, no row twice. Where the source as a whole tells otherwise, it is
//! walked again with that knowledge, so that nothing ever depends on how it was cut into pieces.

use quipu_schema::pipeline::{Observe, Totals};
use quipu_schema::tally::Tally;
use quipu_schema::{ErrorKind, Fault, Result};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::aggregate::{self, ADDED, Sums};
use super::repeats::{self, Refused, Seen, Suspect};
use super::rows::Rows;
use super::stray::Counted;
use super::totals::{self, Family, Known};
use super::walk::{Above, FOOTER, Guide, REJECTED, Stretch, Walked, walk};
use crate::codes::fold;
use crate::number::{Evidence, Marks};
use crate::period::Orders;
use crate::quarantine::{Rejected, Room, withheld};

/// Takes the finished rows of a source, piece by piece.
pub(crate) trait Sink {
    /// Forgets what was pushed: the source is walked again.
    ///
    /// # Errors
    /// Those of storage.
    fn restart(&mut self) -> Result<()>;

    /// Takes the next rows.
    ///
    /// # Errors
    /// Those of storage.
    fn push(&mut self, rows: Rows) -> Result<()>;
}

/// What a pass knows of the source as a whole.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The number format of each document.
    pub(crate) marks: Vec<Marks>,
    /// Evidence that starts from what is declared.
    pub(crate) declared: Evidence,
    /// Whether rows are only heard, not published.
    pub(crate) survey: bool,
    /// Which rows are totals.
    pub(crate) totals: Known,
    /// Hashes of keys whose rows are looked at in full.
    pub(crate) suspects: FxHashSet<u64>,
    /// Rows that are refused.
    pub(crate) refused: Refused,
}

impl Plan {
    /// The number format of a document.
    pub(crate) fn marks_of(&self, document: u32) -> Marks {
        self.marks.get(document as usize).copied().unwrap_or(Marks { decimal: '.', thousands: None })
    }
}

/// What a piece, or all of them, tell of the source as a whole.
pub(crate) struct Heard {
    pub(crate) evidence: Evidence,
    pub(crate) keys: Vec<u64>,
    pub(crate) suspects: Vec<Suspect>,
    pub(crate) family: Family,
    /// Hashes of the records, where they are added up.
    pub(crate) records: Vec<u64>,
}

impl Heard {
    /// Nothing so far.
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            evidence: plan.declared.clone(),
            keys: Vec::new(),
            suspects: Vec::new(),
            family: Family::default(),
            records: Vec::new(),
        }
    }
}

/// What the passes came to.
pub(crate) struct Passed {
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) tally: Tally,
    pub(crate) marks: Vec<Marks>,
    pub(crate) notes: Vec<String>,
}

/// What one pass over all pieces gave.
struct Outcome {
    /// By document.
    evidence: Vec<Evidence>,
    /// By document, too.
    orders: Vec<Orders>,
    counted: Counted,
    seen: Seen,
    suspects: Vec<Suspect>,
    family: Family,
    sums: Sums,
    rejected: Vec<Rejected>,
    tally: Tally,
    notes: Vec<String>,
    /// What the first footer begins with, and where; how many rows behind any could be read.
    footer: Option<String>,
    behind: u64,
}

impl Outcome {
    /// Nothing yet.
    fn new(plan: &Plan) -> Self {
        Self {
            evidence: vec![plan.declared.clone(); plan.marks.len()],
            orders: vec![Orders::default(); plan.marks.len()],
            counted: Counted::default(),
            seen: Seen::default(),
            suspects: Vec::new(),
            family: Family::default(),
            sums: Sums::default(),
            rejected: Vec::new(),
            tally: Tally::default(),
            notes: Vec::new(),
            footer: None,
            behind: 0,
        }
    }
}

/// Most rows behind a footer that could be read and are not, without a word.
const BEHIND: u64 = 2;

/// Walks the pieces of a source as often as it takes.
///
/// # Errors
/// A document that the mapping does not fit; a number format that is not proven; storage.
pub(crate) fn run(
    guide: Guide<'_>,
    stretches: &[Stretch<'_>],
    sink: &mut (dyn Sink + Send),
    adds: bool,
) -> Result<Passed> {
    let observe = guide.mapping.observe;
    let rule: Option<&Totals> = observe.totals.as_ref();
    let mut plan = guide.plan.clone();
    let plan_of_one = Plan { survey: true, ..plan.clone() };
    for (document, marks) in (0..).zip(&mut plan.marks) {
        // A wrong guess costs a pass, nothing else.
        if let Some(first) = stretches.iter().find(|stretch| stretch.document == document) {
            let heard = walk(Guide { plan: &plan_of_one, ..guide }, *first, &mut Above::new())?.heard;
            *marks = heard.evidence.conclude().unwrap_or(*marks);
        }
    }
    if totals::needs_all(rule) {
        plan.survey = true;
        let outcome = pass(Guide { plan: &plan, ..guide }, stretches, sink, adds)?;
        let marks = proven(guide, stretches, &outcome.evidence)?;
        let outcome = if marks == plan.marks {
            outcome
        } else {
            plan.marks = marks;
            pass(Guide { plan: &plan, ..guide }, stretches, sink, adds)?
        };
        plan.totals = outcome.family.conclude();
        plan.survey = false;
    }
    let mut outcome = pass(Guide { plan: &plan, ..guide }, stretches, sink, adds)?;
    in_one_order(guide, stretches, &outcome.orders)?;
    let marks = proven(guide, stretches, &outcome.evidence)?;
    if !adds {
        let repeated = std::mem::take(&mut outcome.seen).repeated()?;
        if !repeated.is_empty() {
            plan.marks.clone_from(&marks);
            (plan.suspects, plan.survey) = (repeated, true);
            let looked = pass(Guide { plan: &plan, ..guide }, stretches, sink, adds)?;
            plan.refused = repeats::judge(looked.suspects)?;
            (plan.suspects, plan.survey) = (FxHashSet::default(), false);
        }
    }
    if marks != plan.marks || !plan.refused.is_empty() {
        plan.marks.clone_from(&marks);
        sink.restart()?;
        outcome = pass(Guide { plan: &plan, ..guide }, stretches, sink, adds)?;
    }
    if let Some(footer) = outcome.footer.as_ref().filter(|_| outcome.behind > BEHIND) {
        let pattern = observe.footer.as_ref().map_or("", |pattern| pattern.value.as_str());
        let message = format!(
            "{footer} ends the table, for `footer` (`{pattern}`) matches it, and {} rows that could be read stand behind it",
            outcome.behind
        );
        return Err(Fault::new(ErrorKind::Shape, message)
            .at(format!("source `{}`", guide.mapping.source.id))
            .help("let `footer` match only what ends the table; leave single records out with `drop`"));
    }
    let Outcome { sums, rejected, mut tally, mut notes, counted, .. } = outcome;
    if adds {
        notes.extend(standing_twice(guide, &counted)?);
        let values = tally.published;
        tally.published = 0;
        for mut rows in sums.rows(observe.suppress_below) {
            aggregate::mark_areas(&mut rows, guide.reference);
            tally.published += rows.len() as u64;
            sink.push(rows)?;
        }
        tally.ignore(ADDED, values - tally.published);
    }
    Ok(Passed { rejected, tally, marks, notes })
}

/// The number format that each document proves.
fn proven(guide: Guide<'_>, stretches: &[Stretch<'_>], evidence: &[Evidence]) -> Result<Vec<Marks>> {
    let of_document = |(document, evidence): (u32, &Evidence)| {
        evidence.conclude().map_err(|unproven| {
            let stretch = stretches.iter().find(|stretch| stretch.document == document);
            let name = stretch.map_or("", |stretch| stretch.input.name);
            Fault::new(ErrorKind::Shape, unproven.to_string())
                .at(format!("source `{}`, {name}", guide.mapping.source.id))
                .help("declare `decimal` and `thousands` in the source's layout, such as `[source.csv]`")
        })
    };
    (0..).zip(evidence).map(of_document).collect()
}

/// Whether the period is read from a column that is personal.
fn is_personal(observe: &Observe) -> bool {
    let mut read = observe.period.parts().flat_map(|(_, origin)| origin.wanted()).flatten();
    read.any(|name| observe.personal.iter().any(|personal| fold(&personal.value) == fold(name)))
}

/// That the dates of each document are printed in the order in which they are read.
fn in_one_order(guide: Guide<'_>, stretches: &[Stretch<'_>], orders: &[Orders]) -> Result<()> {
    if guide.mapping.observe.period.order.is_some() {
        return Ok(());
    }
    for (document, orders) in (0..).zip(orders) {
        let Some(mut doubt) = orders.doubt() else { continue };
        if is_personal(guide.mapping.observe) {
            doubt = withheld("the period");
        }
        let stretch = stretches.iter().find(|stretch| stretch.document == document);
        let name = stretch.map_or("", |stretch| stretch.input.name);
        return Err(Fault::new(ErrorKind::Shape, doubt)
            .at(format!("source `{}`, {name}", guide.mapping.source.id))
            .help("declare `order = \"dmy\"` or `order = \"mdy\"` in `period`"));
    }
    Ok(())
}

/// A remark on records that are added up and repeat others: each may be a case of its own.
fn standing_twice(guide: Guide<'_>, counted: &Counted) -> Result<Option<String>> {
    if counted.is_full() {
        return Ok(Some(
            "more records are added up than are told apart: whether any repeats another is not known".into(),
        ));
    }
    let (repeats, all) = counted.repeats();
    if all {
        return Err(Fault::new(
            ErrorKind::Shape,
            format!("every record stands twice or more often: {repeats} repeat another cell by cell"),
        )
        .at(format!("source `{}`", guide.mapping.source.id))
        .help("a table that stands in two places would be added up twice: name the sheet, or the table"));
    }
    Ok((repeats > 0).then(|| format!("{repeats} records repeat another cell by cell; each is added up")))
}

/// Walks all pieces once, some at a time, and takes what they gave in their order, while the next
/// are walked.
fn pass(guide: Guide<'_>, stretches: &[Stretch<'_>], sink: &mut (dyn Sink + Send), adds: bool) -> Result<Outcome> {
    // Blanks that repeat the text above tie the pieces of a table together.
    let tied = !guide.mapping.observe.fill_down.is_empty();
    let at_once = if tied { 1 } else { rayon::current_num_threads() };
    let mut above = (0, Above::new());
    let mut taking =
        Taking { guide, adds, sink, footer: None, room: Room::default(), outcome: Outcome::new(guide.plan) };
    let mut walked = Vec::new();
    for stretches in stretches.chunks(at_once) {
        let next = || -> Result<Vec<Walked>> {
            if !tied {
                return stretches.par_iter().map(|stretch| walk(guide, *stretch, &mut Above::new())).collect();
            }
            let mut walked = Vec::new();
            for stretch in stretches {
                if above.0 != stretch.number {
                    above = (stretch.number, Above::new());
                }
                walked.push(walk(guide, *stretch, &mut above.1)?);
            }
            Ok(walked)
        };
        let (next, taken) = rayon::join(next, || taking.take(std::mem::take(&mut walked)));
        taken?;
        walked = stretches.iter().map(|stretch| stretch.number).zip(next?).collect();
    }
    taking.take(walked)?;
    Ok(taking.outcome)
}

/// Takes what pieces gave, in their order.
struct Taking<'a> {
    guide: Guide<'a>,
    adds: bool,
    sink: &'a mut (dyn Sink + Send),
    /// The table whose footer has begun.
    footer: Option<usize>,
    room: Room,
    outcome: Outcome,
}

impl Taking<'_> {
    fn take(&mut self, walked: Vec<(usize, Walked)>) -> Result<()> {
        let (outcome, room) = (&mut self.outcome, &mut self.room);
        for (table, mut walked) in walked {
            if self.footer == Some(table) {
                let read = walked.tally.read;
                outcome.tally.read += read;
                outcome.tally.ignore(FOOTER, read);
                outcome.behind += walked.rows.len() as u64 + walked.behind;
                continue;
            }
            if let Some(footer) = walked.footer {
                self.footer = Some(table);
                outcome.footer.get_or_insert(footer);
                outcome.behind += walked.behind;
            }
            if let Some(evidence) = outcome.evidence.get_mut(walked.rows.document as usize) {
                evidence.join(&walked.heard.evidence);
            }
            if let Some(orders) = outcome.orders.get_mut(walked.rows.document as usize) {
                orders.join(&walked.rows.shelf.orders);
            }
            outcome.counted.add(&walked.heard.records);
            outcome.suspects.append(&mut walked.heard.suspects);
            outcome.family.absorb(std::mem::take(&mut walked.heard.family));
            outcome.tally.add(&walked.tally);
            if !self.adds {
                outcome.seen.add(&walked.heard.keys)?;
            }
            for note in walked.notes {
                if !outcome.notes.contains(&note) {
                    outcome.notes.push(note);
                }
            }
            outcome.tally.published += walked.rows.len() as u64;
            if self.guide.plan.survey {
                continue;
            }
            outcome.rejected.extend(
                walked.rejected.drain(..).map(|rejected| Rejected {
                    record: rejected.record.and_then(|record| room.keep(record)),
                    ..rejected
                }),
            );
            if outcome.rejected.len() > REJECTED {
                return Err(Fault::new(ErrorKind::Contract, format!("more than {REJECTED} values are refused"))
                    .at(format!("source `{}`", self.guide.mapping.source.id))
                    .help("the mapping does not fit; try it on a part of the file"));
            }
            if self.adds {
                outcome.sums.add(&walked.rows);
            } else if walked.rows.len() > 0 {
                aggregate::mark_areas(&mut walked.rows, self.guide.reference);
                self.sink.push(walked.rows)?;
            }
        }
        Ok(())
    }
}
