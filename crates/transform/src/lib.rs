//! From captures to tables: readers, interpreters, contracts, quarantine.
//!
//! A source is read by a reader (`csv`, `text`) and interpreted as observations (`observe`), rows of
//! records or checks (`rows`) or a report (`report`). Every published value carries the place where
//! it was read; everything that was read and not published is counted by a named rule or stands in
//! quarantine. The stage never goes to the network.

mod candidates;
mod checks;
mod code_lines;
mod codes;
mod conflict;
mod corroborate;
mod document;
mod frame;
mod input;
pub mod inspect;
mod number;
mod observe;
mod origins;
mod period;
mod personal;
mod place;
mod produce;
mod quarantine;
mod refused;
mod replay;
mod report;
mod rows;
mod stage;

pub use candidates::{Candidate, Candidates, Question, Surroundings};
pub use code_lines::{Suggested, Unknown, add_lines, suggest};
pub use codes::Reference;
pub use conflict::is_derived;
pub use produce::{Transformed, remake, transform_source};
pub use refused::{Gathered, Group, Refused, gather, groups, short};
pub use replay::{Became, Replayed, Side, compare};
pub use stage::{conflicts, editions, is_current, run, run_for};

/// What reads documents: their bytes, and the readers of each format.
pub use quipu_readers as readers;
use quipu_readers::{Content, Limits};
use quipu_schema::pipeline::{Format, Layout, Placed};
use quipu_schema::{ErrorKind, Fault, Locator, Result};
use quipu_store::SourceState;

/// Decodes archived bytes at a locator exactly as the reader did when it published the value there.
///
/// # Errors
/// A locator outside the document, or of a kind that the source's reader does not make.
pub fn reread(state: &SourceState, bytes: &[u8], locator: &Locator) -> Result<String> {
    let layout = layout_of(state);
    let format = match layout.format {
        Some(format) => format,
        None => quipu_readers::sniff(Content::Memory(bytes))?,
    };
    if is_text(state)
        && let Some(text) = report::reread(bytes, locator)?
    {
        return Ok(text);
    }
    if let Some(reader) = quipu_readers::reader(format).filter(|_| !is_text(state)) {
        return reader.reread(bytes, &layout, locator, &Limits::default());
    }
    let Some((start, end)) = locator.bytes() else {
        return Err(Fault::new(ErrorKind::Corrupt, format!("no reader makes the locator {locator}")));
    };
    if is_text(state) {
        return quipu_prose::text::reread(bytes, document::media_type(bytes), start, end);
    }
    quipu_readers::csv::reread(bytes, layout.encoding.as_ref(), start, end)
}

/// The text at a place of a report that is no range of bytes, between what stands before and behind it in its sentence;
/// `None` for other places.
///
/// # Errors
/// A place that the document does not have.
pub fn in_sentence(state: &SourceState, bytes: &[u8], locator: &Locator) -> Result<Option<[String; 3]>> {
    if is_text(state) { report::in_sentence(bytes, locator) } else { Ok(None) }
}

/// Archived bytes as people can read them: in the document's encoding, without control characters.
pub fn decode_for_people(state: &SourceState, bytes: &[u8], start: usize, end: usize) -> String {
    let piece = bytes.get(start..end).unwrap_or_default();
    let encoding =
        if is_text(state) { None } else { quipu_readers::csv::encoding_of(bytes, layout_of(state).encoding.as_ref()) };
    let text = match encoding {
        Some(encoding) => encoding.decode_without_bom_handling(piece).0,
        None => String::from_utf8_lossy(piece),
    };
    text.chars()
        .map(|c| {
            if c == '\n' {
                '⏎'
            } else if c.is_control() {
                ' '
            } else {
                c
            }
        })
        .collect()
}

fn is_text(state: &SourceState) -> bool {
    state.origins.get(origins::READER).is_some_and(|reader| reader == "text")
}

/// How the documents of a source are laid out, as far as reading a place again needs it.
fn layout_of(state: &SourceState) -> Layout {
    let placed = |key: &str| state.origins.get(key).map(|text| Placed { value: text.clone(), span: 0..0 });
    let word = state.origins.get(origins::FORMAT);
    let format = word.and_then(|word| Format::ALL.into_iter().find(|format| format.word() == word));
    Layout { format, encoding: placed(origins::ENCODING), records: placed(origins::RECORDS), ..Layout::default() }
}
