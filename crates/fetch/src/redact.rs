//! Addresses without what must stay secret.

use reqwest::Url;

/// Words that a query key ends with where its value is a secret.
const ENDINGS: [&str; 4] = ["key", "sig", "pwd", "pass"];
/// Words that a query key holds where its value is a secret.
const PARTS: [&str; 6] = ["token", "secret", "password", "passwd", "signature", "credential"];
/// Whole query keys whose value is a secret.
const WHOLE: [&str; 8] = ["auth", "authorization", "session", "sessionid", "sid", "jwt", "bearer", "pw"];

/// The address without user name, password and fragment, and with `***` for the values of query
/// keys that look like a key, token or secret.
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
    shown.into()
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
