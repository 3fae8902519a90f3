use std::sync::Arc;

use ::parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use ::parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type,
};
use ::parquet::file::properties::{WriterProperties, WriterVersion};
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use proptest::prelude::*;

use super::*;

/// A column to write: it writes row group `n`, of two.
type Write = Box<dyn Fn(&mut ::parquet::file::writer::SerializedColumnWriter<'_>, usize)>;

/// The values of a row group that are there, and the level of each record.
type Group<T> = (Vec<T>, Option<Vec<i16>>);

fn column<T: DataType>(groups: [Group<T::T>; 2]) -> Write
where
    T::T: Clone + 'static,
{
    Box::new(move |writer, group| {
        let (values, levels) = &groups[group];
        writer.typed::<T>().write_batch(values, levels.as_deref(), None).expect("write");
    })
}

fn write(schema: &str, columns: &[Write], properties: WriterProperties) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).expect("schema"));
    let mut out = Vec::new();
    let mut file = SerializedFileWriter::new(&mut out, schema, Arc::new(properties)).expect("writer");
    for group in 0..2 {
        let mut writer = file.next_row_group().expect("group");
        for column in columns {
            let mut next = writer.next_column().expect("column").expect("one more");
            column(&mut next, group);
            next.close().expect("close");
        }
        writer.close().expect("close");
    }
    file.close().expect("close");
    out
}

const SCHEMA: &str = "message t {
    required byte_array country (STRING);
    optional group source { optional byte_array id (STRING); }
    optional int32 year;
    optional double value;
    required boolean final;
    optional int32 day (DATE);
    required int64 seen (TIMESTAMP(MICROS,true));
    optional fixed_len_byte_array(5) share (DECIMAL(10,3));
    required int64 big (INTEGER(64,false));
    required float small;
}";

fn sample(compression: Compression, version: WriterVersion, dictionary: bool) -> Vec<u8> {
    let texts = |texts: &[&str]| texts.iter().map(|text| ByteArray::from(*text)).collect::<Vec<_>>();
    let fixed = |bytes: &[[u8; 5]]| bytes.iter().map(|b| b.to_vec().into()).collect::<Vec<_>>();
    let columns: Vec<Write> = vec![
        column::<ByteArrayType>([(texts(&["México", "Perú"]), None), (texts(&["México"]), None)]),
        column::<ByteArrayType>([(texts(&["a"]), Some(vec![2, 1])), (texts(&[]), Some(vec![0]))]),
        column::<Int32Type>([(vec![2019], Some(vec![1, 0])), (vec![-1], Some(vec![1]))]),
        column::<DoubleType>([(vec![28.736_702_318_414_4, f64::NAN], Some(vec![1, 1])), (vec![], Some(vec![0]))]),
        column::<BoolType>([(vec![true, false], None), (vec![true], None)]),
        column::<Int32Type>([(vec![18_321], Some(vec![1, 0])), (vec![i32::MAX], Some(vec![1]))]),
        column::<Int64Type>([(vec![0, 1_583_020_800_123_000], None), (vec![-1], None)]),
        column::<FixedLenByteArrayType>([
            (fixed(&[[0, 0, 0, 4, 210], [255; 5]]), Some(vec![1, 1])),
            (fixed(&[]), Some(vec![0])),
        ]),
        column::<Int64Type>([(vec![-1, 0], None), (vec![7], None)]),
        column::<FloatType>([(vec![0.1, 1e20], None), (vec![-0.5], None)]),
    ];
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_writer_version(version)
        .set_dictionary_enabled(dictionary)
        .build();
    write(SCHEMA, &columns, properties)
}

fn check(bytes: &[u8]) -> Option<usize> {
    crate::promise::check(&Parquet, bytes, &Layout::default(), &Limits::default())
}

fn rows(grid: &Grid) -> Vec<Vec<String>> {
    let row = |at| grid.cells(at).iter().map(|cell| grid.text(*cell).to_owned()).collect();
    (0..grid.rows().len()).map(row).collect()
}

