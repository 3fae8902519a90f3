//! Samples: the rows of a document before anything is known of it, for whoever has to find out what
//! they are. What is small is given whole; of what is large the start, some stretches further on, and
//! the end.

use quipu_schema::pipeline::{Format, Layout};
use quipu_schema::{ErrorKind, Fault, Result};

use crate::csv::{BytesEnd, Encoded, Found, Scanner};
use crate::{Content, Form, Grid, HeadRow, Limits, Places, format};

/// Bytes at the start of delimited text that are looked at.
const START: u64 = 8 << 20;
/// Bytes of each further stretch, and of the end.
const STRETCH: u64 = 128 << 10;
/// Stretches between start and end.
const STRETCHES: u64 = 8;
/// Most cells of a grid that are given.
const CELLS: usize = 1_500_000;
/// Rows at the end of a grid that are given in any case.
const LAST: usize = 1_000;
/// Records by which a delimiter is told.
const TOLD: usize = 1_000;
/// Delimiters that are tried, the most common first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A table of a document, as far as it was looked at.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The format of the document.
    pub format: Format,
    /// What the table is called; empty in delimited text.
    pub title: String,
    /// Its number among the tables of the document, from 1.
    pub number: usize,
    /// What its reader noted.
    pub notes: Vec<String>,
    /// Encoding and how it was known (delimited text).
    pub encoding: Option<(String, &'static str)>,
    /// The delimiter (delimited text).
    pub delimiter: Option<u8>,
    /// Pointer to the records (JSON).
    pub records: Option<String>,
    /// The rows, in order; blank ones are left out.
    pub rows: Vec<SampledRow>,
    /// Whether these are all rows.
    pub whole: bool,
    /// Bytes at the start of the document that hold whole records; the length of it where it is whole.
    pub start: u64,
}

/// A row of a sample.
#[derive(Debug, Clone)]
pub struct SampledRow {
    /// Its number in the document, from 1 (the line, in delimited text).
    pub number: u64,
    /// Its cells.
    pub cells: Vec<SampledCell>,
    /// Whether rows before it were not looked at.
    pub gap: bool,
}

/// A cell of a sample.
#[derive(Debug, Clone, Default)]
pub struct SampledCell {
    /// Its text, trimmed.
    pub text: String,
    /// How the text came to be.
    pub form: Form,
}

impl SampledRow {
    /// The text of a column; empty where the row has none.
    pub fn text(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell.text.as_str())
    }

    /// The row as headers are made of.
    pub fn head(&self) -> HeadRow {
        let texts = self.cells.iter().map(|cell| cell.text.clone()).collect();
        HeadRow { number: self.number, texts, next: (0, 0) }
    }
}

/// The tables of a document, whatever its format, as far as they are looked at.
///
/// # Errors
/// A document that its reader refuses, or that no reader reads.
pub fn sample(content: Content<'_>, limits: &Limits) -> Result<Vec<Sample>> {
    if content.length() == 0 {
        return Err(Fault::new(ErrorKind::Shape, "the file is empty"));
    }
    let format = format::sniff(content)?;
    let layout = Layout::default();
    let Some(reader) = format::reader(format) else { return Ok(vec![delimited(content, limits)?]) };
    let bytes = content.all(limits)?;
    let grids = reader.read(&bytes, &layout, limits)?;
    Ok(grids.iter().zip(1..).map(|(grid, number)| of_grid(grid, format, number, content.length())).collect())
}

