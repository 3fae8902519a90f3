//! Which code list, of which publisher's scheme, knows the labels of a column.

use quipu_readers::SampledRow;
use quipu_schema::pipeline::{Codes, Placed};
use regex::Regex;
use rustc_hash::FxHashMap;

use super::profile::Profile;
use super::words::{self, Hint};
use crate::codes::Reference;
use crate::observe::totals::is_total_word;

/// A list that knows labels of a column.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// The columns whose texts, joined, are the labels.
    pub(super) columns: Vec<usize>,
    /// The publisher's scheme; none for the list's own codes and names.
    pub(super) scheme: Option<String>,
    /// What of the text is looked up.
    pub(super) extract: Option<String>,
    /// Distinct labels, and how many of them are known.
    pub(super) labels: usize,
    pub(super) found: usize,
    /// Rows, and those whose label is known; blanks are not.
    pub(super) rows: u64,
    pub(super) found_rows: u64,
    /// A few labels that are not known, with the row where each stands.
    pub(super) unknown: Vec<(String, u64)>,
    /// Distinct codes that labels become.
    pub(super) codes: Vec<String>,
    /// Whether the labels are codes and not names.
    pub(super) is_code: bool,
}

impl Known {
    /// The share of rows that are known.
    pub(super) fn share(&self) -> f64 {
        self.found_rows as f64 / self.rows.max(1) as f64
    }

    /// How it is called in a pipeline file: list and scheme.
    pub(super) fn words(&self, list: &str) -> String {
        let scheme = self.scheme.as_ref().map(|scheme| format!(", scheme {scheme}")).unwrap_or_default();
        format!("the list {list}{scheme}")
    }

    /// How good it is, the better the greater.
    fn rank(&self) -> (bool, usize, u64, bool) {
        let per_mille = self.found_rows.saturating_mul(1_000) / self.rows.max(1);
        (self.share() >= 0.9, self.codes.len(), per_mille, self.is_code)
    }
}

/// A list and scheme to look labels up in.
pub(super) fn codes(list: &str, scheme: Option<&str>) -> Codes {
    let scheme = scheme.map(|scheme| Placed { value: scheme.to_owned(), span: 0..0 });
    Codes { list: list.to_owned(), scheme }
}

/// The schemes of a list in order, the list's own codes and names first.
fn schemes<'r>(reference: &'r Reference, list: &str) -> Vec<Option<&'r str>> {
    let mut schemes = reference.schemes(list);
    schemes.sort_unstable();
    schemes.dedup();
    [None].into_iter().chain(schemes.into_iter().map(Some)).collect()
}

type Labels = Vec<(String, u64, u64)>;

fn labels_of(profile: &Profile) -> Labels {
    profile.labels.iter().map(|label| (label.text.clone(), label.count, label.row)).collect()
}

fn look_up(
    reference: &Reference,
    list: &str,
    scheme: Option<&str>,
    columns: &[usize],
    labels: &Labels,
    blank: u64,
) -> Known {
    let of = codes(list, scheme);
    let mut known = Known {
        columns: columns.to_vec(),
        scheme: scheme.map(str::to_owned),
        extract: None,
        labels: 0,
        found: 0,
        rows: blank,
        found_rows: 0,
        unknown: Vec::new(),
        codes: Vec::new(),
        is_code: false,
    };
    let mut short = true;
    for (label, count, row) in labels {
        if is_total_word(label) {
            continue;
        }
        known.labels += 1;
        known.rows += count;
        short &= label.len() <= 8 && !label.contains(' ');
        match reference.lookup(&of, label) {
            Some(meaning) => {
                known.found += 1;
                known.found_rows += count;
                if let Some(code) = &meaning.code
                    && !known.codes.contains(code)
                {
                    known.codes.push(code.clone());
                }
            }
            None if known.unknown.len() < 5 => known.unknown.push((label.clone(), *row)),
            None => {}
        }
    }
    known.is_code = short;
    known
}

