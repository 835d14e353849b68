//! The log as history: what a real checkpoint's log tells, and what two writes of the testkit leave in one.
#![cfg(all(feature = "cli", feature = "testkit"))]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::corpus::Corpus;
use support::run::vhdxray;
use support::schema::assert_valid;
use uuid::uuid;
use vhdxray::testkit::vhdx::{Block, Builder, Built, DirtyOptions, Write, dirty};
use vhdxray::testkit::{SparseImage, pattern};

const MIB: u64 = 1 << 20;

fn history(path: &Path) -> Value {
    let ran = vhdxray([Path::new("log"), path, Path::new("--format"), Path::new("json")]).expect_success();
    let json = ran.json();
    assert_valid("log", [&json]);
    json
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

/// Each block's place as it was given, with the last digits of the entry that gave it, from a decoding of the ring by
/// hand. The chunk's sector bitmap stands first.
const ALLOCATED: [(u64, Option<u64>, u64); 22] = [
    (171, None, 0x70_0000),
    (173, Some(2740), 0x120_0000),
    (175, Some(1874), 0x160_0000),
    (179, Some(0), 0x1a0_0000),
    (180, Some(1764), 0x1c0_0000),
    (185, Some(1028), 0x200_0000),
    (185, Some(1760), 0x220_0000),
    (185, Some(1900), 0x240_0000),
    (185, Some(1903), 0x260_0000),
    (185, Some(2738), 0x280_0000),
    (185, Some(3514), 0x2a0_0000),
    (187, Some(1716), 0x300_0000),
    (187, Some(1872), 0x320_0000),
    (187, Some(1886), 0x340_0000),
    (187, Some(2509), 0x360_0000),
    (187, Some(2565), 0x380_0000),
    (187, Some(2615), 0x3a0_0000),
    (187, Some(2671), 0x3c0_0000),
    (187, Some(2679), 0x3e0_0000),
    (187, Some(3302), 0x400_0000),
    (188, Some(3412), 0x420_0000),
    (188, Some(3479), 0x440_0000),
];

#[test]
fn the_log_of_a_real_checkpoint_tells_when_each_block_came() {
    let Some(corpus) = Corpus::open() else { return };
    let path = corpus.path(corpus.row("hyperv-checkpoint-orphan/differencing.avhdx"));
    let history = history(&path);
    assert_eq!(history["log_state"], "clean");
    assert_eq!((&history["log_offset"], &history["log_length_bytes"]), (&json!(MIB), &json!(MIB)));
    let entries = list(&history["entries"]);
    let numbers: Vec<u64> = entries.iter().map(|entry| entry["sequence_number"].as_u64().unwrap()).collect();
    let first = 2_218_537_444_203_312_167;
    assert_eq!(numbers, (first..first + 23).collect::<Vec<u64>>());
    for entry in entries {
        assert_eq!(entry["state"], "stale");
        assert_eq!(entry["log_guid"], "9399793e-2a9a-4261-8e75-bf8afde203dc");
        assert_eq!(entry["zero_count"], 0);
    }
    let touches: Vec<(u64, &Value)> = entries
        .iter()
        .flat_map(|entry| {
            list(&entry["touches"]).iter().map(|touch| (entry["sequence_number"].as_u64().unwrap(), touch))
        })
        .collect();
    assert_eq!(touches.len(), 110);
    assert_eq!(list(&history["fragments"]).len(), 0);

    // The file was made with its metadata; then the table was written once more, with one more item.
    let structures = |entry: usize| -> Vec<&str> {
        let touches = list(&entries[entry]["touches"]).iter();
        touches.flat_map(|touch| list(&touch["targets"])).map(|target| target["structure"].as_str().unwrap()).collect()
    };
    assert!(structures(0).is_empty());
    assert!(structures(1).contains(&"parent locator") && structures(1).contains(&"metadata table"));
    assert_eq!(structures(2), ["metadata table"; 16]);
    assert_eq!(structures(3), ["BAT", "sector bitmap", "BAT"]);
    assert_eq!(structures(22), ["sector bitmap"]);

    // Then blocks were given places, one after the other in the file.
    let changes: Vec<(u64, &Value)> =
        touches.iter().flat_map(|(number, touch)| list(&touch["bat_changes"]).iter().map(|c| (*number, c))).collect();
    assert_eq!(changes.len(), 44);
    let came: Vec<(u64, Option<u64>, u64)> = changes
        .iter()
        .filter(|(_, change)| !change["before"].is_null())
        .map(|(number, change)| {
            assert_eq!(change["before"], json!({ "state": "not_present", "file_offset": null }));
            assert_eq!(change["then"], change["now"], "no block moved later");
            (*number % 1000, change["block"].as_u64(), change["then"]["file_offset"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(came, ALLOCATED);
    // The other changes are earlier values in the first known image of their sector: not present then.
    for (_, change) in changes.iter().filter(|(_, change)| change["before"].is_null()) {
        assert_eq!(change["then"], json!({ "state": "not_present", "file_offset": null }));
        assert_ne!(change["now"]["file_offset"], Value::Null);
    }
    // Sectors came into the file, and none went out.
    let bits: Vec<&Value> = touches.iter().flat_map(|(_, touch)| list(&touch["bitmap_changes"])).collect();
    assert_eq!(bits.len(), 360);
    for change in bits {
        assert!(change["changed"] == true && change["set"] == true || change["set"] == false, "{change}");
    }
}

/// Writes into the entry of block 1: first that it is given up, then a second place.
fn written_twice() -> (Built, u64) {
    let built = Builder::dynamic(4 * MIB)
        .seed(3)
        .block(0, Block::full(pattern::image(1, 0, MIB)))
        .block(1, Block::full(pattern::image(1, MIB, MIB)))
        .build();
    let place = built.layout.blocks[&1];
    let entry = |value: u64| vec![Write::Bytes(built.layout.entry_offset(1), value.to_le_bytes().to_vec())];
    let batches = [entry(3), entry((place + MIB) | 6)];
    let options = DirtyOptions {
        last_file_offset: Some(place + 2 * MIB),
        ..DirtyOptions::new(uuid!("6f1d6a34-0000-4000-8000-00000000beef"))
    };
    (dirty(&built, &batches, &options).file, place)
}

#[test]
fn each_image_of_a_sector_is_compared_with_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dirty.vhdx");
    let (built, place) = written_twice();
    built.image.write_to(&path).unwrap();
    let history = history(&path);
    assert_eq!((&history["log_state"], &history["replayed"]), (&json!("dirty"), &json!(true)));
    let entries = list(&history["entries"]);
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| entry["state"] == "live"));
    let changes = |entry: &Value| entry["touches"][0]["bat_changes"].clone();
    let unmapped = json!({ "state": "unmapped", "file_offset": null });
    let moved = json!({ "state": "fully_present", "file_offset": place + MIB });
    let change = |before: &Value, then: &Value, now: &Value| json!([{ "block": 1, "chunk": null, "virtual_offset": MIB, "before": before, "then": then, "now": now }]);
    assert_eq!(changes(&entries[0]), change(&Value::Null, &unmapped, &moved));
    assert_eq!(changes(&entries[1]), change(&unmapped, &moved, &moved));
    // Without the replay the file still says what it said before both.
    let ran = vhdxray([Path::new("log"), &path, Path::new("--as-on-disk")]).expect_success();
    assert!(ran.stdout.contains(&format!("block 1 was unmapped; now fully present at {place:#x}")), "{ran}");
    assert!(ran.stdout.contains("0 stale entries"), "{ran}");
}

#[test]
fn what_has_no_log_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let vhd = folder.path().join("a.vhd");
    vhdxray::testkit::vhd::Builder::dynamic(4 * MIB).build().image.write_to(&vhd).unwrap();
    let ran = vhdxray([Path::new("log"), &vhd]);
    assert_eq!(ran.status, Some(2), "{ran}");
    assert!(ran.stderr.contains("a VHD file has no log"), "{ran}");
    let junk = folder.path().join("junk.vhdx");
    SparseImage::from_bytes(&[7; 5000]).write_to(&junk).unwrap();
    let ran = vhdxray([Path::new("log"), &junk]);
    assert_eq!(ran.status, Some(2), "{ran}");
}
