//! One walk over a whole document: is it sound, where are its records, and what stands around them.

use std::borrow::Cow;
use std::collections::HashSet;

use quipu_schema::{ErrorKind, Fault, Result};

use super::pointer;
use super::scan::{Kind, Scalar, Scanner, Token, Wrong};

/// Most metadata fields that become rows above the header: header detection must not drown in them.
const PREAMBLE: usize = 100;
/// Longest pointer of a metadata field, and most other lists that are named.
const LONGEST: usize = 4_096;
const NAMED: usize = 8;

/// What the elements of a list of records are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Objects: records with named fields.
    Objects,
    /// Lists: rows of cells, of which one may be a header.
    Lists,
    /// The place is one object, which is the only record.
    Single,
}

/// Where the records of a document are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Records {
    /// Pointer of the list, or of the only record.
    pub(super) base: String,
    /// Its first byte in the text; 0 for lines of JSON.
    pub(super) start: usize,
    pub(super) count: u64,
    pub(super) shape: Shape,
}

/// What a walk over a document found.
#[derive(Debug)]
pub(super) struct Survey<'a> {
    /// Whether the document is several values on lines of their own, which then are a list.
    pub(super) lines: bool,
    pub(super) records: Records,
    /// Values beside the records: pointer, where in it the part begins that labels the value, value.
    pub(super) preamble: Vec<(String, usize, Scalar<'a>)>,
    /// Values beside the records that are too many to be told.
    pub(super) more: u64,
    /// Other lists beside the records, with their length.
    pub(super) others: Vec<(String, u64)>,
}

/// A container that is open.
struct Frame<'a> {
    kind: Kind,
    start: usize,
    /// Length of its own pointer.
    pointer: usize,
    children: u64,
    /// What its first element is, and the first element that is something else.
    first: &'static str,
    odd: Option<(u64, &'static str)>,
    /// Reached by members only, so that it is no part of a record.
    direct: bool,
    names: Vec<Cow<'a, str>>,
    many: HashSet<Cow<'a, str>>,
}

struct Walk<'a, 't> {
    target: Option<&'t str>,
    pointer: String,
    open: Vec<Frame<'a>>,
    found: Option<Found>,
    others: Vec<(String, u64)>,
    preamble: Vec<(String, Scalar<'a>)>,
    more: u64,
}

/// A list that may hold the records; `Err` says why it does not.
type Found = (Records, Option<String>);

/// Whether a document is several values on lines of their own.
pub(super) fn is_lines(text: &str, deepest: usize) -> Result<bool, Wrong> {
    let mut scanner = Scanner::new(text, deepest);
    let first = scanner.step()?;
    scanner.skip(first)?;
    Ok(scanner.step()? != Token::End)
}

/// Walks over a document. `target` is the declared pointer of the records. `before` bytes stand
/// before the text, for messages.
///
/// # Errors
/// `Shape`: no sound JSON, a name twice in one object, or no records where they should be.
pub(super) fn survey<'a>(text: &'a str, target: Option<&str>, deepest: usize, before: usize) -> Result<Survey<'a>> {
    let wrong = |wrong: Wrong| wrong.fault(text, before);
    let lines = is_lines(text, deepest).map_err(wrong)?;
    let mut walk = Walk {
        target,
        pointer: String::new(),
        open: Vec::new(),
        found: None,
        others: Vec::new(),
        preamble: Vec::new(),
        more: 0,
    };
    if lines {
        walk.open.push(Frame::new(Kind::Array, 0, 0, true));
    }
    let mut scanner = Scanner::new(text, deepest);
    loop {
        let token = scanner.step().map_err(wrong)?;
        match token {
            Token::End => break,
            Token::Name(name) => walk.name(name.text())?,
            Token::Open(kind) => walk.open(kind, scanner.token_start()),
            Token::Close(_) => walk.close(),
            Token::Value(scalar) => walk.value(scalar),
        }
    }
    if lines {
        walk.close();
    }
    walk.finish(text, lines)
}

impl Frame<'_> {
    fn new(kind: Kind, start: usize, pointer: usize, direct: bool) -> Self {
        Self {
            kind,
            start,
            pointer,
            children: 0,
            first: "",
            odd: None,
            direct,
            names: Vec::new(),
            many: HashSet::new(),
        }
    }
}

