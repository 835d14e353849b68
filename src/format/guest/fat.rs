//! FAT12, FAT16 and FAT32: the boot sector, and the label in the root directory.

use binrw::BinRead;

use super::ascii::{label, read};

/// Bytes of a directory entry.
const ENTRY: usize = 32;

/// A boot sector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootSector {
    /// Bits of an entry of the table: 12, 16 or 32.
    pub bits: u8,
    /// Where the root directory starts in the volume.
    pub root_at: u64,
    /// Bytes of the root directory, or of its first cluster.
    pub root_size: u64,
    /// The label in the boot sector, which later changes of the label need not reach.
    pub label: Option<String>,
    /// The volume's serial number.
    pub serial: Option<u32>,
}

#[derive(BinRead)]
#[br(little)]
struct Raw {
    #[br(pad_before = 11)]
    bytes_per_sector: u16,
    sectors_per_cluster: u8,
    reserved_sectors: u16,
    tables: u8,
    root_entries: u16,
    sectors_16: u16,
    media: u8,
    table_sectors_16: u16,
    #[br(pad_before = 8)]
    sectors_32: u32,
    table_sectors_32: u32,
    #[br(pad_before = 4)]
    root_cluster: u32,
}

impl BootSector {
    /// The boot sector in `sector`; `None` where its numbers cannot be those of a FAT volume, for no name says that it
    /// is one.
    pub fn parse(sector: &[u8]) -> Option<Self> {
        let raw: Raw = read(sector)?;
        let is_jump = matches!(sector.first()?, 0xEB | 0xE9);
        let bytes = u64::from(raw.bytes_per_sector);
        let size_fits = matches!(bytes, 512 | 1024 | 2048 | 4096);
        if !is_jump || !size_fits || !raw.sectors_per_cluster.is_power_of_two() || !matches!(raw.tables, 1 | 2) {
            return None;
        }
        if raw.media < 0xF0 || raw.reserved_sectors == 0 {
            return None;
        }
        let either = |short: u16, long: u32| if short == 0 { u64::from(long) } else { u64::from(short) };
        let sectors = either(raw.sectors_16, raw.sectors_32);
        let table_sectors = either(raw.table_sectors_16, raw.table_sectors_32);
        let root_bytes = u64::from(raw.root_entries).checked_mul(32)?;
        let root_sectors = root_bytes.div_ceil(bytes);
        let tables_end = u64::from(raw.reserved_sectors).checked_add(table_sectors.checked_mul(raw.tables.into())?)?;
        let data = tables_end.checked_add(root_sectors)?;
        let per_cluster = u64::from(raw.sectors_per_cluster);
        let clusters = sectors.checked_sub(data)?.checked_div(per_cluster)?;
        if clusters == 0 || table_sectors == 0 {
            return None;
        }
        let is_32 = raw.table_sectors_16 == 0 && raw.root_entries == 0;
        let bits = match clusters {
            _ if is_32 => 32,
            0..=4084 => 12,
            _ => 16,
        };
        let (root_at, root_size, extended) = if is_32 {
            let before = u64::from(raw.root_cluster.checked_sub(2)?).checked_mul(per_cluster)?;
            (data.checked_add(before)?, per_cluster.checked_mul(bytes)?, 64_usize)
        } else {
            (tables_end, root_bytes, 36)
        };
        // The boot signature says which of serial number and label follow.
        let tail = sector.get(extended..)?;
        let has = tail.get(2).copied().unwrap_or_default();
        let serial = tail.get(3..7).and_then(|bytes| Some(u32::from_le_bytes(bytes.try_into().ok()?)));
        Some(Self {
            bits,
            root_at: root_at.checked_mul(bytes)?,
            root_size,
            label: tail.get(7..18).filter(|_| has == 0x29).and_then(named),
            serial: serial.filter(|_| matches!(has, 0x28 | 0x29)),
        })
    }
}

/// The label in a root directory; `None` where no entry is one.
pub fn root_label(directory: &[u8]) -> Option<String> {
    const VOLUME: u8 = 0x08;
    const LONG_NAME: u8 = 0x0F;
    let entries = directory.chunks_exact(ENTRY).take_while(|entry| entry.first() != Some(&0));
    let mut labels = entries.filter(|entry| {
        let attributes = entry.get(11).copied().unwrap_or_default();
        entry.first() != Some(&0xE5) && attributes & 0x3F != LONG_NAME && attributes & VOLUME != 0
    });
    named(labels.next()?.get(..11)?)
}

/// A label, unless it is the one that stands for none.
fn named(field: &[u8]) -> Option<String> {
    label(field).filter(|text| text != "NO NAME")
}
