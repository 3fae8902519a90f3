//! The statistical checks on every published source, read where the files lie when they are there: all of
//! them publish, and what is found is printed.

use std::path::Path;

use quipu_schema::pipeline::Pipeline;
use quipu_transform::{Reference, transform_source};

/// Pipeline file, source, documents.
const SOURCES: [(&str, &str, &[&str]); 14] = [
    ("argentina", "argentina-snic", &["americas/ar_snic-provincias.csv"]),
    ("brazil-rj", "brazil-rj-state", &["americas/br_isp_rj_DOMensalEstadoDesde1991.csv"]),
    ("brazil-rj", "brazil-rj-precinct", &["americas/br_isp_rj_BaseDPEvolucaoMensalCisp_2017.csv"]),
    ("cisa", "cisa-kev", &["feeds/cisa_kev_2025-08.json"]),
    (
        "colombia",
        "colombia-homicides",
        &["americas/co_ponal_homicidios_2019.xlsx", "americas/co_ponal_homicidios_2023.xls"],
    ),
    ("fbi", "fbi-estimates", &["americas/us_fbi_estimated_crimes_1979_2019.csv"]),
    ("mexico", "mexico-ideff", &["americas/mx_sesnsp_IDEFF_jul25.csv"]),
    ("ncmec", "ncmec-country", &["feeds/ncmec_ocse-reports-per-country.csv"]),
    ("ncmec", "ncmec-year", &["feeds/ncmec_ocse-reports-per-year.csv"]),
    ("owid", "owid-homicide", &["unodc/owid_homicide-rate-unodc.csv"]),
    ("unodc", "unodc-firearms", &["unodc/data_iafq_firearms_trafficking_2022-06-17.csv"]),
    ("unodc", "unodc-firearms-parts", &["unodc/data_iafq_firearms_trafficking_2022-06-17.csv"]),
    ("unodc", "unodc-firearms-tracing", &["unodc/data_iafq_firearms_trafficking_2022-06-17.csv"]),
    ("worldbank", "worldbank-homicide", &["unodc/wb_API_VC.IHR.PSRC.P5_DS2_en_csv_v2_4355130.csv"]),
];

#[test]
fn every_published_source_publishes_and_findings_are_few() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = root.join("../shared/data/published");
    if !data.is_dir() {
        println!("skipped: the published files are not there");
        return;
    }
    let reference = Reference::load(&root.join("data/reference")).unwrap_or_else(|fault| panic!("{fault}"));
    for (file, source, documents) in SOURCES {
        let path = root.join(format!("pipelines/published/{file}.toml"));
        let text = std::fs::read_to_string(&path).expect("a pipeline file");
        let pipeline = Pipeline::parse(&path, &text).expect("a sound pipeline file");
        let source = pipeline.source(source).expect("a source");
        let bytes: Vec<(&str, Vec<u8>)> =
            documents.iter().map(|name| (*name, std::fs::read(data.join(name)).expect("a published file"))).collect();
        let inputs: Vec<(&str, &[u8])> = bytes.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        let made = transform_source(source, &inputs, &reference).unwrap_or_else(|fault| panic!("{fault}"));
        println!("{}: {}", source.id, made.tally);
        let mut warnings = 0;
        for found in &made.findings {
            println!("  {} {}: {} findings, {} places", found.severity, found.check, found.findings, found.places);
            for line in &found.first {
                println!("      {line}");
            }
            assert_ne!(found.severity, "error", "{}", source.id);
            warnings += if found.severity == "warning" { found.findings } else { 0 };
        }
        let most = made.tally.published / 200 + 20;
        assert!(warnings <= most, "{}: {warnings} warnings are too many to be read", source.id);
    }
}
