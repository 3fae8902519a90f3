//! A paged API: its pages are documents of one source.
//!
//! A query with more items than the API gives is split along what the pipeline file names, until every part fits. Every
//! query is walked page by page; a page that is not the one that was asked for (an API that starts again at its first page
//! behind its cap) ends the walk. What came is counted, each item once, against what the API says that there is.

mod count;
mod page;
mod slice;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;
use quipu_fetch::redact;
use quipu_schema::pipeline::{ApiSource, Pages};
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::Completeness;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

use self::page::{Page, see, with};
use self::slice::Slice;
use super::http::{Wanted, What, address, one, secret_headers};
use super::{Document, Fetch, Harvest, Job};
use crate::concerns_the_source_only;

/// Queries that are walked side by side.
const AT_A_TIME: usize = 8;
/// Most parts that a query is split into, all together.
const MOST_SLICES: u64 = 100_000;

impl Fetch for ApiSource {
    fn word(&self) -> &'static str {
        "api"
    }

    fn fetch(&self, job: &Job) -> Result<Harvest> {
        let url = address(&self.reach, &self.url)?;
        let size = self.size.as_ref().map(|(key, value)| (key.as_str(), value.to_string()));
        let url = size.map_or_else(|| url.clone(), |(key, value)| with(&url, &[(key, &value)]));
        if let Some(count) = &self.count {
            return count::counts(self, count, &url, job);
        }
        let walker = Walker { api: self, job, url, headers: secret_headers(&self.reach)? };
        job.progress.begin("queries", None);
        let walked = job.runtime.block_on(walker.all());
        job.progress.end();
        walked
    }
}

/// What one query came to.
#[derive(Default)]
struct Walked {
    documents: Vec<Document>,
    items: BTreeSet<Digest>,
    /// What the API says that there is.
    declared: Option<u64>,
    /// Why there may be more than came.
    trouble: Option<(String, Fault)>,
    /// It has more items than the API gives.
    over_cap: bool,
    /// The first answer was all that was asked for: the query is to be split.
    split: bool,
}

