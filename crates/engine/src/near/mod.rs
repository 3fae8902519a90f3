//! Grade `near`: numbers one edit apart, of which something else says that they are of one person.
//!
//! A number one edit away from that of some record turns up by chance for one check in twenty, where records are many. So
//! it counts only where a name or the date of birth agrees, and it is never looked for by the number alone: see `block`.

mod block;

use quipu_keys::{Holder, Key, KeyKind, name_words, one_edit_apart};

pub(crate) use block::By;

use crate::file::Cell;

/// Fewest characters of a number of which another one may be near.
pub(crate) const LEAST: usize = 5;
/// Hashes under which a row stands, about, where what is near is looked for: of its number, and of halves of it with a date of
/// birth and with a name of two or three words.
pub(crate) const HASHES: u64 = 16;
/// Most names of a row that are compared: the rest of more plays no part.
const NAMES: usize = 8;
/// Fewest words that two names must have in common.
const WORDS: usize = 2;

/// When somebody was born, as a row states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Born {
    NotStated,
    /// In days since 1970-01-01.
    On(i32),
    /// There is something, and it is no date.
    Unreadable,
}

impl Born {
    /// Of what stands in a column of dates. An empty text states nothing.
    pub(crate) fn of(cell: Option<&Cell>) -> Self {
        match cell {
            None => Self::NotStated,
            Some(Cell::Text(text)) if text.trim().is_empty() => Self::NotStated,
            Some(cell) => cell.day().map_or(Self::Unreadable, Self::On),
        }
    }

    pub(crate) const fn day(self) -> Option<i32> {
        match self {
            Self::On(day) => Some(day),
            Self::NotStated | Self::Unreadable => None,
        }
    }
}

/// What a row states of a person, beside the key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stated<'a> {
    /// Names, joined by `;`.
    pub(crate) names: Option<&'a [u8]>,
    pub(crate) born: Born,
}

/// A date of birth as it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Birth {
    /// As a machine-readable zone has it: `YYMMDD`.
    short: u32,
    /// The whole date, where it is known: days since 1970-01-01.
    day: Option<i32>,
}

/// A person as far as two rows can be compared by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The words of each name: see [`name_words`].
    names: Vec<Vec<String>>,
    birth: Option<Birth>,
}

/// In what two persons agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agreement {
    pub(crate) birth: bool,
    pub(crate) names: bool,
}

impl Agreement {
    pub(crate) const fn any(self) -> bool {
        self.birth || self.names
    }
}

impl Birth {
    /// Of a date. The first of January says nothing: it stands for every birthday that nobody knows.
    fn on(day: i32) -> Option<Self> {
        let date = jiff::civil::Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(day).ok()?).ok()?;
        let year = u32::try_from(date.year().rem_euclid(100)).ok()?;
        let (month, of_month) = (u32::try_from(date.month()).ok()?, u32::try_from(date.day()).ok()?);
        Self::told(year * 10_000 + month * 100 + of_month, Some(day))
    }

    /// Of six figures of a machine-readable zone; `None` where some are unknown, or are no day.
    fn of_zone(figures: &str) -> Option<Self> {
        let all = figures.len() == 6 && figures.bytes().all(|byte| byte.is_ascii_digit());
        Self::told(all.then(|| figures.parse().ok()).flatten()?, None)
    }

    fn told(short: u32, day: Option<i32>) -> Option<Self> {
        let (month, of_month) = (short / 100 % 100, short % 100);
        let known = (1..=12).contains(&month) && (1..=31).contains(&of_month) && (month, of_month) != (1, 1);
        known.then_some(Self { short, day })
    }

    fn agrees(self, other: Self) -> bool {
        self.short == other.short && self.day.zip(other.day).is_none_or(|(one, two)| one == two)
    }
}

impl Person {
    /// From names joined by `;` and a date of birth, and what the key itself states of its holder.
    pub(crate) fn of(names: Option<&str>, born: Option<i32>, holder: Option<&Holder>) -> Self {
        let stated = names.unwrap_or_default().split(';').chain(holder.map(|holder| holder.names.as_str()));
        let words = stated.map(name_words).filter(|words| words.len() >= WORDS);
        let birth = match born {
            Some(day) => Birth::on(day),
            None => holder.and_then(|holder| Birth::of_zone(&holder.birth)),
        };
        Self { names: words.take(NAMES).collect(), birth }
    }

    /// Names agree where all words of one are words of the other one, whatever their order: people have more names in one
    /// list than in another.
    pub(crate) fn agrees(&self, other: &Self) -> Agreement {
        let within = |few: &[String], many: &[String]| few.iter().all(|word| many.contains(word));
        let names = self.names.iter().any(|one| other.names.iter().any(|two| within(one, two) || within(two, one)));
        let birth = self.birth.zip(other.birth).is_some_and(|(one, two)| one.agrees(two));
        Agreement { birth, names }
    }
}

/// Whether two keys are near each other by their numbers alone.
pub(crate) fn numbers_are_near(kind: &dyn KeyKind, a: &Key, b: &Key) -> bool {
    let usable = |key: &Key| key.is_usable() && key.normal.len() >= LEAST;
    !kind.is_secret() && usable(a) && usable(b) && one_edit_apart(&a.normal, &b.normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(names: &str, born: Option<i32>) -> Person {
        Person::of(Some(names), born, None)
    }

    #[test]
    fn names_agree_where_one_is_within_the_other() {
        for (one, two, agree) in [
            ("Maria da Silva", "SILVA, MARIA", true),
            ("María Souza", "Silva Souza, Maria", true),
            ("Maria Silva", "Maria Souza", false),
            ("Maria", "Maria Silva", false),
            ("de la Cruz", "Ana de la Cruz", false),
            ("Otra Persona; Ana Cruz", "X Y; de la Cruz, Ana", true),
            ("", "", false),
            ("Jörg Müller", "MUELLER JOERG", true),
        ] {
            let (one, two) = (person(one, None), person(two, None));
            assert_eq!(one.agrees(&two).names, agree, "{one:?} {two:?}");
            assert_eq!(two.agrees(&one).names, agree, "{one:?} {two:?}");
        }
    }

    #[test]
    fn dates_of_birth_agree_as_far_as_they_are_known() {
        // 1974-08-12, 1875-08-12 and 1975-01-01.
        let (day, century_before, first_of_january) = (1_684, 1_684 - 36_524, 1_826);
        let holder = |birth: &str| Holder { names: String::new(), birth: birth.to_owned() };
        let read = |birth: &str| Person::of(None, None, Some(&holder(birth)));
        assert!(person("", Some(day)).agrees(&person("", Some(day))).birth);
        assert!(!person("", Some(day)).agrees(&person("", Some(day + 1))).birth);
        assert!(person("", Some(day)).agrees(&read("740812")).birth, "a zone has two figures of the year");
        assert!(!person("", Some(day)).agrees(&person("", Some(century_before))).birth);
        assert!(person("", Some(century_before)).agrees(&read("740812")).birth);
        for unknown in ["7408<<", "<<<<<<", "741332", "750101", ""] {
            assert_eq!(read(unknown).birth, None, "{unknown}");
        }
        assert_eq!(person("", Some(first_of_january)).birth, None);
        assert_eq!((person("", Some(i32::MAX)).birth, person("", Some(i32::MIN)).birth), (None, None));
    }
}
