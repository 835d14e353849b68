//! The replay log: a header, slots of 28 bytes, and the bytes that they speak of, packed behind the header's 4096.
//!
//! The layout of a slot is that of real files: place, length, place in the log, checksum of the slot, checksum of the
//! bytes.

use crate::testkit::record::{Checksum, Record};

use super::container::Built;
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

fn header(current: u32) -> Vec<u8> {
    let mut record = Record::new(34);
    record.le32(0, 0x0111_0003).le32(8, current).le32(13, 145);
    let right = crc32(record.bytes());
    record.le32(4, right);
    record.into_bytes()
}

impl Built {
    /// The file with `live` writes in its log that are to be replayed, and `stale` ones after them that are not.
    #[must_use]
    pub fn with_log(mut self, live: &[Write], stale: &[Write]) -> Self {
        let current = u32::try_from(live.len()).unwrap_or(u32::MAX);
        let mut log = Record::new(4096);
        log.put(0, &header(current));
        let mut data = 4096;
        for (slot, write) in live.iter().chain(stale).enumerate() {
            let mut record = Record::new(28);
            record
                .le64(0, write.at as u64)
                .le32(8, u32::try_from(write.bytes.len()).unwrap_or(u32::MAX))
                .le64(12, data as u64)
                .le32(24, write.data_checksum.over(crc32(&write.bytes)));
            let right = crc32(record.bytes());
            record.le32(20, write.checksum.over(right));
            log.put(34 + 28 * slot, record.bytes()).put(data, &write.bytes);
            data += write.bytes.len();
        }
        if let Some(place) = self.bytes.get_mut(self.log.start..self.log.start + log.bytes().len()) {
            place.copy_from_slice(log.bytes());
        }
        self
    }

    /// What makes `self` of `older`, page by page, without the headers and the log.
    pub fn changes_from(&self, older: &Self) -> Vec<Write> {
        let page = |bytes: &[u8], at: usize| {
            let end = (at + 4096).min(bytes.len());
            bytes.get(at..end).map(<[u8]>::to_vec).unwrap_or_default()
        };
        let outside = |at: &usize| *at >= 8192 && !self.log.contains(at);
        (0..self.bytes.len())
            .step_by(4096)
            .filter(outside)
            .filter(|at| page(&self.bytes, *at) != page(&older.bytes, *at))
            .map(|at| Write::new(at, &page(&self.bytes, at)))
            .collect()
    }
}
