//! The replay log: replayed where it is dirty, and a witness of the past where it is not.

use vhdxray::testkit::hvs::{Built, Bus, Container, Write};
use vhdxray::testkit::record::Checksum;
use vhdxray::vm::{ProblemKind, ReplayLogState, Storage, Value, VmFile, VmFormat};

use super::support::{DISK, container, disks, machine, problems, read};

const NEW: &str = r"D:\VMs\web\web_4F3C.avhdx";

/// The same machine before and after its disk was changed for a checkpoint's.
fn two_states() -> (Built, Built) {
    let after = Container::new(machine().disk(Bus::Scsi(0, 0), NEW).keys).build();
    (container().build(), after)
}

fn storage(vm: &VmFile) -> &Storage {
    match &vm.format {
        VmFormat::Storage(storage) => storage,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dirty_log_is_replayed_in_memory() {
    let (before, after) = two_states();
    assert_eq!(
        (disks(&read(&before.bytes)), disks(&read(&after.bytes))),
        (vec![DISK.to_owned()], vec![NEW.to_owned()])
    );
    let dirty = before.clone().with_log(&after.changes_from(&before), &[]);
    let vm = read(&dirty.bytes);
    assert_eq!(disks(&vm), [NEW]);
    assert_eq!((storage(&vm).log.state, storage(&vm).log.replayed_entries), (ReplayLogState::Dirty, 1));
    assert!(problems(&vm).is_empty());
    assert!(vm.history.entries.is_empty(), "what is to be replayed is no past");
}

#[test]
fn a_stale_log_tells_former_paths_and_names() {
    let (before, after) = two_states();
    let clean = after.clone().with_log(&[], &before.changes_from(&after));
    let vm = read(&clean.bytes);
    assert_eq!((disks(&vm), storage(&vm).log.state), (vec![NEW.to_owned()], ReplayLogState::Clean));
    assert_eq!(vm.history.entries.len(), 1);
    let [former] = &vm.history.former[..] else { panic!("{:?}", vm.history.former) };
    assert!(former.path.ends_with("/controller0/drive0/pathname"), "{}", former.path);
    assert_eq!((former.name(), former.value.as_text().unwrap().lossy().as_str()), ("pathname", DISK));
    assert_eq!(former.now.as_ref().and_then(Value::as_text).unwrap().lossy(), NEW);
    // It points at the key's own bytes in the log.
    let at = usize::try_from(former.at.0).unwrap();
    assert_eq!(clean.bytes[at..][..21], before.bytes[before.keys[&former.path].clone()][..21]);
    // The log of a file that never changed has nothing to tell.
    let same = after
        .clone()
        .with_log(&[], &[Write::new(after.key_tables[0].start, &after.bytes[after.key_tables[0].clone()])]);
    assert!(read(&same.bytes).history.former.is_empty());
}

#[test]
fn a_piece_of_a_table_tells_what_its_checksums_prove() {
    let (before, after) = two_states();
    let path = before.keys.keys().find(|path| path.ends_with("drive0/pathname")).unwrap();
    let (old, new) = (before.keys[path].clone(), after.keys[path].clone());
    assert_eq!(old.start, new.start);
    let piece = Write::new(old.start, &before.bytes[old]);
    let vm = read(&after.clone().with_log(&[], std::slice::from_ref(&piece)).bytes);
    assert_eq!(vm.history.former.len(), 1, "{:?}", vm.history.former);
    // With one byte written over, nothing proves the key.
    let mut overwritten = piece;
    *overwritten.bytes.last_mut().unwrap() ^= 1;
    assert!(read(&after.with_log(&[], &[overwritten]).bytes).history.former.is_empty());
}

#[test]
fn a_log_that_cannot_be_replayed_is_said_to_be_so() {
    let (before, after) = two_states();
    let change = after.changes_from(&before);
    for spoil in [
        |write: &mut Write| write.checksum = Checksum::Wrong,
        |write: &mut Write| write.data_checksum = Checksum::Wrong,
        |write: &mut Write| write.at = usize::MAX,
    ] {
        let mut change = change.clone();
        spoil(&mut change[0]);
        let vm = read(&before.clone().with_log(&change, &[]).bytes);
        assert_eq!(disks(&vm), [DISK], "as it stands on disk");
        assert_eq!(problems(&vm), [ProblemKind::LogNotReplayed]);
        assert_eq!(storage(&vm).log.state, ReplayLogState::Damaged);
    }
    // More entries than slots, and a log that is none.
    let mut many = before.clone().with_log(&change, &[]);
    many.bytes[many.log.start + 8..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(problems(&read(&many.bytes)), [ProblemKind::LogNotReplayed], "the header's checksum tells");
    let mut none = before;
    none.bytes[none.log.start] ^= 1;
    assert_eq!(problems(&read(&none.bytes)), [ProblemKind::LogNotReplayed]);
}

#[test]
fn a_log_that_was_outgrown_is_read_too() {
    let (before, after) = two_states();
    // The former log lies in space that is free now.
    let mut grown = after.clone();
    let former = before.clone().with_log(&[], &before.changes_from(&after));
    let start = grown.bytes.len();
    grown.bytes.extend_from_slice(&former.bytes[former.log.clone()]);
    let mut entry = vec![4_u8, 0, 0, 0, 0];
    entry.extend_from_slice(&(start as u64).to_le_bytes());
    entry.extend_from_slice(&u32::try_from(former.log.len()).unwrap().to_le_bytes());
    entry.push(1);
    let checksum = vhdxray::testkit::hvs::crc32(&entry);
    entry[1..5].copy_from_slice(&checksum.to_le_bytes());
    grown.bytes[8192 + 8 + 18 * 5..][..18].copy_from_slice(&entry);
    let vm = read(&grown.bytes);
    assert!(problems(&vm).is_empty(), "{:?}", vm.configuration.problems);
    assert_eq!((storage(&vm).former_log_count, vm.history.former.len()), (1, 1));
}

#[test]
fn a_table_that_nothing_names_is_found_by_its_checksum() {
    let (before, after) = two_states();
    let table = before.bytes[before.key_tables[0].clone()].to_vec();
    let with = |gap: usize, table: &[u8]| {
        let mut file = after.clone();
        let start = file.bytes.len() + gap;
        file.bytes.resize(start, 0);
        file.bytes.extend_from_slice(table);
        (start as u64, read(&file.bytes))
    };
    let (start, vm) = with(4096, &table);
    assert!(problems(&vm).is_empty() && disks(&vm) == [NEW], "what nothing names does not count");
    assert_eq!(vm.history.unreferenced_tables.len(), 1);
    assert_eq!(vm.history.unreferenced_tables[0].start.0, start);
    let [former] = &vm.history.former[..] else { panic!("{:?}", vm.history.former) };
    assert_eq!(former.value.as_text().unwrap().lossy(), DISK);
    assert_eq!((former.log_entry.0, former.at.0 > start), (start, true));
    // Without its checksum it is no table, and neither are bytes that start anywhere.
    let mut damaged = table.clone();
    damaged[6] ^= 1;
    assert!(with(0, &damaged).1.history.unreferenced_tables.is_empty());
    assert!(with(100, &table).1.history.unreferenced_tables.is_empty());
    assert!(read(&after.bytes).history.unreferenced_tables.is_empty());
}
