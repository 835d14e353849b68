//! Dirty logs in two states: after replay in memory as a repaired copy is on disk, without replay as the file is.
#![cfg(feature = "cli")]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use support::corpus::{Corpus, sha256};
use support::ledger::Ledger;
use support::peers::{peers_python, qemu_repair, script, script_lines, tool};
use support::run::Info;
use support::tables::Row;

/// Payload states, as `blocks` names them.
const STATES: [&str; 6] = ["not_present", "undefined", "zero", "unmapped", "fully_present", "partially_present"];

/// Facts that a replay may change and that a repair by another program leaves as the replay does. Not among them are
/// the two write GUIDs: whoever opens a file for writing must renew them.
const FACTS: [&str; 9] = [
    "type",
    "creator",
    "virtual_size_bytes",
    "block_size_bytes",
    "logical_sector_size_bytes",
    "physical_sector_size_bytes",
    "virtual_disk_id",
    "blocks",
    "role",
];

#[test]
fn after_replay_info_says_what_it_says_of_a_copy_repaired_by_qemu_img() {
    let Some((corpus, qemu_img)) = Corpus::open().zip(tool("qemu-img")) else { return };
    let mut ledger = Ledger::default();
    let rows: Vec<&Row> = replayable(corpus).filter(|row| !row.is_differencing()).collect();
    assert_eq!(rows.len(), 3);
    for row in &rows {
        let folder = tempfile::tempdir().unwrap();
        let copy = corpus.copy(row, folder.path());
        qemu_repair(&qemu_img, &copy);
        compare_with_repaired(corpus, row, &copy, &mut ledger);
    }
    ledger.close(rows.len() * FACTS.len());
    corpus.assert_unchanged(rows);
}

#[test]
fn after_replay_info_says_what_it_says_of_a_copy_replayed_by_a_plain_reader() {
    let Some((corpus, python)) = Corpus::open().zip(tool("python3")) else { return };
    let mut ledger = Ledger::default();
    // Differencing files too, which qemu-img does not repair.
    let rows: Vec<&Row> = replayable(corpus).collect();
    assert_eq!(rows.len(), 5);
    for row in &rows {
        let (_folder, copy) = replayed_copy(corpus, &python, row);
        compare_with_repaired(corpus, row, &copy, &mut ledger);
        let info = Info::of(&corpus.path(row));
        ledger.equal(row.unpacked(), "blocks by the plain reader", blocks(&python, &copy), counts(&info));
    }
    ledger.close(rows.len() * (FACTS.len() + 1));
    corpus.assert_unchanged(rows);
}

#[test]
fn without_replay_info_says_what_is_on_disk() {
    let Some((corpus, python)) = Corpus::open().zip(tool("python3")) else { return };
    let mut ledger = Ledger::default();
    for row in replayable(corpus) {
        let info = Info::with(&corpus.path(row), &["--as-on-disk"]);
        let file = row.unpacked();
        ledger.equal(file, "replayed", &Value::Bool(false), &info.image()["replayed"]);
        ledger.equal(file, "log state", "dirty", info.image()["log_state"].as_str().unwrap_or_default());
        ledger.equal(file, "blocks by the plain reader", blocks(&python, &corpus.path(row)), counts(&info));
        ledger.holds(file, counts(&info) != counts(&Info::of(&corpus.path(row))), || {
            "the replay changes the blocks of each of these files, and none was changed".to_owned()
        });
    }
    ledger.close(5 * 4);
}

#[test]
fn a_dirty_log_never_goes_unmentioned() {
    let Some(corpus) = Corpus::open() else { return };
    let mut ledger = Ledger::default();
    for row in corpus.vhdx().filter(|row| row.dirty_log == Some(true)) {
        for options in [&[][..], &["--as-on-disk"]] {
            let complaints = Info::with(&corpus.path(row), options).complaints().join("\n");
            ledger.holds(row.unpacked(), complaints.contains("log"), || format!("{options:?} says {complaints:?}"));
        }
    }
    ledger.close(6 * 2);
}

