//! A stretch of the virtual disk about which one file says one thing.

use crate::units::{ByteLen, FileOffset, VirtualOffset, VirtualRange};

/// What a file says about a stretch of the virtual disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// The bytes are in the file, from this offset on.
    Data(FileOffset),
    /// The parent has them.
    Transparent,
    /// Zeros, by the block's state.
    Zero,
    /// Zeros: the guest gave the block up.
    Unmapped,
    /// Zeros by choice of the reader: the format leaves the content open.
    Undefined,
    /// Zeros: a disk without parent never stored anything here.
    Absent,
}

impl Content {
    /// The content `len` bytes further on in the same stretch.
    #[must_use]
    pub fn skip(self, len: ByteLen) -> Self {
        match self {
            Self::Data(at) => Self::Data(at.saturating_add(len)),
            other => other,
        }
    }
}

/// A stretch of the virtual disk about which a file says one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Where it lies; never empty.
    pub range: VirtualRange,
    /// What the file says.
    pub content: Content,
}

impl Run {
    /// The run from `at` on, which must lie in it.
    #[must_use]
    pub fn from(self, at: VirtualOffset) -> Self {
        let skipped = ByteLen(at.0.saturating_sub(self.range.start.0));
        Self { range: VirtualRange::between(at, self.range.end()), content: self.content.skip(skipped) }
    }

    /// Whether `at` lies in the run.
    pub fn holds(&self, at: VirtualOffset) -> bool {
        self.range.start <= at && at < self.range.end()
    }
}
