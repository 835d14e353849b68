//! How full the blocks of a file are, and what blocks of another size would take.

use crate::image::planes::words;
use crate::limits;
use crate::units::{BlockIndex, ByteLen, VirtualRange};

/// The block sizes that are compared, in MiB: from the smallest that VHDX has to that of Hyper-V's dynamic disks.
pub const CANDIDATES: [ByteLen; 6] =
    [ByteLen::mib(1), ByteLen::mib(2), ByteLen::mib(4), ByteLen::mib(8), ByteLen::mib(16), ByteLen::mib(32)];

const MIB: u64 = 1 << 20;

/// Which parts of the virtual disk a file has content for, one bit a MiB: 8 MiB of memory for the largest disk.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    units: Vec<u64>,
}

impl Touched {
    /// Notes that there is content in a range.
    pub fn add(&mut self, range: VirtualRange) {
        let end = range.end().0.min(limits::MAX_VIRTUAL_SIZE.0);
        let (first, end) = (range.start.0 / MIB, end.div_ceil(MIB));
        if first < end && !range.len.is_zero() {
            let words = words::words_for(end);
            if self.units.len() < words {
                self.units.resize(words, 0);
            }
            words::fill(&mut self.units, first, end);
        }
    }

    /// Bytes that blocks of each size of [`CANDIDATES`] would take for the content that was noted.
    pub fn needed(&self) -> [(ByteLen, ByteLen); CANDIDATES.len()] {
        /// The lowest bit of each block, in units: all candidates divide a word.
        const LOWEST: [u64; CANDIDATES.len()] = [
            u64::MAX,
            0x5555_5555_5555_5555,
            0x1111_1111_1111_1111,
            0x0101_0101_0101_0101,
            0x0001_0001_0001_0001,
            0x0000_0001_0000_0001,
        ];
        let mut blocks = [0_u64; CANDIDATES.len()];
        for word in self.units.iter().filter(|word| **word != 0) {
            let mut touched = *word;
            for ((blocks, lowest), half) in blocks.iter_mut().zip(LOWEST).zip([0_u32, 1, 2, 4, 8, 16]) {
                touched = (touched | touched >> half) & lowest;
                *blocks = blocks.wrapping_add(touched.count_ones().into());
            }
        }
        let mut blocks = blocks.into_iter();
        CANDIDATES.map(|size| (size, ByteLen(blocks.next().unwrap_or_default().saturating_mul(size.0))))
    }
}

/// How many blocks that are in the file are filled how far with content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockFill {
    /// Without any content.
    pub empty: u64,
    /// Up to a quarter.
    pub quarter: u64,
    /// More, up to a half.
    pub half: u64,
    /// More, up to three quarters.
    pub three_quarters: u64,
    /// More, and not all.
    pub most: u64,
    /// All of it.
    pub full: u64,
}

impl BlockFill {
    /// Blocks in the file.
    pub fn total(&self) -> u64 {
        [self.empty, self.quarter, self.half, self.three_quarters, self.most, self.full]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    fn add(&mut self, content: u64, room: u64, count: u64) {
        let quarters = u128::from(content).saturating_mul(4);
        let room = u128::from(room);
        let slot = match content {
            0 => &mut self.empty,
            _ if quarters <= room => &mut self.quarter,
            _ if quarters <= room.saturating_mul(2) => &mut self.half,
            _ if quarters <= room.saturating_mul(3) => &mut self.three_quarters,
            _ if quarters < room.saturating_mul(4) => &mut self.most,
            _ => &mut self.full,
        };
        *slot = slot.saturating_add(count);
    }
}

/// Adds up the parts of one block after the other.
#[derive(Clone, Debug, Default)]
pub struct FillCounter {
    found: BlockFill,
    block: Option<BlockIndex>,
    content: u64,
    room: u64,
}

impl FillCounter {
    /// Adds a part of a block, or several blocks from this one on that are full. The parts of one block follow one another.
    pub fn add(&mut self, block: BlockIndex, len: ByteLen, is_content: bool, block_size: ByteLen) {
        let blocks = len.0.checked_div(block_size.0).unwrap_or_default();
        if blocks > 1 {
            self.flush();
            self.found.add(len.0, len.0, blocks);
            return;
        }
        if self.block != Some(block) {
            self.flush();
            self.block = Some(block);
        }
        self.room = self.room.saturating_add(len.0);
        self.content = self.content.saturating_add(if is_content { len.0 } else { 0 });
    }

    /// The counts of all blocks.
    pub fn finish(mut self) -> BlockFill {
        self.flush();
        self.found
    }

    fn flush(&mut self) {
        if self.block.take().is_some() {
            self.found.add(self.content, self.room, 1);
        }
        (self.content, self.room) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::units::VirtualOffset;

    proptest! {
        #[test]
        fn needed_bytes_are_those_of_a_set_of_blocks(
            ranges in prop::collection::vec((0_u64..300 * MIB, 0_u64..40 * MIB), 0..9),
        ) {
            let mut touched = Touched::default();
            for (start, len) in &ranges {
                touched.add(VirtualRange::new(VirtualOffset(*start), ByteLen(*len)));
            }
            for (size, needed) in touched.needed() {
                let blocks: BTreeSet<u64> = ranges
                    .iter()
                    .filter(|(_, len)| *len > 0)
                    .flat_map(|(start, len)| start / size.0..(start + len).div_ceil(size.0))
                    .collect();
                prop_assert_eq!(needed.0, blocks.len() as u64 * size.0);
            }
        }
    }

    #[test]
    fn blocks_are_counted_by_how_full_they_are() {
        let mut counter = FillCounter::default();
        let size = ByteLen(100);
        for (block, content) in [(1, 0), (2, 1), (3, 25), (4, 26), (5, 50), (6, 75), (7, 76), (8, 99), (9, 100)] {
            counter.add(BlockIndex(block), ByteLen(content), true, size);
            counter.add(BlockIndex(block), ByteLen(100 - content), false, size);
        }
        counter.add(BlockIndex(20), ByteLen(400), true, size);
        let expected = BlockFill { empty: 1, quarter: 2, half: 2, three_quarters: 1, most: 2, full: 5 };
        let found = counter.finish();
        assert_eq!((found, found.total()), (expected, 13));
    }
}
