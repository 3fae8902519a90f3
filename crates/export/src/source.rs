//! What a release says of the sources it draws on.

use std::collections::BTreeSet;

use polars::prelude::DataFrame;
use quipu_schema::Result;
use quipu_schema::marking::Marking;
use quipu_schema::pipeline::Source;
use quipu_schema::table::Table;

use crate::sort;

/// One source, as its pipeline file declares it.
///
/// Its address is not taken from there, because an address in a pipeline file may hold a key;
/// `document.url` is free of credentials.
#[derive(Debug, Clone)]
pub struct SourceInfo {
    /// The pipeline's name for it.
    pub id: String,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its licence.
    pub licence: Option<String>,
    /// Marking of every row that comes from it.
    pub marking: Marking,
}

impl From<&Source> for SourceInfo {
    fn from(source: &Source) -> Self {
        Self {
            id: source.id.clone(),
            publisher: source.publisher.clone(),
            title: source.title.clone(),
            licence: source.licence.clone(),
            marking: source.marking,
        }
    }
}

/// One document of a source. Known only where the table `document` is released, so that the
/// metadata of a release tells nothing that its tables do not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Document {
    pub(crate) source: String,
    pub(crate) title: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) publisher: Option<String>,
    pub(crate) licence: Option<String>,
}

/// A source of the release, with its documents.
#[derive(Debug)]
pub(crate) struct Used<'a> {
    pub(crate) info: &'a SourceInfo,
    pub(crate) documents: Vec<&'a Document>,
}

impl<'a> Used<'a> {
    /// The sources of these ids with their documents, in the order of the pipeline file.
    pub(crate) fn all(infos: &'a [SourceInfo], ids: &BTreeSet<String>, documents: &'a BTreeSet<Document>) -> Vec<Self> {
        infos
            .iter()
            .filter(|info| ids.contains(&info.id))
            .map(|info| Self { info, documents: documents.iter().filter(|d| d.source == info.id).collect() })
            .collect()
    }

    /// Who publishes it: as declared, else as its documents say with one voice.
    pub(crate) fn publisher(&self) -> Option<&str> {
        self.info.publisher.as_deref().or_else(|| self.common(|document| document.publisher.as_deref()))
    }

    /// Its licence: as declared, else as its documents say with one voice.
    pub(crate) fn licence(&self) -> Option<&str> {
        self.info.licence.as_deref().or_else(|| self.common(|document| document.licence.as_deref()))
    }

    /// Its title: as declared, else as its documents say with one voice, else its id.
    pub(crate) fn title(&self) -> &str {
        let title = self.info.title.as_deref().or_else(|| self.common(|document| document.title.as_deref()));
        title.unwrap_or(&self.info.id)
    }

    fn common<'b>(&'b self, of: impl Fn(&'b Document) -> Option<&'b str>) -> Option<&'b str> {
        let first = of(self.documents.first()?)?;
        self.documents.iter().all(|document| of(document) == Some(first)).then_some(first)
    }
}

/// The documents in the rows of the table `document`.
pub(crate) fn documents(table: &Table, frame: &DataFrame) -> Result<BTreeSet<Document>> {
    let texts = |name: &str| -> Result<Vec<Option<String>>> {
        let column = frame.column(name).and_then(|column| column.str()).map_err(|error| sort::broken(table, error))?;
        Ok(column.iter().map(|text| text.map(str::to_owned)).collect())
    };
    let sources = texts("source")?.into_iter().map(Option::unwrap_or_default);
    let rows = sources.zip(texts("title")?).zip(texts("url")?).zip(texts("publisher")?).zip(texts("licence")?);
    Ok(rows
        .map(|((((source, title), url), publisher), licence)| Document { source, title, url, publisher, licence })
        .collect())
}
