//! The pipelines of publishers with stable addresses, against servers on this machine that answer as those do. What the
//! publishers themselves answer today is nobody's test.

use std::fmt::Write as _;

use quipu_loopback::{Reply, Request, Server};
use quipu_tests::{Dir, Tree, workspace};
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use crate::conflict::{rows, table};

const DAY: &str = "Sat, 28 Nov 2026 09:00:00 GMT";

/// A folder with a pipeline of `pipelines/live`, whose publisher is `server`.
fn live(name: &str, origin: &str, server: &Server) -> Dir {
    let file = format!("pipelines/live/{name}.toml");
    let text = std::fs::read_to_string(workspace().join(&file)).expect("a pipeline");
    assert!(text.contains(origin), "{file} is of {origin}");
    let host = origin.trim_start_matches("https://");
    let text =
        text.replace(origin, server.url("").trim_end_matches('/')).replace(&format!("[hosts.\"{host}\"]"), "[was]");
    // Rules of the publisher's host are not those of this machine.
    let text: Vec<&str> = text
        .split("\n[was]")
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once("\n\n").map_or("", |(_, rest)| rest) })
        .collect();
    let text = text.join("\n\n") + "\n[hosts.\"127.0.0.1\"]\nprivate = true\nper_second = 0\n";
    assert!(!text.contains("https://"), "{file} asks nobody else");
    let dir = Dir::with_samples();
    dir.write(&file, text);
    dir
}

fn run(dir: &Dir, name: &str) {
    let file = format!("pipelines/live/{name}.toml");
    dir.quipu(&["run", &file]).expect(0);
    dir.quipu(&["verify", &file]).expect(0);
    dir.quipu(&["run", &file, "--unchanged-exit-code"]).expect(99);
}

/// Rows of the table of observations, of these columns, sorted.
fn observed(dir: &Dir, name: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let mut rows = rows(&table(dir, &format!("{name}-live"), "observation"), columns);
    rows.sort();
    rows
}

fn texts(rows: &[[&str; 4]]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.iter().map(|text| (*text).to_owned()).collect()).collect()
}

fn of_json(value: &Value) -> Reply {
    Reply::ok(value.to_string()).header("Content-Type", "application/json;charset=utf-8").header("Date", DAY)
}

