//! Dates, times and durations, as spreadsheets count them, in ISO 8601.
//!
//! XLSX, XLSB and XLS keep a moment as a number of days since an epoch; that it is one shows only in
//! the cell's number format. Days count from 1900 (with a 29 February 1900 that never was) or, in
//! workbooks that say so, from 1904: ECMA-376 part 1, 18.17.4.

use std::fmt::Write as _;

/// What a number format makes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Style {
    /// A number, or text.
    #[default]
    Number,
    /// A part of one that is shown in hundredths: 0.125 as `12.5%`.
    Percent,
    /// A day, perhaps with a time.
    Date,
    /// A time of day.
    Time,
    /// A length of time (`[h]:mm`).
    Duration,
}

/// From where days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Epoch {
    /// Day 1 is 1 January 1900.
    #[default]
    Of1900,
    /// Day 0 is 1 January 1904.
    Of1904,
}

const DAY: i64 = 86_400_000;
/// Days from 1 January 1970 to 30 December 1899, 31 December 1899 and 1 January 1904.
const EVE_OF_1899: i64 = -25_569;
const START_OF_1904: i64 = -24_107;
/// Days from 1 January 1970 to 31 December 9999, the last that spreadsheets know.
const LAST_DAY: i64 = 2_932_896;

/// Adds the moment that a number of days stands for: `2019-03-01`, `2019-03-01T13:30:00`, `13:30:00`
/// or `PT36H`, to the millisecond. `false`, and nothing added, where it is none: a date before the
/// epoch, beyond the year 9999, or 29 February 1900.
pub(super) fn write_moment(days: f64, style: Style, epoch: Epoch, into: &mut String) -> bool {
    if matches!(style, Style::Number | Style::Percent) {
        return false;
    }
    #[expect(clippy::cast_possible_truncation, reason = "held to ten million days")]
    let millis = if days.abs() < 1e7 { (days * 86_400_000.0).round() as i64 } else { return false };
    if style == Style::Duration {
        write_duration(millis, into);
        return true;
    }
    let (day, time) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    let clock = style == Style::Time || time > 0;
    let date = match (epoch, day) {
        (Epoch::Of1900, 0) if clock => None,
        (Epoch::Of1904, 0) if style == Style::Time => None,
        (Epoch::Of1900, 1..=59) => Some(EVE_OF_1899 + 1 + day),
        (Epoch::Of1900, 61..) => Some(EVE_OF_1899 + day),
        (Epoch::Of1904, 0..) => Some(START_OF_1904 + day),
        _ => return false,
    };
    match date {
        Some(date) if date > LAST_DAY => return false,
        Some(date) => {
            write_date(date, into);
            if time > 0 {
                into.push('T');
                write_time(time, into);
            }
        }
        None => write_time(time, into),
    }
    true
}

/// Adds a day, counted from 1 January 1970.
fn write_date(day: i64, into: &mut String) {
    // The civil calendar in eras of 400 years that begin on 1 March.
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let _ = write!(into, "{year:04}-{month:02}-{of_month:02}");
}

fn write_time(millis: i64, into: &mut String) {
    let seconds = millis / 1000;
    let _ = write!(into, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    write_fraction(millis % 1000, into);
}

fn write_fraction(millis: i64, into: &mut String) {
    if millis > 0 {
        let _ = write!(into, ".{millis:03}");
        into.truncate(into.trim_end_matches('0').len());
    }
}

/// Adds a duration in hours, minutes and seconds: `PT36H`, `-PT1M30.5S`, `PT0S`.
fn write_duration(millis: i64, into: &mut String) {
    let length = millis.abs();
    into.push_str(if millis < 0 { "-PT" } else { "PT" });
    let (hours, minutes, seconds) = (length / 3_600_000, length / 60_000 % 60, length / 1000 % 60);
    if hours > 0 {
        let _ = write!(into, "{hours}H");
    }
    if minutes > 0 {
        let _ = write!(into, "{minutes}M");
    }
    if length % 60_000 > 0 || length == 0 {
        let _ = write!(into, "{seconds}");
        write_fraction(length % 1000, into);
        into.push('S');
    }
}

/// Adds a date or moment that is in ISO 8601 already; a midnight is left out. `false`, and nothing
/// added, where it is none.
pub(super) fn write_iso(text: &str, into: &mut String) -> bool {
    let text = text.trim_ascii();
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let shaped = date.len() == 10
        && date
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at_checked(zone_at).unwrap_or((time, ""));
    let (whole, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, ""));
    let parts: Vec<&str> = if whole.is_empty() { Vec::new() } else { whole.split(':').collect() };
    let two_digits = |part: &&str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let timed = parts.iter().all(two_digits) && (time.is_empty() || matches!(parts.len(), 2 | 3));
    let within =
        |range: std::ops::Range<usize>, most: &str| date.get(range).is_some_and(|part| part > "00" && part <= most);
    let real = shaped && within(5..7, "12") && within(8..10, "31");
    if !real || !timed || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    into.push_str(date);
    let fraction = fraction.trim_end_matches('0');
    if parts.iter().all(|part| *part == "00") && fraction.is_empty() && zone.is_empty() {
        return true;
    }
    let _ = write!(
        into,
        "T{}:{}:{}",
        parts.first().unwrap_or(&"00"),
        parts.get(1).unwrap_or(&"00"),
        parts.get(2).unwrap_or(&"00")
    );
    if !fraction.is_empty() {
        let _ = write!(into, ".{fraction}");
    }
    into.push_str(zone);
    true
}

