//! Phrases in four languages, whole documents, and the account.

use std::path::Path;

use proptest::prelude::*;
use quipu_schema::pipeline::Pipeline;
use quipu_schema::table;

use super::*;
use crate::text;

/// A source of reports, with a language in the pipeline file or none.
fn source(language: Option<&str>) -> Source {
    let language = language.map(|code| format!("language = \"{code}\"\n")).unwrap_or_default();
    let file = format!(
        "[pipeline]\nname = \"test\"\nreference = \".\"\n[[source]]\nid = \"press\"\nfile = \"x.txt\"\n\
         publisher = \"Us\"\ntitle = \"From the file\"\nmarking = \"TLP:GREEN\"\n{language}[source.report]\n"
    );
    let pipeline = Pipeline::parse(Path::new("test.toml"), &file).unwrap_or_else(|problems| panic!("{problems:#?}"));
    pipeline.sources.into_iter().next().unwrap()
}

/// Reads a document and checks what holds for every one: the account balances, keys are unique, and
/// every phrase is what the archived bytes give at its place.
fn read_bytes(language: Option<&str>, bytes: &[u8]) -> Reading {
    let reading = read(&source(language), "doc", &Digest::of(bytes), bytes).unwrap();
    assert!(reading.tally.balances(), "{}", reading.tally);
    assert_eq!(reading.tally.published, reading.figures.len() as u64);
    let mut keys = std::collections::BTreeSet::new();
    for figure in &reading.figures {
        assert!(keys.insert((figure.start, figure.end)), "two figures at one place: {figure:?}");
        assert!(figure.value.is_finite());
        for media in [reading.document.media_type.as_str(), crate::document::media_type(bytes)] {
            assert_eq!(text::reread(bytes, media, figure.start, figure.end).unwrap(), figure.phrase);
        }
    }
    reading
}

/// The figures of a text as `value qualifier unit | phrase`.
fn figures(language: &str, text: &str) -> Vec<String> {
    let show = |figure: &FigureRow| {
        let high = figure.value_high.map(|high| format!("..{high}")).unwrap_or_default();
        format!("{}{high} {} {} | {}", figure.value, figure.qualifier, figure.unit, figure.phrase)
    };
    read_bytes(Some(language), text.as_bytes()).figures.iter().map(show).collect()
}

fn check(language: &str, cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(figures(language, text), *expected, "{text}");
    }
}

