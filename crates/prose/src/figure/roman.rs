//! Roman numerals: `XXIIe`, `IX`.

use super::number::{Form, Number};
use crate::token::Tokens;

/// A number in Roman numerals, `II` to `C`. Whether it numbers something is told by what stands around it.
pub(super) fn roman(text: &str, tokens: &Tokens, at: usize, language: &str) -> Option<Number> {
    let token = tokens.get(at).filter(|token| token.is_capital() && token.end - token.start <= 7)?;
    let word = text.get(token.range())?;
    // "le Ve Forum", "la XXIIe Conférence"
    let ordinal = word.strip_suffix("ème").or_else(|| word.strip_suffix('e')).filter(|_| language == "fr");
    // "Le" and "Ce" are words.
    let ordinal = ordinal.filter(|_| !matches!(word, "Le" | "Ce" | "De" | "Me"));
    let word = ordinal.unwrap_or(word);
    let digit = |c: char| match c {
        'I' => Some(1_u32),
        'V' => Some(5),
        'X' => Some(10),
        'L' => Some(50),
        'C' => Some(100),
        _ => None,
    };
    let digits: Option<Vec<u32>> = word.chars().map(digit).collect();
    let digits = digits?;
    let mut sum = 0;
    for (number, digit) in digits.iter().enumerate() {
        match digits.get(number + 1) {
            Some(next) if next > digit => sum -= i64::from(*digit),
            _ => sum += i64::from(*digit),
        }
    }
    // Written back, it has to be the same: "IIII", "VX" and "CC" of an address are none.
    let value = u32::try_from(sum).ok().filter(|value| (1..=100).contains(value) && in_roman(*value) == word)?;
    Some(Number { value: Some(f64::from(value)), ..Number::of(at..at + 1, Form::Roman) })
}

fn in_roman(mut value: u32) -> String {
    let mut out = String::new();
    for (worth, sign) in
        [(100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]
    {
        while value >= worth {
            out.push_str(sign);
            value -= worth;
        }
    }
    out
}
