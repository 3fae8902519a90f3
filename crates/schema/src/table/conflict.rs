//! Table `conflict`: two rows that speak of one quantity and disagree.

use super::observation::STATUSES;
use super::{Column, Kind, MARKING, Provenance, Table};

/// Why two statements of one quantity may disagree, in the order in which the rules are tried: the
/// first that holds is named.
pub const CAUSES: &[&str] = &[
    "outside-bounds",
    "rounding",
    "scale",
    "rate-base",
    "unit",
    "transposed-digits",
    "year-off-by-one",
    "definition-break",
    "provisional",
    "partial-period",
    "total-or-part",
    "revision",
    "swapped-values",
    "qualifier-drift",
    "object-drift",
    "merged-events",
    "stock-as-flow",
    "carried-over",
    "stale",
    "sources-differ",
    "unexplained",
];

pub(super) const TABLE: Table = Table {
    name: "conflict",
    title: "Statements of one quantity that disagree",
    row_is: "two rows that speak of one quantity and disagree",
    key: &["left_row", "right_row"],
    columns: &[
        Column::text("indicator", "what both measure; null for what reports in prose count").optional().refers("indicator", "indicator"),
        Column::text("crime", "ICCS code; null where nothing corresponds").optional().refers("crime", "crime"),
        Column::text("occurrence", "event that reports count it of, a row of `occurrence`").optional(),
        Column::text("counted", "what reports in prose count: subject and unit of `figure`").optional(),
        Column::text("ref_area", "area both speak of; reports may name none").optional().refers("area", "area"),
        Column::date("time_start", "first day of the period").optional(),
        Column::date("time_end", "last day of the period").optional(),
        Column::text("freq", "SDMX frequency; null for reports").optional().one_of(&["A", "S", "Q", "M", "W", "D"]),
        Column::text("sex", "SDMX sex; null for reports").optional().one_of(&["_T", "M", "F", "_U", "_Z"]),
        Column::text("age", "age group; null for reports").optional(),
        Column::text("breakdown", "further dimensions, as in `observation`; null for reports").optional(),
        Column::text("unit", "unit of `left_value`, `right_value`, `difference` and `ratio`; null where `counted` says it")
            .optional()
            .refers("unit", "unit"),
        Column::text("cause", "likely cause: the first rule that holds").one_of(CAUSES),
        Column::text("detail", "what the rule saw, for people"),
        Column::text(
            "severity",
            "`high`: a mistake that can be mended, or a fifth and more apart; `medium`: a fiftieth and more; `low`: less",
        )
        .one_of(&["high", "medium", "low"]),
        Column::float("difference", "distance of the values over the larger of both, from 0; null where one is bounded")
            .optional(),
        Column::float("ratio", "second value divided by first; null where that has no value").optional(),
        Column::text("left_table", "table of the first row: the earlier edition, where that is known"),
        Column::text("left_row", "key of the first row, as `quipu trace` takes it"),
        Column::text("left_dataset", "publication of the first row"),
        Column::text("left_source", "source of the first row"),
        Column::text("left_vintage", "edition of the first row"),
        Column::float("left_value", "value of the first row; null where it has bounds alone").optional(),
        Column::text("left_text", "value of the first row as printed").optional(),
        Column::text("left_status", "SDMX status of the first row").one_of(STATUSES),
        Column::new("left_superseded", Kind::Bool, "whether a later edition of the first row's document was captured"),
        Column::text("left_document", "SHA-256 of the archived bytes of the first row"),
        Column::text("left_locator", "place of the first row in its document").optional(),
        Column::text("right_table", "table of the second row"),
        Column::text("right_row", "key of the second row, as `quipu trace` takes it"),
        Column::text("right_dataset", "publication of the second row"),
        Column::text("right_source", "source of the second row"),
        Column::text("right_vintage", "edition of the second row"),
        Column::float("right_value", "value of the second row; null where it has bounds alone").optional(),
        Column::text("right_text", "value of the second row as printed").optional(),
        Column::text("right_status", "SDMX status of the second row").one_of(STATUSES),
        Column::new("right_superseded", Kind::Bool, "whether a later edition of the second row's document was captured"),
        Column::text("right_document", "SHA-256 of the archived bytes of the second row"),
        Column::text("right_locator", "place of the second row in its document").optional(),
        MARKING,
    ],
    provenance: Provenance::None,
};
