//! `usage`: a fork whose numbers are known, and the report's shape.
#![cfg(all(feature = "cli", feature = "testkit"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use serde_json::Value;
use support::disks::{vhdxray_in, written};
use support::schema::assert_valid;
use vhdxray::testkit::{Disk, Mark, Model, Style, estate};

const MIB: u64 = 1 << 20;
const PARTS: [&str; 12] = [
    "header_bytes",
    "log_bytes",
    "metadata_bytes",
    "bat_bytes",
    "bitmap_bytes",
    "live_bytes",
    "shadowed_bytes",
    "unfilled_bytes",
    "trimmed_bytes",
    "unreferenced_bytes",
    "tail_bytes",
    "unknown_bytes",
];

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_else(|| panic!("{name}: {value}"))
}

fn assert_sums(json: &Value) {
    for file in json["files"].as_array().unwrap() {
        let sum: u64 = PARTS.iter().map(|part| number(file, part)).sum();
        assert_eq!(sum, number(file, "file_size_bytes"), "{file}");
    }
}

/// A base of eight blocks, all but the last two of them written, and two children:
///
/// | block | base | a | b |
/// |---|---|---|---|
/// | 0 | data | data | data |
/// | 1 | data | data | |
/// | 2 | data | | unmapped |
/// | 3 | data | zero | zero |
/// | 4 | data | | |
/// | 5 | data | 2 sectors of 4 KiB | |
fn fork() -> Model {
    let mut model = Model::new(11);
    let base = model.base(Disk::new(8 * MIB));
    let a = model.child(base, Disk::new(8 * MIB));
    let b = model.child(base, Disk::new(8 * MIB));
    model.write(base, 0..6 * MIB, 1);
    model.write(a, 0..2 * MIB, 2);
    model.write(b, 0..MIB, 3);
    model.mark(b, 2 * MIB..3 * MIB, Mark::Unmapped);
    for child in [a, b] {
        model.mark(child, 3 * MIB..4 * MIB, Mark::Zero);
    }
    model.write(a, 5 * MIB..5 * MIB + 8192, 2);
    for (layer, name) in [(base, "base.vhdx"), (a, "a.avhdx"), (b, "b.avhdx")] {
        model.place(layer, r"C:\Hyper-V\disks", name);
    }
    model
}

#[test]
fn a_fork_tells_what_each_leaf_sees_of_the_base() {
    let (folder, _) = written(&fork(), Style::Plain);
    let ran = vhdxray_in(folder.path(), &["usage", ".", "--format", "json"]).expect_success();
    let json = ran.json();
    assert_valid("usage", [&json]);
    assert_sums(&json);
    let file = |name: &str| {
        let files = json["files"].as_array().unwrap();
        files.iter().find(|file| file["path"].as_str().unwrap().ends_with(name)).unwrap()
    };
    let base = file("base.vhdx");
    // Blocks 0 and 3 are hidden by both; block 1 is b's, block 2 a's, block 4 and 5 both see.
    assert_eq!((number(base, "live_bytes"), number(base, "shadowed_bytes")), (4 * MIB, 2 * MIB));
    let seen: Vec<u64> = base["seen_by"].as_array().unwrap().iter().map(|seen| number(seen, "visible_bytes")).collect();
    assert_eq!(seen, [3 * MIB - 8192, 3 * MIB]);
    let a = file("a.avhdx");
    assert_eq!((number(a, "live_bytes"), number(a, "unfilled_bytes")), (2 * MIB + 8192, MIB - 8192));
    assert_eq!((number(a, "bitmap_bytes"), number(a, "shadowed_bytes")), (MIB, 0));
    let b = file("b.avhdx");
    assert_eq!((number(b, "live_bytes"), number(b, "unfilled_bytes")), (MIB, 0));
    let overlap = |file: &Value| number(&file["overlaps"][0], "overlap_bytes");
    assert_eq!((overlap(a), overlap(b)), (2 * MIB + 8192, MIB));
    assert_eq!(base["overlaps"], Value::Array(vec![]));
    // The block of which a has two sectors is as large as blocks can be small; 32 MiB would take it all.
    assert_eq!((number(a, "block_size_bytes"), &base["block_sizes"]), (MIB, &Value::Null));
    let needed: Vec<u64> =
        a["block_sizes"].as_array().unwrap().iter().map(|size| number(size, "needed_bytes")).collect();
    assert_eq!(needed, [3 * MIB, 4 * MIB, 8 * MIB, 8 * MIB, 16 * MIB, 32 * MIB]);
    let fill = &a["block_fill"];
    assert_eq!((number(fill, "up_to_quarter_count"), number(fill, "full_count")), (1, 2));
    let chains = json["chains"].as_array().unwrap();
    let owned = |layer: usize| {
        (number(&chains[0]["layers"][layer], "visible_bytes"), number(&chains[0]["layers"][layer], "zero_bytes"))
    };
    assert_eq!((owned(0), owned(1)), ((2 * MIB + 8192, MIB), (3 * MIB - 8192, 2 * MIB)));
    assert_eq!(number(&chains[0]["layers"][1], "reclaimable_bytes"), 2 * MIB);
    let guest: Vec<u64> = chains.iter().map(|chain| number(chain, "guest_data_bytes")).collect();
    assert_eq!(guest, [5 * MIB, 4 * MIB]);

    let table = vhdxray_in(folder.path(), &["usage", "."]).expect_success();
    let first = table.stdout.lines().nth(1).unwrap();
    assert!(first.trim_start().starts_with("2.0 MiB") && first.ends_with("base.vhdx"), "{table}");
    assert!(table.stdout.contains("base.vhdx is seen by"), "{table}");
    let lines: Vec<Vec<&str>> = table.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    let has = |words: &[&str]| lines.iter().any(|line| line.starts_with(words));
    assert!(has(&["3.0", "MiB", "████████████"]), "what a's guest sees in the base\n{table}");
    assert!(has(&["2.0", "MiB", "./a.avhdx", "./base.vhdx"]), "what a and the base both have\n{table}");
    assert!(!table.stdout.contains("WOULD SAVE"), "blocks are as small as they can be\n{table}");
    // Named alone, the base is judged by the children beside it all the same.
    let alone = vhdxray_in(folder.path(), &["usage", "base.vhdx", "--format", "json"]).expect_success().json();
    assert_eq!(alone["files"].as_array().unwrap().len(), 1);
    assert_eq!(number(&alone["files"][0], "shadowed_bytes"), 2 * MIB);
}

