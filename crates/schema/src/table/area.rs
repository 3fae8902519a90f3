//! Table `area`: one area.

use super::{Column, Provenance, Rule, Table};

const KINDS: &[&str] = &["country", "territory", "subdivision", "aggregate", "historical", "special"];

pub(super) const TABLE: Table = Table {
    name: "area",
    title: "Countries, territories, subdivisions and aggregates",
    row_is: "one area",
    key: &["area"],
    columns: &[
        Column::text("area", "ISO 3166-1 alpha-2, ISO 3166-2, or a publisher's aggregate with its prefix (`WB.LCN`)"),
        Column::text("kind", "what sort of area").one_of(KINDS),
        Column::text("iso3", "ISO 3166-1 alpha-3").optional().rule(Rule::Matches("[A-Z]{3}")),
        Column::text("parent", "the area it lies in").optional().refers("area", "area"),
        Column::text("name_en", "English name"),
        Column::text("name_es", "Spanish name"),
        Column::text("name_pt", "Portuguese name"),
        Column::text("name_fr", "French name"),
        Column::text("interpol_region", "INTERPOL region").optional().one_of(&["Africa", "Americas", "Asia", "Europe"]),
        Column::text("interpol_bureau", "INTERPOL regional bureau that serves it").optional(),
        Column::date("valid_from", "first day on which the area existed").optional(),
        Column::date("valid_to", "last day on which the area existed").optional(),
        Column::text("note", "remark").optional(),
    ],
    provenance: Provenance::None,
};
