//! XLSX workbooks from their XML, for what no writer would write.

use std::fmt::Write as _;

use super::archive;

const TYPES: &str =
    r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook of parts of XML. What is left out is plain.
pub(crate) struct Xlsx {
    /// The content of `<workbook>` before the sheets.
    pub(crate) properties: &'static str,
    /// Sheets: name, further attributes, content of the part.
    pub(crate) sheets: Vec<(String, &'static str, String)>,
    /// The content of `<sst>`.
    pub(crate) strings: Option<String>,
    /// The content of `<styleSheet>`.
    pub(crate) styles: &'static str,
}

impl Xlsx {
    /// A workbook of one sheet with this content of `<sheetData>`.
    pub(crate) fn of(rows: &str) -> Self {
        Self::with_sheet(&format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"))
    }

    /// A workbook of one sheet with this part.
    pub(crate) fn with_sheet(part: &str) -> Self {
        Self { properties: "", sheets: vec![("S".into(), "", part.into())], strings: None, styles: "" }
    }

    /// The workbook with these shared texts, the content of `<sst>`.
    pub(crate) fn strings(mut self, strings: &str) -> Self {
        self.strings = Some(strings.to_owned());
        self
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut list = String::new();
        let mut relations = String::new();
        let mut parts = Vec::new();
        for (number, (name, attributes, part)) in self.sheets.iter().enumerate() {
            let _ = write!(list, r#"<sheet name="{name}" sheetId="{number}" {attributes} r:id="s{number}"/>"#);
            relations += &relation(&format!("s{number}"), "worksheet", &format!("worksheets/sheet{number}.xml"));
            parts.push((format!("xl/worksheets/sheet{number}.xml"), part.clone()));
        }
        relations += &relation("styles", "styles", "styles.xml");
        parts.push(("xl/styles.xml".into(), format!("<styleSheet>{}</styleSheet>", self.styles)));
        if let Some(strings) = &self.strings {
            relations += &relation("strings", "sharedStrings", "sharedStrings.xml");
            parts.push(("xl/sharedStrings.xml".into(), format!("<sst count='9' uniqueCount='9'>{strings}</sst>")));
        }
        let properties = self.properties;
        let main = format!(r#"<workbook xmlns:r="r">{properties}<sheets>{list}</sheets></workbook>"#);
        parts.push(("xl/workbook.xml".into(), main));
        parts.push(("xl/_rels/workbook.xml.rels".into(), format!("<Relationships>{relations}</Relationships>")));
        let top = relation("r1", "officeDocument", "xl/workbook.xml");
        parts.push(("_rels/.rels".into(), format!("<Relationships>{top}</Relationships>")));
        parts.push(("[Content_Types].xml".into(), TYPES.into()));
        let members: Vec<(&str, &[u8])> = parts.iter().map(|(name, part)| (name.as_str(), part.as_bytes())).collect();
        archive(&members)
    }
}

/// A relationship.
pub(crate) fn relation(id: &str, kind: &str, target: &str) -> String {
    format!(r#"<Relationship Id="{id}" Type="{RELATION}/{kind}" Target="{target}"/>"#)
}
