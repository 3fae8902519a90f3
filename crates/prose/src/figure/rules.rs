//! The rules of one language for numbers: `rules/*.toml`, and the nouns of `lexicon/unit.csv`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use quipu_schema::{Fault, Result};
use rustc_hash::FxHashSet;
use serde::Deserialize;

use super::currency;
use super::decimal::Decimal;
use crate::table::{Table, set};
use crate::token::fold;

/// Languages with rules.
const FILES: [(&str, &str); 4] = [
    ("en", include_str!("../../rules/en.toml")),
    ("es", include_str!("../../rules/es.toml")),
    ("fr", include_str!("../../rules/fr.toml")),
    ("pt", include_str!("../../rules/pt.toml")),
];

const UNITS: &str = include_str!("../../lexicon/unit.csv");

/// The rules of one language.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) language: &'static str,
    pub(crate) marks: Marks,
    pub(crate) hedges: Table<String>,
    pub(crate) hedges_after: Table<String>,
    /// Hashes of the words that a number may start with.
    pub(crate) starts: FxHashSet<u64>,
    pub(crate) words: Table<Decimal>,
    pub(crate) scales: Table<i32>,
    pub(crate) collective: Table<(&'static str, Decimal)>,
    pub(crate) fractions: Table<f64>,
    /// Nouns for so many: `docenas`.
    pub(crate) multiples: Table<f64>,
    pub(crate) share_of: Table<()>,
    pub(crate) ordinals: Table<u32>,
    pub(crate) ordinal_suffixes: FxHashSet<String>,
    pub(crate) of_series: Table<()>,
    pub(crate) rank: Table<()>,
    pub(crate) no_ordinal: Table<()>,
    pub(crate) grammar: Grammar,
    pub(crate) bare: Table<()>,
    pub(crate) joins: Table<()>,
    pub(crate) of: Table<()>,
    pub(crate) per: Table<()>,
    pub(crate) range_to: Table<()>,
    pub(crate) range_from: Table<()>,
    pub(crate) units: Table<Unit>,
    pub(crate) currency_before: Table<String>,
    pub(crate) stops: FxHashSet<String>,
    pub(crate) adjectives: FxHashSet<String>,
    pub(crate) articles: FxHashSet<String>,
    pub(crate) before_identifier: Table<()>,
    pub(crate) after_time: Table<()>,
    pub(crate) after_furniture: Table<()>,
    pub(crate) anniversary: Table<()>,
    pub(crate) of_them: Table<()>,
    pub(crate) before_age: Table<()>,
    pub(crate) no_rate: Table<()>,
    pub(crate) future: Table<()>,
    /// Verbs of what is done to people: "arrest 14".
    pub(crate) of_people: Table<()>,
}

/// A unit a number can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    /// An English noun in the singular, a code of a currency, `percent`.
    pub(crate) code: String,
    /// As in `figure.kind`.
    pub(crate) kind: &'static str,
}

/// Which mark parts thousands and which decimals.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Marks {
    pub(crate) thousands: char,
    pub(crate) decimal: char,
    /// Three digits after the decimal mark are decimals where a scale word or a measure follows.
    #[serde(default)]
    pub(crate) three_decimals: bool,
    #[serde(default)]
    regions: BTreeMap<String, Marks>,
}

impl Marks {
    /// The marks the other way round.
    pub(crate) fn swapped(&self) -> Self {
        Self { thousands: self.decimal, decimal: self.thousands, three_decimals: false, regions: BTreeMap::new() }
    }

