//! Whether two statements of one quantity agree, and the likely cause where they do not: rules that look at both
//! numbers and at what else their reports say, in a fixed order. A cause is a lead for whoever looks at both places.

use quipu_prose::unit_of;

use super::quantity::stems;
use super::rows::Figure;

/// What the rules came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    /// A word of `table::CAUSES`.
    pub(crate) cause: &'static str,
    /// What the rule saw, for people.
    pub(crate) detail: String,
}

fn verdict(cause: &'static str, detail: String) -> Verdict {
    Verdict { cause, detail }
}

/// How far above "more than N" a number may lie and still be what was meant.
const ABOVE: f64 = 2.0;
/// Fewest digits by which a number is known again.
const TELLING: usize = 3;
/// Largest difference that rounding makes.
const ROUNDED: f64 = 0.05;
/// Days within which two counts of what is there are counts of the same time.
const SAME_TIME: i32 = 45;

/// The digits that count, without zeros at either end.
pub(super) fn digits(value: f64) -> String {
    let shown = format!("{value}");
    let plain: String = shown.chars().filter(char::is_ascii_digit).collect();
    plain.trim_start_matches('0').trim_end_matches('0').to_owned()
}

/// Zeros at the end of a whole number.
pub(super) fn zeros(value: f64) -> usize {
    let shown = format!("{value}");
    if shown.contains('.') { 0 } else { shown.len() - shown.trim_end_matches('0').len() }
}

fn apart(a: f64, b: f64) -> f64 {
    (a - b).abs() / a.abs().max(b.abs()).max(f64::MIN_POSITIVE)
}

fn equal(a: f64, b: f64) -> bool {
    apart(a, b) < 1e-9
}

/// The values that a statement allows.
pub(super) fn interval(figure: &Figure) -> (f64, f64) {
    let value = figure.value;
    // Half a unit of the last digit that counts.
    let slack = 0.5 * 10_f64.powi(i32::try_from(zeros(value)).unwrap_or(0));
    match figure.qualifier.as_str() {
        "gt" | "ge" => (value, value * ABOVE),
        "lt" | "le" => (value / ABOVE, value),
        "approx" | "projected" => (value - slack.max(value * ROUNDED), value + slack.max(value * ROUNDED)),
        "order_of_magnitude" => (value, value * 10.0),
        "range" => (value, figure.high.unwrap_or(value)),
        _ => (value, value),
    }
}

/// Whether one number can be meant by both.
pub(super) fn agree(a: &Figure, b: &Figure) -> bool {
    let ((a_low, a_high), (b_low, b_high)) = (interval(a), interval(b));
    equal(a.value, b.value) || a_low <= b_high && b_low <= a_high
}

/// What is wrong between two figures of one quantity; `None` where they agree in number, firmness and object.
/// `elsewhere` holds the values that reports give for other events of the series.
pub(super) fn of_event(a: &Figure, b: &Figure, elsewhere: &[f64]) -> Option<Verdict> {
    if equal(a.value, b.value) {
        return drift(a, b);
    }
    let mistaken = scale(a, b).or_else(|| transposed(a, b)).or_else(|| rounding(a, b));
    mistaken.or_else(|| if agree(a, b) { None } else { merged(a, b, elsewhere).or_else(|| Some(differ(a, b))) })
}

/// The same number, told with another firmness or of another object.
fn drift(a: &Figure, b: &Figure) -> Option<Verdict> {
    let (one, other) = (stems(a), stems(b));
    let more = |x: &[String], y: &[String]| x.iter().any(|stem| !y.contains(stem));
    if a.kind == "mass" && !one.is_empty() && !other.is_empty() && (more(&one, &other) != more(&other, &one)) {
        let said = |figure: &Figure| figure.measure.clone().unwrap_or_default();
        return Some(verdict("object-drift", format!("the same number of `{}` and of `{}`", said(a), said(b))));
    }
    let firm = |figure: &Figure| !matches!(figure.qualifier.as_str(), "approx" | "projected");
    (a.qualifier != b.qualifier && (firm(a) || firm(b)))
        .then(|| verdict("qualifier-drift", format!("`{}` and `{}`: the same number", a.phrase, b.phrase)))
}

fn scale(a: &Figure, b: &Figure) -> Option<Verdict> {
    let ratio = b.value / a.value;
    let power = ratio.log10();
    let whole = (power - power.round()).abs() < 1e-6 && power.round().abs() >= 2.0;
    (ratio.is_finite() && ratio > 0.0 && whole && digits(a.value).len() >= 2).then(|| {
        verdict("scale", format!("the same digits, 10^{power:.0} apart: a scale word or decimal mark was lost"))
    })
}

fn transposed(a: &Figure, b: &Figure) -> Option<Verdict> {
    let (one, other) = (format!("{}", a.value), format!("{}", b.value));
    let (one_bytes, other_bytes) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() || one.len() < TELLING || one.contains('.') || other.contains('.') {
        return None;
    }
    let differing: Vec<usize> =
        one_bytes.iter().zip(other_bytes).enumerate().filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
    let [first, second] = differing.as_slice() else { return None };
    let swapped =
        one_bytes.get(*first) == other_bytes.get(*second) && one_bytes.get(*second) == other_bytes.get(*first);
    (swapped && first + 1 == *second)
        .then(|| verdict("transposed-digits", format!("{one} and {other}: two digits changed places")))
}