fn of_grid(grid: &Grid, format: Format, number: usize, length: u64) -> Sample {
    let height = grid.rows().len();
    let (mut rows, mut cells, mut gap, mut whole) = (Vec::new(), 0, false, true);
    for (position, row) in grid.rows().iter().enumerate() {
        if cells > CELLS && position + LAST < height {
            (gap, whole) = (true, false);
            continue;
        }
        let texts = grid.cells(position).iter();
        let texts: Vec<SampledCell> =
            texts.map(|cell| SampledCell { text: grid.text(*cell).trim().to_owned(), form: cell.form }).collect();
        if texts.iter().all(|cell| cell.text.is_empty()) {
            continue;
        }
        cells += texts.len();
        rows.push(SampledRow { number: row.number, cells: texts, gap: std::mem::take(&mut gap) });
    }
    let records = match grid.places() {
        Places::Pointers { base, .. } => Some(base.clone()),
        _ => None,
    };
    let (title, notes) = (grid.title.clone(), grid.notes.clone());
    Sample { format, title, number, notes, encoding: None, delimiter: None, records, rows, whole, start: length }
}

fn delimited(content: Content<'_>, limits: &Limits) -> Result<Sample> {
    let encoded = Encoded::new(content, None, limits)?;
    let delimiter = delimiter(&encoded)?;
    let (mark, length) = (encoded.mark, encoded.length());
    let end = length.min(mark + START);
    let (mut rows, at) = stretch(&encoded, delimiter, (mark, end, 1), length)?;
    let whole = end >= length;
    if !whole {
        let usual = usual_width(&rows);
        let between = length.saturating_sub(end + STRETCH);
        let starts = (1..=STRETCHES).map(|part| end + between / (STRETCHES + 1) * part).chain([length - STRETCH]);
        for start in starts.filter(|start| *start > end) {
            // Behind the first line end a record begins, unless it stands in a quoted field: what does
            // not have the usual width at first is no record.
            let window = encoded.range(start, (start + STRETCH).min(length))?;
            let Some(feed) = memchr::memchr(b'\n', &window) else { continue };
            let from = start + feed as u64 + 1;
            let line = encoded.line_at(from)?;
            let (more, _) = stretch(&encoded, delimiter, (from, (start + STRETCH).min(length), line), length)?;
            let more = more.into_iter().skip_while(|row| row.cells.len() != usual);
            let mut gap = true;
            rows.extend(more.map(|row| SampledRow { gap: std::mem::take(&mut gap), ..row }));
        }
    }
    Ok(Sample {
        format: Format::Csv,
        title: String::new(),
        number: 1,
        notes: Vec::new(),
        encoding: Some((encoded.name().to_owned(), encoded.basis)),
        delimiter: Some(delimiter),
        records: None,
        rows,
        whole,
        start: if whole { content.length() } else { encoded.archived(at) },
    })
}

/// The records of a range that begins at a record; and where the first of them begins that is not whole.
fn stretch(
    encoded: &Encoded<'_>,
    delimiter: u8,
    (start, end, line): (u64, u64, u64),
    length: u64,
) -> Result<(Vec<SampledRow>, u64)> {
    let bytes = encoded.range(start, end)?;
    let behind = if end < length { BytesEnd::Anywhere } else { BytesEnd::Document };
    let mut scanner = Scanner::new(delimiter, start, line, (0, 0), behind);
    let mut rows = Vec::new();
    let mut at = scanner.position().0;
    loop {
        match scanner.step(&bytes) {
            Found::End | Found::Cut => break,
            Found::Blank | Found::UnclosedQuote => continue,
            Found::Record => {}
        }
        at = scanner.position().0;
        let cell = |field: &crate::csv::Field| {
            let bytes = bytes.get(field.start..field.end).unwrap_or_default();
            let text = encoded.text(bytes).unwrap_or_else(|| String::from_utf8_lossy(bytes));
            let text = if field.form == Form::Escaped { text.replace("\"\"", "\"").into() } else { text };
            SampledCell { text: text.trim().to_owned(), form: Form::Printed }
        };
        let cells: Vec<SampledCell> = scanner.fields().iter().map(cell).collect();
        if cells.iter().any(|cell| !cell.text.is_empty()) {
            rows.push(SampledRow { number: scanner.record_line(), cells, gap: false });
        }
    }
    Ok((rows, start + at as u64))
}

