//! The footer ("Hard Disk Footer Format"), of which a dynamic disk has a copy at its start.

use uuid::Uuid;

use super::SECTOR;
use crate::testkit::record::{Checksum, Record};

/// Cylinders, heads and sectors per track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Cylinders.
    pub cylinders: u16,
    /// Heads.
    pub heads: u8,
    /// Sectors per track.
    pub sectors: u8,
}

/// The geometry of a disk of so many bytes ("Appendix: CHS Calculation").
pub fn chs(bytes: u64) -> Geometry {
    let total = (bytes / SECTOR).min(65535 * 16 * 255);
    let (mut sectors, mut heads, mut rest);
    if total >= 65535 * 16 * 63 {
        (sectors, heads) = (255, 16);
        rest = total / sectors;
    } else {
        sectors = 17;
        rest = total / sectors;
        heads = rest.div_ceil(1024).max(4);
        if rest >= heads * 1024 || heads > 16 {
            (sectors, heads) = (31, 16);
            rest = total / sectors;
        }
        if rest >= heads * 1024 {
            (sectors, heads) = (63, 16);
            rest = total / sectors;
        }
    }
    Geometry {
        cylinders: u16::try_from(rest / heads).unwrap_or(u16::MAX),
        heads: u8::try_from(heads).unwrap_or(u8::MAX),
        sectors: u8::try_from(sectors).unwrap_or(u8::MAX),
    }
}

/// A footer, field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footer {
    /// `conectix`, unless a test wants another.
    pub cookie: [u8; 8],
    /// Bit 1 is always set; bit 0 marks a temporary disk.
    pub features: u32,
    /// 1.0 in two halves.
    pub format_version: u32,
    /// Where the dynamic header stands; all ones in a fixed disk.
    pub data_offset: u64,
    /// Seconds since the start of the year 2000, UTC.
    pub time_stamp: u32,
    /// The program that made the file: `win `, `vpc `, `vs  `, `qemu`, `d2v `.
    pub creator_application: [u8; 4],
    /// Its version in two halves.
    pub creator_version: u32,
    /// `Wi2k` or `Mac `.
    pub creator_host_os: [u8; 4],
    /// The size in bytes at creation.
    pub original_size: u64,
    /// The size in bytes now.
    pub current_size: u64,
    /// The geometry, which need not agree with the size.
    pub geometry: Geometry,
    /// 2 fixed, 3 dynamic, 4 differencing.
    pub disk_type: u32,
    /// How the checksum is written.
    pub checksum: Checksum,
    /// What a child remembers of its parent. Its bytes are stored in the order in which it is printed.
    pub unique_id: Uuid,
    /// 1 in a saved state.
    pub saved_state: u8,
}

impl Footer {
    /// The 512 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut record = Record::new(512);
        record
            .put(0, &self.cookie)
            .be32(8, self.features)
            .be32(12, self.format_version)
            .be64(16, self.data_offset)
            .be32(24, self.time_stamp)
            .put(28, &self.creator_application)
            .be32(32, self.creator_version)
            .put(36, &self.creator_host_os)
            .be64(40, self.original_size)
            .be64(48, self.current_size)
            .be16(56, self.geometry.cylinders)
            .put(58, &[self.geometry.heads, self.geometry.sectors])
            .be32(60, self.disk_type)
            .put(68, self.unique_id.as_bytes())
            .put(84, &[self.saved_state]);
        super::seal(&mut record, 64, self.checksum);
        record.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes and geometries as stored in files of other writers; the last is the largest there is.
    #[test]
    fn geometry_is_that_of_known_disks() {
        let shown = |bytes| {
            let Geometry { cylinders, heads, sectors } = chs(bytes);
            (cylinders, heads, sectors)
        };
        assert_eq!(shown(136_365_211_648), (65278, 16, 255), "127 GiB of Virtual PC 2007");
        assert_eq!(shown(4 << 20), (120, 4, 17), "4 MiB of Windows 10");
        assert_eq!(shown(104_448), (3, 4, 17), "102 KiB of qemu");
        assert_eq!(shown(10 << 20), (301, 4, 17), "10 MiB of Windows 10");
        assert_eq!(shown(1 << 40), (65535, 16, 255), "1 TiB");
    }
}
