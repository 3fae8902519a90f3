//! Recipes: how a record's fields become one text of an observation, worked out once per distinct
//! input and remembered.

use std::borrow::Cow;
use std::hash::Hasher as _;

use quipu_readers::csv::Field;
use quipu_readers::{Records, Tabular};
use quipu_schema::pipeline::{Codes, DateOrder, Origin, PeriodPart, Placed, TakeFrom};
use quipu_schema::quarantine::Reason;
use quipu_schema::{ErrorKind, Fault, Result};
use regex::Regex;
use rustc_hash::{FxHashMap, FxHasher};

use crate::codes::Reference;
use crate::frame::{Gate, Refusal, clip};
use crate::input::Input;
use crate::period::{self, Period};
use crate::quarantine::Unknown;

/// Parts the fields of a remembered input.
const SEPARATOR: u8 = 0x1f;
/// The code of null in a dictionary.
pub(crate) const NULL: u32 = u32::MAX;

/// Distinct texts of one column, numbered in the order of their first use.
#[derive(Debug, Default, Clone)]
pub(crate) struct Dictionary {
    pub(crate) texts: Vec<String>,
    /// A hash of each text, the same in every dictionary.
    pub(crate) hashes: Vec<u64>,
    /// What stands behind every text.
    pub(crate) suffix: Option<String>,
    numbers: FxHashMap<String, u32>,
}

impl Dictionary {
    /// The number of a text.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(NULL - 1);
        let whole = self.suffix.as_ref().map_or_else(|| text.to_owned(), |suffix| format!("{text}{suffix}"));
        self.hashes.push(hash_of(&whole));
        self.texts.push(whole);
        self.numbers.insert(text.to_owned(), number);
        number
    }

    /// The hash of the text of a number; of nothing, for null.
    pub(crate) fn hash(&self, number: u32) -> u64 {
        self.hashes.get(number as usize).copied().unwrap_or_default()
    }

    /// The text of a number.
    pub(crate) fn text(&self, number: u32) -> Option<&str> {
        self.texts.get(number as usize).map(String::as_str)
    }

    /// Takes over the texts of another dictionary; gives our number for each of its numbers.
    pub(crate) fn absorb(&mut self, other: &Self) -> Vec<u32> {
        other.texts.iter().map(|text| self.number(text)).collect()
    }
}

/// A hash of a text that depends on nothing else.
pub(crate) fn hash_of(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.write_u8(0xff);
    hasher.finish()
}

/// The record that recipes read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'r> {
    /// The walk that stands on it.
    pub(crate) records: &'r Records<'r>,
    /// Columns that were blank, with the text from above.
    pub(crate) filled: &'r [(usize, String)],
}

impl<'r> Record<'r> {
    fn above(&self, column: usize) -> Option<&'r str> {
        self.filled.iter().find(|(filled, _)| *filled == column).map(|(_, text)| text.as_str())
    }

    /// The field of a column.
    pub(crate) fn field(&self, column: usize) -> Field {
        self.records.fields().get(column).copied().unwrap_or_default()
    }

    /// The bytes that tell the text of a column.
    fn bytes(&self, column: usize) -> &'r [u8] {
        match self.above(column) {
            Some(text) => text.as_bytes(),
            None => self.records.bytes(self.field(column)),
        }
    }

    /// The text of a column, trimmed; `None` where its bytes are not valid in the encoding.
    pub(crate) fn text(&self, column: usize) -> Option<Cow<'r, str>> {
        if let Some(text) = self.above(column) {
            return Some(Cow::Borrowed(text));
        }
        Some(match self.records.text(self.field(column))? {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        })
    }
}

/// One piece of a composed text.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    /// `name=` in front of it, for breakdowns.
    pub(crate) name: Option<String>,
    /// Where it comes from.
    pub(crate) from: PieceFrom,
    join: String,
    codes: Option<Codes>,
    extract: Option<Regex>,
    map: Vec<(String, String)>,
    default: Option<String>,
}

/// Where a piece comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PieceFrom {
    /// A text known before the records are read.
    Known(String),
    /// These columns of the record.
    Columns(Vec<usize>),
}

/// What a recipe makes.
#[derive(Debug)]
pub(crate) enum Makes {
    /// A text of this text column.
    Text {
        /// Position of the column among the text columns.
        column: usize,
        /// Its contract.
        gate: Gate,
    },
    /// A period, of one part by piece.
    Period {
        /// What each piece is.
        parts: Vec<PeriodPart>,
        /// In which order a date of three numbers is printed.
        order: DateOrder,
        /// The frequency that a finer period is widened to.
        freq: Option<&'static str>,
    },
}

