//! Names of the gazetteers and the reference lists, which are the same in every language.

use std::collections::{BTreeMap, HashSet};

use super::{Organisation, Place, PlaceKind};
use crate::token::fold;

const CITIES: &str = include_str!("../../gazetteer/city.csv");
const TOWNS: &str = include_str!("../../gazetteer/town.csv");
const SUBDIVISIONS: &str = include_str!("../../gazetteer/subdivision.csv");
const REGIONS: &str = include_str!("../../gazetteer/region.csv");
const ORGANISATIONS: &str = include_str!("../../gazetteer/organisation.csv");
pub(super) const GIVEN: &str = include_str!("../../gazetteer/given.txt");
const AREAS: &str = include_str!("../../../../data/reference/area.csv");
const AREA_NAMES: &str = include_str!("../../../../data/reference/area_alias.csv");
const KNOWN_ORGANISATIONS: &str = include_str!("../../../../data/reference/organisation.csv");
const CRIME_WORDS: &str = include_str!("../../../../data/reference/crime_label.csv");
const CRIMES: &str = include_str!("../../../../data/reference/crime.csv");

/// The scheme of `crime_label.csv` whose labels are words of prose.
const PROSE_SCHEME: &str = "interpol-words";

/// Names that are the same in every language: each with how it is written.
pub(super) struct Names {
    pub(super) places: Vec<(String, &'static Place)>,
    pub(super) organisations: Vec<(String, &'static Organisation)>,
    pub(super) crimes: Vec<(String, &'static str)>,
    pub(super) codes: HashSet<&'static str>,
}

impl Names {
    pub(super) fn read() -> Result<Self, String> {
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
        let lists = [(CITIES, PlaceKind::City), (SUBDIVISIONS, PlaceKind::Subdivision), (TOWNS, PlaceKind::City)];
        for (list, kind) in lists {
            for row in rows(list)? {
                let (Some(name), Some(country)) = (row.get("name"), row.get("country")) else { continue };
                let place: &'static Place =
                    Box::leak(Box::new(Place { name: name.clone(), country: Some(country.clone()), kind }));
                for name in std::iter::once(name.as_str()).chain(also(&row)) {
                    places.push((name.to_owned(), place));
                }
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
        places.sort_by_key(|(_, place): &(String, &'static Place)| place.kind);
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
