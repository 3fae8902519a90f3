//! Table `record`: one entry of a reference database.

use super::check::KEY_KINDS;
use super::{Column, MARKING, Provenance, Table};

pub(super) const TABLE: Table = Table {
    name: "record",
    title: "Entries of reference databases",
    row_is: "one entry of a reference database",
    key: &["record_id"],
    columns: &[
        Column::text("record_id", "the database's own id"),
        Column::text("database", "code of the database").refers("database", "database"),
        Column::text("key_kind", "what sort of key").one_of(KEY_KINDS),
        Column::text("key_raw", "the key as printed").personal(),
        Column::text("key", "the key in its normal form; null until screened").optional().personal(),
        Column::text("issuer", "issuing country or authority, as part of the key").optional(),
        Column::text("owner", "the country that entered the record and owns it"),
        Column::text("status", "status of the document or object").one_of(&[
            "stolen",
            "lost",
            "revoked",
            "invalid",
            "stolen-blank",
            "wanted",
            "missing",
            "withdrawn",
        ]),
        Column::text("names", "names, joined by `; `").optional().personal(),
        Column::date("birth_date", "date of birth; the first possible day where incomplete").optional().personal(),
        Column::text("birth_precision", "how exact the date of birth is").optional().one_of(&["day", "month", "year"]),
        Column::date("entered_on", "day of entry").optional(),
        Column::date("expires_on", "last day on which the record may match").optional(),
        Column::text("deny", "countries that may not see the record, joined by a space").optional(),
        MARKING,
    ],
    provenance: Provenance::At("key_raw"),
};
