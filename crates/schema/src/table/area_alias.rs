//! Table `area_alias`: one spelling of an area's name.

use super::{Column, Provenance, Rule, Table};

pub(super) const TABLE: Table = Table {
    name: "area_alias",
    title: "Publishers' spellings of area names",
    row_is: "one spelling of an area's name",
    key: &["alias", "area"],
    columns: &[
        Column::text("area", "the area").refers("area", "area"),
        Column::text("language", "ISO 639-1 language of the spelling").optional().rule(Rule::Matches("[a-z]{2}")),
        Column::text("alias", "the spelling as printed"),
        Column::text("note", "remark; `unverified` where nobody has looked at the line yet").optional(),
    ],
    provenance: Provenance::None,
};