/// The width that most rows have.
fn usual_width(rows: &[SampledRow]) -> usize {
    let mut widths: Vec<usize> = rows.iter().map(|row| row.cells.len()).collect();
    widths.sort_unstable();
    let runs = widths.chunk_by(|one, other| one == other);
    runs.max_by_key(|run| run.len()).and_then(<[usize]>::first).copied().unwrap_or_default()
}

/// The delimiter by which most records have the same number of fields, and fields hold no other
/// delimiter.
fn delimiter(encoded: &Encoded<'_>) -> Result<u8> {
    let end = encoded.length().min(encoded.mark + (1 << 20));
    let mut best: Option<(f64, u8)> = None;
    for delimiter in DELIMITERS {
        let (mut rows, _) = stretch(encoded, delimiter, (encoded.mark, end, 1), encoded.length())?;
        rows.truncate(TOLD);
        let usual = usual_width(&rows);
        if usual < 2 {
            continue;
        }
        let alike: Vec<&SampledRow> = rows.iter().filter(|row| row.cells.len() == usual).collect();
        let other = |text: &str| {
            let odd = |c: char| !c.is_ascii_digit() && !c.is_ascii_punctuation() && c != ' ';
            DELIMITERS.iter().any(|d| *d != delimiter && text.contains(char::from(*d)))
                && (text.contains([';', '\t', '|']) || text.chars().any(odd))
        };
        let cells = alike.iter().flat_map(|row| &row.cells);
        let (mut all, mut clean) = (0_u32, 0_u32);
        for cell in cells {
            all += 1;
            clean += u32::from(!other(&cell.text));
        }
        let share = alike.len() as f64 / rows.len().max(1) as f64;
        let score = share * f64::from(clean) / f64::from(all.max(1)) * (1.0 + 0.02 * usual.min(20) as f64);
        if best.is_none_or(|(most, _)| score > most) {
            best = Some((score, delimiter));
        }
    }
    best.map(|(_, delimiter)| delimiter).ok_or_else(|| {
        Fault::new(ErrorKind::Shape, "nothing like a table is found: the text does not part into columns")
            .help("`,`, `;`, tab and `|` were tried; prose is read with `[source.report]`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Sample {
        let mut samples = sample(Content::Memory(bytes), &Limits::default()).expect("a sample");
        samples.pop().expect("a table")
    }

    #[test]
    fn the_delimiter_is_told_from_the_marks_of_numbers() {
        for (text, delimiter) in [
            ("a;b;c\nx;1,5;2,5\ny;3,25;4,0\n", b';'),
            ("a,b\n\"x;y\",1\n\"z;w\",2\n", b','),
            ("a\tb\nx, y\t1\nz, w\t2\n", b'\t'),
            ("a|b\n1|2\n", b'|'),
        ] {
            assert_eq!(of(text.as_bytes()).delimiter, Some(delimiter), "{text}");
        }
        let prose = sample(Content::Memory(b"One line.\nAnother line.\n"), &Limits::default()).expect_err("prose");
        assert!(prose.to_string().contains("nothing like a table"), "{prose}");
        assert!(sample(Content::Memory(b""), &Limits::default()).is_err());
    }

    #[test]
    fn of_a_large_text_start_middle_and_end_are_seen() {
        let mut text = String::from("id,text\n");
        let mut line = 1;
        while text.len() < 12 << 20 {
            line += 1;
            text.extend([line.to_string().as_str(), ",", "abcdefghij".repeat(9).as_str(), "\n"]);
        }
        text.push_str("Source: us\n");
        let sample = of(text.as_bytes());
        assert!(!sample.whole);
        let start = usize::try_from(sample.start).unwrap();
        assert!(text.as_bytes()[..start].ends_with(b"\n"));
        let last = sample.rows.last().expect("rows");
        assert_eq!((last.text(0), last.number), ("Source: us", line + 1));
        // Every row is where it says.
        for row in sample.rows.iter().filter(|row| row.cells.len() == 2).skip(1) {
            assert_eq!(row.text(0), row.number.to_string());
        }
        assert_eq!(sample.rows.iter().filter(|row| row.gap).count(), 9);
    }
}
