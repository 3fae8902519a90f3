//! Table `crime_label`: one label of one publisher.

use super::{Column, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "crime_label",
    title: "Publishers' crime labels mapped to ICCS",
    row_is: "one label of one publisher",
    key: &["scheme", "label"],
    columns: &[
        Column::text("scheme", "the publisher's classification, for example `ar-snic`"),
        Column::text("label", "the label or code as printed; several columns joined by ` / `"),
        Column::text("crime", "ICCS code; null where nothing corresponds").optional().refers("crime", "crime"),
        Column::text("match", "how well the code fits").one_of(&["exact", "narrow", "broad", "none"]),
        Column::text("note", "remark").optional(),
    ],
    provenance: Provenance::None,
};