struct Walker<'a> {
    api: &'a ApiSource,
    job: &'a Job<'a>,
    /// The first page of the query that is not split.
    url: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Walker<'_> {
    /// Walks the query, and those that it has to be split into.
    async fn all(&self) -> Result<Harvest> {
        let mut harvest = Harvest::default();
        let mut items = BTreeSet::new();
        let mut done = Completeness::default();
        let mut documents: BTreeMap<String, Document> = BTreeMap::new();
        let mut waiting = vec![Slice::whole()];
        let mut first = true;
        while !waiting.is_empty() {
            let now = std::mem::take(&mut waiting);
            done.slices += now.len() as u64;
            let walks = now.into_iter().map(|slice| async { (self.walk(&slice).await, slice) });
            // In their order, whatever comes first.
            let walked: Vec<_> = futures_util::stream::iter(walks).buffered(AT_A_TIME).collect().await;
            for (walked, slice) in walked {
                let walked = walked?;
                self.job.progress.advance(1);
                if first {
                    done.declared = walked.declared;
                    first = false;
                }
                if walked.split {
                    let parts = self.api.split.as_ref().map(|split| slice.parts(&split.along)).unwrap_or_default();
                    waiting.extend(parts);
                    continue;
                }
                done.over_cap += u64::from(walked.over_cap);
                items.extend(walked.items);
                harvest.missing.extend(walked.trouble);
                documents.extend(walked.documents.into_iter().map(|document| (document.name.clone(), document)));
            }
            if done.slices + waiting.len() as u64 > MOST_SLICES {
                let message = format!("the query is split into more than {MOST_SLICES} parts");
                return Err(Fault::new(ErrorKind::Source, message)
                    .at(redact(&self.url))
                    .help("split it along less, or along something that the API knows"));
            }
        }
        done.items = items.len() as u64;
        done.pages = documents.len() as u64;
        harvest.documents = documents.into_values().collect();
        harvest.completeness = Some(done);
        Ok(harvest)
    }

    /// Walks one query page by page. What concerns this query alone is its trouble.
    async fn walk(&self, slice: &Slice) -> Result<Walked> {
        let mut walked = Walked::default();
        match self.pages(slice, &mut walked).await {
            Ok(()) => Ok(walked),
            Err(fault) if concerns_the_source_only(fault.kind()) => {
                let name = redact(&with(&self.url, &slice.pairs()));
                walked.trouble = Some((name, fault));
                Ok(walked)
            }
            Err(fault) => Err(fault),
        }
    }

    /// Whether the head of an answer names the next page: one without a body need not have it.
    fn by_head(&self) -> bool {
        self.api.pages == Pages::Link
    }

    async fn pages(&self, slice: &Slice, walked: &mut Walked) -> Result<()> {
        let first = with(&self.url, &slice.pairs());
        let mut url = match &self.api.pages {
            Pages::Number { key, first: number } => with(&first, &[(key, &number.to_string())]),
            Pages::One | Pages::Offset { .. } | Pages::Cursor { .. } | Pages::Next { .. } | Pages::Link => {
                first.clone()
            }
        };
        let mut before = 0_u64;
        let query = redact(&first);
        let counted = matches!(self.api.pages, Pages::Number { .. } | Pages::Offset { .. });
        let mut longest = 0;
        for number in 0..self.api.most_pages {
            // Pages are named by their query and their number: the addresses of some differ in what is secret alone, or in
            // marks that are others in every run.
            let name = if number == 0 { query.clone() } else { format!("{query}#page={}", number + 1) };
            // Whoever is named by a page gets no credentials that are not meant for it.
            let own = url.origin() == self.url.origin();
            let headers = if own { self.headers.as_slice() } else { &[] };
            let conditional = counted || number == 0 && !self.by_head();
            let wanted = Wanted { url: &url, name: &name, headers, conditional, what: What::Document, listing: None };
            let mut came = one(&self.api.reach, &wanted, self.job, false).await?;
            if came.document.suspect.is_some() {
                walked.documents.push(came.document);
                return Ok(());
            }
            let bytes = came.read(self.job)?;
            let document = came.document;
            let page = Page::read(&bytes, self.api, &document.name)?;
            if number == 0 {
                walked.declared = page.total;
                if let (Some(total), Some(split)) = (page.total, &self.api.split)
                    && total > split.cap
                {
                    if slice.can_be_split(&split.along) {
                        // Its first page is one of the parts of the query too: it is not kept twice.
                        walked.split = true;
                        return Ok(());
                    }
                    walked.over_cap = true;
                }
            }
            let asked = match &self.api.pages {
                Pages::Number { first, .. } => Some(first + number),
                Pages::One | Pages::Offset { .. } | Pages::Cursor { .. } | Pages::Next { .. } | Pages::Link => None,
            };
            // An API that starts again behind its cap says which page it gives, or gives nothing new.
            if let Some((echo, asked)) = page.echo.zip(asked).filter(|(echo, asked)| echo != asked) {
                if number > 0 {
                    return Ok(());
                }
                let message = format!("page {asked} was asked for, and the answer says that it is page {echo}");
                return Err(Fault::new(ErrorKind::Shape, message)
                    .at(&name)
                    .help("is `echo` the right place, and `first` the number of the first page?"));
            }
            let new = see(&page.items, &mut walked.items);
            if number > 0 && new == 0 && (counted || !page.items.is_empty()) {
                return Ok(());
            }
            before += page.items.len() as u64;
            let next = match &self.api.pages {
                Pages::Link => document.next.clone(),
                way => page.next(&first, &url, way, (number, before)),
            };
            walked.documents.push(document);
            // Pages that are counted end where all is there, or with one that is shorter than those before it; those that
            // are named say themselves that none follows.
            let all = page.total.is_some_and(|total| walked.items.len() as u64 >= total);
            let short = page.items.is_empty() || page.items.len() < longest;
            longest = longest.max(page.items.len());
            match next {
                Some(next) if !(counted && (all || short)) => url = next,
                _ => return Ok(()),
            }
        }
        let message = format!("the query has more than {} pages", self.api.most_pages);
        Err(Fault::new(ErrorKind::Source, message)
            .at(redact(&first))
            .help("raise `most_pages` of the source if that is right"))
    }
}