fn fault(bytes: &[u8], limits: &Limits) -> String {
    Parquet.read(bytes, &Layout::default(), limits).expect_err("refused").to_string()
}

#[test]
fn values_are_written_as_they_are_stored() {
    let kinds = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
    ];
    for compression in kinds {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            for dictionary in [true, false] {
                let bytes = sample(compression, version, dictionary);
                assert!(Parquet.is_like(&bytes));
                assert_eq!(check(&bytes), Some(40));
                let grid = Parquet.read(&bytes, &Layout::default(), &Limits::default()).expect("read").remove(0);
                assert_eq!(
                    rows(&grid),
                    [
                        ["country", "source.id", "year", "value", "final", "day", "seen", "share", "big", "small"],
                        [
                            "México",
                            "a",
                            "2019",
                            "28.7367023184144",
                            "true",
                            "2020-02-29",
                            "1970-01-01T00:00:00Z",
                            "1.234",
                            "18446744073709551615",
                            "0.1"
                        ],
                        [
                            "Perú",
                            "",
                            "",
                            "NaN",
                            "false",
                            "",
                            "2020-03-01T00:00:00.123000Z",
                            "-0.001",
                            "0",
                            "100000000000000000000"
                        ],
                        ["México", "", "-1", "", "true", "2147483647", "1969-12-31T23:59:59.999999Z", "", "7", "-0.5"],
                    ]
                );
                let place = |row, column| grid.locator(row, column).map(|place| place.to_string());
                assert_eq!(place(0, 1).as_deref(), Some("row=0;column=source.id"));
                assert_eq!(place(3, 2).as_deref(), Some("row=3;column=year"));
                let forms: Vec<Form> = grid.cells(2).iter().map(|cell| cell.form).collect();
                assert_eq!(
                    (forms[0], forms[3], forms[4], forms[6]),
                    (Form::Printed, Form::Fault, Form::Flag, Form::Date)
                );
                assert!(grid.notes.join("; ").contains("3 records in 2 row groups, 10 columns; empty cells: 6 null"));
            }
        }
    }
}

#[test]
fn places_that_are_not_there_are_refused() {
    let bytes = sample(Compression::SNAPPY, WriterVersion::PARQUET_1_0, true);
    let read = |row, column: &str| {
        let place = Locator::Record { row, column: column.to_owned() };
        Parquet.reread(&bytes, &Layout::default(), &place, &Limits::default()).map_err(|fault| fault.kind())
    };
    assert_eq!(read(3, "year"), Ok("-1".to_owned()));
    assert_eq!(read(0, "year"), Ok("year".to_owned()));
    assert_eq!(read(4, "year"), Err(ErrorKind::Corrupt));
    assert_eq!(read(1, "month"), Err(ErrorKind::Corrupt));
    assert_eq!(read(u64::MAX, "year"), Err(ErrorKind::Corrupt));
}

#[test]
fn columns_that_repeat_are_named() {
    let schema = "message t { required int32 a; repeated int32 tags; }";
    let columns: Vec<Write> = vec![
        column::<Int32Type>([(vec![1], None), (vec![2], None)]),
        Box::new(|writer, _| {
            writer.typed::<Int32Type>().write_batch(&[1, 2], Some(&[1, 1]), Some(&[0, 1])).expect("write");
        }),
    ];
    let bytes = write(schema, &columns, WriterProperties::builder().build());
    assert!(fault(&bytes, &Limits::default()).contains("lists or maps cannot be read as a table: `tags`"));
}

#[test]
fn damaged_and_foreign_files_are_named() {
    let bytes = sample(Compression::SNAPPY, WriterVersion::PARQUET_1_0, true);
    let limits = Limits::default();
    let mut encrypted = bytes.clone();
    let end = encrypted.len() - 4;
    encrypted[end..].copy_from_slice(b"PARE");
    assert!(Parquet.is_like(&encrypted));
    assert!(fault(&encrypted, &limits).contains("encrypted"));
    assert!(fault(b"PAR1PAR1", &limits).contains("damaged"));
    let mut long = bytes.clone();
    long[end - 4..end].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(fault(&long, &limits).contains("its footer is longer than the file"));
    for cut in 0..bytes.len() {
        assert_eq!(check(&bytes[..cut]), None, "{cut}");
    }
}

