//! The planes of a VHDX file: 64 entries of its BAT become a word of each.

use crate::error::{Error, Result};
use crate::format::vhdx::bat::{self, Bat, BatEntry};
use crate::format::vhdx::{HEADER_SECTION, sector_bitmap};
use crate::image::vhdx::runs::{bitmap_block, in_structure, structures};
use crate::image::vhdx::{Geometry, VhdxSurvey, ZeroRows};
use crate::source::ReadAt;
use crate::units::{BlockIndex, ByteLen, ChunkIndex, FileOffset, FileRange};

use super::words::{BITS, fill, ones};
use super::{PlaneWord, Planes};

/// Bytes of one read at most: they stay in the second-level cache.
const PIECE: u64 = 256 << 10;

/// What is needed to read the blocks of a VHDX file.
#[derive(Debug)]
pub(super) struct VhdxBlocks {
    geometry: Geometry,
    structures: Vec<(&'static str, FileRange)>,
    file_size: ByteLen,
    /// Rows of the table that need not be read.
    known: ZeroRows,
    /// Places from the first to the last, in MiB, at which a block of full length is surely well.
    well: (u64, u64),
    /// The last chunk whose sector bitmap was asked for, and where that lies.
    bitmap_of: Option<(ChunkIndex, FileOffset)>,
}

impl VhdxBlocks {
    pub(super) fn new(geometry: Geometry, survey: &VhdxSurvey, file_size: ByteLen) -> Self {
        let structures = structures(survey, &geometry);
        let low = structures.iter().map(|(_, range)| range.end().0).fold(HEADER_SECTION.0, u64::max);
        let low = low.div_ceil(MIB);
        // Without room for a single block no place is well: each is then looked at on its own.
        let well = match file_size.0.checked_sub(geometry.block_size.0) {
            Some(high) => (low, high / MIB),
            None => (1, 0),
        };
        let known = survey.zero_rows().clone();
        Self { geometry, structures, file_size, known, well, bitmap_of: None }
    }

    /// Fills the planes, which know their blocks.
    pub(super) fn read(&self, view: &dyn ReadAt, planes: &mut Planes, buf: &mut Vec<u8>) -> Result<()> {
        let ratio = self.geometry.chunk_ratio;
        let end = planes.first.saturating_add(planes.count);
        let rows = PIECE.checked_div(ratio.entries_per_chunk().saturating_mul(bat::ENTRY_SIZE)).unwrap_or_default();
        let mut block = planes.first;
        while block < end {
            let (chunk, left) = (ratio.chunk_of(BlockIndex(block)), end.saturating_sub(block).div_ceil(ratio.get()));
            let (alike, are_zeros) = self.known.alike(chunk, left.saturating_add(1));
            let alike_until = chunk.0.saturating_add(alike).saturating_mul(ratio.get()).min(end);
            if are_zeros {
                self.zeros(block, alike_until, planes);
                block = alike_until;
                continue;
            }
            let first = ratio.payload_index(BlockIndex(block));
            let to_row_end = ratio.get().saturating_sub(ratio.block_in_chunk(BlockIndex(block)));
            // Whole rows where a piece has room for one; else pieces of a row, in whole words.
            let wanted = match (rows, to_row_end == ratio.get()) {
                (0, _) => to_row_end.min(PIECE / bat::ENTRY_SIZE),
                (_, false) => to_row_end,
                (rows, true) => rows.saturating_mul(ratio.get()),
            };
            let last = block.saturating_add(wanted).min(alike_until).saturating_sub(1);
            let mut entries = ratio.payload_index(BlockIndex(last)).0.saturating_sub(first.0).saturating_add(1);
            // With the entry of the last sector bitmap, where it comes next: only whole rows are known to be zeros.
            let ends_row = ratio.block_in_chunk(BlockIndex(last)).saturating_add(1) == ratio.get();
            if ends_row && first.0.saturating_add(entries) < self.geometry.bat_entries {
                entries = entries.saturating_add(1);
            }
            let len = ByteLen(entries.saturating_mul(bat::ENTRY_SIZE)).to_usize().unwrap_or_default();
            if buf.len() < len {
                buf.resize(len, 0);
            }
            let Some(piece) = buf.get_mut(..len) else { break };
            view.read_exact_at(bat::STRUCTURE, self.geometry.entry_offset(first), piece)?;
            let mut rest = piece.as_chunks::<8>().0;
            while !rest.is_empty() && block < end {
                let in_row = ratio.get().saturating_sub(ratio.block_in_chunk(BlockIndex(block)));
                let take = usize::try_from(in_row).unwrap_or(usize::MAX).min(rest.len());
                let (row, after) = rest.split_at(take);
                let is_zero = Bat::new(row.as_flattened()).is_zero();
                if is_zero {
                    self.zeros(block, block.saturating_add(ByteLen::from(row.len()).0), planes);
                } else {
                    self.row(block, row, planes);
                }
                let is_whole = ByteLen::from(row.len()).0 == ratio.get();
                if is_zero && is_whole && after.first() == Some(&[0; 8]) {
                    self.known.note(ratio.chunk_of(BlockIndex(block)));
                }
                block = block.saturating_add(ByteLen::from(row.len()).0);
                // What follows a whole row is the entry of its sector bitmap.
                rest = after.get(1..).unwrap_or_default();
            }
        }
        Ok(())
    }

