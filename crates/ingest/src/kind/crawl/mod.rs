//! Documents that listing pages name: press releases, yearly workbooks, files of a portal.
//!
//! Pages are walked from the first ones along the links that the pipeline file names, in waves, within bounds. Documents
//! that are new are fetched, each once; those that came before stay, also when no page names them any more. One document
//! that does not come keeps none of the others back.

mod listing;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;
use quipu_fetch::redact;
use quipu_schema::pipeline::CrawlSource;
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use quipu_store::{Capture, Completeness};
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

use self::listing::{Item, Listing, Rules};
use super::http::{Wanted, What, address, one, secret_headers};
use super::{Document, Fetch, Harvest, Job};
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
    /// Documents whose day is not said.
    undated: usize,
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
        if named.pages.is_empty() {
            // Nobody knows what there is: that is no matter of single documents.
            let first = named.missing.into_iter().next().map(|(_, fault)| fault);
            return Err(first.unwrap_or_else(|| Fault::bug("a crawl without a page to begin with")));
        }
        let pages: BTreeSet<String> = named.pages.iter().map(|page| page.name.clone()).collect();
        named.items.retain(|(item, _)| !pages.contains(&name(&item.url)));
        if self.crawl.since.is_some() && named.undated > 0 && named.undated == named.items.len() {
            let message = format!("none of the {} documents of the listing says its day", named.undated);
            return Err(Fault::new(ErrorKind::Shape, message)
                .at(named.pages.first().map(|page| page.name.clone()).unwrap_or_default())
                .help("`since` needs it: look at `date` or `date_in_url`; the source keeps what it had"));
        }
        let aside =
            named.passed_over.iter().filter(|(why, _)| **why != "before-since").map(|(_, count)| count).sum::<u64>();
        if named.items.is_empty() && aside > 0 && named.missing.is_empty() {
            let message = format!("none of the {aside} links of the listing leads to a document that is wanted");
            return Err(Fault::new(ErrorKind::Shape, message)
                .at(named.pages.first().map(|page| page.name.clone()).unwrap_or_default())
                .help(
                    "does `item` find links, and were addresses changed? look at `item`, `matches`, `except` and `hosts`",
                ));
        }
        let mut harvest = Harvest {
            // A page that is missing may name any number of documents.
            piecemeal: Some(if named.missing.is_empty() { self.crawl.missing_max } else { 0 }),
            ..Harvest::default()
        };
        let total = named.items.len() as u64;
        let (known, new): (Vec<_>, Vec<_>) =
            named.items.into_iter().partition(|(item, _)| !self.crawl.recheck && self.known(&item.url).is_some());
        harvest.documents.extend(known.iter().filter_map(|(item, _)| self.known(&item.url)).map(Document::kept));
        let left = self.receive(&new, &mut harvest).await?;
        let good = harvest.documents.iter().filter(|document| document.suspect.is_none());
        harvest.completeness = Some(Completeness {
            // A page that was not read names one document at least.
            declared: Some(total + named.beyond),
            items: good.count() as u64,
            pages: named.pages.len() as u64,
            slices: self.crawl.urls.len() as u64,
            over_cap: 0,
        });
        self.tell(&mut harvest, &named.passed_over, (named.beyond, left));
        if self.crawl.since.is_some() && named.undated > 0 {
            harvest
                .notes
                .push(format!("{} documents do not say their day, and are taken whatever it is", named.undated));
        }
        // Nobody knows what stands on pages that were not read.
        let all = named.missing.is_empty() && named.beyond == 0 && left == 0;
        harvest.missing.append(&mut named.missing);
        if self.crawl.keep || !all {
            self.keep_others(&mut harvest, &pages);
        }
        harvest.documents.append(&mut named.pages);
        Ok(harvest)
    }

    /// Fetches new documents, as many as one run may; gives how many are left. Those that do not come are none of them: dead
    /// links at the head of a list must not keep back what stands behind them.
    async fn receive(&self, new: &[(Item, Digest)], harvest: &mut Harvest) -> Result<usize> {
        let most = usize::try_from(self.crawl.most_items).unwrap_or(usize::MAX);
        let (mut waiting, mut room, mut tried) = (new.iter(), most, 0);
        while room > 0 && tried < most.saturating_mul(2) {
            let orders = waiting.by_ref().take(room).enumerate().map(|(at, (item, page))| async move {
                let name = name(&item.url);
                let came = self.fetch(&item.url, &name, What::Document, Some(*page)).await;
                self.job.progress.advance(1);
                (at, name, came.map(|came| came.document))
            });
            let mut came: Vec<_> = futures_util::stream::iter(orders).buffer_unordered(AT_A_TIME).collect().await;
            if came.is_empty() {
                break;
            }
            came.sort_unstable_by_key(|(at, ..)| *at);
            tried += came.len();
            room = 0;
            for (_, name, came) in came {
                match came {
                    Ok(document) => harvest.documents.push(document),
                    Err(fault) if concerns_the_source_only(fault.kind()) => {
                        harvest.missing.push((name, fault));
                        room += 1;
                    }
                    Err(fault) => return Err(fault),
                }
            }
        }
        Ok(waiting.len())
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
                        named.missing.push((name(&url), fault));
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
                let fresh: Vec<Item> =
                    listing.items.into_iter().filter(|item| items.insert(item.url.clone())).collect();
                named.undated += fresh.iter().filter(|item| item.day.is_none()).count();
                named.items.extend(fresh.into_iter().map(|item| (item, digest)));
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
        let name = name(url);
        let mut came = self.fetch(url, &name, What::Listing, by).await?;
        if let Some(why) = &came.document.suspect {
            return Err(crate::guard::fault(&came.document, why, 0));
        }
        let bytes = came.read(self.job)?;
        // A server that says "not modified" need not say of what type.
        let known = self.job.known.get(name.as_str()).map(|known| known.headers.as_slice()).unwrap_or_default();
        let headers = came.document.headers.iter().chain(known.iter().filter(|_| came.document.not_modified));
        let stated = headers.into_iter().find(|(name, _)| name == "content-type");
        let at = came.url.as_ref().unwrap_or(url);
        let listing = self.rules.read(&bytes, at, stated.map(|(_, value)| value.as_str()));
        let listing = listing.map_err(|fault| if fault.place().is_none() { fault.at(&name) } else { fault })?;
        came.document.is_container = true;
        Ok((came.document, listing))
    }

    async fn fetch(&self, url: &Url, name: &str, what: What, listing: Option<Digest>) -> Result<super::http::Came> {
        let own = self.first.iter().any(|first| first.origin() == url.origin());
        let headers = if own { self.headers.as_slice() } else { &[] };
        // Two addresses that differ in what is hidden cannot be told apart by what is known of them.
        let conditional = !is_hidden(name);
        let wanted = Wanted { url, name, headers, conditional, what, listing };
        one(&self.crawl.reach, &wanted, self.job, false).await
    }

    /// What came before under an address and is still there.
    fn known(&self, url: &Url) -> Option<&Capture> {
        let known = self.job.known.get(name(url).as_str()).copied()?;
        self.job.archive.contains(&known.digest).then_some(known)
    }

    /// Documents of the last run that no page names any more stay.
    fn keep_others(&self, harvest: &mut Harvest, pages: &BTreeSet<String>) {
        let there: BTreeSet<&str> = harvest.documents.iter().map(|document| document.name.as_str()).collect();
        let others = self.job.current.iter().filter(|capture| {
            // Of a member, the archive that it came out of.
            let ends = capture.name.match_indices('#').map(|(at, _)| at).chain([capture.name.len()]);
            let mut names = ends.filter_map(|at| capture.name.get(..at));
            // What is hidden of an address cannot be held against a pattern.
            let wanted =
                is_hidden(&capture.name) || self.rules.wants(capture.name.split('#').next().unwrap_or_default());
            wanted && !names.any(|name| there.contains(name) || pages.contains(name))
        });
        let others: Vec<Document> = others.map(Document::kept).collect();
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

/// The name of an address: without secrets, and where something is hidden with the beginning of a digest of all of it, so
/// that two addresses never have one name.
fn name(url: &Url) -> String {
    let shown = redact(url);
    if is_hidden(&shown) {
        let digest = Digest::of(url.as_str()).to_string();
        return format!("{shown}#{}", digest.get(..8).unwrap_or_default());
    }
    shown
}

/// Whether a name does not say all of its address.
fn is_hidden(name: &str) -> bool {
    name.contains("***")
}
