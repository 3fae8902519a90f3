//! Table `observation`: one published statistic.

use super::{Column, Kind, Provenance, Rule, Table};

/// SDMX code list `CL_OBS_STATUS`. Without value are H (holiday), L (not collected), M (cannot
/// exist), O (missing) and Q (suppressed).
pub(super) const STATUSES: &[&str] =
    &["A", "B", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "S", "U", "V", "W"];

pub(super) const TABLE: Table = Table {
    name: "observation",
    title: "Published statistics",
    row_is: "one published statistic",
    key: &[
        "dataset",
        "indicator",
        "crime",
        "ref_area",
        "time_start",
        "freq",
        "sex",
        "age",
        "breakdown",
        "unit",
        "vintage",
    ],
    columns: &[
        Column::text("dataset", "the publication it belongs to"),
        Column::text("indicator", "what is measured").refers("indicator", "indicator"),
        Column::text("crime", "ICCS code; null where nothing corresponds").optional().refers("crime", "crime"),
        Column::text("ref_area", "area it speaks of (SDMX REF_AREA)").refers("area", "area"),
        Column::date("time_start", "first day of the period (SDMX TIME_PERIOD)"),
        Column::date("time_end", "last day of the period"),
        Column::text("freq", "SDMX frequency").one_of(&["A", "S", "Q", "M", "W", "D"]),
        Column::text("sex", "SDMX sex").one_of(&["_T", "M", "F", "_U", "_Z"]),
        Column::text(
            "age",
            "age group (SDMX CL_AGE, such as `Y15T24` or `Y_GE65`); `_T` for all, `_Z` where it does not apply",
        )
        .rule(Rule::Matches("_[TUZNO]|[YMWD]([0-9]+(T[0-9]+)?|_(GE|GT|LE|LT)[0-9]+)")),
        Column::text(
            "breakdown",
            "further dimensions as `name=label`, joined by `;` (`%`, `;` and `=` in labels percent-encoded); `_T` for none",
        ),
        Column::text("unit", "unit of the value").refers("unit", "unit"),
        Column::float("value", "the value in that unit; null with a status").optional(),
        Column::text("value_text", "the value as printed").optional(),
        Column::float("lower", "lower bound, where the value is bounded or suppressed").optional(),
        Column::float("upper", "upper bound, where the value is bounded or suppressed").optional(),
        Column::text("obs_status", "SDMX observation status").one_of(STATUSES),
        Column::new(
            "is_total",
            Kind::Bool,
            "whether other rows of the same dataset add up to this one: leave it out of sums",
        ),
        Column::text("vintage", "edition of the publication, as stated or as first captured"),
        Column::new(
            "superseded",
            Kind::Bool,
            "whether a later edition of the same document was captured: leave it out of sums over the present",
        ),
    ],
    provenance: Provenance::At("value_text"),
};
