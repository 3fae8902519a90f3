//! The promises of workbooks, whole or made of parts.
//!
//! An archive hides its members from a fuzzer: a changed byte only breaks a checksum. So an input may
//! also be the parts of a workbook one after the other, which are put into an archive (or a compound
//! file) here. Its first line says of which format it is:
//!
//! ```text
//! xlsx            sheet, shared texts, styles, second sheet, main part, relationships of the main part
//! xlsb            the same
//! ods             content, manifest
//! xls             stream of BIFF8
//! xls5            stream of BIFF5
//! ```
//!
//! Parts are divided by a line of `====`. A part that is missing or empty is plain.

use quipu_schema::pipeline::Format;

use crate::made::compound::compound;
use crate::made::xlsb::{record, wide};
use crate::made::xlsx::relation;
use crate::made::{archive, ods};

/// Divides the parts.
pub const DIVIDER: &[u8] = b"\n====\n";

/// Checks a document as it is, or the workbook that the parts make.
///
/// # Panics
/// Where a promise is broken.
pub fn check(bytes: &[u8]) {
    let made = made(bytes);
    crate::grids(Format::Workbook, made.as_deref().unwrap_or(bytes));
}

/// The workbook that an input describes; none where it describes none.
pub fn made(input: &[u8]) -> Option<Vec<u8>> {
    let end = input.iter().position(|byte| *byte == b'\n')?;
    let (word, parts) = (input.get(..end)?, input.get(end + 1..)?);
    let parts = divided(parts);
    let part = |number: usize| parts.get(number).copied().filter(|part| !part.is_empty());
    match word {
        b"xlsx" => Some(office(&part, "xml", &plain())),
        b"xlsb" => Some(office(&part, "bin", &plain_binary())),
        b"ods" => {
            let plain = ods::content("");
            let manifest = format!("<m><e m:media-type='{}'/></m>", ods::MEDIA_TYPE);
            Some(archive(&[
                ("mimetype", ods::MEDIA_TYPE.as_bytes()),
                ("META-INF/manifest.xml", part(1).unwrap_or(manifest.as_bytes())),
                ("content.xml", part(0).unwrap_or(plain.as_bytes())),
            ]))
        }
        b"xls" => Some(compound(&[("Workbook", part(0).unwrap_or_default())])),
        b"xls5" => Some(compound(&[("Book", part(0).unwrap_or_default())])),
        _ => None,
    }
}

/// Sheet, shared texts, styles and main part where none are given; the main part lists two sheets.
type Plain = [Vec<u8>; 4];

fn plain() -> Plain {
    [
        "<worksheet/>",
        "<sst/>",
        "<styleSheet><cellXfs><xf numFmtId='0'/><xf numFmtId='22'/><xf numFmtId='46'/></cellXfs></styleSheet>",
        "<workbook><sheets><sheet name='a' r:id='s0'/><sheet name='b' r:id='s1'/></sheets></workbook>",
    ]
    .map(|part| part.as_bytes().to_vec())
}

fn plain_binary() -> Plain {
    let format = |number: u8| record(47, &[&[0, 0, number][..], &[0; 13]].concat());
    let styles = [record(617, &[]), format(0), format(22), format(46), record(618, &[])].concat();
    let sheet = |id: &str, name: &str| record(156, &[vec![0; 8], wide(id), wide(name)].concat());
    [Vec::new(), Vec::new(), styles, [sheet("s0", "a"), sheet("s1", "b")].concat()]
}

/// An archive of XLSX or XLSB.
fn office<'i>(part: &dyn Fn(usize) -> Option<&'i [u8]>, kind: &str, plain: &Plain) -> Vec<u8> {
    let [sheet, texts, styles, main] = plain;
    let relations = [
        relation("s0", "worksheet", &format!("worksheets/sheet0.{kind}")),
        relation("s1", "worksheet", &format!("worksheets/sheet1.{kind}")),
        relation("styles", "styles", &format!("styles.{kind}")),
        relation("texts", "sharedStrings", &format!("sharedStrings.{kind}")),
    ];
    let relations = format!("<Relationships>{}</Relationships>", relations.concat());
    let top = relation("main", "officeDocument", &format!("xl/workbook.{kind}"));
    let name = |name: &str| format!("xl/{name}.{kind}");
    archive(&[
        (&name("worksheets/sheet0"), part(0).unwrap_or(sheet)),
        (&name("sharedStrings"), part(1).unwrap_or(texts)),
        (&name("styles"), part(2).unwrap_or(styles)),
        (&name("worksheets/sheet1"), part(3).unwrap_or(sheet)),
        (&name("workbook"), part(4).unwrap_or(main)),
        (&format!("xl/_rels/workbook.{kind}.rels"), part(5).unwrap_or(relations.as_bytes())),
        ("_rels/.rels", format!("<Relationships>{top}</Relationships>").as_bytes()),
        ("[Content_Types].xml", b"<Types/>"),
    ])
}

fn divided(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let mut at = 0;
    while let Some(rest) = bytes.get(at..) {
        if rest.starts_with(DIVIDER) {
            parts.push(bytes.get(start..at).unwrap_or_default());
            at += DIVIDER.len();
            start = at;
        } else if rest.is_empty() {
            break;
        } else {
            at += 1;
        }
    }
    parts.push(bytes.get(start..).unwrap_or_default());
    parts
}
