//! Families: a whole and its parts in one period, by one dimension.

use rustc_hash::FxHashMap;

use super::panel::{Cell, KEY, Key, State};
use super::sight::{AGE, BREAKDOWN, CRIME, REF_AREA, SEX, Sight};
use crate::codes::fold;
use crate::observe::recipe::{Dictionary, NULL};
use crate::observe::totals::is_total_word;

/// Stands in a family's key where its members differ.
const HOLE: u32 = u32::MAX - 2;
/// SDMX codes of what is not broken down by a dimension.
const ALL: &str = "_T";
const NOT_APPLICABLE: &str = "_Z";
/// Most values of a family that are shown.
const SHOWN: usize = 4;

/// What a family is parted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Dimension {
    Sex,
    Age,
    Area,
    /// One name of the breakdown, as a number of [`Families::names`].
    Breakdown(u32),
}

impl Dimension {
    /// Its number, for groups.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Sex => 0,
            Self::Age => 1,
            Self::Area => 2,
            Self::Breakdown(name) => name.saturating_add(3),
        }
    }
}

/// What names a family: its dimension, all that its members share, its period.
pub(super) type Name = (Dimension, [u32; KEY], u32);

/// Whether a value is the whole of a family or one of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Whole,
    Part,
}

/// What its members add up to.
#[derive(Debug, Clone, Default)]
pub(super) struct Family {
    pub(super) whole: Option<Cell>,
    /// Whether two values claim to be the whole.
    pub(super) disputed: bool,
    pub(super) sum: f64,
    /// Parts with a number.
    pub(super) known: usize,
    /// Parts without.
    pub(super) unknown: usize,
    /// The largest parts.
    pub(super) largest: Vec<Cell>,
}

impl Family {
    /// Takes a member.
    pub(super) fn add(&mut self, role: Role, cell: &Cell) {
        match role {
            Role::Whole => {
                self.disputed |= self.whole.is_some();
                self.whole = Some(*cell);
            }
            Role::Part if cell.state == State::Known => {
                self.sum += cell.value;
                self.known += 1;
                let at = self.largest.partition_point(|held| held.value >= cell.value);
                if at < SHOWN {
                    self.largest.insert(at, *cell);
                    self.largest.truncate(SHOWN);
                }
            }
            Role::Part => self.unknown += 1,
        }
    }
}

/// Which families each value belongs to.
pub(super) struct Families {
    /// Names of breakdowns.
    pub(super) names: Dictionary,
    /// By number of a breakdown: the dimension, what the breakdown is in the family's key, the role.
    breakdowns: Vec<Vec<(Dimension, u32, Role)>>,
    /// By number of an area: the number of the area that it is a part of.
    parents: Vec<Option<u32>>,
    is_parent: Vec<bool>,
}

impl Families {
    /// The families of what is seen.
    pub(super) fn new(sight: &Sight<'_>) -> Self {
        let mut names = Dictionary::default();
        let mut holes = Dictionary::default();
        let texts = |column: usize| {
            sight.panel.dictionaries.get(column).map(|dictionary| dictionary.texts.as_slice()).unwrap_or_default()
        };
        let breakdowns = texts(BREAKDOWN).iter().map(|text| memberships(sight, text, &mut names, &mut holes)).collect();
        let numbers: FxHashMap<&str, u32> = texts(REF_AREA).iter().map(String::as_str).zip(0..).collect();
        let parent = |area: &String| {
            let parent = sight.reference.fact("area", area, "parent")?;
            numbers.get(parent.as_str()).copied()
        };
        let parents: Vec<Option<u32>> = texts(REF_AREA).iter().map(parent).collect();
        let is_parent = (0..).take(parents.len()).map(|area: u32| parents.contains(&Some(area))).collect();
        Self { names, breakdowns, parents, is_parent }
    }

