//! The form of a language's list of words.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Relative, TimeUnit};

/// `lexicon/LANGUAGE.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) crimes: BTreeMap<String, Vec<String>>,
    pub(super) not_crimes: NotCrimes,
    pub(super) trade: Vec<TradeList>,
    pub(super) grammar: GrammarList,
    pub(super) roles: Roles,
    pub(super) organisations: Organisations,
    pub(super) events: Events,
    pub(super) speech: Speech,
    pub(super) relations: BTreeMap<String, Vec<String>>,
    pub(super) dates: Dates,
    pub(super) words: NotNames,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NotCrimes {
    pub(super) words: Vec<String>,
    /// Words that are a crime only where they stand in a list of crimes or are what somebody is charged with, by code:
    /// names of groups, and words of every day such as "dano".
    pub(super) in_lists: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NotNames {
    pub(super) not_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TradeList {
    pub(super) heads: Vec<String>,
    pub(super) objects: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrammarList {
    pub(super) right_headed: bool,
    pub(super) of: Vec<String>,
    pub(super) and: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Roles {
    pub(super) heads: Vec<String>,
    pub(super) before: Vec<String>,
    pub(super) of: Vec<String>,
    pub(super) titles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Organisations {
    pub(super) heads: Vec<String>,
    pub(super) inside: Vec<String>,
    /// Endings of adjectives that names are written with in small letters, and words that end so and are none.
    pub(super) adjectives: Vec<String>,
    pub(super) no_adjectives: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Events {
    pub(super) conference: Vec<String>,
    pub(super) congress: Vec<String>,
    pub(super) founding: Vec<String>,
    pub(super) opening: Vec<String>,
    pub(super) agreement: Vec<String>,
    pub(super) signed: Vec<String>,
    pub(super) offices: Vec<String>,
    pub(super) named: Vec<String>,
    pub(super) operation: Vec<String>,
    pub(super) in_series: Vec<String>,
    pub(super) held: Vec<String>,
    /// Names that begin as those of meetings do and are none: parliaments, treaties.
    pub(super) no_meeting: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Speech {
    pub(super) verbs: Vec<String>,
    pub(super) according: Vec<String>,
    pub(super) he: Vec<String>,
    pub(super) terms: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dates {
    pub(super) months: Vec<String>,
    pub(super) short: Vec<String>,
    pub(super) also: BTreeMap<String, i8>,
    pub(super) weekdays: Vec<String>,
    pub(super) to: Vec<String>,
    pub(super) of: Vec<String>,
    #[serde(rename = "in")]
    pub(super) before: Vec<String>,
    pub(super) since: Vec<String>,
    pub(super) between: Vec<String>,
    pub(super) next: Vec<String>,
    pub(super) ahead: Vec<String>,
    pub(super) same_period: Vec<String>,
    pub(super) relative: BTreeMap<Relative, Vec<String>>,
    pub(super) partial: Partial,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Partial {
    pub(super) to_date: Vec<String>,
    pub(super) ago: Vec<String>,
    #[serde(default)]
    pub(super) before_ago: Vec<String>,
    pub(super) unit: BTreeMap<TimeUnit, Vec<String>>,
    pub(super) quarter: Vec<String>,
    pub(super) half: Vec<String>,
    pub(super) first: Vec<String>,
}
