//! Records to rows: every leaf of a record is a cell, every pointer that leads to a leaf a column.

use std::collections::HashMap;

use super::pointer;
use super::scan::{Kind, Scalar, Scanner, Token, Wrong};
use super::survey::{Shape, Survey};
use crate::Limits;

/// The records of a document, one after the other.
pub(super) struct Reading<'a> {
    scanner: Scanner<'a>,
    shape: Shape,
    /// How many containers are open around a record.
    around: usize,
    ended: bool,
    pointer: String,
    open: Vec<(Kind, usize, u64)>,
}

/// What a record holds beside its leaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Hollow {
    /// Lists and objects that hold nothing.
    pub(super) empty: u64,
}

impl<'a> Reading<'a> {
    pub(super) fn new(text: &'a str, found: &Survey<'_>, deepest: usize) -> Result<Self, Wrong> {
        let mut scanner = Scanner::at(text, found.records.start, deepest);
        let single = found.records.shape == Shape::Single;
        let listed = !found.lines || !found.records.base.is_empty();
        if listed && !single {
            scanner.step()?;
        }
        let around = scanner.depth();
        let shape = found.records.shape;
        Ok(Self { scanner, shape, around, ended: false, pointer: String::new(), open: Vec::new() })
    }

    /// Reads the next record; `leaf` is told each leaf with its pointer within the record. `None`
    /// behind the last.
    pub(super) fn next<E: From<Wrong>>(
        &mut self,
        mut leaf: impl FnMut(&str, Scalar<'a>) -> Result<(), E>,
    ) -> Result<Option<Hollow>, E> {
        if self.ended {
            return Ok(None);
        }
        let mut hollow = Hollow::default();
        self.pointer.clear();
        self.open.clear();
        loop {
            let token = self.scanner.step()?;
            match token {
                Token::End => return Ok(None),
                Token::Name(name) => {
                    self.back();
                    pointer::push(&mut self.pointer, &name.text());
                    continue;
                }
                Token::Open(kind) => {
                    self.element();
                    self.open.push((kind, self.pointer.len(), 0));
                    continue;
                }
                Token::Close(_) => match self.open.pop() {
                    // The end of the list around the records.
                    None => {
                        self.ended = true;
                        return Ok(None);
                    }
                    Some((_, length, members)) => {
                        self.pointer.truncate(length);
                        hollow.empty += u64::from(members == 0 && !self.open.is_empty());
                    }
                },
                Token::Value(scalar) => {
                    self.element();
                    leaf(&self.pointer, scalar)?;
                }
            }
            if self.scanner.depth() == self.around {
                self.ended = self.shape == Shape::Single;
                return Ok(Some(hollow));
            }
        }
    }

    /// Goes back to the pointer of the container that is open, and counts a member of it.
    fn back(&mut self) {
        if let Some((_, length, members)) = self.open.last_mut() {
            *members += 1;
            self.pointer.truncate(*length);
        }
    }

    /// Sets the pointer to the next element, where a list is open.
    fn element(&mut self) {
        if let Some((Kind::Array, length, members)) = self.open.last_mut() {
            self.pointer.truncate(*length);
            pointer::push_index(&mut self.pointer, *members);
            *members += 1;
        }
    }
}

/// The columns of all records, in the order in which they first appear.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Pointer of each within a record.
    pub(super) pointers: Vec<String>,
    /// The first record that has it, from 0.
    pub(super) first: Vec<u64>,
    numbers: HashMap<String, usize>,
    bytes: usize,
}

impl Columns {
    /// The number of a column. `hint` is where it stands when records have their fields in one order.
    pub(super) fn number(&self, pointer: &str, hint: usize) -> Option<usize> {
        if self.pointers.get(hint).is_some_and(|known| known == pointer) {
            return Some(hint);
        }
        self.numbers.get(pointer).copied()
    }

    /// Adds a column that is not known yet.
    ///
    /// # Errors
    /// Too many columns, or names that are too long together.
    pub(super) fn add(&mut self, pointer: &str, record: u64, limits: &Limits) -> quipu_schema::Result<usize> {
        let number = self.pointers.len();
        if number as u64 >= u64::from(limits.columns) {
            return Err(Limits::exceeded(format!("records of more than {} different fields", limits.columns)));
        }
        self.bytes += pointer.len();
        if self.bytes > limits.cell {
            return Err(Limits::exceeded(format!("names of fields of more than {} bytes in all", limits.cell)));
        }
        self.pointers.push(pointer.to_owned());
        self.first.push(record);
        self.numbers.insert(pointer.to_owned(), number);
        Ok(number)
    }
}
