//! `info` against MANIFEST.tsv and LOCATORS.tsv: every VHD file (version 1) of the corpus, none left out.
#![cfg(feature = "cli")]
#![expect(clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use support::corpus::Corpus;
use support::ledger::Ledger;
use support::run::{Info, vhdxray};
use support::tables::{DiskType, Link, LocatorRow, Row};

/// All VHD rows of MANIFEST.tsv.
const VHD_FILES: usize = 16;
/// Those of them that have a parent.
const DIFFERENCING_FILES: usize = 4;

#[test]
fn info_says_what_the_manifest_says_of_every_vhd() {
    let Some(corpus) = Corpus::open() else { return };
    let mut ledger = Ledger::default();
    let mut covered = 0;
    for row in corpus.vhd() {
        let info = Info::of(&corpus.path(row));
        let (file, image) = (row.unpacked(), info.image());
        let mut same = |what, expected: Value, found: &Value| ledger.equal(file, what, &expected, found);
        same("exit status", json!(exit_status(row)), &json!(info.ran.status));
        same("kind", json!("vhd"), &info.entry["kind"]);
        same("known by its content", json!("content"), &info.entry["kind_by"]);
        same("path", json!(corpus.path(row)), &info.entry["path"]);
        same("readable", json!(true), &info.entry["readable"]);
        same("format", json!("vhd"), &image["format"]);
        same("type", json!(row.vhd().map(DiskType::name)), &image["type"]);
        same("virtual size", json!(row.virtual_size), &image["virtual_size_bytes"]);
        same("block size", json!(row.block_size), &image["block_size_bytes"]);
        same("logical sector size", json!(row.logical_sector), &image["logical_sector_size_bytes"]);
        same("physical sector size", json!(row.physical_sector), &image["physical_sector_size_bytes"]);
        same("creator", json!(creator(row)), &json!(image["creator"].as_str().map(unpadded)));
        // What the format does not have.
        same("log state", json!("none"), &image["log_state"]);
        same("replayed", json!(false), &image["replayed"]);
        for guid in ["virtual_disk_id", "data_write_guid", "file_write_guid"] {
            same(guid, Value::Null, &image[guid]);
        }
        if row.remarks == "unique id all zero" {
            same("unique id", json!("00000000-0000-0000-0000-000000000000"), &image["unique_id"]);
        }
        blocks(row, image, &mut ledger);
        covered += 1;
    }
    assert_eq!(covered, VHD_FILES, "files were left out");
    ledger.close(VHD_FILES * 18);
}

/// The four characters of a program's name without what fills them up.
fn unpadded(creator: &str) -> String {
    creator.trim_end_matches([' ', '\0']).to_owned()
}

/// The program that MANIFEST.tsv says the file names as its creator.
fn creator(row: &Row) -> String {
    let quoted = row.made_by.strip_prefix("creator \"").and_then(|rest| rest.split('"').next());
    match (quoted, row.made_by.as_str()) {
        (Some(name), _) => name.to_owned(),
        // The table names the program and not its code, which is "dutl" in the source of DiscUtils, and that of the
        // other files of QEMU.
        (None, "DiscUtils (2021 source)") => "dutl".to_owned(),
        (None, "qemu-img/qemu-io 10.0.2") => "qemu".to_owned(),
        (None, other) => panic!("{}: made by {other:?}", row.file),
    }
}

/// A fixed disk has no blocks; of any other they sum up to its size, and are only in the file or not.
fn blocks(row: &Row, image: &Value, ledger: &mut Ledger) {
    let file = row.unpacked();
    let Some((block, size)) = row.block_size.zip(row.virtual_size) else {
        return ledger.equal(file, "blocks", &Value::Null, &image["blocks"]);
    };
    let count = |state: &str| image["blocks"][state].as_u64();
    ledger.equal(file, "number of blocks", Some(size.div_ceil(block)), count("total_count"));
    let sum = count("not_present").zip(count("fully_present")).map(|(absent, present)| absent + present);
    ledger.equal(file, "blocks in the file and not", count("total_count"), sum);
    if row.remarks.contains("no block allocated") {
        ledger.equal(file, "blocks in the file", Some(0), count("fully_present"));
    }
}

