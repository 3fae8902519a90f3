//! Documents that listing pages name: press releases, yearly workbooks, files of a portal.
//!
//! Pages are walked from the first ones along the links that the pipeline file names, in waves, within bounds. Documents
//! that are new are fetched, each once; those that came before stay, also when no page names them any more. One document
//! that does not come keeps none of the others back.

mod listing;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;
use quipu_fetch::redact;
use quipu_schema::pipeline::CrawlSource;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::{Archived, Capture, Completeness};
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

use self::listing::{Item, Listing, Rules};
use super::http::{Wanted, What, address, one, secret_headers};
use super::{Document, Fetch, Harvest, Job, Parent};
use crate::concerns_the_source_only;

/// Requests of one source that are under way, whatever its hosts.
const AT_A_TIME: usize = 64;

impl Fetch for CrawlSource {
    fn word(&self) -> &'static str {
        "crawl"
    }

    fn fetch(&self, job: &Job) -> Result<Harvest> {
        let first = self.urls.iter().map(|url| address(&self.reach, url)).collect::<Result<Vec<_>>>()?;
        let rules = Rules::of(self, &first, job.source.language.as_deref())?;
        let crawler = Crawler { crawl: self, job, rules, first, headers: secret_headers(&self.reach)? };
        job.progress.begin("pages and documents", None);
        let harvest = job.runtime.block_on(crawler.all());
        job.progress.end();
        harvest
    }
}

struct Crawler<'a> {
    crawl: &'a CrawlSource,
    job: &'a Job<'a>,
    rules: Rules,
    /// The pages to begin with, of whose origins credentials are.
    first: Vec<Url>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What the pages name.
#[derive(Default)]
struct Named {
    pages: Vec<Document>,
    /// Documents in the order in which they were found, each with the page that named it first.
    items: Vec<(Item, Digest)>,
    missing: Vec<(String, Fault)>,
    /// How many links are passed over, by the reason.
    passed_over: BTreeMap<&'static str, u64>,
    /// Elements that the selector of documents found.
    found: usize,
    /// Pages that are named and lie beyond the bounds.
    beyond: u64,
}

