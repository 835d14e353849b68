//! The space that a step gives up, kept until the step is over: only then may a writer use it again.

use crate::error::{Error, Result};
use crate::limits;
use crate::units::{ByteLen, FileOffset, FileRange};

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

/// Something whose space an earlier step took and a later one gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FreedNew {
    pub(super) step: usize,
    pub(super) is_bitmap: bool,
    pub(super) first: u64,
    pub(super) count: u64,
}

/// What was given up so far.
#[derive(Clone, Debug)]
pub(super) struct Freed {
    old: Vec<FileRange>,
    new: Vec<FreedNew>,
    /// Most pieces of each that are kept.
    most: usize,
    is_too_much: bool,
}

impl Default for Freed {
    fn default() -> Self {
        Self::within(limits::MAX_MERGE_FREED)
    }
}

impl Freed {
    fn within(most: usize) -> Self {
        Self { old: Vec::new(), new: Vec::new(), most, is_too_much: false }
    }

    /// Gives up the space of something. Neighbours become one piece where they come one after the other, and all of them
    /// where there are too many pieces: blocks that follow one another on the disk need not do so in the file.
    pub(super) fn add(&mut self, held: Held, len: ByteLen, is_bitmap: bool) {
        match held {
            Held::Nowhere => {}
            Held::At(at) => match self.old.last_mut() {
                Some(last) if last.end() == at => last.len = last.len.saturating_add(len),
                _ => self.old.push(FileRange::new(at, len)),
            },
            Held::New { step, number } => match self.new.last_mut() {
                Some(last) if last.is_before(step, is_bitmap, number) => last.count = last.count.saturating_add(1),
                _ => self.new.push(FreedNew { step, is_bitmap, first: number, count: 1 }),
            },
        }
        if self.old.len() > self.most || self.new.len() > self.most {
            self.join();
            // Joining again and again the few that a full list still takes would never end.
            let half = self.most / 2;
            if self.old.len() > half || self.new.len() > half {
                self.is_too_much = true;
                self.old.clear();
                self.new.clear();
            }
        }
    }

    /// Puts all into the order of the file, neighbours joined.
    fn join(&mut self) {
        self.old.sort_unstable_by_key(|range| range.start);
        self.old.dedup_by(|next, last| {
            let is_next = last.end() == next.start;
            if is_next {
                last.len = last.len.saturating_add(next.len);
            }
            is_next
        });
        self.new.sort_unstable();
        self.new.dedup_by(|next, last| {
            let is_next = last.is_before(next.step, next.is_bitmap, next.first);
            if is_next {
                last.count = last.count.saturating_add(next.count);
            }
            is_next
        });
    }

    /// All that was given up: what lay there before the merge, and what an earlier step took.
    pub(super) fn end(&mut self) -> Result<(&[FileRange], &[FreedNew])> {
        if self.is_too_much {
            let limit = ByteLen::from(self.most).0;
            return Err(Error::limit("BAT", FileOffset::ZERO, "MAX_MERGE_FREED", limit, limit.saturating_add(1)));
        }
        self.join();
        Ok((&self.old, &self.new))
    }
}

impl FreedNew {
    /// Whether the `number`th of a kind that a step took comes right after these.
    fn is_before(&self, step: usize, is_bitmap: bool, number: u64) -> bool {
        self.step == step && self.is_bitmap == is_bitmap && self.first.saturating_add(self.count) == number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: ByteLen = ByteLen::mib(1);

    fn at(mib: u64) -> Held {
        Held::At(FileOffset(mib << 20))
    }

    #[test]
    fn blocks_in_any_order_become_one_piece() {
        let mut freed = Freed::within(4);
        // From the end to the start: each a piece of its own until they are joined.
        for block in (10..1000).rev() {
            freed.add(at(block), MIB, false);
            freed.add(Held::New { step: 0, number: block }, MIB, false);
            assert!(freed.old.len() <= 5 && freed.new.len() <= 5);
        }
        let (old, new) = freed.end().unwrap();
        assert_eq!(old, [FileRange::new(FileOffset(10 << 20), ByteLen::mib(990))]);
        assert_eq!(new, [FreedNew { step: 0, is_bitmap: false, first: 10, count: 990 }]);
    }

    #[test]
    fn too_many_pieces_are_an_error_and_take_no_memory() {
        for is_new in [false, true] {
            let mut freed = Freed::within(64);
            for block in (10..10_000).step_by(2) {
                let held = if is_new { Held::New { step: 1, number: block } } else { at(block) };
                freed.add(held, MIB, is_new);
                assert!(freed.old.len().max(freed.new.len()) <= 65);
            }
            assert!(freed.end().unwrap_err().to_string().contains("MAX_MERGE_FREED"));
        }
    }
}
