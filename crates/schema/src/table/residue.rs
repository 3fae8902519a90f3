//! Table `residue`: what a report says in numbers and no row holds.

use super::{Column, Kind, MARKING, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "residue",
    title: "Sentences with numbers and no figure",
    row_is: "one sentence of a report that has numbers, none of which is a figure",
    key: &["document_id", "loc_row", "loc_start", "loc_end"],
    columns: &[
        Column::text("text", "the sentence"),
        Column::new("numbers", Kind::UInt, "how many numbers it has"),
        Column::text("rules", "the rules that left its numbers out, parted by blanks"),
        MARKING,
    ],
    provenance: Provenance::At("text"),
};
