//! `[source.api]`: a paged JSON API, described and not coded for each publisher.

use toml::Spanned;
use toml::de::DeValue;

use super::http::{Reach, check_address};
use super::section::Section;

/// A paged JSON API.
#[derive(Debug, Clone)]
pub struct ApiSource {
    /// The address of the first page, with the parameters that all pages have.
    pub url: String,
    /// How far to go for a page.
    pub reach: Reach,
    /// JSON pointer (RFC 6901) to the list of items of a page.
    pub items: String,
    /// JSON pointer in an item to what tells it from others; without it items are told by all that they hold.
    pub id: Option<String>,
    /// JSON pointer to how many items there are in all.
    pub total: Option<String>,
    /// How one page leads to the next.
    pub pages: Pages,
    /// Query key and value of the size of a page.
    pub size: Option<(String, u64)>,
    /// JSON pointer to the number of the page as the server understood it.
    pub echo: Option<String>,
    /// Most pages of one query.
    pub most_pages: u64,
    /// How a query that is capped is split.
    pub split: Option<Split>,
    /// Where items are counted and not fetched.
    pub count: Option<Count>,
}

/// Counts in place of items: one query for each value, of whose answer the total alone is kept. The items, which may be
/// persons, reach neither disk nor table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Query key.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
}

/// How one page leads to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pages {
    /// There is one.
    One,
    /// By a number, of which the first is this.
    Number {
        /// Query key.
        key: String,
        /// Number of the first page.
        first: u64,
    },
    /// By the number of items before it.
    Offset {
        /// Query key.
        key: String,
    },
    /// By a mark that the page before it holds.
    Cursor {
        /// Query key.
        key: String,
        /// JSON pointer to the mark.
        from: String,
    },
    /// By an address that the page before it holds, such as `/_links/next/href` (HAL).
    Next {
        /// JSON pointer to the address.
        from: String,
    },
    /// By the header `Link` of the page before it, with `rel=next` (RFC 8288).
    Link,
}

/// How a query with more items than the API gives is split into queries that fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Most items that the API gives for one query.
    pub cap: u64,
    /// What it is split along, in this order.
    pub along: Vec<Along>,
}

/// Something that a query is split along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Along {
    /// Each of these values.
    Values {
        /// Query key.
        key: String,
        /// The values.
        values: Vec<String>,
    },
    /// Ranges of whole numbers, halved until they fit.
    Range {
        /// Query key of the least.
        least: String,
        /// Query key of the greatest.
        most: String,
        /// The least of all.
        from: u64,
        /// The greatest of all.
        to: u64,
    },
}

/// Most items of a page where nothing is said of its size: what an offset grows by is then what came.
const MOST_PAGES: u64 = 10_000;
/// Largest page where nothing is said, in MiB: a page is read as a whole.
const PAGE_MIB: u64 = 64;

impl ApiSource {
    /// Reads `api` of a source, where there is one.
    pub(super) fn read(section: &Section<'_, '_>) -> Option<Self> {
        let api = section.section("api")?;
        let url = api.required_text("url", "the address of the first page");
        if let Some(url) = &url {
            check_address(&api, url);
        }
        let count = api.section("count").and_then(read_count);
        let items = if api.has("count") {
            api.text("items")
        } else {
            api.required_text("items", "a JSON pointer to the list of items, such as \"/results\"")
        };
        let pages = read_pages(&api);
        let size = api.section("size").and_then(|size| {
            let key = size.required_text("key", "the query key of the size of a page");
            let value = size.number("value", 1..=1_000_000);
            if !size.has("value") {
                size.missing("value", "how many items a page is to have");
            }
            size.finish();
            Some((key?.value, value?))
        });
        let split = api.section("split").and_then(read_split);
        let total = pointer(&api, "total");
        if api.has("count") {
            for key in ["items", "id", "pages", "split"] {
                if api.has(key) {
                    let message = format!("`{key}` does not go with `count`: what is counted is not fetched");
                    api.findings().report(api.span(), message, None);
                }
            }
            for (key, what) in [("total", "how many items there are"), ("echo", "the value that was asked for")] {
                if !api.has(key) {
                    api.missing(key, &format!("a JSON pointer to where an answer says {what}"));
                }
            }
        }
        if split.is_some() && !api.has("total") {
            api.missing("total", "a JSON pointer to how many items there are: without it nobody knows what is capped");
        }
        let source = Self {
            reach: Reach::read(&api, PAGE_MIB),
            items: items.map(|items| items.value).unwrap_or_default(),
            id: pointer(&api, "id"),
            total,
            pages,
            size,
            echo: pointer(&api, "echo"),
            most_pages: api.number("most_pages", 1..=1_000_000).unwrap_or(MOST_PAGES),
            split,
            count,
            url: url.map(|url| url.value).unwrap_or_default(),
        };
        if !is_pointer(&source.items) {
            api.findings().report(api.span(), "`items` is no JSON pointer: it begins with `/`, or is empty", None);
        }
        api.finish();
        Some(source)
    }
}

