//! Table `indicator`: one indicator.

use super::{Column, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "indicator",
    title: "What is measured",
    row_is: "one indicator",
    key: &["indicator"],
    columns: &[
        Column::text("indicator", "code, for example `homicide-rate`"),
        Column::text("name_en", "English name"),
        Column::text("name_es", "Spanish name"),
        Column::text("name_pt", "Portuguese name"),
        Column::text("name_fr", "French name"),
        Column::text("kind", "what sort of quantity").one_of(&["count", "rate", "share", "stock", "flow"]),
        Column::text("unit", "usual unit").optional().refers("unit", "unit"),
        Column::text("meaning", "what it counts"),
    ],
    provenance: Provenance::None,
};
