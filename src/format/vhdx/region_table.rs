//! Region table (MS-VHDX 2.2.3): two copies, each listing where BAT and metadata lie.

use binrw::BinRead;
use uuid::{Uuid, uuid};

use crate::error::Result;
use crate::format::{checksum, fixed};
use crate::limits;
use crate::units::{ByteLen, FileOffset, FileRange};

/// Names of the two copies in errors and findings.
pub const STRUCTURES: [&str; 2] = ["region table 1", "region table 2"];
/// "regi".
pub const SIGNATURE: [u8; 4] = *b"regi";
/// Bytes that the checksum covers.
pub const SIZE: ByteLen = ByteLen::kib(64);
/// The block allocation table (MS-VHDX 2.2.3.2).
pub const BAT: Uuid = uuid!("2DC27766-F623-4200-9D64-115E9BFD4A08");
/// The metadata region (MS-VHDX 2.2.3.2).
pub const METADATA: Uuid = uuid!("8B7CA206-4790-4B9A-B8FE-575F050F886E");

const HEADER_SIZE: u64 = 16;
const ENTRY_SIZE: u64 = 32;

/// One copy of the region table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionTable {
    /// [`SIGNATURE`] in a region table.
    pub signature: [u8; 4],
    /// CRC-32C as stored.
    pub checksum: u32,
    /// CRC-32C that the bytes have.
    pub computed_checksum: u32,
    /// Number of entries as stored; at most 2,047.
    pub entry_count: u32,
    /// The entries that fit the table, at most [`limits::MAX_REGION_ENTRIES`].
    pub entries: Vec<RegionTableEntry>,
}

/// One region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionTableEntry {
    /// Offset of this entry in the file.
    pub at: FileOffset,
    /// What the region holds: [`BAT`], [`METADATA`], or something unknown.
    pub guid: Uuid,
    /// Where the region lies; a multiple of 1 MiB, and at least that.
    pub file_offset: FileOffset,
    /// Bytes of the region; a multiple of 1 MiB.
    pub length: u32,
    /// Bit 0: a program that does not know the region must not open the file. The others are reserved.
    pub flags: u32,
}

#[derive(BinRead)]
#[br(little)]
struct RawHeader {
    #[br(map = u32::to_le_bytes)]
    signature: [u8; 4],
    checksum: u32,
    entry_count: u32,
    _reserved: u32,
}

#[derive(BinRead)]
#[br(little)]
struct RawEntry {
    #[br(map = fixed::guid)]
    guid: Uuid,
    file_offset: u64,
    length: u32,
    flags: u32,
}

impl RegionTable {
    /// Reads the copy whose bytes lie at `at`; `structure` is its name in errors.
    pub fn parse(structure: &'static str, at: FileOffset, bytes: &[u8]) -> Result<Self> {
        let header: RawHeader = fixed::read(structure, at, bytes, SIZE)?;
        let covered = bytes.get(..65536).unwrap_or(bytes);
        let count = header.entry_count.min(limits::MAX_REGION_ENTRIES);
        let mut entries = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
        let mut offset = HEADER_SIZE;
        for _ in 0..count {
            let at = at.saturating_add(ByteLen(offset));
            let rest = usize::try_from(offset).ok().and_then(|from| covered.get(from..)).unwrap_or_default();
            let raw: RawEntry = fixed::read(structure, at, rest, ByteLen(ENTRY_SIZE))?;
            entries.push(RegionTableEntry {
                at,
                guid: raw.guid,
                file_offset: FileOffset(raw.file_offset),
                length: raw.length,
                flags: raw.flags,
            });
            offset = offset.saturating_add(ENTRY_SIZE);
        }
        Ok(Self {
            signature: header.signature,
            checksum: header.checksum,
            computed_checksum: checksum::crc32c_without_field(covered, 4),
            entry_count: header.entry_count,
            entries,
        })
    }

    /// The first entry for `guid`.
    pub fn find(&self, guid: Uuid) -> Option<&RegionTableEntry> {
        self.entries.iter().find(|entry| entry.guid == guid)
    }
}

impl RegionTableEntry {
    /// Whether a program that does not know the region must not open the file.
    pub fn is_required(&self) -> bool {
        self.flags & 1 != 0
    }

    /// The bytes of the region.
    pub fn range(&self) -> FileRange {
        FileRange::new(self.file_offset, ByteLen(self.length.into()))
    }
}
