//! GUID partition table (UEFI 5.3).

use binrw::BinRead;
use uuid::Uuid;

use crate::format::checksum;
use crate::format::text::Utf16Text;

use super::ascii::read;

/// Bytes of the header that are checked and read.
pub const HEADER_SIZE: usize = 92;
/// Bytes of an entry at least.
pub const ENTRY_SIZE: u32 = 128;

/// The header, in the second sector of the disk and once more in its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Sector in which this copy says that it lies.
    pub own_sector: u64,
    /// Sector of the first entry.
    pub entries_sector: u64,
    /// Number of entries, used or not.
    pub entries_count: u32,
    /// Bytes of an entry.
    pub entry_size: u32,
    /// CRC-32 of all entries, as stored.
    pub entries_checksum: u32,
    /// Whether the header's own CRC-32 is that of its bytes.
    pub is_intact: bool,
}

#[derive(BinRead)]
#[br(little, magic = b"EFI PART")]
struct Raw {
    #[br(pad_before = 4)]
    size: u32,
    checksum: u32,
    #[br(pad_before = 4)]
    own_sector: u64,
    #[br(pad_before = 40)]
    entries_sector: u64,
    entries_count: u32,
    entry_size: u32,
    entries_checksum: u32,
}

impl Header {
    /// The header in a sector; `None` without its signature.
    pub fn parse(sector: &[u8]) -> Option<Self> {
        let raw: Raw = read(sector)?;
        let size = usize::try_from(raw.size).unwrap_or(usize::MAX);
        let covered = sector.get(..size).filter(|_| size >= HEADER_SIZE);
        let is_intact = covered.is_some_and(|covered| checksum::crc32_without_field(covered, 16) == raw.checksum);
        Some(Self {
            own_sector: raw.own_sector,
            entries_sector: raw.entries_sector,
            entries_count: raw.entries_count,
            entry_size: raw.entry_size,
            entries_checksum: raw.entries_checksum,
            is_intact,
        })
    }

    /// Whether these bytes are the entries that the header was written for.
    pub fn is_checksum_of(&self, entries: &[u8]) -> bool {
        checksum::crc32(entries) == self.entries_checksum
    }
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What the partition is for; nil in an unused entry.
    pub partition_type: Uuid,
    /// The partition's own id.
    pub id: Uuid,
    /// Its first sector.
    pub first_sector: u64,
    /// Its last sector.
    pub last_sector: u64,
    /// Its name.
    pub name: Utf16Text,
}

impl Entry {
    /// The entry in `bytes`; `None` where they are too few.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let guid = |at: usize| {
            let bytes: [u8; 16] = bytes.get(at..at.checked_add(16)?)?.try_into().ok()?;
            Some(Uuid::from_bytes_le(bytes))
        };
        let number = |at: usize| {
            let bytes: [u8; 8] = bytes.get(at..at.checked_add(8)?)?.try_into().ok()?;
            Some(u64::from_le_bytes(bytes))
        };
        Some(Self {
            partition_type: guid(0)?,
            id: guid(16)?,
            first_sector: number(32)?,
            last_sector: number(40)?,
            name: Utf16Text::from_bytes_until_nul(bytes.get(56..128)?),
        })
    }

    /// Whether the entry describes a partition.
    pub fn is_used(&self) -> bool {
        !self.partition_type.is_nil()
    }

    /// What the type is for, as far as it is known here.
    pub fn type_name(&self) -> Option<&'static str> {
        TYPES.iter().find(|(guid, _)| *guid == self.partition_type).map(|(_, name)| *name)
    }
}

/// Types by their GUID (UEFI 5.3.3; Microsoft's `PARTITION_INFORMATION_GPT`; the Discoverable Partitions Specification).
const TYPES: [(Uuid, &str); 20] = [
    (Uuid::from_u128(0xC12A7328_F81F_11D2_BA4B_00A0C93EC93B), "EFI"),
    (Uuid::from_u128(0xE3C9E316_0B5C_4DB8_817D_F92DF00215AE), "reserved"),
    (Uuid::from_u128(0xEBD0A0A2_B9E5_4433_87C0_68B6B72699C7), "data"),
    (Uuid::from_u128(0xDE94BBA4_06D1_4D40_A16A_BFD50179D6AC), "recovery"),
    (Uuid::from_u128(0x5808C8AA_7E8F_42E0_85D2_E1E90434CFB3), "Windows dynamic disk metadata"),
    (Uuid::from_u128(0xAF9B60A0_1431_4F62_BC68_3311714A69AD), "Windows dynamic disk"),
    (Uuid::from_u128(0xE75CAF8F_F680_4CEE_AFA3_B001E56EFC2D), "Storage Spaces"),
    (Uuid::from_u128(0x558D43C5_A1AC_43C0_AAC8_D1472B2923D1), "Storage Replica"),
    (Uuid::from_u128(0x0FC63DAF_8483_4772_8E79_3D69D8477DE4), "Linux"),
    (Uuid::from_u128(0x4F68BCE3_E8CD_4DB1_96E7_FBCAF984B709), "Linux root"),
    (Uuid::from_u128(0x933AC7E1_2EB4_4F13_B844_0E14E2AEF915), "Linux home"),
    (Uuid::from_u128(0xBC13C2FF_59E6_4262_A352_B275FD6F7172), "Linux boot"),
    (Uuid::from_u128(0x0657FD6D_A4AB_43C4_84E5_0933C84B4F4F), "Linux swap"),
    (Uuid::from_u128(0xE6D6D379_F507_44C2_A23C_238F2A3DF928), "Linux LVM"),
    (Uuid::from_u128(0xA19D880F_05FC_4D3B_A006_743F0F84911E), "Linux RAID"),
    (Uuid::from_u128(0xCA7D7CCB_63ED_4C53_861C_1742536059CC), "Linux LUKS"),
    (Uuid::from_u128(0x21686148_6449_6E6F_744E_656564454649), "BIOS boot"),
    (Uuid::from_u128(0x83BD6B9D_7F41_11DC_BE0B_001560B84F0F), "FreeBSD boot"),
    (Uuid::from_u128(0x516E7CBA_6ECF_11D6_8FF8_00022D09712B), "FreeBSD ZFS"),
    (Uuid::from_u128(0x48465300_0000_11AA_AA11_00306543ECAC), "Apple HFS+"),
];
