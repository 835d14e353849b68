//! Block allocation table (MS-VHDX 2.5): eight bytes an entry; one sector bitmap entry follows each chunk's payload
//! entries, in fixed and dynamic disks too.

use crate::units::{BatIndex, BlockIndex, ByteLen, ChunkIndex, FileOffset};

/// Name of the structure in errors and findings.
pub const STRUCTURE: &str = "BAT";
/// Bytes of an entry.
pub const ENTRY_SIZE: u64 = 8;
/// Logical sectors that one sector bitmap block covers (MS-VHDX 2.4).
pub const SECTORS_PER_BITMAP: u64 = 1 << 23;

/// One entry: state in bits 0 to 2, reserved bits 3 to 19, file offset in MiB in bits 20 to 63.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatEntry(pub u64);

/// State of a payload block (MS-VHDX 2.5.1.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PayloadState {
    /// Nothing here: a differencing disk shows its parent, any other disk anything (zeros).
    NotPresent,
    /// Content is undefined; reads as zeros here.
    Undefined,
    /// Zeros.
    Zero,
    /// Unmapped by the guest; reads as zeros here.
    Unmapped,
    /// Reserved.
    Reserved4,
    /// Reserved.
    Reserved5,
    /// The whole block is in the file.
    FullyPresent,
    /// The sector bitmap says which sectors are in the file; the others are the parent's.
    PartiallyPresent,
}

/// State of a sector bitmap block (MS-VHDX 2.5.1.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SectorBitmapState {
    /// There is none (0).
    NotPresent,
    /// It is in the file (6).
    Present,
    /// Any other value.
    Reserved(u8),
}

impl SectorBitmapState {
    /// Whether readers take the block's bits. State 7 is reserved for bitmap blocks; Microsoft's reader takes it as
    /// present.
    pub const fn is_read(self) -> bool {
        matches!(self, Self::Present | Self::Reserved(7))
    }
}

impl BatEntry {
    /// The three bits of the state.
    pub const fn raw_state(self) -> u8 {
        self.0.to_le_bytes()[0] & 7
    }

    /// The state, read as that of a payload block.
    pub const fn payload_state(self) -> PayloadState {
        match self.raw_state() {
            0 => PayloadState::NotPresent,
            1 => PayloadState::Undefined,
            2 => PayloadState::Zero,
            3 => PayloadState::Unmapped,
            4 => PayloadState::Reserved4,
            5 => PayloadState::Reserved5,
            6 => PayloadState::FullyPresent,
            _ => PayloadState::PartiallyPresent,
        }
    }

    /// The state, read as that of a sector bitmap block.
    pub const fn sector_bitmap_state(self) -> SectorBitmapState {
        match self.raw_state() {
            0 => SectorBitmapState::NotPresent,
            6 => SectorBitmapState::Present,
            other => SectorBitmapState::Reserved(other),
        }
    }

    /// Bits 3 to 19, which are reserved.
    pub const fn reserved(self) -> u64 {
        (self.0 >> 3) & 0x1_FFFF
    }

    /// Where the block lies in the file: a multiple of 1 MiB, not of the block size.
    pub const fn file_offset(self) -> FileOffset {
        FileOffset(self.0 & !0xF_FFFF)
    }
}

impl From<PayloadState> for u8 {
    fn from(state: PayloadState) -> Self {
        match state {
            PayloadState::NotPresent => 0,
            PayloadState::Undefined => 1,
            PayloadState::Zero => 2,
            PayloadState::Unmapped => 3,
            PayloadState::Reserved4 => 4,
            PayloadState::Reserved5 => 5,
            PayloadState::FullyPresent => 6,
            PayloadState::PartiallyPresent => 7,
        }
    }
}

impl PayloadState {
    /// Whether the block's content, or a part of it, is in this file.
    pub const fn is_present(self) -> bool {
        matches!(self, Self::FullyPresent | Self::PartiallyPresent)
    }

    /// The specification's name in lower case, without its prefix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotPresent => "not present",
            Self::Undefined => "undefined",
            Self::Zero => "zero",
            Self::Unmapped => "unmapped",
            Self::Reserved4 => "reserved state 4",
            Self::Reserved5 => "reserved state 5",
            Self::FullyPresent => "fully present",
            Self::PartiallyPresent => "partially present",
        }
    }

    /// All states, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::NotPresent,
        Self::Undefined,
        Self::Zero,
        Self::Unmapped,
        Self::Reserved4,
        Self::Reserved5,
        Self::FullyPresent,
        Self::PartiallyPresent,
    ];
}

