//! The BAT in one streaming pass: the hot path of everything that counts, checks or compares blocks.

use std::ops::Range;

use crate::error::Result;
use crate::format::vhdx::bat::{self, Bat, BatEntry, PayloadState};
use crate::image::BlockCounts;
use crate::source::{ReadAt, with_scratch};
use crate::units::{BatIndex, BlockIndex, ByteLen, ChunkIndex};

use super::{Geometry, ZeroRows};

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
    /// Whether all of these entries are zeros.
    pub is_zero: bool,
}

/// Reads the BAT from its first to its last entry and hands it on row by row.
pub fn walk(view: &dyn ReadAt, geometry: &Geometry, each: impl FnMut(ChunkRow<'_>) -> Result<()>) -> Result<()> {
    walk_again(view, geometry, &ZeroRows::default(), each)
}

/// The same for a table that others look through too: rows that one of them found to be zeros are not read.
pub fn walk_again(
    view: &dyn ReadAt,
    geometry: &Geometry,
    known: &ZeroRows,
    each: impl FnMut(ChunkRow<'_>) -> Result<()>,
) -> Result<()> {
    walk_chunks(view, geometry, known, 0..geometry.chunks(), each)
}

/// Hands on the entries of some chunks row by row, and reads those that are not known to be zeros.
pub fn walk_chunks(
    view: &dyn ReadAt,
    geometry: &Geometry,
    known: &ZeroRows,
    chunks: Range<u64>,
    mut each: impl FnMut(ChunkRow<'_>) -> Result<()>,
) -> Result<()> {
    let row_bytes = geometry.row_bytes();
    let row_len = ByteLen(row_bytes).to_usize().unwrap_or(usize::MAX);
    let rows_per_piece = PIECE.checked_div(row_bytes).unwrap_or_default().max(1);
    let table = geometry.bat.len.0;
    // Bytes of the table up to a chunk.
    let up_to = |chunk: u64| chunk.saturating_mul(row_bytes).min(table);
    let longest = up_to(chunks.end).saturating_sub(up_to(chunks.start)).min(rows_per_piece.saturating_mul(row_bytes));
    let mut zeros = Vec::new();
    let mut chunk = chunks.start;
    with_scratch(ByteLen(longest).to_usize().unwrap_or_default(), |buf| {
        while up_to(chunk) < up_to(chunks.end) {
            let most = chunks.end.saturating_sub(chunk).min(rows_per_piece);
            let (rows, are_zeros) = known.alike(ChunkIndex(chunk), most);
            let at = up_to(chunk);
            let next = chunk.saturating_add(rows);
            let len = ByteLen(up_to(next).saturating_sub(at)).to_usize().unwrap_or_default();
            let piece = if are_zeros {
                if zeros.len() < len {
                    zeros.resize(len, 0);
                }
                zeros.get(..len)
            } else {
                let Some(piece) = buf.get_mut(..len) else { break };
                view.read_exact_at(bat::STRUCTURE, geometry.bat.start.saturating_add(ByteLen(at)), piece)?;
                Some(&*piece)
            };
            for (row, number) in piece.unwrap_or_default().chunks(row_len).zip(chunk..) {
                let is_zero = are_zeros || Bat::new(row).is_zero();
                if is_zero && !are_zeros {
                    known.note(ChunkIndex(number));
                }
                each(cut(geometry, ChunkIndex(number), row, is_zero))?;
            }
            chunk = next;
        }
        Ok(())
    })
}

fn cut<'a>(geometry: &Geometry, chunk: ChunkIndex, row: &'a [u8], is_zero: bool) -> ChunkRow<'a> {
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
        is_zero,
    }
}

/// Number of payload blocks in each state.
pub fn count(view: &dyn ReadAt, geometry: &Geometry, known: &ZeroRows) -> Result<BlockCounts> {
    let mut counts = BlockCounts::default();
    walk_again(view, geometry, known, |row| {
        if row.is_zero {
            counts.add_blocks(PayloadState::NotPresent, ByteLen::from(row.payload.len()).0);
        } else {
            counts.add(row.payload);
        }
        Ok(())
    })?;
    Ok(counts)
}
