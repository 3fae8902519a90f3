//! Table `statement`: one quotation.

use super::{Column, MARKING, Provenance, Rule, Table};

pub(super) const TABLE: Table = Table {
    name: "statement",
    title: "Quotations",
    row_is: "one quotation",
    key: &["document_id", "loc_row", "loc_start", "loc_end"],
    columns: &[
        Column::text("speaker", "who said it").optional(),
        Column::text("role", "in what role").optional(),
        Column::text("organisation", "for which organisation").optional(),
        Column::text("text", "the words, joined from their segments"),
        Column::text("segments", "locators of the segments, joined by a space"),
        Column::text("language", "ISO 639-1 language").optional().rule(Rule::Matches("[a-z]{2}")),
        MARKING,
    ],
    provenance: Provenance::Whole,
};
