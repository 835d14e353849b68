//! Whole blocks, 64 at a time: what [`super::settle`] works out block by block, for blocks of which every file says one
//! thing, where all files have blocks of one size and no disk ends.

use crate::error::Result;
use crate::format::vhdx::bat::PayloadState;
use crate::image::{BlockCursor, BlockWord};
use crate::units::{BlockIndex, ByteLen};

use super::freed::Held;
use super::settle::Target;
use super::space::Space;
use super::step::Step;
use super::tally::{BlockNow, add};

/// Blocks of a file that is written to, as the steps so far have left them.
#[derive(Debug)]
pub(super) struct NowWord {
    first: BlockIndex,
    word: BlockWord,
    /// Whether other steps write to the file as well.
    is_shared: bool,
    /// The blocks that steps have changed, and where each is; kept only where other steps need it.
    changed: u64,
    held: Vec<Held>,
}

impl NowWord {
    /// Blocks from `first` on as the file has them before the merge. `is_shared` where several steps write to it.
    pub(super) fn new(first: BlockIndex, word: BlockWord, is_shared: bool) -> Self {
        Self { first, word, is_shared, changed: 0, held: Vec::new() }
    }

    fn state(&self, bit: u32) -> PayloadState {
        let is_in = |plane: u64| plane >> bit & 1 == 1;
        match &self.word {
            word if is_in(word.full) => PayloadState::FullyPresent,
            word if is_in(word.zero) => PayloadState::Zero,
            word if is_in(word.unmapped) => PayloadState::Unmapped,
            word if is_in(word.undefined) => PayloadState::Undefined,
            _ => PayloadState::NotPresent,
        }
    }

    /// One of the blocks.
    fn block(&self, bit: u32, cursor: &mut BlockCursor) -> Result<BlockNow> {
        let changed = self.held.get(place(bit)).filter(|_| self.changed >> bit & 1 == 1);
        let held = match changed {
            Some(held) => *held,
            None => BlockNow::of(cursor.block(BlockIndex(self.first.0.saturating_add(bit.into())))?).held,
        };
        Ok(BlockNow { state: self.state(bit), held })
    }

    /// A step has changed where one of the blocks is.
    fn put(&mut self, bit: u32, held: Held) {
        if self.is_shared {
            self.held.resize(place(u64::BITS), Held::Nowhere);
            if let Some(slot) = self.held.get_mut(place(bit)) {
                *slot = held;
            }
            self.changed |= 1 << bit;
        }
    }

    /// The blocks say what `new` says, where that says anything.
    fn overwrite(&mut self, new: BlockWord) {
        self.word = new.over(self.word);
    }
}

impl Step {
    /// Takes what the sources say about whole blocks, none of them unclear, and says how those read afterwards of which
    /// they say anything.
    pub(super) fn take_words(
        &mut self,
        said: BlockWord,
        now: &mut NowWord,
        cursor: &mut BlockCursor,
        space: &Space,
    ) -> Result<BlockWord> {
        let target = Target { shape: &self.shape, size: self.size, space, step: self.number };
        let tally = &mut self.tally;
        let bytes = |blocks: u64| ByteLen(self.shape.block.0.saturating_mul(blocks));
        let entries = |blocks: u64| ByteLen(self.shape.entry().0.saturating_mul(blocks));
        let mut zeros = said.only(said.zero | said.unmapped | said.undefined);
        let mut reads = said;
        if self.shape.keeps_blocks {
            // Zeros are written out into a block that must stay.
            let kept = zeros.said() & now.word.full;
            tally.blocks.written = tally.blocks.written.saturating_add(count(kept));
            add(&mut tally.write.zeros, bytes(count(kept)));
            zeros = zeros.only(!kept);
            reads = reads.only(!kept);
            reads.full |= kept;
        }
        let data = count(said.full);
        tally.blocks.written = tally.blocks.written.saturating_add(data);
        add(&mut tally.read.payload, bytes(data));
        add(&mut tally.write.payload, bytes(data));
        let filled = said.only(said.full & !now.word.full);
        let settled = BlockWord {
            zero: zeros.zero & !now.word.zero,
            unmapped: zeros.unmapped & !now.word.unmapped,
            undefined: zeros.undefined & !now.word.undefined,
            ..BlockWord::default()
        };
        add(&mut tally.write.bat, entries(count(filled.full | settled.said())));
        tally.blocks.settled = tally.blocks.settled.saturating_add(count(settled.said()));
        // Only these have a place of their own before.
        let anchored = if space.has_anchors() { now.word.unmapped | now.word.undefined } else { 0 };
        for bit in bits(settled.said() & (now.word.full | anchored)) {
            target.give_up(&now.block(bit, cursor)?, tally);
        }
        if !now.is_shared && filled.full & anchored == 0 {
            tally.blocks.allocated = tally.blocks.allocated.saturating_add(count(filled.full));
        } else {
            for bit in bits(filled.full) {
                let mut block = now.block(bit, cursor)?;
                target.allocate(&mut block, tally);
                now.put(bit, block.held);
            }
        }
        if now.is_shared {
            bits(settled.said()).for_each(|bit| now.put(bit, Held::Nowhere));
        }
        now.overwrite(BlockWord { full: filled.full, ..settled });
        Ok(reads)
    }
}

/// The blocks from `first` on up to the next one that is unclear.
pub(super) fn clear_from(unclear: u64, first: u64) -> u64 {
    let Ok(first) = u32::try_from(first) else { return 0 };
    let count = unclear.checked_shr(first).map_or(0, u64::trailing_zeros).min(u64::BITS.saturating_sub(first));
    let ones = u64::MAX.checked_shr(u64::BITS.saturating_sub(count)).unwrap_or(0);
    ones.checked_shl(first).unwrap_or(0)
}

fn place(bit: u32) -> usize {
    usize::try_from(bit).unwrap_or(usize::MAX)
}

fn count(plane: u64) -> u64 {
    plane.count_ones().into()
}

/// The numbers of the set bits, the lowest first.
fn bits(plane: u64) -> impl Iterator<Item = u32> {
    let mut rest = plane;
    std::iter::from_fn(move || {
        let bit = (rest != 0).then(|| rest.trailing_zeros())?;
        rest &= rest.wrapping_sub(1);
        Some(bit)
    })
}
