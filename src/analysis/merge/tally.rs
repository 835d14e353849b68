//! What a step adds up to on its way along the disk.

use crate::format::vhdx::bat::PayloadState;
use crate::image::BlockEntry;
use crate::units::{ByteLen, FileOffset, FileRange};

use super::cost::{Blocks, Read, Write};

/// Where something lies in a file that is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Nowhere.
    Nowhere,
    /// Where it lay before the merge.
    At(FileOffset),
    /// In new space: the `number`th of its kind that a step took.
    New {
        /// Which step.
        step: usize,
        number: u64,
    },
}

/// A block of a file that is written to, as the steps so far have left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockNow {
    pub(super) state: PayloadState,
    pub(super) held: Held,
}

impl BlockNow {
    pub(super) const ABSENT: Self = Self { state: PayloadState::NotPresent, held: Held::Nowhere };

    pub(super) fn of(entry: BlockEntry) -> Self {
        Self { state: entry.state, held: entry.place.map_or(Held::Nowhere, Held::At) }
    }
}

/// Something whose space an earlier step took and a later one gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FreedNew {
    pub(super) step: usize,
    pub(super) is_bitmap: bool,
    pub(super) first: u64,
    pub(super) count: u64,
}

/// The sums of one step.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) read: Read,
    pub(super) write: Write,
    pub(super) blocks: Blocks,
    /// Partially present blocks of the chunk that the walk has come to whose bits the step changes.
    pub(super) with_new_bits: u64,
    /// Space that is given up, neighbours joined.
    pub(super) freed: Vec<FileRange>,
    pub(super) freed_new: Vec<FreedNew>,
}

impl Tally {
    /// Gives up the space of something.
    pub(super) fn free(&mut self, held: Held, len: ByteLen, is_bitmap: bool) {
        match held {
            Held::Nowhere => {}
            Held::At(at) => match self.freed.last_mut() {
                Some(last) if last.end() == at => last.len = last.len.saturating_add(len),
                _ => self.freed.push(FileRange::new(at, len)),
            },
            Held::New { step, number } => match self.freed_new.last_mut() {
                Some(last)
                    if last.step == step
                        && last.is_bitmap == is_bitmap
                        && last.first.saturating_add(last.count) == number =>
                {
                    last.count = last.count.saturating_add(1);
                }
                _ => self.freed_new.push(FreedNew { step, is_bitmap, first: number, count: 1 }),
            },
        }
    }

    /// Puts the space that is given up into the order of the file, neighbours joined: blocks that follow one another on
    /// the disk need not do so in the file.
    pub(super) fn join_freed(&mut self) {
        self.freed.sort_unstable_by_key(|range| range.start);
        self.freed.dedup_by(|next, last| {
            let is_next = last.end() == next.start;
            if is_next {
                last.len = last.len.saturating_add(next.len);
            }
            is_next
        });
    }
}

/// Adds to a sum of bytes.
pub(super) fn add(sum: &mut ByteLen, more: ByteLen) {
    *sum = sum.saturating_add(more);
}
