//! Bits in words of 64, the lowest first.

/// Bits of a word.
pub const BITS: u64 = 64;

/// Words that so many bits take.
pub fn words_for(bits: u64) -> usize {
    usize::try_from(bits.div_ceil(BITS)).unwrap_or(usize::MAX)
}

/// A word whose lowest `bits` bits are set; all of them from 64 on.
pub const fn ones(bits: u64) -> u64 {
    if bits >= BITS { u64::MAX } else { (1_u64 << bits).wrapping_sub(1) }
}

/// Whether a bit is set; bits past the words are clear.
pub fn get(words: &[u64], bit: u64) -> bool {
    word(words, bit / BITS) >> (bit % BITS) & 1 == 1
}

/// The 64 bits from `bit` on; bits past the words are clear.
pub fn from(words: &[u64], bit: u64) -> u64 {
    let (at, shift) = (bit / BITS, bit % BITS);
    let low = word(words, at) >> shift;
    if shift == 0 {
        return low;
    }
    low | word(words, at.saturating_add(1)) << BITS.saturating_sub(shift)
}

fn word(words: &[u64], at: u64) -> u64 {
    usize::try_from(at).ok().and_then(|at| words.get(at)).copied().unwrap_or_default()
}

/// Sets the bits of `value` from `bit` on; bits past the words are lost.
pub fn set_word(words: &mut [u64], bit: u64, value: u64) {
    let Ok(at) = usize::try_from(bit / BITS) else { return };
    let shift = bit % BITS;
    if let Some(word) = words.get_mut(at) {
        *word |= value << shift;
    }
    if shift > 0
        && let Some(word) = words.get_mut(at.saturating_add(1))
    {
        *word |= value >> BITS.saturating_sub(shift);
    }
}

/// Sets the bits from `start` up to `end`; bits past the words are lost.
pub fn fill(words: &mut [u64], start: u64, end: u64) {
    if start >= end {
        return;
    }
    let (first, last) = (start / BITS, end.saturating_sub(1) / BITS);
    let head = u64::MAX << (start % BITS);
    let tail = ones(end.saturating_sub(last.saturating_mul(BITS)));
    let Ok(at) = usize::try_from(first) else { return };
    let Some(words) = words.get_mut(at..) else { return };
    let whole = usize::try_from(last.saturating_sub(first)).unwrap_or(usize::MAX);
    for (place, word) in words.iter_mut().take(whole.saturating_add(1)).enumerate() {
        let from = if place == 0 { head } else { u64::MAX };
        let to = if place == whole { tail } else { u64::MAX };
        *word |= from & to;
    }
}

/// Number of set bits.
pub fn count(words: &[u64]) -> u64 {
    words.iter().fold(0, |sum, word| sum.wrapping_add(word.count_ones().into()))
}

/// The stretches of equal bits among the first `len`, as start, end and value.
pub fn runs(words: &[u64], len: u64) -> impl Iterator<Item = (u64, u64, bool)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= len {
            return None;
        }
        let start = at;
        let value = get(words, start);
        while at < len {
            let word = from(words, at);
            let equal = if value { word.trailing_ones() } else { word.trailing_zeros() };
            at = at.saturating_add(equal.into());
            if u64::from(equal) < BITS {
                break;
            }
        }
        at = at.min(len);
        Some((start, at, value))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_lists_of_bits(
            bits in prop::collection::vec(any::<bool>(), 1..300),
            ranges in prop::collection::vec((0_u64..320, 0_u64..200), 0..4),
            value in any::<u64>(),
            at in 0_u64..320,
        ) {
            let mut bits = bits;
            let len = bits.len() as u64;
            let mut words = vec![0; words_for(len)];
            for (bit, _) in bits.iter().enumerate().filter(|(_, set)| **set) {
                set_word(&mut words, bit as u64, 1);
            }
            for (start, count) in ranges {
                fill(&mut words, start, (start + count).min(len));
                bits.iter_mut().skip(start as usize).take(count as usize).for_each(|bit| *bit = true);
            }
            let expected: u64 = (0..64).filter(|bit| bits.get((at + bit) as usize) == Some(&true)).map(|bit| 1 << bit).sum();
            prop_assert_eq!(from(&words, at), expected);
            prop_assert_eq!(get(&words, at), expected & 1 == 1);
            prop_assert_eq!(count(&words), bits.iter().filter(|bit| **bit).count() as u64);
            let unfolded: Vec<bool> = runs(&words, len).flat_map(|(start, end, set)| vec![set; (end - start) as usize]).collect();
            prop_assert_eq!(&unfolded, &bits);
            prop_assert!(runs(&words, len).zip(runs(&words, len).skip(1)).all(|(a, b)| a.1 == b.0 && a.2 != b.2));
            set_word(&mut words, at, value);
            let expected = if at >= len.div_ceil(64) * 64 { 0 } else { value };
            let kept = (len.div_ceil(64) * 64).saturating_sub(at);
            prop_assert_eq!(from(&words, at) & value, expected & ones(kept));
        }
    }
}
