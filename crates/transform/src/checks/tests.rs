//! Faults planted into noisy series that are otherwise sound, found again or not; and what every check
//! must keep.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use quipu_readers::Content;
use quipu_schema::finding::{Check, Severity};
use quipu_schema::pipeline::{Interpreter, Pipeline, Reader, Source};
use quipu_schema::{Digest, ErrorKind, Locator};

use super::{ALL, Finding, account, frame, hold};
use crate::codes::Reference;
use crate::input::Input;
use crate::observe::{Destination, read_in_pieces};

const STATES: [&str; 12] = [
    "MX-AGU", "MX-BCN", "MX-CAM", "MX-CHH", "MX-CHP", "MX-COA", "MX-COL", "MX-DUR", "MX-GRO", "MX-GUA", "MX-HID",
    "MX-JAL",
];
const YEARS: [u32; 12] = [2008, 2009, 2010, 2011, 2012, 2013, 2014, 2015, 2016, 2017, 2018, 2019];

const MAPPING: &str = r#"
[source.csv]
missing = { "" = "O" }
[source.observe]
dataset = "D"
indicator = { column = "indicator" }
unit = { column = "unit" }
crime = { column = "crime" }
ref_area = { column = "area" }
sex = { column = "sex" }
breakdown = { kind = { column = "kind" } }
period = { year = { column = "year" } }
values = "value"
"#;

/// Random numbers from a seed: SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal, mean 0 and deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    fn pick(&mut self, of: usize) -> usize {
        usize::try_from(self.next() % of as u64).unwrap()
    }
}

/// A publication by place: indicator, kind, area, sex, year.
type Book = BTreeMap<(&'static str, &'static str, &'static str, &'static str, u32), Option<f64>>;

const COUNT: &str = "offences-recorded";
const RATE: &str = "offences-rate";
const VICTIMS: &str = "victims-recorded";
const SHARE: &str = "threat-perceived";

/// Twelve states and their sum, twelve years: homicides, robberies and their total, victims by sex,
/// rates and shares, with trends and noise.
fn sound(random: &mut Random) -> Book {
    let mut book = Book::new();
    for area in STATES {
        let people = 400_000.0 + 4e6 * random.unit();
        let (murder, theft) = (10_f64.powf(1.6 + 1.2 * random.unit()), 10_f64.powf(2.5 + 1.5 * random.unit()));
        let trend = 0.03 * random.normal();
        for (n, year) in (0..).zip(YEARS) {
            let people = people * 1.012_f64.powi(n);
            let mut count = |level: f64| {
                let level = level * (1.0 + trend).powi(n) * (0.10 * random.normal()).exp();
                (level + level.sqrt() * random.normal()).round().max(0.0)
            };
            let (murders, thefts) = (count(murder), count(theft));
            let men = (murders * 1.05 * 0.85).round();
            let women = (murders * 1.05 - men).round().max(murders - men).max(0.0);
            for (kind, value) in [("murder", murders), ("theft", thefts), ("Total", murders + thefts)] {
                book.insert((COUNT, kind, area, "_T", year), Some(value));
                let rate = (value / people * 1e7).round() / 100.0;
                book.insert((RATE, kind, area, "_T", year), Some(rate));
            }
            for (sex, value) in [("M", men), ("F", women), ("_T", men + women)] {
                book.insert((VICTIMS, "murder", area, sex, year), Some(value));
            }
            let (a, b) =
                ((200.0 + 300.0 * random.unit()).round() / 10.0, (100.0 + 200.0 * random.unit()).round() / 10.0);
            for (kind, value) in [("high", a), ("middle", b), ("low", ((100.0 - a - b) * 10.0).round() / 10.0)] {
                book.insert((SHARE, kind, area, "_T", year), Some(value));
            }
        }
    }
    book
}

fn print(book: &Book) -> String {
    let mut out = "indicator,unit,crime,area,sex,kind,year,value\n".to_owned();
    for ((indicator, kind, area, sex, year), value) in book {
        let unit = match *indicator {
            COUNT => "offence",
            RATE => "per-100k",
            VICTIMS => "victim",
            _ => "percent-respondents",
        };
        let crime = if *kind == "murder" { "0101" } else { "" };
        let value = value.map(|value| value.to_string()).unwrap_or_default();
        let _ = writeln!(out, "{indicator},{unit},{crime},{area},{sex},{kind},{year},{value}");
    }
    out
}

fn source(more: &str) -> Source {
    let text = format!(
        "[pipeline]\nname = \"t\"\nreference = \"r\"\n[[source]]\nid = \"s\"\nfile = \"f.csv\"\npublished_on = \"2024-02-01\"\n{MAPPING}{more}"
    );
    let pipeline = Pipeline::parse(Path::new("t.toml"), &text)
        .unwrap_or_else(|problems| panic!("{}", problems.iter().map(ToString::to_string).collect::<String>()));
    pipeline.source("s").expect("source").clone()
}

