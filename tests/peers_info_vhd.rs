//! `info` of VHD files (version 1) beside other readers: whatever one of them opens, both say the same about it. Which
//! files each of them opens stands in tests/peers/opens.tsv.
#![cfg(feature = "cli")]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use support::corpus::Corpus;
use support::ledger::Ledger;
use support::peers::{peers_python, script_lines, tool};
use support::run::{Info, run, vhdxray};
use support::tables::Row;

/// The VHD files, of which two have wrong checksums, by which QEMU and 7-Zip refuse them.
const VHD_FILES: usize = 16;
const SOUND_FILES: usize = VHD_FILES - 2;

#[test]
fn qemu_img_says_the_same_sizes() {
    let Some((corpus, qemu_img)) = Corpus::open().zip(tool("qemu-img")) else { return };
    let mut ledger = Ledger::default();
    let mut opened = 0;
    for row in corpus.vhd() {
        // Without being told it takes a fixed one for raw: its signature stands at the end.
        let ran = run(Command::new(&qemu_img).args(["info", "--output=json", "-f", "vpc"]).arg(corpus.path(row)));
        if !ran.succeeded() {
            continue;
        }
        opened += 1;
        let (qemu, info) = (ran.json(), Info::of(&corpus.path(row)));
        let (file, image) = (row.unpacked(), info.image());
        ledger.equal(file, "block size", qemu.get("cluster-size").unwrap_or(&Value::Null), &image["block_size_bytes"]);
        let text = vhdxray(["info".as_ref(), corpus.path(row).as_os_str()]).expect_success().stdout;
        let in_qemu = text.lines().find_map(|line| line.strip_prefix("  Size in QEMU")?.split(['(', ')']).nth(1));
        match in_qemu {
            None => ledger.equal(file, "virtual size", &qemu["virtual-size"], &image["virtual_size_bytes"]),
            Some(shown) => {
                let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
                ledger.equal(file, "size in QEMU", &qemu["virtual-size"].to_string(), &digits);
                ledger.holds(file, qemu["virtual-size"] != image["virtual_size_bytes"], || "no difference".to_owned());
            }
        }
    }
    assert_eq!(opened, SOUND_FILES, "as many as tests/peers/opens.tsv says, and the fixed ones");
    ledger.close(SOUND_FILES * 2);
}

#[test]
fn seven_zip_says_the_same_sizes_types_ids_creators_and_parents() {
    let Some((corpus, program)) = Corpus::open().zip(tool("7zz")) else { return };
    let mut ledger = Ledger::default();
    let mut opened = 0;
    for row in corpus.vhd() {
        let ran = run(Command::new(&program).args(["l", "-slt", "-tvhd"]).arg(corpus.path(row)));
        // After two lines of dashes: the archive, then what is in it.
        let listing: BTreeMap<&str, &str> =
            ran.stdout.lines().skip_while(|line| *line != "--").filter_map(|line| line.split_once(" = ")).collect();
        if listing.contains_key("Method") {
            opened += 1;
            compare_with_seven_zip(row, &Info::of(&corpus.path(row)), &listing, &mut ledger);
        }
    }
    assert_eq!(opened, SOUND_FILES, "as many as tests/peers/opens.tsv says");
    ledger.close(SOUND_FILES * 8);
}

fn compare_with_seven_zip(row: &Row, info: &Info, listing: &BTreeMap<&str, &str>, ledger: &mut Ledger) {
    let (file, image) = (row.unpacked(), info.image());
    let text = |field: &str| listing.get(field).copied();
    let number = |field: &str| text(field).and_then(|text| text.parse::<u64>().ok());
    ledger.equal(file, "file size", number("Physical Size"), info.entry["file_size_bytes"].as_u64());
    ledger.equal(file, "virtual size", number("Size"), image["virtual_size_bytes"].as_u64());
    ledger.equal(file, "block size", number("Cluster Size"), image["block_size_bytes"].as_u64());
    // "Differencing -> Dynamic": the file, then its base.
    let method = text("Method").and_then(|method| method.split(' ').next()).map(str::to_lowercase);
    ledger.equal(file, "type", method.as_deref(), image["type"].as_str());
    let id = image["unique_id"].as_str().map(|id| id.replace('-', "").to_uppercase());
    ledger.equal(file, "unique id", text("ID"), id.as_deref());
    // "win 10.0"
    let creator = text("Creator Application").and_then(|creator| creator.rsplit_once(' ')).map(|(name, _)| name);
    let ours = image["creator"].as_str().map(|creator| creator.trim_end_matches([' ', '\0']));
    ledger.equal(file, "creator", creator, ours);
    // "2016-02-17 09:28:36.0000000", in UTC
    let created = text("Created").and_then(|created| created.split('.').next());
    let stamp = image["time_stamp"].as_str().map(|stamp| stamp.replace('T', " ").replace('Z', ""));
    ledger.equal(file, "time stamp", created, stamp.as_deref());
    // "old_1.avhd -> old.vhd", each with the name in its child's header behind it where that is another
    let parent = text("Parent").and_then(|parents| parents.split([' ']).next());
    let ours = image["parent"]["path"].as_str().and_then(|path| path.rsplit('/').next());
    ledger.equal(file, "parent", parent, ours);
    if let Some(block) = image["block_size_bytes"].as_u64() {
        let present = image["blocks"]["fully_present"].as_u64().map(|blocks| blocks * block);
        ledger.equal(file, "bytes in blocks", number("Packed Size"), present);
    }
}

#[test]
fn libvhdi_says_the_same_sizes_types_and_ids() {
    let Some((corpus, python)) = Corpus::open().zip(peers_python()) else { return };
    let rows: Vec<&Row> = corpus.vhd().collect();
    let paths: Vec<PathBuf> = rows.iter().map(|row| corpus.path(row)).collect();
    let answers = script_lines(&python, "libvhdi_read.py", "info", &paths);
    let mut ledger = Ledger::default();
    for (row, theirs) in rows.into_iter().zip(answers) {
        let info = Info::of(&corpus.path(row));
        let (file, image) = (row.unpacked(), info.image());
        ledger.equal(file, "opened", &json!(true), &theirs["opened"]);
        ledger.equal(file, "type", &theirs["type"], &image["type"]);
        ledger.equal(file, "virtual size", &theirs["virtual_size_bytes"], &image["virtual_size_bytes"]);
        ledger.equal(file, "unique id", &theirs["identifier"], &image["unique_id"]);
        ledger.equal(file, "parent's id", &theirs["parent_identifier"], &image["parent"]["expected_guid"]);
    }
    ledger.close(VHD_FILES * 5);
}
