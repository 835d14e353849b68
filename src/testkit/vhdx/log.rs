//! The log: entries, and the ring that holds them (MS-VHDX 2.3).

use uuid::Uuid;

use crate::testkit::record::{Checksum, Record};
use crate::testkit::size;
use crate::testkit::sparse::SparseImage;

/// The unit of the log in bytes (MS-VHDX 2.3.1: entries are whole sectors of 4 KiB).
pub const LOG_SECTOR: u64 = 4096;

/// What one descriptor of an entry changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Descriptor {
    /// Zeros over a range.
    Zero {
        /// The file offset in bytes.
        file_offset: u64,
        /// The length in bytes.
        length: u64,
    },
    /// A sector of 4 KiB.
    Data {
        /// The file offset in bytes.
        file_offset: u64,
        /// The 4,096 bytes; fewer end in zeros.
        sector: Vec<u8>,
    },
}

/// One log entry, field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// `loge`, unless a test wants another.
    pub signature: [u8; 4],
    /// How the checksum is written.
    pub checksum: Checksum,
    /// One more than that of the entry before it in the same sequence.
    pub sequence_number: u64,
    /// Where the oldest entry that still matters stands, in bytes from the start of the log; `None` lets the ring say.
    pub tail: Option<u32>,
    /// The log the entry belongs to.
    pub log_guid: Uuid,
    /// The length in bytes that the file had on stable storage when the entry was written.
    pub flushed_file_offset: u64,
    /// The length in bytes that the file needs to hold all that is allocated in it.
    pub last_file_offset: u64,
    /// What the entry changes.
    pub descriptors: Vec<Descriptor>,
    /// The descriptor count that is written; `None` is the true one.
    pub descriptor_count: Option<u32>,
    /// The entry length that is written; `None` is the true one.
    pub entry_length: Option<u32>,
    /// The sequence number that descriptors and data sectors carry; `None` is that of the entry.
    pub inner_sequence: Option<u64>,
    /// The first sector of 4 KiB, counted from the entry's start, that never reached the disk.
    pub torn_from: Option<usize>,
}

impl LogEntry {
    /// An entry that changes nothing, for a file of `file_length` bytes.
    pub const fn new(log_guid: Uuid, sequence_number: u64, file_length: u64) -> Self {
        Self {
            signature: *b"loge",
            checksum: Checksum::Right,
            sequence_number,
            tail: None,
            log_guid,
            flushed_file_offset: file_length,
            last_file_offset: file_length,
            descriptors: vec![],
            descriptor_count: None,
            entry_length: None,
            inner_sequence: None,
            torn_from: None,
        }
    }

    /// Adds zeros over a range of the file.
    #[must_use]
    pub fn zero(mut self, file_offset: u64, length: u64) -> Self {
        self.descriptors.push(Descriptor::Zero { file_offset, length });
        self
    }

    /// Adds a sector of the file.
    #[must_use]
    pub fn data(mut self, file_offset: u64, sector: &[u8]) -> Self {
        self.descriptors.push(Descriptor::Data { file_offset, sector: sector.to_vec() });
        self
    }

    /// The bytes that header and descriptors take, in whole sectors: 126 descriptors fit into the first.
    pub fn descriptor_area(&self) -> u64 {
        (64 + 32 * self.descriptors.len() as u64).next_multiple_of(LOG_SECTOR)
    }

    /// The bytes that the whole entry takes.
    pub fn len(&self) -> u64 {
        let sectors =
            self.descriptors.iter().filter(|descriptor| matches!(descriptor, Descriptor::Data { .. })).count();
        self.descriptor_area() + LOG_SECTOR * sectors as u64
    }

    /// Whether the entry changes nothing.
    pub fn is_empty(&self) -> bool {
        self.descriptors.is_empty()
    }

    /// The entry as written for a tail, whether torn or not.
    pub fn to_bytes(&self, tail: u32) -> Vec<u8> {
        let mut record = Record::new(size(self.len()));
        let count = u32::try_from(self.descriptors.len()).unwrap_or(u32::MAX);
        let inner = self.inner_sequence.unwrap_or(self.sequence_number);
        record
            .put(0, &self.signature)
            .le32(8, self.entry_length.unwrap_or(super::low32(self.len())))
            .le32(12, self.tail.unwrap_or(tail))
            .le64(16, self.sequence_number)
            .le32(24, self.descriptor_count.unwrap_or(count))
            .guid(32, self.log_guid)
            .le64(48, self.flushed_file_offset)
            .le64(56, self.last_file_offset);
        let mut sector_at = size(self.descriptor_area());
        for (index, descriptor) in self.descriptors.iter().enumerate() {
            let at = 64 + 32 * index;
            match descriptor {
                Descriptor::Zero { file_offset, length } => {
                    record.put(at, b"zero").le64(at + 8, *length).le64(at + 16, *file_offset).le64(at + 24, inner);
                }
                Descriptor::Data { file_offset, sector } => {
                    let mut whole = sector.clone();
                    whole.resize(size(LOG_SECTOR), 0);
                    // The first 8 and the last 4 bytes of the sector move into the descriptor, and make room for the
                    // signature and the two halves of the sequence number.
                    let (leading, rest) = whole.split_at(8);
                    let (middle, trailing) = rest.split_at(4084);
                    record.put(at, b"desc").put(at + 4, trailing).put(at + 8, leading);
                    record.le64(at + 16, *file_offset).le64(at + 24, inner);
                    record
                        .put(sector_at, b"data")
                        .le32(sector_at + 4, super::low32(inner >> 32))
                        .put(sector_at + 8, middle)
                        .le32(sector_at + 4092, super::low32(inner & 0xFFFF_FFFF));
                    sector_at += size(LOG_SECTOR);
                }
            }
        }
        record.seal(4, self.checksum);
        record.into_bytes()
    }
}

