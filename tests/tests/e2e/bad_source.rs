//! A source that is not there or not what it was: one clear error, the right exit code, everything
//! else is published, and what was published of it before stays.

use quipu_tests::{Dir, Tree};

use crate::small::{self, AREAS, ROWS, observations, pipeline, quarantine, rows, run};

/// A source that cannot be used, what the run must say, and its exit code.
struct Case {
    name: &'static str,
    code: i32,
    says: &'static [&'static str],
    break_it: fn(&Dir),
}

fn remove(dir: &Dir) {
    std::fs::remove_file(dir.path("in/odd.csv")).expect("the input");
}

fn wants(dir: &Dir, file: &str) {
    dir.edit("pipelines/test.toml", "../in/odd.csv", file);
}

const CASES: &[Case] = &[
    Case { name: "a missing file", code: 3, says: &["in/odd.csv: there is no such file"], break_it: remove },
    Case {
        name: "a misspelt file",
        code: 3,
        says: &["there is no such file", "did you mean `odd.csv`?"],
        break_it: |dir| wants(dir, "../in/od.csv"),
    },
    Case {
        name: "a directory",
        code: 3,
        says: &["in/odd.csv: this is a folder, not a file", "a glob such as"],
        break_it: |dir| {
            remove(dir);
            std::fs::create_dir(dir.path("in/odd.csv")).expect("a folder");
        },
    },
    Case {
        name: "an empty file",
        code: 3,
        says: &["in/odd.csv", "empty"],
        break_it: |dir| dir.write("in/odd.csv", ""),
    },
    Case {
        name: "a glob that matches nothing",
        code: 3,
        says: &["in/none-*.csv: no file matches this glob"],
        break_it: |dir| wants(dir, "../in/none-*.csv"),
    },
    Case {
        name: "a broken link",
        code: 3,
        says: &["in/odd.csv"],
        break_it: |dir| {
            remove(dir);
            std::os::unix::fs::symlink("nowhere", dir.path("in/odd.csv")).expect("a link");
        },
    },
    Case {
        name: "binary data",
        code: 5,
        says: &["odd.csv: the file is binary data, not delimited text"],
        break_it: |dir| dir.write("in/odd.csv", (0..=255).cycle().take(5_000).collect::<Vec<u8>>()),
    },
    Case {
        name: "a workbook",
        code: 5,
        says: &["odd.csv: the file is a zip archive or an XLSX/ODS workbook"],
        break_it: |dir| dir.write("in/odd.csv", b"PK\x03\x04\x14\x00\x06\x00 [Content_Types].xml"),
    },
    Case {
        name: "an HTML page",
        code: 5,
        says: &["odd.csv: the page has no table that is shown"],
        break_it: |dir| {
            dir.write(
                "in/odd.csv",
                "\n<!DOCTYPE html>\n<html><body><p>Please sign in, area,year,offences</p></body></html>\n",
            );
        },
    },
    Case {
        name: "a header that lacks a mapped column",
        code: 5,
        says: &["odd.csv: the header on line 1 lacks `offences`", "`offences` may now be `offense`"],
        break_it: |dir| dir.write("in/odd.csv", rows(0).replacen("offences", "offense", 1)),
    },
    Case {
        name: "a mapped column that stands twice",
        code: 5,
        says: &["odd.csv: two columns are named `offences`"],
        break_it: |dir| {
            dir.write(
                "in/odd.csv",
                rows(0)
                    .lines()
                    .map(|line| [line, line.rsplit(',').next().expect("a field")].join(","))
                    .collect::<Vec<_>>()
                    .join("\n"),
            );
        },
    },
    Case {
        name: "a new column",
        code: 5,
        says: &[
            "odd.csv: the header on line 1 has columns that the mapping neither reads nor ignores: `victims`",
            "`ignore` of source `odd`",
        ],
        break_it: |dir| {
            dir.write("in/odd.csv", rows(0).replace('\n', ",1\n").replacen("offences,1", "offences,victims", 1));
        },
    },
    Case {
        name: "lines of white space",
        code: 5,
        says: &["odd.csv: the file has no records"],
        break_it: |dir| dir.write("in/odd.csv", "\n\n\n"),
    },
];

#[test]
fn one_clear_error_and_the_other_source_is_published() {
    for case in CASES {
        println!("{}", case.name);
        let dir = small::dir();
        (case.break_it)(&dir);
        let ended = run(&dir).expect(case.code).says(case.says);
        assert_eq!(
            ended.stderr.matches(case.says[0]).count(),
            1,
            "{}: the error is told once:\n{}",
            case.name,
            ended.stderr
        );
        assert_eq!((observations(&dir, "steady"), observations(&dir, "odd")), (ROWS, 0), "{}", case.name);
        dir.assert_whole();
        assert_eq!(dir.releases_in("release").len(), 1, "{}", case.name);
        // Again: nothing new, and still a failure.
        let before = Tree::read(&dir.path("release"));
        run(&dir).expect(case.code);
        before.assert_untouched(&Tree::read(&dir.path("release")), case.name);
        let json = dir.quipu(&["run", "pipelines/test.toml", "--format", "json"]).expect(case.code);
        assert!(
            json.events_named("source_finished")
                .iter()
                .any(|event| event["outcome"] == "failed" && event["source"] == "odd")
        );
        assert_eq!(json.event("run_finished")["exit_code"], case.code);
    }
}

