//! A PDF file: where its objects are, and each of them when it is asked for.
//!
//! The file's own table of objects is followed. Where it is damaged or leads to another object than
//! it says, the whole file is searched for objects once, as other readers do, and that is noted.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use memchr::memmem;
use quipu_schema::{ErrorKind, Fault, Result};

use super::filter::{Budget, decode};
use super::object::{Dict, Lexer, Object, Stream, damaged, is_space};
use crate::Limits;

/// Most references that lead to one another.
const CHASE: usize = 32;
/// Most sections of the table of objects: one for each time the file was changed.
const SECTIONS: usize = 4_096;
/// Largest number of an object, as the standard has it.
const LARGEST: usize = 8_388_607;

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Free,
    /// At this byte of the file.
    At(usize),
    /// In the object stream of this number, as its n-th.
    In(u32, usize),
}

/// A PDF file.
pub(super) struct File<'a> {
    bytes: &'a [u8],
    pub(super) limits: Limits,
    pub(super) budget: Budget,
    places: RefCell<BTreeMap<u32, Place>>,
    trailer: RefCell<Dict>,
    objects: RefCell<BTreeMap<u32, Object>>,
    /// Unpacked object streams, with the place of each object in them.
    packs: RefCell<BTreeMap<u32, Rc<Pack>>>,
    /// Objects that are being read: one that needs itself is not to be had.
    open: RefCell<BTreeSet<u32>>,
    made: Cell<usize>,
    held: Cell<usize>,
    /// Whether the table of objects was rebuilt.
    pub(super) rebuilt: Cell<bool>,
}

/// An unpacked object stream: its bytes, and number and start of each object.
struct Pack {
    bytes: Vec<u8>,
    objects: Vec<(u32, usize)>,
}

impl<'a> File<'a> {
    /// Opens a file by its table of objects.
    ///
    /// # Errors
    /// `Shape` for what is no PDF, is damaged beyond use, or encrypted.
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self> {
        let file = Self {
            bytes,
            limits: *limits,
            budget: Budget::new(limits),
            places: RefCell::default(),
            trailer: RefCell::default(),
            objects: RefCell::default(),
            packs: RefCell::default(),
            open: RefCell::default(),
            made: Cell::new(0),
            held: Cell::new(0),
            rebuilt: Cell::new(false),
        };
        if memmem::find(bytes.get(..1024).unwrap_or(bytes), b"%PDF-").is_none() {
            return Err(Fault::new(ErrorKind::Shape, "the document is no PDF: it does not begin as one")
                .help("look at what the source delivers: it may be a web page that says why there is no file"));
        }
        if file.follow().is_err() || file.root().is_err() {
            file.rebuild()?;
        }
        file.refuse_encrypted()?;
        // A catalog without pages is not worth much: the table may be that of another state of the file.
        if !file.rebuilt.get() && file.root().and_then(|root| file.entry(&root, b"Pages"))?.dict().is_none() {
            file.rebuild()?;
            file.refuse_encrypted()?;
        }
        Ok(file)
    }

    fn refuse_encrypted(&self) -> Result<()> {
        if self.trailer.borrow().get(&b"Encrypt"[..]).is_none_or(|entry| *entry == Object::Null) {
            return Ok(());
        }
        Err(Fault::new(ErrorKind::Shape, "the PDF is encrypted")
            .help("have it published without protection, or save it without a password; quipu asks for none"))
    }

    /// The catalog.
    pub(super) fn root(&self) -> Result<Dict> {
        let root = self.trailer.borrow().get(&b"Root"[..]).cloned();
        let root = self.resolve(&root.unwrap_or(Object::Null))?;
        root.dict().cloned().ok_or_else(|| damaged("it has no catalog of its parts"))
    }

    /// Follows the table of objects from the end of the file.
    fn follow(&self) -> Result<()> {
        let tail = self.bytes.len().saturating_sub(2_048);
        let end = self.bytes.get(tail..).unwrap_or_default();
        let mark = memmem::rfind(end, b"startxref").ok_or_else(|| damaged("it has no end"))?;
        let mut lexer = self.lexer(tail + mark + 9);
        let start = lexer.object()?.and_then(|start| start.count());
        let mut next = vec![start.ok_or_else(|| damaged("its end"))?];
        let mut seen = BTreeSet::new();
        let mut first = true;
        while let Some(start) = next.pop() {
            if !seen.insert(start) {
                return Err(damaged("its tables of objects lead in a circle"));
            }
            if seen.len() > SECTIONS {
                return Err(Limits::exceeded(format!("more than {SECTIONS} tables of objects")));
            }
            let trailer = self.section(start)?;
            let previous = trailer.get(&b"Prev"[..]).and_then(Object::count);
            next.extend(previous);
            // Of a file for old and new readers, the part for new ones comes before what is older.
            next.extend(trailer.get(&b"XRefStm"[..]).and_then(Object::count));
            if first {
                *self.trailer.borrow_mut() = trailer;
                first = false;
            }
        }
        Ok(())
    }

