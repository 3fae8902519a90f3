//! What a mapping can say: each part of its language on a small made-up publication.

use super::{observe, text};
use polars::prelude::DataFrame;

/// The cells of these columns, row by row.
fn rows(frame: &DataFrame, columns: &[&str]) -> Vec<String> {
    (0..frame.height()).map(|row| columns.iter().map(|c| text(frame, c, row)).collect::<Vec<_>>().join(" ")).collect()
}

const HEAD: &str = r#"
[source.observe]
dataset = "D"
indicator = "offences-recorded"
unit = "offence"
"#;

fn mapping(more: &str) -> String {
    format!("{HEAD}{more}")
}

#[test]
fn two_header_rows_give_year_and_measure() {
    let mapping = format!(
        "[source.csv]\nheader_rows = 2\n{}",
        r#"
[source.observe]
dataset = "D"
ref_area = { column = "Country", codes = "area" }
period = { year = { header = 1 } }
[[source.observe.measure]]
values = { pattern = '\d{4} / Count' }
indicator = "offences-recorded"
unit = "offence"
[[source.observe.measure]]
values = { pattern = '\d{4} / Rate' }
indicator = "offences-rate"
unit = "per-100k"
"#
    );
    let csv =
        "Some office,,,,\nCountry,2019,,2020,\n,Count,Rate,Count,Rate\nMexico,10,1.5,12,1.75\nBrazil,x,..,3,0.5\n";
    let made = observe(&format!("{mapping}\n"), csv.replace("x,..", "7,2.5").as_bytes()).expect("read");
    assert_eq!(
        rows(&made.frame, &["ref_area", "time_start", "indicator", "value"]),
        [
            "MX 2019-01-01 offences-recorded 10.0",
            "MX 2020-01-01 offences-recorded 12.0",
            "MX 2019-01-01 offences-rate 1.5",
            "MX 2020-01-01 offences-rate 1.75",
            "BR 2019-01-01 offences-recorded 7.0",
            "BR 2020-01-01 offences-recorded 3.0",
            "BR 2019-01-01 offences-rate 2.5",
            "BR 2020-01-01 offences-rate 0.5",
        ]
    );
}

#[test]
fn blanks_repeat_the_label_above_and_the_footer_ends_the_table() {
    let mapping = mapping(
        r#"
ref_area = { column = "País", codes = "area" }
breakdown = { arma = { column = "Arma" } }
period = { year = { column = "Año" } }
values = "Casos"
fill_down = ["País"]
footer = "(Fuente|Nota).*"
[[source.observe.drop]]
column = "Arma"
equals = "total"
"#,
    );
    let csv = "País,Arma,Año,Casos\nMéxico,fuego,2019,1\n,blanca,2019,2\n,TOTAL ,2019,3\nPerú,fuego,2019,4\n,blanca,2019,5\n\
               Fuente: oficina,,,\nMéxico,fuego,2020,9\n";
    let made = observe(&mapping, csv.as_bytes()).expect("read");
    assert_eq!(
        rows(&made.frame, &["ref_area", "breakdown", "value"]),
        ["MX arma=fuego 1.0", "MX arma=blanca 2.0", "PE arma=fuego 4.0", "PE arma=blanca 5.0"]
    );
    assert_eq!((made.tally.ignored["footer"], made.tally.ignored["drop:Arma"]), (2, 1));
}