#[test]
fn english() {
    check(
        "en",
        &[
            ("It holds some 127 million records today.", &["127000000 approx record | some 127 million records"]),
            (
                "In all, more than 1.3 billion checks were made.",
                &["1300000000 gt check | more than 1.3 billion checks"],
            ),
            ("This led to some 283,000 hits – each a lead.", &["283000 approx hit | some 283,000 hits"]),
            (
                "It has nearly 34 million entries from more than 160 countries.",
                &["34000000 lt record | nearly 34 million entries", "160 gt country | more than 160 countries"],
            ),
            (
                "They lost approximately one and a half million travel documents.",
                &["1500000 approx document | approximately one and a half million travel documents"],
            ),
            (
                "It was used more than one thousand million times.",
                &["1000000000 gt times | more than one thousand million times"],
            ),
            (
                "It saw more than half a billion searches.",
                &["500000000 gt searches | more than half a billion searches"],
            ),
            ("They hold around 248,976 motor vehicles.", &["248976 approx vehicle | around 248,976 motor vehicles"]),
            (
                "The plan names a projected 2.6 million searches.",
                &["2600000 projected searches | a projected 2.6 million searches"],
            ),
            (
                "It runs 20 million times a day, or 250 searches per second.",
                &["20000000 exact per-day | 20 million times a day", "250 exact per-second | 250 searches per second"],
            ),
            (
                "The result: 14,260 arrests; 8,263 illegal firearms, as well as 305,000 rounds.",
                &[
                    "14260 exact arrest | 14,260 arrests",
                    "8263 exact firearm | 8,263 illegal firearms",
                    "305000 exact round | 305,000 rounds",
                ],
            ),
            ("Drugs worth USD 5.7 billion were found.", &["5700000000 exact usd | USD 5.7 billion"]),
            ("Drugs worth $5.7 billion were found.", &["5700000000 exact usd | $5.7 billion"]),
            ("Drugs worth about US$5.7 billion were found.", &["5700000000 approx usd | about US$5.7 billion"]),
            ("They took 203 tonnes of cocaine and other drugs.", &["203 exact tonne | 203 tonnes"]),
            (
                "It was less than one per cent in one place and nearly 99 per cent in another.",
                &["1 lt percent | less than one per cent", "99 lt percent | nearly 99 per cent"],
            ),
            ("Ten thousand victims were met.", &["10000 exact victim | Ten thousand victims"]),
            ("They freed 128 women and two men.", &["128 exact person | 128 women"]),
            (
                "It ran in 15 countries and then across 34 countries.",
                &["15 exact country | 15 countries", "34 exact country | 34 countries"],
            ),
            (
                "The park counts 7,2 million cars, of which 7 250 909 vehicles are listed.",
                &["7200000 exact vehicle | 7,2 million cars", "7250909 exact vehicle | 7 250 909 vehicles"],
            ),
            (
                "It began 100 years ago, a 100-year history.",
                &["100 exact year | 100 years", "100 exact year | 100-year"],
            ),
            (
                "Between 20 and 30 officers, then from 5 to 10 million dollars.",
                &[
                    "20..30 range officers | Between 20 and 30 officers",
                    "5000000..10000000 range usd | 5 to 10 million dollars",
                ],
            ),
            (
                "More than 300+ gadgets; 20 suspects or more.",
                &["300 ge gadgets | More than 300+ gadgets", "20 ge suspect | 20 suspects or more"],
            ),
            (
                "Police of 52 country offices met 128 people smugglers.",
                &["52 exact offices | 52 country offices", "128 exact person | 128 people smugglers"],
            ),
        ],
    );
}

#[test]
fn spanish() {
    check(
        "es",
        &[
            ("Hallaron 9 015 migrantes irregulares.", &["9015 exact migrant | 9 015 migrantes"]),
            ("Hallaron 9.015 migrantes irregulares.", &["9015 exact migrant | 9.015 migrantes"]),
            ("Hallaron 9 mil 15 migrantes irregulares.", &["9015 exact migrant | 9 mil 15 migrantes"]),
            ("Vale 5.700 millones de dólares.", &["5700000000 exact usd | 5.700 millones de dólares"]),
            ("Vale cinco mil 700 millones de dólares.", &["5700000000 exact usd | cinco mil 700 millones de dólares"]),
            (
                "Detuvo a más de 14.000 personas, más de 14 mil personas.",
                &["14000 gt person | más de 14.000 personas", "14000 gt person | más de 14 mil personas"],
            ),
            (
                "Son unos 135 000 combatientes, cerca de 350 víctimas y casi 12.000 sospechosos.",
                &[
                    "135000 approx person | unos 135 000 combatientes",
                    "350 approx victim | cerca de 350 víctimas",
                    "12000 lt suspect | casi 12.000 sospechosos",
                ],
            ),
            (
                "Pagan entre 2.700 y más de 20.000 dólares.",
                &["2700..20000 range usd | entre 2.700 y más de 20.000 dólares"],
            ),
            (
                "Tiene más de diez millones de registros y 20.000 agentes.",
                &["10000000 gt record | más de diez millones de registros", "20000 exact agentes | 20.000 agentes"],
            ),
            (
                "Cayeron mil 300 sospechosos con 1.2 toneladas.",
                &["1300 exact suspect | mil 300 sospechosos", "1.2 exact tonne | 1.2 toneladas"],
            ),
            ("Son mil millones de consultas.", &["1000000000 exact check | mil millones de consultas"]),
            (
                "Hubo 8.263 armas de fuego ilícitas y 305.000 cartuchos.",
                &["8263 exact firearm | 8.263 armas de fuego", "305000 exact round | 305.000 cartuchos"],
            ),
            // Compound number words are not read, and not read in part.
            (
                "Detuvo a veintitrés mil personas y treinta y cinco mil personas.",
                &["23000 exact person | veintitrés mil personas"],
            ),
        ],
    );
}

