//! The money of the world: codes of ISO 4217, the signs and names that four languages have for them, and what
//! "dollars", "pesos" and "francs" are in the country that a report comes from.

use std::sync::OnceLock;

const CURRENCIES: &str = include_str!("../../lexicon/currency.csv");

/// A currency.
#[derive(Debug)]
pub(super) struct Currency {
    /// ISO 4217.
    pub(super) code: &'static str,
    /// The word that it shares with other currencies.
    bare: &'static str,
    /// ISO 3166-1 alpha-2 codes of the countries that pay with it.
    countries: Vec<&'static str>,
    /// Signs that stand before the number.
    pub(super) before: Vec<&'static str>,
    /// Names, by language.
    names: [(&'static str, Vec<&'static str>); 4],
}

impl Currency {
    /// Its names in a language.
    pub(super) fn names(&self, language: &str) -> &[&'static str] {
        self.names.iter().find(|(known, _)| *known == language).map(|(_, names)| names.as_slice()).unwrap_or_default()
    }
}

/// Every currency of the list.
pub(super) fn all() -> &'static [Currency] {
    static ALL: OnceLock<Vec<Currency>> = OnceLock::new();
    ALL.get_or_init(|| CURRENCIES.lines().skip(1).filter_map(read).collect())
}

fn read(line: &'static str) -> Option<Currency> {
    let mut fields = line.split(',');
    let mut next = || fields.next();
    let (code, bare, countries, before) = (next()?, next()?, next()?, next()?);
    let mut list = || words(next().unwrap_or_default());
    let names = [("en", list()), ("es", list()), ("fr", list()), ("pt", list())];
    Some(Currency { code, bare, countries: words(countries), before: words(before), names })
}

fn words(field: &'static str) -> Vec<&'static str> {
    field.split('|').filter(|word| !word.is_empty()).collect()
}

/// Whether a word is a code of the list.
pub(super) fn is_code(word: &str) -> bool {
    all().iter().any(|currency| currency.code == word)
}

/// Currencies whose words or sign others have as well: "francs CFA" are of the west or of the centre of Africa, and `P` is
/// of the Philippines or of Botswana.
const TWICE: [(&str, &str); 2] = [("XOF", "XAF"), ("PHP", "BWP")];

/// Countries whose press means its own money by a bare sign.
const OWN: [&str; 8] = ["AR", "AU", "CA", "CL", "CO", "MX", "NZ", "UY"];

/// What a bare `$`, "pesos" or "francs" are where the report comes from: the country's own money, else the one
/// that most people call so, else the word itself.
pub(super) fn of<'c>(word: &'c str, home: Option<&str>) -> &'c str {
    let pays_with = |code: &str| {
        let named = all().iter().find(|currency| currency.code == code);
        named.is_some_and(|currency| home.is_some_and(|home| currency.countries.contains(&home)))
    };
    if let Some((_, other)) = TWICE.iter().find(|(one, other)| *one == word && pays_with(other)) {
        return other;
    }
    let own = |currency: &&Currency| home.is_some_and(|home| currency.countries.contains(&home));
    let called = |currency: &&Currency| match word {
        "$" => matches!(currency.bare, "dollar" | "peso"),
        word => currency.bare == word,
    };
    // A sign or "dollars" alone is the money of the United States, but where the country's own press means its own.
    let own_press = !matches!(word, "$" | "dollar") || home.is_some_and(|home| OWN.contains(&home));
    if !own_press {
        return "USD";
    }
    let known = all().iter().filter(called).find(own).map(|currency| currency.code);
    known.unwrap_or(match word {
        "$" | "dollar" => "USD",
        "pound" => "GBP",
        "franc" => "CHF",
        "rupee" => "INR",
        word => word,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_right() {
        let lines = CURRENCIES.lines().skip(1).count();
        assert_eq!(all().len(), lines);
        for currency in all() {
            assert!(currency.code.len() == 3 && currency.code.bytes().all(|b| b.is_ascii_uppercase()), "{currency:?}");
            assert!(currency.countries.iter().all(|country| country.len() == 2), "{currency:?}");
        }
    }

    #[test]
    fn bare_words_are_the_countrys_own() {
        assert_eq!(of("$", Some("MX")), "MXN");
        assert_eq!(of("$", Some("US")), "USD");
        assert_eq!(of("$", Some("FR")), "USD");
        assert_eq!(of("dollar", Some("CA")), "CAD");
        assert_eq!(of("franc", Some("BJ")), "XOF");
        assert_eq!(of("franc", None), "CHF");
        assert_eq!((of("XOF", Some("CM")), of("XOF", Some("SN")), of("XOF", None)), ("XAF", "XOF", "XOF"));
        assert_eq!(of("peso", None), "peso");
        assert_eq!(of("EUR", Some("US")), "EUR");
    }
}