    /// The marks of a region of the language.
    pub(crate) fn of(&self, region: Option<&str>) -> &Self {
        region.and_then(|region| self.regions.get(region)).unwrap_or(self)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grammar {
    pub(crate) joins_after_thousand: bool,
    bare: Vec<String>,
    joins: Vec<String>,
    pub(crate) noun_first: bool,
    of: Vec<String>,
    range_to: Vec<String>,
    range_from: Vec<String>,
    range_from_needed_for: Vec<String>,
    per: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Not {
    before_identifier: Vec<String>,
    after_time: Vec<String>,
    after_furniture: Vec<String>,
    adjectives: Vec<String>,
    articles: Vec<String>,
    anniversary: Vec<String>,
    of_them: Vec<String>,
    before_age: Vec<String>,
    no_rate: Vec<String>,
    future: Vec<String>,
    of_people: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stops {
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shares {
    of: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ordinals {
    words: Vec<String>,
    suffixes: Vec<String>,
    of_series: Vec<String>,
    rank: Vec<String>,
    not: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    marks: Marks,
    hedges: BTreeMap<String, Vec<String>>,
    hedges_after: BTreeMap<String, Vec<String>>,
    words: BTreeMap<String, String>,
    scales: BTreeMap<String, i32>,
    grammar: Grammar,
    units: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    currency_before: BTreeMap<String, Vec<String>>,
    stops: Stops,
    collective: BTreeMap<String, BTreeMap<String, String>>,
    fractions: BTreeMap<String, Vec<String>>,
    multiples: BTreeMap<String, String>,
    shares: Shares,
    ordinals: Ordinals,
    not: Not,
}

/// The rules of a language, by its ISO 639-1 code; `None` for a language without rules.
///
/// # Errors
/// `Bug` when a rule file is wrong; a test reads them all.
pub(crate) fn of(language: &str) -> Result<Option<&'static Rules>> {
    // Each language is read when a text of it is.
    static ALL: [OnceLock<Result<Rules, String>>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];
    let Some((at, (code, text))) = FILES.iter().enumerate().find(|(_, (code, _))| *code == language) else {
        return Ok(None);
    };
    let rules =
        ALL.get(at).map(|rules| rules.get_or_init(|| read(code, text).map_err(|e| format!("{code}.toml: {e}"))));
    match rules {
        Some(Ok(rules)) => Ok(Some(rules)),
        Some(Err(error)) => Err(Fault::bug(format!("the rules of reports cannot be read: {error}"))),
        None => Ok(None),
    }
}

/// The English word of a unit that any of the languages prints, where the lists have it.
pub(crate) fn unit_word(word: &str) -> Option<&'static str> {
    static WORDS: OnceLock<BTreeMap<String, &'static str>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        // A code goes before a word of another: `site` is a place before it is a page of the web.
        let rows = || UNITS.lines().skip(1).filter_map(|line| line.split_once(','));
        let mut words: BTreeMap<String, &'static str> = rows().map(|(unit, _)| (fold(unit), unit)).collect();
        for (unit, lists) in rows() {
            for word in lists.split([',', '|']).filter(|word| !word.is_empty()) {
                words.entry(fold(word)).or_insert(unit);
            }
        }
        words
    });
    words.get(&fold(word)).copied()
}

fn read(language: &'static str, text: &str) -> Result<Rules, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let number = |value: &str| Decimal::parse(value).ok_or_else(|| format!("`{value}` is no number"));
    let mut units: Vec<(&str, Unit)> = Vec::new();
    for (kind, codes) in &file.units {
        let kind = ["mass", "money", "share", "duration"].into_iter().find(|known| known == kind);
        let kind = kind.ok_or("an unknown kind of unit")?;
        for (code, words) in codes {
            units.extend(words.iter().map(|word| (word.as_str(), Unit { code: code.clone(), kind })));
        }
    }
    for currency in currency::all() {
        let unit = Unit { code: currency.code.to_owned(), kind: "money" };
        units.extend(currency.names(language).iter().map(|word| (*word, unit.clone())));
    }
    let mut lines = UNITS.lines();
    let column = lines.next().unwrap_or_default().split(',').position(|name| name == language);
    let column = column.ok_or("unit.csv has no column for it")?;
    let mut known: FxHashSet<&str> = units.iter().map(|(word, _)| *word).collect();
    // A noun that is a small word without its accent counts nothing: "nó" would be found in "mais 38 do que no ano".
    let small: FxHashSet<String> = file.stops.words.iter().map(|word| fold(word)).collect();
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let (Some(unit), Some(words)) = (fields.first(), fields.get(column)) else { continue };
        for word in words.split('|').filter(|word| !word.is_empty()) {
            if !small.contains(&fold(word)) && known.insert(word) {
                units.push((word, Unit { code: (*unit).to_owned(), kind: "count" }));
            }
        }
    }
    let mut words = Vec::new();
    for (word, value) in &file.words {
        words.push((word.as_str(), number(value)?));
    }
    let mut collective = Vec::new();
    for (qualifier, list) in &file.collective {
        let known = ["order_of_magnitude", "approx", "exact"].into_iter().find(|known| known == qualifier);
        let qualifier = known.ok_or("an unknown qualifier of a noun for a number")?;
        for (word, value) in list {
            collective.push((word.as_str(), (qualifier, number(value)?)));
        }
    }
    let mut fractions = Vec::new();
    for (value, list) in &file.fractions {
        let (top, bottom) = value.split_once('/').ok_or_else(|| format!("`{value}` is no fraction"))?;
        let value = top.parse::<f64>().ok().zip(bottom.parse::<f64>().ok()).map(|(top, bottom)| top / bottom);
        let value = value.ok_or("a fraction of no numbers")?;
        fractions.extend(list.iter().map(|word| (word.as_str(), value)));
    }
    let mut multiples = Vec::new();
    for (word, value) in &file.multiples {
        multiples.push((word.as_str(), number(value)?.value()));
    }
    let ordinals = (1_u32..).zip(&file.ordinals.words).flat_map(|(n, list)| list.split('|').map(move |word| (word, n)));
    let folded = |list: &[String]| list.iter().map(|word| fold(word)).collect::<FxHashSet<_>>();
    let grammar = file.grammar;
    let words = Table::new(words);
    let collective = Table::new(collective);
    let fractions = Table::new(fractions);
    let ordinals = Table::new(ordinals);
    let bare = set(&grammar.bare);
    let starts = words.starts().chain(collective.starts()).chain(fractions.starts()).chain(ordinals.starts());
    let starts = starts.chain(bare.starts()).collect();
    Ok(Rules {
        language,
        starts,
        hedges: flat(&file.hedges),
        hedges_after: flat(&file.hedges_after),
        words,
        scales: Table::new(file.scales.iter().map(|(word, power)| (word.as_str(), *power))),
        collective,
        fractions,
        multiples: Table::new(multiples),
        share_of: set(&file.shares.of),
        ordinals,
        ordinal_suffixes: folded(&file.ordinals.suffixes),
        of_series: set(&file.ordinals.of_series),
        rank: set(&file.ordinals.rank),
        no_ordinal: set(&file.ordinals.not),
        bare,
        joins: set(&grammar.joins),
        of: set(&grammar.of),
        per: set(&grammar.per),
        range_to: set(&grammar.range_to),
        range_from: set(&grammar.range_from),
        units: Table::new(units),
        currency_before: before_money(&file.currency_before),
        stops: folded(&file.stops.words),
        adjectives: folded(&file.not.adjectives),
        articles: folded(&file.not.articles),
        before_identifier: set(&file.not.before_identifier),
        after_time: set(&file.not.after_time),
        after_furniture: set(&file.not.after_furniture),
        anniversary: set(&file.not.anniversary),
        of_them: set(&file.not.of_them),
        before_age: set(&file.not.before_age),
        no_rate: set(&file.not.no_rate),
        future: set(&file.not.future),
        of_people: set(&file.not.of_people),
        marks: file.marks,
        grammar,
    })
}

impl Grammar {
    /// Whether a range needs an opening word (`between`) with this word between its ends.
    pub(crate) fn needs_opening(&self, word: &str) -> bool {
        self.range_from_needed_for.iter().any(|known| known == word)
    }
}

fn flat(lists: &BTreeMap<String, Vec<String>>) -> Table<String> {
    Table::new(lists.iter().flat_map(|(meaning, words)| words.iter().map(move |word| (word.as_str(), meaning.clone()))))
}

/// Codes and signs that stand before a number.
fn before_money(own: &BTreeMap<String, Vec<String>>) -> Table<String> {
    let own = own.iter().flat_map(|(code, words)| words.iter().map(move |word| (word.as_str(), code.clone())));
    let listed = currency::all().iter().flat_map(|currency| {
        let code = currency.code;
        std::iter::once(code).chain(currency.before.iter().copied()).map(move |word| (word, code.to_owned()))
    });
    Table::new(own.chain(listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_file_is_right() {
        for (code, text) in FILES {
            let file: File = toml::from_str(text).unwrap_or_else(|error| panic!("{code}: {error}"));
            let qualifiers = ["exact", "approx", "gt", "ge", "lt", "le", "projected"];
            for qualifier in file.hedges.keys().chain(file.hedges_after.keys()) {
                assert!(qualifiers.contains(&qualifier.as_str()), "{code}: {qualifier}");
            }
            assert!(of(code).unwrap().is_some());
        }
        assert!(of("xx").unwrap().is_none());
        assert_eq!(unit_word("Víctimas"), Some("victim"));
    }
}
