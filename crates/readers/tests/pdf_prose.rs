//! The text of PDFs in reading order: on pages of chance, in one column or two, with running heads, page numbers, a
//! title over both columns and a table between, every paragraph comes back, and every stretch is found again at its
//! place.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod made;

use made::pdf::{Pages, WIDTH};
use made::random::Random;
use quipu_readers::{LaidText, Limits, laid_text};

/// Size of the text and distance of its lines, in points.
const SIZE: f64 = 9.0;
const STEP: f64 = 11.0;
/// Left edge of a page's text, its width, and the white space between columns.
const LEFT: f64 = 60.0;
const WIDE: f64 = 470.0;
const GUTTER: f64 = 24.0;
/// From where to where lines go down the page.
const TOP: f64 = 110.0;
const BOTTOM: f64 = 740.0;

fn laid(bytes: &[u8]) -> LaidText {
    laid_text(bytes, &Limits::default()).unwrap_or_else(|fault| panic!("{fault}"))
}

/// A paragraph of invented words, each of them once in a document.
fn paragraph(random: &mut Random, words: usize, next: &mut usize) -> String {
    let mut out = Vec::new();
    for number in 0..words {
        *next += 1;
        let word = format!("{}{next}", ["mesa", "gota", "rumo", "faro", "lima"][random.below(5)]);
        out.push(if number == 0 { format!("A{word}") } else { word });
    }
    format!("{}.", out.join(" "))
}

/// Breaks a paragraph into lines of so many characters.
fn broken(text: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().unwrap();
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > most {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

/// A document of these paragraphs in so many columns, its running head and page numbers on every page.
fn document(paragraphs: &[String], columns: usize, title: &str) -> Vec<u8> {
    let wide = (WIDE - GUTTER * (columns as f64 - 1.0)) / columns as f64;
    let most = (1..500).take_while(|most| f64::from(*most) * WIDTH * SIZE <= wide).count();
    let mut pages = Pages::default();
    let mut number = 0;
    let open = |pages: &mut Pages, number: &mut usize| {
        *number += 1;
        pages.page();
        pages.text(LEFT, 40.0, 7.0, "Office of the press - bulletin");
        pages.text(LEFT, 810.0, 7.0, &format!("Page {number}"));
    };
    open(&mut pages, &mut number);
    pages.text(LEFT, 80.0, 14.0, title);
    let (mut column, mut y) = (0, TOP);
    for paragraph in paragraphs {
        let lines = broken(paragraph, most);
        for line in &lines {
            if y > BOTTOM {
                (column, y) = (column + 1, TOP);
                if column == columns {
                    open(&mut pages, &mut number);
                    column = 0;
                }
            }
            pages.text(LEFT + (wide + GUTTER) * column as f64, y, SIZE, line);
            y += STEP;
        }
        y += 0.7 * STEP;
    }
    pages.finish()
}

/// Reads stretches of chance again at their places.
fn check_places(laid: &LaidText, random: &mut Random) {
    let ends: Vec<usize> = laid.text.char_indices().map(|(at, _)| at).chain([laid.text.len()]).collect();
    for _ in 0..200 {
        let from = random.below(ends.len() - 1);
        let to = (from + 1 + random.below(60)).min(ends.len() - 1);
        if let Some((place, text)) = laid.locate(&(ends[from]..ends[to])) {
            assert_eq!(laid.at(&place).unwrap(), text, "{place}");
            let printed: quipu_schema::Locator = place.to_string().parse().unwrap();
            assert_eq!(laid.at(&printed).unwrap(), text, "{place}");
        } else {
            let stretch = laid.text.get(ends[from]..ends[to]).unwrap();
            assert_eq!(stretch.trim(), "", "no place for it");
        }
    }
}

#[test]
fn paragraphs_of_chance_come_back_in_order() {
    let mut random = Random::new(11);
    for round in 0..60 {
        let (columns, mut next) = (1 + round % 2, 0);
        let paragraphs: Vec<String> = (0..6 + random.below(20))
            .map(|_| {
                let words = 12 + random.below(90);
                paragraph(&mut random, words, &mut next)
            })
            .collect();
        let bytes = document(&paragraphs, columns, "What the year brought");
        let laid = laid(&bytes);
        let expected = format!("What the year brought\n\n{}", paragraphs.join("\n\n"));
        // On a document of one page nothing repeats, and its head and foot stay.
        let read = laid.text.replace("Office of the press - bulletin\n\n", "").replace("\n\nPage 1", "");
        for (number, (read, expected)) in read.split("\n\n").zip(expected.split("\n\n")).enumerate() {
            assert_eq!(read, expected, "round {round}, {columns} columns, paragraph {number}");
        }
        assert_eq!(read.len(), expected.len(), "round {round}, {columns} columns");
        check_places(&laid, &mut random);
    }
}

#[test]
fn a_table_between_paragraphs_is_left_out_and_told() {
    let mut pages = Pages::default();
    pages.text(LEFT, 100.0, SIZE, "In 2024 the police counted 45 cases, as the table below shows.");
    let mut y = 140.0;
    pages.line((LEFT, y), (LEFT + 200.0, y));
    for (region, cases) in [("Region", "Cases"), ("North", "21"), ("South", "17"), ("East", "7")] {
        pages.text(LEFT + 4.0, y + 11.0, SIZE, region);
        pages.text(LEFT + 104.0, y + 11.0, SIZE, cases);
        y += 16.0;
        pages.line((LEFT, y), (LEFT + 200.0, y));
    }
    for x in [LEFT, LEFT + 100.0, LEFT + 200.0] {
        pages.line((x, 140.0), (x, 204.0));
    }
    pages.text(LEFT, 240.0, SIZE, "Nothing was counted twice.");
    let laid = laid(&pages.finish());
    assert_eq!(
        laid.text,
        "In 2024 the police counted 45 cases, as the table below shows.\n\nNothing was counted twice."
    );
    assert!(laid.notes.iter().any(|note| note.starts_with("8 words in tables")), "{:?}", laid.notes);
}

#[test]
fn a_paragraph_goes_on_over_a_page_and_a_stretch_stays_on_its_first() {
    let mut pages = Pages::default();
    pages.text(LEFT, 700.0, SIZE, "The officers of both countries seized more than");
    pages.page();
    pages.text(LEFT, 100.0, SIZE, "twelve boats in one night.");
    let laid = laid(&pages.finish());
    assert_eq!(laid.text, "The officers of both countries seized more than twelve boats in one night.");
    let from = laid.text.find("more than").unwrap();
    let (place, text) = laid.locate(&(from..from + "more than twelve boats".len())).unwrap();
    assert_eq!(text, "more than");
    assert!(place.to_string().starts_with("page=1;box="), "{place}");
    let (place, text) = laid.locate(&(from + 10..laid.text.len())).unwrap();
    assert_eq!((text, laid.at(&place).unwrap()), ("twelve boats in one night.", "twelve boats in one night."));
    assert!(place.to_string().starts_with("page=2;box="), "{place}");
}

#[test]
fn places_of_another_document_are_refused() {
    let mut pages = Pages::default();
    pages.text(LEFT, 100.0, SIZE, "Three ships.");
    let laid = laid(&pages.finish());
    for place in ["page=1;box=0.00,0.00,1.00,1.00", "page=7;box=60.00,90.00,70.00,99.00", "bytes=0-3"] {
        assert!(laid.at(&place.parse().unwrap()).is_err(), "{place}");
    }
    assert!(laid_text(&Pages::default().finish(), &Limits::default()).is_err(), "nothing to read");
}
