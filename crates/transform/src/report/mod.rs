//! Reports in prose: which numbers they state, of what, and how firmly.
//!
//! The text is made by [`crate::text`]; here every number in it is found ([`scan`]), the dates,
//! ordinals and counters among them are set aside by named rules ([`exclude`]), and what has a unit
//! becomes a figure ([`figure`]). What words mean in each language stands in `rules/*.toml`.

mod decimal;
mod exclude;
mod figure;
mod phrase;
mod row;
mod rules;
mod scan;
mod sentence;
#[cfg(test)]
mod tests;

use std::ops::Range;

use quipu_schema::pipeline::Source;
use quipu_schema::tally::Tally;
use quipu_schema::{Digest, Fault, Result};

use crate::document::DocumentRow;
use crate::text::{Block, BlockKind, SourceText};
use figure::{Found, Verdict};
pub(crate) use row::{FigureRow, figure_frame};
use scan::Locale;

/// What was read from one report.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) document: DocumentRow,
    pub(crate) figures: Vec<FigureRow>,
    /// Counts numbers: every digit run of the main text, and every number word before a scale word.
    pub(crate) tally: Tally,
    pub(crate) notes: Vec<String>,
}

/// Reads one document of a report source; `name` is the name of its capture.
///
/// # Errors
/// `Source` for a document that is too large or in an encoding that is not read.
pub(crate) fn read(source: &Source, name: &str, digest: &Digest, bytes: &[u8]) -> Result<Reading> {
    let text = SourceText::read(bytes, None).map_err(|fault| fault.at(name))?;
    let mut notes = text.notes.clone();
    let document = document(source, name, digest, bytes, &text, &mut notes);
    let (language, region) = locale_of(source, &text);
    let rules = match language.as_deref() {
        Some(language) => rules::of(language)?,
        None => None,
    };
    if rules.is_none() {
        let language = language.as_deref().unwrap_or("unknown");
        notes.push(format!(
            "no rules for the language ({language}): no figure is read; `language` in the pipeline file names it"
        ));
    }
    let locale = rules.map(|rules| {
        let marks = rules.marks.of(region.as_deref());
        Locale { rules, marks, blank_thousands: language.as_deref() != Some("en") || marks.thousands == ' ' }
    });
    let mut reading = Reading { document, figures: Vec::new(), tally: Tally::default(), notes };
    for block in &text.blocks {
        read_block(&text, block, locale, &mut reading)?;
    }
    if !text.left_out.is_empty() {
        let parts: Vec<String> =
            text.left_out.iter().filter(|(_, n)| **n > 0).map(|(what, n)| format!("{what} {n}")).collect();
        reading.notes.push(format!("characters beside the main text: {}", parts.join(", ")));
    }
    Ok(reading)
}

fn read_block(text: &SourceText, block: &Block, locale: Option<Locale<'_>>, reading: &mut Reading) -> Result<()> {
    let shown = text.get(&block.range);
    if block.kind == BlockKind::Counter {
        let counters = u64::try_from(scan::candidates(shown, None).len()).unwrap_or(u64::MAX);
        reading.tally.read += counters;
        reading.tally.ignore("page-counter", counters);
        return Ok(());
    }
    for verdict in figure::judge(shown, locale) {
        reading.tally.read += 1;
        match verdict {
            Verdict::Ignored(rule) => reading.tally.ignore(rule, 1),
            Verdict::Figure(found) => {
                reading.tally.published += 1;
                let row = row(text, block, &found, &reading.document)?;
                reading.figures.push(row);
            }
        }
    }
    Ok(())
}

fn row(text: &SourceText, block: &Block, found: &Found, document: &DocumentRow) -> Result<FigureRow> {
    let base = block.range.start;
    let placed = |range: &Range<usize>| base + range.start..base + range.end;
    let place = text.locate(&placed(&found.phrase)).ok_or_else(|| Fault::bug("a phrase without place"))?;
    let mut row = FigureRow::new(found, &document.document_id, &document.source, &document.marking);
    place.text.clone_into(&mut row.phrase);
    (row.start, row.end) = (place.start, place.end);
    let single = |range: &Range<usize>| figure::single_spaced(text.get(&placed(range)));
    row.measure = found.measure.as_ref().map(single).filter(|measure| !measure.is_empty());
    row.context = sentence::around(text.get(&block.range), &found.phrase).map(|range| single(&range));
    Ok(row)
}

/// ISO 639-1 language and region: of the page, else of the pipeline file.
fn locale_of(source: &Source, text: &SourceText) -> (Option<String>, Option<String>) {
    let tag = text.page.language.as_deref().unwrap_or_default();
    let mut parts = tag.split(['-', '_']);
    let language =
        parts.next().map(str::to_ascii_lowercase).filter(|l| l.len() == 2 && l.bytes().all(|b| b.is_ascii_lowercase()));
    let region = parts.find(|part| part.len() == 2).map(str::to_ascii_uppercase);
    match language {
        Some(language) => (Some(language), region),
        None => (source.language.clone(), None),
    }
}

fn document(
    source: &Source,
    name: &str,
    digest: &Digest,
    bytes: &[u8],
    text: &SourceText,
    notes: &mut Vec<String>,
) -> DocumentRow {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut row = DocumentRow::of_source(source, name, digest, size, &text.media_type);
    let page = &text.page;
    row.title = page.title.clone().or(row.title);
    row.publisher = page.publisher.clone().or(row.publisher);
    row.licence = page.licence.clone().or(row.licence);
    let (language, _) = locale_of(source, text);
    if let (Some(of_page), Some(of_file)) = (&language, &source.language)
        && of_page != of_file
    {
        notes.push(format!(
            "the page says its language is {of_page}, the pipeline file says {of_file}; the page is followed"
        ));
    }
    row.language = language;
    if let Some((time, stated)) = &page.published {
        match time.get(..10).unwrap_or_default().parse() {
            Ok(day) if *stated || row.published.is_none() => row.published = Some((day, *stated)),
            Ok(_) => {}
            Err(_) => notes.push(format!("the page's time of publication is not read: {time}")),
        }
    }
    row
}
