//! Walking the records of a piece of a table: one row per value cell.

use std::borrow::Cow;
use std::fmt::Write as _;

use quipu_readers::csv::{Field, Found, Piece};
use quipu_readers::{Form, Records, Tabular};
use quipu_schema::locator::Locator;
use quipu_schema::pipeline::{Expect, Policy};
use quipu_schema::quarantine::Reason;
use quipu_schema::tally::Tally;
use quipu_schema::{ErrorKind, Fault, Result};
use rustc_hash::FxHashMap;

use super::bind::{Bound, MISSING, Mapping};
use super::cells::{Bounds, Cell, Holds};
use super::pass::{Heard, Plan};
use super::recipe::{Ground, Made, Makes, NULL, Record, Shelf};
use super::repeats::Suspect;
use super::rows::Rows;
use super::stray;
use super::totals;
use super::value::{Markers, Reading};
use super::{BREAKDOWN, STATUS, TEXTS, VINTAGE};
use crate::codes::Reference;
use crate::frame::Refusal;
use crate::input::Input;
use crate::personal::Discretion;
use crate::quarantine::{Rejected, Room, Unknown, withheld};

/// Most values that a source may have refused before it is given up, whatever it allows: they are
/// kept in memory until the source is read.
pub(crate) const REJECTED: usize = 1_000_000;

/// A piece of a table to walk.
#[derive(Clone, Copy)]
pub(crate) struct Stretch<'t> {
    /// Number of the document.
    pub(crate) document: u32,
    /// The document.
    pub(crate) input: &'t Input<'t>,
    /// Number of the table, over all documents.
    pub(crate) number: usize,
    /// The table.
    pub(crate) table: &'t Tabular<'t>,
    /// The piece of it.
    pub(crate) piece: Piece,
}

/// What every walk is given.
#[derive(Clone, Copy)]
pub(crate) struct Guide<'a> {
    pub(crate) mapping: Mapping<'a>,
    pub(crate) markers: &'a Markers,
    pub(crate) reference: &'a Reference,
    pub(crate) plan: &'a Plan,
}

/// Texts that blanks below repeat, by column.
pub(crate) type Above = Vec<(usize, String)>;

/// What a piece gave.
pub(crate) struct Walked {
    /// Its rows.
    pub(crate) rows: Rows,
    /// What it tells of the source as a whole.
    pub(crate) heard: Heard,
    /// What was refused.
    pub(crate) rejected: Vec<Rejected>,
    /// The account.
    pub(crate) tally: Tally,
    /// What the footer begins with, and where, if it begins in it.
    pub(crate) footer: Option<String>,
    /// Rows behind the footer that could be read.
    pub(crate) behind: u64,
    /// Remarks of the binding, for people.
    pub(crate) notes: Vec<String>,
}

/// Size of a piece, in bytes, for whose rows room is made in advance.
const ROOM: usize = 4 << 20;

/// Name of the rule that counts what stands from the footer on.
pub(crate) const FOOTER: &str = "footer";
/// Name of the rule that counts the values of columns that nobody reads.
const UNREAD: &str = "column that nobody reads";
/// What is said where the contract lets texts stand for values.
const NO_NUMBERS: &str = "some values are no numbers: they are published as printed, without a value";
/// Name of the rule that counts cells which repeat a merged cell.
const COVERED: &str = "part of a merged cell";

