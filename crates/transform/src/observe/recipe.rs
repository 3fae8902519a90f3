//! Recipes: how a record's fields become one text of an observation, worked out once per distinct
//! input and remembered.

use std::borrow::Cow;

use quipu_schema::pipeline::{Codes, Origin, Placed, Take, TakeFrom};
use quipu_schema::quarantine::Reason;
use quipu_schema::{ErrorKind, Fault, Result};
use rustc_hash::FxHashMap;

use crate::codes::Reference;
use crate::frame::{Gate, Refusal, clip};
use crate::period::{self, Period};
use quipu_readers::csv::{CsvText, Field};

/// Parts the fields of a remembered input.
const SEPARATOR: u8 = 0x1f;
/// The code of null in a dictionary.
pub(crate) const NULL: u32 = u32::MAX;

/// Distinct texts of one column, numbered in the order of their first use.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    pub(crate) texts: Vec<String>,
    numbers: FxHashMap<String, u32>,
}

impl Dictionary {
    /// The number of a text.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(NULL - 1);
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }

    /// Takes over the texts of another dictionary; gives our number for each of its numbers.
    pub(crate) fn absorb(&mut self, other: &Self) -> Vec<u32> {
        other.texts.iter().map(|text| self.number(text)).collect()
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
    map: Vec<(String, String)>,
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
    /// A period: the first piece is the year or the whole, the second the month.
    Period,
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

/// Outcome of a recipe: a number in a dictionary (or [`NULL`]), or an index into the refusals.
pub(crate) type Made = Result<u32, usize>;

/// Where recipes put what they make.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    /// Dictionaries of the text columns.
    pub(crate) dictionaries: Vec<Dictionary>,
    /// Distinct periods.
    pub(crate) periods: Vec<Period>,
    numbers: FxHashMap<Period, u32>,
    /// Distinct refusals.
    pub(crate) refusals: Vec<Refusal>,
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

    fn refuse(&mut self, refusal: Refusal) -> usize {
        self.refusals.push(refusal);
        self.refusals.len() - 1
    }
}

impl Piece {
    /// The piece of an origin; `header` is the header of the value column.
    ///
    /// # Errors
    /// A column or preamble label that is not there; an unknown scheme.
    pub(crate) fn bind(
        name: Option<&str>,
        origin: &Origin,
        header: &str,
        csv: &CsvText<'_>,
        reference: &Reference,
        place: &str,
    ) -> Result<Self> {
        let name = name.map(str::to_owned);
        let take = match origin {
            Origin::Constant(text) => {
                let from = PieceFrom::Known(text.value.clone());
                return Ok(Self { name, from, join: String::new(), codes: None, map: Vec::new() });
            }
            Origin::Read(take) => take,
        };
        if let Some(codes) = &take.codes {
            reference.check(codes, place)?;
        }
        let from = match &take.from {
            TakeFrom::Header => PieceFrom::Known(header.to_owned()),
            TakeFrom::Preamble(label) => PieceFrom::Known(preamble(csv, label, place)?),
            TakeFrom::Columns(columns) => PieceFrom::Columns(
                columns.iter().map(|column| csv.column(&column.value, place)).collect::<Result<_>>()?,
            ),
        };
        let Take { join, codes, map, .. } = take.clone();
        Ok(Self { name, from, join, codes, map })
    }

