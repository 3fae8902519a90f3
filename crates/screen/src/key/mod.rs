//! Keys: what a passport number or a vehicle number is once spelling is taken away.
//!
//! A kind of key is one file in this folder behind [`KeyKind`], registered in [`ALL`]; `tests.rs`
//! holds the one conformance suite that runs over all of them. Further kinds of the `key_kind`
//! column (plate, firearm serial, IMEI, vessel, payment card) go beside these.

mod check_digit;
mod fold;
mod junk;
#[cfg(test)]
mod tests;
mod travel_document;
mod vin;

pub use check_digit::{mrz_check_digit, mrz_value, vin_check_digit};
pub use junk::JunkReason;
pub use travel_document::TravelDocument;
pub use vin::Vin;

/// Every kind of key that can be screened.
pub const ALL: &[&dyn KeyKind] = &[&TravelDocument, &Vin];

/// The kind of this name, as the column `key_kind` spells it.
pub fn find(name: &str) -> Option<&'static dyn KeyKind> {
    ALL.iter().copied().find(|kind| kind.name() == name)
}

/// One kind of key.
pub trait KeyKind: Sync {
    /// The word of the column `key_kind`.
    fn name(&self) -> &'static str;

    /// Whether the issuer is part of the key: equal numbers of two issuers are two keys.
    fn needs_issuer(&self) -> bool;

    /// The word that says in a hit's reasons that both keys are the same.
    fn same(&self) -> &'static str;

    /// The normal form of a key as printed. `issuer` is the issuing country or authority where it
    /// is stated, for kinds whose issuers number differently.
    ///
    /// Total: any text gives a [`Key`], never an error, and the normal form of a normal form is
    /// itself.
    fn normalise(&self, raw: &str, issuer: Option<&str>) -> Key;
}

/// A key in its normal form, and what can be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The normal form: `A` to `Z` and `0` to `9` only; may be empty, which is junk.
    pub normal: String,
    /// Whether the key's own check digit holds.
    pub check: CheckState,
    /// Why it stands for no object at all, where it does.
    pub junk: Option<JunkReason>,
    /// Why it cannot be a key of its kind, where it cannot.
    pub not_a_key: Option<ShapeReason>,
    /// How many letters, digits or marks outside the key's alphabet were left out. Spaces and
    /// ASCII punctuation are spelling and are not counted.
    pub dropped: u32,
}

impl Key {
    /// Whether it may be compared with other keys.
    pub fn is_usable(&self) -> bool {
        self.junk.is_none() && self.not_a_key.is_none()
    }
}

/// What a key's check digit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckState {
    /// The check digit is right.
    Holds,
    /// The check digit is wrong. A flag, not a verdict: many real keys of the world fail it.
    Fails,
    /// The key carries no check digit.
    NotApplicable,
}

/// Why a text cannot be a key of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShapeReason {
    /// Too few or too many characters.
    Length,
    /// A letter that the kind never uses.
    Alphabet,
}
