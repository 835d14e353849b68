//! The block map of one file, entry by entry and as the asker goes along the disk, where [`super::Runs`] would hide the
//! blocks behind what they say.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::format::vhd::block_allocation_table::{self as vhd_bat, BlockAllocationTable};
use crate::format::vhdx::bat::{self, Bat, BatEntry, PayloadState, Slot};
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

/// Up to 64 blocks, one bit each, the first one lowest: what a reader finds of them in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockWord {
    /// Fully present, or present in a disk without parent, and in a place where a block may be.
    pub full: u64,
    /// Content of which only the bits of the sectors, or a closer look, tell more: partially present blocks, all blocks
    /// of a VHD, and blocks whose entries break a rule.
    pub unclear: u64,
    /// `ZERO`.
    pub zero: u64,
    /// `UNMAPPED`.
    pub unmapped: u64,
    /// `UNDEFINED`.
    pub undefined: u64,
}

impl BlockWord {
    /// The blocks about which the file says anything.
    pub fn said(self) -> u64 {
        self.full | self.unclear | self.zero | self.unmapped | self.undefined
    }

    /// What is said of some of the blocks.
    #[must_use]
    pub fn only(self, blocks: u64) -> Self {
        self.each(|plane| plane & blocks)
    }

    /// What is said of the blocks where this lies over another file: where this says nothing, what that says.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let below = below.only(!self.said());
        Self {
            full: self.full | below.full,
            unclear: self.unclear | below.unclear,
            zero: self.zero | below.zero,
            unmapped: self.unmapped | below.unmapped,
            undefined: self.undefined | below.undefined,
        }
    }

    /// The same of every plane.
    #[must_use]
    pub fn each(self, change: impl Fn(u64) -> u64) -> Self {
        Self {
            full: change(self.full),
            unclear: change(self.unclear),
            zero: change(self.zero),
            unmapped: change(self.unmapped),
            undefined: change(self.undefined),
        }
    }
}

