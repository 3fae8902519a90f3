//! What of a record may be about a person, and the record as quarantine keeps it.
//!
//! A cell is shown where the mapping reads its column and neither the pipeline file nor the target
//! table calls it personal. Nobody vouches for any other column, so its texts are masked.

use quipu_readers::{Header, Records};
use quipu_schema::pipeline::{Placed, suggestion};
use quipu_schema::{ErrorKind, Fault, Result};
use serde_json::Value;

use crate::codes::fold;
use crate::frame::clip;

/// Most bytes of a record that are kept.
const RECORD: usize = 4_000;
/// What stands for the rest of a text.
const REST: char = '…';

/// Which columns of a table are shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Discretion {
    shown: Vec<bool>,
}

impl Discretion {
    /// Shows the columns that are read, but for those that are personal.
    ///
    /// # Errors
    /// `Shape`: a column that the pipeline file calls personal is not there. Under another name, it
    /// would no longer be protected.
    pub(crate) fn new(header: &Header, read: &[usize], personal: &[Placed<String>], place: &str) -> Result<Self> {
        let mut shown = vec![false; header.names.len()];
        for column in read {
            if let Some(shown) = shown.get_mut(*column) {
                *shown = true;
            }
        }
        for name in personal {
            let mut found = false;
            for (shown, other) in shown.iter_mut().zip(&header.names) {
                if fold(other) == fold(&name.value) {
                    (*shown, found) = (false, true);
                }
            }
            if !found {
                let message = format!(
                    "no column is named `{}` in the header on line {}, and it is declared personal",
                    name.value, header.line
                );
                let names: Vec<&str> = header.names.iter().map(String::as_str).collect();
                let help = suggestion(&name.value, names).unwrap_or_default();
                let help = format!("{help} Correct `personal` in the pipeline file, so that no person is shown");
                return Err(Fault::new(ErrorKind::Shape, message).at(place).help(help.trim_start()));
            }
        }
        Ok(Self { shown })
    }

    /// Whether the texts of a column are withheld.
    pub(crate) fn hides(&self, column: usize) -> bool {
        self.shown.get(column) != Some(&true)
    }

    /// Whether the texts of any of these columns are withheld.
    pub(crate) fn hides_any(&self, columns: &[usize]) -> bool {
        columns.iter().any(|column| self.hides(*column))
    }

    /// Whether a record whose cells fit no columns has to be withheld. A column without a name is
    /// mostly the end of a line.
    pub(crate) fn hides_records(&self, header: &Header) -> bool {
        self.shown.iter().zip(&header.names).any(|(shown, name)| !shown && !name.is_empty())
    }

    /// The cells of a record by column.
    pub(crate) fn record(&self, records: &Records<'_>, header: &Header) -> String {
        let mut names: Vec<String> = Vec::with_capacity(header.names.len());
        let cells = header.names.iter().enumerate().map(|(column, name)| {
            let field = records.fields().get(column).copied().unwrap_or_default();
            let text = records.text(field);
            let mut key = if name.is_empty() { format!("#{}", column + 1) } else { name.clone() };
            if names.contains(&key) {
                key = format!("{key} #{}", column + 1);
            }
            names.push(key.clone());
            let text = text.map(|text| if self.hides(column) { mask(text.trim()) } else { clip(text.trim()) });
            format!("{}:{}", Value::from(key), Value::from(text))
        });
        wrapped('{', cells.collect(), '}')
    }

    /// The cells of a record that fit no columns.
    pub(crate) fn loose(&self, records: &Records<'_>, header: &Header) -> String {
        let hidden = self.hides_records(header);
        let text = |text: &str| Value::from(if hidden { mask(text.trim()) } else { clip(text.trim()) }).to_string();
        let fields = records.fields().iter().map(|field| records.text(*field).map_or("null".into(), |t| text(&t)));
        wrapped('[', fields.collect(), ']')
    }

    /// A line that does not part into cells.
    pub(crate) fn line(&self, records: &Records<'_>, header: &Header) -> String {
        let text = records.record_text().unwrap_or_default();
        let text = if self.hides_records(header) { mask(text.trim()) } else { clip(text.trim()) };
        wrapped('[', vec![Value::from(text).to_string()], ']')
    }
}

/// Cells as one text, as many as there is room for.
fn wrapped(open: char, cells: Vec<String>, close: char) -> String {
    let mut out = String::from(open);
    let count = cells.len();
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if out.len() + cell.len() > RECORD {
            let left = Value::from(format!("{} more", count - index));
            let key = if open == '{' { format!("\"{REST}\":") } else { String::new() };
            out.extend([key, left.to_string()]);
            break;
        }
        out.push_str(&cell);
    }
    out.push(close);
    out
}

/// The shape of a text: neither its letters and digits nor how many of them there are.
pub(crate) fn mask(text: &str) -> String {
    let mut out = String::new();
    let mut last = None;
    for c in text.chars() {
        let class = if c.is_numeric() {
            '9'
        } else if c.is_whitespace() {
            ' '
        } else if c.is_ascii_punctuation() {
            c
        } else {
            // Marks above letters too: everything that is not known to be harmless.
            'A'
        };
        if last == Some(class) && (class == '9' || class == 'A') {
            continue;
        }
        out.push(class);
        if class == '9' || class == 'A' {
            out.push(REST);
        }
        last = Some(class);
    }
    clip(&out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn masks_show_the_shape_alone() {
        for (text, shape) in [
            ("", ""),
            ("María de los Ángeles", "A… A… A… A…"),
            ("1987-03-12", "9…-9…-9…"),
            ("QX7700113", "A…9…"),
            ("I", "A…"),
            ("Ana\u{301} ²", "A… 9…"),
            ("王小明", "A…"),
        ] {
            assert_eq!(mask(text), shape, "{text}");
        }
    }

    #[test]
    fn long_records_are_cut_with_a_mark_and_stay_json() {
        let cells: Vec<String> = (0..500).map(|n| format!("\"column {n}\":\"{n}\"")).collect();
        let text = wrapped('{', cells, '}');
        assert!(text.len() <= RECORD + 40, "{}", text.len());
        let value: Value = serde_json::from_str(&text).unwrap();
        let rest = value.get("…").and_then(Value::as_str).unwrap();
        assert_eq!(rest, format!("{} more", 501 - value.as_object().unwrap().len()));
        assert_eq!(clip(&"x".repeat(121)), format!("{}…", "x".repeat(120)));
    }

    proptest! {
        #[test]
        fn no_letter_or_digit_passes_a_mask(text in "\\PC{0,200}") {
            for c in mask(&text).chars() {
                prop_assert!(!c.is_alphanumeric() || c == 'A' || c == '9', "{c} of {text}");
            }
        }
    }
}
