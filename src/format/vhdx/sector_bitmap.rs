//! Sector bitmap (MS-VHDX 2.4): one bit a logical sector of a chunk, lowest bit of each byte first; a set bit means
//! that the sector is in this file, a clear one that it is the parent's.

use crate::format::bits::{BitOrder, Bits};
pub use crate::format::bits::{BitRun, Runs};

/// Name of the structure in errors and findings.
pub const STRUCTURE: &str = "sector bitmap";
/// Bytes of a sector bitmap block: one bit for each of a chunk's 2^23 sectors.
pub const SIZE: u64 = 1 << 20;

/// Bits borrowed from the bytes of a sector bitmap block.
#[derive(Clone, Copy, Debug)]
pub struct SectorBitmap<'a>(Bits<'a>);

impl<'a> SectorBitmap<'a> {
    /// The bits in `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(Bits::new(bytes, BitOrder::LowestFirst))
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
    fn the_lowest_bit_is_the_first_sector() {
        let runs: Vec<_> = SectorBitmap::new(&[0b0000_1100, 0b1000_0000]).runs(0, 16).collect();
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
}
