//! What the log still tells of former commits: values that the file does not hold any more.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::format::hvs::key_table::{ENTRY_STRUCTURE, KeyEntry, KeyTable, KeyValue, SIGNATURE};
use crate::limits;
use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset, FileRange};
use crate::vm::{FormerValue, History, Value};

use super::keys::{self, FlatKey, KeyId, Keys};
use super::log::StaleEntry;

/// Looks through the pieces of former commits, and through tables that nothing names, for values that are not there any
/// more.
pub(super) fn read(
    view: &dyn ReadAt,
    current: &Keys,
    entries: Vec<StaleEntry>,
    unreferenced: Vec<FileRange>,
    wide_names: bool,
) -> History {
    if entries.is_empty() && unreferenced.is_empty() {
        return History::default();
    }
    let mut past = Past {
        view,
        current,
        wide_names,
        below: children_of(current),
        told: BTreeMap::new(),
        steps: limits::MAX_VM_HISTORY_STEPS,
        tables: limits::MAX_VM_LOG_DATA,
        history: History::default(),
    };
    for entry in &entries {
        // A piece that cannot be read has nothing to tell.
        let _ = past.look_into(entry);
    }
    for table in &unreferenced {
        // A table is a piece that was never moved.
        let _ = past.look_into(&StaleEntry { at: table.start, destination: *table, data: *table, intact: true });
    }
    let mut history = past.history;
    history.entries = entries;
    history.unreferenced_tables = unreferenced;
    history
}

struct Past<'a> {
    view: &'a dyn ReadAt,
    current: &'a Keys,
    wide_names: bool,
    /// The keys that there are, by parent and name.
    below: BTreeMap<(KeyId, &'a str), Vec<KeyId>>,
    /// The values that have been told under each path.
    told: BTreeMap<String, Vec<Value>>,
    /// How many more keys and values may be compared.
    steps: u64,
    /// How many more bytes of the present tables may be read.
    tables: ByteLen,
    history: History,
}

/// A key table as it once was, or a piece of one.
struct Image<'a> {
    /// Where the first of its bytes belongs in the file.
    base: FileOffset,
    /// The bytes that are old.
    old: FileRange,
    index: Option<u16>,
    bytes: &'a [u8],
}

