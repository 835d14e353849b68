//! Header (MS-VHDX 2.2.2): two copies, of which the one with the higher sequence number counts.

use binrw::BinRead;
use uuid::Uuid;

use crate::error::Result;
use crate::format::{checksum, fixed};
use crate::units::{ByteLen, FileOffset};

/// Names of the two copies in errors and findings.
pub const STRUCTURES: [&str; 2] = ["header 1", "header 2"];
/// "head".
pub const SIGNATURE: [u8; 4] = *b"head";
/// Bytes that the checksum covers.
pub const SIZE: ByteLen = ByteLen::kib(4);
/// The only version there is.
pub const VERSION: u16 = 1;
/// The only log version there is.
pub const LOG_VERSION: u16 = 0;

/// One copy of the header.
#[derive(Clone, Debug, PartialEq, Eq, BinRead)]
#[br(little)]
pub struct Header {
    /// [`SIGNATURE`] in a header.
    #[br(map = u32::to_le_bytes)]
    pub signature: [u8; 4],
    /// CRC-32C as stored.
    pub checksum: u32,
    /// The copy with the higher number is the current one.
    pub sequence_number: u64,
    /// Changes at the first write to the file after it was opened.
    #[br(map = fixed::guid)]
    pub file_write_guid: Uuid,
    /// Changes when the content of the virtual disk does: what a child's locator names its parent by.
    #[br(map = fixed::guid)]
    pub data_write_guid: Uuid,
    /// Which log entries are to be replayed; all zero when there is nothing to replay.
    #[br(map = fixed::guid)]
    pub log_guid: Uuid,
    /// [`LOG_VERSION`]; counts only when [`log_guid`](Self::log_guid) is set.
    pub log_version: u16,
    /// [`VERSION`].
    pub version: u16,
    /// Bytes of the log; a multiple of 1 MiB.
    pub log_length: u32,
    /// Offset of the log in the file; a multiple of 1 MiB, and at least that.
    #[br(map = FileOffset)]
    pub log_offset: FileOffset,
    /// CRC-32C that the bytes have.
    #[br(ignore)]
    pub computed_checksum: u32,
}

impl Header {
    /// Reads the copy whose bytes lie at `at`; `structure` is its name in errors.
    pub fn parse(structure: &'static str, at: FileOffset, bytes: &[u8]) -> Result<Self> {
        let header: Self = fixed::read(structure, at, bytes, SIZE)?;
        let covered = bytes.get(..4096).unwrap_or(bytes);
        Ok(Self { computed_checksum: checksum::crc32c_without_field(covered, 4), ..header })
    }
}