#[test]
fn limits_hold() {
    let bytes = sample(Compression::UNCOMPRESSED, WriterVersion::PARQUET_1_0, true);
    for (limits, expected) in [
        (Limits { rows: 2, ..Limits::default() }, "3 rows, more than 2"),
        (Limits { columns: 9, ..Limits::default() }, "more than 9 columns"),
        (Limits { unpacked: 10, ..Limits::default() }, "unpack to more than"),
        (Limits { depth: 1, ..Limits::default() }, "nested deeper than 1"),
        (Limits { cell: 5, ..Limits::default() }, "more than 5"),
        (Limits { memory: 500, ..Limits::default() }, "take more than"),
    ] {
        let message = fault(&bytes, &limits);
        assert!(message.contains(expected), "{message}");
    }
    // A footer with a schema deeper than any stack: only groups of one child.
    let mut footer = vec![0x15, 2, 0x19, 0xfc, 0xa0, 0x8d, 0x06];
    for _ in 0..100_000 {
        footer.extend_from_slice(&[0x35, 0, 0x18, 1, b'g', 0x15, 2, 0]);
    }
    footer.push(0);
    let mut file = b"PAR1".to_vec();
    file.extend_from_slice(&footer);
    file.extend_from_slice(&u32::try_from(footer.len()).unwrap().to_le_bytes());
    file.extend_from_slice(b"PAR1");
    assert!(fault(&file, &Limits::default()).contains("nested deeper than 128"));
}

#[test]
fn claims_of_pages_are_held_against_their_bytes() {
    let texts: Vec<ByteArray> = vec![ByteArray::from("x".repeat(100_000).as_str())];
    let columns: Vec<Write> = vec![column::<ByteArrayType>([(texts.clone(), None), (texts, None)])];
    for compression in [Compression::GZIP(GzipLevel::default()), Compression::ZSTD(ZstdLevel::default())] {
        let properties = WriterProperties::builder().set_compression(compression).set_dictionary_enabled(false);
        let bytes = write("message t { required byte_array a (STRING); }", &columns, properties.build());
        assert_eq!(check(&bytes), Some(3));
        // The first page header: kind, then the unpacked size as a zigzag number of three bytes.
        let claim = |size: u32| {
            let mut bytes = bytes.clone();
            let zigzag = size << 1;
            for (at, shift) in [(7, 0), (8, 7), (9, 14)] {
                let more = if shift < 14 { 0x80 } else { 0 };
                bytes[at] = u8::try_from((zigzag >> shift) & 0x7f).unwrap() | more;
            }
            bytes
        };
        assert_eq!(claim(100_004), bytes, "the header is where it is thought to be");
        assert!(fault(&claim(1_000_000), &Limits::default()).contains("damaged"));
        assert!(fault(&claim(100_003), &Limits::default()).contains("damaged"));
    }
}

#[test]
fn claims_of_texts_are_held_against_their_bytes() {
    let schema = "message t { optional byte_array a (STRING); }";
    let texts: Vec<ByteArray> = ["one", "two", "three"].map(ByteArray::from).into();
    let levels = || Some(vec![1, 0, 1, 1]);
    let columns: Vec<Write> = vec![column::<ByteArrayType>([(texts.clone(), levels()), (texts, levels())])];
    for (encoding, version) in [
        (Encoding::DELTA_LENGTH_BYTE_ARRAY, WriterVersion::PARQUET_1_0),
        (Encoding::DELTA_LENGTH_BYTE_ARRAY, WriterVersion::PARQUET_2_0),
        (Encoding::DELTA_BYTE_ARRAY, WriterVersion::PARQUET_1_0),
        (Encoding::DELTA_BYTE_ARRAY, WriterVersion::PARQUET_2_0),
    ] {
        let properties = WriterProperties::builder().set_dictionary_enabled(false).set_encoding(encoding);
        let bytes = write(schema, &columns, properties.set_writer_version(version).build());
        assert_eq!(check(&bytes), Some(9), "{encoding} {version:?}");
        // A list of three lengths: blocks of 128 in 4 parts. Every list in turn claims a fourth and more.
        let lists: Vec<usize> =
            bytes.windows(4).enumerate().filter(|(_, at)| *at == [0x80, 1, 4, 3]).map(|(at, _)| at).collect();
        assert_eq!(lists.len(), if encoding == Encoding::DELTA_BYTE_ARRAY { 4 } else { 2 });
        for at in lists {
            let mut claim = bytes.clone();
            claim[at + 3] = 0x7f;
            assert!(fault(&claim, &Limits::default()).contains("claims texts"), "{encoding} {version:?}");
        }
    }
}

