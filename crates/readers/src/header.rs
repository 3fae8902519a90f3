//! Where the header of a table is: found by what it says, not by a fixed row alone.

use quipu_schema::pipeline::{HeaderAt, Layout, nearest, suggestion};
use quipu_schema::{ErrorKind, Fault, Result};

/// How many rows are looked at for a header.
pub(crate) const SEARCH: usize = 200;

/// Parts the levels of a header of several rows.
const JOIN: &str = " / ";

/// A row near the top of a table, as texts.
#[derive(Debug, Clone)]
pub struct HeadRow {
    /// Its number in the document, from 1 (the line, in delimited text).
    pub number: u64,
    /// Its texts, trimmed.
    pub texts: Vec<String>,
    /// Where the row below it starts: position and, in delimited text, line.
    pub next: (u64, u64),
}

/// The header of a table.
#[derive(Debug, Clone, Default)]
pub struct Header {
    /// Number of its first row, from 1.
    pub line: u64,
    /// The name of each column: the texts of its levels, repeats left out, joined by ` / `.
    pub names: Vec<String>,
    /// The texts of each row of the header, filled up from the left but for the last row.
    pub levels: Vec<Vec<String>>,
    /// Where the rows below it start: position and, in delimited text, line.
    pub body: (u64, u64),
    /// The rows above it, by number.
    pub preamble: Vec<(u64, Vec<String>)>,
}

/// Where a name stands in a header.
#[derive(Debug, PartialEq, Eq)]
pub enum Position {
    /// In this column.
    One(usize),
    /// In several.
    Many,
    /// Nowhere.
    None,
}

/// Outcome of looking for a header.
pub(crate) enum Search {
    Found(Header),
    /// Not found; the largest number of wanted names that one row had.
    Best(usize),
}

impl Header {
    /// The header that these rows form, one above the other.
    pub fn of(rows: &[HeadRow]) -> Self {
        let width = rows.iter().map(|row| row.texts.len()).max().unwrap_or_default();
        let mut levels: Vec<Vec<String>> = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let last = index + 1 == rows.len();
            let mut level: Vec<String> = Vec::with_capacity(width);
            for column in 0..width {
                let text = row.texts.get(column).cloned().unwrap_or_default();
                // A text above several columns often stands over the first of them alone.
                let spans = text.is_empty() && !last && !parted(&levels, column);
                level.push(if spans { level.last().cloned().unwrap_or_default() } else { text });
            }
            levels.push(level);
        }
        // Nothing reaches over a column that says nothing of its own: a text far to the right of a table,
        // such as a long footnote, makes no column of it.
        let says = |column: usize| rows.iter().any(|row| row.texts.get(column).is_some_and(|text| !text.is_empty()));
        for column in (0..width).filter(|column| !says(*column)) {
            for text in levels.iter_mut().filter_map(|level| level.get_mut(column)) {
                text.clear();
            }
        }
        let name = |column: usize| {
            let mut parts: Vec<&str> = Vec::new();
            for text in levels.iter().filter_map(|level| level.get(column)) {
                if !text.is_empty() && parts.last() != Some(&text.as_str()) {
                    parts.push(text);
                }
            }
            parts.join(JOIN)
        };
        let names = (0..width).map(name).collect();
        let line = rows.first().map_or(1, |row| row.number);
        let body = rows.last().map(|row| row.next).unwrap_or_default();
        Self { line, names, levels, body, preamble: Vec::new() }
    }

    /// Where `name` stands: as written, else the same but for case and white space.
    pub fn position(&self, name: &str) -> Position {
        let exact = |other: &String| other == name;
        let folded = fold(name);
        let like = |other: &String| fold(other) == folded;
        let tests: [&dyn Fn(&String) -> bool; 2] = [&exact, &like];
        for test in tests {
            let mut found = self.names.iter().enumerate().filter(|(_, other)| test(other));
            match (found.next(), found.next()) {
                (Some((at, _)), None) => return Position::One(at),
                (Some(_), Some(_)) => return Position::Many,
                (None, _) => {}
            }
        }
        Position::None
    }

    /// Where the first of these names stands that stands anywhere.
    pub fn position_of_any(&self, names: &[&str]) -> Position {
        names.iter().map(|name| self.position(name)).find(|found| *found != Position::None).unwrap_or(Position::None)
    }

    /// The position of the column that has one of these names, the first that is there.
    ///
    /// # Errors
    /// `Shape`: no such column, or two of them.
    pub fn column_of_any(&self, names: &[&str], place: &str) -> Result<usize> {
        let there = names.iter().find(|name| self.position(name) != Position::None).or(names.first());
        self.column(there.copied().unwrap_or_default(), place)
    }

    /// The position of the column of this name.
    ///
    /// # Errors
    /// `Shape`: no such column, or two of them.
    pub fn column(&self, name: &str, place: &str) -> Result<usize> {
        match self.position(name) {
            Position::One(at) => Ok(at),
            Position::Many => Err(Fault::new(
                ErrorKind::Shape,
                format!("two columns are named `{name}` in the header on line {}", self.line),
            )
            .at(place)
            .help("the source has changed its shape, or the header is on another line: declare `header`")),
            Position::None => {
                let help = suggestion(name, self.names.iter().map(String::as_str).collect::<Vec<_>>());
                let message = format!("no column is named `{name}` in the header on line {}", self.line);
                let fault = Fault::new(ErrorKind::Shape, message).at(place);
                Err(match help {
                    Some(help) => fault.help(help),
                    None => fault,
                })
            }
        }
    }
}

