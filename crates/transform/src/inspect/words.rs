//! Words by which publishers name columns, in English, Spanish, Portuguese and French. A word is a
//! hint, never a proof: what a column is must be said by its values too.

use crate::codes::fold;

/// What the words of a header hint at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hint {
    /// An area.
    Area,
    /// A code or identifier.
    Code,
    /// A year.
    Year,
    /// A month.
    Month,
    /// A quarter.
    Quarter,
    /// A day of the month.
    Day,
    /// A date or period.
    Date,
    /// The sex of persons.
    Sex,
    /// The age of persons.
    Age,
    /// The unit of the values.
    Unit,
    /// Values.
    Value,
    /// A state of the row (how final it is, its rank), neither key nor value.
    State,
}

const WORDS: [(Hint, &[&str]); 12] = [
    (
        Hint::Area,
        &[
            "pais",
            "country",
            "countries",
            "nation",
            "pays",
            "departamento",
            "departement",
            "department",
            "dpto",
            "depto",
            "provincia",
            "province",
            "prov",
            "estado",
            "state",
            "etat",
            "entidad",
            "entity",
            "region",
            "regiao",
            "municipio",
            "munic",
            "municipality",
            "commune",
            "comuna",
            "county",
            "district",
            "distrito",
            "canton",
            "uf",
            "territorio",
            "territory",
            "territoire",
            "area",
            "jurisdiccion",
            "jurisdiction",
            "ciudad",
            "city",
            "localidad",
            "iso3",
            "iso2",
            "iso",
            "geo",
            "place",
            "lugar",
            "ubigeo",
            "inegi",
            "dane",
            "ibge",
            "indec",
            "fips",
            "parish",
            "parroquia",
        ],
    ),
    (
        Hint::Code,
        &[
            "cod", "codigo", "code", "codes", "id", "clave", "cve", "iso", "iso3", "iso2", "fips", "ubigeo", "inegi",
            "dane", "ibge", "indec", "ref", "abbr", "sigla", "nro", "key", "uuid", "folio",
        ],
    ),
    (Hint::Year, &["ano", "anio", "anho", "year", "annee", "yr", "vano", "gestion", "exercice"]),
    (Hint::Month, &["mes", "month", "mois"]),
    (Hint::Quarter, &["trimestre", "quarter", "trim"]),
    (Hint::Day, &["dia", "day", "jour"]),
    (Hint::Date, &["fecha", "date", "data", "periodo", "period", "periode", "datum"]),
    (Hint::Sex, &["sexo", "sex", "sexe", "genero", "gender", "genre"]),
    (Hint::Age, &["edad", "edades", "age", "idade", "etario", "etaria", "ages"]),
    (Hint::Unit, &["unidad", "unit", "unidade", "unite", "medida", "measurement", "mesure"]),
    (
        Hint::Value,
        &[
            "cantidad",
            "valor",
            "value",
            "val",
            "obs",
            "casos",
            "cases",
            "cas",
            "count",
            "counts",
            "numero",
            "number",
            "total",
            "hechos",
            "ocurrencias",
            "ocorrencias",
            "quantidade",
            "qtd",
            "qtde",
            "nombre",
            "cifra",
            "frecuencia",
            "frequency",
            "effectif",
            "denuncias",
            "delitos",
            "victimas",
            "vitimas",
            "victims",
            "victimes",
            "tasa",
            "taxa",
            "taux",
            "rate",
            "faits",
            "reports",
            "offences",
            "incidents",
            "crimes",
        ],
    ),
    (
        Hint::State,
        &[
            "fase",
            "phase",
            "flag",
            "status",
            "orden",
            "ordem",
            "rank",
            "ranking",
            "nivel",
            "level",
            "decimal",
            "version",
            "latitud",
            "latitude",
            "longitud",
            "longitude",
            "lat",
            "lon",
            "lng",
        ],
    ),
];