/// Walks over the records of a piece.
///
/// # Errors
/// A mapping that does not fit the header; a change that the contract forbids.
pub(crate) fn walk(guide: Guide<'_>, stretch: Stretch<'_>, above: &mut Above) -> Result<Walked> {
    let ground = Ground { table: stretch.table, input: stretch.input, reference: guide.reference };
    let mut shelf = Shelf::new(TEXTS.len());
    if let Some(vintages) = shelf.dictionaries.get_mut(VINTAGE) {
        vintages.suffix = stretch.input.suffix.map(str::to_owned);
    }
    let bound = Bound::new(guide.mapping, ground, &mut shelf)?;
    let mut walker = Walker::new(guide, stretch, &bound, shelf);
    let Bound { mut recipes, mut filters, values, .. } = bound;
    let cells = values.len() as u64;
    let mut records = stretch.table.records(stretch.piece)?;
    let mut made: Vec<Made> = Vec::with_capacity(recipes.len());
    let mut roomy = stretch.table.row_word() == "row";
    loop {
        match records.step() {
            Found::End | Found::Cut => break,
            Found::Blank => continue,
            Found::UnclosedQuote => {
                let message = "a quoted field is opened and never closed".to_owned();
                walker.reject_record(&records, cells, Reason::UnclosedQuote, message);
                continue;
            }
            Found::Record => {}
        }
        let ended = walker.walked.footer.is_some();
        if ended || is_footer(bound.footer.as_ref(), &records) {
            if ended {
                let record = Record { records: &records, filled: &[] };
                walker.walked.behind += u64::from(is_row(record, &mut recipes, &values, stretch, guide));
            } else {
                let text = walker.first_text(&records).map_or("a record".to_owned(), |text| format!("`{text}`"));
                walker.walked.footer = Some(format!("{text} ({})", records.record_locator()));
            }
            walker.walked.tally.read += cells;
            walker.walked.tally.ignore(FOOTER, cells);
            continue;
        }
        let width = stretch.table.header.names.len();
        let surplus = records.fields().get(width..).unwrap_or_default();
        // Separators alone are a blank line, as the rows of a sheet between two blocks are.
        if is_empty(&records) {
            continue;
        }
        if records.fields().len() < width || surplus.iter().any(|field| field.start < field.end) {
            let begins = match walker.beginning(&records) {
                Some(text) => format!("; it begins with `{text}`"),
                None => String::new(),
            };
            let message = format!("the record has {} fields, the header {width}{begins}", records.fields().len());
            walker.reject_record(&records, cells, Reason::RaggedRow, message);
            continue;
        }
        if stray::repeats_header(&stretch.table.header, &records) {
            walker.walked.tally.read += cells;
            walker.walked.tally.ignore(stray::HEADER, cells);
            continue;
        }
        if let Some(message) = stray::slipped(stretch.table, &bound.nameless, &records, &walker.discretion) {
            walker.reject_record(&records, cells, Reason::RaggedRow, message);
            continue;
        }
        if !bound.fill_down.is_empty() {
            fill_down(&bound.fill_down, &records, above);
        }
        if stray::is_note(&values, width, &records) {
            let quoted = walker.first_text(&records).map_or("one text".to_owned(), |text| format!("`{text}`"));
            let message = format!("nothing but {quoted}: a note or a heading, no figure");
            walker.reject_record(&records, cells, Reason::RaggedRow, message);
            continue;
        }
        let record = Record { records: &records, filled: &filled(&bound.fill_down, &records, above) };
        if let Some(filter) = filters.iter_mut().find_map(|filter| filter.leaves_out(record).then_some(&filter.rule)) {
            walker.walked.tally.read += cells;
            walker.walked.tally.ignore(filter.clone(), cells);
            continue;
        }
        if walker.adds {
            walker.walked.heard.records.push(stray::hash(&records));
        }
        made.clear();
        let encoding = stretch.table.encoding();
        for recipe in &mut recipes {
            made.push(recipe.make(record, encoding, guide.reference, &mut walker.walked.rows.shelf));
        }
        walker.record(record, &made, &values, &recipes)?;
        if !roomy {
            // Records of a piece are about as long as its first.
            roomy = true;
            let length = records.fields().last().map_or(0, |field| field.end).max(1);
            let size = usize::try_from(stretch.piece.end - stretch.piece.start).unwrap_or_default();
            walker.walked.rows.reserve(size.min(ROOM) / length * walker.walked.rows.len());
        }
    }
    Ok(walker.walked)
}

fn is_empty(records: &Records<'_>) -> bool {
    records.fields().iter().all(|field| records.bytes(*field).trim_ascii().is_empty())
}

/// Takes the texts of a record over for the blanks below.
fn fill_down(columns: &[usize], records: &Records<'_>, above: &mut Above) {
    for column in columns {
        let field = records.fields().get(*column).copied().unwrap_or_default();
        let text = records.text(field).unwrap_or_default();
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        match above.iter_mut().find(|(known, _)| known == column) {
            Some((_, held)) => text.clone_into(held),
            None => above.push((*column, text.to_owned())),
        }
    }
}

