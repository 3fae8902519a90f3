//! What is odd in a document's characters: marks of writing direction, characters of no width, bytes that are no
//! characters, text that was decoded twice. All of it stays where it stands and keeps its bytes; it is only told.

/// A kind of oddity, how often it occurs, and where it occurs first in the document's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oddity {
    /// `direction-mark`, `zero-width`, `control`, `malformed` or `mojibake`.
    pub kind: &'static str,
    /// How many there are.
    pub count: usize,
    /// Byte of the decoded document at which the first one starts.
    pub(super) first: usize,
}

/// The kinds, in the order in which they are told.
const KINDS: [&str; 5] = ["malformed", "mojibake", "direction-mark", "zero-width", "control"];

/// The oddities of a decoded document.
pub(super) fn oddities(document: &str) -> Vec<Oddity> {
    let mut found: [Option<Oddity>; KINDS.len()] = [None; KINDS.len()];
    // Plain ASCII has none but control characters.
    let mut chars = document.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let Some(kind) = kind(c, next, at) else { continue };
        let Some(slot) = KINDS.iter().position(|known| *known == kind).and_then(|slot| found.get_mut(slot)) else {
            continue;
        };
        match slot {
            Some(oddity) => oddity.count += 1,
            None => *slot = Some(Oddity { kind, count: 1, first: at }),
        }
    }
    found.into_iter().flatten().collect()
}

fn kind(c: char, next: Option<char>, at: usize) -> Option<&'static str> {
    match c {
        '\u{fffd}' => Some("malformed"),
        '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("direction-mark")
        }
        // A byte order mark at the very start is the encoding's.
        '\u{feff}' if at == 0 => None,
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => Some("zero-width"),
        '\t' | '\n' | '\r' | '\u{c}' | '\u{85}' => None,
        c if c.is_control() => Some("control"),
        // UTF-8 that was read as Windows-1252 and written again: "Ã©" for "é", "â€™" for "’".
        'Ã' | 'Â'
            if next.is_some_and(|next| matches!(next, '\u{80}'..='\u{bf}' | '€' | '‚' | '„' | '…' | '‰' | '™')) =>
        {
            Some("mojibake")
        }
        'â' if next == Some('€') || next == Some('\u{80}') => Some("mojibake"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(&'static str, usize, usize)> {
        oddities(text).into_iter().map(|oddity| (oddity.kind, oddity.count, oddity.first)).collect()
    }

    #[test]
    fn each_kind_is_told_with_its_first_place() {
        assert_eq!(told("Drogues saisies à Mâcon : 12 kg, l’Âge « d’or », SÃO PAULO\n"), []);
        assert_eq!(told("\u{feff}ok"), []);
        assert_eq!(told("saisie dÃ©clarÃ©e â€™"), [("mojibake", 3, 8)]);
        assert_eq!(told("203\u{200b} tonnes \u{202e}12\u{202c}"), [("direction-mark", 2, 14), ("zero-width", 1, 3)]);
        assert_eq!(told("a\u{0}b\u{fffd}"), [("malformed", 1, 3), ("control", 1, 1)]);
    }
}
