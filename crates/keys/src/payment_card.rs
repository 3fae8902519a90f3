//! Payment card numbers (ISO/IEC 7812-1): 12 to 19 digits, the last one by Luhn. A card number is a secret: tables,
//! indexes and logs hold a keyed digest and the last four digits only.

use super::{CheckState, Key, KeyKind, ShapeReason, check_digit, fold, junk};

/// Payment cards.
#[derive(Debug, Clone, Copy)]
pub struct PaymentCard;

const LENGTH: std::ops::RangeInclusive<usize> = 12..=19;

impl KeyKind for PaymentCard {
    fn name(&self) -> &'static str {
        "payment-card"
    }

    fn needs_issuer(&self) -> bool {
        false
    }

    fn same(&self) -> &'static str {
        "same-card"
    }

    fn is_secret(&self) -> bool {
        true
    }

    fn normalise(&self, raw: &str, _issuer: Option<&str>) -> Key {
        let (normal, dropped) = fold::fold(raw);
        let junk = junk::judge(&normal);
        let not_a_key = if normal.bytes().all(|b| b.is_ascii_digit()) {
            (!LENGTH.contains(&normal.len())).then_some(ShapeReason::Length)
        } else {
            Some(ShapeReason::Alphabet)
        };
        let check = CheckState::of(check_digit::luhn_holds(&normal).filter(|_| not_a_key.is_none()));
        Key { junk, not_a_key, dropped, ..Key::plain(normal, check) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        let key = PaymentCard.normalise("4111 1111-1111 1111", None);
        assert_eq!((key.normal.as_str(), key.check), ("4111111111111111", CheckState::Holds));
        assert_eq!(PaymentCard.normalise("4111111111111112", None).check, CheckState::Fails);
        assert_eq!(PaymentCard.normalise("41111111111", None).not_a_key, Some(ShapeReason::Length));
        assert!(PaymentCard.is_secret());
    }
}