#[test]
fn world_bank() {
    let years: Vec<u32> = (2000..2023).collect();
    let server = Server::start(move |request| {
        if request.path() != "/v2/country/all/indicator/VC.IHR.PSRC.P5" || request.query("format") != Some("json") {
            return Reply::status("404 Not Found");
        }
        let all: Vec<(usize, u32)> = ["MEX", "BRA", "LCN"]
            .iter()
            .enumerate()
            .flat_map(|(at, _)| years.iter().map(move |year| (at, *year)))
            .collect();
        // The server has its own idea of the largest page.
        let size = 30;
        let page: usize = request.query("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        let rows: Vec<Value> = all
            .iter()
            .skip((page - 1) * size)
            .take(size)
            .map(|(at, year)| {
                let (iso3, iso2, country) =
                    [("MEX", "MX", "Mexico"), ("BRA", "BR", "Brazil"), ("LCN", "ZJ", "Latin America")][*at];
                let value = if *year == 2022 { Value::Null } else { json!(f64::from(*year) / 100.0 + *at as f64) };
                json!({
                    "indicator": { "id": "VC.IHR.PSRC.P5", "value": "Intentional homicides (per 100,000 people)" },
                    "country": { "id": iso2, "value": country }, "countryiso3code": iso3, "date": year.to_string(),
                    "value": value, "unit": "", "obs_status": "", "decimal": 1
                })
            })
            .collect();
        let pages = all.len().div_ceil(size);
        of_json(&json!([
            { "page": page, "pages": pages, "per_page": size, "total": all.len(), "sourceid": "2", "lastupdated": "2026-10-01" },
            rows
        ]))
    });
    let dir = live("worldbank", "https://api.worldbank.org", &server);
    run(&dir, "worldbank");
    let rows = observed(&dir, "worldbank", &["ref_area", "time_start", "value", "vintage"]);
    assert!(rows.contains(&texts(&[["BR", "2019-01-01", "21.1900", "2026-10-01"]])[0]), "{rows:?}");
    assert!(rows.contains(&texts(&[["MX", "2021-01-01", "20.2100", "2026-10-01"]])[0]), "{rows:?}");
    assert_eq!(rows.len(), 3 * 23, "missing values are rows too");
}

#[test]
fn cisa() {
    let entry = |id: &str, added: &str, use_: &str| {
        json!({
            "cveID": id, "vendorProject": "Example", "product": "Thing", "vulnerabilityName": "Example Thing Fault",
            "dateAdded": added, "shortDescription": "A fault.", "requiredAction": "Mend it.", "dueDate": "2026-12-01",
            "knownRansomwareCampaignUse": use_, "notes": "", "cwes": ["CWE-79"]
        })
    };
    let catalogue = json!({
        "title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2026.11.28",
        "dateReleased": "2026-11-28T09:00:00.0000Z", "count": 3,
        "vulnerabilities": [
            entry("CVE-2026-1", "2026-11-03", "Known"),
            entry("CVE-2026-2", "2026-11-20", "Known"),
            entry("CVE-2026-3", "2026-10-20", "Unknown"),
        ]
    });
    let server = Server::start(move |request| match request.path() {
        "/sites/default/files/feeds/known_exploited_vulnerabilities.json" => of_json(&catalogue),
        _ => Reply::status("404 Not Found"),
    });
    let dir = live("cisa", "https://www.cisa.gov", &server);
    run(&dir, "cisa");
    let rows = observed(&dir, "cisa", &["time_start", "value", "vintage", "ref_area"]);
    let expected = texts(&[["2026-10-01", "1.0000", "2026.11.28", "_Z"], ["2026-11-01", "2.0000", "2026.11.28", "_Z"]]);
    assert_eq!(rows, expected);
}

#[test]
fn our_world_in_data() {
    let server = Server::start(|request| match request.path() {
        "/grapher/homicide-rate-unodc.csv" => Reply::ok(
            "Entity,Code,Year,\"Homicide rate per 100,000 population\",World region according to OWID\n\
             Ecuador,ECU,2019,6.8454356,South America\nEcuador,ECU,2023,45.722813,South America\n\
             Americas (UN),,2019,16.1,\n",
        )
        .header("Content-Type", "text/csv; charset=utf-8"),
        _ => Reply::status("404 Not Found"),
    });
    let dir = live("owid", "https://ourworldindata.org", &server);
    run(&dir, "owid");
    let rows = observed(&dir, "owid", &["ref_area", "time_start", "value", "is_total"]);
    assert!(rows.contains(&texts(&[["EC", "2023-01-01", "45.7228", "false"]])[0]), "{rows:?}");
    assert_eq!((rows.len(), rows.iter().filter(|row| row[3] == "true").count()), (3, 1), "{rows:?}");
}

/// A workbook as the portal lays them out: two lines, a header, one row for each figure.
fn workbook(mexico: f64) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "United Nations Office on Drugs and Crime").expect("cell");
    sheet.write(1, 0, "15/07/2026").expect("cell");
    let header = [
        "Iso3_code",
        "Country",
        "Region",
        "Subregion",
        "Indicator",
        "Dimension",
        "Category",
        "Sex",
        "Age",
        "Year",
        "Unit of measurement",
        "VALUE",
        "Source",
    ];
    for (column, name) in (0..).zip(header) {
        sheet.write(2, column, name).expect("cell");
    }
    let rows = [
        ("MEX", "Mexico", "Victims of intentional homicide", "Total", "Total", "Counts", mexico),
        ("MEX", "Mexico", "Victims of intentional homicide", "Total", "Total", "Rate per 100,000 population", 25.0),
        ("MEX", "Mexico", "Victims of intentional homicide", "by mechanisms", "Firearms", "Counts", 20_000.0),
        ("MEX", "Mexico", "Persons convicted for intentional homicide", "Total", "Total", "Counts", 900.0),
        ("BRA", "Brazil", "Victims of intentional homicide", "Total", "Total", "Counts", 45_000.0),
    ];
    for (line, (iso3, country, indicator, dimension, category, unit, value)) in (3..).zip(rows) {
        let texts =
            [iso3, country, "Americas", "Latin America", indicator, dimension, category, "Total", "Total"].into_iter();
        for (column, text) in (0..).zip(texts) {
            sheet.write(line, column, text).expect("cell");
        }
        sheet.write(line, 9, 2023).expect("cell");
        sheet.write(line, 10, unit).expect("cell");
        sheet.write(line, 11, value).expect("cell");
        sheet.write(line, 12, "CTS").expect("cell");
    }
    book.save_to_buffer().expect("a workbook")
}

