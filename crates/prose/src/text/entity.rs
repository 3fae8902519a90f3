//! One text node: entities decoded and soft hyphens dropped, each with its place.

use super::map::Map;

/// U+00AD, which only says where a line may break.
const SOFT_HYPHEN: char = '\u{ad}';
/// No named entity is longer than this, ampersand and semicolon included.
const LONGEST_NAME: usize = 34;

/// Appends `node`, which starts at `base` of the decoded document, to `text` and `map`.
/// `entities` is false for plain text.
pub(super) fn append(node: &str, base: usize, entities: bool, text: &mut String, map: &mut Map) {
    let mut rest = node;
    let mut at = base;
    let stop = |c: char| c == SOFT_HYPHEN || (entities && c == '&');
    while let Some(next) = rest.find(stop) {
        let (before, special) = rest.split_at(next);
        plain(before, at, text, map);
        at += before.len();
        let width = if special.starts_with(SOFT_HYPHEN) {
            SOFT_HYPHEN.len_utf8()
        } else if let Some((decoded, width)) = entity(special) {
            let start = text.len();
            text.extend(decoded.chars().filter(|c| *c != SOFT_HYPHEN));
            map.push(1, text.len() - start, at, width);
            width
        } else {
            plain("&", at, text, map);
            1
        };
        at += width;
        rest = special.get(width..).unwrap_or_default();
    }
    plain(rest, at, text, map);
}

fn plain(piece: &str, at: usize, text: &mut String, map: &mut Map) {
    text.push_str(piece);
    map.push(piece.len(), 1, at, 1);
}

/// The entity at the start of `special`, which starts with `&`: what it stands for and its width.
fn entity(special: &str) -> Option<(String, usize)> {
    let body = special.get(1..)?;
    let semicolon = |width: usize| width + usize::from(special.get(width..).is_some_and(|r| r.starts_with(';')));
    if let Some(number) = body.strip_prefix('#') {
        let (prefix, digits, hex) = match number.strip_prefix(['x', 'X']) {
            Some(digits) => (3, digits, true),
            None => (2, number, false),
        };
        let is_digit = |c: &char| if hex { c.is_ascii_hexdigit() } else { c.is_ascii_digit() };
        let count = digits.chars().take_while(is_digit).count();
        let width = semicolon(prefix + count);
        let decoded = htmlize::unescape(special.get(..width)?);
        return (count > 0).then(|| (decoded.into_owned(), width));
    }
    let name = body.bytes().take(LONGEST_NAME).take_while(u8::is_ascii_alphanumeric).count();
    let whole = special.get(..semicolon(1 + name))?;
    let decoded = htmlize::unescape(whole);
    if decoded == whole {
        return None;
    }
    // A name without semicolon may be followed by letters (`&notit;`): the shortest beginning that
    // accounts for the change is the entity, the rest stands as it is.
    (2..=whole.len()).find_map(|width| {
        let (head, tail) = whole.split_at_checked(width)?;
        let alone = htmlize::unescape(head);
        (alone != head && decoded.strip_suffix(tail) == Some(&*alone)).then(|| (alone.into_owned(), width))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(node: &str) -> (String, Map) {
        let (mut text, mut map) = (String::new(), Map::default());
        append(node, 0, true, &mut text, &mut map);
        (text, map)
    }

    #[test]
    fn entities_and_soft_hyphens() {
        let cases = [
            ("14&nbsp;260", "14\u{a0}260"),
            ("14&#8239;260", "14\u{202f}260"),
            ("14&#x202F;260", "14\u{202f}260"),
            ("a &amp; b", "a & b"),
            ("&amp;lt;", "&lt;"),
            ("&notit; &notin;", "¬it; ∉"),
            ("AT&T & co &unknown; &#; &#x;", "AT&T & co &unknown; &#; &#x;"),
            ("R&eacute;sum&eacute", "Résumé"),
            ("mil\u{ad}lion mil&shy;lion mil&#173;lion", "million million million"),
        ];
        for (node, text) in cases {
            assert_eq!(read(node).0, text, "{node}");
        }
        let (_, map) = read("14&nbsp;260 mil&shy;lion");
        assert_eq!(map.locate(&(2..4)).map(|found| found.1), Some(2..8));
        assert_eq!(map.locate(&(8..15)).map(|found| found.1), Some(12..24));
    }

    proptest! {
        #[test]
        fn same_as_htmlize(node in "([a-zA-Z0-9#;é ]|&|&amp|&lt;|&#4[0-9]|&not|\u{ad}|&shy;|&fjlig;){0,24}") {
            let expected = htmlize::unescape(node.as_str()).replace(SOFT_HYPHEN, "");
            prop_assert_eq!(read(&node).0, expected);
        }
    }
}
