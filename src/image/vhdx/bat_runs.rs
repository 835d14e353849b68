//! The BAT as runs: neighbouring entries that say the same of neighbouring places.

use crate::error::Result;
use crate::format::vhdx::bat::{BatEntry, PayloadState, SectorBitmapState};
use crate::image::block_use::{BlockUse, Pieces};
use crate::source::ReadAt;
use crate::units::{BatIndex, BlockIndex, ByteLen, ChunkIndex, FileOffset};

use super::Geometry;
use super::block_map::{self, ChunkRow};

/// Entries that say the same: those of payload blocks of one state that lie one after the other in the file or not in
/// it at all, unused entries of one value, or one entry of a sector bitmap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatRun {
    /// Index of the first entry.
    pub index: BatIndex,
    /// Number of entries; never zero.
    pub count: u64,
    /// What the first entry is for.
    pub slot: RunSlot,
    /// The first entry.
    pub entry: BatEntry,
}

/// What the entries of a run are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunSlot {
    /// Payload blocks, from this one on.
    Payload(BlockIndex),
    /// The sector bitmap block of a chunk.
    SectorBitmap(ChunkIndex),
    /// Nothing: entries between the last block of a differencing disk and the entry of its sector bitmap.
    Unused,
}

impl BatRun {
    /// The entry that would lengthen the run.
    fn next_entry(&self, block_size: ByteLen) -> Option<BatEntry> {
        match self.slot {
            RunSlot::SectorBitmap(_) => None,
            RunSlot::Payload(_) if self.entry.file_offset() != FileOffset::ZERO => {
                let further = self.count.checked_mul(block_size.0)?;
                Some(BatEntry(self.entry.0.checked_add(further)?))
            }
            RunSlot::Payload(_) | RunSlot::Unused => Some(self.entry),
        }
    }

    fn is_followed_by(&self, next: &Self, block_size: ByteLen) -> bool {
        let same_kind = matches!(
            (self.slot, next.slot),
            (RunSlot::Payload(_), RunSlot::Payload(_)) | (RunSlot::Unused, RunSlot::Unused)
        );
        same_kind && self.next_entry(block_size) == Some(next.entry)
    }
}

/// Reads the BAT from its first to its last entry and hands it on run by run; with `single`, entry by entry.
pub fn bat_runs(
    view: &dyn ReadAt,
    geometry: &Geometry,
    single: bool,
    mut each: impl FnMut(BatRun) -> Result<()>,
) -> Result<()> {
    let mut pending: Option<BatRun> = None;
    block_map::walk(view, geometry, |row| {
        entries(geometry, row).try_for_each(|next| match &mut pending {
            Some(run) if !single && run.is_followed_by(&next, geometry.block_size) => {
                run.count = run.count.saturating_add(1);
                Ok(())
            }
            _ => pending.replace(next).map_or(Ok(()), &mut each),
        })
    })?;
    pending.map_or(Ok(()), each)
}

/// The entries of a chunk, each as a run of its own.
fn entries<'a>(geometry: &Geometry, row: ChunkRow<'a>) -> impl Iterator<Item = BatRun> + 'a {
    let bitmap_index = geometry.chunk_ratio.sector_bitmap_index(row.chunk);
    let unused_from = ByteLen::from(row.payload.len()).0.saturating_add(row.first_index.0);
    let single = |index, slot, entry| BatRun { index: BatIndex(index), count: 1, slot, entry };
    let payload = (0..).zip(row.payload.iter()).map(move |(place, entry): (u64, _)| {
        let block = BlockIndex(row.first_block.0.saturating_add(place));
        single(row.first_index.0.saturating_add(place), RunSlot::Payload(block), entry)
    });
    let unused =
        (unused_from..).zip(row.unused.iter()).map(move |(index, entry)| single(index, RunSlot::Unused, entry));
    let bitmap = row.sector_bitmap.map(|entry| single(bitmap_index.0, RunSlot::SectorBitmap(row.chunk), entry));
    payload.chain(unused).chain(bitmap)
}

