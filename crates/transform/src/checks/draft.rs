//! Drafts of findings: places with the same fault become one finding, the worst place first.

use rustc_hash::FxHashMap;

use super::panel::Cell;

/// Most findings of one check that are told one by one.
const TOLD: usize = 200;
/// Most places that the evidence of a finding shows.
const SHOWN: usize = 6;

/// What a check says of one place.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// What is wrong there.
    pub(super) message: String,
    /// What should be there.
    pub(super) expected: Option<f64>,
    /// What is there.
    pub(super) found: Option<f64>,
    /// The values that show it, the place itself first.
    pub(super) evidence: Vec<Cell>,
}

/// Places of one finding.
#[derive(Debug)]
struct Group {
    places: u64,
    rank: Rank,
    worst: Draft,
    /// Other places, the worse before the better.
    more: Vec<(Rank, Cell)>,
}

/// How bad a place is; between equals the first series and period.
#[derive(Debug, Clone, Copy)]
struct Rank(f64, u32, u32);

impl Rank {
    fn is_worse_than(&self, other: &Self) -> bool {
        self.0.total_cmp(&other.0).then(other.1.cmp(&self.1)).then(other.2.cmp(&self.2)).is_gt()
    }
}

/// The findings of a check, while they come in.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    groups: FxHashMap<Vec<u32>, Group>,
    /// What the check had to leave out, for people.
    pub(super) limits: Vec<String>,
}

/// Places with the same fault.
#[derive(Debug)]
pub(super) struct Told {
    /// How many.
    pub(super) places: u64,
    /// The worst.
    pub(super) draft: Draft,
}

impl Drafts {
    /// Adds a place to the finding of its group; what is said of it is worked out where it is the worst.
    pub(super) fn add(&mut self, group: &[u32], score: f64, at: &Cell, draft: impl FnOnce() -> Draft) {
        let rank = Rank(score, at.series, at.period);
        let Some(held) = self.groups.get_mut(group) else {
            let new = Group { places: 1, rank, worst: draft(), more: Vec::new() };
            self.groups.insert(group.to_vec(), new);
            return;
        };
        held.places += 1;
        let mut other = (rank, *at);
        if rank.is_worse_than(&held.rank) {
            let before = std::mem::replace(&mut held.worst, draft());
            if let Some(place) = before.evidence.first() {
                other = (held.rank, *place);
            }
            held.rank = rank;
        }
        let position = held.more.partition_point(|(held, _)| held.is_worse_than(&other.0));
        if position < SHOWN {
            held.more.insert(position, other);
            held.more.truncate(SHOWN);
        }
    }

    /// The findings, the worst first, and how many are not told.
    pub(super) fn told(self) -> (Vec<Told>, usize, Vec<String>) {
        let mut groups: Vec<(Vec<u32>, Group)> = self.groups.into_iter().collect();
        groups.sort_by(|(_, a), (_, b)| {
            if a.rank.is_worse_than(&b.rank) { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater }
        });
        let left = groups.len().saturating_sub(TOLD);
        groups.truncate(TOLD);
        let told = |(_, group): (Vec<u32>, Group)| {
            let mut draft = group.worst;
            draft.evidence.truncate(SHOWN);
            let room = SHOWN.saturating_sub(draft.evidence.len());
            draft.evidence.extend(group.more.into_iter().take(room).map(|(_, cell)| cell));
            Told { places: group.places, draft }
        };
        (groups.into_iter().map(told).collect(), left, self.limits)
    }
}

/// A number as people write it.
pub(super) fn shown(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    let digits = if value.abs() >= 100.0 { 1 } else { 3 };
    format!("{value:.digits$}")
}
