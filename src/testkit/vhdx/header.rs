//! File type identifier and headers (MS-VHDX 2.2.1 and 2.2.2).

use uuid::Uuid;

use crate::testkit::record::{Checksum, Record, utf16_le};

/// Where the two headers stand (MS-VHDX 2.2: 64 KiB and 128 KiB).
pub const HEADER_OFFSETS: [u64; 2] = [64 << 10, 128 << 10];

/// The size of a header structure in bytes (MS-VHDX 2.2.2: 4 KiB).
pub const HEADER_SIZE: u64 = 4 << 10;

/// The size of the file type identifier in bytes: its signature and 256 UTF-16 code units of the creator.
pub const IDENTIFIER_SIZE: u64 = 8 + 512;

/// Where the checksum of a header stands in it.
pub const CHECKSUM_AT: u64 = 4;

/// One header, field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// `head`, unless a test wants another.
    pub signature: [u8; 4],
    /// How the checksum is written.
    pub checksum: Checksum,
    /// The newer of two valid headers has the greater number.
    pub sequence_number: u64,
    /// Changes whenever the file is opened for writing and then written.
    pub file_write_guid: Uuid,
    /// Changes whenever the content of the virtual disk changes; what a child remembers of its parent.
    pub data_write_guid: Uuid,
    /// Zero: there is nothing to replay.
    pub log_guid: Uuid,
    /// The format of the log; only 0 exists.
    pub log_version: u16,
    /// The format of the file; only 1 exists.
    pub version: u16,
    /// The length of the log region in bytes, in whole MiB.
    pub log_length: u32,
    /// The file offset of the log region, in whole MiB.
    pub log_offset: u64,
}

impl Header {
    /// A valid header with zero GUIDs and an empty log.
    pub const fn new(log_offset: u64, log_length: u32) -> Self {
        Self {
            signature: *b"head",
            checksum: Checksum::Right,
            sequence_number: 0,
            file_write_guid: Uuid::nil(),
            data_write_guid: Uuid::nil(),
            log_guid: Uuid::nil(),
            log_version: 0,
            version: 1,
            log_length,
            log_offset,
        }
    }

    /// The 4 KiB of the structure.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut record = Record::new(4096);
        record
            .put(0, &self.signature)
            .le64(8, self.sequence_number)
            .guid(16, self.file_write_guid)
            .guid(32, self.data_write_guid)
            .guid(48, self.log_guid)
            .le16(64, self.log_version)
            .le16(66, self.version)
            .le32(68, self.log_length)
            .le64(72, self.log_offset)
            .seal(4, self.checksum);
        record.into_bytes()
    }
}

/// The file type identifier with a creator of up to 256 UTF-16 code units; more are cut off.
pub fn identifier(creator: &[u16]) -> Vec<u8> {
    let creator = creator.get(..256).unwrap_or(creator);
    let mut record = Record::new(super::size(IDENTIFIER_SIZE));
    record.put(0, b"vhdxfile").put(8, &utf16_le(creator));
    record.into_bytes()
}
