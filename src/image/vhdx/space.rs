//! Which megabytes of a file are taken, one bit each (MS-VHDX 2.2: everything behind the headers lies on them).

use crate::format::vhdx::ALIGNMENT;
use crate::limits::MAX_FILE;
use crate::units::{ByteLen, FileOffset, FileRange};

const BITS: u64 = 64;

/// Bytes of a file, and the words of its map that are for them.
pub(super) type Part<'a> = (FileRange, &'a mut [u64]);

/// The megabytes of a file, each free or taken.
///
/// At most 16 MiB of memory, for files of [`MAX_FILE`]; what lies behind that is not kept track of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceMap {
    /// One bit for each megabyte that is free. A map of ones is written when it is made: pages of zeros are lent by the
    /// system, and each that is looked at before it is written to faults twice and stops the other threads.
    free: Vec<u64>,
    file_size: ByteLen,
}

impl SpaceMap {
    /// A file in which nothing is taken.
    pub fn new(file_size: ByteLen) -> Self {
        let units = file_size.0.min(MAX_FILE.0).div_ceil(ALIGNMENT.0);
        Self { free: vec![u64::MAX; ByteLen(units.div_ceil(BITS)).to_usize().unwrap_or_default()], file_size }
    }

    /// Takes every megabyte that the range touches, and says whether one of them was taken before.
    #[inline]
    pub fn take(&mut self, range: FileRange) -> bool {
        take_bits(&mut self.free, range)
    }

    /// Whether a megabyte that the range touches is taken.
    pub fn is_taken(&self, range: FileRange) -> bool {
        let (first, end) = units(range);
        masks(first, end).any(|(at, mask)| self.free.get(at).is_some_and(|word| !word & mask != 0))
    }

    /// Whether every megabyte that the range touches is free, in which case all of them are taken now.
    #[inline]
    pub fn take_if_free(&mut self, range: FileRange) -> bool {
        !self.is_taken(range) && !self.take(range)
    }

    /// Whether the one megabyte at `start` is free and lies wholly in the file, in which case it is taken now.
    #[inline]
    pub(super) fn take_megabyte_if_free(&mut self, start: FileOffset) -> bool {
        start.0 / ALIGNMENT.0 < self.file_size.0 / ALIGNMENT.0 && !take_megabyte(&mut self.free, start)
    }

    /// Takes what is taken in another map of the same file.
    pub(super) fn join(&mut self, other: &Self) {
        for (word, more) in self.free.iter_mut().zip(&other.free) {
            *word &= more;
        }
    }

    /// The words of the map in two parts, and the bytes that each part is for.
    pub(super) fn halves(&mut self) -> (Part<'_>, Part<'_>) {
        let middle = self.free.len() / 2;
        let (lower, upper) = self.free.split_at_mut(middle);
        let len = |words: &[u64]| ByteLen(ByteLen::from(words.len()).0.saturating_mul(BITS * ALIGNMENT.0));
        let first = FileRange::new(FileOffset::ZERO, len(lower));
        let second = FileRange::new(first.end(), len(upper));
        ((first, lower), (second, upper))
    }

    /// Length of the file.
    pub(super) fn file_size(&self) -> ByteLen {
        self.file_size
    }

    /// The stretches of the file that are taken neither here nor in `also`, in order. The last one ends with the file.
    pub fn free<'a>(&'a self, also: Option<&'a Self>) -> Free<'a> {
        Free { map: self, also, unit: 0 }
    }

    fn free_bits(&self, also: Option<&Self>, at: usize) -> Option<u64> {
        let own = self.free.get(at)?;
        let other = also.and_then(|map| map.free.get(at)).copied().unwrap_or(u64::MAX);
        Some(own & other)
    }
}

/// Takes every megabyte that the range touches in a map or in a part of one, and says whether one of them was taken.
#[inline]
pub(super) fn take_bits(free: &mut [u64], range: FileRange) -> bool {
    let (first, end) = units(range);
    let mut taken = 0;
    for (at, mask) in masks(first, end) {
        match free.get_mut(at) {
            Some(word) => {
                taken |= !*word & mask;
                *word &= !mask;
            }
            None => break,
        }
    }
    taken != 0
}

/// Takes the one megabyte at `start`, and says whether it was taken or lies behind the map.
#[inline]
pub(super) fn take_megabyte(free: &mut [u64], start: FileOffset) -> bool {
    let unit = start.0 / ALIGNMENT.0;
    let bit = 1_u64.wrapping_shl(u32::try_from(unit % BITS).unwrap_or(0));
    let Some(word) = free.get_mut(usize::try_from(unit / BITS).unwrap_or(usize::MAX)) else { return true };
    let was_taken = *word & bit == 0;
    *word &= !bit;
    was_taken
}