#[test]
fn french() {
    check(
        "fr",
        &[
            ("Il y eut 14\u{a0}260 arrestations.", &["14260 exact arrest | 14\u{a0}260 arrestations"]),
            ("Il y eut 14\u{202f}260 arrestations.", &["14260 exact arrest | 14\u{202f}260 arrestations"]),
            ("Il y eut 14 260 arrestations.", &["14260 exact arrest | 14 260 arrestations"]),
            (
                "Cela vaut 5,7 milliards USD et pèse 12,6 tonnes.",
                &["5700000000 exact usd | 5,7 milliards USD", "12.6 exact tonne | 12,6 tonnes"],
            ),
            (
                "Soit environ 1,5 million d’enregistrements, quelque 20 000 agents, près de 70 pays et plus de 10 millions de vérifications.",
                &[
                    "1500000 approx record | environ 1,5 million d’enregistrements",
                    "20000 approx agents | quelque 20 000 agents",
                    "70 lt country | près de 70 pays",
                    "10000000 gt check | plus de 10 millions de vérifications",
                ],
            ),
            ("On saisit 430'000 tablettes.", &["430000 exact tablet | 430'000 tablettes"]),
        ],
    );
}

#[test]
fn portuguese() {
    check(
        "pt",
        &[
            (
                "Foram mais de 5,7 bilhões de dólares, 14.260 suspeitos e mais de 300 mil cartuchos.",
                &[
                    "5700000000 gt usd | mais de 5,7 bilhões de dólares",
                    "14260 exact suspect | 14.260 suspeitos",
                    "300000 gt round | mais de 300 mil cartuchos",
                ],
            ),
            ("Valem US$ 950 milhões, entre os dias 6 e 15 de março.", &["950000000 exact usd | US$ 950 milhões"]),
            (
                "São mil milhões de dólares, 1.300 pessoas e 430 mil comprimidos.",
                &[
                    "1000000000 exact usd | mil milhões de dólares",
                    "1300 exact person | 1.300 pessoas",
                    "430000 exact tablet | 430 mil comprimidos",
                ],
            ),
        ],
    );
}

/// The rules of a text, each number's in order of the rules' names.
fn ignored(language: Option<&str>, text: &str) -> Vec<(String, u64)> {
    let reading = read_bytes(language, text.as_bytes());
    assert_eq!(reading.figures, [], "{text}");
    reading.tally.ignored.into_iter().collect()
}

/// Language, text, and how many numbers each rule takes out.
type Case = (&'static str, &'static str, &'static [(&'static str, u64)]);

