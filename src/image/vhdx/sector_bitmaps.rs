//! The sector bitmap blocks of a file, one after the other.

use crate::error::Result;
use crate::format::vhdx::bat::{self, BatEntry, SectorBitmapState};
use crate::format::vhdx::sector_bitmap::{self, SectorBitmap};
use crate::source::ReadAt;
use crate::units::{ByteLen, ChunkIndex, FileOffset, FileRange, SectorIndex};

use super::Geometry;
use super::block_map::{self, ChunkRow};

/// One sector bitmap block that the BAT says is in the file.
#[derive(Debug)]
pub struct SectorBitmapBlock<'a> {
    /// The chunk it covers.
    pub chunk: ChunkIndex,
    /// Its BAT entry.
    pub entry: BatEntry,
    /// Where that entry lies.
    pub entry_at: FileOffset,
    /// Where the block lies.
    pub range: FileRange,
    /// The first sector of the chunk.
    pub first_sector: SectorIndex,
    /// Sectors of the chunk that lie on the virtual disk; the bits behind them mean nothing.
    pub sectors: u64,
    /// The bits, or why they cannot be read.
    pub bits: Result<SectorBitmap<'a>>,
}

/// Reads every sector bitmap block that is in the file and hands it on. A block that cannot be read is handed on with
/// the reason; only a BAT that cannot be read ends the pass.
pub fn sector_bitmaps(
    view: &dyn ReadAt,
    geometry: &Geometry,
    mut each: impl FnMut(SectorBitmapBlock<'_>) -> Result<()>,
) -> Result<()> {
    let mut buf = Vec::new();
    block_map::walk(view, geometry, |row| {
        let present = row.sector_bitmap.filter(|entry| entry.sector_bitmap_state() == SectorBitmapState::Present);
        match present {
            Some(entry) => each(block(view, geometry, row, entry, &mut buf)),
            None => Ok(()),
        }
    })
}

fn block<'a>(
    view: &dyn ReadAt,
    geometry: &Geometry,
    row: ChunkRow<'_>,
    entry: BatEntry,
    buf: &'a mut Vec<u8>,
) -> SectorBitmapBlock<'a> {
    buf.resize(ByteLen(sector_bitmap::SIZE).to_usize().unwrap_or_default(), 0);
    let range = FileRange::new(entry.file_offset(), ByteLen(sector_bitmap::SIZE));
    let read = view.read_exact_at(sector_bitmap::STRUCTURE, range.start, buf);
    let first_sector = row.chunk.0.saturating_mul(bat::SECTORS_PER_BITMAP);
    let on_disk = geometry.virtual_size.0.checked_div(geometry.logical_sector_size.0).unwrap_or_default();
    SectorBitmapBlock {
        chunk: row.chunk,
        entry,
        entry_at: geometry.entry_offset(geometry.chunk_ratio.sector_bitmap_index(row.chunk)),
        range,
        first_sector: SectorIndex(first_sector),
        sectors: on_disk.saturating_sub(first_sector).min(bat::SECTORS_PER_BITMAP),
        bits: read.map(|()| SectorBitmap::new(buf)),
    }
}
