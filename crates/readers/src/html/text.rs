//! The text of a cell from its bytes alone.
//!
//! What a browser shows in the cell, on one line: entities decoded; comments, scripts, controls and
//! what is hidden left out; nested tables left out (they are tables of their own); a line break and
//! the edge of a block are a space; white space is single and none at the ends. A no-break space
//! within stays one, because it parts thousands. Soft hyphens and characters without width go.
//!
//! Raised and lowered digits keep being raised and lowered: `2366<sup>1</sup>` is `2366¹` and never
//! 23661, `km<sup>2</sup>` is `km²`, `10<sup>-3</sup>` is `10⁻³`. So does a single raised letter, which
//! is a footnote mark too: `Perú<sup>a</sup>` is `Perúᵃ`. Other raised characters stay as they are:
//! `2366<sup>*</sup>` is `2366*`, `1<sup>er</sup>` is `1er`. So a mark stands behind its number or label
//! and is no part of it; it can be declared: `marks = { "¹" = "P" }`.

use encoding_rs::Encoding;

use super::modes::Modes;
use super::tokens::{Tag, Token, walk};

/// Elements that stand in a line of text; at the edges of all others words end.
const INLINE: [&[u8]; 43] = [
    b"a", b"abbr", b"acronym", b"b", b"bdi", b"bdo", b"big", b"cite", b"code", b"data", b"del", b"dfn", b"em", b"font",
    b"i", b"img", b"input", b"ins", b"kbd", b"label", b"mark", b"meta", b"link", b"q", b"s", b"samp", b"small",
    b"span", b"strike", b"strong", b"sub", b"sup", b"time", b"tt", b"u", b"var", b"wbr", b"nobr", b"base", b"button",
    b"blink", b"svg", b"math",
];

/// Elements whose content is not text of the page.
const SILENT: [&[u8]; 20] = [
    b"script",
    b"style",
    b"template",
    b"noscript",
    b"iframe",
    b"noembed",
    b"noframes",
    b"xmp",
    b"plaintext",
    b"textarea",
    b"title",
    b"select",
    b"datalist",
    b"svg",
    b"math",
    b"object",
    b"audio",
    b"video",
    b"canvas",
    b"head",
];

/// Elements without an end tag.
const VOID: [&[u8]; 14] = [
    b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"param", b"source",
    b"track", b"wbr",
];

/// The text of a cell.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    /// Whether it has raised or lowered digits.
    pub(super) raised: bool,
}

/// An element whose content is not shown: it lasts to its end tag.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    name: Vec<u8>,
    open: u32,
    level: usize,
}

impl Hidden {
    /// Whether it is open.
    pub(super) fn is_open(&self) -> bool {
        self.open > 0
    }

    /// Reads a start tag in the cell of `level` tables.
    pub(super) fn start(&mut self, tag: &Tag, level: usize) {
        let ends = !VOID.contains(&tag.name.as_slice()) && !tag.closes_itself_truly();
        if !self.is_open() {
            let silent = SILENT.contains(&tag.name.as_slice());
            if ends && (silent || tag.gone || tag.unseen) {
                self.name.clone_from(&tag.name);
                (self.open, self.level) = (1, level);
            }
        } else if self.level == level && self.name == tag.name && ends {
            // A paragraph ends where the next one begins.
            if tag.name == b"p" {
                self.open = 0;
                self.start(tag, level);
            } else {
                self.open = self.open.saturating_add(1);
            }
        }
    }

    /// Reads an end tag.
    pub(super) fn end(&mut self, name: &[u8], level: usize) {
        if self.level == level && self.name == name {
            self.open = self.open.saturating_sub(1);
        }
    }

    /// Closes it at the end of the cell of `level` tables.
    pub(super) fn close(&mut self, level: usize) {
        if self.level >= level {
            self.open = 0;
        }
    }
}

impl Tag {
    /// Only foreign elements close themselves; on others the slash says nothing.
    fn closes_itself_truly(&self) -> bool {
        self.closes_itself && (self.name == b"svg" || self.name == b"math")
    }
}