fn reference() -> Reference {
    Reference::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/reference"))
        .unwrap_or_else(|fault| panic!("{fault}"))
}

fn findings(source: &Source, text: &str, size: u64, reference: &Reference) -> Vec<Finding> {
    let (Interpreter::Observe(observe), Reader::Cells(layout)) = (&source.interpreter, &source.reader) else {
        panic!()
    };
    let bytes = text.as_bytes();
    let content = Content::Memory(bytes);
    let input = Input { name: "f.csv", digest: Digest::of(bytes), content, earlier: 0, suffix: None };
    let observed = read_in_pieces(source, layout, observe, &[input], reference, Destination::Memory, size)
        .unwrap_or_else(|f| panic!("{f}"));
    assert_eq!(observed.tally.quarantined_total(), 0, "{:?}", observed.rejected.first());
    observed.findings
}

/// Plants the fault that a check is there for.
fn plant(check: Check, book: &mut Book, random: &mut Random) {
    let (area, year) = (STATES[random.pick(12)], YEARS[3 + random.pick(6)]);
    let set = |book: &mut Book, place, change: &dyn Fn(f64) -> Option<f64>| {
        let held = book.get_mut(&place).expect("a place");
        *held = change(held.expect("a number"));
    };
    match check {
        Check::SumOfParts => set(book, (COUNT, "Total", area, "_T", year), &|v| Some(v + 1.0 + (v / 50.0).round())),
        Check::SharesOfWhole => set(book, (SHARE, "high", area, "_T", year), &|v| Some(v + 4.0)),
        Check::RateOfCount => set(book, (RATE, "theft", area, "_T", year), &|v| Some((v * 109.0).round() / 100.0)),
        Check::VictimsOfOffences => {
            let offences = book[&(COUNT, "murder", area, "_T", year)].expect("a number");
            for (sex, value) in
                [("_T", (offences * 0.9).floor() - 1.0), ("M", (offences * 0.9).floor() - 1.0), ("F", 0.0)]
            {
                set(book, (VICTIMS, "murder", area, sex, year), &|_| Some(value.max(0.0)));
            }
        }
        Check::ScaleJump => set(book, (COUNT, "theft", area, "_T", year), &|v| Some(v * 1000.0)),
        Check::RepeatedPeriod => {
            for ((indicator, kind, area, sex, at), _) in book.clone() {
                if at == year && indicator == COUNT {
                    let before = book[&(indicator, kind, area, sex, year - 1)];
                    book.insert((indicator, kind, area, sex, year), before);
                }
            }
        }
        Check::SeriesBreak => {
            for ((indicator, kind, _, _, at), value) in book.iter_mut() {
                if *at >= year && *indicator == COUNT && *kind == "theft" {
                    *value = value.map(|value| (value * 2.2).round());
                }
            }
        }
        Check::BlankOrZero => set(book, (COUNT, "theft", area, "_T", year), &|_| Some(0.0)),
    }
}

#[test]
fn planted_faults_are_found_and_sound_series_are_left_alone() {
    const SEEDS: u64 = 12;
    let (source, reference) = (source(""), reference());
    let warned = |book: &Book| {
        let found = findings(&source, &print(book), u64::MAX, &reference);
        found.into_iter().filter(|finding| finding.severity > Severity::Info).collect::<Vec<_>>()
    };
    let (mut found, mut alarms) = (BTreeMap::<Check, u64>::new(), BTreeMap::<Check, u64>::new());
    for seed in 0..SEEDS {
        let clean = sound(&mut Random(seed));
        for finding in warned(&clean) {
            println!("false alarm, seed {seed}: {} {}: {}", finding.check.word(), finding.place(), finding.message);
            *alarms.entry(finding.check).or_default() += 1;
        }
        for check in Check::ALL {
            let (mut book, mut random) = (clean.clone(), Random(seed ^ 0xabcd));
            plant(check, &mut book, &mut random);
            *found.entry(check).or_default() += u64::from(warned(&book).iter().any(|finding| finding.check == check));
        }
    }
    println!("{:<22} {:>8} {:>14}", "check", "recall", "false alarms");
    for check in Check::ALL {
        let (found, alarms) = (found[&check], alarms.get(&check).copied().unwrap_or_default());
        println!("{:<22} {found:>5}/{SEEDS} {alarms:>9} in {} values", check.word(), SEEDS * 1_728);
    }
    for check in Check::ALL {
        assert!(found[&check] * 10 >= SEEDS * 9, "{} is found {} times of {SEEDS}", check.word(), found[&check]);
        assert!(alarms.get(&check).is_none_or(|alarms| *alarms <= 1), "{} cries wolf", check.word());
    }
}

