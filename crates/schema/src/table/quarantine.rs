//! Table `quarantine`: one row, cell or number that was read but not published.

use super::{Column, Kind, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "quarantine",
    title: "Rows that were not published",
    row_is: "one row, cell or number that was read but not published",
    key: &["source", "document_id", "loc_row", "loc_start", "table", "reason"],
    columns: &[
        Column::text("table", "the table it was meant for"),
        Column::text("reason", "stable reason code"),
        Column::text("column", "the table column that was refused").optional(),
        Column::text("raw", "the text as printed at the locator; null where it may be about a person").optional(),
        Column::text(
            "record",
            "all cells of the record as a JSON object, column: text as printed (a list where the cells fit no columns); \
             texts of columns that are personal or that nobody reads are masked (`A…` for letters, `9…` for digits); \
             cells are cut after 120 characters and records after 4000 bytes, both with `…`; null beyond the first \
             32 MiB of a source",
        )
        .optional(),
        Column::text("list", "the list in which a label was looked up").optional(),
        Column::text("scheme", "the scheme of that list").optional(),
        Column::text("label", "the label that the list does not know; null where it may be about a person").optional(),
        Column::text("message", "what is wrong, for people"),
        Column::new("cells", Kind::UInt, "how many values the row holds that were not published with it").unit("value"),
    ],
    provenance: Provenance::At("raw"),
};
