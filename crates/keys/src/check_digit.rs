//! Check digits: ICAO Doc 9303 part 3 (weights 7-3-1, modulus 10), ISO 3779 / 49 CFR 565 (vehicle
//! identification number, modulus 11), Luhn (ISO/IEC 7812-1, annex B), and that of IMO ship numbers
//! (resolution A.1117). Those of ISO 7064 stand in `iso7064.rs`.

/// The value of a character in a machine-readable zone: digits count as themselves, `A` as 10 to
/// `Z` as 35, the filler `<` as 0. `None` for any other character.
pub fn mrz_value(c: char) -> Option<u32> {
    match c {
        '<' => Some(0),
        '0'..='9' | 'A'..='Z' => c.to_digit(36),
        _ => None,
    }
}

/// The check digit (0 to 9) of a field of a machine-readable zone, fillers included. `None` where
/// a character does not belong into a machine-readable zone.
pub fn mrz_check_digit(field: &str) -> Option<u32> {
    field.chars().zip([7, 3, 1].into_iter().cycle()).try_fold(0, |sum, (c, weight)| {
        // Below 10 before, at most 9 + 35 * 7 after: no field is too long.
        mrz_value(c).map(|value| (sum + value * weight) % 10)
    })
}

/// The check digit (`0` to `9` or `X`) that a vehicle identification number should carry in place
/// 9. `None` where the text has not 17 characters or a character that no such number has.
pub fn vin_check_digit(vin: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    if vin.chars().count() != WEIGHTS.len() {
        return None;
    }
    let sum = vin.chars().zip(WEIGHTS).try_fold(0, |sum, (c, weight)| Some(sum + vin_value(c)? * weight))?;
    match sum % 11 {
        10 => Some('X'),
        digit => char::from_digit(digit, 10),
    }
}

/// The value of a character in a vehicle identification number; `I`, `O` and `Q` have none.
fn vin_value(c: char) -> Option<u32> {
    match c {
        '0'..='9' => c.to_digit(10),
        'A' | 'J' => Some(1),
        'B' | 'K' | 'S' => Some(2),
        'C' | 'L' | 'T' => Some(3),
        'D' | 'M' | 'U' => Some(4),
        'E' | 'N' | 'V' => Some(5),
        'F' | 'W' => Some(6),
        'G' | 'P' | 'X' => Some(7),
        'H' | 'Y' => Some(8),
        'R' | 'Z' => Some(9),
        _ => None,
    }
}

/// Whether a number of digits ends with its Luhn check digit. `None` where a character is no digit, or
/// fewer than two are there.
pub fn luhn_holds(number: &str) -> Option<bool> {
    let mut sum = 0_u32;
    let mut count = 0_usize;
    for c in number.chars().rev() {
        let digit = c.to_digit(10)?;
        let doubled = if count % 2 == 1 { digit * 2 } else { digit };
        sum = (sum + doubled / 10 + doubled % 10) % 10;
        count += 1;
    }
    (count >= 2).then_some(sum == 0)
}

/// Whether the last of seven digits is the check digit of an IMO ship number: the sum of the six before
/// it, times 7 to 2, ends with it. `None` where the text is no seven digits.
pub fn imo_ship_holds(number: &str) -> Option<bool> {
    let digits: Option<Vec<u32>> = number.chars().map(|c| c.to_digit(10)).collect();
    let digits = digits.filter(|digits| digits.len() == 7)?;
    let (last, before) = digits.split_last()?;
    let sum: u32 = before.iter().zip((2..=7).rev()).map(|(digit, weight)| digit * weight).sum();
    Some(sum % 10 == *last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luhn_vectors() {
        for (number, holds) in [
            ("490154203237518", Some(true)),
            ("490154203237517", Some(false)),
            ("4111111111111111", Some(true)),
            ("4111111111111112", Some(false)),
            ("79927398713", Some(true)),
            ("7", None),
            ("", None),
            ("41111A1111111111", None),
        ] {
            assert_eq!(luhn_holds(number), holds, "{number}");
        }
        // No substitution of one digit passes.
        let number = "490154203237518";
        for at in 0..number.len() {
            for digit in '0'..='9' {
                let other: String = number.chars().enumerate().map(|(i, c)| if i == at { digit } else { c }).collect();
                assert_eq!(luhn_holds(&other), Some(other == number), "{other}");
            }
        }
        assert_eq!(luhn_holds(&"0".repeat(100_000)), Some(true));
    }

    #[test]
    fn ship_vectors() {
        assert_eq!(imo_ship_holds("9074729"), Some(true));
        assert_eq!(imo_ship_holds("9074728"), Some(false));
        for text in ["907472", "90747290", "907472A", ""] {
            assert_eq!(imo_ship_holds(text), None, "{text}");
        }
    }

    #[test]
    fn vectors_of_doc_9303() {
        for (field, digit) in [("520727", 3), ("AB2134<<<", 5), ("L898902C3", 6)] {
            assert_eq!(mrz_check_digit(field), Some(digit), "{field}");
        }
        assert_eq!(mrz_check_digit(""), Some(0));
        assert_eq!(mrz_check_digit("ab"), None);
        assert_eq!(mrz_check_digit("É"), None);
        assert_eq!(mrz_check_digit(&"Z".repeat(100_000)), mrz_check_digit(&"Z".repeat(100_000 % 30)));
    }

    /// Which confusions the digit sees: swap one character in every place of a field.
    fn seen_in_every_place(a: char, b: char) -> Vec<bool> {
        let field = |at: usize, c: char| -> String { (0..9).map(|i| if i == at { c } else { 'C' }).collect() };
        (0..9).map(|at| mrz_check_digit(&field(at, a)) != mrz_check_digit(&field(at, b))).collect()
    }

    #[test]
    fn what_check_digits_cannot_see() {
        for (a, b) in [('G', '6'), ('L', '1'), ('K', '0'), ('U', '0'), ('A', '0')] {
            assert_eq!(seen_in_every_place(a, b), [false; 9], "{a}/{b}");
        }
    }

    #[test]
    fn what_check_digits_always_see() {
        for (a, b) in [('O', '0'), ('I', '1'), ('S', '5'), ('B', '8'), ('Z', '2'), ('Q', '0'), ('D', '0')] {
            assert_eq!(seen_in_every_place(a, b), [true; 9], "{a}/{b}");
        }
    }

    #[test]
    fn a_confusion_is_unseen_exactly_when_the_values_differ_by_a_multiple_of_ten() {
        let all: Vec<char> = ('0'..='9').chain('A'..='Z').collect();
        for &a in &all {
            for &b in &all {
                let apart = mrz_value(a).unwrap_or_default().abs_diff(mrz_value(b).unwrap_or_default());
                assert_eq!(seen_in_every_place(a, b), [!apart.is_multiple_of(10); 9], "{a}/{b}");
            }
        }
    }

    #[test]
    fn vehicle_vectors() {
        assert_eq!(vin_check_digit("1M8GDM9AXKP042788"), Some('X'));
        assert_eq!(vin_check_digit("11111111111111111"), Some('1'));
        assert_ne!(vin_check_digit("WVWZZZAAZFD123456"), Some('Z'), "real, and without check digit");
        assert_eq!(vin_check_digit("1M8GDM9AXKP04278"), None);
        assert_eq!(vin_check_digit("1M8GDM9AXKPO42788"), None);
    }
}
