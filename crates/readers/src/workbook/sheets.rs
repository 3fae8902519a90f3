//! The sheets of a workbook, and which of them a layout asks for.

use quipu_schema::pipeline::{Layout, Placed, SheetPick, nearest};
use quipu_schema::{ErrorKind, Fault, Result};
use regex::Regex;

use crate::Limits;

/// Most sheets of a workbook. Spreadsheet programs give up long before.
pub(super) const MOST: usize = 65_535;

/// What a sheet holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Cells.
    Table,
    /// A chart.
    Chart,
    /// A dialog.
    Dialog,
    /// Macros.
    Macro,
}

/// Whether a reader of the workbook sees a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// It is there.
    Visible,
    /// It can be shown.
    Hidden,
    /// It can be shown by a program only.
    VeryHidden,
}

/// A sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) shown: Shown,
}

/// Adds a sheet to a list.
///
/// # Errors
/// More sheets than a workbook has.
pub(super) fn add<T>(sheets: &mut Vec<T>, sheet: T) -> Result<()> {
    if sheets.len() >= MOST {
        return Err(Limits::exceeded(format!("more than {MOST} sheets")));
    }
    sheets.push(sheet);
    Ok(())
}

/// The numbers of the sheets that the layout asks for, in their order, and what there is to say of
/// the others.
///
/// # Errors
/// `Shape` where a wanted sheet is not there, is hidden or has no cells, and where two sheets have
/// one name: a locator could not tell them apart.
pub(super) fn pick(sheets: &[Sheet], layout: &Layout) -> Result<(Vec<usize>, Vec<String>)> {
    let mut names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    names.sort_unstable();
    if let Some([name, _]) = names.windows(2).find(|pair| pair.first() == pair.last()) {
        return Err(Fault::new(ErrorKind::Shape, format!("the workbook is damaged: two sheets are named `{name}`")));
    }
    let asked: Vec<usize> = match &layout.sheet {
        None => (0..sheets.len()).collect(),
        Some(SheetPick::Name(name)) => vec![named(sheets, name)?],
        Some(SheetPick::Pattern(pattern)) => matching(sheets, pattern)?,
    };
    let seen = |number: &usize| {
        sheets.get(*number).is_some_and(|s| s.kind == Kind::Table && (layout.hidden || s.shown == Shown::Visible))
    };
    let (picked, left): (Vec<usize>, Vec<usize>) = asked.into_iter().partition(seen);
    let mut notes = Vec::new();
    let left: Vec<&Sheet> = left.into_iter().filter_map(|number| sheets.get(number)).collect();
    for (what, is) in [
        ("left out, because it is hidden", of(Kind::Table, Shown::Hidden)),
        ("left out, because it is hidden from all but programs", of(Kind::Table, Shown::VeryHidden)),
        ("left out, because it is a chart and no table", of_kind(Kind::Chart)),
        ("left out, because it is a dialog and no table", of_kind(Kind::Dialog)),
        ("left out, because it holds macros and no table", of_kind(Kind::Macro)),
    ] {
        let names: Vec<String> = left.iter().filter(|s| is(s)).map(|s| format!("`{}`", s.name)).collect();
        if !names.is_empty() {
            notes.push(format!("sheet {}: {what}", names.join(", ")));
        }
    }
    if picked.is_empty() {
        let fault = Fault::new(ErrorKind::Shape, "the workbook has no visible sheet with cells that is asked for");
        let hidden = left.iter().any(|sheet| sheet.kind == Kind::Table);
        let help = if hidden {
            format!("{}; `hidden = true` reads hidden sheets too", notes.join("; "))
        } else {
            notes.join("; ")
        };
        return Err(if help.is_empty() { fault } else { fault.help(help) });
    }
    Ok((picked, notes))
}

fn of(kind: Kind, shown: Shown) -> Box<dyn Fn(&Sheet) -> bool> {
    Box::new(move |sheet| sheet.kind == kind && sheet.shown == shown)
}

fn of_kind(kind: Kind) -> Box<dyn Fn(&Sheet) -> bool> {
    Box::new(move |sheet| sheet.kind == kind)
}

/// The sheet of a name; else the one that has the same but for case and white space.
fn named(sheets: &[Sheet], name: &Placed<String>) -> Result<usize> {
    if let Some(number) = sheets.iter().position(|sheet| sheet.name == name.value) {
        return Ok(number);
    }
    let folded = fold(&name.value);
    let like: Vec<usize> =
        (0..).zip(sheets).filter(|(_, s)| fold(&s.name) == folded).map(|(number, _)| number).collect();
    match like.as_slice() {
        [number] => Ok(*number),
        [] => Err(missing(sheets, &format!("no sheet is named `{}`", name.value), &name.value)),
        _ => {
            let names = like.iter().filter_map(|number| sheets.get(*number)).map(|sheet| format!("`{}`", sheet.name));
            let names = names.collect::<Vec<_>>().join(", ");
            let message = format!("more than one sheet could be `{}`: {names}", name.value);
            Err(Fault::new(ErrorKind::Shape, message).help("write the name exactly as the workbook has it"))
        }
    }
}

