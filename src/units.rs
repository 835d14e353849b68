//! Numbers that carry their unit, so that the compiler refuses a mix-up.
//!
//! Most faults of image readers are unit faults: a block number used as a BAT index, a sector within a block used as a
//! sector within a chunk, a virtual offset used as a file offset. Each of these is its own type here, and only named
//! functions lead from one to another ([`crate::format::vhdx::bat::ChunkRatio`] from block to BAT index).

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident, $show:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// Zero of this unit.
            pub const ZERO: Self = Self(0);

            /// The bare number.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, $show, self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "(", $show, ")"), self.0)
            }
        }
    };
}

unit! {
    /// A byte position in a file on the host, from its first byte.
    FileOffset, "{:#x}"
}
unit! {
    /// A byte position on the virtual disk, as a guest counts.
    VirtualOffset, "{:#x}"
}
unit! {
    /// A number of bytes.
    ByteLen, "{}"
}
unit! {
    /// The number of a payload block on the virtual disk, from zero. Not an index into the BAT: see [`BatIndex`].
    BlockIndex, "{}"
}
unit! {
    /// The index of an entry in a VHDX BAT, in which one sector bitmap entry follows each chunk's payload entries.
    BatIndex, "{}"
}
unit! {
    /// The number of a chunk (2^23 sectors, covered by one sector bitmap block), from zero.
    ChunkIndex, "{}"
}
unit! {
    /// The number of a logical sector on the virtual disk, from zero.
    SectorIndex, "{}"
}

impl FileOffset {
    /// The offset `len` bytes further on, or `None` beyond 2^64.
    pub const fn checked_add(self, len: ByteLen) -> Option<Self> {
        match self.0.checked_add(len.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The offset `len` bytes further on, or the last representable one.
    #[must_use]
    pub const fn saturating_add(self, len: ByteLen) -> Self {
        Self(self.0.saturating_add(len.0))
    }
}

impl VirtualOffset {
    /// The offset `len` bytes further on, or the last representable one.
    #[must_use]
    pub const fn saturating_add(self, len: ByteLen) -> Self {
        Self(self.0.saturating_add(len.0))
    }
}

impl ByteLen {
    /// This many binary kilobytes.
    pub const fn kib(n: u64) -> Self {
        Self(n << 10)
    }

    /// This many binary megabytes.
    pub const fn mib(n: u64) -> Self {
        Self(n << 20)
    }

    /// Whether there is not a single byte.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or the largest representable length.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, or zero where `other` is longer.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The length as an in-memory size, or `None` where it does not fit the address space.
    pub fn to_usize(self) -> Option<usize> {
        usize::try_from(self.0).ok()
    }
}

impl From<usize> for ByteLen {
    fn from(len: usize) -> Self {
        // usize is at most 64 bits on every platform that Rust supports.
        Self(len as u64)
    }
}

/// A range of bytes in a file: `start` included, `end` not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileRange {
    /// First byte of the range.
    pub start: FileOffset,
    /// Length in bytes.
    pub len: ByteLen,
}

impl FileRange {
    /// The range of `len` bytes from `start`.
    pub const fn new(start: FileOffset, len: ByteLen) -> Self {
        Self { start, len }
    }

    /// The first byte after the range; saturates at 2^64 - 1.
    pub const fn end(self) -> FileOffset {
        self.start.saturating_add(self.len)
    }

    /// Whether the two ranges share a byte. An empty range shares none.
    pub const fn overlaps(self, other: Self) -> bool {
        !self.len.is_zero() && !other.len.is_zero() && self.start.0 < other.end().0 && other.start.0 < self.end().0
    }
}

/// A range of bytes on the virtual disk: `start` included, `end` not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VirtualRange {
    /// First byte of the range.
    pub start: VirtualOffset,
    /// Length in bytes.
    pub len: ByteLen,
}

impl VirtualRange {
    /// The range of `len` bytes from `start`.
    pub const fn new(start: VirtualOffset, len: ByteLen) -> Self {
        Self { start, len }
    }

    /// The range from `start` up to `end`; empty where `end` is not behind `start`.
    pub const fn between(start: VirtualOffset, end: VirtualOffset) -> Self {
        Self { start, len: ByteLen(end.0.saturating_sub(start.0)) }
    }

    /// The first byte after the range; saturates at 2^64 - 1.
    pub const fn end(self) -> VirtualOffset {
        self.start.saturating_add(self.len)
    }

    /// The part of the range that lies before `end`.
    #[must_use]
    pub fn before(self, end: VirtualOffset) -> Self {
        Self::between(self.start, self.end().min(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_show_offsets_in_hex_and_counts_in_decimal() {
        assert_eq!(FileOffset(0x10000).to_string(), "0x10000");
        assert_eq!(BlockIndex(12).to_string(), "12");
        assert_eq!(format!("{:?}", BatIndex(7)), "BatIndex(7)");
    }

    #[test]
    fn empty_ranges_overlap_nothing() {
        let whole = FileRange::new(FileOffset(0), ByteLen(10));
        assert!(whole.overlaps(FileRange::new(FileOffset(9), ByteLen(5))));
        assert!(!whole.overlaps(FileRange::new(FileOffset(10), ByteLen(5))));
        assert!(!whole.overlaps(FileRange::new(FileOffset(5), ByteLen(0))));
        assert!(
            FileRange::new(FileOffset(u64::MAX - 1), ByteLen(9))
                .overlaps(FileRange::new(FileOffset(u64::MAX - 1), ByteLen(1)))
        );
    }
}
