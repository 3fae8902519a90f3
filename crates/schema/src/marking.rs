//! Markings: the owner's rules that travel with each row, on three separate axes.
//!
//! * distribution: Traffic Light Protocol 2.0 (FIRST), who may receive it;
//! * use: Europol handling codes H0 to H3, what it may be used for;
//! * belief: the 4x4 grading (Europol Regulation Art. 29), how far source and information are trusted.
//!
//! A row joined from several rows takes the strictest of each axis. The axes are never mixed:
//! a TLP colour says nothing of reliability.

use std::fmt;
use std::str::FromStr;

/// TLP 2.0, from the most open to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Tlp {
    /// No limit on disclosure.
    #[default]
    Clear,
    /// The recipient's community.
    Green,
    /// The recipient's organisation and its clients, on a need to know.
    Amber,
    /// The recipient's organisation only.
    AmberStrict,
    /// Named recipients only.
    Red,
}

/// Europol handling codes, from the most open to the strictest. No code means no restriction stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Handling {
    /// No restriction stated.
    #[default]
    Unrestricted,
    /// For police use only.
    H0,
    /// Not as evidence in court without permission.
    H1,
    /// No dissemination without permission.
    H2,
    /// Other restriction, in free text with the owner.
    H3,
}

/// How reliable the source is: A (no doubt) to C (mostly unreliable), X (cannot be assessed).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceGrade {
    /// No doubt about the source.
    A,
    /// Mostly reliable.
    B,
    /// Mostly unreliable.
    C,
    /// Cannot be assessed.
    X,
}

/// How far the information is borne out: 1 (not in doubt) to 4 (not known, not corroborated).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InformationGrade {
    /// Not in doubt.
    One,
    /// Known to the source, not to the officer.
    Two,
    /// Not known to the source, corroborated.
    Three,
    /// Not known and not corroborated.
    Four,
}

/// The three axes of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Marking {
    /// Who may receive it.
    pub distribution: Tlp,
    /// What it may be used for.
    pub handling: Handling,
    /// How far it is trusted; `None` where nobody graded it.
    pub belief: Option<(SourceGrade, InformationGrade)>,
}

impl Marking {
    /// The strictest of both on each axis. On belief the less trusted wins, grade by grade; an
    /// ungraded row takes the other's grading.
    #[must_use]
    pub fn strictest(self, other: Self) -> Self {
        let belief = match (self.belief, other.belief) {
            (Some((s1, i1)), Some((s2, i2))) => Some((s1.max(s2), i1.max(i2))),
            (one, two) => one.or(two),
        };
        Self {
            distribution: self.distribution.max(other.distribution),
            handling: self.handling.max(other.handling),
            belief,
        }
    }
}

impl fmt::Display for Tlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear => "TLP:CLEAR",
            Self::Green => "TLP:GREEN",
            Self::Amber => "TLP:AMBER",
            Self::AmberStrict => "TLP:AMBER+STRICT",
            Self::Red => "TLP:RED",
        })
    }
}

/// Text that is no marking.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct NotAMarking {
    text: String,
    expected: &'static str,
}

impl FromStr for Tlp {
    type Err = NotAMarking;

    /// Accepts `TLP:AMBER`, `amber` and the TLP 1.0 name `WHITE`, which is rewritten to `CLEAR`.
    fn from_str(text: &str) -> Result<Self, NotAMarking> {
        let upper = text.trim().to_ascii_uppercase();
        match upper.strip_prefix("TLP:").unwrap_or(&upper) {
            "CLEAR" | "WHITE" => Ok(Self::Clear),
            "GREEN" => Ok(Self::Green),
            "AMBER" => Ok(Self::Amber),
            "AMBER+STRICT" => Ok(Self::AmberStrict),
            "RED" => Ok(Self::Red),
            _ => Err(NotAMarking {
                text: text.to_owned(),
                expected: "a TLP 2.0 label (CLEAR, GREEN, AMBER, AMBER+STRICT, RED)",
            }),
        }
    }
}

impl FromStr for Handling {
    type Err = NotAMarking;

    fn from_str(text: &str) -> Result<Self, NotAMarking> {
        match text.trim() {
            "H0" => Ok(Self::H0),
            "H1" => Ok(Self::H1),
            "H2" => Ok(Self::H2),
            "H3" => Ok(Self::H3),
            _ => Err(NotAMarking { text: text.to_owned(), expected: "a handling code (H0, H1, H2, H3)" }),
        }
    }
}

