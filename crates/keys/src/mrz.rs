//! Machine-readable zones of travel documents (ICAO Doc 9303 parts 3 to 7): TD1 (three lines of 30), TD2 and MRV-B (two
//! of 36), TD3 and MRV-A (two of 44). All check digits are verified; a reading mistake is mended only where a check
//! digit then holds.

use std::ops::Range;

use super::check_digit::mrz_check_digit;
use super::ocr;

/// Where the fields of a form stand: line and characters, from 0.
struct Form {
    lines: usize,
    width: usize,
    issuer: Field,
    names: Field,
    number: Field,
    birth: Field,
    expiry: Field,
    nationality: Field,
    optional: Field,
    /// Place of the check digit over several fields; visas have none.
    composite: Option<(usize, usize)>,
}

type Field = (usize, Range<usize>);

const TD1: Form = Form {
    lines: 3,
    width: 30,
    issuer: (0, 2..5),
    names: (2, 0..30),
    number: (0, 5..14),
    birth: (1, 0..6),
    expiry: (1, 8..14),
    nationality: (1, 15..18),
    optional: (0, 15..30),
    composite: Some((1, 29)),
};
const TD2: Form = Form {
    lines: 2,
    width: 36,
    issuer: (0, 2..5),
    names: (0, 5..36),
    number: (1, 0..9),
    birth: (1, 13..19),
    expiry: (1, 21..27),
    nationality: (1, 10..13),
    optional: (1, 28..35),
    composite: Some((1, 35)),
};
const TD3: Form = Form {
    lines: 2,
    width: 44,
    issuer: (0, 2..5),
    names: (0, 5..44),
    number: (1, 0..9),
    birth: (1, 13..19),
    expiry: (1, 21..27),
    nationality: (1, 10..13),
    optional: (1, 28..42),
    composite: Some((1, 43)),
};

/// What a machine-readable zone says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mrz {
    /// The first letter of the document code: `P` passport, `I`, `A` or `C` card, `V` visa.
    pub class: char,
    /// Issuing state or organisation, without fillers (`D` for Germany).
    pub issuer: String,
    /// The document number, without fillers, and with its rest where it is longer than nine characters.
    pub number: String,
    /// Whether the check digit of the number holds.
    pub number_holds: bool,
    /// Surname and given names, with spaces in place of fillers. No check digit sees them, and they have letters alone: a
    /// figure in them is a letter that was misread, and is put right.
    pub names: String,
    /// Date of birth as printed, `YYMMDD`; unknown parts are fillers.
    pub birth: String,
    /// Date of expiry as printed.
    pub expiry: String,
    /// Nationality, without fillers.
    pub nationality: String,
    /// Whether all check digits hold: number, birth, expiry, personal number and the composite one.
    pub holds: bool,
    /// How many characters were mended.
    pub repaired: usize,
}

impl Mrz {
    /// Reads the zone in a text: its lines, with or without line ends between them. `None` where the text has not the
    /// form of one.
    pub fn parse(text: &str) -> Option<Self> {
        let zone: Vec<u8> = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| u8::try_from(c.to_ascii_uppercase()).ok().filter(|b| is_of_zone(*b)))
            .collect::<Option<_>>()?;
        let form = [&TD1, &TD2, &TD3].into_iter().find(|form| form.lines * form.width == zone.len())?;
        // 90 characters are a zone by their document code and fillers only.
        let class = char::from(*zone.first()?);
        if !matches!(class, 'P' | 'I' | 'A' | 'C' | 'V') || !zone.contains(&b'<') {
            return None;
        }
        let read = Zone { form, class, chars: zone };
        Some(read.mended().unwrap_or_else(|| read.read(0)))
    }
}

fn is_of_zone(b: u8) -> bool {
    b == b'<' || b.is_ascii_uppercase() || b.is_ascii_digit()
}

#[derive(Clone)]
struct Zone {
    form: &'static Form,
    class: char,
    chars: Vec<u8>,
}