/// Whether a record behind the footer is one that would be read: of labels that are known, with a number.
fn is_row(
    record: Record<'_>,
    recipes: &mut [super::recipe::Recipe],
    values: &[super::bind::ValueColumn],
    stretch: Stretch<'_>,
    guide: Guide<'_>,
) -> bool {
    let records = record.records;
    let width = stretch.table.header.names.len();
    let value = values.first().and_then(|value| value.column).and_then(|column| records.fields().get(column));
    let number = value.is_some_and(|field| records.bytes(*field).iter().any(u8::is_ascii_digit));
    // What is made of it is for the look alone.
    let mut shelf = Shelf::new(TEXTS.len());
    number
        && records.fields().len() >= width
        && recipes
            .iter_mut()
            .all(|recipe| recipe.make(record, stretch.table.encoding(), guide.reference, &mut shelf).is_ok())
}

/// Whether the first text of a record ends the body.
fn is_footer(pattern: Option<&regex::Regex>, records: &Records<'_>) -> bool {
    let Some(pattern) = pattern else { return false };
    let texts = records.fields().iter().filter_map(|field| records.text(*field));
    let mut texts = texts.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    texts.next().is_some_and(|first| pattern.is_match(&first))
}

/// The columns of a record that are blank, with the text from above.
fn filled(columns: &[usize], records: &Records<'_>, above: &Above) -> Above {
    if columns.is_empty() {
        return Vec::new();
    }
    let blank = |column: &usize| {
        let field = records.fields().get(*column).copied().unwrap_or_default();
        records.bytes(field).trim_ascii().is_empty()
    };
    above.iter().filter(|(column, _)| columns.contains(column) && blank(column)).cloned().collect()
}

struct Walker<'a> {
    guide: Guide<'a>,
    stretch: Stretch<'a>,
    walked: Walked,
    /// Number of each value column's header.
    headers: Vec<u32>,
    /// Text columns in which rows may differ.
    telling: Vec<usize>,
    /// Recipes that name a record, each with the text column it makes; none for the period.
    key: Option<Vec<(usize, Option<usize>)>>,
    totals: Option<usize>,
    /// Values of each record that nobody reads and that are counted.
    unread: u64,
    told_by_total: [bool; TEXTS.len()],
    /// Whether the breakdown of a number says that it is a total.
    total_words: Vec<bool>,
    /// Columns that nobody reads, which may say that a record is a total.
    aside: Vec<usize>,
    /// Whether records are added up.
    adds: bool,
    /// Which columns quarantine may show.
    discretion: Discretion,
    /// The room for refused records.
    room: Room,
}

impl<'a> Walker<'a> {
    fn new(guide: Guide<'a>, stretch: Stretch<'a>, bound: &Bound, shelf: Shelf) -> Self {
        let same = bound.same();
        let names = &stretch.table.header.names;
        let mut rows = Rows::new(stretch.document, same, None, shelf);
        let header = |column: Option<usize>| column.and_then(|column| names.get(column)).map_or("", String::as_str);
        let headers: Vec<u32> = bound.values.iter().map(|value| rows.parts.number(header(value.column))).collect();
        if let [only] = headers.as_slice() {
            rows.part = super::rows::Numbers::Same(*only);
        }
        let walked = Walked {
            rows,
            heard: Heard::new(guide.plan),
            rejected: Vec::new(),
            tally: Tally::default(),
            footer: None,
            behind: 0,
            notes: bound.notes.clone(),
        };
        Self {
            guide,
            stretch,
            walked,
            headers,
            telling: (0..TEXTS.len()).filter(|column| same.get(*column) == Some(&None)).collect(),
            key: bound.key.as_ref().map(|key| key.iter().map(|recipe| (*recipe, bound.makes(*recipe))).collect()),
            totals: bound.totals,
            unread: bound.unread,
            told_by_total: bound.told_by_total(),
            total_words: Vec::new(),
            aside: bound.aside.clone(),
            adds: guide.mapping.observe.adds(),
            discretion: bound.discretion.clone(),
            room: Room::default(),
        }
    }

