//! One address or several, fetched side by side.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use quipu_fetch::{ANYTHING, Answer, Fetched, Known, Order, Validators, conceal, redact};
use quipu_schema::pipeline::{HttpSource, Reach};
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::{Archived, Capture};
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

use super::incoming::{Arrived, Incoming};
use super::{Document, Fetch, Harvest, Job, Parent};
use crate::concerns_the_source_only;
use crate::guard::{self, suspicion, unpinned};

/// Requests of one source that are under way, whatever its hosts; each host has its own bounds.
const AT_A_TIME: usize = 64;

impl Fetch for HttpSource {
    fn word(&self) -> &'static str {
        "http"
    }

    fn fetch(&self, job: &Job) -> Result<Harvest> {
        let addresses = self.urls.iter().map(|url| address(&self.reach, url)).collect::<Result<Vec<_>>>()?;
        let headers = secret_headers(&self.reach)?;
        let (names, headers) = (names(&addresses), headers.as_slice());
        let whole = self.urls.len() > 1;
        if whole {
            job.progress.begin("documents", Some(addresses.len() as u64));
        }
        let mut results = job.runtime.block_on(async {
            let orders = addresses.iter().zip(&names).enumerate().map(|(at, (url, name))| async move {
                let wanted = Wanted { url, name, headers, conditional: true, what: What::Document, listing: None };
                let came = one(&self.reach, &wanted, job, !whole).await;
                if whole {
                    job.progress.advance(1);
                }
                (at, came.map(|came| came.document))
            });
            futures_util::stream::iter(orders).buffer_unordered(AT_A_TIME).collect::<Vec<_>>().await
        });
        // In the order of the file, whatever came first.
        results.sort_unstable_by_key(|(at, _)| *at);
        if whole {
            job.progress.end();
        }
        let mut harvest = Harvest::default();
        for (name, (_, result)) in names.into_iter().zip(results) {
            match result {
                Ok(document) => harvest.documents.push(document),
                Err(fault) if concerns_the_source_only(fault.kind()) => harvest.missing.push((name, fault)),
                Err(fault) => return Err(fault),
            }
        }
        Ok(harvest)
    }
}

/// The names of addresses: without secrets, and where two are the same then, with the number of those before them.
fn names(addresses: &[Url]) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let numbered = |url: &Url| {
        let name = redact(url);
        let count = seen.entry(name.clone()).and_modify(|count| *count += 1).or_insert(1);
        if *count == 1 { name } else { format!("{name}#{count}") }
    };
    addresses.iter().map(numbered).collect()
}

/// An address with its secret parts.
pub(super) fn address(reach: &Reach, url: &str) -> Result<Url> {
    // The text itself is not shown: what does not parse cannot be redacted.
    let mut url: Url = url.parse().map_err(|error: <Url as std::str::FromStr>::Err| {
        Fault::new(ErrorKind::Source, "the address of the source is not a URL").because(error)
    })?;
    for (key, variable) in &reach.secret_query {
        let value = secret(variable)?;
        url.query_pairs_mut().append_pair(key, &value);
    }
    Ok(url)
}

pub(super) fn secret_headers(reach: &Reach) -> Result<Vec<(HeaderName, HeaderValue)>> {
    let read = |(name, variable): &(String, String)| {
        // Neither message tells the value.
        let wrong = |what: &str| Fault::new(ErrorKind::Usage, format!("{what}, so that it cannot be sent"));
        let name: HeaderName = name.parse().map_err(|_| wrong(&format!("`{name}` is not the name of a header")))?;
        let mut value = HeaderValue::from_str(&secret(variable)?).map_err(|_| {
            wrong(&format!("the value of the environment variable `{variable}` is no value of a header"))
        })?;
        value.set_sensitive(true);
        Ok((name, value))
    };
    reach.secret_headers.iter().map(read).collect()
}

/// The value of an environment variable, which nothing tells from now on.
pub(super) fn secret(variable: &str) -> Result<String> {
    let value = std::env::var(variable).ok().filter(|value| !value.is_empty()).ok_or_else(|| {
        let message = format!("the environment variable `{variable}` has no value, and the source needs it");
        Fault::new(ErrorKind::Source, message).help("set it where the run is started")
    })?;
    conceal(&value);
    Ok(value)
}