#[test]
fn unodc() {
    let month = std::sync::Arc::new(std::sync::Mutex::new("2026-05"));
    let now = month.clone();
    let server = Server::start(move |request| {
        let month = *now.lock().expect("month");
        let path = format!("/sites/dataportal.unodc.org/files/{month}/data_cts_intentional_homicide.xlsx");
        match request.path() {
            "/dp-intentional-homicide-victims" => Reply::ok(format!(
                "<!DOCTYPE html><html lang=\"en\"><body><h1>Victims of intentional homicide</h1>\
                 <a href=\"/sites/dataportal.unodc.org/files/{month}/metadata_intentional_homicide.pdf\">Metadata</a>\
                 <p><a class=\"btn\" href=\"{path}\" download>Download data</a></p></body></html>"
            ))
            .header("Content-Type", "text/html; charset=UTF-8"),
            asked if asked == path => Reply::ok(workbook(if month == "2026-05" { 30_000.0 } else { 31_000.0 }))
                .header("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            _ => Reply::status("404 Not Found"),
        }
    });
    let dir = live("unodc", "https://data.unodc.org", &server);
    run(&dir, "unodc");
    let value = |dir: &Dir| observed(dir, "unodc", &["ref_area", "time_start", "value", "sex"]);
    assert_eq!(
        value(&dir),
        texts(&[["BR", "2023-01-01", "45000.0000", "_T"], ["MX", "2023-01-01", "30000.0000", "_T"]])
    );
    // The next release takes its place.
    *month.lock().expect("month") = "2026-07";
    run(&dir, "unodc");
    assert_eq!(
        value(&dir),
        texts(&[["BR", "2023-01-01", "45000.0000", "_T"], ["MX", "2023-01-01", "31000.0000", "_T"]])
    );
}

#[test]
fn datos_gov_co() {
    let all: Vec<Value> = (0..7_001)
        .map(|at| {
            let department = ["05", "08", "11", "13", "15", "17", "18", "19", "20", "23", "25", "27"][at % 12];
            let (year, month) = (2003 + at / 288, at / 24 % 12 + 1);
            json!({
                "cod_depto": department,
                "sexo": if at / 12 % 2 == 0 { "MASCULINO" } else { "FEMENINO" },
                "mes": format!("{year}-{month:02}-01T00:00:00.000"), "victimas": (at % 90).to_string()
            })
        })
        .take(5_600)
        .collect();
    let count = all.len();
    let server = Server::start(move |request| {
        if request.path() != "/resource/m8fd-ahd9.json" || !request.target.contains("sum(cantidad)") {
            return Reply::status("400 Bad Request");
        }
        let number = |key: &str| request.query(key).and_then(|text| text.parse::<usize>().ok());
        let page: Vec<Value> =
            all.iter().skip(number("$offset").unwrap_or(0)).take(number("$limit").unwrap_or(1_000)).cloned().collect();
        of_json(&Value::Array(page))
    });
    let dir = live("datos-gov-co", "https://www.datos.gov.co", &server);
    let file = "pipelines/live/datos-gov-co.toml";
    dir.quipu(&["run", file]).expect(0);
    let asked: Vec<String> =
        server.requests().iter().map(|request| request.query("$offset").unwrap_or("-").to_owned()).collect();
    assert_eq!(asked, ["-", "5000"], "and no more than there is");
    let rows = observed(&dir, "datos-gov-co", &["ref_area", "time_start", "sex", "value"]);
    assert!(rows.len() > 3_000, "{} rows of {count}", rows.len());
    assert!(rows.iter().any(|row| row[0] == "CO-ANT" && row[1] == "2003-01-01" && row[2] == "M"), "{:?}", rows.first());
}

/// An answer of the notices API: persons, all of them invented, beside the total.
fn notices(request: &Request, knows_nationality: bool) -> Reply {
    if request.path() != "/notices/v1/red" || request.query("resultPerPage") != Some("1") {
        return Reply::status("400 Bad Request");
    }
    let nationality = request.query("nationality").unwrap_or_default();
    let total = nationality.bytes().map(u64::from).sum::<u64>() % 400;
    let mut query = json!({ "page": 1, "resultPerPage": 1 });
    if knows_nationality && let Some(query) = query.as_object_mut() {
        query.insert("nationality".to_owned(), json!(nationality));
    }
    of_json(&json!({
        "total": total, "query": query,
        "_embedded": { "notices": [{
            "forename": "CANARYFORE", "name": "CANARYNAME", "date_of_birth": "1980/01/01", "entity_id": "2026/12345",
            "nationalities": [nationality], "_links": { "self": { "href": "http://h/notices/v1/red/2026-12345" } }
        }] },
        "_links": { "self": { "href": "http://h/notices/v1/red?&resultPerPage=1&page=1" } }
    }))
}

#[test]
fn interpol_notices_are_counted_and_no_person_is_kept() {
    let server = Server::start(|request| notices(request, true));
    let dir = live("interpol-notices", "https://ws-public.interpol.int", &server);
    run(&dir, "interpol-notices");
    let rows = observed(&dir, "interpol-notices", &["ref_area", "time_start", "value", "unit"]);
    assert_eq!(rows.len(), 35);
    let uy = (u64::from(b'U') + u64::from(b'Y')) % 400;
    assert!(rows.contains(&texts(&[["UY", "2026-11-28", &format!("{uy}.0000"), "notice"]])[0]), "{rows:?}");
    let told = |dir: &Dir| {
        let mut told = String::new();
        for path in Tree::read(&dir.path("quipu-store")).paths() {
            let bytes = dir.read(&format!("quipu-store/{path}"));
            for secret in ["CANARY", "1980/01/01", "2026/12345", "2026-12345"] {
                if bytes.windows(secret.len()).any(|window| window == secret.as_bytes()) {
                    let _ = writeln!(told, "{path} holds {secret}");
                }
            }
        }
        told
    };
    assert_eq!(told(&dir), "");
    // An API that does not know the key would count everything each time.
    let deaf = Server::start(|request| notices(request, false));
    let dir = live("interpol-notices", "https://ws-public.interpol.int", &deaf);
    let ended = dir.quipu(&["run", "pipelines/live/interpol-notices.toml"]).expect(5);
    ended.says(&["`AG` was asked for, and the answer does not repeat it at `/query/nationality`"]);
    assert_eq!(told(&dir), "");
    // A refusal is one.
    let refusing = Server::start(|_| Reply::status("403 Forbidden"));
    let dir = live("interpol-notices", "https://ws-public.interpol.int", &refusing);
    dir.quipu(&["run", "pipelines/live/interpol-notices.toml"]).expect(3);
}