    /// Reads the values of a record.
    fn record(
        &mut self,
        record: Record<'_>,
        made: &[Made],
        values: &[super::bind::ValueColumn],
        recipes: &[super::recipe::Recipe],
    ) -> Result<()> {
        let records = record.records;
        let cells = values.len() as u64;
        self.walked.tally.read += cells + self.unread;
        if self.unread > 0 {
            self.walked.tally.ignore(UNREAD, self.unread);
        }
        let refused = made.iter().any(std::result::Result::is_err);
        let key = self.key.as_ref().filter(|_| !refused).map(|key| self.key_of(key, made));
        if let Some(key) = key {
            self.walked.heard.keys.push(key);
        }
        let suspect = key.is_some_and(|key| self.guide.plan.suspects.contains(&key));
        let total = self.totals.map(|column| record.text(column).unwrap_or_default().into_owned());
        // A total is one, whichever column says so.
        let telling = self.aside.iter().find(|column| {
            let field = record.field(**column);
            totals::tells_total(records.bytes(field), || records.text(field))
        });
        let is_total_row = telling.is_some();
        if let Some(column) = telling {
            self.remark(format!(
                "rows are marked as totals by the word in {}, which nobody reads: `keep` or `drop` it to decide",
                self.stretch.table.called(*column)
            ));
        }
        let line = records.line();
        let mut failed: FxHashMap<usize, (u64, usize)> = FxHashMap::default();
        for (index, value) in values.iter().enumerate() {
            let field = match value.column {
                Some(column) => records.trimmed(record.field(column)),
                None => Field::default(),
            };
            if field.form == Form::Covered && value.column.is_some() {
                self.walked.tally.ignore(COVERED, 1);
                continue;
            }
            let cell = self.cell(records, value.column, field);
            let Some(read) = self.walked.rows.cells.get(cell) else {
                return Err(Fault::bug("a cell without a number"));
            };
            let number = read.value;
            if read.holds == Holds::Nothing && !self.guide.mapping.observe.publish_missing {
                self.walked.tally.ignore(MISSING, 1);
                continue;
            }
            if let Some((refusal, recipe)) = refused.then(|| value.refusal(made)).flatten() {
                failed.entry(refusal).or_insert((0, recipe)).0 += 1;
                continue;
            }
            if let Some((reason, message)) =
                self.guide.plan.refused.get(&(self.stretch.document, line, position(index)))
            {
                let (reason, message) = (*reason, message.clone());
                self.reject_value(records, value.column, field, reason, message)?;
                continue;
            }
            if let Some(Holds::Refused(reason, message)) = self.walked.rows.cells.get(cell).map(|read| &read.holds) {
                let (reason, message) = (*reason, message.clone());
                let policy = self.guide.mapping.source.contract.kind;
                if policy == Policy::Evolve && reason == Reason::BadValue {
                    // The text is published as printed, without a number.
                    self.remark(NO_NUMBERS.to_owned());
                } else {
                    self.reject_value(records, value.column, field, reason, message)?;
                    if policy != Policy::DiscardValue {
                        continue;
                    }
                    // The row stays, without the value: one cell in quarantine and one published.
                    self.walked.tally.read += 1;
                }
            }
            for column in &self.telling {
                if let (Some(numbers), Some(expression)) =
                    (self.walked.rows.texts.get_mut(*column), value.texts.get(*column))
                {
                    numbers.push(expression.number(made));
                }
            }
            let rows = &mut self.walked.rows;
            rows.period.push(value.period.number(made));
            let row = rows.len();
            rows.cell.push(cell);
            self.place(records, value.column, index, field, line);
            let rest = (self.totals.is_some() || self.key.is_none()).then(|| self.hash_of(row, index));
            let is_total = self.total(total.as_deref(), rest.map(|(_, rest)| rest).unwrap_or_default(), row, number)?;
            self.walked.rows.total.push(is_total || is_total_row);
            if self.key.is_none()
                && let Some((all, _)) = rest
            {
                self.walked.heard.keys.push(all);
                if self.guide.plan.suspects.contains(&all) {
                    self.suspect(row, line, index);
                }
            } else if suspect {
                self.suspect(row, line, index);
            }
        }
        for (refusal, (cells, recipe)) in &failed {
            self.reject_refused(record, recipes.get(*recipe), *refusal, *cells)?;
        }
        if self.walked.rejected.len() > REJECTED {
            return Err(Fault::new(ErrorKind::Contract, format!("more than {REJECTED} values are refused"))
                .at(self.stretch.input.name)
                .help("the mapping does not fit; look at the first of them with a smaller part of the file"));
        }
        Ok(())
    }

