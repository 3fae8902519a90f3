//! Table `finding`: what a statistical check found in a source.

use super::{Column, Kind, Provenance, Table};
use crate::finding::{Check, Severity};

pub(super) const TABLE: Table = Table {
    name: "finding",
    title: "What the statistical checks found",
    row_is: "one finding of a check on a source; its locator is the first place of the evidence",
    key: &["check", "dataset", "indicator", "ref_area", "time_start", "finding"],
    columns: &[
        Column::text("finding", "id, made of the check and of what it speaks of: it stays when the source is read again"),
        Column::text("check", "the check").one_of(Check::WORDS),
        Column::text("severity", "`error` blocks the source, `warning` is to be looked at, `info` says what the check left out")
            .one_of(Severity::WORDS),
        Column::text("dataset", "dataset of the worst place; null where the finding is about the source as a whole").optional(),
        Column::text("indicator", "indicator of the worst place").optional().refers("indicator", "indicator"),
        Column::text("crime", "crime of the worst place").optional().refers("crime", "crime"),
        Column::text("ref_area", "area of the worst place").optional().refers("area", "area"),
        Column::date("time_start", "first day of the period of the worst place").optional(),
        Column::date("time_end", "last day of that period").optional(),
        Column::text("freq", "SDMX frequency of that period").optional(),
        Column::text("sex", "sex of the worst place").optional(),
        Column::text("age", "age of the worst place").optional(),
        Column::text("breakdown", "breakdown of the worst place").optional(),
        Column::text("unit", "unit of the worst place").optional().refers("unit", "unit"),
        Column::text("message", "what is wrong there, for people"),
        Column::float("expected", "what the check expects there").optional(),
        Column::float("found", "what it found there").optional(),
        Column::float("ratio", "found divided by expected").optional(),
        Column::new("places", Kind::UInt, "how many places the finding is about, the worst included").unit("place"),
        Column::text(
            "evidence",
            "the values that show it, one a line: key of the row of `observation` as `quipu trace` takes it, ` = ` value, ` @ ` document and locator",
        )
        .optional(),
        Column::text("reason", "why the pipeline file gives the check another severity or tolerance").optional(),
    ],
    provenance: Provenance::Whole,
};
