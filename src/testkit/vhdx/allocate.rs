//! Where blocks and sector bitmaps come to stand in the file.

use std::collections::{BTreeMap, BTreeSet};

use super::bat::{BatShape, Block};
use super::bitmap::BITMAP_SIZE;
use super::choices::{Allocation, Bitmaps};
use super::{Builder, MIB, state};
use crate::testkit::rng::Rng;

/// What takes space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Bitmap(u64),
    Block(u64),
}

/// The file offsets that were given out.
#[derive(Clone, Debug, Default)]
pub(super) struct Allocated {
    pub(super) blocks: BTreeMap<u64, u64>,
    pub(super) bitmaps: BTreeMap<u64, u64>,
    /// The end of the last thing in the file.
    pub(super) end: u64,
}

impl Builder {
    /// Every block of the disk that is more than an entry of zeros, by its number.
    pub(super) fn all_blocks(&self, shape: &BatShape) -> BTreeMap<u64, Block> {
        let mut blocks = self.blocks.clone();
        if let Some(other) = &self.other_blocks {
            for number in 0..shape.blocks {
                blocks.entry(number).or_insert_with(|| other.clone());
            }
        }
        blocks
    }

    /// The chunks that get a sector bitmap block.
    pub(super) fn bitmap_chunks(&self, shape: &BatShape, blocks: &BTreeMap<u64, Block>) -> BTreeSet<u64> {
        let partial = blocks.iter().filter(|(_, block)| block.state == state::PARTIALLY_PRESENT && block.raw.is_none());
        let needed =
            partial.map(|(number, _)| number / shape.chunk_ratio).filter(|_| self.bitmaps == Bitmaps::AsNeeded);
        needed.chain(self.bitmap_blocks.keys().copied()).collect()
    }

    /// Gives space, from `start` on, to all that needs it.
    pub(super) fn allocate(&self, shape: &BatShape, blocks: &BTreeMap<u64, Block>, start: u64) -> Allocated {
        let mut slots: Vec<(u64, Slot)> =
            self.bitmap_chunks(shape, blocks).into_iter().map(|chunk| (chunk, Slot::Bitmap(chunk))).collect();
        for (number, block) in blocks {
            if block.data.is_some() && !self.block_offsets.contains_key(number) {
                slots.push((number / shape.chunk_ratio, Slot::Block(*number)));
            }
        }
        slots.sort_by_key(|(chunk, slot)| match slot {
            Slot::Bitmap(_) => (*chunk, 0, 0),
            Slot::Block(number) => (*chunk, 1, *number),
        });
        match self.allocation {
            Allocation::Sequential => {}
            Allocation::Reversed => slots.reverse(),
            Allocation::Shuffled(seed) => Rng::new(seed).shuffle(&mut slots),
        }
        let block_size = u64::from(self.block_size);
        let mut given = Allocated { end: start, ..Allocated::default() };
        let mut next = start;
        for (_, slot) in slots {
            let length = match slot {
                Slot::Bitmap(chunk) => {
                    given.bitmaps.insert(chunk, next);
                    BITMAP_SIZE
                }
                Slot::Block(number) => {
                    given.blocks.insert(number, next);
                    self.length_on_disk(shape, number)
                }
            };
            given.end = next + length;
            next = given.end.next_multiple_of(MIB) + self.gap;
        }
        for (number, offset) in &self.block_offsets {
            given.blocks.insert(*number, *offset);
            given.end = given.end.max(offset + block_size);
        }
        given
    }

    /// The bytes a block takes, from which only [`Builder::short_last_block`] makes an exception.
    fn length_on_disk(&self, shape: &BatShape, number: u64) -> u64 {
        let block_size = u64::from(self.block_size);
        let rest = self.virtual_size.saturating_sub(number * block_size);
        if self.short_last_block && number + 1 == shape.blocks { rest.min(block_size) } else { block_size }
    }
}