#[test]
fn a_source_that_fails_keeps_its_last_good_tables() {
    for case in CASES {
        println!("{}", case.name);
        let dir = small::dir();
        run(&dir).expect(0);
        (case.break_it)(&dir);
        dir.write("in/steady.csv", rows(7));
        run(&dir).expect(case.code).says(case.says);
        assert_eq!((observations(&dir, "steady"), observations(&dir, "odd")), (ROWS, ROWS), "{}", case.name);
        assert_eq!(dir.releases_in("release").len(), 2, "the other source's news are released");
        dir.assert_whole();
        // Mended, it goes on as if nothing had been.
        dir.write("pipelines/test.toml", pipeline());
        let _ = std::fs::remove_dir(dir.path("in/odd.csv"));
        let _ = std::fs::remove_file(dir.path("in/odd.csv"));
        dir.write("in/odd.csv", rows(3));
        run(&dir).expect(0);
        assert_eq!(observations(&dir, "odd"), ROWS);
        dir.assert_whole();
        dir.quipu(&["verify", "pipelines/test.toml"]).expect(0);
    }
}

#[test]
fn where_no_source_gives_anything_the_sources_decide_the_exit_code() {
    for case in CASES {
        println!("{}", case.name);
        let text = pipeline().replace(&small::source("steady"), "");
        let dir = Dir::with_pipeline(&text);
        dir.write("in/odd.csv", rows(0));
        (case.break_it)(&dir);
        run(&dir).expect(case.code).says(case.says);
        assert!(dir.releases_in("release").is_empty(), "{}", case.name);
    }
}

#[test]
fn a_mistake_of_the_pipeline_file_that_only_the_data_shows_stops_all() {
    let dir = small::dir();
    dir.edit(
        "pipelines/test.toml",
        "[source.observe]\ndataset = \"ODD\"\n",
        "[source.csv]\nencoding = \"klingon\"\n[source.observe]\ndataset = \"ODD\"\n",
    );
    run(&dir).expect(2).says(&["`klingon` is not an encoding", "WHATWG"]);
    assert!(dir.releases_in("release").is_empty());
    assert_eq!(dir.assert_store_whole("quipu-store"), 0, "nothing is published");
}

/// Declares UTF-8 for `odd` and names Mexico in Latin-1 in this many rows.
fn latin_1_called_utf_8(count: usize) -> Dir {
    let dir = small::dir();
    dir.edit(
        "pipelines/test.toml",
        "[source.observe]\ndataset = \"ODD\"\n",
        "[source.csv]\nencoding = \"utf-8\"\n[source.observe]\ndataset = \"ODD\"\n",
    );
    let text = rows(0);
    let mut bytes = Vec::new();
    let mut left = count;
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("MX") {
            Some(rest) if left > 0 => {
                left -= 1;
                bytes.extend(b"M\xe9xico");
                bytes.extend(rest.as_bytes());
            }
            _ => bytes.extend(line.as_bytes()),
        }
    }
    assert_eq!(left, 0);
    dir.write("in/odd.csv", bytes);
    dir
}

#[test]
fn a_wrong_encoding_is_refused_row_by_row() {
    let dir = latin_1_called_utf_8(2);
    run(&dir).expect(0).says(&["2 bad-encoding"]);
    assert_eq!(observations(&dir, "odd"), ROWS - 2);
    for refused in quarantine(&dir, "odd") {
        assert_eq!(
            (refused.reason.as_str(), refused.bytes.as_slice()),
            ("bad-encoding", &b"M\xe9xico"[..]),
            "{refused:?}"
        );
        assert_eq!(refused.raw, None, "what cannot be read is not quoted");
        assert!(refused.message.contains("not valid UTF-8"), "{refused:?}");
    }
    dir.assert_whole();
}

#[test]
fn over_the_budget_nothing_is_published_and_the_last_release_stays() {
    let dir = small::dir();
    run(&dir).expect(0);
    let before = Tree::read(&dir.path("release"));
    let tables = dir.tables("test");
    dir.write("in/steady.csv", rows(9));
    let bad: Vec<String> = rows(0)
        .lines()
        .enumerate()
        .map(|(n, line)| if n % 10 == 5 { format!("{line}x") } else { line.to_owned() })
        .collect();
    dir.write("in/odd.csv", bad.join("\n"));
    let parts = [
        "source `odd`",
        "6 of 60 values would go to quarantine (6 bad-value), more than the 5 % allowed",
        "quarantine_max",
    ];
    run(&dir).expect(4).says(&parts).says(&["nothing was published"]);
    before.assert_untouched(&Tree::read(&dir.path("release")), "the release");
    assert_eq!(dir.tables("test"), tables, "not even the tables of the other source");
    dir.assert_whole();
    // A limit that is set high enough lets it pass.
    dir.edit("pipelines/test.toml", "[export]", "[source.expect]\nquarantine_max = \"10 %\"\n[export]");
    run(&dir).expect(0).says(&["6 bad-value"]);
    assert_eq!(observations(&dir, "odd"), ROWS - 6);
}

#[test]
fn a_wrong_encoding_over_the_budget_blocks() {
    let dir = latin_1_called_utf_8(12);
    run(&dir).expect(4).says(&["12 of 60 values would go to quarantine (12 bad-encoding)"]);
    assert!(dir.releases_in("release").is_empty());
    assert_eq!(dir.assert_store_whole("quipu-store"), 0, "nothing is published");
}

#[test]
fn fewer_rows_than_expected_block() {
    let dir = small::dir_with_odd("area,year,offences\n");
    run(&dir).expect(4).says(&["source `odd`", "0 rows would be published, fewer than the 1 expected", "rows_min"]);
    let dir = small::dir_with_odd(rows(0).lines().take(31).collect::<Vec<_>>().join("\n"));
    dir.edit("pipelines/test.toml", "[export]", "[source.expect]\nrows_min = 50\n[export]");
    run(&dir).expect(4).says(&["30 rows would be published, fewer than the 50 expected"]);
    assert!(dir.releases_in("release").is_empty());
    assert_eq!(AREAS.len() as u64 * 12, ROWS);
}
