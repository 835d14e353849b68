//! What a guest has on a disk: tables and file systems made by the usual programs, wrapped into images, and told the way
//! `blkid` and `parted` tell them.
#![cfg(all(feature = "cli", feature = "testkit", unix))]

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod made;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::peers::tool;
use support::run::{Info, run};

const MIB: u64 = 1 << 20;

/// What `blkid` says of a volume in a file: its tags; empty where it recognises nothing.
#[track_caller]
fn blkid(program: &Path, file: &Path, offset: u64, size: u64) -> BTreeMap<String, String> {
    let place = [format!("--offset={offset}"), format!("--size={size}")];
    let ran = run(Command::new(program).args(["-p", "-o", "export"]).args(place).arg(file));
    let tags = ran.stdout.lines().filter_map(|line| line.split_once('='));
    tags.map(|(name, value)| (name.to_owned(), value.replace('\\', ""))).collect()
}

/// The name here of a file system of these tags.
fn name_of(tags: &BTreeMap<String, String>) -> Option<&str> {
    let text = |name: &str| tags.get(name).map_or("", String::as_str);
    Some(match (text("TYPE"), text("VERSION")) {
        ("ntfs", _) => "NTFS",
        ("vfat", version) => version,
        ("exfat", _) => "exFAT",
        ("xfs", _) => "XFS",
        ("btrfs", _) => "Btrfs",
        ("swap", _) => "swap",
        ("LVM2_member", _) => "LVM",
        ("", _) => return None,
        (other, _) => other,
    })
}

/// Asserts that a volume is told as `blkid` tells it.
#[track_caller]
fn assert_like(found: &Value, tags: &BTreeMap<String, String>, what: &str) {
    assert_eq!(found["file_system"].as_str(), name_of(tags), "{what}: {found} and {tags:?}");
    let label = tags.get("LABEL").map(|label| label.trim_end());
    assert_eq!(found["label"].as_str(), label, "{what}: {found} and {tags:?}");
    assert_eq!(found["serial"].as_str(), tags.get("UUID").map(String::as_str), "{what}: {found} and {tags:?}");
}

/// The part of `info` about what is on the disk.
#[track_caller]
fn contents(path: &Path) -> Value {
    Info::of(path).image()["contents"].clone()
}

#[test]
fn real_disks_hold_what_blkid_says() {
    let (Some(corpus), Some(blkid_program)) = (support::corpus::Corpus::open(), tool("blkid")) else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let raw = folder.path().join("disk.raw");
    let (mut tables, mut volumes) = (BTreeMap::new(), 0);
    for row in corpus.rows.iter().filter(|row| !row.damaged && (row.vhdx().is_some() || row.vhd().is_some())) {
        let path = corpus.path(row);
        let found = contents(&path);
        if found["error"].is_string() || found["blank"] == true {
            continue;
        }
        let size = Info::of(&path).image()["virtual_size_bytes"].as_u64().expect("it has a size");
        // All that blkid looks at lies at the start of these.
        let length = size.min(8 * MIB).to_string();
        let mut cat = Command::new(env!("CARGO_BIN_EXE_vhdxray"));
        let head = cat.args(["cat", "--length", &length]).arg(&path).output().expect("it can be run").stdout;
        std::fs::write(&raw, head).and_then(|()| File::options().write(true).open(&raw)?.set_len(size)).expect("room");
        let whole = blkid(&blkid_program, &raw, 0, size);
        let table = match whole.get("PTTYPE").map(String::as_str) {
            Some("dos") => Some("mbr"),
            other => other,
        };
        assert_eq!(found["table"].as_str(), table, "{}: {whole:?}", row.unpacked());
        *tables.entry(table.map(str::to_owned)).or_insert(0) += 1;
        if let Some(volume) = found["volume"].as_object() {
            assert_like(&Value::from(volume.clone()), &whole, row.unpacked());
            volumes += 1;
        } else if table.is_none() {
            assert_eq!(name_of(&whole), None, "{}: {whole:?}", row.unpacked());
        }
        for partition in found["partitions"].as_array().expect("a list") {
            let start = partition["start_offset"].as_u64().expect("a number");
            let length = partition["length_bytes"].as_u64().expect("a number");
            let tags = blkid(&blkid_program, &raw, start, length);
            assert_like(partition, &tags, row.unpacked());
            volumes += u32::from(partition["file_system"].is_string());
        }
    }
    // As the remarks of the manifest have it: NTFS, FAT32, Btrfs, XFS, LVM and ext2 of Windows, Linux and QEMU.
    assert_eq!((tables[&Some("mbr".to_owned())], tables[&Some("gpt".to_owned())], volumes), (12, 1, 17));
}
