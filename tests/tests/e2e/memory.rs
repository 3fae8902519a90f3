//! Peak memory follows a cap and not the size of what is read.

use std::io::{BufWriter, Write as _};
use std::time::Duration;

use quipu_tests::Dir;

use super::small;

/// The cap, in MiB: what the README states for two threads.
const CAP: u64 = 256;
/// The input is this much larger.
const TIMES: u64 = 4;

#[test]
fn an_input_four_times_the_cap_is_read_within_it() {
    let text = small::pipeline()
        .replace("ref_area =", "ignore = [\"remarks\"]\nbreakdown = { place = { column = \"place\" } }\nref_area =");
    let (head, _) = text.split_once("\n[[source]]\nid = \"odd\"").expect("two sources");
    let dir = Dir::with_pipeline(head);
    let path = dir.path("in/steady.csv");
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let mut out = BufWriter::new(std::fs::File::create(&path).expect("a file"));
    writeln!(out, "area,place,year,offences,remarks").expect("written");
    // Long remarks, so that a debug build has few values and many bytes to walk.
    let remark = "no further details are known of this place and year; ".repeat(310);
    let (mut size, mut rows) = (0, 0_u64);
    while size < (CAP * TIMES) << 20 {
        let area = small::AREAS[usize::try_from(rows % 5).expect("small")];
        let line = format!("{area},P{},{},{},{remark}\n", rows / 60, 2010 + rows / 5 % 12, rows % 997);
        out.write_all(line.as_bytes()).expect("written");
        size += line.len() as u64;
        rows += 1;
    }
    out.flush().expect("written");
    let mut running = dir.call(&["run", "pipelines/test.toml", "--to", "transform", "--jobs", "2"]).start();
    let status = format!("/proc/{}/status", running.id());
    let mut peak = 0;
    while let Ok(text) = std::fs::read_to_string(&status) {
        let Some(line) = text.lines().find_map(|line| line.strip_prefix("VmHWM:")) else { break };
        peak = line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024;
        std::thread::sleep(Duration::from_millis(5));
    }
    running.close_stdout();
    let ended = running.end().expect(0);
    ended.says(&[&format!("{rows} published")]);
    assert!(peak > 0 && peak <= CAP, "{peak} MiB for {} MiB of input", size >> 20);
}
