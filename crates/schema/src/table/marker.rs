//! Table `marker`: one text printed in place of a value, or behind one.

use super::observation::STATUSES;
use super::{Column, Provenance, Rule, Table};

pub(super) const TABLE: Table = Table {
    name: "marker",
    title: "Texts printed for missing values, and flags printed behind numbers",
    row_is: "one printed text, as whole cell or as flag",
    key: &["marker", "kind"],
    columns: &[
        Column::text(
            "marker",
            "the text as printed, without the spaces around it; compared without regard to case, and to nothing else: \
             `¹` is not `1`",
        ),
        Column::text("kind", "`missing` where it is the whole cell, `flag` where it stands behind a number")
            .one_of(&["missing", "flag"]),
        Column::text("obs_status", "SDMX observation status of such a value").one_of(STATUSES),
        Column::text("meaning", "what it says, and why this status where publishers differ"),
        Column::text("language", "ISO 639-1 language; null for signs of any language")
            .optional()
            .rule(Rule::Matches("[a-z]{2}")),
        Column::text("source", "who prints it so; null where its use is general").optional(),
    ],
    provenance: Provenance::None,
};
