//! Table `mention`: one name in prose.

use super::{Column, MARKING, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "mention",
    title: "Names in prose",
    row_is: "one name in prose",
    key: &["document_id", "loc_row", "loc_start", "loc_end", "kind"],
    columns: &[
        Column::text("kind", "what it names").one_of(&[
            "person",
            "organisation",
            "place",
            "operation",
            "crime",
            "report",
            "date",
        ]),
        Column::text("name", "the name in its usual form; of a date, first and last day, ISO 8601"),
        Column::text("surface", "the name as printed"),
        Column::text("ref", "row of a reference table: area, organisation, ICCS code").optional(),
        Column::text("role", "role of the person or organisation").optional(),
        MARKING,
    ],
    provenance: Provenance::At("surface"),
};
