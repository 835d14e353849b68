//! The planes of a VHD file. Each block that is there has a bitmap before it, so that all of them count as there in
//! part; a fixed disk is one whole.

use crate::error::{Error, Result};
use crate::format::vhd::block_allocation_table::{self as bat, BatEntry, BlockAllocationTable};
use crate::format::vhd::sector_bitmap;
use crate::image::vhd::block_map::place_of;
use crate::image::vhd::{Blocks, Geometry};
use crate::source::ReadAt;
use crate::units::{BlockIndex, ByteLen, FileOffset};

use super::words::{self, BITS};
use super::{PlaneWord, Planes};

/// Bytes of one read at most.
const PIECE: u64 = 256 << 10;
/// What a fixed disk is cut into.
const FIXED_BLOCK: ByteLen = ByteLen::mib(2);
/// Entries that are kept at hand when single blocks are asked for.
const AT_HAND: u64 = 1024;

/// What is needed to read the blocks of a VHD file.
#[derive(Debug)]
pub(super) struct VhdBlocks {
    geometry: Geometry,
    entries: Vec<u8>,
    entries_from: u64,
}

impl VhdBlocks {
    pub(super) fn new(geometry: Geometry) -> Self {
        Self { geometry, entries: Vec::new(), entries_from: 0 }
    }

    pub(super) fn block_size(&self) -> ByteLen {
        self.geometry.blocks.as_ref().map_or(FIXED_BLOCK, |blocks| blocks.block_size)
    }

    pub(super) fn virtual_size(&self) -> ByteLen {
        self.geometry.virtual_size
    }

    pub(super) fn has_parent(&self) -> bool {
        self.geometry.blocks.as_ref().is_some_and(|blocks| blocks.has_parent)
    }

    /// Fills the planes, which know their blocks.
    pub(super) fn read(&self, view: &dyn ReadAt, planes: &mut Planes, buf: &mut Vec<u8>) -> Result<()> {
        let Some(blocks) = &self.geometry.blocks else {
            self.fixed(planes);
            return Ok(());
        };
        let end = planes.first.saturating_add(planes.count);
        let mut block = planes.first;
        while block < end {
            let count = end.saturating_sub(block).min(PIECE / bat::ENTRY_SIZE.0);
            buf.clear();
            buf.resize(ByteLen(count.saturating_mul(bat::ENTRY_SIZE.0)).to_usize().unwrap_or_default(), 0);
            view.read_exact_at(bat::STRUCTURE, blocks.entry_offset(BlockIndex(block)), buf)?;
            let entries = BlockAllocationTable::new(buf);
            let mut word = PlaneWord::default();
            for (entry, number) in entries.iter().zip(block..) {
                let place = number.saturating_sub(planes.first) % BITS;
                self.add(blocks, number, entry, place, &mut word);
                if place.saturating_add(1) == BITS || number.saturating_add(1) == block.saturating_add(count) {
                    planes.put(number.saturating_sub(planes.first).saturating_sub(place), std::mem::take(&mut word));
                }
            }
            block = block.saturating_add(count);
        }
        Ok(())
    }

    fn add(&self, blocks: &Blocks, block: u64, entry: BatEntry, place: u64, word: &mut PlaneWord) {
        let bit = 1_u64 << place;
        match place_of(&self.geometry, blocks, BlockIndex(block), entry) {
            Ok(None) if blocks.has_parent => {}
            Ok(None) => word.mark |= bit,
            Ok(Some(at)) => {
                word.data |= bit;
                word.mark |= bit;
                let len = blocks.bitmap_size.saturating_add(self.geometry.block_len(BlockIndex(block)));
                if at.saturating_add(len) > self.geometry.data_end {
                    // Those of its sectors that are in the file may be well all the same.
                    word.invalid |= bit;
                }
            }
            Err(_) => {
                word.data |= bit;
                word.invalid |= bit;
            }
        }
    }

    fn fixed(&self, planes: &mut Planes) {
        let (first, count) = (planes.first, planes.count);
        words::fill(&mut planes.data, 0, count);
        let in_file = self.geometry.data_end.0.min(self.geometry.virtual_size.0);
        let is_whole = in_file == self.geometry.virtual_size.0;
        let well = if is_whole { count } else { (in_file / FIXED_BLOCK.0).saturating_sub(first).min(count) };
        if well < count {
            planes.invalid.resize(planes.data.len(), 0);
            words::fill(&mut planes.invalid, well, count);
        }
    }

    /// Reads the bitmap of a block that is in the file.
    pub(super) fn read_bitmap(&mut self, view: &dyn ReadAt, block: u64, bytes: &mut Vec<u8>) -> Result<()> {
        let missing = || Error::malformed(bat::STRUCTURE, FileOffset::ZERO, format!("has no entry for block {block}"));
        let Some(blocks) = self.geometry.blocks else { return Err(missing()) };
        let entry = match self.at_hand(block) {
            Some(entry) => entry,
            None => {
                let count = blocks.count.saturating_sub(block).min(AT_HAND);
                let len = ByteLen(count.saturating_mul(bat::ENTRY_SIZE.0)).to_usize().unwrap_or_default();
                self.entries.resize(len, 0);
                self.entries_from = block;
                let read =
                    view.read_exact_at(bat::STRUCTURE, blocks.entry_offset(BlockIndex(block)), &mut self.entries);
                if let Err(error) = read {
                    self.entries.clear();
                    return Err(error);
                }
                self.at_hand(block).ok_or_else(missing)?
            }
        };
        let at = entry.block_offset().ok_or_else(missing)?;
        bytes.resize(blocks.bitmap_size.to_usize().unwrap_or_default(), 0);
        view.read_exact_at(sector_bitmap::STRUCTURE, at, bytes)
    }

    fn at_hand(&self, block: u64) -> Option<BatEntry> {
        let place = usize::try_from(block.checked_sub(self.entries_from)?).ok()?;
        BlockAllocationTable::new(&self.entries).get(place)
    }
}
