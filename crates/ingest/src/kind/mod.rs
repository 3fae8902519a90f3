//! Kinds of sources: one file each behind [`Fetch`], registered in [`of`].
//!
//! Further kinds go beside these, each with a variant of `quipu_schema::pipeline::SourceKind`:
//! `api` (a paged API; its pages are documents of one source), `crawl` (pages found from a start
//! page), `archive` (members of a ZIP or TAR), `object` (an object store). The ones that speak
//! HTTP use `http::attempt` and its rules for trying again.

mod file;
mod http;

use std::path::Path;

use quipu_schema::Result;
use quipu_schema::pipeline::SourceKind;
use quipu_store::{Archive, Archived, Progress};
use tokio::runtime::Runtime;

/// One kind of source.
pub(crate) trait Fetch {
    /// The word of the capture's column `kind`.
    fn word(&self) -> &'static str;

    /// Archives every document of the source, in an order that the source alone decides.
    ///
    /// # Errors
    /// `Source`, `Refused` and `Upstream` concern this source only; any other kind ends the stage.
    fn fetch(&self, job: &Job) -> Result<Vec<Document>>;
}

/// The fetcher of a source.
pub(crate) fn of(kind: &SourceKind) -> &dyn Fetch {
    match kind {
        SourceKind::File(file) => file,
        SourceKind::Http(http) => http,
    }
}

/// What a fetcher needs.
pub(crate) struct Job<'a> {
    /// Where bytes go.
    pub(crate) archive: Archive,
    /// The folder of the pipeline file.
    pub(crate) base: &'a Path,
    /// Where network calls run.
    pub(crate) runtime: &'a Runtime,
    /// Who watches.
    pub(crate) progress: &'a dyn Progress,
}

/// One archived document and how it came.
pub(crate) struct Document {
    /// Path relative to the pipeline file, or URL without secrets.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) archived: Archived,
    /// Media type as the server states it, without parameters.
    pub(crate) media_type: Option<String>,
    /// HTTP status.
    pub(crate) status: Option<u16>,
    /// The few headers worth keeping.
    pub(crate) headers: Vec<(String, String)>,
    /// The addresses it was redirected to, without secrets.
    pub(crate) redirects: Vec<String>,
}