impl Crawler<'_> {
    async fn all(&self) -> Result<Harvest> {
        let mut named = self.walk().await?;
        if named.found == 0 && named.missing.is_empty() {
            let message = format!("no element of the listing matches `{}`", self.crawl.item);
            let at = named.pages.first().map(|page| page.name.clone()).unwrap_or_default();
            return Err(Fault::new(ErrorKind::Shape, message)
                .at(at)
                .help("the page was changed, or is made by a script: look for an address that gives the list itself"));
        }
        let mut harvest = Harvest { piecemeal: Some(self.crawl.missing_max), ..Harvest::default() };
        let pages: BTreeSet<String> = named.pages.iter().map(|page| page.name.clone()).collect();
        named.items.retain(|(item, _)| !pages.contains(&redact(&item.url)));
        let total = named.items.len() as u64;
        let (known, new): (Vec<_>, Vec<_>) =
            named.items.into_iter().partition(|(item, _)| !self.crawl.recheck && self.known(&item.url).is_some());
        let left = new.len().saturating_sub(usize::try_from(self.crawl.most_items).unwrap_or(usize::MAX));
        harvest.documents.extend(known.iter().filter_map(|(item, _)| self.known(&item.url)).map(kept));
        let orders = new.iter().take(new.len() - left).enumerate().map(|(at, (item, page))| async move {
            let name = redact(&item.url);
            let came = self.fetch(&item.url, &name, What::Document, Some(*page)).await;
            self.job.progress.advance(1);
            (at, name, came)
        });
        let mut came: Vec<_> = futures_util::stream::iter(orders).buffer_unordered(AT_A_TIME).collect().await;
        came.sort_unstable_by_key(|(at, ..)| *at);
        for (_, name, came) in came {
            match came {
                Ok(came) => harvest.documents.push(came.document),
                Err(fault) if concerns_the_source_only(fault.kind()) => harvest.missing.push((name, fault)),
                Err(fault) => return Err(fault),
            }
        }
        let items = harvest.documents.len() as u64;
        harvest.completeness = Some(Completeness {
            declared: Some(total),
            items,
            pages: named.pages.len() as u64,
            slices: self.crawl.urls.len() as u64,
            over_cap: 0,
        });
        self.tell(&mut harvest, &named.passed_over, (named.beyond, left));
        // Nobody knows what stands on pages that were not read.
        let all = named.missing.is_empty() && named.beyond == 0 && left == 0;
        harvest.missing.append(&mut named.missing);
        if self.crawl.keep || !all {
            self.keep_others(&mut harvest);
        }
        harvest.documents.append(&mut named.pages);
        Ok(harvest)
    }

    /// Walks the pages in waves; what concerns one page alone is missing.
    async fn walk(&self) -> Result<Named> {
        let mut named = Named::default();
        let (mut seen, mut items) = (BTreeSet::new(), BTreeSet::new());
        let mut wave: Vec<(Url, Option<Digest>)> = self.first.iter().map(|url| (url.clone(), None)).collect();
        wave.retain(|(url, _)| seen.insert(url.clone()));
        for depth in 0..=self.crawl.most_depth {
            let room = self.crawl.most_pages.saturating_sub(named.pages.len() as u64 + named.missing.len() as u64);
            let room = usize::try_from(room).unwrap_or(usize::MAX).min(wave.len());
            named.beyond += (wave.len() - room) as u64;
            wave.truncate(room);
            let walks = wave.drain(..).map(|(url, by)| async move { (self.page(&url, by).await, url) });
            let walked: Vec<_> = futures_util::stream::iter(walks).buffered(AT_A_TIME).collect().await;
            for (page, url) in walked {
                self.job.progress.advance(1);
                let (document, listing) = match page {
                    Ok(page) => page,
                    Err(fault) if concerns_the_source_only(fault.kind()) => {
                        named.missing.push((redact(&url), fault));
                        continue;
                    }
                    Err(fault) => return Err(fault),
                };
                let digest = document.archived.digest;
                named.pages.push(document);
                named.found += listing.found;
                for why in listing.passed_over {
                    *named.passed_over.entry(why).or_default() += 1;
                }
                let fresh = listing.items.into_iter().filter(|item| items.insert(item.url.clone()));
                named.items.extend(fresh.map(|item| (item, digest)));
                let further = listing.pages.into_iter().filter(|url| seen.insert(url.clone()));
                wave.extend(further.map(|url| (url, Some(digest))));
            }
            if wave.is_empty() {
                return Ok(named);
            }
            if depth == self.crawl.most_depth {
                named.beyond += wave.len() as u64;
            }
        }
        Ok(named)
    }

    /// Fetches and reads one page.
    async fn page(&self, url: &Url, by: Option<Digest>) -> Result<(Document, Listing)> {
        let name = redact(url);
        let mut came = self.fetch(url, &name, What::Listing, by).await?;
        if let Some(why) = &came.document.suspect {
            return Err(crate::guard::fault(&name, why, 0));
        }
        let bytes = came.read(self.job)?;
        let stated = came.document.headers.iter().find(|(name, _)| name == "content-type");
        let at = came.url.as_ref().unwrap_or(url);
        let listing = self.rules.read(&bytes, at, stated.map(|(_, value)| value.as_str()));
        let listing = listing.map_err(|fault| if fault.place().is_none() { fault.at(&name) } else { fault })?;
        came.document.is_container = true;
        Ok((came.document, listing))
    }

    async fn fetch(&self, url: &Url, name: &str, what: What, listing: Option<Digest>) -> Result<super::http::Came> {
        let own = self.first.iter().any(|first| first.origin() == url.origin());
        let headers = if own { self.headers.as_slice() } else { &[] };
        let wanted = Wanted { url, name, headers, conditional: true, what, listing };
        one(&self.crawl.reach, &wanted, self.job, false).await
    }

    /// What came before under an address and is still there.
    fn known(&self, url: &Url) -> Option<&Capture> {
        let known = self.job.known.get(redact(url).as_str()).copied()?;
        self.job.archive.contains(&known.digest).then_some(known)
    }

    /// Documents of the last run that no page names any more stay.
    fn keep_others(&self, harvest: &mut Harvest) {
        let there: BTreeSet<&str> = harvest.documents.iter().map(|document| document.name.as_str()).collect();
        let others = self.job.current.iter().filter(|capture| {
            let (of, _) = capture.name.split_once('#').unwrap_or((&capture.name, ""));
            !there.contains(capture.name.as_str()) && !there.contains(of) && self.rules.wants(of)
        });
        let others: Vec<Document> = others.map(kept).collect();
        harvest.documents.extend(others);
    }

    /// Says what is left out, and why.
    fn tell(&self, harvest: &mut Harvest, passed_over: &BTreeMap<&'static str, u64>, (beyond, left): (u64, usize)) {
        for (why, count) in passed_over {
            let what = match *why {
                "before-since" => "are of days before `since`",
                "other-host" => "lead to other hosts; `hosts` names those that are wanted",
                "other-address" => "are none by `matches` and `except`",
                _ => "lead to no address",
            };
            harvest.notes.push(format!("{count} links of the listing {what}"));
        }
        if beyond > 0 {
            harvest.notes.push(format!(
                "{beyond} further listing pages lie beyond `most_pages` = {} or `most_depth` = {}",
                self.crawl.most_pages, self.crawl.most_depth
            ));
        }
        if left > 0 {
            let most = self.crawl.most_items;
            harvest
                .notes
                .push(format!("{left} further new documents are left for the next run (`most_items` = {most})"));
        }
    }
}

/// A document that is as it was.
fn kept(capture: &Capture) -> Document {
    let archived = Archived { digest: capture.digest, size: capture.size, new: false };
    let of = if capture.kind == "archive" { Parent::Archive } else { Parent::Listing };
    Document {
        media_type: capture.media_type.clone(),
        not_modified: true,
        parent: capture.parent.map(|digest| (of, digest)),
        ..Document::of(capture.name.clone(), archived)
    }
}
