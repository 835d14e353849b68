//! What one pass over the whole BAT finds: what its entries say that matters beyond the disk's content.

use crate::format::vhdx::bat::{BatEntry, Slot};
use crate::image::{BlockCounts, Sample};
use crate::units::{ByteLen, ChunkIndex, FileOffset, FileRange};

use super::SpaceMap;

/// One entry and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryAt {
    /// What the entry is for.
    pub slot: Slot,
    /// Where the entry itself lies in the file.
    pub at: FileOffset,
    /// What it says.
    pub entry: BatEntry,
}

/// An entry whose block lies where something else lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collision {
    /// The entry.
    pub entry: EntryAt,
    /// Where its block lies.
    pub range: FileRange,
    /// The first entry before it in the BAT whose block lies there too.
    pub other: Option<EntryAt>,
}

/// Blocks that end behind the end of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeyondEnd {
    /// The one with the lowest virtual offset.
    pub first: EntryAt,
    /// How many there are.
    pub count: u64,
    /// Bytes of the virtual disk that lie in them behind the end of the file.
    pub lost: ByteLen,
}

/// Blocks without content that name a place in the file all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anchored {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Option<EntryAt>,
}

/// The entries of the first and of the last block of a disk: what says most about the places where partition tables
/// are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The entry of the first block.
    pub first: BatEntry,
    /// The entry of the last block, which may be the same.
    pub last: BatEntry,
}

/// Everything that one pass over the BAT found.
#[derive(Debug, PartialEq, Eq)]
pub struct BatSurvey {
    /// Number of payload blocks in each state.
    pub counts: BlockCounts,
    /// The entries of the first and of the last block of the disk.
    pub ends: Option<Ends>,
    /// Entries in which one of the reserved bits 3 to 19 is set.
    pub reserved_bits: Sample<EntryAt>,
    /// Payload entries in one of the reserved states 4 and 5.
    pub reserved_states: Sample<EntryAt>,
    /// Present blocks whose place is the header section at the start of the file.
    pub without_place: Sample<EntryAt>,
    /// Present payload blocks that end behind the end of the file.
    pub beyond_end: Option<BeyondEnd>,
    /// Present sector bitmap blocks that end behind the end of the file.
    pub bitmaps_beyond_end: Sample<EntryAt>,
    /// The last block, where the file ends inside it but behind the last byte of the virtual disk.
    pub short_last_block: Option<EntryAt>,
    /// Present blocks that lie where an earlier entry's block lies.
    pub overlaps: Sample<Collision>,
    /// Present blocks that lie in the header section, the log or a region.
    pub on_structures: Sample<Collision>,
    /// Blocks in the states 0 to 3 that name a place in the file, by state.
    pub anchored: [Anchored; 4],
    /// Blocks marked as partially present.
    pub partial: Sample<EntryAt>,
    /// First partially present block of each chunk that has no sector bitmap block.
    pub without_bitmap: Sample<EntryAt>,
    /// Sector bitmap entries in a state other than 0 and 6, in a disk with parent.
    pub reserved_bitmap_states: Sample<EntryAt>,
    /// Sector bitmap entries that are not zero, in a disk that has no use for them.
    pub unused_slots: Sample<EntryAt>,
    /// Where the present sector bitmap blocks of a disk with parent lie: at most one a chunk, 16,384 in all.
    pub bitmaps: Vec<(ChunkIndex, FileOffset)>,
    /// The megabytes that structures and present blocks take.
    pub used: SpaceMap,
    /// The megabytes that blocks without content name; `None` where there is no such block.
    pub anchored_space: Option<SpaceMap>,
}

impl BatSurvey {
    /// Nothing found yet, and no space of the file known.
    pub(super) fn new() -> Self {
        Self {
            counts: BlockCounts::default(),
            ends: None,
            reserved_bits: Sample::default(),
            reserved_states: Sample::default(),
            without_place: Sample::default(),
            beyond_end: None,
            bitmaps_beyond_end: Sample::default(),
            short_last_block: None,
            overlaps: Sample::default(),
            on_structures: Sample::default(),
            anchored: [Anchored::default(); 4],
            partial: Sample::default(),
            without_bitmap: Sample::default(),
            reserved_bitmap_states: Sample::default(),
            unused_slots: Sample::default(),
            bitmaps: Vec::new(),
            used: SpaceMap::new(ByteLen::ZERO),
            anchored_space: None,
        }
    }

    /// Adds what a pass over later entries found, but for the space that they use.
    pub(super) fn append(&mut self, later: Self) {
        self.counts.append(&later.counts);
        self.ends = match (self.ends, later.ends) {
            (Some(mine), Some(later)) => Some(Ends { first: mine.first, last: later.last }),
            (mine, later) => mine.or(later),
        };
        for (sample, more) in [
            (&mut self.reserved_bits, later.reserved_bits),
            (&mut self.reserved_states, later.reserved_states),
            (&mut self.without_place, later.without_place),
            (&mut self.bitmaps_beyond_end, later.bitmaps_beyond_end),
            (&mut self.partial, later.partial),
            (&mut self.without_bitmap, later.without_bitmap),
            (&mut self.reserved_bitmap_states, later.reserved_bitmap_states),
            (&mut self.unused_slots, later.unused_slots),
        ] {
            sample.append(more);
        }
        self.overlaps.append(later.overlaps);
        self.on_structures.append(later.on_structures);
        self.beyond_end = match (self.beyond_end, later.beyond_end) {
            (Some(all), Some(more)) => Some(BeyondEnd {
                first: all.first,
                count: all.count.saturating_add(more.count),
                lost: all.lost.saturating_add(more.lost),
            }),
            (all, more) => all.or(more),
        };
        self.short_last_block = later.short_last_block.or(self.short_last_block);
        for (all, more) in self.anchored.iter_mut().zip(later.anchored) {
            all.count = all.count.saturating_add(more.count);
            all.first = all.first.or(more.first);
        }
        self.bitmaps.extend(later.bitmaps);
        match (&mut self.anchored_space, later.anchored_space) {
            (Some(space), Some(more)) => space.join(&more),
            (space, more) => *space = space.take().or(more),
        }
    }
}
