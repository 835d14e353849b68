//! The sector bitmaps of a VHD, one before the data of each block that is in the file.

use crate::error::Result;
use crate::format::vhd::SECTOR_SIZE;
use crate::format::vhd::sector_bitmap::{self, SectorBitmap};
use crate::source::ReadAt;
use crate::units::{BlockIndex, ByteLen, FileRange, SectorIndex};

use super::{Geometry, bat_runs};

/// The sector bitmap of one block.
#[derive(Debug)]
pub struct SectorBitmapBlock<'a> {
    /// The block.
    pub block: BlockIndex,
    /// Where the bitmap lies.
    pub range: FileRange,
    /// The first sector of the block.
    pub first_sector: SectorIndex,
    /// Sectors of the block that lie on the virtual disk; the bits behind them mean nothing.
    pub sectors: u64,
    /// The bits, or why they cannot be read.
    pub bits: Result<SectorBitmap<'a>>,
}

/// Reads the bitmap of every block that is in the file and hands it on. One that cannot be read is handed on with the
/// reason; only a table that cannot be read ends the pass.
pub fn sector_bitmaps(
    view: &dyn ReadAt,
    geometry: &Geometry,
    mut each: impl FnMut(SectorBitmapBlock<'_>) -> Result<()>,
) -> Result<()> {
    let Some(blocks) = &geometry.blocks else { return Ok(()) };
    // The bitmap of a block of 2 GiB, the largest there is, takes 512 KiB.
    let mut buf = vec![0; blocks.bitmap_size.to_usize().unwrap_or_default()];
    bat_runs(view, blocks, true, |run| {
        let Some(at) = run.entry.block_offset() else { return Ok(()) };
        let read = view.read_exact_at(sector_bitmap::STRUCTURE, at, &mut buf);
        let sectors = |len: ByteLen| len.0.div_euclid(SECTOR_SIZE.0);
        each(SectorBitmapBlock {
            block: run.first,
            range: FileRange::new(at, blocks.bitmap_size),
            first_sector: SectorIndex(sectors(ByteLen(blocks.block_start(run.first).0))),
            sectors: sectors(geometry.block_len(run.first)),
            bits: read.map(|()| SectorBitmap::new(&buf)),
        })
    })
}
