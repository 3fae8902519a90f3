//! Table `claim`: one number of an event, with how many reports bear it out.

use super::{Column, Kind, MARKING, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "claim",
    title: "Numbers of events, and who bears them out",
    row_is: "one quantity that reports state of an event or a subject",
    key: &["claim"],
    columns: &[
        Column::text("claim", "occurrence or subject, and unit"),
        Column::text("occurrence", "event that it is a number of").optional().refers("occurrence", "occurrence"),
        Column::text("subject", "whose number it is, where it is no event's; else country, crime and period")
            .optional(),
        Column::text("unit", "unit, as in `figure`"),
        Column::text("measure", "what is counted, as the report prints it that most agree with").optional(),
        Column::float("value", "the value that most reports agree with"),
        Column::text("qualifier", "how exact that value claims to be"),
        Column::new("documents", Kind::UInt, "how many documents state it"),
        Column::new("sources", Kind::UInt, "how many sources they come from"),
        Column::new("agreeing", Kind::UInt, "how many sources agree with the value"),
        Column::new("statistics", Kind::UInt, "how many publications have a row of `observation` on the same quantity"),
        Column::new("statistics_agreeing", Kind::UInt, "how many of these agree with the value"),
        Column::text("rows", "keys of its rows of `figure`, parted by blanks"),
        MARKING,
    ],
    provenance: Provenance::None,
};
