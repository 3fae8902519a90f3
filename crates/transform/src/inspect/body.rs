//! Which rows of a table are its body: below the header, above the footer, with the labels of blocks
//! repeated in the blanks below them.

use std::ops::Range;

use quipu_readers::{Form, SampledRow};
use regex::Regex;

use super::head::{Look, look};
use crate::codes::fold;

/// Words with which footers begin, folded.
const BEGINS: [&str; 22] = [
    "fuente",
    "fonte",
    "source",
    "sources",
    "nota",
    "notas",
    "note",
    "notes",
    "elaboracion",
    "elaborado",
    "elaboracao",
    "fecha",
    "data de",
    "date",
    "extraccion",
    "actualizado",
    "ultima",
    "obs",
    "observacion",
    "llamada",
    "champ",
    "preliminar",
];
/// Rows at the end among which the footer is looked for.
const SEARCH: usize = 60;

/// The rows below the body.
#[derive(Debug, Clone, Default)]
pub(super) struct Footer {
    /// Number and first text of each row.
    pub(super) rows: Vec<(u64, String)>,
    /// A pattern for the first text of the first row that no row of the body has.
    pub(super) pattern: Option<String>,
}

/// The body of a table: positions of its rows, and what stands below it.
pub(super) fn find(rows: &[SampledRow], from: usize, is_missing: &dyn Fn(&str) -> bool) -> (Range<usize>, Footer) {
    let body = rows.get(from..).unwrap_or_default();
    // A note over merged cells is one text, not many.
    let count =
        |row: &SampledRow| row.cells.iter().filter(|cell| !cell.text.is_empty() && cell.form != Form::Covered).count();
    let mut counts: Vec<usize> = body.iter().take(2_000).map(count).collect();
    counts.sort_unstable();
    let usual = counts.get(counts.len() * 3 / 4).copied().unwrap_or_default();
    let is_footer = |row: &SampledRow| {
        let filled = count(row);
        let mut texts = row.cells.iter().filter(|cell| !cell.text.is_empty());
        let first = texts.next().map(|cell| fold(&cell.text)).unwrap_or_default();
        let begins = BEGINS
            .iter()
            .any(|word| first.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric())))
            || first.starts_with(['*', '(', '/', '¹', '²', '†']) && first.chars().any(char::is_alphabetic);
        let numbers = row.cells.iter().skip(1).any(|cell| look(cell, is_missing) == Look::Number);
        (filled * 3 <= usual.max(3) || filled == 1) && usual >= 2 && filled < usual && (!numbers || begins)
            || (begins && filled < usual)
    };
    let mut end = body.len();
    while end > 0 && body.len() - end < SEARCH && body.get(end - 1).is_some_and(is_footer) {
        end -= 1;
    }
    let below = body.get(end..).unwrap_or_default();
    let first = |row: &SampledRow| {
        row.cells.iter().map(|cell| cell.text.as_str()).find(|text| !text.is_empty()).unwrap_or_default().to_owned()
    };
    let texts: Vec<(u64, String)> = below.iter().map(|row| (row.number, first(row))).collect();
    let pattern = pattern(&texts, body.get(..end).unwrap_or_default());
    (from..from + end, Footer { rows: texts, pattern })
}

/// A pattern that the first of the footer's rows matches, and no row of the body.
fn pattern(footer: &[(u64, String)], body: &[SampledRow]) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    for (_, text) in footer {
        let word: String = text.chars().take_while(|c| c.is_alphabetic()).collect();
        // A short lead would end the body at whatever begins with it one day.
        let escaped = if word.chars().count() >= 4 {
            format!(r"{}\b", regex::escape(&word.to_lowercase()))
        } else {
            regex::escape(&text.chars().take(12).collect::<String>())
        };
        if !escaped.is_empty() && !words.contains(&escaped) {
            words.push(escaped);
        }
    }
    let tried = |words: &[String]| {
        let pattern = format!("(?is)(?:{}).*", words.join("|"));
        let regex = Regex::new(&format!("^(?:{pattern})$")).ok()?;
        let firsts = body.iter().filter_map(|row| row.cells.iter().map(|c| c.text.as_str()).find(|t| !t.is_empty()));
        (!firsts.into_iter().any(|text| regex.is_match(text))).then_some(pattern)
    };
    if words.is_empty() {
        return None;
    }
    tried(&words).or_else(|| tried(words.get(..1)?)).or_else(|| {
        let whole: String = footer.first()?.1.chars().take(40).collect();
        tried(&[regex::escape(&whole)])
    })
}

