//! What XLSX and XLSB have in common: a zip archive whose parts name each other in relationships
//! (ECMA-376 part 2, 9.3), and sheets that the main part lists.

use std::collections::BTreeMap;

use quick_xml::events::Event;
use quipu_schema::{ErrorKind, Fault, Result};

use super::package::Package;
use super::sheets::{self, Kind};
use super::xml::{self, Xml};
use crate::Limits;

/// Most relationships of a part: one a sheet, and some.
const MOST: usize = 2 * sheets::MOST;

/// A relationship: the last word of its type and the part it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    pub(super) kind: String,
    pub(super) part: String,
}

/// The relationships of a part by their id.
pub(super) type Relations = BTreeMap<String, Relation>;

/// The main part of an Office document.
///
/// # Errors
/// `Shape` where the archive is no Office document or no workbook.
pub(super) fn main_part(package: &mut Package<'_>, limits: &Limits) -> Result<String> {
    let relations = relations(package, "", limits)?;
    let main = relations.into_values().find(|relation| relation.kind == "officeDocument");
    let Some(main) = main else {
        return Err(not_a_workbook("a zip archive without an Office document in it"));
    };
    let name = main.part.to_ascii_lowercase();
    let file = name.rsplit('/').next().unwrap_or_default();
    if file.rsplit('.').next() == Some("bin") || file.contains("workbook") {
        return Ok(main.part);
    }
    match name.split('/').next() {
        Some("word") => Err(not_a_workbook("a text document (DOCX)")),
        Some("ppt") => Err(not_a_workbook("a presentation (PPTX)")),
        _ => Ok(main.part),
    }
}

/// The fault for a document that is something else.
pub(super) fn not_a_workbook(what: &str) -> Fault {
    Fault::new(ErrorKind::Shape, format!("this is not a workbook but {what}"))
}

/// The relationships of a part; none where it has no such list.
///
/// # Errors
/// `Shape` for a list that is damaged or too long.
pub(super) fn relations(package: &mut Package<'_>, part: &str, limits: &Limits) -> Result<Relations> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let list = if folder.is_empty() { format!("_rels/{file}.rels") } else { format!("{folder}/_rels/{file}.rels") };
    let mut relations = Relations::new();
    let Some(member) = package.member(&list)? else { return Ok(relations) };
    let mut xml = Xml::new(member, limits);
    loop {
        match xml.next()? {
            Event::Start(tag) | Event::Empty(tag) if xml::local(tag.name()) == b"Relationship" => {
                let (mut id, mut kind, mut target) = (None, None, None);
                for (name, value) in xml::attributes(&tag) {
                    match name {
                        "Id" => id = Some(xml::unescape(value)?.into_owned()),
                        "Type" => kind = Some(value.rsplit('/').next().unwrap_or_default().to_owned()),
                        "Target" => target = Some(resolve(folder, &xml::unescape(value)?)),
                        _ => {}
                    }
                }
                if let (Some(id), Some(kind), Some(part)) = (id, kind, target) {
                    relations.insert(id, Relation { kind, part });
                }
                if relations.len() > MOST {
                    return Err(Limits::exceeded(format!("more than {MOST} relationships of a part")));
                }
            }
            Event::Eof => return Ok(relations),
            _ => {}
        }
    }
}

/// The part that a target means, seen from a folder.
fn resolve(folder: &str, target: &str) -> String {
    let (from, target) = target.strip_prefix('/').map_or((folder, target), |absolute| ("", absolute));
    let mut steps: Vec<&str> = from.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// The part that a relationship of this kind leads to.
pub(super) fn part_of_kind(relations: &Relations, kind: &str) -> Option<String> {
    relations.values().find(|relation| relation.kind == kind).map(|relation| relation.part.clone())
}

/// What a sheet holds, by the kind of the relationship that leads to it.
pub(super) fn kind_of_sheet(relation: &str) -> Kind {
    match relation {
        "chartsheet" => Kind::Chart,
        "dialogsheet" => Kind::Dialog,
        "xlMacrosheet" | "xlIntlMacrosheet" => Kind::Macro,
        _ => Kind::Table,
    }
}

/// The part of a sheet.
///
/// # Errors
/// `Shape` where nothing leads to it.
pub(super) fn part_of_sheet<'r>(relations: &'r Relations, id: &str, sheet: &str) -> Result<&'r Relation> {
    relations.get(id).ok_or_else(|| {
        Fault::new(ErrorKind::Shape, "the workbook is damaged: no part holds the cells of a sheet")
            .at(format!("sheet `{sheet}`"))
    })
}

/// The fault for a part that is named and not there.
pub(super) fn missing(part: &str) -> Fault {
    Fault::new(ErrorKind::Shape, format!("the workbook is damaged: part `{part}` is missing"))
}

/// Adds a text with the escapes resolved that Office uses for characters XML cannot hold: `_x000D_`
/// is a carriage return, `_x005F_` an underscore (ECMA-376 part 1, 22.9.2.19).
pub(super) fn add_unescaped(text: &str, into: &mut String) {
    let mut rest = text;
    let mut high = None;
    while let Some(at) = rest.find("_x") {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let code = escape.get(2..6).filter(|_| escape.get(6..7) == Some("_"));
        let code = code.filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(unit) = code.and_then(|code| u16::from_str_radix(code, 16).ok()) else {
            flush(&mut high, into);
            into.push_str(before);
            into.push_str("_x");
            rest = escape.get(2..).unwrap_or_default();
            continue;
        };
        if !before.is_empty() {
            flush(&mut high, into);
        }
        into.push_str(before);
        match (high.take(), unit) {
            (Some(first), 0xDC00..=0xDFFF) => into.extend(char::decode_utf16([first, unit]).flatten()),
            (first, _) => {
                high = first;
                flush(&mut high, into);
                high = Some(unit);
                if !(0xD800..0xDC00).contains(&unit) {
                    flush(&mut high, into);
                }
            }
        }
        rest = escape.get(7..).unwrap_or_default();
    }
    flush(&mut high, into);
    into.push_str(rest);
}

fn flush(unit: &mut Option<u16>, into: &mut String) {
    if let Some(unit) = unit.take() {
        into.push(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_seen_from_their_folder() {
        for (folder, target, wanted) in [
            ("", "xl/workbook.xml", "xl/workbook.xml"),
            ("xl", "worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl", "/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl/worksheets", "../drawings/d.xml", "xl/drawings/d.xml"),
            ("xl", "../../../x", "x"),
        ] {
            assert_eq!(resolve(folder, target), wanted);
        }
    }

    #[test]
    fn office_escapes() {
        for (text, wanted) in [
            ("plain", "plain"),
            ("a_x000D_b", "a\rb"),
            ("_x005F_x000D_", "_x000D_"),
            ("_xD83D__xDCF7_", "📷"),
            ("_xD83D_x", "\u{fffd}x"),
            ("_xDCF7_", "\u{fffd}"),
            ("_x12", "_x12"),
            ("_xZZZZ_", "_xZZZZ_"),
            ("_x_x000A_", "_x\n"),
            ("_x0é0_", "_x0é0_"),
        ] {
            let mut out = String::new();
            add_unescaped(text, &mut out);
            assert_eq!(out, wanted, "{text}");
        }
    }
}