#[test]
fn what_is_no_figure() {
    let cases: &[Case] = &[
        ("en", "It met (21 – 23 March), (6-8 July) and (12 March - 2 April).", &[("date", 6)]),
        ("en", "In May 1990, on March 21, 2023, 2023-03-21 and 21/03/2023.", &[("date", 9)]),
        ("en", "The 2022 Global Crime Trend Report of 1923; in 1965 and the 1990s; 2019-2023.", &[("year", 6)]),
        ("en", "The 25th meeting, the 1st and the 22nd.", &[("ordinal", 3)]),
        ("en", "Doors open at 10:30 and close at 5 p.m. daily.", &[("time", 3)]),
        (
            "en",
            "See section 3, COVID-19, www.example.org/12, ISO 3166, +56 2 2555 1234 and I-24/7.",
            &[("identifier", 10)],
        ),
        ("en", "It was 12 and no more than 13.", &[("no-unit", 2)]),
        ("en", "1. Open the file.\n2) Close it.", &[("list-number", 2)]),
        ("en", "Some 1.300 people and 16,706.281 records.", &[("ambiguous-number", 2)]),
        ("en", "At least until November 2025.", &[("date", 1)]),
        ("en", "4 min read", &[("furniture", 1)]),
        ("en", "Two hundred twenty people, twenty-five thousand people.", &[("number-words", 2)]),
        ("en", "One hundred one people.", &[("no-unit", 1)]),
        ("es", "3 min de lectura", &[("furniture", 1)]),
        ("es", "Del 28 de noviembre al 2 de diciembre; del 10 al 12 de julio.", &[("date", 4)]),
        ("es", "La 25ª, la 25° y la 24.ª Conferencia.", &[("ordinal", 3)]),
        ("es", "Son 1,300 personas.", &[("ambiguous-number", 1)]),
        ("fr", "La 25ème et la 22ème (1er - 3 juillet), du 24 au 30 septembre.", &[("date", 4), ("ordinal", 2)]),
        ("pt", "Entre os dias 6 e 15 de março de 2023.", &[("date", 3)]),
    ];
    for (language, text, expected) in cases {
        let expected: Vec<(String, u64)> = expected.iter().map(|(rule, n)| ((*rule).to_owned(), *n)).collect();
        assert_eq!(ignored(Some(language), text), expected, "{text}");
    }
    assert_eq!(ignored(None, "Some 1.300 people"), [("unknown-locale".to_owned(), 1)]);
    assert_eq!(ignored(Some("de"), "Etwa 1.300 Personen"), [("unknown-locale".to_owned(), 1)]);
}

#[test]
fn a_page() {
    let html = "<!doctype html><html lang='es-MX'><head><meta charset=windows-1252><title>T</title>\
        <meta property='article:published_time' content='2023-03-21T10:00:00-03:00'></head><body><nav>99 men&uacute;s</nav>\
        <article><h1>Operaci\u{f3}n</h1><p>Hay <b>1,300</b>&nbsp;per&shy;sonas y 2.5&nbsp;toneladas.</p>\
        <div class=gallery>1 / 12</div><p>1 /</p><p>12</p></article></body></html>";
    let bytes = encoding_rs::WINDOWS_1252.encode(html).0;
    let reading = read_bytes(Some("en"), &bytes);
    let shown: Vec<_> = reading.figures.iter().map(|f| (f.value, f.unit.as_str(), f.phrase.as_str())).collect();
    assert_eq!(shown, [(1300.0, "person", "1,300\u{a0}personas"), (2.5, "tonne", "2.5\u{a0}toneladas")]);
    assert_eq!(reading.tally.ignored.get("page-counter"), Some(&2));
    let document = &reading.document;
    assert_eq!(document.title.as_deref(), Some("Operación"));
    assert_eq!(document.publisher.as_deref(), Some("Us"));
    assert_eq!(document.language.as_deref(), Some("es"));
    assert_eq!(document.published, Some((jiff::civil::date(2023, 3, 21), true)));
    assert_eq!(document.media_type, "text/html; charset=windows-1252");
    assert_eq!(reading.figures[0].context.as_deref(), Some("Hay 1,300 personas y 2.5 toneladas."));
}

#[test]
fn frames_have_the_tables_form() {
    let reading = read_bytes(Some("en"), b"In 12 countries some 283,000 hits came.");
    let frame = figure_frame(&reading.figures).unwrap();
    assert_eq!(**frame.schema(), quipu_store::polars_schema(table::find("figure").unwrap()));
    assert_eq!(frame.height(), 2);
    let documents = crate::document::document_frame(&[reading.document]).unwrap();
    assert_eq!(**documents.schema(), quipu_store::polars_schema(table::find("document").unwrap()));
    assert_eq!(figure_frame(&[]).unwrap().height(), 0);
}