#[test]
fn every_vhdx_has_the_block_counts_that_a_plain_reader_finds() {
    let Some((corpus, python)) = Corpus::open().zip(tool("python3")) else { return };
    let rows: Vec<&Row> = corpus.vhdx().collect();
    let paths: Vec<PathBuf> = rows.iter().map(|row| corpus.path(row)).collect();
    let mut ledger = Ledger::default();
    for (row, theirs) in rows.iter().zip(script_lines(&python, "plain_vhdx.py", "blocks", &paths)) {
        // It refuses a file without identifier or headers.
        if theirs["opened"] == true && row.unpacked() != "damaged/blocksize-not-pow2.vhdx" {
            let info = Info::with(&corpus.path(row), &["--as-on-disk"]);
            ledger.equal(row.unpacked(), "blocks", states(&theirs), counts(&info));
        }
    }
    ledger.close(66);
}

/// What MANIFEST.tsv says of the content must come out of a copy that the plain reader replayed, read by programs that
/// know no log: else the plain reader is no truth to compare with.
#[test]
fn the_plain_reader_replays_rightly() {
    let Some((corpus, python)) = Corpus::open().zip(peers_python()) else { return };
    let mut ledger = Ledger::default();
    for row in replayable(corpus) {
        // The torn log still gives the content of the whole one. No hash is known of the child with a changed size.
        let whole = corpus.original(row).merged_sha256.as_ref().expect("the dirty files have a known content");
        if row.name == "damaged-sizemismatch" {
            continue;
        }
        let (_folder, copy) = replayed_copy(corpus, &python, row);
        let parent = row.parent.as_ref().map(|name| corpus.path(corpus.row(&format!("{}/{name}", row.name))));
        let chain = [copy.clone()].into_iter().chain(parent);
        let arguments = ["hash".into()].into_iter().chain(chain.map(PathBuf::into_os_string));
        let ran = script(&python, "libvhdi_read.py", arguments).expect_success();
        ledger.equal(row.unpacked(), "content by libvhdi", whole.as_str(), ran.stdout.trim());
    }
    ledger.close(4);
}

/// Every file whose log is dirty and has a valid sequence.
fn replayable(corpus: &Corpus) -> impl Iterator<Item = &Row> {
    corpus.vhdx().filter(|row| row.dirty_log == Some(true) && row.unpacked() != "damaged/log-all-bad.vhdx")
}

fn replayed_copy(corpus: &Corpus, python: &Path, row: &Row) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let copy = corpus.copy(row, folder.path());
    script(python, "plain_vhdx.py", ["replay".as_ref(), copy.as_os_str()]).expect_success();
    (folder, copy)
}

fn compare_with_repaired(corpus: &Corpus, row: &Row, repaired: &Path, ledger: &mut Ledger) {
    let before = sha256(&corpus.path(row));
    let replayed = Info::of(&corpus.path(row));
    let on_disk = Info::with(repaired, &["--as-on-disk"]);
    for fact in FACTS {
        // The copy stands alone, so a role in a chain is no fact of it.
        if fact != "role" || !row.is_differencing() {
            ledger.equal(row.unpacked(), fact, &on_disk.image()[fact], &replayed.image()[fact]);
        }
    }
    let locator = |info: &Info| info.image()["parent"].get("locator").cloned();
    ledger.equal(row.unpacked(), "locator", locator(&on_disk), locator(&replayed));
    ledger.equal(row.unpacked(), "log state of the copy", "clean", on_disk.image()["log_state"].as_str().unwrap_or(""));
    ledger.equal(row.unpacked(), "sha256 of the file", before, sha256(&corpus.path(row)));
}

/// Block counts on disk by the plain reader in tests/peers.
fn blocks(python: &Path, path: &Path) -> BTreeMap<&'static str, Option<u64>> {
    states(&script_lines(python, "plain_vhdx.py", "blocks", &[path.to_owned()])[0])
}

fn counts(info: &Info) -> BTreeMap<&'static str, Option<u64>> {
    states(&info.image()["blocks"])
}

fn states(value: &Value) -> BTreeMap<&'static str, Option<u64>> {
    STATES.iter().map(|state| (*state, value[state].as_u64())).collect()
}