    /// Blocks of which the table says nothing: the parent's, or nothing that was ever written.
    fn zeros(&self, first: u64, end: u64, planes: &mut Planes) {
        if !self.geometry.has_parent {
            fill(&mut planes.mark, first.saturating_sub(planes.first), end.saturating_sub(planes.first));
        }
    }

    fn row(&self, first: u64, row: &[[u8; 8]], planes: &mut Planes) {
        let (groups, rest) = row.as_chunks::<64>();
        let mut block = first;
        let planes_first = planes.first;
        for group in groups {
            planes.put(block.saturating_sub(planes_first), self.group(block, group));
            block = block.saturating_add(BITS);
        }
        if !rest.is_empty() {
            let mut group = [[0; 8]; 64];
            for (entry, bytes) in group.iter_mut().zip(rest) {
                *entry = *bytes;
            }
            let mask = ones(ByteLen::from(rest.len()).0);
            let PlaneWord { data, mark, invalid } = self.group(block, &group);
            let word = PlaneWord { data: data & mask, mark: mark & mask, invalid: invalid & mask };
            planes.put(block.saturating_sub(planes_first), word);
        }
    }

    /// 64 entries as a word of each plane.
    #[inline]
    fn group(&self, first: u64, group: &[[u8; 8]; 64]) -> PlaneWord {
        // Most groups of a sparse disk say the same in all entries.
        let one = u64::from_le_bytes(group[0]);
        let unequal = group.iter().fold(0, |unequal, entry| unequal | (u64::from_le_bytes(*entry) ^ one));
        if unequal == 0 && one & 4 == 0 {
            let mark = if self.geometry.has_parent { spread(one) | spread(one >> 1) } else { u64::MAX };
            return PlaneWord { data: 0, mark, invalid: 0 };
        }
        let mut entries = [0; 64];
        for (entry, bytes) in entries.iter_mut().zip(group) {
            *entry = u64::from_le_bytes(*bytes);
        }
        let (low, middle, high) = state_bits(&entries);
        let present = high & middle;
        let reserved = high & !middle;
        let mark = if self.geometry.has_parent {
            (!high & (middle | low)) | (present & low)
        } else {
            // A block in part, which only a child may have, is read as a whole one.
            !high
        };
        let mut word = PlaneWord { data: present | reserved, mark, invalid: reserved };
        if present != 0 && !self.are_well(&entries) {
            for (entry, number) in entries.iter().map(|entry| BatEntry(*entry)).zip(0_u64..) {
                if entry.payload_state().is_present() && !self.is_well(first.saturating_add(number), entry) {
                    word.invalid |= 1_u64.wrapping_shl(u32::try_from(number).unwrap_or_default());
                }
            }
        }
        word
    }

