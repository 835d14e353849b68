//! The replay log: a header, slots of 28 bytes, and the bytes that they speak of, packed behind the header's 4096.
//!
//! The layout of a slot is that of real files: place, length, place in the log, checksum of the slot, checksum of the
//! bytes.

use crate::testkit::record::{Checksum, Record};

use super::crc32;

/// Bytes that belong at an offset of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The offset.
    pub at: usize,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How the checksum of the slot is written.
    pub checksum: Checksum,
    /// How the checksum of the bytes is written.
    pub data_checksum: Checksum,
}

impl Write {
    /// A write with right checksums.
    pub fn new(at: usize, bytes: &[u8]) -> Self {
        Self { at, bytes: bytes.to_vec(), checksum: Checksum::Right, data_checksum: Checksum::Right }
    }
}

/// A header with room for as many slots as 4096 bytes hold, and nothing to replay.
pub(super) fn empty() -> Vec<u8> {
    header(0)
}

/// A header with a number of entries to be replayed.
pub(super) fn header(current: u32) -> Vec<u8> {
    let mut record = Record::new(34);
    record.le32(0, 0x0111_0003).le32(8, current).le32(13, 145);
    let right = crc32(record.bytes());
    record.le32(4, right);
    record.into_bytes()
}

/// The slot of a write whose bytes lie at `data` in the log.
pub(super) fn slot(write: &Write, data: usize) -> Vec<u8> {
    let mut record = Record::new(28);
    record
        .le64(0, write.at as u64)
        .le32(8, u32::try_from(write.bytes.len()).unwrap_or(u32::MAX))
        .le64(12, data as u64)
        .le32(24, write.data_checksum.over(crc32(&write.bytes)));
    let right = crc32(record.bytes());
    record.le32(20, write.checksum.over(right));
    record.into_bytes()
}