/// One document that is wanted.
pub(super) struct Wanted<'a> {
    pub(super) url: &'a Url,
    /// Its name, which no other document of the source has.
    pub(super) name: &'a str,
    /// Credentials and the like.
    pub(super) headers: &'a [(HeaderName, HeaderValue)],
    /// Whether what is known under its name is of the same address.
    pub(super) conditional: bool,
    /// What it is to be.
    pub(super) what: What,
    /// The page that names it, where one does.
    pub(super) listing: Option<Digest>,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A document of the source.
    Document,
    /// A page that names documents.
    Listing,
}

/// A document that came, and what is in it where it is small and new.
pub(super) struct Came {
    pub(super) document: Document,
    pub(super) whole: Option<Vec<u8>>,
    /// The address that gave it, where that is another one. It may hold secrets.
    pub(super) url: Option<Url>,
}

impl Came {
    /// What is in it.
    pub(super) fn read(&mut self, job: &Job) -> Result<Vec<u8>> {
        if let Some(whole) = self.whole.take() {
            return Ok(whole);
        }
        if !self.document.not_modified {
            job.landing.settled()?;
        }
        job.archive.read(&self.document.archived.digest)
    }
}

/// Fetches one document. `alone` says that its bytes are the progress that people see.
pub(super) async fn one(reach: &Reach, wanted: &Wanted<'_>, job: &Job<'_>, alone: bool) -> Result<Came> {
    let Wanted { url, name, headers, conditional, what, listing } = *wanted;
    let name = name.to_owned();
    let before = job.known.get(name.as_str()).copied();
    // What is not in the archive any more has to come again.
    let there = before.filter(|before| conditional && job.archive.contains(&before.digest));
    let known = there.map(|before| known(before, url)).filter(|known| !known.validators.is_empty());
    let mut sink = Incoming::new(job, url)?;
    let order =
        Order { url, limits: &reach.limits, accept: ANYTHING, headers, known: known.as_ref(), beginning: false };
    if alone {
        job.progress.begin(&name, None);
    }
    let fetched = job
        .fetcher
        .get(&order, &mut sink, &|bytes| {
            if alone {
                job.progress.advance(bytes);
            }
        })
        .await;
    if alone {
        job.progress.end();
    }
    match (fetched?, before) {
        (Fetched::NotModified(answer), Some(before)) => {
            let archived = Archived { digest: before.digest, size: before.size, new: false };
            // What the pipeline file names may be another one by now.
            let suspect = if what == What::Document { unpinned(&archived.digest, job.source) } else { None };
            let url = answer.at.clone();
            let document = Document { suspect, not_modified: true, ..document(name, archived, answer) };
            Ok(Came { document, whole: None, url })
        }
        (Fetched::NotModified(_), None) => Err(Fault::bug("a document is the same as one that nobody knows")),
        (Fetched::Came(answer), before) => {
            let Arrived { head, whole, staged } = sink.arrived(before.map(|before| before.digest))?;
            let Archived { digest, size, .. } = staged.archived();
            let media_type = answer.media_type.as_deref();
            let came = guard::Came { name: &name, head: &head, size, media_type, digest, is_member: false };
            let suspect = match what {
                What::Document => suspicion(&came, job.source, before),
                What::Listing => guard::no_page(&came),
            };
            let url = answer.at.clone();
            let parent = listing.map(|digest| (Parent::Listing, digest));
            let document = Document { suspect, parent, ..document(name.clone(), staged.archived(), answer) };
            job.landing.land(&document, staged)?;
            Ok(Came { document, whole, url })
        }
    }
}

fn document(name: String, archived: Archived, answer: Answer) -> Document {
    let Answer { status, media_type, headers, redirects, next, .. } = answer;
    Document { media_type, status: Some(status), headers, redirects, next, ..Document::of(name, archived) }
}

/// What the server knew the last version by, and the address that gave it.
fn known(capture: &Capture, url: &Url) -> Known {
    let of = |wanted: &str| capture.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let validators = Validators { etag: of("etag"), last_modified: of("last-modified") };
    Known { validators, at: capture.redirects.last().cloned().unwrap_or_else(|| redact(url)) }
}
