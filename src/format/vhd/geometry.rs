//! Disk geometry ("Hard Disk Footer Format", Disk Geometry; "Appendix: CHS Calculation").

use binrw::BinRead;

use crate::units::ByteLen;

use super::SECTOR_SIZE;

/// Cylinders, heads and sectors a track, as an ATA disk of this size would show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BinRead)]
#[br(big)]
pub struct Geometry {
    /// Number of cylinders.
    pub cylinders: u16,
    /// Number of heads.
    pub heads: u8,
    /// Number of sectors a track.
    pub sectors_per_track: u8,
}

impl Geometry {
    /// The largest geometry that the specification's calculation gives: 127.5 GiB, and for every larger disk.
    pub const LARGEST: Self = Self { cylinders: 65_535, heads: 16, sectors_per_track: 255 };

    /// The size that the geometry can address: often less than the size of the disk, for the calculation rounds down.
    pub fn size(self) -> ByteLen {
        let sectors = u64::from(self.cylinders)
            .saturating_mul(u64::from(self.heads))
            .saturating_mul(u64::from(self.sectors_per_track));
        ByteLen(sectors.saturating_mul(SECTOR_SIZE.0))
    }

    /// The geometry that the specification's appendix gives a disk of this size.
    pub fn of_size(size: ByteLen) -> Self {
        let sectors = size.0.div_euclid(SECTOR_SIZE.0).min(65_535 * 16 * 255);
        let shape = |sectors_per_track: u8, heads: u8| Self {
            cylinders: u16::try_from(
                cylinders_times_heads(sectors, sectors_per_track).div_euclid(u64::from(heads.max(1))),
            )
            .unwrap_or(u16::MAX),
            heads,
            sectors_per_track,
        };
        if sectors >= 65_535 * 16 * 63 {
            return shape(255, 16);
        }
        // The fewest sectors a track with which at most 16 heads need no more than 1,024 cylinders.
        let tracks = cylinders_times_heads(sectors, 17);
        match u8::try_from(tracks.div_ceil(1024)) {
            Ok(heads @ ..=16) if tracks < u64::from(heads.max(4)).saturating_mul(1024) => shape(17, heads.max(4)),
            _ if cylinders_times_heads(sectors, 31) < 16 * 1024 => shape(31, 16),
            _ => shape(63, 16),
        }
    }
}

fn cylinders_times_heads(sectors: u64, sectors_per_track: u8) -> u64 {
    sectors.checked_div(u64::from(sectors_per_track)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of_size(size: u64) -> (u16, u8, u8) {
        let geometry = Geometry::of_size(ByteLen(size));
        (geometry.cylinders, geometry.heads, geometry.sectors_per_track)
    }

    /// The calculation of the appendix, step by step.
    fn appendix(size: u64) -> (u16, u8, u8) {
        let mut total = size / 512;
        if total > 65_535 * 16 * 255 {
            total = 65_535 * 16 * 255;
        }
        let (mut spt, mut heads, mut cth);
        if total >= 65_535 * 16 * 63 {
            spt = 255;
            heads = 16;
            cth = total / spt;
        } else {
            spt = 17;
            cth = total / spt;
            heads = cth.div_ceil(1024);
            if heads < 4 {
                heads = 4;
            }
            if cth >= heads * 1024 || heads > 16 {
                spt = 31;
                heads = 16;
                cth = total / spt;
            }
            if cth >= heads * 1024 {
                spt = 63;
                heads = 16;
                cth = total / spt;
            }
        }
        ((cth / heads) as u16, heads as u8, spt as u8)
    }

    #[test]
    fn sizes_have_the_geometry_that_other_programs_wrote() {
        for (size, geometry) in [
            // Windows 10.
            (4 << 20, (120, 4, 17)),
            (10 << 20, (301, 4, 17)),
            // Virtual PC 2007.
            (136_365_211_648, (65_278, 16, 255)),
            // DiscUtils.
            (16 << 20, (481, 4, 17)),
            // QEMU 10.
            (1_079_296, (31, 4, 17)),
            (41_953_280, (964, 5, 17)),
            (527_450_112, (1_022, 16, 63)),
            (1_073_995_776, (2_081, 16, 63)),
            (2_147_991_552, (4_162, 16, 63)),
            (8_590_417_920, (16_645, 16, 63)),
            (33_822_351_360, (16_191, 16, 255)),
            (34_361_303_040, (16_449, 16, 255)),
            (136_365_219_840, (65_279, 16, 255)),
        ] {
            assert_eq!(of_size(size), geometry, "{size}");
        }
    }

    #[test]
    fn a_geometry_addresses_its_product() {
        // The dynamic disk of 127 GiB that Virtual PC 2007 made: QEMU shows this size.
        let geometry = Geometry { cylinders: 0xFEFE, heads: 0x10, sectors_per_track: 0xFF };
        assert_eq!(geometry.size(), ByteLen(136_363_130_880));
        assert_eq!(Geometry::LARGEST.size(), ByteLen(136_899_993_600));
        assert_eq!(Geometry { cylinders: 0, heads: 16, sectors_per_track: 63 }.size(), ByteLen(0));
    }

    proptest! {
        #[test]
        fn any_size_has_the_geometry_of_the_appendix(
            size in prop_oneof![any::<u64>(), 0_u64..1 << 32, 0_u64..1 << 38, 520_u64 << 20..530 << 20]
        ) {
            prop_assert_eq!(of_size(size), appendix(size));
            prop_assert!(Geometry::of_size(ByteLen(size)).size().0 <= size);
        }
    }
}
