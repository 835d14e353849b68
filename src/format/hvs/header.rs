//! File header: two copies, of which the valid one with the newer sequence number counts.

use binrw::BinRead;

use crate::error::Result;
use crate::format::{checksum, fixed};
use crate::units::{ByteLen, FileOffset, FileRange};

/// Names of the two copies in errors and findings.
pub const STRUCTURES: [&str; 2] = ["storage header 1", "storage header 2"];
/// The signature.
pub const SIGNATURE: u32 = 0x0128_2014;
/// Bytes that the checksum covers.
pub const SIZE: ByteLen = ByteLen(46);

/// The version of hosts since Windows Server 2016: siblings keep their order.
pub const CURRENT_VERSION: u32 = 0x0400;
/// All versions that are known; the first has names of UTF-16 units, all others of UTF-8.
pub const VERSIONS: [u32; 6] = [WIDE_NAMES_VERSION, 0x0101, 0x0200, 0x0300, 0x0301, CURRENT_VERSION];
/// The version whose names are UTF-16.
pub const WIDE_NAMES_VERSION: u32 = 0x0100;
/// The first version whose object table entries have a right checksum.
pub const OBJECT_CHECKSUM_VERSION: u32 = 0x0301;

/// One copy of the header.
#[derive(Clone, Debug, PartialEq, Eq, BinRead)]
#[br(little)]
pub struct Header {
    /// [`SIGNATURE`] in a header.
    pub signature: u32,
    /// CRC-32 as stored.
    pub checksum: u32,
    /// One more with each commit, and around from 65,535 to 0.
    pub sequence_number: u16,
    /// Version of the format: the major number in the second byte, the minor in the first.
    pub format_version: u32,
    /// Version of the data, which the application counts.
    pub data_version: u32,
    /// Reserved.
    pub flags: u32,
    /// Unit of places and lengths of objects in bytes; 4096 to 65536.
    pub data_alignment: u32,
    /// Where the replay log lies.
    #[br(map = FileOffset)]
    pub replay_log_offset: FileOffset,
    /// Bytes of the replay log, its own header included.
    #[br(map = ByteLen)]
    pub replay_log_size: ByteLen,
    /// Bytes of the part of the replay log that holds its header and entries; their data follow.
    pub replay_log_header_size: u32,
    /// CRC-32 that the bytes have.
    #[br(ignore)]
    pub computed_checksum: u32,
}

impl Header {
    /// Reads the copy whose bytes lie at `at`; `structure` is its name in errors.
    pub fn parse(structure: &'static str, at: FileOffset, bytes: &[u8]) -> Result<Self> {
        let header: Self = fixed::read(structure, at, bytes, SIZE)?;
        let covered = bytes.get(..46).unwrap_or(bytes);
        Ok(Self { computed_checksum: checksum::crc32_without_field(covered, 4), ..header })
    }

    /// Where the replay log lies.
    pub fn replay_log(&self) -> FileRange {
        FileRange::new(self.replay_log_offset, self.replay_log_size)
    }
}
