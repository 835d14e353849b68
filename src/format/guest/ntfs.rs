//! NTFS: the boot sector, and in the master file table the record of the volume.

use binrw::BinRead;

use crate::format::text::Utf16Text;

use super::ascii::read;

/// Number of the file record that holds the volume's name (`$Volume`).
pub const VOLUME_RECORD: u64 = 3;
/// Longest file record: real ones have 1 or 4 KiB.
pub const MAX_RECORD: u64 = 4096;
/// Type of the attribute that holds the volume's name.
const VOLUME_NAME: u32 = 0x60;
/// Type that ends the attributes.
const END: u32 = u32::MAX;

/// A boot sector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootSector {
    /// Bytes of a cluster.
    pub cluster_size: u64,
    /// First cluster of the master file table.
    pub mft_cluster: u64,
    /// Bytes of a file record.
    pub record_size: u64,
    /// The volume's serial number.
    pub serial: u64,
}

#[derive(BinRead)]
#[br(little)]
struct Raw {
    #[br(pad_before = 3, assert(name == *b"NTFS    "))]
    #[expect(dead_code, reason = "the assertion has read it")]
    name: [u8; 8],
    bytes_per_sector: u16,
    sectors_per_cluster: u8,
    #[br(pad_before = 34)]
    mft_cluster: u64,
    #[br(pad_before = 8)]
    clusters_per_record: i8,
    #[br(pad_before = 7)]
    serial: u64,
}

impl BootSector {
    /// The boot sector in `sector`; `None` without the name of the file system.
    pub fn parse(sector: &[u8]) -> Option<Self> {
        let raw: Raw = read(sector)?;
        // Above 128 the count is a power of two with a minus before its exponent.
        let sectors = match raw.sectors_per_cluster {
            count @ 0..=0x80 => u64::from(count),
            negative => 1_u64.checked_shl(0x100_u32.checked_sub(negative.into())?)?,
        };
        let cluster_size = u64::from(raw.bytes_per_sector).checked_mul(sectors)?;
        let record_size = match raw.clusters_per_record {
            count @ 0.. => cluster_size.checked_mul(u64::from(count.unsigned_abs()))?,
            negative => 1_u64.checked_shl(negative.unsigned_abs().into())?,
        };
        Some(Self { cluster_size, mft_cluster: raw.mft_cluster, record_size, serial: raw.serial })
    }

    /// Where the record of the volume lies in the volume.
    pub fn volume_record_at(&self) -> Option<u64> {
        let mft = self.mft_cluster.checked_mul(self.cluster_size)?;
        mft.checked_add(self.record_size.checked_mul(VOLUME_RECORD)?)
    }
}

/// The volume's name in its file record; `None` where there is none or the record is not one.
pub fn volume_name(record: &[u8]) -> Option<Utf16Text> {
    let u16_at =
        |bytes: &[u8], at: usize| Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?));
    let u32_at =
        |bytes: &[u8], at: usize| Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?));
    let record = fixed_up(record)?;
    let mut at = usize::from(u16_at(&record, 20)?);
    while let Some(attribute) = record.get(at..) {
        let (kind, length) = (u32_at(attribute, 0)?, usize::try_from(u32_at(attribute, 4)?).ok()?);
        if kind == END || length < 24 {
            return None;
        }
        if kind == VOLUME_NAME && attribute.get(8) == Some(&0) {
            let start = usize::from(u16_at(attribute, 20)?);
            let end = start.checked_add(usize::try_from(u32_at(attribute, 16)?).ok()?)?;
            let name = Utf16Text::from_bytes(attribute.get(start..end)?);
            return (!name.is_empty()).then_some(name);
        }
        at = at.checked_add(length)?;
    }
    None
}

/// The record with the last two bytes of each sector put back; `None` where a sector was not written with the others.
fn fixed_up(record: &[u8]) -> Option<Vec<u8>> {
    const SECTOR: usize = 512;
    let mut fixed = record.to_vec();
    if record.get(..4)? != b"FILE" {
        return None;
    }
    let start = usize::from(u16::from_le_bytes(record.get(4..6)?.try_into().ok()?));
    let values = record.get(start..)?;
    let number = values.get(..2)?;
    for (sector, value) in fixed.chunks_exact_mut(SECTOR).zip(values.get(2..)?.chunks_exact(2)) {
        let end = sector.get_mut(SECTOR.checked_sub(2)?..)?;
        if end != number {
            return None;
        }
        end.copy_from_slice(value);
    }
    Some(fixed)
}
