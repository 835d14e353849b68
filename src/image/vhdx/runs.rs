//! What a VHDX file says about each byte of its virtual disk (MS-VHDX 2.4, 2.5).

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::format::vhdx::bat::{self, Bat, BatEntry, PayloadState};
use crate::format::vhdx::sector_bitmap::{self, SectorBitmap};
use crate::format::vhdx::{HEADER_SECTION, log, metadata_table};
use crate::image::run::{Content, Run};
use crate::source::ReadAt;
use crate::units::{BatIndex, BlockIndex, ByteLen, FileOffset, FileRange, VirtualOffset, VirtualRange};

use super::{Ends, Geometry, VhdxSurvey};

/// Bytes of BAT that are kept at hand. Half a page of a hard disk's read-ahead; 4,096 entries.
const PIECE: u64 = 32 << 10;
/// Bytes of BAT that are read at first: whoever reads one place of a long chain asks for one entry in each file.
const FIRST_PIECE: u64 = 4 << 10;

/// Finds runs; see [`crate::image::Runs`].
#[derive(Debug)]
pub(in crate::image) struct VhdxRuns {
    view: Arc<dyn ReadAt>,
    geometry: Geometry,
    /// Structures that no block must lie in, by name.
    reserved: Arc<[(&'static str, FileRange)]>,
    /// What is known of the first and the last block without reading the BAT.
    ends: Option<Ends>,
    piece: Vec<u8>,
    /// Offset of the piece from the start of the BAT.
    piece_at: Option<u64>,
    /// The entry of the sector bitmap block that was asked for last, and its number. It lies behind the entries of its
    /// chunk, mostly in another piece than they, which is not to go for it.
    bitmap_entry: Option<(BatIndex, BatEntry)>,
    bitmap: Vec<u8>,
    /// The block that `bitmap` is about.
    bitmap_of: Option<BlockIndex>,
}

/// Structures that no block must lie in, by name, in the order of the file: a block that lies in several is named by
/// the first it meets.
pub(in crate::image) fn structures(survey: &VhdxSurvey, geometry: &Geometry) -> Vec<(&'static str, FileRange)> {
    let mut structures: Vec<_> = [
        Some((bat::STRUCTURE, geometry.bat)),
        survey.metadata().map(|metadata| (metadata_table::STRUCTURE, metadata.region)),
        survey.log.as_ref().map(|survey| (log::STRUCTURE, survey.range)),
    ]
    .into_iter()
    .flatten()
    .collect();
    structures.sort_by_key(|(_, range)| range.start);
    structures
}

/// The first of the structures that the range touches.
pub(in crate::image) fn in_structure(
    structures: &[(&'static str, FileRange)],
    range: FileRange,
) -> Option<&'static str> {
    structures.iter().find(|(_, structure)| structure.overlaps(range)).map(|(name, _)| *name)
}

/// The bytes of the sector bitmap block that a BAT entry names.
pub(in crate::image) fn bitmap_block(entry: BatEntry) -> FileRange {
    FileRange::new(entry.file_offset(), ByteLen(sector_bitmap::SIZE))
}

impl VhdxRuns {
    pub(in crate::image) fn new(
        view: Arc<dyn ReadAt>,
        geometry: Geometry,
        reserved: Arc<[(&'static str, FileRange)]>,
        ends: Option<Ends>,
    ) -> Self {
        Self {
            view,
            geometry,
            reserved,
            ends,
            piece: Vec::new(),
            piece_at: None,
            bitmap_entry: None,
            bitmap: Vec::new(),
            bitmap_of: None,
        }
    }

    /// The run that holds `at`. It may reach past `end`, but is not searched further than that needs.
    pub(in crate::image) fn find(&mut self, at: VirtualOffset, end: VirtualOffset) -> Result<Run> {
        let block = self.block_of(at);
        let entry = self.entry(block)?;
        let run = match entry.payload_state() {
            PayloadState::FullyPresent => Run { range: self.range(block), content: self.data(block, entry)? },
            PayloadState::PartiallyPresent if !self.geometry.has_parent => {
                Run { range: self.range(block), content: self.data(block, entry)? }
            }
            PayloadState::PartiallyPresent => return self.partial(block, entry, at),
            state => Run { range: self.range(block), content: self.without_data(block, state)? },
        };
        self.extend(block, run, end)
    }

    /// Adds the following blocks as long as they say the same.
    fn extend(&mut self, block: BlockIndex, mut run: Run, end: VirtualOffset) -> Result<Run> {
        let mut next = BlockIndex(block.0.saturating_add(1));
        while run.range.end() < end && next.0 < self.geometry.payload_blocks {
            let entry = self.entry(next)?;
            let state = entry.payload_state();
            let continues = match run.content {
                Content::Data(from) => {
                    state == PayloadState::FullyPresent
                        && from.saturating_add(run.range.len) == entry.file_offset()
                        && self.data(next, entry).is_ok()
                }
                other => self.without_data(next, state).is_ok_and(|content| content == other),
            };
            if !continues {
                break;
            }
            run.range = VirtualRange::between(run.range.start, self.range(next).end());
            next = BlockIndex(next.0.saturating_add(1));
        }
        Ok(run)
    }

    /// The run of a partially present block that holds `at`: of the file where bits are set, else of the parent.
    fn partial(&mut self, block: BlockIndex, entry: BatEntry, at: VirtualOffset) -> Result<Run> {
        self.load_bitmap(block)?;
        let range = self.range(block);
        let sector = self.geometry.logical_sector_size;
        let sectors = range.len.0.checked_div(sector.0).unwrap_or_default();
        let first = at.0.saturating_sub(range.start.0).checked_div(sector.0).unwrap_or_default();
        let run = SectorBitmap::new(&self.bitmap).runs(first, sectors.saturating_sub(first)).next();
        let Some(run) = run else {
            let what = format!("block {block} has no bits for its sectors");
            return Err(self.error(sector_bitmap::STRUCTURE, self.entry_offset(block), what));
        };
        let offset = ByteLen(run.start.saturating_mul(sector.0));
        let range = VirtualRange::new(range.start.saturating_add(offset), ByteLen(run.len.saturating_mul(sector.0)));
        let content = if run.set { self.data(block, entry)?.skip(offset) } else { Content::Transparent };
        Ok(Run { range, content })
    }

    fn load_bitmap(&mut self, block: BlockIndex) -> Result<()> {
        if self.bitmap_of == Some(block) {
            return Ok(());
        }
        self.bitmap_of = None;
        let ratio = self.geometry.chunk_ratio;
        let index = ratio.sector_bitmap_index(ratio.chunk_of(block));
        let entry = self.bitmap_entry(index)?;
        let at = self.geometry.entry_offset(index);
        if !entry.sector_bitmap_state().is_read() {
            let what = format!("block {block} is partially present and its chunk has no sector bitmap block");
            return Err(self.error(sector_bitmap::STRUCTURE, at, what));
        }
        let len = self.geometry.sectors_per_block().div_ceil(8);
        let from = ByteLen(ratio.block_in_chunk(block).saturating_mul(len));
        if entry.file_offset() < FileOffset(HEADER_SECTION.0) {
            let what = format!("its offset {} lies in the headers", entry.file_offset());
            return Err(self.error(sector_bitmap::STRUCTURE, at, what));
        }
        if let Some(name) = in_structure(&self.reserved, bitmap_block(entry)) {
            let what = format!("its offset {} lies in the {name}", entry.file_offset());
            return Err(self.error(sector_bitmap::STRUCTURE, at, what));
        }
        self.bitmap.resize(ByteLen(len).to_usize().unwrap_or_default(), 0);
        let start = entry.file_offset().saturating_add(from);
        self.view.read_exact_at(sector_bitmap::STRUCTURE, start, &mut self.bitmap)?;
        self.bitmap_of = Some(block);
        Ok(())
    }

    /// Where the block's bytes are, checked against the file and its structures.
    fn data(&self, block: BlockIndex, entry: BatEntry) -> Result<Content> {
        let start = entry.file_offset();
        // A short last block is what some writers leave; what counts is the part on the virtual disk.
        let range = FileRange::new(start, self.geometry.block_len(block));
        let at = self.entry_offset(block);
        if start < FileOffset(HEADER_SECTION.0) {
            return Err(self.error(bat::STRUCTURE, at, format!("block {block} lies at {start}, in the headers")));
        }
        if range.end().0 > self.view.size().0 {
            let what = format!(
                "block {block} ends at {}, beyond the end of the file at {}",
                range.end(),
                FileOffset(self.view.size().0)
            );
            return Err(self.error(bat::STRUCTURE, at, what));
        }
        if let Some(name) = in_structure(&self.reserved, range) {
            return Err(self.error(bat::STRUCTURE, at, format!("block {block} lies at {start}, in the {name}")));
        }
        Ok(Content::Data(start))
    }

    fn without_data(&self, block: BlockIndex, state: PayloadState) -> Result<Content> {
        Ok(match state {
            PayloadState::NotPresent if self.geometry.has_parent => Content::Transparent,
            PayloadState::NotPresent => Content::Absent,
            PayloadState::Undefined => Content::Undefined,
            PayloadState::Zero => Content::Zero,
            PayloadState::Unmapped => Content::Unmapped,
            other => {
                let what = format!("block {block} has the reserved state {}", u8::from(other));
                return Err(self.error(bat::STRUCTURE, self.entry_offset(block), what));
            }
        })
    }

    fn block_of(&self, at: VirtualOffset) -> BlockIndex {
        BlockIndex(at.0.checked_div(self.geometry.block_size.0).unwrap_or_default())
    }

    fn range(&self, block: BlockIndex) -> VirtualRange {
        VirtualRange::new(self.geometry.block_start(block), self.geometry.block_len(block))
    }

    fn entry_offset(&self, block: BlockIndex) -> FileOffset {
        self.geometry.entry_offset(self.geometry.chunk_ratio.payload_index(block))
    }

    fn entry(&mut self, block: BlockIndex) -> Result<BatEntry> {
        match self.ends {
            Some(ends) if block.0 == 0 => return Ok(ends.first),
            Some(ends) if block.0.checked_add(1) == Some(self.geometry.payload_blocks) => return Ok(ends.last),
            _ => {}
        }
        self.entry_at(self.geometry.chunk_ratio.payload_index(block))
    }

    fn entry_at(&mut self, index: BatIndex) -> Result<BatEntry> {
        if let Some(entry) = self.entry_in_piece(index) {
            return Ok(entry);
        }
        let size = if self.piece.is_empty() { FIRST_PIECE } else { PIECE };
        let offset = index.0.saturating_mul(bat::ENTRY_SIZE);
        let piece_at = offset.saturating_sub(offset.checked_rem(size).unwrap_or_default());
        self.piece_at = None;
        let len = ByteLen(size.min(self.geometry.bat.len.0.saturating_sub(piece_at)));
        self.piece.resize(len.to_usize().unwrap_or_default(), 0);
        let start = self.geometry.bat.start.saturating_add(ByteLen(piece_at));
        self.view.read_exact_at(bat::STRUCTURE, start, &mut self.piece)?;
        self.piece_at = Some(piece_at);
        self.entry_in_piece(index).ok_or_else(|| self.past_the_end(index))
    }

    fn entry_in_piece(&self, index: BatIndex) -> Option<BatEntry> {
        let place = index.0.saturating_mul(bat::ENTRY_SIZE).checked_sub(self.piece_at?)?;
        Bat::new(&self.piece).get(ByteLen(place.checked_div(bat::ENTRY_SIZE)?).to_usize()?)
    }

    fn bitmap_entry(&mut self, index: BatIndex) -> Result<BatEntry> {
        let known = self.bitmap_entry.filter(|(of, _)| *of == index).map(|(_, entry)| entry);
        if let Some(entry) = known.or_else(|| self.entry_in_piece(index)) {
            return Ok(entry);
        }
        let mut bytes = [0; 8];
        if index.0.saturating_add(1).saturating_mul(bat::ENTRY_SIZE) > self.geometry.bat.len.0 {
            return Err(self.past_the_end(index));
        }
        self.view.read_exact_at(bat::STRUCTURE, self.geometry.entry_offset(index), &mut bytes)?;
        let entry = Bat::new(&bytes).get(0).ok_or_else(|| self.past_the_end(index))?;
        self.bitmap_entry = Some((index, entry));
        Ok(entry)
    }

    fn past_the_end(&self, index: BatIndex) -> Error {
        let at = self.geometry.entry_offset(index);
        self.error(bat::STRUCTURE, at, format!("entry {index} lies past the end of the table"))
    }

    fn error(&self, structure: &'static str, at: FileOffset, what: String) -> Error {
        let error = Error::malformed(structure, at, what);
        match self.view.path() {
            Some(path) => error.with_path(path),
            None => error,
        }
    }
}
