//! Characters that readers of plates and machine-readable zones take for each other.

/// Classes of characters that look alike, each with the digit that stands for it.
const CLASSES: [(char, &str); 6] = [('0', "ODQ"), ('1', "I"), ('2', "Z"), ('5', "S"), ('8', "B"), ('6', "G")];

/// The digit of a character's class; other characters stand for themselves.
pub(crate) fn class(c: char) -> char {
    CLASSES.iter().find(|(_, letters)| letters.contains(c)).map_or(c, |(digit, _)| *digit)
}

/// The letter that a figure is mostly read as: `O` for 0, `I` for 1, `Z`, `S`, `G` and `B` for 2, 5, 6 and 8. `None` for
/// other characters.
pub fn ocr_letter(figure: char) -> Option<char> {
    CLASSES.iter().find(|(digit, _)| *digit == figure).and_then(|(_, letters)| letters.chars().next())
}

/// The normal form with every character as the digit of its class: texts that were misread within the classes fold to
/// one.
pub fn ocr_fold(normal: &str) -> String {
    normal.chars().map(class).collect()
}

/// In how many places two texts of one length differ; `None` where they are of different lengths, or differ in a
/// place in which no class holds both characters.
pub fn ocr_distance(a: &str, b: &str) -> Option<usize> {
    if a.chars().count() != b.chars().count() {
        return None;
    }
    let mut apart = 0;
    for (a, b) in a.chars().zip(b.chars()) {
        if a != b {
            if class(a) != class(b) {
                return None;
            }
            apart += 1;
        }
    }
    Some(apart)
}

/// The other characters of a character's class.
pub(crate) fn alike(c: char) -> impl Iterator<Item = char> {
    let of = CLASSES.iter().filter(move |(digit, letters)| *digit == c || letters.contains(c));
    of.flat_map(|(digit, letters)| std::iter::once(*digit).chain(letters.chars())).filter(move |other| *other != c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Genetec's plate matching: at most one difference within the classes.
    #[test]
    fn one_difference_within_a_class() {
        for other in ["A8C123", "ABC1Z3", "ABCI23"] {
            assert_eq!(ocr_distance("ABC123", other), Some(1), "{other}");
        }
        assert_eq!(ocr_distance("ABC123", "A8CIZ3"), Some(3));
        assert_eq!(ocr_distance("ABC123", "ABC123"), Some(0));
        assert_eq!(ocr_distance("ABC123", "ABD123"), None, "C and D are not alike");
        assert_eq!(ocr_distance("ABC123", "ABC12"), None);
        assert_eq!(ocr_fold("ODQI2SGB"), "00012568");
        assert_eq!("0123456789".chars().filter_map(ocr_letter).collect::<String>(), "OIZSGB");
    }

    #[test]
    fn what_is_alike_is_of_one_class() {
        for c in ('0'..='9').chain('A'..='Z') {
            for other in alike(c) {
                assert_eq!(class(other), class(c));
                assert!(alike(other).any(|back| back == c), "{c} {other}");
            }
        }
        assert_eq!(alike('0').collect::<String>(), "ODQ");
        assert_eq!(alike('A').count(), 0);
    }
}