/// One is the other rounded; or both are rounded, a unit of their last digit apart.
fn rounding(a: &Figure, b: &Figure) -> Option<Verdict> {
    let (coarse, fine) = if zeros(a.value) >= zeros(b.value) { (a, b) } else { (b, a) };
    let unit = 10_f64.powi(i32::try_from(zeros(coarse.value)).unwrap_or(0));
    let gap = (coarse.value - fine.value).abs();
    let bound = matches!(coarse.qualifier.as_str(), "gt" | "ge" | "lt" | "le");
    let rounded = unit >= 100.0 && gap <= unit * 1.000_001 && apart(coarse.value, fine.value) <= ROUNDED && !bound;
    rounded.then(|| verdict("rounding", format!("{} is {} rounded", coarse.value, fine.value)))
}

/// What one says of this event, others say of another one of the series.
fn merged(a: &Figure, b: &Figure, elsewhere: &[f64]) -> Option<Verdict> {
    [a, b].into_iter().find_map(|figure| {
        let telling = digits(figure.value).len() >= TELLING && figure.value >= 100.0;
        (telling && elsewhere.iter().any(|other| equal(*other, figure.value)))
            .then(|| verdict("merged-events", format!("{} is the number of another event of the series", figure.value)))
    })
}

fn differ(a: &Figure, b: &Figure) -> Verdict {
    let cause = if a.at.source == b.at.source { "unexplained" } else { "sources-differ" };
    verdict(cause, format!("`{}` and `{}`", a.phrase, b.phrase))
}

/// What is wrong between two figures of one subject: of one time they have to be one number, of several they may
/// change.
pub(super) fn of_subject(a: &Figure, b: &Figure) -> Option<Verdict> {
    let days = |figure: &Figure| figure.start.zip(figure.end);
    let gap = |a: jiff::civil::Date, b: jiff::civil::Date| a.since(b).map_or(i32::MAX, |span| span.get_days().abs());
    let stock = |figure: &Figure| figure.flow.as_deref() == Some("stock");
    let (Some(one), Some(other)) = (days(a), days(b)) else { return None };
    let same_time = one == other || stock(a) && stock(b) && gap(one.1, other.1) <= SAME_TIME;
    if same_time {
        let found = if equal(a.value, b.value) { None } else { of_event(a, b, &[]) };
        // What is issued and stays in force: the number in force is read as the number issued.
        let lasting = matches!(a.unit.as_str(), "notice" | "warrant" | "licence" | "document" | "record");
        let large = a.value.max(b.value) / a.value.min(b.value).max(f64::MIN_POSITIVE);
        return match found {
            Some(found) if lasting && large >= 2.0 && matches!(found.cause, "sources-differ" | "unexplained") => {
                Some(verdict("stock-as-flow", format!("{large:.1} times as many: those in force for those issued?")))
            }
            // A number of members of the year before is stale, where it is almost the same.
            Some(found) if stock(a) && apart(a.value, b.value) < ROUNDED && found.cause != "rounding" => {
                Some(verdict("stale", format!("`{}` and `{}`: one is of an earlier day", a.phrase, b.phrase)))
            }
            found => found,
        };
    }
    let year = |days: (jiff::civil::Date, jiff::civil::Date)| (days.0.year(), days.1.year());
    let carried =
        !stock(a) && !stock(b) && equal(a.value, b.value) && digits(a.value).len() >= 2 && year(one) != year(other);
    carried.then(|| verdict("carried-over", format!("`{}` for {} and for {}", a.phrase, one.0.year(), other.0.year())))
}

/// "7.2 million records of stolen vehicles" read as "7.2 million cars stolen last year".
pub(super) fn stock_as_flow(a: &Figure, b: &Figure) -> Option<Verdict> {
    let (stock, flow) = match (a.unit.as_str(), b.unit.as_str()) {
        ("record", _) => (a, b),
        (_, "record") => (b, a),
        _ => return None,
    };
    let measure = series(stock.measure.as_deref().unwrap_or(&stock.phrase));
    let kept = measure.split(' ').filter_map(unit_of).any(|unit| unit == flow.unit || one_class(unit, &flow.unit));
    (flow.unit != "record" && kept && equal(stock.value, flow.value) && digits(stock.value).len() >= 2).then(|| {
        verdict("stock-as-flow", format!("`{}` and `{}`: what is kept, and what happened", stock.phrase, flow.phrase))
    })
}

fn one_class(a: &str, b: &str) -> bool {
    let vehicles = ["vehicle", "car", "automobile"];
    let papers = ["document", "passport", "identity-document"];
    [vehicles.as_slice(), papers.as_slice()].iter().any(|class| class.contains(&a) && class.contains(&b))
}

fn series(text: &str) -> String {
    quipu_prose::series(text)
}

/// Two units of one event whose numbers two reports have the other way round: "69 migrants from 12,000 countries".
pub(super) fn swapped(one: (&Figure, &Figure), other: (&Figure, &Figure)) -> Option<Verdict> {
    let crossed =
        equal(one.0.value, other.1.value) && equal(one.1.value, other.0.value) && !equal(one.0.value, one.1.value);
    crossed.then(|| {
        verdict(
            "swapped-values",
            format!("`{}` and `{}` against `{}` and `{}`", one.0.phrase, one.1.phrase, other.0.phrase, other.1.phrase),
        )
    })
}
