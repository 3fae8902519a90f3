//! Table `unit`: one unit.

use super::{Column, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "unit",
    title: "Units of values",
    row_is: "one unit",
    key: &["unit"],
    columns: &[
        Column::text("unit", "code, for example `per-100k`"),
        Column::text("name_en", "English name"),
        Column::text("name_es", "Spanish name"),
        Column::text("name_pt", "Portuguese name"),
        Column::text("name_fr", "French name"),
        Column::text("kind", "what sort of unit")
            .one_of(&["count", "mass", "money", "rate", "share", "duration", "ordinal"]),
        Column::text("sdmx", "SDMX UNIT_MEASURE code where there is one").optional(),
        Column::text("meaning", "what one is"),
        Column::text("base", "unit that values are compared in across publications; null for the unit itself")
            .optional()
            .refers("unit", "unit"),
        Column::float("factor", "what a value is multiplied with to be in that unit").optional(),
    ],
    provenance: Provenance::None,
};
