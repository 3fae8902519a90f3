//! `http = { … }` of a source, and `[hosts]`: what is fetched, how far to go for it, and how hosts are treated.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::section::{Placed, Section};

/// Addresses of documents.
#[derive(Debug, Clone)]
pub struct HttpSource {
    /// The addresses, in the order of the file.
    pub urls: Vec<String>,
    /// How far to go for each.
    pub reach: Reach,
}

/// How far to go for a document, and as whom.
#[derive(Debug, Clone)]
pub struct Reach {
    /// How far.
    pub limits: Limits,
    /// Headers whose values are in environment variables: header and variable.
    pub secret_headers: Vec<(String, String)>,
    /// Query keys whose values are in environment variables: key and variable.
    pub secret_query: Vec<(String, String)>,
}

/// How far to go for a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest body, in bytes.
    pub max_bytes: u64,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest silence while bytes are read.
    pub idle_timeout: Duration,
    /// Longest time for one try.
    pub total_timeout: Duration,
    /// Most redirects that are followed.
    pub max_redirects: usize,
    /// Most tries, the first included.
    pub tries: u32,
}

/// `[hosts."NAME"]` or `[hosts."NAME:PORT"]`: how a host is treated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HostRules {
    /// Requests at a time.
    pub concurrent: Option<u64>,
    /// Requests a second; 0 for as many as it answers.
    pub per_second: Option<f64>,
    /// Whether its addresses may be private ones, such as those of an intranet or of this machine.
    pub private: bool,
}

const MIB: u64 = 1 << 20;

impl HttpSource {
    /// Reads `http` of a source, where there is one.
    pub(super) fn read(section: &Section<'_, '_>) -> Option<Self> {
        let http = section.section("http")?;
        let mut urls: Vec<Placed<String>> = Vec::new();
        match (http.has("url"), http.has("urls")) {
            (true, true) => {
                http.findings().report(http.span(), "`http` has either `url` or `urls`, not both", None);
                urls.extend(http.text("url"));
                http.texts("urls");
            }
            (false, true) => urls = http.texts("urls"),
            (_, false) => urls.extend(http.required_text("url", "the address to fetch")),
        }
        let mut seen = BTreeSet::new();
        for url in &urls {
            check_address(&http, url);
            if !seen.insert(url.value.as_str()) {
                http.findings().report(url.span.clone(), "this address is named twice", None);
            }
        }
        let reach = Reach::read(&http, 512);
        http.finish();
        Some(Self { urls: urls.into_iter().map(|url| url.value).collect(), reach })
    }
}

impl Limits {
    /// Reads the keys of a section; a body may have so many MiB where nothing is said.
    pub(super) fn read(section: &Section<'_, '_>, mib: u64) -> Self {
        let seconds = |key, default| Duration::from_secs(section.number(key, 1..=86_400).unwrap_or(default));
        Self {
            max_bytes: section.number("max_mib", 1..=1 << 20).unwrap_or(mib) * MIB,
            connect_timeout: seconds("connect_timeout_s", 15),
            idle_timeout: seconds("idle_timeout_s", 60),
            total_timeout: seconds("total_timeout_s", 3_600),
            max_redirects: usize::try_from(section.number("max_redirects", 0..=20).unwrap_or(5)).unwrap_or(5),
            tries: u32::try_from(section.number("tries", 1..=20).unwrap_or(4)).unwrap_or(4),
        }
    }
}

impl Reach {
    /// Reads the keys of a section; a body may have so many MiB where nothing is said.
    pub(super) fn read(section: &Section<'_, '_>, mib: u64) -> Self {
        Self {
            limits: Limits::read(section, mib),
            secret_headers: variables(section, "secret_headers"),
            secret_query: variables(section, "secret_query"),
        }
    }
}

/// Reports an address that is none of http or https.
pub(super) fn check_address(section: &Section<'_, '_>, url: &Placed<String>) {
    if !(url.value.starts_with("https://") || url.value.starts_with("http://")) {
        section.findings().report(url.span.clone(), "only http and https addresses can be fetched", None);
    }
}

/// Names and the environment variables that have their values.
pub(super) fn variables(section: &Section<'_, '_>, key: &'static str) -> Vec<(String, String)> {
    let named = section.text_map(key).into_iter();
    named
        .filter_map(|(name, variable)| {
            let first = |c: char| c.is_ascii_alphabetic() || c == '_';
            let good = variable.value.starts_with(first)
                && variable.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !good {
                let message = "this is not the name of an environment variable";
                let help = "secrets stand in the environment and not in the file: name the variable that has it";
                section.findings().report(variable.span, message, Some(help.into()));
            }
            good.then_some((name.value, variable.value))
        })
        .collect()
}

/// Reads `[hosts]`.
pub(super) fn read_hosts(root: &Section<'_, '_>) -> BTreeMap<String, HostRules> {
    let mut out = BTreeMap::new();
    for (name, value) in root.entries("hosts") {
        let Some(table) = value.get_ref().as_table() else {
            root.findings().report(value.span(), "a host is a table: `[hosts.\"NAME\"]`", None);
            continue;
        };
        let host = Section::new(root.findings(), table, value.span(), &format!("hosts.{}", name.value));
        if name.value.contains('/') || name.value.trim() != name.value || name.value.is_empty() {
            let help = Some("write `data.example.org`, or `data.example.org:8080` for one port alone".to_owned());
            root.findings().report(name.span.clone(), format!("`{}` is not the name of a host", name.value), help);
        }
        let per_second = host.real("per_second").filter(|value| {
            let good = (0.0..=10_000.0).contains(value);
            if !good {
                let message = "`per_second` must be from 0 (as many as it answers) to 10000";
                root.findings().report(host.span(), message, None);
            }
            good
        });
        let rules = HostRules {
            concurrent: host.number("concurrent", 1..=256),
            per_second,
            private: host.flag("private").unwrap_or(false),
        };
        host.finish();
        out.insert(name.value.to_ascii_lowercase(), rules);
    }
    out
}
