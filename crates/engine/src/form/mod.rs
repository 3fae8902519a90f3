//! From a key as printed to the 64 bits under which records are found.
//!
//! What is hashed is the normal form with the characters folded that readers take for each other. So one look-up finds a
//! key, its repairs, and what it may have been confused with; which of them it is, is judged on the keys themselves. For
//! the bulk of keys, plain ASCII of a kind without rules of its own, the form is made without an allocation.

mod batch;

use std::borrow::Cow;

use quipu_keys::{ALL, Key, KeyKind, Plain, ocr_fold};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

pub(crate) use batch::{Folded, Texts as ShortTexts};

use crate::Request;
use crate::issuer::Countries;
use crate::keys::Row;
use crate::near::Person;
use crate::remembered::Secret;

/// Version of what is hashed and how. An index of another version is made anew.
pub(crate) const VERSION: u32 = 1;

/// The number of a kind among all kinds; [`UNKNOWN`] where it is none or not screened.
pub(crate) type KindNumber = u8;
pub(crate) const UNKNOWN: KindNumber = u8::MAX;

const SEED: u64 = 0x7175_6970_752d_6b31;
/// The issuer of a record that states none, although it is part of its key.
const NAMELESS: u64 = 0x6e61_6d65_6c65_7373;
/// Most characters that are put into two words.
const PACKED: usize = 16;
/// Longest text that is looked at in the short way.
const SHORT: usize = 32;

const DIGIT: u8 = 1;
const NEVER_IN_VIN: u8 = 2;
const NOT_ASCII: u8 = 4;

/// The issuer of a row, as what it adds to the hash; 0 where none is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Issuer(u64);

impl Issuer {
    /// From a code.
    pub(crate) fn of(code: Option<&str>) -> Self {
        Self(code.map_or(0, |code| xxh3_64_with_seed(code.as_bytes(), SEED) | 1))
    }

    /// One of so many places.
    pub(crate) fn slot(self, places: usize) -> usize {
        usize::try_from(self.0 >> 1).unwrap_or(0) % places.max(1)
    }
}

/// A key, ready to be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The hash of kind, issuer and folded number.
    Key(u64),
    /// The issuer is part of the key and missing; the folded number is in [`Forms::folded`].
    Nameless,
    /// The pipeline does not screen its kind.
    NotScreened,
    /// It names no object.
    Junk,
    /// It cannot be a key of its kind.
    NotAKey,
}

#[derive(Debug, Clone, Copy)]
struct KindForm {
    screened: bool,
    needs_issuer: bool,
    seed: u64,
    plain: Option<Plain>,
    /// Its numbers are secrets: a hash that everybody can make would tell them.
    keyed: bool,
}

/// A kind whose keys are told by their letters and digits; no key has as few characters where that does not hold.
#[derive(Debug, Clone, Copy)]
struct PlainKind {
    seed: u64,
    /// All bits where the issuer is part of the key.
    by_issuer: u64,
    least: u8,
    most: u8,
}

impl PlainKind {
    const NONE: Self = Self { seed: 0, by_issuer: 0, least: 1, most: 0 };

    fn of(kind: &KindForm) -> Self {
        let Some(plain) = kind.plain.filter(|plain| kind.screened && plain.never.is_empty()) else { return Self::NONE };
        let short = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
        Self {
            seed: kind.seed,
            by_issuer: if kind.needs_issuer { u64::MAX } else { 0 },
            least: short(plain.least).max(1),
            most: short(plain.most),
        }
    }
}

/// Makes forms.
pub(crate) struct Forms<'a> {
    countries: &'a Countries,
    secret: Option<&'a Secret>,
    kinds: Vec<KindForm>,
    /// The kinds as far as the hashes of most keys need them, by all numbers that there can be.
    plain: Box<[PlainKind; 256]>,
    /// What each byte folds to, and in the upper half what it tells of the text.
    fold: [u16; 256],
    /// The folded number of the last row that was not made in the short way or has no issuer.
    folded: Vec<u8>,
    /// The issuer of the last row: as stated beside the key, or by the key itself.
    pub(crate) stated: Issuer,
    /// Whether numbers that are near each other are looked for.
    near: bool,
}

impl<'a> Forms<'a> {
    /// For what a request screens.
    pub(crate) fn of(countries: &'a Countries, request: &'a Request) -> Self {
        let forms = Self::new(countries, &request.kinds, request.secret.as_ref());
        Self { near: request.grades.near(), ..forms }
    }