/// Whether a level above has another text in this column than in the one to the left: then a text
/// to the left does not reach over it.
fn parted(levels: &[Vec<String>], column: usize) -> bool {
    let Some(left) = column.checked_sub(1) else { return true };
    levels.iter().any(|level| level.get(column) != level.get(left))
}

/// Names that differ in case and white space alone are the same.
pub(crate) fn fold(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Looks for the header among the first rows of a table.
pub(crate) fn find(rows: &[HeadRow], layout: &Layout, wanted: &[Vec<&str>]) -> Search {
    let mut best = 0;
    let height = layout.header_rows.max(1);
    for (index, window) in rows.windows(height).enumerate() {
        // A header begins with a row that says something: the empty one above it would do as well,
        // where its first row alone has all that is wanted.
        let says_nothing = |row: &HeadRow| row.texts.iter().all(String::is_empty);
        let searched = height > 1 && !matches!(layout.header, HeaderAt::Line(_));
        if searched && window.first().is_some_and(says_nothing) {
            continue;
        }
        let header = Header::of(window);
        let matched =
            |names: &[Vec<&str>]| names.iter().filter(|names| header.position_of_any(names) != Position::None).count();
        let good = match &layout.header {
            HeaderAt::Line(line) => header.line == *line,
            HeaderAt::Has(texts) => {
                matched(&texts.iter().map(|text| vec![text.as_str()]).collect::<Vec<_>>()) == texts.len()
            }
            HeaderAt::Mapped => !wanted.is_empty() && matched(wanted) == wanted.len(),
        };
        // A declared header must still part into columns, or the delimiter is another one.
        let parted = layout.delimiter.is_some() || header.names.len() > 1 || wanted.len() <= 1;
        if good && parted {
            let above = rows.get(..index).unwrap_or_default();
            let preamble = above.iter().map(|row| (row.number, row.texts.clone())).collect();
            return Search::Found(Header { preamble, ..header });
        }
        best = best.max(matched(wanted));
    }
    Search::Best(best)
}

/// The error for a table without the wanted header.
pub(crate) fn missing(rows: &[HeadRow], layout: &Layout, wanted: &[Vec<&str>], place: &str) -> Fault {
    let mut best: Option<(usize, Header)> = None;
    for window in rows.windows(layout.header_rows.max(1)) {
        let header = Header::of(window);
        let matched = wanted.iter().filter(|names| header.position_of_any(names) != Position::None).count();
        if best.as_ref().is_none_or(|(most, _)| matched > *most) {
            best = Some((matched, header));
        }
    }
    let declared = match &layout.header {
        HeaderAt::Line(line) => format!(" on line {line}"),
        HeaderAt::Has(texts) => format!(" with {}", quoted(texts.iter().map(String::as_str))),
        HeaderAt::Mapped => String::new(),
    };
    let Some((matched, header)) = best else {
        return Fault::new(ErrorKind::Shape, "the file has no records").at(place);
    };
    let absent = wanted.iter().filter(|names| header.position_of_any(names) == Position::None);
    let absent: Vec<&str> = absent.filter_map(|names| names.first().copied()).collect();
    if matched == 0 || absent.is_empty() {
        return Fault::new(ErrorKind::Shape, format!("no header{declared} is found in the first {SEARCH} records"))
            .at(place)
            .help(format!(
                "a record with {} was looked for; check the delimiter and the source",
                quoted(wanted.iter().filter_map(|names| names.first().copied()))
            ));
    }
    let mut help = Vec::new();
    for name in &absent {
        if let Some(near) = nearest(name, header.names.iter().map(String::as_str)) {
            help.push(format!("`{name}` may now be `{near}`"));
        }
    }
    let fault = Fault::new(
        ErrorKind::Shape,
        format!("the header on line {} lacks {}", header.line, quoted(absent.iter().copied())),
    )
    .at(place);
    if help.is_empty() {
        fault.help("the source has changed its shape, or the mapping is meant for another file")
    } else {
        fault.help(help.join("; "))
    }
}

/// At most a few names, in quotes.
pub(crate) fn quoted<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const SHOWN: usize = 20;
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let shown = names.get(..SHOWN.min(names.len())).unwrap_or_default().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u64, texts: &[&str]) -> HeadRow {
        HeadRow { number, texts: texts.iter().map(|text| (*text).to_owned()).collect(), next: (0, 0) }
    }

    #[test]
    fn levels_are_joined_and_filled_from_the_left() {
        let rows = [row(3, &["Country", "2019", "", "2020", ""]), row(4, &["", "Count", "Rate", "Count", "Rate"])];
        let header = Header::of(&rows);
        assert_eq!(header.names, ["Country", "2019 / Count", "2019 / Rate", "2020 / Count", "2020 / Rate"]);
        assert_eq!(header.levels[0], ["Country", "2019", "2019", "2020", "2020"]);
        // A level in the middle does not reach over the bounds of the one above.
        let rows =
            [row(1, &["a", "A", "", "B", ""]), row(2, &["", "x", "", "", "y"]), row(3, &["k", "1", "2", "3", "4"])];
        assert_eq!(Header::of(&rows).names, ["a / k", "A / x / 1", "A / x / 2", "B / 3", "B / y / 4"]);
    }

    #[test]
    fn an_empty_row_and_empty_columns_are_no_part_of_it() {
        let rows = [
            row(1, &["Table 4", "", "", "", ""]),
            row(2, &["", "", "", "", ""]),
            row(3, &["", "2019", "", "", ""]),
            row(4, &["Country", "Count", "Rate", "", ""]),
        ];
        let two = Layout { header_rows: 2, ..Layout::default() };
        let Search::Found(header) = find(&rows, &two, &[vec!["Country"]]) else { panic!("not found") };
        assert_eq!(
            (header.line, header.names.as_slice()),
            (3, ["Country", "2019 / Count", "2019 / Rate", "", ""].map(String::from).as_slice())
        );
        let declared = Layout { header: HeaderAt::Line(2), ..two };
        let Search::Found(header) = find(&rows, &declared, &[]) else { panic!("not found") };
        assert_eq!(header.line, 2, "but where it is declared to be");
    }

    #[test]
    fn the_header_is_found_by_its_names_wherever_it_is() {
        let rows = [row(1, &["Ministry", ""]), row(2, &[]), row(7, &[" País".trim(), "Año", "Valor"])];
        let Search::Found(header) = find(&rows, &Layout::default(), &[vec!["valor"], vec!["pais", "país"]]) else {
            panic!("not found")
        };
        assert_eq!((header.line, header.preamble.len()), (7, 2));
        let message =
            missing(&rows, &Layout::default(), &[vec!["País"], vec!["Año"], vec!["Valores"]], "f.csv").to_string();
        assert!(message.starts_with("f.csv: the header on line 7 lacks `Valores`"), "{message}");
        assert!(message.contains("`Valores` may now be `Valor`"), "{message}");
    }
}
