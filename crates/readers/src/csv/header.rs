//! Where the header of a delimited text is: found by what it says, not by a fixed row alone.

use quipu_schema::pipeline::{HeaderAt, Layout, nearest};
use quipu_schema::{ErrorKind, Fault};

use super::encoding::Encoded;
use super::scan::{Found, Scanner};
use super::unescaped;

/// How many records are looked at for a header.
const SEARCH: usize = 200;

/// The header record of a delimited text.
#[derive(Debug, Clone, Default)]
pub struct Header {
    /// Line on which it starts, from 1.
    pub line: u64,
    /// The names, trimmed, in order.
    pub names: Vec<String>,
    /// Where the records below it start: byte and line.
    pub body: (usize, u64),
    /// The records above it: line and fields as byte ranges with their text.
    pub preamble: Vec<(u64, Vec<(super::Field, String)>)>,
}

/// Where a name stands in a header.
#[derive(Debug, PartialEq, Eq)]
pub enum Position {
    One(usize),
    Many,
    None,
}

/// Outcome of looking for a header with one delimiter.
pub(super) enum Search {
    Found(Header),
    /// Not found; the largest number of wanted names that one record had.
    Best(usize),
}

impl Header {
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
}

fn fold(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Looks for the header.
pub(super) fn find(encoded: &Encoded<'_>, delimiter: u8, options: &Layout, wanted: &[&str]) -> Search {
    let mut best = 0;
    let mut preamble = Vec::new();
    let mut scanner = Scanner::new(&encoded.bytes, delimiter, encoded.mark, 1);
    for _ in 0..SEARCH {
        match scanner.step() {
            Found::End => break,
            Found::Blank | Found::UnclosedQuote => continue,
            Found::Record => {}
        }
        let fields: Vec<_> = scanner
            .fields()
            .iter()
            .map(|field| (*field, unescaped(encoded, *field).map(|text| text.trim().to_owned()).unwrap_or_default()))
            .collect();
        let header = Header {
            line: scanner.record_line(),
            names: fields.iter().map(|(_, name)| name.clone()).collect(),
            body: scanner.position(),
            preamble: Vec::new(),
        };
        let matched = |names: &[&str]| names.iter().filter(|name| header.position(name) != Position::None).count();
        let good = match &options.header {
            HeaderAt::Line(line) => header.line == *line,
            HeaderAt::Has(texts) => matched(&texts.iter().map(String::as_str).collect::<Vec<_>>()) == texts.len(),
            HeaderAt::Mapped => !wanted.is_empty() && matched(wanted) == wanted.len(),
        };
        // A declared header must still part into columns, or the delimiter is another one.
        let parted = options.delimiter.is_some() || header.names.len() > 1 || wanted.len() <= 1;
        if good && parted {
            return Search::Found(Header { preamble, ..header });
        }
        best = best.max(matched(wanted));
        preamble.push((scanner.record_line(), fields));
    }
    Search::Best(best)
}

/// The error for a text without the wanted header.
pub(super) fn missing(encoded: &Encoded<'_>, delimiter: u8, options: &Layout, wanted: &[&str], place: &str) -> Fault {
    let mut scanner = Scanner::new(&encoded.bytes, delimiter, encoded.mark, 1);
    let mut best: Option<(usize, Header)> = None;
    for _ in 0..SEARCH {
        match scanner.step() {
            Found::End => break,
            Found::Record => {}
            Found::Blank | Found::UnclosedQuote => continue,
        }
        let names: Vec<String> = scanner
            .fields()
            .iter()
            .map(|field| unescaped(encoded, *field).map(|text| text.trim().to_owned()).unwrap_or_default())
            .collect();
        let header = Header { line: scanner.record_line(), names, ..Header::default() };
        let matched = wanted.iter().filter(|name| header.position(name) != Position::None).count();
        if best.as_ref().is_none_or(|(most, _)| matched > *most) {
            best = Some((matched, header));
        }
    }
    let declared = match &options.header {
        HeaderAt::Line(line) => format!(" on line {line}"),
        HeaderAt::Has(texts) => format!(" with {}", quoted(texts.iter().map(String::as_str))),
        HeaderAt::Mapped => String::new(),
    };
    let Some((matched, header)) = best else {
        return Fault::new(ErrorKind::Shape, "the file has no records").at(place);
    };
    let absent: Vec<&str> = wanted.iter().copied().filter(|name| header.position(name) == Position::None).collect();
    if matched == 0 || absent.is_empty() {
        return Fault::new(ErrorKind::Shape, format!("no header{declared} is found in the first {SEARCH} records"))
            .at(place)
            .help(format!(
                "a record with {} was looked for; check the delimiter and the source",
                quoted(wanted.iter().copied())
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

fn quoted<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::CsvText;
    use super::*;

    fn open(text: &str, options: &Layout, wanted: &[&str]) -> quipu_schema::Result<(u8, u64, Vec<String>)> {
        let csv = CsvText::open(text.as_bytes(), options, wanted, "f.csv")?;
        Ok((csv.delimiter, csv.header.line, csv.header.names))
    }

    #[test]
    fn the_header_is_found_below_a_preamble_whatever_the_delimiter() {
        for delimiter in [",", ";", "\t", "|"] {
            let text = format!(
                "UNODC{delimiter}mail\n17/06/2022\n\nIso3{delimiter} Year {delimiter}VALUE\nMEX{delimiter}2019{delimiter}1\n"
            );
            let (found, line, names) = open(&text, &Layout::default(), &["VALUE", "year"]).expect("found");
            assert_eq!((found, line), (delimiter.as_bytes()[0], 4));
            assert_eq!(names, ["Iso3", "Year", "VALUE"]);
        }
    }

    #[test]
    fn a_missing_column_is_named_with_its_line_and_the_nearest_name() {
        let message =
            open("a,b\nPaís,Año,Valor\n1,2,3\n", &Layout::default(), &["País", "Año", "Valores"]).expect_err("gone");
        assert_eq!(message.kind(), ErrorKind::Shape);
        let message = message.to_string();
        assert!(message.starts_with("f.csv: the header on line 2 lacks `Valores`"), "{message}");
        assert!(message.contains("`Valores` may now be `Valor`"), "{message}");
    }

    #[test]
    fn two_columns_of_one_name_are_an_error_only_when_read() {
        let csv = CsvText::open(b"a,b,b\n1,2,3\n", &Layout::default(), &["a"], "f.csv").expect("open");
        assert!(csv.column("a", "f.csv").is_ok());
        assert!(csv.column("b", "f.csv").expect_err("two").to_string().contains("two columns"));
    }

    #[test]
    fn a_declared_line_is_obeyed() {
        let options = Layout { header: HeaderAt::Line(2), ..Layout::default() };
        assert_eq!(open("a,b\nc,d\n1,2\n", &options, &["c"]).map(|h| h.1).ok(), Some(2));
    }
}
