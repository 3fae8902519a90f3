//! What the cells of a column say, counted: kinds, distinct texts, numbers and their marks, dates.

use quipu_readers::{Form, SampledRow};
use quipu_schema::pipeline::DateOrder;
use rustc_hash::FxHashMap;

use crate::number::{Evidence, Marks};
use crate::observe::value::{Markers, Reading, looks_like_a_number};
use crate::period::{self, Period};

/// Most distinct texts of a column that are kept.
const KEPT: usize = 5_000;
/// Distinct texts beyond those that are looked at.
const BEYOND: usize = 20_000;
/// Examples of each thing.
const EXAMPLES: usize = 3;

/// A text of a column.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pub(super) text: String,
    pub(super) count: u64,
    /// Number of the row where it first stands.
    pub(super) row: u64,
    pub(super) class: Class,
}

/// What a text may be.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a text may be several of these at once")]
pub(super) struct Class {
    pub(super) number: bool,
    pub(super) whole: bool,
    pub(super) zero_led: bool,
    pub(super) missing: bool,
    /// Neither a number nor a text for a missing one.
    pub(super) odd: bool,
    pub(super) year: bool,
    pub(super) month: bool,
    pub(super) month_name: bool,
    pub(super) day_first: bool,
    pub(super) month_first: bool,
}

/// What the cells of a column say.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    /// Name in the header.
    pub(super) name: String,
    /// Cells with a text, and without one.
    pub(super) filled: u64,
    pub(super) blank: u64,
    /// Distinct texts in the order of their first use.
    pub(super) labels: Vec<Label>,
    /// Cells that read as numbers: plain, with a mark behind, as bounds.
    pub(super) numbers: u64,
    pub(super) marked: Vec<Label>,
    pub(super) bounded: Vec<Label>,
    /// Texts that stand for a missing value.
    pub(super) missing_count: u64,
    /// What is none of these, in a column of numbers.
    pub(super) odd: Vec<Label>,
    pub(super) odd_count: u64,
    /// What the numbers prove of their marks.
    pub(super) evidence: Evidence,
    /// Numbers without decimals; least and greatest number.
    pub(super) whole: u64,
    pub(super) least: f64,
    pub(super) greatest: f64,
    /// Digits alone with a zero in front; longest and shortest run of digits alone.
    pub(super) zero_led: u64,
    pub(super) digits: Option<(usize, usize)>,
    pub(super) years: u64,
    pub(super) months: u64,
    pub(super) month_names: u64,
    /// Periods longer than a bare year or number, day first and month first, with the finest frequency.
    pub(super) dates: u64,
    pub(super) day_first: u64,
    pub(super) month_first: u64,
    /// A date that reads in one order only.
    pub(super) order_proof: Option<(String, u64)>,
    /// A date that is another day in either order.
    pub(super) either_order: Option<String>,
    pub(super) freqs: Vec<&'static str>,
    /// Bytes of all texts, longest text in characters.
    pub(super) bytes: u64,
    pub(super) longest: usize,
    /// Cells that repeat a merged cell.
    pub(super) covered: u64,
    numbered: FxHashMap<String, usize>,
    /// Texts beyond those kept that were looked at, and cells that were not.
    beyond: usize,
    unheard: u64,
}

