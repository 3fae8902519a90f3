//! The check characters of ISO/IEC 7064:2003: pure systems (modulus and radix) and hybrid ones (two moduli).

/// Digits, in the order of their values; `X` is ten in MOD 11-2.
const DIGITS: &[u8] = b"0123456789X";
/// Digits and letters, in the order of their values; `*` is 36 in MOD 37-2.
const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*";

fn value(c: u8, alphabet: &[u8]) -> Option<u32> {
    alphabet.iter().position(|known| *known == c).and_then(|at| u32::try_from(at).ok())
}

fn character(value: u32, alphabet: &[u8]) -> Option<char> {
    usize::try_from(value).ok().and_then(|at| alphabet.get(at)).map(|c| char::from(*c))
}

/// The check character of a pure system with one character: the sum of the values, each times a power of the radix,
/// is 1 modulo `modulus`.
fn pure(text: &str, modulus: u32, radix: u32, alphabet: &[u8], most: usize) -> Option<char> {
    let mut sum = 0;
    for c in text.bytes() {
        // The last character of the alphabet is a check character only.
        let own = value(c, alphabet.get(..most)?)?;
        sum = (sum + own) * radix % modulus;
    }
    character((modulus + 1 - sum) % modulus, alphabet)
}

/// The check character of a hybrid system, whose moduli are `modulus` and the one after it.
fn hybrid(text: &str, modulus: u32, alphabet: &[u8]) -> Option<char> {
    let most = usize::try_from(modulus).ok()?;
    let mut product = modulus;
    for c in text.bytes() {
        let own = value(c, alphabet.get(..most)?)?;
        let sum = (product + own) % modulus;
        product = if sum == 0 { modulus } else { sum } * 2 % (modulus + 1);
    }
    character((modulus + 1 - product % modulus) % modulus, alphabet)
}

/// MOD 11-2: digits, check character `0` to `9` or `X`. `None` where the text has other characters.
pub fn mod_11_2(text: &str) -> Option<char> {
    pure(text, 11, 2, DIGITS, 10)
}

/// MOD 37-2: digits and letters, check character one of them or `*`.
pub fn mod_37_2(text: &str) -> Option<char> {
    pure(text, 37, 2, ALPHANUMERIC, 36)
}

/// MOD 97-10: digits, two check digits (00 to 97).
pub fn mod_97_10(text: &str) -> Option<u32> {
    let mut sum = 0;
    for c in text.bytes() {
        sum = (sum * 10 + value(c, DIGITS.get(..10)?)?) % 97;
    }
    Some((98 - sum * 100 % 97) % 97)
}

/// MOD 11,10: digits, one check digit.
pub fn mod_11_10(text: &str) -> Option<char> {
    hybrid(text, 10, DIGITS)
}

/// MOD 37,36: digits and letters, check character one of them.
pub fn mod_37_36(text: &str) -> Option<char> {
    hybrid(text, 36, ALPHANUMERIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_the_standard() {
        assert_eq!(mod_11_2("0794"), Some('0'));
        assert_eq!(mod_11_2("079"), Some('X'));
        assert_eq!(mod_11_10("0794"), Some('5'));
        assert_eq!(mod_97_10("794"), Some(44));
        assert_eq!(mod_37_2("G123489654321"), Some('Y'));
        assert_eq!(mod_37_36("A12425GABC1234002"), Some('M'));
    }

    #[test]
    fn what_is_not_of_the_alphabet_has_no_check_character() {
        for text in ["12X", "1 2", "é", "12*"] {
            assert_eq!((mod_11_2(text), mod_11_10(text), mod_97_10(text)), (None, None, None), "{text}");
        }
        assert_eq!((mod_37_2("a"), mod_37_36("*")), (None, None));
    }

    /// One substitution of a character is seen by every system.
    #[test]
    fn single_substitutions_are_seen() {
        let digits = "4902031057";
        for at in 0..digits.len() {
            for digit in '0'..='9' {
                let other: String = digits.chars().enumerate().map(|(i, c)| if i == at { digit } else { c }).collect();
                if other != digits {
                    assert_ne!(mod_11_2(&other), mod_11_2(digits), "{other}");
                    assert_ne!(mod_11_10(&other), mod_11_10(digits), "{other}");
                    assert_ne!(mod_97_10(&other), mod_97_10(digits), "{other}");
                    assert_ne!(mod_37_36(&other), mod_37_36(digits), "{other}");
                }
            }
        }
    }
}
