//! Keys: what a passport number or a vehicle number is once spelling is taken away.
//!
//! A crate without data frames, so that it is quick to build and to fuzz, and can be used where only keys are needed.
//! A kind of key is one file in this folder behind [`KeyKind`], registered in [`ALL`]; `tests.rs`
//! holds the one conformance suite that runs over all of them.

mod administrative_document;
mod check_digit;
mod edit;
mod engine_number;
mod firearm_serial;
mod fold;
mod imei;
pub mod iso7064;
mod junk;
mod mrz;
mod name;
mod notice;
mod ocr;
mod payment_card;
mod plate;
#[cfg(test)]
mod tests;
mod travel_document;
mod vessel;
mod vin;
mod work_of_art;

pub use administrative_document::AdministrativeDocument;
pub use check_digit::{imo_ship_holds, luhn_holds, mrz_check_digit, mrz_value, vin_check_digit};
pub use edit::one_edit_apart;
pub use engine_number::EngineNumber;
pub use firearm_serial::FirearmSerial;
pub use imei::Imei;
pub use junk::JunkReason;
pub use mrz::Mrz;
pub use name::{NAME_WORDS, name_words, transliterated};
pub use notice::Notice;
pub use ocr::{ocr_distance, ocr_fold, ocr_letter};
pub use payment_card::PaymentCard;
pub use plate::Plate;
pub use travel_document::TravelDocument;
pub use vessel::Vessel;
pub use vin::Vin;
pub use work_of_art::WorkOfArt;

/// Every kind of key that can be screened, in the order of the column `key_kind`.
pub const ALL: &[&dyn KeyKind] = &[
    &TravelDocument,
    &AdministrativeDocument,
    &Vin,
    &EngineNumber,
    &Plate,
    &Vessel,
    &FirearmSerial,
    &Imei,
    &PaymentCard,
    &WorkOfArt,
    &Notice,
];

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

    /// Normal forms that the key may have been, each proved by a check digit that holds for it and not for the key as
    /// read. None for kinds without check digits.
    fn repairs(&self, _key: &Key) -> Vec<String> {
        Vec::new()
    }

    /// The normal form with characters folded that readers of the kind take for each other; `None` for kinds that
    /// people type and no camera reads.
    fn folded(&self, _normal: &str) -> Option<String> {
        None
    }

    /// Whether two different normal forms of one folded form may be one key misread.
    fn confusable(&self, _a: &str, _b: &str) -> bool {
        false
    }

    /// What the normal form of plain ASCII text is, for kinds where that can be told without [`Self::normalise`]: the
    /// fast way for the many texts that are nothing else. `None` for kinds with rules of their own.
    fn plain(&self) -> Option<Plain> {
        None
    }

    /// Whether the key itself is a secret, of which only a keyed digest may be kept.
    fn is_secret(&self) -> bool {
        false
    }
}

/// The normal form of an ASCII text of at most 64 characters is its letters and digits in capitals; it is usable where it
/// is no junk, has this many characters and none of the letters that the kind never uses. Whether it is junk needs no
/// asking where it has a digit and two different characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain {
    /// Fewest characters.
    pub least: usize,
    /// Most characters.
    pub most: usize,
    /// Letters that the kind never uses.
    pub never: &'static str,
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
    /// The issuer that the key itself states, as a machine-readable zone does.
    pub issuer: Option<String>,
    /// Whether characters that were misread have been put right, proved by check digits.
    pub repaired: bool,
    /// Who it was issued to, where the key itself states it, as a machine-readable zone does.
    pub holder: Option<Holder>,
}

/// The holder of a document, as a machine-readable zone states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Surname and given names, with spaces in place of fillers; cut off where the zone has no place for more.
    pub names: String,
    /// Date of birth, `YYMMDD`; unknown parts are fillers.
    pub birth: String,
}

impl Key {
    /// A key of which nothing is amiss.
    fn plain(normal: String, check: CheckState) -> Self {
        Self { normal, check, junk: None, not_a_key: None, dropped: 0, issuer: None, repaired: false, holder: None }
    }

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

impl CheckState {
    /// What a check digit says that is right, wrong, or not there.
    const fn of(holds: Option<bool>) -> Self {
        match holds {
            Some(true) => Self::Holds,
            Some(false) => Self::Fails,
            None => Self::NotApplicable,
        }
    }
}

/// Why a text cannot be a key of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShapeReason {
    /// Too few or too many characters.
    Length,
    /// A letter that the kind never uses.
    Alphabet,
}
