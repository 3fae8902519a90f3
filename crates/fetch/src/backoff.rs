//! How long to wait before the next try.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// The longest wait that a server may ask for; one that asks for more is left alone until the next
/// run, rather than asked again before it wants to be.
pub(crate) const LONGEST_ASKED: Duration = Duration::from_mins(2);

/// The pause after the `n`th failed try, from 1: doubling from half a second to half a minute,
/// then shortened at random by up to a half, so that many runs do not come back all at once.
pub(crate) fn pause(n: u32) -> Duration {
    let full = FIRST.saturating_mul(2_u32.saturating_pow(n.saturating_sub(1))).min(LONGEST);
    full / 2 + (full / 2).mul_f64(random())
}

/// A number from 0 to 1. `RandomState` is seeded anew for each value; nothing here needs better.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 32;
    bits as f64 / f64::from(u32::MAX)
}

/// What `Retry-After` asks for, in either form. A date is measured from the server's own `Date`,
/// because its clock set both; without one it asks for nothing that could be understood.
pub(crate) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = |value: &str| jiff::fmt::rfc2822::parse(value).ok().map(|moment| moment.timestamp());
    let now = headers.get(DATE).map(HeaderValue::to_str).and_then(Result::ok).and_then(moment)?;
    let wait = moment(value)?.duration_since(now);
    Some(Duration::try_from(wait).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_stay_within_bounds() {
        for n in [1, 2, 3, 7, 100, u32::MAX] {
            let full = FIRST.saturating_mul(2_u32.saturating_pow(n - 1)).min(LONGEST);
            for _ in 0..50 {
                let pause = pause(n);
                assert!(pause >= full / 2 && pause <= full, "{n}: {pause:?}");
            }
        }
    }

    #[test]
    fn retry_after_in_both_forms() {
        let asked = |after: &'static str, date: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(after));
            if let Some(date) = date {
                headers.insert(DATE, HeaderValue::from_static(date));
            }
            super::asked(&headers)
        };
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(asked("7", None), seconds(7));
        let now = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(asked("Sun, 06 Nov 1994 08:50:07 GMT", now), seconds(30));
        assert_eq!(asked("Sun, 06 Nov 1994 08:00:00 GMT", now), seconds(0));
        assert_eq!(asked("Sun, 06 Nov 1994 08:50:07 GMT", None), None);
        assert_eq!(asked("soon", now), None);
        assert_eq!(asked("-1", now), None);
        assert_eq!(super::asked(&HeaderMap::new()), None);
    }
}
