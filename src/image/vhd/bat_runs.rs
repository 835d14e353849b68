//! The block allocation table as runs: neighbouring blocks that lie one after the other in the file, or not in it.

use crate::error::Result;
use crate::format::vhd::SECTOR_SIZE;
use crate::format::vhd::block_allocation_table::BatEntry;
use crate::image::block_use::{BlockUse, Pieces};
use crate::source::ReadAt;
use crate::units::{BlockIndex, ByteLen};

use super::{Blocks, block_map};

/// Neighbouring blocks that lie one after the other in the file, or not in it at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatRun {
    /// The first block.
    pub first: BlockIndex,
    /// Number of blocks; never zero.
    pub count: u64,
    /// The entry of the first block.
    pub entry: BatEntry,
}

impl BatRun {
    fn is_followed_by(&self, next: BatEntry, stride: ByteLen) -> bool {
        if self.entry.is_unused() || next.is_unused() {
            return self.entry == next;
        }
        let further = self.count.saturating_mul(stride.0.div_euclid(SECTOR_SIZE.0));
        u64::from(self.entry.0).checked_add(further) == Some(u64::from(next.0))
    }
}

/// Reads the entries of all blocks of the disk and hands them on run by run; with `single`, entry by entry.
pub fn bat_runs(
    view: &dyn ReadAt,
    blocks: &Blocks,
    single: bool,
    mut each: impl FnMut(BatRun) -> Result<()>,
) -> Result<()> {
    let mut pending: Option<BatRun> = None;
    block_map::walk(view, blocks, |first, entries| {
        (first.0..).zip(entries.iter()).try_for_each(|(block, entry)| match &mut pending {
            Some(run) if !single && run.is_followed_by(entry, blocks.stride()) => {
                run.count = run.count.saturating_add(1);
                Ok(())
            }
            _ => {
                let next = BatRun { first: BlockIndex(block), count: 1, entry };
                pending.replace(next).map_or(Ok(()), &mut each)
            }
        })
    })?;
    pending.map_or(Ok(()), each)
}

/// What the blocks take in the file: one pass over the table.
pub fn block_use(view: &dyn ReadAt, blocks: &Blocks) -> Result<BlockUse> {
    let mut pieces = Pieces::default();
    bat_runs(view, blocks, false, |run| {
        if let Some(start) = run.entry.block_offset() {
            pieces.add(run.first, run.count, start, blocks.stride());
        }
        Ok(())
    })?;
    Ok(BlockUse { present: pieces.blocks(), pieces: pieces.count(), ..BlockUse::default() })
}

impl Blocks {
    /// Bytes that a block takes in the file: its bitmap and its data.
    pub fn stride(&self) -> ByteLen {
        self.bitmap_size.saturating_add(self.block_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::vhd::block_allocation_table::UNUSED;
    use crate::source::MemorySource;
    use crate::units::{FileOffset, FileRange};

    #[test]
    fn blocks_that_follow_one_another_are_one_run() {
        // Blocks of 2 MiB with their bitmaps take 4,097 sectors.
        let entries: [u32; 7] = [4, 4 + 4097, UNUSED, UNUSED, 4 + 2 * 4097, 4 + 2 * 4097, 9];
        let bytes: Vec<u8> = entries.iter().flat_map(|entry| entry.to_be_bytes()).collect();
        let blocks = Blocks {
            block_size: ByteLen::mib(2),
            bitmap_size: ByteLen(512),
            count: 7,
            bat: FileRange::new(FileOffset(0), ByteLen(28)),
            header: FileRange::new(FileOffset(512), ByteLen(1024)),
            has_parent: false,
        };
        let source = MemorySource::new(bytes);
        let runs = |single| {
            let mut found = Vec::new();
            bat_runs(&source, &blocks, single, |run| {
                found.push((run.first.0, run.count, run.entry.0));
                Ok(())
            })
            .unwrap();
            found
        };
        assert_eq!(runs(false), [(0, 2, 4), (2, 2, UNUSED), (4, 1, 8198), (5, 1, 8198), (6, 1, 9)]);
        assert_eq!(runs(true).len(), 7);
        let found = block_use(&source, &blocks).unwrap();
        assert_eq!(found, BlockUse { present: 5, pieces: 4, ..BlockUse::default() });
    }
}