/// What an entry of the BAT is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// A payload block.
    Payload(BlockIndex),
    /// The sector bitmap block of a chunk.
    SectorBitmap(ChunkIndex),
}

/// Number of payload blocks that one sector bitmap block covers (MS-VHDX 2.5). Only this type turns payload block
/// numbers into BAT indexes and back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChunkRatio {
    log2: u32,
}

impl ChunkRatio {
    /// The ratio of a disk, or `None` unless both sizes are powers of two and a block is no larger than a chunk.
    pub fn new(logical_sector_size: ByteLen, block_size: ByteLen) -> Option<Self> {
        let chunk = SECTORS_PER_BITMAP.checked_mul(logical_sector_size.0)?;
        if !logical_sector_size.0.is_power_of_two() || !block_size.0.is_power_of_two() {
            return None;
        }
        let log2 = chunk.trailing_zeros().checked_sub(block_size.0.trailing_zeros())?;
        Some(Self { log2 })
    }

    /// Payload blocks a chunk.
    pub const fn get(self) -> u64 {
        1 << self.log2
    }

    /// Entries of one chunk in the BAT: its payload entries and the sector bitmap entry.
    pub const fn entries_per_chunk(self) -> u64 {
        self.get().saturating_add(1)
    }

    /// The chunk that a payload block lies in.
    pub const fn chunk_of(self, block: BlockIndex) -> ChunkIndex {
        ChunkIndex(block.0 >> self.log2)
    }

    /// The number of a block within its chunk.
    pub const fn block_in_chunk(self, block: BlockIndex) -> u64 {
        block.0 & self.get().saturating_sub(1)
    }

    /// The BAT index of a payload block. Saturates far beyond any disk.
    pub const fn payload_index(self, block: BlockIndex) -> BatIndex {
        BatIndex(block.0.saturating_add(self.chunk_of(block).0))
    }

    /// The BAT index of a chunk's sector bitmap block. Saturates far beyond any disk.
    pub const fn sector_bitmap_index(self, chunk: ChunkIndex) -> BatIndex {
        BatIndex(chunk.0.saturating_add(1).saturating_mul(self.entries_per_chunk()).saturating_sub(1))
    }

    /// What the BAT entry at `index` is for.
    pub const fn slot(self, index: BatIndex) -> Slot {
        let per_chunk = self.entries_per_chunk();
        // A chunk has at least two entries, so neither divides by zero.
        let (chunk, within) = match (index.0.checked_div(per_chunk), index.0.checked_rem(per_chunk)) {
            (Some(chunk), Some(within)) => (chunk, within),
            _ => (0, index.0),
        };
        if within == self.get() {
            Slot::SectorBitmap(ChunkIndex(chunk))
        } else {
            Slot::Payload(BlockIndex((chunk << self.log2).saturating_add(within)))
        }
    }

    /// Number of BAT entries of a disk with this many payload blocks (MS-VHDX 2.5): whole chunks for a differencing
    /// disk; up to the last payload entry for any other.
    pub const fn entry_count(self, payload_blocks: u64, has_parent: bool) -> u64 {
        if payload_blocks == 0 {
            return 0;
        }
        if has_parent {
            payload_blocks.div_ceil(self.get()).saturating_mul(self.entries_per_chunk())
        } else {
            payload_blocks.saturating_add(payload_blocks.saturating_sub(1) >> self.log2)
        }
    }
}

/// A run of BAT entries, borrowed from the bytes of the file.
#[derive(Clone, Copy, Debug)]
pub struct Bat<'a> {
    entries: &'a [[u8; 8]],
}