/// Words of persons, of things that name or find one.
const OF_PERSONS: [&str; 22] = [
    "victima",
    "victim",
    "vitima",
    "victime",
    "persona",
    "person",
    "pessoa",
    "personne",
    "completo",
    "full",
    "detenido",
    "imputado",
    "suspect",
    "sospechoso",
    "acusado",
    "agent",
    "oficial",
    "officer",
    "denunciante",
    "holder",
    "owner",
    "madre",
];
/// Words for a name.
const NAMES: [&str; 9] = ["nombre", "nombres", "name", "names", "nome", "nomes", "nom", "prenom", "prenoms"];
/// Words that alone name or find a person.
const PERSONAL: [&str; 44] = [
    "apellido",
    "apellidos",
    "sobrenome",
    "surname",
    "lastname",
    "firstname",
    "forename",
    "apodo",
    "alias",
    "dni",
    "cedula",
    "cpf",
    "rut",
    "curp",
    "passport",
    "pasaporte",
    "passaporte",
    "passeport",
    "nacimiento",
    "nascimento",
    "birth",
    "naissance",
    "dob",
    "birthdate",
    "telefono",
    "telefone",
    "phone",
    "telephone",
    "email",
    "correo",
    "direccion",
    "address",
    "endereco",
    "adresse",
    "domicilio",
    "placa",
    "patente",
    "latitud",
    "latitude",
    "longitud",
    "longitude",
    "coordenadas",
    "nif",
    "ssn",
];

/// The words of a name: without case and accents, parted where letters, digits and case change.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(name.len() + 8);
    let mut before: Option<char> = None;
    for c in name.chars() {
        if c.is_uppercase() && before.is_some_and(char::is_lowercase) {
            spaced.push(' ');
        }
        spaced.push(c);
        before = Some(c);
    }
    let folded = fold(&spaced);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Whether a name holds a word of this hint.
pub(super) fn hints(name: &str, hint: Hint) -> bool {
    let words = words(name);
    let known = WORDS.iter().find(|(of, _)| *of == hint).map(|(_, known)| *known).unwrap_or_default();
    words.iter().any(|word| known.contains(&word.as_str()))
}

/// The word of a header that says its column is about single persons.
pub(super) fn personal(name: &str) -> Option<String> {
    let words = words(name);
    let alone = words.iter().find(|word| PERSONAL.contains(&word.as_str()));
    let named = words.iter().find(|word| NAMES.contains(&word.as_str()));
    let of_person = words.iter().any(|word| OF_PERSONS.contains(&word.as_str()));
    let document = words.iter().any(|word| word == "documento" || word == "document")
        && words.iter().any(|word| ["numero", "nro", "num", "identidad", "number", "no"].contains(&word.as_str()));
    alone.or(named.filter(|_| of_person)).cloned().or_else(|| document.then(|| "documento".to_owned()))
}

/// Whether a header is a bare word for a name.
pub(super) fn is_a_name(name: &str) -> bool {
    matches!(words(name).as_slice(), [word] if NAMES.contains(&word.as_str()))
}

/// What a measure counts, as far as words tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meant {
    /// Code of indicator.csv.
    pub(super) indicator: &'static str,
    /// Code of unit.csv.
    pub(super) unit: &'static str,
    /// The words that tell; none where it is a mere default.
    pub(super) by: Option<String>,
}

/// Stems of which one must stand there, stems of which one must as well, indicator, unit, indicator as a rate.
type Told = (&'static [&'static str], &'static [&'static str], &'static str, &'static str, Option<&'static str>);

