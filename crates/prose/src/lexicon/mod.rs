//! What words mean: the lists of `lexicon/` and `gazetteer/` and the reference lists, as one index for each
//! language.
//!
//! A phrase is looked up by its folded tokens, so accents and capitals do not matter; for names the text
//! has to write a capital, and acronyms exactly. A blank of a phrase may be a hyphen in the text.

mod build;
mod file;
mod names;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use quipu_schema::{Fault, Result};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use crate::table::{Table, rest_at};
use crate::token::{Shape, Tokens};

/// What a phrase is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sense {
    /// A crime with its code of the ICCS.
    Crime(&'static str),
    /// Words of a crime that name something else.
    NotCrime,
    /// A group that is a crime in a list of crimes: "corrupção passiva e organização criminosa".
    CrimeInLists(&'static str),
    /// `trafficking`: number of its list of objects.
    Trade(usize),
    /// What is traded: number of the list, code of the crime.
    Traded(usize, &'static str),
    Place(&'static Place),
    Organisation(&'static Organisation),
    /// A word that makes a name the name of an organisation.
    OrganisationHead,
    /// What begins as the name of a meeting does and is none.
    NotEvent,
    Role,
    RoleBefore,
    Title,
    Given,
    Says,
    According,
    He,
    /// What stands before marks around a mere term.
    Term,
    Event(&'static str),
    Founding,
    Opening,
    Agreement,
    Signed,
    /// What is opened: an office, a laboratory.
    Office,
    Operation,
    /// What leads to the name of an operation: `denominada`.
    Named,
    InSeries,
    Held,
    Month(i8),
    Weekday(i8),
    Relative(Relative),
    ToDate,
    BeforeAgo,
    Ago,
    TimeUnit(TimeUnit),
    Quarter,
    Half,
    Nth(i8),
}

/// A relative date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Relative {
    Today,
    Yesterday,
    DayBefore,
    YearToDate,
    Tomorrow,
    ThisWeek,
    LastWeek,
    NextWeek,
    ComingDays,
    PastDays,
    ThisMonth,
    LastMonth,
    NextMonth,
    ThisYear,
    LastYear,
    /// The year before the one that the text speaks of.
    YearBefore,
    NextYear,
}

/// A unit of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimeUnit {
    Day,
    Week,
    Month,
    Year,
    Decade,
}

/// A place of the gazetteers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) name: String,
    /// Code of the table `area`, for countries and what lies in one.
    pub(crate) country: Option<String>,
    pub(crate) kind: PlaceKind,
}

/// What a place is, in the order in which a name that several places have is understood: `Guatemala` is the country,
/// `San Salvador` the city and not the department around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PlaceKind {
    Country,
    City,
    Subdivision,
    Region,
}

/// An organisation of the gazetteers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Organisation {
    pub(crate) name: String,
    pub(crate) acronym: Option<String>,
    /// Row of the table `organisation`.
    pub(crate) reference: Option<String>,
}

/// How a phrase has to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Any,
    Capital,
    /// As it stands in the list.
    Exactly,
}

#[derive(Debug)]
struct Entry {
    /// The first token, folded.
    first: Box<str>,
    /// Folded tokens after the first, hyphens left out.
    rest: Vec<Box<str>>,
    written: Written,
    /// Shape of the first token, where it has to be the same.
    shape: Shape,
    sense: Sense,
}

/// The words of one language, with the names of all.
#[derive(Debug)]
pub(crate) struct Lexicon {
    /// By the hash of the first token.
    entries: FxHashMap<u64, Vec<Entry>>,
    pub(crate) not_names: FxHashSet<String>,
    pub(crate) inside_organisation: FxHashSet<String>,
    /// Endings of the adjectives in names that are written in small letters but for their first word, folded; and
    /// words that end so and are none.
    pub(crate) adjectives: Vec<String>,
    pub(crate) no_adjectives: FxHashSet<String>,
    pub(crate) role_of: Phrases,
    pub(crate) trade: TradeGrammar,
    pub(crate) date_to: Phrases,
    pub(crate) date_of: Phrases,
    pub(crate) date_in: Phrases,
    pub(crate) since: Phrases,
    pub(crate) between: Phrases,
    pub(crate) next: Phrases,
    /// Words by which a date lies ahead of the report.
    pub(crate) ahead: Phrases,
    /// Before a year that another one is compared with.
    pub(crate) same_period: Phrases,
    /// Words between names, by the link that they state.
    pub(crate) relations: BTreeMap<String, Phrases>,
    /// Hashes of the first words of all of them.
    pub(crate) relation_starts: FxHashSet<u64>,
}

