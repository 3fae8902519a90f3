//! One page of an API, read as far as the next one needs it.

use std::collections::BTreeSet;

use quipu_schema::digest::Hasher;
use quipu_schema::pipeline::{ApiSource, Pages};
use quipu_schema::{Digest, ErrorKind, Fault, Result};
use reqwest::Url;
use serde_json::Value;

/// What a page tells.
#[derive(Debug)]
pub(super) struct Page {
    /// What tells its items from others, in their order.
    pub(super) items: Vec<Digest>,
    /// How many items there are in all, where it says so.
    pub(super) total: Option<u64>,
    /// Which page it is, where it says so.
    pub(super) echo: Option<u64>,
    /// What leads to the next page: a mark or an address.
    next: Option<String>,
}

impl Page {
    /// Reads the bytes of a page; `name` is its address for messages.
    ///
    /// # Errors
    /// `Shape` where it is no JSON, or has no list of items where one should be.
    pub(super) fn read(bytes: &[u8], api: &ApiSource, name: &str) -> Result<Self> {
        let wrong = |what: String| Err(Fault::new(ErrorKind::Shape, what).at(name));
        let value: Value = match serde_json::from_slice(bytes) {
            Ok(value) => value,
            // Not what the decoder says: it may repeat what stands there.
            Err(_) => return wrong("the page is no JSON".to_owned()),
        };
        let number = |pointer: &Option<String>| whole(value.pointer(pointer.as_deref()?)?);
        let (total, echo) = (number(&api.total), number(&api.echo));
        if let (Some(pointer), None) = (&api.total, total) {
            return wrong(format!("the page does not say at `{pointer}` how many items there are"));
        }
        let items = match value.pointer(&api.items) {
            Some(Value::Array(items)) => items.iter().map(|item| identity(item, api.id.as_deref())).collect(),
            // What is empty is left out by some, and an error may have come in its place.
            Some(Value::Null) => Vec::new(),
            None if total == Some(0) => Vec::new(),
            _ => return wrong(format!("what stands at `{}` of the page is no list of items", api.items)),
        };
        let next = match &api.pages {
            Pages::Cursor { from, .. } | Pages::Next { from } => value.pointer(from).and_then(scalar),
            Pages::One | Pages::Number { .. } | Pages::Offset { .. } | Pages::Link => None,
        };
        Ok(Self { items, total, echo, next: next.filter(|next| !next.is_empty()) })
    }

    /// The address of the page behind this one, which is the `number`th from 0, with `before` items up to its end. `None`
    /// behind the last one.
    pub(super) fn next(&self, first: &Url, this: &Url, way: &Pages, (number, before): (u64, u64)) -> Option<Url> {
        let with = |key: &str, value: &str| Some(with(first, &[(key, value)]));
        match way {
            Pages::One | Pages::Link => None,
            Pages::Number { key, first } => with(key, &(first + number + 1).to_string()),
            Pages::Offset { key } => with(key, &before.to_string()),
            Pages::Cursor { key, .. } => with(key, self.next.as_deref()?),
            Pages::Next { .. } => this.join(self.next.as_deref()?).ok(),
        }
    }
}

/// An address with these query keys in the place of those of the same name. What stands in its query already is not written
/// anew: some servers know one spelling alone.
pub(super) fn with(url: &Url, pairs: &[(&str, &str)]) -> Url {
    let mut out = url.clone();
    if pairs.is_empty() {
        return out;
    }
    let named = |pair: &str| {
        // Through the parser once, so that `%24offset` is `$offset`.
        let parsed = Url::parse(&format!("http://h/?{pair}")).ok();
        parsed.and_then(|url| url.query_pairs().next().map(|(key, _)| key.into_owned())).unwrap_or_default()
    };
    let before = url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let kept = before.filter(|pair| !pairs.iter().any(|(key, _)| named(pair) == *key)).map(str::to_owned);
    let new = pairs.iter().map(|(key, value)| format!("{}={}", escaped(key), escaped(value)));
    let query: Vec<String> = kept.chain(new).collect();
    out.set_query(Some(&query.join("&")));
    out
}

/// A key or value as it can stand in a query: all but letters, digits and what no server takes for something else.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~$[]:,/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend(
                [byte >> 4, byte & 15]
                    .map(|digit| char::from(b"0123456789ABCDEF".get(usize::from(digit)).copied().unwrap_or(b'0'))),
            );
        }
    }
    out
}

/// What tells an item from others: its id, or all of it where it has none.
fn identity(item: &Value, id: Option<&str>) -> Digest {
    let mut hasher = Hasher::default();
    match id.and_then(|id| item.pointer(id)).and_then(scalar) {
        Some(id) => hasher.part("id", id),
        None => hasher.part("item", item.to_string()),
    };
    hasher.finish()
}

pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A whole number, also as text.
pub(super) fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// How many of these items nobody has seen yet; they are seen then.
pub(super) fn see(items: &[Digest], seen: &mut BTreeSet<Digest>) -> usize {
    items.iter().filter(|item| seen.insert(**item)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_keys_are_put_in_the_place_of_their_own() {
        let shown = |url: &str, pairs: &[(&str, &str)]| with(&url.parse().expect("address"), pairs).to_string();
        assert_eq!(shown("http://h/a", &[]), "http://h/a");
        assert_eq!(shown("http://h/a?x=%7e+1&y", &[("page", "2")]), "http://h/a?x=%7e+1&y&page=2");
        assert_eq!(shown("http://h/a?page=1&x=1&%70age=9", &[("page", "2")]), "http://h/a?x=1&page=2");
        assert_eq!(shown("http://h/a?", &[("$where", "a = 'é&b'")]), "http://h/a?$where=a%20%3D%20%27%C3%A9%26b%27");
    }
}