/// How a record's fields become one text or period.
#[derive(Debug)]
pub(crate) struct Recipe {
    /// What it makes.
    pub(crate) makes: Makes,
    /// Its pieces.
    pub(crate) pieces: Vec<Piece>,
    /// The record's columns it reads, in order.
    pub(crate) reads: Vec<usize>,
    made: FxHashMap<Vec<u8>, Made>,
    /// The input of the last record and its outcome: most files are sorted by something.
    last: (Vec<u8>, Option<Made>),
    key: Vec<u8>,
}

/// A refusal with the source column that is to blame.
type Blamed = (Refusal, Option<usize>);

/// Outcome of a recipe: a number in a dictionary (or [`NULL`]), or an index into the refusals.
pub(crate) type Made = Result<u32, usize>;

/// Where recipes put what they make.
#[derive(Debug, Default, Clone)]
pub(crate) struct Shelf {
    /// Dictionaries of the text columns.
    pub(crate) dictionaries: Vec<Dictionary>,
    /// Distinct periods.
    pub(crate) periods: Vec<Period>,
    /// What the dates show of their order.
    pub(crate) orders: period::Orders,
    numbers: FxHashMap<Period, u32>,
    /// Distinct refusals, with the source column that is to blame.
    pub(crate) refusals: Vec<(Refusal, Option<usize>)>,
}

impl Shelf {
    /// A shelf with these dictionaries.
    pub(crate) fn new(columns: usize) -> Self {
        Self { dictionaries: (0..columns).map(|_| Dictionary::default()).collect(), ..Self::default() }
    }

    /// The number of a period.
    pub(crate) fn period(&mut self, period: Period) -> u32 {
        if let Some(number) = self.numbers.get(&period) {
            return *number;
        }
        let number = u32::try_from(self.periods.len()).unwrap_or(NULL - 1);
        self.periods.push(period);
        self.numbers.insert(period, number);
        number
    }

    /// The number of a period's hash.
    pub(crate) fn period_hash(&self, number: u32) -> u64 {
        self.periods.get(number as usize).map_or(0, |period| {
            let mut hasher = FxHasher::default();
            hasher.write_i32(period::days(period.start));
            hasher.write_i32(period::days(period.end));
            hasher.write(period.freq.as_bytes());
            hasher.finish()
        })
    }

    fn refuse(&mut self, (refusal, column): Blamed) -> usize {
        self.refusals.push((refusal, column));
        self.refusals.len() - 1
    }
}

/// A column that values are read from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Valued {
    /// Its position; none where each record counts one.
    pub(crate) at: Option<usize>,
    /// Its name as the pipeline file spells it, where it does: the source may change case and spaces.
    pub(crate) name: Option<String>,
}

/// What pieces are bound to.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'g> {
    pub(crate) table: &'g Tabular<'g>,
    pub(crate) input: &'g Input<'g>,
    pub(crate) reference: &'g Reference,
}

impl Piece {
    /// The piece of an origin; `column` is the value column.
    ///
    /// # Errors
    /// A column or preamble label that is not there; an unknown scheme.
    pub(crate) fn bind(name: Option<&str>, origin: &Origin, column: &Valued, ground: Ground<'_>) -> Result<Self> {
        let name = name.map(str::to_owned);
        let take = match origin {
            Origin::Constant(text) => {
                let from = PieceFrom::Known(text.value.clone());
                let (join, map) = (String::new(), Vec::new());
                return Ok(Self { name, from, join, codes: None, extract: None, map, default: None });
            }
            Origin::Read(take) => take,
        };
        if let Some(codes) = &take.codes {
            ground.reference.check(codes, ground.input.name)?;
        }
        let header = &ground.table.header;
        let from = match &take.from {
            TakeFrom::Header(level) => {
                let names = match level.checked_sub(1) {
                    None => Some(&header.names),
                    Some(level) => header.levels.get(level),
                };
                let names = names.ok_or_else(|| {
                    let message = format!("the header has {} rows, not {level}", header.levels.len());
                    Fault::new(ErrorKind::Pipeline, message).at(ground.input.name).help(
                        "declare `header_rows` in the source's layout, such as `[source.csv]` or `[source.workbook]`",
                    )
                })?;
                let printed = column.at.and_then(|column| names.get(column)).cloned().unwrap_or_default();
                PieceFrom::Known(column.name.clone().filter(|_| *level == 0).unwrap_or(printed))
            }
            TakeFrom::Title => PieceFrom::Known(ground.table.title.clone()),
            TakeFrom::Document => PieceFrom::Known(ground.input.name.to_owned()),
            TakeFrom::Preamble(label) => PieceFrom::Known(preamble(ground, label)?),
            TakeFrom::Above => {
                let rows = header.preamble.iter().map(|(_, texts)| texts.join("\t"));
                PieceFrom::Known(rows.collect::<Vec<_>>().join("\n"))
            }
            TakeFrom::Columns(_) => PieceFrom::Columns(
                origin
                    .wanted()
                    .iter()
                    .map(|names| header.column_of_any(names, ground.input.name))
                    .collect::<Result<_>>()?,
            ),
        };
        let pattern = |pattern: &Placed<String>| Regex::new(&pattern.value);
        let extract = take.extract.as_ref().map(pattern).transpose();
        let extract = extract.map_err(|e| Fault::bug("a checked pattern does not compile").because(e))?;
        let (join, codes, map) = (take.join.clone(), take.codes.clone(), take.map.clone());
        Ok(Self { name, from, join, codes, extract, map, default: take.default.clone() })
    }

