//! Which statements are held against each other.
//!
//! Within a publication each edition is held against the one before it, so that a chain of revisions
//! is told step by step. Across publications only the last editions meet: what somebody has since
//! corrected is no disagreement with anybody else.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use quipu_schema::Digest;

use super::quantity::Quantity;
use super::statement::{Reach, Statement, age};

/// What tells which of two editions is the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Later {
    /// Their vintages name days.
    Stated,
    /// The later one was captured in the place of the earlier one.
    Captured,
    /// One has figures for later periods than the other.
    Reach,
}

/// Two statements that disagree; the left one is of the earlier edition, where that is known.
#[derive(Debug)]
pub(crate) struct Pair<'s> {
    pub(crate) left: &'s Statement,
    pub(crate) right: &'s Statement,
    /// What tells that the right one is of the later edition; none where nothing does.
    pub(crate) later: Option<Later>,
    /// A later edition of one side no longer says what the other side still says: its vintage.
    pub(crate) replaced: Option<&'s str>,
}

/// What is known of editions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Editions<'a> {
    /// How far each reaches.
    pub(crate) reach: &'a Reach,
    /// The documents of each source, the current ones first.
    pub(crate) documents: &'a BTreeMap<&'a str, &'a [Digest]>,
}

impl Editions<'_> {
    fn reach(&self, quantity: &Quantity, statement: &Statement) -> i32 {
        let key = (quantity.text(0).to_owned(), statement.edition.clone());
        self.reach.get(&key).copied().unwrap_or(i32::MIN)
    }

    fn age(&self, statement: &Statement) -> usize {
        self.documents.get(statement.source()).map_or(usize::MAX, |documents| age(documents, &statement.document))
    }

    /// The order of editions of one publication, from the earliest.
    fn order(&self, quantity: &Quantity, one: &Statement, other: &Statement) -> Ordering {
        let rank = |of: &Statement| (of.dated(), !of.superseded);
        let furthest = |of: &Statement| self.reach(quantity, of);
        rank(one)
            .cmp(&rank(other))
            .then_with(|| self.age(other).cmp(&self.age(one)).then(furthest(one).cmp(&furthest(other))))
            .then_with(|| (one.vintage(), one.source()).cmp(&(other.vintage(), other.source())))
    }

    /// Which of two publications' editions is the later one, and what tells so.
    fn later(&self, quantity: &Quantity, one: &Statement, other: &Statement) -> (Ordering, Option<Later>) {
        if let (Some(a), Some(b)) = (one.dated(), other.dated())
            && a != b
        {
            return (a.cmp(&b), Some(Later::Stated));
        }
        match self.reach(quantity, one).cmp(&self.reach(quantity, other)) {
            Ordering::Equal => ((one.dataset(), one.source()).cmp(&(other.dataset(), other.source())), None),
            order => (order, Some(Later::Reach)),
        }
    }
}

/// The pairs of statements on a quantity that disagree.
pub(crate) fn pairs<'s>(quantity: &Quantity, statements: &'s [Statement], editions: Editions<'_>) -> Vec<Pair<'s>> {
    let mut publications: BTreeMap<&str, Vec<&Statement>> = BTreeMap::new();
    for statement in statements {
        publications.entry(statement.dataset()).or_default().push(statement);
    }
    let mut pairs = Vec::new();
    for series in publications.values_mut() {
        series.sort_by(|one, other| editions.order(quantity, one, other));
        for two in series.windows(2) {
            if let [left, right] = two
                && !left.agrees(right)
            {
                let later = match (left.dated(), right.dated()) {
                    (Some(a), Some(b)) if a != b => Some(Later::Stated),
                    _ if left.source() == right.source() && left.superseded => Some(Later::Captured),
                    _ if left.vintage() == right.vintage() => None,
                    _ if editions.reach(quantity, left) < editions.reach(quantity, right) => Some(Later::Reach),
                    _ => None,
                };
                pairs.push(Pair { left, right, later, replaced: None });
            }
        }
    }
    let series: Vec<&Vec<&Statement>> = publications.values().collect();
    for (at, ours) in series.iter().enumerate() {
        for theirs in series.iter().skip(at + 1) {
            let (Some(one), Some(other)) = (ours.last(), theirs.last()) else { continue };
            if one.agrees(other) {
                continue;
            }
            let (order, later) = editions.later(quantity, one, other);
            let still = |says: &Statement, series: &[&'s Statement]| {
                let before = series.split_last().map(|(_, before)| before).unwrap_or_default();
                before.iter().rev().find(|earlier| earlier.agrees(says)).map(|earlier| earlier.vintage())
            };
            let replaced = still(one, theirs).or_else(|| still(other, ours));
            let (left, right) = if order == Ordering::Greater { (other, one) } else { (one, other) };
            pairs.push(Pair { left, right, later, replaced });
        }
    }
    pairs
}
