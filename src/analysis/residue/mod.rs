//! What is left in a file: every range that no live structure uses, and which of them hold data.

mod extract;

use crate::error::Error;
use crate::format::vhdx::bat::PayloadState;
use crate::image::Image;
use crate::limits::{MAX_RESIDUE_PROBE, MAX_RESIDUE_RANGES};
use crate::units::{BlockIndex, ByteLen, FileOffset, FileRange};

use super::partition::{self, Piece, Usage};
use super::probe::{self, Probe};

pub use extract::{Extracted, extract};

/// A range that no live structure uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Where it lies.
    pub range: FileRange,
    /// What it is or was.
    pub usage: Usage,
    /// Whether it holds data.
    pub holds: Holds,
}

/// Whether a range holds anything but zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// It does, from here on.
    Data(FileOffset),
    /// All of it is zero.
    Zeros,
    /// It was not looked at, or not to its end: the bound on bytes to read was reached.
    NotLookedAt,
}

/// Everything that is left in a file.
#[derive(Clone, Debug, Default)]
pub struct Residue {
    /// The ranges, sorted by offset; at most [`MAX_RESIDUE_RANGES`].
    pub ranges: Vec<Leftover>,
    /// Ranges that are not listed, and their bytes.
    pub not_listed: Sum,
    /// Bytes that live structures use.
    pub used: ByteLen,
    /// Bytes that none uses, listed or not.
    pub unused: ByteLen,
    /// Bytes whose use cannot be told.
    pub unknown: ByteLen,
    /// Bytes that were read to look for data.
    pub looked_at: ByteLen,
    /// Why the use of some bytes cannot be told.
    pub problem: Option<Error>,
}

/// Number and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many ranges.
    pub ranges: u64,
    /// Their bytes.
    pub bytes: ByteLen,
}

impl Sum {
    fn add(&mut self, len: ByteLen) {
        self.ranges = self.ranges.saturating_add(1);
        self.bytes = self.bytes.saturating_add(len);
    }
}

impl Leftover {
    /// The block that lies or lay there.
    pub fn block(&self) -> Option<BlockIndex> {
        self.usage.block()
    }

    /// The state of a block that keeps its place without content.
    pub fn state(&self) -> Option<PayloadState> {
        match self.usage {
            Usage::Trimmed { state, .. } => Some(state),
            _ => None,
        }
    }
}

impl Residue {
    /// Finds what is left in a file, and looks which ranges hold data, reading at most [`MAX_RESIDUE_PROBE`].
    pub fn of(image: &Image) -> Self {
        let mut found = Self::default();
        let problem = partition::partition(image, &mut |piece| found.add(&piece));
        found.problem = problem;
        found.ranges.sort_by_key(|leftover| leftover.range);
        let mut probe = Probe::new(MAX_RESIDUE_PROBE);
        for leftover in &mut found.ranges {
            let data = probe::first_data(&**image.stored(), leftover.range, &mut probe);
            leftover.holds = match data {
                Some(at) => Holds::Data(at),
                None if probe.is_spent() => Holds::NotLookedAt,
                None => Holds::Zeros,
            };
        }
        found.looked_at = probe.looked_at();
        found
    }

    fn add(&mut self, piece: &Piece) {
        let len = piece.range.len;
        if piece.usage == Usage::Unknown {
            self.unknown = self.unknown.saturating_add(len);
        } else if piece.usage.is_live() {
            self.used = self.used.saturating_add(len);
        } else {
            self.unused = self.unused.saturating_add(len);
            if self.ranges.len() < MAX_RESIDUE_RANGES {
                self.ranges.push(Leftover { range: piece.range, usage: piece.usage, holds: Holds::NotLookedAt });
            } else {
                self.not_listed.add(len);
            }
        }
    }

    /// The listed ranges of one kind after the other: the kind, all of them, and those that hold data.
    pub fn by_kind(&self) -> Vec<(&'static str, Sum, Sum)> {
        let mut kinds: Vec<(&'static str, Sum, Sum)> = Vec::new();
        for leftover in &self.ranges {
            let name = leftover.usage.name();
            let place = kinds.iter().position(|(kind, _, _)| *kind == name).unwrap_or_else(|| {
                kinds.push((name, Sum::default(), Sum::default()));
                kinds.len().saturating_sub(1)
            });
            if let Some((_, all, with_data)) = kinds.get_mut(place) {
                all.add(leftover.range.len);
                if matches!(leftover.holds, Holds::Data(_)) {
                    with_data.add(leftover.range.len);
                }
            }
        }
        kinds
    }
}
