//! Disks whose guests lie: nothing hangs, nothing is taken as large as it says, and what is odd is said.

use std::path::Path;
use std::time::{Duration, Instant};

use vhdxray::testkit::SparseImage;
use vhdxray::testkit::hvs::crc32;
use vhdxray::testkit::rng::Rng;
use vhdxray::testkit::vhdx::{Block, Builder};

use super::{MIB, contents};

const SIZE: u64 = 8 * MIB;

/// A disk whose first megabyte is this and whose rest is not there.
fn disk(folder: &Path, first: &[u8]) -> serde_json::Value {
    let path = folder.join("disk.vhdx");
    let built = Builder::dynamic(SIZE).block(0, Block::full(SparseImage::from_bytes(first))).build();
    built.image.write_to(&path).expect("a file can be written");
    let started = Instant::now();
    let found = contents(&path);
    assert!(started.elapsed() < Duration::from_secs(20), "it took {:?}", started.elapsed());
    found
}

fn put(bytes: &mut [u8], at: usize, what: &[u8]) {
    bytes[at..at + what.len()].copy_from_slice(what);
}

/// An MBR with one entry.
fn mbr(kind: u8, start: u32, count: u32) -> Vec<u8> {
    let mut bytes = vec![0; 1 << 20];
    bytes[446 + 4] = kind;
    put(&mut bytes, 446 + 8, &start.to_le_bytes());
    put(&mut bytes, 446 + 12, &count.to_le_bytes());
    put(&mut bytes, 510, &[0x55, 0xAA]);
    bytes
}

/// A protective MBR and a header of a GPT with these fields, whose checksum is right.
fn gpt(entries_sector: u64, count: u32, size: u32) -> Vec<u8> {
    let mut bytes = mbr(0xEE, 1, u32::MAX);
    put(&mut bytes, 512, b"EFI PART");
    put(&mut bytes, 512 + 8, &[0, 0, 1, 0]);
    put(&mut bytes, 512 + 12, &92_u32.to_le_bytes());
    put(&mut bytes, 512 + 24, &1_u64.to_le_bytes());
    put(&mut bytes, 512 + 72, &entries_sector.to_le_bytes());
    put(&mut bytes, 512 + 80, &count.to_le_bytes());
    put(&mut bytes, 512 + 84, &size.to_le_bytes());
    put(&mut bytes, 512 + 88, b"none");
    let checksum = crc32(&bytes[512..512 + 92]);
    put(&mut bytes, 512 + 16, &checksum.to_le_bytes());
    bytes
}

#[test]
fn what_lies_behind_a_start_that_was_never_written_is_found() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("disk.vhdx");
    Builder::dynamic(SIZE).build().image.write_to(&path).expect("a file can be written");
    let blank = contents(&path);
    assert_eq!((&blank["blank"], &blank["table"]), (&true.into(), &serde_json::Value::Null), "{blank}");

    // The copy of a table in the last sector, and its one entry in the sector before.
    let mut last = vec![0; 1 << 20];
    let (entry, header) = (last.len() - 1024, last.len() - 512);
    put(&mut last, header, &gpt(SIZE / 512 - 2, 4, 128)[512..1024]);
    put(&mut last, entry, &[0x11; 32]);
    put(&mut last, entry + 32, &2048_u64.to_le_bytes());
    put(&mut last, entry + 40, &4095_u64.to_le_bytes());
    let block = Block::full(SparseImage::from_bytes(&last));
    Builder::dynamic(SIZE).block(SIZE / MIB - 1, block).build().image.write_to(&path).expect("a file can be written");
    let found = contents(&path);
    assert_eq!((&found["table"], &found["blank"]), (&"gpt".into(), &false.into()), "{found}");
    assert!(found["remarks"][0].as_str().is_some_and(|remark| remark.contains("copy")), "{found}");
    let partition = &found["partitions"][0];
    assert_eq!(
        (&partition["start_offset"], &partition["length_bytes"], &partition["file_system"]),
        (&MIB.into(), &MIB.into(), &serde_json::Value::Null),
        "{found}"
    );
}

