//! Damaged, hostile and future containers: nothing is lost that can be read, everything odd is said, nothing hangs.

use std::time::{Duration, Instant};

use vhdxray::testkit::hvs::{Built, Container, Keys, crc32};
use vhdxray::testkit::rng::Rng;
use vhdxray::vm::{ProblemKind, VmFormat};

use super::support::{DISK, MACHINE, container, disks, flat, machine, problems, read};

/// Overwrites bytes and puts the checksum of the structure right again.
fn rewrite(built: &mut Built, start: usize, len: usize, checksum: usize, change: impl FnOnce(&mut [u8])) {
    let bytes = &mut built.bytes[start..start + len];
    change(bytes);
    bytes[checksum..checksum + 4].fill(0);
    let right = crc32(bytes);
    bytes[checksum..checksum + 4].copy_from_slice(&right.to_le_bytes());
}

/// Bytes of a key's header, name and value; none of these tests has unused ones behind.
fn rewrite_key(built: &mut Built, path: &str, change: impl FnOnce(&mut [u8])) {
    let range = built.keys[path].clone();
    rewrite(built, range.start, range.len(), 12, change);
}

#[test]
fn a_lost_configuration_is_said_to_be_lost() {
    assert_eq!(problems(&read(&[])), [ProblemKind::Empty]);
    for len in [1, 46, 4096, 100_000] {
        let vm = read(&vec![0; len]);
        assert_eq!((problems(&vm), disks(&vm).len()), (vec![ProblemKind::AllZero], 0), "{len}");
        assert!(vm.configuration.problems[0].error.to_string().contains("zero"));
    }
    for bytes in [&b"MZ\x90\0"[..], b"vhdxfile", &vec![0xFF; 70_000]] {
        assert_eq!(problems(&read(bytes)), [ProblemKind::NotAConfiguration]);
    }
}

#[test]
fn every_length_of_a_cut_file_is_read_as_far_as_it_goes() {
    let built = Container { table_size: 512, ..container() }.build();
    let whole = flat(&read(&built.bytes)).len();
    let mut most = 0;
    for len in (0..built.bytes.len()).step_by(61).chain([built.bytes.len() - 1]) {
        let vm = read(&built.bytes[..len]);
        let last_table = built.key_tables.last().unwrap().end;
        assert!(len >= last_table || !problems(&vm).is_empty(), "{len}");
        let found = flat(&vm).len();
        assert!(found <= whole);
        most = most.max(found);
    }
    assert_eq!(most, whole);
}

#[test]
fn one_damaged_header_is_enough_of_the_other() {
    let built = container().build();
    for (copy, sequence) in [(0, 7), (1, 8)] {
        let mut damaged = built.clone();
        damaged.bytes[copy * 4096 + 20] ^= 1;
        let vm = read(&damaged.bytes);
        assert_eq!((problems(&vm), disks(&vm)), (vec![ProblemKind::HeaderDamaged], vec![DISK.to_owned()]));
        let VmFormat::Storage(storage) = &vm.format else { panic!("{:?}", vm.format) };
        assert_eq!(storage.header().unwrap().sequence_number, sequence);
    }
    // Without either, tables and keys still have checksums of their own.
    let mut damaged = built;
    damaged.bytes[..8192].fill(0);
    let vm = read(&damaged.bytes);
    assert_eq!((problems(&vm), disks(&vm)), (vec![ProblemKind::NoValidHeader], vec![DISK.to_owned()]));
}

#[test]
fn wrong_checksums_are_told_and_what_is_there_is_shown() {
    let built = container().build();
    let name = built.keys["/configuration/properties/name"].clone();
    for at in [8192 + 8 + 17, built.key_tables[0].start + 4, name.end - 4] {
        let mut damaged = built.clone();
        damaged.bytes[at] ^= 2;
        let vm = read(&damaged.bytes);
        assert_eq!((problems(&vm), disks(&vm)), (vec![ProblemKind::BadChecksum], vec![DISK.to_owned()]), "{at}");
    }
    let mut damaged = built;
    damaged.bytes[name.end - 4] ^= 2;
    let vm = read(&damaged.bytes);
    let key = vm.keys[0].descend(&["properties", "name"]).unwrap();
    assert_eq!((key.intact, key.at.unwrap().0), (Some(false), name.start as u64));
    assert_eq!(vm.keys[0].descend(&["properties", "version"]).unwrap().intact, Some(true));
}