/// Parses a 4x4 grading such as `B2`.
pub fn parse_belief(text: &str) -> Result<(SourceGrade, InformationGrade), NotAMarking> {
    let wrong = || NotAMarking { text: text.to_owned(), expected: "a 4x4 grading (A, B, C, X then 1 to 4)" };
    let mut chars = text.trim().chars();
    let source = match chars.next() {
        Some('A') => SourceGrade::A,
        Some('B') => SourceGrade::B,
        Some('C') => SourceGrade::C,
        Some('X') => SourceGrade::X,
        _ => return Err(wrong()),
    };
    let information = match chars.next() {
        Some('1') => InformationGrade::One,
        Some('2') => InformationGrade::Two,
        Some('3') => InformationGrade::Three,
        Some('4') => InformationGrade::Four,
        _ => return Err(wrong()),
    };
    if chars.next().is_some() { Err(wrong()) } else { Ok((source, information)) }
}

impl fmt::Display for Marking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.distribution)?;
        if self.handling != Handling::Unrestricted {
            write!(f, " {:?}", self.handling)?;
        }
        if let Some((source, information)) = self.belief {
            write!(f, " {source:?}{}", information as u8 + 1)?;
        }
        Ok(())
    }
}

impl FromStr for Marking {
    type Err = NotAMarking;

    /// The printed form: a TLP label, then optionally a handling code, then optionally a grading.
    fn from_str(text: &str) -> Result<Self, NotAMarking> {
        let mut marking = Self::default();
        let mut words = text.split_whitespace();
        marking.distribution = words.next().unwrap_or_default().parse()?;
        for word in words {
            if word.starts_with('H') {
                marking.handling = word.parse()?;
            } else {
                marking.belief = Some(parse_belief(word)?);
            }
        }
        Ok(marking)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_marking() -> impl Strategy<Value = Marking> {
        let tlp =
            prop_oneof![Just(Tlp::Clear), Just(Tlp::Green), Just(Tlp::Amber), Just(Tlp::AmberStrict), Just(Tlp::Red)];
        let handling = prop_oneof![
            Just(Handling::Unrestricted),
            Just(Handling::H0),
            Just(Handling::H1),
            Just(Handling::H2),
            Just(Handling::H3)
        ];
        let source =
            prop_oneof![Just(SourceGrade::A), Just(SourceGrade::B), Just(SourceGrade::C), Just(SourceGrade::X)];
        let information = prop_oneof![
            Just(InformationGrade::One),
            Just(InformationGrade::Two),
            Just(InformationGrade::Three),
            Just(InformationGrade::Four)
        ];
        (tlp, handling, proptest::option::of((source, information)))
            .prop_map(|(distribution, handling, belief)| Marking { distribution, handling, belief })
    }

    proptest! {
        #[test]
        fn strictest_is_commutative_associative_idempotent_and_never_looser(
            a in any_marking(), b in any_marking(), c in any_marking(),
        ) {
            prop_assert_eq!(a.strictest(b), b.strictest(a));
            prop_assert_eq!(a.strictest(b).strictest(c), a.strictest(b.strictest(c)));
            prop_assert_eq!(a.strictest(a), a);
            let joined = a.strictest(b);
            prop_assert!(joined.distribution >= a.distribution && joined.handling >= a.handling);
        }

        #[test]
        fn printed_markings_parse_to_themselves(marking in any_marking()) {
            prop_assert_eq!(marking.to_string().parse::<Marking>(), Ok(marking));
        }
    }

    #[test]
    fn each_axis_is_decided_on_its_own() {
        let one: Marking = "TLP:GREEN H2 A3".parse().expect("valid");
        let two: Marking = "TLP:RED H0 B1".parse().expect("valid");
        assert_eq!(one.strictest(two).to_string(), "TLP:RED H2 B3");
    }

    #[test]
    fn old_and_joke_labels() {
        assert_eq!("TLP:WHITE".parse(), Ok(Tlp::Clear));
        assert!("TLP:unclear".parse::<Tlp>().is_err());
        assert!("ex:chr".parse::<Tlp>().is_err());
        assert!("B5".parse::<Marking>().is_err());
    }
}
