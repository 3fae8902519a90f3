//! Table `event`: one event.

use super::{Column, Kind, MARKING, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "event",
    title: "Events",
    row_is: "one event",
    key: &["document_id", "loc_row", "loc_start", "loc_end"],
    columns: &[
        Column::text("kind", "what sort of event").one_of(&[
            "conference",
            "operation",
            "founding",
            "opening",
            "agreement",
            "congress",
        ]),
        Column::text("name", "its name"),
        Column::new("edition", Kind::UInt32, "which one of its series").optional(),
        Column::text("place", "where, as printed").optional(),
        Column::text("country", "where").optional().refers("area", "area"),
        Column::date("start", "first day").optional(),
        Column::date("end", "last day").optional(),
        Column::text("precision", "how exact the days are").optional().one_of(&["day", "month", "year", "vague"]),
        MARKING,
    ],
    provenance: Provenance::Whole,
};