    fn make(&self, csv: &CsvText<'_>, fields: &[Field], reference: &Reference) -> Result<Option<String>, Refusal> {
        let text = match &self.from {
            PieceFrom::Known(text) => Cow::Borrowed(text.as_str()),
            PieceFrom::Columns(columns) => Cow::Owned(
                csv.joined(fields, columns, &self.join).ok_or_else(|| Refusal::encoding(csv.encoded.name()))?,
            ),
        };
        if let Some((_, meant)) = self.map.iter().find(|(printed, _)| *printed == text) {
            return Ok(Some(meant.clone()));
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
}

/// The cell to the right of a label in the lines above the header.
fn preamble(csv: &CsvText<'_>, label: &Placed<String>, place: &str) -> Result<String> {
    for (_, fields) in &csv.header.preamble {
        let mut texts = fields.iter().map(|(_, text)| text.as_str());
        if texts.any(|text| text == label.value)
            && let Some(text) = texts.find(|text| !text.is_empty())
        {
            return Ok(text.to_owned());
        }
    }
    Err(Fault::new(ErrorKind::Shape, format!("the lines above the header have no value beside `{}`", label.value))
        .at(place)
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

    /// Whether the outcome is the same for every record.
    pub(crate) fn is_known(&self) -> bool {
        self.reads.is_empty()
    }

    /// Makes the text or period of a record.
    pub(crate) fn make(
        &mut self,
        csv: &CsvText<'_>,
        fields: &[Field],
        reference: &Reference,
        shelf: &mut Shelf,
    ) -> Made {
        let bytes = &csv.encoded.bytes;
        let range = |column: &usize| fields.get(*column).and_then(|f| bytes.get(f.start..f.end)).unwrap_or_default();
        if let ([column], (last, Some(made))) = (self.reads.as_slice(), &self.last)
            && last.as_slice() == range(column)
        {
            return *made;
        }
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        for (index, column) in self.reads.iter().enumerate() {
            if index > 0 {
                key.push(SEPARATOR);
            }
            key.extend_from_slice(range(column));
        }
        let made = match (&self.last, self.made.get(&key)) {
            ((last, Some(made)), _) if *last == key => *made,
            (_, Some(made)) => *made,
            (_, None) => {
                let made = self.work(csv, fields, reference, shelf).map_err(|refusal| shelf.refuse(refusal));
                self.made.insert(key.clone(), made);
                made
            }
        };
        self.key = std::mem::replace(&mut self.last, (key, Some(made))).0;
        made
    }

    fn work(
        &self,
        csv: &CsvText<'_>,
        fields: &[Field],
        reference: &Reference,
        shelf: &mut Shelf,
    ) -> Result<u32, Refusal> {
        match &self.makes {
            Makes::Text { column, gate } => {
                let text = self.compose(csv, fields, reference)?;
                let Some(text) = text else {
                    gate.null()?;
                    return Ok(NULL);
                };
                gate.read(&text)?;
                gate.refer(&text, reference)?;
                let dictionary = shelf.dictionaries.get_mut(*column);
                Ok(dictionary.map_or(NULL, |dictionary| dictionary.number(&text)))
            }
            Makes::Period => {
                let mut texts = Vec::new();
                for piece in &self.pieces {
                    texts.push(piece.make(csv, fields, reference)?.unwrap_or_default());
                }
                let period = match texts.as_slice() {
                    [whole] => Period::parse(whole),
                    [year, month] => {
                        period::year(year).zip(period::month(month)).and_then(|(y, m)| Period::month(y, m))
                    }
                    _ => None,
                };
                let period = period.ok_or_else(|| Refusal {
                    reason: Reason::BadPeriod,
                    message: format!("`{}` is no period", clip(&texts.join(" "))),
                })?;
                Ok(shelf.period(period))
            }
        }
    }

    fn compose(&self, csv: &CsvText<'_>, fields: &[Field], reference: &Reference) -> Result<Option<String>, Refusal> {
        let mut out: Option<String> = None;
        for piece in &self.pieces {
            let made = piece.make(csv, fields, reference)?;
            match (&piece.name, made) {
                (None, made) => return Ok(made),
                (Some(name), made) => {
                    let joined = out.get_or_insert_default();
                    if !joined.is_empty() {
                        joined.push(';');
                    }
                    joined.push_str(name);
                    joined.push('=');
                    // A label may hold the marks that part the dimensions.
                    let made = made.unwrap_or_default();
                    joined.push_str(&made.replace('%', "%25").replace(';', "%3B").replace('=', "%3D"));
                }
            }
        }
        Ok(out)
    }
}
