//! Which rows of a BAT were read and are zeros as a whole, so that who looks through the table again need not read them
//! again.
//!
//! Nearly all of the table of a large disk that was hardly written to is zeros: 512 MiB of them for 64 TiB. A plan looks
//! through each table five times, each time for something else; all but the first pass over the rest of it.
//!
//! What was zeros once counts as zeros for as long as the file is open here: all passes see one table.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::units::{ByteLen, ChunkIndex};

use super::Geometry;

/// Shorter tables are read again as fast as they are remembered: a read takes one piece.
const SHORT_TABLE: ByteLen = ByteLen::kib(256);

/// One bit for each chunk of a disk, of which there are 16,384 at most. Shared by its clones, and by threads that look
/// through the table at once.
#[derive(Clone, Debug, Default)]
pub struct ZeroRows {
    words: Arc<[AtomicU64]>,
    /// Bytes of a row, and of the table.
    row: u64,
    table: u64,
}

impl ZeroRows {
    /// Nothing is known yet of a table, and nothing is remembered of a short one.
    pub(super) fn of(geometry: &Geometry) -> Self {
        if geometry.bat.len <= SHORT_TABLE { Self::default() } else { Self::remembering(geometry) }
    }

    /// The same, however short the table.
    pub(super) fn remembering(geometry: &Geometry) -> Self {
        let words = (0..geometry.chunks().div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Self { words, row: geometry.row_bytes(), table: geometry.bat.len.0 }
    }

    /// Remembers that all entries of a chunk are zeros, that of its sector bitmap too.
    pub(in crate::image) fn note(&self, chunk: ChunkIndex) {
        if let Some((word, bit)) = self.place(chunk) {
            word.fetch_or(1 << bit, Ordering::Relaxed);
        }
    }

    /// How many chunks from one on, of `most`, are alike in this: whether their rows are known to be zeros, which is the
    /// second.
    pub(in crate::image) fn alike(&self, first: ChunkIndex, most: u64) -> (u64, bool) {
        if self.place(first).is_none() {
            return (most, false);
        }
        let are_zeros = self.has(first);
        let mut count = 0;
        while count < most {
            let Some((word, bit)) = self.place(ChunkIndex(first.0.saturating_add(count))) else { break };
            let rest = word.load(Ordering::Relaxed) >> bit;
            let width = u64::BITS.saturating_sub(bit);
            let run = (if are_zeros { rest.trailing_ones() } else { rest.trailing_zeros() }).min(width);
            count = count.saturating_add(u64::from(run));
            if run < width {
                break;
            }
        }
        // Another thread may have noted the first meanwhile.
        (count.clamp(1, most.max(1)), are_zeros)
    }

    /// Whether the row of a chunk is known to be zeros.
    pub(in crate::image) fn has(&self, chunk: ChunkIndex) -> bool {
        self.place(chunk).is_some_and(|(word, bit)| word.load(Ordering::Relaxed) >> bit & 1 == 1)
    }

    /// Whether `len` bytes of the table from `at` on are known to be zeros.
    pub fn covers(&self, at: ByteLen, len: ByteLen) -> bool {
        let end = at.0.saturating_add(len.0);
        if self.words.is_empty() || end > self.table {
            return false;
        }
        let mut chunk = at.0.checked_div(self.row).unwrap_or_default();
        let end = end.div_ceil(self.row.max(1));
        while chunk < end {
            let (count, true) = self.alike(ChunkIndex(chunk), end.saturating_sub(chunk)) else { return false };
            chunk = chunk.saturating_add(count);
        }
        true
    }

    fn place(&self, chunk: ChunkIndex) -> Option<(&AtomicU64, u32)> {
        let word = self.words.get(usize::try_from(chunk.0 / 64).ok()?)?;
        Some((word, u32::try_from(chunk.0 % 64).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn rows(chunks: u64, row: u64, table: u64) -> ZeroRows {
        ZeroRows { words: (0..chunks.div_ceil(64)).map(|_| AtomicU64::new(0)).collect(), row, table }
    }

    proptest! {
        #[test]
        fn equals_a_set_of_rows(
            noted in prop::collection::btree_set(0_u64..200, 0..150),
            first in 0_u64..200,
            most in 1_u64..100,
            (at, len) in (0_u64..2000, 1_u64..100),
        ) {
            let zeros = rows(200, 10, 1995);
            for chunk in &noted {
                zeros.note(ChunkIndex(*chunk));
            }
            let (count, are_zeros) = zeros.alike(ChunkIndex(first), most);
            prop_assert!(count >= 1 && count <= most);
            for chunk in first..first + count {
                prop_assert!(chunk >= 200 || noted.contains(&chunk) == are_zeros);
                prop_assert_eq!(zeros.has(ChunkIndex(chunk)), noted.contains(&chunk));
            }
            let next = first + count;
            prop_assert!(count == most || next >= 200 || noted.contains(&next) != are_zeros, "{count} are not all");
            let touched: BTreeSet<u64> = (at..at + len).map(|byte| byte / 10).collect();
            let all = at + len <= 1995 && touched.is_subset(&noted);
            prop_assert_eq!(zeros.covers(ByteLen(at), ByteLen(len)), all);
        }
    }

    #[test]
    fn without_words_nothing_is_known() {
        let none = ZeroRows::default();
        none.note(ChunkIndex(0));
        assert_eq!(none.alike(ChunkIndex(0), 7), (7, false));
        assert!(!none.has(ChunkIndex(0)) && !none.covers(ByteLen(0), ByteLen(0)));
    }
}
