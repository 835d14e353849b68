//! Sector bitmap ("Block Allocation Table and Data Blocks"): before the data of each block, one bit a sector, highest
//! bit of each byte first. In a differencing disk a set bit means that the sector is in this file, a clear one that it
//! is the parent's; in a dynamic disk a clear bit means that nothing was written, and its data are zeros.

use crate::units::ByteLen;

use super::{SECTOR_SIZE, round_up_to_sector};

/// Name of the structure in errors and findings.
pub const STRUCTURE: &str = "sector bitmap";

/// Bytes of the bitmap before each block, whole sectors: 512 for blocks of 2 MiB.
pub const fn size(block_size: ByteLen) -> ByteLen {
    round_up_to_sector(ByteLen(block_size.0.div_ceil(SECTOR_SIZE.0).div_ceil(8)))
}

/// A stretch of sectors whose bits are the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BitRun {
    /// First bit, counted from the start of the view.
    pub start: u64,
    /// Number of bits; never zero.
    pub len: u64,
    /// Whether the bits are set.
    pub set: bool,
}

/// Bits borrowed from the bytes of a sector bitmap.
#[derive(Clone, Copy, Debug)]
pub struct SectorBitmap<'a> {
    bytes: &'a [u8],
}

impl<'a> SectorBitmap<'a> {
    /// The bits in `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The runs of `len` bits from `start`, in order, of alternating kind, summing to `len` (or to what the view has).
    pub fn runs(self, start: u64, len: u64) -> Runs<'a> {
        let bits = u64::try_from(self.bytes.len()).unwrap_or(u64::MAX).saturating_mul(8);
        Runs { bitmap: self, at: start.min(bits), end: start.saturating_add(len).min(bits) }
    }

    /// Number of set bits among `len` from `start`.
    pub fn count_set(self, start: u64, len: u64) -> u64 {
        self.runs(start, len).filter(|run| run.set).fold(0, |sum, run| sum.saturating_add(run.len))
    }

    /// The 64 bits from `word` × 64 on, the first one highest; bits past the view are clear.
    fn word(self, word: u64) -> u64 {
        let at = usize::try_from(word.saturating_mul(8)).unwrap_or(usize::MAX);
        let rest = self.bytes.get(at..).unwrap_or_default();
        match rest.first_chunk::<8>() {
            Some(bytes) => u64::from_be_bytes(*bytes),
            None => rest.iter().rev().fold(0, |word, byte| u64::from(*byte) << 56 | word >> 8),
        }
    }

    /// The bit at `at`, and how many from there on are equal to it, not beyond the end of its word.
    fn equal_in_word(self, at: u64) -> (bool, u64) {
        let within = at % 64;
        let word = self.word(at / 64) << within;
        let equal = word.leading_ones().max(word.leading_zeros());
        (word >> 63 == 1, u64::from(equal).min(64_u64.saturating_sub(within)))
    }
}

/// Iterator of [`SectorBitmap::runs`].
#[derive(Clone, Debug)]
pub struct Runs<'a> {
    bitmap: SectorBitmap<'a>,
    at: u64,
    end: u64,
}

impl Iterator for Runs<'_> {
    type Item = BitRun;

    fn next(&mut self) -> Option<BitRun> {
        if self.at >= self.end {
            return None;
        }
        let start = self.at;
        let (set, equal) = self.bitmap.equal_in_word(start);
        let mut at = start.saturating_add(equal);
        // Only a run that reaches the end of its word can go on in the next.
        while at < self.end && at % 64 == 0 {
            let (next, equal) = self.bitmap.equal_in_word(at);
            if next != set {
                break;
            }
            at = at.saturating_add(equal);
        }
        self.at = at.min(self.end);
        Some(BitRun { start, len: self.at.saturating_sub(start), set })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive(bytes: &[u8], start: u64, len: u64) -> Vec<BitRun> {
        let mut runs: Vec<BitRun> = Vec::new();
        for at in start..(start + len).min(bytes.len() as u64 * 8) {
            let set = bytes[(at / 8) as usize] & (0x80 >> (at % 8)) != 0;
            match runs.last_mut() {
                Some(run) if run.set == set => run.len += 1,
                _ => runs.push(BitRun { start: at, len: 1, set }),
            }
        }
        runs
    }

    proptest! {
        #[test]
        fn runs_equal_a_loop_over_single_bits(
            bytes in prop::collection::vec(prop_oneof![Just(0_u8), Just(0xFF), any::<u8>()], 0..60),
            start in 0_u64..500,
            len in 0_u64..500,
        ) {
            let bitmap = SectorBitmap::new(&bytes);
            let runs: Vec<BitRun> = bitmap.runs(start, len).collect();
            prop_assert_eq!(&runs, &naive(&bytes, start, len));
            let set: u64 = runs.iter().filter(|run| run.set).map(|run| run.len).sum();
            prop_assert_eq!(bitmap.count_set(start, len), set);
        }
    }

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
