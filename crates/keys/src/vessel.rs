//! Vessels: IMO ship numbers (seven digits, the last one checks), hull identification numbers (12 characters, 14 with
//! the country in front: ISO 10087, 33 CFR 181), and MMSI (nine digits: ITU-R M.585). Which of them a text is, its
//! length tells; an IMO number is kept with the letters in front that it is printed with.

use super::{CheckState, Key, KeyKind, ShapeReason, check_digit, fold, junk};

/// Vessels.
#[derive(Debug, Clone, Copy)]
pub struct Vessel;

const IMO: &str = "IMO";

impl KeyKind for Vessel {
    fn name(&self) -> &'static str {
        "vessel"
    }

    fn needs_issuer(&self) -> bool {
        false
    }

    fn same(&self) -> &'static str {
        "same-vessel-number"
    }

    fn normalise(&self, raw: &str, _issuer: Option<&str>) -> Key {
        let (folded, dropped) = fold::fold(raw);
        let junk = junk::judge(&folded);
        let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        // "IMO 9074729", "IMO No. 9074729", "MMSI 366123456", "HIN US-ABC12345D404"
        let bare = |word: &str| {
            let rest = folded.strip_prefix(word)?;
            Some(rest.strip_prefix("NO").or(rest.strip_prefix("N")).filter(|rest| digits(rest, 7)).unwrap_or(rest))
        };
        let number = bare(IMO).filter(|rest| digits(rest, 7)).or(Some(folded.as_str()).filter(|text| digits(text, 7)));
        if let Some(number) = number {
            let check = CheckState::of(check_digit::imo_ship_holds(number));
            let junk = junk.or_else(|| junk::judge(number));
            return Key { junk, dropped, ..Key::plain(format!("{IMO}{number}"), check) };
        }
        let rest = folded.strip_prefix("MMSI").filter(|rest| digits(rest, 9));
        let rest = rest.or_else(|| folded.strip_prefix("HIN").filter(|rest| matches!(rest.len(), 12 | 14)));
        let normal = rest.unwrap_or(&folded).to_owned();
        let not_a_key = match normal.len() {
            9 if !digits(&normal, 9) => Some(ShapeReason::Alphabet),
            9 | 12 | 14 => None,
            _ => Some(ShapeReason::Length),
        };
        let junk = junk.or_else(|| junk::judge(&normal));
        Key { junk, not_a_key, dropped, ..Key::plain(normal, CheckState::NotApplicable) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_by_its_shape() {
        let key = |raw: &str| Vessel.normalise(raw, None);
        for raw in ["IMO 9074729", "imo9074729", "9074729", "IMO No. 9074729"] {
            let key = key(raw);
            assert_eq!((key.normal.as_str(), key.check), ("IMO9074729", CheckState::Holds), "{raw}");
        }
        assert_eq!(key("9074728").check, CheckState::Fails);
        assert!(key("9074728").is_usable(), "flagged, never rejected");
        assert_eq!(key("MMSI 366123456").normal, "366123456");
        assert_eq!(key("US-ABC12345D404").normal, "USABC12345D404");
        assert_eq!(key("HIN ABC12345D404").normal, "ABC12345D404");
        assert_eq!(key("36612345X").not_a_key, Some(ShapeReason::Alphabet));
        assert_eq!(key("90747").not_a_key, Some(ShapeReason::Length));
        assert!(key("IMO 0000000").junk.is_some());
    }
}