impl Profile {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            filled: 0,
            blank: 0,
            labels: Vec::new(),
            numbers: 0,
            marked: Vec::new(),
            bounded: Vec::new(),
            missing_count: 0,
            odd: Vec::new(),
            odd_count: 0,
            evidence: Evidence::new(None, None),
            whole: 0,
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
            zero_led: 0,
            digits: None,
            years: 0,
            months: 0,
            month_names: 0,
            dates: 0,
            day_first: 0,
            month_first: 0,
            order_proof: None,
            either_order: None,
            freqs: Vec::new(),
            bytes: 0,
            longest: 0,
            covered: 0,
            numbered: FxHashMap::default(),
            beyond: 0,
            unheard: 0,
        }
    }

    /// Hears of the cell of a row.
    pub(super) fn hear(&mut self, row: &SampledRow, column: usize, markers: &Markers) {
        let Some(cell) = row.cells.get(column).filter(|cell| !cell.text.is_empty()) else {
            self.blank += 1;
            return;
        };
        let text = cell.text.as_str();
        self.covered += u64::from(cell.form == Form::Covered);
        self.filled += 1;
        self.bytes += text.len() as u64;
        let known = self.numbered.get(text).copied();
        let class = match known.and_then(|at| self.labels.get_mut(at)) {
            Some(label) => {
                label.count += 1;
                label.class
            }
            None => {
                if self.labels.len() + self.beyond >= KEPT + BEYOND {
                    self.unheard += 1;
                    return;
                }
                self.longest = self.longest.max(text.chars().count());
                let class = self.classify(text, cell.form, row.number, markers);
                if self.labels.len() < KEPT {
                    self.numbered.insert(text.to_owned(), self.labels.len());
                    self.labels.push(Label { text: text.to_owned(), count: 1, row: row.number, class });
                } else {
                    self.beyond += 1;
                }
                class
            }
        };
        self.apply(class);
    }

    fn apply(&mut self, class: Class) {
        self.numbers += u64::from(class.number);
        self.whole += u64::from(class.whole);
        self.zero_led += u64::from(class.zero_led);
        self.missing_count += u64::from(class.missing);
        self.odd_count += u64::from(class.odd);
        self.years += u64::from(class.year);
        self.months += u64::from(class.month);
        self.month_names += u64::from(class.month_name);
        self.dates += u64::from(class.day_first || class.month_first);
        self.day_first += u64::from(class.day_first);
        self.month_first += u64::from(class.month_first);
    }

    fn classify(&mut self, text: &str, form: Form, row: u64, markers: &Markers) -> Class {
        let mut class = Class::default();
        self.classify_number(text, form, row, markers, &mut class);
        self.classify_date(text, form, row, &mut class);
        class
    }

    fn classify_number(&mut self, text: &str, form: Form, row: u64, markers: &Markers, class: &mut Class) {
        // Marks are not yet known: every candidate is tried by the evidence, one reading is enough here.
        let english = Marks { decimal: '.', thousands: Some(',') };
        let label = || Label { text: text.to_owned(), count: 1, row, class: Class::default() };
        let number = match markers.read(text, form, english, &mut self.evidence) {
            Reading::Number(value) => Some(value),
            Reading::Marked(value, _) => {
                add(&mut self.marked, label());
                Some(value)
            }
            Reading::Bounded { .. } => {
                add(&mut self.bounded, label());
                Some(f64::NAN)
            }
            Reading::Missing(_) => {
                class.missing = true;
                None
            }
            Reading::Bad(_) if looks_like_a_number(text) => {
                // In another format than the one tried.
                let readings = [(',', Some('.')), ('.', Some(' ')), (',', Some(' ')), ('.', Some('\''))];
                let value =
                    readings.into_iter().find_map(|(decimal, thousands)| Marks { decimal, thousands }.read(text));
                Some(value.unwrap_or(f64::NAN))
            }
            Reading::Bad(_) => {
                class.odd = true;
                add(&mut self.odd, label());
                None
            }
        };
        let Some(value) = number else { return };
        class.number = true;
        if value.is_finite() {
            self.least = self.least.min(value);
            self.greatest = self.greatest.max(value);
            class.whole = value.fract() == 0.0;
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            class.zero_led = text.len() > 1 && text.starts_with('0');
            let (least, most) = self.digits.unwrap_or((text.len(), text.len()));
            self.digits = Some((least.min(text.len()), most.max(text.len())));
        }
    }

    fn classify_date(&mut self, text: &str, form: Form, row: u64, class: &mut Class) {
        if period::year(text).is_some_and(|year| (1900..=2100).contains(&year)) {
            class.year = true;
            return;
        }
        if let Some(number) = period::number(text) {
            class.month = (1..=12).contains(&number);
            return;
        }
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let packed = matches!(text.len(), 6 | 8) && text.starts_with(['1', '2']);
        if text.len() > 40 || (digits && form != Form::Date && !packed) {
            return;
        }
        if period::month(text).is_some() {
            class.month_name = true;
            return;
        }
        let (day, month) = (Period::parse(text, DateOrder::DayFirst), Period::parse(text, DateOrder::MonthFirst));
        (class.day_first, class.month_first) = (day.is_some(), month.is_some());
        let Some(period) = day.or(month) else { return };
        if day.is_some() != month.is_some() && self.order_proof.is_none() {
            self.order_proof = Some((text.to_owned(), row));
        }
        if day.is_some() && month.is_some() && day != month && self.either_order.is_none() {
            self.either_order = Some(text.to_owned());
        }
        if !self.freqs.contains(&period.freq) {
            self.freqs.push(period.freq);
        }
    }

    /// Cells that say something: filled, and no text for "no value".
    pub(super) fn said(&self) -> u64 {
        self.filled.saturating_sub(self.missing_count + self.unheard)
    }

    /// Whether nearly all that is said are numbers.
    pub(super) fn is_numeric(&self) -> bool {
        let said = self.said();
        self.numbers > 0 && self.numbers * 100 >= said * 90
    }

    /// Whether most are numbers and few texts are not: marks that no list knows yet.
    pub(super) fn is_mostly_numeric(&self) -> bool {
        self.numbers * 2 >= self.said() && self.numbers > 0 && self.odd.len() <= 3
    }

    /// Whether all numbers are whole.
    pub(super) fn is_whole(&self) -> bool {
        self.is_numeric() && self.whole == self.numbers
    }

    /// Whether nearly all are of this count.
    pub(super) fn nearly(&self, count: u64) -> bool {
        count > 0 && count * 100 >= self.said() * 97
    }

    /// A few of its texts.
    pub(super) fn examples(&self) -> Vec<String> {
        self.labels.iter().take(EXAMPLES).map(|label| label.text.clone()).collect()
    }

    /// Whether more distinct texts stand there than were kept.
    pub(super) fn more(&self) -> bool {
        self.beyond > 0
    }

    /// Texts that stand for a missing value, the most frequent first.
    pub(super) fn missing(&self) -> Vec<&Label> {
        let mut missing: Vec<&Label> = self.labels.iter().filter(|label| label.class.missing).collect();
        missing.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.text.cmp(&other.text)));
        missing
    }

    /// The mean length of a text, in bytes.
    pub(super) fn mean(&self) -> u64 {
        self.bytes / self.filled.max(1)
    }
}

fn add(labels: &mut Vec<Label>, label: Label) {
    match labels.iter_mut().find(|known| known.text == label.text) {
        Some(known) => known.count += 1,
        None => {
            if labels.len() < 16 {
                labels.push(label);
            }
        }
    }
}
