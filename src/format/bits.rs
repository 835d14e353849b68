//! Runs of equal bits in a sector bitmap. VHDX counts the bits of a byte from the lowest, VHD from the highest; apart
//! from that both read the same, and read here.

/// Which bit of a byte comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BitOrder {
    /// The lowest (VHDX).
    LowestFirst,
    /// The highest (VHD).
    HighestFirst,
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
pub struct Bits<'a> {
    bytes: &'a [u8],
    order: BitOrder,
}

impl<'a> Bits<'a> {
    /// The bits in `bytes`.
    pub fn new(bytes: &'a [u8], order: BitOrder) -> Self {
        Self { bytes, order }
    }

    /// The runs of `len` bits from `start`, in order, of alternating kind, summing to `len` (or to what the view has).
    pub fn runs(self, start: u64, len: u64) -> Runs<'a> {
        let (at, end) = self.clip(start, len);
        Runs { bits: self, at, end }
    }

    /// Number of set bits among `len` from `start`.
    pub fn count_set(self, start: u64, len: u64) -> u64 {
        let (mut at, end) = self.clip(start, len);
        let mut sum: u64 = 0;
        while at < end {
            let within = at % 64;
            let count = 64_u64.saturating_sub(within).min(end.saturating_sub(at));
            // The bits before `at` go out at one end of the word, those after `count` at the other.
            let word = (self.word(at / 64) >> within) << 64_u64.saturating_sub(count);
            sum = sum.saturating_add(word.count_ones().into());
            at = at.saturating_add(count);
        }
        sum
    }

    /// The 64 bits from `start` on, the first one lowest; bits past the view are clear.
    pub fn word_from(self, start: u64) -> u64 {
        let (word, shift) = (start / 64, start % 64);
        let low = self.word(word) >> shift;
        if shift == 0 {
            return low;
        }
        low | self.word(word.saturating_add(1)) << 64_u64.saturating_sub(shift)
    }

    /// The range from `start` on within the view, as its two ends.
    fn clip(self, start: u64, len: u64) -> (u64, u64) {
        let bits = u64::try_from(self.bytes.len()).unwrap_or(u64::MAX).saturating_mul(8);
        (start.min(bits), start.saturating_add(len).min(bits))
    }

    /// The 64 bits from `word` × 64 on, the first one lowest; bits past the view are clear.
    fn word(self, word: u64) -> u64 {
        let at = usize::try_from(word.saturating_mul(8)).unwrap_or(usize::MAX);
        let rest = self.bytes.get(at..).unwrap_or_default();
        let lowest_first = match rest.first_chunk::<8>() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        match self.order {
            BitOrder::LowestFirst => lowest_first,
            BitOrder::HighestFirst => lowest_first.swap_bytes().reverse_bits(),
        }
    }

    /// The bit at `at`, and how many from there on are equal to it, not beyond the end of its word.
    fn equal_in_word(self, at: u64) -> (bool, u64) {
        let within = at % 64;
        let word = self.word(at / 64) >> within;
        let equal = word.trailing_ones().max(word.trailing_zeros());
        (word & 1 == 1, u64::from(equal).min(64_u64.saturating_sub(within)))
    }
}

/// Iterator of [`Bits::runs`].
#[derive(Clone, Debug)]
pub struct Runs<'a> {
    bits: Bits<'a>,
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
        let (set, equal) = self.bits.equal_in_word(start);
        let mut at = start.saturating_add(equal);
        // Only a run that reaches the end of its word can go on in the next.
        while at < self.end && at % 64 == 0 {
            let (next, equal) = self.bits.equal_in_word(at);
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

    fn bit(bytes: &[u8], order: BitOrder, at: u64) -> bool {
        let byte = bytes[(at / 8) as usize];
        match order {
            BitOrder::LowestFirst => byte & 1 << (at % 8) != 0,
            BitOrder::HighestFirst => byte & 0x80 >> (at % 8) != 0,
        }
    }

    fn naive(bytes: &[u8], order: BitOrder, start: u64, len: u64) -> Vec<BitRun> {
        let mut runs: Vec<BitRun> = Vec::new();
        for at in start..(start + len).min(bytes.len() as u64 * 8) {
            let set = bit(bytes, order, at);
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
            order in prop_oneof![Just(BitOrder::LowestFirst), Just(BitOrder::HighestFirst)],
        ) {
            let bits = Bits::new(&bytes, order);
            let runs: Vec<BitRun> = bits.runs(start, len).collect();
            prop_assert_eq!(&runs, &naive(&bytes, order, start, len));
            let set: u64 = runs.iter().filter(|run| run.set).map(|run| run.len).sum();
            prop_assert_eq!(bits.count_set(start, len), set);
            let first = bits.word_from(start);
            for place in 0..64 {
                let is_set = start + place < bytes.len() as u64 * 8 && bit(&bytes, order, start + place);
                prop_assert_eq!(first >> place & 1 == 1, is_set);
            }
        }
    }

    #[test]
    fn a_run_may_start_inside_a_byte() {
        // The two cases on which another reader is known to lose sectors.
        let bits = |bytes| Bits::new(bytes, BitOrder::LowestFirst);
        assert_eq!(bits(b"\xF0").runs(4, 2).collect::<Vec<_>>(), [BitRun { start: 4, len: 2, set: true }]);
        let sum: u64 = bits(b"\x0F\xF0").runs(2, 10).map(|run| run.len).sum();
        assert_eq!(sum, 10);
    }
}