/// Columns that hold areas, each with the list that knows most of its labels, the best first.
pub(super) fn areas(profiles: &[Profile], rows: &[SampledRow], reference: &Reference) -> Vec<Known> {
    let mut found: Vec<Known> = Vec::new();
    let mut digits: Vec<(usize, Vec<Known>)> = Vec::new();
    for (column, profile) in profiles.iter().enumerate() {
        if profile.labels.is_empty() || profile.mean() > 60 || profile.dates * 2 > profile.said() {
            continue;
        }
        let hinted = words::hints(&profile.name, Hint::Area);
        let numeric = profile.is_numeric();
        if numeric {
            let coded = hinted || words::hints(&profile.name, Hint::Code) || profile.zero_led > 0;
            if coded && profile.is_whole() {
                digits.push((column, by_digits(column, profile, reference)));
            }
            continue;
        }
        let labels = labels_of(profile);
        let mut best: Option<Known> = None;
        for scheme in schemes(reference, "area") {
            let known = look_up(reference, "area", scheme, &[column], &labels, profile.blank);
            let better = best
                .as_ref()
                .is_none_or(|best| (known.found_rows, known.codes.len()) > (best.found_rows, best.codes.len()));
            if known.found > 0 && better {
                best = Some(known);
            }
        }
        let Some(best) = best else { continue };
        let share = best.found as f64 / best.labels.max(1) as f64;
        let named = !profile.more() && best.found >= 2 && share >= 0.6;
        if named || (hinted && share >= 0.2) || (profile.more() && share >= 0.5) {
            found.push(best);
        }
    }
    // What digits mean is told by names beside them, or by the header.
    let names = found.clone();
    for (column, candidates) in digits {
        let header = profiles.get(column).map(|profile| words::words(&profile.name)).unwrap_or_default();
        let told = |known: &Known| {
            let scheme = known.scheme.as_deref().unwrap_or_default();
            scheme.split('-').any(|part| part.len() > 2 && header.iter().any(|word| word == part))
        };
        let agrees = |known: &Known| names.iter().any(|name| agreement(known, name, rows, reference) >= 0.9);
        let pick =
            candidates.iter().find(|known| agrees(known)).or_else(|| candidates.iter().find(|known| told(known)));
        found.extend(pick.cloned());
    }
    found.sort_by(|one, other| other.rank().cmp(&one.rank()).then_with(|| one.columns.cmp(&other.columns)));
    found
}

/// Schemes that know the digits of a column, or the digits in front of them: codes of a smaller area
/// begin with those of the larger.
fn by_digits(column: usize, profile: &Profile, reference: &Reference) -> Vec<Known> {
    let labels = labels_of(profile);
    let mut found = Vec::new();
    let good = |known: &Known| known.labels > 1 && known.found * 100 >= known.labels * 95;
    for scheme in schemes(reference, "area").into_iter().flatten() {
        let known = look_up(reference, "area", Some(scheme), &[column], &labels, profile.blank);
        if good(&known) {
            found.push(Known { is_code: true, ..known });
        }
    }
    let Some((least, most)) = lengths(profile).filter(|(least, most)| *most >= 4 && most - least <= 1) else {
        return found;
    };
    for lead in 1..=3_usize.min(most - 2) {
        let tail = most - lead;
        if least < tail + 1 {
            continue;
        }
        let pattern = if least < most && lead > 1 {
            format!(r"^(\d{{{},{lead}}})\d{{{tail}}}$", lead - 1)
        } else {
            format!(r"^(\d{{{lead}}})\d{{{tail}}}$")
        };
        let Ok(regex) = Regex::new(&pattern) else { continue };
        let mut cut: FxHashMap<String, (u64, u64)> = FxHashMap::default();
        for (label, count, row) in &labels {
            let Some(part) = regex.captures(label).and_then(|groups| groups.get(1)) else { continue };
            cut.entry(part.as_str().to_owned()).and_modify(|(all, _)| *all += count).or_insert((*count, *row));
        }
        let mut cut: Labels = cut.into_iter().map(|(label, (count, row))| (label, count, row)).collect();
        cut.sort();
        for scheme in schemes(reference, "area").into_iter().flatten() {
            let known = look_up(reference, "area", Some(scheme), &[column], &cut, profile.blank);
            if good(&known) && known.labels >= 5 {
                found.push(Known { extract: Some(pattern.clone()), is_code: true, ..known });
            }
        }
    }
    found
}

/// The least and the greatest length of digits that nearly all labels have.
fn lengths(profile: &Profile) -> Option<(usize, usize)> {
    let digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mut lengths: Vec<usize> =
        profile.labels.iter().map(|label| label.text.as_str()).filter(digits).map(str::len).collect();
    lengths.sort_unstable();
    let few = lengths.len() / 50;
    Some((*lengths.get(few)?, *lengths.get(lengths.len().checked_sub(1 + few)?)?))
}

/// In how many of the rows two columns mean the same area, or one within the other's country.
fn agreement(one: &Known, other: &Known, rows: &[SampledRow], reference: &Reference) -> f64 {
    let code = |known: &Known, row: &SampledRow| area_of(known, row, reference);
    let (mut same, mut all) = (0_u32, 0_u32);
    for row in rows.iter().take(2_000) {
        let (Some(one), Some(other)) = (code(one, row), code(other, row)) else { continue };
        all += 1;
        same += u32::from(one == other);
    }
    f64::from(same) / f64::from(all.max(1))
}

/// The area of a row.
pub(super) fn area_of(known: &Known, row: &SampledRow, reference: &Reference) -> Option<String> {
    let text = known.columns.iter().map(|column| row.text(*column)).collect::<Vec<_>>().join(" / ");
    let part = match &known.extract {
        None => text,
        Some(pattern) => Regex::new(pattern).ok()?.captures(&text)?.get(1)?.as_str().to_owned(),
    };
    reference.lookup(&codes("area", known.scheme.as_deref()), &part)?.code.clone()
}

/// Words of headers behind which kinds of offence stand.
const OFFENCES: [&str; 24] = [
    "delito",
    "delitos",
    "crime",
    "crimes",
    "offence",
    "offense",
    "infraction",
    "infraccion",
    "tipo",
    "type",
    "concepto",
    "indicator",
    "indicador",
    "indicateur",
    "ley",
    "modalidad",
    "conducta",
    "iccs",
    "natureza",
    "categoria",
    "category",
    "index",
    "subtipo",
    "hecho",
];

