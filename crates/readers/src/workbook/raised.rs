//! Marks that are set higher than the text before them: `2366` with a small raised `1` behind it leads
//! to a footnote, and must not become 23661.

/// Adds a text that is set higher. Digits and signs become the raised characters that Unicode has, so
/// that they are none of a number's; so does a letter that stands alone, as those of footnotes do. All
/// else stays (`m²`, but `1st`), and so does what stands in brackets, which no number does.
pub(super) fn add_raised(text: &str, into: &mut String) {
    if text.contains(['(', '[']) {
        into.push_str(text);
        return;
    }
    let mut letters = text.chars().filter(|c| c.is_alphabetic());
    let alone = letters.next().is_some() && letters.next().is_none();
    into.extend(text.chars().map(|c| raised(c, alone)));
}

fn raised(c: char, letters: bool) -> char {
    match c {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        '+' => '⁺',
        '-' => '⁻',
        '=' => '⁼',
        'a'..='z' if letters => LETTERS.chars().nth(c as usize - 'a' as usize).unwrap_or(c),
        _ => c,
    }
}

/// From `a` to `z`; there is no raised `q`.
const LETTERS: &str = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖqʳˢᵗᵘᵛʷˣʸᶻ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn footnotes_are_no_digits_of_a_number() {
        for (text, wanted) in [
            ("1", "¹"),
            ("12", "¹²"),
            ("1, 3", "¹, ³"),
            ("p", "ᵖ"),
            ("q", "q"),
            ("a,1", "ᵃ,¹"),
            ("(p)", "(p)"),
            ("(1)", "(1)"),
            ("st", "st"),
            ("*", "*"),
            ("", ""),
        ] {
            let mut out = String::new();
            add_raised(text, &mut out);
            assert_eq!(out, wanted);
        }
    }
}
