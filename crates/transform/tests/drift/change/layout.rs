//! Where the header is, what stands above and below the table, and whether the body stands under it.

use super::Make;
use crate::document::{Cell, Draft, Row};
use crate::outcome::Change;
use crate::random::Random;

pub(crate) const ALL: &[(&str, Make)] = &[
    ("header moved by rows", header_moved),
    ("banner lines added", banners),
    ("merged banner over columns", merged_banner),
    ("header split in two rows", header_split),
    ("unit row under the header", unit_row),
    ("blank lines inserted", blank_lines),
    ("lines of delimiters inserted", bare_lines),
    ("blank columns inserted", blank_columns),
    ("index column without a name", index_column),
    ("footers added", footers),
    ("section headings in the body", headings),
    ("header repeated in the body", header_repeated),
    ("body shifted right, all kept", shifted_right),
    ("body shifted right, end cut", shifted_and_cut),
    ("body shifted left", shifted_left),
    ("header shifted right", header_shifted),
    ("values shifted among themselves", values_shifted),
];

/// Lines that offices put above a table.
const BANNERS: [&[&str]; 6] = [
    &["Ministerio de Seguridad"],
    &["Estadísticas delictivas", "", "Edición 2025"],
    &["Generated on", "01/02/2025"],
    &["Year, country and value of recorded offences"],
    &["INTERPOL", "Policía Nacional", "Total"],
    &["Cuadro 3.1", "Hechos según lugar y año", "2019", "2020"],
];

fn header_moved(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if draft.is_json() {
        return None;
    }
    let rows = 1 + random.below(40);
    for _ in 0..rows {
        let row: Row = if random.once_in(3) { Row::new() } else { vec!["Informe".into()] };
        draft.above.push(row);
    }
    Some(Change::named(["header"]))
}

fn banners(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if draft.is_json() {
        return None;
    }
    for _ in 0..=random.below(5) {
        let row = random.pick(&BANNERS).iter().map(|text| Cell::from(*text)).collect();
        let at = random.below(draft.above.len() + 1);
        draft.above.insert(at, row);
    }
    Some(Change::named(["header"]))
}

fn merged_banner(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if draft.is_json() {
        return None;
    }
    let values = draft.columns(|role| role.value);
    let mut row = vec![Cell::blank(); draft.roles.len()];
    *row.get_mut(*values.first()?)? = (*random.pick(&["Hechos", "Víctimas y hechos", "Recorded"])).into();
    draft.above.push(row);
    Some(Change::named(["header"]))
}

/// Names of columns broken over two lines, as narrow columns make of them.
fn header_split(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if draft.is_json() {
        return None;
    }
    let (mut upper, mut lower, mut split) = (Row::new(), Row::new(), Vec::new());
    for (name, role) in draft.names().iter().zip(&draft.roles) {
        let cut = name.find([' ', '_']).filter(|_| role.wanted && (split.is_empty() || random.once_in(2)));
        match cut {
            Some(at) => {
                split.push(name.clone());
                upper.push(Cell::Text(name[..at].to_owned()));
                lower.push(Cell::Text(name[at + 1..].to_owned()));
            }
            None => {
                upper.push(Cell::blank());
                lower.push(Cell::Text(name.clone()));
            }
        }
    }
    if split.is_empty() {
        return None;
    }
    draft.header = vec![upper, lower];
    Some(Change::named(split))
}

fn unit_row(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if draft.is_json() || draft.columns(|role| role.value).is_empty() {
        return None;
    }
    let unit = *random.pick(&["número", "per 100,000", "Anzahl", "(n)"]);
    let row = draft.roles.iter().map(|role| if role.value { unit.into() } else { Cell::blank() }).collect();
    draft.body.insert(0, row);
    Some(Change::named([unit, BLANK]))
}

fn insert_rows(draft: &mut Draft, random: &mut Random, row: &Row) {
    for _ in 0..=random.below(6) {
        let at = random.below(draft.body.len() + 1);
        draft.body.insert(at, row.clone());
    }
}

fn blank_lines(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if draft.is_json() {
        return None;
    }
    insert_rows(draft, random, &Row::new());
    Some(Change::named(["blank"]))
}

fn bare_lines(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if !draft.is_text() {
        return None;
    }
    let blank = *random.pick(&["", " "]);
    let row = vec![blank.into(); draft.roles.len()];
    insert_rows(draft, random, &row);
    Some(Change::named(["blank"]))
}

fn blank_columns(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if draft.is_json() {
        return None;
    }
    for _ in 0..=random.below(3) {
        let at = random.below(draft.roles.len() + 1);
        draft.insert_column(at, "", |_, _| Cell::blank());
    }
    Some(Change::named(["without a name", "no name"]))
}

/// As data frames write themselves with their row numbers.
fn index_column(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if draft.is_json() {
        return None;
    }
    let from = random.below(2);
    draft.insert_column(0, "", move |number, _| Cell::Number((number + from).to_string()));
    Some(Change::named(["without a name", "no name"]))
}

/// Lines of notes, each in the first cell of a row that is as wide as the others or not.
const NOTES: [&str; 6] = [
    "Source: National Institute of Statistics",
    "Fuente: Registro de denuncias",
    "Nota: cifras preliminares, sujetas a revisión.",
    "(1) Preliminary figures.",
    "* Excludes attempts",
    "Última actualización: 03/05/2025",
];

