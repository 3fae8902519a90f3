//! The value of an ODS cell: in its attributes, or in its paragraphs (OpenDocument 1.3 part 3, 19.385
//! and 6.1).

use std::collections::BTreeSet;

use quick_xml::events::{BytesStart, Event};
use quipu_schema::Result;

use super::xml::{self, Xml};
use super::{moment, number, raised};
use crate::{Form, Limits};

/// The value of the cell that is being read.
#[derive(Default)]
pub(super) struct Value {
    kind: Kind,
    is_error: bool,
    has_formula: bool,
    /// The value as an attribute has it.
    given: Option<String>,
    /// The text of the paragraphs.
    printed: String,
    /// The value as it is shown.
    text: String,
    form: Form,
}

/// What an attribute says the value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    None,
    Number,
    Percent,
    Date,
    Time,
    Flag,
    Text,
}

impl Value {
    /// Begins a cell with its tag.
    ///
    /// # Errors
    /// A reference that means nothing.
    pub(super) fn start(&mut self, tag: &BytesStart<'_>) -> Result<()> {
        (self.kind, self.is_error, self.has_formula, self.given) = (Kind::None, false, false, None);
        self.printed.clear();
        for (name, value) in xml::attributes(tag) {
            match (name, value) {
                // One of several attributes of this name, from an extension.
                ("value-type", "error") => self.is_error = true,
                ("value-type", kind) => {
                    self.kind = match kind {
                        "float" | "currency" => Kind::Number,
                        "percentage" => Kind::Percent,
                        "date" => Kind::Date,
                        "time" => Kind::Time,
                        "boolean" => Kind::Flag,
                        "string" => Kind::Text,
                        _ => self.kind,
                    }
                }
                ("value" | "date-value" | "time-value" | "boolean-value" | "string-value", value) => {
                    self.given = Some(xml::unescape(value)?.into_owned());
                }
                ("formula", _) => self.has_formula = true,
                _ => {}
            }
        }
        Ok(())
    }

    /// The value as it is shown; `None` for an empty cell.
    pub(super) fn shown(&mut self) -> Option<(&str, Form)> {
        self.text.clear();
        let given = self.given.as_deref().unwrap_or_default();
        self.form = if self.is_error {
            self.text.push_str(if self.printed.is_empty() { given } else { &self.printed });
            Form::Fault
        } else {
            match self.kind {
                Kind::Number if number::write_printed(given, &mut self.text) => Form::Number,
                Kind::Percent if number::write_printed_percent(given, &mut self.text) => Form::Number,
                Kind::Date if moment::write_iso(given, &mut self.text) => Form::Date,
                Kind::Time if moment::write_iso_duration(given, &mut self.text) => Form::Date,
                Kind::Flag if matches!(given, "true" | "false") => {
                    self.text.push_str(given);
                    Form::Flag
                }
                _ => {
                    self.text.push_str(if given.is_empty() { &self.printed } else { given });
                    Form::Printed
                }
            }
        };
        (!self.text.is_empty()).then_some((self.text.as_str(), self.form))
    }

    /// Whether it is a formula whose value is not stored.
    pub(super) fn is_valueless_formula(&self) -> bool {
        self.has_formula && self.kind == Kind::None
    }

    /// Whether the paragraphs are needed.
    fn needs_paragraphs(&self) -> bool {
        self.is_error || self.given.is_none()
    }
}

/// Reads the content of the cell whose start was read last.
///
/// # Errors
/// `Shape` for a damaged part or a text that is too long.
pub(super) fn read_content(
    xml: &mut Xml<'_, '_>,
    value: &mut Value,
    raising: &BTreeSet<String>,
    limits: &Limits,
) -> Result<()> {
    if !value.needs_paragraphs() {
        return xml.skip();
    }
    let outside = xml.depth().saturating_sub(1);
    let mut paragraphs = Paragraphs { text: &mut value.printed, inside: None, any: false, space: false, start: true };
    let (mut scratch, mut higher) = (String::new(), String::new());
    // The depth around the piece that is set higher.
    let mut raised: Option<usize> = None;
    while xml.depth() > outside {
        let depth = xml.depth();
        let event = xml.next()?;
        let opens = matches!(event, Event::Start(_));
        match event {
            Event::Start(tag) | Event::Empty(tag) => match xml::local(tag.name()) {
                b"p" | b"h" if paragraphs.inside.is_none() => paragraphs.begin(opens.then_some(depth)),
                b"s" => {
                    let count = xml::attribute(&tag, "c")?.map_or(1, |count| count.parse().unwrap_or(usize::MAX));
                    limits.check_cell(count)?;
                    paragraphs.add_fixed(' ', count);
                }
                b"span" if opens && raised.is_none() => {
                    let style = xml::attribute(&tag, "style-name")?;
                    raised = style.filter(|style| raising.contains(style.as_ref())).map(|_| depth);
                }
                b"tab" => paragraphs.add_fixed('\t', 1),
                b"line-break" => paragraphs.add_fixed('\n', 1),
                // What stands beside the text and not in it.
                b"annotation" | b"note" | b"table" | b"detective" | b"ruby-text" if opens => xml.skip()?,
                _ if opens && is_drawn(&tag) => xml.skip()?,
                _ => {}
            },
            Event::End(_) => {
                if paragraphs.inside == Some(xml.depth()) {
                    paragraphs.inside = None;
                }
                raised = raised.filter(|depth| *depth < xml.depth());
            }
            Event::Eof => return Err(xml.cut()),
            event => {
                if paragraphs.inside.is_some() {
                    scratch.clear();
                    xml::add_text(&event, &mut scratch)?;
                    if raised.is_some() {
                        higher.clear();
                        raised::add_raised(&scratch, &mut higher);
                        std::mem::swap(&mut scratch, &mut higher);
                    }
                    paragraphs.add(&scratch);
                }
            }
        }
        limits.check_cell(paragraphs.text.len())?;
    }
    Ok(())
}

fn is_drawn(tag: &BytesStart<'_>) -> bool {
    let name = tag.name().into_inner();
    ["draw:", "dr3d:", "form:"].iter().any(|prefix| name.starts_with(prefix))
}

/// The text of paragraphs, in which white space runs together and counts only between words; what is
/// to count otherwise has tags of its own.
struct Paragraphs<'t> {
    text: &'t mut String,
    /// The depth around the paragraph that is open.
    inside: Option<usize>,
    any: bool,
    /// Whether white space waits for a word behind it.
    space: bool,
    /// Whether the paragraph has no text yet.
    start: bool,
}

impl Paragraphs<'_> {
    fn begin(&mut self, inside: Option<usize>) {
        if self.any {
            self.text.push('\n');
        }
        (self.inside, self.any, self.space, self.start) = (inside, true, false, true);
    }

    fn add(&mut self, text: &str) {
        for c in text.chars() {
            if matches!(c, ' ' | '\t' | '\r' | '\n') {
                self.space = !self.start;
            } else {
                self.add_fixed(c, 1);
            }
        }
    }

    fn add_fixed(&mut self, c: char, count: usize) {
        if self.space {
            self.text.push(' ');
        }
        self.text.extend(std::iter::repeat_n(c, count));
        (self.space, self.start) = (false, false);
    }
}
