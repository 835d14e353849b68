//! Metadata table (MS-VHDX 2.6.1): the first 64 KiB of the metadata region, listing the items behind it.

use binrw::BinRead;
use uuid::Uuid;

use crate::error::Result;
use crate::format::fixed;
use crate::limits;
use crate::units::{ByteLen, FileOffset};

/// Name of the structure in errors and findings.
pub const STRUCTURE: &str = "metadata table";
/// "metadata".
pub const SIGNATURE: [u8; 8] = *b"metadata";
/// Bytes that the table may take; items lie behind them.
pub const SIZE: ByteLen = ByteLen::kib(64);

const HEADER_SIZE: u64 = 32;
const ENTRY_SIZE: u64 = 32;

/// The table of metadata items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataTable {
    /// [`SIGNATURE`] in a metadata table.
    pub signature: [u8; 8],
    /// Number of entries as stored; at most 2,047.
    pub entry_count: u16,
    /// The entries that fit the table, at most [`limits::MAX_METADATA_ENTRIES`].
    pub entries: Vec<MetadataTableEntry>,
}

/// Where one item lies and who must understand it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataTableEntry {
    /// Offset of this entry in the file.
    pub at: FileOffset,
    /// What the item holds; unique together with [`is_user`](Self::is_user).
    pub item_id: Uuid,
    /// Offset of the item from the start of the metadata region, at least 64 KiB; zero for an empty item.
    pub offset: u32,
    /// Bytes of the item; at most 1 MiB.
    pub length: u32,
    /// Bit 0: user item. Bit 1: describes the virtual disk. Bit 2: required. The others are reserved.
    pub flags: u32,
}

#[derive(BinRead)]
#[br(little)]
struct RawHeader {
    #[br(map = u64::to_le_bytes)]
    signature: [u8; 8],
    _reserved: u16,
    // 20 reserved bytes follow.
    entry_count: u16,
}

#[derive(BinRead)]
#[br(little)]
struct RawEntry {
    #[br(map = fixed::guid)]
    item_id: Uuid,
    offset: u32,
    length: u32,
    flags: u32,
    _reserved: u32,
}

impl MetadataTable {
    /// Reads the table whose bytes lie at `at`, the start of the metadata region.
    pub fn parse(at: FileOffset, bytes: &[u8]) -> Result<Self> {
        let header: RawHeader = fixed::read(STRUCTURE, at, bytes, ByteLen(HEADER_SIZE))?;
        let count = header.entry_count.min(limits::MAX_METADATA_ENTRIES);
        let mut entries = Vec::with_capacity(usize::from(count));
        let mut offset = HEADER_SIZE;
        for _ in 0..count {
            let at = at.saturating_add(ByteLen(offset));
            let rest = usize::try_from(offset).ok().and_then(|from| bytes.get(from..)).unwrap_or_default();
            let raw: RawEntry = fixed::read(STRUCTURE, at, rest, ByteLen(ENTRY_SIZE))?;
            entries.push(MetadataTableEntry {
                at,
                item_id: raw.item_id,
                offset: raw.offset,
                length: raw.length,
                flags: raw.flags,
            });
            offset = offset.saturating_add(ENTRY_SIZE);
        }
        Ok(Self { signature: header.signature, entry_count: header.entry_count, entries })
    }
}

impl MetadataTableEntry {
    /// Whether the item belongs to a user rather than to the format.
    pub fn is_user(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether the item describes the virtual disk rather than the file.
    pub fn is_virtual_disk(&self) -> bool {
        self.flags & 2 != 0
    }

    /// Whether a program that does not know the item must not open the file.
    pub fn is_required(&self) -> bool {
        self.flags & 4 != 0
    }
}
