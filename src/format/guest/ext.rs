//! ext2, ext3 and ext4: the superblock.

use binrw::BinRead;
use uuid::Uuid;

use super::ascii::{label, read};

/// Where the superblock lies in the volume.
pub const SUPERBLOCK_AT: usize = 1024;

/// A superblock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Superblock {
    /// 2, 3 or 4: the oldest that can mount the volume.
    pub version: u8,
    /// The label.
    pub label: Option<String>,
    /// The volume's id.
    pub id: Uuid,
}

#[derive(BinRead)]
#[br(little)]
struct Raw {
    #[br(pad_before = 56, assert(magic == 0xEF53))]
    #[expect(dead_code, reason = "the assertion has read it")]
    magic: u16,
    #[br(pad_before = 34)]
    compatible: u32,
    incompatible: u32,
    read_only_compatible: u32,
    id: [u8; 16],
    label: [u8; 16],
}

impl Superblock {
    /// The superblock in `bytes`; `None` without its magic number.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        // What ext3 knows: file types, recovery and meta block groups; sparse superblocks, large files, b-trees.
        const INCOMPATIBLE_3: u32 = 0x02 | 0x04 | 0x10;
        const READ_ONLY_3: u32 = 0x01 | 0x02 | 0x04;
        const HAS_JOURNAL: u32 = 0x04;
        let raw: Raw = read(bytes)?;
        let is_4 = raw.incompatible & !INCOMPATIBLE_3 != 0 || raw.read_only_compatible & !READ_ONLY_3 != 0;
        let version = match (is_4, raw.compatible & HAS_JOURNAL != 0) {
            (true, _) => 4,
            (false, true) => 3,
            (false, false) => 2,
        };
        Some(Self { version, label: label(&raw.label), id: Uuid::from_bytes(raw.id) })
    }
}
