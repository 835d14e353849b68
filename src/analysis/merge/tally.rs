//! What a step adds up to on its way along the disk.

use crate::format::vhdx::bat::PayloadState;
use crate::image::BlockEntry;
use crate::units::ByteLen;

use super::cost::{Blocks, Read, Write};
use super::freed::{Freed, Held};

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

/// The sums of one step.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) read: Read,
    pub(super) write: Write,
    pub(super) blocks: Blocks,
    /// Partially present blocks of the chunk that the walk has come to whose bits the step changes.
    pub(super) with_new_bits: u64,
    /// Space that is given up.
    pub(super) freed: Freed,
}

/// Adds to a sum of bytes.
pub(super) fn add(sum: &mut ByteLen, more: ByteLen) {
    *sum = sum.saturating_add(more);
}
