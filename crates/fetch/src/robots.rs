//! `robots.txt`, by RFC 9309.
//!
//! Lines are read as they come, whatever is wrong with others: a broken line costs that line. Of the groups that name us
//! all count together; where none does, those of `*` do. The longest rule that a path begins with decides, and of two of
//! one length the one that allows.

use std::time::Duration;

/// Most bytes of a `robots.txt` that are read: the least that the RFC asks for.
pub(crate) const LONGEST: usize = 500 * 1024;
/// Most rules that are kept; what is beyond could only be there to keep us busy.
const RULES: usize = 20_000;
/// Longest pause between two requests that a site may ask for and get.
const LONGEST_DELAY: Duration = Duration::from_mins(1);

/// What a site asks of robots with our name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Robots {
    rules: Vec<Rule>,
    /// Pause between two requests. The RFC does not know it; many sites ask for it all the same.
    pub delay: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allow: bool,
    /// With `*` for anything and a `$` at its end for the end of the path, otherwise in one way of writing.
    pattern: Vec<u8>,
}

/// To whom the lines that follow are addressed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    Nobody,
    Others,
    All,
    Us,
}

impl Robots {
    /// Reads the bytes of a `robots.txt` for a robot whose product token is `name` (letters, `-` and `_`).
    pub fn read(bytes: &[u8], name: &str) -> Self {
        let bytes = bytes.get(..LONGEST.min(bytes.len())).unwrap_or_default();
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let (mut for_us, mut for_all) = (Self::default(), Self::default());
        let mut named = false;
        let mut to = To::Nobody;
        // Several names may stand above one group.
        let mut in_names = false;
        for line in bytes.split(|byte| matches!(byte, b'\n' | b'\r')) {
            let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
            let mut parts = line.splitn(2, |byte| *byte == b':');
            let (Some(key), Some(value)) = (parts.next(), parts.next()) else { continue };
            let (key, value) = (key.trim_ascii().to_ascii_lowercase(), value.trim_ascii());
            match key.as_slice() {
                b"user-agent" => {
                    let next = whom(value, name);
                    to = if in_names && strength(to) > strength(next) { to } else { next };
                    in_names = true;
                    named |= to == To::Us;
                    continue;
                }
                b"allow" | b"disallow" => {
                    let rule = Rule { allow: key == b"allow", pattern: spelled(value) };
                    // An empty rule matches nothing.
                    let group =
                        [(To::Us, &mut for_us), (To::All, &mut for_all)].into_iter().find(|(who, _)| *who == to);
                    if let Some((_, group)) = group
                        && !value.is_empty()
                        && group.rules.len() < RULES
                    {
                        group.rules.push(rule);
                    }
                }
                b"crawl-delay" => {
                    let seconds = std::str::from_utf8(value).ok().and_then(|value| value.parse::<f64>().ok());
                    let delay = seconds.filter(|seconds| *seconds >= 0.0 && seconds.is_finite());
                    let delay = delay.map(|seconds| Duration::from_secs_f64(seconds.min(LONGEST_DELAY.as_secs_f64())));
                    match to {
                        To::Us => for_us.delay = for_us.delay.max(delay),
                        To::All => for_all.delay = for_all.delay.max(delay),
                        To::Nobody | To::Others => {}
                    }
                }
                // Others, such as `sitemap`, are of no group and end none.
                _ => continue,
            }
            in_names = false;
        }
        if named { for_us } else { for_all }
    }

    /// Whether a path, with its query where it has one, may be asked for.
    pub fn allows(&self, path: &str) -> bool {
        let path = spelled(path.as_bytes());
        if path == b"/robots.txt" {
            return true;
        }
        let longest = self
            .rules
            .iter()
            .filter(|rule| matches(&rule.pattern, &path))
            .max_by_key(|rule| (rule.pattern.len(), rule.allow));
        longest.is_none_or(|rule| rule.allow)
    }
}

const fn strength(to: To) -> u8 {
    match to {
        To::Nobody | To::Others => 0,
        To::All => 1,
        To::Us => 2,
    }
}

/// Whom a line names. What stands behind the product token, such as a version, does not count.
fn whom(value: &[u8], name: &str) -> To {
    if value == b"*" {
        return To::All;
    }
    let token: Vec<u8> =
        value.iter().copied().take_while(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_')).collect();
    if token.eq_ignore_ascii_case(name.as_bytes()) { To::Us } else { To::Others }
}

/// A path in one way of writing: what needs no escape has none, and escapes are in capitals.
fn spelled(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let escaped =
            (*byte == b'%').then(|| after.first_chunk::<2>().and_then(|digits| hexadecimal(*digits))).flatten();
        match escaped {
            Some(value) => {
                rest = after.get(2..).unwrap_or_default();
                if value.is_ascii_alphanumeric() || matches!(value, b'-' | b'.' | b'_' | b'~') {
                    out.push(value);
                } else {
                    escape(value, &mut out);
                }
            }
            None if byte.is_ascii_graphic() && *byte != b'%' => out.push(*byte),
            None => escape(*byte, &mut out),
        }
    }
    out
}

fn hexadecimal(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
    Some(high? << 4 | low?)
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    out.push(b'%');
    out.extend(
        [byte >> 4, byte & 15].map(|digit| b"0123456789ABCDEF".get(usize::from(digit)).copied().unwrap_or(b'0')),
    );
}

