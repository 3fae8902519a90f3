//! The ways in which releases of four languages write figures, one by one.

use std::fmt::Write as _;

use crate::reading::{Given, read};

/// The figures of a text as `value qualifier unit | phrase`.
fn figures(language: &str, text: &str) -> Vec<String> {
    let given = Given { media: Some("text/plain".to_owned()), language: Some(language.to_owned()), published: None };
    let reading = read(text.as_bytes(), &given).unwrap();
    assert!(reading.tally.balances(), "{}", reading.tally);
    let show = |figure: &crate::reading::Figure| {
        let high = figure.value_high.map(|high| format!("..{high}")).unwrap_or_default();
        format!("{}{high} {} {} | {}", figure.value, figure.qualifier, figure.unit, figure.place.text)
    };
    reading.figures.iter().map(show).collect()
}

fn check(language: &str, cases: &[(&str, &[&str])]) {
    let mut wrong = String::new();
    for (text, expected) in cases {
        let found = figures(language, text);
        if found != *expected {
            let _ = writeln!(wrong, "{text}\n  found    {found:?}\n  expected {expected:?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
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
                &["34000000 lt entry | nearly 34 million entries", "160 gt country | more than 160 countries"],
            ),
            (
                "They lost approximately one and a half million travel documents.",
                &["1500000 approx document | approximately one and a half million travel documents"],
            ),
            (
                "It was used more than one thousand million times.",
                &["1000000000 gt time | more than one thousand million times"],
            ),
            ("It saw more than half a billion searches.", &["500000000 gt search | more than half a billion searches"]),
            ("They hold around 248,976 motor vehicles.", &["248976 approx vehicle | around 248,976 motor vehicles"]),
            (
                "The plan names a projected 2.6 million searches.",
                &["2600000 projected search | a projected 2.6 million searches"],
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
            ("Drugs worth USD 5.7 billion were found.", &["5700000000 exact USD | USD 5.7 billion"]),
            ("Drugs worth $5.7 billion were found.", &["5700000000 exact USD | $5.7 billion"]),
            ("Drugs worth about US$5.7 billion were found.", &["5700000000 approx USD | about US$5.7 billion"]),
            ("They took 203 tonnes of cocaine and other drugs.", &["203 exact tonne | 203 tonnes"]),
            (
                "It was less than one per cent in one place and nearly 99 per cent in another.",
                &["1 lt percent | less than one per cent", "99 lt percent | nearly 99 per cent"],
            ),
            ("Ten thousand victims were met.", &["10000 exact victim | Ten thousand victims"]),
            ("They freed 128 women and two men.", &["128 exact woman | 128 women", "2 exact man | two men"]),
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
                &["100 exact year | 100 years", "100 rounded_anniversary year | 100-year"],
            ),
            (
                "Between 20 and 30 officers, then from 5 to 10 million dollars.",
                &[
                    "20..30 range officer | Between 20 and 30 officers",
                    "5000000..10000000 range USD | 5 to 10 million dollars",
                ],
            ),
            (
                "More than 300+ gadgets; 20 suspects or more.",
                &["300 ge gadget | More than 300+ gadgets", "20 ge suspect | 20 suspects or more"],
            ),
            (
                "Police of 52 country offices met 128 people smugglers.",
                &["52 exact office | 52 country offices", "128 exact criminal | 128 people smugglers"],
            ),
        ],
    );
}