#[test]
fn periods_come_from_their_parts() {
    let with = |period: &str| {
        mapping(&format!("ref_area = \"MX\"\nvalues = \"n\"\nignore = ['m', 'q', 'd', 'y']\nperiod = {period}\n"))
    };
    for (period, csv, expected) in [
        (
            "{ year = { column = 'y' }, month = { column = 'm' } }",
            "y,m,n\n2019,Março,1\n2019,abr.,2\n",
            "M 2019-03-01|M 2019-04-01",
        ),
        (
            "{ year = { column = 'y' }, quarter = { column = 'q' } }",
            "y,q,n\n2019,III,1\n2019,T4,2\n",
            "Q 2019-07-01|Q 2019-10-01",
        ),
        (
            "{ year = { column = 'y' }, month = { column = 'm' }, day = { column = 'd' } }",
            "y,m,d,n\n2019,2,28,1\n",
            "D 2019-02-28",
        ),
        (
            "{ date = { column = 'd' } }",
            "d,n\n3/2/2019,1\n31/1/2019,4\n2003m1,2\n",
            "D 2019-02-03|D 2019-01-31|M 2003-01-01",
        ),
        ("{ date = { column = 'd' }, order = 'mdy', freq = 'M' }", "d,n\n3/2/2019,1\n", "M 2019-03-01"),
    ] {
        let made = observe(&with(period), csv.as_bytes()).unwrap_or_else(|fault| panic!("{period}: {fault}"));
        assert_eq!(rows(&made.frame, &["freq", "time_start"]).join("|"), expected, "{period}");
    }
    // The part that is wrong is blamed, at its place.
    let made = observe(&with("{ year = { column = 'y' }, month = { column = 'm' } }"), b"y,m,n\n2019,brumaire,1\n")
        .expect("read");
    assert_eq!(made.rejected[0].locator.to_string(), "line=2;column=m;bytes=11-19");
    assert!(made.rejected[0].message.contains("`brumaire` is no month"), "{}", made.rejected[0].message);
}

#[test]
fn marks_and_bounds_become_status_and_bounds() {
    let layout = "[source.csv]\nmarks = { \"*\" = \"P\" }\nmissing = { \"x\" = \"Q\", \"..\" = \"L\" }\n";
    let mapping =
        format!("{layout}{}", mapping("ref_area = 'MX'\nperiod = { year = { column = 'y' } }\nvalues = 'n'\n"));
    let csv = "y,n\n2001,2366*\n2002,x\n2003,<5\n2004,\u{2265}10\n2005,..\n2006,7\n";
    let made = observe(&mapping, csv.as_bytes()).expect("read");
    assert_eq!(
        rows(&made.frame, &["value", "lower", "upper", "obs_status", "value_text"]),
        [
            "2366.0 null null P 2366*",
            "null null null Q x",
            "null null 5.0 Q <5",
            "null 10.0 null Q \u{2265}10",
            "null null null L ..",
            "7.0 null null A 7",
        ]
    );
}

#[test]
fn incidents_are_added_up_and_never_published_one_by_one() {
    let mapping = mapping(
        r#"
ref_area = { column = "depto", codes = "area", scheme = "ponal-departamento" }
sex = { column = "sexo", map = { MASCULINO = "M", FEMENINO = "F", "" = "_U" } }
period = { date = { column = "fecha" }, order = "dmy", freq = "M" }
values = "cantidad"
ignore = ["edad"]
aggregate = true
suppress_below = 3
[[source.observe.drop]]
column = "depto"
matches = "total.*"
"#,
    );
    let csv = "fecha,depto,sexo,edad,cantidad\n1/1/2019,ANTIOQUIA,MASCULINO,30,1\n2/1/2019,ANTIOQUIA,Masculino ,41,2\n\
               2/1/2019,ANTIOQUIA,FEMENINO,22,1\n5/2/2019,ANTIOQUIA,MASCULINO,19,4\nTOTAL,Total general,,,8\n";
    let made = super::observe_whole(&mapping, csv.as_bytes()).expect("read");
    assert_eq!(
        rows(&made.frame, &["ref_area", "sex", "time_start", "value", "upper", "obs_status", "value_text", "loc_row"]),
        [
            "CO-ANT M 2019-01-01 3.0 null A null null",
            "CO-ANT F 2019-01-01 null 3.0 Q null null",
            "CO-ANT M 2019-02-01 4.0 null A null null",
        ]
    );
    assert_eq!((made.tally.read, made.tally.published, made.tally.ignored["added up"]), (5, 3, 1));
}

