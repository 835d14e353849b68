//! The whole block allocation table looked through in one pass: which blocks lie where they cannot.

use crate::error::Result;
use crate::format::vhd::sector_bitmap::{self, SectorBitmap};
use crate::format::vhd::{SECTOR_SIZE, block_allocation_table as bat, dynamic_disk_header, footer};
use crate::image::Sample;
use crate::limits::{MAX_VHD_BITMAPS, MAX_VHD_BLOCKS_COMPARED};
use crate::source::ReadAt;
use crate::units::{BlockIndex, ByteLen, FileOffset, FileRange};

use super::block_map::walk;
use super::{Blocks, Geometry};

/// One entry and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryAt {
    /// The block.
    pub block: BlockIndex,
    /// Where the entry itself lies in the file.
    pub at: FileOffset,
    /// Where it says that the block's bitmap, and behind it its data, lie.
    pub block_offset: FileOffset,
}

/// A block that lies where something else lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collision<T> {
    /// The block.
    pub entry: EntryAt,
    /// What lies there too.
    pub other: T,
}

/// Blocks that end behind the last byte that can be data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeyondEnd {
    /// The one with the lowest virtual offset.
    pub first: EntryAt,
    /// How many there are.
    pub count: u64,
    /// Bytes of the virtual disk that are lost.
    pub lost: ByteLen,
}

/// Blocks of a disk without parent in whose bitmap bits are clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClearBits {
    /// The first of them.
    pub first: EntryAt,
    /// How many there are.
    pub count: u64,
    /// How many blocks were looked at.
    pub looked_at: u64,
}

/// Everything that one pass over the table found.
#[derive(Debug, Default)]
pub struct BatSurvey {
    /// Blocks that end behind the last byte that can be data.
    pub beyond_end: Option<BeyondEnd>,
    /// Blocks that lie where another block lies, with that block.
    pub overlaps: Sample<Collision<EntryAt>>,
    /// Blocks that lie over a structure, with the structure's name.
    pub on_structures: Sample<Collision<&'static str>>,
    /// Blocks with clear bits, in a disk without parent.
    pub clear_bits: Option<ClearBits>,
}

impl BatSurvey {
    /// Looks through the table of a file with these sizes.
    pub fn read(view: &dyn ReadAt, geometry: &Geometry, blocks: &Blocks) -> Result<Self> {
        let mut survey = Self::default();
        // Sector and block, both of 32 bits in the format.
        let mut places: Vec<(u32, u32)> = Vec::new();
        walk(view, blocks, |first, entries| {
            for (entry, number) in entries.iter().zip(first.0..).filter(|(entry, _)| !entry.is_unused()) {
                let block = BlockIndex(number);
                let Some(block_offset) = entry.block_offset() else { continue };
                let here = EntryAt { block, at: blocks.entry_offset(block), block_offset };
                if survey.is_sound(geometry, blocks, here) && places.len() < MAX_VHD_BLOCKS_COMPARED {
                    places.extend(u32::try_from(number).ok().map(|number| (entry.0, number)));
                }
            }
            Ok(())
        })?;
        if !blocks.has_parent {
            survey.read_bitmaps(view, geometry, blocks, &places)?;
        }
        survey.compare(geometry, blocks, places);
        Ok(survey)
    }

    /// Whether a block lies behind the structures and before the end; keeps it if it does not.
    fn is_sound(&mut self, geometry: &Geometry, blocks: &Blocks, here: EntryAt) -> bool {
        let range =
            FileRange::new(here.block_offset, blocks.bitmap_size.saturating_add(geometry.block_len(here.block)));
        let structures = [
            (footer::STRUCTURE_COPY, FileRange::new(FileOffset::ZERO, footer::SIZE)),
            (dynamic_disk_header::STRUCTURE, blocks.header),
            (bat::STRUCTURE, blocks.bat),
        ];
        if let Some((other, _)) = structures.into_iter().find(|(_, structure)| structure.overlaps(range)) {
            self.on_structures.push(Collision { entry: here, other });
            return false;
        }
        if range.end() <= geometry.data_end {
            return true;
        }
        let data = here.block_offset.saturating_add(blocks.bitmap_size);
        let in_file = ByteLen(geometry.data_end.0.saturating_sub(data.0));
        let all = self.beyond_end.get_or_insert(BeyondEnd { first: here, count: 0, lost: ByteLen::ZERO });
        all.count = all.count.saturating_add(1);
        all.lost = all.lost.saturating_add(geometry.block_len(here.block).saturating_sub(in_file));
        false
    }

    fn compare(&mut self, geometry: &Geometry, blocks: &Blocks, mut places: Vec<(u32, u32)>) {
        places.sort_unstable();
        for pair in places.windows(2) {
            let [first, second] = pair else { continue };
            let [before, after] = [first, second].map(|(sector, number)| {
                let block = BlockIndex((*number).into());
                let block_offset = FileOffset(u64::from(*sector).saturating_mul(SECTOR_SIZE.0));
                EntryAt { block, at: blocks.entry_offset(block), block_offset }
            });
            let len = blocks.bitmap_size.saturating_add(geometry.block_len(before.block));
            if before.block_offset.saturating_add(len) > after.block_offset {
                self.overlaps.push(Collision { entry: after, other: before });
            }
        }
    }

    fn read_bitmaps(
        &mut self,
        view: &dyn ReadAt,
        geometry: &Geometry,
        blocks: &Blocks,
        places: &[(u32, u32)],
    ) -> Result<()> {
        let mut bytes = vec![0; blocks.bitmap_size.to_usize().unwrap_or_default()];
        for ((sector, number), looked_at) in places.iter().zip(1..=MAX_VHD_BITMAPS) {
            let block = BlockIndex((*number).into());
            let block_offset = FileOffset(u64::from(*sector).saturating_mul(SECTOR_SIZE.0));
            view.read_exact_at(sector_bitmap::STRUCTURE, block_offset, &mut bytes)?;
            let sectors = geometry.block_len(block).0.div_ceil(SECTOR_SIZE.0);
            let is_set = SectorBitmap::new(&bytes).runs(0, sectors).all(|run| run.set);
            if let Some(clear) = &mut self.clear_bits {
                clear.looked_at = looked_at;
            }
            if !is_set {
                let first = EntryAt { block, at: blocks.entry_offset(block), block_offset };
                let clear = self.clear_bits.get_or_insert(ClearBits { first, count: 0, looked_at });
                clear.count = clear.count.saturating_add(1);
            }
        }
        Ok(())
    }
}
