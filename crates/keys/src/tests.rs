//! The conformance suite of all kinds of keys.

use std::collections::BTreeSet;

use proptest::prelude::*;
use quipu_schema::{pipeline, table};

use super::*;

#[test]
fn the_registered_kinds_are_those_a_pipeline_file_may_name() {
    let names: Vec<&str> = ALL.iter().map(|kind| kind.name()).collect();
    let open: Vec<&str> = ALL.iter().filter(|kind| !kind.is_secret()).map(|kind| kind.name()).collect();
    assert_eq!(open, pipeline::SCREENED_KINDS);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    let column = table::find("check").and_then(|t| t.column("key_kind")).map(|c| c.rule);
    for name in names {
        assert!(find(name).is_some_and(|kind| kind.name() == name));
        assert!(matches!(column, Some(table::Rule::OneOf(words)) if words.contains(&name)), "{name}");
    }
    assert!(find("no-such-kind").is_none());
}

#[test]
fn reason_words_fit_into_a_list_of_reasons() {
    for kind in ALL {
        assert!(kind.same().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", kind.same());
    }
}

#[test]
fn junk_is_junk_for_every_kind() {
    let junk = [
        "",
        " ",
        "<<<",
        "0",
        "000000000",
        "00000000000000000",
        "A",
        "z",
        "1111111",
        "AAAAAAA",
        "XXXXXXXXXXXXXXXXX",
        "UNKNOWN",
        "unknown",
        "UNK",
        "None",
        "N/A",
        "n.a.",
        "NA",
        "test",
        "TEST",
        "ＴＥＳＴ",
        "- 0 0 0 -",
        "дом",
    ];
    for kind in ALL {
        for raw in junk {
            let key = kind.normalise(raw, None);
            assert!(key.junk.is_some() && !key.is_usable(), "{} {raw:?}: {key:?}", kind.name());
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[A-Za-z0-9<>\\-./ ]{0,24}",
        "[A-HJ-NPR-Z0-9]{17}",
        "[0-9]{7,19}",
        "[A-Z]-[0-9]{1,6}/[0-9]{1,2}-20[0-9]{2}",
        "[PIACV][A-Z0-9<]{71}|[PIACV][A-Z0-9<]{87}|[PIACV][A-Z0-9<]{89}",
        "[Ａ-Ｚ０-９ａ-ｚ①-⑳²³ªº№ﬁ½É\u{301}АВСÅK ]{0,20}",
    ]
}

proptest! {
    #[test]
    fn every_kind_conforms(raw in any_text(), issuer in proptest::option::of(any::<String>())) {
        for kind in ALL {
            let key = kind.normalise(&raw, issuer.as_deref());
            prop_assert!(key.normal.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{:?}", key);
            let again = kind.normalise(&key.normal, issuer.as_deref());
            // Check digit and issuer may stand beside the key in what was read, and not in its normal form.
            let kept = Key { check: again.check, dropped: 0, issuer: None, repaired: false, holder: None, ..key.clone() };
            prop_assert_eq!(&again, &kept, "the normal form is its own normal form");
            for repaired in kind.repairs(&key) {
                prop_assert_eq!(kind.normalise(&repaired, issuer.as_deref()).check, CheckState::Holds);
                prop_assert_ne!(&repaired, &key.normal);
                prop_assert_eq!(ocr_fold(&repaired), ocr_fold(&key.normal), "one look-up finds a key and its repairs");
            }
            if let Some(plain) = kind.plain().filter(|_| raw.is_ascii() && raw.len() <= 64) {
                let bare: String = raw.chars().filter(char::is_ascii_alphanumeric).collect();
                let bare = bare.to_ascii_uppercase();
                let told = bare.bytes().any(|b| b.is_ascii_digit()) && bare.bytes().collect::<BTreeSet<_>>().len() > 1;
                if told {
                    prop_assert_eq!(&key.normal, &bare);
                    let fits = (plain.least..=plain.most).contains(&bare.len());
                    prop_assert_eq!(key.is_usable(), fits && !bare.contains(|c| plain.never.contains(c)), "{:?}", key);
                }
            }
            if let Some(folded) = kind.folded(&key.normal) {
                prop_assert_eq!(kind.folded(&folded), Some(folded.clone()), "folding twice is folding once");
                prop_assert!(!kind.confusable(&key.normal, &key.normal));
                if kind.confusable(&key.normal, &folded) {
                    prop_assert!(kind.confusable(&folded, &key.normal));
                }
            }
            prop_assert_eq!(&kind.normalise(&format!(" {raw}\t"), issuer.as_deref()).normal, &key.normal);
            prop_assert_eq!(&kind.normalise(&raw, issuer.as_deref()), &key, "the same text gives the same key");
            if key.normal.is_empty() {
                prop_assert!(key.junk.is_some());
            }
        }
    }

    #[test]
    fn case_and_width_are_spelling(raw in "[A-Za-z0-9]{1,20}") {
        let wide: String = raw.chars().filter_map(|c| char::from_u32(c as u32 + 0xfee0)).collect();
        for kind in ALL {
            let key = kind.normalise(&raw, None);
            prop_assert_eq!(&kind.normalise(&raw.to_ascii_lowercase(), None), &key);
            prop_assert_eq!(&kind.normalise(&wide, None), &key);
        }
    }
}