#[test]
fn totals_are_proven_by_their_sums() {
    let mapping = mapping(
        r#"
ref_area = "MX"
breakdown = { zona = { column = "zona" } }
period = { year = { header = true } }
values = { pattern = '\d{4}' }
totals = { column = "zona", proof = true }
"#,
    );
    let csv = "zona,2019,2020\nPaís,10,8\nNorte,3,4\nSur,7,4\nOtra,0,0\n";
    let made = observe(&mapping, csv.as_bytes()).expect("read");
    let totals = rows(&made.frame, &["breakdown", "is_total"]);
    assert_eq!(
        totals.iter().filter(|row| row.ends_with("true")).collect::<Vec<_>>(),
        ["zona=País true", "zona=País true"]
    );
}

#[test]
fn texts_are_extracted_replaced_and_defaulted() {
    let mapping = mapping(
        r#"
ref_area = { column = "lugar", or = ["sitio"], extract = '\(([A-Z]{3})\)', codes = "area", scheme = "iso3166-1-alpha3" }
sex = { column = "sexo", map = { hombre = "M", mujer = "F" }, default = "_U" }
period = { year = { document = true, extract = '\d{4}' } }
values = "n"
"#,
    );
    let csv = "sitio,sexo,n\nMéxico (MEX),Hombre,1\nMéxico (MEX),,2\nnada,Mujer,3\n";
    let made = super::observe_named(&mapping, "datos-2019.csv", csv.as_bytes()).expect("read");
    assert_eq!(
        rows(&made.frame, &["ref_area", "sex", "time_start", "value"]),
        ["MX M 2019-01-01 1.0", "MX _U 2019-01-01 2.0"]
    );
    assert!(made.rejected[0].message.contains("holds nothing that"), "{}", made.rejected[0].message);
}

#[test]
fn repeats_are_found_across_pieces_and_measures() {
    // The period of the value columns is the same: rows of one record repeat each other.
    let mapping = mapping("ref_area = 'MX'\nperiod = { year = { column = 'y' } }\nvalues = ['a', 'b']\n");
    let made = observe(&mapping, b"y,a,b\n2001,1,1\n2002,1,2\n2003,5,\n2003,5,5\n").expect("read");
    let reasons: Vec<String> = made.rejected.iter().map(|r| format!("{} {}", r.locator, r.reason)).collect();
    assert_eq!(made.frame.height(), 1, "{reasons:?}");
    assert_eq!(made.tally.quarantined["duplicate-key"], 6);
    assert_eq!(made.tally.quarantined["duplicate-row"], 1);
}

#[test]
fn the_contract_decides_what_a_change_does() {
    let base =
        mapping("ref_area = { column = 'p', codes = 'area' }\nperiod = { year = { column = 'y' } }\nvalues = 'n'\n");
    let with =
        |contract: &str| format!("{base}\n[source.contract]\n{contract}\n[source.expect]\nquarantine_max = '100 %'\n");
    let csv = b"p,y,n,new\nMEX,2019,1,a\nAtlantis,2019,2,b\nPER,2019,many,c\n";
    let shape = |contract: &str| observe(&with(contract), csv).expect_err("a shape fault").to_string();
    assert!(shape("").contains("`new`"));
    assert!(shape("column = 'evolve'\ncode = 'freeze'").contains("freezes `code`"));
    assert!(shape("column = 'evolve'\ntype = 'freeze'").contains("freezes `type`"));
    let made = observe(&with("column = 'evolve'\ntype = 'discard-value'"), csv).expect("read");
    assert_eq!(rows(&made.frame, &["ref_area", "value", "obs_status"]), ["MX 1.0 A", "PE null O"]);
    assert!(made.notes.iter().any(|note| note.contains("nobody reads: new")), "{:?}", made.notes);
    let made = observe(&with("column = 'discard-value'\ntype = 'evolve'"), csv).expect("read");
    assert_eq!(rows(&made.frame, &["ref_area", "value", "value_text"]), ["MX 1.0 1", "PE null many"]);
    assert_eq!((made.tally.ignored_total(), made.tally.quarantined_total()), (3, 1), "{}", made.tally);
    assert!(made.tally.balances() && made.notes.iter().any(|note| note.contains("no numbers")), "{:?}", made.notes);
    let made = observe(&with("column = 'evolve'\ntype = 'discard-row'\ncode = 'discard-row'"), csv).expect("read");
    assert_eq!((made.tally.published, made.tally.quarantined_total()), (1, 2));
}
