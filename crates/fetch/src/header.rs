//! Headers that decide what is done: of ranges, validators, media types, links and codings.

use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, LAST_MODIFIED, LINK};

/// Longest value of a header that is kept or compared.
const LONGEST: usize = 1_024;
/// Most links of one answer that are looked at.
const LINKS: usize = 100;

/// What tells one version of a document from another (RFC 9110, section 8.8).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`, quotes and `W/` and all.
    pub etag: Option<String>,
    /// `Last-Modified`, as it came.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Those of an answer.
    pub fn of(headers: &HeaderMap) -> Self {
        Self { etag: text(headers, &ETAG).filter(|etag| is_etag(etag)), last_modified: text(headers, &LAST_MODIFIED) }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    /// What may stand in `If-Range` (RFC 9110, section 13.1.5): something that two versions of a document never share.
    /// `None` where the rest of a broken download may be that of another version.
    ///
    /// A date is such a thing only where the server made its answer at least a minute later, and the RFC trusts no clock
    /// better than that.
    pub fn strong(&self, date: Option<&str>) -> Option<&str> {
        if let Some(etag) = &self.etag {
            return (!etag.starts_with("W/")).then_some(etag);
        }
        let modified = self.last_modified.as_deref()?;
        let apart = moment(date?)?.duration_since(moment(modified)?);
        (apart.as_secs() >= 60).then_some(modified)
    }
}

/// `"…"` or `W/"…"`, and no quote or control character in between.
fn is_etag(text: &str) -> bool {
    let inner = text.strip_prefix("W/").unwrap_or(text);
    let inner = inner.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| inner.chars().all(|c| c != '"' && !c.is_control()))
}

/// A moment as HTTP writes it (RFC 9110, section 5.6.7), in the form that is used today.
pub fn moment(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::parse(text.trim()).ok().map(|moment| moment.timestamp())
}

/// The value of a header as text, where it is one and not too long.
pub(crate) fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    let text = String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
    (!text.is_empty() && text.len() <= LONGEST).then_some(text)
}

/// `Content-Range: bytes FIRST-LAST/TOTAL` (RFC 9110, section 14.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentRange {
    /// The first byte.
    pub first: u64,
    /// The last byte.
    pub last: u64,
    /// Bytes of the whole, where the server knows.
    pub total: Option<u64>,
}

impl ContentRange {
    /// Reads the value; `None` for one that is no range of bytes, or one that contradicts itself.
    pub fn read(value: &str) -> Option<Self> {
        let (unit, rest) = value.trim().split_once(' ')?;
        let (range, total) = rest.trim().split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let range = Self {
            first: number(first)?,
            last: number(last)?,
            total: if total.trim() == "*" { None } else { Some(number(total)?) },
        };
        let sound = range.first <= range.last && range.total.is_none_or(|total| range.last < total);
        (unit.eq_ignore_ascii_case("bytes") && sound).then_some(range)
    }
}

/// Digits alone; the standard library would take a sign as well.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// `text/csv` of `Text/CSV; charset=utf-8`; `None` where it is none.
pub fn essence(value: &str) -> Option<String> {
    let essence = value.split(';').next()?.trim().to_ascii_lowercase();
    let (kind, sub) = essence.split_once('/')?;
    let is_token = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    (is_token(kind) && is_token(sub)).then(|| essence.clone())
}

/// The media type that an answer states, without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    essence(&text(headers, &CONTENT_TYPE)?)
}

/// The address that `Link` names as the next page (RFC 8288).
pub(crate) fn next_link(headers: &HeaderMap, base: &Url) -> Option<Url> {
    headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).find_map(|value| next_in(value, base))
}

/// The address that one value of the header `Link` names as the next page.
pub fn next_in(value: &str, base: &Url) -> Option<Url> {
    links(value).take(LINKS).find_map(|(target, relations)| {
        let next = relations.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case("next"));
        next.then(|| base.join(target).ok()).flatten()
    })
}

