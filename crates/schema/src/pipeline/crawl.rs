//! `[source.crawl]`: documents that a listing page names.

use jiff::civil::Date;

use super::http::{Reach, check_address};
use super::section::Section;

/// Documents that listing pages name.
#[derive(Debug, Clone)]
pub struct CrawlSource {
    /// The addresses of the pages to begin with.
    pub urls: Vec<String>,
    /// How far to go for a page or a document.
    pub reach: Reach,
    /// CSS selector of the links to documents.
    pub item: String,
    /// Regular expression that the address of a document has to match.
    pub matches: Option<String>,
    /// Regular expression that it must not match.
    pub except: Option<String>,
    /// CSS selector of the links to further listing pages.
    pub follow: Option<String>,
    /// Most links from a first page to the last one.
    pub most_depth: u64,
    /// Most listing pages.
    pub most_pages: u64,
    /// Most new documents of one run.
    pub most_items: u64,
    /// CSS selector of what says the day of a document, in the smallest element around its link that holds one
    /// and no link to another document.
    pub date: Option<String>,
    /// Regular expression with the groups `year`, `month` and `day` (or the first of them) that finds it in the address.
    pub date_in_url: Option<String>,
    /// Documents of an earlier day are left out.
    pub since: Option<Date>,
    /// Further hosts that documents and pages may be on.
    pub hosts: Vec<String>,
    /// Whether documents that came before are asked for again.
    pub recheck: bool,
    /// Whether documents that no page names any more stay.
    pub keep: bool,
    /// How many of the documents may fail to come, as long as the others do.
    pub missing_max: u64,
}

impl CrawlSource {
    /// Reads `crawl` of a source, where there is one.
    pub(super) fn read(section: &Section<'_, '_>) -> Option<Self> {
        let crawl = section.section("crawl")?;
        let urls = crawl.texts("url");
        if urls.is_empty() {
            crawl.missing("url", "the address of the listing page, or a list of them");
        }
        for url in &urls {
            check_address(&crawl, url);
        }
        let item = crawl.selector("item");
        if !crawl.has("item") {
            crawl.missing("item", "a CSS selector of the links to documents, such as \"article h3 a\"");
        }
        let date_in_url = crawl.pattern("date_in_url");
        if let Some(pattern) = &date_in_url
            && !pattern.value.contains("<year>")
        {
            let help = "such as \"/(?<year>[0-9]{4})/(?<month>[0-9]{2})/\"".to_owned();
            crawl.findings().report(pattern.span.clone(), "`date_in_url` has no group `year`", Some(help));
        }
        let since = crawl.parsed("since", str::parse);
        let date = crawl.selector("date");
        if since.is_some() && crawl.count(&["date", "date_in_url"]) == 0 {
            let message = "`since` needs to know where the day of a document stands";
            let help = "add `date`, a CSS selector, or `date_in_url`, a regular expression".to_owned();
            crawl.findings().report(crawl.span(), message, Some(help));
        }
        let source = Self {
            reach: Reach::read(&crawl, 64),
            item: item.unwrap_or_default(),
            matches: crawl.pattern("matches").map(|pattern| pattern.value),
            except: crawl.pattern("except").map(|pattern| pattern.value),
            follow: crawl.selector("follow"),
            most_depth: crawl.number("most_depth", 0..=10_000).unwrap_or(100),
            most_pages: crawl.number("most_pages", 1..=100_000).unwrap_or(100),
            most_items: crawl.number("most_items", 1..=1_000_000).unwrap_or(10_000),
            date,
            date_in_url: date_in_url.map(|pattern| pattern.value),
            since,
            hosts: crawl.texts("hosts").into_iter().map(|host| host.value.to_ascii_lowercase()).collect(),
            recheck: crawl.flag("recheck").unwrap_or(false),
            keep: crawl.flag("keep").unwrap_or(true),
            missing_max: crawl.number("missing_max", 0..=1_000_000).unwrap_or(0),
            urls: urls.into_iter().map(|url| url.value).collect(),
        };
        crawl.finish();
        Some(source)
    }
}
