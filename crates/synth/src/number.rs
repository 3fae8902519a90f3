//! The key that a number is, by its kind: always another one, and always one that its kind's rules accept.

use quipu_keys::{ocr_letter, vin_check_digit};

/// Letters that no kind takes for a figure.
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPRSTUVWXYZ";
/// All letters.
const ALL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Codes of makers of vehicles.
const MAKERS: [&str; 8] = ["9BW", "3VW", "1HG", "WVW", "8AP", "JTD", "KMH", "VF1"];

/// Takes the last places of a number off it.
struct Digits(u64);

impl Digits {
    fn below(&mut self, bound: u64) -> u64 {
        let digit = self.0 % bound;
        self.0 /= bound;
        digit
    }

    fn of(&mut self, alphabet: &[u8]) -> char {
        let at = self.below(alphabet.len() as u64);
        usize::try_from(at).ok().and_then(|at| alphabet.get(at)).map_or('A', |b| char::from(*b))
    }

    fn text(&mut self, count: usize, alphabet: &[u8]) -> String {
        (0..count).map(|_| self.of(alphabet)).collect()
    }
}

/// The key of a kind that a number below [`crate::NUMBERS`] is, as its document prints it.
pub(crate) fn key(kind: &str, number: u64) -> String {
    let mut digits = Digits(number);
    match kind {
        "administrative-document" => {
            let figures = digits.below(100_000_000);
            format!("{}{figures:08}", digits.text(3, ALL))
        }
        "vin" => {
            let serial = digits.below(1_000_000);
            let (describing, year, plant) = (digits.text(4, LETTERS), digits.of(LETTERS), digits.of(LETTERS));
            let maker = MAKERS.get(usize::try_from(number % 8).unwrap_or(0)).copied().unwrap_or("9BW");
            let whole = |check: char| format!("{maker}{describing}A{check}{year}{plant}{serial:06}");
            whole(vin_check_digit(&whole('0')).unwrap_or('0'))
        }
        "plate" => {
            let figures = digits.below(100_000);
            format!("{}{figures:05}{}", digits.text(3, LETTERS), digits.of(LETTERS))
        }
        "engine-number" => {
            let figures = digits.below(1_000_000_000);
            format!("{}{figures:09}", digits.text(3, LETTERS))
        }
        "notice" => {
            let control = digits.below(1_000_000);
            let (part, year) = (digits.below(99) + 1, digits.below(30) + 1995);
            format!("{}-{control}/{part}-{year}", digits.of(ALL))
        }
        "firearm-serial" => {
            let figures = digits.below(100_000_000);
            format!("{}{figures:08}", digits.text(2, LETTERS))
        }
        "work-of-art" => format!("WOA{number:010}"),
        "vessel" => {
            let serial = digits.below(100_000);
            let (month, year, model) = (digits.of(b"ABCDEFGHIJKL"), digits.below(10), digits.below(100));
            format!("{}{serial:05}{month}{year}{model:02}", digits.text(3, ALL))
        }
        // Travel documents.
        _ => {
            let figures = digits.below(10_000_000);
            format!("{}{figures:07}", digits.text(2, ALL))
        }
    }
}

/// Figures that stand last in the keys of documents.
const FIGURES: u32 = 7;

/// A number whose key differs from that of another one by a slip of the hand: two neighbouring figures in each other's
/// place, or where they are the same, one figure another one.
pub(crate) fn slipped(number: u64, choice: u64) -> u64 {
    let place = 10_u64.pow(u32::try_from(choice % u64::from(FIGURES - 1)).unwrap_or(0));
    let (right, left) = (number / place % 10, number / (place * 10) % 10);
    let rest = number - (right + left * 10) * place;
    let (left, right) = if left == right { (left, (right + 1) % 10) } else { (right, left) };
    rest + (right + left * 10) * place
}

/// The key with one figure read as the letter that looks like it; `None` where no figure looks like one. Such a key is
/// no record's: letters stand elsewhere in all of them.
pub(crate) fn misread(key: &str, choice: u64) -> Option<String> {
    let places: Vec<usize> = key.char_indices().filter(|(_, c)| ocr_letter(*c).is_some()).map(|(at, _)| at).collect();
    let place = *places.get(usize::try_from(choice % places.len().max(1) as u64).ok()?)?;
    Some(key.char_indices().map(|(at, c)| if at == place { ocr_letter(c).unwrap_or(c) } else { c }).collect())
}

/// The key as somebody typed it: in small letters, or with blanks or hyphens.
pub(crate) fn spelt(key: &str, choice: u64) -> String {
    let middle = key.len() / 2;
    let parted = |mark: &str| {
        let (head, tail) = key.split_at_checked(middle).unwrap_or((key, ""));
        format!("{head}{mark}{tail}")
    };
    match choice % 12 {
        0 => key.to_ascii_lowercase(),
        1 => parted(" "),
        2 => parted("-"),
        _ => key.to_owned(),
    }
}