    /// The text of the piece as the source says it.
    fn said<'s>(&'s self, record: Option<Record<'s>>, encoding: &str) -> Result<Cow<'s, str>, Refusal> {
        let text = match (&self.from, record) {
            (PieceFrom::Known(text), _) => Cow::Borrowed(text.as_str()),
            (PieceFrom::Columns(columns), Some(record)) => {
                let texts: Option<Vec<Cow<'_, str>>> = columns.iter().map(|column| record.text(*column)).collect();
                Cow::Owned(texts.ok_or_else(|| Refusal::encoding(encoding))?.join(&self.join))
            }
            (PieceFrom::Columns(_), None) => Cow::Borrowed(""),
        };
        let text = match (&self.extract, text.is_empty()) {
            (Some(pattern), false) => {
                let found = pattern.captures(&text).and_then(|groups| groups.get(1).or_else(|| groups.get(0)));
                match found {
                    Some(part) => Cow::Owned(part.as_str().trim().to_owned()),
                    None => {
                        let message = format!("`{}` holds nothing that `{}` extracts", clip(&text), pattern.as_str());
                        return Err(Refusal { reason: Reason::BadValue, message });
                    }
                }
            }
            _ => text,
        };
        Ok(match &self.default {
            Some(default) if text.is_empty() => Cow::Borrowed(default.as_str()),
            _ => text,
        })
    }

    /// What the pipeline file itself says that a text means.
    fn meant(&self, text: &str) -> Option<&str> {
        let printed = |(printed, _): &&(String, String)| {
            *printed == text || crate::codes::fold(printed) == crate::codes::fold(text)
        };
        self.map.iter().find(printed).map(|(_, meant)| meant.as_str())
    }

    /// The text of the piece, known or read.
    pub(crate) fn make(
        &self,
        record: Option<Record<'_>>,
        encoding: &str,
        reference: &Reference,
    ) -> Result<Option<String>, Refusal> {
        let text = self.said(record, encoding)?;
        if let Some(meant) = self.meant(&text) {
            return Ok((!meant.is_empty()).then(|| meant.to_owned()));
        }
        let Some(codes) = &self.codes else {
            return Ok((!text.is_empty()).then(|| text.into_owned()));
        };
        if text.is_empty() {
            return Ok(None);
        }
        match reference.lookup(codes, &text) {
            Some(meaning) => Ok(meaning.code.clone()),
            None => {
                let scheme =
                    codes.scheme.as_ref().map(|s: &Placed<String>| format!(", scheme {}", s.value)).unwrap_or_default();
                let help = reference.suggestion(codes, &text).unwrap_or_default();
                let message = format!("`{}` is not in the list {}{scheme}; {help}", clip(&text), codes.list);
                Err(Refusal { reason: Reason::UnknownCode, message })
            }
        }
    }

    /// The label of a record that no list knows.
    fn unknown(&self, record: Record<'_>, reference: &Reference) -> Option<Unknown> {
        let codes = self.codes.as_ref()?;
        let text = self.said(Some(record), "").ok()?;
        if text.is_empty() || self.meant(&text).is_some() || reference.lookup(codes, &text).is_some() {
            return None;
        }
        let scheme = codes.scheme.as_ref().map(|scheme| scheme.value.clone());
        Some(Unknown { list: codes.list.clone(), scheme, label: Some(text.into_owned()) })
    }

    /// Whether it is read from columns that are blank, and nothing says what a blank means.
    fn is_blank(&self, record: Option<Record<'_>>) -> bool {
        let (PieceFrom::Columns(columns), Some(record)) = (&self.from, record) else { return false };
        !self.map.iter().any(|(printed, _)| printed.trim().is_empty())
            && columns.iter().all(|column| record.text(*column).is_none_or(|text| text.is_empty()))
    }

