//! The compact protocol of Thrift, as far as claims have to be read before the decoder acts on them.
//!
//! The `parquet` crate reads footers and pages. It allocates what a page header claims, and walks a
//! schema by recursion: both are looked at here first.

/// A field of a struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) id: i16,
    kind: u8,
}

/// Reads a struct. `None` everywhere means: these bytes are none.
#[derive(Debug, Clone)]
pub(super) struct Compact<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Field {
    /// Whether the field is of a kind.
    pub(super) fn is(self, kind: u8) -> bool {
        self.kind == kind
    }
}

const TRUE: u8 = 1;
const FALSE: u8 = 2;
pub(super) const BYTE: u8 = 3;
pub(super) const SMALL: u8 = 4;
pub(super) const INT: u8 = 5;
pub(super) const LONG: u8 = 6;
pub(super) const DOUBLE: u8 = 7;
pub(super) const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;
const UUID: u8 = 13;

/// Deepest nesting of what is skipped.
const DEEPEST: u8 = 32;

impl<'a> Compact<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes have been read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The next field of a struct whose last field was `last` (0 before the first); `Some(None)` at
    /// its end.
    pub(super) fn field(&mut self, last: i16) -> Option<Option<Field>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        let id = match head >> 4 {
            0 => i16::try_from(self.signed()?).ok()?,
            step => last.checked_add(i16::from(step))?,
        };
        // Kind 0 ends a struct, and then has no number.
        let kind = head & 0x0f;
        (kind != 0).then_some(Some(Field { id, kind }))
    }

    /// The integer of a field.
    pub(super) fn integer(&mut self, field: Field) -> Option<i64> {
        match field.kind {
            SMALL | INT | LONG => self.signed(),
            BYTE => self.byte().map(|byte| i64::from(byte.cast_signed())),
            _ => None,
        }
    }

    /// The truth value of a field.
    pub(super) fn flag(field: Field) -> Option<bool> {
        match field.kind {
            TRUE => Some(true),
            FALSE => Some(false),
            _ => None,
        }
    }

    /// Whether a field is a struct, whose fields come next.
    pub(super) fn is_struct(field: Field) -> bool {
        field.kind == STRUCT
    }

    /// The length of a list of structs.
    pub(super) fn structs(&mut self, field: Field) -> Option<usize> {
        let (kind, length) = if field.kind == LIST { self.list()? } else { return None };
        (kind == STRUCT || length == 0).then_some(length)
    }

    /// Kind and number of the elements of a field that is a list.
    pub(super) fn elements(&mut self, field: Field) -> Option<(Field, usize)> {
        let (kind, length) = if field.kind == LIST { self.list()? } else { return None };
        Some((Field { id: 0, kind }, length))
    }

    /// Skips the value of a field.
    pub(super) fn skip(&mut self, field: Field) -> Option<()> {
        if matches!(field.kind, TRUE | FALSE) {
            return Some(());
        }
        self.skip_kind(field.kind, DEEPEST)
    }

    /// Flags in lists and maps are of no known kind: with a byte each, as the protocol has them, or
    /// without one, as some decoders skip them.
    fn skip_kind(&mut self, kind: u8, deepest: u8) -> Option<()> {
        let deeper = deepest.checked_sub(1)?;
        match kind {
            BYTE => self.advance(1),
            SMALL | INT | LONG => self.signed().map(|_| ()),
            DOUBLE => self.advance(8),
            UUID => self.advance(16),
            BINARY => {
                let length = usize::try_from(self.unsigned()?).ok()?;
                self.advance(length)
            }
            LIST | SET => {
                let (kind, length) = self.list()?;
                (0..length).try_for_each(|_| self.skip_kind(kind, deeper))
            }
            MAP => {
                let length = self.unsigned()?;
                if length == 0 {
                    return Some(());
                }
                let kinds = self.byte()?;
                for _ in 0..length {
                    self.skip_kind(kinds >> 4, deeper)?;
                    self.skip_kind(kinds & 0x0f, deeper)?;
                }
                Some(())
            }
            STRUCT => {
                let mut last = 0;
                while let Some(field) = self.field(last)? {
                    last = field.id;
                    if !matches!(field.kind, TRUE | FALSE) {
                        self.skip_kind(field.kind, deeper)?;
                    }
                }
                Some(())
            }
            _ => None,
        }
    }

    /// Kind and number of the elements of a list. Each takes a byte at least.
    fn list(&mut self) -> Option<(u8, usize)> {
        let head = self.byte()?;
        let length = match head >> 4 {
            15 => usize::try_from(self.unsigned()?).ok()?,
            length => usize::from(length),
        };
        (length <= self.bytes.len().saturating_sub(self.at)).then_some((head & 0x0f, length))
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    fn advance(&mut self, count: usize) -> Option<()> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len())?;
        self.at = end;
        Some(())
    }

    fn unsigned(&mut self) -> Option<u64> {
        varint(self.bytes, &mut self.at)
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.unsigned()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }
}

/// Reads an integer of seven bits to a byte, the lowest first, at `at` and moves it on.
pub(super) fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_of_a_struct() {
        // 1: i32 = -3, 3: struct { 1: true }, 20 (long form): binary "ab", 21: list of two i32, end.
        let bytes = [0x15, 5, 0x2c, 0x11, 0, 0x08, 40, 2, b'a', b'b', 0x19, 0x25, 2, 4, 0, 99];
        let mut reader = Compact::new(&bytes);
        let first = reader.field(0).unwrap().unwrap();
        assert_eq!((first.id, reader.integer(first)), (1, Some(-3)));
        let second = reader.field(1).unwrap().unwrap();
        assert!(Compact::is_struct(second) && second.id == 3);
        let inner = reader.field(0).unwrap().unwrap();
        assert_eq!(Compact::flag(inner), Some(true));
        assert_eq!(reader.field(1), Some(None));
        let third = reader.field(3).unwrap().unwrap();
        assert_eq!((third.id, reader.skip(third)), (20, Some(())));
        let fourth = reader.field(20).unwrap().unwrap();
        assert_eq!((fourth.id, reader.skip(fourth)), (21, Some(())));
        assert_eq!(reader.field(21), Some(None));
        assert_eq!(reader.position(), 15);
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = vec![0x1c; 100_000];
        let mut reader = Compact::new(&deep);
        let field = reader.field(0).unwrap().unwrap();
        assert_eq!(reader.skip(field), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut reader = Compact::new(&bytes);
            let mut last = 0;
            while let Some(Some(field)) = reader.field(last) {
                last = field.id;
                if reader.skip(field).is_none() {
                    break;
                }
            }
            prop_assert!(reader.position() <= bytes.len());
        }
    }
}
