//! The sector bitmaps of a differencing disk looked through: which say the same of a whole block, and which say
//! something of sectors that do not exist.

use crate::error::Result;
use crate::format::vhdx::bat::PayloadState;
use crate::format::vhdx::sector_bitmap::{self, SectorBitmap};
use crate::image::Sample;
use crate::source::ReadAt;
use crate::units::{BlockIndex, ByteLen, ChunkIndex, FileOffset};

use super::block_map::{self, ChunkRow};
use super::{BatSurvey, Geometry};

/// What the sector bitmaps say that matters beyond the disk's content.
#[derive(Debug, Default)]
pub struct BitmapSurvey {
    /// Partially present blocks of which every sector is in the file.
    pub all_set: Sample<BitsAt>,
    /// Partially present blocks of which no sector is in the file.
    pub all_clear: Sample<BitsAt>,
    /// Bits that are set for sectors behind the end of the virtual disk.
    pub past_end: Option<PastEnd>,
}

/// The bits of one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BitsAt {
    /// The block.
    pub block: BlockIndex,
    /// Where its first bit lies in the file.
    pub at: FileOffset,
    /// Bytes that its bits take.
    pub len: ByteLen,
}

/// Set bits behind the end of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastEnd {
    /// The chunk, the last of the disk.
    pub chunk: ChunkIndex,
    /// Where the first byte with such a bit lies in the file.
    pub at: FileOffset,
    /// How many bits are set.
    pub count: u64,
}

impl BitmapSurvey {
    /// Reads the sector bitmap blocks that `bat` found: those of chunks with partially present blocks, and the last.
    pub fn read(view: &dyn ReadAt, geometry: &Geometry, bat: &BatSurvey) -> Result<Self> {
        let mut survey = Self::default();
        if bat.bitmaps.is_empty() {
            return Ok(survey);
        }
        let mut bytes = vec![0; ByteLen(sector_bitmap::SIZE).to_usize().unwrap_or_default()];
        let mut places = bat.bitmaps.iter().peekable();
        block_map::walk(view, geometry, |row| {
            let Some((_, at)) = places.next_if(|(chunk, _)| *chunk == row.chunk) else { return Ok(()) };
            let is_last = row.first_block.0.saturating_add(geometry.chunk_ratio.get()) >= geometry.payload_blocks;
            let has_partial = row.payload.iter().any(|entry| entry.payload_state() == PayloadState::PartiallyPresent);
            if has_partial || is_last {
                view.read_exact_at(sector_bitmap::STRUCTURE, *at, &mut bytes)?;
                let bitmap = SectorBitmap::new(&bytes);
                survey.blocks(geometry, &row, bitmap, *at);
                if is_last {
                    survey.past_end(geometry, row.chunk, bitmap, *at);
                }
            }
            Ok(())
        })?;
        Ok(survey)
    }

    fn blocks(&mut self, geometry: &Geometry, row: &ChunkRow<'_>, bitmap: SectorBitmap<'_>, at: FileOffset) {
        let sectors = geometry.sectors_per_block();
        for (entry, number) in row.payload.iter().zip(0_u64..) {
            if entry.payload_state() != PayloadState::PartiallyPresent {
                continue;
            }
            let block = BlockIndex(row.first_block.0.saturating_add(number));
            let start = number.saturating_mul(sectors);
            let on_disk = geometry.block_len(block).0.checked_div(geometry.logical_sector_size.0).unwrap_or_default();
            let Some(run) = bitmap.runs(start, on_disk).next() else { continue };
            if run.len == on_disk {
                let bits = BitsAt { block, at: at.saturating_add(ByteLen(start / 8)), len: ByteLen(sectors / 8) };
                if run.set { self.all_set.push(bits) } else { self.all_clear.push(bits) }
            }
        }
    }

    fn past_end(&mut self, geometry: &Geometry, chunk: ChunkIndex, bitmap: SectorBitmap<'_>, at: FileOffset) {
        let bits = sector_bitmap::SIZE.saturating_mul(8);
        let sectors = geometry.virtual_size.0.checked_div(geometry.logical_sector_size.0).unwrap_or_default();
        let end = sectors.saturating_sub(chunk.0.saturating_mul(bits));
        let mut set = bitmap.runs(end, bits.saturating_sub(end)).filter(|run| run.set).peekable();
        if let Some(first) = set.peek() {
            let at = at.saturating_add(ByteLen(first.start / 8));
            self.past_end = Some(PastEnd { chunk, at, count: set.fold(0, |sum, run| sum.saturating_add(run.len)) });
        }
    }
}
