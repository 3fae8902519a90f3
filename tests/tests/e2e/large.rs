//! A large input in the Argentine layout, so that a run takes long enough to be disturbed.

use std::fmt::Write as _;

use quipu_tests::{Dir, workspace};

/// As many rows as take a release build about as long as `rows` take a debug build.
pub(crate) const fn rows(rows: usize) -> usize {
    if cfg!(debug_assertions) { rows } else { rows * 10 }
}

/// Puts `rows` rows beside the Argentine sample. Each `variant` has other numbers, and so other
/// tables and another release.
pub(crate) fn put(dir: &Dir, rows: usize, variant: usize) {
    // The list knows each province with its leading zero and without.
    let mut provinces = labels("area_code.csv", "indec");
    provinces.retain(|province| province.len() == 2);
    let offences = labels("crime_label.csv", "ar-snic");
    let mut text = String::from(
        "provincia_id,provincia_nombre,anio,codigo_delito_snic_id,codigo_delito_snic_nombre,cantidad_hechos,cantidad_victimas,\
         cantidad_victimas_masc,cantidad_victimas_fem,cantidad_victimas_sd,tasa_hechos,tasa_victimas,tasa_victimas_masc,tasa_victimas_fem\r\n",
    );
    for row in 0..rows {
        let province = &provinces[row % provinces.len()];
        let offence = &offences[row / provinces.len() % offences.len()];
        // The sample has the years from 2022.
        let year = 2021 - row / (provinces.len() * offences.len());
        let (count, victims) = (row * 7 % 5_003 + variant, row * 3 % 211);
        let _ = writeln!(
            text,
            "{province},\"Provincia, {province}\",{year},{offence},Delito {offence},{count},{victims},{},{},0,{count}.25,{victims}.5,,\r",
            victims / 2,
            victims - victims / 2,
        );
    }
    dir.write("data/samples/argentina/large.csv", text);
}

/// The labels of a scheme in a reference list.
fn labels(list: &str, scheme: &str) -> Vec<String> {
    let text = std::fs::read_to_string(workspace().join("data/reference").join(list)).expect("a reference list");
    let of_scheme = |line: &str| {
        let mut fields = line.split(',');
        (fields.next() == Some(scheme)).then(|| fields.next().expect("a label").to_owned())
    };
    text.lines().filter_map(of_scheme).collect()
}
