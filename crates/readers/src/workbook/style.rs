//! Number formats: whether they make a date or a percentage of a number (ECMA-376 part 1, 18.8.30 and 18.8.31).

use super::moment::Style;

/// The style of a number format that has a number and no code of its own.
pub(super) fn built_in(number: u32) -> Style {
    match number {
        9 | 10 => Style::Percent,
        14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58 => Style::Date,
        18..=21 | 32..=35 | 45 | 47 | 55 | 56 => Style::Time,
        46 => Style::Duration,
        _ => Style::Number,
    }
}

/// The style of a number format by its code, such as `dd/mm/yyyy;@`. Only the first section counts:
/// it is the one for positive numbers.
pub(super) fn of_code(code: &str) -> Style {
    if code.trim_ascii().eq_ignore_ascii_case("general") {
        return Style::Number;
    }
    // The units in their order, each once for a run: `d`, `m`, `h`, `s`, `y`.
    let mut units: Vec<char> = Vec::new();
    let (mut last, mut percent) = (' ', false);
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let behind = rest.get(c.len_utf8()..).unwrap_or_default();
        let upper = rest.get(..5).unwrap_or(rest).to_ascii_uppercase();
        let c = c.to_ascii_lowercase();
        rest = match c {
            ';' => break,
            // The next character is a literal, a width or a filling.
            '\\' | '_' | '*' => behind.get(behind.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default(),
            '"' => behind.split_once('"').map_or("", |(_, rest)| rest),
            '[' => {
                let (inside, behind) = behind.split_once(']').unwrap_or((behind, ""));
                let mut units = inside.bytes().map(|byte| byte.to_ascii_lowercase());
                let first = units.next().unwrap_or(b' ');
                if matches!(first, b'h' | b'm' | b's') && units.all(|unit| unit == first) {
                    return Style::Duration;
                }
                behind
            }
            '%' => {
                percent = true;
                behind
            }
            'a' if upper == "AM/PM" => {
                units.push('h');
                rest.get(5..).unwrap_or_default()
            }
            'a' if upper.starts_with("A/P") => {
                units.push('h');
                rest.get(3..).unwrap_or_default()
            }
            'd' | 'm' | 'h' | 's' | 'y' => {
                if c != last {
                    units.push(c);
                }
                behind
            }
            _ => behind,
        };
        last = c;
    }
    let minutes = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| units.get(at));
        before == Some(&'h') || units.get(at + 1) == Some(&'s')
    };
    let day = |(at, unit): (usize, &char)| matches!(unit, 'd' | 'y') || (*unit == 'm' && !minutes(at));
    if units.iter().enumerate().any(day) {
        Style::Date
    } else if units.is_empty() {
        if percent { Style::Percent } else { Style::Number }
    } else {
        Style::Time
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_say_what_they_make_of_a_number() {
        for (code, style) in [
            ("General", Style::Number),
            ("0.00", Style::Number),
            ("#,##0_);[Red](#,##0)", Style::Number),
            ("0.00E+00", Style::Number),
            ("@", Style::Number),
            ("#,##0\\ \"days\"", Style::Number),
            ("\\d0", Style::Number),
            ("#,##0*y", Style::Number),
            ("[$-409]0.0", Style::Number),
            ("[$MDH] 0", Style::Number),
            ("0;dd/mm/yyyy", Style::Number),
            ("0.0%", Style::Percent),
            ("0 %;[Red]-0 %", Style::Percent),
            ("0;0%", Style::Number),
            ("0\\%", Style::Number),
            ("0.0\" %\"", Style::Number),
            ("dd/mm/yyyy", Style::Date),
            ("DD.MM.YY;@", Style::Date),
            ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", Style::Date),
            ("mmm", Style::Date),
            ("yyyy\\-mm\\-dd\\ hh:mm:ss", Style::Date),
            ("m/d/yy h:mm", Style::Date),
            ("h:mm", Style::Time),
            ("hh:mm:ss.000", Style::Time),
            ("mm:ss", Style::Time),
            ("[$-409]h:mm\\ AM/PM;@", Style::Time),
            ("h a/p", Style::Time),
            ("[h]:mm:ss", Style::Duration),
            ("[mm]:ss", Style::Duration),
            ("[Blue][s].00", Style::Duration),
            ("\"unclosed", Style::Number),
            ("[unclosed", Style::Number),
            ("\\", Style::Number),
        ] {
            assert_eq!(of_code(code), style, "{code}");
        }
    }

    proptest! {
        #[test]
        fn any_code_is_judged_without_panic(code in "\\PC*|[dmyhs\\[\\]\";\\\\_*a/pé0#.]{0,24}") {
            of_code(&code);
        }
    }
}
