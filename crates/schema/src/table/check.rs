//! Table `check`: one question put to the databases.

use super::{Column, Kind, MARKING, Provenance, Table};

/// Kinds of keys that records and checks may carry.
pub(super) const KEY_KINDS: &[&str] = &[
    "travel-document",
    "administrative-document",
    "vin",
    "engine-number",
    "plate",
    "vessel",
    "firearm-serial",
    "imei",
    "payment-card",
    "work-of-art",
    "notice",
];

pub(super) const TABLE: Table = Table {
    name: "check",
    title: "Questions put to the databases",
    row_is: "one question put to the databases",
    key: &["check_id"],
    columns: &[
        Column::text("check_id", "the asker's own id"),
        Column::text("key_kind", "what sort of key").one_of(KEY_KINDS),
        Column::text("key_raw", "the key as printed").personal(),
        Column::text("key", "the key in its normal form; null until screened").optional().personal(),
        Column::text("issuer", "issuing country or authority, as part of the key").optional(),
        Column::text("names", "names, joined by `; `").optional().personal(),
        Column::date("birth_date", "date of birth").optional().personal(),
        Column::text("purpose", "purpose of the check (RPD Art. 10)").one_of(&[
            "locate-wanted",
            "identify",
            "support-investigation",
            "alert",
            "identify-bodies",
            "forensics",
            "security-check",
            "threat-analysis",
            "border-control",
        ]),
        Column::text("asked_by", "country or office that asks"),
        Column::new("asked_at", Kind::Time, "when it was asked").optional(),
        MARKING,
    ],
    provenance: Provenance::At("key_raw"),
};
