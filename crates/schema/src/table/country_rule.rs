//! Table `country_rule`: one rule that holds for one area in one period.

use super::{Column, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "country_rule",
    title: "Dated rules and memberships of countries",
    row_is: "one rule that holds for one area in one period",
    key: &["area", "rule", "value", "valid_from"],
    columns: &[
        Column::text("area", "the area").refers("area", "area"),
        Column::text("rule", "name of the rule, for example `interpol_member`"),
        Column::text("value", "value of the rule").optional(),
        Column::date("valid_from", "first day on which it holds").optional(),
        Column::date("valid_to", "last day on which it holds").optional(),
        Column::text("source", "where the rule was read").optional(),
        Column::text("note", "remark").optional(),
    ],
    provenance: Provenance::None,
};