/// Whether a path begins with a pattern. Each `*` takes as little as it can: the first fit of what follows it is as good as
/// any later one, so that no pattern takes more than their lengths multiplied.
fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let (pattern, to_the_end) = match pattern.split_last() {
        Some((b'$', before)) => (before, true),
        _ => (pattern, false),
    };
    let mut pieces = pattern.split(|byte| *byte == b'*');
    let Some(mut rest) = pieces.next().and_then(|first| path.strip_prefix(first)) else { return false };
    let pieces: Vec<&[u8]> = pieces.collect();
    let Some((last, between)) = pieces.split_last() else { return !to_the_end || rest.is_empty() };
    for piece in between {
        match found(rest, piece) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    if to_the_end { rest.ends_with(last) } else { found(rest, last).is_some() }
}

/// What stands behind the first place of a piece.
fn found<'a>(text: &'a [u8], piece: &[u8]) -> Option<&'a [u8]> {
    if piece.is_empty() {
        return Some(text);
    }
    let at = text.windows(piece.len()).position(|window| window == piece)?;
    text.get(at + piece.len()..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allows(text: &str, path: &str) -> bool {
        Robots::read(text.as_bytes(), "quipu").allows(path)
    }

    #[test]
    fn groups_are_those_that_name_us_and_else_those_of_all() {
        let text = "User-agent: *\nDisallow: /\n\nUser-Agent: Quipu/2.0\nUser-agent: other\nDisallow: /private # not for us\n\
                    Allow: /private/open\nCrawl-delay: 2.5\nSitemap: https://example.org/map\nUser-agent: third\nDisallow: /x\n\
                    User-agent: quipu\nDisallow: /more\n";
        let robots = Robots::read(text.as_bytes(), "quipu");
        assert_eq!(robots.delay, Some(Duration::from_millis(2_500)));
        for (path, allowed) in [
            ("/", true),
            ("/private", false),
            ("/private/x", false),
            ("/private/open/x", true),
            ("/more?x=1", false),
            ("/x", true),
            ("/robots.txt", true),
        ] {
            assert_eq!(robots.allows(path), allowed, "{path}");
        }
        assert!(!Robots::read(text.as_bytes(), "nobody").allows("/data"));
        assert!(!Robots::read(text.as_bytes(), "qui").allows("/data"), "a part of a name is not the name");
        assert!(Robots::default().allows("/"));
    }

    /// The tables of RFC 9309, section 2.2.2 and 2.2.3, and 5.1.
    #[test]
    fn rules_of_the_standard() {
        for (rule, path, matched) in [
            ("/foo/bar?baz=quz", "/foo/bar?baz=quz", true),
            ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar", true),
            ("/foo/bar/\u{30c4}", "/foo/bar/%E3%83%84", true),
            ("/foo/bar/%E3%83%84", "/foo/bar/%E3%83%84", true),
            ("/foo/bar/%62%61%7A", "/foo/bar/baz", true),
            ("/a%3cd.html", "/a%3Cd.html", true),
            ("/example/page/disallow.gif$", "/example/page/disallow.gif?x", false),
            ("*.gif$", "/x/y.gif", true),
            ("*.gif$", "/x/y.gifs", false),
            ("/a/*/b", "/a/x/y/b/c", true),
            ("/a/*/b$", "/a/b/x/b", true),
            ("/a**b", "/axxb", true),
            ("/fish", "/Fish", false),
            ("", "/", false),
        ] {
            assert_eq!(allows(&format!("user-agent: *\ndisallow: {rule}"), path), !matched, "{rule} {path}");
        }
        assert!(allows("user-agent:*\nallow: /p\ndisallow: /", "/page"));
        assert!(
            allows("user-agent:*\ndisallow: /folder\nallow: /folder", "/folder/page"),
            "of equals the one that allows"
        );
        assert!(!allows("user-agent:*\nallow: /page\ndisallow: /*.htm", "/page.htm"), "the longer one");
        assert!(allows("disallow: /", "/"), "a rule of no group");
        assert!(!allows("\u{feff}user-agent: *\r\ndisallow: /\r\n", "/x"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300), path in "/.{0,40}") {
            let _ = Robots::read(&bytes, "quipu").allows(&path);
        }

        /// Against the plainest way to match there is.
        #[test]
        fn patterns_match_as_a_search_of_all_ways(pattern in "/[ab*]{0,6}\\$?", path in "/[ab$]{0,8}") {
            fn slow(pattern: &[u8], path: &[u8]) -> bool {
                match pattern.split_first() {
                    None => true,
                    Some((b'$', [])) => path.is_empty(),
                    Some((b'*', rest)) => (0..=path.len()).any(|at| slow(rest, &path[at..])),
                    Some((byte, rest)) => path.split_first().is_some_and(|(first, after)| first == byte && slow(rest, after)),
                }
            }
            prop_assert_eq!(matches(pattern.as_bytes(), path.as_bytes()), slow(pattern.as_bytes(), path.as_bytes()));
        }

        #[test]
        fn a_path_has_one_way_of_writing(path in "[/a-z%0-9A-F?é ]{0,30}") {
            let once = spelled(path.as_bytes());
            prop_assert_eq!(spelled(&once), once.clone());
        }
    }
}