/// Stems that tell an indicator, with what they stand for as a count and as a rate.
const INDICATORS: [Told; 12] = [
    (&["poblacion", "population", "populacao", "habitantes"], &[], "population", "person", None),
    (
        &["arma", "firearm", "weapon", "arme"],
        &["incaut", "seiz", "apreen", "apreh", "decom", "saisi"],
        "arms-seized",
        "firearm",
        None,
    ),
    (
        &["municion", "ammunition", "munic"],
        &["incaut", "seiz", "apreen", "decom", "saisi"],
        "ammunition-seized",
        "round",
        None,
    ),
    (&["desaparec", "missing", "disparu"], &["person", "pessoa"], "missing-persons", "person", None),
    (&["condena", "convict", "condamn"], &["person", "pessoa"], "persons-convicted", "person", None),
    (&["exploit", "explota"], &["child", "nino", "crian", "enfant"], "child-exploitation-reports", "report", None),
    (&["vulnerab"], &[], "vulnerabilities-added", "record", None),
    (&["homicid"], &[], "homicide-victims", "victim", Some("homicide-rate")),
    (&["victim", "vitima"], &[], "victims-recorded", "victim", Some("victims-rate")),
    (&["detenid", "detencion", "arrest", "prisao", "prisoes"], &[], "arrests", "arrest", None),
    (&["carpeta"], &[], "investigations-opened", "case-file", None),
    (&["denuncia", "plainte"], &[], "police-reports", "report", None),
];

/// What a measure counts, told by its header, else by further texts (title, name of the file).
pub(super) fn meant(header: &str, further: &str) -> Meant {
    let is_rate = is_rate(header) || (is_rate(further) && !hints(header, Hint::Value));
    for (text, near) in [(header, true), (further, false)] {
        let words = words(text);
        let has = |stems: &[&str]| words.iter().find(|word| stems.iter().any(|stem| word.starts_with(stem))).cloned();
        for (stems, with, indicator, unit, rate) in INDICATORS {
            let Some(word) = has(stems) else { continue };
            if !with.is_empty() && has(with).is_none() {
                continue;
            }
            // What a title says is not what each of several columns counts.
            let by = Some(if near { word } else { format!("{word} (beside the table)") });
            return match (is_rate, rate) {
                (true, Some(rate)) => Meant { indicator: rate, unit: "per-100k", by },
                (true, None) => continue,
                (false, _) => Meant { indicator, unit, by },
            };
        }
    }
    if is_rate {
        return Meant { indicator: "offences-rate", unit: "per-100k", by: Some("rate".to_owned()) };
    }
    let offences = ["hecho", "delito", "crime", "offence", "incident", "ocorrencia", "fait", "infraction", "casos"];
    let by = words(header).into_iter().find(|word| offences.iter().any(|stem| word.starts_with(stem)));
    Meant { indicator: "offences-recorded", unit: "offence", by }
}

/// Whether words speak of a rate.
pub(super) fn is_rate(text: &str) -> bool {
    let words = words(text);
    let rate = |word: &String| ["tasa", "tasas", "taxa", "taxas", "taux", "rate", "rates"].contains(&word.as_str());
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    words.iter().any(rate)
        || (digits.contains("100000")
            && words.iter().any(|word| ["per", "por", "pour", "cada"].contains(&word.as_str())))
}

/// Whether words speak of a share.
pub(super) fn is_share(text: &str) -> bool {
    let share = ["porcentaje", "percent", "percentage", "pourcentage", "percentual", "share", "participacion", "pct"];
    text.contains('%') || words(text).iter().any(|word| share.contains(&word.as_str()))
}

/// Stems of offences with the ICCS code that they mean.
const CRIMES: [(&[&str], &str); 14] = [
    (&["homicid", "asesinat", "murder", "feminicid", "femicid"], "0101"),
    (&["robo", "roubo", "robbery"], "0401"),
    (&["hurto", "furto", "theft", "larcen"], "0502"),
    (&["burglar", "cambriolag"], "0501"),
    (&["violacion", "estupro", "rape"], "03011"),
    (&["secuestro", "sequestro", "kidnap", "enlevement"], "020221"),
    (&["extorsi", "extorsa", "extort"], "02051"),
    (&["estafa", "estelionato", "escroquerie", "fraud"], "0701"),
    (&["trata"], "0204"),
    (&["lesion", "lesao", "assault"], "0201"),
    (&["droga", "drug", "estupefacient", "drogue"], "0601"),
    (&["ciberdelit", "cybercrim", "cibercrim"], "0903"),
    (&["extorqu"], "02051"),
    (&["vulnerab"], "0903"),
];

