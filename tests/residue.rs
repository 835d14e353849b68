//! What is left in files: found where the testkit put it, and copied out byte for byte.
#![cfg(all(feature = "cli", feature = "testkit"))]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::corpus::sha256;
use support::disks::{names, small_chain, vhdxray_in, written};
use support::run::{Ran, vhdxray};
use support::schema::assert_valid;
use vhdxray::testkit::vhdx::{Block, Builder};
use vhdxray::testkit::{SparseImage, Style, pattern, vhd};

const MIB: u64 = 1 << 20;

fn residue(path: &Path, more: &[&OsStr]) -> Ran {
    let arguments = [OsStr::new("residue"), path.as_os_str(), OsStr::new("--format"), OsStr::new("json")];
    vhdxray(arguments.into_iter().chain(more.iter().copied()))
}

fn of_kind<'a>(json: &'a Value, kind: &str) -> Vec<&'a Value> {
    json["ranges"].as_array().unwrap().iter().filter(|range| range["kind"] == kind).collect()
}

fn sum(json: &Value) -> u64 {
    ["used_bytes", "unused_bytes", "unknown_bytes"].iter().map(|name| json[name].as_u64().unwrap()).sum()
}

/// Block 0 with content, block 1 given up with its old content, a gap of 1 MiB between them, and bytes at the end.
fn leftovers(folder: &Path) -> (PathBuf, u64) {
    let built = Builder::dynamic(4 * MIB)
        .seed(9)
        .gap(MIB)
        .block(0, Block::full(pattern::image(1, 0, MIB)))
        .block(1, Block::unmapped().anchored(pattern::image(2, MIB, MIB)))
        .trailing(b"left here")
        .build();
    let path = folder.join("disk.vhdx");
    built.image.write_to(&path).unwrap();
    (path, built.layout.blocks[&1])
}

#[test]
fn what_was_given_up_is_copied_out() {
    let folder = tempfile::tempdir().unwrap();
    let (path, place) = leftovers(folder.path());
    let before = sha256(&path);
    let target = folder.path().join("out");
    let ran = residue(&path, &[OsStr::new("--extract"), target.as_os_str()]).expect_success();
    let json = ran.json();
    assert_valid("residue", [&json]);
    assert_eq!(sum(&json), fs::metadata(&path).unwrap().len());
    assert_eq!(sha256(&path), before);

    let trimmed = of_kind(&json, "trimmed");
    assert_eq!(trimmed.len(), 1);
    assert_eq!((&trimmed[0]["start_offset"], &trimmed[0]["block"]), (&place.into(), &1.into()));
    assert_eq!((&trimmed[0]["state"], &trimmed[0]["holds"]), (&"unmapped".into(), &"data".into()));
    let tail = of_kind(&json, "tail");
    assert_eq!((tail.len(), &tail[0]["holds"]), (1, &"data".into()));
    assert!(of_kind(&json, "unreferenced").iter().all(|range| range["holds"] == "zeros"));

    let copy = |range: &Value| target.join(range["extracted"]["file"].as_str().unwrap());
    assert_eq!(fs::read_to_string(copy(tail[0])).unwrap(), "left here");
    let mut bytes = Vec::new();
    File::open(copy(trimmed[0])).unwrap().read_to_end(&mut bytes).unwrap();
    assert!(bytes == pattern::range(2, MIB, MIB));
    for range in json["ranges"].as_array().unwrap() {
        assert_eq!(range["extracted"].is_null(), range["holds"] == "zeros");
        if !range["extracted"].is_null() {
            assert_eq!(range["extracted"]["sha256"], sha256(&copy(range)));
        }
    }
    // The manifest is the same report, and the sums are for sha256sum.
    let manifest: Value = serde_json::from_str(&fs::read_to_string(target.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["ranges"], json["ranges"]);
    let sums = fs::read_to_string(target.join("SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count() + 2, names(&target).len());
    for line in sums.lines() {
        let (hash, name) = line.split_once("  ").unwrap();
        assert_eq!(hash, sha256(&target.join(name)));
    }

    // What is there is never overwritten.
    let there = names(&target);
    let again = residue(&path, &[OsStr::new("--extract"), target.as_os_str()]);
    assert_eq!((again.status, names(&target)), (Some(2), there), "{again}");
}

#[test]
fn sectors_of_the_parent_hold_what_must_not_be_read() {
    let (folder, paths) = written(&small_chain(), Style::Quirky(5));
    let json = residue(&paths[1], &[]).expect_success().json();
    assert_eq!(sum(&json), fs::metadata(&paths[1]).unwrap().len());
    let clear: u64 = of_kind(&json, "clear_sectors").iter().map(|range| range["length_bytes"].as_u64().unwrap()).sum();
    assert!(clear > 0 && clear < MIB * 9, "{clear}");
    let text = vhdxray_in(folder.path(), &["residue", "child.avhdx"]).expect_success();
    assert!(text.stdout.contains("clear_sectors"), "{text}");
}

#[test]
fn a_version_1_file_is_told_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.vhd");
    let block = vhd::Block::new(pattern::image(1, 0, 2 * MIB)).present(0..8);
    let built = vhd::Builder::dynamic(3 * MIB).block(0, block).build();
    built.image.write_to(&path).unwrap();
    let json = residue(&path, &[]).expect_success().json();
    assert_eq!(sum(&json), built.image.len());
    let clear = of_kind(&json, "clear_sectors");
    assert_eq!(clear.len(), 1);
    assert_eq!((&clear[0]["length_bytes"], &clear[0]["holds"]), (&(2 * MIB - 4096).into(), &"data".into()));
}

#[test]
fn a_file_without_a_block_map_is_unknown_not_unused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.vhdx");
    let mut built = Builder::dynamic(4 * MIB).block(0, Block::full(pattern::image(1, 0, MIB))).build();
    vhdxray::testkit::damage::break_both_headers(&mut built);
    built.image.write_to(&path).unwrap();
    let ran = residue(&path, &[]);
    let json = ran.json();
    assert_eq!(ran.status, Some(1), "{ran}");
    assert_eq!(sum(&json), built.image.len());
    assert!(json["unknown_bytes"].as_u64().unwrap() > MIB && json["problem"].is_object());
    assert!(of_kind(&json, "unreferenced").is_empty() && of_kind(&json, "tail").is_empty());
    SparseImage::new(0).write_to(&path).unwrap();
    assert_eq!(residue(&path, &[]).status, Some(2));
}