    fn key_of(&self, key: &[(usize, Option<usize>)], made: &[Made]) -> u64 {
        let shelf = &self.walked.rows.shelf;
        let mut hash = 0_u64;
        for (recipe, column) in key {
            let number = made.get(*recipe).and_then(|made| made.ok()).unwrap_or(NULL);
            let own = match column {
                Some(column) => shelf.dictionaries.get(*column).map_or(0, |dictionary| dictionary.hash(number)),
                None => shelf.period_hash(number),
            };
            hash = mix(hash, own);
        }
        hash
    }

    /// Hashes of all that names a row, and of all but what tells totals.
    fn hash_of(&self, row: usize, index: usize) -> (u64, u64) {
        let rows = &self.walked.rows;
        let (mut all, mut rest) = (0, 0);
        for (column, told) in self.told_by_total.iter().enumerate() {
            if column == STATUS {
                continue;
            }
            let number = rows.text(column, row);
            let own = rows.shelf.dictionaries.get(column).map_or(0, |dictionary| dictionary.hash(number));
            all = mix(all, own);
            rest = if *told { rest } else { mix(rest, own) };
        }
        let period = rows.shelf.period_hash(rows.period.get(row).copied().unwrap_or(NULL));
        (mix(all, period), mix(mix(rest, period), index as u64))
    }

    fn total(&mut self, code: Option<&str>, rest: u64, row: usize, value: f64) -> Result<bool> {
        let breakdown = self.walked.rows.text(BREAKDOWN, row) as usize;
        while self.total_words.len() <= breakdown && breakdown != NULL as usize {
            let dictionary = self.walked.rows.shelf.dictionaries.get(BREAKDOWN);
            let text = u32::try_from(self.total_words.len()).ok().and_then(|number| dictionary?.text(number));
            self.total_words.push(text.is_some_and(totals::breakdown_is_total));
        }
        let by_word = self.total_words.get(breakdown) == Some(&true);
        let (Some(code), Some(rule)) = (code, &self.guide.mapping.observe.totals) else { return Ok(by_word) };
        if self.guide.plan.survey {
            self.walked.heard.family.hear(rule, code, rest, value)?;
        }
        Ok(by_word || self.guide.plan.totals.is_total(rule, code, rest))
    }

    fn suspect(&mut self, row: usize, line: u64, index: usize) {
        let rows = &self.walked.rows;
        let mut key = String::new();
        for (column, dictionary) in rows.shelf.dictionaries.iter().enumerate().filter(|(column, _)| *column != STATUS) {
            key.push_str(dictionary.text(rows.text(column, row)).unwrap_or_default());
            key.push('\u{1f}');
        }
        if let Some(period) = rows.period.get(row).and_then(|number| rows.shelf.periods.get(*number as usize)) {
            let _ = write!(key, "{} {} {}", period.start, period.end, period.freq);
        }
        let value = rows.value(row);
        let status = rows.shelf.dictionaries.get(STATUS).and_then(|d| d.text(rows.status(row))).map(str::to_owned);
        let place = (self.stretch.document, line, position(index));
        self.walked.heard.suspects.push(Suspect { key, place, value: value.to_bits(), status });
    }

