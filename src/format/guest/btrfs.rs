//! Btrfs: the superblock.

use binrw::BinRead;
use uuid::Uuid;

use super::ascii::{label, read};

/// Where the superblock lies in the volume.
pub const SUPERBLOCK_AT: usize = 64 << 10;

/// A superblock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Superblock {
    /// The label.
    pub label: Option<String>,
    /// The volume's id.
    pub id: Uuid,
}

#[derive(BinRead)]
#[br(little)]
struct Raw {
    #[br(pad_before = 32)]
    id: [u8; 16],
    #[br(pad_before = 16, assert(magic == *b"_BHRfS_M"))]
    #[expect(dead_code, reason = "the assertion has read it")]
    magic: [u8; 8],
    #[br(pad_before = 227)]
    label: [u8; 256],
}

impl Superblock {
    /// The superblock in `bytes`; `None` without its magic number.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let raw: Raw = read(bytes)?;
        Some(Self { label: label(&raw.label), id: Uuid::from_bytes(raw.id) })
    }
}
