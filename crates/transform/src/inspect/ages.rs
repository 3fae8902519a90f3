//! Age groups as publishers print them, as codes of the SDMX list CL_AGE.

use std::sync::LazyLock;

use regex::Regex;

use crate::codes::fold;
use crate::observe::totals::is_total_word;

/// Labels of what has no age, and of an age that nobody knows, folded.
const NOT_APPLICABLE: [&str; 7] =
    ["na", "n/a", "not applicable", "no aplica", "nao se aplica", "sans objet", "does not apply"];
const UNKNOWN: [&str; 12] = [
    "unknown",
    "not stated",
    "not known",
    "desconocido",
    "desconocida",
    "no especificado",
    "no especificada",
    "sin dato",
    "ignorado",
    "nao informado",
    "inconnu",
    "non precise",
];

static RANGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:de )?(\d{1,3}) ?(?:-|–|a|to|ate|y|e|et|à) ?(\d{1,3})(?: (?:anos|years|ans))?$").ok()
});
static FROM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^(\d{1,3}) ?(?:\+|(?:anos |years |ans )?(?:y|e|et|and|ou|o) (?:mas|mais|plus|over|older|mayor(?:es)?))$",
    )
    .ok()
});
static UNDER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:<|under|menos de|menores de|moins de|below) ?(\d{1,3})(?: (?:anos|years|ans))?$").ok()
});
static ONE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(\d{1,3})(?: (?:anos|years|ans))?$").ok());

/// The code of a label; none where nobody can know.
pub(super) fn code(label: &str) -> Option<String> {
    let folded = fold(label);
    if is_total_word(label) {
        return Some("_T".to_owned());
    }
    if NOT_APPLICABLE.contains(&folded.as_str()) {
        return Some("_Z".to_owned());
    }
    if UNKNOWN.contains(&folded.as_str()) {
        return Some("_U".to_owned());
    }
    let numbers = |pattern: &Option<Regex>| -> Option<Vec<u32>> {
        let found = pattern.as_ref()?.captures(&folded)?;
        found.iter().skip(1).map(|group| group?.as_str().parse().ok()).collect()
    };
    if let Some([from, to]) = numbers(&RANGE).as_deref() {
        return (from <= to).then(|| format!("Y{from}T{to}"));
    }
    if let Some([from]) = numbers(&FROM).as_deref() {
        return Some(format!("Y_GE{from}"));
    }
    if let Some([under]) = numbers(&UNDER).as_deref() {
        return Some(format!("Y_LT{under}"));
    }
    numbers(&ONE).as_deref().and_then(|numbers| numbers.first()).map(|one| format!("Y{one}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_in_four_languages() {
        for (label, expected) in [
            ("Total", "_T"),
            ("na", "_Z"),
            ("No especificado", "_U"),
            ("15-24", "Y15T24"),
            ("15 a 24 años", "Y15T24"),
            ("de 0 à 14 ans", "Y0T14"),
            ("65+", "Y_GE65"),
            ("65 y más", "Y_GE65"),
            ("80 anos e mais", "Y_GE80"),
            ("<15", "Y_LT15"),
            ("Menores de 18 años", "Y_LT18"),
            ("34", "Y34"),
        ] {
            assert_eq!(code(label).as_deref(), Some(expected), "{label}");
        }
        for label in ["Adult", "24-15", "children", "", "1985"] {
            assert_eq!(code(label), None, "{label}");
        }
    }
}