    /// The number of a cell, which is read where it was not met before.
    fn cell(&mut self, records: &Records<'_>, column: Option<usize>, field: Field) -> u32 {
        let Walked { rows, heard, .. } = &mut self.walked;
        let Rows { cells, shelf, .. } = rows;
        let marks = self.guide.plan.marks_of(self.stretch.document);
        let (markers, evidence) = (self.guide.markers, &mut heard.evidence);
        cells.number(records.bytes(field), field.form, || {
            let text = records.text(field).map(Cow::into_owned);
            let reading = match &text {
                // Each record counts one.
                _ if column.is_none() => Reading::Number(1.0),
                Some(text) => markers.read(text, field.form, marks, evidence),
                None => Reading::Bad(String::new()),
            };
            let refused = |value: f64| out_of_range(&self.guide.mapping.source.expect, value);
            let (holds, value, status, bounds) = match reading {
                Reading::Number(value) | Reading::Marked(value, _) if refused(value).is_some() => {
                    let message = refused(value).unwrap_or_default();
                    (Holds::Refused(Reason::OutOfRange, message), f64::NAN, Some("O"), Bounds::default())
                }
                Reading::Number(value) => (Holds::Value, value, None, Bounds::default()),
                Reading::Marked(value, status) => (Holds::Value, value, Some(status), Bounds::default()),
                Reading::Missing(status) => (Holds::Nothing, f64::NAN, Some(status), Bounds::default()),
                Reading::Bounded { lower, upper, status } => {
                    (Holds::Value, f64::NAN, Some(status), Bounds { lower, upper })
                }
                Reading::Bad(why) => {
                    let (reason, message) = if text.is_none() {
                        (Reason::BadEncoding, "the bytes of the value are not valid in the file's encoding".to_owned())
                    } else {
                        (Reason::BadValue, format!("{why} ({marks}) and no declared missing value"))
                    };
                    // What cannot be read is no more known than what is not there.
                    (Holds::Refused(reason, message), f64::NAN, Some("O"), Bounds::default())
                }
            };
            let status = status.map_or(NULL, |status| {
                shelf.dictionaries.get_mut(STATUS).map_or(NULL, |dictionary| dictionary.number(status))
            });
            (text.unwrap_or_default(), Cell { holds, value, status, bounds })
        })
    }

    /// Notes where the value of the row that was just begun stands.
    fn place(&mut self, records: &Records<'_>, column: Option<usize>, index: usize, field: Field, line: u64) {
        let rows = &mut self.walked.rows;
        if let Some((start, end)) = records.archived(field) {
            rows.line.push(line);
            rows.part.push(self.headers.get(index).copied().unwrap_or(NULL));
            rows.start.get_or_insert_default().push(start);
            rows.end.get_or_insert_default().push(end);
        } else {
            let columns = records.locator(column.unwrap_or_default(), field).to_columns();
            let held = rows.line.len();
            rows.line.push(columns.row.unwrap_or_default());
            let part = columns.part.map_or(NULL, |part| rows.parts.number(&part));
            if held == 0 {
                rows.part = super::rows::Numbers::Same(part);
            } else {
                rows.part.push_other(held, part);
            }
            if let Some(column) = columns.col {
                rows.column.get_or_insert_default().push(column);
            }
            if let (Some(start), Some(end)) = (columns.start, columns.end) {
                rows.start.get_or_insert_default().push(start);
                rows.end.get_or_insert_default().push(end);
            }
        }
    }

    fn reject(
        &mut self,
        locator: Locator,
        refusal: Refusal,
        column: Option<&'static str>,
        (raw, record, unknown): (Option<String>, Option<String>, Option<Unknown>),
        cells: u64,
    ) {
        self.walked.tally.quarantine(refusal.reason, cells);
        let (document, Refusal { reason, message }) = (self.stretch.input.digest, refusal);
        self.walked.rejected.push(Rejected { document, locator, reason, column, raw, record, unknown, message, cells });
    }

    fn reject_record(&mut self, records: &Records<'_>, cells: u64, reason: Reason, message: String) {
        self.walked.tally.read += cells;
        let header = &self.stretch.table.header;
        let record = match reason {
            Reason::RaggedRow => self.discretion.loose(records, header),
            _ => self.discretion.line(records, header),
        };
        let record = self.room.keep(record);
        let raw = if self.discretion.hides_records(header) { None } else { records.record_text() };
        self.reject(records.record_locator(), Refusal { reason, message }, None, (raw, record, None), cells);
    }

    fn reject_value(
        &mut self,
        records: &Records<'_>,
        column: Option<usize>,
        field: Field,
        reason: Reason,
        message: String,
    ) -> Result<()> {
        let locator = records.locator(column.unwrap_or_default(), field);
        let hidden = column.is_some_and(|column| self.discretion.hides(column));
        let message = if hidden { withheld("value") } else { message };
        if reason == Reason::BadValue && self.guide.mapping.source.contract.kind == Policy::Freeze {
            return Err(self.frozen("type", &locator, &message));
        }
        let record = self.room.keep(self.discretion.record(records, &self.stretch.table.header));
        let raw = records.text(field).filter(|_| !hidden).map(std::borrow::Cow::into_owned);
        self.reject(locator, Refusal { reason, message }, Some("value"), (raw, record, None), 1);
        Ok(())
    }

