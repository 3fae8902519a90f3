//! Figures: value, unit and qualifier.

use super::{Evaluation, Rows, Truth, of};
use crate::figure::rules::unit_word;
use crate::reading::Reading;
use crate::token::fold;

pub(super) fn figures(truth: &[Truth], reading: &Reading, out: &mut Evaluation) {
    Rows {
        table: "figure",
        truth: of(truth, "figure"),
        read: &reading.figures,
        place: |figure| (figure.place.start, figure.place.end),
        same: |truth, figure| {
            let unit = truth.text("unit").unwrap_or_default();
            let qualifier = truth.text("qualifier").unwrap_or("exact");
            let value = |name| truth.number(name);
            let same = |truth: Option<f64>, read: Option<f64>| match (truth, read) {
                (Some(truth), Some(read)) => same_value(truth, unit, read, &figure.unit, qualifier),
                (None, None) => true,
                _ => false,
            };
            // The same noun of the phrase, however it is put into English (`farm`, `estate`).
            let printed = || {
                let noun = figure.noun.as_deref().map(fold).filter(|noun| noun.chars().count() > 3);
                let other = ["edition", "rank", "share", "percent", "year", "day", "month", "hour"].contains(&unit);
                figure.kind == "count" && !other && noun.is_some_and(|noun| fold(&truth.phrase).contains(&noun))
            };
            qualifier == figure.qualifier
                && (same_unit(unit, &figure.unit) || printed())
                && same(value("value"), Some(figure.value))
                && same(value("value_high"), figure.value_high)
        },
        show_truth: |truth| {
            let high = truth.number("value_high").map(|high| format!("..{high}")).unwrap_or_default();
            let value = truth.number("value").map(|value| value.to_string()).unwrap_or_default();
            format!(
                "{value}{high} {} {} {:?}",
                truth.text("qualifier").unwrap_or("exact"),
                truth.text("unit").unwrap_or_default(),
                truth.phrase
            )
        },
        show: |figure| {
            let high = figure.value_high.map(|high| format!("..{high}")).unwrap_or_default();
            format!("{}{high} {} {} {:?}", figure.value, figure.qualifier, figure.unit, figure.place.text)
        },
    }
    .score(out);
}

/// Whether two units are one: the same word of any of the languages, or one the class of the other.
fn same_unit(truth: &str, read: &str) -> bool {
    let word = |unit: &str| {
        let plain = fold(unit).replace('-', " ");
        match plain.as_str() {
            "percent" | "per cent" | "percentage point" | "share" => return "share".to_owned(),
            "kg" => return "kilogram".to_owned(),
            "ton" | "t" => return "tonne".to_owned(),
            "$" => return "usd".to_owned(),
            "per 1000" => return "per 1k".to_owned(),
            "per 10000" => return "per 10k".to_owned(),
            "per 100000" => return "per 100k".to_owned(),
            "per 1000000" => return "per million".to_owned(),
            _ => {}
        }
        unit_word(unit).map_or(plain, |word| fold(word).replace('-', " "))
    };
    let (truth, read) = (word(truth), word(read));
    if truth == read || class(&truth) == class(&read) && class(&truth).is_some() {
        return true;
    }
    // `police officer` and `officer`, `search warrant` and `warrant`: the last word is what is counted.
    let last = |unit: &str| unit.rsplit(' ').next().map(str::to_owned).unwrap_or_default();
    (truth.contains(' ') || read.contains(' ')) && last(&truth) == last(&read)
}

/// The broader class in which units are not told apart: what a person is, what a place is called. Kept as
/// lists of words, so that a new noun has one place to go to.
fn class(unit: &str) -> Option<usize> {
    CLASSES.iter().position(|class| class.split(' ').any(|word| word.replace('-', " ") == unit))
}

/// Whether a unit is a word for people.
pub(crate) fn is_person(unit: &str) -> bool {
    class(unit) == Some(0)
}

const CLASSES: [&str; 26] = [
    "person man woman child minor adult migrant victim suspect officer investigator analyst expert delegate prosecutor witness \
     employee passenger driver fugitive criminal fighter user accomplice defendant hostage detainee injured death combatant \
     official police-officer participant member son niece buyer guest nun arrest follower author citizen resident student teacher \
     doctor nurse soldier leader relative volunteer operator trafficker smuggler offender national worker farmer fisherman \
     journalist lawyer judge trainee instructor representative candidate applicant tourist traveller prisoner inmate survivor \
     patient customer client subscriber player manager director engineer technician pilot sailor crew-member guard ranger agent \
     detective inspector commander chief minister ambassador magistrate inhabitant homeless refugee girl boy baby teenager elder \
     couple brother sister father mother daughter parent husband wife captain sergeant lieutenant colonel general",
    "record entry",
    "firearm pistol rifle weapon gun handgun shotgun revolver machine-gun",
    "round cartridge bullet ammunition projectile",
    "check search consultation query control inspection",
    "vehicle car van pickup automobile",
    "vessel boat ship launch dinghy canoe fishing-boat speedboat",
    "case investigation offence crime incident complaint proceeding file-opened bulletin inquiry trial occurrence",
    "object piece item product unit artefact article artwork garment",
    "document passport identity-document identity-card",
    "country state region province department",
    "city municipality town village community district neighbourhood commune",
    "site location place point address house property home building apartment dwelling",
    "organisation agency institution service group network organization gang clan association body entity",
    "notice alert warning",
    "transfer transaction payment",
    "file image video photograph",
    "report statement document-report study",
    "package parcel pack bale bundle box brick",
    "house-search search-warrant warrant raid order",
    "meeting training course session workshop module",
    "office bureau branch delegation police-station",
    "shipment consignment delivery load",
    "device apparatus equipment",
    "fraud scam",
    "theft robbery burglary",
];

fn same_value(truth: f64, truth_unit: &str, read: f64, read_unit: &str, qualifier: &str) -> bool {
    let near = |a: f64, b: f64| {
        (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1e-9) || (a - b).abs() < 0.005 && a.abs() < 1.0
    };
    if qualifier == "order_of_magnitude" {
        return truth > 0.0 && read > 0.0 && (truth.log10().floor() - read.log10().floor()).abs() < 0.1;
    }
    let percent = |unit: &str| matches!(fold(unit).as_str(), "percent" | "per cent" | "%");
    let whole = |value: f64, unit: &str| if percent(unit) { value / 100.0 } else { value };
    near(truth, read) || near(whole(truth, truth_unit), whole(read, read_unit))
}
