//! A value of a column as text, exactly as it is stored.

use std::fmt::Write;

use jiff::Span;
use jiff::civil::{Date, date};
use num_bigint::BigInt;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::data_type::Int96;
use parquet::schema::types::ColumnDescriptor;

use crate::Form;

/// What the values of a column mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Plain,
    /// Of 8, 16, 32 or 64 bits without sign.
    Unsigned,
    /// With so many digits behind the decimal mark.
    Decimal(usize),
    Date,
    /// Time of day, with so many digits of a second.
    Time(usize),
    /// A moment, with so many digits of a second; whether in UTC.
    Moment(usize, bool),
    Uuid,
    HalfFloat,
    /// Bytes that are no text.
    Opaque,
}

/// Most digits behind the decimal mark. Writers have at most 76.
const SCALE: usize = 1_000;
/// Most bytes of a decimal number.
const DECIMAL: usize = 64;

impl Meaning {
    /// The meaning of a column's values; `None` where the file's types contradict each other.
    pub(super) fn of(column: &ColumnDescriptor) -> Option<Self> {
        let meaning = match column.logical_type_ref() {
            Some(logical) => Self::of_logical(logical)?,
            None => Self::of_converted(column.converted_type(), column.type_scale())?,
        };
        let kind = column.physical_type();
        let fits = match meaning {
            Self::Plain | Self::Opaque => true,
            Self::Unsigned => matches!(kind, Type::INT32 | Type::INT64),
            Self::Decimal(_) => !matches!(kind, Type::BOOLEAN | Type::INT96 | Type::FLOAT | Type::DOUBLE),
            Self::Date | Self::Time(3) => kind == Type::INT32,
            Self::Time(_) | Self::Moment(..) => kind == Type::INT64,
            Self::Uuid | Self::HalfFloat => kind == Type::FIXED_LEN_BYTE_ARRAY,
        };
        fits.then_some(meaning)
    }

    fn of_logical(logical: &LogicalType) -> Option<Self> {
        Some(match logical {
            LogicalType::Decimal(decimal) => Self::Decimal(scale(decimal.scale)?),
            LogicalType::Integer(int) if !int.is_signed => Self::Unsigned,
            LogicalType::Date => Self::Date,
            LogicalType::Time(time) => Self::Time(digits(time.unit)),
            LogicalType::Timestamp(time) => Self::Moment(digits(time.unit), time.is_adjusted_to_u_t_c),
            LogicalType::Uuid => Self::Uuid,
            LogicalType::Float16 => Self::HalfFloat,
            LogicalType::Bson | LogicalType::Variant(_) | LogicalType::Geometry(_) | LogicalType::Geography(_) => {
                Self::Opaque
            }
            _ => Self::Plain,
        })
    }

    /// The meaning in files of the older kind.
    fn of_converted(converted: ConvertedType, of_scale: i32) -> Option<Self> {
        Some(match converted {
            ConvertedType::DECIMAL => Self::Decimal(scale(of_scale)?),
            ConvertedType::DATE => Self::Date,
            ConvertedType::TIME_MILLIS => Self::Time(3),
            ConvertedType::TIME_MICROS => Self::Time(6),
            ConvertedType::TIMESTAMP_MILLIS => Self::Moment(3, true),
            ConvertedType::TIMESTAMP_MICROS => Self::Moment(6, true),
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64 => {
                Self::Unsigned
            }
            ConvertedType::BSON | ConvertedType::INTERVAL => Self::Opaque,
            _ => Self::Plain,
        })
    }

    /// An integer as text. `wide` is whether it is stored in 64 bits.
    pub(super) fn integer(self, value: i64, wide: bool, out: &mut String) -> Form {
        // Writing to a string does not fail.
        match self {
            Self::Unsigned => {
                let value = value.cast_unsigned();
                let _ = write!(out, "{}", if wide { value } else { value & u64::from(u32::MAX) });
                Form::Number
            }
            Self::Decimal(scale) => {
                decimal(&value.to_string(), scale, out);
                Form::Number
            }
            Self::Date => whole_day(value, out),
            Self::Time(digits) => time(value, digits, out),
            Self::Moment(digits, utc) => moment(i128::from(value), digits, utc, out),
            Self::Plain | Self::Uuid | Self::HalfFloat | Self::Opaque => {
                let _ = write!(out, "{value}");
                Form::Number
            }
        }
    }

