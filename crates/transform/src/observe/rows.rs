//! Rows as they are collected: one entry per value cell.

use super::TEXTS;
use super::recipe::NULL;

/// Numbers of one column; most columns have the same number in every row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// Every row has this number.
    Same(u32),
    /// Each row has its own.
    Each(Vec<u32>),
}

impl Numbers {
    /// The number of a row.
    pub(crate) fn get(&self, row: usize) -> u32 {
        match self {
            Self::Same(number) => *number,
            Self::Each(numbers) => numbers.get(row).copied().unwrap_or(NULL),
        }
    }

    /// Adds a row where each has its own.
    pub(crate) fn push(&mut self, number: u32) {
        if let Self::Each(numbers) = self {
            numbers.push(number);
        }
    }

    /// Appends the numbers of `count` rows to those of `held`, each replaced by its entry in `map`.
    /// Null stays null.
    fn append(&mut self, held: usize, more: &Self, count: usize, map: &[u32]) {
        let mapped = |number: u32| map.get(number as usize).copied().unwrap_or(NULL);
        if count == 0 {
            return;
        }
        match (&mut *self, more) {
            (Self::Same(ours), Self::Same(theirs)) if held == 0 || *ours == mapped(*theirs) => *ours = mapped(*theirs),
            (Self::Same(ours), _) => {
                let mut numbers = vec![*ours; held];
                numbers.reserve(count);
                *self = Self::Each(numbers);
                self.append(held, more, count, map);
            }
            (Self::Each(ours), Self::Same(theirs)) => ours.resize(ours.len() + count, mapped(*theirs)),
            (Self::Each(ours), Self::Each(theirs)) => ours.extend(theirs.iter().map(|number| mapped(*number))),
        }
    }
}

/// Rows as they are collected.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The text columns, as numbers into their dictionaries.
    pub(crate) texts: [Numbers; TEXTS.len()],
    /// Number of the header name.
    pub(crate) header: Numbers,
    /// Number of the document.
    pub(crate) document: Numbers,
    /// Number of the text in the column that tells totals; null where no column does.
    pub(crate) total: Numbers,
    /// Number of the status of a missing value; null where the value is there.
    pub(crate) missing: Numbers,
    /// Number of the period.
    pub(crate) period: Vec<u32>,
    /// Line of the record.
    pub(crate) line: Vec<u64>,
    /// First byte of the value.
    pub(crate) start: Vec<usize>,
    /// One past the last byte of the value.
    pub(crate) end: Vec<usize>,
    /// Whether the value's bytes hold doubled quotes.
    pub(crate) escaped: Vec<bool>,
}

/// How the numbers of a piece turn into those of the whole.
#[derive(Debug, Default)]
pub(crate) struct Maps {
    pub(crate) texts: Vec<Vec<u32>>,
    pub(crate) status: Vec<u32>,
    pub(crate) header: Vec<u32>,
    pub(crate) document: Vec<u32>,
    pub(crate) total: Vec<u32>,
    pub(crate) period: Vec<u32>,
}

impl Rows {
    /// No rows, in which these columns are the same in all to come.
    pub(crate) fn new(same: [Option<u32>; TEXTS.len()], header: Option<u32>, document: u32, totals: bool) -> Self {
        let numbers = |same: Option<u32>| same.map_or_else(|| Numbers::Each(Vec::new()), Numbers::Same);
        Self {
            texts: same.map(numbers),
            header: numbers(header),
            document: Numbers::Same(document),
            total: numbers((!totals).then_some(NULL)),
            missing: Numbers::Same(NULL),
            period: Vec::new(),
            line: Vec::new(),
            start: Vec::new(),
            end: Vec::new(),
            escaped: Vec::new(),
        }
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.line.len()
    }

    /// Notes that the value of the row to come is missing, with this status.
    pub(crate) fn push_missing(&mut self, status: Option<u32>) {
        if let (Numbers::Same(_), Some(_)) = (&self.missing, status) {
            self.missing = Numbers::Each(vec![NULL; self.len()]);
        }
        self.missing.push(status.unwrap_or(NULL));
    }

    /// Whether the value of a row is missing.
    pub(crate) fn is_missing(&self, row: usize) -> bool {
        self.missing.get(row) != NULL
    }

    /// Makes room for so many rows more.
    pub(crate) fn reserve(&mut self, more: usize) {
        let columns =
            self.texts.iter_mut().chain([&mut self.header, &mut self.document, &mut self.total, &mut self.missing]);
        for column in columns {
            if let Numbers::Each(numbers) = column {
                numbers.reserve(more);
            }
        }
        self.period.reserve(more);
        self.line.reserve(more);
        self.start.reserve(more);
        self.end.reserve(more);
        self.escaped.reserve(more);
    }

    /// Appends the rows of a piece.
    pub(crate) fn append(&mut self, piece: &Self, maps: &Maps) {
        let (held, count) = (self.len(), piece.len());
        for ((ours, theirs), map) in self.texts.iter_mut().zip(&piece.texts).zip(&maps.texts) {
            ours.append(held, theirs, count, map);
        }
        self.header.append(held, &piece.header, count, &maps.header);
        self.document.append(held, &piece.document, count, &maps.document);
        self.total.append(held, &piece.total, count, &maps.total);
        self.missing.append(held, &piece.missing, count, &maps.status);
        self.period
            .extend(piece.period.iter().map(|period| maps.period.get(*period as usize).copied().unwrap_or(NULL)));
        self.line.extend(&piece.line);
        self.start.extend(&piece.start);
        self.end.extend(&piece.end);
        self.escaped.extend(&piece.escaped);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stay_short_as_long_as_all_rows_agree() {
        let mut numbers = Numbers::Same(9);
        numbers.append(0, &Numbers::Same(0), 2, &[5]);
        assert_eq!(numbers, Numbers::Same(5));
        numbers.append(2, &Numbers::Same(1), 3, &[4, 5]);
        assert_eq!(numbers, Numbers::Same(5));
        numbers.append(5, &Numbers::Each(vec![0, NULL]), 2, &[7]);
        assert_eq!(numbers, Numbers::Each(vec![5, 5, 5, 5, 5, 7, NULL]));
        numbers.append(7, &Numbers::Same(NULL), 1, &[]);
        assert_eq!((numbers.get(6), numbers.get(7), numbers.get(99)), (NULL, NULL, NULL));
    }

    #[test]
    fn missing_values_are_noted_from_the_first_one_on() {
        let mut rows = Rows::new([Some(0); TEXTS.len()], Some(0), 0, false);
        for (line, status) in [(1, None), (2, Some(3)), (3, None)] {
            rows.push_missing(status);
            rows.line.push(line);
        }
        assert_eq!((rows.is_missing(0), rows.is_missing(1), rows.is_missing(2)), (false, true, false));
    }
}
