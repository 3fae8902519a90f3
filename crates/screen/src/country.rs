//! Countries as printed, made comparable: records say `BRA`, their owners `BR`.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use quipu_schema::Result;

use crate::frame::{bug, text};

/// The codes of the reference table `area`.
#[derive(Debug, Default)]
pub(crate) struct Countries {
    by_iso3: BTreeMap<String, String>,
}

impl Countries {
    /// Reads `area` and `iso3` of the reference table `area`.
    pub(crate) fn read(areas: &DataFrame) -> Result<Self> {
        let mut by_iso3: BTreeMap<String, String> = BTreeMap::new();
        if areas.height() == 0 {
            return Ok(Self { by_iso3 });
        }
        let (area, iso3) = (text(areas, "area")?, text(areas, "iso3")?);
        if area.len() != iso3.len() {
            return Err(bug("columns of `area` differ in length"));
        }
        for (area, iso3) in area.iter().zip(iso3.iter()) {
            let (Some(area), Some(iso3)) = (area, iso3) else { continue };
            // Where two areas share a code (a state and its successor), the smaller one stands for
            // both, so that the order of the list decides nothing.
            let area = area.to_owned();
            by_iso3.entry(iso3.to_owned()).and_modify(|known| *known = area.clone().min(known.clone())).or_insert(area);
        }
        Ok(Self { by_iso3 })
    }

    /// One code per country: upper-cased, fillers and spaces dropped, ISO 3166-1 alpha-3 turned
    /// into the list's own code. A code that the list does not know stays as it is; `None` where
    /// nothing is stated.
    pub(crate) fn code(&self, raw: Option<&str>) -> Option<String> {
        let shown: String =
            raw?.chars().filter(|c| !c.is_whitespace() && *c != '<').flat_map(char::to_uppercase).collect();
        // Doc 9303 part 3 section 5: German documents print `D` where all others print three letters.
        let iso3 = if shown == "D" { "DEU" } else { &shown };
        match self.by_iso3.get(iso3) {
            Some(area) => Some(area.clone()),
            None if shown.is_empty() => None,
            None => Some(shown),
        }
    }

    /// Whether an owner's deny list keeps a record from an asker. The asker may be an office of a
    /// country (`BR-SP`, `BR/PF`): a denied country denies its offices. An asker that is not named
    /// is denied wherever there is a list, because nobody can say that it is not on it.
    pub(crate) fn denies(&self, deny: Option<&str>, asked_by: Option<&str>) -> bool {
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
    use polars::prelude::{Column, NamedFrom, Series};

    use super::*;

    fn countries() -> Countries {
        let area = Series::new("area".into(), ["BR", "DE", "YU", "CS", "WB.LCN"]);
        let iso3 = Series::new("iso3".into(), [Some("BRA"), Some("DEU"), Some("YUG"), Some("YUG"), None]);
        let areas = DataFrame::new(5, vec![Column::from(area), Column::from(iso3)]).expect("columns");
        Countries::read(&areas).expect("read")
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
