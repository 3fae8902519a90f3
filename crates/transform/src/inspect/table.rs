//! What a table is about: the role of every column, found from headers and values together.

use quipu_readers::{Header, Sample, SampledRow};
use rustc_hash::{FxHashMap, FxHashSet};

use super::body::{self, Footer};
use super::head;
use super::lists::{self, Known};
use super::measures::{self, Measure};
use super::profile::Profile;
use super::sums::{self, Labelled, Nested};
use super::when::{self, Place, When, Wide};
use super::words::{self, Hint};
use crate::codes::Reference;
use crate::number::{Evidence, Marks, Unproven};
use crate::observe::value::Markers;

/// Rows that are held against each other.
const COMPARED: usize = 20_000;

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Role {
    /// The area.
    Area,
    /// The kind of offence, alone or with others.
    Crime,
    /// The sex of persons.
    Sex,
    /// The age of persons.
    Age,
    /// The unit of the values.
    Unit,
    /// A part of the period.
    Period,
    /// Values.
    Value,
    /// A further dimension.
    Breakdown,
    /// Not read, and why.
    Left(String),
}

/// What was found out about a table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) header: Header,
    pub(super) height: usize,
    pub(super) delimiter: Option<u8>,
    pub(super) sure: bool,
    pub(super) body_rows: usize,
    pub(super) ragged: Vec<(u64, usize)>,
    pub(super) footer: Footer,
    pub(super) fill_down: Vec<usize>,
    pub(super) profiles: Vec<Profile>,
    pub(super) roles: Vec<Option<Role>>,
    pub(super) area: Option<Known>,
    /// A column whose header speaks of areas that no list knows.
    pub(super) area_hint: Option<usize>,
    pub(super) country: Option<(String, String)>,
    /// Values of rows without an area that were held to the sum of the others, and those that are it.
    pub(super) nation: Option<(usize, usize)>,
    pub(super) crime: Option<Known>,
    /// The one kind of offence that texts beside the table speak of, with the word.
    pub(super) said_crime: Option<(&'static str, String)>,
    pub(super) sex: Option<(usize, Vec<(String, &'static str)>)>,
    pub(super) age: Option<usize>,
    pub(super) unit: Option<(usize, Vec<(String, &'static str)>)>,
    pub(super) when: Option<When>,
    pub(super) wide: Option<Wide>,
    pub(super) measures: Vec<Measure>,
    pub(super) labelled: Vec<Labelled>,
    pub(super) nested: Option<Nested>,
    /// Why records are added up, where they are.
    pub(super) aggregate: Option<String>,
    pub(super) marks: Result<Marks, Unproven>,
    pub(super) proof: Option<String>,
    pub(super) published: Option<(String, Option<String>, u64)>,
    pub(super) language: Option<(&'static str, usize)>,
    /// What is not understood, or a person must look at.
    pub(super) doubts: Vec<String>,
}

/// Works a table out. None where nothing in it is a header.
pub(super) fn understand(sample: &Sample, name: &str, markers: &Markers, reference: &Reference) -> Option<Table> {
    let is_missing = |text: &str| markers.is_missing(text);
    let found = head::find(&sample.rows, &is_missing)?;
    let (body, footer) = body::find(&sample.rows, found.first + found.height, &is_missing);
    let width = found.header.names.len();
    let (mut ragged, mut rows) = (Vec::new(), Vec::new());
    for row in sample.rows.get(body)? {
        let surplus = row.cells.iter().skip(width).any(|cell| !cell.text.is_empty());
        let short = row.cells.len() < width && sample.delimiter.is_some();
        if surplus || short {
            ragged.push((row.number, row.cells.len()));
        } else {
            rows.push(row.clone());
        }
    }
    let fill_down = body::blocks(&rows, width, &is_missing);
    let rows = if fill_down.is_empty() { rows } else { body::filled(&rows, &fill_down) };
    let mut profiles: Vec<Profile> = found.header.names.iter().map(|name| Profile::new(name)).collect();
    for row in &rows {
        for (column, profile) in profiles.iter_mut().enumerate() {
            profile.hear(row, column, markers);
        }
    }
    let preamble = found.header.preamble.clone();
    let above = preamble.iter().flat_map(|(_, texts)| texts.iter().map(String::as_str));
    let said: Vec<&str> = above.chain([sample.title.as_str()]).filter(|text| !text.is_empty()).collect();
    let labels = profiles.iter().filter(|p| !p.is_numeric() && p.mean() < 60).flat_map(|p| p.labels.iter().take(40));
    let language = words::language(
        found
            .header
            .names
            .iter()
            .map(String::as_str)
            .chain(said.iter().copied())
            .chain(labels.map(|l| l.text.as_str())),
    );
    let published = when::published(&found.header);
    let mut table = Table {
        height: found.height,
        delimiter: sample.delimiter,
        sure: found.sure,
        header: found.header,
        body_rows: rows.len(),
        ragged,
        footer,
        fill_down,
        roles: vec![None; profiles.len()],
        profiles,
        area: None,
        area_hint: None,
        country: None,
        nation: None,
        crime: None,
        said_crime: None,
        sex: None,
        age: None,
        unit: None,
        when: None,
        wide: None,
        measures: Vec::new(),
        labelled: Vec::new(),
        nested: None,
        aggregate: None,
        marks: Ok(Marks { decimal: '.', thousands: None }),
        proof: None,
        published,
        language,
        doubts: Vec::new(),
    };
    table.leave_what_is_personal();
    table.find_periods(sample, name);
    table.find_areas(&rows, &said, name, reference);
    table.find_labels(&rows, reference);
    table.find_values(&rows);
    table.prove_marks();
    let further = further(&said, name, &table);
    table.said_crime = words::crime(&[further.as_str(), &table.header.names.join(" ")].join(" "));
    table.find_keys(&rows);
    table.find_totals(&rows);
    table.measures = measures::find(&table, &further, reference);
    table.blank_areas();
    Some(table)
}

/// What stands beside the table and may say what it counts.
fn further(said: &[&str], name: &str, table: &Table) -> String {
    let constant = table.profiles.iter().filter(|p| p.labels.len() == 1 && p.blank * 2 < p.filled && !p.is_numeric());
    let labels = constant.filter_map(|p| p.labels.first()).map(|label| label.text.as_str());
    said.iter().copied().chain(labels).chain([name]).collect::<Vec<_>>().join(" ")
}

impl Table {
    fn profile(&self, column: usize) -> Option<&Profile> {
        self.profiles.get(column)
    }

    /// The name of a column.
    pub(super) fn name(&self, column: usize) -> &str {
        self.profile(column).map_or("", |profile| profile.name.as_str())
    }

    fn take(&mut self, column: usize, role: Role) {
        if let Some(held) = self.roles.get_mut(column)
            && held.is_none()
        {
            *held = Some(role);
        }
    }

    fn free(&self) -> Vec<usize> {
        self.roles.iter().enumerate().filter(|(_, role)| role.is_none()).map(|(column, _)| column).collect()
    }

    /// Columns of a role.
    pub(super) fn of_role(&self, role: &Role) -> Vec<usize> {
        self.roles
            .iter()
            .enumerate()
            .filter(|(_, held)| held.as_ref() == Some(role))
            .map(|(column, _)| column)
            .collect()
    }

    fn leave_what_is_personal(&mut self) {
        for column in 0..self.profiles.len() {
            let Some(profile) = self.profile(column) else { continue };
            if profile.filled == 0 {
                continue;
            }
            // Counts of things whose names such words are part of.
            let counts = profile.is_numeric() && profile.greatest < 1e5 && profile.zero_led == 0;
            let place = ["latitud", "latitude", "longitud", "longitude"];
            let word = words::personal(&profile.name);
            let by_word = word.filter(|word| !counts || place.contains(&word.as_str()));
            let named = words::is_a_name(&profile.name)
                && !profile.is_numeric()
                && profile.labels.len() as u64 * 10 >= profile.filled * 8
                && profile.labels.iter().take(50).filter(|label| label.text.split_whitespace().count() >= 2).count()
                    * 2
                    > profile.labels.len().min(50);
            if let Some(word) = by_word.or_else(|| named.then(|| "name".to_owned())) {
                self.take(column, Role::Left(format!("looks personal (`{word}` in the header): not to be read")));
            }
        }
    }

    fn find_periods(&mut self, sample: &Sample, name: &str) {
        let free = self.free();
        let taken: Vec<usize> = (0..self.profiles.len()).filter(|column| !free.contains(column)).collect();
        let wide = when::wide(&self.header, &self.profiles);
        let in_rows = when::long(&self.profiles, &taken);
        if let Some(wide) = wide {
            let columns: Vec<usize> = wide.groups.iter().flat_map(|(_, columns)| columns.iter().copied()).collect();
            let mut when = When { parts: vec![(wide.part, wide.place.clone())], ..When::default() };
            when.how.push(format!(
                "{} columns of values, one per {}, from `{}` to `{}`",
                columns.len(),
                if wide.part == "date" { "period" } else { wide.part },
                wide.span.0,
                wide.span.1
            ));
            if wide.part == "month" {
                let of_rows =
                    in_rows.as_ref().and_then(|rows| rows.parts.iter().find(|(part, _)| *part == "year").cloned());
                let beside = || when::beside(&self.header, sample, name);
                if let Some((_, place)) = of_rows {
                    if let Place::Column(column) = &place {
                        when.how.push(format!("the year in `{}`", self.name(*column)));
                    }
                    when.parts.insert(0, ("year", place));
                } else if let Some((place, how)) = beside() {
                    (when.guessed, when.parts) = (true, [vec![("year", place)], when.parts].concat());
                    when.how.push(format!("the year is {how}"));
                } else {
                    self.doubts
                        .push("months without a year: no year is found in rows, title or name of the file".into());
                }
            }
            for column in columns {
                self.take(column, Role::Value);
            }
            self.wide = Some(wide);
            self.when = Some(when);
        } else if let Some(when) = in_rows {
            self.when = Some(when);
        } else if let Some((place, how)) = when::beside(&self.header, sample, name) {
            let how = vec![format!("no column says it: {how}")];
            self.when = Some(When { parts: vec![("year", place)], guessed: true, how, ..When::default() });
        }
        let Some(when) = self.when.clone() else { return };
        for (_, place) in &when.parts {
            if let Place::Column(column) = place {
                self.take(*column, Role::Period);
            }
        }
        let by = when.parts.iter().filter_map(|(_, place)| match place {
            Place::Column(column) => Some(format!("`{}`", self.name(*column))),
            _ => None,
        });
        let by = by.collect::<Vec<_>>().join(" and ");
        let are = if when.parts.len() > 1 { "are" } else { "is" };
        for column in when.same {
            let year = self.profile(column).is_some_and(|p| p.nearly(p.years) && !words::hints(&p.name, Hint::Year));
            let year_alone = when.parts.iter().all(|(part, _)| *part == "year") && year;
            // A count may look like a year; a month's number like a count.
            if !year_alone {
                self.take(column, Role::Left(format!("another period or date; {by} {are} read")));
            }
        }
    }

    fn find_areas(&mut self, rows: &[SampledRow], said: &[&str], name: &str, reference: &Reference) {
        let free = self.free();
        let areas: Vec<Known> = lists::areas(&self.profiles, rows, reference)
            .into_iter()
            .filter(|known| known.columns.iter().all(|column| free.contains(column)))
            .collect();
        if let Some(best) = areas.first() {
            let prefixes: FxHashSet<&str> =
                best.codes.iter().filter_map(|code| code.split(['-', '.']).next()).collect();
            if let (1, Some(prefix)) = (prefixes.len(), prefixes.iter().next())
                && best.codes.len() > 1
                && reference.lookup(&lists::codes("area", None), prefix).is_some()
            {
                self.country = Some(((*prefix).to_owned(), "all areas lie in it".to_owned()));
            }
            for column in &best.columns {
                self.take(*column, Role::Area);
            }
            let of = best.columns.iter().map(|column| self.name(*column)).collect::<Vec<_>>().join("`, `");
            for column in areas.iter().skip(1).flat_map(|known| known.columns.clone()) {
                // An area of another kind, such as where a person comes from, tells rows apart.
                if determined(rows, &best.columns, column) >= 0.97
                    || determined(rows, &[column], best.columns.first().copied().unwrap_or_default()) >= 0.97
                {
                    self.take(column, Role::Left(format!("another name or code of the area in `{of}`")));
                }
            }
            self.area = Some(best.clone());
        } else {
            // A header that says it holds areas, though no list knows them.
            let hinted = free.iter().copied().find(|column| {
                self.profile(*column).is_some_and(|p| {
                    words::hints(&p.name, Hint::Area)
                        && !words::hints(&p.name, Hint::Code)
                        && !p.is_numeric()
                        && p.said() > 0
                })
            });
            self.country = lists::country(said.iter().copied().chain([name]), reference)
                .or_else(|| lists::area_of_file(name, reference));
            if let Some(column) = hinted {
                // Its labels are kept as a dimension, so that no figure is lost for want of a code.
                self.doubts.push(format!(
                    "`{}` speaks of areas that no list knows: they become a dimension of the area that is named",
                    self.name(column)
                ));
                self.area_hint = Some(column);
            }
        }
    }

    fn find_labels(&mut self, rows: &[SampledRow], reference: &Reference) {
        let area = self.area.as_ref().map(|area| area.columns.clone()).unwrap_or_default();
        for column in self.free() {
            let Some(profile) = self.profile(column).cloned() else { continue };
            if profile.filled == 0 {
                let role = if profile.name.is_empty() { "neither name nor value" } else { "no value" };
                self.take(column, Role::Left(role.to_owned()));
            } else if profile.labels.len() == 1 && !profile.more() && !profile.is_numeric() && profile.blank == 0 {
                // Its one text may still tell the kind of offence.
            } else if !area.is_empty()
                && !profile.is_numeric()
                && determined(rows, &area, column) >= 0.99
                && self.body_rows > 3
                && profile.labels.len() > 1
            {
                self.take(
                    column,
                    Role::Left(format!("goes with the area in `{}`", self.name(*area.first().unwrap_or(&0)))),
                );
            }
        }
        let free = self.free();
        for column in &free {
            let Some(profile) = self.profile(*column) else { continue };
            let labels: Vec<&str> = profile.labels.iter().map(|label| label.text.as_str()).collect();
            let few = !labels.is_empty() && labels.len() <= 8 && !profile.is_numeric();
            if self.sex.is_none()
                && few
                && let Some(map) = words::sexes(&labels)
            {
                self.sex = Some((*column, map));
                self.take(*column, Role::Sex);
            } else if self.unit.is_none()
                && few
                && words::hints(&profile.name, Hint::Unit)
                && let Some(map) = measures::units(&labels)
            {
                self.unit = Some((*column, map));
                self.take(*column, Role::Unit);
            } else if self.age.is_none() && words::hints(&profile.name, Hint::Age) {
                self.age = Some(*column);
                self.take(*column, Role::Age);
            }
        }
        let free = self.free();
        let crime = lists::crimes(&self.profiles, rows, reference)
            .filter(|known| known.columns.iter().all(|column| free.contains(column)));
        if let Some(crime) = crime {
            for column in &crime.columns {
                self.take(*column, Role::Crime);
            }
            for column in self.free() {
                let named = self.profile(column).is_some_and(|p| !p.is_numeric() && p.labels.len() > 1);
                if named && determined(rows, &crime.columns, column) >= 0.99 {
                    let names: Vec<&str> = crime.columns.iter().map(|column| self.name(*column)).collect();
                    self.take(column, Role::Left(format!("goes with the offence in `{}`", names.join("`, `"))));
                }
            }
            self.crime = Some(crime);
        }
    }

    fn find_values(&mut self, rows: &[SampledRow]) {
        let wide = self.wide.is_some();
        let spread: Vec<usize> = self.of_role(&Role::Value);
        for column in self.free() {
            let Some(profile) = self.profile(column).cloned() else { continue };
            let numeric = profile.is_numeric() || profile.is_mostly_numeric();
            let coded = words::hints(&profile.name, Hint::Code)
                || profile.zero_led > 0
                || (words::hints(&profile.name, Hint::Area) && profile.is_whole());
            if numeric && wide {
                let marks = self.marks_of(&spread).unwrap_or_else(|_| self.likely_marks());
                let groups = self.wide.as_ref().map(|wide| wide.groups.clone()).unwrap_or_default();
                let sum = groups.iter().find_map(|(_, columns)| sums::is_sum_of(rows, column, columns, marks));
                let why = match sum {
                    Some(shown) => format!("the sum of the columns beside it in {shown} rows: would count twice"),
                    None if coded => "a code that no list knows".to_owned(),
                    None => "numbers outside the run of periods".to_owned(),
                };
                if sum.is_none() && !coded {
                    self.doubts.push(format!("`{}` holds numbers and stands outside the run of periods", profile.name));
                }
                self.take(column, Role::Left(why));
            } else if numeric && words::hints(&profile.name, Hint::State) {
                self.take(column, Role::Left("a state or rank of the row; a status may be mapped from it".to_owned()));
                self.doubts.push(format!("`{}` may say how final a row is (`obs_status`)", profile.name));
            } else if numeric && coded && !words::hints(&profile.name, Hint::Value) {
                self.take(column, Role::Left("a code that no list knows".to_owned()));
            } else if numeric {
                self.take(column, Role::Value);
            } else if profile.labels.len() == 1 && !profile.more() {
                let text: String =
                    profile.labels.iter().map(|label| label.text.chars().take(60).collect::<String>()).collect();
                self.take(column, Role::Left(format!("the same in every row: `{text}`")));
            } else if profile.mean() > 60 || profile.longest > 200 {
                self.take(column, Role::Left("free text".to_owned()));
            } else if self.body_rows > 30 && (profile.more() || profile.labels.len() * 10 >= self.body_rows * 9) {
                self.take(
                    column,
                    Role::Left("another text in nearly every row: an identifier, not a dimension".to_owned()),
                );
            } else {
                self.take(column, Role::Breakdown);
            }
        }
    }

    /// The marks that publishers in the table's language mostly print.
    pub(super) fn likely_marks(&self) -> Marks {
        let language = self.language.map(|(language, _)| language);
        let comma =
            self.delimiter == Some(b';') || (matches!(language, Some("es" | "pt")) && self.delimiter != Some(b','));
        match language {
            Some("fr") => Marks { decimal: ',', thousands: Some(' ') },
            _ if comma => Marks { decimal: ',', thousands: Some('.') },
            _ => Marks { decimal: '.', thousands: Some(',') },
        }
    }

    fn marks_of(&self, columns: &[usize]) -> Result<Marks, Unproven> {
        let mut evidence = Evidence::new(None, None);
        for profile in columns.iter().filter_map(|column| self.profile(*column)) {
            evidence.join(&profile.evidence);
        }
        evidence.conclude()
    }

    fn prove_marks(&mut self) {
        let values = self.of_role(&Role::Value);
        self.marks = self.marks_of(&values);
        let mark = |text: &str| text.contains(['.', ',', ' ', '\u{a0}', '\u{202f}', '\'', '’']);
        let labels = values.iter().filter_map(|column| self.profile(*column)).flat_map(|p| &p.labels);
        self.proof =
            labels.filter(|label| label.class.number && mark(&label.text)).map(|label| label.text.clone()).next();
    }

    /// The columns that name a row.
    pub(super) fn keys(&self) -> Vec<usize> {
        let key = |role: &Option<Role>| {
            matches!(
                role,
                Some(Role::Area | Role::Crime | Role::Sex | Role::Age | Role::Unit | Role::Period | Role::Breakdown)
            )
        };
        self.roles.iter().enumerate().filter(|(_, role)| key(role)).map(|(column, _)| column).collect()
    }

    /// Whole numbers left of the other keys may be keys as well: they are, where rows repeat without.
    fn find_keys(&mut self, rows: &[SampledRow]) {
        let mut repeats = repeats(rows, &self.keys());
        let last = self.keys().last().copied().unwrap_or_default();
        if self.wide.is_none() {
            for _ in 0..2 {
                let candidates: Vec<usize> = self
                    .of_role(&Role::Value)
                    .into_iter()
                    .filter(|column| {
                        *column < last
                            && self.profile(*column).is_some_and(|p| {
                                p.is_whole()
                                    && !words::hints(&p.name, Hint::Value)
                                    && !p.more()
                                    && p.labels.len() * 4 <= rows.len()
                            })
                    })
                    .collect();
                if repeats < 0.01 || candidates.is_empty() {
                    break;
                }
                let tried = candidates.iter().map(|column| {
                    let mut keys = self.keys();
                    keys.push(*column);
                    (*column, self::repeats(rows, &keys))
                });
                let Some((column, left)) = tried.min_by(|(_, one), (_, other)| one.total_cmp(other)) else { break };
                if left > repeats * 0.7 {
                    break;
                }
                if let Some(role) = self.roles.get_mut(column) {
                    *role = Some(Role::Breakdown);
                }
                repeats = left;
            }
            let periods = self.of_role(&Role::Period);
            let keys: Vec<usize> = self.keys().into_iter().filter(|key| !periods.contains(key)).collect();
            for column in self.of_role(&Role::Value).into_iter().filter(|column| *column < last) {
                if self.profile(column).is_some_and(|p| p.is_whole() && p.labels.len() > 1)
                    && determined(rows, &keys, column) >= 0.97
                {
                    let why = "goes with the other keys whatever the period: no figure".to_owned();
                    if let Some(role) = self.roles.get_mut(column) {
                        *role = Some(Role::Left(why));
                    }
                }
            }
        }
        let values = self.of_role(&Role::Value);
        let ones = |column: &usize| {
            let Some(profile) = self.profile(*column) else { return false };
            let ones: u64 = profile.labels.iter().filter(|label| label.text == "1").map(|label| label.count).sum();
            ones * 100 >= profile.filled * 80
        };
        let personal =
            self.roles.iter().any(|role| matches!(role, Some(Role::Left(why)) if why.starts_with("looks personal")));
        self.aggregate = if self.wide.is_some() {
            None
        } else if values.is_empty() {
            Some("no column holds values: every row is counted as one".to_owned())
        } else if let ([only], true) = (values.as_slice(), values.iter().all(ones)) {
            Some(format!("nearly all values of `{}` are 1: a row is about one case", self.name(*only)))
        } else if personal {
            Some("rows are about persons".to_owned())
        } else if repeats >= 0.2 && values.len() == 1 {
            Some(format!("{:.0} % of the rows repeat the keys of others", repeats * 100.0))
        } else {
            if repeats > 0.0 {
                self.doubts.push(format!(
                    "{:.1} % of the rows repeat the keys of others: rows that differ in nothing but their value go to quarantine",
                    repeats * 100.0
                ));
            }
            None
        };
    }

    /// Rows without an area that are no sum of the others.
    fn blank_areas(&mut self) {
        let Some(column) = self.area.as_ref().and_then(|area| area.columns.first().copied()) else { return };
        let blank = self.profile(column).map_or(0, |profile| profile.blank);
        let sum = self.nation.is_some_and(|(checked, proven)| checked > 0 && proven * 10 >= checked * 7);
        if blank > 0 && !sum {
            self.doubts.push(format!(
                "{blank} rows have no area in `{}`: to quarantine, unless `map` says what a blank means",
                self.name(column)
            ));
        }
    }

    fn find_totals(&mut self, rows: &[SampledRow]) {
        let marks = self.marks.clone().unwrap_or_else(|_| self.likely_marks());
        let (keys, values) = (self.keys(), self.of_role(&Role::Value));
        let texts: Vec<usize> = (0..self.profiles.len())
            .filter(|column| !values.contains(column) && self.profile(*column).is_some_and(|p| p.filled > 0))
            .collect();
        self.labelled = sums::labelled(rows, &texts, &keys, &values, marks);
        // Of the sexes and units a total is told by their codes.
        self.labelled.retain(|found| {
            !matches!(self.roles.get(found.column), Some(Some(Role::Sex | Role::Unit | Role::Age | Role::Period)))
        });
        if let Some(column) = self.area.as_ref().and_then(|area| area.columns.first().copied()) {
            let blank: Vec<usize> =
                rows.iter().enumerate().filter(|(_, row)| row.text(column).is_empty()).map(|(at, _)| at).collect();
            if !blank.is_empty() && blank.len() * 2 < rows.len() {
                self.nation = Some(sums::prove(rows, column, &blank, &keys, &values, marks));
            }
        }
        // A label over several columns of one row is one total.
        let area = self.of_role(&Role::Area);
        let rank = |found: &Labelled| (area.contains(&found.column), keys.contains(&found.column));
        let mut kept: Vec<Labelled> = Vec::new();
        for found in std::mem::take(&mut self.labelled) {
            match kept.iter_mut().find(|known| known.first == found.first && known.rows == found.rows) {
                Some(known) if rank(&found) > rank(known) => *known = found,
                Some(_) => {}
                None => kept.push(found),
            }
        }
        self.labelled = kept;
        let coded: Vec<usize> =
            keys.iter().copied().filter(|key| !matches!(self.roles.get(*key), Some(Some(Role::Period)))).collect();
        let nested = sums::nested(rows, &self.profiles, &coded, &keys, &values, marks);
        // What only looks like codes that extend each other is none.
        self.nested = nested.filter(|nested| nested.checked >= 3 && nested.proven * 10 >= nested.checked * 8);
    }
}

/// In which share of the rows a column has one text only for each text of others.
fn determined(rows: &[SampledRow], by: &[usize], column: usize) -> f64 {
    let mut first: FxHashMap<String, &str> = FxHashMap::default();
    let (mut same, mut again, mut rows_held) = (0_u32, 0_u32, 0_u32);
    for row in rows.iter().take(COMPARED) {
        let key = by.iter().map(|column| row.text(*column)).collect::<Vec<_>>().join("\u{1f}");
        if key.trim_matches('\u{1f}').is_empty() {
            continue;
        }
        rows_held += 1;
        match first.get(key.as_str()) {
            None => {
                first.insert(key, row.text(column));
            }
            Some(text) => {
                again += 1;
                same += u32::from(*text == row.text(column));
            }
        }
    }
    // Where nearly every key stands once, a text beside it names what it names.
    if again * 20 >= rows_held && again > 3 {
        return f64::from(same) / f64::from(again);
    }
    if by.len() == 1 && rows_held > 3 { 1.0 - f64::from(again - same) / f64::from(rows_held) } else { 0.0 }
}

/// The share of rows whose key another row has.
fn repeats(rows: &[SampledRow], keys: &[usize]) -> f64 {
    let mut seen = FxHashSet::default();
    let (mut again, mut all) = (0_u32, 0_u32);
    for row in rows.iter().take(COMPARED) {
        all += 1;
        let key = keys.iter().map(|column| row.text(*column)).collect::<Vec<_>>().join("\u{1f}");
        again += u32::from(!seen.insert(key));
    }
    f64::from(again) / f64::from(all.max(1))
}
