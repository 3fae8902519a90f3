//! From a table of figures to observations: binding the mapping to a header, walking the records,
//! collecting one row per value cell.
//!
//! Texts are kept as numbers into dictionaries, so that a label is decoded, looked up and held to its
//! contract once however often it stands in the file; values stay byte ranges until the whole column
//! has shown which marks it uses.

mod bind;
mod columns;
mod finish;
mod recipe;
mod rows;
#[cfg(test)]
mod tests;

use polars::prelude::DataFrame;
use quipu_schema::pipeline::{Layout, Observe, Source};
use quipu_schema::quarantine::Reason;
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, Fault, Result};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::codes::Reference;
use crate::input::Input;
use crate::number::Evidence;
use crate::quarantine::Rejected;
use bind::{Bound, Expression, MISSING};
use quipu_readers::csv::{CsvText, Field, Found, PIECE, Piece};
use recipe::{NULL, Shelf};
use rows::{Maps, Rows};

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
    /// What the values tell of the marks they are printed with.
    pub(crate) evidence: Evidence,
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
    options: &Layout,
    observe: &Observe,
    inputs: &[Input<'_>],
    reference: &Reference,
) -> Result<Observed> {
    read_in_pieces(source, options, observe, inputs, reference, PIECE)
}

/// As [`read`], in pieces of this size.
fn read_in_pieces(
    source: &Source,
    options: &Layout,
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
            let mut harvest = Harvest::new(source, observe, reference, options);
            harvest.walk(input, *stretch, options)?;
            Ok(harvest)
        })
        .collect::<Result<_>>()?;
    let mut harvest = Harvest::new(source, observe, reference, options);
    harvest.rows.reserve(walked.iter().map(|piece| piece.rows.len()).sum());
    for piece in walked {
        harvest.absorb(piece, inputs.len());
    }
    for (input, (csv, _)) in inputs.iter().zip(&texts) {
        harvest.notes.extend(csv.notes.iter().map(|note| format!("{}: {note}", input.name)));
    }
    finish::finish(harvest, &texts)
}

impl<'a> Harvest<'a> {
    fn new(source: &'a Source, observe: &'a Observe, reference: &'a Reference, options: &Layout) -> Self {
        Self {
            source,
            observe,
            reference,
            shelf: Shelf::new(TEXTS.len()),
            rows: Rows::new([Some(NULL); TEXTS.len()], Some(NULL), NULL, false),
            headers: recipe::Dictionary::default(),
            total_texts: recipe::Dictionary::default(),
            told_by_total: [false; TEXTS.len()],
            evidence: Evidence::new(options.decimal, options.thousands),
            rejected: Vec::new(),
            tally: Tally::default(),
            notes: Vec::new(),
        }
    }

    /// Takes over what another piece collected, its numbers turned into ours.
    fn absorb(&mut self, piece: Self, documents: usize) {
        let dictionaries = self.shelf.dictionaries.iter_mut().zip(&piece.shelf.dictionaries);
        let texts: Vec<Vec<u32>> = dictionaries.map(|(ours, theirs)| ours.absorb(theirs)).collect();
        let maps = Maps {
            status: texts.get(STATUS).cloned().unwrap_or_default(),
            texts,
            header: self.headers.absorb(&piece.headers),
            document: (0..).take(documents).collect(),
            total: self.total_texts.absorb(&piece.total_texts),
            period: piece.shelf.periods.iter().map(|period| self.shelf.period(*period)).collect(),
        };
        self.rows.append(&piece.rows, &maps);
        for (ours, theirs) in self.told_by_total.iter_mut().zip(piece.told_by_total) {
            *ours |= theirs;
        }
        self.evidence.join(&piece.evidence);
        self.rejected.extend(piece.rejected);
        self.tally.add(&piece.tally);
        self.notes.extend(piece.notes);
    }
}

impl Harvest<'_> {
    fn walk(&mut self, input: &Input<'_>, stretch: Stretch<'_>, options: &Layout) -> Result<()> {
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
        let only_header = if let [number] = header_numbers.as_slice() { Some(*number) } else { None };
        let same = bound.same();
        self.rows = Rows::new(same, only_header, document, self.observe.totals.is_some());
        let telling: Vec<usize> = (0..TEXTS.len()).filter(|column| same.get(*column) == Some(&None)).collect();
        let cells = bound.values.len() as u64;
        let width = csv.header.names.len();
        let mut made = Vec::new();
        let mut failed: FxHashMap<usize, (u64, usize)> = FxHashMap::default();
        let mut scanner = csv.scanner(stretch.piece);
        loop {
            match scanner.step() {
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
            let refused = made.iter().any(std::result::Result::is_err);
            let total = bound.total(csv, fields, &mut self.total_texts);
            failed.clear();
            for (index, value) in bound.values.iter().enumerate() {
                let field = csv.trimmed(fields.get(value.column).copied().unwrap_or_default());
                let status = missing_status(csv, field, &missing);
                if status.is_some() && !self.observe.publish_missing {
                    self.tally.ignore(MISSING, 1);
                    continue;
                }
                if let Some((refusal, recipe)) = refused.then(|| value.refusal(&made)).flatten() {
                    failed.entry(refusal).or_insert((0, recipe)).0 += 1;
                    continue;
                }
                for column in &telling {
                    if let (Some(numbers), Some(expression)) =
                        (self.rows.texts.get_mut(*column), value.texts.get(*column))
                    {
                        numbers.push(expression.number(&made));
                    }
                }
                self.rows.push_missing(status);
                if status.is_none() {
                    self.evidence.add_field(csv, field);
                }
                self.rows.period.push(value.period.number(&made));
                self.rows.line.push(scanner.record_line());
                self.rows.header.push(header_numbers.get(index).copied().unwrap_or(NULL));
                self.rows.total.push(total.unwrap_or(NULL));
                self.rows.start.push(field.start);
                self.rows.end.push(field.end);
                self.rows.escaped.push(field.escaped);
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
            // Made from no column: the record is the place.
            None => {
                let (first, last) =
                    (fields.first().copied().unwrap_or_default(), fields.last().copied().unwrap_or_default());
                csv.span_locator(first.start, last.end)
            }
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
fn missing_markers(options: &Layout, shelf: &mut Shelf) -> Vec<(String, u32)> {
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
