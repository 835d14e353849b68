//! What a description of a file may choose between.

/// A part of the file that the builder places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The log region.
    Log,
    /// The metadata region.
    Metadata,
    /// The BAT region.
    Bat,
}

/// Which sector bitmap blocks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bitmaps {
    /// Those that partially present blocks need, and those that are given.
    AsNeeded,
    /// Those that are given.
    OnlyGiven,
}

/// The order in which blocks and sector bitmaps take their space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Allocation {
    /// Chunk after chunk: the sector bitmap, then the blocks by number.
    #[default]
    Sequential,
    /// The other way round.
    Reversed,
    /// In a random order that depends on the seed.
    Shuffled(u64),
}