impl<'a> Walk<'a, '_> {
    fn name(&mut self, name: Cow<'a, str>) -> Result<()> {
        let Some(frame) = self.open.last_mut() else { return Ok(()) };
        self.pointer.truncate(frame.pointer);
        pointer::push(&mut self.pointer, &name);
        let twice = if frame.names.len() < 16 {
            frame.names.contains(&name)
        } else {
            if frame.many.is_empty() {
                frame.many.extend(frame.names.iter().cloned());
            }
            !frame.many.insert(name.clone())
        };
        if twice {
            let message = format!("the name at `{}` stands twice in one object", self.pointer);
            let help = "which of the two values is meant cannot be known: the publisher has to correct it";
            return Err(Fault::new(ErrorKind::Shape, message).help(help));
        }
        if frame.names.len() < 16 {
            frame.names.push(name);
        }
        Ok(())
    }

    /// Counts a value in the container around it and sets the pointer to it. Gives whether the value
    /// is reached by members only; the elements of a list at the top count as members, because of
    /// documents that are a list of metadata and records.
    fn enter(&mut self, what: &'static str) -> bool {
        let depth = self.open.len();
        let Some(frame) = self.open.last_mut() else { return true };
        let index = frame.children;
        frame.children += 1;
        if index == 0 {
            frame.first = what;
        } else if what != frame.first && frame.odd.is_none() {
            frame.odd = Some((index, what));
        }
        if frame.kind == Kind::Array {
            self.pointer.truncate(frame.pointer);
            pointer::push_index(&mut self.pointer, index);
            return depth == 1;
        }
        frame.direct
    }

    fn open(&mut self, kind: Kind, start: usize) {
        let what = if kind == Kind::Object { "an object" } else { "a list" };
        let direct = self.enter(what);
        self.open.push(Frame::new(kind, start, self.pointer.len(), direct));
    }

    fn value(&mut self, scalar: Scalar<'a>) {
        let what = match scalar {
            Scalar::Null => "null",
            Scalar::Flag(_) => "a truth value",
            Scalar::Number(_) => "a number",
            Scalar::Text(_) => "a text",
        };
        let direct = self.enter(what);
        let inside = |target: &str| self.pointer.strip_prefix(target).is_some_and(|rest| rest.starts_with('/'));
        let beside = direct && !self.target.is_some_and(inside);
        if beside && self.open.last().is_some_and(|frame| frame.kind == Kind::Object) {
            if self.preamble.len() < PREAMBLE && self.pointer.len() <= LONGEST {
                self.preamble.push((self.pointer.clone(), scalar));
            } else {
                self.more += 1;
            }
        }
    }

    fn close(&mut self) {
        let Some(frame) = self.open.pop() else { return };
        self.pointer.truncate(frame.pointer);
        let (shape, why) = match (frame.kind, frame.first, frame.odd) {
            (Kind::Object, ..) => (Some(Shape::Single), None),
            (Kind::Array, "", _) => (None, Some("the list is empty".to_owned())),
            (Kind::Array, "an object", None) => (Some(Shape::Objects), None),
            (Kind::Array, "a list", None) => (Some(Shape::Lists), None),
            (Kind::Array, "an object" | "a list", Some((index, what))) => {
                (None, Some(format!("its element {index} is {what}, and its first is {}", frame.first)))
            }
            (Kind::Array, first, _) => (None, Some(format!("its first element is {first}"))),
        };
        let records = || Records {
            base: self.pointer.clone(),
            start: frame.start,
            count: if frame.kind == Kind::Object { 1 } else { frame.children },
            shape: shape.unwrap_or(Shape::Objects),
        };
        if let Some(target) = self.target {
            if target == self.pointer {
                self.found = Some((records(), why));
            } else if frame.direct && frame.kind == Kind::Array && frame.children > 0 {
                self.beside(frame.children);
            }
            return;
        }
        if frame.kind == Kind::Object {
            // The only record, where the document has no list of them.
            if self.open.is_empty() && self.found.is_none() {
                self.found = Some((records(), None));
            }
            return;
        }
        if !frame.direct || frame.children == 0 {
            return;
        }
        let top = self.open.is_empty();
        let more = self.found.as_ref().is_none_or(|(found, _)| frame.children > found.count);
        if shape.is_some() && (top || more) {
            let new = records();
            if let Some((old, _)) = self.found.replace((new, None)) {
                self.note(old.base, old.count);
            }
        } else if !top {
            self.beside(frame.children);
        } else if self.found.is_none() {
            self.found = Some((records(), why));
        }
    }

    fn beside(&mut self, count: u64) {
        let place = self.pointer.clone();
        self.note(place, count);
    }

    fn note(&mut self, place: String, count: u64) {
        if self.others.len() < NAMED && place.len() <= LONGEST {
            self.others.push((place, count));
        }
    }

    fn finish(mut self, text: &str, lines: bool) -> Result<Survey<'a>> {
        let Some((records, why)) = self.found.take() else { return Err(self.nothing()) };
        if let Some(why) = why {
            let message = format!("the list at `{}` has no records: {why}", records.base);
            return Err(Fault::new(ErrorKind::Shape, message).help(self.advice()));
        }
        let inside = |place: &str| place.strip_prefix(&records.base).is_some_and(|rest| rest.starts_with('/'));
        let top_is_list = lines || text.trim_start().starts_with('[');
        let mut preamble = Vec::new();
        for (place, scalar) in std::mem::take(&mut self.preamble) {
            if !inside(&place) {
                // In a list of metadata and records the index says nothing.
                let label = place.match_indices('/').nth(usize::from(top_is_list)).map_or(0, |(at, _)| at);
                preamble.push((place, label, scalar));
            }
        }
        self.others.retain(|(place, _)| !inside(place) && *place != records.base);
        let more = if records.base.is_empty() { 0 } else { self.more };
        Ok(Survey { lines, records, preamble, more, others: self.others })
    }

    fn nothing(&self) -> Fault {
        let message = match self.target {
            Some(target) => format!("the document has no list or object at `{target}`, where its records should be"),
            None => "the document has no records: it is neither an object nor a list".to_owned(),
        };
        Fault::new(ErrorKind::Shape, message).help(self.advice())
    }

    fn advice(&self) -> String {
        let lists: Vec<String> = self.others.iter().map(|(place, count)| format!("`{place}` ({count})")).collect();
        if lists.is_empty() {
            "the source has changed its shape: look at what it delivers now".to_owned()
        } else {
            format!("`records` is a JSON pointer; the document has lists at {}", lists.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, target: Option<&str>) -> Result<(String, u64, Shape)> {
        survey(text, target, 64, 0).map(|found| (found.records.base, found.records.count, found.records.shape))
    }

    #[test]
    fn records_are_found_in_the_usual_envelopes() {
        for (text, base, count, shape) in [
            (r#"[{"a":1},{"a":2}]"#, "", 2, Shape::Objects),
            (r#"{"meta":{"tags":[{"x":1}]},"data":[{"a":1},{"a":2}]}"#, "/data", 2, Shape::Objects),
            (r#"{"result":{"records":[{"a":1}]}}"#, "/result/records", 1, Shape::Objects),
            (r#"[{"page":1},[{"a":1},{"a":2}]]"#, "/1", 2, Shape::Objects),
            (r#"[["y","v"],["2019","7"]]"#, "", 2, Shape::Lists),
            (r#"{"meta":[{"c":1}],"data":[[1,2],[3,4]]}"#, "/data", 2, Shape::Lists),
            (r#"{"a":1,"b":{"c":[1,2]}}"#, "", 1, Shape::Single),
            ("{\"a\":1}\n\n{\"a\":[{\"b\":1},{\"b\":2},{\"b\":3}]}\r\n", "", 2, Shape::Objects),
            ("[1,2]\n[3,4]", "", 2, Shape::Lists),
        ] {
            assert_eq!(
                found(text, None).map_err(|fault| fault.to_string()),
                Ok((base.to_owned(), count, shape)),
                "{text}"
            );
        }
        let named = r#"{"big":[{},{}],"small":[{"a":1}],"one":{"a":1}}"#;
        assert_eq!(found(named, Some("/small")).ok(), Some(("/small".to_owned(), 1, Shape::Objects)));
        assert_eq!(found(named, Some("/one")).ok(), Some(("/one".to_owned(), 1, Shape::Single)));
        assert_eq!(found("{\"r\":[{}]}\n{\"r\":[{},{}]}", Some("/1/r")).ok().map(|f| f.1), Some(2));
    }

    #[test]
    fn documents_without_records_say_what_they_have() {
        for (text, target, expected) in [
            (r#"{"a":[{"x":1}]}"#, Some("/b"), "has no list or object at `/b`"),
            (r#"{"a":[{"x":1}]}"#, Some("/b"), "lists at `/a` (1)"),
            (r#"{"a":[{"x":1},2]}"#, Some("/a"), "its element 1 is a number, and its first is an object"),
            (r#"{"a":[]}"#, Some("/a"), "the list is empty"),
            ("[1,2,3]", None, "its first element is a number"),
            ("[]", None, "no records"),
            ("7", None, "neither an object nor a list"),
        ] {
            let message = found(text, target).expect_err(text).to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_refused() {
        for text in [r#"[{"a":{"x":1,"\u0078":2}}]"#, &format!("[{{{}\"n3\":1}}]", many(20))] {
            let message = found(text, None).expect_err(text).to_string();
            assert!(message.contains("stands twice in one object"), "{message}");
        }
        assert!(found(&format!("[{{{}\"n20\":1}}]", many(20)), None).is_ok());
    }

    fn many(count: usize) -> String {
        let members: Vec<String> = (0..count).map(|n| format!("\"n{n}\":{n},")).collect();
        members.concat()
    }

    #[test]
    fn metadata_is_what_stands_beside_the_records() {
        let text = r#"[{"page":1,"of":{"all":9}},[{"a":1,"b":{"c":2}}]]"#;
        let labels = |text: &str| {
            let found = survey(text, None, 64, 0).unwrap();
            let labels = found
                .preamble
                .into_iter()
                .map(|(place, at, _)| (place.clone(), pointer::dotted(place.get(at..).unwrap())));
            labels.collect::<Vec<_>>()
        };
        let pair = |place: &str, label: &str| (place.to_owned(), label.to_owned());
        assert_eq!(labels(text), [pair("/0/page", "page"), pair("/0/of/all", "of.all")]);
        let text = r#"{"date":"2025","data":[{"a":1}],"n":{"count":1}}"#;
        assert_eq!(labels(text), [pair("/date", "date"), pair("/n/count", "n.count")]);
        assert_eq!(labels(r#"{"a":1}"#), []);
    }
}
