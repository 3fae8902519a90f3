//! From a table of figures to observations: binding the mapping to a header, walking the records,
//! collecting one row per value cell.
//!
//! Texts are kept as numbers into dictionaries, so that a label is decoded, looked up and held to its
//! contract once however often it stands in the file; values stay byte ranges until the whole column
//! has shown which marks it uses.

mod bind;
mod finish;
mod recipe;
#[cfg(test)]
mod tests;

use polars::prelude::DataFrame;
use quipu_schema::locator::Locator;
use quipu_schema::pipeline::{Csv, Observe, Source};
use quipu_schema::quarantine::Reason;
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, Fault, Result};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::codes::Reference;
use crate::csv::{CsvText, Field, Found, PIECE, Piece};
use crate::input::Input;
use crate::quarantine::Rejected;
use bind::{Bound, Expression, MISSING};
use recipe::{NULL, Shelf};

/// The text columns of `observation` that mappings fill, in the order of their numbers.
pub(crate) const TEXTS: [&str; 11] =
    ["dataset", "indicator", "crime", "ref_area", "freq", "sex", "age", "breakdown", "unit", "obs_status", "vintage"];
const REF_AREA: usize = 3;
const FREQ: usize = 4;
const STATUS: usize = 9;

/// What one source gave.
#[derive(Debug)]
pub(crate) struct Observed {
    /// Rows of `observation`.
    pub(crate) frame: DataFrame,
    /// What was not published.
    pub(crate) rejected: Vec<Rejected>,
    /// The account, in value cells.
    pub(crate) tally: Tally,
    /// What was detected, for people.
    pub(crate) notes: Vec<String>,
}

/// Rows as they are collected: one entry per value cell in every vector.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) texts: Vec<Vec<u32>>,
    pub(crate) period: Vec<u32>,
    pub(crate) line: Vec<u64>,
    /// Number of the header name in `headers`.
    pub(crate) header: Vec<u32>,
    pub(crate) start: Vec<usize>,
    pub(crate) end: Vec<usize>,
    pub(crate) escaped: Vec<bool>,
    pub(crate) document: Vec<u32>,
    pub(crate) missing: Vec<bool>,
    /// Number of the text in the column that tells totals; empty where no column does.
    pub(crate) total: Vec<u32>,
}

impl Rows {
    fn new() -> Self {
        Self { texts: TEXTS.iter().map(|_| Vec::new()).collect(), ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.line.len()
    }
}

/// Everything collected from the documents of a source, or from a piece of one.
pub(crate) struct Harvest<'a> {
    pub(crate) source: &'a Source,
    pub(crate) observe: &'a Observe,
    pub(crate) reference: &'a Reference,
    pub(crate) shelf: Shelf,
    pub(crate) rows: Rows,
    pub(crate) headers: recipe::Dictionary,
    pub(crate) total_texts: recipe::Dictionary,
    /// Text columns that are made from the column that tells totals.
    pub(crate) told_by_total: [bool; TEXTS.len()],
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) tally: Tally,
    pub(crate) notes: Vec<String>,
}

/// A part of a document's body that is walked by one thread.
#[derive(Debug, Clone, Copy)]
struct Stretch<'t> {
    document: usize,
    csv: &'t CsvText<'t>,
    piece: Piece,
}