/// The links of one header: target and relations of each. What cannot be read ends it.
fn links(value: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let (target, mut after) = rest.trim_start_matches([' ', '\t', ',']).strip_prefix('<')?.split_once('>')?;
        let mut relations = "";
        while let Some(parameter) = after.trim_start().strip_prefix(';') {
            let (name, behind) = split_at(parameter, &['=', ';', ',']);
            let value;
            (value, after) = match behind.strip_prefix('=').map(str::trim_start) {
                None => ("", behind),
                Some(quoted) if quoted.starts_with('"') => quoted.strip_prefix('"')?.split_once('"')?,
                Some(bare) => split_at(bare, &[';', ',']),
            };
            // The first one counts.
            if name.trim().eq_ignore_ascii_case("rel") && relations.is_empty() {
                relations = value.trim();
            }
        }
        rest = after;
        Some((target, relations))
    })
}

fn split_at<'a>(text: &'a str, ends: &[char]) -> (&'a str, &'a str) {
    let end = text.find(ends).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn ranges() {
        let range = |first, last, total| Some(ContentRange { first, last, total });
        for (value, read) in [
            ("bytes 0-99/100", range(0, 99, Some(100))),
            ("Bytes 5-9/*", range(5, 9, None)),
            ("bytes 0-100/100", None),
            ("bytes 9-5/10", None),
            ("bytes */100", None),
            ("bytes +1-2/3", None),
            ("lines 0-1/2", None),
            ("bytes 0-18446744073709551616/*", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::read(value), read, "{value}");
        }
    }

    #[test]
    fn only_what_two_versions_never_share_joins_their_halves() {
        let (made, late) = (Some("Sun, 06 Nov 1994 08:49:37 GMT"), Some("Sun, 06 Nov 1994 09:49:37 GMT"));
        let of = |etag: Option<&str>, modified: Option<&str>| Validators {
            etag: etag.map(str::to_owned),
            last_modified: modified.map(str::to_owned),
        };
        assert_eq!(of(Some("\"a\""), made).strong(None), Some("\"a\""));
        assert_eq!(of(Some("W/\"a\""), made).strong(late), None);
        assert_eq!(of(None, made).strong(late), made);
        assert_eq!(of(None, made).strong(made), None);
        assert_eq!(of(None, made).strong(None), None);
        assert_eq!(of(None, Some("yesterday")).strong(late), None);
        for bad in ["a", "\"", "\"a\"b\"", "w/\"a\"", ""] {
            assert!(!is_etag(bad), "{bad}");
        }
    }

    #[test]
    fn media_types() {
        for (value, read) in [
            ("Text/CSV; charset=utf-8", Some("text/csv")),
            (" application/vnd.ms-excel ", Some("application/vnd.ms-excel")),
            ("csv", None),
            ("text/", None),
            ("text/c sv", None),
            (";", None),
        ] {
            assert_eq!(essence(value).as_deref(), read, "{value}");
        }
    }

    #[test]
    fn the_next_page() {
        let base: Url = "https://example.org/a/b?page=1".parse().expect("address");
        let next = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(LINK, HeaderValue::from_str(value).expect("value"));
            next_link(&headers, &base).map(String::from)
        };
        let second = Some("https://example.org/a/b?page=2".to_owned());
        for value in [
            "<b?page=2>; rel=next",
            "<b?page=9>; rel=\"last\", <b?page=2>; title=\"a, b; c\"; rel=\"x NEXT\"",
            "</>;rel=first , <?page=2>;rel=\"next\";rel=\"last\"",
        ] {
            assert_eq!(next(value), second, "{value}");
        }
        for value in
            ["<b?page=2>; rev=next", "b?page=2; rel=next", "<b; rel=next", "<b>; rel=\"next", "<http://[>; rel=next"]
        {
            assert_eq!(next(value), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_value_is_read(value in "[ -~\u{80}-\u{ff}]{0,80}") {
            let _ = (ContentRange::read(&value), essence(&value), moment(&value), is_etag(&value));
            prop_assert!(links(&value).take(200).count() < 200);
        }
    }
}