/// Columns in which a blank repeats the text above: labels of blocks, left of the values.
pub(super) fn blocks(rows: &[SampledRow], width: usize, is_missing: &dyn Fn(&str) -> bool) -> Vec<usize> {
    let mut found = Vec::new();
    for column in 0..width {
        let looks: Vec<Look> =
            rows.iter().map(|row| row.cells.get(column).map_or(Look::Empty, |cell| look(cell, is_missing))).collect();
        let filled = looks.iter().filter(|look| **look != Look::Empty).count();
        let texts = looks.iter().filter(|look| **look == Look::Text).count();
        let labels = texts * 10 >= filled * 8 || (column == 0 && looks.iter().all(|look| *look != Look::Number));
        // The first column of numbers ends the labels.
        if looks.iter().filter(|look| **look == Look::Number).count() * 2 > filled.max(1) {
            break;
        }
        let led = rows.first().is_some_and(|row| !row.text(column).is_empty());
        let blanks: Vec<&SampledRow> = rows.iter().filter(|row| row.text(column).is_empty()).collect();
        let beside =
            |row: &&&SampledRow| row.cells.iter().skip(column + 1).filter(|cell| !cell.text.is_empty()).count() >= 2;
        let carried = blanks.iter().filter(beside).count();
        if labels && led && filled >= 2 && blanks.len() >= filled && carried * 10 >= blanks.len() * 8 {
            found.push(column);
        }
    }
    found
}

/// The rows with the texts of blocks repeated.
pub(super) fn filled(rows: &[SampledRow], columns: &[usize]) -> Vec<SampledRow> {
    let mut above: Vec<String> = vec![String::new(); columns.len()];
    let mut out = rows.to_vec();
    for row in &mut out {
        for (column, above) in columns.iter().zip(&mut above) {
            let Some(cell) = row.cells.get_mut(*column) else { continue };
            if cell.text.is_empty() {
                cell.text.clone_from(above);
            } else {
                above.clone_from(&cell.text);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use quipu_readers::SampledCell;

    use super::*;

    fn rows(lines: &[&str]) -> Vec<SampledRow> {
        let row = |(line, number): (&&str, u64)| SampledRow {
            number,
            cells: line.split('|').map(|t| SampledCell { text: t.trim().to_owned(), form: Form::Printed }).collect(),
            gap: false,
        };
        lines.iter().zip(1..).map(row).collect()
    }

    #[test]
    fn footers_end_the_body_and_totals_do_not() {
        let rows = rows(&["a|x|1", "b|x|2", "TOTAL||3", "Fuente: Policía||", "Elaborado el 3/2/2020|por|"]);
        let (body, footer) = find(&rows, 0, &|_| false);
        assert_eq!(body, 0..3);
        assert_eq!(footer.rows.len(), 2);
        let pattern = Regex::new(&format!("^(?:{})$", footer.pattern.expect("a pattern"))).expect("a regex");
        assert!(pattern.is_match("FUENTE: otra\ncosa") && !pattern.is_match("TOTAL") && !pattern.is_match("b"));
    }

    #[test]
    fn blocks_are_told_from_gaps() {
        let table = rows(&["Norte|Robo|1|2", "|Hurto|3|4", "|Otros|3|4", "Sur|Robo|1|2", "|Hurto|5|6", "|Otros|5|6"]);
        assert_eq!(blocks(&table, 4, &|_| false), [0]);
        assert_eq!(filled(&table, &[0])[5].text(0), "Sur");
        let nation = rows(&["|2011|5|6", "AK|2011|1|2", "AL|2011|1|2", "|2012|4|4"]);
        assert_eq!(blocks(&nation, 4, &|_| false), [] as [usize; 0]);
    }
}