    /// For the kinds that are screened. Those whose numbers are secrets are screened under a secret alone.
    pub(crate) fn new(countries: &'a Countries, screened: &[String], secret: Option<&'a Secret>) -> Self {
        let kinds = ALL.iter().map(|kind| KindForm {
            screened: screened.iter().any(|name| name == kind.name()) && (secret.is_some() || !kind.is_secret()),
            keyed: kind.is_secret(),
            needs_issuer: kind.needs_issuer(),
            seed: xxh3_64_with_seed(kind.name().as_bytes(), SEED),
            plain: kind.plain(),
        });
        let mut fold = [0; 256];
        for (byte, fold) in (0_u8..=u8::MAX).zip(&mut fold) {
            let letter = char::from(byte).to_ascii_uppercase();
            let (mut folded, mut class) = (0, if byte.is_ascii() { 0 } else { NOT_ASCII });
            if letter.is_ascii_alphanumeric() {
                folded = ocr_fold(&letter.to_string()).bytes().next().unwrap_or(0);
                class = if letter.is_ascii_digit() { DIGIT } else { 0 };
                class |= if matches!(letter, 'I' | 'O' | 'Q') { NEVER_IN_VIN } else { 0 };
            }
            *fold = u16::from_le_bytes([folded, class]);
        }
        let kinds: Vec<KindForm> = kinds.collect();
        let mut plain = Box::new([PlainKind::NONE; 256]);
        plain.iter_mut().zip(&kinds).for_each(|(plain, kind)| *plain = PlainKind::of(kind));
        Self { countries, secret, kinds, plain, fold, folded: Vec::new(), stated: Issuer(0), near: false }
    }

    /// The kind of this name.
    pub(crate) fn kind(&self, name: Option<&[u8]>) -> KindNumber {
        let found = ALL.iter().position(|kind| Some(kind.name().as_bytes()) == name);
        let screened = |at: &usize| self.kinds.get(*at).is_some_and(|kind| kind.screened);
        found.filter(screened).and_then(|at| KindNumber::try_from(at).ok()).unwrap_or(UNKNOWN)
    }

    /// The issuer that a text names.
    pub(crate) fn issuer(&self, raw: Option<&[u8]>) -> Issuer {
        let text = raw.map(String::from_utf8_lossy);
        Issuer::of(self.countries.code(text.as_deref()).as_deref())
    }

    /// The hash of a key that was folded among others; `None` where that does not tell it.
    #[inline]
    pub(crate) fn hashed(&self, kind: KindNumber, issuer: Issuer, folded: &Folded) -> Option<u64> {
        let how = self.plain.get(usize::from(kind))?;
        let fits = (how.least..=how.most).contains(&folded.count);
        let issuer = issuer.0 & how.by_issuer;
        (fits && (issuer != 0 || how.by_issuer == 0)).then(|| mixed(folded.low, folded.high, how.seed ^ issuer))
    }

    /// The form of a key.
    pub(crate) fn form(&mut self, kind: KindNumber, issuer: Issuer, raw: Option<&[u8]>) -> Form {
        self.stated = issuer;
        let raw = raw.unwrap_or_default();
        let Some(how) = self.kinds.get(usize::from(kind)).copied() else { return Form::NotScreened };
        let Some(words) = how.plain.and_then(|plain| self.short(plain, raw)) else {
            return self.long(kind, how, issuer, raw);
        };
        if !how.needs_issuer {
            return Form::Key(self.hash(words, how.seed));
        }
        if issuer.0 == 0 {
            if words.count <= PACKED {
                self.folded.clear();
                let bytes = (u128::from(words.high) << 64 | u128::from(words.low)).to_le_bytes();
                self.folded.extend_from_slice(bytes.get(..words.count).unwrap_or_default());
            }
            return Form::Nameless;
        }
        Form::Key(self.hash(words, how.seed ^ issuer.0))
    }

    /// The hash of what was folded in the short way.
    fn hash(&self, words: Words, seed: u64) -> u64 {
        if words.count <= PACKED { mixed(words.low, words.high, seed) } else { hash(&self.folded, seed) }
    }