#[test]
fn locators_and_links_are_those_of_the_table() {
    let Some(corpus) = Corpus::open() else { return };
    let mut ledger = Ledger::default();
    let (mut differencing, mut locators) = (0, 0);
    for row in corpus.vhd() {
        let info = Info::of(&corpus.path(row));
        let (file, parent) = (row.unpacked(), &info.image()["parent"]);
        if !row.is_differencing() {
            ledger.equal(file, "parent", &Value::Null, parent);
            continue;
        }
        differencing += 1;
        let rows: Vec<&LocatorRow> = corpus.locators.iter().filter(|entry| entry.file == row.file).collect();
        locators += rows.len();
        let of = |key: &str| rows.iter().find(|entry| entry.key == key).map(|entry| entry.value.clone());
        let found: BTreeMap<String, String> = serde_json::from_value(parent["locator"].clone()).unwrap_or_default();
        let expected = rows.iter().filter_map(|entry| {
            let key = match entry.key.as_str() {
                "(header) parent name" => "header_name".to_owned(),
                key if key.starts_with('(') => return None,
                code => code.to_lowercase(),
            };
            Some((key, entry.value.clone()))
        });
        ledger.equal(file, "locator", &expected.collect(), &found);
        ledger.equal(file, "nothing that the locator cannot hold", None, parent.get("locator_entries"));
        ledger.equal(file, "wanted id", &json!(of("(header) parent unique id")), &parent["expected_guid"]);
        ledger.equal(file, "time stamp", of("(header) parent time stamp"), Some(seconds(&parent["parent_time_stamp"])));
        link(corpus, row, &rows, &info, &mut ledger);
    }
    assert_eq!((differencing, locators), (DIFFERENCING_FILES, 18), "files or locators were left out");
    ledger.close(VHD_FILES - DIFFERENCING_FILES + DIFFERENCING_FILES * 9);
}

/// A moment as seconds since 2000, zero where there is none.
fn seconds(moment: &Value) -> String {
    let since_2000 = |text: &str| {
        let start: jiff::Timestamp = "2000-01-01T00:00:00Z".parse().ok()?;
        Some(text.parse::<jiff::Timestamp>().ok()?.as_second() - start.as_second())
    };
    moment.as_str().map_or(Some(0), since_2000).map_or_else(|| format!("{moment}"), |seconds| seconds.to_string())
}

fn link(corpus: &Corpus, row: &Row, rows: &[&LocatorRow], info: &Info, ledger: &mut Ledger) {
    let (file, parent) = (row.unpacked(), &info.image()["parent"]);
    let verdict = rows.iter().find(|entry| entry.key == "(header) parent unique id");
    let Some(verdict) = verdict.filter(|verdict| verdict.link == Link::Matches) else {
        panic!("{file}: LOCATORS.tsv gives another verdict than those that this test knows")
    };
    ledger.equal(file, "status", &json!("linked"), &parent["status"]);
    ledger.equal(file, "found id", &json!(verdict.parent_has), &parent["found_guid"]);
    let path = row.parent.as_ref().map(|name| corpus.root().join(&row.name).join(name));
    ledger.equal(file, "path", &json!(path), &parent["path"]);
    let by_locator = rows.iter().any(|entry| entry.key == "W2ru");
    let found_by = if by_locator { "relative_path" } else { "same_folder_name" };
    ledger.equal(file, "found by", &json!(found_by), &parent["found_by"]);
    // The parent's own entry has the identity that the child names, and the child among its children.
    let Some(path) = path else { return ledger.holds(file, false, || "no parent in MANIFEST.tsv".to_owned()) };
    let of_parent = Info::of(&path);
    ledger.equal(file, "the parent's id", &json!(verdict.parent_has), &of_parent.image()["unique_id"]);
    let children = of_parent.image()["children"].as_array().cloned().unwrap_or_default();
    ledger.equal(file, "the parent's children", &vec![json!(corpus.path(row))], &children);
}

