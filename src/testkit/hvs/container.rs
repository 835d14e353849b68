//! The container: headers, object tables, key tables, file objects, and an empty replay log.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::testkit::record::{Checksum, Record, utf16, utf16_le};

use super::built::Built;
use super::keys::{Keys, Value};
use super::{crc32, log};

/// Bytes of a key's header.
const KEY_HEADER: usize = 21;

/// What is to be written.
#[derive(Clone, Debug)]
pub struct Container {
    /// The keys.
    pub keys: Keys,
    /// The format version.
    pub version: u32,
    /// Sequence number of the second header; the first has the one after it.
    pub sequence: u16,
    /// Bytes of a key table. A longer key gets a table of its own size.
    pub table_size: usize,
    /// Slots of an object table; the last leads to the next table.
    pub slots: usize,
    /// Whether each key is written before its parent.
    pub children_first: bool,
    /// From how many bytes on a value lies outside the key tables.
    pub file_object_from: usize,
    /// Bytes that stay unused at the end of each key.
    pub slack: usize,
    /// Bytes of the replay log, the 4096 of its header included.
    pub log_size: usize,
}

impl Container {
    /// A container as hosts since Windows Server 2016 write it.
    pub fn new(keys: Keys) -> Self {
        Self {
            keys,
            version: 0x400,
            sequence: 7,
            table_size: 4096,
            slots: 227,
            children_first: false,
            file_object_from: 2048,
            slack: 0,
            log_size: 64 << 10,
        }
    }

    /// The file.
    pub fn build(&self) -> Built {
        let mut file = File { bytes: vec![0; 3 * 4096], objects: Vec::new() };
        let log = file.take(self.log_size);
        file.put(log.start, &log::empty());
        let places = self.place();
        let tables = places.iter().map(|place| place.0).max().map_or(0, |last| last + 1);
        let key_tables: Vec<Range<usize>> = (0..tables)
            .map(|table| {
                let used = places.iter().filter(|place| place.0 == table).map(|place| place.1 + place.2).max();
                let range = file.take(self.table_size.max(used.unwrap_or_default()));
                file.objects.push((2, range.clone()));
                range
            })
            .collect();
        for (number, table) in key_tables.iter().enumerate() {
            file.put(table.start, &key_table_header(number));
        }
        let mut keys = BTreeMap::new();
        let mut file_objects = Vec::new();
        for (number, (table, offset, size)) in places.iter().enumerate() {
            let Some(start) = key_tables.get(*table).map(|table| table.start + offset) else { continue };
            let entry = self.entry(number, *size, &places, &mut file, &mut file_objects);
            file.put(start, &entry);
            keys.insert(self.keys.path(number), start..start + size);
        }
        for (number, table) in key_tables.iter().enumerate() {
            let inside = places.iter().filter(|place| place.0 == number);
            let used = inside.map(|place| place.1 + place.2).max().unwrap_or(10);
            if table.len() > used + KEY_HEADER {
                file.put(table.start + used, &free_entry(table.len() - used));
            }
        }
        let object_tables = file.write_objects(self.slots.max(2));
        for (copy, sequence) in [self.sequence.wrapping_add(1), self.sequence].into_iter().enumerate() {
            let header = header(self.version, sequence, &log);
            file.put(copy * 4096, &header);
        }
        Built { bytes: file.bytes, log, object_tables, key_tables, file_objects, keys }
    }

    /// Where each key comes to stand: table, offset in it, size.
    fn place(&self) -> Vec<(usize, usize, usize)> {
        let mut order: Vec<usize> = (0..self.keys.0.len()).collect();
        if self.children_first {
            order.reverse();
        }
        let mut places = vec![(0, 0, 0); order.len()];
        let (mut table, mut offset) = (0, 10);
        for number in order {
            let size = self.size_of(number);
            let end = offset + size;
            // What is left of a table is either nothing or more than a free entry's header.
            let fits = end == self.table_size || end + KEY_HEADER < self.table_size;
            if !fits && offset > 10 {
                (table, offset) = (table + 1, 10);
            }
            if let Some(place) = places.get_mut(number) {
                *place = (table, offset, size);
            }
            offset += size;
        }
        places
    }

    fn size_of(&self, number: usize) -> usize {
        let Some(node) = self.keys.0.get(number) else { return 0 };
        let value = match &node.value {
            None => 12,
            Some(value) => match data(value) {
                bytes if bytes.len() >= self.file_object_from => 12,
                bytes => inline(value, &bytes).len(),
            },
        };
        KEY_HEADER + node.name.len() + 1 + value + self.slack
    }

