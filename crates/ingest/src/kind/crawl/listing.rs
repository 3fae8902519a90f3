//! One listing page: which documents and which further pages it names.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use ego_tree::NodeId;
use jiff::civil::Date;
use quipu_prose::text::markup;
use quipu_prose::{Given, Precision};
use quipu_schema::pipeline::CrawlSource;
use quipu_schema::{Fault, Result};
use regex::Regex;
use reqwest::Url;
use scraper::{ElementRef, Html, Node, Selector};

use super::tree::tree;

/// Characters of a text in which a day is looked for.
const DAY: usize = 200;
/// The languages that days are read in, where neither the source nor the page says which.
const LANGUAGES: [&str; 4] = ["en", "es", "pt", "fr"];

/// What is looked for in pages.
pub(super) struct Rules {
    item: Selector,
    follow: Option<Selector>,
    date: Option<Selector>,
    base: Selector,
    matches: Option<Regex>,
    except: Option<Regex>,
    date_in_url: Option<Regex>,
    since: Option<Date>,
    hosts: BTreeSet<String>,
    language: Option<String>,
}

/// A document that a page names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) url: Url,
    /// Its day, where the page or the address says it.
    pub(super) day: Option<Date>,
}

/// What a page names.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Documents, in the order of the page.
    pub(super) items: Vec<Item>,
    /// Further pages.
    pub(super) pages: Vec<Url>,
    /// Elements that the selector of documents finds.
    pub(super) found: usize,
    /// Links that are passed over, by the reason.
    pub(super) passed_over: Vec<&'static str>,
}

impl Rules {
    /// The rules of a source, which begins at these addresses.
    pub(super) fn of(crawl: &CrawlSource, first: &[Url], language: Option<&str>) -> Result<Self> {
        let selector = |text: &str| {
            Selector::parse(text).map_err(|_| Fault::bug(format!("`{text}` was read as a CSS selector and is none")))
        };
        let pattern = |text: &Option<String>| {
            let read = text.as_deref().map(Regex::new).transpose();
            read.map_err(|error| Fault::bug("a pattern was read as a regular expression and is none").because(error))
        };
        let own = first.iter().filter_map(Url::host_str).map(str::to_owned);
        Ok(Self {
            item: selector(&crawl.item)?,
            follow: crawl.follow.as_deref().map(selector).transpose()?,
            date: crawl.date.as_deref().map(selector).transpose()?,
            base: selector("base[href]")?,
            matches: pattern(&crawl.matches)?,
            except: pattern(&crawl.except)?,
            date_in_url: pattern(&crawl.date_in_url)?,
            since: crawl.since,
            hosts: own.chain(crawl.hosts.iter().cloned()).collect(),
            language: language.map(str::to_owned),
        })
    }

    /// Whether an address is one of a document.
    pub(super) fn wants(&self, address: &str) -> bool {
        self.matches.as_ref().is_none_or(|pattern| pattern.is_match(address))
            && !self.except.as_ref().is_some_and(|pattern| pattern.is_match(address))
    }

    /// Reads a page, which came from `at`. `media` is its media type with its parameters.
    ///
    /// # Errors
    /// `Shape` for what no page is; `Source` for an encoding that is not read.
    pub(super) fn read(&self, bytes: &[u8], at: &Url, media: Option<&str>) -> Result<Listing> {
        let (text, encoding) = markup(bytes, media)?;
        let page = tree(&text)?;
        let base = page.select(&self.base).next().and_then(|base| at.join(base.attr("href")?.trim()).ok());
        let base = base.filter(|base| matches!(base.scheme(), "http" | "https")).unwrap_or_else(|| at.clone());
        // What stands behind a question mark is written in the encoding of the page.
        let encode = of_any_lifetime(|text| encoding.output_encoding().encode(text).0);
        let options = Url::options().base_url(Some(&base)).encoding_override(Some(&encode));
        let link = |element: &ElementRef| {
            let mut url = options.parse(&target(element)?).ok()?;
            url.set_fragment(None);
            Some(url)
        };
        let stated = page.root_element().attr("lang").and_then(|lang| lang.get(..2)).map(str::to_ascii_lowercase);
        let language = stated.filter(|stated| LANGUAGES.contains(&stated.as_str()));
        let found: Vec<(ElementRef, Option<Url>)> =
            page.select(&self.item).map(|element| (element, link(&element))).collect();
        let days = self.days(&page, &found);
        let mut listing = Listing { found: found.len(), ..Listing::default() };
        for (element, url) in found {
            match url.ok_or("no-address").and_then(|url| self.judge(url)) {
                Err(why) => listing.passed_over.push(why),
                Ok(url) => {
                    let said = || days.beside(element).and_then(|said| self.day_said(said, language.as_deref()));
                    let day = self.day_in(&url).or_else(said);
                    if day.zip(self.since).is_some_and(|(day, since)| day < since) {
                        listing.passed_over.push("before-since");
                    } else {
                        listing.items.push(Item { url, day });
                    }
                }
            }
        }
        let further = self.follow.iter().flat_map(|follow| page.select(follow));
        listing.pages = further.filter_map(|element| link(&element)).filter(|url| self.is_near(url)).collect();
        Ok(listing)
    }

