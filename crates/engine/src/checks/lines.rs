//! Checks in JSON, one object a line (NDJSON).

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::path::Path;

use quipu_readers::Content;
use quipu_schema::{ErrorKind, Fault, Result};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::rows::{CHECK_ID, COLUMNS, KEY_KIND, KEY_RAW, NAMES, TextRows, of_people};
use crate::file::ColumnNames;

/// Bytes that are read beyond a piece at a time, to see where its last line ends.
const BEYOND: u64 = 64 << 10;
/// Bytes that are looked at together for line ends.
const BLOCK: usize = 1 << 20;
/// Longest line.
const LONGEST: u64 = 16 << 20;

/// A file of lines.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    content: Content<'a>,
    /// First bytes of the pieces, and the end.
    starts: Vec<u64>,
    /// Names of the columns that are wanted.
    names: [Option<&'a str>; COLUMNS.len()],
    /// Columns that must be named in every line.
    needed: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Cuts the file between lines. `kinded` says that the kind of keys is known without a field, `people`
    /// that names and dates of birth are needed.
    ///
    /// # Errors
    /// `Shape` for a line that is longer than 16 MiB; `Storage`.
    pub(crate) fn open(
        content: Content<'a>,
        path: &Path,
        names: &'a ColumnNames,
        (kinded, people): (bool, bool),
        size: u64,
    ) -> Result<Self> {
        let mut starts = vec![0];
        let length = content.length();
        while let Some(start) = starts.last().copied().filter(|start| length - start > size * 2) {
            let mut from = start + size;
            let next = loop {
                let window = content.range(from, from + BEYOND)?;
                match memchr::memchr(b'\n', &window) {
                    Some(at) => break from + at as u64 + 1,
                    None if window.is_empty() => break length,
                    None => from += window.len() as u64,
                }
                if from - start > size + LONGEST {
                    let message = format!("a line is longer than {} MiB", LONGEST >> 20);
                    return Err(Fault::new(ErrorKind::Shape, message).at(path.display()));
                }
            };
            starts.push(next);
        }
        if starts.last() != Some(&length) || starts.len() == 1 {
            starts.push(length);
        }
        let mut columns = COLUMNS.map(|column| Some(names.get(column).map_or(column, String::as_str)));
        for (_, name) in columns.iter_mut().enumerate().filter(|(at, _)| of_people(*at) && !people) {
            *name = None;
        }
        let needed = if kinded { vec![CHECK_ID, KEY_RAW] } else { vec![CHECK_ID, KEY_KIND, KEY_RAW] };
        Ok(Self { content, starts, names: columns, needed })
    }

    pub(crate) fn groups(&self) -> usize {
        self.starts.len() - 1
    }

    /// Line ends before a place, for messages.
    fn lines_before(&self, place: u64) -> usize {
        let mut lines = 0;
        for from in (0..place).step_by(BLOCK) {
            let block = self.content.range(from, place.min(from + BLOCK as u64));
            lines += block.map_or(0, |block| memchr::memchr_iter(b'\n', &block).count());
        }
        lines
    }

    /// The rows of a piece. Lines without anything are passed over.
    ///
    /// # Errors
    /// `Shape` with the line that is no JSON object, lacks a field, or has a value that is neither text nor whole number.
    pub(crate) fn read(&self, group: usize, path: &Path) -> Result<TextRows> {
        let mut out = TextRows::default();
        let Some([start, end]) = self.starts.get(group..group + 2) else { return Ok(out) };
        let bytes = self.content.range(*start, *end)?;
        let mark = if *start == 0 && bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        for (at, line) in bytes.get(mark..).unwrap_or_default().split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let mut json = serde_json::Deserializer::from_slice(line);
            let wrong = RefCell::new(None);
            let record = Record { lines: self, out: &mut out, wrong: &wrong };
            let read = record.deserialize(&mut json).and_then(|()| json.end());
            read.map_err(|_| {
                let before = self.lines_before(*start);
                // Not what the decoder says: it may repeat what stands there.
                let what = wrong.take().unwrap_or_else(|| "this line is no JSON object".to_owned());
                Fault::new(ErrorKind::Shape, what)
                    .at(format!("{}:{}", path.display(), before + at + 1))
                    .help("one JSON object a line is needed; --map key_raw=NAME says how a field is called")
            })?;
            out.end();
        }
        Ok(out)
    }
}

/// One line.
struct Record<'a, 'b> {
    lines: &'b Lines<'a>,
    out: &'b mut TextRows,
    /// What is wrong with it, in words that hold nothing of its values.
    wrong: &'b RefCell<Option<String>>,
}

fn fail<E: Error>(wrong: &RefCell<Option<String>>, what: String) -> E {
    wrong.replace(Some(what));
    E::custom("")
}

impl<'de> DeserializeSeed<'de> for Record<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Record<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<(), M::Error> {
        let mut seen = [false; COLUMNS.len()];
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let Some(column) = self.lines.names.iter().position(|known| *known == Some(&*name)) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let seen = seen.get_mut(column).ok_or_else(|| M::Error::custom("a column out of range"))?;
            if std::mem::replace(seen, true) {
                return Err(fail(self.wrong, format!("the field `{name}` stands twice")));
            }
            map.next_value_seed(Value { column, name: &name, out: self.out, wrong: self.wrong })?;
        }
        let missing = self.lines.needed.iter().find(|column| !seen.get(**column).copied().unwrap_or(true));
        match missing.and_then(|column| self.lines.names.get(*column).copied().flatten()) {
            Some(name) => Err(fail(self.wrong, format!("there is no field `{name}`"))),
            None => Ok(()),
        }
    }
}

/// The value of a field that is wanted: a text, a whole number as it is written, or nothing.
struct Value<'a> {
    column: usize,
    name: &'a str,
    out: &'a mut TextRows,
    wrong: &'a RefCell<Option<String>>,
}

impl Value<'_> {
    fn fail<E: Error>(&self, what: &str) -> E {
        fail(self.wrong, format!("the field `{}` is {what}; a text is needed", self.name))
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a text in the field `{}`", self.name)
    }

    fn visit_str<E: Error>(self, text: &str) -> std::result::Result<(), E> {
        self.out.put(self.column, text);
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> std::result::Result<(), E> {
        self.visit_str(&number.to_string())
    }

    fn visit_unit<E: Error>(self) -> std::result::Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> std::result::Result<(), E> {
        Err(self.fail("a negative number"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> std::result::Result<(), E> {
        Err(self.fail("a number with a fraction or too long"))
    }

    fn visit_bool<E: Error>(self, _: bool) -> std::result::Result<(), E> {
        Err(self.fail("true or false"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<(), A::Error> {
        // Of names there may be several.
        if self.column != NAMES {
            return Err(self.fail("a list"));
        }
        let mut names = Vec::new();
        while let Some(name) =
            list.next_element::<Cow<'de, str>>().map_err(|_| self.fail("a list of something else"))?
        {
            names.push(name);
        }
        self.out.put(self.column, &names.join("; "));
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> std::result::Result<(), A::Error> {
        Err(self.fail("an object"))
    }
}