/// Where an entry came to stand in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its first byte, from the start of the log.
    pub offset: u32,
    /// Its length in bytes.
    pub length: u32,
    /// Whether it runs over the end of the ring and goes on at its start.
    pub wraps: bool,
}

/// The log region as a ring. Entries go one after the other from wherever [`seek`](Self::seek) left off.
#[derive(Clone, Debug)]
pub struct LogRing {
    length: u32,
    bytes: SparseImage,
    next: u32,
    tail: Option<(Uuid, u32)>,
}

impl LogRing {
    /// An empty ring of `length` bytes, which must be whole sectors (and in a valid file whole MiB).
    pub fn new(length: u32) -> Self {
        Self {
            length: length.max(super::low32(LOG_SECTOR)),
            bytes: SparseImage::new(u64::from(length)),
            next: 0,
            tail: None,
        }
    }

    /// Lets the next entry start at this offset in the ring.
    pub fn seek(&mut self, offset: u32) -> &mut Self {
        self.next = offset % self.length;
        self
    }

    /// Lets the next entries of any log name this tail. Without it, a sequence's tail is its first entry.
    pub fn set_tail(&mut self, log_guid: Uuid, offset: u32) -> &mut Self {
        self.tail = Some((log_guid, offset));
        self
    }

    /// Writes an entry, over the end of the ring if need be, and says where it stands.
    pub fn push(&mut self, entry: &LogEntry) -> Placed {
        let offset = self.next;
        let tail = match self.tail {
            Some((guid, tail)) if guid == entry.log_guid => tail,
            _ => offset,
        };
        self.tail = Some((entry.log_guid, tail));
        let bytes = entry.to_bytes(tail);
        let mut at = u64::from(offset);
        for sector in bytes.chunks(size(LOG_SECTOR)).take(entry.torn_from.unwrap_or(usize::MAX)) {
            self.bytes.write(at, sector);
            at = (at + LOG_SECTOR) % u64::from(self.length);
        }
        let end = u64::from(offset) + bytes.len() as u64;
        self.next = super::low32(end % u64::from(self.length));
        Placed { offset, length: super::low32(bytes.len() as u64), wraps: end > u64::from(self.length) }
    }

    /// Writes raw bytes at an offset in the ring.
    pub fn scribble(&mut self, offset: u32, bytes: &[u8]) -> &mut Self {
        self.bytes.write(u64::from(offset), bytes);
        self
    }

    /// Where the next entry will start.
    pub fn position(&self) -> u32 {
        self.next
    }

    /// The bytes of the log region.
    pub fn image(&self) -> &SparseImage {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_area_follows_the_rounded_descriptor_area() {
        let mut entry = LogEntry::new(Uuid::nil(), 1, 0);
        for index in 0..126 {
            entry = entry.zero(index << 20, 4096);
        }
        assert_eq!(entry.len(), 4096);
        entry = entry.zero(0, 4096);
        assert_eq!(entry.len(), 8192);
        assert_eq!(entry.data(0, b"x").len(), 8192 + 4096);
    }

    #[test]
    fn a_data_sector_is_split_between_descriptor_and_sector() {
        let sector: Vec<u8> = (0..4096_u32).map(|index| (index % 251) as u8).collect();
        let bytes = LogEntry::new(Uuid::nil(), 0x0102_0304_0506_0708, 0).data(0x30_0000, &sector).to_bytes(0);
        assert_eq!(bytes[64..68], *b"desc");
        assert_eq!(bytes[68..72], sector[4092..], "TrailingBytes");
        assert_eq!(bytes[72..80], sector[..8], "LeadingBytes");
        assert_eq!(bytes[80..88], 0x30_0000_u64.to_le_bytes(), "FileOffset");
        assert_eq!(bytes[88..96], [8, 7, 6, 5, 4, 3, 2, 1], "SequenceNumber");
        assert_eq!(bytes[4096..4104], *b"data\x04\x03\x02\x01");
        assert_eq!(bytes[4104..8188], sector[8..4092]);
        assert_eq!(bytes[8188..], [8, 7, 6, 5]);
    }

    #[test]
    fn an_entry_may_wrap_inside_itself() {
        let mut ring = LogRing::new(4 * 4096);
        let entry = LogEntry::new(Uuid::nil(), 1, 0).data(0, b"a").data(4096, b"b");
        ring.seek(3 * 4096);
        let placed = ring.push(&entry);
        assert_eq!(placed, Placed { offset: 3 * 4096, length: 3 * 4096, wraps: true });
        assert_eq!(ring.position(), 2 * 4096);
        assert_eq!(ring.image().read(3 * 4096, 4), b"loge");
        assert_eq!(ring.image().read(0, 4), b"data");
        assert_eq!(ring.image().len(), 4 * 4096);
    }
}
