//! `info` beside other readers: whatever one of them opens, both say the same about it.
#![cfg(feature = "cli")]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use support::corpus::Corpus;
use support::ledger::Ledger;
use support::peers::{peers_python, qemu_info, script_lines, seven_zip, tool};
use support::run::Info;
use support::seven_zip::{Level, SevenZip};
use support::tables::Row;

#[test]
fn qemu_img_says_the_same_sizes() {
    let Some((corpus, qemu_img)) = Corpus::open().zip(tool("qemu-img")) else { return };
    let mut ledger = Ledger::default();
    for row in corpus.vhdx() {
        let Some(qemu) = qemu_info(&qemu_img, &corpus.path(row)).filter(|qemu| qemu["format"] == "vhdx") else {
            continue;
        };
        let info = Info::of(&corpus.path(row));
        let (file, image) = (row.unpacked(), info.image());
        // qemu-img counts whole sectors, and this size is no multiple of one.
        if file != "damaged/vsize-unaligned.vhdx" {
            ledger.equal(file, "virtual size", &qemu["virtual-size"], &image["virtual_size_bytes"]);
        }
        ledger.equal(file, "block size", &qemu["cluster-size"], &image["block_size_bytes"]);
        // It opens no differencing file, so what it opened has no parent.
        ledger.equal(file, "parent", &Value::Null, &image["parent"]);
    }
    ledger.close(60);
}

#[test]
fn seven_zip_says_the_same_sizes_types_ids_and_parents() {
    let Some((corpus, program)) = Corpus::open().zip(tool("7zz")) else { return };
    let mut ledger = Ledger::default();
    let mut opened = 0;
    for row in corpus.vhdx() {
        let listing = seven_zip(&program, "VHDX", &corpus.path(row));
        if let Some(level) = listing.levels.first() {
            opened += 1;
            compare_with_seven_zip(
                row,
                &Info::with(&corpus.path(row), &["--as-on-disk"]),
                &listing,
                level,
                &mut ledger,
            );
        }
    }
    assert_eq!(opened, 60, "as many as tests/peers/opens.tsv says");
    ledger.close(opened * 11);
}

fn compare_with_seven_zip(row: &Row, info: &Info, listing: &SevenZip, level: &Level, ledger: &mut Ledger) {
    let (file, image) = (row.unpacked(), info.image());
    let numbers = [
        ("VirtualDiskSize", "virtual_size_bytes"),
        ("BlockSize", "block_size_bytes"),
        ("LogicalSectorSize", "logical_sector_size_bytes"),
        ("PhysicalSectorSize", "physical_sector_size_bytes"),
    ];
    for (theirs, ours) in numbers {
        ledger.equal(file, ours, level.number(theirs), image[ours].as_u64());
    }
    let guids = [("Id", "virtual_disk_id"), ("DataWriteGuid", "data_write_guid"), ("FileWriteGuid", "file_write_guid")];
    for (theirs, ours) in guids {
        ledger.equal(file, ours, level.guid(theirs).as_deref(), image[ours].as_str());
    }
    ledger.equal(file, "type", level.disk_type(), image["type"].as_str());
    ledger.equal(file, "clean log", level.text("LogGuid").is_none(), image["log_state"] == "clean");
    let locator: BTreeMap<String, String> =
        serde_json::from_value(image["parent"]["locator"].clone()).unwrap_or_default();
    ledger.equal(file, "locator", &level.locator, &locator);
    // 7-Zip replays no log, so both sides speak of what is on disk.
    let allocated = ["fully_present", "partially_present"].iter().filter_map(|state| image["blocks"][state].as_u64());
    let allocated_bytes = allocated.sum::<u64>() * image["block_size_bytes"].as_u64().unwrap_or_default();
    ledger.equal(file, "bytes in blocks", level.number("PackSize"), Some(allocated_bytes));
    let linked = image["parent"]["status"] == "linked";
    // It goes by the paths alone, and here they name the file itself.
    let by_identity = image["parent"]["found_by"] == "identity";
    let parent = image["parent"]["path"].as_str().filter(|_| linked && !by_identity);
    let parent = parent.and_then(|path| path.rsplit('/').next());
    ledger.equal(file, "parent", listing.levels.get(1).and_then(|level| level.name.as_deref()), parent);
}

#[test]
fn libvhdi_says_the_same_sizes_types_and_ids() {
    let Some((corpus, python)) = Corpus::open().zip(peers_python()) else { return };
    let mut ledger = Ledger::default();
    for (row, theirs) in ask(corpus, &python, "libvhdi_read.py") {
        let info = Info::of(&corpus.path(row));
        let (file, image) = (row.unpacked(), info.image());
        ledger.equal(file, "type", &theirs["type"], &image["type"]);
        ledger.equal(file, "virtual size", &theirs["virtual_size_bytes"], &image["virtual_size_bytes"]);
        // What it calls the identifier is the DataWriteGuid.
        ledger.equal(file, "data write guid", &theirs["identifier"], &image["data_write_guid"]);
        // It makes a zero GUID of a linkage that is not there.
        if image["parent"]["status"] != "unusable_locator" {
            ledger.equal(file, "parent guid", &theirs["parent_identifier"], &image["parent"]["expected_guid"]);
        }
        // It knows this one of the recorded paths.
        let path = &image["parent"]["locator"]["absolute_win32_path"];
        ledger.equal(file, "parent path", theirs["parent_file_name"].as_str(), path.as_str());
    }
    ledger.close(65 * 4);
}

#[test]
fn dissect_says_the_same_sizes_and_locators() {
    let Some((corpus, python)) = Corpus::open().zip(peers_python()) else { return };
    let mut ledger = Ledger::default();
    for (row, theirs) in ask(corpus, &python, "dissect_read.py") {
        let info = Info::of(&corpus.path(row));
        let (file, image) = (row.unpacked(), info.image());
        for field in ["virtual_size_bytes", "block_size_bytes", "logical_sector_size_bytes", "virtual_disk_id"] {
            ledger.equal(file, field, &theirs[field], &image[field]);
        }
        ledger.equal(file, "has a parent", &theirs["has_parent"], &json!(image["type"] == "differencing"));
        let locator = image["parent"].get("locator").unwrap_or(&Value::Null);
        ledger.equal(file, "locator", &theirs["locator"], locator);
    }
    ledger.close(64 * 6);
}

/// What a script in tests/peers says of every VHDX that it opens.
fn ask<'a>(corpus: &'a Corpus, python: &Path, script: &str) -> Vec<(&'a Row, Value)> {
    let rows: Vec<&Row> = corpus.vhdx().collect();
    let paths: Vec<PathBuf> = rows.iter().map(|row| corpus.path(row)).collect();
    let answers = script_lines(python, script, "info", &paths);
    rows.into_iter().zip(answers).filter(|(_, answer)| answer["opened"] == true).collect()
}
