//! Memory stays flat however large a disk is.
#![cfg(all(feature = "cli", feature = "testkit", target_os = "linux"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use vhdxray::testkit::pattern;
use vhdxray::testkit::vhdx::{Block, Builder};

/// The largest disk of the format in its smallest blocks.
const SIZE: u64 = 64 << 40;
const BLOCKS: u64 = SIZE >> 20;

/// Runs `vhdxray info` where all the memory that it can write to, its stacks included, takes no more than this.
fn info_within(kib: u64, path: &Path) -> Output {
    let script = format!("ulimit -d {kib}; exec \"$0\" info --format json \"$1\"");
    Command::new("sh").arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_vhdxray")).arg(path).output().unwrap()
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
