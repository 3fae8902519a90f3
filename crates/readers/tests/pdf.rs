//! The PDF reader on documents that other programs made, and on pages of chance: all cells are read,
//! and each is found again at its place.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod made;

use std::path::{Path, PathBuf};

use made::random::Random;
use quipu_readers::{Grid, Limits, reader};
use quipu_schema::pipeline::{Format, Layout, Placed, TableAt};

fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/pdf")
}

fn read(bytes: &[u8], layout: &Layout) -> Vec<Grid> {
    let grids = reader(Format::Pdf).unwrap().read(bytes, layout, &Limits::default());
    grids.unwrap_or_else(|fault| panic!("{fault}"))
}

/// The texts of a grid.
fn texts(grid: &Grid) -> Vec<Vec<String>> {
    let row = |row: usize| grid.cells(row).iter().map(|cell| grid.text(*cell).to_owned()).collect();
    (0..grid.rows().len()).map(row).collect()
}

/// Reads every cell again at its place.
fn check_places(bytes: &[u8], grid: &Grid) {
    for row in 0..grid.rows().len() {
        for (column, cell) in grid.cells(row).iter().enumerate() {
            let place = grid.locator(row, column).unwrap();
            let again = reader(Format::Pdf).unwrap().reread(bytes, &Layout::default(), &place, &Limits::default());
            assert_eq!(again.unwrap(), grid.text(*cell), "{place}");
        }
    }
}

/// Title and rows of each table of a file of truth.
fn truth(name: &str) -> Vec<(String, Vec<Vec<String>>)> {
    let text = std::fs::read_to_string(files().join(name)).unwrap();
    let mut tables: Vec<(String, Vec<Vec<String>>)> = Vec::new();
    for line in text.lines() {
        let (mut fields, mut quoted) = (vec![String::new()], false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(String::new()),
                c => fields.last_mut().unwrap().push(c),
            }
        }
        match fields[0].strip_prefix("# ") {
            Some(title) => tables.push((title.to_owned(), Vec::new())),
            None => tables.last_mut().unwrap().1.push(fields),
        }
    }
    tables
}

fn hold(name: &str) {
    let bytes = std::fs::read(files().join(format!("{name}.pdf"))).unwrap();
    let grids = read(&bytes, &Layout::default());
    let tables = truth(&format!("{name}.csv"));
    let titles: Vec<&str> = grids.iter().map(|grid| grid.title.as_str()).collect();
    assert_eq!(titles, tables.iter().map(|(title, _)| title.as_str()).collect::<Vec<_>>(), "{name}: titles");
    for (grid, (title, rows)) in grids.iter().zip(&tables) {
        let read = texts(grid);
        for (at, (read, row)) in read.iter().zip(rows).enumerate() {
            assert_eq!(read, row, "{name}, {title}, row {at}");
        }
        assert_eq!(read.len(), rows.len(), "{name}, {title}: rows");
        check_places(&bytes, grid);
        // A text of the table picks it, of all tables of the document.
        let text = Placed { value: rows[rows.len() - 2][0].clone(), span: 0..0 };
        let layout = Layout { table: Some(TableAt::Holds(text)), ..Layout::default() };
        assert!(self::read(&bytes, &layout).iter().any(|picked| picked.title == *title), "{name}, {title}");
    }
}

#[test]
fn a_ruled_table_over_several_pages() {
    hold("ruled");
}

#[test]
fn two_tables_side_by_side() {
    hold("beside");
}

#[test]
fn tables_of_a_word_processor() {
    hold("writer");
}

#[test]
fn a_turned_page_with_spanning_texts() {
    hold("turned");
}

/// A table of chance: what it says, and how it is laid out.
struct Made {
    bytes: Vec<u8>,
    rows: Vec<Vec<String>>,
    how: String,
}

