//! Writes the binary samples of the corpus: `cargo run --bin samples` in `fuzz/`.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, FloatType, Int32Type,
    Int64Type,
};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/parquet");
    let kinds = [
        ("plain", Compression::UNCOMPRESSED, WriterVersion::PARQUET_1_0, true),
        ("plain2", Compression::UNCOMPRESSED, WriterVersion::PARQUET_2_0, false),
        ("snappy", Compression::SNAPPY, WriterVersion::PARQUET_1_0, true),
        ("gzip", Compression::GZIP(GzipLevel::default()), WriterVersion::PARQUET_2_0, true),
        ("zstd", Compression::ZSTD(ZstdLevel::default()), WriterVersion::PARQUET_1_0, false),
        ("lz4", Compression::LZ4_RAW, WriterVersion::PARQUET_2_0, true),
    ];
    for (name, compression, version, dictionary) in kinds {
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_writer_version(version)
            .set_dictionary_enabled(dictionary);
        std::fs::write(folder.join(name), table(properties.build())?)?;
    }
    let encodings = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_column_encoding("country".into(), Encoding::DELTA_BYTE_ARRAY)
        .set_column_encoding("name".into(), Encoding::DELTA_LENGTH_BYTE_ARRAY)
        .set_column_encoding("year".into(), Encoding::DELTA_BINARY_PACKED)
        .set_column_encoding("value".into(), Encoding::BYTE_STREAM_SPLIT)
        .set_data_page_row_count_limit(3)
        .set_write_batch_size(1);
    std::fs::write(folder.join("encodings"), table(encodings.build())?)?;
    Ok(())
}

fn table(properties: WriterProperties) -> Result<Vec<u8>, Failure> {
    let schema = "message t {
        required byte_array country (STRING);
        optional group source { optional byte_array name (STRING); }
        optional int32 year;
        optional double value;
        required boolean final;
        required int32 day (DATE);
        required int64 seen (TIMESTAMP(NANOS,false));
        required fixed_len_byte_array(3) share (DECIMAL(6,3));
        required float small;
    }";
    let mut out = Vec::new();
    let schema = Arc::new(parse_message_type(schema)?);
    let mut file = SerializedFileWriter::new(&mut out, schema, Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    let texts = |texts: [&str; 4]| texts.map(ByteArray::from);
    macro_rules! column {
        ($kind:ty, $values:expr, $levels:expr) => {
            let mut column = group.next_column()?.ok_or("a column more")?;
            column.typed::<$kind>().write_batch(&$values, $levels, None)?;
            column.close()?;
        };
    }
    column!(ByteArrayType, texts(["México", "México", "Perú", ""]), None);
    column!(ByteArrayType, texts(["a", "b", "", "c"]).get(..2).unwrap_or_default(), Some(&[2, 1, 0, 2]));
    column!(Int32Type, [2019, 2020, 2021], Some(&[1, 1, 0, 1]));
    column!(DoubleType, [28.5, f64::NAN], Some(&[0, 1, 1, 0]));
    column!(BoolType, [true, false, true, true], None);
    column!(Int32Type, [0, 18_321, -1, i32::MAX], None);
    column!(Int64Type, [0, 1_583_020_800_000_000_000, -1, i64::MIN], None);
    let shares: Vec<FixedLenByteArray> = [[0, 4, 210], [255; 3], [0; 3], [127; 3]].map(|b| b.to_vec().into()).into();
    column!(FixedLenByteArrayType, shares, None);
    column!(FloatType, [0.1, 1e20, -0.0, f32::INFINITY], None);
    group.close()?;
    file.close()?;
    Ok(out)
}