#[test]
fn spanish() {
    check(
        "es",
        &[
            ("Hallaron 9 015 migrantes irregulares.", &["9015 exact migrant | 9 015 migrantes irregulares"]),
            ("Hallaron 9.015 migrantes irregulares.", &["9015 exact migrant | 9.015 migrantes irregulares"]),
            ("Hallaron 9 mil 15 migrantes irregulares.", &["9015 exact migrant | 9 mil 15 migrantes irregulares"]),
            ("Vale 5.700 millones de dólares.", &["5700000000 exact USD | 5.700 millones de dólares"]),
            ("Vale cinco mil 700 millones de dólares.", &["5700000000 exact USD | cinco mil 700 millones de dólares"]),
            (
                "Detuvo a más de 14.000 personas, más de 14 mil personas.",
                &["14000 gt person | más de 14.000 personas", "14000 gt person | más de 14 mil personas"],
            ),
            (
                "Son unos 135 000 combatientes, cerca de 350 víctimas y casi 12.000 sospechosos.",
                &[
                    "135000 approx fighter | unos 135 000 combatientes",
                    "350 approx victim | cerca de 350 víctimas",
                    "12000 lt suspect | casi 12.000 sospechosos",
                ],
            ),
            (
                "Pagan entre 2.700 y más de 20.000 dólares.",
                &["2700..20000 range USD | entre 2.700 y más de 20.000 dólares"],
            ),
            (
                "Tiene más de diez millones de registros y 20.000 agentes.",
                &["10000000 gt record | más de diez millones de registros", "20000 exact officer | 20.000 agentes"],
            ),
            (
                "Cayeron mil 300 sospechosos con 1.2 toneladas.",
                &["1300 exact suspect | mil 300 sospechosos", "1.2 exact tonne | 1.2 toneladas"],
            ),
            ("Son mil millones de consultas.", &["1000000000 exact search | mil millones de consultas"]),
            (
                "Hubo 8.263 armas de fuego ilícitas y 305.000 cartuchos.",
                &["8263 exact firearm | 8.263 armas de fuego", "305000 exact round | 305.000 cartuchos"],
            ),
            (
                "Detuvo a veintitrés mil personas y treinta y cinco mil personas.",
                &["23000 exact person | veintitrés mil personas", "35000 exact person | treinta y cinco mil personas"],
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
                &["5700000000 exact USD | 5,7 milliards USD", "12.6 exact tonne | 12,6 tonnes"],
            ),
            (
                "Soit environ 1,5 million d’enregistrements, quelque 20 000 agents, près de 70 pays et plus de 10 millions de vérifications.",
                &[
                    "1500000 approx record | environ 1,5 million d’enregistrements",
                    "20000 approx officer | quelque 20 000 agents",
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
                    "5700000000 gt USD | mais de 5,7 bilhões de dólares",
                    "14260 exact suspect | 14.260 suspeitos",
                    "300000 gt round | mais de 300 mil cartuchos",
                ],
            ),
            ("Valem US$ 950 milhões, entre os dias 6 e 15 de março.", &["950000000 exact USD | US$ 950 milhões"]),
            (
                "São mil milhões de dólares, 1.300 pessoas e 430 mil comprimidos.",
                &[
                    "1000000000 exact USD | mil milhões de dólares",
                    "1300 exact person | 1.300 pessoas",
                    "430000 exact tablet | 430 mil comprimidos",
                ],
            ),
        ],
    );
}

fn none(language: &str, text: &str) {
    check(language, &[(text, &[])]);
}

#[test]
fn what_is_no_figure() {
    for text in [
        "It met (21 – 23 March), (6-8 July) and (12 March - 2 April).",
        "In May 1990, on March 21, 2023, 2023-03-21 and 21/03/2023.",
        "The 2022 Global Crime Trend Report of 1923; in 1965 and the 1990s; 2019-2023.",
        "Doors open at 10:30 and close at 5 p.m. daily.",
        "See section 3, COVID-19, www.example.org/12, ISO 3166, +56 2 2555 1234 and I-24/7.",
        "1. Open the file.\n2) Close it.",
        "At least until November 2025.",
        "4 min read",
        "They give first line support and are the first point of contact, one of the best.",
        "Call 0800 555 111 or 555-0134; article 12 of the law and case No. 45 of 2019.",
    ] {
        none("en", text);
    }
    for text in [
        "3 min de lectura",
        "Del 28 de noviembre al 2 de diciembre; del 10 al 12 de julio.",
        "Artículo 12 de la Ley 1453, en la primera línea.",
    ] {
        none("es", text);
    }
    none("fr", "La réunion (1er - 3 juillet), du 24 au 30 septembre, article 3 de la loi.");
    none("pt", "Entre os dias 6 e 15 de março de 2023, artigo 12 da Lei 11.343/2006.");
}
