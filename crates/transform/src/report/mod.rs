//! Reports in prose: from what `quipu-prose` reads in a document to rows of tables.

mod row;
#[cfg(test)]
mod tests;

use quipu_prose::{Given, Reading};
use quipu_readers::{LaidText, Limits, laid_text};
use quipu_schema::pipeline::{Format, Source};
use quipu_schema::{Digest, Locator, Result};

use crate::document::DocumentRow;
pub(crate) use row::{FRAMES, Origin, Rows};

/// What the text of a PDF is to the reader of prose.
const LAID: &str = "text/plain; charset=utf-8";

/// Whether a document is a PDF, whose text is not its bytes.
fn is_pdf(bytes: &[u8]) -> bool {
    quipu_readers::reader(Format::Pdf).is_some_and(|reader| reader.is_like(bytes))
}

/// Reads one document of a report source into rows; `name` is the name of its capture.
///
/// # Errors
/// `Source` for a document that is too large or in an encoding that is not read; for a PDF those of its reader.
pub(crate) fn read(source: &Source, name: &str, digest: &Digest, bytes: &[u8]) -> Result<(Origin, Reading)> {
    let laid = is_pdf(bytes).then(|| laid_text(bytes, &Limits::default())).transpose();
    let laid = laid.map_err(|fault| fault.at(name))?;
    let media = laid.is_some().then(|| LAID.to_owned());
    let given = Given { media, language: source.language.clone(), published: source.published_on };
    let text = laid.as_ref().map_or(bytes, |laid| laid.text.as_bytes());
    let mut reading = quipu_prose::read(text, &given).map_err(|fault| fault.at(name))?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let media_type = if laid.is_some() { "application/pdf" } else { &reading.media_type };
    let mut document = DocumentRow::of_source(source, name, digest, size, media_type);
    let page = &reading.page;
    document.title = page.title.clone().or(document.title);
    document.publisher = page.publisher.clone().or(document.publisher);
    document.licence = page.licence.clone().or(document.licence);
    document.language.clone_from(&reading.language);
    document.published = reading.published;
    let oddities: Vec<String> =
        reading.oddities.iter().map(|oddity| format!("{}={}", oddity.kind, oddity.count)).collect();
    document.oddities = (!oddities.is_empty()).then(|| oddities.join(" "));
    if let Some(laid) = &laid {
        reading.notes.extend(laid.notes.iter().cloned());
    }
    Ok((Origin { document, laid }, reading))
}

/// The text at a place of a report, as it was read there; `None` where the place is bytes and is reread as such.
///
/// # Errors
/// A place that the document does not have.
pub(crate) fn reread(bytes: &[u8], locator: &Locator) -> Result<Option<String>> {
    match locator {
        Locator::Page { .. } => Ok(Some(laid_text(bytes, &Limits::default())?.at(locator)?.to_owned())),
        _ => Ok(None),
    }
}

/// The text at a place on a page, between what stands before and behind it in its sentence; `None` for other places.
///
/// # Errors
/// A place that the document does not have.
pub(crate) fn in_sentence(bytes: &[u8], locator: &Locator) -> Result<Option<[String; 3]>> {
    if !matches!(locator, Locator::Page { .. }) {
        return Ok(None);
    }
    let laid = laid_text(bytes, &Limits::default())?;
    let text = laid.at(locator)?.to_owned();
    let (before, after) = laid.range_of(locator).map(|range| sentence(&laid, &range)).unwrap_or_default();
    Ok(Some([before, text, after]))
}

/// The rest of the sentence around a stretch of a text.
fn sentence(laid: &LaidText, range: &std::ops::Range<usize>) -> (String, String) {
    let stops = |at: usize, c: char| {
        let rest = laid.text.get(at + c.len_utf8()..).unwrap_or_default();
        matches!(c, '.' | '!' | '?') && rest.chars().next().is_none_or(char::is_whitespace)
            || c == '\n' && rest.starts_with('\n')
    };
    let (before, after) =
        (laid.text.get(..range.start).unwrap_or_default(), laid.text.get(range.end..).unwrap_or_default());
    let from = before.char_indices().rev().find(|(at, c)| stops(*at, *c)).map_or(0, |(at, c)| at + c.len_utf8());
    let to = after
        .char_indices()
        .find(|(at, c)| stops(range.end + at, *c))
        .map_or(after.len(), |(at, c)| if c == '\n' { at } else { at + c.len_utf8() });
    let shown = |text: Option<&str>| text.unwrap_or_default().replace('\n', " ");
    (shown(before.get(from..)).trim_start().to_owned(), shown(after.get(..to)))
}
