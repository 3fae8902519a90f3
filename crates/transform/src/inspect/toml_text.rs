//! Pieces of a pipeline file as text.

use std::fmt::Write as _;

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A regular expression, literally where that can be.
pub(super) fn pattern(text: &str) -> String {
    if text.contains('\'') || text.chars().any(char::is_control) { quoted(text) } else { format!("'{text}'") }
}

/// What of a text may stand in a comment: one line, not too long.
pub(super) fn comment(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect();
    line.trim().to_owned()
}

/// Words of a name as one: lower-case letters and digits, parted by a mark.
pub(super) fn slug(text: &str, mark: char) -> String {
    let mut out = String::new();
    for word in super::words::words(text) {
        let word: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
        if word.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(mark);
        }
        out.push_str(&word);
        if out.len() > 60 {
            break;
        }
    }
    out.truncate(70);
    out.trim_matches(mark).to_owned()
}

/// `{ key = value, … }`.
pub(super) fn inline(entries: &[(String, String)]) -> String {
    let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("{{ {} }}", entries.join(", "))
}

/// A table of texts in one line.
pub(super) fn map(entries: &[(String, String)]) -> String {
    inline(&entries.iter().map(|(from, to)| (quoted(from), quoted(to))).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_back(text in "\\PC{0,20}|[\"'\\\\\n\t\u{1}a]{0,10}") {
            let file = format!("# {}\nquoted = {}\npattern = {}\nmap = {}\n", comment(&text), quoted(&text), pattern(&text), map(&[(text.clone(), text.clone())]));
            let table: toml::Table = file.parse().expect("TOML");
            prop_assert_eq!(table["quoted"].as_str(), Some(text.as_str()));
            prop_assert_eq!(table["pattern"].as_str(), Some(text.as_str()));
            prop_assert_eq!(table["map"][&text].as_str(), Some(text.as_str()));
        }
    }
}
