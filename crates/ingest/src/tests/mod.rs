//! The stage against files and a server on this machine.

mod again;
mod archives;
mod conformance;
mod crawl;
mod files;
mod moody;
mod network;
mod objects;
mod paged;

use std::path::Path;

use quipu_schema::Fault;
use quipu_schema::pipeline::Pipeline;
use quipu_store::{Capture, Context, Ledger, Outcome, Silent, SourceReport, StageReport, Store};

/// A folder with a store and a pipeline.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) ledger: Ledger,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(&folder.path().join("store")).expect("store");
        let ledger = store.ledger().expect("ledger");
        Self { folder, store, ledger }
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        std::fs::write(path, text).expect("file");
    }

    /// A pipeline of these sources, each `id` and its line (`file = …` or `http = …`).
    pub(crate) fn pipeline(&self, sources: &[(&str, &str)]) -> Pipeline {
        let all = sources.iter().map(|(id, line)| format!("[[source]]\nid = \"{id}\"\n{line}\n[source.report]\n"));
        self.parsed(&all.collect::<String>())
    }

    /// A pipeline of one source, of which all that follows its id is given.
    pub(crate) fn pipeline_of(&self, id: &str, rest: &str) -> Pipeline {
        self.parsed(&format!("[[source]]\nid = \"{id}\"\n{rest}"))
    }

    fn parsed(&self, sources: &str) -> Pipeline {
        let text = format!(
            "[pipeline]\nname = \"demo\"\nreference = \"reference\"\ncontact = \"mailto:desk@example.org\"\n\
             [hosts.\"127.0.0.1\"]\nprivate = true\nper_second = 0\nconcurrent = 64\n{sources}"
        );
        Pipeline::parse(&self.folder.path().join("p.toml"), &text).unwrap_or_else(|problems| {
            panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        })
    }

    pub(crate) fn try_run(&self, pipeline: &Pipeline, offline: bool, only: Option<&str>) -> Result<StageReport, Fault> {
        let run = self.ledger.begin_run(&pipeline.name, "ingest", "test").expect("run");
        crate::run(&Context {
            store: &self.store,
            ledger: &self.ledger,
            pipeline,
            run,
            build: "test",
            as_of: None,
            offline,
            only,
            progress: &Silent,
        })
    }

    pub(crate) fn run(&self, pipeline: &Pipeline) -> StageReport {
        self.try_run(pipeline, false, None).expect("report")
    }

    pub(crate) fn captures(&self, source: &str) -> Vec<Capture> {
        self.ledger.current_captures("demo", source).expect("captures")
    }

    pub(crate) fn bytes(&self, capture: &Capture) -> String {
        String::from_utf8(self.store.archive().read(&capture.digest).expect("bytes")).expect("text")
    }

    /// Names of files that are being written.
    pub(crate) fn left_over(&self) -> usize {
        let temporary = self.store.root().join("tmp");
        std::fs::read_dir(temporary).map_or(0, Iterator::count)
    }
}

pub(crate) fn fault(report: &SourceReport) -> &Fault {
    match &report.outcome {
        Outcome::Failed(fault) => fault,
        other => panic!("did not fail: {other:?}"),
    }
}

pub(crate) fn is_done(report: &SourceReport) -> bool {
    matches!(report.outcome, Outcome::Done)
}

pub(crate) fn is_unchanged(report: &SourceReport) -> bool {
    matches!(report.outcome, Outcome::Unchanged)
}

pub(crate) fn names(captures: &[Capture]) -> Vec<&str> {
    captures.iter().map(|capture| capture.name.as_str()).collect()
}

pub(crate) fn tells_no_path(text: &str, place: &Path) -> bool {
    !text.contains(&place.display().to_string())
}
