//! Table `occurrence`: one event, joined from all reports that tell of it.

use super::{Column, Kind, MARKING, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "occurrence",
    title: "Events as several reports tell of them",
    row_is: "one event, whatever number of reports tell of it",
    key: &["occurrence"],
    columns: &[
        Column::text("occurrence", "kind, name and number of the event, folded"),
        Column::text("kind", "as in `event`"),
        Column::text("name", "its name, as most reports call it"),
        Column::new("edition", Kind::UInt32, "which one of its series").optional(),
        Column::text("other_names", "what other reports call it, parted by a vertical bar").optional(),
        Column::text("place", "where, as most reports have it").optional(),
        Column::text("country", "where").optional().refers("area", "area"),
        Column::date("start", "first day, as most reports have it").optional(),
        Column::date("end", "last day, as most reports have it").optional(),
        Column::new("documents", Kind::UInt, "how many documents tell of it"),
        Column::new("sources", Kind::UInt, "how many sources they come from"),
        Column::text("rows", "keys of its rows of `event`, parted by blanks"),
        MARKING,
    ],
    provenance: Provenance::None,
};
