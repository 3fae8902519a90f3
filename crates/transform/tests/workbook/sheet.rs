//! A sheet as a model: cells, merged areas; and what each of its figures says.

use std::collections::BTreeMap;

/// Row and column, from 0.
pub(crate) type Place = (u32, u16);

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Number(f64),
    /// An error, by how it is printed.
    Error(&'static str),
    /// A text with a mark behind it that is set higher.
    Raised(&'static str, &'static str),
}

/// A sheet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sheet {
    pub(crate) name: &'static str,
    pub(crate) hidden: bool,
    pub(crate) cells: BTreeMap<Place, Cell>,
    /// First and last cell.
    pub(crate) merged: Vec<(Place, Place)>,
}

/// What a figure of a sheet says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    pub(crate) place: Place,
    pub(crate) printed: String,
    pub(crate) area: &'static str,
    pub(crate) year: i16,
    pub(crate) sex: &'static str,
    pub(crate) indicator: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) value: Option<f64>,
    pub(crate) bounds: (Option<f64>, Option<f64>),
    pub(crate) status: &'static str,
}

/// Countries, each with its code, by region.
const REGIONS: [(&str, &[(&str, &str)]); 2] = [
    ("Central America", &[("Guatemala", "GT"), ("Honduras", "HN"), ("Panama", "PA")]),
    ("South America", &[("Brazil", "BR"), ("Chile", "CL"), ("Peru*", "PE"), ("Uruguay", "UY")]),
];
const SEXES: [(&str, &str); 3] = [("Male", "M"), ("Female", "F"), ("Total", "_T")];
const MEASURES: [(&str, &str, &str); 2] =
    [("Rate per 100,000", "homicide-rate", "per-100k"), ("Count", "homicide-victims", "victim")];
/// Row of the first header.
const TOP: u32 = 4;

/// A table of the kind that international organisations publish: a banner, years over sexes, two lines
/// a country, a row of a part, a row of sums that has no country, footnotes. `seed` moves the figures.
pub(crate) fn table(name: &'static str, seed: u32) -> (Sheet, Vec<Figure>) {
    let mut sheet = Sheet { name, ..Sheet::default() };
    let mut figures = Vec::new();
    sheet.text((0, 0), "Table 4. Victims of intentional homicide, by country and sex");
    sheet.merged.push(((0, 0), (0, 11)));
    sheet.text((1, 0), "Invented for a test. Last update: 2021-12-24");
    for (column, text) in (0..).zip(["Region", "Country", "Measure"]) {
        sheet.text((TOP, column), text);
        sheet.merged.push(((TOP, column), (TOP + 1, column)));
    }
    let years = [
        (2019, Cell::Number(2019.0), "A"),
        (2020, Cell::Text("2020 (p)".into()), "P"),
        (2021, Cell::Raised("2021", "1"), "A"),
    ];
    for (column, (_, cell, _)) in (3..).step_by(3).zip(&years) {
        sheet.cells.insert((TOP, column), cell.clone());
        sheet.merged.push(((TOP, column), (TOP, column + 2)));
        for (column, (sex, _)) in (column..).zip(SEXES) {
            sheet.text((TOP + 1, column), sex);
        }
    }
    let mut row = TOP + 2;
    let mut number = seed;
    for (region, countries) in REGIONS {
        let first = row;
        sheet.text((row, 0), region);
        for (index, (country, area)) in countries.iter().enumerate() {
            sheet.text((row, 1), country);
            // Every other country is merged over its two lines; the others stand on the first alone.
            if index % 2 == 0 {
                sheet.merged.push(((row, 1), (row + 1, 1)));
            }
            for (measure, indicator, unit) in MEASURES {
                sheet.text((row, 2), measure);
                for (column, (year, _, year_status)) in (3..).step_by(3).zip(&years) {
                    for (column, (_, sex)) in (column..).zip(SEXES) {
                        let (cell, value, bounds, status) = figure(number);
                        number += 1;
                        let printed = cell.as_ref().map_or_else(String::new, printed);
                        figures.push(Figure {
                            place: (row, column),
                            printed,
                            area,
                            year: *year,
                            sex,
                            indicator,
                            unit,
                            value,
                            bounds,
                            status: status.unwrap_or(year_status),
                        });
                        if let Some(cell) = cell {
                            sheet.cells.insert((row, column), cell);
                        }
                    }
                }
                row += 1;
            }
        }
        sheet.merged.push(((first, 0), (row - 1, 0)));
        // An empty row, and one that is nobody's.
        sheet.text((row + 1, 1), "All of the region");
        sheet.text((row + 1, 2), "Count");
        sheet.cells.insert((row + 1, 3), Cell::Number(1e5));
        row += 2;
    }
    row += 1;
    for note in ["Notes:", "1 Not all states reported.", "x: held back.  (p): provisional.", "* Estimate."] {
        sheet.text((row, 0), note);
        sheet.merged.push(((row, 0), (row, 14)));
        row += 1;
    }
    sheet.text((row + 1, 0), "Source: nobody");
    sheet.cells.insert((row + 1, 3), Cell::Number(2022.0));
    (sheet, figures)
}

impl Sheet {
    fn text(&mut self, place: Place, text: &str) {
        self.cells.insert(place, Cell::Text(text.to_owned()));
    }
}

/// How the reader prints a cell.
pub(crate) fn printed(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Error(error) => (*error).to_owned(),
        Cell::Raised(text, mark) => format!("{text}{}", mark.replace('1', "¹")),
    }
}

/// The figure of a number: a cell, its value, its bounds, and its status where the year does not give it.
type Shown = (Option<Cell>, Option<f64>, (Option<f64>, Option<f64>), Option<&'static str>);

fn figure(number: u32) -> Shown {
    let n = f64::from(1_000 + number * 7);
    let text = |text: String| Some(Cell::Text(text));
    let none = (None, None);
    let grouped = format!("{},{:03}", (n / 1e3).trunc(), n % 1e3);
    match number % 17 {
        0 => (text("x".into()), None, none, Some("Q")),
        1 => (text("..".into()), None, none, Some("O")),
        2 => (text("-".into()), None, none, Some("M")),
        3 => (text("<5".into()), None, (None, Some(5.0)), Some("Q")),
        4 => (text("≥ 10".into()), None, (Some(10.0), None), Some("Q")),
        5 => (text(format!("{n}*")), Some(n), none, Some("E")),
        6 => (text(format!("{grouped} (p)")), Some(n), none, Some("P")),
        7 => (text(format!("{n}")), Some(n), none, None),
        8 => (text(format!(" {grouped}.5 ")), Some(n + 0.5), none, None),
        9 => (None, None, none, Some("O")),
        10 => (Some(Cell::Error("#N/A")), None, none, Some("O")),
        11 => (Some(Cell::Number(0.0)), Some(0.0), none, None),
        12 => (Some(Cell::Raised("12", "1")), Some(12.0), none, Some("A")),
        13..15 => (Some(Cell::Number(n / 8.0)), Some(n / 8.0), none, None),
        _ => (Some(Cell::Number(n)), Some(n), none, None),
    }
}
