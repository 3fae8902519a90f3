//! Samples of formats that are text, or small: the documents from which fuzzing starts.

use std::path::Path;

use quipu_readers::{Content, Limits, reader, sniff};
use quipu_schema::pipeline::{Format, Layout};

use super::Sample;

/// The documents of `fuzz/corpus` that are what their folder says.
pub(crate) fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for format in [Format::Json, Format::Html, Format::Parquet, Format::Pdf] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(format.word());
        let mut files: Vec<_> =
            std::fs::read_dir(folder).expect("corpus").map(|entry| entry.expect("entry").path()).collect();
        files.sort();
        let before = samples.len();
        for file in files {
            let bytes = std::fs::read(&file).expect("a file");
            let layout = Layout::default();
            let reads = reader(format).expect("a reader").read(&bytes, &layout, &Limits::default()).is_ok();
            if reads && sniff(Content::Memory(&bytes)).expect("memory") == format {
                let name = file.file_name().expect("a name").to_string_lossy().into_owned();
                samples.push(Sample { name: format!("{} {name}", format.word()).leak(), format, bytes, layout });
            }
        }
        assert!(samples.len() >= before + 2, "{format:?} has too few samples");
    }
    samples
}