    fn is_near(&self, url: &Url) -> bool {
        matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| self.hosts.contains(host))
    }

    fn judge(&self, url: Url) -> Result<Url, &'static str> {
        match () {
            () if !matches!(url.scheme(), "http" | "https") => Err("no-address"),
            () if !self.wants(url.as_str()) => Err("other-address"),
            () if !self.is_near(&url) => Err("other-host"),
            () => Ok(url),
        }
    }

    /// The day that an address says; the first one of what it leaves open.
    fn day_in(&self, url: &Url) -> Option<Date> {
        let found = self.date_in_url.as_ref()?.captures(url.as_str())?;
        let number = |name: &str| found.name(name).and_then(|part| part.as_str().parse::<i16>().ok());
        let small = |name: &str| number(name).map_or(Some(1), |number| i8::try_from(number).ok());
        Date::new(number("year")?, small("month")?, small("day")?).ok()
    }

    /// Where days are said, and whose they can be.
    fn days<'a>(&self, page: &'a Html, found: &[(ElementRef, Option<Url>)]) -> Days<'a> {
        let mut of_one: HashMap<NodeId, Option<&Url>> = HashMap::new();
        for (element, url) in found {
            let url = url.as_ref();
            for around in std::iter::once(element.id()).chain(element.ancestors().map(|around| around.id())) {
                match of_one.entry(around) {
                    Entry::Vacant(vacant) => drop(vacant.insert(url)),
                    Entry::Occupied(known) if known.get().is_none() => break,
                    Entry::Occupied(known) if *known.get() == url => {}
                    Entry::Occupied(mut known) => *known.get_mut() = None,
                }
            }
        }
        let of_several = of_one.into_iter().filter(|(_, url)| url.is_none()).map(|(around, _)| around).collect();
        let mut first: HashMap<NodeId, ElementRef<'a>> = HashMap::new();
        for said in self.date.iter().flat_map(|date| page.select(date)) {
            // What is around it has it too, unless it has one that comes before.
            for around in std::iter::once(said).chain(said.ancestors().filter_map(ElementRef::wrap)) {
                match first.entry(around.id()) {
                    Entry::Vacant(vacant) => drop(vacant.insert(said)),
                    Entry::Occupied(_) => break,
                }
            }
        }
        Days { first, of_several }
    }

    /// The day that an element says.
    fn day_said(&self, said: ElementRef, language: Option<&str>) -> Option<Date> {
        let stated = said.attr("datetime").or_else(|| said.attr("content")).map(str::to_owned);
        let text = stated.unwrap_or_else(|| said.text().collect());
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(DAY).collect();
        // As machines write it.
        if let Some(day) = text.get(..10).and_then(|day| day.parse().ok()) {
            return Some(day);
        }
        // As people do.
        match self.language.as_deref().or(language) {
            Some(language) => day_in_words(&text, language),
            // A day that is another one in another language is none: 03/04 is in March or in April.
            None => {
                let days: BTreeSet<Date> =
                    LANGUAGES.iter().filter_map(|language| day_in_words(&text, language)).collect();
                days.first().copied().filter(|_| days.len() == 1)
            }
        }
    }
}

/// Where days are said.
struct Days<'a> {
    /// By element, the first one in it that says a day.
    first: HashMap<NodeId, ElementRef<'a>>,
    /// Elements around links to several documents.
    of_several: HashSet<NodeId>,
}

impl<'a> Days<'a> {
    /// What is said beside a link: in the smallest element around it that says a day, and around no other link.
    fn beside(&self, link: ElementRef) -> Option<ElementRef<'a>> {
        let around = std::iter::once(link.id()).chain(link.ancestors().map(|around| around.id()));
        around.take_while(|id| !self.of_several.contains(id)).find_map(|id| self.first.get(&id).copied())
    }
}

/// The first exact day that a text names.
fn day_in_words(text: &str, language: &str) -> Option<Date> {
    let media = Some("text/plain; charset=utf-8".to_owned());
    let given = Given { media, language: Some(language.to_owned()), published: None };
    let reading = quipu_prose::read(text.as_bytes(), &given).ok()?;
    let exact = reading.dates.iter().find(|date| date.precision == Precision::Day && !date.relative);
    exact.map(|date| date.start)
}

