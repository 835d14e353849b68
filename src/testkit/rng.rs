//! Random numbers that are the same on every machine and in every year.

use uuid::Uuid;

/// `SplitMix64` (Steele, Lea and Flood, 2014): small, fast and fully determined by its seed.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator that always gives the same numbers for one seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number below `bound`; 0 when `bound` is 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        let bits = self.next();
        if bound == 0 { 0 } else { bits % bound }
    }

    /// A number from `low` to `high`, both included.
    pub const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in `part` of `whole` cases.
    pub const fn chance(&mut self, part: u64, whole: u64) -> bool {
        self.below(whole) < part
    }

    /// One of `choices`, or `None` when there are none.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let index = self.below(choices.len() as u64);
        choices.get(super::size(index))
    }

    /// Puts `items` into a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, super::size(self.below(last as u64 + 1)));
        }
    }

    /// A version 4 GUID.
    pub fn guid(&mut self) -> Uuid {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }
}

/// A permutation of the numbers below `len`, computed one number at a time: a four-round Feistel network over the next
/// power of four, walked until the number falls below `len`. Nothing is stored, so it works for any `len`.
#[derive(Clone, Copy, Debug)]
pub struct Permutation {
    len: u64,
    half_bits: u32,
    seed: u64,
}

impl Permutation {
    /// The permutation of `0..len` that belongs to `seed`.
    pub const fn new(len: u64, seed: u64) -> Self {
        let bits = u64::BITS - len.saturating_sub(1).leading_zeros();
        Self { len, half_bits: bits.div_ceil(2), seed }
    }

    /// Where `index` goes; `index` itself when it is not below `len`.
    pub const fn of(&self, index: u64) -> u64 {
        if index >= self.len || self.half_bits == 0 {
            return index;
        }
        let mut value = self.scramble(index);
        while value >= self.len {
            value = self.scramble(value);
        }
        value
    }

    const fn scramble(&self, value: u64) -> u64 {
        let mask = (1 << self.half_bits) - 1;
        let mut left = value >> self.half_bits;
        let mut right = value & mask;
        let mut round = 0;
        while round < 4 {
            let next = left ^ (mix(right.wrapping_add(self.seed).wrapping_add(round << 56)) & mask);
            left = right;
            right = next;
            round += 1;
        }
        (left << self.half_bits) | right
    }
}

const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_gives_its_published_numbers() {
        let mut rng = Rng::new(1_234_567);
        assert_eq!(rng.next(), 6_457_827_717_110_365_317);
        assert_eq!(rng.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn a_permutation_reaches_every_number_once() {
        for len in [0, 1, 2, 3, 5, 64, 1000, 4097] {
            let permutation = Permutation::new(len, 7);
            let mut seen: Vec<u64> = (0..len).map(|index| permutation.of(index)).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..len).collect::<Vec<_>>(), "{len} numbers");
        }
    }
}
