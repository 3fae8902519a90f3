//! The interpreter of content streams: what a page draws, as glyphs and lines.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use quipu_schema::Result;

use super::file::File;
use super::font::Font;
use super::glyphs::Shown;
use super::object::{Dict, Lexer, Object, is_space};
use super::page::{Matrix, Page};
use super::path::Path;
use crate::Limits;

/// Deepest nesting of drawings in drawings.
const FORMS: usize = 24;
/// What one drawing within another costs of what may be unpacked, besides its bytes.
const FORM: usize = 4_096;
/// Most saved states.
const SAVED: usize = 4_096;
/// Most operands before an operator.
const OPERANDS: usize = 256;

/// The fonts of a document by the number of their object, and the layers that are not shown.
pub(super) struct Resources {
    fonts: RefCell<BTreeMap<u32, Rc<Font>>>,
    off: BTreeSet<u32>,
}

impl Resources {
    /// What a document says of its layers.
    ///
    /// # Errors
    /// `Shape` for a damaged catalog.
    pub(super) fn of(file: &File<'_>) -> Result<Self> {
        let mut off = BTreeSet::new();
        if let Some(layers) = file.part(&file.root()?, b"OCProperties")?
            && let Some(shown) = file.part(&layers, b"D")?
            && let Some(listed) = file.entry(&shown, b"OFF")?.array()
        {
            off.extend(
                listed.iter().filter_map(|layer| if let Object::Reference(n) = layer { Some(*n) } else { None }),
            );
        }
        Ok(Self { fonts: RefCell::default(), off })
    }
}

/// What `q` saves.
#[derive(Clone)]
struct State {
    matrix: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    /// Space between characters and between words, stretch, rise and distance of lines.
    character: f64,
    word: f64,
    stretch: f64,
    rise: f64,
    leading: f64,
    mode: f64,
    width: f64,
}

/// Marked content that is open.
enum Mark {
    Plain,
    /// With other words for what is in it, which begins at this glyph.
    Told(usize, String),
    Hidden,
}

struct Machine<'f, 'a> {
    file: &'f File<'a>,
    resources: &'f Resources,
    page: &'f Page,
    shown: Shown,
    state: State,
    saved: Vec<State>,
    text: Matrix,
    line: Matrix,
    path: Path,
    marks: Vec<Mark>,
    hidden: usize,
}

/// What a page shows.
///
/// # Errors
/// `Shape` for damaged streams, or more than the limits allow.
pub(super) fn show(file: &File<'_>, resources: &Resources, page: &Page) -> Result<Shown> {
    let state = State {
        matrix: page.view,
        font: None,
        size: 0.0,
        character: 0.0,
        word: 0.0,
        stretch: 1.0,
        rise: 0.0,
        leading: 0.0,
        mode: 0.0,
        width: 1.0,
    };
    let mut machine = Machine {
        file,
        resources,
        page,
        shown: Shown::default(),
        state,
        saved: Vec::new(),
        text: Matrix::SAME,
        line: Matrix::SAME,
        path: Path::default(),
        marks: Vec::new(),
        hidden: 0,
    };
    let mut bytes = Vec::new();
    let contents = file.resolve(&page.contents)?;
    let parts = match &contents {
        Object::Array(parts) => parts.to_vec(),
        one => vec![one.clone()],
    };
    for part in &parts {
        // Streams of one page are one, but end a word.
        if let Object::Stream(stream) = file.resolve(part)? {
            if bytes.is_empty() {
                bytes = file.unpack(&stream)?;
            } else {
                bytes.push(b'\n');
                bytes.extend(file.unpack(&stream)?);
            }
            if bytes.len() > file.limits.memory {
                return Err(Limits::exceeded(format!("a page of more than {} MiB", file.limits.memory >> 20)));
            }
        }
    }
    machine.run(&bytes, &page.resources, 0)?;
    Ok(machine.shown)
}

impl Machine<'_, '_> {
    fn run(&mut self, bytes: &[u8], resources: &Dict, depth: usize) -> Result<()> {
        let mut lexer = Lexer::new(bytes, 0, &self.file.limits, false);
        let mut operands: Vec<Object> = Vec::new();
        let (saved, marks) = (self.saved.len(), self.marks.len());
        while let Some(object) = lexer.object()? {
            let Object::Keyword(operator) = object else {
                if operands.len() >= OPERANDS {
                    operands.clear();
                }
                operands.push(object);
                continue;
            };
            if &*operator == b"BI" {
                skip_image(&mut lexer)?;
                self.shown.images += 1;
            } else {
                self.operate(&operator, &operands, resources, depth)?;
            }
            operands.clear();
            lexer.renew(&self.file.limits);
        }
        // What is left open ends with its stream.
        while self.marks.len() > marks {
            self.end_mark();
        }
        if self.saved.len() > saved {
            self.saved.truncate(saved + 1);
            self.state = self.saved.pop().unwrap_or_else(|| self.state.clone());
        }
        Ok(())
    }