/// Reads the documents of a source as observations.
///
/// # Errors
/// A document whose shape the mapping does not fit; an ambiguous number format.
pub(crate) fn read(
    source: &Source,
    options: &Csv,
    observe: &Observe,
    inputs: &[Input<'_>],
    reference: &Reference,
) -> Result<Observed> {
    read_in_pieces(source, options, observe, inputs, reference, PIECE)
}

/// As [`read`], in pieces of this size.
fn read_in_pieces(
    source: &Source,
    options: &Csv,
    observe: &Observe,
    inputs: &[Input<'_>],
    reference: &Reference,
    size: usize,
) -> Result<Observed> {
    let wanted = bind::wanted(observe);
    let mut texts = Vec::new();
    for input in inputs {
        texts.push((CsvText::open(input.bytes, options, &wanted, input.name)?, input.digest));
    }
    let stretches: Vec<Stretch<'_>> = texts
        .iter()
        .enumerate()
        .flat_map(|(document, (csv, _))| {
            csv.pieces(size).into_iter().map(move |piece| Stretch { document, csv, piece })
        })
        .collect();
    let walked: Vec<Harvest<'_>> = stretches
        .par_iter()
        .map(|stretch| {
            let input = inputs.get(stretch.document).ok_or_else(|| Fault::bug("a stretch of no document"))?;
            let mut harvest = Harvest::new(source, observe, reference);
            harvest.walk(input, *stretch, options)?;
            Ok(harvest)
        })
        .collect::<Result<_>>()?;
    let mut walked = walked.into_iter();
    let mut harvest = walked.next().unwrap_or_else(|| Harvest::new(source, observe, reference));
    for piece in walked {
        harvest.absorb(piece);
    }
    for (input, (csv, _)) in inputs.iter().zip(&texts) {
        harvest.notes.extend(csv.notes.iter().map(|note| format!("{}: {note}", input.name)));
    }
    finish::finish(harvest, &texts, options)
}

impl<'a> Harvest<'a> {
    fn new(source: &'a Source, observe: &'a Observe, reference: &'a Reference) -> Self {
        Self {
            source,
            observe,
            reference,
            shelf: Shelf::new(TEXTS.len()),
            rows: Rows::new(),
            headers: recipe::Dictionary::default(),
            total_texts: recipe::Dictionary::default(),
            told_by_total: [false; TEXTS.len()],
            rejected: Vec::new(),
            tally: Tally::default(),
            notes: Vec::new(),
        }
    }

    /// Takes over what another piece collected, its numbers turned into ours.
    fn absorb(&mut self, other: Self) {
        let columns = self.rows.texts.iter_mut().zip(&mut self.shelf.dictionaries);
        for ((numbers, ours), (more, theirs)) in
            columns.zip(other.rows.texts.into_iter().zip(&other.shelf.dictionaries))
        {
            extend(numbers, &more, &ours.absorb(theirs));
        }
        let periods: Vec<u32> = other.shelf.periods.iter().map(|period| self.shelf.period(*period)).collect();
        extend(&mut self.rows.period, &other.rows.period, &periods);
        extend(&mut self.rows.header, &other.rows.header, &self.headers.absorb(&other.headers));
        extend(&mut self.rows.total, &other.rows.total, &self.total_texts.absorb(&other.total_texts));
        self.rows.line.extend(other.rows.line);
        self.rows.start.extend(other.rows.start);
        self.rows.end.extend(other.rows.end);
        self.rows.escaped.extend(other.rows.escaped);
        self.rows.document.extend(other.rows.document);
        self.rows.missing.extend(other.rows.missing);
        for (ours, theirs) in self.told_by_total.iter_mut().zip(other.told_by_total) {
            *ours |= theirs;
        }
        self.rejected.extend(other.rejected);
        self.tally.add(&other.tally);
        self.notes.extend(other.notes);
    }
}

/// Appends numbers, each replaced by its entry in `map`; null stays null.
fn extend(numbers: &mut Vec<u32>, more: &[u32], map: &[u32]) {
    numbers.extend(more.iter().map(|number| map.get(*number as usize).copied().unwrap_or(NULL)));
}

impl Harvest<'_> {
    fn walk(&mut self, input: &Input<'_>, stretch: Stretch<'_>, options: &Csv) -> Result<()> {
        let csv = stretch.csv;
        let document = u32::try_from(stretch.document).map_err(|_| Fault::bug("more documents than fit"))?;
        let mut bound = Bound::new(self, input, csv)?;
        self.told_by_total = bound.told_by_total();
        let missing = missing_markers(options, &mut self.shelf);
        let header_numbers: Vec<u32> = bound
            .values
            .iter()
            .map(|value| self.headers.number(csv.header.names.get(value.column).map_or("", String::as_str)))
            .collect();
        let cells = bound.values.len() as u64;
        let width = csv.header.names.len();
        let mut made = Vec::new();
        let mut failed: FxHashMap<usize, (u64, usize)> = FxHashMap::default();
        let mut scanner = csv.scanner(stretch.piece);
        loop {
            match scanner.next() {
                Found::End => break,
                Found::Blank => continue,
                Found::UnclosedQuote => {
                    let (start, end) = scanner.span();
                    self.reject_line(
                        input.digest,
                        csv,
                        (start, end),
                        cells,
                        Reason::UnclosedQuote,
                        "a quoted field is opened and never closed".into(),
                    );
                    continue;
                }
                Found::Record => {}
            }
            let fields = scanner.fields();
            let surplus = fields.get(width..).unwrap_or_default();
            if fields.len() < width || surplus.iter().any(|field| field.start < field.end) {
                let message = format!("the record has {} fields, the header {width}", fields.len());
                self.reject_line(input.digest, csv, scanner.span(), cells, Reason::RaggedRow, message);
                continue;
            }
            self.tally.read += cells;
            if let Some(rule) = bound.drops(csv, fields) {
                self.tally.ignore(rule, cells);
                continue;
            }
            made.clear();
            for recipe in &mut bound.recipes {
                made.push(recipe.make(csv, fields, self.reference, &mut self.shelf));
            }
            let total = bound.total(csv, fields, &mut self.total_texts);
            failed.clear();
            for (index, value) in bound.values.iter().enumerate() {
                let field = csv.trimmed(fields.get(value.column).copied().unwrap_or_default());
                let status = missing_status(csv, field, &missing);
                if status.is_some() && !self.observe.publish_missing {
                    self.tally.ignore(MISSING, 1);
                    continue;
                }
                if let Some((refusal, recipe)) = value.refusal(&made) {
                    failed.entry(refusal).or_insert((0, recipe)).0 += 1;
                    continue;
                }
                for (column, (numbers, expression)) in self.rows.texts.iter_mut().zip(&value.texts).enumerate() {
                    let number = match (column, status) {
                        (STATUS, Some(status)) => status,
                        _ => expression.number(&made),
                    };
                    numbers.push(number);
                }
                let period = value.period.number(&made);
                self.rows.period.push(period);
                if self.rows.texts.get(FREQ).and_then(|f| f.last()) == Some(&NULL) {
                    let freq = self.shelf.periods.get(period as usize).map_or("A", |p| p.freq);
                    let number = self.shelf.dictionaries.get_mut(FREQ).map_or(NULL, |d| d.number(freq));
                    if let Some(last) = self.rows.texts.get_mut(FREQ).and_then(|f| f.last_mut()) {
                        *last = number;
                    }
                }
                self.rows.line.push(scanner.record_line());
                self.rows.header.push(header_numbers.get(index).copied().unwrap_or_default());
                self.rows.start.push(field.start);
                self.rows.end.push(field.end);
                self.rows.escaped.push(field.escaped);
                self.rows.document.push(document);
                self.rows.missing.push(status.is_some());
                self.rows.total.extend(total);
            }
            for (refusal, (cells, recipe)) in &failed {
                self.reject_refused(
                    input.digest,
                    csv,
                    scanner.record_line(),
                    fields,
                    &bound,
                    *refusal,
                    *recipe,
                    *cells,
                );
            }
        }
        Ok(())
    }

    fn reject_line(
        &mut self,
        document: Digest,
        csv: &CsvText<'_>,
        (start, end): (usize, usize),
        cells: u64,
        reason: Reason,
        message: String,
    ) {
        self.tally.read += cells;
        self.tally.quarantine(reason, cells);
        self.rejected.push(Rejected {
            document,
            locator: csv.span_locator(start, end),
            reason,
            column: None,
            raw: csv.encoded.text(start, end).map(std::borrow::Cow::into_owned),
            message,
            cells,
        });
    }

    #[expect(clippy::too_many_arguments, reason = "all of it is the place of one refusal")]
    fn reject_refused(
        &mut self,
        document: Digest,
        csv: &CsvText<'_>,
        line: u64,
        fields: &[Field],
        bound: &Bound,
        refusal: usize,
        recipe: usize,
        cells: u64,
    ) {
        let Some(refusal) = self.shelf.refusals.get(refusal).cloned() else { return };
        self.tally.quarantine(refusal.reason, cells);
        let recipe = bound.recipes.get(recipe);
        let column = recipe.and_then(|recipe| recipe.reads.first().copied());
        let field = column.and_then(|column| fields.get(column)).copied().unwrap_or_default();
        let locator = match column {
            Some(column) => csv.locator(line, column, field),
            None => Locator::Bytes { start: 0, end: 0 },
        };
        let raw = csv.text(field).map(std::borrow::Cow::into_owned);
        let target = recipe.map(|recipe| match &recipe.makes {
            recipe::Makes::Text { column, .. } => TEXTS.get(*column).copied().unwrap_or("observation"),
            recipe::Makes::Period => "time_start",
        });
        self.rejected.push(Rejected {
            document,
            locator,
            reason: refusal.reason,
            column: target,
            raw,
            message: refusal.message,
            cells,
        });
    }
}

/// Texts that stand for a missing value, with the number of their status.
fn missing_markers(options: &Csv, shelf: &mut Shelf) -> Vec<(String, u32)> {
    let default = [(String::new(), "O".to_owned())];
    let declared = if options.missing.is_empty() { &default[..] } else { &options.missing };
    let mut markers = Vec::new();
    for (text, status) in declared {
        if let Some(dictionary) = shelf.dictionaries.get_mut(STATUS) {
            markers.push((text.trim().to_owned(), dictionary.number(status)));
        }
    }
    markers
}

fn missing_status(csv: &CsvText<'_>, field: Field, markers: &[(String, u32)]) -> Option<u32> {
    let bytes = csv.encoded.bytes.get(field.start..field.end).unwrap_or_default();
    if bytes.is_ascii() {
        return markers.iter().find(|(marker, _)| marker.as_bytes() == bytes).map(|(_, status)| *status);
    }
    let text = csv.text(field)?;
    markers.iter().find(|(marker, _)| *marker == text.trim()).map(|(_, status)| *status)
}

impl Expression {
    /// The number that this expression gives for a record.
    pub(crate) fn number(&self, made: &[recipe::Made]) -> u32 {
        match self {
            Self::Known(number) => *number,
            Self::Recipe(recipe) => made.get(*recipe).and_then(|made| made.ok()).unwrap_or(NULL),
        }
    }
}
