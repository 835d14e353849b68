//! `info` against MANIFEST.tsv: every VHDX file of the corpus, damaged ones included, none left out.
#![cfg(feature = "cli")]
#![expect(clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use serde_json::{Value, json};

use support::corpus::Corpus;
use support::ledger::Ledger;
use support::run::{Info, vhdxray};
use support::tables::{Link, Row};

/// All VHDX rows of MANIFEST.tsv.
const VHDX_FILES: usize = 69;

#[test]
fn info_says_what_the_manifest_says_of_every_vhdx() {
    let Some(corpus) = Corpus::open() else { return };
    let mut ledger = Ledger::default();
    let mut covered = 0;
    for row in corpus.vhdx() {
        let info = Info::of(&corpus.path(row));
        let (file, image) = (row.unpacked(), info.image());
        let mut same = |what, expected: Value, found: &Value| ledger.equal(file, what, &expected, found);
        same("kind", json!("vhdx"), &info.entry["kind"]);
        same("path", json!(corpus.path(row)), &info.entry["path"]);
        same("file size", json!(corpus.path(row).metadata().unwrap().len()), &info.entry["file_size_bytes"]);
        same("format", json!("vhdx"), &image["format"]);
        same("type", json!(row.vhdx().map(support::tables::DiskType::name)), &image["type"]);
        same("virtual size", json!(row.virtual_size), &image["virtual_size_bytes"]);
        same("block size", json!(row.block_size), &image["block_size_bytes"]);
        same("logical sector size", json!(row.logical_sector), &image["logical_sector_size_bytes"]);
        same("physical sector size", json!(row.physical_sector), &image["physical_sector_size_bytes"]);
        let (log_state, replayed) = expected_log(row);
        same("log state", json!(log_state), &image["log_state"]);
        same("replayed", json!(replayed), &image["replayed"]);
        ledger.equal(file, "creator", creator(corpus.original(row)), image["creator"].as_str().unwrap_or_default());
        for (note, field) in [("(own DataWriteGuid)", "data_write_guid"), ("(virtual disk id)", "virtual_disk_id")] {
            if let Some(expected) = corpus.note(row, note) {
                ledger.equal(file, field, &json!(expected.value), &image[field]);
            }
        }
        covered += 1;
    }
    assert_eq!(covered, VHDX_FILES, "files were left out");
    ledger.close(VHDX_FILES * 12);
    corpus.assert_unchanged(corpus.vhdx());
}

#[test]
fn clean_real_files_give_no_complaint() {
    let Some(corpus) = Corpus::open() else { return };
    let clean: Vec<&Row> = corpus.vhdx().filter(|row| row.is_real() && is_whole(corpus, row)).collect();
    // Windows Server 2012 to Windows 10, a parent with its child, and a file by QEMU.
    assert_eq!(clean.len(), 10);
    assert_silent(corpus, &clean);
}

#[test]
fn clean_files_of_other_writers_give_no_complaint() {
    let Some(corpus) = Corpus::open() else { return };
    let clean: Vec<&Row> = corpus.vhdx().filter(|row| !row.is_real() && is_whole(corpus, row)).collect();
    // openvmm, DiscUtils, vhdx-rs (its base alone: its children name no parent that exists) and qemu-img.
    assert_eq!(clean.len(), 32, "{:?}", clean.iter().map(|row| row.unpacked()).collect::<Vec<_>>());
    assert_silent(corpus, &clean);
}

/// What `log_state` and `replayed` should be.
fn expected_log(row: &Row) -> (Option<&'static str>, bool) {
    match row.unpacked() {
        // A log GUID, and no entry that is valid.
        "damaged/log-all-bad.vhdx" => (Some("corrupt"), false),
        // No header that could say what the log is: a fact that the file does not hold.
        "damaged/hdr-both-bad.vhdx" => (None, false),
        _ if row.dirty_log == Some(true) => (Some("dirty"), true),
        _ => (Some("clean"), false),
    }
}

/// The creator field that a writer leaves.
fn creator(row: &Row) -> &str {
    if let Some((_, quoted)) = row.made_by.split_once("creator \"") {
        return quoted.split('"').next().unwrap_or_default();
    }
    match row.made_by.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["crate", "vhdx-rs"] => "vhdx-rs",
        ["DiscUtils", ..] => ".NET DiscUtils",
        ["qemu-img/qemu-io", _] => "QEMU v10.0.2",
        ["openvmm", _] => "",
        _ => panic!("{}: unknown writer {:?}", row.file, row.made_by),
    }
}

/// Undamaged, with a clean log, and the same for all its parents, whose links match.
fn is_whole(corpus: &Corpus, row: &Row) -> bool {
    if row.damaged || row.dirty_log == Some(true) || row.parent_absent {
        return false;
    }
    let Some(parent) = &row.parent else { return true };
    let entries: Vec<_> = corpus.locator(corpus.original(row)).collect();
    entries.iter().any(|entry| entry.link == Link::Matches)
        && is_whole(corpus, corpus.row(&format!("{}/{parent}", row.name)))
}

fn assert_silent(corpus: &Corpus, rows: &[&Row]) {
    let mut ledger = Ledger::default();
    for row in rows {
        let (file, path) = (row.unpacked(), corpus.path(row));
        let info = Info::of(&path);
        ledger.equal(file, "status", Some(0), info.ran.status);
        ledger.equal(file, "readable", &json!(true), &info.entry["readable"]);
        ledger.equal(file, "complaints", Vec::new(), info.complaints());
        let shown = vhdxray([std::ffi::OsStr::new("info"), path.as_os_str()]);
        ledger.equal(file, "status of the text form", Some(0), shown.status);
        ledger.equal(file, "standard error of the text form", "", &shown.stderr);
        ledger.holds(file, !shown.stdout.is_empty(), || "the text form is empty".to_owned());
    }
    ledger.close(rows.len() * 6);
}
