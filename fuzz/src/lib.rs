//! What the fuzz targets share: the promises of a reader, small limits, and a bound on memory.
//!
//! A target fails on a panic, on a promise that is broken (see `promise.rs` of the readers), on an
//! allocation larger than [`LARGEST`] or more than [`MOST`] in all, and on an input that takes long.

pub mod delimited;
mod made;
mod memory;
#[path = "../../crates/readers/src/promise.rs"]
mod promise;
pub mod workbooks;

use std::sync::Once;

use quipu_readers::{Limits, Reader, laid_text, reader};
use quipu_schema::pipeline::{Format, Layout, Placed, TableAt};

pub use memory::{LARGEST, MOST};

/// Limits that hostile inputs of some kilobytes can reach.
pub fn limits() -> Limits {
    Limits { memory: 8 << 20, cell: 1 << 20, unpacked: 16 << 20, depth: 32, rows: 20_000, columns: 256, pages: 50 }
}

/// Holds the reader of a format to its promises: with a layout that declares nothing, and with one
/// more that the bytes choose.
///
/// # Panics
/// Where a promise is broken.
pub fn grids(format: Format, bytes: &[u8]) {
    let reader = reader(format).expect("a reader of this format");
    fence();
    let layouts = layouts(format);
    let chosen = hash(bytes) % (layouts.len() as u64 + 1);
    promise::check(reader, bytes, &Layout::default(), &limits());
    if let Some(layout) = usize::try_from(chosen).ok().and_then(|chosen| layouts.get(chosen)) {
        promise::check(reader, bytes, layout, &limits());
    }
}

/// Holds the text of a PDF to its promise: what stands at the place of a stretch is that stretch.
///
/// # Panics
/// Where it is not.
pub fn prose(bytes: &[u8]) {
    fence();
    let Ok(laid) = laid_text(bytes, &limits()) else { return };
    let ends: Vec<usize> = laid.text.char_indices().map(|(at, _)| at).collect();
    for pair in ends.chunks(7).take(200) {
        let [from, .., to] = pair else { continue };
        if let Some((place, text)) = laid.locate(&(*from..*to)) {
            assert_eq!(laid.at(&place).ok(), Some(text), "{place}");
        }
    }
}

/// What a pipeline file may declare of a format.
fn layouts(format: Format) -> Vec<Layout> {
    let text = |text: &str| Placed { value: text.to_owned(), span: 0..0 };
    let layout = |change: &dyn Fn(&mut Layout)| {
        let mut layout = Layout { format: Some(format), ..Layout::default() };
        change(&mut layout);
        layout
    };
    match format {
        Format::Json => ["", "/data", "/0", "/1/a"].map(|at| layout(&|l| l.records = Some(text(at)))).into(),
        Format::Html => {
            let mut all: Vec<Layout> = ["windows-1252", "utf-16le", "utf-16be", "shift_jis", "gb18030", "euc-jp"]
                .map(|label| layout(&|l| l.encoding = Some(text(label))))
                .into();
            all.push(layout(&|l| l.table = Some(TableAt::Number(2))));
            all.push(layout(&|l| l.table = Some(TableAt::Holds(text("a")))));
            all
        }
        Format::Pdf => vec![
            layout(&|l| l.table = Some(TableAt::Number(1))),
            layout(&|l| l.table = Some(TableAt::Holds(text("a")))),
            layout(&|l| l.pages = Some((2, 3))),
        ],
        Format::Workbook => vec![layout(&|l| l.hidden = true)],
        Format::Csv | Format::Parquet => Vec::new(),
    }
}

/// A number that depends on all bytes, so that samples stay plain documents.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// libFuzzer stops at every panic, even one that a reader's fence around a decoder catches. Here a
/// panic stops at once where it is ours; one of a dependency stops only where no fence catches it,
/// because it cannot pass through libFuzzer.
pub fn fence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let foreign = info.location().is_some_and(|at| at.file().contains("/registry/src/"));
            if !foreign {
                eprintln!("{info}\n{}", std::backtrace::Backtrace::force_capture());
                std::process::abort();
            }
        }));
    });
}
