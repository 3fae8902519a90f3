//! Kinds of sources: one file each behind [`Fetch`], registered in [`of`].
//!
//! Further kinds go beside these, each with a variant of `quipu_schema::pipeline::SourceKind`. The ones that speak HTTP use the fetcher of the run. Members of archives are taken
//! out behind whatever kind brought them: see `archive`.

mod api;
mod crawl;
mod file;
mod http;
mod incoming;
mod object;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use quipu_fetch::Fetcher;
use quipu_schema::pipeline::{Source, SourceKind};
use quipu_schema::{Digest, Fault, Result};
use quipu_store::{Archive, Archived, Capture, Completeness, Ledger, Progress};
use reqwest::Url;
use tokio::runtime::Runtime;

use crate::landing::Landing;

/// One kind of source.
pub(crate) trait Fetch {
    /// The word of the capture's column `kind`.
    fn word(&self) -> &'static str;

    /// Archives the documents of the source, in an order that the source alone decides.
    ///
    /// # Errors
    /// `Source`, `Refused`, `Upstream` and `Shape` concern this source only; any other kind ends the stage. What concerns one document
    /// of several stands in the harvest.
    fn fetch(&self, job: &Job) -> Result<Harvest>;
}

/// The fetcher of a source.
pub(crate) fn of(kind: &SourceKind) -> &dyn Fetch {
    match kind {
        SourceKind::File(file) => file,
        SourceKind::Http(http) => http,
        SourceKind::Api(api) => api.as_ref(),
        SourceKind::Crawl(crawl) => crawl.as_ref(),
        SourceKind::Object(object) => object.as_ref(),
    }
}

/// What a kind of source needs.
pub(crate) struct Job<'a> {
    /// The pipeline and the source.
    pub(crate) pipeline: &'a str,
    pub(crate) source: &'a Source,
    /// Where bytes are…
    pub(crate) archive: Archive,
    /// …and how they come there.
    pub(crate) landing: Landing,
    /// The folder of the pipeline file.
    pub(crate) base: &'a Path,
    /// Where network calls run.
    pub(crate) runtime: &'a Runtime,
    /// Who asks servers.
    pub(crate) fetcher: &'a Arc<Fetcher>,
    /// Downloads that broke off in an earlier run.
    pub(crate) broken: &'a BTreeSet<Digest>,
    /// The newest good capture of each name.
    pub(crate) known: BTreeMap<&'a str, &'a Capture>,
    /// What is known of captures.
    pub(crate) ledger: &'a Ledger,
    /// What is current.
    pub(crate) current: &'a [Capture],
    /// Who watches.
    pub(crate) progress: &'a dyn Progress,
}

/// What came of a source.
#[derive(Default)]
pub(crate) struct Harvest {
    /// Documents that came, or are the same as before.
    pub(crate) documents: Vec<Document>,
    /// What did not come, by its name.
    pub(crate) missing: Vec<(String, Fault)>,
    /// How much came of a source that gives its items page by page.
    pub(crate) completeness: Option<Completeness>,
    /// Whether each document stands for itself: as long as no more than so many are missing, all is well, and those that
    /// came are current in any case. Otherwise the source is one whole.
    pub(crate) piecemeal: Option<u64>,
    /// What people should know.
    pub(crate) notes: Vec<String>,
}

/// What a document can come out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parent {
    /// It is a member of an archive.
    Archive,
    /// A page names it.
    Listing,
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
    /// The next page, where the answer's head names one.
    pub(crate) next: Option<Url>,
    /// Why it is not taken for data.
    pub(crate) suspect: Option<String>,
    /// Whether the server said that it is what it was: no capture of it is new.
    pub(crate) not_modified: bool,
    /// Whether its members are the documents, and not it.
    pub(crate) is_container: bool,
    /// What it came out of.
    pub(crate) parent: Option<(Parent, Digest)>,
}

impl Document {
    /// A document that is as it was captured.
    pub(crate) fn kept(capture: &Capture) -> Self {
        let archived = Archived { digest: capture.digest, size: capture.size, new: false };
        let of = if capture.kind == "archive" { Parent::Archive } else { Parent::Listing };
        Self {
            media_type: capture.media_type.clone(),
            not_modified: true,
            parent: capture.parent.map(|digest| (of, digest)),
            ..Self::of(capture.name.clone(), archived)
        }
    }

    /// A document of which nothing more is known.
    pub(crate) const fn of(name: String, archived: Archived) -> Self {
        Self {
            name,
            archived,
            media_type: None,
            status: None,
            headers: Vec::new(),
            redirects: Vec::new(),
            next: None,
            suspect: None,
            not_modified: false,
            is_container: false,
            parent: None,
        }
    }
}
