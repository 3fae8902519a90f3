//! Numbers as text: the shortest decimal digits that give the very same binary number again.

use std::fmt::Write as _;

/// Digits that a decimal number may have so that no other such number is the same binary number.
const EXACT_DIGITS: usize = 15;

/// Adds a number. Digits with `.` as decimal mark, without exponent from 1e-20 to below 1e21; beyond,
/// as `1.5e-30`. The text, read as a number, is this number bit for bit.
pub(super) fn write_number(number: f64, into: &mut String) {
    let size = number.abs();
    let plain = size < 1e21 && (size >= 1e-20 || size == 0.0);
    // Writing to a text cannot fail.
    let _ = if plain { write!(into, "{number}") } else { write!(into, "{number:e}") };
}

/// Adds a part of one in hundredths, as a format of percentages shows it but unrounded: 0.125 as
/// `12.5%`. The point of the shortest digits is moved, so that nothing is calculated: 0.07 is `7%` and
/// not `7.000000000000001%`.
pub(super) fn write_percent(number: f64, into: &mut String) {
    let mut printed = String::new();
    // Writing to a text cannot fail.
    let _ = write!(printed, "{number:e}");
    let (digits, exponent) = printed.split_once('e').unwrap_or((&printed, "0"));
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    // How many digits stand before the point.
    let whole = exponent.parse::<i32>().unwrap_or_default() + 3;
    into.push_str(sign);
    match usize::try_from(whole) {
        _ if digits == "0" => into.push('0'),
        Ok(whole) if whole > 21 => {
            let _ = write!(into, "{}e{}", with_point(&digits, 1), whole - 1);
        }
        Ok(whole) if whole > 0 => into.push_str(&with_point(&digits, whole)),
        _ if whole < -20 => {
            let _ = write!(into, "{}e{}", with_point(&digits, 1), whole - 1);
        }
        _ => {
            into.push_str("0.");
            into.extend(std::iter::repeat_n('0', usize::try_from(-whole).unwrap_or_default()));
            into.push_str(&digits);
        }
    }
    into.push('%');
}

/// Digits with a point behind the first `whole` of them, where there are more.
fn with_point(digits: &str, whole: usize) -> String {
    match digits.split_at_checked(whole) {
        Some((whole, "")) => whole.to_owned(),
        Some((whole, part)) => format!("{whole}.{part}"),
        None => format!("{digits}{}", "0".repeat(whole - digits.len())),
    }
}

/// Adds a number that a document prints, in its shortest form. `false`, and nothing added, where it
/// is none, or none that can be told (`1e999`).
pub(super) fn write_printed(printed: &str, into: &mut String) -> bool {
    if is_shortest(printed.as_bytes()) {
        into.push_str(printed);
        return true;
    }
    match printed.trim_ascii().parse::<f64>() {
        Ok(number) if number.is_finite() => {
            write_number(number, into);
            true
        }
        _ => false,
    }
}

/// As [`write_printed`], in hundredths.
pub(super) fn write_printed_percent(printed: &str, into: &mut String) -> bool {
    let number = printed.trim_ascii().parse::<f64>().ok().filter(|number| number.is_finite());
    if let Some(number) = number {
        write_percent(number, into);
    }
    number.is_some()
}

/// Whether a number is printed as [`write_number`] would: a decimal number of so few digits that
/// they are the shortest ones already. True for nearly all numbers of real sheets.
fn is_shortest(printed: &[u8]) -> bool {
    let digits = printed.strip_prefix(b"-").unwrap_or(printed);
    let (mut count, mut point, mut last) = (0, None, b'0');
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => count += usize::from(count > 0 || *byte != b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return false,
        }
        last = *byte;
    }
    if count > EXACT_DIGITS || digits.len() > 20 {
        return false;
    }
    match point {
        // "007", "-0" and "" are to be written anew; "0" is not.
        None if count == 0 => printed == b"0",
        None => digits.first() != Some(&b'0'),
        Some(at) => at > 0 && (at == 1 || digits.first() != Some(&b'0')) && count > 0 && !matches!(last, b'0' | b'.'),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn printed(text: &str) -> Option<String> {
        let mut out = String::new();
        write_printed(text, &mut out).then_some(out)
    }

    #[test]
    fn numbers_print_as_short_as_they_can() {
        for (text, wanted) in [
            ("0", "0"),
            ("12656", "12656"),
            ("-7", "-7"),
            ("5.0", "5"),
            ("007", "7"),
            ("-0", "-0"),
            (".5", "0.5"),
            ("1.", "1"),
            ("1.50", "1.5"),
            ("0.1", "0.1"),
            ("28.736702318414402", "28.7367023184144"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("0.29999999999999999", "0.3"),
            ("1E3", "1000"),
            ("1.1102230246251565E-16", "0.00000000000000011102230246251565"),
            ("123456789012345678", "123456789012345680"),
            ("1e300", "1e300"),
            (" 4 ", "4"),
        ] {
            assert_eq!(printed(text).as_deref(), Some(wanted), "{text}");
        }
        for text in ["", "1e999", "NaN", "inf", "1,5", "2366*", "--1", "1.2.3"] {
            assert_eq!(printed(text), None, "{text}");
        }
    }

    #[test]
    fn parts_of_one_print_in_hundredths() {
        for (number, wanted) in [
            (0.12, "12%"),
            (0.125, "12.5%"),
            (0.07, "7%"),
            (-0.000_5, "-0.05%"),
            (1.0, "100%"),
            (12.345_6, "1234.56%"),
            (0.0, "0%"),
            (1e-30, "1e-28%"),
            (1.5e300, "1.5e302%"),
        ] {
            let mut text = String::new();
            write_percent(number, &mut text);
            assert_eq!(text, wanted);
        }
    }

    proptest! {
        #[test]
        fn a_percentage_is_the_number_with_its_point_moved(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            let mut text = String::new();
            write_percent(number, &mut text);
            let digits = text.strip_suffix('%').unwrap();
            let (digits, exponent) = digits.split_once('e').unwrap_or((digits, "0"));
            let moved = format!("{digits}e{}", exponent.parse::<i32>().unwrap() - 2);
            prop_assert_eq!(moved.parse::<f64>().unwrap().to_bits(), bits, "{}", text);
        }

        #[test]
        fn a_number_reads_back_bit_for_bit(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            let mut text = String::new();
            write_number(number, &mut text);
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits);
            prop_assert_eq!(printed(&text), Some(text));
        }

        #[test]
        fn the_short_way_and_the_long_way_agree(text in "-?[0-9]{0,9}(\\.[0-9]{0,12})?") {
            let long = text.parse::<f64>().ok().map(|number| {
                let mut out = String::new();
                write_number(number, &mut out);
                out
            });
            prop_assert_eq!(printed(&text), long);
        }
    }
}
