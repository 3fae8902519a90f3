//! Names of series of operations that are translated: `Trigger` is `Gatilho` in Portuguese.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::token::fold;

const SERIES: &str = include_str!("../gazetteer/series.csv");

/// The name of a series in the form that all its translations share, folded.
pub fn series(name: &str) -> String {
    static KNOWN: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        let rows = SERIES.lines().skip(1).filter_map(|line| line.split_once(','));
        rows.flat_map(|(name, also)| {
            std::iter::once(name).chain(also.split('|')).map(move |word| (plain(word), plain(name)))
        })
        .collect()
    });
    let name = plain(name);
    known.get(&name).cloned().unwrap_or(name)
}

fn plain(name: &str) -> String {
    fold(name).replace('-', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translations_are_one() {
        assert_eq!(series("Gatilho"), series("Trigger"));
        assert_eq!(series("Peixe-Leão"), "lionfish");
        assert_eq!(series("Turquoise"), series("Turquesa"));
        assert_eq!(series("Wheelhouse"), "wheelhouse");
    }
}