/// Adds a duration that is in ISO 8601 already (`P1DT2H`, `PT13H30M00S`), in hours, minutes and
/// seconds. `false`, and nothing added, where it is none, or has months or years.
pub(super) fn write_iso_duration(text: &str, into: &mut String) -> bool {
    let text = text.trim_ascii();
    let (sign, rest) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let Some(mut rest) = rest.strip_prefix('P') else { return false };
    let (mut seconds, mut timed, mut parts) = (0.0_f64, false, 0);
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix('T') {
            (rest, timed) = (behind, true);
            continue;
        }
        let Some(end) = rest.find(|c: char| !c.is_ascii_digit() && c != '.') else { return false };
        let (Some((number, unit)), mut behind) = (rest.split_at_checked(end), rest.chars()) else { return false };
        let Ok(number) = number.parse::<f64>() else { return false };
        let unit = match (unit.chars().next(), timed) {
            (Some('D'), false) => 86_400.0,
            (Some('H'), true) => 3_600.0,
            (Some('M'), true) => 60.0,
            (Some('S'), true) => 1.0,
            _ => return false,
        };
        seconds += number * unit;
        parts += 1;
        let _ = behind.nth(end);
        rest = behind.as_str();
    }
    parts > 0 && write_moment(sign * seconds / 86_400.0, Style::Duration, Epoch::Of1900, into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(days: f64, style: Style, epoch: Epoch) -> Option<String> {
        let mut out = String::new();
        write_moment(days, style, epoch, &mut out).then_some(out)
    }

    #[test]
    fn days_since_1900() {
        for (days, wanted) in [
            (1.0, Some("1900-01-01")),
            (59.0, Some("1900-02-28")),
            (60.0, None),
            (61.0, Some("1900-03-01")),
            (43_466.0, Some("2019-01-01")),
            (43_524.562_5, Some("2019-02-28T13:30:00")),
            (43_524.999_999_999_9, Some("2019-03-01")),
            (45_351.000_011_574_07, Some("2024-02-29T00:00:01")),
            (43_524.000_001_446_76, Some("2019-02-28T00:00:00.125")),
            (2_958_465.0, Some("9999-12-31")),
            (2_958_466.0, None),
            (0.0, None),
            (0.5, Some("12:00:00")),
            (-1.0, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(moment(days, Style::Date, Epoch::Of1900).as_deref(), wanted, "{days}");
        }
    }

    #[test]
    fn days_since_1904_times_and_durations() {
        assert_eq!(moment(0.0, Style::Date, Epoch::Of1904).as_deref(), Some("1904-01-01"));
        assert_eq!(moment(42_004.0, Style::Date, Epoch::Of1904).as_deref(), Some("2019-01-01"));
        assert_eq!(moment(0.25, Style::Date, Epoch::Of1904).as_deref(), Some("1904-01-01T06:00:00"));
        assert_eq!(moment(0.25, Style::Time, Epoch::Of1904).as_deref(), Some("06:00:00"));
        assert_eq!(moment(0.0, Style::Time, Epoch::Of1900).as_deref(), Some("00:00:00"));
        assert_eq!(moment(1.5, Style::Duration, Epoch::Of1900).as_deref(), Some("PT36H"));
        assert_eq!(moment(-0.001_047_453_703_7, Style::Duration, Epoch::Of1900).as_deref(), Some("-PT1M30.5S"));
        assert_eq!(moment(0.0, Style::Duration, Epoch::Of1900).as_deref(), Some("PT0S"));
    }

    #[test]
    fn moments_in_iso_form() {
        for (text, wanted) in [
            ("2019-03-01", Some("2019-03-01")),
            ("2019-03-01T00:00:00", Some("2019-03-01")),
            ("2019-03-01T00:00:00.000", Some("2019-03-01")),
            ("2019-03-01T13:30", Some("2019-03-01T13:30:00")),
            ("2019-03-01T13:30:05.500000000", Some("2019-03-01T13:30:05.5")),
            ("2019-03-01T00:00:00Z", Some("2019-03-01T00:00:00Z")),
            ("2019-3-1", None),
            ("2019-13-01", None),
            ("2019-01-00", None),
            ("2019-03-01Tnoon", None),
            ("2019-03-01T1:2:3:4", None),
            ("12019-03-01", None),
            ("", None),
        ] {
            let mut out = String::new();
            assert_eq!(write_iso(text, &mut out).then_some(out.as_str()), wanted, "{text}");
            assert!(wanted.is_some() || out.is_empty());
        }
    }

    #[test]
    fn durations_in_iso_form() {
        for (text, wanted) in [
            ("PT13H30M00S", Some("PT13H30M")),
            ("P1DT2H", Some("PT26H")),
            ("-PT0H01M30.5S", Some("-PT1M30.5S")),
            ("PT0S", Some("PT0S")),
            ("P", None),
            ("P1M", None),
            ("PT", None),
            ("PT1", None),
            ("PTH", None),
            ("13:30", None),
        ] {
            let mut out = String::new();
            assert_eq!(write_iso_duration(text, &mut out).then_some(out.as_str()), wanted, "{text}");
        }
    }
}
