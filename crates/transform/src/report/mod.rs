//! Reports in prose: from what `quipu-prose` reads in a document to rows of tables.

mod row;
#[cfg(test)]
mod tests;

use quipu_prose::{Given, Reading};
use quipu_schema::pipeline::Source;
use quipu_schema::{Digest, Result};

use crate::document::DocumentRow;
pub(crate) use row::{FRAMES, Origin, Rows};

/// Reads one document of a report source into rows; `name` is the name of its capture.
///
/// # Errors
/// `Source` for a document that is too large or in an encoding that is not read.
pub(crate) fn read(source: &Source, name: &str, digest: &Digest, bytes: &[u8]) -> Result<(Origin, Reading)> {
    let given = Given { media: None, language: source.language.clone(), published: source.published_on };
    let reading = quipu_prose::read(bytes, &given).map_err(|fault| fault.at(name))?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut document = DocumentRow::of_source(source, name, digest, size, &reading.media_type);
    let page = &reading.page;
    document.title = page.title.clone().or(document.title);
    document.publisher = page.publisher.clone().or(document.publisher);
    document.licence = page.licence.clone().or(document.licence);
    document.language.clone_from(&reading.language);
    document.published = reading.published;
    let oddities: Vec<String> =
        reading.oddities.iter().map(|oddity| format!("{}={}", oddity.kind, oddity.count)).collect();
    document.oddities = (!oddities.is_empty()).then(|| oddities.join(" "));
    Ok((Origin { document }, reading))
}