/// First unit and the one after the last.
#[inline]
fn units(range: FileRange) -> (u64, u64) {
    (range.start.0 / ALIGNMENT.0, range.end().0.div_ceil(ALIGNMENT.0))
}

/// Index and mask of each word that holds bits from `first` to `end`.
#[inline]
fn masks(first: u64, end: u64) -> impl Iterator<Item = (usize, u64)> {
    let mut at = first;
    std::iter::from_fn(move || {
        if at >= end {
            return None;
        }
        let within = at % BITS;
        let count = end.saturating_sub(at).min(BITS.saturating_sub(within));
        let ones = u64::MAX.wrapping_shr(u32::try_from(BITS.saturating_sub(count)).unwrap_or(0));
        let mask = ones.wrapping_shl(u32::try_from(within).unwrap_or(0));
        let word = usize::try_from(at / BITS).unwrap_or(usize::MAX);
        at = at.saturating_add(count);
        Some((word, mask))
    })
}

/// Iterator of [`SpaceMap::free`].
#[derive(Debug)]
pub struct Free<'a> {
    map: &'a SpaceMap,
    also: Option<&'a SpaceMap>,
    unit: u64,
}

impl Free<'_> {
    /// The first unit from `from` on that is free (or, `wanted` false, taken); the number of units where none is.
    fn next_unit(&self, from: u64, wanted: bool) -> u64 {
        let end = ByteLen::from(self.map.free.len()).0.saturating_mul(BITS);
        let mut at = from;
        while at < end {
            let word = usize::try_from(at / BITS).unwrap_or(usize::MAX);
            let Some(free) = self.map.free_bits(self.also, word) else { break };
            let bits = if wanted { free } else { !free };
            let rest = bits.wrapping_shr(u32::try_from(at % BITS).unwrap_or(0));
            if rest != 0 {
                return at.saturating_add(rest.trailing_zeros().into());
            }
            at = (at / BITS).saturating_add(1).saturating_mul(BITS);
        }
        end
    }
}

impl Iterator for Free<'_> {
    type Item = FileRange;

    fn next(&mut self) -> Option<FileRange> {
        let start = self.next_unit(self.unit, true).saturating_mul(ALIGNMENT.0);
        let limit = self.map.file_size.0.min(MAX_FILE.0);
        if start >= limit {
            return None;
        }
        self.unit = self.next_unit(start / ALIGNMENT.0, false);
        let end = self.unit.saturating_mul(ALIGNMENT.0).min(limit);
        Some(FileRange::new(FileOffset(start), ByteLen(end.saturating_sub(start))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIB: u64 = 1 << 20;

    fn mib(first: u64, count: u64) -> FileRange {
        FileRange::new(FileOffset(first * MIB), ByteLen(count * MIB))
    }

    proptest! {
        #[test]
        fn equals_a_list_of_single_megabytes(
            size in 1_u64..300 * MIB,
            ranges in prop::collection::vec((0_u64..300, 1_u64..140), 0..12),
        ) {
            let mut map = SpaceMap::new(ByteLen(size));
            let units = size.div_ceil(MIB);
            let mut singly = vec![false; 1000];
            for (first, count) in ranges {
                // A map of whole words keeps track of some units behind the end of the file.
                let slots = &mut singly[first as usize..(first + count) as usize];
                let before = slots.iter().zip(first..).any(|(taken, unit)| *taken && unit < units.div_ceil(64) * 64);
                prop_assert_eq!(map.is_taken(mib(first, count)), before);
                prop_assert_eq!(map.take(mib(first, count)), before);
                slots.fill(true);
            }
            let free: Vec<FileRange> = map.free(None).collect();
            let bytes: u64 = free.iter().map(|range| range.len.0).sum();
            let expected: u64 = (0..units).filter(|unit| !singly[*unit as usize]).map(|unit| MIB.min(size - unit * MIB)).sum();
            prop_assert_eq!(bytes, expected);
            for pair in free.windows(2) {
                prop_assert!(pair[0].end() < pair[1].start);
            }
        }
    }

    #[test]
    fn taking_what_is_free_leaves_what_is_not() {
        let mut map = SpaceMap::new(ByteLen(200 * MIB));
        assert!(map.take_if_free(mib(60, 10)));
        assert!(!map.take_if_free(mib(50, 11)));
        assert!(!map.is_taken(mib(50, 10)));
        let mut other = SpaceMap::new(ByteLen(200 * MIB));
        other.take(mib(0, 60));
        assert_eq!(map.free(Some(&other)).collect::<Vec<_>>(), [mib(70, 130)]);
    }

    #[test]
    fn a_file_of_any_length_takes_little_memory() {
        let mut map = SpaceMap::new(ByteLen(u64::MAX));
        assert_eq!(map.free.len() * 8, 16 << 20);
        assert!(!map.take(FileRange::new(FileOffset(u64::MAX - 5), ByteLen(5))));
    }
}
