//! Table `area_code`: one code of an area in one scheme.

use super::{Column, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "area_code",
    title: "Publishers' codes of areas",
    row_is: "one code of an area in one scheme",
    key: &["scheme", "code"],
    columns: &[
        Column::text("scheme", "code list, for example `inegi`, `indec`, `worldbank`"),
        Column::text("code", "the code as printed"),
        Column::text("area", "the area").refers("area", "area"),
        Column::text("note", "remark; `unverified` where nobody has looked at the line yet").optional(),
    ],
    provenance: Provenance::None,
};