    /// Bytes as text: what they mean, else the text that they are, else their hexadecimal digits.
    pub(super) fn bytes(self, value: &[u8], out: &mut String) -> Form {
        match (self, value) {
            (Self::Decimal(scale), _) if (1..=DECIMAL).contains(&value.len()) => {
                decimal(&BigInt::from_signed_bytes_be(value).to_string(), scale, out);
                return Form::Number;
            }
            (Self::HalfFloat, [low, high]) => {
                return float(half::f16::from_le_bytes([*low, *high]).to_f64(), out);
            }
            (Self::Uuid, uuid) if uuid.len() == 16 => {
                for (at, byte) in uuid.iter().enumerate() {
                    let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
                    let _ = write!(out, "{dash}{byte:02x}");
                }
                return Form::Printed;
            }
            (Self::Plain, _) => {
                if let Ok(text) = std::str::from_utf8(value) {
                    out.push_str(text);
                    return Form::Printed;
                }
            }
            _ => {}
        }
        out.push_str("0x");
        for byte in value {
            let _ = write!(out, "{byte:02x}");
        }
        Form::Fault
    }
}

fn scale(scale: i32) -> Option<usize> {
    usize::try_from(scale).ok().filter(|scale| *scale <= SCALE)
}

fn digits(unit: TimeUnit) -> usize {
    match unit {
        TimeUnit::MILLIS => 3,
        TimeUnit::MICROS => 6,
        TimeUnit::NANOS => 9,
    }
}

/// A float as its shortest digits that read back the same. Infinities and not-a-number are no numbers.
pub(super) fn float(value: f64, out: &mut String) -> Form {
    let _ = write!(out, "{value}");
    if value.is_finite() { Form::Number } else { Form::Fault }
}

/// The same for a float of 32 bits, which has fewer digits.
pub(super) fn short_float(value: f32, out: &mut String) -> Form {
    let _ = write!(out, "{value}");
    if value.is_finite() { Form::Number } else { Form::Fault }
}

/// A moment of the old kind: nanoseconds of a day, and the day's Julian number.
pub(super) fn old_moment(value: &Int96, out: &mut String) -> Form {
    const EPOCH: i128 = 2_440_588;
    const DAY: i128 = 86_400_000_000_000;
    let part = |at: usize| i128::from(value.data().get(at).copied().unwrap_or_default());
    let nanos = part(0) | (part(1) << 32);
    moment((part(2) - EPOCH) * DAY + nanos, 9, false, out)
}

/// Puts the decimal mark into the digits of a whole number.
fn decimal(whole: &str, scale: usize, out: &mut String) {
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    out.push_str(sign);
    if scale == 0 {
        out.push_str(digits);
        return;
    }
    let lead = (scale + 1).saturating_sub(digits.len());
    let digits = format!("{}{digits}", "0".repeat(lead));
    let (units, parts) = digits.split_at_checked(digits.len() - scale).unwrap_or((&digits, ""));
    let _ = write!(out, "{units}.{parts}");
}

/// Days since 1970-01-01.
fn whole_day(days: i64, out: &mut String) -> Form {
    let Some(date) = civil(days) else {
        let _ = write!(out, "{days}");
        return Form::Fault;
    };
    let _ = write!(out, "{date}");
    Form::Date
}

/// The date of a day since 1970-01-01, in the years 0 to 9999.
fn civil(days: i64) -> Option<Date> {
    let since = Span::new().try_days(days).ok()?;
    date(1970, 1, 1).checked_add(since).ok().filter(|date| date.year() >= 0)
}

fn time(value: i64, digits: usize, out: &mut String) -> Form {
    let second = 10_i64.pow(u32::try_from(digits).unwrap_or(9));
    if !(0..86_400 * second).contains(&value) {
        let _ = write!(out, "{value}");
        return Form::Fault;
    }
    clock(i128::from(value), digits, out);
    Form::Printed
}

fn moment(value: i128, digits: usize, utc: bool, out: &mut String) -> Form {
    let day = 86_400 * 10_i128.pow(u32::try_from(digits).unwrap_or(9));
    let date_form = i64::try_from(value.div_euclid(day)).ok().filter(|days| civil(*days).is_some());
    let Some(days) = date_form else {
        let _ = write!(out, "{value}");
        return Form::Fault;
    };
    whole_day(days, out);
    out.push('T');
    clock(value.rem_euclid(day), digits, out);
    if utc {
        out.push('Z');
    }
    Form::Date
}

