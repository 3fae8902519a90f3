//! A first pipeline file for what was found: complete, so that it can be checked and run as it is, with
//! the evidence beside each guess, and a mark where a person has to decide.

use std::fmt::Write as _;

use quipu_readers::Sample;
use quipu_schema::pipeline::Format;

use super::measures::Measure;
use super::sums::Labelled;
use super::table::{Role, Table};
use super::toml_text::{comment, inline, map, pattern, quoted, slug};
use super::when::Place;
use crate::number::Marks;

/// What a person has to fill in.
const DECIDE: &str = "DECIDE";
/// What was guessed, with its evidence.
const GUESS: &str = "GUESS";

/// How the file and what it names are called.
#[derive(Debug, Clone)]
pub struct Naming {
    /// Name of the pipeline, and id of its source.
    pub name: String,
    /// The document, seen from the pipeline file.
    pub file: String,
    /// The folder of reference lists, seen from the pipeline file.
    pub reference: String,
    /// The store, seen from the pipeline file.
    pub store: String,
}

/// What trying a draft out has shown it to need.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Needs {
    /// Row of the header, where its names alone would find another.
    pub(super) header: Option<u64>,
    /// The sheet or table by name or number, where its header alone would find others.
    pub(super) only: bool,
    /// The share of values that may go to quarantine, in percent.
    pub(super) quarantine: Option<u64>,
}

/// The head of the file.
pub(super) fn head(naming: &Naming, file: &str) -> String {
    format!(
        "# Drafted by `quipu inspect` from `{file}`. It runs as it is; it is not yet right.\n\
         # What the file proves stands without a mark. {GUESS}: by its looks, with the evidence; look at it.\n\
         # {DECIDE}: only a person knows. Then `quipu check`, `quipu run`, and see what went to quarantine.\n\n\
         [pipeline]\n\
         name = {name}\n\
         reference = {reference}   # code lists: areas, crimes, indicators, units …\n\
         store = {store}   # archive, tables, ledger\n",
        file = comment(file),
        name = quoted(&naming.name),
        reference = quoted(&naming.reference),
        store = quoted(&naming.store),
    )
}

/// Writes a source.
pub(super) struct Writer<'a> {
    table: &'a Table,
    sample: &'a Sample,
    out: String,
}