/// A line of the truth beside the shared report.
#[derive(serde::Deserialize)]
struct Truth {
    id: String,
    kind: String,
    value: Option<serde_json::Value>,
    unit: Option<String>,
    qualifier: Option<String>,
    byte_start: u64,
    byte_end: u64,
}

#[test]
fn the_shared_report() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/report");
    let read = |name: &str| std::fs::read(folder.join(name)).ok();
    let (Some(bytes), Some(truth)) =
        (read("americas-regional-conference.txt"), read("americas-regional-conference.truth.jsonl"))
    else {
        println!("skipped: the shared report is not here");
        return;
    };
    let truth: Vec<Truth> =
        String::from_utf8(truth).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let reading = read_bytes(Some("en"), &bytes);
    for found in &reading.figures {
        println!(
            "{} {} {} {:?} [{}-{}]",
            found.value, found.qualifier, found.unit, found.phrase, found.start, found.end
        );
    }
    println!("{}", reading.tally);
    println!("{:?}", reading.tally.ignored);
    let at = |truth: &Truth| reading.figures.iter().find(|f| f.start < truth.byte_end && truth.byte_start < f.end);
    for id in ["figure-05", "figure-06", "figure-07", "figure-08", "figure-09", "figure-12", "figure-15"] {
        let wanted = truth.iter().find(|t| t.id == id).unwrap();
        let found = at(wanted).unwrap_or_else(|| panic!("{id} is not read"));
        assert_eq!(Some(found.value), wanted.value.as_ref().and_then(serde_json::Value::as_f64), "{id}");
        assert_eq!(Some(&found.unit), wanted.unit.as_ref(), "{id}");
        assert_eq!(Some(&found.qualifier), wanted.qualifier.as_ref(), "{id}");
        assert!(wanted.byte_start <= found.start && found.end <= wanted.byte_end, "{id}: {found:?}");
    }
    // Every figure published is one of the truth's, with its value.
    for found in &reading.figures {
        let known =
            truth.iter().filter(|t| t.kind == "figure" && t.byte_start <= found.start && found.end <= t.byte_end);
        let values: Vec<_> = known.filter_map(|t| t.value.as_ref()?.as_f64()).collect();
        assert_eq!(values, [found.value], "{found:?}");
    }
    for wrong in truth.iter().filter(|t| matches!(t.kind.as_str(), "not_a_figure" | "noise")) {
        assert!(at(wrong).is_none(), "{} is read", wrong.id);
    }
    assert_eq!(reading.tally.ignored.get("page-counter"), Some(&2));
}

#[test]
fn the_samples() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/samples/press");
    let Ok(entries) = std::fs::read_dir(folder) else {
        println!("skipped: no samples");
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let language = if path.to_string_lossy().contains("operacion") { "es" } else { "en" };
        let reading = read_bytes(Some(language), &bytes);
        println!(
            "{} {:?}\n  {} {:?}",
            path.file_name().unwrap().display(),
            reading.document.title,
            reading.tally,
            reading.tally.ignored
        );
        for found in &reading.figures {
            println!(
                "  {} {:?} {} {} {:?} ({:?})",
                found.value, found.value_high, found.qualifier, found.unit, found.phrase, found.measure
            );
        }
        for note in &reading.notes {
            println!("  note: {note}");
        }
    }
}

proptest! {
    /// Whatever stands in a document: no panic, an account that balances, phrases that read the same.
    #[test]
    fn any_prose(
        text in "([a-z]{1,6} |[0-9]{1,4}[.,]?|more than |some |million |billion |records |[$%/:+-]|de |mil |per day |\u{a0}|\n|\n\n|March |\\. [A-Z]|&nbsp;|<b>|</b>|<p>|\u{ad}|“|é){0,40}",
        language in prop::sample::select(vec!["en", "es", "fr", "pt", "xx"]),
        html in any::<bool>(),
    ) {
        let text = if html { format!("<html><body>{text}") } else { text };
        read_bytes(Some(language), text.as_bytes());
    }

    #[test]
    fn any_document(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        read_bytes(Some("en"), &bytes);
    }
}
