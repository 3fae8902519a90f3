//! ODS workbooks from the content of their spreadsheet.

use super::archive;

pub(crate) const MEDIA_TYPE: &str = "application/vnd.oasis.opendocument.spreadsheet";

/// The part that holds these tables. The style `gone` hides a sheet; that of text `up` sets it higher.
pub(crate) fn content(tables: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x">
<office:automatic-styles>
<style:style style:name="seen" style:family="table"><style:table-properties table:display="true"/></style:style>
<style:style style:name="gone" style:family="table"><style:table-properties table:display="false"/></style:style>
<style:style style:name="up" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>
</office:automatic-styles>
<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"#
    )
}

/// A workbook of these tables.
pub(crate) fn ods(tables: &str) -> Vec<u8> {
    with_manifest(tables, "")
}

/// A workbook of these tables, and this content of the entry of a file in its manifest.
pub(crate) fn with_manifest(tables: &str, entry: &str) -> Vec<u8> {
    let manifest = format!(
        r#"<manifest:manifest><manifest:file-entry manifest:media-type="{MEDIA_TYPE}">{entry}</manifest:file-entry></manifest:manifest>"#
    );
    archive(&[
        ("mimetype", MEDIA_TYPE.as_bytes()),
        ("META-INF/manifest.xml", manifest.as_bytes()),
        ("content.xml", content(tables).as_bytes()),
    ])
}
