//! Master boot record, and the extended boot records that chain logical partitions.

use binrw::BinRead;

use super::ascii::read;

/// Bytes of a boot record.
pub const SIZE: usize = 512;
/// The type of the one partition of a disk that has a GPT.
pub const PROTECTIVE: u8 = 0xEE;

/// A boot record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BinRead)]
#[br(little)]
pub struct BootRecord {
    /// What Windows knows the disk by.
    #[br(pad_before = 440)]
    pub disk_signature: u32,
    /// The four entries.
    #[br(pad_before = 2)]
    pub entries: [Entry; 4],
    /// 0xAA55 in a boot record.
    pub signature: u16,
}

/// An entry of a boot record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BinRead)]
#[br(little)]
pub struct Entry {
    /// 0x80 for the one that is booted from, else zero.
    pub status: u8,
    /// What the partition is for; zero in an unused entry.
    #[br(pad_before = 3)]
    pub partition_type: u8,
    /// Its first sector, in logical sectors; in an extended boot record relative to that.
    #[br(pad_before = 3)]
    pub first_sector: u32,
    /// Number of its sectors.
    pub sectors_count: u32,
}

impl BootRecord {
    /// The record in a sector; `None` without its signature.
    pub fn parse(sector: &[u8]) -> Option<Self> {
        read::<Self>(sector).filter(|record| record.signature == 0xAA55)
    }

    /// Whether the entries can be ones: boot code and text in their place have other status bytes.
    pub fn is_plausible(&self) -> bool {
        self.entries.iter().all(|entry| matches!(entry.status, 0 | 0x80))
    }

    /// Whether it stands in for a GPT.
    pub fn is_protective(&self) -> bool {
        self.entries.iter().any(|entry| entry.partition_type == PROTECTIVE)
    }
}

impl Entry {
    /// Whether the entry describes a partition.
    pub fn is_used(&self) -> bool {
        self.partition_type != 0 && self.sectors_count != 0
    }

    /// Whether the partition holds logical ones.
    pub fn is_extended(&self) -> bool {
        matches!(self.partition_type, 0x05 | 0x0F | 0x85)
    }

    /// What the type is for, as far as it is known here.
    pub fn type_name(&self) -> Option<&'static str> {
        Some(match self.partition_type {
            0x01 | 0x04 | 0x06 | 0x0B | 0x0C | 0x0E => "FAT",
            0x05 | 0x0F | 0x85 => "extended",
            0x07 => "NTFS or exFAT",
            0x27 => "recovery",
            0x42 => "Windows dynamic disk",
            0x82 => "Linux swap",
            0x83 => "Linux",
            0x8E => "Linux LVM",
            0xA5 => "FreeBSD",
            0xAF => "Apple HFS",
            PROTECTIVE => "protective",
            0xEF => "EFI",
            0xFD => "Linux RAID",
            _ => return None,
        })
    }
}
