//! BATs of tens of millions of entries, computed while they are read.

use super::bat::{self, BatShape};
use super::state;
use crate::testkit::rng::Permutation;

/// Which blocks of a very large disk are where. Every entry follows from its number alone, so nothing is held in memory
/// and the counts are exact. Blocks stand one after the other, each taking its whole size, as a hole.
///
/// The file is as long as its blocks need. That is more than some file systems allow (ext4: 16 TiB); where the payload
/// does not matter, `built.image.set_len(built.layout.bat.end)` ends the file after the BAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HugeBat {
    /// No block is present.
    Empty,
    /// All blocks are present, in the order of their numbers.
    Sequential,
    /// All blocks are present, in a random order that depends on the seed.
    Permuted(u64),
    /// One block in five is present, in a random order; another fifth is `ZERO` and another `UNMAPPED`, the rest is not
    /// present. Which ones depends on the seed.
    Mixed(u64),
}

impl HugeBat {
    /// The state of a block and its number in the order of the file.
    fn block(self, number: u64, blocks: u64, permutation: &Permutation) -> (u8, u64) {
        let fifth = blocks / 5;
        match self {
            Self::Empty => (state::NOT_PRESENT, 0),
            Self::Sequential => (state::FULLY_PRESENT, number),
            Self::Permuted(_) => (state::FULLY_PRESENT, permutation.of(number)),
            Self::Mixed(_) => match permutation.of(number) {
                place if place < fifth => (state::FULLY_PRESENT, place),
                place if place < 2 * fifth => (state::ZERO, 0),
                place if place < 3 * fifth => (state::UNMAPPED, 0),
                _ => (state::NOT_PRESENT, 0),
            },
        }
    }

    /// How many blocks are in each state.
    pub fn states(self, blocks: u64) -> [u64; 8] {
        let fifth = blocks / 5;
        match self {
            Self::Empty => [blocks, 0, 0, 0, 0, 0, 0, 0],
            Self::Sequential | Self::Permuted(_) => [0, 0, 0, 0, 0, 0, blocks, 0],
            Self::Mixed(_) => [blocks - 3 * fifth, 0, fifth, fifth, 0, 0, fifth, 0],
        }
    }

    /// The entry with this index; entries of sector bitmaps are zero.
    pub fn entry(self, index: u64, shape: &BatShape, payload_start: u64, block_size: u64) -> u64 {
        self.entry_with(index, shape, payload_start, block_size, &self.permutation(shape.blocks))
    }

    /// Writes into `out` the bytes of the table from its byte `at` on.
    pub(super) fn filler(
        self,
        shape: BatShape,
        payload_start: u64,
        block_size: u64,
    ) -> impl Fn(u64, &mut [u8]) + Send + Sync + 'static {
        let permutation = self.permutation(shape.blocks);
        move |at, out| {
            let mut at = at;
            let mut rest = out;
            while !rest.is_empty() {
                let entry = self.entry_with(at / 8, &shape, payload_start, block_size, &permutation).to_le_bytes();
                let source = entry.get(super::size(at % 8)..).unwrap_or_default();
                let (head, tail) = rest.split_at_mut(source.len().min(rest.len()));
                head.copy_from_slice(source.get(..head.len()).unwrap_or_default());
                at += head.len() as u64;
                rest = tail;
            }
        }
    }

    fn permutation(self, blocks: u64) -> Permutation {
        let (Self::Permuted(seed) | Self::Mixed(seed)) = self else { return Permutation::new(blocks, 0) };
        Permutation::new(blocks, seed)
    }

    fn entry_with(self, index: u64, shape: &BatShape, start: u64, block_size: u64, permutation: &Permutation) -> u64 {
        let Some(number) = shape.block_at(index).filter(|number| *number < shape.blocks) else { return 0 };
        match self.block(number, shape.blocks, permutation) {
            (state::FULLY_PRESENT, place) => bat::entry(state::FULLY_PRESENT, start + place * block_size),
            (state, _) => u64::from(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::Builder;
    use super::*;

    #[test]
    fn counts_are_those_of_the_entries() {
        for huge in [HugeBat::Empty, HugeBat::Sequential, HugeBat::Permuted(1), HugeBat::Mixed(2)] {
            let built = Builder::dynamic(10_007 << 20).huge_bat(huge).build();
            let mut states = [0; 8];
            let mut offsets = BTreeSet::new();
            for number in 0..10_007 {
                let bytes = built.image.read(built.layout.entry_offset(number), 8);
                let entry = u64::from_le_bytes(bytes.try_into().unwrap());
                states[(entry & 7) as usize] += 1;
                if entry & 7 == 6 {
                    assert!(offsets.insert(entry >> 20), "block {number} shares its place");
                }
            }
            assert_eq!(states, built.layout.states, "{huge:?}");
            let end = offsets.last().map_or(4, |last| last + 1);
            assert_eq!(built.image.len(), end << 20, "{huge:?}");
        }
    }

    #[test]
    fn the_largest_disk_is_described_at_once() {
        let built = Builder::dynamic(64 << 40).huge_bat(HugeBat::Mixed(1)).build();
        assert_eq!(built.layout.shape.blocks, 1 << 26);
        assert_eq!(built.layout.bat.end - built.layout.bat.start, 513 << 20);
        assert_eq!(built.layout.states.iter().sum::<u64>(), 1 << 26);
        assert_eq!(built.image.read(built.layout.bat.start, 1 << 20).len(), 1 << 20);
    }
}
