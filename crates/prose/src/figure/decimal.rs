//! Exact decimal numbers, so that `1.3 billion` is 1300000000 and not nearly so.

use super::rules::Marks;

/// `digits` times ten to the power of `power`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: u128,
    power: i32,
}

/// No number of prose has more digits; longer runs are identifiers.
const MOST_DIGITS: usize = 18;

impl Decimal {
    pub(crate) const ONE: Self = Self { digits: 1, power: 0 };

    /// A number with a decimal point or none, without thousands marks.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{part}");
        if digits.is_empty() || digits.len() > MOST_DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(Self { digits: digits.parse().ok()?, power: -i32::try_from(part.len()).ok()? })
    }

    /// Times ten to the power of `power`.
    pub(crate) fn scaled(self, power: i32) -> Self {
        Self { digits: self.digits, power: self.power.saturating_add(power) }
    }

    /// The sum; `None` where the two are too far apart for it to be exact.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let power = self.power.min(other.power);
        let lift = |number: Self| {
            let factor = 10_u128.checked_pow(u32::try_from(number.power - power).ok()?)?;
            number.digits.checked_mul(factor)
        };
        Some(Self { digits: lift(self)?.checked_add(lift(other)?)?, power })
    }

    /// The nearest floating point number.
    pub(crate) fn value(self) -> f64 {
        // Both exact in a double, so that one operation rounds once, as the parser does.
        const EXACT: u128 = 1 << 53;
        if self.digits < EXACT && self.power.abs() <= 22 {
            let digits = self.digits as f64;
            let factor = 10_f64.powi(self.power.abs());
            return if self.power < 0 { digits / factor } else { digits * factor };
        }
        format!("{}e{}", self.digits, self.power).parse().unwrap_or(f64::INFINITY)
    }
}

/// What a run of digits and marks means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// One number.
    Number(Decimal),
    /// One number, if three digits after the decimal mark can be decimals here.
    ThreeDecimals(Decimal),
    /// Two readings; neither is published.
    Ambiguous,
    /// No number at all: `1.2.3`, or too many digits.
    Identifier,
}

/// Reads digit groups, each with the mark before it (the first has none).
pub(crate) fn interpret(groups: &[(char, &str)], marks: &Marks, spaces_part_thousands: bool) -> Meaning {
    let Some(((_, first), rest)) = groups.split_first() else { return Meaning::Identifier };
    let number = |text: &str| Decimal::parse(text).map_or(Meaning::Identifier, Meaning::Number);
    let Some((last, middle)) = rest.split_last() else { return number(first) };
    let join = |groups: &[(char, &str)]| groups.iter().map(|(_, digits)| *digits).collect::<String>();
    let threes = |groups: &[(char, &str)]| first.len() <= 3 && groups.iter().all(|(_, digits)| digits.len() == 3);
    let is_point = |mark: char| mark == '.' || mark == ',';
    if !is_point(last.0) {
        // Blanks and apostrophes part thousands only; the scanner has checked the widths.
        let lone_blank = last.0 == ' ' && middle.is_empty() && !last.1.starts_with('0');
        return if lone_blank && !spaces_part_thousands { Meaning::Ambiguous } else { number(&join(groups)) };
    }
    if let Some((mark, _)) = middle.first() {
        // `1’250,000`: as millions are written in Peru and Mexico, an apostrophe before the mark of the thousands.
        if *mark == '\'' && middle.len() == 1 && threes(middle) && last.1.len() == 3 {
            return number(&join(groups));
        }
        let one_mark = middle.iter().all(|(other, _)| other == mark);
        return match (one_mark && threes(middle), *mark == last.0) {
            (true, true) if last.1.len() == 3 => number(&join(groups)),
            // `16,706.281`: two marks and yet groups of three.
            (true, false) if last.1.len() == 3 => Meaning::Ambiguous,
            (true, false) => number(&format!("{first}{}.{}", join(middle), last.1)),
            _ => Meaning::Identifier,
        };
    }
    let decimal = format!("{first}.{}", last.1);
    if last.1.len() != 3 {
        return number(&decimal);
    }
    let leading_zero = first.starts_with('0');
    if last.0 == marks.thousands && first.len() <= 3 && !leading_zero {
        return number(&join(groups));
    }
    match Decimal::parse(&decimal) {
        Some(decimal) if *first == "0" => Meaning::Number(decimal),
        Some(decimal) if last.0 == marks.decimal && marks.three_decimals && !leading_zero => {
            Meaning::ThreeDecimals(decimal)
        }
        _ => Meaning::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::rules;

    fn read(language: &str, region: Option<&str>, text: &str) -> Option<f64> {
        let rules = rules::of(language).unwrap().unwrap();
        let mut groups = Vec::new();
        let mut mark = '\0';
        for piece in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
            let digits = piece.trim_end_matches(|c: char| !c.is_ascii_digit());
            groups.push((mark, digits));
            mark = piece.chars().next_back().unwrap();
        }
        match interpret(&groups, rules.marks.of(region), language != "en") {
            Meaning::Number(number) => Some(number.value()),
            _ => None,
        }
    }

    #[test]
    #[allow(clippy::float_cmp)]
    fn marks_by_language() {
        let cases = [
            ("en", None, "1,300,000.5", Some(1_300_000.5)),
            ("en", None, "7,2", Some(7.2)),
            ("en", None, "7 250 909", Some(7_250_909.0)),
            ("en", None, "21 300", None),
            ("en", None, "1.300", None),
            ("en", None, "16,706.281", None),
            ("es", None, "1.300", Some(1_300.0)),
            ("es", None, "1.2", Some(1.2)),
            ("es", None, "1,300", None),
            ("es", Some("MX"), "1,300", Some(1_300.0)),
            ("es", Some("MX"), "1.300", None),
            ("es", Some("PE"), "1'250,000", Some(1_250_000.0)),
            ("es", None, "9 015", Some(9_015.0)),
            ("es", None, "1.300.000,5", Some(1_300_000.5)),
            ("fr", None, "14\u{a0}260", Some(14_260.0)),
            ("fr", None, "14\u{202f}260,5", Some(14_260.5)),
            ("fr", Some("CH"), "430'000", Some(430_000.0)),
            ("fr", None, "12,6", Some(12.6)),
            ("fr", None, "14.260", None),
            ("pt", None, "14.260", Some(14_260.0)),
            ("pt", None, "0,125", Some(0.125)),
            ("en", None, "1.2.3", None),
            ("en", None, "1234567890123456789", None),
        ];
        for (language, region, text, value) in cases {
            assert_eq!(read(language, region, text), value, "{language} {text}");
        }
        let mil = Decimal::parse("5").unwrap().scaled(3).plus(Decimal::parse("700").unwrap()).unwrap();
        assert_eq!(mil.scaled(6).value(), 5.7e9);
        assert_eq!(Decimal::parse("1.3").unwrap().scaled(9).value(), 1.3e9);
    }
}
