//! A structure as it was found, with its own verdict; of two copies each has one.

use crate::error::Result;
use crate::units::FileOffset;

/// One copy as it was found.
#[derive(Debug)]
pub struct Surveyed<T> {
    /// Name of the copy in errors and findings.
    pub structure: &'static str,
    /// Where it lies.
    pub at: FileOffset,
    /// What it says, or why it could not be read.
    pub parsed: Result<T>,
    /// Whether it can be trusted.
    pub state: CopyState,
}

/// Whether a copy can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyState {
    /// Signature and checksum are right.
    Valid,
    /// The file ends before it, or reading failed.
    Unreadable,
    /// Another signature stands there.
    BadSignature,
    /// The stored checksum is not that of the bytes.
    BadChecksum,
    /// It claims more entries than its bytes can hold.
    BadCount,
}

impl CopyState {
    /// A few words for a person.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Unreadable => "unreadable",
            Self::BadSignature => "wrong signature",
            Self::BadChecksum => "wrong checksum",
            Self::BadCount => "impossible entry count",
        }
    }

    /// The same as what follows the name of the copy in a sentence.
    pub fn predicate(self) -> &'static str {
        match self {
            Self::Valid => "is valid",
            Self::Unreadable => "cannot be read",
            Self::BadSignature => "has a wrong signature",
            Self::BadChecksum => "has a wrong checksum",
            Self::BadCount => "has an impossible entry count",
        }
    }
}

impl<T> Surveyed<T> {
    pub(super) fn new(
        structure: &'static str,
        at: FileOffset,
        parsed: Result<T>,
        judge: impl Fn(&T) -> CopyState,
    ) -> Self {
        let state = parsed.as_ref().map_or(CopyState::Unreadable, judge);
        Self { structure, at, parsed, state }
    }

    /// The copy's content if it can be trusted.
    pub fn valid(&self) -> Option<&T> {
        match self.state {
            CopyState::Valid => self.parsed.as_ref().ok(),
            _ => None,
        }
    }

    /// The copy's content, trusted or not.
    pub fn content(&self) -> Option<&T> {
        self.parsed.as_ref().ok()
    }
}
