//! The structs of a Parquet file's footer and page headers, and whether bytes have their shape.
//!
//! The decoder reads a field that it knows by its number, and takes it for what it should be: a number
//! where a text belongs makes it read on at another byte than the tags say, and see other claims than
//! [`super::claims`] has weighed. So every known field has to be there at most once and in its own kind,
//! and what is unknown has to be of a kind that can only be skipped in one way. Source of the tables:
//! `parquet.thrift` of the Apache Parquet format.

use super::thrift::{self, Compact, Field};

/// What is wrong with a struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    Damaged,
    /// A part of the file is encrypted.
    Encrypted,
}

/// What a field holds.
#[derive(Debug)]
enum Kind {
    Flag,
    Byte,
    Small,
    Int,
    Long,
    Double,
    Text,
    List(&'static Kind),
    Struct(Struct),
    Cipher,
}

use Kind::{Byte, Cipher, Double, Flag, Int, List, Long, Small, Text};

/// The fields of a struct.
#[derive(Debug, Clone, Copy)]
pub(super) struct Struct(&'static [(i16, Kind)]);

const EMPTY: Struct = Struct(&[]);
const UNIT: Struct = Struct(&[(1, Kind::Struct(EMPTY)), (2, Kind::Struct(EMPTY)), (3, Kind::Struct(EMPTY))]);
const TIME: Struct = Struct(&[(1, Flag), (2, Kind::Struct(UNIT))]);
const LOGICAL: Struct = Struct(&[
    (1, Kind::Struct(EMPTY)),
    (2, Kind::Struct(EMPTY)),
    (3, Kind::Struct(EMPTY)),
    (4, Kind::Struct(EMPTY)),
    (5, Kind::Struct(Struct(&[(1, Int), (2, Int)]))),
    (6, Kind::Struct(EMPTY)),
    (7, Kind::Struct(TIME)),
    (8, Kind::Struct(TIME)),
    (10, Kind::Struct(Struct(&[(1, Byte), (2, Flag)]))),
    (11, Kind::Struct(EMPTY)),
    (12, Kind::Struct(EMPTY)),
    (13, Kind::Struct(EMPTY)),
    (14, Kind::Struct(EMPTY)),
    (15, Kind::Struct(EMPTY)),
    (16, Kind::Struct(Struct(&[(1, Byte)]))),
    (17, Kind::Struct(Struct(&[(1, Text)]))),
    (18, Kind::Struct(Struct(&[(1, Text), (2, Int)]))),
    (19, Kind::Struct(EMPTY)),
]);
const ELEMENT: Struct = Struct(&[
    (1, Int),
    (2, Int),
    (3, Int),
    (4, Text),
    (5, Int),
    (6, Int),
    (7, Int),
    (8, Int),
    (9, Int),
    (10, Kind::Struct(LOGICAL)),
]);
const STATISTICS: Struct =
    Struct(&[(1, Text), (2, Text), (3, Long), (4, Long), (5, Text), (6, Text), (7, Flag), (8, Flag), (9, Long)]);
const BOX: Struct =
    Struct(&[(1, Double), (2, Double), (3, Double), (4, Double), (5, Double), (6, Double), (7, Double), (8, Double)]);
const KEY_VALUE: Kind = Kind::Struct(Struct(&[(1, Text), (2, Text)]));
const COLUMN: Struct = Struct(&[
    (1, Int),
    (2, List(&Int)),
    (3, List(&Text)),
    (4, Int),
    (5, Long),
    (6, Long),
    (7, Long),
    (8, List(&KEY_VALUE)),
    (9, Long),
    (10, Long),
    (11, Long),
    (12, Kind::Struct(STATISTICS)),
    (13, List(&Kind::Struct(Struct(&[(1, Int), (2, Int), (3, Int)])))),
    (14, Long),
    (15, Int),
    (16, Kind::Struct(Struct(&[(1, Long), (2, List(&Long)), (3, List(&Long))]))),
    (17, Kind::Struct(Struct(&[(1, Kind::Struct(BOX)), (2, List(&Int))]))),
]);
const CHUNK: Kind = Kind::Struct(Struct(&[
    (1, Text),
    (2, Long),
    (3, Kind::Struct(COLUMN)),
    (4, Long),
    (5, Int),
    (6, Long),
    (7, Int),
    (8, Cipher),
    (9, Cipher),
]));
const SORTING: Kind = Kind::Struct(Struct(&[(1, Int), (2, Flag), (3, Flag)]));
const GROUP: Kind = Kind::Struct(Struct(&[
    (1, List(&CHUNK)),
    (2, Long),
    (3, Long),
    (4, List(&SORTING)),
    (5, Long),
    (6, Long),
    (7, Small),
]));
const ORDER: Kind = Kind::Struct(Struct(&[(1, Kind::Struct(EMPTY)), (2, Kind::Struct(EMPTY))]));
/// The footer: `FileMetaData`.
pub(super) const FOOTER: Struct = Struct(&[
    (1, Int),
    (2, List(&Kind::Struct(ELEMENT))),
    (3, Long),
    (4, List(&GROUP)),
    (5, List(&KEY_VALUE)),
    (6, Text),
    (7, List(&ORDER)),
    (8, Cipher),
    (9, Cipher),
]);
/// A page's header: `PageHeader`.
pub(super) const PAGE: Struct = Struct(&[
    (1, Int),
    (2, Int),
    (3, Int),
    (4, Int),
    (5, Kind::Struct(Struct(&[(1, Int), (2, Int), (3, Int), (4, Int), (5, Kind::Struct(STATISTICS))]))),
    (6, Kind::Struct(EMPTY)),
    (7, Kind::Struct(Struct(&[(1, Int), (2, Int), (3, Flag)]))),
    (
        8,
        Kind::Struct(Struct(&[
            (1, Int),
            (2, Int),
            (3, Int),
            (4, Int),
            (5, Int),
            (6, Int),
            (7, Flag),
            (8, Kind::Struct(STATISTICS)),
        ])),
    ),
]);

/// Reads a struct to its end.
pub(super) fn check(reader: &mut Compact<'_>, shape: Struct) -> Result<(), Flaw> {
    let (mut last, mut seen) = (0, 0_u32);
    while let Some(field) = reader.field(last).ok_or(Flaw::Damaged)? {
        last = field.id;
        let Some((id, kind)) = shape.0.iter().find(|(id, _)| *id == field.id) else {
            reader.skip(field).ok_or(Flaw::Damaged)?;
            continue;
        };
        // Numbers of known fields are 19 at most.
        let bit = 1_u32 << id;
        if seen & bit != 0 {
            return Err(Flaw::Damaged);
        }
        seen |= bit;
        if matches!(kind, Flag) {
            Compact::flag(field).ok_or(Flaw::Damaged)?;
        } else {
            value(reader, field, kind)?;
        }
    }
    Ok(())
}

/// Reads the value of a field, or an element of a list.
fn value(reader: &mut Compact<'_>, field: Field, kind: &Kind) -> Result<(), Flaw> {
    match kind {
        Cipher => return Err(Flaw::Encrypted),
        Kind::Struct(shape) if Compact::is_struct(field) => return check(reader, *shape),
        List(kind) => {
            let (element, length) = reader.elements(field).ok_or(Flaw::Damaged)?;
            return (0..length).try_for_each(|_| value(reader, element, kind));
        }
        Byte if field.is(thrift::BYTE) => reader.skip(field),
        Small if field.is(thrift::SMALL) => bounded::<i16>(reader, field),
        Int if field.is(thrift::INT) => bounded::<i32>(reader, field),
        Long if field.is(thrift::LONG) => reader.skip(field),
        Double if field.is(thrift::DOUBLE) => reader.skip(field),
        Text if field.is(thrift::BINARY) => reader.skip(field),
        _ => None,
    }
    .ok_or(Flaw::Damaged)
}

/// Reads an integer that fits its type: the decoder cuts off what does not.
fn bounded<T: TryFrom<i64>>(reader: &mut Compact<'_>, field: Field) -> Option<()> {
    T::try_from(reader.integer(field)?).ok().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(bytes: &[u8], shape: Struct) -> Result<(), Flaw> {
        check(&mut Compact::new(bytes), shape)
    }

    #[test]
    fn fields_have_their_own_kind() {
        // 4: binary "ab", 5: i32 = 1, end.
        assert_eq!(checked(&[0x48, 2, b'a', b'b', 0x15, 2, 0], ELEMENT), Ok(()));
        // 4 as an i32, which the decoder would take for the length of a text.
        assert_eq!(checked(&[0x45, 2, b'a', b'b', 0x15, 2, 0], ELEMENT), Err(Flaw::Damaged));
        // 5: a number beyond 32 bits; twice.
        assert_eq!(checked(&[0x55, 0xfe, 0xff, 0xff, 0xff, 0x7f, 0], ELEMENT), Err(Flaw::Damaged));
        assert_eq!(checked(&[0x55, 2, 0x05, 10, 4, 0], ELEMENT), Err(Flaw::Damaged));
    }

    #[test]
    fn lists_and_structs_are_entered() {
        // 2: a list of one struct {4: "a"}, end.
        assert_eq!(checked(&[0x29, 0x1c, 0x48, 1, b'a', 0, 0], FOOTER), Ok(()));
        assert_eq!(checked(&[0x29, 0x1c, 0x45, 1, b'a', 0, 0], FOOTER), Err(Flaw::Damaged));
        assert_eq!(checked(&[0x29, 0x15, 2, 0], FOOTER), Err(Flaw::Damaged));
        assert_eq!(checked(&[0x29, 0x05, 0], FOOTER), Ok(()), "an empty list has no kind to hold to");
    }

    #[test]
    fn what_is_unknown_is_skipped_where_there_is_one_way_to() {
        // 15: i32 = 1; 16: a list of two bytes.
        assert_eq!(checked(&[0xf5, 2, 0x19, 0x23, 7, 7, 0], ELEMENT), Ok(()));
        // 15: a list of two flags: with a byte each, or without.
        assert_eq!(checked(&[0xf9, 0x21, 1, 1, 0], ELEMENT), Err(Flaw::Damaged));
        // An end that carries a number.
        assert_eq!(checked(&[0x10], ELEMENT), Err(Flaw::Damaged));
    }

    #[test]
    fn encrypted_parts_are_told() {
        assert_eq!(checked(&[0x8c, 0, 0], FOOTER), Err(Flaw::Encrypted));
    }
}
