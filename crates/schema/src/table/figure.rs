//! Table `figure`: one number stated in prose.

use super::{Column, MARKING, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "figure",
    title: "Numbers stated in prose",
    row_is: "one number stated in prose",
    key: &["document_id", "loc_row", "loc_start", "loc_end"],
    columns: &[
        Column::text("measure", "what is counted, as printed").optional(),
        Column::text("subject", "whose number it is").optional(),
        Column::float("value", "the number; the lower end of a range"),
        Column::float("value_high", "the upper end of a range").optional(),
        Column::text("qualifier", "how exact it claims to be").one_of(&[
            "exact",
            "approx",
            "gt",
            "ge",
            "lt",
            "le",
            "range",
            "order_of_magnitude",
            "projected",
            "rounded_anniversary",
        ]),
        Column::text("unit", "unit, as a code where known, else the noun as printed").optional(),
        Column::text("kind", "what sort of number")
            .one_of(&["count", "money", "mass", "share", "rate", "ordinal", "duration"]),
        Column::text("stock_or_flow", "whether it counts what is there or what happened")
            .optional()
            .one_of(&["stock", "flow"]),
        Column::date("period_start", "first day of the period").optional(),
        Column::date("period_end", "last day of the period").optional(),
        Column::text("period_basis", "whether the period is stated or inferred")
            .optional()
            .one_of(&["stated", "inferred"]),
        Column::text("ref_area", "area it speaks of").optional().refers("area", "area"),
        Column::text("crime", "ICCS code").optional().refers("crime", "crime"),
        Column::text("event", "event it belongs to").optional(),
        Column::text("speaker", "inside whose quotation it stands").optional(),
        Column::text("phrase", "the words as printed, hedge to unit"),
        Column::text("context", "the sentence it stands in, as printed").optional(),
        Column::text("basis", "stated, inferred or derived").one_of(&["stated", "inferred", "derived"]),
        MARKING,
    ],
    provenance: Provenance::At("phrase"),
};
