//! exFAT: the boot sector, and the label in the root directory.

use binrw::BinRead;

use crate::format::text::Utf16Text;

use super::ascii::read;

/// Bytes of a directory entry.
const ENTRY: usize = 32;

/// A boot sector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootSector {
    /// Where the root directory starts in the volume.
    pub root_at: u64,
    /// Bytes of its first cluster.
    pub root_size: u64,
    /// The volume's serial number.
    pub serial: u32,
}

#[derive(BinRead)]
#[br(little)]
struct Raw {
    #[br(pad_before = 3, assert(name == *b"EXFAT   "))]
    #[expect(dead_code, reason = "the assertion has read it")]
    name: [u8; 8],
    #[br(pad_before = 77)]
    heap_sector: u32,
    #[br(pad_before = 4)]
    root_cluster: u32,
    serial: u32,
    #[br(pad_before = 4)]
    sector_shift: u8,
    cluster_shift: u8,
}

impl BootSector {
    /// The boot sector in `sector`; `None` without the name of the file system.
    pub fn parse(sector: &[u8]) -> Option<Self> {
        let raw: Raw = read(sector)?;
        let bytes = 1_u64.checked_shl(raw.sector_shift.into())?;
        let root_size = bytes.checked_mul(1_u64.checked_shl(raw.cluster_shift.into())?)?;
        let before = u64::from(raw.root_cluster.checked_sub(2)?).checked_mul(root_size)?;
        let root_at = u64::from(raw.heap_sector).checked_mul(bytes)?.checked_add(before)?;
        Some(Self { root_at, root_size, serial: raw.serial })
    }
}

/// The label in a root directory; `None` where no entry is one.
pub fn root_label(directory: &[u8]) -> Option<Utf16Text> {
    const LABEL: u8 = 0x83;
    let mut entries = directory.chunks_exact(ENTRY).take_while(|entry| entry.first() != Some(&0));
    let entry = entries.find(|entry| entry.first() == Some(&LABEL))?;
    let units = usize::from(entry.get(1).copied()?).min(11);
    let text = Utf16Text::from_bytes(entry.get(2..units.checked_mul(2)?.checked_add(2)?)?);
    (!text.is_empty()).then_some(text)
}