    fn lexer(&self, at: usize) -> Lexer<'a> {
        Lexer::new(self.bytes, at, &self.limits, true)
    }

    /// Reads a section of the table of objects; what is known already is newer.
    fn section(&self, start: usize) -> Result<Dict> {
        let mut lexer = self.lexer(start);
        lexer.skip_space();
        if !lexer.rest().starts_with(b"xref") {
            return self.packed_section(start);
        }
        lexer.at += 4;
        loop {
            let first = lexer.object()?.ok_or_else(|| damaged("a cut table of objects"))?;
            if first.is_keyword(b"trailer") {
                break;
            }
            let count = lexer.object()?.and_then(|count| count.count());
            let (first, count) = first.count().zip(count).ok_or_else(|| damaged("its table of objects"))?;
            for number in 0..count {
                let fields = (lexer.object()?, lexer.object()?, lexer.object()?);
                let (Some(Object::Number(_)), Some(_), Some(Object::Keyword(kind))) = &fields else {
                    return Err(damaged("its table of objects"));
                };
                let offset = fields.0.as_ref().and_then(Object::count);
                let place = match (&**kind, offset) {
                    (b"n", Some(offset)) => Place::At(offset),
                    (b"f", _) => Place::Free,
                    _ => return Err(damaged("its table of objects")),
                };
                self.learn(first + number, place)?;
            }
        }
        let trailer = lexer.object()?.and_then(|trailer| trailer.dict().cloned());
        trailer.ok_or_else(|| damaged("the end of its table of objects"))
    }

    fn learn(&self, number: usize, place: Place) -> Result<()> {
        let mut places = self.places.borrow_mut();
        let number = u32::try_from(number.min(LARGEST + 1)).unwrap_or(u32::MAX);
        if number as usize > LARGEST || places.len() * 64 > self.limits.memory {
            return Err(Limits::exceeded("more objects than a PDF may have"));
        }
        places.entry(number).or_insert(place);
        Ok(())
    }

    /// A section that is a stream.
    fn packed_section(&self, start: usize) -> Result<Dict> {
        let (_, object) = self.object_at(start)?;
        let Object::Stream(stream) = object else { return Err(damaged("its table of objects")) };
        let bytes = self.unpack(&stream)?;
        let dict = stream.dict;
        let widths: Vec<usize> = dict
            .get(&b"W"[..])
            .and_then(Object::array)
            .map(|widths| widths.iter().filter_map(Object::count).collect())
            .unwrap_or_default();
        let [kind, second, third] = widths.as_slice() else { return Err(damaged("its table of objects")) };
        let row = kind.saturating_add(*second).saturating_add(*third);
        if row == 0 || row > 24 {
            return Err(damaged("its table of objects"));
        }
        let size = dict.get(&b"Size"[..]).and_then(Object::count).unwrap_or_default();
        let index: Vec<usize> = match dict.get(&b"Index"[..]).and_then(Object::array) {
            Some(index) => index.iter().filter_map(Object::count).collect(),
            None => vec![0, size],
        };
        let mut rows = bytes.chunks_exact(row);
        for part in index.chunks_exact(2) {
            let [first, count] = part else { break };
            for (number, row) in (0..*count).zip(rows.by_ref()) {
                let (kind_bytes, rest) = row.split_at_checked(*kind).unwrap_or_default();
                let (second, third) = rest.split_at_checked(*second).unwrap_or_default();
                let place = match if *kind == 0 { 1 } else { big_endian(kind_bytes) } {
                    1 => Place::At(big_endian(second)),
                    2 => Place::In(u32::try_from(big_endian(second)).unwrap_or(u32::MAX), big_endian(third)),
                    // Free, or of a kind that is not yet known, which counts as null.
                    _ => Place::Free,
                };
                self.learn(first.saturating_add(number), place)?;
            }
        }
        Ok(dict)
    }

    /// Searches the whole file for objects.
    fn rebuild(&self) -> Result<()> {
        self.rebuilt.set(true);
        self.places.borrow_mut().clear();
        self.objects.borrow_mut().clear();
        self.packs.borrow_mut().clear();
        let mut trailer: Dict = Dict::default();
        let mut found: BTreeMap<u32, usize> = BTreeMap::new();
        for at in memmem::find_iter(self.bytes, b" obj") {
            if let Some((number, start)) = self.number_before(at) {
                if found.len() * 64 > self.limits.memory {
                    return Err(Limits::exceeded("more objects than a PDF may have"));
                }
                // The last one of a number is the newest.
                found.insert(number, start);
            }
        }
        for (number, start) in &found {
            self.places.borrow_mut().insert(*number, Place::At(*start));
        }
        for at in memmem::find_iter(self.bytes, b"trailer") {
            let dict = self.lexer(at + 7).object().ok().flatten().and_then(|dict| dict.dict().cloned());
            if let Some(dict) = dict.filter(|dict| dict.contains_key(&b"Root"[..])) {
                trailer = dict;
            }
        }
        // What lies in object streams is not seen in the bytes.
        let (mut catalog, mut packs) = (None, Vec::new());
        for (number, start) in &found {
            let Ok((_, object)) = self.object_at(*start) else { continue };
            let Some(dict) = object.dict() else { continue };
            match dict.get(&b"Type"[..]).and_then(Object::name) {
                Some(b"XRef") if !trailer.contains_key(&b"Root"[..]) => trailer = Rc::clone(dict),
                Some(b"Catalog") => catalog = Some(*number),
                Some(b"ObjStm") => packs.push(*number),
                _ => {}
            }
        }
        for number in packs {
            let Ok(pack) = self.pack(number) else { continue };
            for (index, (inner, _)) in pack.objects.iter().enumerate() {
                if !found.contains_key(inner) {
                    self.places.borrow_mut().insert(*inner, Place::In(number, index));
                }
            }
        }
        if !trailer.contains_key(&b"Root"[..]) {
            let catalog = catalog.or_else(|| {
                let numbers: Vec<u32> = self.places.borrow().keys().copied().collect();
                numbers.into_iter().find(|number| {
                    let object = self.get(*number).unwrap_or(Object::Null);
                    let kind = object.dict().and_then(|dict| dict.get(&b"Type"[..])).and_then(Object::name);
                    kind == Some(b"Catalog")
                })
            });
            let catalog = catalog.ok_or_else(|| damaged("it has no catalog of its parts; it may be cut"))?;
            trailer = Rc::new([(Box::from(&b"Root"[..]), Object::Reference(catalog))].into());
        }
        *self.trailer.borrow_mut() = trailer;
        Ok(())
    }

    /// The number of the object whose ` obj` is here, and where it starts.
    fn number_before(&self, at: usize) -> Option<(u32, usize)> {
        let before = self.bytes.get(at.saturating_sub(24)..at)?;
        let digits = |bytes: &[u8]| bytes.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let generation = digits(before);
        let rest = before.get(..before.len() - generation)?;
        let gap = rest.iter().rev().take_while(|byte| is_space(**byte)).count();
        let rest = rest.get(..rest.len() - gap)?;
        let number = digits(rest);
        if generation == 0 || gap == 0 || number == 0 {
            return None;
        }
        let text = std::str::from_utf8(rest.get(rest.len() - number..)?).ok()?;
        let value = text.parse::<u32>().ok().filter(|value| *value as usize <= LARGEST)?;
        Some((value, at - generation - gap - number))
    }

    /// The object at this byte, with its number.
    fn object_at(&self, start: usize) -> Result<(u32, Object)> {
        let mut lexer = self.lexer(start);
        let number = lexer.object()?.and_then(|number| number.count());
        let number = number.and_then(|number| u32::try_from(number).ok());
        let generation = lexer.object()?;
        let word = lexer.object()?;
        let head = number.filter(|_| generation.is_some() && word.is_some_and(|word| word.is_keyword(b"obj")));
        let number = head.ok_or_else(|| damaged(format!("no object begins at byte {start}")))?;
        let object = lexer.object()?.ok_or_else(|| damaged(format!("the object at byte {start} is cut")))?;
        self.count(lexer.made(&self.limits))?;
        let Object::Dict(dict) = object else {
            return Ok((number, if matches!(object, Object::Keyword(_)) { Object::Null } else { object }));
        };
        lexer.skip_space();
        if !lexer.rest().starts_with(b"stream") {
            return Ok((number, Object::Dict(dict)));
        }
        let data = match lexer.rest().get(6..8) {
            Some(b"\r\n") => lexer.at + 8,
            Some([b'\r' | b'\n', _]) => lexer.at + 7,
            _ => lexer.at + 6,
        };
        let range = self.extent(&dict, data)?;
        Ok((number, Object::Stream(Stream { dict, range })))
    }

    fn count(&self, made: usize) -> Result<()> {
        self.made.set(self.made.get().saturating_add(made));
        if self.made.get().saturating_mul(size_of::<Object>()) > self.limits.memory {
            return Err(Limits::exceeded("too many objects in the PDF"));
        }
        Ok(())
    }

    /// Where the bytes of a stream end: where it says, if `endstream` stands there.
    fn extent(&self, dict: &Dict, start: usize) -> Result<Range<usize>> {
        let length = dict.get(&b"Length"[..]).cloned().unwrap_or(Object::Null);
        let length = self.resolve(&length).ok().and_then(|length| length.count());
        if let Some(end) = length.and_then(|length| start.checked_add(length)) {
            let after = self.bytes.get(end..).unwrap_or_default();
            let gap = after.iter().take(4).take_while(|byte| is_space(**byte)).count();
            if end <= self.bytes.len() && after.get(gap..).is_some_and(|after| after.starts_with(b"endstream")) {
                return Ok(start..end);
            }
        }
        let rest = self.bytes.get(start..).unwrap_or_default();
        let end = memmem::find(rest, b"endstream").ok_or_else(|| damaged("a stream without an end"))?;
        let body = rest.get(..end).unwrap_or_default();
        let body = body.strip_suffix(b"\n").unwrap_or(body);
        let body = body.strip_suffix(b"\r").unwrap_or(body);
        Ok(start..start + body.len())
    }

    /// The object of this number; null where there is none.
    ///
    /// # Errors
    /// `Shape` for a damaged object, or one that needs itself.
    pub(super) fn get(&self, number: u32) -> Result<Object> {
        if let Some(object) = self.objects.borrow().get(&number) {
            return Ok(object.clone());
        }
        if self.open.borrow().len() > self.limits.depth || !self.open.borrow_mut().insert(number) {
            return Err(damaged(format!("object {number} needs itself")));
        }
        let object = self.load(number);
        self.open.borrow_mut().remove(&number);
        let object = object?;
        self.objects.borrow_mut().insert(number, object.clone());
        Ok(object)
    }

    fn load(&self, number: u32) -> Result<Object> {
        let place = self.places.borrow().get(&number).copied();
        match place {
            None | Some(Place::Free) => Ok(Object::Null),
            Some(Place::At(start)) => match self.object_at(start) {
                Ok((found, object)) if found == number => Ok(object),
                other if self.rebuilt.get() => match other {
                    Ok(_) => Err(damaged(format!("object {number} is not where it should be"))),
                    Err(fault) => Err(fault),
                },
                _ => {
                    self.rebuild()?;
                    self.load(number)
                }
            },
            Some(Place::In(stream, index)) => {
                let pack = self.pack(stream)?;
                // The index is a hint; the number says which it is.
                let at = pack.objects.get(index).filter(|(found, _)| *found == number);
                let at = at.or_else(|| pack.objects.iter().find(|(found, _)| *found == number));
                let (_, start) = at.ok_or_else(|| damaged(format!("object {number} is not in its stream")))?;
                let mut lexer = Lexer::new(&pack.bytes, *start, &self.limits, true);
                let object = lexer.object()?.unwrap_or(Object::Null);
                self.count(lexer.made(&self.limits))?;
                Ok(object)
            }
        }
    }

    fn pack(&self, number: u32) -> Result<Rc<Pack>> {
        if let Some(pack) = self.packs.borrow().get(&number) {
            return Ok(Rc::clone(pack));
        }
        let wrong = || damaged(format!("the stream of objects {number}"));
        let place = self.places.borrow().get(&number).copied();
        // A stream of objects is never in another one.
        let Some(Place::At(_)) = place else { return Err(wrong()) };
        let Object::Stream(stream) = self.get(number)? else { return Err(wrong()) };
        let bytes = self.unpack(&stream)?;
        self.hold(bytes.len())?;
        let count = stream.dict.get(&b"N"[..]).and_then(Object::count).ok_or_else(wrong)?;
        let first = stream.dict.get(&b"First"[..]).and_then(Object::count).ok_or_else(wrong)?;
        let mut objects = Vec::new();
        let mut lexer = Lexer::new(&bytes, 0, &self.limits, false);
        for _ in 0..count {
            let (Some(number), Some(start)) = (lexer.object()?, lexer.object()?) else { break };
            let number = number.count().and_then(|number| u32::try_from(number).ok()).ok_or_else(wrong)?;
            objects.push((number, first.saturating_add(start.count().ok_or_else(wrong)?)));
        }
        self.count(lexer.made(&self.limits))?;
        let pack = Rc::new(Pack { bytes, objects });
        self.packs.borrow_mut().insert(number, Rc::clone(&pack));
        Ok(pack)
    }

    /// Counts bytes that stay in memory.
    fn hold(&self, bytes: usize) -> Result<()> {
        self.held.set(self.held.get().saturating_add(bytes));
        if self.held.get() > self.limits.memory {
            return Err(Limits::exceeded(format!("its objects take more than {} MiB", self.limits.memory >> 20)));
        }
        Ok(())
    }

    /// What an object stands for, where it is a reference.
    ///
    /// # Errors
    /// Those of [`File::get`]; references that lead in a circle.
    pub(super) fn resolve(&self, object: &Object) -> Result<Object> {
        let mut object = object.clone();
        for _ in 0..CHASE {
            let Object::Reference(number) = object else { return Ok(object) };
            object = self.get(number)?;
        }
        Err(damaged("references lead in a circle"))
    }

    /// An entry of a dictionary, resolved; null where there is none.
    pub(super) fn entry(&self, dict: &Dict, key: &[u8]) -> Result<Object> {
        dict.get(key).map_or(Ok(Object::Null), |object| self.resolve(object))
    }

    /// The entry of a dictionary that is a dictionary itself.
    pub(super) fn part(&self, dict: &Dict, key: &[u8]) -> Result<Option<Dict>> {
        Ok(self.entry(dict, key)?.dict().cloned())
    }

    /// The numbers of an array, resolved.
    pub(super) fn numbers(&self, object: &Object) -> Result<Vec<f64>> {
        let object = self.resolve(object)?;
        let Some(array) = object.array() else { return Ok(Vec::new()) };
        let numbers: Result<Vec<Object>> = array.iter().map(|item| self.resolve(item)).collect();
        Ok(numbers?.iter().filter_map(Object::number).collect())
    }

    /// The bytes of a stream, unpacked.
    ///
    /// # Errors
    /// Those of [`decode`].
    pub(super) fn unpack(&self, stream: &Stream) -> Result<Vec<u8>> {
        let raw = self.bytes.get(stream.range.clone()).unwrap_or_default();
        let either = |long: &[u8], short: &[u8]| -> Result<Object> {
            let entry = self.entry(&stream.dict, long)?;
            if entry == Object::Null { self.entry(&stream.dict, short) } else { Ok(entry) }
        };
        let listed = |object: Object| match object {
            Object::Array(items) => items.to_vec(),
            Object::Null => Vec::new(),
            one => vec![one],
        };
        let names = listed(either(b"Filter", b"F")?);
        let parameters = listed(either(b"DecodeParms", b"DP")?);
        let mut filters = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let name = self.resolve(name)?;
            let name = name.name().ok_or_else(|| damaged("a stream without the name of its filter"))?.to_vec();
            let dict = parameters.get(at).map_or(Ok(Object::Null), |dict| self.resolve(dict))?;
            // Parameters may be references themselves.
            let mut plain = BTreeMap::new();
            if let Some(dict) = dict.dict() {
                for (key, value) in dict.iter() {
                    plain.insert(key.clone(), self.resolve(value)?);
                }
            }
            filters.push((name, Some(Rc::new(plain))));
        }
        decode(raw, &filters, &self.budget)
    }
}

fn big_endian(bytes: &[u8]) -> usize {
    bytes.iter().fold(0_usize, |number, byte| number.checked_mul(256).map_or(usize::MAX, |n| n | usize::from(*byte)))
}