    /// Folds a plain key character by character; more than 16 are left in `folded`. `None` where the kind itself has to be
    /// asked.
    fn short(&mut self, plain: Plain, raw: &[u8]) -> Option<Words> {
        if raw.len() > SHORT {
            return None;
        }
        let mut folded = [0; SHORT];
        let (mut count, mut class) = (0, 0);
        for byte in raw {
            let [letter, of] = self.fold.get(usize::from(*byte)).copied().unwrap_or(0).to_le_bytes();
            *folded.get_mut(count)? = letter;
            count += usize::from(letter != 0);
            class |= of;
        }
        let told = class & NOT_ASCII == 0
            && class & DIGIT != 0
            && (plain.least..=plain.most).contains(&count)
            && (plain.never.is_empty() || class & NEVER_IN_VIN == 0);
        let folded = folded.get(..count)?;
        let (first, rest) = folded.split_first()?;
        if !told || rest.iter().all(|byte| byte == first) {
            return None;
        }
        if count > PACKED {
            self.folded.clear();
            self.folded.extend_from_slice(folded);
            return Some(Words { low: 0, high: 0, count });
        }
        let (low, high) = packed(folded);
        Some(Words { low, high, count })
    }

    fn long(&mut self, kind: KindNumber, how: KindForm, issuer: Issuer, raw: &[u8]) -> Form {
        let Some(rules) = ALL.get(usize::from(kind)) else { return Form::NotScreened };
        let key = rules.normalise(&text_of(raw), None);
        if key.junk.is_some() {
            return Form::Junk;
        }
        if key.not_a_key.is_some() && rules.repairs(&key).is_empty() {
            return Form::NotAKey;
        }
        self.folded.clear();
        self.folded.extend_from_slice(ocr_fold(&key.normal).as_bytes());
        if how.keyed {
            return self.secret.map_or(Form::NotScreened, |secret| Form::Key(secret.number(&self.folded) ^ how.seed));
        }
        if !how.needs_issuer {
            return Form::Key(hash(&self.folded, how.seed));
        }
        // The lines of a machine-readable zone say their issuer themselves.
        let issuer =
            if issuer.0 == 0 { Issuer::of(self.countries.code(key.issuer.as_deref()).as_deref()) } else { issuer };
        self.stated = issuer;
        if issuer.0 == 0 { Form::Nameless } else { Form::Key(hash(&self.folded, how.seed ^ issuer.0)) }
    }

    /// The hash of the last nameless key with an issuer, or as a record without one has it.
    pub(crate) fn named(&self, kind: KindNumber, issuer: Option<Issuer>) -> u64 {
        let seed = self.kinds.get(usize::from(kind)).map_or(0, |kind| kind.seed);
        hash(&self.folded, seed ^ issuer.map_or(NAMELESS, |issuer| issuer.0))
    }

    /// Whether numbers that are near each other are looked for, so that names and dates of birth are needed.
    pub(crate) const fn near(&self) -> bool {
        self.near
    }

    /// The hashes under which a row is found by rows that are near it; none where that is not looked for. `by_issuer`
    /// says that only those of the same issuer matter, where it is part of the key.
    pub(crate) fn blocks(&self, row: &Row, by_issuer: bool, out: &mut Vec<u64>) {
        out.clear();
        let kind = ALL.get(usize::from(row.kind)).zip(self.kinds.get(usize::from(row.kind)));
        let Some((rules, how)) = kind.filter(|(_, how)| self.near && how.screened && !how.keyed) else { return };
        let raw = row.raw.unwrap_or_default();
        // No key as short as that states its holder.
        if row.person.names.is_none() && row.person.born.day().is_none() && raw.len() <= SHORT {
            return;
        }
        let key = rules.normalise(&text_of(raw), None);
        if key.is_usable() {
            let names = row.person.names.map(text_of);
            let person = Person::of(names.as_deref(), row.person.born.day(), key.holder.as_ref());
            let issuer = if by_issuer && how.needs_issuer { row.issuer.0 } else { 0 };
            person.blocks(&key.normal, how.seed ^ issuer, out);
        }
    }

    /// The hash of a number, whoever issued it; `None` where there is no key.
    pub(crate) fn number(&mut self, kind: KindNumber, raw: Option<&[u8]>) -> Option<u64> {
        let needs_issuer = self.kinds.get(usize::from(kind))?.needs_issuer;
        match self.form(kind, Issuer(0), raw) {
            Form::Key(hash) if !needs_issuer => Some(hash),
            _ => self.nameless(kind, raw),
        }
    }

    /// The hash that a key with an issuer would have without one.
    pub(crate) fn nameless(&mut self, kind: KindNumber, raw: Option<&[u8]>) -> Option<u64> {
        match self.form(kind, Issuer(0), raw) {
            Form::Nameless => Some(self.named(kind, None)),
            // The key itself states its issuer.
            Form::Key(_) if self.stated.0 != 0 => Some(self.named(kind, None)),
            _ => None,
        }
    }
}

