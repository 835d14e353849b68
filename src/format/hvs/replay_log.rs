//! Replay log: what the last commit writes where, so that it is there wholly or not at all.
//!
//! The description does not give the layout of an entry, and the one in its program's source does not fit real files.
//! The layout here is that of files written by hosts: in those known, each of its two checksums fits.

use binrw::BinRead;

use crate::error::Result;
use crate::format::{checksum, fixed};
use crate::units::{ByteLen, FileOffset, FileRange};

/// Name of the structure in errors and findings.
pub const STRUCTURE: &str = "replay log";
/// Name of an entry in errors and findings.
pub const ENTRY_STRUCTURE: &str = "replay log entry";
/// The signature.
pub const SIGNATURE: u32 = 0x0111_0003;
/// Bytes of the header.
pub const HEADER_SIZE: ByteLen = ByteLen(34);
/// Bytes of an entry.
pub const ENTRY_SIZE: ByteLen = ByteLen(28);

/// Header of the log.
#[derive(Clone, Debug, PartialEq, Eq, BinRead)]
#[br(little)]
pub struct ReplayLogHeader {
    /// [`SIGNATURE`] in a log.
    pub signature: u32,
    /// CRC-32 of the header as stored.
    pub checksum: u32,
    /// Number of entries to be replayed; zero after a commit, and the entries stay where they are.
    pub current_entries: u32,
    /// Reserved.
    pub reserved: u8,
    /// Number of entries for which there is room.
    pub max_entries: u32,
    /// Whether change tracking is on.
    pub change_tracking_enabled: u8,
    /// Where the buffer of change tracking lies.
    #[br(map = FileOffset)]
    pub change_tracking_offset: FileOffset,
    /// Bytes of that buffer.
    pub change_tracking_size: u32,
    /// Bytes of it in use.
    pub change_tracking_used: u32,
    /// CRC-32 that the header has.
    #[br(ignore)]
    pub computed_checksum: u32,
}

/// An entry: bytes that lie in the log and belong elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, BinRead)]
#[br(little)]
pub struct ReplayLogEntry {
    /// Where the bytes belong.
    #[br(map = FileOffset)]
    pub destination_offset: FileOffset,
    /// How many they are.
    pub destination_size: u32,
    /// Where they lie, from the start of the log.
    #[br(map = ByteLen)]
    pub offset_inside_log: ByteLen,
    /// CRC-32 of the entry as stored.
    pub checksum: u32,
    /// CRC-32 of the bytes as stored.
    pub data_checksum: u32,
    /// CRC-32 that the entry has.
    #[br(ignore)]
    pub computed_checksum: u32,
}

impl ReplayLogHeader {
    /// Reads the header of the log at `at`.
    pub fn parse(at: FileOffset, bytes: &[u8]) -> Result<Self> {
        let header: Self = fixed::read(STRUCTURE, at, bytes, HEADER_SIZE)?;
        let covered = bytes.get(..34).unwrap_or(bytes);
        Ok(Self { computed_checksum: checksum::crc32_without_field(covered, 4), ..header })
    }
}

impl ReplayLogEntry {
    /// Reads the entry at `at`.
    pub fn parse(at: FileOffset, bytes: &[u8]) -> Result<Self> {
        let entry: Self = fixed::read(ENTRY_STRUCTURE, at, bytes, ENTRY_SIZE)?;
        let covered = bytes.get(..28).unwrap_or(bytes);
        // The checksum covers the data's checksum too.
        Ok(Self { computed_checksum: checksum::crc32_without_field(covered, 20), ..entry })
    }

    /// CRC-32 of an entry's bytes, to be compared with [`data_checksum`](Self::data_checksum).
    pub fn computed_data_checksum(data: &[u8]) -> u32 {
        checksum::crc32(data)
    }

    /// Where the bytes belong.
    pub fn destination(&self) -> FileRange {
        FileRange::new(self.destination_offset, ByteLen(self.destination_size.into()))
    }
}

/// The slots for entries in the first bytes of the log at `at`, used or not, with the place of each.
pub fn entries(at: FileOffset, bytes: &[u8]) -> impl Iterator<Item = (FileOffset, ReplayLogEntry)> + '_ {
    let slots = bytes.get(34..).unwrap_or_default();
    slots.chunks_exact(28).enumerate().filter_map(move |(number, bytes)| {
        let from = HEADER_SIZE.saturating_add(ByteLen(ByteLen::from(number).0.saturating_mul(ENTRY_SIZE.0)));
        let at = at.saturating_add(from);
        Some((at, ReplayLogEntry::parse(at, bytes).ok()?))
    })
}