/// Lines of a text that are at most so many characters wide.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The table of this seed; the texts of its header are of two words in two lines if `deep`.
fn made_by_chance(seed: u64, deep: bool) -> Made {
    const WORDS: [&str; 14] = [
        "Altamira",
        "Río",
        "Verde",
        "de",
        "las",
        "Ánimas",
        "Norte",
        "Frontera",
        "San",
        "Telmo",
        "y",
        "Costa",
        "(Sur)",
        "Ñandubay",
    ];
    let mut random = Random::new(seed);
    let size = [7.0, 8.0, 9.0, 10.0, 12.0][random.below(5)];
    let leading = size * [1.1, 1.2, 1.3][random.below(3)];
    let padding = size * [0.55, 0.8, 1.2][random.below(3)];
    let (most, label) = (1 + random.below(5), 10 + random.below(14));
    let (ruled, wide) = (random.below(2) == 0, 9 + random.below(3));
    let (place, right, count) = (random.below(3), random.below(2) == 0, 3 + random.below(70));
    let furniture = random.below(2) == 0;
    let char_width = size * made::pdf::WIDTH;
    // As many columns as the page has room for.
    let room = 520.0 - label as f64 * char_width;
    let values =
        (1..=most).rev().find(|count| *count as f64 * (wide as f64 * char_width + size * 1.5) < room).unwrap_or(1);
    let mut rows = vec![vec!["Province".to_owned()]];
    rows[0].extend((0..values).map(|column| ["Cases", "Rate", "Victims", "Arrests", "Seizures"][column].to_owned()));
    if deep {
        rows[0].iter_mut().skip(1).for_each(|text| text.push_str(" known"));
    }
    for number in 0..count {
        let mut name = format!("{}{number}", WORDS[[0, 1, 2, 6, 7, 8, 9, 11, 13][random.below(9)]]);
        for _ in 0..random.below(5) {
            name = format!("{name} {}", WORDS[random.below(WORDS.len())]);
        }
        let mut row = vec![name];
        for _ in 0..values {
            row.push(match random.below(12) {
                0 => "..".to_owned(),
                1 => "-".to_owned(),
                2 => format!("{} {:03}", 1 + random.below(90), random.below(1000)),
                _ => format!("{}.{}", random.below(5000), random.below(10)),
            });
        }
        rows.push(row);
    }
    let (left, top, bottom) = (60.0, 90.0, 760.0);
    let gutter = size * 1.5;
    let column = |at: usize| match at {
        0 => left,
        at => left + label as f64 * char_width + gutter + (at - 1) as f64 * (wide as f64 * char_width + gutter),
    };
    let end = column(values + 1) - gutter;
    let mut pages = made::pdf::Pages::default();
    let (mut y, mut page) = (f64::INFINITY, 0);
    let rule = |pages: &mut made::pdf::Pages, y: f64| pages.line((left - gutter / 2.0, y), (end + gutter / 2.0, y));
    let walls = |pages: &mut made::pdf::Pages, from: f64, to: f64| {
        for at in 0..=values {
            pages.line((column(at) - gutter / 2.0, from), (column(at) - gutter / 2.0, to));
        }
        pages.line((end + gutter / 2.0, from), (end + gutter / 2.0, to));
    };
    let mut queue: Vec<usize> = (1..rows.len()).rev().collect();
    let mut header = false;
    while header || !queue.is_empty() {
        let row = if header { 0 } else { *queue.last().unwrap() };
        let lines = wrapped(&rows[row][0], label);
        let values = rows[row].iter().skip(1);
        // Only the header has words that are wrapped; a space within a figure is none.
        let values: Vec<Vec<String>> =
            values.map(|text| if row == 0 { wrapped(text, wide) } else { vec![text.clone()] }).collect();
        let most = values.iter().map(Vec::len).max().unwrap_or_default();
        let height = leading * lines.len().max(most) as f64 + padding;
        if y + height > bottom {
            page += 1;
            pages.page();
            y = top;
            header = true;
            if furniture {
                pages.text(left, 40.0, 8.0, "Observatory of Altamira");
                pages.text(left, 810.0, 8.0, &format!("Page {page}"));
            }
            if page == 1 {
                pages.text(left, 72.0, size, "Table 1. Recorded offences");
            }
            if ruled {
                rule(&mut pages, y);
            }
            continue;
        }
        if header {
            header = false;
        } else {
            queue.pop();
        }
        for (at, line) in lines.iter().enumerate() {
            pages.text(left, y + padding / 2.0 + size * 0.8 + leading * at as f64, size, line);
        }
        let down = leading * (lines.len() - 1) as f64 * place as f64 / 2.0;
        for (at, text) in values.iter().enumerate() {
            for (line, text) in text.iter().enumerate() {
                let indent = if right { (wide - text.chars().count()) as f64 * char_width } else { 0.0 };
                let down = down + leading * line as f64;
                pages.text(column(at + 1) + indent, y + padding / 2.0 + size * 0.8 + down, size, text);
            }
        }
        if ruled {
            walls(&mut pages, y, y + height);
            rule(&mut pages, y + height);
        }
        y += height;
    }
    let how = format!(
        "seed {seed}: size {size}, leading {leading}, padding {padding}, ruled {ruled}, place {place}, deep {deep}"
    );
    Made { bytes: pages.finish(), rows, how }
}

/// How many tables of chance are read; half as many with a header that is wrapped.
const SEEDS: u64 = 240;

#[test]
fn tables_of_chance_are_read_as_they_were_made() {
    let (mut cells, mut failed) = (0, Vec::new());
    for (seed, deep) in (0..SEEDS).map(|seed| (seed, false)).chain((0..SEEDS / 2).map(|seed| (seed, true))) {
        let made = made_by_chance(seed, deep);
        let grids = reader(Format::Pdf).unwrap().read(&made.bytes, &Layout::default(), &Limits::default());
        let grids = grids.unwrap_or_default();
        let read: Vec<Vec<Vec<String>>> = grids.iter().map(texts).collect();
        cells += made.rows.iter().map(Vec::len).sum::<usize>();
        if read != [made.rows.clone()] {
            let wrong = read.first().and_then(|read| read.iter().zip(&made.rows).position(|(a, b)| a != b));
            let first = wrong.map(|at| (&read[0][at], &made.rows[at]));
            // To be looked at.
            std::fs::write(
                Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("chance-{seed}-{deep}.pdf")),
                &made.bytes,
            )
            .unwrap();
            failed.push(format!("{}: {} grids, {first:?}", made.how, grids.len()));
        } else if seed % 24 == 0 && !deep {
            check_places(&made.bytes, &grids[0]);
        }
    }
    assert!(failed.is_empty(), "{} tables are wrong:\n{}", failed.len(), failed.join("\n"));
    assert!(cells > 10_000, "{cells}");
}
