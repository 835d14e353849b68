//! What the payload blocks of a disk take in its file.

use crate::units::{BlockIndex, ByteLen, FileOffset};

/// What the payload blocks of a disk take in its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockUse {
    /// Payload blocks that are in the file, wholly or in part.
    pub present: u64,
    /// Blocks that are unmapped or undefined and still have a place in the file, with what was there before. A VHD has
    /// none.
    pub anchored: u64,
    /// Sector bitmap blocks in the file. In a VHD each block has its own bitmap before it, which is not counted here.
    pub sector_bitmaps: u64,
    /// Pieces that the present blocks lie in: a piece is a run of blocks that follow one another on the virtual disk
    /// and in the file. As many as [`present`](Self::present) at worst, one at best.
    pub pieces: u64,
}

/// Counts pieces from runs of present blocks that come in the order of the virtual disk.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    blocks: u64,
    count: u64,
    /// Block and place in the file that would go on with the last piece.
    next: Option<(BlockIndex, FileOffset)>,
}

impl Pieces {
    /// A run of `count` blocks from `first`, which lie one after the other from `start`, each in `stride` bytes.
    pub(super) fn add(&mut self, first: BlockIndex, count: u64, start: FileOffset, stride: ByteLen) {
        self.blocks = self.blocks.saturating_add(count);
        if self.next != Some((first, start)) {
            self.count = self.count.saturating_add(1);
        }
        let end = start.saturating_add(ByteLen(count.saturating_mul(stride.0)));
        self.next = Some((BlockIndex(first.0.saturating_add(count)), end));
    }

    pub(super) fn blocks(&self) -> u64 {
        self.blocks
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }
}