#[test]
fn tables_that_claim_the_impossible_are_refused_or_cut() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let partitions = |found: &serde_json::Value| found["partitions"].as_array().map_or(0, Vec::len);
    let remark = |found: &serde_json::Value| found["remarks"][0].as_str().unwrap_or_default().to_owned();
    for (table, said) in [
        (gpt(2, u32::MAX, 128), ""),
        (gpt(2, u32::MAX, u32::MAX), "cannot be"),
        (gpt(2, 128, 0), "cannot be"),
        (gpt(u64::MAX, 128, 128), "no disk reaches"),
        (gpt(1 << 40, 128, 128), "do not lie on the disk"),
        (gpt(2, 128, 128), "not those"),
    ] {
        let found = disk(folder.path(), &table);
        assert_eq!((found["table"].as_str(), partitions(&found)), (Some("gpt"), 0), "{found}");
        assert!(remark(&found).contains(said), "{found}");
    }
    // Every entry is used, and each ends before it starts.
    let mut full = gpt(2, 2048, 128);
    full[1024..1024 + 2048 * 128].fill(0x41);
    let found = disk(folder.path(), &full);
    assert_eq!((partitions(&found), found["left_out_count"].as_u64()), (128, Some(1024 - 128)), "{found}");
    assert!(found["partitions"][0]["error"].is_string());
    // The protective entry alone.
    let found = disk(folder.path(), &mbr(0xEE, 1, u32::MAX));
    assert!(found["table"] == "mbr" && remark(&found).contains("nothing was found"), "{found}");
}

#[test]
fn logical_partitions_that_lead_back_or_nowhere_end() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut table = mbr(0x05, 8, 1000);
    // An extended boot record whose next one is itself.
    let at = 8 * 512;
    table[at + 446 + 4] = 0x83;
    put(&mut table, at + 446 + 8, &1_u32.to_le_bytes());
    put(&mut table, at + 446 + 12, &1_u32.to_le_bytes());
    table[at + 462 + 4] = 0x05;
    put(&mut table, at + 462 + 12, &1_u32.to_le_bytes());
    put(&mut table, at + 510, &[0x55, 0xAA]);
    let found = disk(folder.path(), &table);
    assert!(found["remarks"][0].as_str().is_some_and(|remark| remark.contains("leads back")), "{found}");
    assert_eq!(found["partitions"].as_array().map(Vec::len), Some(2), "{found}");
    let found = disk(folder.path(), &mbr(0x05, u32::MAX, u32::MAX));
    assert!(found["remarks"][0].as_str().is_some_and(|remark| remark.contains("breaks off")), "{found}");
}

#[test]
fn volumes_that_lie_about_their_places_are_named_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let volume = |name: &[u8; 8], fill: u8| {
        let mut bytes = vec![0; 1 << 20];
        bytes[..512].fill(fill);
        put(&mut bytes, 3, name);
        bytes
    };
    for fill in [0, 0x7F, 0x80, 0xF6, 0xFF] {
        let found = disk(folder.path(), &volume(b"NTFS    ", fill));
        let name = found["volume"]["file_system"].as_str();
        assert!(name.is_none() || name == Some("NTFS"), "{found}");
        assert!(found["volume"]["label"].is_null(), "{found}");
        let found = disk(folder.path(), &volume(b"EXFAT   ", fill));
        let name = found["volume"]["file_system"].as_str();
        assert!(name.is_none() || name == Some("exFAT"), "{found}");
    }
    for (name, expected) in [(b"-FVE-FS-", "BitLocker"), (b"ReFS\0\0\0\0", "ReFS")] {
        let mut bytes = volume(name, 0);
        put(&mut bytes, 16, b"FSRS");
        put(&mut bytes, 0x38, &0x0123_4567_89AB_CDEF_u64.to_le_bytes());
        let found = disk(folder.path(), &bytes);
        assert_eq!(found["volume"]["file_system"].as_str(), Some(expected), "{found}");
        assert!(expected == "BitLocker" || found["volume"]["serial"] == "0123456789ABCDEF", "{found}");
    }
}

#[test]
fn random_damage_to_the_start_of_a_disk_never_stops_the_program() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut rng = Rng::new(77);
    let mut seeds = [gpt(2, 128, 128), mbr(0x05, 8, 1000), mbr(0x07, 8, 2000)];
    put(&mut seeds[2], 8 * 512 + 3, b"NTFS    ");
    for round in 0..24 {
        let mut bytes = seeds[round % seeds.len()].clone();
        for _ in 0..200 {
            let at = usize::try_from(rng.next() % 8192).expect("a small number");
            bytes[at] = u8::try_from(rng.next() & 0xFF).expect("a byte");
        }
        put(&mut bytes, 510, &[0x55, 0xAA]);
        disk(folder.path(), &bytes);
    }
}