/// Phrases that only are or are not there.
pub(crate) type Phrases = Table<()>;

/// How crimes of trade are put together.
#[derive(Debug)]
pub(crate) struct TradeGrammar {
    pub(crate) right_headed: bool,
    pub(crate) of: Phrases,
    pub(crate) and: Phrases,
}

const FILES: [(&str, &str); 4] = [
    ("en", include_str!("../../lexicon/en.toml")),
    ("es", include_str!("../../lexicon/es.toml")),
    ("fr", include_str!("../../lexicon/fr.toml")),
    ("pt", include_str!("../../lexicon/pt.toml")),
];

/// The lexicon of a language, by its ISO 639-1 code; `None` for a language without one.
///
/// # Errors
/// `Bug` when a list is wrong; a test reads them all.
pub(crate) fn of(language: &str) -> Result<Option<&'static Lexicon>> {
    // Each language is read when a text of it is.
    static ALL: [OnceLock<Result<Lexicon, String>>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];
    static NAMES: OnceLock<Result<names::Names, String>> = OnceLock::new();
    let Some((at, (code, text))) = FILES.iter().enumerate().find(|(_, (code, _))| *code == language) else {
        return Ok(None);
    };
    let made = || {
        let names = NAMES.get_or_init(names::Names::read).as_ref().map_err(Clone::clone)?;
        build::read(text, names).map_err(|error| format!("{code}.toml: {error}"))
    };
    match ALL.get(at).map(|lexicon| lexicon.get_or_init(made)) {
        Some(Ok(lexicon)) => Ok(Some(lexicon)),
        Some(Err(error)) => Err(Fault::bug(format!("the lexicon of reports cannot be read: {error}"))),
        None => Ok(None),
    }
}

impl Lexicon {
    /// What the tokens from `at` on mean, each with the token after the phrase; longer phrases first.
    pub(crate) fn at<'a>(
        &'static self,
        tokens: &'a Tokens,
        at: usize,
    ) -> impl Iterator<Item = (usize, &'static Sense)> + 'a {
        let list = self.entries.get(&tokens.hash(at)).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(move |entry| {
            let token = tokens.get(at).filter(|_| tokens.fold(at) == &*entry.first)?;
            let fits = match entry.written {
                Written::Any => true,
                Written::Capital => token.is_capital(),
                Written::Exactly => token.shape == entry.shape,
            };
            let end = fits.then(|| rest_at(tokens, at, &entry.rest)).flatten()?;
            Some((end, &entry.sense))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_right() {
        for (language, _) in FILES {
            let lexicon = of(language).unwrap().unwrap();
            assert!(lexicon.entries.len() > 2_000, "{language}");
        }
        assert!(of("de").unwrap().is_none());
    }

    #[test]
    fn phrases_are_found() {
        let lexicon = of("es").unwrap().unwrap();
        let text = "El Trafico ilícito de migrantes y la OEA, Río de Janeiro; un ONU";
        let tokens = Tokens::of(text);
        let found = |at: usize| lexicon.at(&tokens, at).map(|(end, sense)| (end, sense.clone())).collect::<Vec<_>>();
        assert_eq!(found(1).first(), Some(&(5, Sense::Crime("08051"))));
        assert!(
            found(7)
                .iter()
                .any(|(_, sense)| matches!(sense, Sense::Organisation(o) if o.acronym.as_deref() == Some("OAS")))
        );
        assert!(
            found(9).iter().any(
                |(end, sense)| *end == 12 && matches!(sense, Sense::Place(p) if p.country.as_deref() == Some("BR"))
            )
        );
        assert!(!found(13).iter().any(|(_, sense)| matches!(sense, Sense::Organisation(_))));
    }
}