#[test]
fn every_check_keeps_the_rules_of_all() {
    let reference = reference();
    assert!(ALL.iter().map(|checking| checking.check()).eq(Check::ALL));
    for check in Check::ALL {
        let (mut book, mut random) = (sound(&mut Random(5)), Random(6));
        plant(check, &mut book, &mut random);
        let text = print(&book);
        let plain = source("");
        let whole = findings(&plain, &text, u64::MAX, &reference);
        // However it is cut into pieces.
        for size in [64, 1_000, 7_777] {
            assert_eq!(whole, findings(&plain, &text, size, &reference), "{}: pieces of {size}", check.word());
        }
        let own = whole.iter().find(|finding| finding.check == check && finding.severity == Severity::Warning);
        let own = own.unwrap_or_else(|| panic!("{} finds nothing", check.word()));
        // Its evidence stands where it says.
        let evidence = own.evidence.as_deref().expect("evidence");
        for line in evidence.lines() {
            let (_, rest) = line.rsplit_once(" = ").expect("a value");
            let (value, place) = rest.split_once(" @ ").expect("a place");
            let (document, locator) = place.split_once(' ').expect("a locator");
            assert_eq!(document, Digest::of(text.as_bytes()).to_string());
            let (start, end) = locator.parse::<Locator>().expect("a locator").bytes().expect("bytes");
            let printed = text.get(usize::try_from(start).unwrap()..usize::try_from(end).unwrap()).unwrap();
            let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
            assert!(value == "blank" || (number(printed) - number(value)).abs() < 0.1, "{line}: {printed}");
        }
        assert_eq!(frame(&whole).expect("a frame").height(), whole.len());
        assert!(account(&whole).iter().any(|found| found.check == check.word() && !found.first.is_empty()));
        // The pipeline file decides how grave it is.
        let rule = |severity| {
            source(&format!("[source.checks]\n{} = {{ severity = \"{severity}\", reason = \"why\" }}\n", check.word()))
        };
        let off = findings(&rule("off"), &text, u64::MAX, &reference);
        assert!(off.iter().all(|finding| finding.check != check), "{} is off", check.word());
        let error = findings(&rule("error"), &text, u64::MAX, &reference);
        let fault = hold(&rule("error"), &error).expect_err("it blocks");
        assert_eq!(fault.kind(), ErrorKind::Contract);
        let told = fault.to_string();
        assert!(told.contains(check.word()) && told.contains("source `s`") && told.contains("help: "), "{told}");
        assert!(hold(&plain, &whole).is_ok());
    }
}

#[test]
fn a_source_with_more_values_than_are_kept_is_looked_at_in_part_and_says_so() {
    use super::panel::Panel;
    use super::sight::Sight;
    let (source, reference) = (source(""), reference());
    let (Interpreter::Observe(observe), Reader::Cells(layout)) = (&source.interpreter, &source.reader) else {
        panic!()
    };
    let text = print(&sound(&mut Random(1)));
    let kept = |size: u64, most: u64| {
        let input = Input {
            name: "f.csv",
            digest: Digest::of(text.as_bytes()),
            content: Content::Memory(text.as_bytes()),
            earlier: 0,
            suffix: None,
        };
        let mut panel = Panel::new(most);
        crate::observe::hear_in_pieces(
            &source,
            layout,
            observe,
            &[input],
            &reference,
            (Destination::Memory, size),
            Some(&mut panel),
        )
        .expect("read");
        let digest = Digest::of([]);
        let sight = Sight::new(&mut panel, observe, &reference);
        let series: Vec<String> = sight
            .lines()
            .map(|line| format!("{} {} {}", sight.text(line.key, 1), sight.text(line.key, 3), line.cells.len()))
            .collect();
        let across = sight.across().count();
        let told = super::judge(&source, &sight, &[digest]);
        (series, across, told)
    };
    let (series, across, told) = kept(u64::MAX, 400);
    assert!(!series.is_empty() && series.iter().all(|line| line.ends_with(" 12")), "series are whole");
    assert!(across > 0 && across <= 400);
    assert!(told.iter().any(|finding| finding.severity == Severity::Info && finding.message.contains("one in")));
    assert!(told.iter().any(|finding| finding.message.contains("periods since")));
    for size in [64, 999] {
        let (mut a, mut b) = (series.clone(), kept(size, 400).0);
        a.sort();
        b.sort();
        assert_eq!((a, across), (b, kept(size, 400).1), "pieces of {size}");
    }
}
