//! What becomes of one block of the file that is written to.

use crate::format::vhdx::bat::PayloadState;
use crate::units::{ByteLen, FileRange, VirtualOffset, VirtualRange};

use super::freed::Held;
use super::shape::{Format, Shape};
use super::space::Space;
use super::spans::{Along, Says, Spans};
use super::tally::{BlockNow, Tally, add};

/// A file that a step writes to.
pub(super) struct Target<'a> {
    /// The file's numbers before the step.
    pub(super) shape: &'a Shape,
    /// Bytes of the virtual disk after the step.
    pub(super) size: ByteLen,
    pub(super) space: &'a Space,
    /// The number of the step.
    pub(super) step: usize,
}

/// What the sources say about one block.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    data: u64,
    zero: u64,
    unmapped: u64,
    undefined: u64,
    beyond: u64,
    nothing: u64,
}

impl Said {
    fn add(&mut self, range: VirtualRange, says: Says) {
        let sum = match says {
            Says::Data => &mut self.data,
            Says::Nothing => &mut self.nothing,
            Says::Zero => &mut self.zero,
            Says::Unmapped => &mut self.unmapped,
            Says::Undefined => &mut self.undefined,
            Says::Beyond => &mut self.beyond,
        };
        *sum = sum.saturating_add(range.len.0);
    }

    fn zeros(&self) -> u64 {
        self.zero.saturating_add(self.unmapped).saturating_add(self.undefined).saturating_add(self.beyond)
    }

    /// The state of a block that is zeros as a whole; `None` where only the end of a layer says so.
    fn state(&self) -> Option<PayloadState> {
        let zeros = self.zeros();
        match zeros {
            _ if self.beyond == zeros => None,
            _ if self.unmapped == zeros => Some(PayloadState::Unmapped),
            _ if self.undefined == zeros => Some(PayloadState::Undefined),
            _ => Some(PayloadState::Zero),
        }
    }
}

/// How a block reads after the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    /// As it did.
    AsBefore,
    /// All of it is in the file.
    Data,
    /// What the sources said, their zeros written out, and of the rest what it was before.
    Mixed,
    /// Zeros.
    Zeros(Says),
    /// It is not on the disk any more.
    Gone,
}

