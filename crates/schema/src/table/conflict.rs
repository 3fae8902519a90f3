//! Table `conflict`: two rows that speak of one quantity and disagree.

use super::{Column, MARKING, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "conflict",
    title: "Statements of one quantity that disagree",
    row_is: "two rows that speak of one quantity and disagree",
    key: &["left_row", "right_row"],
    columns: &[
        Column::text("left_table", "table of the first row"),
        Column::text("left_row", "key of the first row"),
        Column::text("right_table", "table of the second row"),
        Column::text("right_row", "key of the second row"),
        Column::float("left_value", "value of the first row").optional(),
        Column::float("right_value", "value of the second row").optional(),
        Column::float("ratio", "second value divided by first").optional(),
        Column::text("cause", "likely cause").optional(),
        MARKING,
    ],
    provenance: Provenance::None,
};
