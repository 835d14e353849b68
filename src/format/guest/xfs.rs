//! XFS: the superblock, at the start of the volume.

use binrw::BinRead;
use uuid::Uuid;

use super::ascii::{label, read};

/// A superblock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Superblock {
    /// The label.
    pub label: Option<String>,
    /// The volume's id.
    pub id: Uuid,
}

#[derive(BinRead)]
#[br(big, magic = b"XFSB")]
struct Raw {
    #[br(pad_before = 28)]
    id: [u8; 16],
    #[br(pad_before = 60)]
    label: [u8; 12],
}

impl Superblock {
    /// The superblock in `bytes`; `None` without its magic number.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let raw: Raw = read(bytes)?;
        Some(Self { label: label(&raw.label), id: Uuid::from_bytes(raw.id) })
    }
}
