//! What words mean: the lists of `lexicon/` and `gazetteer/` and the reference lists, as one index for each
//! language.
//!
//! A phrase is looked up by its folded tokens, so accents and capitals do not matter; for names the text
//! has to write a capital, and acronyms exactly. A blank of a phrase may be a hyphen in the text.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::OnceLock;

use quipu_schema::{Fault, Result};
use serde::Deserialize;

use crate::table::{Table, rest_at, set, split};
use crate::token::{Shape, Tokens, fold};

/// What a phrase is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sense {
    /// A crime with its code of the ICCS.
    Crime(&'static str),
    /// Words of a crime that name something else.
    NotCrime,
    /// `trafficking`: number of its list of objects.
    Trade(usize),
    /// What is traded: number of the list, code of the crime.
    Traded(usize, &'static str),
    Place(&'static Place),
    Organisation(&'static Organisation),
    /// A word that makes a name the name of an organisation.
    OrganisationHead,
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
    Operation,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlaceKind {
    Country,
    Subdivision,
    City,
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
    entries: HashMap<Box<str>, Vec<Entry>>,
    pub(crate) not_names: HashSet<String>,
    pub(crate) inside_organisation: HashSet<String>,
    pub(crate) role_of: Phrases,
    pub(crate) trade: TradeGrammar,
    pub(crate) date_to: Phrases,
    pub(crate) date_of: Phrases,
    pub(crate) date_in: Phrases,
    pub(crate) since: Phrases,
    pub(crate) between: Phrases,
    pub(crate) next: Phrases,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    crimes: BTreeMap<String, Vec<String>>,
    not_crimes: Words,
    trade: Vec<TradeList>,
    grammar: GrammarList,
    roles: Roles,
    organisations: Organisations,
    events: Events,
    speech: Speech,
    dates: Dates,
    words: NotNames,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NotNames {
    not_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TradeList {
    heads: Vec<String>,
    objects: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GrammarList {
    right_headed: bool,
    of: Vec<String>,
    and: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Roles {
    heads: Vec<String>,
    before: Vec<String>,
    of: Vec<String>,
    titles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Organisations {
    heads: Vec<String>,
    inside: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Events {
    conference: Vec<String>,
    congress: Vec<String>,
    founding: Vec<String>,
    opening: Vec<String>,
    agreement: Vec<String>,
    signed: Vec<String>,
    operation: Vec<String>,
    in_series: Vec<String>,
    held: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Speech {
    verbs: Vec<String>,
    according: Vec<String>,
    he: Vec<String>,
    terms: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dates {
    months: Vec<String>,
    short: Vec<String>,
    also: BTreeMap<String, i8>,
    weekdays: Vec<String>,
    to: Vec<String>,
    of: Vec<String>,
    #[serde(rename = "in")]
    before: Vec<String>,
    since: Vec<String>,
    between: Vec<String>,
    next: Vec<String>,
    relative: BTreeMap<Relative, Vec<String>>,
    partial: Partial,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Partial {
    to_date: Vec<String>,
    ago: Vec<String>,
    #[serde(default)]
    before_ago: Vec<String>,
    unit: BTreeMap<TimeUnit, Vec<String>>,
    quarter: Vec<String>,
    half: Vec<String>,
    first: Vec<String>,
}

const FILES: [(&str, &str); 4] = [
    ("en", include_str!("../lexicon/en.toml")),
    ("es", include_str!("../lexicon/es.toml")),
    ("fr", include_str!("../lexicon/fr.toml")),
    ("pt", include_str!("../lexicon/pt.toml")),
];

const CITIES: &str = include_str!("../gazetteer/city.csv");
const REGIONS: &str = include_str!("../gazetteer/region.csv");
const ORGANISATIONS: &str = include_str!("../gazetteer/organisation.csv");
const GIVEN: &str = include_str!("../gazetteer/given.txt");
const AREAS: &str = include_str!("../../../data/reference/area.csv");
const AREA_NAMES: &str = include_str!("../../../data/reference/area_alias.csv");
const KNOWN_ORGANISATIONS: &str = include_str!("../../../data/reference/organisation.csv");
const CRIME_WORDS: &str = include_str!("../../../data/reference/crime_label.csv");
const CRIMES: &str = include_str!("../../../data/reference/crime.csv");

/// The scheme of `crime_label.csv` whose labels are words of prose.
const PROSE_SCHEME: &str = "interpol-words";

/// The lexicon of a language, by its ISO 639-1 code; `None` for a language without one.
///
/// # Errors
/// `Bug` when a list is wrong; a test reads them all.
pub(crate) fn of(language: &str) -> Result<Option<&'static Lexicon>> {
    static ALL: OnceLock<Result<BTreeMap<&'static str, Lexicon>, String>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let names = Names::read()?;
        FILES
            .iter()
            .map(|(code, text)| Ok((*code, read(text, &names).map_err(|e| format!("{code}.toml: {e}"))?)))
            .collect()
    });
    match all {
        Ok(all) => Ok(all.get(language)),
        Err(error) => Err(Fault::bug(format!("the lexicon of reports cannot be read: {error}"))),
    }
}

impl Lexicon {
    /// What the tokens from `at` on mean, each with the token after the phrase; longer phrases first.
    pub(crate) fn at<'a>(
        &'static self,
        tokens: &'a Tokens,
        at: usize,
    ) -> impl Iterator<Item = (usize, &'static Sense)> + 'a {
        let list = self.entries.get(tokens.fold(at)).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(move |entry| {
            let token = tokens.get(at)?;
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

struct Builder {
    entries: HashMap<Box<str>, Vec<Entry>>,
}

impl Builder {
    fn add(&mut self, phrase: &str, written: Written, sense: Sense) {
        let (mut words, shape) = split(phrase);
        // "H.E." and "Dr." are looked up without the last full stop.
        while words.len() > 1 && words.last().is_some_and(|word| &**word == ".") {
            words.pop();
        }
        if words.is_empty() {
            return;
        }
        let first = words.remove(0);
        let list = self.entries.entry(first).or_default();
        if !list.iter().any(|entry| entry.rest == words && entry.sense == sense) {
            list.push(Entry { rest: words, written, shape, sense });
        }
    }

    fn all(&mut self, phrases: &[String], sense: &Sense) {
        for phrase in phrases {
            self.add(phrase, Written::Any, sense.clone());
        }
    }
}

/// Names that are the same in every language: each with how it is written.
struct Names {
    places: Vec<(String, &'static Place)>,
    organisations: Vec<(String, &'static Organisation)>,
    crimes: Vec<(String, &'static str)>,
    codes: HashSet<&'static str>,
}

impl Names {
    fn read() -> Result<Self, String> {
        let mut places = Vec::new();
        let mut by_code: BTreeMap<String, &'static Place> = BTreeMap::new();
        for row in rows(AREAS)? {
            let get = |name: &str| row.get(name).map(String::as_str).unwrap_or_default();
            let kind = match get("kind") {
                "country" | "territory" => PlaceKind::Country,
                "subdivision" => PlaceKind::Subdivision,
                _ => continue,
            };
            let country = match kind {
                PlaceKind::Subdivision => get("parent"),
                _ => get("area"),
            };
            let name = get("name_en").split(" (").next().unwrap_or_default().to_owned();
            let place: &'static Place = Box::leak(Box::new(Place { name, country: Some(country.to_owned()), kind }));
            by_code.insert(get("area").to_owned(), place);
            for column in ["name_en", "name_es", "name_pt", "name_fr"] {
                let name = get(column).split(" (").next().unwrap_or_default();
                if !name.is_empty() {
                    places.push((name.to_owned(), place));
                }
            }
        }
        for row in rows(AREA_NAMES)? {
            let (Some(area), Some(name)) = (row.get("area"), row.get("alias")) else { continue };
            // Codes and abbreviations of tables are no names of prose.
            if let Some(place) =
                by_code.get(area).filter(|_| name.chars().count() > 3 && name.chars().any(char::is_lowercase))
            {
                places.push((name.clone(), place));
            }
        }
        for row in rows(CITIES)? {
            let (Some(name), Some(country)) = (row.get("name"), row.get("country")) else { continue };
            let place: &'static Place = Box::leak(Box::new(Place {
                name: name.clone(),
                country: Some(country.clone()),
                kind: PlaceKind::City,
            }));
            for name in std::iter::once(name.as_str()).chain(also(&row)) {
                places.push((name.to_owned(), place));
            }
        }
        for row in rows(REGIONS)? {
            let Some(name) = row.get("name") else { continue };
            let place: &'static Place =
                Box::leak(Box::new(Place { name: name.clone(), country: None, kind: PlaceKind::Region }));
            for name in std::iter::once(name.as_str()).chain(also(&row)) {
                places.push((name.to_owned(), place));
            }
        }
        let mut organisations = Vec::new();
        let mut references: BTreeMap<String, String> = BTreeMap::new();
        for row in rows(KNOWN_ORGANISATIONS)? {
            let get = |name: &str| row.get(name).map(String::as_str).unwrap_or_default();
            for column in ["name_en", "name_es", "name_pt", "name_fr", "acronym"] {
                if !get(column).is_empty() {
                    references.insert(fold(get(column)), get("organisation").to_owned());
                }
            }
        }
        for row in rows(ORGANISATIONS)? {
            let Some(name) = row.get("name") else { continue };
            let acronym = row.get("acronym").filter(|acronym| !acronym.is_empty()).cloned();
            let spellings: Vec<&str> =
                std::iter::once(name.as_str()).chain(also(&row)).chain(acronym.as_deref()).collect();
            let reference = spellings.iter().find_map(|name| references.remove(&fold(name)));
            let known: &'static Organisation =
                Box::leak(Box::new(Organisation { name: name.clone(), acronym: acronym.clone(), reference }));
            organisations.extend(spellings.iter().map(|name| ((*name).to_owned(), known)));
        }
        for row in rows(KNOWN_ORGANISATIONS)? {
            let get = |name: &str| row.get(name).map(String::as_str).unwrap_or_default();
            let name = [get("name_es"), get("name_en")].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
            let known: &'static Organisation = Box::leak(Box::new(Organisation {
                name: name.to_owned(),
                acronym: Some(get("acronym").to_owned()).filter(|acronym| !acronym.is_empty()),
                reference: Some(get("organisation").to_owned()),
            }));
            for column in ["name_en", "name_es", "name_pt", "name_fr"] {
                let there = organisations.iter().any(|(name, _): &(String, _)| fold(name) == fold(get(column)));
                if !get(column).is_empty() && !there {
                    organisations.push((get(column).to_owned(), known));
                }
            }
        }
        let codes: HashSet<&'static str> = CRIMES.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        let mut crimes = Vec::new();
        for row in rows(CRIME_WORDS)? {
            if row.get("scheme").is_some_and(|scheme| scheme == PROSE_SCHEME)
                && let (Some(label), Some(code)) = (row.get("label"), row.get("crime"))
                && let Some(code) = codes.get(code.as_str())
            {
                crimes.push((label.clone(), *code));
            }
        }
        Ok(Self { places, organisations, crimes, codes })
    }
}

fn also(row: &BTreeMap<String, String>) -> impl Iterator<Item = &str> {
    row.get("also").map(String::as_str).unwrap_or_default().split('|').filter(|name| !name.is_empty())
}

/// Rows of a comma-separated list with a header; quotation marks around fields with commas.
fn rows(text: &str) -> Result<Vec<BTreeMap<String, String>>, String> {
    let mut lines = text.lines();
    let header = fields(lines.next().unwrap_or_default());
    lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let fields = fields(line);
            if fields.len() > header.len() {
                return Err(format!("a line with {} fields for {} columns: {line}", fields.len(), header.len()));
            }
            Ok(header.iter().cloned().zip(fields).collect())
        })
        .collect()
}

fn fields(line: &str) -> Vec<String> {
    let (mut out, mut field, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(std::mem::take(&mut field)),
            _ => field.push(c),
        }
    }
    out.push(field);
    out
}

fn read(text: &str, names: &Names) -> Result<Lexicon, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let code = |code: &str| names.codes.get(code).copied().ok_or_else(|| format!("`{code}` is no code of the ICCS"));
    let mut builder = Builder { entries: HashMap::new() };
    for (crime, list) in &file.crimes {
        builder.all(list, &Sense::Crime(code(crime)?));
    }
    // A single word that many texts use for another thing is left to the lists of the language.
    for (label, crime) in names.crimes.iter().filter(|(label, _)| label.contains(' ')) {
        builder.add(label, Written::Any, Sense::Crime(crime));
    }
    builder.all(&file.not_crimes.words, &Sense::NotCrime);
    for (number, trade) in file.trade.iter().enumerate() {
        builder.all(&trade.heads, &Sense::Trade(number));
        for (crime, list) in &trade.objects {
            builder.all(list, &Sense::Traded(number, code(crime)?));
        }
    }
    for (name, place) in &names.places {
        builder.add(name, Written::Capital, Sense::Place(place));
    }
    for (name, organisation) in &names.organisations {
        let acronym = !name.contains(' ') && name.chars().filter(|c| c.is_uppercase()).count() > 1;
        let written = if acronym { Written::Exactly } else { Written::Capital };
        builder.add(name, written, Sense::Organisation(organisation));
    }
    for name in GIVEN.split_whitespace() {
        builder.add(name, Written::Capital, Sense::Given);
    }
    builder.all(&file.organisations.heads, &Sense::OrganisationHead);
    builder.all(&file.roles.heads, &Sense::Role);
    builder.all(&file.roles.before, &Sense::RoleBefore);
    builder.all(&file.roles.titles, &Sense::Title);
    builder.all(&file.speech.verbs, &Sense::Says);
    builder.all(&file.speech.according, &Sense::According);
    builder.all(&file.speech.he, &Sense::He);
    builder.all(&file.speech.terms, &Sense::Term);
    let events = &file.events;
    builder.all(&events.conference, &Sense::Event("conference"));
    builder.all(&events.congress, &Sense::Event("congress"));
    builder.all(&events.founding, &Sense::Founding);
    builder.all(&events.opening, &Sense::Opening);
    builder.all(&events.agreement, &Sense::Agreement);
    builder.all(&events.signed, &Sense::Signed);
    builder.all(&events.operation, &Sense::Operation);
    builder.all(&events.in_series, &Sense::InSeries);
    builder.all(&events.held, &Sense::Held);
    let dates = &file.dates;
    for list in [&dates.months, &dates.short] {
        for (number, month) in (1..).zip(list) {
            builder.add(month, Written::Any, Sense::Month(number));
        }
    }
    for (month, number) in &dates.also {
        builder.add(month, Written::Any, Sense::Month(*number));
    }
    for (number, day) in (1..).zip(&dates.weekdays) {
        builder.add(day, Written::Any, Sense::Weekday(number));
    }
    for (relative, list) in &dates.relative {
        builder.all(list, &Sense::Relative(*relative));
    }
    let partial = &dates.partial;
    builder.all(&partial.to_date, &Sense::ToDate);
    builder.all(&partial.before_ago, &Sense::BeforeAgo);
    builder.all(&partial.ago, &Sense::Ago);
    for (unit, list) in &partial.unit {
        builder.all(list, &Sense::TimeUnit(*unit));
    }
    builder.all(&partial.quarter, &Sense::Quarter);
    builder.all(&partial.half, &Sense::Half);
    for (number, word) in (1..).zip(&partial.first) {
        builder.add(word, Written::Any, Sense::Nth(number));
    }
    let mut entries = builder.entries;
    for list in entries.values_mut() {
        list.sort_by_key(|entry| std::cmp::Reverse(entry.rest.len()));
    }
    Ok(Lexicon {
        entries,
        not_names: file.words.not_names.iter().map(|word| fold(word)).collect(),
        inside_organisation: file.organisations.inside.iter().map(|word| fold(word)).collect(),
        role_of: set(&file.roles.of),
        trade: TradeGrammar {
            right_headed: file.grammar.right_headed,
            of: set(&file.grammar.of),
            and: set(&file.grammar.and),
        },
        date_to: set(&dates.to),
        date_of: set(&dates.of),
        date_in: set(&dates.before),
        since: set(&dates.since),
        between: set(&dates.between),
        next: set(&dates.next),
    })
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
