//! The BAT in one streaming pass: the hot path of everything that counts, checks or compares blocks.

use std::ops::Range;

use crate::error::Result;
use crate::format::vhdx::bat::{self, Bat, BatEntry, PayloadState};
use crate::image::BlockCounts;
use crate::source::{ReadAt, with_scratch};
use crate::units::{BatIndex, BlockIndex, ByteLen, ChunkIndex};

use super::Geometry;

/// Bytes that one read of the pass takes at most, unless a single row is longer: they stay in the second-level cache.
const PIECE: u64 = 256 << 10;

/// The BAT entries of one chunk.
#[derive(Clone, Copy, Debug)]
pub struct ChunkRow<'a> {
    /// Which chunk.
    pub chunk: ChunkIndex,
    /// Number of the first payload block in it.
    pub first_block: BlockIndex,
    /// BAT index of the first entry.
    pub first_index: BatIndex,
    /// The payload entries; fewer than the chunk ratio in the last row.
    pub payload: Bat<'a>,
    /// The entries between the last block of a differencing disk and the sector bitmap entry of its chunk; none in any
    /// other row.
    pub unused: Bat<'a>,
    /// The sector bitmap entry; the last row of a disk without parent has none.
    pub sector_bitmap: Option<BatEntry>,
}

/// Reads the BAT from its first to its last entry and hands it on row by row.
pub fn walk(view: &dyn ReadAt, geometry: &Geometry, each: impl FnMut(ChunkRow<'_>) -> Result<()>) -> Result<()> {
    walk_chunks(view, geometry, 0..geometry.chunks(), each)
}

/// Reads the entries of some chunks and hands them on row by row.
pub fn walk_chunks(
    view: &dyn ReadAt,
    geometry: &Geometry,
    chunks: Range<u64>,
    mut each: impl FnMut(ChunkRow<'_>) -> Result<()>,
) -> Result<()> {
    let ratio = geometry.chunk_ratio;
    let row_bytes = ratio.entries_per_chunk().saturating_mul(bat::ENTRY_SIZE);
    let rows_per_piece = PIECE.checked_div(row_bytes).unwrap_or_default().max(1);
    let mut done = chunks.start.saturating_mul(row_bytes);
    let end = chunks.end.saturating_mul(row_bytes).min(geometry.bat.len.0);
    let piece_bytes = rows_per_piece.saturating_mul(row_bytes).min(end.saturating_sub(done));
    let mut chunk = chunks.start;
    with_scratch(ByteLen(piece_bytes).to_usize().unwrap_or_default(), |buf| {
        while done < end {
            let len = piece_bytes.min(end.saturating_sub(done));
            let Some(piece) = ByteLen(len).to_usize().and_then(|len| buf.get_mut(..len)) else { break };
            view.read_exact_at(bat::STRUCTURE, geometry.bat.start.saturating_add(ByteLen(done)), piece)?;
            for row in piece.chunks(ByteLen(row_bytes).to_usize().unwrap_or(usize::MAX)) {
                each(cut(geometry, ChunkIndex(chunk), row))?;
                chunk = chunk.saturating_add(1);
            }
            done = done.saturating_add(len);
        }
        Ok(())
    })
}

fn cut<'a>(geometry: &Geometry, chunk: ChunkIndex, row: &'a [u8]) -> ChunkRow<'a> {
    let ratio = geometry.chunk_ratio;
    let entries = Bat::new(row);
    let first_block = BlockIndex(chunk.0.saturating_mul(ratio.get()));
    let blocks = ratio.get().min(geometry.payload_blocks.saturating_sub(first_block.0));
    let payload_len = ByteLen(blocks.saturating_mul(bat::ENTRY_SIZE)).to_usize().unwrap_or(usize::MAX);
    let bitmap_from = ByteLen(ratio.get().saturating_mul(bat::ENTRY_SIZE)).to_usize().unwrap_or(usize::MAX);
    let bitmap_at = ByteLen(ratio.get()).to_usize().unwrap_or(usize::MAX);
    ChunkRow {
        chunk,
        first_block,
        first_index: ratio.payload_index(first_block),
        // A differencing disk's last row has unused entries between its last block and the bitmap entry.
        payload: Bat::new(row.get(..payload_len).unwrap_or(row)),
        unused: Bat::new(row.get(payload_len..bitmap_from).unwrap_or_default()),
        sector_bitmap: entries.get(bitmap_at),
    }
}

/// Number of payload blocks in each state.
pub fn count(view: &dyn ReadAt, geometry: &Geometry) -> Result<BlockCounts> {
    let mut counts = BlockCounts::default();
    walk(view, geometry, |row| {
        if row.payload.is_zero() {
            counts.add_blocks(PayloadState::NotPresent, ByteLen::from(row.payload.len()).0);
        } else {
            counts.add(row.payload);
        }
        Ok(())
    })?;
    Ok(counts)
}
