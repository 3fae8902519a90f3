//! Names of people as a machine-readable zone writes them (ICAO Doc 9303-3, section 6), and as they can be compared.
//!
//! A zone has `A` to `Z` and fillers alone, and states may write some letters in several ways: `Ü` as `UE`, as `UXX` or
//! as `U`. What is compared therefore has less in it than what a zone writes: see [`name_words`].

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// Most words of a name that are compared: the rest of a longer one plays no part.
pub const NAME_WORDS: usize = 8;

/// Words between names in Spanish, Portuguese, French, Italian, Dutch and German, and in Arabic as written in Latin.
const PARTICLES: [&str; 25] = [
    "AL", "BIN", "BINT", "DA", "DAS", "DE", "DEL", "DELLA", "DEN", "DER", "DES", "DI", "DO", "DOS", "DU", "EL", "LA",
    "LAS", "LE", "LES", "LO", "LOS", "VAN", "VON", "ZU",
];

/// Letters that a zone writes otherwise than without their marks: section 6.A of Doc 9303-3, the first of the ways that it
/// recommends.
const LATIN: [(char, &str); 18] = [
    ('Ä', "AE"),
    ('Å', "AA"),
    ('Æ', "AE"),
    ('Ð', "D"),
    ('Ö', "OE"),
    ('Ø', "OE"),
    ('Ü', "UE"),
    ('Þ', "TH"),
    ('ẞ', "SS"),
    ('Đ', "D"),
    ('Ħ', "H"),
    ('ı', "I"),
    ('Ĳ', "IJ"),
    ('ĸ', "K"),
    ('Ŀ', "L"),
    ('Ł', "L"),
    ('Ŋ', "N"),
    ('Œ', "OE"),
];

/// Section 6.B, as Russian has it where languages differ; with the letters of other languages that Russian has not.
const CYRILLIC: [(char, &str); 54] = [
    ('А', "A"),
    ('Б', "B"),
    ('В', "V"),
    ('Г', "G"),
    ('Д', "D"),
    ('Е', "E"),
    ('Ё', "E"),
    ('Ж', "ZH"),
    ('З', "Z"),
    ('И', "I"),
    ('Й', "I"),
    ('К', "K"),
    ('Л', "L"),
    ('М', "M"),
    ('Н', "N"),
    ('О', "O"),
    ('П', "P"),
    ('Р', "R"),
    ('С', "S"),
    ('Т', "T"),
    ('У', "U"),
    ('Ф', "F"),
    ('Х', "KH"),
    ('Ц', "TS"),
    ('Ч', "CH"),
    ('Ш', "SH"),
    ('Щ', "SHCH"),
    ('Ъ', "IE"),
    ('Ы', "Y"),
    ('Ь', ""),
    ('Э', "E"),
    ('Ю', "IU"),
    ('Я', "IA"),
    ('Ѐ', "E"),
    ('Ђ', "D"),
    ('Ѓ', "G"),
    ('Є', "IE"),
    ('Ѕ', "DZ"),
    ('І', "I"),
    ('Ї', "I"),
    ('Ј', "J"),
    ('Љ', "LJ"),
    ('Њ', "NJ"),
    ('Ћ', "C"),
    ('Ќ', "K"),
    ('Ѝ', "I"),
    ('Ў', "U"),
    ('Џ', "DZ"),
    ('Ѣ', "IE"),
    ('Ѫ', "U"),
    ('Ѵ', "Y"),
    ('Ґ', "G"),
    ('Ғ', "F"),
    ('Һ', "C"),
];

