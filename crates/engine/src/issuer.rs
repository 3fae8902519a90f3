//! Issuers as printed, made comparable: records say `BRA`, their owners `BR`.

use std::collections::BTreeMap;

use quipu_schema::Digest;
use quipu_schema::digest::Hasher;

/// Codes of countries and other areas.
#[derive(Debug, Clone, Default)]
pub struct Countries {
    by_iso3: BTreeMap<String, String>,
}

/// The reference list of areas that comes with the program.
const AREAS: &str = include_str!("../../../data/reference/area.csv");

impl Countries {
    /// From pairs of a list's own code and ISO 3166-1 alpha-3.
    ///
    /// Where two areas share a code (a state and its successor), the smaller one stands for both, so that the order of
    /// the list decides nothing.
    pub fn new<'a>(areas: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut by_iso3: BTreeMap<String, String> = BTreeMap::new();
        for (area, iso3) in areas.filter(|(area, iso3)| !area.is_empty() && !iso3.is_empty()) {
            let area = area.to_owned();
            by_iso3.entry(iso3.to_owned()).and_modify(|known| *known = area.clone().min(known.clone())).or_insert(area);
        }
        Self { by_iso3 }
    }

    /// The list that comes with the program, for files that no pipeline brings.
    pub fn known() -> Self {
        // Code, kind and alpha-3 are the first three columns, and never quoted.
        let columns = |line: &'static str| {
            let mut columns = line.split(',');
            Some((columns.next()?, columns.nth(1)?))
        };
        Self::new(AREAS.lines().skip(1).filter_map(columns))
    }

    /// What tells this list from others.
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::default();
        for (iso3, area) in &self.by_iso3 {
            hasher.part("iso3", iso3).part("area", area);
        }
        hasher.finish()
    }

    /// One code per country: upper-cased, fillers and spaces dropped, ISO 3166-1 alpha-3 turned into the list's own
    /// code. A code that the list does not know stays as it is; `None` where nothing is stated.
    pub fn code(&self, raw: Option<&str>) -> Option<String> {
        let shown: String =
            raw?.chars().filter(|c| !c.is_whitespace() && *c != '<').flat_map(char::to_uppercase).collect();
        // German documents print `D` where all others print three letters.
        let iso3 = if shown == "D" { "DEU" } else { &shown };
        match self.by_iso3.get(iso3) {
            Some(area) => Some(area.clone()),
            None if shown.is_empty() => None,
            None => Some(shown),
        }
    }

    /// Whether an owner's deny list keeps a record from an asker. The asker may be an office of a country (`BR-SP`,
    /// `BR/PF`): a denied country denies its offices. An asker that is not named is denied wherever there is a list,
    /// because nobody can say that it is not on it.
    pub fn denies(&self, deny: Option<&str>, asked_by: Option<&str>) -> bool {
        let mut denied = deny
            .unwrap_or_default()
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'))
            .filter_map(|word| self.code(Some(word)))
            .peekable();
        if denied.peek().is_none() {
            return false;
        }
        let Some(asker) = self.code(asked_by) else { return true };
        let country = asker.split(['-', '/', ':']).next().and_then(|word| self.code(Some(word)));
        denied.any(|word| word == asker || Some(&word) == country.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn countries() -> Countries {
        Countries::new([("BR", "BRA"), ("DE", "DEU"), ("YU", "YUG"), ("CS", "YUG"), ("WB.LCN", "")].into_iter())
    }

    #[test]
    fn one_code_per_country() {
        let countries = countries();
        for (raw, code) in [("bra", "BR"), ("BR", "BR"), (" Bra<", "BR"), ("D<<", "DE"), ("YUG", "CS"), ("uto", "UTO")]
        {
            assert_eq!(countries.code(Some(raw)).as_deref(), Some(code), "{raw}");
        }
        assert_eq!(countries.code(Some(" < ")), None);
        assert_eq!(countries.code(None), None);
        assert_eq!(Countries::known().code(Some("URY")).as_deref(), Some("UY"));
    }

    #[test]
    fn deny_lists() {
        let countries = countries();
        for (deny, asker, denied) in [
            (None, Some("BR"), false),
            (Some(""), Some("BR"), false),
            (Some(" ; "), None, false),
            (Some("CL BRA"), Some("br"), true),
            (Some("CL BR"), Some("BRA"), true),
            (Some("BR"), Some("BR-SP"), true),
            (Some("BR-SP"), Some("BR"), false),
            (Some("BRX"), Some("BR"), false),
            (Some("CL"), Some("BR"), false),
            (Some("CL"), None, true),
            (Some("CL"), Some(" "), true),
        ] {
            assert_eq!(countries.denies(deny, asker), denied, "{deny:?} {asker:?}");
        }
    }
}