fn matching(sheets: &[Sheet], pattern: &Placed<String>) -> Result<Vec<usize>> {
    let regex = Regex::new(&format!("^(?:{})$", pattern.value)).map_err(|error| {
        Fault::new(ErrorKind::Pipeline, format!("`{}` is no regular expression", pattern.value)).because(error)
    })?;
    let matching = (0..).zip(sheets).filter(|(_, sheet)| regex.is_match(&sheet.name)).map(|(number, _)| number);
    let matching: Vec<usize> = matching.collect();
    if matching.is_empty() {
        return Err(missing(sheets, &format!("no sheet has a name that `{}` matches", pattern.value), &pattern.value));
    }
    Ok(matching)
}

/// The fault for a sheet that is not there: it names those that are, and the nearest.
fn missing(sheets: &[Sheet], what: &str, wanted: &str) -> Fault {
    let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    let all = names.iter().take(16).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let more = if names.len() > 16 { format!(" and {} more", names.len() - 16) } else { String::new() };
    let fault = Fault::new(ErrorKind::Shape, format!("{what}; the workbook has {all}{more}"));
    match nearest(wanted, names) {
        Some(name) => fault.help(format!("did you mean `{name}`?")),
        None => fault,
    }
}

/// A name without the differences of case and white space that publishers make from year to year.
fn fold(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(name: &str, kind: Kind, shown: Shown) -> Sheet {
        Sheet { name: name.into(), kind, shown }
    }

    fn book() -> Vec<Sheet> {
        vec![
            sheet("Índice", Kind::Table, Shown::Visible),
            sheet("Homicidios 2019", Kind::Table, Shown::Visible),
            sheet("Figura", Kind::Chart, Shown::Visible),
            sheet("Homicidios 2018", Kind::Table, Shown::Hidden),
            sheet("aux", Kind::Table, Shown::VeryHidden),
        ]
    }

    fn layout(sheet: Option<SheetPick>, hidden: bool) -> Layout {
        Layout { sheet, hidden, ..Layout::default() }
    }

    fn placed(text: &str) -> Placed<String> {
        Placed { value: text.into(), span: 0..0 }
    }

    #[test]
    fn without_a_wish_all_that_a_reader_sees() {
        let (picked, notes) = pick(&book(), &layout(None, false)).unwrap();
        assert_eq!(picked, [0, 1]);
        assert_eq!(
            notes,
            [
                "sheet `Homicidios 2018`: left out, because it is hidden",
                "sheet `aux`: left out, because it is hidden from all but programs",
                "sheet `Figura`: left out, because it is a chart and no table",
            ]
        );
        assert_eq!(pick(&book(), &layout(None, true)).unwrap().0, [0, 1, 3, 4]);
    }

    #[test]
    fn by_name_exact_or_nearly() {
        let by = |name: &str| pick(&book(), &layout(Some(SheetPick::Name(placed(name))), false));
        assert_eq!(by("Homicidios 2019").unwrap().0, [1]);
        assert_eq!(by("HOMICIDIOS  2019 ").unwrap().0, [1]);
        assert_eq!(by("índice").unwrap().0, [0]);
        let fault = by("Homicidio 2019").unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::Shape);
        assert!(fault.message().contains("`Índice`, `Homicidios 2019`, `Figura`"), "{fault}");
        assert_eq!(fault.advice(), Some("did you mean `Homicidios 2019`?"));
        assert!(by("Homicidios 2018").unwrap_err().advice().unwrap().contains("`hidden = true`"));
        assert!(by("Figura").unwrap_err().advice().unwrap().contains("a chart and no table"));
    }

    #[test]
    fn by_pattern_as_a_whole() {
        let by = |pattern: &str, hidden| pick(&book(), &layout(Some(SheetPick::Pattern(placed(pattern))), hidden));
        assert_eq!(by("Homicidios \\d+", true).unwrap().0, [1, 3]);
        assert_eq!(by("Homicidios \\d+", false).unwrap().0, [1]);
        assert!(by("Homicidios", false).is_err(), "the whole name must match");
        assert!(by("aux|Homicidios 2018", false).unwrap_err().advice().unwrap().contains("`aux`"));
    }

    #[test]
    fn names_must_tell_sheets_apart() {
        let twice = vec![sheet("A", Kind::Table, Shown::Visible), sheet("A", Kind::Table, Shown::Visible)];
        assert!(pick(&twice, &layout(None, false)).unwrap_err().message().contains("two sheets are named `A`"));
        let like = vec![sheet("a b", Kind::Table, Shown::Visible), sheet("AB", Kind::Table, Shown::Visible)];
        let fault = pick(&like, &layout(Some(SheetPick::Name(placed("A B"))), false)).unwrap_err();
        assert!(fault.message().contains("more than one"), "{fault}");
    }
}