/// Reads entries; going on to the next one costs no read most of the time.
#[derive(Debug)]
pub struct BlockCursor {
    view: Arc<dyn ReadAt>,
    map: Map,
    /// What no block may lie in, apart from the headers.
    structures: Vec<FileRange>,
    /// First and last place at which a block surely lies where one may.
    well: (FileOffset, FileOffset),
    /// Rows of the table that need not be read.
    known: vhdx::ZeroRows,
    piece: Vec<u8>,
    /// Offset of the piece from the start of the table.
    piece_at: Option<u64>,
    /// Whether the piece is zeros, where somebody has asked.
    is_zero: Option<bool>,
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
        let (structures, known) = match image.survey() {
            Survey::Vhdx(survey) => (survey.structures(), survey.zero_rows().clone()),
            Survey::Vhd(_) => Default::default(),
        };
        let view = Arc::clone(image.view());
        let first = structures.iter().map(|structure| structure.end()).max().unwrap_or_default();
        let block = image.block_size().unwrap_or_default();
        // Without room for one block no place is well: each is then looked at on its own.
        let well = match view.size().0.checked_sub(block.0) {
            Some(last) => (first, FileOffset(last)),
            None => (FileOffset(1), FileOffset::ZERO),
        };
        Ok(map.map(|map| Self { view, map, structures, well, known, piece: Vec::new(), piece_at: None, is_zero: None }))
    }

    /// How many blocks from `first` on nothing is said of, because the rows of the table, or the piece of it, that hold its
    /// entry are zeros; zero where they are not.
    pub fn untouched(&mut self, first: BlockIndex) -> Result<u64> {
        let Map::Vhdx(geometry) = self.map else { return Ok(0) };
        if first.0 >= geometry.payload_blocks {
            return Ok(0);
        }
        let ratio = geometry.chunk_ratio;
        let chunk = ratio.chunk_of(first);
        if let (rows, true) = self.known.alike(chunk, geometry.chunks().saturating_sub(chunk.0)) {
            let behind = chunk.0.saturating_add(rows).saturating_mul(ratio.get());
            return Ok(behind.min(geometry.payload_blocks).saturating_sub(first.0));
        }
        let index = ratio.payload_index(first);
        let place = self.load(bat::STRUCTURE, geometry.bat, index.0.saturating_mul(bat::ENTRY_SIZE))?;
        let entries = Bat::new(&self.piece);
        if !*self.is_zero.get_or_insert_with(|| entries.is_zero()) {
            return Ok(0);
        }
        let first_index = index.0.saturating_sub(place / bat::ENTRY_SIZE);
        let behind = match ratio.slot(BatIndex(first_index.saturating_add(ByteLen::from(entries.len()).0))) {
            Slot::Payload(block) => block.0,
            Slot::SectorBitmap(chunk) => chunk.0.saturating_add(1).saturating_mul(ratio.get()),
        };
        Ok(behind.min(geometry.payload_blocks).saturating_sub(first.0))
    }

    /// `count` blocks, at most 64, from `first` on, a multiple of `count` which is a power of two. Blocks that the table
    /// does not have are not present.
    pub fn word(&mut self, first: BlockIndex, count: u64) -> Result<BlockWord> {
        let count = count.min(64);
        match self.map {
            Map::Vhdx(geometry) => self.vhdx_word(&geometry, first, count),
            Map::Vhd(_) => {
                let mut word = BlockWord::default();
                for number in 0..count {
                    let block = self.block(BlockIndex(first.0.saturating_add(number)))?;
                    word.unclear |= u64::from(block.place.is_some()) << number;
                }
                Ok(word)
            }
        }
    }

    fn vhdx_word(&mut self, geometry: &vhdx::Geometry, first: BlockIndex, count: u64) -> Result<BlockWord> {
        let mut word = BlockWord::default();
        let mut number = 0;
        while number < count {
            let block = BlockIndex(first.0.saturating_add(number));
            // As many as lie in the table one after the other: a sector bitmap's entry follows those of a chunk.
            let in_chunk = geometry.chunk_ratio.get().saturating_sub(geometry.chunk_ratio.block_in_chunk(block));
            let left = geometry.payload_blocks.saturating_sub(block.0);
            let here = count.saturating_sub(number).min(in_chunk).min(left);
            if here == 0 {
                break;
            }
            if self.known.has(geometry.chunk_ratio.chunk_of(block)) {
                number = number.saturating_add(here);
                continue;
            }
            let index = geometry.chunk_ratio.payload_index(block);
            let place = self.load(bat::STRUCTURE, geometry.bat, index.0.saturating_mul(bat::ENTRY_SIZE))?;
            let bytes = self.at_most(place, ByteLen(here.saturating_mul(bat::ENTRY_SIZE)));
            let entries = Bat::new(bytes);
            if entries.is_empty() {
                break;
            }
            if entries.bare_state() == Some(PayloadState::NotPresent) {
                number = number.saturating_add(ByteLen::from(entries.len()).0);
                continue;
            }
            for (entry, bit) in entries.iter().zip(number..) {
                let mask = 1_u64.wrapping_shl(u32::try_from(bit).unwrap_or_default());
                let plane = match entry.payload_state() {
                    PayloadState::NotPresent => continue,
                    PayloadState::Undefined => &mut word.undefined,
                    PayloadState::Zero => &mut word.zero,
                    PayloadState::Unmapped => &mut word.unmapped,
                    PayloadState::FullyPresent if self.has_place(geometry, entry) => &mut word.full,
                    PayloadState::PartiallyPresent if !geometry.has_parent && self.has_place(geometry, entry) => {
                        &mut word.full
                    }
                    _ => &mut word.unclear,
                };
                *plane |= mask;
            }
            number = number.saturating_add(ByteLen::from(entries.len()).0);
        }
        Ok(word)
    }

    /// Whether a block lies where one may lie, as a whole.
    fn has_place(&self, geometry: &vhdx::Geometry, entry: BatEntry) -> bool {
        let (first, last) = self.well;
        if first <= entry.file_offset() && entry.file_offset() <= last {
            return true;
        }
        let range = FileRange::new(entry.file_offset(), geometry.block_size);
        range.end().0 <= self.view.size().0 && !self.structures.iter().any(|structure| structure.overlaps(range))
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
        let offset = index.0.saturating_mul(bat::ENTRY_SIZE);
        if self.known.covers(ByteLen(offset), ByteLen(bat::ENTRY_SIZE)) {
            return Ok(BatEntry(0));
        }
        let place = self.load(bat::STRUCTURE, geometry.bat, offset)?;
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
            (self.piece_at, self.is_zero) = (None, None);
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

    /// The bytes of the piece from `place` on, as many as there are of `len`.
    fn at_most(&self, place: u64, len: ByteLen) -> &[u8] {
        let rest = ByteLen(place).to_usize().and_then(|from| self.piece.get(from..)).unwrap_or_default();
        rest.get(..len.to_usize().unwrap_or(usize::MAX).min(rest.len())).unwrap_or_default()
    }

    fn malformed(&self, structure: &'static str, at: FileOffset, what: String) -> Error {
        let error = Error::malformed(structure, at, what);
        match self.view.path() {
            Some(path) => error.with_path(path),
            None => error,
        }
    }
}
