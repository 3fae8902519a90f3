//! Table `relation`: one stated link.

use super::{Column, MARKING, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "relation",
    title: "Stated links",
    row_is: "one stated link",
    key: &["document_id", "loc_row", "loc_start", "loc_end", "subject", "predicate", "object"],
    columns: &[
        Column::text("subject", "from what"),
        Column::text("predicate", "what link"),
        Column::text("object", "to what"),
        Column::text("time", "when, as printed").optional(),
        Column::text("phrase", "the words as printed"),
        MARKING,
    ],
    provenance: Provenance::At("phrase"),
};
