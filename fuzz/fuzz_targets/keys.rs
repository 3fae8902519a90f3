//! Keys: any text has a normal form that is its own, and repairs that their check digit proves.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quipu_keys::{ALL, CheckState, Mrz, iso7064};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for kind in ALL {
        let key = kind.normalise(&text, None);
        assert!(key.normal.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{key:?}");
        assert_eq!(kind.normalise(&key.normal, None).normal, key.normal, "{}", kind.name());
        for repaired in kind.repairs(&key) {
            assert_eq!(kind.normalise(&repaired, None).check, CheckState::Holds, "{}", kind.name());
        }
        if let Some(folded) = kind.folded(&key.normal) {
            assert_eq!(kind.folded(&folded).as_deref(), Some(folded.as_str()));
            assert_eq!(kind.confusable(&key.normal, &folded), kind.confusable(&folded, &key.normal));
        }
    }
    let _ = Mrz::parse(&text);
    let _ = (iso7064::mod_11_2(&text), iso7064::mod_11_10(&text), iso7064::mod_97_10(&text));
    let _ = (iso7064::mod_37_2(&text), iso7064::mod_37_36(&text));
});
