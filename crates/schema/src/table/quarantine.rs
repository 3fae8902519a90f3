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
        Column::text("raw", "the text as printed at the locator; personal fields are masked").optional(),
        Column::text("message", "what is wrong, for people"),
        Column::new("cells", Kind::UInt, "how many values the row holds that were not published with it").unit("value"),
    ],
    provenance: Provenance::At("raw"),
};
