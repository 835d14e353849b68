//! The keys of a container, table by table, as they stand in the file. Which stands below which is worked out in
//! [`super::tree`], for parents come after their children in real files.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::format::hvs::key_table::{self as format, KeyEntry, KeyTable, KeyValue};
use crate::format::text::Utf16Text;
use crate::limits;
use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset, FileRange};
use crate::vm::problem::Problems;
use crate::vm::{ProblemKind, Value};

/// What a key is named by: number of its table and offset in it. (0, 0) is the root.
pub(super) type KeyId = (u16, u32);

/// One key.
#[derive(Clone, Debug)]
pub(super) struct FlatKey {
    pub parent: KeyId,
    pub sequence: u32,
    pub name: String,
    pub value: Value,
    pub at: FileOffset,
    pub intact: Option<bool>,
}

/// All keys and the tables that they stand in.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub keys: BTreeMap<KeyId, FlatKey>,
    /// Each table that counts: its place and number.
    pub tables: Vec<(FileRange, u16)>,
}

/// Reads values that lie outside the tables, as long as there is room.
pub(super) struct ValueReader<'a> {
    view: &'a dyn ReadAt,
    texts: ByteLen,
}

impl<'a> ValueReader<'a> {
    pub(super) fn new(view: &'a dyn ReadAt) -> Self {
        Self { view, texts: limits::MAX_VM_TEXTS }
    }

    /// The value of a key; `None` for a free entry.
    pub(super) fn value(&mut self, entry: &KeyEntry<'_>) -> Result<Option<Value>, (ProblemKind, Error)> {
        let value = entry.value().map_err(|error| (ProblemKind::ValueUnreadable, error))?;
        Ok(Some(match value {
            KeyValue::Free => return Ok(None),
            KeyValue::Int(number) => Value::Int(number),
            KeyValue::UInt(number) => Value::UInt(number),
            KeyValue::Double(number) => Value::Double(number),
            KeyValue::String(bytes) => Value::Text(text(bytes)),
            KeyValue::Array(bytes) => Value::Bytes(bytes.to_vec()),
            KeyValue::Bool(number) => Value::Bool(number != 0),
            KeyValue::Node => Value::Node,
            KeyValue::FileObject(range) => {
                self.stored(entry, range).map_err(|error| (ProblemKind::ValueUnreadable, error))?
            }
            KeyValue::Unknown(_) => {
                let what = format!("a value of the unknown type {}", entry.header.key_type);
                let error = Error::unsupported(format::ENTRY_STRUCTURE, entry.at, what);
                return Err((ProblemKind::UnknownType, error));
            }
        }))
    }

    /// A value that lies elsewhere: text and numbers are read, for they are short; bytes may be gigabytes of memory.
    fn stored(&mut self, entry: &KeyEntry<'_>, range: FileRange) -> Result<Value> {
        if range.end().0 > self.view.size().0 {
            let available = self.view.size().saturating_sub(ByteLen(range.start.0));
            return Err(Error::truncated(format::ENTRY_STRUCTURE, range.start, range.len, available));
        }
        match entry.header.key_type {
            3 => return Ok(Value::Int(i64::from_le_bytes(self.number(range)?))),
            4 => return Ok(Value::UInt(u64::from_le_bytes(self.number(range)?))),
            5 => return Ok(Value::Double(f64::from_le_bytes(self.number(range)?))),
            8 => return Ok(Value::Bool(u32::from_le_bytes(self.number(range)?) != 0)),
            6 => {}
            _ => return Ok(Value::Stored(range)),
        }
        for (name, bound) in [("MAX_VM_TEXT", limits::MAX_VM_TEXT), ("MAX_VM_TEXTS", self.texts)] {
            if range.len > bound {
                return Err(Error::limit(format::ENTRY_STRUCTURE, entry.at, name, bound.0, range.len.0));
            }
        }
        self.texts = self.texts.saturating_sub(range.len);
        Ok(Value::Text(text(&self.view.read_vec(format::ENTRY_STRUCTURE, range.start, range.len)?)))
    }

    /// The bytes of a number.
    fn number<const SIZE: usize>(&self, range: FileRange) -> Result<[u8; SIZE]> {
        let mut bytes = [0; SIZE];
        if range.len < ByteLen::from(SIZE) {
            return Err(Error::truncated(format::ENTRY_STRUCTURE, range.start, ByteLen::from(SIZE), range.len));
        }
        self.view.read_exact_at(format::ENTRY_STRUCTURE, range.start, &mut bytes)?;
        Ok(bytes)
    }
}

/// Text without the NULs that end it.
pub(super) fn text(bytes: &[u8]) -> Utf16Text {
    let mut bytes = bytes;
    while let Some(rest) = bytes.strip_suffix(&[0, 0]).filter(|_| bytes.len().is_multiple_of(2)) {
        bytes = rest;
    }
    Utf16Text::from_bytes(bytes)
}

/// Whether an entry's checksum is right; `None` where it cannot be told.
pub(super) fn intact(entry: &KeyEntry<'_>) -> Option<bool> {
    entry.computed_checksum().map(|computed| computed == entry.header.checksum)
}