    fn reject_refused(
        &mut self,
        record: Record<'_>,
        recipe: Option<&super::recipe::Recipe>,
        refusal: usize,
        cells: u64,
    ) -> Result<()> {
        let records = record.records;
        let Some((refusal, column)) = self.walked.rows.shelf.refusals.get(refusal).cloned() else { return Ok(()) };
        let mut refusal = self.naming_blanks(records, recipe, refusal);
        let field = column.and_then(|column| records.fields().get(column)).copied().unwrap_or_default();
        let locator = match column {
            Some(column) => records.locator(column, records.trimmed(field)),
            // Made from no column: the record is the place.
            None => records.record_locator(),
        };
        let target = recipe.map(|recipe| match &recipe.makes {
            Makes::Text { column, .. } => TEXTS.get(*column).copied().unwrap_or("observation"),
            Makes::Period { .. } => "time_start",
        });
        let hidden = recipe.is_none_or(|recipe| self.discretion.hides_any(&recipe.reads));
        if hidden {
            refusal.message = withheld(target.unwrap_or("observation"));
        }
        if refusal.reason == Reason::UnknownCode && self.guide.mapping.source.contract.code == Policy::Freeze {
            return Err(self.frozen("code", &locator, &refusal.message));
        }
        let raw = records.text(field).filter(|_| !hidden).map(|text| text.trim().to_owned());
        let unknown = recipe
            .filter(|_| refusal.reason == Reason::UnknownCode)
            .and_then(|recipe| recipe.unknown(record, self.guide.reference))
            .map(|unknown| Unknown { label: unknown.label.filter(|_| !hidden), ..unknown });
        let kept = self.room.keep(self.discretion.record(records, &self.stretch.table.header));
        self.reject(locator, refusal, target, (raw, kept, unknown), cells);
        Ok(())
    }

    /// Notes a remark for people, once.
    fn remark(&mut self, remark: String) {
        if !self.walked.notes.contains(&remark) {
            self.walked.notes.push(remark);
        }
    }

    /// The first text of a record whose cells fit no columns, where it may be shown.
    fn beginning(&self, records: &Records<'_>) -> Option<String> {
        let shown = !self.discretion.hides_records(&self.stretch.table.header);
        stray::beginning(records).map(|(_, text)| text).filter(|_| shown)
    }

    /// The first text of a record, where its column may be shown.
    fn first_text(&self, records: &Records<'_>) -> Option<String> {
        stray::beginning(records).filter(|(column, _)| !self.discretion.hides(*column)).map(|(_, text)| text)
    }

    /// A refusal that says which of the columns that it was made from are blank.
    fn naming_blanks(
        &self,
        records: &Records<'_>,
        recipe: Option<&super::recipe::Recipe>,
        refusal: Refusal,
    ) -> Refusal {
        let reads = recipe.map(|recipe| recipe.reads.as_slice()).unwrap_or_default();
        let field = |column: &usize| records.fields().get(*column).copied().unwrap_or_default();
        let blank = reads.iter().filter(|column| records.bytes(field(column)).trim_ascii().is_empty());
        let blank: Vec<String> = blank.map(|column| format!("`{}`", self.stretch.table.called(*column))).collect();
        if blank.is_empty() {
            return refusal;
        }
        Refusal { message: format!("{}; blank: {}", refusal.message, blank.join(", ")), ..refusal }
    }

    fn frozen(&self, what: &str, locator: &Locator, message: &str) -> Fault {
        Fault::new(ErrorKind::Shape, message)
            .at(format!("{}: {locator}", self.stretch.input.name))
            .help(format!("the contract of source `{}` freezes `{what}`", self.guide.mapping.source.id))
    }
}

/// What is wrong with a value that the contract does not allow.
fn out_of_range(expect: &Expect, value: f64) -> Option<String> {
    match (expect.value_min, expect.value_max) {
        (Some(min), _) if value < min => Some(format!("{value} is below the least value expected, {min}")),
        (_, Some(max)) if value > max => Some(format!("{value} is above the greatest value expected, {max}")),
        _ => None,
    }
}

/// The number of a value cell in its record.
fn position(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn mix(hash: u64, own: u64) -> u64 {
    (hash.rotate_left(23) ^ own).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