impl<'a> Bat<'a> {
    /// The entries in `bytes`; what is left after the last whole one is not part of the table.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { entries: bytes.as_chunks::<8>().0 }
    }

    /// Number of entries in view.
    pub fn len(self) -> usize {
        self.entries.len()
    }

    /// Whether no entry is in view.
    pub fn is_empty(self) -> bool {
        self.entries.is_empty()
    }

    /// The entry at a place in the view.
    pub fn get(self, place: usize) -> Option<BatEntry> {
        self.entries.get(place).map(|bytes| BatEntry(u64::from_le_bytes(*bytes)))
    }

    /// The view cut into views of `len` entries; the last may be shorter.
    pub fn groups(self, len: usize) -> impl Iterator<Item = Bat<'a>> {
        self.entries.chunks(len.max(1)).map(|entries| Bat { entries })
    }

    /// The state that all entries in view say, where none of them says anything but one of the states 0 to 3: most
    /// stretches of a sparse disk. `None` where nothing is in view.
    #[inline]
    pub fn bare_state(self) -> Option<PayloadState> {
        let first = self.get(0).filter(|first| first.0 <= 3)?;
        let unequal = self.iter().fold(0, |unequal, entry| unequal | (entry.0 ^ first.0));
        (unequal == 0).then(|| first.payload_state())
    }

    /// Whether all entries in view are zero: blocks that were never written, or a hole in the file.
    pub fn is_zero(self) -> bool {
        // In pieces, so that what is none is found out early, and each without a branch.
        self.groups(512).all(|group| group.iter().fold(0, |any, entry| any | entry.0) == 0)
    }

    /// All entries in view.
    pub fn iter(self) -> impl ExactSizeIterator<Item = BatEntry> + 'a {
        self.entries.iter().map(|bytes| BatEntry(u64::from_le_bytes(*bytes)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_of_an_entry() {
        let entry = BatEntry(0x0000_0012_3450_000E);
        assert_eq!(entry.payload_state(), PayloadState::FullyPresent);
        assert_eq!(entry.sector_bitmap_state(), SectorBitmapState::Present);
        assert_eq!((entry.reserved(), entry.file_offset()), (1, FileOffset(0x12_3450_0000)));
        assert_eq!(BatEntry(5).payload_state(), PayloadState::Reserved5);
        assert_eq!(BatEntry(7).sector_bitmap_state(), SectorBitmapState::Reserved(7));
        for (number, state) in PayloadState::ALL.into_iter().enumerate() {
            assert_eq!(BatEntry(number as u64).payload_state(), state);
        }
    }

    #[test]
    fn the_largest_legitimate_bat() {
        // 64 TiB with 1 MiB blocks and 512-byte sectors: 67,108,864 payload and 16,383 bitmap entries.
        let ratio = ChunkRatio::new(ByteLen(512), ByteLen::mib(1)).unwrap();
        assert_eq!(ratio.get(), 4096);
        assert_eq!(ratio.entry_count(64 << 20, false), 67_108_864 + 16_383);
        assert_eq!(ratio.entry_count(64 << 20, true), 67_108_864 + 16_384);
    }

    #[test]
    fn a_ratio_needs_powers_of_two() {
        assert_eq!(ChunkRatio::new(ByteLen(512), ByteLen::mib(3)), None);
        assert_eq!(ChunkRatio::new(ByteLen(0), ByteLen::mib(1)), None);
        assert_eq!(ChunkRatio::new(ByteLen(512), ByteLen(0)), None);
        assert_eq!(ChunkRatio::new(ByteLen(512), ByteLen(1 << 40)), None);
        assert_eq!(ChunkRatio::new(ByteLen(4096), ByteLen::mib(256)).unwrap().get(), 128);
    }

    proptest! {
        #[test]
        fn slots_and_indexes_are_inverse(sector in prop::sample::select(vec![512_u64, 4096]), log2 in 20_u32..29, block in 0_u64..1 << 40) {
            let ratio = ChunkRatio::new(ByteLen(sector), ByteLen(1 << log2)).unwrap();
            let block = BlockIndex(block);
            prop_assert_eq!(ratio.slot(ratio.payload_index(block)), Slot::Payload(block));
            let chunk = ratio.chunk_of(block);
            prop_assert_eq!(ratio.slot(ratio.sector_bitmap_index(chunk)), Slot::SectorBitmap(chunk));
            // The formula in the words of the specification: a bitmap entry after every `ratio` payload entries.
            prop_assert_eq!(ratio.payload_index(block).0, block.0 + block.0 / ratio.get());
            prop_assert_eq!(ratio.sector_bitmap_index(chunk).0, chunk.0 * (ratio.get() + 1) + ratio.get());
        }
    }
}
