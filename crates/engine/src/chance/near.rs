//! How likely it is that two numbers are one edit apart, by their shapes.

use super::Shape;

/// The shape of one number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number {
    pub(super) length: u8,
    /// Bit n is set where character n is a digit.
    pub(super) digits: u64,
}

impl Number {
    pub(super) const fn of(shape: &Shape) -> Self {
        Self { length: shape.length, digits: shape.digits }
    }

    const fn is_digit(self, at: u8) -> bool {
        self.digits >> at & 1 == 1
    }

    /// Chance that a character equals one of another number.
    const fn equal(self, at: u8, other: Self, there: u8) -> f64 {
        match (self.is_digit(at), other.is_digit(there)) {
            (true, true) => 0.1,
            (false, false) => 1.0 / 26.0,
            _ => 0.0,
        }
    }

    /// Chance that two characters differ, and are not of one class where `folds` says that those do not count.
    const fn differ(self, other: Self, at: u8, folds: bool) -> f64 {
        let alike = match (self.is_digit(at), other.is_digit(at)) {
            (true, true) => 0.0,
            (false, false) => 6.0 / 676.0,
            _ => 8.0 / 260.0,
        };
        1.0 - self.equal(at, other, at) - if folds { alike } else { 0.0 }
    }
}

/// Chance that two numbers are one edit apart and not the same, nor alike where `folds` says that those have a grade of
/// their own.
pub(super) fn chance(one: Number, two: Number, folds: bool) -> f64 {
    let (long, short) = if one.length >= two.length { (one, two) } else { (two, one) };
    // Chance that all characters before a place are equal, and all from a place on, `behind` places later in the long one.
    let before = |place: u8| (0..place).map(|at| long.equal(at, short, at)).product::<f64>();
    let from =
        |place: u8, behind: u8| (place..short.length).map(|at| long.equal(at + behind, short, at)).product::<f64>();
    match long.length - short.length {
        0 => (0..long.length)
            .map(|at| {
                let other = before(at) * long.differ(short, at, folds) * from(at + 1, 0);
                let next = at + 1;
                if next == long.length {
                    return other;
                }
                let crossed = long.equal(at, short, next) * long.equal(next, short, at);
                other + before(at) * crossed * (1.0 - long.equal(at, long, next)) * from(at + 2, 0)
            })
            .sum(),
        // Of a run of one character it does not matter which is left out: the last one is counted.
        1 => (0..long.length)
            .map(|at| {
                let last = at + 1 == long.length;
                let ends_run = if last { 1.0 } else { 1.0 - long.equal(at, long, at + 1) };
                before(at) * ends_run * from(at, 1)
            })
            .sum(),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All numbers of a shape.
    fn all(number: Number) -> Vec<String> {
        let classes = (0..number.length).map(|at| if number.is_digit(at) { '0'..='9' } else { 'A'..='Z' });
        classes.fold(vec![String::new()], |texts, class| {
            texts.iter().flat_map(|text| class.clone().map(move |c| format!("{text}{c}"))).collect()
        })
    }

    /// But for the few that change places and look alike as well.
    #[test]
    fn chances_agree_with_counting() {
        let number = |text: &str| Number {
            length: u8::try_from(text.len()).unwrap_or(0),
            digits: (0..).zip(text.bytes()).fold(0, |digits, (at, c)| digits | u64::from(c == b'9') << at),
        };
        for (one, two) in [
            ("99", "99"),
            ("A9", "A9"),
            ("A9", "9A"),
            ("AA", "A9"),
            ("999", "99"),
            ("9", "A9"),
            ("9A9", "99"),
            ("9", "999"),
        ] {
            let (one, two) = (number(one), number(two));
            let (ones, twos) = (all(one), all(two));
            for folds in [false, true] {
                let near = |a: &str, b: &str| {
                    quipu_keys::one_edit_apart(a, b) && !(folds && quipu_keys::ocr_distance(a, b).is_some())
                };
                let counted: usize = ones.iter().map(|a| twos.iter().filter(|b| near(a, b)).count()).sum();
                let counted = counted as f64 / (ones.len() * twos.len()) as f64;
                let told = chance(one, two, folds);
                assert!((told - counted).abs() <= counted * 0.05, "{one:?} {two:?} {folds}: {counted} {told}");
            }
        }
    }
}
