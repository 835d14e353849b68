//! The BAT: states, entries and the place of each entry (MS-VHDX 2.5).

use std::ops::Range;

use super::MIB;
use crate::testkit::sparse::SparseImage;

/// States of payload blocks (MS-VHDX 2.5.1.1); 4 and 5 are reserved.
pub mod state {
    /// `PAYLOAD_BLOCK_NOT_PRESENT`: the parent's, or zeros without one.
    pub const NOT_PRESENT: u8 = 0;
    /// `PAYLOAD_BLOCK_UNDEFINED`: never the parent's.
    pub const UNDEFINED: u8 = 1;
    /// `PAYLOAD_BLOCK_ZERO`: zeros.
    pub const ZERO: u8 = 2;
    /// `PAYLOAD_BLOCK_UNMAPPED`: trimmed by the guest.
    pub const UNMAPPED: u8 = 3;
    /// `PAYLOAD_BLOCK_FULLY_PRESENT`: in this file.
    pub const FULLY_PRESENT: u8 = 6;
    /// `PAYLOAD_BLOCK_PARTIALLY_PRESENT`: some sectors in this file, the others the parent's.
    pub const PARTIALLY_PRESENT: u8 = 7;
    /// `SB_BLOCK_PRESENT`: a sector bitmap block that exists (MS-VHDX 2.5.1.2).
    pub const BITMAP_PRESENT: u8 = 6;
}

/// One payload block: what its BAT entry says, and what stands in the file for it.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// The state, 0 to 7, of [`state`].
    pub state: u8,
    /// The content, from the first byte of the block, for which space in the file is taken.
    pub data: Option<SparseImage>,
    /// The sectors, counted from the block's first, whose bits are set in the sector bitmap.
    pub bits: Vec<Range<u64>>,
    /// The whole entry, whatever the other fields say.
    pub raw: Option<u64>,
}

impl Block {
    /// A block in a state that takes no space.
    pub fn of_state(state: u8) -> Self {
        Self { state, ..Self::default() }
    }

    /// Not in this file.
    pub fn not_present() -> Self {
        Self::of_state(state::NOT_PRESENT)
    }

    /// Of no defined content.
    pub fn undefined() -> Self {
        Self::of_state(state::UNDEFINED)
    }

    /// All zeros.
    pub fn zero() -> Self {
        Self::of_state(state::ZERO)
    }

    /// Trimmed by the guest.
    pub fn unmapped() -> Self {
        Self::of_state(state::UNMAPPED)
    }

    /// Wholly in this file, with this content; what is shorter than the block ends in zeros.
    pub fn full(data: SparseImage) -> Self {
        Self { data: Some(data), ..Self::of_state(state::FULLY_PRESENT) }
    }

    /// Partly in this file: the sectors that [`present`](Self::present) names. The content of the others stands in the
    /// file too and must not be read.
    pub fn partial(data: SparseImage) -> Self {
        Self { data: Some(data), ..Self::of_state(state::PARTIALLY_PRESENT) }
    }

    /// The same block with the bits of these sectors, counted from the block's first, set in the sector bitmap.
    #[must_use]
    pub fn present(mut self, sectors: Range<u64>) -> Self {
        self.bits.push(sectors);
        self
    }

    /// This entry, bit by bit.
    pub fn raw(entry: u64) -> Self {
        Self { raw: Some(entry), ..Self::default() }
    }

    /// The same block, keeping its space and this old content in the file. An `UNMAPPED` or `UNDEFINED` block may do so
    /// (MS-VHDX 2.5.1.1); that content must not be read.
    #[must_use]
    pub fn anchored(mut self, old: SparseImage) -> Self {
        self.data = Some(old);
        self
    }
}

/// An entry: the state in bits 0 to 2, the file offset in MiB in bits 20 to 63. The offset must be in whole MiB.
pub const fn entry(state: u8, file_offset: u64) -> u64 {
    (file_offset / MIB) << 20 | state as u64
}

/// Which entry belongs to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatShape {
    /// Payload blocks that one sector bitmap block covers: 2^23 sectors over the block size.
    pub chunk_ratio: u64,
    /// Payload blocks of the virtual disk.
    pub blocks: u64,
    /// Entries of both kinds: a differencing file has a sector bitmap entry after every chunk, any other file only
    /// between chunks.
    pub entries: u64,
}

impl BatShape {
    /// The shape of a disk's BAT (MS-VHDX 2.5).
    pub const fn new(virtual_size: u64, block_size: u32, logical_sector_size: u32, has_parent: bool) -> Self {
        let block_size = if block_size == 0 { 1 } else { block_size as u64 };
        let ratio = ((logical_sector_size as u64) << 23) / block_size;
        let chunk_ratio = if ratio == 0 { 1 } else { ratio };
        let blocks = virtual_size.div_ceil(block_size);
        let entries = if has_parent {
            blocks.div_ceil(chunk_ratio) * (chunk_ratio + 1)
        } else {
            blocks + blocks.saturating_sub(1) / chunk_ratio
        };
        Self { chunk_ratio, blocks, entries }
    }

    /// The index of a payload block's entry.
    pub const fn payload_index(&self, block: u64) -> u64 {
        block + block / self.chunk_ratio
    }

    /// The index of a chunk's sector bitmap entry.
    pub const fn bitmap_index(&self, chunk: u64) -> u64 {
        chunk * (self.chunk_ratio + 1) + self.chunk_ratio
    }

    /// The payload block whose entry has this index, or `None` for the entry of a sector bitmap.
    pub const fn block_at(&self, index: u64) -> Option<u64> {
        let (chunk, place) = (index / (self.chunk_ratio + 1), index % (self.chunk_ratio + 1));
        if place == self.chunk_ratio { None } else { Some(chunk * self.chunk_ratio + place) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_follow_the_formulas_of_the_specification() {
        // 2^23 sectors of 512 bytes are 4 GiB: 4096 blocks of 1 MiB.
        let plain = BatShape::new(9 << 30, 1 << 20, 512, false);
        assert_eq!((plain.chunk_ratio, plain.blocks, plain.entries), (4096, 9216, 9216 + 2));
        let child = BatShape::new(9 << 30, 1 << 20, 512, true);
        assert_eq!(child.entries, 3 * 4097);
        assert_eq!([4095, 4096, 8192].map(|block| child.payload_index(block)), [4095, 4097, 8194]);
        assert_eq!([0, 1].map(|chunk| child.bitmap_index(chunk)), [4096, 8193]);
        assert_eq!([4095, 4096, 4097].map(|index| child.block_at(index)), [Some(4095), None, Some(4096)]);
        // 2^23 sectors of 4096 bytes over 256 MiB.
        assert_eq!(BatShape::new(1 << 40, 256 << 20, 4096, false).chunk_ratio, 128);
    }

    #[test]
    fn an_entry_holds_the_offset_in_mib() {
        assert_eq!(entry(state::FULLY_PRESENT, 5 << 20), 0x0050_0006);
        assert_eq!(entry(state::UNMAPPED, 0), 3);
    }
}