/// Two sectors in each of two blocks of 32 MiB: what Hyper-V's own block size costs a child of few writes.
#[test]
fn smaller_blocks_are_said_to_save_what_they_would() {
    let mut model = Model::new(12);
    let base = model.base(Disk::new(96 * MIB).blocks_of(32 << 20));
    let child = model.child(base, Disk::new(96 * MIB).blocks_of(32 << 20));
    model.write(base, 0..4096, 1);
    model.write(child, 33 * MIB..33 * MIB + 4096, 2);
    model.write(child, 64 * MIB..64 * MIB + 4096, 2);
    let (folder, paths) = written(&model, Style::Plain);
    let json = vhdxray_in(folder.path(), &["usage", ".", "--format", "json"]).expect_success().json();
    assert_valid("usage", [&json]);
    let name = paths[child].file_name().unwrap().to_str().unwrap();
    let files = json["files"].as_array().unwrap();
    let file = files.iter().find(|file| file["path"].as_str().unwrap().ends_with(name)).unwrap();
    let costs: Vec<(u64, u64)> = file["block_sizes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|size| (number(size, "needed_bytes") / MIB, number(size, "saved_bytes") / MIB))
        .collect();
    assert_eq!(costs, [(2, 62), (4, 60), (8, 56), (16, 48), (32, 32), (64, 0)]);
    let table = vhdxray_in(folder.path(), &["usage", "."]).expect_success();
    let line = table.stdout.lines().skip_while(|line| !line.trim_start().starts_with("WOULD SAVE")).nth(1).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert!(line.ends_with(name) && words.starts_with(&["62.0", "MiB"]), "{table}");
    // The base has no bits; only its content tells.
    let base = |more: &[&str]| {
        let arguments = [&["usage", "layer-0.vhdx", "--format", "json"][..], more].concat();
        vhdxray_in(folder.path(), &arguments).expect_success().json()["files"][0]["block_sizes"].clone()
    };
    assert_eq!(base(&[]), Value::Null);
    assert_eq!(number(&base(&["--content"])[0], "needed_bytes"), MIB);
}

#[test]
fn sectors_of_zeros_are_counted_when_content_is_read() {
    use vhdxray::testkit::vhdx::{Block, Builder};
    use vhdxray::testkit::{SparseImage, pattern};
    let folder = tempfile::tempdir().unwrap();
    let built = Builder::dynamic(4 * MIB)
        .block(0, Block::full(pattern::image(1, 0, MIB)))
        .block(1, Block::full(SparseImage::from_bytes(&[0, 0, 7])))
        .build();
    built.image.write_to(&folder.path().join("disk.vhdx")).unwrap();
    let usage = |more: &[&str]| {
        let arguments = [&["usage", "disk.vhdx", "--format", "json"][..], more].concat();
        vhdxray_in(folder.path(), &arguments).expect_success().json()["files"][0]["zero_sector_bytes"].clone()
    };
    assert_eq!(usage(&[]), Value::Null);
    assert_eq!(usage(&["--content"]), MIB - 512);
}

#[test]
fn a_storage_tree_with_everything_wrong_sums_too() {
    let folder = tempfile::tempdir().unwrap();
    estate::write(folder.path()).unwrap();
    let ran = vhdxray_in(folder.path(), &["usage", ".", "--format", "json"]);
    assert_eq!(ran.status, Some(1), "{ran}");
    let json = ran.json();
    assert_valid("usage", [&json]);
    assert_sums(&json);
    assert!(json["files"].as_array().unwrap().len() > 8);
}
