//! Table `hit`: one match of a check on a record.

use super::{Column, MARKING, Provenance, Rule, Table};

/// How a check can meet a record, from the strongest.
pub const GRADES: [&str; 5] = ["exact", "normalised", "repaired", "confusable", "near"];

pub(super) const TABLE: Table = Table {
    name: "hit",
    title: "Matches of checks on records: leads, not proof",
    row_is: "one match of a check on a record",
    key: &["check_id", "record_id"],
    columns: &[
        Column::text("check_id", "the check").refers("check", "check_id"),
        Column::text("record_id", "the record").refers("record", "record_id"),
        Column::text("database", "code of the database").refers("database", "database"),
        Column::text("key_kind", "what sort of key matched"),
        Column::text("key", "the normal form on which they met").personal(),
        Column::text("grade", "how they met").one_of(&GRADES),
        Column::float("score", "1 for equal normal forms, less for weaker grades").rule(Rule::Range(0.0, 1.0)),
        Column::text("reasons", "why, as words joined by `;`"),
        Column::text("change", "against the run before").one_of(&["new", "unchanged", "withdrawn"]),
        Column::text("state", "state of review").one_of(&[
            "candidate",
            "under_review",
            "confirmed",
            "not_identical",
            "inconclusive",
            "withdrawn",
            "expired",
        ]),
        Column::text("record_snapshot", "logical hash of the record table that was searched"),
        Column::text("check_snapshot", "logical hash of the check table that was put"),
        Column::text("rule_version", "version of the key rules"),
        MARKING,
    ],
    provenance: Provenance::None,
};
