//! Sector bitmap (MS-VHDX 2.4): one bit a logical sector of a chunk, lowest bit of each byte first; a set bit means
//! that the sector is in this file, a clear one that it is the parent's.

/// Name of the structure in errors and findings.
pub const STRUCTURE: &str = "sector bitmap";
/// Bytes of a sector bitmap block: one bit for each of a chunk's 2^23 sectors.
pub const SIZE: u64 = 1 << 20;

/// A stretch of sectors that are all in the file or all the parent's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BitRun {
    /// First bit, counted from the start of the view.
    pub start: u64,
    /// Number of bits; never zero.
    pub len: u64,
    /// Whether the bits are set.
    pub set: bool,
}

/// Bits borrowed from the bytes of a sector bitmap block.
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

    /// The 64 bits from `word` × 64 on; bits past the view are clear.
    fn word(self, word: u64) -> u64 {
        let at = usize::try_from(word.saturating_mul(8)).unwrap_or(usize::MAX);
        let rest = self.bytes.get(at..).unwrap_or_default();
        match rest.first_chunk::<8>() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        }
    }

    /// How many bits from `at` on are equal to the one there, but not beyond the end of its word.
    fn equal_in_word(self, at: u64) -> (bool, u64) {
        let within = at % 64;
        let word = self.word(at / 64) >> within;
        let set = word & 1 == 1;
        let equal = if set { word.trailing_ones() } else { word.trailing_zeros() };
        (set, u64::from(equal).min(64_u64.saturating_sub(within)))
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
        let (set, mut equal) = self.bitmap.equal_in_word(start);
        let mut at = start.saturating_add(equal);
        while at < self.end && at % 64 == 0 {
            let (next, more) = self.bitmap.equal_in_word(at);
            if next != set {
                break;
            }
            equal = more;
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
            let set = bytes[(at / 8) as usize] >> (at % 8) & 1 == 1;
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
    fn a_run_may_start_inside_a_byte() {
        // The two cases on which another reader is known to lose sectors.
        assert_eq!(SectorBitmap::new(b"\xF0").runs(4, 2).collect::<Vec<_>>(), [BitRun { start: 4, len: 2, set: true }]);
        let sum: u64 = SectorBitmap::new(b"\x0F\xF0").runs(2, 10).map(|run| run.len).sum();
        assert_eq!(sum, 10);
    }
}