#[test]
fn text_and_dump_go_through_every_vhd() {
    let Some(corpus) = Corpus::open() else { return };
    let mut ledger = Ledger::default();
    let mut covered = 0;
    for row in corpus.vhd() {
        let (file, path) = (row.unpacked(), corpus.path(row));
        let path = path.as_os_str();
        let text = vhdxray(["info".as_ref(), path]);
        ledger.equal(file, "exit status of info", Some(exit_status(row)), text.status);
        ledger.equal(file, "messages of info", "", &text.stderr);
        let label = |name: &str| {
            let line = text.stdout.lines().find_map(|line| line.strip_prefix(&format!("  {name:24} ")));
            line.unwrap_or_default().to_owned()
        };
        ledger.equal(file, "VhdFormat", "VHD", &label("VhdFormat"));
        ledger.equal(file, "VhdType", row.vhd().map(DiskType::name), Some(label("VhdType").to_lowercase().as_str()));
        if let Some((name, version)) =
            row.made_by.strip_prefix("creator \"").and_then(|by| by.split_once("\" version "))
        {
            let part = |range: std::ops::Range<usize>| u16::from_str_radix(&version[range], 16).ok();
            let shown =
                part(0..4).zip(part(4..8)).map(|(major, minor)| format!("(\"{name}\"), version {major}.{minor}"));
            ledger.holds(file, shown.is_some_and(|shown| label("Creator").ends_with(&shown)), || label("Creator"));
        }
        // What a remark says of QEMU's size and of checksums stands in the text.
        let in_qemu: String = label("Size in QEMU").chars().filter(char::is_ascii_digit).collect();
        let other_size = row.remarks.contains("136363130880");
        ledger.equal(file, "size in QEMU", other_size, in_qemu.contains("136363130880"));
        ledger.equal(file, "another size in QEMU", other_size, !in_qemu.is_empty());
        let edited = row.remarks.contains("checksum");
        ledger.equal(file, "wrong checksums", edited, text.stdout.contains("wrong checksum"));

        let dump = vhdxray(["dump".as_ref(), "--format".as_ref(), "json".as_ref(), path]);
        ledger.equal(file, "exit status of dump", Some(0), dump.status);
        let json = dump.json();
        let structures = json["structures"].as_array().cloned().unwrap_or_default();
        let footer = structures.iter().find(|structure| structure["name"] == "footer").cloned().unwrap_or_default();
        let field = |name: &str| {
            let fields = footer["fields"].as_array().cloned().unwrap_or_default();
            fields.iter().find(|field| field["name"] == name).map(|field| field["value"].clone())
        };
        ledger.equal(file, "CurrentSize", Some(json!(row.virtual_size)), field("CurrentSize"));
        let disk_type = row.vhd().map(|disk_type| match disk_type {
            DiskType::Fixed => json!(2),
            DiskType::Dynamic => json!(3),
            DiskType::Differencing => json!(4),
        });
        ledger.equal(file, "DiskType", disk_type, field("DiskType"));
        let tables = structures.iter().filter(|structure| structure["name"] == "block allocation table");
        let rows: Vec<Value> =
            tables.flat_map(|table| table["fields"].as_array().cloned().unwrap_or_default()).collect();
        let blocks: u64 = rows.iter().filter_map(|row| row["count"].as_u64()).sum();
        let expected = row.block_size.zip(row.virtual_size).map_or(0, |(block, size)| size.div_ceil(block));
        ledger.equal(file, "blocks in the table", expected, blocks);
        covered += 1;
    }
    assert_eq!(covered, VHD_FILES, "files were left out");
    ledger.close(VHD_FILES * 11);
}

/// A wrong checksum over consistent fields is a finding and no refusal: the file is read, and the exit status says 1.
fn exit_status(row: &Row) -> i32 {
    i32::from(row.remarks.contains("wrong checksums") || row.remarks.contains("footer checksum wrong"))
}
