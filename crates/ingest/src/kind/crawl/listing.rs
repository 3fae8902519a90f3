//! One listing page: which documents and which further pages it names.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::civil::Date;
use quipu_prose::text::markup;
use quipu_prose::{Given, Precision};
use quipu_schema::pipeline::CrawlSource;
use quipu_schema::{ErrorKind, Fault, Result};
use regex::Regex;
use reqwest::Url;
use scraper::{ElementRef, Html, Node, Selector};

/// Open elements in each other that no page has; what looks at them takes the square of their number.
const DEEPEST: usize = 20_000;
/// Elements around a link in which its day is looked for.
const AROUND: usize = 8;
/// Characters of a text in which a day is looked for.
const DAY: usize = 200;
/// The languages that days are read in, where neither the source nor the page says which.
const LANGUAGES: [&str; 4] = ["en", "es", "pt", "fr"];
/// Elements that have no end.
const VOID: [&str; 16] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    "frame", "keygen",
];

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
        if depth(&text) > DEEPEST {
            let message = format!("its elements lie more than {DEEPEST} deep in each other, as no page has them");
            return Err(Fault::new(ErrorKind::Shape, message));
        }
        let page = Html::parse_document(&text);
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
        let mut listing = Listing::default();
        for element in page.select(&self.item) {
            listing.found += 1;
            match link(&element).ok_or("no-address").and_then(|url| self.judge(url)) {
                Err(why) => listing.passed_over.push(why),
                Ok(url) => {
                    let day = self.day_in(&url).or_else(|| self.day_beside(element, language.as_deref()));
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

    /// The day that is said beside a link: in the smallest element around it that holds what the selector finds.
    fn day_beside(&self, link: ElementRef, language: Option<&str>) -> Option<Date> {
        let selector = self.date.as_ref()?;
        let around = std::iter::once(link).chain(link.ancestors().filter_map(ElementRef::wrap)).take(AROUND);
        let said = around.filter_map(|element| element.select(selector).next()).next()?;
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

/// How deep elements lie in each other at most, where none has an end that is left out.
fn depth(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0_usize);
    for part in text.split('<').skip(1) {
        if part.starts_with('/') {
            open = open.saturating_sub(1);
        } else if part.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let name = part.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            if !VOID.iter().any(|void| void.eq_ignore_ascii_case(name)) {
                open += 1;
                most = most.max(open);
            }
        }
    }
    most
}
