//! A configuration of a machine: any bytes as they are, or patches over a sound container.

use std::path::Path;

use jiff::Timestamp;
use uuid::Uuid;

use crate::limits;
use crate::report::{Style, vm as report};
use crate::source::MemorySource;
use crate::testkit::hvs::{self, Built, Bus, Container, Machine, crc32};
use crate::vm::{Key, Value, VmFile};

use super::input::Input;

/// The kind (0: a container; 1: the same with a dirty log; 2: with a stale one; other: the rest is the file), then for a
/// container patches: how the structure there is to be sealed (0: not; 1: a header; 2: a log; 3: an entry of it; 4: an
/// object; 5: a key table; 6: a key), a place, an offset from it, a length, the bytes.
pub fn vm(data: &[u8]) {
    let mut input = Input::new(data);
    let bytes = match input.byte() {
        kind @ 0..=2 => patched(template(kind), input),
        _ => input.rest().to_vec(),
    };
    let Ok(vm) = VmFile::read(&MemorySource::new(bytes.as_slice())) else {
        unreachable!("reading memory fails only for places that are not there, which is no failure of reading")
    };
    assert!(!vm.keys.is_empty() || !vm.configuration.problems.is_empty(), "nothing is there, and nothing is wrong");
    assert!(vm.configuration.problems.len() <= limits::MAX_VM_PROBLEMS);
    assert!(vm.history.former.len() <= limits::MAX_VM_FORMER_VALUES);
    let (mut keys, mut paths) = (0, Vec::new());
    vm.keys.iter().for_each(|key| walk(key, 0, &mut keys, &mut paths));
    assert!(keys <= limits::MAX_VM_KEYS);
    // A disk that is overlooked is a disk that looks unused.
    let drives = vm.configuration.drives.iter().filter_map(|drive| drive.path.as_ref());
    let mut found: Vec<String> = drives.map(crate::format::text::Utf16Text::lossy).collect();
    found.sort_unstable();
    paths.sort_unstable();
    assert_eq!(found, paths, "drives and path names do not agree");
    for former in &vm.history.former {
        assert_ne!(Some(&former.value), former.now.as_ref(), "{}: what is there is no past", former.path);
    }
    shown(&vm);
}

/// Counts keys, bounds their depth, and collects the first path name below each.
fn walk(key: &Key, depth: usize, count: &mut usize, paths: &mut Vec<String>) {
    assert!(depth <= limits::MAX_VM_DEPTH);
    *count += 1;
    let path = key.child("pathname").map(|path| &path.value);
    if let Some(Value::Text(path)) = path {
        paths.extend(Some(path.lossy()).filter(|path| !path.is_empty()));
    }
    key.children.iter().for_each(|child| walk(child, depth + 1, count, paths));
}

/// Every report can be written, and none lets a control character through.
fn shown(vm: &VmFile) {
    let style = Style { color: false, width: Some(80), as_of: Timestamp::UNIX_EPOCH };
    let mut out = Vec::new();
    let written = report::write(Path::new("a"), vm, style, &mut out)
        .and_then(|()| report::write_keys(Path::new("a"), vm, style, &mut out))
        .and_then(|()| report::write_history(Path::new("a"), vm, style, &mut out));
    assert!(written.is_ok());
    let harmless = |byte: &u8| *byte >= b' ' || *byte == b'\n';
    assert!(out.iter().all(harmless), "{}", String::from_utf8_lossy(&out));
}

fn template(kind: u8) -> Built {
    let machine = |path: &str| {
        let keys = Machine::new(Uuid::from_u128(1), "web").disk(Bus::Scsi(0, 0), path).disk(Bus::Ide(0, 1), "b").keys;
        Container { table_size: 700, file_object_from: 120, slots: 4, log_size: 16 << 10, ..Container::new(keys) }
            .build()
    };
    let (before, after) = (machine(r"C:\before.vhdx"), machine(r"C:\after_1.avhdx"));
    match kind {
        1 => before.clone().with_log(&after.changes_from(&before), &[]),
        2 => after.clone().with_log(&[], &before.changes_from(&after)),
        _ => before,
    }
}

/// Length of a structure and place of its checksum.
const SEALS: [(usize, usize); 5] = [(46, 4), (34, 4), (28, 20), (18, 1), (10, 6)];

fn patched(built: Built, mut input: Input<'_>) -> Vec<u8> {
    let mut places = vec![0, 4096, built.log.start, built.log.start + 34];
    places.extend(built.object_tables.iter().flat_map(|table| [table.start, table.start + 8, table.start + 26]));
    places.extend(built.key_tables.iter().map(|table| table.start));
    places.extend(built.keys.values().map(|key| key.start));
    let mut bytes = built.bytes;
    while !input.is_empty() {
        let (seal, number, offset) = (usize::from(input.byte()), usize::from(input.byte()), usize::from(input.byte()));
        let len = usize::from(input.byte() % 32);
        let patch = input.bytes(len);
        let start = places.get(number % places.len()).copied().unwrap_or_default();
        if let Some(place) = bytes.get_mut(start + offset..start + offset + patch.len()) {
            place.copy_from_slice(patch);
        }
        let structure = match seal {
            0 => None,
            1..=5 => SEALS.get(seal - 1).copied(),
            // A key as long as it says that it is; one with unused bytes at its end stays wrong.
            _ => bytes.get(start + 2).map(|size| (usize::from(*size), 12)),
        };
        if let Some((len, checksum)) = structure.filter(|(len, checksum)| checksum + 4 <= *len)
            && let Some(structure) = bytes.get_mut(start..start + len)
        {
            put(structure, checksum, 0);
            let right = crc32(structure);
            put(structure, checksum, right);
        }
    }
    bytes
}

fn put(structure: &mut [u8], at: usize, checksum: u32) {
    if let Some(place) = structure.get_mut(at..at + 4) {
        place.copy_from_slice(&checksum.to_le_bytes());
    }
}

pub(super) fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let keys = Machine::new(Uuid::from_u128(1), "web").disk(Bus::Scsi(0, 0), r"C:\a.vhdx").keys;
    let xml = [&[9][..], &hvs::xml(&keys)].concat();
    let cut = xml.get(..xml.len() / 2).unwrap_or_default().to_vec();
    let text = |text: &str| [&[9], text.as_bytes()].concat();
    vec![
        ("container", vec![0]),
        ("dirty-log", vec![1]),
        ("stale-log", vec![2]),
        ("damaged-header", vec![0, 0, 0, 20, 1, 1]),
        ("future-version", vec![0, 1, 0, 10, 2, 0, 5, 1, 1, 10, 2, 0, 5]),
        ("many-objects", vec![0, 0, 4, 4, 4, 0xFF, 0xFF, 0xFF, 0xFF]),
        ("key-below-itself", vec![0, 6, 22, 6, 6, 1, 0, 10, 0, 0, 0]),
        ("xml", xml),
        ("xml-cut", cut),
        ("xml-entities", text("<!DOCTYPE c [<!ENTITY a \"b\"><!ENTITY c SYSTEM \"file:///d\">]><configuration>&a;&c;")),
        ("zeros", vec![9, 0, 0, 0, 0, 0, 0, 0, 0]),
    ]
}
