//! Free space as a list of holes, and the two writers that take space.

use std::collections::BTreeMap;

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
    /// Start and length; apart from each other, and all before `free_from`.
    free: BTreeMap<FileOffset, ByteLen>,
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
        Self { free: BTreeMap::new(), free_from, end, alignment, appended: free_from }
    }

    /// The length of the file without anything that it always ends with. `end` of [`new`](Self::new) may lie behind
    /// the file's length, where a last block is cut short; the file is not longer for that.
    pub(super) fn set_length(&mut self, length: FileOffset) {
        self.end = length;
    }

    /// Makes a range free that is taken.
    pub(super) fn release(&mut self, range: FileRange) -> Result<()> {
        let start = aligned(range.start, self.alignment);
        let whole = range.end().0.saturating_sub(range.end().0.checked_rem(self.alignment.0).unwrap_or_default());
        // What the last unit of the file holds of nothing is as good as what lies behind the file.
        let end =
            if range.end() >= self.end && range.end() <= self.free_from { self.free_from } else { FileOffset(whole) };
        if start >= end {
            return Ok(());
        }
        let (mut start, mut end) = (start, end);
        if let Some((before, len)) = self.free.range(..start).next_back().map(|(at, len)| (*at, *len))
            && before.saturating_add(len) == start
        {
            self.free.remove(&before);
            start = before;
        }
        if let Some(len) = self.free.remove(&end) {
            end = end.saturating_add(len);
        }
        if end >= self.free_from {
            self.free_from = start;
        } else {
            self.free.insert(start, ByteLen(end.0.saturating_sub(start.0)));
        }
        let found = ByteLen::from(self.free.len()).0;
        let limit = ByteLen::from(limits::MAX_MERGE_HOLES).0;
        if found > limit {
            return Err(Error::limit("BAT", FileOffset::ZERO, "MAX_MERGE_HOLES", limit, found));
        }
        Ok(())
    }

    /// Takes `count` pieces of `len` bytes, each in the place with the lowest offset that it fits.
    pub(super) fn take(&mut self, len: ByteLen, count: u64) -> Vec<Placed> {
        let mut placed = Vec::new();
        let mut left = count;
        let mut from = FileOffset::ZERO;
        while left > 0 && !len.is_zero() {
            let fits = self.free.range(from..).find(|(_, room)| **room >= len).map(|(at, room)| (*at, *room));
            let first = count.saturating_sub(left);
            match fits {
                Some((at, room)) => {
                    let here = room.0.checked_div(len.0).unwrap_or_default().min(left);
                    let bytes = ByteLen(here.saturating_mul(len.0));
                    self.free.remove(&at);
                    let (rest_at, rest) = (at.saturating_add(bytes), room.saturating_sub(bytes));
                    if !rest.is_zero() {
                        self.free.insert(rest_at, rest);
                    }
                    placed.push(Placed { first, count: here, at });
                    left = left.saturating_sub(here);
                    from = rest_at;
                }
                None => {
                    placed.push(Placed { first, count: left, at: self.free_from });
                    self.free_from = self.free_from.saturating_add(ByteLen(left.saturating_mul(len.0)));
                    self.end = self.end.max(self.free_from);
                    left = 0;
                }
            }
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