    /// The source column to blame.
    fn column(&self) -> Option<usize> {
        match &self.from {
            PieceFrom::Columns(columns) => columns.first().copied(),
            PieceFrom::Known(_) => None,
        }
    }
}

/// The cell to the right of a label in the rows above the header.
fn preamble(ground: Ground<'_>, label: &Placed<String>) -> Result<String> {
    let folded = crate::codes::fold(&label.value);
    let like =
        |text: &str| crate::codes::fold(text.trim_end_matches(':')) == crate::codes::fold(folded.trim_end_matches(':'));
    for (_, texts) in &ground.table.header.preamble {
        let mut texts = texts.iter().map(String::as_str);
        if texts.any(like)
            && let Some(text) = texts.find(|text| !text.is_empty())
        {
            return Ok(text.to_owned());
        }
    }
    Err(Fault::new(ErrorKind::Shape, format!("the lines above the header have no value beside `{}`", label.value))
        .at(ground.input.name)
        .help("the source has changed its shape; look at its first lines"))
}

impl Recipe {
    /// A recipe of these pieces.
    pub(crate) fn new(makes: Makes, pieces: Vec<Piece>) -> Self {
        let mut reads = Vec::new();
        for piece in &pieces {
            if let PieceFrom::Columns(columns) = &piece.from {
                reads.extend(columns);
            }
        }
        Self { makes, pieces, reads, made: FxHashMap::default(), last: (Vec::new(), None), key: Vec::new() }
    }

    /// The first label of a record that no list knows.
    pub(crate) fn unknown(&self, record: Record<'_>, reference: &Reference) -> Option<Unknown> {
        self.pieces.iter().find_map(|piece| piece.unknown(record, reference))
    }

    /// Whether the outcome is the same for every record.
    pub(crate) fn is_known(&self) -> bool {
        self.reads.is_empty()
    }

    /// Makes the text or period of a record.
    pub(crate) fn make(
        &mut self,
        record: Record<'_>,
        encoding: &str,
        reference: &Reference,
        shelf: &mut Shelf,
    ) -> Made {
        if let ([column], (last, Some(made))) = (self.reads.as_slice(), &self.last)
            && last.as_slice() == record.bytes(*column)
        {
            return *made;
        }
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        for (index, column) in self.reads.iter().enumerate() {
            if index > 0 {
                key.push(SEPARATOR);
            }
            key.extend_from_slice(record.bytes(*column));
        }
        let made = match (&self.last, self.made.get(&key)) {
            ((last, Some(made)), _) if *last == key => *made,
            (_, Some(made)) => *made,
            (_, None) => {
                let made = self.work(Some(record), encoding, reference, shelf).map_err(|blamed| shelf.refuse(blamed));
                self.made.insert(key.clone(), made);
                made
            }
        };
        self.key = std::mem::replace(&mut self.last, (key, Some(made))).0;
        made
    }

    /// Makes what is the same for every record.
    pub(crate) fn make_known(&self, reference: &Reference, shelf: &mut Shelf) -> Result<u32, Refusal> {
        self.work(None, "", reference, shelf).map_err(|(refusal, _)| refusal)
    }

    fn work(
        &self,
        record: Option<Record<'_>>,
        encoding: &str,
        reference: &Reference,
        shelf: &mut Shelf,
    ) -> Result<u32, Blamed> {
        match &self.makes {
            Makes::Text { column, gate } => {
                let first = self.reads.first().copied();
                let text = self.compose(record, encoding, reference)?;
                let Some(text) = text else {
                    gate.null().map_err(|refusal| (refusal, first))?;
                    return Ok(NULL);
                };
                gate.read(&text).map_err(|refusal| (refusal, first))?;
                gate.refer(&text, reference).map_err(|refusal| (refusal, first))?;
                let dictionary = shelf.dictionaries.get_mut(*column);
                Ok(dictionary.map_or(NULL, |dictionary| dictionary.number(&text)))
            }
            Makes::Period { parts, order, freq } => {
                let mut texts = Vec::new();
                for piece in &self.pieces {
                    let text = piece.make(record, encoding, reference).map_err(|refusal| (refusal, piece.column()))?;
                    texts.push(text.unwrap_or_default());
                }
                if let ([_], [text]) = (parts.as_slice(), texts.as_slice()) {
                    shelf.orders.add(text);
                }
                let period = period_of(parts, &texts, *order).map_err(|part| {
                    let text = part.and_then(|part| texts.get(part)).cloned().unwrap_or_else(|| texts.join(" "));
                    let column = part.and_then(|part| self.pieces.get(part)).and_then(Piece::column);
                    let message = format!(
                        "`{}` is no {}",
                        clip(&text),
                        part.and_then(|p| parts.get(p)).map_or("period", |p| word(*p))
                    );
                    (Refusal { reason: Reason::BadPeriod, message }, column.or(self.reads.first().copied()))
                })?;
                let widened = match freq {
                    Some(freq) => period.widened(freq).ok_or_else(|| {
                        let message =
                            format!("`{}` is longer than a period of frequency {freq}", clip(&texts.join(" ")));
                        (Refusal { reason: Reason::BadPeriod, message }, self.reads.first().copied())
                    })?,
                    None => period,
                };
                Ok(shelf.period(widened))
            }
        }
    }

