//! Memory stays flat however large a disk is.
#![cfg(all(feature = "cli", feature = "testkit", target_os = "linux"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use vhdxray::analysis::hash::{Algorithm, Hasher};
use vhdxray::testkit::vhdx::{Block, Builder};
use vhdxray::testkit::{Disk, Model, Style, pattern};

/// The largest disk of the format in its smallest blocks.
const SIZE: u64 = 64 << 40;
const BLOCKS: u64 = SIZE >> 20;

/// Runs `vhdxray info` where all the memory that it can write to, its stacks included, takes no more than this.
fn info_within(kib: u64, path: &Path) -> Output {
    within(kib, "info", path)
}

fn within(kib: u64, command: &str, path: &Path) -> Output {
    let script = format!("ulimit -d {kib}; exec \"$0\" {command} --format json \"$1\"");
    Command::new("sh").arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_vhdxray")).arg(path).output().unwrap()
}

/// Fifty files over one disk of 64 TiB, in blocks of 64 MiB so that a test build gets through in time: 1 Mi entries each.
/// Their tables take 400 MiB; what is kept of each in `usage` is a window.
#[test]
fn usage_of_a_chain_of_50_stays_under_64_mib() {
    const FILES: u64 = 50;
    const BLOCK: u64 = 64 << 20;
    let folder = tempfile::tempdir().unwrap();
    let mut model = Model::new(50);
    let disk = Disk::new(SIZE).blocks_of(64 << 20);
    let mut layer = model.base(disk);
    model.write(layer, 0..4096, 1);
    for number in 1..FILES {
        layer = model.child(layer, disk);
        // Each hides four sectors of the one below and leaves as many.
        let start = (SIZE - BLOCK) + number * 2048;
        model.write(layer, start..start + 4096, u32::try_from(number).unwrap() + 1);
    }
    model.write_vhdx(folder.path(), Style::Plain).unwrap();
    let ran = within(64 << 10, "usage", folder.path());
    let (out, err) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8_lossy(&ran.stderr).into_owned());
    assert_eq!(ran.status.code(), Some(0), "{out}\n{err}");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let files = json["files"].as_array().unwrap();
    assert_eq!(files.len() as u64, FILES);
    let sum = |name: &str| files.iter().map(|file| file[name].as_u64().unwrap()).sum::<u64>();
    // The base's block is whole, for a disk without parent has no bits.
    assert_eq!(sum("live_bytes"), BLOCK + FILES.saturating_sub(2) * 2048 + 4096);
    assert_eq!(sum("shadowed_bytes"), FILES.saturating_sub(2) * 2048);
    assert_eq!(json["chains"][0]["guest_data_bytes"], sum("live_bytes"));
}

#[test]
fn info_of_64_tib_in_blocks_of_1_mib_stays_under_64_mib() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("largest.vhdx");
    let data = || Block::full(pattern::image(1, 0, 4096));
    let built = Builder::dynamic(SIZE)
        .seed(64)
        .block(0, data())
        .block(BLOCKS / 2, Block::zero())
        .block(BLOCKS - 1, data())
        .build();
    // 67,108,864 payload entries and one of a sector bitmap between any two chunks: 512 MiB and a little.
    assert_eq!(built.layout.shape.entries * 8, 537_001_976);
    built.image.write_to(&path).unwrap();

    let ran = info_within(64 << 10, &path);
    let (out, err) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8_lossy(&ran.stderr).into_owned());
    assert_eq!(ran.status.code(), Some(0), "{out}\n{err}");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let image = &json["files"][0]["image"];
    assert_eq!(image["virtual_size_bytes"], SIZE, "{image:#}");
    let blocks = &image["blocks"];
    let counts = ["total_count", "fully_present", "zero", "not_present"].map(|name| blocks[name].as_u64());
    assert_eq!(counts, [BLOCKS, 2, 1, BLOCKS - 3].map(Some), "{blocks:#}");

    let too_little = info_within(1 << 10, &path);
    assert_ne!(too_little.status.code(), Some(0), "the bound on memory bounds nothing");
}

/// Pieces of a disk that is read ahead are used again, however long it is: this one has ten times the memory in data.
#[test]
fn hash_of_any_disk_stays_under_24_mib() {
    const SIZE: u64 = 240 << 20;
    let folder = tempfile::tempdir().unwrap();
    let mut model = Model::new(24);
    let base = model.base(Disk::new(SIZE));
    model.write(base, 0..SIZE, 1);
    let child = model.child(base, Disk::new(SIZE));
    for at in (0..SIZE).step_by(1 << 20) {
        model.write(child, at + 4096..at + 12288, 2);
    }
    let paths = model.write_vhdx(folder.path(), Style::Plain).unwrap();
    let ran = within(24 << 10, "hash", &paths[1]);
    let (out, err) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8_lossy(&ran.stderr).into_owned());
    assert_eq!(ran.status.code(), Some(0), "{out}\n{err}");
    let mut hasher = Hasher::new(Algorithm::Sha256);
    for at in (0..SIZE).step_by(1 << 20) {
        hasher.update(&model.expected(child, at, 1 << 20));
    }
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["disks"][0]["hashes"]["sha256"], hasher.finish());
}