impl Target<'_> {
    /// Takes what the sources say about the block from `start` on, and says how the block reads afterwards.
    pub(super) fn block(
        &self,
        start: VirtualOffset,
        now: &mut BlockNow,
        sources: &mut Along<'_>,
        tally: &mut Tally,
    ) -> Reads {
        if start.0 >= self.size.0 {
            return self.drop_block(now, tally);
        }
        let on_disk = self.size.0.saturating_sub(start.0).min(self.shape.block.0);
        let mut said = Said::default();
        let old_end = self.shape.size.0;
        sources.up_to(start.saturating_add(ByteLen(on_disk)), |range, says| match says {
            // What the disk did not have before it became larger reads as zeros, whatever lies below.
            Says::Nothing if range.end().0 > old_end => {
                said.add(range.before(VirtualOffset(old_end)), Says::Nothing);
                said.add(VirtualRange::between(range.start.max(VirtualOffset(old_end)), range.end()), Says::Beyond);
            }
            _ => said.add(range, says),
        });
        if said.nothing == on_disk {
            return Reads::AsBefore;
        }
        let is_whole = said.nothing == 0;
        match self.shape.format {
            Format::Vhdx { .. } if said.data == 0 && is_whole => self.settle(now, said, tally),
            Format::Vhdx { .. } => self.write_vhdx(now, said, on_disk, tally),
            Format::Vhd => self.write_vhd(now, said, on_disk, tally),
            Format::FixedVhd => {
                write(said, tally);
                add(&mut tally.write.zeros, ByteLen(said.zeros()));
                Reads::Data
            }
        }
    }

    /// A block behind the end of a disk that becomes smaller.
    fn drop_block(&self, now: &mut BlockNow, tally: &mut Tally) -> Reads {
        if *now != BlockNow::ABSENT {
            add(&mut tally.write.bat, self.shape.entry());
            self.give_up(now, tally);
            *now = BlockNow::ABSENT;
        }
        Reads::Gone
    }

    /// The sources say zeros about all of a block.
    fn settle(&self, now: &mut BlockNow, said: Said, tally: &mut Tally) -> Reads {
        if now.state.is_present() && self.shape.keeps_blocks {
            tally.blocks.written = tally.blocks.written.saturating_add(1);
            add(&mut tally.write.zeros, ByteLen(said.zeros()));
            return Reads::Data;
        }
        let state = match said.state() {
            Some(state) => state,
            // Nothing has to be said where nothing was and zeros are read anyway.
            None if !now.state.is_present() && (!self.shape.has_parent || now.state != PayloadState::NotPresent) => {
                return Reads::AsBefore;
            }
            None => PayloadState::Zero,
        };
        if now.state != state {
            self.give_up(now, tally);
            *now = BlockNow { state, held: Held::Nowhere };
            add(&mut tally.write.bat, self.shape.entry());
            tally.blocks.settled = tally.blocks.settled.saturating_add(1);
        }
        Reads::Zeros(match state {
            PayloadState::Unmapped => Says::Unmapped,
            PayloadState::Undefined => Says::Undefined,
            _ => Says::Zero,
        })
    }

    /// Frees what a block holds, present or kept.
    pub(super) fn give_up(&self, now: &BlockNow, tally: &mut Tally) {
        if now.state.is_present() || self.anchor(now).is_some() {
            tally.freed.add(now.held, self.shape.block, false);
            tally.blocks.freed = tally.blocks.freed.saturating_add(1);
        }
    }

    /// The place that a block without content keeps for itself.
    fn anchor(&self, now: &BlockNow) -> Option<Held> {
        let Held::At(at) = now.held else { return None };
        let keeps = matches!(now.state, PayloadState::Unmapped | PayloadState::Undefined);
        (keeps && self.space.is_anchor(FileRange::new(at, self.shape.block))).then_some(now.held)
    }

    fn write_vhdx(&self, now: &mut BlockNow, said: Said, on_disk: u64, tally: &mut Tally) -> Reads {
        let is_whole = said.nothing == 0;
        let reads_zeros = if self.shape.has_parent {
            matches!(now.state, PayloadState::Zero | PayloadState::Unmapped | PayloadState::Undefined)
        } else {
            !now.state.is_present()
        };
        if said.data == 0 && reads_zeros {
            return Reads::AsBefore;
        }
        write(said, tally);
        let is_full = now.state == PayloadState::FullyPresent || now.state.is_present() && !self.shape.has_parent;
        if is_full {
            add(&mut tally.write.zeros, ByteLen(said.zeros()));
            return Reads::Data;
        }
        let was_present = now.state.is_present();
        if !was_present {
            self.allocate(now, tally);
        }
        if reads_zeros {
            add(&mut tally.write.fill, ByteLen(on_disk.saturating_sub(said.data)));
            self.become_full(now, tally);
            return Reads::Data;
        }
        add(&mut tally.write.zeros, ByteLen(said.zeros()));
        if is_whole {
            self.become_full(now, tally);
            return Reads::Data;
        }
        if !was_present {
            now.state = PayloadState::PartiallyPresent;
            add(&mut tally.write.bat, self.shape.entry());
        }
        tally.with_new_bits = tally.with_new_bits.saturating_add(1);
        Reads::Mixed
    }

    fn become_full(&self, now: &mut BlockNow, tally: &mut Tally) {
        now.state = PayloadState::FullyPresent;
        add(&mut tally.write.bat, self.shape.entry());
    }

    pub(super) fn allocate(&self, now: &mut BlockNow, tally: &mut Tally) {
        match self.anchor(now) {
            Some(held) => {
                now.held = held;
                tally.blocks.anchored = tally.blocks.anchored.saturating_add(1);
            }
            None => {
                now.held = Held::New { step: self.step, number: tally.blocks.allocated };
                tally.blocks.allocated = tally.blocks.allocated.saturating_add(1);
            }
        }
    }

    fn write_vhd(&self, now: &mut BlockNow, said: Said, on_disk: u64, tally: &mut Tally) -> Reads {
        if said.data == 0 && said.zeros() == 0 {
            return Reads::AsBefore;
        }
        write(said, tally);
        add(&mut tally.write.zeros, ByteLen(said.zeros()));
        add(&mut tally.write.bitmaps, self.shape.bits);
        if now.state.is_present() {
            add(&mut tally.read.bitmaps, self.shape.bits);
        } else {
            self.allocate(now, tally);
            self.become_full(now, tally);
            if !self.shape.has_parent {
                add(&mut tally.write.fill, ByteLen(on_disk.saturating_sub(said.data).saturating_sub(said.zeros())));
            }
        }
        Reads::Mixed
    }
}

/// A block is written to, and the content of the sources with it.
fn write(said: Said, tally: &mut Tally) {
    tally.blocks.written = tally.blocks.written.saturating_add(1);
    add(&mut tally.read.payload, ByteLen(said.data));
    add(&mut tally.write.payload, ByteLen(said.data));
}

/// What the file says about a window after a step, for a step that merges it further down.
pub(super) fn rewrite(
    shape: &Shape,
    size: ByteLen,
    window: VirtualRange,
    sources: &Spans,
    own: &Spans,
    reads: &[Reads],
) -> Spans {
    let end = window.end().min(VirtualOffset(size.0));
    let mixed = sources.over(own, shape.size, window.start);
    let mut along_mixed = Along::new(&mixed, window.start);
    let own_end = VirtualOffset(shape.size.0);
    let mut along_own = Along::new(own, window.start);
    let mut whole = Spans::default();
    let mut start = window.start;
    for reads in reads {
        let block_end = start.saturating_add(shape.block).min(end);
        if start >= end {
            break;
        }
        let mut mixed = Vec::new();
        along_mixed.up_to(block_end, |range, says| mixed.push((range.end(), says)));
        let mut before = Vec::new();
        along_own.up_to(block_end, |range, says| before.push((range.end(), says)));
        match reads {
            Reads::AsBefore => {
                for (at, says) in &before {
                    whole.push(*at, *says);
                }
                // A block that was zeros goes on to be zeros where the disk has become longer.
                if block_end > own_end {
                    whole.push(block_end, before.last().map_or(Says::Zero, |(_, says)| *says));
                }
            }
            Reads::Data => whole.push(block_end, Says::Data),
            Reads::Zeros(says) => whole.push(block_end, *says),
            Reads::Mixed => {
                for (at, says) in mixed {
                    whole.push(at, if says == Says::Nothing { Says::Nothing } else { Says::Data });
                }
            }
            Reads::Gone => {}
        }
        start = block_end;
    }
    whole
}