/// The text of a piece of a document that begins and ends between tags.
pub(super) fn read(bytes: &[u8], encoding: &'static Encoding) -> Text {
    let (mut modes, mut hidden, mut line) = (Modes::default(), Hidden::default(), Line::default());
    let (mut raised, mut lowered) = (0_u32, 0_u32);
    walk(bytes, |token| {
        let outside = modes.depth() == 0;
        match token {
            Token::Start(tag) => {
                modes.start(tag, |_| {});
                hidden.start(tag, modes.depth());
                let name = tag.name.as_slice();
                if outside && !hidden.is_open() {
                    if raised == 0 && name == b"sup" {
                        line.raise();
                    }
                    raised += u32::from(name == b"sup");
                    lowered += u32::from(name == b"sub");
                }
                line.space |= !hidden.is_open() && !INLINE.contains(&name);
            }
            Token::End { name, .. } => {
                line.space |= !hidden.is_open() && !INLINE.contains(&name);
                if outside && !hidden.is_open() {
                    if raised == 1 && name == b"sup" {
                        line.lower();
                    }
                    raised = raised.saturating_sub(u32::from(name == b"sup"));
                    lowered = lowered.saturating_sub(u32::from(name == b"sub"));
                }
                hidden.end(name, modes.depth());
                modes.end(name, |_| {});
                hidden.close(modes.depth() + 1);
            }
            Token::Text(range) => {
                if outside && !hidden.is_open() && !modes.inert() {
                    let place = match (raised, lowered) {
                        (0, 0) => Place::Line,
                        (0, _) => Place::Below,
                        _ => Place::Above,
                    };
                    line.push(bytes.get(range).unwrap_or_default(), encoding, place);
                }
            }
        }
    });
    line.lower();
    let end = line.text.trim_end().len();
    line.text.truncate(end);
    Text { text: line.text, raised: line.raised }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Line,
    Above,
    Below,
}

/// A line of text that grows.
#[derive(Debug, Default)]
struct Line {
    text: String,
    /// Whether white space has been read that is not written yet.
    space: bool,
    raised: bool,
    /// Where the raised text begins that is being read.
    above: Option<usize>,
}

impl Line {
    fn raise(&mut self) {
        self.above = Some(self.text.len());
    }

    /// Ends raised text: a letter alone is a mark.
    fn lower(&mut self) {
        let Some(start) = self.above.take() else { return };
        let text = self.text.get(start..).unwrap_or_default();
        let lead = text.len() - text.trim_start().len();
        let mark = match text.trim_start().as_bytes() {
            [letter @ b'a'..=b'z'] => LETTERS.chars().nth(usize::from(letter - b'a')),
            _ => None,
        };
        if let Some(mark) = mark.filter(|mark| !mark.is_ascii()) {
            self.text.truncate(start + lead);
            self.text.push(mark);
            self.raised = true;
        }
    }

    fn push(&mut self, bytes: &[u8], encoding: &'static Encoding, place: Place) {
        let mut rest = bytes;
        // An end tag without a name is nothing at all, and the tokeniser does not tell it.
        while let Some(at) = memchr::memmem::find(rest, b"</>") {
            self.push_piece(rest.get(..at).unwrap_or_default(), encoding, place);
            rest = rest.get(at + 3..).unwrap_or_default();
        }
        self.push_piece(rest, encoding, place);
    }

    fn push_piece(&mut self, bytes: &[u8], encoding: &'static Encoding, place: Place) {
        let (decoded, _) = encoding.decode_without_bom_handling(bytes);
        for c in htmlize::unescape(decoded.as_ref()).chars() {
            match c {
                ' ' | '\t' | '\n' | '\r' | '\u{c}' => self.space = true,
                '\0'
                | '\u{ad}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}' => {}
                c if self.text.is_empty() && c.is_whitespace() => {}
                c => {
                    if std::mem::take(&mut self.space) && !self.text.is_empty() {
                        self.text.push(' ');
                    }
                    let moved = moved(c, place);
                    self.raised |= moved != c;
                    self.text.push(moved);
                }
            }
        }
    }
}

/// The raised letters from a to z; there is none of q.
const LETTERS: &str = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖqʳˢᵗᵘᵛʷˣʸᶻ";

