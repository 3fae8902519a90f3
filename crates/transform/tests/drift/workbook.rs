//! Workbooks: read by the project's reader (which has tests of its own), written by another's writer.

use quipu_readers::{Form, Limits};
use quipu_schema::pipeline::{Layout, Observe};
use rust_xlsxwriter::{ExcelDateTime, Format as Look, Workbook, Worksheet};

use crate::document::{Cell, Draft, Format, Row, folded, wanted};

/// The rows of the sheet that has the header, and the sheet.
pub(crate) fn read(bytes: &[u8], observe: &Observe) -> (Vec<Row>, Format) {
    let reader = quipu_readers::reader(quipu_schema::pipeline::Format::Workbook).expect("a reader");
    let grids = reader.read(bytes, &Layout::default(), &Limits::default()).unwrap_or_else(|fault| panic!("{fault}"));
    let wanted = wanted(observe);
    for grid in grids {
        let mut rows: Vec<Row> = Vec::new();
        for (position, row) in grid.rows().iter().enumerate() {
            // Rows that the format leaves out are blank.
            while (rows.len() as u64) + 1 < row.number {
                rows.push(Row::new());
            }
            let cells = grid.cells(position).iter().map(|cell| {
                let text = grid.text(*cell).to_owned();
                match cell.form {
                    Form::Number => Cell::Number(text),
                    Form::Date => Cell::Date(text),
                    Form::Covered => Cell::blank(),
                    _ => Cell::Text(text),
                }
            });
            rows.push(cells.collect());
        }
        let has = |row: &Row| {
            let texts: Vec<String> = row.iter().map(|cell| folded(&cell.text())).collect();
            wanted.iter().all(|name| texts.contains(name))
        };
        if rows.iter().any(has) {
            return (rows, Format::Book { sheet: grid.title.clone(), sheets: Vec::new() });
        }
    }
    panic!("no sheet has the header")
}

/// The workbook as bytes.
pub(crate) fn write(draft: &Draft) -> Vec<u8> {
    let Format::Book { sheet, sheets } = &draft.format else { panic!("no workbook") };
    let rows: Vec<Row> =
        draft.above.iter().chain(&draft.header).chain(&draft.body).chain(&draft.below).cloned().collect();
    let mut book = Workbook::new();
    for (name, rows, hidden, _) in sheets.iter().filter(|(.., before)| *before) {
        fill(book.add_worksheet(), name, rows, *hidden);
    }
    fill(book.add_worksheet(), sheet, &rows, false);
    for (name, rows, hidden, _) in sheets.iter().filter(|(.., before)| !*before) {
        fill(book.add_worksheet(), name, rows, *hidden);
    }
    book.save_to_buffer().expect("a workbook")
}

fn fill(sheet: &mut Worksheet, name: &str, rows: &[Row], hidden: bool) {
    let date = Look::new().set_num_format("yyyy\\-mm\\-dd");
    sheet.set_name(name).expect("a name").set_hidden(hidden);
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_blank()) {
            let text = cell.text();
            let written = match cell {
                Cell::Number(_) => sheet.write_number(row, column, text.parse::<f64>().expect("a number")),
                Cell::Date(_) => match ExcelDateTime::parse_from_str(text.split('T').next().unwrap_or(&text)) {
                    Ok(day) => sheet.write_datetime_with_format(row, column, day, &date),
                    Err(_) => sheet.write_string(row, column, &text),
                },
                _ => sheet.write_string(row, column, &text),
            };
            written.expect("a cell");
        }
    }
}
