//! Region tables (MS-VHDX 2.2.3).

use uuid::{Uuid, uuid};

use crate::testkit::record::{Checksum, Record};

/// Where the two region tables stand (MS-VHDX 2.2: 192 KiB and 256 KiB).
pub const REGION_TABLE_OFFSETS: [u64; 2] = [192 << 10, 256 << 10];

/// The size of a region table in bytes (MS-VHDX 2.2.3: 64 KiB).
pub const REGION_TABLE_SIZE: u64 = 64 << 10;

/// The region that holds the BAT (MS-VHDX 2.2.3.2).
pub const BAT_REGION: Uuid = uuid!("2DC27766-F623-4200-9D64-115E9BFD4A08");

/// The region that holds the metadata (MS-VHDX 2.2.3.2).
pub const METADATA_REGION: Uuid = uuid!("8B7CA206-4790-4B9A-B8FE-575F050F886E");

/// One entry of a region table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionEntry {
    /// What kind of region it is.
    pub guid: Uuid,
    /// Its file offset in bytes, in whole MiB.
    pub file_offset: u64,
    /// Its length in bytes, in whole MiB.
    pub length: u32,
    /// The flags: bit 0 says that a reader must know the region to open the file.
    pub flags: u32,
}

/// A region table, field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionTable {
    /// `regi`, unless a test wants another.
    pub signature: [u8; 4],
    /// How the checksum is written.
    pub checksum: Checksum,
    /// The entry count that is written; `None` is the true one.
    pub entry_count: Option<u32>,
    /// The entries in their order.
    pub entries: Vec<RegionEntry>,
}

impl RegionTable {
    /// A valid table of these entries.
    pub const fn new(entries: Vec<RegionEntry>) -> Self {
        Self { signature: *b"regi", checksum: Checksum::Right, entry_count: None, entries }
    }

    /// The 64 KiB of the table.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut record = Record::new(super::size(REGION_TABLE_SIZE));
        let count = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        record.put(0, &self.signature).le32(8, self.entry_count.unwrap_or(count));
        for (index, entry) in self.entries.iter().enumerate() {
            let at = 16 + 32 * index;
            record
                .guid(at, entry.guid)
                .le64(at + 16, entry.file_offset)
                .le32(at + 24, entry.length)
                .le32(at + 28, entry.flags);
        }
        record.seal(4, self.checksum);
        record.into_bytes()
    }
}
