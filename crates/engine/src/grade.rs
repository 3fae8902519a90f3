//! How a check met a record, judged on both keys in full.

use std::fmt;
use std::str::FromStr;

use quipu_keys::{CheckState, Key, KeyKind};

use crate::form::takes_part;

/// How a check met a record. Ordered from the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// The same characters as typed.
    Exact,
    /// The same normal form.
    Normalised,
    /// The same after a repair that check digits prove.
    Repaired,
    /// The same after folding characters that readers take for each other.
    Confusable,
    /// One edit apart, and of one person as far as names or dates of birth tell.
    Near,
}

impl Grade {
    /// All grades, from the strongest.
    pub const ALL: [Self; 5] = [Self::Exact, Self::Normalised, Self::Repaired, Self::Confusable, Self::Near];

    /// The word of the column `grade`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Normalised => "normalised",
            Self::Repaired => "repaired",
            Self::Confusable => "confusable",
            Self::Near => "near",
        }
    }

    /// 1 for equal normal forms, less for weaker grades.
    pub const fn score(self) -> f64 {
        match self {
            Self::Exact | Self::Normalised => 1.0,
            Self::Repaired => 0.95,
            Self::Confusable => 0.7,
            Self::Near => 0.5,
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Grade {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|grade| grade.word() == text).ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|grade| grade.word()).collect();
            format!("`{text}` is not a grade; there are {}", words.join(", "))
        })
    }
}

/// What two keys of one kind have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Met {
    pub(crate) grade: Grade,
    /// The normal form on which they met.
    pub(crate) key: String,
}

/// One side's key: as read, and in its normal form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) raw: &'a str,
    pub(crate) key: &'a Key,
}

/// How two keys meet by their numbers alone; `None` where they do not, or where one of them takes no part.
pub(crate) fn meet(kind: &dyn KeyKind, asked: Side, held: Side) -> Option<Met> {
    if !takes_part(kind, asked.key) || !takes_part(kind, held.key) {
        return None;
    }
    let (a, b) = (asked.key, held.key);
    let usable = a.is_usable() && b.is_usable();
    if a.normal == b.normal && usable {
        let grade = match (asked.raw == held.raw, a.repaired || b.repaired) {
            (true, _) => Grade::Exact,
            (false, true) => Grade::Repaired,
            (false, false) => Grade::Normalised,
        };
        return Some(Met { grade, key: b.normal.clone() });
    }
    // A key and what it may have been, each proved by a check digit.
    let forms = |key: &Key| {
        let own = key.is_usable().then(|| key.normal.clone());
        own.into_iter().chain(kind.repairs(key)).collect::<Vec<String>>()
    };
    let asked_forms = forms(a);
    if let Some(key) = forms(b).into_iter().find(|form| asked_forms.contains(form)) {
        return Some(Met { grade: Grade::Repaired, key });
    }
    (usable && kind.confusable(&a.normal, &b.normal)).then(|| Met { grade: Grade::Confusable, key: b.normal.clone() })
}

/// What a hit has to say of both spellings, in the order in which the words are told.
pub(crate) fn remarks(key: &Key) -> impl Iterator<Item = &'static str> {
    let check = match key.check {
        CheckState::Holds => Some("check-digit-holds"),
        CheckState::Fails => Some("check-digit-fails"),
        CheckState::NotApplicable => None,
    };
    let dropped = (key.dropped > 0).then_some("characters-dropped");
    let mended = key.repaired.then_some("misread-characters-mended");
    [check, dropped, mended].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(kind: &str, asked: &str, held: &str) -> Option<(Grade, String)> {
        let kind = quipu_keys::find(kind).expect("kind");
        let (a, b) = (kind.normalise(asked, None), kind.normalise(held, None));
        let met = meet(kind, Side { raw: asked, key: &a }, Side { raw: held, key: &b })?;
        Some((met.grade, met.key))
    }

    #[test]
    fn each_grade() {
        let of = |grade: Grade, key: &str| Some((grade, key.to_owned()));
        assert_eq!(met("travel-document", "AB 123", "AB 123"), of(Grade::Exact, "AB123"));
        assert_eq!(met("travel-document", "ab-123", "AB 123"), of(Grade::Normalised, "AB123"));
        assert_eq!(met("travel-document", "A8IZ3", "AB123"), of(Grade::Confusable, "AB123"));
        assert_eq!(met("travel-document", "AC123", "AB123"), None);
        assert_eq!(met("vin", "1M8GDM9AXKPO42788", "1M8GDM9AXKP042788"), of(Grade::Repaired, "1M8GDM9AXKP042788"));
        assert_eq!(met("vin", "1M8GDM9AXKP042788", "IM8GDM9AXKP042788"), of(Grade::Repaired, "1M8GDM9AXKP042788"));
        assert_eq!(met("vin", "IM8GDM9AXKP042789", "1M8GDM9AXKP042789"), None, "nothing proves it, and it is no key");
        assert_eq!(met("plate", "A8C123", "ABC123"), of(Grade::Confusable, "ABC123"));
        assert_eq!(met("plate", "A8CIZ3", "ABC123"), None, "more than one character");
        assert_eq!(met("firearm-serial", "369J257", "369257"), of(Grade::Normalised, "369257"));
        assert_eq!(met("plate", "UNK", "UNK"), None, "junk never meets");
    }

    #[test]
    fn words() {
        for grade in Grade::ALL {
            assert_eq!(grade.word().parse(), Ok(grade));
        }
        assert!("same".parse::<Grade>().is_err());
    }
}
