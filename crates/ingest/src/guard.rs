//! What came, looked at before anybody takes it for data.
//!
//! What is suspect is archived and shown, and the source keeps what it had: a person has to look.

use quipu_fetch::Sniffed;
use quipu_schema::pipeline::{Format, Reader, Source};
use quipu_schema::{Digest, ErrorKind, Fault};
use quipu_store::{Capture, Completeness};

use crate::kind::Document;

/// One document as it came.
pub(crate) struct Came<'a> {
    /// Its name: an address without secrets, or a path.
    pub(crate) name: &'a str,
    /// Its first bytes.
    pub(crate) head: &'a [u8],
    pub(crate) size: u64,
    /// Media type as the server states it.
    pub(crate) media_type: Option<&'a str>,
    pub(crate) digest: Digest,
    /// Whether it is a member of an archive that came.
    pub(crate) is_member: bool,
}

/// Why a document is not taken for one of the source; `None` where it is. `before` is the last good one of its name.
pub(crate) fn suspicion(came: &Came, source: &Source, before: Option<&Capture>) -> Option<String> {
    if !came.is_member
        && let Some(why) = unpinned(&came.digest, source)
    {
        return Some(why);
    }
    let sniffed = Sniffed::of(came.head);
    // What reads reports takes text and HTML, whatever servers call them.
    let prose = matches!(source.reader, Reader::Text);
    if let Some(stated) = came.media_type
        && !sniffed.goes_with(stated)
        && !(prose && matches!(sniffed, Sniffed::Html | Sniffed::Text))
    {
        return Some(format!("the server says `{stated}` and sends {}", sniffed.word()));
    }
    let wanted = match &source.reader {
        // An archive is none of what its members are.
        _ if source.archive.is_some() && !came.is_member => None,
        Reader::Cells(layout) => layout.format.or_else(|| format_of(came.name)),
        Reader::Text => None,
    };
    if let Some(format) = wanted
        && !fits(format, sniffed)
    {
        return Some(format!("the source is read as {}, and what came is {}", format.word(), sniffed.word()));
    }
    shrunk(came.size, source, before)
}

/// Why what came is no page that could name documents: markup, or text that is none.
pub(crate) fn no_page(came: &Came) -> Option<String> {
    let sniffed = Sniffed::of(came.head);
    (!matches!(sniffed, Sniffed::Html | Sniffed::Xml | Sniffed::Text))
        .then(|| format!("a page is wanted, and what came is {}", sniffed.word()))
}

/// That a document is none of those that the pipeline file names.
pub(crate) fn unpinned(digest: &Digest, source: &Source) -> Option<String> {
    let pins = &source.guard.sha256;
    (!pins.is_empty() && !pins.contains(&digest.to_string()))
        .then(|| "its SHA-256 is none of those that the pipeline file names".to_owned())
}

/// That a document lost more of its bytes than it may.
pub(crate) fn shrunk(size: u64, source: &Source, before: Option<&Capture>) -> Option<String> {
    let (share, before) = (source.guard.shrink_to, before?.size);
    ((size as f64) < before as f64 * share)
        .then(|| format!("it has {size} bytes, less than {share} of the {before} that it had before"))
}

/// The fault of a paged source of which too little came.
pub(crate) fn incomplete(came: &Completeness, source: &Source) -> Option<Fault> {
    let (least, share) = (source.guard.complete_min?, came.share()?);
    let message =
        format!("{:.2} % of the items came, less than the {:.2} % that are needed", share * 100.0, least * 100.0);
    (share < least).then(|| {
        Fault::new(ErrorKind::Contract, message)
            .at(format!("source `{}`", source.id))
            .help("split its queries further, or lower `complete_min`; the source keeps what it had before")
    })
}

/// The fault of a source of which documents are suspect.
pub(crate) fn fault(document: &Document, why: &str, others: usize) -> Fault {
    let more = if others == 0 { String::new() } else { format!(" (and {others} further documents are suspect)") };
    Fault::new(ErrorKind::Shape, format!("what came is not taken for data: {why}{more}")).at(&document.name).help(
        format!(
            "look at it: it is archived as {} and marked as suspect, and the source keeps what it had before",
            document.archived.digest
        ),
    )
}

/// The format that a name promises.
fn format_of(name: &str) -> Option<Format> {
    let path = name.split(['?', '#']).next().unwrap_or_default();
    let (_, ending) = path.rsplit('/').next().unwrap_or_default().rsplit_once('.')?;
    match ending.to_ascii_lowercase().as_str() {
        "csv" | "tsv" | "txt" => Some(Format::Csv),
        "xlsx" | "xlsb" | "ods" => Some(Format::Workbook),
        "json" | "ndjson" | "jsonl" | "geojson" => Some(Format::Json),
        "pdf" => Some(Format::Pdf),
        "parquet" => Some(Format::Parquet),
        // `.xls` is what many servers call tables of HTML and of text.
        _ => None,
    }
}

fn fits(format: Format, sniffed: Sniffed) -> bool {
    match format {
        // Delimited text may begin with whatever its first cell holds, but for a page or a file of another sort.
        Format::Csv => matches!(sniffed, Sniffed::Text | Sniffed::Json | Sniffed::Xml),
        Format::Workbook => matches!(sniffed, Sniffed::Zip | Sniffed::Ole),
        Format::Json => matches!(sniffed, Sniffed::Json | Sniffed::Text),
        Format::Html => matches!(sniffed, Sniffed::Html | Sniffed::Xml | Sniffed::Text),
        Format::Pdf => sniffed == Sniffed::Pdf,
        Format::Parquet => sniffed == Sniffed::Parquet,
    }
}
