//! What a pass over the BAT notes the space of blocks in: the map of the whole file, or that of a half.

use crate::format::vhdx::ALIGNMENT;
use crate::units::{ByteLen, FileOffset, FileRange};

use super::SpaceMap;

/// Notes which megabytes of a file are taken.
pub(super) trait TakeSpace {
    /// Takes every megabyte that the range touches. Says whether one of them is known to have been taken before.
    fn take(&mut self, range: FileRange) -> bool;

    /// Takes a range of which everything is free; `false`, and nothing is taken, where it is known that it is not so.
    fn take_if_free(&mut self, range: FileRange) -> bool;

    /// Takes blocks of `block_size`, each if it lies in the file and is free. Returns the number of the first that was
    /// not taken; those after it have not been looked at.
    fn take_blocks(&mut self, starts: &[FileOffset], block_size: ByteLen) -> Option<usize>;

    /// Comes after some thousand entries at most, for what has to be done from time to time.
    fn pause(&mut self) {}
}

impl TakeSpace for SpaceMap {
    #[inline]
    fn take(&mut self, range: FileRange) -> bool {
        self.take(range)
    }

    #[inline]
    fn take_if_free(&mut self, range: FileRange) -> bool {
        self.take_if_free(range)
    }

    #[inline]
    fn take_blocks(&mut self, starts: &[FileOffset], block_size: ByteLen) -> Option<usize> {
        if block_size == ALIGNMENT {
            return starts.iter().position(|start| !self.take_megabyte_if_free(*start));
        }
        starts.iter().map(|start| FileRange::new(*start, block_size)).position(|range| {
            let is_in_file = range.end() <= FileOffset(self.file_size().0);
            !is_in_file || !self.take_if_free(range)
        })
    }
}