/// Says of a function that what it gives borrows from what it is given.
const fn of_any_lifetime<F: for<'a> Fn(&'a str) -> Cow<'a, [u8]>>(function: F) -> F {
    function
}

/// What an element leads to: its address, or the one that is its text (of a site map, or of a feed, whose `<link>` has none
/// in a reader of HTML).
fn target(element: &ElementRef) -> Option<String> {
    if let Some(stated) = element.attr("href").or_else(|| element.attr("src")) {
        return Some(stated.trim().to_owned());
    }
    let inside: String = element.text().collect();
    let behind = || match element.next_sibling()?.value() {
        Node::Text(text) => Some(text.to_string()),
        _ => None,
    };
    let text = if inside.trim().is_empty() { behind()? } else { inside };
    let text = text.trim();
    (text.starts_with("http://") || text.starts_with("https://")).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quipu_schema::pipeline::{Pipeline, SourceKind};

    use super::*;

    fn rules(rest: &str) -> Rules {
        let text = format!(
            "[pipeline]\nname = \"p\"\nreference = \"r\"\n[[source]]\nid = \"s\"\n[source.crawl]\n\
             url = \"https://h.example/list\"\n{rest}\n[source.report]\n"
        );
        let pipeline = Pipeline::parse(std::path::Path::new("p.toml"), &text).expect("a pipeline");
        let SourceKind::Crawl(crawl) = &pipeline.sources[0].kind else { panic!("a crawl") };
        Rules::of(crawl, &[at()], None).expect("rules")
    }

    fn at() -> Url {
        "https://h.example/list".parse().expect("address")
    }

    #[test]
    fn days_of_many_links_are_found_in_one_go() {
        let begun = std::time::Instant::now();
        let rules = rules("item = \"a\"\ndate = \"time\"\nsince = \"2026-01-01\"");
        // None of them says a day.
        let page = format!("<div>{}</div>", "<p><a href=/x>x</a><p>".repeat(20_000));
        let listing = rules.read(page.as_bytes(), &at(), None).expect("a page");
        assert_eq!(listing.items.len(), 20_000);
        let page = (0..3).map(|at| format!("<li><a href=/{at}>x</a><b><time datetime=2026-05-04></b></li>"));
        let page = page.collect::<String>() + "<a href=/y>y</a>";
        let listing = rules.read(page.as_bytes(), &at(), None).expect("a page");
        let days: Vec<String> =
            listing.items.iter().map(|item| item.day.map_or_else(String::new, |day| day.to_string())).collect();
        assert_eq!(days, ["2026-05-04", "2026-05-04", "2026-05-04", ""], "the last one has none of its own");
        assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    }

    proptest! {
        /// Whatever a page holds, what it names lies on its hosts, is spoken over the web, and is what was asked for.
        #[test]
        fn any_page_names_only_what_is_wanted(parts in prop::collection::vec(prop_oneof![
            Just("<a href='/doc/1'>".to_owned()), Just("</a>".to_owned()), Just("<li>".to_owned()), Just("<time>".to_owned()),
            Just("<base href='//other.example/x/'>".to_owned()), Just("<base href='mailto:x'>".to_owned()),
            Just("<time datetime=2026-02-30>".to_owned()), Just("<a href='https://h.example:99999/'>".to_owned()),
            Just("<a href='https://u:p@h.example/doc/../doc/2#x'>".to_owned()), Just("<loc> http://h.example/doc/3 ".to_owned()),
            Just("<link>https://other.example/doc/4".to_owned()), Just("<meta charset=utf-16>".to_owned()),
            "[ -~]{0,20}", "\\PC{0,8}",
        ], 0..40), media in prop::option::of("text/html; charset=[a-z0-9-]{1,12}")) {
            let rules = rules("item = \"a, loc, link, li > :nth-child(2)\"\nfollow = \"a\"\ndate = \"time\"\nmatches = \"/doc/\"\nsince = \"2026-01-01\"");
            let page = parts.concat();
            let Ok(listing) = rules.read(page.as_bytes(), &at(), media.as_deref()) else { return Ok(()) };
            prop_assert_eq!(listing.found, listing.items.len() + listing.passed_over.len());
            for url in listing.items.iter().map(|item| &item.url).chain(&listing.pages) {
                prop_assert!(matches!(url.scheme(), "http" | "https") && url.host_str() == Some("h.example"), "{}", url);
                prop_assert!(url.fragment().is_none());
            }
            for item in &listing.items {
                prop_assert!(item.url.as_str().contains("/doc/"));
            }
        }
    }
}
