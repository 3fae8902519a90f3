//! Files of records and checks, in every layout that writers give them.

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use proptest::prelude::*;

/// A record as tests write it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reference {
    pub(crate) id: String,
    pub(crate) database: &'static str,
    pub(crate) kind: Option<&'static str>,
    pub(crate) raw: Option<String>,
    pub(crate) issuer: Option<&'static str>,
    pub(crate) owner: Option<&'static str>,
    pub(crate) status: Option<&'static str>,
    pub(crate) expires: Option<i32>,
    pub(crate) deny: Option<&'static str>,
    pub(crate) marking: Option<&'static str>,
    pub(crate) names: Option<&'static str>,
    pub(crate) birth_date: Option<i32>,
}

/// A check as tests write it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Question {
    pub(crate) id: String,
    pub(crate) kind: Option<&'static str>,
    pub(crate) raw: Option<String>,
    pub(crate) issuer: Option<&'static str>,
    pub(crate) asked_by: Option<&'static str>,
    pub(crate) marking: Option<&'static str>,
    pub(crate) names: Option<&'static str>,
    pub(crate) birth_date: Option<i32>,
}

/// How a file is laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) group: usize,
    pub(crate) page: usize,
    pub(crate) second_version: bool,
    pub(crate) dictionary: bool,
    /// The encoding of texts without a dictionary.
    pub(crate) encoding: Encoding,
    pub(crate) compression: Compression,
}

pub(crate) const PLAIN: Layout = Layout {
    group: 1 << 20,
    page: 20_000,
    second_version: false,
    dictionary: true,
    encoding: Encoding::PLAIN,
    compression: Compression::UNCOMPRESSED,
};

pub(crate) fn any_layout() -> impl Strategy<Value = Layout> {
    let encoding =
        prop_oneof![Just(Encoding::PLAIN), Just(Encoding::DELTA_LENGTH_BYTE_ARRAY), Just(Encoding::DELTA_BYTE_ARRAY)];
    let zstd = Compression::ZSTD(ZstdLevel::try_new(1).expect("level"));
    let compression = prop_oneof![Just(Compression::UNCOMPRESSED), Just(zstd), Just(Compression::SNAPPY)];
    (1_usize..40, 1_usize..20, any::<bool>(), any::<bool>(), encoding, compression).prop_map(
        |(group, page, second_version, dictionary, encoding, compression)| Layout {
            group,
            page,
            second_version,
            dictionary,
            encoding,
            compression,
        },
    )
}

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>, layout: Layout) {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)));
    let batch = batch.expect("columns");
    let version = if layout.second_version { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 };
    let mut properties = WriterProperties::builder()
        .set_writer_version(version)
        .set_max_row_group_row_count(Some(layout.group))
        .set_data_page_row_count_limit(layout.page)
        .set_write_batch_size(layout.page)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_compression(layout.compression)
        .set_dictionary_enabled(layout.dictionary);
    for field in batch.schema().fields() {
        if field.data_type() == &arrow_schema::DataType::Utf8 {
            properties = properties.set_column_encoding(field.name().as_str().into(), layout.encoding);
        }
    }
    let file = File::create(path).expect("file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties.build())).expect("writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

fn texts<'a, T: 'a>(rows: &'a [T], of: impl Fn(&'a T) -> Option<&'a str>) -> ArrayRef {
    Arc::new(rows.iter().map(of).collect::<StringArray>())
}

fn days(values: impl Iterator<Item = Option<i32>>) -> ArrayRef {
    Arc::new(values.collect::<Date32Array>())
}

/// A day as text.
fn written(day: i32) -> String {
    (jiff::civil::Date::constant(1970, 1, 1) + jiff::Span::new().days(day)).to_string()
}

pub(crate) fn write_records(path: &Path, rows: &[Reference], layout: Layout) {
    let columns = vec![
        ("record_id", texts(rows, |row| Some(&row.id))),
        ("database", texts(rows, |row| Some(row.database))),
        ("key_kind", texts(rows, |row| row.kind)),
        ("key_raw", texts(rows, |row| row.raw.as_deref())),
        ("issuer", texts(rows, |row| row.issuer)),
        ("owner", texts(rows, |row| row.owner)),
        ("status", texts(rows, |row| row.status)),
        ("expires_on", days(rows.iter().map(|row| row.expires))),
        ("deny", texts(rows, |row| row.deny)),
        ("marking", texts(rows, |row| row.marking)),
        ("names", texts(rows, |row| row.names)),
        ("birth_date", days(rows.iter().map(|row| row.birth_date))),
    ];
    write(path, columns, layout);
}

pub(crate) fn write_checks(path: &Path, rows: &[Question], layout: Layout) {
    let columns = vec![
        ("check_id", texts(rows, |row| Some(&row.id))),
        ("key_kind", texts(rows, |row| row.kind)),
        ("key_raw", texts(rows, |row| row.raw.as_deref())),
        ("issuer", texts(rows, |row| row.issuer)),
        ("asked_by", texts(rows, |row| row.asked_by)),
        ("marking", texts(rows, |row| row.marking)),
        ("names", texts(rows, |row| row.names)),
        // As text, which is read as well.
        ("birth_date", Arc::new(rows.iter().map(|row| row.birth_date.map(written)).collect::<StringArray>())),
    ];
    write(path, columns, layout);
}

/// The same checks as delimited text, and as one JSON object a line.
pub(crate) fn write_checks_as_text(folder: &Path, rows: &[Question], delimiter: char) -> [std::path::PathBuf; 2] {
    let quoted = |text: Option<&str>| {
        let text = text.unwrap_or_default();
        let quotes = text.contains([delimiter, '"', '\n', '\r']) || text.trim() != text;
        if quotes { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
    };
    let names =
        ["marking", "check_id", "of_no_interest", "key_kind", "key_raw", "issuer", "asked_by", "names", "birth_date"];
    let mut delimited = names.join(&delimiter.to_string()) + "\r\n";
    let mut lines = String::new();
    for row in rows {
        let (raw, born) = (row.raw.as_deref(), row.birth_date.map(written));
        let (of_no_interest, born) = (Some("é, \" x"), born.as_deref());
        let values =
            [row.marking, Some(&row.id), of_no_interest, row.kind, raw, row.issuer, row.asked_by, row.names, born];
        delimited += &(values.map(quoted).join(&delimiter.to_string()) + "\r\n");
        // Names may be a list.
        let json = |name: &str, value: Option<&str>| match value.filter(|_| name == "names") {
            Some(list) => serde_json::json!(list.split("; ").collect::<Vec<_>>()),
            None => serde_json::json!(value),
        };
        let fields = names.iter().zip(values).map(|(name, value)| ((*name).to_owned(), json(name, value)));
        let _ = writeln!(lines, "{}", serde_json::Value::Object(fields.collect()));
    }
    let paths = ["checks.csv", "checks.ndjson"].map(|name| folder.join(name));
    std::fs::write(&paths[0], delimited).expect("written");
    std::fs::write(&paths[1], lines).expect("written");
    paths
}
