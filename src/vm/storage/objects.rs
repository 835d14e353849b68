//! The objects of a container: every object table that can be reached from the first.

use std::collections::BTreeSet;

use crate::error::{Error, Result};
use crate::format::hvs::FIRST_OBJECT_TABLE_OFFSET;
use crate::format::hvs::header::OBJECT_CHECKSUM_VERSION;
use crate::format::hvs::object_table::{self as format, ObjectTable, ObjectTableEntry, ObjectType};
use crate::limits;
use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset, FileRange};
use crate::vm::ProblemKind;
use crate::vm::problem::Problems;

/// What the object tables name.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    /// Number of object tables.
    pub table_count: u64,
    /// Where the key tables lie, each once, in the order of the entries.
    pub key_tables: Vec<FileRange>,
    /// Number of file objects.
    pub stored_count: u64,
    /// Free space, in the order of the entries: at most as much as there are samples.
    pub free: Vec<FileRange>,
}

/// Follows the chain of object tables, and any other entry that names one.
pub(super) fn read(view: &dyn ReadAt, version: Option<u32>, problems: &mut Problems) -> Objects {
    let mut objects = Objects::default();
    let mut seen = BTreeSet::from([FIRST_OBJECT_TABLE_OFFSET]);
    let mut seen_keys = BTreeSet::new();
    let mut next = vec![(FIRST_OBJECT_TABLE_OFFSET, None)];
    let checked = version.is_none_or(|version| version >= OBJECT_CHECKSUM_VERSION);
    while let Some((at, size)) = next.pop() {
        if objects.table_count >= limits::MAX_VM_OBJECT_TABLES {
            let bound = limits::MAX_VM_OBJECT_TABLES;
            let found = bound.saturating_add(1);
            problems
                .add(ProblemKind::OverLimit, Error::limit(format::STRUCTURE, at, "MAX_VM_OBJECT_TABLES", bound, found));
            break;
        }
        let bytes = match read_table(view, at, size, problems) {
            Ok(bytes) => bytes,
            Err(error) => {
                problems.add_error(error);
                continue;
            }
        };
        let Ok(table) = ObjectTable::parse(at, &bytes) else { continue };
        objects.table_count = objects.table_count.saturating_add(1);
        let limit = usize::try_from(limits::MAX_VM_OBJECT_ENTRIES).unwrap_or(usize::MAX);
        for entry in table.entries().take(limit) {
            if checked && entry.object_type != ObjectType::Empty && entry.checksum != entry.computed_checksum {
                let error = Error::malformed(format::STRUCTURE, entry.at, "wrong checksum of an entry");
                problems.add(ProblemKind::BadChecksum, error);
            }
            match entry.object_type {
                ObjectType::ObjectTable if seen.insert(entry.range.start) => {
                    next.push((entry.range.start, Some(entry.range.len)));
                }
                ObjectType::ObjectTable => {
                    let what = format!("leads back to the table at {}", entry.range.start);
                    problems.add(ProblemKind::Cycle, Error::malformed(format::STRUCTURE, entry.at, what));
                }
                ObjectType::KeyTable if seen_keys.insert(entry.range.start) => {
                    objects.key_tables.push(entry.range);
                }
                ObjectType::FileObject => objects.stored_count = objects.stored_count.saturating_add(1),
                ObjectType::Free if objects.free.len() < limits::MAX_SAMPLES => objects.free.push(entry.range),
                _ => report_odd(&entry, problems),
            }
        }
    }
    objects
}

fn report_odd(entry: &ObjectTableEntry, problems: &mut Problems) {
    match entry.object_type {
        ObjectType::KeyTable => {
            let what = format!("names the key table at {} a second time", entry.range.start);
            problems.add(ProblemKind::Cycle, Error::malformed(format::STRUCTURE, entry.at, what));
        }
        ObjectType::Other(number) => {
            let what = format!("names an object of the unknown type {number}");
            problems.add(ProblemKind::UnknownType, Error::unsupported(format::STRUCTURE, entry.at, what));
        }
        _ => {}
    }
}

/// The bytes of a table: as many as its entries need and its object has, up to the end of the file.
fn read_table(view: &dyn ReadAt, at: FileOffset, size: Option<ByteLen>, problems: &mut Problems) -> Result<Vec<u8>> {
    let head = view.read_vec(format::STRUCTURE, at, format::HEADER_SIZE)?;
    let header = ObjectTable::parse_header(at, &head)?;
    if header.signature != format::SIGNATURE {
        return Err(Error::malformed(format::STRUCTURE, at, "wrong signature"));
    }
    let count = header.entries_count;
    if count > limits::MAX_VM_OBJECT_ENTRIES {
        let bound = limits::MAX_VM_OBJECT_ENTRIES;
        let error = Error::limit(format::STRUCTURE, at, "MAX_VM_OBJECT_ENTRIES", bound.into(), count.into());
        problems.add(ProblemKind::OverLimit, error);
    }
    let wanted = ObjectTable::size_of(count.min(limits::MAX_VM_OBJECT_ENTRIES));
    let available = view.size().saturating_sub(ByteLen(at.0));
    let len = wanted.min(available).min(size.unwrap_or(wanted)).max(format::HEADER_SIZE);
    if len < wanted {
        let error = match size {
            Some(size) if size <= available => {
                let what = format!("{count} entries need {wanted} bytes, and the object has {size}");
                Error::malformed(format::STRUCTURE, at, what)
            }
            _ => Error::truncated(format::STRUCTURE, at, wanted, available),
        };
        problems.add_error(error);
    }
    view.read_vec(format::STRUCTURE, at, len)
}