/// The one kind of offence that texts speak of, with the word; none where they speak of several.
pub(super) fn crime(text: &str) -> Option<(&'static str, String)> {
    let words = words(text);
    let mut found: Option<(&'static str, String)> = None;
    for (stems, code) in CRIMES {
        let Some(word) = words.iter().find(|word| stems.iter().any(|stem| word.starts_with(stem))) else { continue };
        match &found {
            Some((other, _)) if *other != code => return None,
            Some(_) => {}
            None => found = Some((code, word.clone())),
        }
    }
    found
}

/// Labels of sexes, folded, with the SDMX code; `m` may be either, which the other labels tell.
const SEXES: [(&str, &str); 34] = [
    ("male", "M"),
    ("males", "M"),
    ("masculino", "M"),
    ("masculin", "M"),
    ("hombre", "M"),
    ("hombres", "M"),
    ("homem", "M"),
    ("homens", "M"),
    ("homme", "M"),
    ("hommes", "M"),
    ("varon", "M"),
    ("varones", "M"),
    ("h", "M"),
    ("men", "M"),
    ("female", "F"),
    ("females", "F"),
    ("femenino", "F"),
    ("feminino", "F"),
    ("feminin", "F"),
    ("mujer", "F"),
    ("mujeres", "F"),
    ("mulher", "F"),
    ("mulheres", "F"),
    ("femme", "F"),
    ("femmes", "F"),
    ("f", "F"),
    ("women", "F"),
    ("ambos sexos", "_T"),
    ("ambos", "_T"),
    ("both sexes", "_T"),
    ("les deux sexes", "_T"),
    ("not applicable", "_Z"),
    ("no aplica", "_Z"),
    ("na", "_Z"),
];
const UNKNOWN: [&str; 16] = [
    "unknown",
    "desconocido",
    "desconhecido",
    "inconnu",
    "no reporta",
    "no reportado",
    "sin dato",
    "sin datos",
    "ignorado",
    "ignorada",
    "nao informado",
    "no especificado",
    "no identificado",
    "indeterminado",
    "sin determinar",
    "other",
];

/// The SDMX code of each of these labels, where they are sexes: all known, one of them male or female.
pub(super) fn sexes(labels: &[&str]) -> Option<Vec<(String, &'static str)>> {
    let folded: Vec<String> = labels.iter().map(|label| fold(label.trim_end_matches('.'))).collect();
    let with_h = folded.iter().any(|label| label == "h");
    let code = |label: &str| -> Option<&'static str> {
        if label == "m" {
            return Some(if with_h { "F" } else { "M" });
        }
        if UNKNOWN.contains(&label) {
            return Some("_U");
        }
        if crate::observe::totals::is_total_word(label) {
            return Some("_T");
        }
        SEXES.iter().find(|(known, _)| *known == label).map(|(_, code)| *code)
    };
    let codes: Option<Vec<&'static str>> = folded.iter().map(|label| code(label)).collect();
    let codes = codes.filter(|codes| codes.iter().any(|code| ["M", "F"].contains(code)))?;
    Some(labels.iter().map(ToString::to_string).zip(codes).collect())
}

/// The SDMX code of a header that names a sex, and the word.
pub(super) fn sex_of_header(name: &str) -> Option<&'static str> {
    let words = words(name);
    let of = |word: &String| match word.as_str() {
        "masc" | "masculino" | "male" | "males" | "hombres" | "homens" | "hommes" | "varones" => Some("M"),
        "fem" | "femenino" | "feminino" | "female" | "females" | "mujeres" | "mulheres" | "femmes" => Some("F"),
        "sd" | "desconocido" | "unknown" => Some("_U"),
        _ => None,
    };
    words.iter().find_map(of)
}