/// Hours, minutes and seconds of a day, and the parts of a second where there are any.
fn clock(value: i128, digits: usize, out: &mut String) {
    let second = 10_i128.pow(u32::try_from(digits).unwrap_or(9));
    let (seconds, parts) = (value / second, value % second);
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if parts != 0 {
        let _ = write!(out, ".{parts:0digits$}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(meaning: Meaning, value: i64) -> (String, Form) {
        let mut out = String::new();
        let form = meaning.integer(value, true, &mut out);
        (out, form)
    }

    fn bytes(meaning: Meaning, value: &[u8]) -> (String, Form) {
        let mut out = String::new();
        let form = meaning.bytes(value, &mut out);
        (out, form)
    }

    #[test]
    fn integers_and_what_they_stand_for() {
        for (meaning, value, text, form) in [
            (Meaning::Plain, -7, "-7", Form::Number),
            (Meaning::Unsigned, -1, "18446744073709551615", Form::Number),
            (Meaning::Decimal(2), 1250, "12.50", Form::Number),
            (Meaning::Decimal(2), -5, "-0.05", Form::Number),
            (Meaning::Decimal(0), -5, "-5", Form::Number),
            (Meaning::Date, 0, "1970-01-01", Form::Date),
            (Meaning::Date, 18_321, "2020-02-29", Form::Date),
            (Meaning::Date, -719_528, "0000-01-01", Form::Date),
            (Meaning::Date, 2_932_896, "9999-12-31", Form::Date),
            (Meaning::Date, 2_932_897, "2932897", Form::Fault),
            (Meaning::Time(3), 3_723_004, "01:02:03.004", Form::Printed),
            (Meaning::Time(3), 86_400_000, "86400000", Form::Fault),
            (Meaning::Moment(6, true), 1_583_020_800_000_000, "2020-03-01T00:00:00Z", Form::Date),
            (Meaning::Moment(9, false), -1, "1969-12-31T23:59:59.999999999", Form::Date),
            (Meaning::Moment(3, true), i64::MAX, "9223372036854775807", Form::Fault),
        ] {
            assert_eq!(integer(meaning, value), (text.to_owned(), form), "{meaning:?} {value}");
        }
        let mut out = String::new();
        Meaning::Unsigned.integer(-1, false, &mut out);
        assert_eq!(out, "4294967295");
    }

    #[test]
    fn bytes_and_what_they_stand_for() {
        let uuid: Vec<u8> = (0..16).collect();
        for (meaning, value, text, form) in [
            (Meaning::Plain, "Perú".as_bytes(), "Perú", Form::Printed),
            (Meaning::Plain, &[0xd1][..], "0xd1", Form::Fault),
            (Meaning::Opaque, b"ab", "0x6162", Form::Fault),
            (Meaning::Decimal(3), &[0xff, 0xfe], "-0.002", Form::Number),
            (Meaning::Decimal(1), &[1; 20], "573137896992510948315170522633836478296444134.5", Form::Number),
            (Meaning::Decimal(1), &[], "0x", Form::Fault),
            (Meaning::HalfFloat, &[0, 0x3e], "1.5", Form::Number),
            (Meaning::Uuid, &uuid, "00010203-0405-0607-0809-0a0b0c0d0e0f", Form::Printed),
        ] {
            let (found, found_form) = bytes(meaning, value);
            assert_eq!((found.as_str(), found_form), (text, form), "{meaning:?}");
        }
    }

    #[test]
    fn floats_keep_what_reads_back() {
        let mut out = String::new();
        assert_eq!(short_float(0.1, &mut out), Form::Number);
        assert_eq!(float(f64::NAN, &mut out), Form::Fault);
        assert_eq!(float(28.736_702_318_414_4, &mut out), Form::Number);
        assert_eq!(out, "0.1NaN28.7367023184144");
    }

    #[test]
    fn the_old_moments() {
        let mut value = Int96::new();
        value.set_data(1_000_000_000, 0, 2_440_589);
        let mut out = String::new();
        assert_eq!(old_moment(&value, &mut out), Form::Date);
        assert_eq!(out, "1970-01-02T00:00:01");
        value.set_data(u32::MAX, u32::MAX, u32::MAX);
        assert_eq!(old_moment(&value, &mut String::new()), Form::Fault);
    }
}