impl Zone {
    fn text(&self, (line, range): &Field) -> String {
        let start = line * self.form.width;
        let bytes = self.chars.get(start + range.start..start + range.end).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn at(&self, line: usize, place: usize) -> char {
        self.chars.get(line * self.form.width + place).map_or('<', |b| char::from(*b))
    }

    /// Whether the character behind a field is its check digit.
    fn checked(&self, field: &Field) -> bool {
        holds(&self.text(field), self.at(field.0, field.1.end))
    }

    fn names(&self) -> String {
        let read = self.text(&self.form.names);
        let words = read.split('<').filter(|word| !word.is_empty());
        let letters = |word: &str| word.chars().map(|c| ocr::ocr_letter(c).unwrap_or(c)).collect::<String>();
        words.map(letters).collect::<Vec<_>>().join(" ")
    }

    /// The document number and whether its check digit holds. A number of more than nine characters goes on in the
    /// optional data: a filler stands in place of its check digit, which follows the rest (Doc 9303-5, 4.2.2.1).
    fn number(&self) -> (String, bool) {
        let number = self.text(&self.form.number);
        let behind = self.at(self.form.number.0, self.form.number.1.end);
        if behind != '<' || number.contains('<') {
            let filled = number.trim_end_matches('<').to_owned();
            return (filled, holds(&number, behind));
        }
        let optional = self.text(&self.form.optional);
        let rest = optional.split('<').next().unwrap_or_default();
        match rest.char_indices().next_back() {
            Some((at, check)) if at > 0 => {
                let whole = format!("{number}{}", rest.get(..at).unwrap_or_default());
                let right = holds(&whole, check);
                (whole, right)
            }
            _ => (number, false),
        }
    }

    /// The check digit over the fields that are checked by themselves, where the form has one.
    fn composite(&self) -> bool {
        // Visas end with optional data.
        let Some((line, place)) = self.form.composite.filter(|_| self.class != 'V') else { return true };
        let width = self.form.width;
        let part = |line: usize, range: Range<usize>| {
            let bytes = self.chars.get(line * width + range.start..line * width + range.end).unwrap_or_default();
            String::from_utf8_lossy(bytes).into_owned()
        };
        let fields = if self.form.lines == 3 {
            [part(0, 5..30), part(1, 0..7), part(1, 8..15), part(1, 18..29)]
        } else {
            [part(1, 0..10), part(1, 13..20), part(1, 21..place), String::new()]
        };
        holds(&fields.concat(), self.at(line, place))
    }

    /// TD3 has a check digit for the personal number; a filler may stand for it where there is none.
    fn personal(&self) -> bool {
        if self.form.width != TD3.width || self.class == 'V' {
            return true;
        }
        let number = self.text(&self.form.optional);
        let check = self.at(self.form.optional.0, self.form.optional.1.end);
        holds(&number, check) || check == '<' && number.bytes().all(|b| b == b'<')
    }

    fn read(&self, repaired: usize) -> Mrz {
        let (number, number_holds) = self.number();
        let plain = |field: &Field| self.text(field).trim_end_matches('<').to_owned();
        let holds = number_holds
            && self.checked(&self.form.birth)
            && self.checked(&self.form.expiry)
            && self.personal()
            && self.composite();
        Mrz {
            class: self.class,
            issuer: plain(&self.form.issuer),
            number,
            number_holds,
            names: self.names(),
            birth: self.text(&self.form.birth),
            expiry: self.text(&self.form.expiry),
            nationality: plain(&self.form.nationality),
            holds,
            repaired,
        }
    }

    /// The zone with characters that a reader took for others put right: figures in dates and check digits, letters in
    /// codes of states, and in the number one character of a class, where all check digits hold afterwards.
    fn mended(&self) -> Option<Mrz> {
        let states = [&self.form.issuer, &self.form.nationality].map(|field| self.text(field)).concat();
        let right = self.read(0);
        // Codes of states have letters only, and no check digit sees them.
        if right.holds && !states.contains(|c: char| c.is_ascii_digit()) {
            return Some(right);
        }
        let mut zone = self.clone();
        let mut repaired = 0;
        let mut put = |zone: &mut Self, field: &Field, wanted: fn(char) -> Option<char>| {
            let start = field.0 * zone.form.width;
            for place in start + field.1.start..start + field.1.end {
                let Some(b) = zone.chars.get_mut(place) else { continue };
                if let Some(other) =
                    wanted(char::from(*b)).and_then(|c| u8::try_from(c).ok()).filter(|other| other != b)
                {
                    *b = other;
                    repaired += 1;
                }
            }
        };
        let form = self.form;
        for field in [&form.issuer, &form.nationality] {
            put(&mut zone, field, ocr::ocr_letter);
        }
        let behind = |field: &Field| (field.0, field.1.end..field.1.end + 1);
        for field in [&form.birth, &form.expiry] {
            put(&mut zone, field, figure);
            put(&mut zone, &behind(field), figure);
        }
        put(&mut zone, &behind(&form.number), figure);
        if let Some((line, place)) = form.composite.filter(|_| self.class != 'V') {
            put(&mut zone, &(line, place..place + 1), figure);
        }
        let read = zone.read(repaired);
        if read.holds {
            return Some(read);
        }
        // One character of the number, where that alone mends everything, and only one does.
        let start = form.number.0 * form.width + form.number.1.start;
        let mut found: Option<Mrz> = None;
        for place in start..start + form.number.1.len() {
            let Some(own) = zone.chars.get(place).map(|b| char::from(*b)) else { continue };
            for other in ocr::alike(own) {
                let mut tried = zone.clone();
                if let (Some(b), Ok(other)) = (tried.chars.get_mut(place), u8::try_from(other)) {
                    *b = other;
                }
                let read = tried.read(repaired + 1);
                if read.holds {
                    if found.as_ref().is_some_and(|known| known.number != read.number) {
                        return None;
                    }
                    found = Some(read);
                }
            }
        }
        found
    }
}

/// Whether a field has this check digit.
fn holds(field: &str, check: char) -> bool {
    check.to_digit(10).is_some_and(|check| mrz_check_digit(field) == Some(check))
}

/// The figure that a letter in a field of figures was: B8 G6 O0 I1 S5 Z2, and D0 Q0.
fn figure(c: char) -> Option<char> {
    Some(ocr::class(c)).filter(char::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // The specimens of Doc 9303 parts 4, 5 and 6; Utopia issues no real document.
    const PASSPORT: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
    const CARD: &str = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<";
    const TD2_CARD: &str = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6";

    #[test]
    fn specimens() {
        let passport = Mrz::parse(PASSPORT).unwrap();
        assert!(passport.holds && passport.number_holds && passport.repaired == 0, "{passport:?}");
        assert_eq!(
            (passport.class, passport.issuer.as_str(), passport.number.as_str(), passport.birth.as_str()),
            ('P', "UTO", "L898902C3", "740812")
        );
        assert_eq!(passport.names, "ERIKSSON ANNA MARIA");
        assert_eq!(Mrz::parse(&PASSPORT.replace("ERIKSSON", "ER1KS5ON")).unwrap().names, "ERIKSSON ANNA MARIA");
        for card in [CARD, TD2_CARD] {
            let card = Mrz::parse(card).unwrap();
            assert!(card.holds, "{card:?}");
            assert_eq!((card.class, card.issuer.as_str(), card.number.as_str()), ('I', "UTO", "D23145890"));
            assert_eq!(card.names, "ERIKSSON ANNA MARIA");
            assert_eq!((card.expiry.as_str(), card.nationality.as_str()), ("120415", "UTO"));
        }
        assert_eq!(Mrz::parse(&PASSPORT.replace('\n', "")).unwrap(), passport, "lines without their ends");
        assert_eq!(Mrz::parse(&PASSPORT.to_lowercase()).unwrap(), passport);
    }

    #[test]
    fn a_long_number_goes_on_in_the_optional_data() {
        // 11 characters: nine, a filler, the two others and the check digit of all.
        let check = mrz_check_digit("D23145890AB").unwrap();
        let mut first = format!("I<UTOD23145890<AB{check}");
        while first.len() < 30 {
            first.push('<');
        }
        let upper = format!("{}7408122", first.get(5..30).unwrap());
        let composite = mrz_check_digit(&format!("{upper}1204159<<<<<<<<<<<")).unwrap();
        let text = format!("{first}\n7408122F1204159UTO<<<<<<<<<<<{composite}\nERIKSSON<<ANNA<MARIA<<<<<<<<<<");
        let card = Mrz::parse(&text).unwrap();
        assert_eq!(card.number, "D23145890AB");
        assert!(card.holds, "{card:?}");
    }

    #[test]
    fn reading_mistakes_are_mended_where_a_check_digit_proves_it() {
        for (from, to) in [
            ("L898902C36UTO", "L8989O2C36UTO"),
            ("UTO7408122F", "UTO74O8I22F"),
            ("36UTO74", "36UT074"),
            ("F1204159", "FIZO4IS9"),
        ] {
            let read = Mrz::parse(&PASSPORT.replace(from, to)).unwrap();
            assert!(read.holds && read.repaired > 0, "{to}: {read:?}");
            assert_eq!(
                (read.number.as_str(), read.nationality.as_str(), read.birth.as_str()),
                ("L898902C3", "UTO", "740812")
            );
        }
        // What no check digit proves stays as it was read.
        let wrong = Mrz::parse(&PASSPORT.replace("L898902C3", "L898902X3")).unwrap();
        assert_eq!((wrong.number.as_str(), wrong.holds, wrong.repaired), ("L898902X3", false, 0));
    }

    #[test]
    fn what_is_no_zone() {
        for text in ["", "L898902C3", "P<UTO", &"A".repeat(88), &"<".repeat(90), &"1".repeat(72)] {
            assert_eq!(Mrz::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in any::<String>(), zone in "[PIACV][A-Z0-9<]{87}", card in "[PIACV][A-Z0-9<]{89}") {
            let _ = Mrz::parse(&text);
            for zone in [zone, card] {
                if let Some(read) = Mrz::parse(&zone) {
                    prop_assert!(read.number.bytes().all(is_of_zone));
                }
            }
        }

        /// One confusion within the classes in the number never gives another document: it is mended, or told.
        #[test]
        fn one_misread_character_is_mended_or_told(at in 0_usize..9, choice in 0_usize..3) {
            let own = "L898902C3".chars().nth(at).unwrap();
            let others: Vec<char> = ocr::alike(own).collect();
            if let Some(other) = others.get(choice) {
                let number: String = "L898902C3".chars().enumerate().map(|(i, c)| if i == at { *other } else { c }).collect();
                let read = Mrz::parse(&PASSPORT.replace("L898902C3", &number)).unwrap();
                prop_assert!(read.number == "L898902C3" || !read.holds, "{:?}", read);
            }
        }
    }
}