/// Words that tell a language, folded.
const LANGUAGES: [(&str, &[&str]); 4] = [
    (
        "en",
        &[
            "the", "of", "year", "country", "rate", "count", "and", "by", "january", "may", "value", "source", "per",
            "total", "state", "homicide", "recorded", "date", "updated",
        ],
    ),
    (
        "es",
        &[
            "el",
            "los",
            "del",
            "las",
            "enero",
            "mayo",
            "delito",
            "delitos",
            "tasa",
            "departamento",
            "provincia",
            "entidad",
            "victimas",
            "fecha",
            "hurto",
            "robo",
            "fuente",
            "policia",
            "cantidad",
            "con",
            "anio",
            "nombre",
            "y",
            "por",
        ],
    ),
    (
        "pt",
        &[
            "dos",
            "das",
            "do",
            "da",
            "nao",
            "furto",
            "roubo",
            "vitimas",
            "ocorrencias",
            "janeiro",
            "maio",
            "taxa",
            "fonte",
            "policia",
            "quantidade",
            "doloso",
            "lesao",
            "prisoes",
            "e",
            "por",
            "mes",
        ],
    ),
    (
        "fr",
        &[
            "le",
            "les",
            "des",
            "et",
            "janvier",
            "mai",
            "taux",
            "annee",
            "departement",
            "faits",
            "vols",
            "pays",
            "par",
            "du",
            "source",
            "nombre",
            "aout",
        ],
    ),
];

/// The language that most words speak, with how many do; none where two are as likely.
pub(super) fn language<'t>(texts: impl Iterator<Item = &'t str>) -> Option<(&'static str, usize)> {
    let mut counts = [0_usize; LANGUAGES.len()];
    for text in texts {
        for word in words(text) {
            for (count, (_, known)) in counts.iter_mut().zip(LANGUAGES) {
                *count += usize::from(known.contains(&word.as_str()));
            }
        }
    }
    let most = counts.iter().max().copied().filter(|most| *most >= 2)?;
    let mut best = LANGUAGES.iter().zip(counts).filter(|(_, count)| *count == most);
    match (best.next(), best.next()) {
        (Some(((language, _), count)), None) => Some((language, count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_and_folded() {
        assert_eq!(words("Año del Hecho"), ["ano", "del", "hecho"]);
        assert_eq!(words("dateAdded"), ["date", "added"]);
        assert_eq!(words("CODIGO_DANE"), ["codigo", "dane"]);
    }

    #[test]
    fn names_of_places_are_not_names_of_persons() {
        for name in ["Country Name", "provincia_nombre", "state_name", "Indicator Name", "vulnerabilityName", "nombre"]
        {
            assert_eq!(personal(name), None, "{name}");
        }
        for name in ["Nombre de la víctima", "apellidos", "Fecha de nacimiento", "victim name", "DNI", "Nro documento"]
        {
            assert!(personal(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_letter_for_a_sex_is_told_by_the_others() {
        let codes =
            |labels: &[&str]| sexes(labels).map(|found| found.into_iter().map(|(_, code)| code).collect::<Vec<_>>());
        assert_eq!(codes(&["M", "F"]), Some(vec!["M", "F"]));
        assert_eq!(codes(&["H", "M"]), Some(vec!["M", "F"]));
        assert_eq!(codes(&["MASCULINO", "FEMENINO", "NO REPORTA"]), Some(vec!["M", "F", "_U"]));
        assert_eq!(codes(&["Total", "Unknown"]), None);
    }

    #[test]
    fn measures_by_their_words() {
        let of = |header: &str, further: &str| (meant(header, further).indicator, meant(header, further).unit);
        assert_eq!(of("Homicide rate per 100,000 population", ""), ("homicide-rate", "per-100k"));
        assert_eq!(of("cantidad_victimas", ""), ("victims-recorded", "victim"));
        assert_eq!(of("tasa_hechos", ""), ("offences-rate", "per-100k"));
        assert_eq!(of("CANTIDAD", "Homicidios intencionales 2019"), ("homicide-victims", "victim"));
        assert_eq!(of("armas_apreendidas", ""), ("arms-seized", "firearm"));
        assert_eq!(of("x", "y"), ("offences-recorded", "offence"));
        assert_eq!(crime("Robos y hurtos"), None);
        assert_eq!(crime("Homicidios 2019").map(|(code, _)| code), Some("0101"));
    }
}