/// Up to 16 characters, the first one in the lowest bits. More are kept elsewhere.
#[derive(Debug, Clone, Copy)]
struct Words {
    low: u64,
    high: u64,
    count: usize,
}

/// Up to 16 folded characters as two words.
fn packed(folded: &[u8]) -> (u64, u64) {
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    let (low, high) = folded.split_at(folded.len().min(8));
    (word(low), word(high))
}

/// 64 bits of folded characters.
fn hash(folded: &[u8], seed: u64) -> u64 {
    if folded.len() > PACKED {
        return xxh3_64_with_seed(folded, seed);
    }
    let (low, high) = packed(folded);
    mixed(low, high, seed)
}

/// 64 bits of up to 16 characters: both words multiplied in full, and the product folded, twice. No character is 0, so
/// that numbers of different lengths are different numbers.
#[expect(clippy::cast_possible_truncation, reason = "halves are what is wanted")]
const fn mixed(low: u64, high: u64, seed: u64) -> u64 {
    const ONE: u64 = 0xa076_1d64_78bd_642f;
    const TWO: u64 = 0xe703_7ed1_a0b4_28db;
    let product = (low ^ seed ^ ONE) as u128 * (high ^ seed.rotate_left(32) ^ TWO) as u128;
    let folded = (product as u64) ^ ((product >> 64) as u64);
    let product = (folded ^ seed) as u128 * TWO as u128;
    (product as u64) ^ ((product >> 64) as u64)
}

/// The text of a key as read; what is no UTF-8 is replaced, as it could be in no key.
pub(crate) fn text_of(raw: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(raw)
}

/// Whether a key takes part: it names an object and is one of its kind, or was one before it was misread.
pub(crate) fn takes_part(kind: &dyn KeyKind, key: &Key) -> bool {
    key.junk.is_none() && (key.not_a_key.is_none() || !kind.repairs(key).is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn screened() -> Vec<String> {
        ALL.iter().map(|kind| kind.name().to_owned()).collect()
    }

    fn any_raw() -> impl Strategy<Value = String> {
        prop_oneof![
            "[A-Za-z0-9<>\\-./ ]{0,70}",
            "[A-HJ-NPR-Z0-9IOQ]{17}",
            "[0OQD1IZ2S5B8G6]{2,12}",
            any::<String>(),
            "[PIACV][A-Z0-9<]{71}",
        ]
    }

    proptest! {
        /// The short way and the kind's own rules say the same of every text.
        #[test]
        fn the_short_way_is_the_long_way(raw in any_raw(), issuer in prop_oneof![Just(None), Just(Some("BRA"))]) {
            let countries = Countries::known();
            let mut forms = Forms::new(&countries, &screened(), None);
            let issuer = forms.issuer(issuer.map(str::as_bytes));
            for (number, kind) in (0_u8..).zip(ALL) {
                let short = forms.form(number, issuer, Some(raw.as_bytes()));
                let short_name = matches!(short, Form::Nameless).then(|| forms.named(number, None));
                let how = forms.kinds[usize::from(number)];
                let long = forms.long(number, how, issuer, raw.as_bytes());
                let long_name = matches!(long, Form::Nameless).then(|| forms.named(number, None));
                prop_assert_eq!((short, short_name), (long, long_name), "{} {:?}", kind.name(), raw);
                let key = kind.normalise(&raw, None);
                prop_assert_eq!(takes_part(*kind, &key), matches!(short, Form::Key(_) | Form::Nameless));
                for repaired in kind.repairs(&key) {
                    prop_assert_eq!(forms.form(number, issuer, Some(repaired.as_bytes())), short);
                }
            }
        }
    }

    #[test]
    fn what_is_not_screened() {
        let countries = Countries::known();
        let mut forms = Forms::new(&countries, &["plate".to_owned()], None);
        assert_eq!(forms.kind(Some(b"vin")), UNKNOWN);
        assert_eq!(forms.kind(None), UNKNOWN);
        let plate = forms.kind(Some(b"plate"));
        let issuer = forms.issuer(Some(b"CHL"));
        assert_eq!(forms.form(UNKNOWN, issuer, Some(b"AB1234")), Form::NotScreened);
        let key = forms.form(plate, issuer, Some(b"AB 1234"));
        assert!(matches!(key, Form::Key(_)));
        let other = forms.issuer(Some(b"cl"));
        assert_eq!(key, forms.form(plate, other, Some(b"ab-IZ34")), "what looks alike is found together");
    }
}
