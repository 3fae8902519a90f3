//! Which rows add up others: by label, by codes that extend each other, by proof.

use quipu_schema::pipeline::Totals;
use quipu_schema::{Fault, Result};
use rustc_hash::{FxHashMap, FxHashSet};

use super::recipe::hash_of;
use crate::codes::fold;

/// Labels that say of themselves that they are totals, folded.
const WORDS: [&str; 24] = [
    "total",
    "totals",
    "totales",
    "totais",
    "totaux",
    "grand total",
    "grand totals",
    "overall total",
    "gran total",
    "total general",
    "total geral",
    "total nacional",
    "total national",
    "total pais",
    "suma",
    "suma total",
    "soma",
    "soma total",
    "sum",
    "somme",
    "ensemble",
    "all",
    "todos",
    "todas",
];

/// Beginnings of labels that add up a part of a table, folded.
const PARTS: [&str; 6] = ["subtotal", "sub total", "sub-total", "sous-total", "sous total", "total parcial"];

/// Words that name a total only among the labels of a dimension: elsewhere they may mean anything.
const AMONG_LABELS: [&str; 4] = ["ensemble", "all", "todos", "todas"];

/// Most values that a proof may keep in memory.
const KEPT: usize = 20_000_000;

/// Whether a label says of itself that it is a total.
pub(crate) fn is_total_word(label: &str) -> bool {
    let folded = fold(label);
    let bare = folded.trim_end_matches(':').trim_end();
    WORDS.contains(&bare) || PARTS.iter().any(|part| bare.starts_with(part))
}

/// Whether the text of a column that nobody reads says that its record is a total. `bytes` are in the
/// document's encoding; `text` decodes them.
pub(crate) fn tells_total<'t>(bytes: &[u8], text: impl FnOnce() -> Option<std::borrow::Cow<'t, str>>) -> bool {
    const LONGEST: usize = 60;
    let bytes = bytes.trim_ascii();
    let may = matches!(bytes.first(), Some(b't' | b'T' | b's' | b'S' | b'g' | b'G' | b'o' | b'O'));
    may && bytes.len() <= LONGEST
        && text().is_some_and(|text| is_total_word(&text) && !AMONG_LABELS.contains(&fold(&text).as_str()))
}

/// Whether one of the labels of a breakdown (`name=label;…`) says that it is a total.
pub(crate) fn breakdown_is_total(breakdown: &str) -> bool {
    breakdown.split(';').filter_map(|part| part.split_once('=')).any(|(_, label)| is_total_word(label))
}

/// What the rows of a source tell of each other, as hashes of texts.
#[derive(Debug, Default, Clone)]
pub(crate) struct Family {
    /// A code that others extend, with the hash of all else that names the row.
    parents: FxHashSet<(u64, u64)>,
    /// The values beside each other: by all else that names the row, hash of the label and value.
    beside: FxHashMap<u64, Vec<(u64, f64)>>,
    kept: usize,
}

impl Family {
    /// Hears of a row: its code or label, the hash of what else names it, its value.
    ///
    /// # Errors
    /// More values than a proof may keep.
    pub(crate) fn hear(&mut self, rule: &Totals, code: &str, rest: u64, value: f64) -> Result<()> {
        if let Some(separator) = &rule.separator {
            let mut at = code.len();
            while let Some(cut) = code.get(..at).and_then(|head| head.rfind(separator.as_str())) {
                if let Some(parent) = code.get(..cut).filter(|parent| !parent.is_empty()) {
                    self.parents.insert((hash_of(parent), rest));
                }
                at = cut;
            }
        }
        if rule.proof && value.is_finite() {
            self.beside.entry(rest).or_default().push((hash_of(&fold(code)), value));
            self.kept += 1;
        }
        if self.kept + self.parents.len() > KEPT {
            return Err(Fault::new(
                quipu_schema::ErrorKind::Contract,
                format!("more than {KEPT} values to prove totals by"),
            )
            .help("name the totals by `labels`, or split the source"));
        }
        Ok(())
    }