    /// Whether all places named by present blocks are surely well; no branch, so that it runs at the speed of memory.
    #[inline]
    fn are_well(&self, entries: &[u64; 64]) -> bool {
        let (low, high) = self.well;
        let bad = entries.iter().fold(0, |bad, entry| {
            let place = entry >> 20;
            let outside = place.wrapping_sub(low) | high.wrapping_sub(place);
            // Bits 1 and 2 of a present block are set; here they meet the sign of a difference.
            bad | (outside & (entry << 61) & (entry << 62))
        });
        bad >> 63 == 0
    }

    /// Whether a present block lies where a block may.
    #[cold]
    fn is_well(&self, block: u64, entry: BatEntry) -> bool {
        let range = FileRange::new(entry.file_offset(), self.geometry.block_len(BlockIndex(block)));
        range.start.0 >= HEADER_SECTION.0
            && range.end().0 <= self.file_size.0
            && in_structure(&self.structures, range).is_none()
    }

    /// Reads the bits of a block that is in the file in part.
    pub(super) fn read_bitmap(&mut self, view: &dyn ReadAt, block: u64, bytes: &mut Vec<u8>) -> Result<()> {
        let ratio = self.geometry.chunk_ratio;
        let block = BlockIndex(block);
        let chunk = ratio.chunk_of(block);
        let bitmap = match self.bitmap_of {
            Some((of, at)) if of == chunk => at,
            _ => {
                let at = self.bitmap_at(view, chunk)?;
                self.bitmap_of = Some((chunk, at));
                at
            }
        };
        let len = self.geometry.sectors_per_block().div_ceil(8);
        bytes.resize(ByteLen(len).to_usize().unwrap_or_default(), 0);
        let from = ByteLen(ratio.block_in_chunk(block).saturating_mul(len));
        view.read_exact_at(sector_bitmap::STRUCTURE, bitmap.saturating_add(from), bytes)
    }

    fn bitmap_at(&self, view: &dyn ReadAt, chunk: ChunkIndex) -> Result<FileOffset> {
        let at = self.geometry.entry_offset(self.geometry.chunk_ratio.sector_bitmap_index(chunk));
        let mut bytes = [0; 8];
        view.read_exact_at(bat::STRUCTURE, at, &mut bytes)?;
        let entry = BatEntry(u64::from_le_bytes(bytes));
        let is_there = entry.sector_bitmap_state().is_read();
        let is_apart = in_structure(&self.structures, bitmap_block(entry)).is_none();
        if is_there && is_apart && entry.file_offset() >= FileOffset(HEADER_SECTION.0) {
            return Ok(entry.file_offset());
        }
        Err(Error::malformed(sector_bitmap::STRUCTURE, at, "a partially present block has no bits"))
    }
}

const MIB: u64 = 1 << 20;

/// All bits as the lowest of `word`.
const fn spread(word: u64) -> u64 {
    (word & 1).wrapping_neg()
}

/// The three bits of each state, one word a bit. Eight states are packed into the bytes of a word, from which one
/// multiplication gathers one bit of each.
#[inline]
fn state_bits(entries: &[u64; 64]) -> (u64, u64, u64) {
    const LOWEST: u64 = 0x0101_0101_0101_0101;
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let gathered = |packed: u64, bit: u32| (packed.wrapping_shr(bit) & LOWEST).wrapping_mul(GATHER) >> 56;
    let (mut low, mut middle, mut high) = (0, 0, 0);
    for eight in entries.as_chunks::<8>().0.iter().rev() {
        let packed = eight.iter().rev().fold(0_u64, |packed, entry| packed << 8 | (entry & 7));
        low = low << 8 | gathered(packed, 0);
        middle = middle << 8 | gathered(packed, 1);
        high = high << 8 | gathered(packed, 2);
    }
    (low, middle, high)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_of_states_are_gathered_in_order(entries in prop::collection::vec(any::<u64>(), 64)) {
            let entries: [u64; 64] = entries.try_into().unwrap();
            let (low, middle, high) = state_bits(&entries);
            for (number, entry) in entries.iter().enumerate() {
                let state = (low >> number & 1) | (middle >> number & 1) << 1 | (high >> number & 1) << 2;
                prop_assert_eq!(state, u64::from(u8::from(BatEntry(*entry).payload_state())), "entry {}", number);
            }
        }
    }
}
