//! Free space as a list of holes, and the two writers that take space.

use crate::error::{Error, Result};
use crate::limits;
use crate::units::{ByteLen, FileOffset, FileRange};

/// Pieces of equal length that follow one another in the order in which they were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// The number of the first.
    pub(super) first: u64,
    pub(super) count: u64,
    /// Where the first lies.
    pub(super) at: FileOffset,
}

/// Free space of a file that is written to.
#[derive(Clone, Debug)]
pub(super) struct Holes {
    /// In order, apart from each other, and all before `free_from`.
    free: Vec<FileRange>,
    /// From here on everything is free.
    free_from: FileOffset,
    /// The file's length, or the place of its footer.
    end: FileOffset,
    alignment: ByteLen,
    /// How far a writer that only appends has come, and whether it has written.
    appended: FileOffset,
}

impl Holes {
    /// A file without holes in which everything lies before `end`.
    pub(super) fn new(end: FileOffset, alignment: ByteLen) -> Self {
        let free_from = aligned(end, alignment);
        Self { free: Vec::new(), free_from, end, alignment, appended: free_from }
    }

    /// The length of the file without anything that it always ends with. `end` of [`new`](Self::new) may lie behind
    /// the file's length, where a last block is cut short; the file is not longer for that.
    pub(super) fn set_length(&mut self, length: FileOffset) {
        self.end = length;
    }

    /// The same file for a writer that only appends, to whom free space inside it is nothing.
    pub(super) fn only_the_end(&self) -> Self {
        let Self { free: _, free_from, end, alignment, appended } = *self;
        Self { free: Vec::new(), free_from, end, alignment, appended }
    }

    /// Makes a range free that is taken.
    pub(super) fn release(&mut self, range: FileRange) -> Result<()> {
        self.release_all(std::iter::once(range))
    }

    /// Makes ranges free that are taken. They come in the order of the file.
    pub(super) fn release_all(&mut self, ranges: impl Iterator<Item = FileRange>) -> Result<()> {
        self.release_up_to(limits::MAX_MERGE_HOLES, ranges)
    }

    fn release_up_to(&mut self, limit: usize, ranges: impl Iterator<Item = FileRange>) -> Result<()> {
        let before = std::mem::take(&mut self.free);
        let mut before = before.into_iter().peekable();
        let mut released = ranges.filter_map(|range| self.whole_units(range)).peekable();
        let mut all: Vec<FileRange> = Vec::new();
        loop {
            let is_next = match (before.peek(), released.peek()) {
                (Some(old), Some(new)) => old.start < new.start,
                (old, _) => old.is_some(),
            };
            let Some(range) = (if is_next { before.next() } else { released.next() }) else { break };
            if let Some(last) = all.last_mut().filter(|last| last.end() >= range.start) {
                let end = last.end().max(range.end());
                last.len = ByteLen(end.0.saturating_sub(last.start.0));
            } else if all.len() < limit || (all.len() == limit && range.end() >= self.free_from) {
                // What reaches the end is no hole, and is taken off again below.
                all.push(range);
            } else {
                let limit = ByteLen::from(limit).0;
                return Err(Error::limit("BAT", FileOffset::ZERO, "MAX_MERGE_HOLES", limit, limit.saturating_add(1)));
            }
        }
        if let Some(last) = all.pop_if(|last| last.end() >= self.free_from) {
            self.free_from = last.start;
        }
        self.free = all;
        Ok(())
    }

    /// The whole units of a range that is given up.
    fn whole_units(&self, range: FileRange) -> Option<FileRange> {
        let start = aligned(range.start, self.alignment);
        let whole = range.end().0.saturating_sub(range.end().0.checked_rem(self.alignment.0).unwrap_or_default());
        // What the last unit of the file holds of nothing is as good as what lies behind the file.
        let is_last = range.end() >= self.end && range.end() <= self.free_from;
        let end = if is_last { self.free_from } else { FileOffset(whole) };
        (start < end).then(|| FileRange::new(start, ByteLen(end.0.saturating_sub(start.0))))
    }