    /// Takes over what another piece heard.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.parents.extend(other.parents);
        for (rest, values) in other.beside {
            self.kept += values.len();
            self.beside.entry(rest).or_default().extend(values);
        }
    }

    /// What it comes to.
    pub(crate) fn conclude(mut self) -> Known {
        let mut seen: FxHashMap<u64, (usize, bool)> = FxHashMap::default();
        for values in self.beside.values_mut().filter(|values| values.len() > 2) {
            values.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let sum: f64 = values.iter().map(|(_, value)| value).sum();
            for (label, value) in values.iter() {
                let others = sum - value;
                let close = (others - value).abs() <= 1e-9 * value.abs().max(1.0) && *value != 0.0;
                let zero = *value == 0.0 && others == 0.0;
                let entry = seen.entry(*label).or_insert((0, true));
                entry.0 += usize::from(close);
                entry.1 &= close || zero;
            }
        }
        let proven = seen.into_iter().filter(|(_, (times, always))| *always && *times > 0).map(|(label, _)| label);
        Known { parents: self.parents, proven: proven.collect() }
    }
}

/// Which rows are totals.
#[derive(Debug, Default, Clone)]
pub(crate) struct Known {
    parents: FxHashSet<(u64, u64)>,
    proven: FxHashSet<u64>,
}

impl Known {
    /// Whether the row of this code or label is a total.
    pub(crate) fn is_total(&self, rule: &Totals, code: &str, rest: u64) -> bool {
        let folded = fold(code);
        rule.labels.iter().any(|label| fold(label) == folded)
            || (rule.separator.is_some() && self.parents.contains(&(hash_of(code), rest)))
            || (rule.proof && self.proven.contains(&hash_of(&folded)))
    }
}

/// Whether the rule needs all rows to be heard first.
pub(crate) fn needs_all(rule: Option<&Totals>) -> bool {
    rule.is_some_and(|rule| rule.separator.is_some() || rule.proof)
}

#[cfg(test)]
mod tests {
    use quipu_schema::pipeline::Placed;

    use super::*;

    fn rule(separator: Option<&str>, proof: bool) -> Totals {
        let column = Placed { value: "c".to_owned(), span: 0..0 };
        Totals { column, separator: separator.map(str::to_owned), labels: vec!["TOTAL ".into()], proof }
    }

    #[test]
    fn codes_labels_and_proof() {
        let by_code = rule(Some("_"), false);
        let mut family = Family::default();
        for code in ["28", "28_1", "28_1_2", "14"] {
            family.hear(&by_code, code, 7, 1.0).unwrap();
        }
        let known = family.conclude();
        let totals: Vec<&str> =
            ["28", "28_1", "28_1_2", "14"].into_iter().filter(|c| known.is_total(&by_code, c, 7)).collect();
        assert_eq!(totals, ["28", "28_1"]);
        assert!(!known.is_total(&by_code, "28", 8), "of another area it has no parts");
        assert!(known.is_total(&by_code, " total", 7));

        let by_proof = rule(None, true);
        let mut family = Family::default();
        for (rest, values) in
            [(1, [("Norte", 3.0), ("Sur", 4.0), ("País", 7.0)]), (2, [("Norte", 1.0), ("Sur", 1.0), ("País", 2.0)])]
        {
            for (label, value) in values {
                family.hear(&by_proof, label, rest, value).unwrap();
            }
        }
        let known = family.conclude();
        assert!(known.is_total(&by_proof, "país", 1) && !known.is_total(&by_proof, "Norte", 2));
    }

    #[test]
    fn words() {
        for word in ["Total", " TOTAL GÉNÉRAL ", "Subtotal Norte", "Sous-total", "Suma"] {
            assert!(is_total_word(word), "{word}");
            assert!(tells_total(word.as_bytes(), || Some(word.into())), "{word}");
        }
        for word in ["Todos", "Tamaulipas", "", "Sumapaz", "Total de armas"] {
            assert!(!tells_total(word.as_bytes(), || Some(word.into())), "{word}");
        }
        assert!(is_total_word("TOTAL GENERAL:") && breakdown_is_total("ley=x;tipo=Total"));
        assert!(!is_total_word("Total de armas") && !breakdown_is_total("_T"));
    }
}