#[test]
fn keys_that_stand_below_themselves_are_left_out() {
    let mut built = container().build();
    let table = built.key_tables[0].start;
    let offset = |range: &std::ops::Range<usize>| u32::try_from(range.start - table).unwrap().to_le_bytes();
    let (properties, settings) =
        (built.keys["/configuration/properties"].clone(), built.keys["/configuration/settings"].clone());
    let own = offset(&properties);
    rewrite_key(&mut built, "/configuration/properties", |key| key[8..12].copy_from_slice(&own));
    let vm = read(&built.bytes);
    assert_eq!((problems(&vm), vm.configuration.name.is_none()), (vec![ProblemKind::Cycle], true));
    assert_eq!(disks(&vm), [DISK], "the disks are not in the circle");
    // A circle of two.
    let mut built = container().build();
    let (first, second) = (offset(&properties), offset(&settings));
    rewrite_key(&mut built, "/configuration/properties", |key| key[8..12].copy_from_slice(&second));
    rewrite_key(&mut built, "/configuration/settings", |key| key[8..12].copy_from_slice(&first));
    assert_eq!(problems(&read(&built.bytes)), [ProblemKind::Cycle]);
}

#[test]
fn a_disk_is_found_although_its_parents_are_lost() {
    let built = Container { table_size: 300, ..container() }.build();
    // The table with `/configuration` itself.
    let mut damaged = built.clone();
    let first = built.key_tables[0].clone();
    assert!(first.contains(&built.keys["/configuration"].start));
    damaged.bytes[first].fill(0);
    let vm = read(&damaged.bytes);
    assert_eq!(problems(&vm), [ProblemKind::TableDamaged, ProblemKind::ParentMissing]);
    assert_eq!(disks(&vm), [DISK]);
}

#[test]
fn what_hangs_below_a_lost_root_is_found() {
    let mut built = container().build();
    let root = built.keys["/configuration"].clone();
    // A free entry of the same size: the key is gone, and the others stay where they are.
    built.bytes[root.start] = 1;
    let vm = read(&built.bytes);
    assert_eq!(problems(&vm), [ProblemKind::ParentMissing]);
    assert_eq!((vm.configuration.name.unwrap().lossy().as_str(), vm.configuration.id), ("web", Some(MACHINE)));
}