/// Section 6.C. Marks of vowels are not encoded; of teh marbuta and shadda see [`transliterated`].
const ARABIC: [(char, &str); 67] = [
    ('ء', "XE"),
    ('آ', "XAA"),
    ('أ', "XAE"),
    ('ؤ', "U"),
    ('إ', "I"),
    ('ئ', "XI"),
    ('ا', "A"),
    ('ب', "B"),
    (TEH_MARBUTA, "XTA"),
    ('ت', "T"),
    ('ث', "XTH"),
    ('ج', "J"),
    ('ح', "XH"),
    ('خ', "XKH"),
    ('د', "D"),
    ('ذ', "XDH"),
    ('ر', "R"),
    ('ز', "Z"),
    ('س', "S"),
    ('ش', "XSH"),
    ('ص', "XSS"),
    ('ض', "XDZ"),
    ('ط', "XTT"),
    ('ظ', "XZZ"),
    ('ع', "E"),
    ('غ', "G"),
    ('ـ', ""),
    ('ف', "F"),
    ('ق', "Q"),
    ('ك', "K"),
    ('ل', "L"),
    ('م', "M"),
    ('ن', "N"),
    ('ه', "H"),
    ('و', "W"),
    ('ى', "XAY"),
    ('ي', "Y"),
    ('\u{671}', "XXA"),
    ('\u{679}', "XXT"),
    ('\u{67c}', "XRT"),
    ('\u{67e}', "P"),
    ('\u{681}', "XKE"),
    ('\u{685}', "XXH"),
    ('\u{686}', "XC"),
    ('\u{688}', "XXD"),
    ('\u{689}', "XDR"),
    ('\u{691}', "XXR"),
    ('\u{693}', "XRR"),
    ('\u{696}', "XRX"),
    ('\u{698}', "XJ"),
    ('\u{69a}', "XXS"),
    ('\u{6a9}', "XKK"),
    ('\u{6ab}', "XXK"),
    ('\u{6ad}', "XNG"),
    ('\u{6af}', "XGG"),
    ('\u{6ba}', "XNN"),
    ('\u{6bc}', "XXN"),
    ('\u{6be}', "XDO"),
    ('\u{6c0}', "XYH"),
    ('\u{6c1}', "XXG"),
    ('\u{6c2}', "XGE"),
    ('\u{6c3}', "XTG"),
    ('\u{6cc}', "XYA"),
    ('\u{6cd}', "XXY"),
    ('\u{6d0}', "Y"),
    ('\u{6d2}', "XYB"),
    ('\u{6d3}', "XBE"),
];

const TEH_MARBUTA: char = '\u{629}';
/// The mark of a letter that is doubled; it stands behind the letter.
const SHADDA: char = '\u{651}';

/// What a zone writes for a capital letter; `None` for what is no letter of the three alphabets.
fn of_letter(c: char) -> Option<&'static str> {
    let table: &[(char, &str)] = match c {
        '\u{80}'..='\u{24f}' | 'ẞ' => &LATIN,
        '\u{400}'..='\u{52f}' => &CYRILLIC,
        '\u{600}'..='\u{6ff}' => &ARABIC,
        _ => return None,
    };
    table.iter().find(|(letter, _)| *letter == c).map(|(_, of)| *of)
}

/// A name as a machine-readable zone writes it: `A` to `Z`, and one space where the zone has fillers.
///
/// Apostrophes are left out, and hyphens, commas and everything else that is no letter separate (Doc 9303-3, 4.6).
/// Letters of other alphabets than Latin, Cyrillic and Arabic are kept as they are, in capitals, so that a name is still
/// the same as itself.
pub fn transliterated(name: &str) -> String {
    of_western(name).unwrap_or_else(|| of_any(name))
}

/// The letters from `À` to `ÿ` as [`of_any`] writes them, one by one.
static WESTERN: LazyLock<[String; 64]> = LazyLock::new(|| {
    let mut letters = 'À'..='ÿ';
    std::array::from_fn(|_| letters.next().map_or_else(String::new, |c| of_any(c.encode_utf8(&mut [0; 4]))))
});

/// A name of ASCII and the letters from `À` to `ÿ`, which nearly all are: nothing in it depends on what stands beside it.
fn of_western(name: &str) -> Option<String> {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        match c {
            _ if is_apostrophe(c) => {}
            'a'..='z' | 'A'..='Z' => out.push(c.to_ascii_uppercase()),
            '\0'..='\u{7f}' | '×' | '÷' => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            'À'..='ÿ' => out.push_str(WESTERN.get((c as usize).wrapping_sub(0xc0))?),
            _ => return None,
        }
    }
    out.truncate(out.trim_end().len());
    Some(out)
}

