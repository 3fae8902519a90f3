//! Fetches documents from a server on this machine, beside what `curl --parallel` and `aria2c` need for the same.
//!
//! What each side does:
//! - quipu: 10,000 documents of 4 KB of one source, hashed, archived so that they survive a crash, and recorded; then the
//!   same as 10,000 sources, and once more when nothing changed, which costs one conditional request each; and one
//!   document of 2 GiB.
//! - curl and aria2c: the same addresses to files, without hashes, archive or record, and without waiting for the disk.
//!
//! All of them may have 64 connections at a time. The peers are run by `fetch.py` beside this file. Each run is a process
//! of its own; the server is in this one.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use quipu_loopback::{Reply, Server};
use quipu_schema::pipeline::Pipeline;
use quipu_store::{Context, Silent, Store};

use crate::say;
use crate::side::{measured, own, peak_mib, peers, rounds};

/// The word by which the benchmark starts itself for one run.
pub(crate) const ONE: &str = "fetch-one";

const SMALL: usize = 4 << 10;
const PIECE: usize = 1 << 20;
const MANY: [&str; 5] = ["curl", "aria2c", "quipu", "quipu-sources", "quipu-unchanged"];
const LARGE: [&str; 3] = ["curl", "aria2c", "quipu"];

/// `fetch [DOCUMENTS] [MIB] [ROUNDS]`.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let mut number = |other: u64| arguments.next().map_or(Ok(other), |text| text.parse::<u64>());
    let (documents, mib, times) = (number(10_000)?, number(2_048)?, number(3)?);
    let piece = Arc::new((0..PIECE).map(|at| b'a' + u8::try_from(at % 26).unwrap_or(0)).collect::<Vec<u8>>());
    let server = Server::start(move |request| {
        let path = request.path();
        if path == "/robots.txt" {
            return Reply::status("404 Not Found");
        }
        let etag = format!("\"{path}\"");
        if request.header("if-none-match") == Some(&etag) {
            return Reply::status("304 Not Modified").header("ETag", &etag);
        }
        let reply = if path.starts_with("/large") {
            Reply::long(piece.clone(), mib)
        } else {
            Reply::ok(path.bytes().cycle().take(SMALL).collect::<Vec<u8>>())
        };
        reply.header("ETag", &etag).header("Content-Type", "text/plain")
    });
    let folder = tempfile::tempdir()?;
    let mut fresh = 0_u32;
    for (sides, paths, what) in [
        (&MANY[..], (0..documents).map(|at| format!("/small/{at}.txt")).collect::<Vec<_>>(), "documents of 4 KiB"),
        (&LARGE[..], vec!["/large.txt".to_owned()], "document"),
    ] {
        let size = if what == "document" { format!(" of {mib} MiB") } else { String::new() };
        say(&format!("{} {what}{size}", paths.len()));
        let list = folder.path().join("urls");
        let urls: String = paths.iter().map(|path| server.url(path) + "\n").collect();
        std::fs::write(&list, urls)?;
        rounds(sides, "curl", times, |side| {
            // What was fetched last is what is unchanged now.
            fresh += u32::from(side != "quipu-unchanged");
            let into = folder.path().join(format!("out-{fresh}"));
            // Removing many files makes it slower for whoever writes the next ones: they stay until all is done.
            if paths.len() == 1
                && let Ok(before) = std::fs::read_dir(folder.path())
            {
                let folders: Vec<PathBuf> =
                    before.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
                folders.into_iter().try_for_each(std::fs::remove_dir_all)?;
            }
            // What others left to write is none of its business.
            std::process::Command::new("sync").status()?;
            server.forget();
            let mut command = if side.starts_with("quipu") { own(ONE)? } else { peers("fetch.py") };
            let measured = measured(side, command.arg(side).arg(&list).arg(&into))?;
            if side.starts_with("quipu") && server.asked() != paths.len() {
                return Err(format!("{side} asked {} times for {} documents", server.asked(), paths.len()).into());
            }
            Ok(measured)
        })?;
    }
    Ok(())
}

/// One run of quipu; prints seconds, peak memory and what came.
pub(crate) fn run_one(mut arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let side = arguments.next().ok_or("no side")?;
    let list = PathBuf::from(arguments.next().ok_or("no list")?);
    let into = PathBuf::from(arguments.next().ok_or("no folder")?);
    let urls = std::fs::read_to_string(list)?;
    let urls: Vec<&str> = urls.lines().collect();
    let pipeline =
        Pipeline::parse(Path::new("p.toml"), &written(&urls, side == "quipu")).map_err(|_| "a wrong pipeline")?;
    let begun = Instant::now();
    let store = Store::open(&into)?;
    let ledger = store.ledger()?;
    let context = Context {
        store: &store,
        ledger: &ledger,
        pipeline: &pipeline,
        run: ledger.begin_run("bench", "ingest", "bench")?,
        build: "bench",
        as_of: None,
        offline: false,
        only: None,
        progress: &Silent,
    };
    let report = quipu_ingest::run(&context)?;
    let seconds = begun.elapsed().as_secs_f64();
    let tally = report.tally();
    if tally.published != urls.len() as u64 || report.changed == (side == "quipu-unchanged") {
        return Err(format!("{tally:?}, changed: {}", report.changed).into());
    }
    say(&format!("{seconds:.3} {} {} documents", peak_mib(), tally.published));
    Ok(())
}

/// A pipeline of these addresses, as one source or each as its own.
fn written(urls: &[&str], together: bool) -> String {
    let mut text =
        "[pipeline]\nname = \"bench\"\nreference = \"r\"\n[hosts.\"127.0.0.1\"]\nprivate = true\nper_second = 0\n\
                    concurrent = 64\n"
            .to_owned();
    if together {
        let urls: Vec<String> = urls.iter().map(|url| format!("\"{url}\"")).collect();
        let _ = write!(
            text,
            "[[source]]\nid = \"all\"\nhttp = {{ urls = [{}], max_mib = 8192 }}\n[source.report]\n",
            urls.join(", ")
        );
        return text;
    }
    for (at, url) in urls.iter().enumerate() {
        let _ = write!(text, "[[source]]\nid = \"s{at}\"\nhttp = {{ url = \"{url}\" }}\n[source.report]\n");
    }
    text
}