/// The raised or lowered form of a digit or sign, where it is to be one.
fn moved(c: char, place: Place) -> char {
    const ABOVE: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    const BELOW: [char; 10] = ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'];
    let digits = match place {
        Place::Line => return c,
        Place::Above => ABOVE,
        Place::Below => BELOW,
    };
    let sign = |above, below| if place == Place::Above { above } else { below };
    match c {
        '+' => sign('⁺', '₊'),
        '-' | '\u{2212}' => sign('⁻', '₋'),
        _ => c.to_digit(10).and_then(|digit| digits.get(digit as usize)).copied().unwrap_or(c),
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{UTF_8, WINDOWS_1252};
    use proptest::prelude::*;

    use super::*;

    fn text(html: &str) -> String {
        read(html.as_bytes(), UTF_8).text
    }

    #[test]
    fn what_a_browser_shows() {
        for (html, expected) in [
            (" a\n  <b>b</b>c&nbsp;d &amp; e ", "a bc\u{a0}d & e"),
            ("14&#8239;260&nbsp;", "14\u{202f}260"),
            ("&nbsp;", ""),
            ("12<br>3", "12 3"),
            ("12<div>3</div>4", "12 3 4"),
            ("12<!-- x -->3<wbr>4</>5", "12345"),
            ("a<script>var x='<b>';</script>b<style>td{}</style>", "ab"),
            ("mil&shy;lion\u{200b} \u{feff}x", "million x"),
            ("<button>Year</button><select><option>2019<option>2020</select>", "Year"),
            ("a<svg><title>icon</title><path/></svg>b<svg/>c", "abc"),
            ("AT&T &copy; &#x41;&unknown;", "AT&T © A&unknown;"),
            ("<p>one<p>two", "one two"),
            ("x < y", "x < y"),
            ("out<table><tr><td>in<td>in2</table> side", "out side"),
            ("out<table><tr><table><td>in</table> side", "out side"),
            ("abc<b", "abc"),
        ] {
            assert_eq!(text(html), expected, "{html}");
        }
    }

    #[test]
    fn raised_digits_never_join_a_number() {
        for (html, expected) in [
            ("2366<sup>1</sup>", "2366¹"),
            ("2366<sup><a href='#n'>1,2</a></sup>", "2366¹,²"),
            ("2366<sup>*</sup>", "2366*"),
            ("2366<sup>a</sup>", "2366ᵃ"),
            ("Perú<sup> b", "Perú ᵇ"),
            ("Perú<sup>b<i>c</i></sup>", "Perúbc"),
            ("x<sup>q</sup>", "xq"),
            ("23<sup>e5</sup>", "23e⁵"),
            ("10<sup>-3</sup> km<sup>2</sup>", "10⁻³ km²"),
            ("1<sup>er</sup> trimestre", "1er trimestre"),
            ("CO<sub>2</sub>", "CO₂"),
            ("<sup>1</sup>2366", "¹2366"),
            ("5<sup>2<i>3</i></sup>4", "5²³4"),
        ] {
            assert_eq!(text(html), expected, "{html}");
        }
        assert!(read(b"1<sup>2</sup>", UTF_8).raised && !read(b"1<sup>*</sup>", UTF_8).raised);
    }

    #[test]
    fn what_is_hidden_is_not_read() {
        for (html, expected) in [
            ("<span style='visibility:hidden;color:transparent'>0</span>5", "5"),
            ("<span style=\"display:none\">00120</span>120", "120"),
            ("<span hidden>a<span>b</span>c</span>d", "d"),
            ("<p hidden>a<p>b", "b"),
            ("<div hidden>a<table><td></div>b</table>c</div>d", "d"),
            ("<table><td><span hidden></table>12", "12"),
            ("<img hidden>7<br hidden>8", "7 8"),
            ("<template>x<td>y</template>z", "z"),
        ] {
            assert_eq!(text(html), expected, "{html}");
        }
    }

    #[test]
    fn the_encoding_is_that_of_the_document() {
        assert_eq!(read(b"A\xd1O &ntilde; \x80", WINDOWS_1252).text, "AÑO ñ €");
        assert_eq!(read(b"A\xd1O", UTF_8).text, "A\u{fffd}O");
    }

    proptest! {
        #[test]
        fn texts_have_single_spaces_and_no_digit_of_a_raised_one(
            html in "(<sup>|</sup>|<b>|<td>|<table>|</table>|<span hidden>|</span>|<br>|&nbsp;|&shy;| |\n|1|x|</>|<){0,12}"
        ) {
            let text = text(&html);
            prop_assert!(!text.contains("  ") && text.trim() == text);
            prop_assert!(text.chars().filter(char::is_ascii_digit).count() <= html.matches('1').count());
        }
    }
}
