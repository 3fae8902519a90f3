//! Killed at any moment, nothing is half-published, and the next run finishes the work.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use quipu_tests::{Dir, Random, Tree};

use crate::large;

const RUN: [&str; 2] = ["run", "pipelines/americas.toml"];
/// How often a run is killed.
const KILLS: usize = 20;
/// Most runs that are started for that: some end before their moment comes.
const MOST_RUNS: usize = 80;
/// Rows of the large input: a run of them takes a second or two, and every edition of it is kept.
const ROWS: usize = large::rows(1_000);

/// The releases that were seen to be whole.
#[derive(Default)]
struct Seen(BTreeMap<PathBuf, Tree>);

impl Seen {
    /// Every release with a manifest verifies; those seen before still have the same bytes.
    fn check(&mut self, dir: &Dir) -> usize {
        let mut manifests = 0;
        for release in dir.releases_in("release") {
            if !release.join("manifest.json").is_file() {
                continue;
            }
            manifests += 1;
            let now = Tree::read(&release);
            if let Some(before) = self.0.get(&release) {
                before.assert_same(&now, "a release that was published");
                continue;
            }
            quipu_export::verify(&release).unwrap_or_else(|fault| panic!("a manifest that does not verify: {fault}"));
            self.0.insert(release, now);
        }
        // What the pointer leads to is whole as well.
        dir.release_in("release");
        manifests
    }
}

#[test]
fn sigkill_at_twenty_moments_leaves_all_whole_and_the_next_run_ends_as_if_undisturbed() {
    let (mut random, seed) = Random::from_environment(1);
    println!("seed {seed}");
    let undisturbed = Dir::with_samples();
    large::put(&undisturbed, ROWS, 0);
    undisturbed.quipu(&RUN).expect(0);
    // Of the second run, for the first one is the only one in an empty store.
    large::put(&undisturbed, ROWS, 1);
    let begun = Instant::now();
    undisturbed.quipu(&RUN).expect(0);
    let mut whole = begun.elapsed();
    println!("an undisturbed run takes {:.2} s", whole.as_secs_f64());

    let dir = Dir::with_samples();
    let mut seen = Seen::default();
    let (mut kills, mut variant) = (0, 0);
    for started in 0..MOST_RUNS {
        // Three of four runs have new work; the fourth goes on where the killed one was.
        let new = started % 4 != 3;
        if new {
            variant += 1;
            large::put(&dir, ROWS, variant);
        }
        // The moments are spread: one in each twentieth of a run, in a scattered order.
        let slot = kills * 7 % KILLS;
        let moment = whole.mul_f64((slot as f64 + random.share()) / KILLS as f64);
        let mut running = dir.call(&RUN).start();
        std::thread::sleep(moment);
        let killed = running.kill();
        kills += usize::from(killed);
        if new && !killed {
            // The measured run was a slow one: later moments would come too late again.
            whole = whole.mul_f64(0.95);
        }
        let snapshots = dir.assert_store_whole("quipu-store");
        let releases = seen.check(&dir);
        let what = if killed { "killed" } else { "ended before" };
        println!("{what} after {:.3} s: {snapshots} snapshots, {releases} releases, all whole", moment.as_secs_f64());
        if kills == KILLS {
            break;
        }
    }
    assert_eq!(kills, KILLS, "runs are too short to be killed");

    dir.quipu(&RUN).expect(0);
    // A release holds what became of every edition that was fetched: elsewhere, the same ones are
    // fetched one after another and nothing is disturbed.
    let elsewhere = Dir::with_samples();
    let store = dir.store();
    let mut editions =
        store.ledger().expect("a ledger").editions("americas", "argentina-snic", None).expect("the editions");
    editions.retain(|edition| edition.capture.name.contains("large"));
    assert!(editions.len() > KILLS / 2, "runs were killed after they fetched, too: {}", editions.len());
    for edition in editions.iter().rev() {
        let bytes = store.archive().read(&edition.capture.digest).expect("archived bytes");
        elsewhere.write("data/samples/argentina/large.csv", bytes);
        elsewhere.quipu(&["ingest", "pipelines/americas.toml"]).expect(0);
    }
    elsewhere.quipu(&RUN).expect(0);
    assert_eq!(dir.release().file_name(), elsewhere.release().file_name());
    Tree::read(&dir.release()).assert_same(&Tree::read(&elsewhere.release()), "the release after twenty kills");
    assert_eq!(dir.read("release/latest.json"), elsewhere.read("release/latest.json"));
    assert_eq!(dir.tables("americas"), elsewhere.tables("americas"), "the tables after twenty kills");
    let left = Tree::read(&dir.path("quipu-store/tmp"));
    assert!(left.paths().is_empty(), "killed runs' temporary files are swept: {:?}", left.paths());
    assert!(!dir.path("release/.building").exists(), "and so are their half-made releases");
    dir.quipu(&["verify", "pipelines/americas.toml"]).expect(0);
    let runs = dir.quipu(&["runs", "pipelines/americas.toml", "--limit", "100"]).expect(0).stdout;
    assert!(runs.contains("unfinished"), "the ledger tells of killed runs:\n{runs}");
}