/// A name in any letters.
fn of_any(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    // Composed, so that `Ü` is found before it is a `U` with a mark; and apostrophes before one becomes a space with a mark.
    let capitals = name
        .chars()
        .filter(|c| !is_apostrophe(*c))
        .nfkc()
        .flat_map(char::to_uppercase)
        .nfkc()
        .map(|c| if c == 'ß' { 'ẞ' } else { c });
    let mut last = 0..0;
    let mut letters = capitals.peekable();
    while let Some(c) = letters.next() {
        let start = out.len();
        match of_letter(c) {
            None if c.is_ascii_uppercase() => out.push(c),
            // Where it ends a part of the name it is written otherwise.
            Some(_) if c == TEH_MARBUTA && !letters.peek().is_some_and(|c| c.is_alphabetic()) => out.push_str("XAH"),
            Some(of) => out.push_str(of),
            None if c == SHADDA => {
                let doubled = out.get(last.clone()).unwrap_or_default().trim().to_owned();
                out.push_str(&doubled);
            }
            None if is_mark(c) || is_apostrophe(c) => continue,
            None => {
                for part in std::iter::once(c).nfd() {
                    match of_letter(part) {
                        Some(of) => out.push_str(of),
                        // Some marks count as letters.
                        None if is_mark(part) => {}
                        None if part.is_alphabetic() => out.push(part),
                        None if out.ends_with(' ') => {}
                        None => out.push(' '),
                    }
                }
            }
        }
        last = start..out.len();
    }
    out.trim().to_owned()
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '´' | '\u{2bb}'..='\u{2bf}' | '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}')
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// The words of a name as they are compared: sorted, each one once, the first [`NAME_WORDS`] of them alone.
///
/// Words of one letter are left out, and so are particles such as `de`, `dos` or `van`, which are no names. What states write in several ways is one here: `Müller`, `MUELLER`, `MULLER` and
/// `MUXXLLER` are the same word, and so are `Ångström` and `AANGSTROEM`: an `E` behind `A`, `O` or `U`, a second `A` and
/// the letters `XX` are left out of every word.
pub fn name_words(name: &str) -> Vec<String> {
    let written = transliterated(name);
    let words = written.split(' ').filter(|word| word.len() > 5 || !PARTICLES.contains(word));
    let words = words.map(folded).filter(|word| word.chars().nth(1).is_some());
    let mut words: Vec<String> = words.take(NAME_WORDS).collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn folded(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let shorter = word.as_bytes().windows(2).any(|pair| pair == b"XX").then(|| word.replace("XX", ""));
    for c in shorter.as_deref().unwrap_or(word).chars() {
        let behind = out.chars().next_back();
        let again = match c {
            'E' => matches!(behind, Some('A' | 'O' | 'U')),
            'A' => behind == Some('A'),
            _ => false,
        };
        if !again {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_a_zone_writes_it() {
        for (name, written) in [
            ("Eriksson, Anna Maria", "ERIKSSON ANNA MARIA"),
            ("D'Arcy", "DARCY"),
            ("O’Connor-Smith", "OCONNOR SMITH"),
            ("Thérèse Cañón", "THERESE CANON"),
            ("The\u{301}re\u{300}se", "THERESE"),
            ("Müller", "MUELLER"),
            ("Mu\u{308}ller", "MUELLER"),
            ("Strauß", "STRAUSS"),
            ("Ærøskøbing Þórður Œuvrard", "AEROESKOEBING THORDUR OEUVRARD"),
            ("Ångström", "AANGSTROEM"),
            ("João Conceição", "JOAO CONCEICAO"),
            ("Łukasz Đorđe", "LUKASZ DORDE"),
            ("Щербаков Юрий", "SHCHERBAKOV IURII"),
            ("Хрущёв", "KHRUSHCHEV"),
            ("محمد", "MXHMD"),
            ("محمّد", "MXHMMD"),
            ("فاطمة", "FAXTTMXAH"),
            ("  --  ", ""),
            ("ﬁne", "FINE"),
            (" O'Neill - Smith, jr. ", "ONEILL SMITH JR"),
            ("Γιώργος", "ΓΙΩΡΓΟΣ"),
        ] {
            assert_eq!(transliterated(name), written, "{name}");
        }
    }

    #[test]
    fn ways_of_writing_one_name_have_the_same_words() {
        for same in [
            ["Müller Jörg", "JOERG MUELLER", "Muller, Jorg", "MUXXLLER<JORG"],
            ["Güemes Núñez", "GUEMES NUNEZ", "GUEEMES<<NUNXXEZ", "nuñez güemes"],
            ["Ångström Åsa", "AANGSTROEM AASA", "ANGSTROM ASA", "Asa ÅNGSTRÖM"],
        ] {
            let words = same.map(name_words);
            assert!(words.iter().all(|other| *other == words[0] && other.len() == 2), "{words:?}");
        }
        assert_eq!(name_words("Ana B. de la Cruz"), ["ANA", "CRUZ"]);
        assert_ne!(name_words("Silva"), name_words("Souza"));
        assert_eq!(name_words("AB AC AD AF AG AH AI AJ AK").len(), NAME_WORDS);
    }

    proptest! {
        #[test]
        fn western_names_are_written_as_any_others(name in "[ -~\u{c0}-\u{ff}´’]{0,30}") {
            prop_assert_eq!(of_western(&name), Some(of_any(&name)));
        }

        #[test]
        fn any_text_has_words(name in any::<String>()) {
            let written = transliterated(&name);
            prop_assert_eq!(transliterated(&written), written.clone());
            prop_assert_eq!(name_words(&written), name_words(&name));
            prop_assert!(name_words(&name).len() <= NAME_WORDS);
        }
    }
}