impl Past<'_> {
    fn look_into(&mut self, entry: &StaleEntry) -> Result<()> {
        let data = self.view.read_vec(ENTRY_STRUCTURE, entry.data.start, entry.data.len)?;
        let table = self.current.tables.iter().find(|(range, _)| range.overlaps(entry.destination));
        let old = entry.destination;
        let is_table = data.starts_with(&SIGNATURE.to_le_bytes());
        match table {
            Some((range, _)) if old.start > range.start && range.len > self.tables => {}
            Some((range, index)) if old.start > range.start => {
                self.tables = self.tables.saturating_sub(range.len);
                // The start of the table is the present one; the old bytes count only where a key's checksum fits.
                let mut bytes = self.view.read_vec(ENTRY_STRUCTURE, range.start, range.len)?;
                let from = ByteLen(old.start.0.saturating_sub(range.start.0)).to_usize().unwrap_or(usize::MAX);
                for (place, byte) in bytes.iter_mut().skip(from).zip(&data) {
                    *place = *byte;
                }
                self.keys_of(entry, &Image { base: range.start, old, index: Some(*index), bytes: &bytes });
            }
            _ if is_table => self.keys_of(entry, &Image { base: old.start, old, index: None, bytes: &data }),
            _ => {}
        }
        Ok(())
    }

    fn keys_of(&mut self, entry: &StaleEntry, image: &Image<'_>) {
        let Ok(table) = KeyTable::parse(image.base, image.bytes, self.wide_names) else { return };
        let index = image.index.unwrap_or(table.header.table_index);
        let mut found: BTreeMap<KeyId, FlatKey> = BTreeMap::new();
        for key in table.entries().map_while(Result::ok) {
            let whole = keys::intact(&key) == Some(true) && key.range().overlaps(image.old);
            if let Some(value) = former_value(&key).filter(|_| whole) {
                found.insert((index, key.offset), keys::flat(&key, value, Some(true)));
            }
        }
        for key in found.values().filter(|key| key.value != Value::Node) {
            let names = names_of(key, |id| found.get(&id).or_else(|| self.current.keys.get(&id)));
            let inside = ByteLen(key.at.0.saturating_sub(image.old.start.0));
            self.tell(entry, &names, &key.value, entry.data.start.saturating_add(inside));
        }
    }

    /// Keeps a value, unless the file still holds it under the same names or it has been told before.
    fn tell(&mut self, entry: &StaleEntry, names: &[&str], value: &Value, at: FileOffset) {
        if self.steps == 0 || self.history.former.len() >= limits::MAX_VM_FORMER_VALUES {
            self.history.left_out_count = self.history.left_out_count.saturating_add(1);
            return;
        }
        let now = self.values_now(names);
        if now.contains(&value) {
            return;
        }
        let now = now.first().map(|value| (*value).clone());
        let path = names.iter().fold(String::new(), |path, name| path + "/" + name);
        let told = self.told.entry(path.clone()).or_default();
        self.steps = self.steps.saturating_sub(ByteLen::from(told.len()).0);
        if told.contains(value) {
            return;
        }
        told.push(value.clone());
        self.history.former.push(FormerValue { path, value: value.clone(), now, at, log_entry: entry.at });
    }

    /// The values that there are under these names: several, where siblings share one.
    fn values_now(&mut self, names: &[&str]) -> Vec<&Value> {
        let mut ids = vec![(0, 0)];
        for name in names {
            let below = ids.iter().filter_map(|id| self.below.get(&(*id, *name)));
            let mut next = Vec::new();
            for siblings in below {
                let len = ByteLen::from(siblings.len()).0;
                if len > self.steps {
                    self.steps = 0;
                    return Vec::new();
                }
                self.steps = self.steps.saturating_sub(len);
                next.extend_from_slice(siblings);
            }
            ids = next;
        }
        ids.iter().filter_map(|id| self.current.keys.get(id)).map(|key| &key.value).collect()
    }
}

/// The value of a former key. What lies elsewhere in the file may have been written over since, and is not read.
fn former_value(key: &KeyEntry<'_>) -> Option<Value> {
    Some(match key.value().ok()? {
        KeyValue::Free | KeyValue::Unknown(_) => return None,
        KeyValue::Int(number) => Value::Int(number),
        KeyValue::UInt(number) => Value::UInt(number),
        KeyValue::Double(number) => Value::Double(number),
        KeyValue::String(bytes) => Value::Text(keys::text(bytes)),
        KeyValue::Array(bytes) => Value::Bytes(bytes.to_vec()),
        KeyValue::Bool(number) => Value::Bool(number != 0),
        KeyValue::Node => Value::Node,
        KeyValue::FileObject(range) => Value::Stored(range),
    })
}

fn children_of(keys: &Keys) -> BTreeMap<(KeyId, &str), Vec<KeyId>> {
    let mut below: BTreeMap<(KeyId, &str), Vec<KeyId>> = BTreeMap::new();
    for (id, key) in &keys.keys {
        below.entry((key.parent, key.name.as_str())).or_default().push(*id);
    }
    below
}

/// The names from the top down to a key; `…` stands for what is not known any more.
fn names_of<'a>(key: &'a FlatKey, parent: impl Fn(KeyId) -> Option<&'a FlatKey>) -> Vec<&'a str> {
    let mut names = vec![key.name.as_str()];
    let mut at = key.parent;
    while at != (0, 0) {
        match parent(at).filter(|_| names.len() <= limits::MAX_VM_DEPTH) {
            Some(key) => {
                names.push(key.name.as_str());
                at = key.parent;
            }
            None => {
                names.push("\u{2026}");
                break;
            }
        }
    }
    names.reverse();
    names
}