    fn operate(&mut self, operator: &[u8], operands: &[Object], resources: &Dict, depth: usize) -> Result<()> {
        let number = |at: usize| operands.get(at).and_then(Object::number).unwrap_or_default();
        let numbers = || operands.iter().filter_map(Object::number).collect::<Vec<f64>>();
        match operator {
            b"q" => {
                if self.saved.len() >= SAVED {
                    return Err(Limits::exceeded(format!("more than {SAVED} saved states of drawing")));
                }
                self.saved.push(self.state.clone());
            }
            b"Q" => {
                if let Some(state) = self.saved.pop() {
                    self.state = state;
                }
            }
            b"cm" => {
                if let Some(matrix) = Matrix::of(&numbers()) {
                    self.state.matrix = matrix.then(self.state.matrix);
                }
            }
            b"w" => self.state.width = number(0),
            b"BT" => (self.text, self.line) = (Matrix::SAME, Matrix::SAME),
            b"Tc" => self.state.character = number(0),
            b"Tw" => self.state.word = number(0),
            b"Tz" => self.state.stretch = number(0) / 100.0,
            b"TL" => self.state.leading = number(0),
            b"Ts" => self.state.rise = number(0),
            b"Tr" => self.state.mode = number(0),
            b"Tf" => {
                self.state.size = number(1);
                self.state.font = self.font(resources, operands.first())?;
            }
            b"Td" => self.next_line(number(0), number(1)),
            b"TD" => {
                self.state.leading = -number(1);
                self.next_line(number(0), number(1));
            }
            b"Tm" => {
                if let Some(matrix) = Matrix::of(&numbers()) {
                    (self.text, self.line) = (matrix, matrix);
                }
            }
            b"T*" => self.next_line(0.0, -self.state.leading),
            b"Tj" => self.draw(operands.first())?,
            b"'" => {
                self.next_line(0.0, -self.state.leading);
                self.draw(operands.first())?;
            }
            b"\"" => {
                (self.state.word, self.state.character) = (number(0), number(1));
                self.next_line(0.0, -self.state.leading);
                self.draw(operands.get(2))?;
            }
            b"TJ" => {
                for item in operands.first().and_then(Object::array).iter().flat_map(|items| items.iter()) {
                    if let Some(back) = item.number() {
                        self.advance(-back / 1000.0 * self.state.size * self.state.stretch);
                    } else {
                        self.draw(Some(item))?;
                    }
                }
            }
            b"Do" => self.draw_object(resources, operands.first(), depth)?,
            b"BMC" => self.marks.push(Mark::Plain),
            b"BDC" => self.begin_mark(resources, operands)?,
            b"EMC" => self.end_mark(),
            _ => {
                let hidden = self.hidden > 0;
                let (matrix, width) = (self.state.matrix, self.state.width);
                let shown = (!hidden).then_some(&mut self.shown);
                self.path.operate(operator, &numbers(), matrix, width, shown);
            }
        }
        if self.marks.len() > SAVED {
            return Err(Limits::exceeded(format!("more than {SAVED} marks within one another")));
        }
        Ok(())
    }

    fn font(&self, resources: &Dict, name: Option<&Object>) -> Result<Option<Rc<Font>>> {
        let fonts = self.file.part(resources, b"Font")?.unwrap_or_default();
        let Some(entry) = name.and_then(Object::name).and_then(|name| fonts.get(name)) else { return Ok(None) };
        let number = if let Object::Reference(number) = entry { Some(*number) } else { None };
        if let Some(font) = number.and_then(|number| self.resources.fonts.borrow().get(&number).cloned()) {
            return Ok(Some(font));
        }
        let Some(dict) = self.file.resolve(entry)?.dict().cloned() else { return Ok(None) };
        self.file.budget.take(FORM)?;
        let font = Rc::new(Font::read(self.file, &dict)?);
        if let Some(number) = number {
            self.resources.fonts.borrow_mut().insert(number, Rc::clone(&font));
        }
        Ok(Some(font))
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.line = Matrix([1.0, 0.0, 0.0, 1.0, x, y]).then(self.line);
        self.text = self.line;
    }

    fn advance(&mut self, by: f64) {
        let down = self.state.font.as_ref().is_some_and(|font| font.vertical);
        let (x, y) = if down { (0.0, by / self.state.stretch) } else { (by, 0.0) };
        self.text = Matrix([1.0, 0.0, 0.0, 1.0, x, y]).then(self.text);
    }

    fn draw(&mut self, text: Option<&Object>) -> Result<()> {
        let Some(Object::Text(text)) = text else { return Ok(()) };
        let font = self.state.font.clone();
        let Some(font) = font else {
            // Without its font nothing tells what a text says.
            self.push(None, [0.5, 0.5])?;
            return Ok(());
        };
        let size = self.state.size;
        font.codes(text, |code| {
            let unit = if size.abs() > 1e-9 { size } else { 1.0 };
            let spacing = self.state.character / unit;
            if code.text.is_none() && code.width.abs() < 1e-6 {
                // A code without width and meaning draws nothing: marks of combining, ends of lines.
                self.advance(self.state.character * self.state.stretch);
                return Ok(());
            }
            self.push(code.text.as_deref(), [code.width, code.width + spacing])?;
            let word = if code.space { self.state.word } else { 0.0 };
            if font.vertical {
                self.advance(-size + self.state.character + word);
            } else {
                self.advance((code.width * size + self.state.character + word) * self.state.stretch);
            }
            Ok(())
        })
    }

