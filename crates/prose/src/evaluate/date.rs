//! Dates and periods.

use jiff::civil::Date;

use super::{Evaluation, Rows, Truth, of};
use crate::reading::Reading;

pub(super) fn dates(truth: &[Truth], reading: &Reading, out: &mut Evaluation) {
    Rows {
        table: "date",
        truth: of(truth, "date"),
        read: &reading.dates,
        place: |date| (date.place.start, date.place.end),
        same: |truth, date| {
            let wanted = truth.text("value").map(|value| (value, value));
            let wanted = wanted.or_else(|| Some((truth.text("start")?, truth.text("end").or(truth.text("start"))?)));
            let Some((start, end)) = wanted.and_then(|(start, end)| Some((bounds(start)?.0, bounds(end)?.1))) else {
                return false;
            };
            let relative = truth.fields.get("relative").and_then(serde_json::Value::as_bool).unwrap_or(false);
            if relative || date.relative || truth.text("basis") == Some("inferred") {
                // What was reckoned from elsewhere: the same time, near enough.
                return date.start <= end && start <= date.end;
            }
            date.start == start && date.end == end
        },
        show_truth: |truth| {
            let value = truth.text("value").map(str::to_owned);
            let value = value.unwrap_or_else(|| {
                format!("{}/{}", truth.text("start").unwrap_or("?"), truth.text("end").unwrap_or("?"))
            });
            format!("{value} {:?}", truth.phrase)
        },
        show: |date| format!("{}/{} {:?}", date.start, date.end, date.place.text),
    }
    .score(out);
}

/// First and last day of an ISO date that may lack its day or month.
fn bounds(date: &str) -> Option<(Date, Date)> {
    let mut parts = date.splitn(3, '-');
    let year: i16 = parts.next()?.parse().ok()?;
    let Some(month) = parts.next() else { return Some((Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?)) };
    let first = Date::new(year, month.parse().ok()?, 1).ok()?;
    let Some(day) = parts.next() else { return Some((first, first.last_of_month())) };
    let day = Date::new(year, first.month(), day.parse().ok()?).ok()?;
    Some((day, day))
}
