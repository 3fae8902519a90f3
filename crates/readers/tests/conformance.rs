//! What every reader promises, held over all of them: what stands at a cell's locator is its text, the
//! same bytes give the same grids, and damaged documents end in a fault, soon.
//!
//! A new reader adds its samples to [`samples`], in one line.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod made;

use std::time::{Duration, Instant};

use made::Sample;
use made::random::Random;
use quipu_readers::{Content, Grid, Limits, Reader, reader, sniff};
use quipu_schema::pipeline::Format;
use quipu_schema::{ErrorKind, Locator};

/// Samples of every format that is read as grids.
fn samples() -> Vec<Sample> {
    [made::workbooks::samples(), made::corpus::samples()].concat()
}

/// Most that the reading of a small document may take, however damaged, built without optimisation.
const SOON: Duration = Duration::from_secs(20);
/// Damaged copies of each sample.
const DAMAGES: u64 = 150;

fn reader_of(sample: &Sample) -> &'static dyn Reader {
    reader(sample.format).unwrap_or_else(|| panic!("{}: no reader", sample.name))
}

fn read(sample: &Sample) -> Vec<Grid> {
    let grids = reader_of(sample).read(&sample.bytes, &sample.layout, &Limits::default());
    grids.unwrap_or_else(|fault| panic!("{}: {fault}", sample.name))
}

/// The places and texts of all cells of a grid.
fn cells(grid: &Grid) -> impl Iterator<Item = (Locator, &str)> {
    (0..grid.rows().len()).flat_map(move |row| {
        let cells = grid.cells(row).iter().enumerate();
        cells.map(move |(column, cell)| (grid.locator(row, column).unwrap(), grid.text(*cell)))
    })
}

#[test]
fn every_reader_has_samples_and_knows_them() {
    let samples = samples();
    for format in Format::ALL {
        let here = samples.iter().filter(|sample| sample.format == format).count();
        assert!(reader(format).is_none() || here > 0, "{format:?} has a reader and no sample");
    }
    for sample in &samples {
        assert_eq!(sniff(Content::Memory(&sample.bytes)).expect("memory"), sample.format, "{}", sample.name);
    }
}

#[test]
fn what_stands_at_the_locator_of_a_cell_is_its_text() {
    for sample in samples() {
        let grids = read(&sample);
        let mut count = 0;
        for (locator, text) in grids.iter().flat_map(cells) {
            let again = reader_of(&sample).reread(&sample.bytes, &sample.layout, &locator, &Limits::default());
            let again = again.unwrap_or_else(|fault| panic!("{}: {locator}: {fault}", sample.name));
            assert_eq!(again, text, "{}: {locator}", sample.name);
            count += 1;
        }
        assert!(count > 0, "{}: a sample without cells shows nothing", sample.name);
    }
}

#[test]
fn locators_print_and_parse() {
    for sample in samples() {
        for (locator, _) in read(&sample).iter().flat_map(cells) {
            assert_eq!(locator.to_string().parse(), Ok(locator), "{}", sample.name);
        }
    }
}

#[test]
fn the_same_bytes_give_the_same_grids() {
    for sample in samples() {
        assert_eq!(read(&sample), read(&sample), "{}", sample.name);
    }
}

#[test]
fn a_place_that_is_not_there_is_a_fault() {
    for sample in samples() {
        let nowhere = [
            Locator::Sheet { sheet: "nowhere".into(), row: 1, column: 1 },
            Locator::Sheet { sheet: String::new(), row: 0, column: 0 },
            Locator::Bytes { start: u64::MAX - 1, end: u64::MAX },
            Locator::Record { row: u64::MAX, column: "nowhere".into() },
            Locator::Pointer("/nowhere/9".into()),
            Locator::Page { page: 9999, bounds: [0, 0, 1, 1] },
        ];
        for locator in nowhere {
            let fault =
                reader_of(&sample).reread(&sample.bytes, &sample.layout, &locator, &Limits::default()).unwrap_err();
            assert_eq!(fault.kind(), ErrorKind::Corrupt, "{}: {locator}: {fault}", sample.name);
        }
    }
}

/// Reads a damaged document: it ends in grids or a fault of kind `Shape`, soon.
fn withstand(sample: &Sample, bytes: &[u8], damage: &str, place: &Locator) {
    let start = Instant::now();
    let reader = reader_of(sample);
    reader.is_like(bytes);
    if let Err(fault) = reader.read(bytes, &sample.layout, &Limits::default()) {
        assert_eq!(fault.kind(), ErrorKind::Shape, "{}, {damage}: {fault}", sample.name);
    }
    // Its kind is another matter: the place may be gone, or the document.
    let _ = reader.reread(bytes, &sample.layout, place, &Limits::default());
    let took = start.elapsed();
    assert!(took < SOON, "{}, {damage}: took {took:?}", sample.name);
}

#[test]
fn cut_documents_end_in_a_fault() {
    for sample in samples() {
        let place = cells(&read(&sample)[0]).next().unwrap().0;
        let mut random = Random::new(7);
        for _ in 0..DAMAGES {
            let length = random.below(sample.bytes.len());
            withstand(&sample, &sample.bytes[..length], &format!("cut at {length}"), &place);
        }
    }
}

#[test]
fn flipped_bytes_end_in_a_fault_or_other_cells() {
    for sample in samples() {
        let place = cells(&read(&sample)[0]).last().unwrap().0;
        for seed in 0..DAMAGES {
            let mut random = Random::new(seed);
            let mut bytes = sample.bytes.clone();
            for _ in 0..=random.below(8) {
                let at = random.below(bytes.len());
                // Bits, bytes of their own, and the extremes that sizes and numbers like.
                bytes[at] = match random.below(4) {
                    0 => bytes[at] ^ (1 << random.below(8)),
                    1 => 0xff,
                    2 => 0,
                    _ => u8::try_from(random.below(256)).unwrap(),
                };
            }
            withstand(&sample, &bytes, &format!("seed {seed}"), &place);
        }
    }
}
