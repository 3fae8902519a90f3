//! How exactly a number is printed, and whether two printed numbers can be the same.

/// A number with the digits it was printed with, in the unit that both sides share.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Printed {
    /// The number.
    pub(crate) value: f64,
    /// Half a unit of the last printed digit: how far the true number may be from it.
    pub(crate) slack: f64,
    /// The digits as printed, without marks and leading zeros.
    pub(crate) digits: String,
    /// How many of them stand behind the decimal mark.
    pub(crate) decimals: u32,
}

impl Printed {
    /// A number as read from `text`, times `factor`.
    pub(crate) fn new(value: f64, text: Option<&str>, factor: f64) -> Self {
        let shortest = || format!("{}", value.abs());
        let (digits, decimals) = match text.and_then(|text| read(value, text)) {
            Some(found) => found,
            None => read(value, &shortest()).unwrap_or_default(),
        };
        let digits = digits.trim_start_matches('0').to_owned();
        Self { value: value * factor, slack: slack(decimals) * factor.abs(), digits, decimals }
    }

    /// How many digits count: from the first that is not zero to the last that is not.
    pub(crate) fn significant(&self) -> usize {
        self.digits.trim_end_matches('0').len()
    }

    /// Zeros at the end of a whole number: they may be counted or rounded, the print does not tell.
    pub(crate) fn zeros(&self) -> u32 {
        if self.decimals > 0 {
            return 0;
        }
        let zeros = self.digits.len() - self.digits.trim_end_matches('0').len();
        u32::try_from(zeros).unwrap_or(u32::MAX)
    }

    /// Whether both print the same number, each to its own digits: the one that prints fewer is the
    /// other one rounded.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        within(self.value, other.value, self.slack.max(other.slack))
    }
}

/// Whether two numbers lie no further apart than this, but for what floating point cannot hold.
pub(crate) fn within(one: f64, other: f64, slack: f64) -> bool {
    (one - other).abs() <= tolerance(one, other, slack)
}

/// The distance that [`within`] allows.
pub(crate) fn tolerance(one: f64, other: f64, slack: f64) -> f64 {
    slack * (1.0 + 1e-9) + one.abs().max(other.abs()) * 1e-12
}

/// Half a unit of the last of so many decimals.
pub(crate) fn slack(decimals: u32) -> f64 {
    0.5 * 10_f64.powi(-i32::try_from(decimals.min(300)).unwrap_or(300))
}

/// Half a unit of the last printed digit of a value, without its digits.
pub(crate) fn slack_of(value: f64, text: Option<&str>) -> f64 {
    if let Some(text) = text
        && !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_digit())
    {
        return slack(0);
    }
    slack(Printed::new(value, text, 1.0).decimals)
}

/// The digits of a text and how many of them are decimals; `None` where they do not give the value.
/// Which mark parts decimals follows from the value, so that no format has to be known.
fn read(value: f64, text: &str) -> Option<(String, u32)> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number: f64 = digits.parse().ok()?;
    let value = value.abs();
    if number == 0.0 {
        let behind = text.find(['.', ',']).and_then(|at| text.get(at..));
        let decimals = behind.map_or(0, |behind| behind.bytes().filter(u8::is_ascii_digit).count());
        return (value == 0.0).then(|| (digits, u32::try_from(decimals).unwrap_or(0)));
    }
    let most = u32::try_from(digits.len()).unwrap_or(u32::MAX).min(300);
    let fits = |decimals: &u32| {
        let read = number / 10_f64.powi(i32::try_from(*decimals).unwrap_or(300));
        (read - value).abs() <= value * 1e-12
    };
    // A number below one may be printed without the zero in front of its mark.
    (0..=most).find(fits).map(|decimals| (digits, decimals))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimals(value: f64, text: &str) -> u32 {
        Printed::new(value, Some(text), 1.0).decimals
    }

    #[test]
    fn the_value_tells_which_mark_parts_decimals() {
        for (value, text, expected) in [
            (22.3, "22.3", 1),
            (22.3, "22,30", 2),
            (1234.0, "1.234", 0),
            (1.234, "1.234", 3),
            (1234.5, "1 234,5", 1),
            (-3.25, "-3.25 *", 2),
            (28.736_702_318_514_4, "28.7367023184144", 13),
            (0.05, ".05", 2),
            (0.0, "0.00", 2),
            (0.0, "0", 0),
            (2366.0, "2366*", 0),
        ] {
            assert_eq!(decimals(value, text), expected, "{text}");
        }
        assert_eq!(decimals(1500.0, "1.5E3"), 0, "the text's digits do not give the value");
        assert_eq!(Printed::new(0.25, None, 1.0).decimals, 2);
    }

    #[test]
    fn fewer_digits_agree_with_what_they_round() {
        let print = |value: f64, text: &str| Printed::new(value, Some(text), 1.0);
        assert!(print(22.3, "22.3").agrees(&print(22.31, "22.31")));
        assert!(print(22.3, "22.3").agrees(&print(22.25, "22.25")), "half may go either way");
        assert!(!print(22.3, "22.30").agrees(&print(22.31, "22.31")), "two decimals each");
        assert!(!print(22.3, "22.3").agrees(&print(22.36, "22.36")));
        assert!(!print(100.0, "100").agrees(&print(101.0, "101")));
        assert!(print(6.845_435_6, "6.8454356").agrees(&print(6.845_435_589_123, "6.845435589123")));
    }

    proptest! {
        #[test]
        fn a_rounded_number_agrees_with_what_it_rounds(value in 0.0..1e6_f64, decimals in 0_usize..6) {
            let short = format!("{value:.decimals$}");
            let rounded: f64 = short.parse().unwrap();
            let (one, other) = (Printed::new(rounded, Some(&short), 1.0), Printed::new(value, None, 1.0));
            prop_assert!(one.agrees(&other), "{short} {value}");
            prop_assert_eq!(one.decimals as usize, decimals);
        }

        #[test]
        fn any_text_has_a_precision(value in any::<f64>(), text in "\\PC{0,20}") {
            let printed = Printed::new(value, Some(&text), 1.0);
            prop_assert!(printed.slack > 0.0);
        }
    }
}