/// The column, or the columns beside each other, whose labels a list of offences knows.
pub(super) fn crimes(profiles: &[Profile], rows: &[SampledRow], reference: &Reference) -> Option<Known> {
    let textual = |column: &usize| {
        let Some(profile) = profiles.get(*column) else { return false };
        let hinted = words::words(&profile.name).iter().any(|word| OFFENCES.contains(&word.as_str()));
        !profile.labels.is_empty() && profile.mean() <= 120 && !profile.more() && (hinted || !profile.is_numeric())
    };
    let columns: Vec<usize> = (0..profiles.len()).filter(textual).collect();
    let mut best: Option<Known> = None;
    for width in 1..=3 {
        for group in columns.windows(width) {
            if group.iter().zip(group.iter().skip(1)).any(|(one, next)| next - one != 1) {
                continue;
            }
            let labels = joined(group, rows);
            if labels.len() > 3_000 {
                continue;
            }
            for scheme in schemes(reference, "crime") {
                // Prose is not what a table's labels are.
                if scheme == Some("interpol-words") && width > 1 {
                    continue;
                }
                let known = look_up(reference, "crime", scheme, group, &labels, 0);
                let good = known.found * 100 >= known.labels * 70
                    && known.found_rows * 100 >= known.rows * 60
                    && known.found > 0;
                let better = |best: &Known| (known.found_rows, known.codes.len()) > (best.found_rows, best.codes.len());
                if good && best.as_ref().is_none_or(better) {
                    best = Some(known);
                }
            }
        }
    }
    best
}

/// The texts of columns, joined as a pipeline file joins them.
fn joined(columns: &[usize], rows: &[SampledRow]) -> Labels {
    let mut numbers: FxHashMap<String, usize> = FxHashMap::default();
    let mut labels: Labels = Vec::new();
    for row in rows {
        let text = columns.iter().map(|column| row.text(*column)).collect::<Vec<_>>().join(" / ");
        if text.trim_matches([' ', '/']).is_empty() {
            continue;
        }
        let at = *numbers.entry(text.clone()).or_insert_with(|| {
            labels.push((text, 0, row.number));
            labels.len() - 1
        });
        if let Some((_, count, _)) = labels.get_mut(at) {
            *count += 1;
        }
    }
    labels
}

/// The scheme that knows headers as kinds of offence, and which of them.
pub(super) fn crimes_of_headers<'h>(headers: &[&'h str], reference: &Reference) -> Option<(String, Vec<&'h str>)> {
    let mut best: Option<(String, Vec<&str>)> = None;
    for scheme in schemes(reference, "crime").into_iter().flatten() {
        let of = codes("crime", Some(scheme));
        let known: Vec<&str> = headers.iter().copied().filter(|name| reference.lookup(&of, name).is_some()).collect();
        if known.len() >= 2
            && known.len() * 2 >= headers.len()
            && best.as_ref().is_none_or(|(_, most)| known.len() > most.len())
        {
            best = Some((scheme.to_owned(), known));
        }
    }
    best
}

/// The area that the name of a file begins with: the code of a country, perhaps with one of a part of it.
pub(super) fn area_of_file(name: &str, reference: &Reference) -> Option<(String, String)> {
    let words = words::words(name);
    let (first, rest) = words.split_first()?;
    let of = codes("area", None);
    let known =
        |code: &str| reference.lookup(&of, code).and_then(|meaning| meaning.code.clone()).filter(|found| found == code);
    // Two letters that are words as well say nothing.
    let common = ["as", "at", "be", "by", "de", "do", "id", "in", "is", "it", "la", "me", "my", "no", "so", "to"];
    if first.len() != 2 || common.contains(&first.as_str()) {
        return None;
    }
    let country = known(&first.to_uppercase())?;
    let parts = rest.iter().filter(|word| (2..=3).contains(&word.len()));
    let parts: Vec<String> = parts.filter_map(|word| known(&format!("{country}-{}", word.to_uppercase()))).collect();
    match parts.as_slice() {
        [only] => Some((only.clone(), format!("{name}: {only}"))),
        _ => Some((country, name.to_owned())),
    }
}

/// The country that texts name, with the words that do.
pub(super) fn country<'t>(texts: impl Iterator<Item = &'t str>, reference: &Reference) -> Option<(String, String)> {
    let of = codes("area", None);
    let mut found: Option<(String, String)> = None;
    for text in texts {
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        for length in (1..=4).rev() {
            for window in words.windows(length) {
                let name = window.join(" ");
                if name.chars().count() < 4 {
                    continue;
                }
                let code = reference.lookup(&of, &name).and_then(|meaning| meaning.code.clone());
                let Some(code) = code.filter(|code| code.len() == 2) else { continue };
                match &found {
                    Some((known, _)) if *known != code => return None,
                    Some(_) => {}
                    None => found = Some((code, name)),
                }
            }
        }
    }
    found
}
