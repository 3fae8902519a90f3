//! Parts of a query, so that each has no more items than the API gives.

use quipu_schema::pipeline::Along;

/// A part of a query: the parameters that it has beside those of the whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Slice {
    /// How many things it was split along, from the first.
    depth: usize,
    pairs: Vec<(String, String)>,
    /// The range of the last thing, where it is one that can be halved further.
    range: Option<(u64, u64)>,
}

impl Slice {
    /// The query as it is.
    pub(super) fn whole() -> Self {
        Self::default()
    }

    /// Its query keys and values.
    pub(super) fn pairs(&self) -> Vec<(&str, &str)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    /// Whether there is something left to split it along.
    pub(super) fn can_be_split(&self, along: &[Along]) -> bool {
        self.range.is_some_and(|(from, to)| from < to) || self.depth < along.len()
    }

    /// The parts that it is split into.
    pub(super) fn parts(&self, along: &[Along]) -> Vec<Self> {
        if let Some((from, to)) = self.range.filter(|(from, to)| from < to)
            && let Some(Along::Range { least, most, .. }) = self.depth.checked_sub(1).and_then(|last| along.get(last))
        {
            let middle = from + (to - from) / 2;
            return [(from, middle), (middle + 1, to)]
                .map(|range| self.ranged(self.depth, (least, most), range))
                .into();
        }
        match along.get(self.depth) {
            Some(Along::Values { key, values }) => values
                .iter()
                .map(|value| {
                    let mut pairs = self.pairs.clone();
                    pairs.push((key.clone(), value.clone()));
                    Self { depth: self.depth + 1, pairs, range: None }
                })
                .collect(),
            Some(Along::Range { least, most, from, to }) => {
                vec![self.ranged(self.depth + 1, (least, most), (*from, *to))]
            }
            None => Vec::new(),
        }
    }

    fn ranged(&self, depth: usize, (least, most): (&str, &str), range: (u64, u64)) -> Self {
        let mut pairs = self.pairs.clone();
        pairs.retain(|(key, _)| key != least && key != most);
        pairs.push((least.to_owned(), range.0.to_string()));
        pairs.push((most.to_owned(), range.1.to_string()));
        Self { depth, pairs, range: Some(range) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_one_by_one_and_ranges_by_halves() {
        let along = [
            Along::Values { key: "nationality".into(), values: vec!["BR".into(), "CL".into()] },
            Along::Range { least: "ageMin".into(), most: "ageMax".into(), from: 0, to: 2 },
        ];
        let shown = |slices: &[Slice]| -> Vec<String> {
            let text =
                |slice: &Slice| slice.pairs().iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>();
            slices.iter().map(|slice| text(slice).join("&")).collect()
        };
        let countries = Slice::whole().parts(&along);
        assert_eq!(shown(&countries), ["nationality=BR", "nationality=CL"]);
        let ages = countries[1].parts(&along);
        assert_eq!(shown(&ages), ["nationality=CL&ageMin=0&ageMax=2"]);
        let halves = ages[0].parts(&along);
        assert_eq!(shown(&halves), ["nationality=CL&ageMin=0&ageMax=1", "nationality=CL&ageMin=2&ageMax=2"]);
        assert_eq!(
            shown(&halves[0].parts(&along)),
            ["nationality=CL&ageMin=0&ageMax=0", "nationality=CL&ageMin=1&ageMax=1"]
        );
        assert!(!halves[1].can_be_split(&along) && halves[1].parts(&along).is_empty());
    }
}