/// The section of a source.
pub(super) fn source(table: &Table, sample: &Sample, naming: &Naming, id: &str, needs: &Needs) -> String {
    let mut writer = Writer { table, sample, out: String::new() };
    writer.document(naming, id);
    writer.layout(needs);
    writer.observe(id);
    writer.expect(needs);
    writer.out
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn note(&mut self, mark: &str, text: &str) {
        let lead = if mark.is_empty() { String::new() } else { format!("{mark}: ") };
        let line = format!("# {lead}{}", comment(text));
        self.line(&line);
    }

    fn key(&mut self, key: &str, value: &str) {
        self.line(&format!("{key} = {value}"));
    }

    fn document(&mut self, naming: &Naming, id: &str) {
        self.line("\n[[source]]");
        self.key("id", &quoted(id));
        self.note("", "One file; a pattern such as \"drops/*.csv\" reads the editions to come as well.");
        self.key("file", &quoted(&naming.file));
        self.note(DECIDE, "publisher = \"…\"   (who publishes it)");
        self.note(DECIDE, "licence = \"…\"     (under which terms it may be passed on)");
        let title = self.title();
        match title {
            Some((title, row)) => {
                self.note(GUESS, &format!("the text in row {row}, above the header"));
                self.key("title", &quoted(&title));
            }
            None => self.note(DECIDE, "title = \"…\""),
        }
        match self.table.language {
            Some((language, words)) => {
                self.note(GUESS, &format!("{words} words of headers and labels are of this language"));
                self.key("language", &quoted(language));
            }
            None => self.note(DECIDE, "language = \"…\"    (ISO 639-1)"),
        }
        if let Some((day, None, row)) = &self.table.published {
            self.note(GUESS, &format!("the date in row {row}, above the header; of this edition only"));
            self.key("published_on", &quoted(day));
        }
    }

    fn title(&self) -> Option<(String, u64)> {
        let rows = self.table.header.preamble.iter();
        let texts = rows.flat_map(|(row, texts)| texts.iter().map(move |text| (text, *row)));
        let good = |text: &str| {
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            letters >= 12 && text.split_whitespace().count() >= 3 && !text.contains('@') && text.chars().count() <= 200
        };
        let found: Vec<(String, u64)> = texts
            .filter(|(text, _)| good(text))
            .map(|(text, row)| (text.split_whitespace().collect::<Vec<_>>().join(" "), row))
            .collect();
        let speaks =
            |text: &str| super::words::crime(text).is_some() || super::words::hints(text, super::words::Hint::Value);
        found.iter().find(|(text, _)| speaks(text)).or(found.first()).cloned()
    }

    fn layout(&mut self, needs: &Needs) {
        let mut lines: Vec<String> = Vec::new();
        let table = self.table;
        if let Some((encoding, basis)) = &self.sample.encoding {
            let delimiter = self.sample.delimiter.map_or(',', char::from);
            lines
                .push(format!("# encoding {encoding} ({basis}) and delimiter {delimiter:?} are detected at every run"));
        }
        if let Some(records) = &self.sample.records {
            lines.push(format!("records = {}", quoted(records)));
        }
        if needs.only {
            match self.sample.format {
                Format::Workbook => lines.push(format!("sheet = {}", quoted(&self.sample.title))),
                Format::Html | Format::Pdf => lines.push(format!("table = {}", self.sample.number)),
                _ => {}
            }
        }
        if table.height > 1 {
            lines.push(format!("header_rows = {}", table.height));
        }
        if let Some(row) = needs.header {
            lines.push(format!(
                "# {DECIDE}: the names below stand in another row too; texts of the header are steadier than its row"
            ));
            lines.push(format!("header = {row}"));
        }
        lines.extend(self.marks());
        lines.extend(self.missing());
        if lines.iter().any(|line| !line.starts_with('#')) || self.sample.format != Format::Csv {
            self.line(&format!("\n[source.{}]", self.sample.format.word()));
        } else {
            self.line("");
        }
        for line in lines {
            self.line(&line);
        }
    }

    /// The marks of numbers, where they are not proven.
    fn marks(&self) -> Vec<String> {
        let Err(unproven) = &self.table.marks else { return Vec::new() };
        let Marks { decimal, thousands } = self.table.likely_marks();
        let thousands = thousands.map(|mark| mark.to_string()).unwrap_or_default();
        vec![
            format!("# {DECIDE}: {}; as publishers in this language mostly write", comment(&unproven.to_string())),
            format!("decimal = {}", quoted(&decimal.to_string())),
            format!("thousands = {}", quoted(&thousands)),
        ]
    }

    /// Texts in the place of numbers that no list knows.
    fn missing(&self) -> Vec<String> {
        let mut odd: Vec<(&str, u64)> = Vec::new();
        for column in self.table.of_role(&Role::Value) {
            let Some(profile) = self.table.profiles.get(column) else { continue };
            for label in &profile.odd {
                if !odd.iter().any(|(text, _)| *text == label.text) {
                    odd.push((&label.text, label.row));
                }
            }
        }
        if odd.is_empty() {
            return Vec::new();
        }
        let entries: Vec<(String, String)> =
            odd.iter().take(8).map(|(text, _)| ((*text).to_owned(), "O".to_owned())).collect();
        let row = odd.first().map(|(_, row)| *row).unwrap_or_default();
        vec![
            format!(
                "# {DECIDE}: texts where numbers are expected (row {row}) that marker.csv does not know go to quarantine until"
            ),
            "#         it is said what they mean: O missing, M cannot exist, L not collected, Q suppressed …"
                .to_owned(),
            format!("# missing = {}", comment(&map(&entries))),
        ]
    }

    fn column(&self, column: usize) -> String {
        format!("{{ column = {} }}", quoted(self.table.name(column)))
    }

    fn observe(&mut self, id: &str) {
        let table = self.table;
        self.line("\n[source.observe]");
        self.note(DECIDE, "a short name of the publication, the same for all editions");
        self.key("dataset", &quoted(&id.to_uppercase()));
        self.area();
        self.period();
        self.crime();
        let added = table.aggregate.is_some();
        if let Some((column, map_of)) = &table.sex {
            let entries: Vec<(String, String)> =
                map_of.iter().map(|(label, code)| (label.clone(), (*code).to_owned())).collect();
            let value = inline(&[("column".into(), quoted(table.name(*column))), ("map".into(), map(&entries))]);
            self.key("sex", &value);
        }
        if let Some((column, codes)) = table.age.filter(|_| !added).zip(self.ages()) {
            self.key("age", &inline(&[("column".into(), quoted(table.name(column))), ("map".into(), map(&codes))]));
        }
        let measures: Vec<&Measure> = table.measures.iter().filter(|measure| measure.left.is_none()).collect();
        if let [only] = measures.as_slice() {
            self.measure(only, false, &measures);
        }
        self.breakdown();
        self.rows_apart();
        self.ignored();
        if measures.len() != 1 {
            for measure in &measures {
                self.line("\n[[source.observe.measure]]");
                self.measure(measure, true, &measures);
            }
        }
        self.dropped();
    }

    fn area(&mut self) {
        let table = self.table;
        let Some(area) = &table.area else {
            if let Some(column) = table.area_hint {
                self.note(
                    DECIDE,
                    &format!(
                        "no list knows the labels of `{}`: add them to area_alias.csv or name a scheme, and read them here",
                        table.name(column)
                    ),
                );
            }
            if let Some((code, words)) = &table.country {
                self.note(GUESS, &format!("no column holds known areas; `{words}` is what names one"));
                self.key("ref_area", &quoted(code));
            } else {
                self.note(DECIDE, "no column holds known areas and no country is named: write its code of area.csv");
                self.key("ref_area", &quoted("_Z"));
            }
            return;
        };
        let name = area.columns.iter().map(|column| table.name(*column)).collect::<Vec<_>>().join(" / ");
        let mut entries = vec![("column".to_owned(), quoted(&name))];
        if let Some(extract) = &area.extract {
            entries.push(("extract".into(), pattern(extract)));
        }
        entries.push(("codes".into(), quoted("area")));
        if let Some(scheme) = &area.scheme {
            entries.push(("scheme".into(), quoted(scheme)));
        }
        let mut whole = self.area_totals().unwrap_or_default();
        if self.nation_by_blank()
            && let Some((country, _)) = &table.country
        {
            whole.push((String::new(), country.clone()));
        }
        if !whole.is_empty() {
            entries.push(("map".into(), map(&whole)));
        }
        let known = format!("{} of {} labels stand in {}", area.found, area.labels, area.words("area"));
        let unknown: Vec<String> = area.unknown.iter().map(|(label, row)| format!("`{label}` (row {row})")).collect();
        self.note(if area.share() < 0.9 { GUESS } else { "" }, &known);
        if !unknown.is_empty() {
            self.note(DECIDE, &format!("not known, and to quarantine: {}", unknown.join(", ")));
        }
        if !whole.is_empty() {
            self.note(GUESS, "what has no area of its own is the country as a whole");
        }
        self.key("ref_area", &inline(&entries));
    }

    /// Rows without an area that are the sum of the others.
    fn nation_by_blank(&self) -> bool {
        self.table.country.is_some()
            && self.table.nation.is_some_and(|(checked, proven)| checked > 0 && proven * 10 >= checked * 7)
    }

    /// Labels of totals in the column of areas, each with the country that it means.
    fn area_totals(&self) -> Option<Vec<(String, String)>> {
        let (country, _) = self.table.country.as_ref()?;
        let [column] = self.table.area.as_ref()?.columns.as_slice() else { return None };
        if self.table.aggregate.is_some() {
            return None;
        }
        let found = self.table.labelled.iter().find(|found| found.column == *column)?;
        Some(found.labels.iter().map(|label| (label.clone(), country.clone())).collect())
    }

    fn place(&self, place: &Place) -> String {
        match place {
            Place::Column(column) => self.column(*column),
            Place::Header(level, extract) => {
                let header = if *level == 0 { "true".to_owned() } else { level.to_string() };
                let mut entries = vec![("header".to_owned(), header)];
                entries.extend(extract.iter().map(|extract| ("extract".to_owned(), pattern(extract))));
                inline(&entries)
            }
            Place::Above(extract) => format!("{{ preamble = true, extract = {} }}", pattern(extract)),
            Place::Title(extract) => format!("{{ title = true, extract = {} }}", pattern(extract)),
            Place::Document(extract) => format!("{{ document = true, extract = {} }}", pattern(extract)),
        }
    }

    fn period(&mut self) {
        let Some(when) = &self.table.when else {
            self.note(
                DECIDE,
                "no period is found. Until it is said, every row is refused: the name of the file holds no year",
            );
            let value = inline(&[("year".into(), self.place(&Place::Document(super::when::YEAR.to_owned())))]);
            self.key("period", &value);
            return;
        };
        let mut entries: Vec<(String, String)> =
            when.parts.iter().map(|(part, place)| ((*part).to_owned(), self.place(place))).collect();
        // Rows of a day that are added up are few each; a month tells less of persons.
        if when.freq == Some("D") && self.table.aggregate.is_some() {
            entries.push(("freq".into(), quoted("M")));
        }
        if when.month_first || when.order_open {
            entries.push(("order".into(), quoted(if when.month_first { "mdy" } else { "dmy" })));
        }
        self.note(if when.guessed { GUESS } else { "" }, &when.how.join("; "));
        self.key("period", &inline(&entries));
        if let Some((day, Some(label), row)) = &self.table.published {
            self.note(GUESS, &format!("beside `{label}` in row {row} stands {day}"));
            self.key("vintage", &format!("{{ preamble = {} }}", quoted(label)));
        }
    }

    fn crime(&mut self) {
        let table = self.table;
        if let Some(crime) = &table.crime {
            let names: Vec<String> = crime.columns.iter().map(|column| quoted(table.name(*column))).collect();
            let from = match names.as_slice() {
                [only] => ("column".to_owned(), only.clone()),
                _ => ("columns".to_owned(), format!("[{}]", names.join(", "))),
            };
            let mut entries = vec![from, ("codes".into(), quoted("crime"))];
            entries.extend(crime.scheme.iter().map(|scheme| ("scheme".to_owned(), quoted(scheme))));
            self.note("", &format!("{} of {} labels stand in {}", crime.found, crime.labels, crime.words("crime")));
            let unknown: Vec<String> =
                crime.unknown.iter().map(|(label, row)| format!("`{label}` (row {row})")).collect();
            if !unknown.is_empty() {
                self.note(DECIDE, &format!("not known, and to quarantine: {}", unknown.join(", ")));
            }
            self.key("crime", &inline(&entries));
        } else if table.measures.iter().all(|measure| measure.scheme.is_none()) {
            match &table.said_crime {
                Some((code, word)) => {
                    self.note(GUESS, &format!("`{word}` beside the table"));
                    self.key("crime", &quoted(code));
                }
                None => self.note(DECIDE, "crime = \"…\"   (ICCS code where all rows speak of one kind of offence; or a column with codes = \"crime\")"),
            }
        }
    }

    fn measure(&mut self, measure: &Measure, block: bool, all: &[&Measure]) {
        let table = self.table;
        let names: Vec<String> = measure.columns.iter().map(|column| quoted(table.name(*column))).collect();
        match (&measure.pattern, names.as_slice()) {
            (Some(found), _) => self.key("values", &format!("{{ pattern = {} }}", pattern(found))),
            (None, []) => self.key("values", "{ rows = true }"),
            (None, [only]) => self.key("values", only),
            (None, _) => self.key("values", &format!("[{}]", names.join(", "))),
        }
        match &measure.by {
            Some(word) => self.note(GUESS, &format!("by the word `{word}`")),
            None => self.note(DECIDE, "nothing says what is counted: a code of indicator.csv, and of unit.csv"),
        }
        self.key("indicator", &quoted(measure.indicator));
        match &table.unit {
            Some((column, units)) => {
                let entries: Vec<(String, String)> = units
                    .iter()
                    .map(|(label, unit)| (label.clone(), if unit.is_empty() { measure.unit } else { unit }.to_owned()))
                    .collect();
                let value = inline(&[("column".into(), quoted(table.name(*column))), ("map".into(), map(&entries))]);
                self.key("unit", &value);
            }
            None => self.key("unit", &quoted(measure.unit)),
        }
        if let Some(scheme) = &measure.scheme {
            self.note("", &format!("these headers stand in the list crime, scheme {scheme}"));
            self.key("crime", &format!("{{ header = true, codes = \"crime\", scheme = {} }}", quoted(scheme)));
        }
        if let Some(sex) = measure.sex.filter(|_| table.sex.is_none()) {
            self.key("sex", &quoted(sex));
        }
        if !block {
            return;
        }
        let alike = |other: &&&Measure| {
            (other.indicator, other.unit, other.sex) == (measure.indicator, measure.unit, measure.sex)
        };
        if (measure.columns.len() > 1 || measure.scheme.is_some()) && table.wide.is_none()
            || (all.iter().filter(alike).count() > 1 && measure.columns.len() == 1)
        {
            self.key("breakdown", "{ measure = { header = true } }");
        } else if all.iter().filter(alike).count() > 1
            && let Some((rest, _)) =
                table.wide.as_ref().and_then(|wide| wide.groups.iter().find(|(_, columns)| *columns == measure.columns))
        {
            self.key("breakdown", &format!("{{ measure = {} }}", quoted(rest)));
        }
    }

    /// Columns that become dimensions, each with its name.
    fn dimensions(&self) -> Vec<(String, usize)> {
        let mut columns = self.table.of_role(&Role::Breakdown);
        columns.extend(
            self.table
                .of_role(&Role::Crime)
                .into_iter()
                .filter(|column| self.table.profiles.get(*column).is_some_and(|profile| profile.labels.len() > 1)),
        );
        columns.sort_unstable();
        if self.table.aggregate.is_some() {
            columns.retain(|column| self.table.roles.get(*column) == Some(&Some(Role::Crime)));
        }
        let mut names: Vec<(String, usize)> = Vec::new();
        for column in columns {
            let slug = slug(self.table.name(column), '_');
            let slug = if slug.is_empty() { format!("column_{}", column + 1) } else { slug };
            let twice = names.iter().any(|(known, _)| *known == slug);
            names.push((if twice { format!("{slug}_{}", column + 1) } else { slug }, column));
        }
        names
    }

    /// The labels of the column of ages with their codes; none where a label has none.
    fn ages(&self) -> Option<Vec<(String, String)>> {
        let profile = self.table.profiles.get(self.table.age?)?;
        if profile.more() || profile.labels.is_empty() {
            return None;
        }
        profile.labels.iter().map(|label| Some((label.text.clone(), super::ages::code(&label.text)?))).collect()
    }

    fn breakdown(&mut self) {
        let mut entries: Vec<(String, String)> =
            self.dimensions().into_iter().map(|(name, column)| (name, self.column(column))).collect();
        // Ages that are no groups of the list tell rows apart all the same.
        let ages = self.table.age.filter(|_| self.table.aggregate.is_none() && self.ages().is_none());
        entries.extend(ages.map(|column| ("age".to_owned(), self.column(column))));
        let measures: Vec<&Measure> = self.table.measures.iter().filter(|measure| measure.left.is_none()).collect();
        if let [only] = measures.as_slice()
            && only.columns.len() > 1
            && self.table.wide.is_none()
        {
            entries.push(("measure".into(), "{ header = true }".into()));
        }
        if !entries.is_empty() {
            self.note("", "what else tells rows apart");
            self.key("breakdown", &inline(&entries));
        }
    }

    fn rows_apart(&mut self) {
        let table = self.table;
        if let Some(why) = &table.aggregate {
            self.note(GUESS, &format!("{why}. Rows are added up, and no single one is published"));
            self.key("aggregate", "true");
            self.note(DECIDE, "suppress_below = 5   (sums below are held back, where they could point at persons)");
        }
        let fill: Vec<String> = table
            .fill_down
            .iter()
            .filter(|column| !matches!(table.roles.get(**column), Some(Some(Role::Left(_)) | None)))
            .map(|column| quoted(table.name(*column)))
            .collect();
        if !fill.is_empty() {
            self.note("", "a blank repeats the label of its block");
            self.key("fill_down", &format!("[{}]", fill.join(", ")));
        }
        if let Some(found) = &table.footer.pattern {
            let first = table.footer.rows.first().map(|(row, text)| format!("row {row}: {text}")).unwrap_or_default();
            self.note("", &format!("{} rows below the body, from {first}", table.footer.rows.len()));
            self.key("footer", &pattern(found));
        }
        self.totals();
    }

    fn totals(&mut self) {
        let table = self.table;
        if let Some(nested) = &table.nested {
            self.note(
                if nested.checked > 0 && nested.proven * 10 >= nested.checked * 9 { "" } else { GUESS },
                &format!(
                    "codes extend each other (`{}` of `{}`), {} of {} checked are the sum of their parts",
                    nested.example.1, nested.example.0, nested.proven, nested.checked
                ),
            );
            let value = inline(&[
                ("column".into(), quoted(table.name(nested.column))),
                ("separator".into(), quoted(&nested.separator.to_string())),
            ]);
            self.key("totals", &value);
            return;
        }
        if self.nation_by_blank()
            && let (Some(area), Some((checked, proven))) = (&table.area, table.nation)
        {
            let column = area.columns.first().map(|column| table.name(*column)).unwrap_or_default();
            self.note(
                "",
                &format!("rows without an area: {proven} of {checked} values checked are the sum of the others"),
            );
            self.key("totals", &format!("{{ column = {}, labels = [\"\"] }}", quoted(column)));
            return;
        }
        let marked = |found: &&Labelled| self.is_marked(found);
        if let Some(found) = table.labelled.iter().filter(marked).max_by_key(|found| found.rows) {
            self.note("", &proof(found));
            let labels: Vec<String> = found.labels.iter().map(|label| quoted(label)).collect();
            let value = inline(&[
                ("column".into(), quoted(table.name(found.column))),
                ("labels".into(), format!("[{}]", labels.join(", "))),
            ]);
            self.key("totals", &value);
        }
    }

    /// Whether totals of a column are published and marked, not left out.
    fn is_marked(&self, found: &Labelled) -> bool {
        let table = self.table;
        let in_rows = matches!(table.roles.get(found.column), Some(Some(Role::Breakdown)));
        let of_area =
            self.area_totals().is_some() && table.area.as_ref().is_some_and(|area| area.columns == [found.column]);
        table.aggregate.is_none() && (in_rows || of_area)
    }

    fn ignored(&mut self) {
        let table = self.table;
        let added = table.aggregate.is_some();
        let mut lines: Vec<(String, String)> = Vec::new();
        let dimensions: Vec<usize> = self.dimensions().into_iter().map(|(_, column)| column).collect();
        for (column, role) in table.roles.iter().enumerate() {
            let why = match role {
                Some(Role::Left(why)) => why.clone(),
                Some(Role::Breakdown | Role::Age) if added && !dimensions.contains(&column) => {
                    "would tell single cases apart; a breakdown, where it may be".to_owned()
                }
                Some(Role::Value) => {
                    let own = table.measures.iter().find(|measure| measure.columns.contains(&column));
                    match own.and_then(|measure| measure.left.clone()) {
                        Some(why) => why,
                        None => continue,
                    }
                }
                Some(_) => continue,
                None => "not understood".to_owned(),
            };
            let name = quoted(table.name(column));
            if !lines.iter().any(|(known, _)| *known == name) {
                lines.push((name, why));
            }
        }
        if lines.is_empty() {
            return;
        }
        self.note("", "knowingly not read; a column that is neither read nor named here stops the source");
        self.line("ignore = [");
        let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default().min(40);
        for (name, why) in lines {
            let pad = " ".repeat(width.saturating_sub(name.chars().count()));
            self.line(&format!("    {name},{pad}   # {}", comment(&why)));
        }
        self.line("]");
    }

    fn dropped(&mut self) {
        let table = self.table;
        let drop: Vec<&Labelled> = table.labelled.iter().filter(|found| !self.is_marked(found)).collect();
        for found in drop {
            if matches!(table.roles.get(found.column), Some(Some(Role::Crime))) && table.nested.is_some() {
                continue;
            }
            self.line("\n[[source.observe.drop]]");
            self.note("", &proof(found));
            self.key("column", &quoted(table.name(found.column)));
            let labels: Vec<String> = found.labels.iter().map(|label| quoted(label)).collect();
            self.key("equals", &format!("[{}]", labels.join(", ")));
            self.key("rule", "\"total\"");
        }
    }

    fn expect(&mut self, needs: &Needs) {
        let Some(percent) = needs.quarantine else { return };
        self.line("\n[source.expect]");
        self.note(
            DECIDE,
            "so much goes to quarantine as the file stands; lower it once labels and texts are known (default 5 %)",
        );
        let mut value = String::new();
        let _ = write!(value, "{percent} %");
        self.key("quarantine_max", &quoted(&value));
    }
}

fn proof(found: &Labelled) -> String {
    let labels: Vec<String> = found.labels.iter().take(4).map(|label| format!("`{label}`")).collect();
    format!(
        "{} rows are totals by their label {} (first in row {}); {} of {} values checked are the sum of others",
        found.rows,
        labels.join(", "),
        found.first,
        found.proven,
        found.checked
    )
}
