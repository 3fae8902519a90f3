//! What servers send beside documents: robots.txt, headers, addresses, first bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quipu_fetch::{ContentRange, Robots, Sniffed, Url, essence, moment, next_in, redact};

const CANARY: &str = "c4n4ry";

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    // The last line is a path, and what stands before it a robots.txt.
    let (before, path) = text.rsplit_once('\n').unwrap_or(("", &text));
    let robots = Robots::read(before.as_bytes(), "quipu");
    let allowed = robots.allows(path);
    if !before.to_ascii_lowercase().contains("disallow") {
        assert!(allowed, "nobody said no");
    }
    if let Some(range) = ContentRange::read(&text) {
        assert!(range.first <= range.last && range.total.is_none_or(|total| range.last < total));
    }
    if let Some(essence_of) = essence(&text) {
        assert_eq!(essence(&essence_of).as_ref(), Some(&essence_of));
        let _ = Sniffed::of(bytes).goes_with(&essence_of);
    }
    let _ = moment(&text);
    let base: Url = "https://example.org/a/b?c".parse().expect("an address");
    if let Some(next) = next_in(&text, &base) {
        assert_eq!(next, next_in(&text, &base).expect("again"));
    }
    // Parsed: what is no part of an address may stand within the word.
    if let Ok(mut url) = text.parse::<Url>().or_else(|_| base.join(&text))
        && !url.as_str().contains(CANARY)
    {
        let _ = url.set_password(Some(CANARY));
        let query = url.query().map_or_else(String::new, |query| format!("{query}&"));
        url.set_query(Some(&format!("{query}access_token={CANARY}")));
        let shown = redact(&url);
        assert!(!shown.contains(CANARY), "{shown}");
        if let Ok(again) = shown.parse() {
            assert_eq!(redact(&again), shown);
        }
    }
});
