//! Addresses without what must stay secret.

use std::sync::{PoisonError, RwLock};

use reqwest::Url;

/// Words that a query key ends with where its value is a secret.
const ENDINGS: [&str; 4] = ["key", "sig", "pwd", "pass"];
/// Words that a query key holds where its value is a secret.
const PARTS: [&str; 6] = ["token", "secret", "password", "passwd", "signature", "credential"];
/// Whole query keys whose value is a secret.
const WHOLE: [&str; 8] = ["auth", "authorization", "session", "sessionid", "sid", "jwt", "bearer", "pw"];

/// Values that are secret by their own, whatever the key that they stand under: servers repeat them in redirects.
static CONCEALED: RwLock<Vec<String>> = RwLock::new(Vec::new());
/// Shortest value that is hidden wherever it stands: shorter ones stand everywhere.
const LEAST: usize = 4;

/// Shortest part of a value that is hidden by itself, such as what stands behind `Bearer`.
const LEAST_PART: usize = 8;

/// From now on a value is told by nothing that this crate says, and neither are its parts.
pub fn conceal(value: &str) {
    let parts = value.split(|c: char| c.is_whitespace() || ";,=&".contains(c)).filter(|part| part.len() >= LEAST_PART);
    std::iter::once(value).chain(parts).for_each(conceal_one);
}

fn conceal_one(value: &str) {
    // As it stands in an address, and as it is.
    let parsed = Url::parse("http://h/").ok().map(|mut url| {
        url.query_pairs_mut().append_pair("v", value);
        url.query().unwrap_or_default().trim_start_matches("v=").to_owned()
    });
    let mut known = CONCEALED.write().unwrap_or_else(PoisonError::into_inner);
    for value in parsed.into_iter().chain([value.to_owned()]).filter(|value| value.len() >= LEAST) {
        if !known.contains(&value) {
            known.push(value);
        }
    }
    // A value that holds another one goes first.
    known.sort_by_key(|value| std::cmp::Reverse(value.len()));
}

/// A text without what is concealed.
fn without_concealed(text: String) -> String {
    let known = CONCEALED.read().unwrap_or_else(PoisonError::into_inner);
    known.iter().fold(text, |text, value| if text.contains(value) { text.replace(value, "***") } else { text })
}

/// The address without user name, password and fragment, and with `***` for the values of query
/// keys that look like a key, token or secret, and for values that are concealed.
pub fn redact(url: &Url) -> String {
    let mut shown = url.clone();
    // Fails only for addresses that cannot have these parts.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_fragment(None);
    if let Some(query) = url.query() {
        // Pair by pair in the text as it stands, so that what is not secret is not re-encoded.
        let pairs: Vec<String> = query.split('&').map(redact_pair).collect();
        shown.set_query(Some(&pairs.join("&")));
    }
    without_concealed(shown.into())
}

/// A text of somebody else, such as an error, with its addresses as [`redact`] shows them and without what is concealed.
pub fn redact_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = scheme(rest) {
        let (before, from) = rest.split_at(at);
        // What may stand in an address is part of it: better too much of a text than too little of a secret.
        let ends = |c: char| c.is_whitespace() || c.is_control() || "\"<>".contains(c);
        let (address, after) = from.split_at(from.find(ends).unwrap_or(from.len()));
        out.push_str(before);
        match Url::parse(address) {
            Ok(url) => out.push_str(&redact(&url)),
            // What does not parse cannot be redacted.
            Err(_) => out.push_str("(an address)"),
        }
        rest = after;
    }
    out.push_str(rest);
    without_concealed(out)
}

/// Where an address begins.
fn scheme(text: &str) -> Option<usize> {
    let ends = text.match_indices("://").map(|(at, _)| at);
    let begins = ends.filter_map(|end| {
        let before = text.get(..end)?;
        let of = |scheme: &str| {
            let at = end.checked_sub(scheme.len())?;
            before.get(at..)?.eq_ignore_ascii_case(scheme).then_some(at)
        };
        of("https").or_else(|| of("http"))
    });
    begins.min()
}

fn redact_pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, value)) if !value.is_empty() && is_secret(name) => format!("{name}=***"),
        _ => pair.to_owned(),
    }
}

fn is_secret(name: &str) -> bool {
    // Through the parser once, so that `%6Bey` does not hide `key`.
    let decoded = Url::parse(&format!("http://h/?{name}=")).ok();
    let decoded = decoded.and_then(|url| url.query_pairs().next().map(|(name, _)| name.into_owned()));
    let name: String = decoded.unwrap_or_else(|| name.to_owned()).to_lowercase();
    let bare: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    ENDINGS.iter().any(|word| bare.ends_with(word))
        || PARTS.iter().any(|word| bare.contains(word))
        || WHOLE.contains(&bare.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_texts_are_redacted() {
        assert_eq!(
            redact_text("GET \"https://u:p@h.example/x?sig=abc&y=1\" failed: see http://h/?token=t, or <https://:>"),
            "GET \"https://h.example/x?sig=***&y=1\" failed: see http://h/?token=*** or <(an address)>"
        );
        assert_eq!(
            redact_text("HTTPS://[fd00::1]:9000/x?token=abc,secret(more)&y=1 and http://h/a(b), [http://h:x/?key=s]"),
            "https://[fd00::1]:9000/x?token=***&y=1 and http://h/a(b), [(an address)"
        );
        conceal("Bearer s3cr3t-value");
        assert_eq!(redact_text("no s3cr3t-value here, Bearer"), "no *** here, Bearer");
    }

    #[test]
    fn what_is_concealed_is_hidden_under_every_key() {
        let url = |text: &str| -> Url { text.parse().expect("address") };
        assert!(redact(&url("https://example.org/?code=c0nc%20ealed&x=c0nc+ealed")).contains("ealed"));
        conceal("c0nc ealed");
        conceal("abc");
        assert_eq!(
            redact(&url("https://example.org/c0nc+ealed?code=c0nc+ealed&y=abc")),
            "https://example.org/***?code=***&y=abc"
        );
    }

    #[test]
    fn secrets_go_and_the_rest_stays_as_it_stands() {
        for (url, shown) in [
            ("https://ana:s3cret@example.org/a?b=1#part", "https://example.org/a?b=1"),
            ("https://example.org/a?api_key=abc&year=2024", "https://example.org/a?api_key=***&year=2024"),
            (
                "https://example.org/a?X-Amz-Signature=abc&sig=x&APIKEY=y",
                "https://example.org/a?X-Amz-Signature=***&sig=***&APIKEY=***",
            ),
            ("https://example.org/?access_token=a%26b&q=c%20d", "https://example.org/?access_token=***&q=c%20d"),
            ("https://example.org/?%6Bey=abc", "https://example.org/?%6Bey=***"),
            ("https://example.org/?author=x&keyword=y&key=", "https://example.org/?author=x&keyword=y&key="),
            ("https://example.org/?a&&=", "https://example.org/?a&&="),
        ] {
            assert_eq!(redact(&url.parse().expect("address")), shown);
        }
    }
}