/// A table that counts so far.
struct Table {
    sequence: u16,
    range: FileRange,
    keys: Vec<(KeyId, FlatKey)>,
}

/// Reads all tables.
pub(super) fn read(view: &dyn ReadAt, tables: &[FileRange], wide_names: bool, problems: &mut Problems) -> Keys {
    let mut budget = limits::MAX_VM_KEY_BYTES;
    let mut values = ValueReader::new(view);
    let mut found: BTreeMap<u16, Table> = BTreeMap::new();
    let mut count = 0_usize;
    for range in tables {
        if range.len > budget {
            let bound = limits::MAX_VM_KEY_BYTES.0;
            let error = Error::limit(format::STRUCTURE, range.start, "MAX_VM_KEY_BYTES", bound, range.len.0);
            problems.add(ProblemKind::OverLimit, error);
            continue;
        }
        budget = budget.saturating_sub(range.len);
        let bytes = match read_table(view, *range, problems) {
            Ok(bytes) => bytes,
            Err(error) => {
                problems.add_error(error);
                continue;
            }
        };
        let table = match KeyTable::parse(range.start, &bytes, wide_names) {
            Ok(table) => table,
            Err(error) => {
                problems.add_error(error);
                continue;
            }
        };
        let (index, sequence) = (table.header.table_index, table.header.sequence_number);
        if !judge(&table, range.start, problems) {
            continue;
        }
        if let Some(Table { sequence: other, range: place, .. }) = found.get(&index) {
            let what = format!("table number {index} is also the one at {}", place.start);
            problems.add(ProblemKind::TableTwice, Error::malformed(format::STRUCTURE, range.start, what));
            if sequence.wrapping_sub(*other) >= 0x8000 || sequence == *other {
                continue;
            }
        }
        let room = limits::MAX_VM_KEYS.saturating_sub(count);
        let keys = table_keys(&table, index, &mut values, room, problems);
        count = count.saturating_add(keys.len());
        found.insert(index, Table { sequence, range: *range, keys });
    }
    let mut keys = Keys::default();
    for (index, Table { range, keys: entries, .. }) in found {
        keys.tables.push((range, index));
        keys.keys.extend(entries);
    }
    keys
}

fn read_table(view: &dyn ReadAt, range: FileRange, problems: &mut Problems) -> Result<Vec<u8>> {
    let available = view.size().saturating_sub(ByteLen(range.start.0));
    if available < range.len {
        let error = Error::truncated(format::STRUCTURE, range.start, range.len, available);
        if available < format::HEADER_SIZE {
            return Err(error);
        }
        problems.add(ProblemKind::Truncated, error);
    }
    view.read_vec(format::STRUCTURE, range.start, range.len.min(available))
}

/// Whether the bytes are a key table. A wrong checksum of its header is told and changes nothing: each key has its own.
fn judge(table: &KeyTable<'_>, at: FileOffset, problems: &mut Problems) -> bool {
    if table.header.signature != format::SIGNATURE {
        problems.add(ProblemKind::TableDamaged, Error::malformed(format::STRUCTURE, at, "wrong signature"));
        return false;
    }
    if table.header.checksum != table.header.computed_checksum {
        problems.add(ProblemKind::BadChecksum, Error::malformed(format::STRUCTURE, at, "wrong checksum"));
    }
    true
}

fn table_keys(
    table: &KeyTable<'_>,
    index: u16,
    values: &mut ValueReader<'_>,
    room: usize,
    problems: &mut Problems,
) -> Vec<(KeyId, FlatKey)> {
    let mut keys = Vec::new();
    for entry in table.entries() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                problems.add(ProblemKind::TableDamaged, error);
                break;
            }
        };
        let value = match values.value(&entry) {
            Ok(Some(value)) => value,
            Ok(None) => continue,
            Err((kind, error)) => {
                problems.add(kind, error);
                Value::Unreadable
            }
        };
        if keys.len() >= room {
            let (bound, found) = (ByteLen::from(limits::MAX_VM_KEYS).0, ByteLen::from(limits::MAX_VM_KEYS).0);
            let found = found.saturating_add(1);
            let error = Error::limit(format::STRUCTURE, entry.at, "MAX_VM_KEYS", bound, found);
            problems.add(ProblemKind::OverLimit, error);
            break;
        }
        let intact = intact(&entry);
        if intact == Some(false) {
            let error = Error::malformed(format::ENTRY_STRUCTURE, entry.at, "wrong checksum");
            problems.add(ProblemKind::BadChecksum, error);
        }
        keys.push(((index, entry.offset), flat(&entry, value, intact)));
    }
    keys
}

/// A key as it stands in the file.
pub(super) fn flat(entry: &KeyEntry<'_>, value: Value, intact: Option<bool>) -> FlatKey {
    FlatKey {
        parent: (entry.header.parent_table_index, entry.header.parent_offset),
        sequence: entry.header.insertion_sequence,
        name: entry.name().unwrap_or_default(),
        value,
        at: entry.at,
        intact,
    }
}