    fn compose(
        &self,
        record: Option<Record<'_>>,
        encoding: &str,
        reference: &Reference,
    ) -> Result<Option<String>, Blamed> {
        let mut out: Option<String> = None;
        for piece in &self.pieces {
            let made = piece.make(record, encoding, reference).map_err(|refusal| (refusal, piece.column()))?;
            match (&piece.name, made) {
                (None, made) => return Ok(made),
                (Some(name), None) if piece.is_blank(record) => {
                    let reason = Reason::MissingValue;
                    let message = format!("the breakdown `{name}` has no label; say what a blank means by `default`");
                    return Err((Refusal { reason, message }, piece.column()));
                }
                (Some(name), made) => {
                    let joined = out.get_or_insert_default();
                    if !joined.is_empty() {
                        joined.push(';');
                    }
                    joined.push_str(name);
                    joined.push('=');
                    // A label may hold the marks that part the dimensions.
                    let made = single_spaced(made.unwrap_or_default());
                    joined.push_str(&made.replace('%', "%25").replace(';', "%3B").replace('=', "%3D"));
                }
            }
        }
        Ok(out)
    }
}

/// A label as printed, but for its blanks: they differ where nothing else does, and would part one
/// category in two.
fn single_spaced(label: String) -> String {
    if !label.contains("  ") && !label.contains(|c: char| c != ' ' && c.is_whitespace()) {
        return label;
    }
    label.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The period of these parts; else which of them is to blame, where it is one alone.
fn period_of(parts: &[PeriodPart], texts: &[String], order: DateOrder) -> Result<Period, Option<usize>> {
    let at = |part: PeriodPart| parts.iter().position(|other| *other == part);
    let text = |part: PeriodPart| at(part).and_then(|at| texts.get(at)).map(String::as_str);
    let read = |part: PeriodPart, read: &dyn Fn(&str) -> Option<i8>| match text(part) {
        Some(text) => read(text).map(Some).ok_or(at(part)),
        None => Ok(None),
    };
    if let [_] = parts {
        return texts.first().and_then(|text| Period::parse(text, order)).ok_or(Some(0));
    }
    let year = text(PeriodPart::Year).and_then(year_text).ok_or(at(PeriodPart::Year))?;
    let quarter = read(PeriodPart::Quarter, &period::quarter)?;
    let month = read(PeriodPart::Month, &period::month)?;
    let day = read(PeriodPart::Day, &|text| period::number(text.trim()))?;
    let period = match (quarter, month, day) {
        (Some(quarter), ..) => Period::quarter(year, quarter),
        (None, Some(month), None) => Period::month(year, month),
        (None, Some(month), Some(day)) => Period::day(year, month, day),
        (None, None, _) => Period::year(year),
    };
    period.ok_or(None)
}

/// What a text says as a part of a period, whatever its spelling.
pub(crate) fn normal(part: PeriodPart, text: &str) -> String {
    let number = match part {
        PeriodPart::Date => {
            return Period::parse(text, DateOrder::DayFirst).map_or_else(|| text.to_owned(), |p| format!("{p:?}"));
        }
        PeriodPart::Year => year_text(text),
        PeriodPart::Quarter => period::quarter(text).map(i16::from),
        PeriodPart::Month => period::month(text).map(i16::from),
        PeriodPart::Day => period::number(text.trim()).map(i16::from),
    };
    number.map_or_else(|| text.to_owned(), |number| number.to_string())
}

/// A year; workbooks may hold it as a number with decimals.
fn year_text(text: &str) -> Option<i16> {
    period::year(text.strip_suffix(".0").unwrap_or(text))
}

fn word(part: PeriodPart) -> &'static str {
    match part {
        PeriodPart::Date => "period",
        PeriodPart::Year => "year",
        PeriodPart::Quarter => "quarter",
        PeriodPart::Month => "month",
        PeriodPart::Day => "day",
    }
}
