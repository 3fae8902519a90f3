//! Table `database`: one database in one period.

use super::{Column, Kind, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "database",
    title: "Reference databases, dated",
    row_is: "one database in one period",
    key: &["database", "valid_from"],
    columns: &[
        Column::text("database", "code of the database, for example `SLTD`"),
        Column::date("valid_from", "first day of this description").optional(),
        Column::date("valid_to", "last day of this description").optional(),
        Column::text("name_en", "English name"),
        Column::text("record_is", "what one record is"),
        Column::text("screen_class", "A alphanumeric key, N names, T text, B biometric, R reference, joined by `/`")
            .optional(),
        Column::new(
            "counted_in_19",
            Kind::Bool,
            "whether it is one of the 19 that INTERPOL counts; null where not known",
        )
        .optional(),
        Column::text("key_kinds", "key kinds, joined by `/`").optional(),
        Column::text("contributor_rule", "who may contribute").optional(),
        Column::new("retention_years", Kind::UInt32, "retention; null where not published").unit("year").optional(),
        Column::text("source", "where it was read").optional(),
        Column::new("verified", Kind::Bool, "whether a source was read for it"),
    ],
    provenance: Provenance::None,
};