    fn push(&mut self, text: Option<&str>, widths: [f64; 2]) -> Result<()> {
        if self.hidden > 0 {
            self.shown.hidden += 1;
            return Ok(());
        }
        let state = &self.state;
        let font = Matrix([state.size * state.stretch, 0.0, 0.0, state.size, 0.0, state.rise]);
        let place = font.then(self.text).then(state.matrix);
        self.shown.invisible += u64::from(state.mode.to_bits() == 3.0_f64.to_bits());
        self.shown.push(text, widths, place, (self.page.width, self.page.height), &self.file.limits)
    }

    fn draw_object(&mut self, resources: &Dict, name: Option<&Object>, depth: usize) -> Result<()> {
        let objects = self.file.part(resources, b"XObject")?.unwrap_or_default();
        let Some(name) = name.and_then(Object::name) else { return Ok(()) };
        let Object::Stream(stream) = self.file.entry(&objects, name)? else { return Ok(()) };
        if self.file.entry(&stream.dict, b"Subtype")?.name() != Some(b"Form") {
            self.shown.images += 1;
            return Ok(());
        }
        if depth >= FORMS.min(self.file.limits.depth) {
            return Err(Limits::exceeded(format!("drawings within drawings deeper than {FORMS}")));
        }
        self.file.budget.take(FORM)?;
        let matrix = Matrix::of(&self.file.numbers(&self.file.entry(&stream.dict, b"Matrix")?)?);
        let inner = self.file.part(&stream.dict, b"Resources")?.unwrap_or_else(|| Rc::clone(resources));
        let layer = matches!(stream.dict.get(&b"OC"[..]), Some(Object::Reference(n)) if self.resources.off.contains(n));
        let before = (self.state.clone(), self.text, self.line);
        self.state.matrix = matrix.unwrap_or(Matrix::SAME).then(self.state.matrix);
        self.hidden += usize::from(layer);
        // A drawing cannot take back what was saved outside of it.
        let saved = std::mem::take(&mut self.saved);
        let bytes = self.file.unpack(&stream)?;
        self.run(&bytes, &inner, depth + 1)?;
        self.saved = saved;
        self.hidden -= usize::from(layer);
        (self.state, self.text, self.line) = before;
        Ok(())
    }

    fn begin_mark(&mut self, resources: &Dict, operands: &[Object]) -> Result<()> {
        let properties = match operands.get(1) {
            Some(Object::Name(name)) => {
                let named = self.file.part(resources, b"Properties")?.unwrap_or_default();
                let entry = named.get(&**name).cloned().unwrap_or(Object::Null);
                if let Object::Reference(number) = entry
                    && operands.first().and_then(Object::name) == Some(b"OC")
                    && self.resources.off.contains(&number)
                {
                    self.hidden += 1;
                    self.marks.push(Mark::Hidden);
                    return Ok(());
                }
                self.file.resolve(&entry)?
            }
            Some(other) => other.clone(),
            None => Object::Null,
        };
        let told = match properties.dict().map(|dict| self.file.entry(dict, b"ActualText")).transpose()? {
            Some(Object::Text(text)) => Mark::Told(self.shown.glyphs.len(), text_string(&text)),
            _ => Mark::Plain,
        };
        self.marks.push(told);
        Ok(())
    }

    fn end_mark(&mut self) {
        match self.marks.pop() {
            Some(Mark::Hidden) => self.hidden = self.hidden.saturating_sub(1),
            Some(Mark::Told(from, text)) => {
                let count = self.shown.glyphs.len().saturating_sub(from);
                // Other words for a whole paragraph or picture say nothing of its glyphs.
                if count > 0 && text.chars().count() <= 2 * count + 4 && !text.trim().is_empty() {
                    self.shown.replace(from, &text);
                }
            }
            Some(Mark::Plain) | None => {}
        }
    }
}

/// A text of the document's own: UTF-16 or UTF-8 with a mark, else in an encoding near Latin-1.
fn text_string(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        [0xff, 0xfe, rest @ ..] => encoding_rs::UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        other => encoding_rs::WINDOWS_1252.decode_without_bom_handling(other).0.into_owned(),
    }
}

/// Passes over an image that stands in the stream itself.
fn skip_image(lexer: &mut Lexer<'_>) -> Result<()> {
    while let Some(object) = lexer.object()? {
        if object.is_keyword(b"ID") {
            break;
        }
    }
    let rest = lexer.rest();
    let ends = memchr::memmem::find_iter(rest, b"EI").find(|at| {
        let before = at.checked_sub(1).and_then(|at| rest.get(at));
        let after = rest.get(at + 2);
        before.is_none_or(|byte| is_space(*byte)) && after.is_none_or(|byte| is_space(*byte))
    });
    lexer.at += ends.map_or(rest.len(), |at| at + 2);
    Ok(())
}
