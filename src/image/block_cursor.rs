//! The block map of one file, entry by entry and as the asker goes along the disk, where [`super::Runs`] would hide the
//! blocks behind what they say.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::format::vhd::block_allocation_table::{self as vhd_bat, BlockAllocationTable};
use crate::format::vhdx::bat::{self, Bat, BatEntry, PayloadState};
use crate::source::ReadAt;
use crate::units::{BatIndex, BlockIndex, ByteLen, ChunkIndex, FileOffset, FileRange};

use super::{Image, Survey, vhd, vhdx};

/// Bytes of the table that are kept at hand.
const PIECE: u64 = 32 << 10;

/// What a block map says about one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockEntry {
    /// The state. A block of a VHD is fully present or not present, whatever the bits of its sectors say.
    pub state: PayloadState,
    /// The place that the entry names, present or not: of a VHDX the block's first byte, of a VHD that of its bitmap.
    pub place: Option<FileOffset>,
}

/// Reads entries; going on to the next one costs no read most of the time.
#[derive(Debug)]
pub struct BlockCursor {
    view: Arc<dyn ReadAt>,
    map: Map,
    piece: Vec<u8>,
    /// Offset of the piece from the start of the table.
    piece_at: Option<u64>,
}

#[derive(Debug)]
enum Map {
    Vhdx(vhdx::Geometry),
    Vhd(vhd::Blocks),
}

impl BlockCursor {
    /// The block map of an image, or the first reason why its virtual disk must not be read. `None` for a fixed VHD,
    /// which has none.
    pub fn new(image: &Image) -> Result<Option<Self>> {
        if let Some(blocker) = image.blockers().first() {
            return Err(blocker.clone().with_path(image.path()));
        }
        let map = match image.survey() {
            Survey::Vhdx(survey) => survey.geometry().map(|geometry| Some(Map::Vhdx(*geometry))),
            Survey::Vhd(survey) => survey.geometry().map(|geometry| geometry.blocks.map(Map::Vhd)),
        };
        let map = map.ok_or_else(|| Error::refused("", None, "the sizes of the virtual disk are unknown"))?;
        Ok(map.map(|map| Self { view: Arc::clone(image.view()), map, piece: Vec::new(), piece_at: None }))
    }

    /// What is said about a block; a block that the table does not have is not present.
    pub fn block(&mut self, block: BlockIndex) -> Result<BlockEntry> {
        match self.map {
            Map::Vhdx(geometry) => {
                if block.0 >= geometry.payload_blocks {
                    return Ok(BlockEntry { state: PayloadState::NotPresent, place: None });
                }
                let entry = self.vhdx_entry(&geometry, geometry.chunk_ratio.payload_index(block))?;
                let state = entry.payload_state();
                if matches!(state, PayloadState::Reserved4 | PayloadState::Reserved5) {
                    let at = geometry.entry_offset(geometry.chunk_ratio.payload_index(block));
                    let what = format!("block {block} has the reserved state {}", u8::from(state));
                    return Err(self.malformed(bat::STRUCTURE, at, what));
                }
                let place = Some(entry.file_offset()).filter(|at| *at != FileOffset::ZERO);
                Ok(BlockEntry { state, place })
            }
            Map::Vhd(blocks) => {
                let index = block.0.saturating_mul(vhd_bat::ENTRY_SIZE.0);
                if block.0 >= blocks.count {
                    return Ok(BlockEntry { state: PayloadState::NotPresent, place: None });
                }
                let place = self.load(vhd_bat::STRUCTURE, blocks.bat, index)?;
                let entry = BlockAllocationTable::new(self.at(place, vhd_bat::ENTRY_SIZE)).get(0);
                let place = entry.and_then(vhd_bat::BatEntry::block_offset);
                let state = if place.is_some() { PayloadState::FullyPresent } else { PayloadState::NotPresent };
                Ok(BlockEntry { state, place })
            }
        }
    }

    /// Where the sector bitmap block of a chunk lies, in a differencing VHDX that has one there.
    pub fn sector_bitmap(&mut self, chunk: ChunkIndex) -> Result<Option<FileOffset>> {
        let Map::Vhdx(geometry) = self.map else { return Ok(None) };
        let index = geometry.chunk_ratio.sector_bitmap_index(chunk);
        if !geometry.has_parent || index.0 >= geometry.bat_entries {
            return Ok(None);
        }
        let entry = self.vhdx_entry(&geometry, index)?;
        // State 7 is reserved for bitmap blocks; Microsoft's reader takes it as present.
        Ok(matches!(entry.raw_state(), 6 | 7).then(|| entry.file_offset()))
    }

    fn vhdx_entry(&mut self, geometry: &vhdx::Geometry, index: BatIndex) -> Result<BatEntry> {
        let place = self.load(bat::STRUCTURE, geometry.bat, index.0.saturating_mul(bat::ENTRY_SIZE))?;
        let entry = Bat::new(self.at(place, ByteLen(bat::ENTRY_SIZE))).get(0);
        entry.ok_or_else(|| {
            let what = format!("entry {index} lies past the end of the table");
            self.malformed(bat::STRUCTURE, geometry.entry_offset(index), what)
        })
    }

    /// Brings the piece that holds the byte `offset` of the table into memory, and says where in the piece that is.
    fn load(&mut self, structure: &'static str, table: FileRange, offset: u64) -> Result<u64> {
        let piece_at = offset.saturating_sub(offset % PIECE);
        if self.piece_at != Some(piece_at) {
            self.piece_at = None;
            let len = ByteLen(PIECE.min(table.len.0.saturating_sub(piece_at)));
            self.piece.resize(len.to_usize().unwrap_or_default(), 0);
            self.view.read_exact_at(structure, table.start.saturating_add(ByteLen(piece_at)), &mut self.piece)?;
            self.piece_at = Some(piece_at);
        }
        Ok(offset.saturating_sub(piece_at))
    }

    fn at(&self, place: u64, len: ByteLen) -> &[u8] {
        let (from, len) = (ByteLen(place).to_usize().unwrap_or(usize::MAX), len.to_usize().unwrap_or_default());
        self.piece.get(from..from.saturating_add(len)).unwrap_or_default()
    }

    fn malformed(&self, structure: &'static str, at: FileOffset, what: String) -> Error {
        let error = Error::malformed(structure, at, what);
        match self.view.path() {
            Some(path) => error.with_path(path),
            None => error,
        }
    }
}