    /// Takes `count` pieces of `len` bytes, each in the place with the lowest offset that it fits.
    pub(super) fn take(&mut self, len: ByteLen, count: u64) -> Vec<Placed> {
        let mut placed = Vec::new();
        let mut left = count;
        if left == 0 || len.is_zero() {
            return placed;
        }
        self.free.retain_mut(|hole| {
            let here = hole.len.0.checked_div(len.0).unwrap_or_default().min(left);
            if here == 0 {
                return true;
            }
            placed.push(Placed { first: count.saturating_sub(left), count: here, at: hole.start });
            let bytes = ByteLen(here.saturating_mul(len.0));
            *hole = FileRange::new(hole.start.saturating_add(bytes), hole.len.saturating_sub(bytes));
            left = left.saturating_sub(here);
            !hole.len.is_zero()
        });
        if left > 0 {
            placed.push(Placed { first: count.saturating_sub(left), count: left, at: self.free_from });
            self.free_from = self.free_from.saturating_add(ByteLen(left.saturating_mul(len.0)));
            self.end = self.end.max(self.free_from);
        }
        placed
    }

    /// Takes `count` pieces of `len` bytes behind everything.
    pub(super) fn append(&mut self, len: ByteLen, count: u64) {
        if count > 0 && !len.is_zero() {
            self.appended = self.appended.saturating_add(ByteLen(count.saturating_mul(len.0)));
            self.end = self.end.max(self.appended);
        }
    }

    /// The length of the file now.
    pub(super) fn length(&self) -> FileOffset {
        self.end
    }
}

fn aligned(at: FileOffset, alignment: ByteLen) -> FileOffset {
    FileOffset(at.0.checked_next_multiple_of(alignment.0.max(1)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn mib(at: u64, len: u64) -> FileRange {
        FileRange::new(FileOffset(at * MIB), ByteLen(len * MIB))
    }

    fn placed(found: Vec<Placed>) -> Vec<(u64, u64, u64)> {
        found.into_iter().map(|placed| (placed.first, placed.count, placed.at.0 / MIB)).collect()
    }

    #[test]
    fn space_is_taken_from_the_lowest_place_it_fits_and_then_from_the_end() {
        let mut holes = Holes::new(FileOffset(40 * MIB), ByteLen::mib(1));
        for (at, len) in [(10, 3), (4, 1), (20, 9)] {
            holes.release(mib(at, len)).unwrap();
        }
        // Two fit at 20, none at 4 or 10; the third goes behind the file.
        assert_eq!(placed(holes.take(ByteLen::mib(4), 3)), [(0, 2, 20), (2, 1, 40)]);
        assert_eq!(holes.length().0, 44 * MIB);
        assert_eq!(placed(holes.take(ByteLen::mib(1), 6)), [(0, 1, 4), (1, 3, 10), (4, 1, 28), (5, 1, 44)]);
        assert_eq!(holes.length().0, 45 * MIB);
    }

    #[test]
    fn what_is_free_before_the_end_of_the_file_is_used_before_the_file_grows() {
        let mut holes = Holes::new(FileOffset(10 * MIB + 5), ByteLen::mib(1));
        holes.set_length(FileOffset(10 * MIB + 5));
        // The last unit of the file is free as well, although the file ends within it.
        holes.release(FileRange::new(FileOffset(9 * MIB), ByteLen(MIB + 5))).unwrap();
        assert_eq!(placed(holes.take(ByteLen::mib(4), 1)), [(0, 1, 9)]);
        assert_eq!(holes.length().0, 13 * MIB);
        holes.append(ByteLen::mib(2), 1);
        assert_eq!(holes.length().0, 13 * MIB);
    }

    #[test]
    fn as_many_holes_as_the_bound_allows_and_the_end_beside_them() {
        let holes = |count: u64| (0..count).map(|number| mib(2 * number, 1));
        let mut space = Holes::new(FileOffset(8 << 20), ByteLen::mib(1));
        space.release_up_to(3, holes(3).chain([mib(7, 1)])).unwrap();
        assert_eq!((space.free.len(), space.free_from), (3, FileOffset(7 << 20)));
        let mut space = Holes::new(FileOffset(8 << 20), ByteLen::mib(1));
        assert!(space.release_up_to(3, holes(4)).is_err());
        assert!(space.clone().release_up_to(2, holes(3).chain([mib(7, 1)])).is_err());
    }

    #[test]
    fn neighbours_become_one_hole() {
        let mut holes = Holes::new(FileOffset(40 * MIB), ByteLen::mib(1));
        for (at, len) in [(10, 2), (14, 2), (12, 2), (38, 1)] {
            holes.release(mib(at, len)).unwrap();
        }
        assert_eq!(holes.free.len(), 2);
        holes.release(mib(39, 1)).unwrap();
        assert_eq!((holes.free.len(), holes.free_from.0), (1, 38 * MIB));
        assert_eq!(placed(holes.take(ByteLen::mib(6), 2)), [(0, 1, 10), (1, 1, 38)]);
    }
}