#[test]
fn texts_that_share_too_much_are_refused() {
    let schema = "message t { required byte_array a (STRING); }";
    let texts = vec![ByteArray::from("x".repeat(100_000).as_str()); 100];
    let columns: Vec<Write> = vec![column::<ByteArrayType>([(texts.clone(), None), (texts, None)])];
    let properties = WriterProperties::builder().set_dictionary_enabled(false).set_encoding(Encoding::DELTA_BYTE_ARRAY);
    let bytes = write(schema, &columns, properties.build());
    assert!(bytes.len() < 300_000);
    assert_eq!(check(&bytes), Some(201));
    assert!(fault(&bytes, &Limits { memory: 8 << 20, ..Limits::default() }).contains("claims texts"));
}

#[test]
fn encodings_are_read() {
    let schema = "message t { required int64 a; required byte_array b (STRING); optional double c; }";
    let texts = |n: i64| (0..n).map(|n| ByteArray::from(format!("text {n}").as_str())).collect::<Vec<_>>();
    let columns: Vec<Write> = vec![
        column::<Int64Type>([((0..3_000).map(|n| n * n).collect(), None), ((0..10).collect(), None)]),
        column::<ByteArrayType>([(texts(3_000), None), (texts(10), None)]),
        column::<DoubleType>([
            ((0..1_500).map(|n| f64::from(n) / 8.0).collect(), Some((0..3_000).map(|n| n % 2).collect())),
            (vec![], Some(vec![0; 10])),
        ]),
    ];
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_column_encoding("a".into(), Encoding::DELTA_BINARY_PACKED)
        .set_column_encoding("b".into(), Encoding::DELTA_BYTE_ARRAY)
        .set_column_encoding("c".into(), Encoding::BYTE_STREAM_SPLIT)
        .set_data_page_row_count_limit(700)
        .set_write_batch_size(100)
        .build();
    let bytes = write(schema, &columns, properties);
    let grid = Parquet.read(&bytes, &Layout::default(), &Limits::default()).expect("read").remove(0);
    let rows = rows(&grid);
    assert_eq!(rows.len(), 3_011);
    assert_eq!(rows[2_000], ["3996001", "text 1999", "124.875"]);
    assert_eq!(rows[3_010], ["9", "text 9", ""]);
    for (row, column) in [(1, "a"), (699, "b"), (700, "c"), (2_801, "a"), (3_000, "c"), (3_010, "b")] {
        let place = Locator::Record { row, column: column.to_owned() };
        let text = Parquet.reread(&bytes, &Layout::default(), &place, &Limits::default()).expect("there");
        let at = ["a", "b", "c"].iter().position(|name| *name == column).unwrap();
        assert_eq!(text, rows[usize::try_from(row).unwrap()][at], "{place}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damaged_files_are_read_or_refused(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        which in 0..4_usize,
    ) {
        let (compression, version) = [
            (Compression::UNCOMPRESSED, WriterVersion::PARQUET_1_0),
            (Compression::UNCOMPRESSED, WriterVersion::PARQUET_2_0),
            (Compression::SNAPPY, WriterVersion::PARQUET_2_0),
            (Compression::GZIP(GzipLevel::default()), WriterVersion::PARQUET_1_0),
        ][which];
        let mut bytes = sample(compression, version, which % 2 == 0);
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        check(&bytes);
    }
}