fn is_pointer(text: &str) -> bool {
    text.is_empty() || text.starts_with('/')
}

fn pointer(section: &Section<'_, '_>, key: &'static str) -> Option<String> {
    let text = section.text(key)?;
    if !is_pointer(&text.value) {
        let message = format!("`{key}` is no JSON pointer: it begins with `/`, such as `/meta/total`");
        section.findings().report(text.span, message, None);
    }
    Some(text.value)
}

fn read_pages(api: &Section<'_, '_>) -> Pages {
    let Some(pages) = api.section("pages") else { return Pages::One };
    let ways = ["number", "offset", "cursor", "next", "link"];
    if pages.count(&ways) != 1 {
        let help = "`number`, `offset`, `cursor` with `from`, `next`, or `link = true`".to_owned();
        pages.findings().report(pages.span(), "pages are told in exactly one way", Some(help));
    }
    let number = pages.text("number").map(|key| (key.value, pages.number("first", 0..=1).unwrap_or(1)));
    let offset = pages.text("offset").map(|key| key.value);
    let cursor = pages.text("cursor").map(|key| (key.value, pointer(&pages, "from")));
    if let Some((_, None)) = &cursor {
        pages.missing("from", "a JSON pointer to the mark of the next page");
    }
    let next = pointer(&pages, "next");
    let link = pages.flag("link").unwrap_or(false);
    pages.finish();
    match (number, offset, cursor, next, link) {
        (Some((key, first)), ..) => Pages::Number { key, first },
        (_, Some(key), ..) => Pages::Offset { key },
        (_, _, Some((key, from)), ..) => Pages::Cursor { key, from: from.unwrap_or_default() },
        (_, _, _, Some(from), _) => Pages::Next { from },
        (.., true) => Pages::Link,
        (.., false) => Pages::One,
    }
}

fn read_count(count: Section<'_, '_>) -> Option<Count> {
    let key = count.required_text("key", "the query key that has each of the values");
    let values: Vec<String> = count.texts("values").into_iter().map(|value| value.value).collect();
    if values.is_empty() {
        count.missing("values", "the values that are counted, such as [\"AR\", \"BR\"]");
    }
    count.finish();
    Some(Count { key: key?.value, values })
}

fn read_split(split: Section<'_, '_>) -> Option<Split> {
    let cap = split.number("cap", 1..=u64::from(u32::MAX));
    if !split.has("cap") {
        split.missing("cap", "most items that the API gives for one query");
    }
    let mut along = Vec::new();
    for way in split.sections("along") {
        let values = way.texts("values");
        let range = way.value("range").map(|range| (range.span(), numbers(range)));
        match (way.has("values"), range) {
            (true, None) => {
                let key = way.required_text("key", "the query key that has these values");
                if let Some(key) = key {
                    along.push(Along::Values {
                        key: key.value,
                        values: values.into_iter().map(|value| value.value).collect(),
                    });
                }
            }
            (false, Some((_, Some((from, to))))) => {
                let least = way.required_text("least", "the query key of the least number");
                let most = way.required_text("most", "the query key of the greatest number");
                if let Some((least, most)) = least.zip(most) {
                    along.push(Along::Range { least: least.value, most: most.value, from, to });
                }
            }
            (false, Some((span, None))) => {
                let message = "`range` is a list of two whole numbers, the least and the greatest";
                way.findings().report(span, message, None);
            }
            _ => way.findings().report(way.span(), "a query is split along either `values` or a `range`", None),
        }
        way.finish();
    }
    if along.is_empty() {
        split.findings().report(
            split.span(),
            "a query is split along one thing at least: `[[source.api.split.along]]`",
            None,
        );
    }
    split.finish();
    Some(Split { cap: cap?, along })
}

/// The two numbers of `[0, 120]`.
fn numbers(value: &Spanned<DeValue<'_>>) -> Option<(u64, u64)> {
    let number = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse::<u64>().ok(),
        _ => None,
    };
    match value.get_ref().as_array()?.iter().map(number).collect::<Option<Vec<_>>>()?.as_slice() {
        [from, to] if from <= to => Some((*from, *to)),
        _ => None,
    }
}