    fn entry(
        &self,
        number: usize,
        size: usize,
        places: &[(usize, usize, usize)],
        file: &mut File,
        file_objects: &mut Vec<Range<usize>>,
    ) -> Vec<u8> {
        let Some(node) = self.keys.0.get(number) else { return Vec::new() };
        let siblings = self.keys.0.iter().take(number).filter(|other| other.parent == node.parent).count();
        let children = self.keys.0.iter().filter(|other| other.parent == Some(number)).count();
        let mut flags = 0;
        let value = match &node.value {
            None => [vec![0; 8], low(children + 1).to_le_bytes().to_vec()].concat(),
            Some(value) => match data(value) {
                bytes if bytes.len() >= self.file_object_from => {
                    flags = 1;
                    let range = file.take(bytes.len());
                    file.put(range.start, &bytes);
                    file.objects.push((3, range.clone()));
                    let place = range.start..range.start + bytes.len();
                    file_objects.push(place.clone());
                    [&low(bytes.len()).to_le_bytes()[..], &(place.start as u64).to_le_bytes()].concat()
                }
                bytes => inline(value, &bytes),
            },
        };
        let parent = node.parent.and_then(|parent| places.get(parent));
        let mut record = Record::new(KEY_HEADER);
        record
            .put(0, &[kind(node.value.as_ref()), flags])
            .le32(2, low(size))
            .le16(6, parent.map_or(0, |place| index(place.0)))
            .le32(8, parent.map_or(0, |place| low(place.1)))
            .le32(16, low(siblings + 1))
            .put(20, &[u8::try_from(node.name.len() + 1).unwrap_or(u8::MAX)])
            .put(KEY_HEADER, node.name.as_bytes())
            .put(KEY_HEADER + node.name.len() + 1, &value);
        let right = crc32(record.bytes());
        record.le32(12, Checksum::Right.over(right));
        let mut bytes = record.into_bytes();
        // What stands after the value is not covered by the checksum.
        bytes.resize(size, 0xEE);
        bytes
    }
}

/// A file that grows.
struct File {
    bytes: Vec<u8>,
    /// Type and place of each object.
    objects: Vec<(u8, Range<usize>)>,
}

impl File {
    /// Space at the end, in whole units of 4096 bytes.
    fn take(&mut self, len: usize) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.resize(start + len.max(1).next_multiple_of(4096), 0);
        start..start + len
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    /// Writes the tables of all objects, the first at 8192, and gives their places.
    fn write_objects(&mut self, slots: usize) -> Vec<Range<usize>> {
        let objects = std::mem::take(&mut self.objects);
        let size = 8 + 18 * slots;
        let mut chunks: Vec<&[(u8, Range<usize>)]> = objects.chunks(slots - 1).collect();
        if chunks.is_empty() {
            chunks.push(&[]);
        }
        let first = std::iter::once(8192..8192 + size);
        let tables: Vec<Range<usize>> = first.chain((1..chunks.len()).map(|_| self.take(size))).collect();
        for (number, (chunk, table)) in chunks.iter().zip(&tables).enumerate() {
            let mut record = Record::new(size);
            record.le32(0, 0x0111_0001).le32(4, low(slots));
            for (slot, (kind, range)) in chunk.iter().enumerate() {
                record.put(8 + 18 * slot, &object_entry(*kind, range));
            }
            if let Some(next) = tables.get(number + 1) {
                record.put(8 + 18 * (slots - 1), &object_entry(1, next));
            }
            self.put(table.start, record.bytes());
        }
        tables
    }
}

fn header(version: u32, sequence: u16, log: &Range<usize>) -> Vec<u8> {
    let mut record = Record::new(46);
    record
        .le32(0, 0x0128_2014)
        .le16(8, sequence)
        .le32(10, version)
        .le32(22, 4096)
        .le64(26, log.start as u64)
        .le64(34, log.len() as u64)
        .le32(42, 4096);
    let right = crc32(record.bytes());
    record.le32(4, right);
    record.into_bytes()
}

fn object_entry(kind: u8, range: &Range<usize>) -> Vec<u8> {
    let mut record = Record::new(18);
    let size = range.len().next_multiple_of(if kind == 1 { 1 } else { 4096 });
    let size = if kind == 2 { range.len() } else { size };
    record.put(0, &[kind]).le64(5, range.start as u64).le32(13, low(size)).put(17, &[1]);
    let right = crc32(record.bytes());
    record.le32(1, right);
    record.into_bytes()
}

fn key_table_header(number: usize) -> Vec<u8> {
    let mut record = Record::new(10);
    record.le16(0, 2).le16(2, index(number)).le16(4, 1);
    let right = crc32(record.bytes());
    record.le32(6, right);
    record.into_bytes()
}

/// A free entry, filled as hosts fill it.
fn free_entry(size: usize) -> Vec<u8> {
    let mut bytes = vec![0xFD; size];
    let mut record = Record::new(KEY_HEADER);
    record.put(0, &[1]).le32(2, low(size));
    if let Some(start) = bytes.get_mut(..KEY_HEADER) {
        start.copy_from_slice(record.bytes());
    }
    bytes
}

fn kind(value: Option<&Value>) -> u8 {
    match value {
        None => 9,
        Some(Value::Int(_)) => 3,
        Some(Value::UInt(_)) => 4,
        Some(Value::Double(_)) => 5,
        Some(Value::Text(_)) => 6,
        Some(Value::Bytes(_)) => 7,
        Some(Value::Bool(_)) => 8,
    }
}

/// The bytes of a value without the count before them; text ends with a NUL.
fn data(value: &Value) -> Vec<u8> {
    match value {
        Value::Int(number) => number.to_le_bytes().to_vec(),
        Value::UInt(number) => number.to_le_bytes().to_vec(),
        Value::Double(number) => number.to_le_bytes().to_vec(),
        Value::Text(text) => utf16_le(&utf16(&format!("{text}\0"))),
        Value::Bytes(bytes) => bytes.clone(),
        Value::Bool(value) => u32::from(*value).to_le_bytes().to_vec(),
    }
}

fn inline(value: &Value, bytes: &[u8]) -> Vec<u8> {
    match value {
        Value::Text(_) | Value::Bytes(_) => [&low(bytes.len()).to_le_bytes()[..], bytes].concat(),
        _ => bytes.to_vec(),
    }
}

/// Number of a key table, from 1.
fn index(number: usize) -> u16 {
    u16::try_from(number + 1).unwrap_or(u16::MAX)
}

fn low(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
