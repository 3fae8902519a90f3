//! Table `document`: one archived document.

use super::{Column, Kind, MARKING, Provenance, Rule, Table};

pub(super) const TABLE: Table = Table {
    name: "document",
    title: "Archived documents",
    row_is: "one archived document",
    key: &["document_id", "source"],
    columns: &[
        Column::text("url", "where it was fetched, without credentials; a local file by its name").optional(),
        Column::text("publisher", "who published it").optional(),
        Column::text("title", "its title").optional(),
        Column::text("language", "ISO 639-1 language").optional().rule(Rule::Matches("[a-z]{2}")),
        Column::date("published_on", "day of publication").optional(),
        Column::text("published_basis", "whether that day is stated or inferred")
            .optional()
            .one_of(&["stated", "inferred"]),
        Column::text("media_type", "media type of the archived bytes"),
        Column::new("size", Kind::UInt, "size of the archived bytes").unit("byte"),
        Column::new(
            "retrieved_at",
            Kind::Time,
            "when these bytes were first captured; null in releases, which hold no wall-clock time",
        )
        .optional(),
        Column::text(
            "oddities",
            "what is odd in its characters and how often, as `mojibake=3 zero-width=1`: kept where it stands",
        )
        .optional(),
        Column::text("licence", "licence under which it is published").optional(),
        MARKING,
    ],
    provenance: Provenance::Whole,
};