fn note(draft: &Draft, random: &mut Random, text: &str) -> Row {
    let mut row: Row = vec![text.into()];
    if random.once_in(2) || !draft.is_text() {
        row.resize(draft.roles.len(), Cell::blank());
    }
    row
}

/// What is said of a line without a figure where its text is in a column that nobody vouches for, and
/// so may not be shown.
const WITHHELD: [&str; 2] = ["nothing but one text", "the record has 1 fields"];
/// What is said of a row without a code.
const BLANK: &str = "; blank: ";

fn footers(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if draft.is_json() {
        return None;
    }
    for _ in 0..=random.below(3) {
        let text = *random.pick(&NOTES);
        let row = note(draft, random, text);
        draft.below.push(row);
    }
    Some(Change::named(NOTES.into_iter().chain(WITHHELD)))
}

fn headings(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if draft.is_json() {
        return None;
    }
    let texts = ["Región Norte", "SECTION II", "Capítulo 2: Delitos"];
    for _ in 0..=random.below(3) {
        let row = note(draft, random, random_text(&texts, draft.body.len()));
        let at = random.below(draft.body.len());
        draft.body.insert(at, row);
    }
    Some(Change::named(texts.into_iter().chain(WITHHELD)))
}

fn random_text<'t>(texts: &[&'t str], number: usize) -> &'t str {
    texts[number % texts.len()]
}

fn header_repeated(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    if draft.is_json() {
        return None;
    }
    let header = draft.header.last()?.clone();
    for _ in 0..=random.below(2) {
        let at = 1 + random.below(draft.body.len().max(2) - 1);
        draft.body.insert(at, header.clone());
    }
    Some(Change::named(draft.names()))
}

/// Texts of the body, any of which may show where a table has slipped.
fn texts_of(draft: &Draft) -> Vec<String> {
    let mut texts = vec!["fields, the header".to_owned()];
    for row in draft.body.iter().take(50) {
        texts.extend(row.iter().map(Cell::text).filter(|text| !text.trim().is_empty()));
    }
    texts.extend(draft.names());
    texts
}

/// A column in front of which cells slip: any that is read.
fn slip(draft: &Draft, random: &mut Random, test: impl Fn(&Draft, usize) -> bool) -> Option<usize> {
    let columns: Vec<usize> = (0..draft.roles.len()).filter(|at| test(draft, *at)).collect();
    (!columns.is_empty() && !draft.is_json()).then(|| *random.pick(&columns))
}

/// Whether what stands at the end of the rows is text: cells that are pushed over it show.
fn is_filled_at_the_end(draft: &Draft) -> bool {
    let last = draft.roles.len() - 1;
    (0..draft.body.len()).filter(|row| !draft.cell(*row, last).trim().is_empty()).count() * 10 > draft.body.len()
}

fn shifted_right(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let at = slip(draft, random, |_, _| true)?;
    if !is_filled_at_the_end(draft) {
        return None;
    }
    let names = texts_of(draft);
    for row in draft.body.iter_mut().filter(|row| !row.is_empty()) {
        row.insert(at.min(row.len()), Cell::blank());
    }
    Some(Change::named(names))
}

/// Whether a key column, or what decides, stands at or behind this one, so that keys and values slip.
fn moves_keys(draft: &Draft, at: usize) -> bool {
    draft.roles.iter().skip(at).any(crate::document::Role::is_key)
}

fn shifted_and_cut(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let at = slip(draft, random, moves_keys)?;
    let (names, width) = (texts_of(draft), draft.roles.len());
    for row in draft.body.iter_mut().filter(|row| !row.is_empty()) {
        row.insert(at.min(row.len()), Cell::blank());
        row.truncate(width);
    }
    Some(Change::named(names))
}

fn shifted_left(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let at = slip(draft, random, moves_keys)?;
    let (names, width) = (texts_of(draft), draft.roles.len());
    for row in draft.body.iter_mut().filter(|row| row.len() > at) {
        row.remove(at);
        row.resize(width, Cell::blank());
    }
    Some(Change::named(names))
}

fn header_shifted(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let at = slip(draft, random, moves_keys)?;
    let mut names = texts_of(draft);
    names.push("without a name".into());
    draft.header[0].insert(at, Cell::blank());
    Some(Change::named(names))
}

/// Nothing but values slips, and what is pushed out is cut off: each value is a good one of another
/// column.
fn values_shifted(draft: &mut Draft, random: &mut Random) -> Option<Change> {
    let values = draft.columns(|role| role.value);
    let (first, last) = (*values.first()?, *values.last()?);
    if draft.is_json() || values.len() < 2 || last - first + 1 != values.len() || moves_keys(draft, first) {
        return None;
    }
    let _ = random;
    for row in draft.body.iter_mut().filter(|row| row.len() > last) {
        row.insert(first, Cell::blank());
        row.remove(last + 1);
    }
    let mut change = Change::named([draft.names()[first].clone()]);
    change.untold = Some("values of like columns that change places are good values of those columns");
    Some(change)
}