/// What the blocks take in the file: one pass over the BAT.
pub fn block_use(view: &dyn ReadAt, geometry: &Geometry) -> Result<BlockUse> {
    let mut found = BlockUse::default();
    let mut pieces = Pieces::default();
    bat_runs(view, geometry, false, |run| {
        let start = run.entry.file_offset();
        match run.slot {
            RunSlot::Payload(block) => match run.entry.payload_state() {
                state if state.is_present() => pieces.add(block, run.count, start, geometry.block_size),
                PayloadState::Unmapped | PayloadState::Undefined if start != FileOffset::ZERO => {
                    found.anchored = found.anchored.saturating_add(run.count);
                }
                _ => {}
            },
            RunSlot::SectorBitmap(_)
                if geometry.has_parent && run.entry.sector_bitmap_state() == SectorBitmapState::Present =>
            {
                found.sector_bitmaps = found.sector_bitmaps.saturating_add(1);
            }
            RunSlot::SectorBitmap(_) | RunSlot::Unused => {}
        }
        Ok(())
    })?;
    Ok(BlockUse { present: pieces.blocks(), pieces: pieces.count(), ..found })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::vhdx::bat::ChunkRatio;
    use crate::source::MemorySource;
    use crate::units::FileRange;

    /// 256 MiB blocks of 512-byte sectors: sixteen blocks a chunk.
    fn geometry(payload_blocks: u64, has_parent: bool) -> Geometry {
        let (sector, block_size) = (ByteLen(512), ByteLen::mib(256));
        let chunk_ratio = ChunkRatio::new(sector, block_size).unwrap();
        let bat_entries = chunk_ratio.entry_count(payload_blocks, has_parent);
        Geometry {
            virtual_size: ByteLen(payload_blocks * block_size.0),
            block_size,
            logical_sector_size: sector,
            chunk_ratio,
            payload_blocks,
            bat_entries,
            has_parent,
            bat: FileRange::new(FileOffset(0), ByteLen(bat_entries * 8)),
        }
    }

    fn runs(entries: &[u64], geometry: &Geometry, single: bool) -> Vec<BatRun> {
        let bytes: Vec<u8> = entries.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        let mut found = Vec::new();
        bat_runs(&MemorySource::new(bytes), geometry, single, |run| {
            found.push(run);
            Ok(())
        })
        .unwrap();
        found
    }

    const BLOCK: u64 = 256 << 20;

    #[test]
    fn neighbours_are_one_run_and_bitmaps_stand_alone() {
        // Two blocks in the file one after the other, two gaps, a third piece; the bitmap entry; a block of chunk 2.
        let mut entries = vec![0; 17 * 2];
        (entries[0], entries[1]) = (BLOCK | 6, (2 * BLOCK) | 6);
        entries[4] = (9 * BLOCK) | 6;
        entries[16] = (1 << 20) | 6;
        entries[17] = (12 * BLOCK) | 6;
        let found = runs(&entries, &geometry(17, true), false);
        let shape: Vec<(u64, u64, RunSlot)> = found.iter().map(|run| (run.index.0, run.count, run.slot)).collect();
        assert_eq!(
            shape,
            [
                (0, 2, RunSlot::Payload(BlockIndex(0))),
                (2, 2, RunSlot::Payload(BlockIndex(2))),
                (4, 1, RunSlot::Payload(BlockIndex(4))),
                (5, 11, RunSlot::Payload(BlockIndex(5))),
                (16, 1, RunSlot::SectorBitmap(ChunkIndex(0))),
                (17, 1, RunSlot::Payload(BlockIndex(16))),
                (18, 15, RunSlot::Unused),
                (33, 1, RunSlot::SectorBitmap(ChunkIndex(1))),
            ]
        );
    }

    #[test]
    fn a_piece_may_run_over_the_end_of_a_chunk() {
        let mut entries: Vec<u64> = (0..16).map(|block| ((block + 1) * BLOCK) | 6).collect();
        entries.extend([0, (17 * BLOCK) | 6, (30 * BLOCK) | 3, 1, 2]);
        let geometry = geometry(20, false);
        let bytes: Vec<u8> = entries.iter().flat_map(|entry: &u64| entry.to_le_bytes()).collect();
        let found = block_use(&MemorySource::new(bytes), &geometry).unwrap();
        assert_eq!(found, BlockUse { present: 17, anchored: 1, sector_bitmaps: 0, pieces: 1 });
    }

    proptest! {
        #[test]
        fn runs_unfold_to_the_entries(
            words in prop::collection::vec((0_u64..8, 0_u64..4), 1..80),
            has_parent in any::<bool>(),
        ) {
            // Offsets drawn from few places, so that neighbours often follow one another.
            let blocks = words.len() as u64;
            let geometry = geometry(blocks, has_parent);
            let mut words = words.into_iter().cycle();
            let entries: Vec<u64> = (0..geometry.bat_entries)
                .map(|place| { let (state, word) = words.next().unwrap(); state | if word == 0 { 0 } else { (place + word / 3) * BLOCK } })
                .collect();
            let unfolded: Vec<u64> = runs(&entries, &geometry, false)
                .into_iter()
                .flat_map(|run| {
                    let step = if run.entry.file_offset().0 == 0 || run.slot == RunSlot::Unused { 0 } else { BLOCK };
                    (0..run.count).map(move |place| run.entry.0 + place * step)
                })
                .collect();
            prop_assert_eq!(unfolded, entries);
        }

        #[test]
        fn single_runs_are_the_entries(words in prop::collection::vec(any::<u64>(), 1..60)) {
            let geometry = geometry(words.len() as u64, false);
            let mut words = words.into_iter().cycle();
            let entries: Vec<u64> = (0..geometry.bat_entries).map(|_| words.next().unwrap()).collect();
            let found = runs(&entries, &geometry, true);
            prop_assert_eq!(found.iter().map(|run| run.entry.0).collect::<Vec<_>>(), entries);
            prop_assert!(found.iter().zip(0..).all(|(run, place)| run.index == BatIndex(place) && run.count == 1));
        }
    }
}
