//! Table `crime`: one ICCS category.

use super::{Column, Kind, Provenance, Rule, Table};

pub(super) const TABLE: Table = Table {
    name: "crime",
    title: "International Classification of Crime for Statistical Purposes (ICCS v1.0, UNODC 2015)",
    row_is: "one ICCS category",
    key: &["crime"],
    columns: &[
        Column::text("crime", "ICCS code: 2, 4, 5 or 6 digits").rule(Rule::Matches("[0-9]{2}([0-9]{2}[0-9]{0,2})?")),
        Column::new("level", Kind::UInt32, "level of the code").rule(Rule::Range(1.0, 4.0)),
        Column::text("parent", "the category above").optional().refers("crime", "crime"),
        Column::text("name_en", "English name"),
        Column::text("name_es", "Spanish name"),
        Column::text("name_pt", "Portuguese name"),
        Column::text("name_fr", "French name"),
        Column::new("cyber_tag", Kind::Bool, "whether UNODC's cyber tag is common on this category").optional(),
        Column::text("note", "remark, exclusions").optional(),
    ],
    provenance: Provenance::None,
};
