//! `[source.archive]`: which members of an archive are the documents of a source.

use super::section::{Placed, Section};

/// Members of archives (ZIP, tar, tar.gz, gz) in place of the archives themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// Globs that the path of a member has to match one of; `**` goes into folders.
    pub members: Vec<String>,
    /// Most bytes that one archive may unpack to.
    pub max_bytes: u64,
}

impl Members {
    /// Reads the section.
    pub(super) fn read(section: Section<'_, '_>) -> Self {
        let members = section.texts("members");
        for glob in &members {
            if let Err(error) = glob::Pattern::new(&glob.value) {
                let message = format!("`{}` is not a valid glob: {error}", glob.value);
                section.findings().report(glob.span.clone(), message, None);
            }
        }
        if members.is_empty() {
            section.missing("members", "which members are documents, such as \"*.csv\" or \"**/*.csv\"");
        }
        let max_bytes = section.number("max_mib", 1..=1 << 20).unwrap_or(4_096) << 20;
        section.finish();
        Self { members: members.into_iter().map(|Placed { value, .. }| value).collect(), max_bytes }
    }
}
