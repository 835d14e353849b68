//! Sector bitmap ("Block Allocation Table and Data Blocks"): before the data of each block, one bit a sector, highest
//! bit of each byte first. In a differencing disk a set bit means that the sector is in this file, a clear one that it
//! is the parent's; in a dynamic disk a clear bit means that nothing was written, and its data are zeros.

use crate::format::bits::{BitOrder, Bits};
pub use crate::format::bits::{BitRun, Runs};
use crate::units::ByteLen;

use super::{SECTOR_SIZE, round_up_to_sector};

/// Name of the structure in errors and findings.
pub const STRUCTURE: &str = "sector bitmap";

/// Bytes of the bitmap before each block, whole sectors: 512 for blocks of 2 MiB.
pub const fn size(block_size: ByteLen) -> ByteLen {
    round_up_to_sector(ByteLen(block_size.0.div_ceil(SECTOR_SIZE.0).div_ceil(8)))
}

/// Bits borrowed from the bytes of a sector bitmap.
#[derive(Clone, Copy, Debug)]
pub struct SectorBitmap<'a>(Bits<'a>);

impl<'a> SectorBitmap<'a> {
    /// The bits in `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(Bits::new(bytes, BitOrder::HighestFirst))
    }

    /// The runs of `len` bits from `start`, in order, of alternating kind, summing to `len` (or to what the view has).
    pub fn runs(self, start: u64, len: u64) -> Runs<'a> {
        self.0.runs(start, len)
    }

    /// Number of set bits among `len` from `start`.
    pub fn count_set(self, start: u64, len: u64) -> u64 {
        self.0.count_set(start, len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bit_is_the_first_sector() {
        let runs: Vec<_> = SectorBitmap::new(&[0b0011_0000, 0b0000_0001]).runs(0, 16).collect();
        assert_eq!(
            runs,
            [
                BitRun { start: 0, len: 2, set: false },
                BitRun { start: 2, len: 2, set: true },
                BitRun { start: 4, len: 11, set: false },
                BitRun { start: 15, len: 1, set: true },
            ]
        );
    }

    #[test]
    fn a_bitmap_fills_whole_sectors() {
        for (block, bitmap) in
            [(2 << 20, 512), (512 << 10, 512), (4 << 20, 1024), (512, 512), (0, 0), (1 << 31, 1 << 19)]
        {
            assert_eq!(size(ByteLen(block)), ByteLen(bitmap), "{block}");
        }
    }
}