    /// Every family of a value, with its role there.
    pub(super) fn of(&self, sight: &Sight<'_>, key: &Key, cell: &Cell, mut each: impl FnMut(Name, Role)) {
        let mut tell = |dimension: Dimension, changes: &[(usize, u32)], role: Role| {
            let mut name = *key;
            for (column, number) in changes {
                if let Some(slot) = name.get_mut(*column) {
                    *slot = *number;
                }
            }
            each((dimension, name, cell.period), role);
        };
        for (column, dimension) in [(SEX, Dimension::Sex), (AGE, Dimension::Age)] {
            match sight.text(key, column) {
                NOT_APPLICABLE => {}
                ALL => tell(dimension, &[(column, HOLE)], Role::Whole),
                _ => tell(dimension, &[(column, HOLE)], Role::Part),
            }
        }
        let area = key.get(REF_AREA).copied().unwrap_or(NULL);
        if self.is_parent.get(area as usize) == Some(&true) {
            tell(Dimension::Area, &[], Role::Whole);
        }
        if let Some(Some(parent)) = self.parents.get(area as usize) {
            tell(Dimension::Area, &[(REF_AREA, *parent)], Role::Part);
        }
        let breakdown = key.get(BREAKDOWN).copied().unwrap_or(NULL);
        for (dimension, hole, role) in self.breakdowns.get(breakdown as usize).into_iter().flatten() {
            // Parts may be different crimes: the crime is what the breakdown says.
            tell(*dimension, &[(BREAKDOWN, *hole), (CRIME, HOLE)], *role);
        }
    }

    /// What a dimension is called.
    pub(super) fn word(&self, dimension: Dimension) -> &str {
        match dimension {
            Dimension::Sex => "sex",
            Dimension::Age => "age",
            Dimension::Area => "area",
            Dimension::Breakdown(name) => self.names.text(name).unwrap_or("breakdown"),
        }
    }
}

/// The families that a breakdown puts a value into.
fn memberships(
    sight: &Sight<'_>,
    breakdown: &str,
    names: &mut Dictionary,
    holes: &mut Dictionary,
) -> Vec<(Dimension, u32, Role)> {
    let mut found = Vec::new();
    let pairs: Vec<(&str, &str)> = breakdown.split(';').filter_map(|pair| pair.split_once('=')).collect();
    let rule = sight.observe.totals.as_ref();
    for (at, (name, label)) in pairs.iter().enumerate() {
        let dimension = Dimension::Breakdown(names.number(name));
        let mut hole = |label: &str| {
            let with = |(position, (name, own)): (usize, &(&str, &str))| {
                format!("{name}={}", if position == at { label } else { own })
            };
            holes.number(&pairs.iter().enumerate().map(with).collect::<Vec<_>>().join(";"))
        };
        if let Some(separator) = rule.and_then(|rule| rule.separator.as_deref()) {
            // A code is the whole of those that extend it, and part of the one that it extends.
            found.push((dimension, hole(&format!("{label}{separator}*")), Role::Whole));
            if let Some((parent, _)) = label.rsplit_once(separator) {
                found.push((dimension, hole(&format!("{parent}{separator}*")), Role::Part));
            }
            continue;
        }
        let declared = rule.is_some_and(|rule| rule.labels.iter().any(|total| fold(total) == fold(label)));
        let role = if declared || is_total_word(label) { Role::Whole } else { Role::Part };
        found.push((dimension, hole("*"), role));
    }
    found
}

/// How finely numbers are printed: the unit of the last digit that any of them uses.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Grain {
    /// Largest divisor of all whole numbers.
    divisor: u64,
    /// Most decimals of any number.
    decimals: i32,
}

impl Grain {
    /// Hears a number.
    pub(super) fn hear(&mut self, value: f64) {
        const MOST: i32 = 8;
        if value.fract() == 0.0 && value.abs() < 9e15 {
            let (mut a, mut b) = (self.divisor, whole(value));
            while b > 0 {
                (a, b) = (b, a % b);
            }
            self.divisor = a;
            return;
        }
        let decimals = (1..MOST).find(|decimals| {
            let scaled = value * 10_f64.powi(*decimals);
            (scaled - scaled.round()).abs() <= 1e-6 * scaled.abs().max(1e-3)
        });
        self.decimals = self.decimals.max(decimals.unwrap_or(MOST));
    }

    /// The step between two printed numbers; zero where whole numbers are exact.
    pub(super) fn step(&self) -> f64 {
        if self.decimals > 0 {
            return 10_f64.powi(-self.decimals);
        }
        // Numbers that are all multiples of five or more were rounded.
        [1_000_u64, 100, 50, 10, 5]
            .into_iter()
            .find(|step| self.divisor > 0 && self.divisor.is_multiple_of(*step))
            .map_or(0.0, |step| step as f64)
    }
}

/// The size of a whole number below 9e15.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, not negative, and below 2^53")]
fn whole(value: f64) -> u64 {
    value.abs() as u64
}