#[test]
fn counts_of_four_thousand_million_are_not_believed() {
    let mut built = container().build();
    built.bytes[8192 + 4..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
    let vm = read(&built.bytes);
    assert!(problems(&vm).contains(&ProblemKind::OverLimit), "{:?}", vm.configuration.problems);
    assert_eq!(disks(&vm), [DISK]);
    // A key that claims as much, a name, and a text.
    let path = built.keys.keys().find(|path| path.ends_with("pathname")).unwrap().clone();
    for (at, expected) in [(2, ProblemKind::TableDamaged), (21 + 9, ProblemKind::ValueUnreadable)] {
        let mut built = container().build();
        rewrite_key(&mut built, &path, |key| key[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes()));
        let vm = read(&built.bytes);
        assert!(problems(&vm).contains(&expected), "{:?}", vm.configuration.problems);
    }
}

#[test]
fn object_tables_that_lead_in_circles_end() {
    let built = Container { slots: 2, table_size: 300, ..container() }.build();
    assert!(built.object_tables.len() > 3);
    let mut circle = built.clone();
    let last = built.object_tables[2].start + 8 + 18;
    rewrite(&mut circle, last, 18, 1, |entry| entry[5..13].copy_from_slice(&8192_u64.to_le_bytes()));
    assert!(problems(&read(&circle.bytes)).contains(&ProblemKind::Cycle));
    // A table that is named twice counts once.
    let mut twice = Container { slots: 4, ..container() }.build();
    let entry = twice.bytes[8192 + 8..][..18].to_vec();
    twice.bytes[8192 + 8 + 18..][..18].copy_from_slice(&entry);
    let vm = read(&twice.bytes);
    assert_eq!((problems(&vm), disks(&vm).len()), (vec![ProblemKind::Cycle], 1));
}

#[test]
fn of_two_tables_of_one_number_the_newer_counts() {
    // A copy of the only table, with another name in it, in a second object.
    let old = container().build();
    let new = Container::new(machine().set("/configuration/properties/name", "wob").keys).build();
    for (sequence, name) in [(2_u16, "wob"), (0, "web"), (1, "web"), (0x8002, "web")] {
        let mut built = old.clone();
        let start = built.bytes.len();
        built.bytes.extend_from_slice(&new.bytes[new.key_tables[0].clone()]);
        let entry = 8192 + 8 + 18;
        rewrite(&mut built, start, 10, 6, |header| header[4..6].copy_from_slice(&sequence.to_le_bytes()));
        rewrite(&mut built, entry, 18, 1, |entry| {
            entry[0] = 2;
            entry[5..13].copy_from_slice(&(start as u64).to_le_bytes());
            entry[13..17].copy_from_slice(&4096_u32.to_le_bytes());
        });
        let vm = read(&built.bytes);
        assert_eq!(problems(&vm), [ProblemKind::TableTwice]);
        assert_eq!(vm.configuration.name.unwrap().lossy(), name, "{sequence}");
    }
}

#[test]
fn a_future_version_is_tried_and_marked() {
    let vm = read(&Container { version: 0x500, ..container() }.build().bytes);
    assert_eq!((problems(&vm), disks(&vm)), (vec![ProblemKind::UnknownVersion], vec![DISK.to_owned()]));
    // A type of value that nobody knows yet.
    let mut built = container().build();
    rewrite_key(&mut built, "/configuration/properties/subtype", |key| key[0] = 12);
    let vm = read(&built.bytes);
    assert_eq!((problems(&vm), disks(&vm)), (vec![ProblemKind::UnknownType], vec![DISK.to_owned()]));
}

#[test]
fn deep_trees_are_cut_off() {
    let mut keys = Keys::new();
    let mut parent = None;
    for _ in 0..2000 {
        parent = Some(keys.add_node(parent, "a"));
    }
    keys.add_value(parent, "b", 1);
    let vm = read(&Container::new(keys).build().bytes);
    assert_eq!(problems(&vm), [ProblemKind::OverLimit]);
    assert_eq!(flat(&vm).len(), 65);
}

#[test]
fn a_text_elsewhere_has_to_lie_in_the_file() {
    let long = "x".repeat(3000);
    let keys = machine().set("/configuration/properties/notes", long.as_str()).keys;
    let mut built = Container::new(keys).build();
    assert_eq!(read(&built.bytes).configuration.notes.unwrap().lossy(), long);
    rewrite_key(&mut built, "/configuration/properties/notes", |key| {
        let end = key.len();
        key[end - 8..].copy_from_slice(&u64::MAX.to_le_bytes());
    });
    let vm = read(&built.bytes);
    assert_eq!((problems(&vm), vm.configuration.notes), (vec![ProblemKind::ValueUnreadable], None));
}

#[test]
fn any_bytes_end_in_an_answer() {
    let seeds = [
        Container { table_size: 300, slots: 3, file_object_from: 40, ..container() }.build(),
        container().build().with_log(&container().build().changes_from(&Container::new(Keys::new()).build()), &[]),
    ];
    let mut rng = Rng::new(5);
    let start = Instant::now();
    let mut runs = 0;
    while runs < 3000 && start.elapsed() < Duration::from_secs(20) {
        let built = &seeds[runs % seeds.len()];
        let mut bytes = built.bytes.clone();
        for _ in 0..=rng.below(6) {
            // Most of a file is empty; the bytes that say something are worth changing.
            let at = loop {
                let at = usize::try_from(rng.below(bytes.len() as u64)).unwrap();
                if bytes[at] != 0 {
                    break at;
                }
            };
            bytes[at] = u8::try_from(rng.below(256)).unwrap();
        }
        let vm = read(&bytes);
        assert!(!flat(&vm).is_empty() || !problems(&vm).is_empty());
        runs += 1;
    }
}
