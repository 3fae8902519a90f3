//! Table `organisation`: one organisation.

use super::{Column, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "organisation",
    title: "Organisations named in reports",
    row_is: "one organisation",
    key: &["organisation"],
    columns: &[
        Column::text("organisation", "code"),
        Column::text("kind", "what sort of organisation"),
        Column::text("name_en", "English name"),
        Column::text("name_es", "Spanish name").optional(),
        Column::text("name_pt", "Portuguese name").optional(),
        Column::text("name_fr", "French name").optional(),
        Column::text("acronym", "acronym").optional(),
        Column::text("area", "where it belongs").optional().refers("area", "area"),
        Column::text("former_names", "earlier names, joined by `; `").optional(),
        Column::text("note", "remark").optional(),
    ],
    provenance: Provenance::None,
};
