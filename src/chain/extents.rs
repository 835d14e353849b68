//! Extents: what every byte of a virtual disk is, and which layer of the chain says so. The one thing that map, cat,
//! hash, export, diff, usage and plan consume.

use crate::error::{Error, Result};
use crate::image::{Content, Runs};
use crate::units::{ByteLen, FileOffset, VirtualOffset, VirtualRange};

use super::layers::{Bottom, Layers};

/// A stretch of the virtual disk that is one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Where it lies; never empty.
    pub range: VirtualRange,
    /// What it is.
    pub state: ExtentState,
    /// The layer that says so, counted from the file that was asked: 0 is that file itself.
    pub layer: usize,
}

/// What a stretch of the virtual disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtentState {
    /// Bytes of the layer's file, from this offset on.
    Data(FileOffset),
    /// Zeros, by the block's state.
    Zero,
    /// Zeros: the guest gave the block up.
    Unmapped,
    /// Zeros by choice: the format leaves the content open.
    Undefined,
    /// Zeros: nothing was ever stored here, in no layer.
    Absent,
}

impl ExtentState {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Data(_) => "data",
            Self::Zero => "zero",
            Self::Unmapped => "unmapped",
            Self::Undefined => "undefined",
            Self::Absent => "absent",
        }
    }

    /// Where the bytes are in the layer's file.
    pub fn file_offset(self) -> Option<FileOffset> {
        match self {
            Self::Data(at) => Some(at),
            _ => None,
        }
    }
}

impl Extent {
    /// The extent from `at` on, which must lie in it.
    #[must_use]
    pub fn from(self, at: VirtualOffset) -> Self {
        let skipped = ByteLen(at.0.saturating_sub(self.range.start.0));
        let state = match self.state {
            ExtentState::Data(offset) => ExtentState::Data(offset.saturating_add(skipped)),
            other => other,
        };
        Self { range: VirtualRange::between(at, self.range.end()), state, ..self }
    }

    /// The two as one, if the second goes on where the first ends and says the same.
    pub fn merge(self, next: Self) -> Option<Self> {
        let state_goes_on = match (self.state, next.state) {
            (ExtentState::Data(a), ExtentState::Data(b)) => a.saturating_add(self.range.len) == b,
            (a, b) => a == b,
        };
        let goes_on = state_goes_on && self.layer == next.layer && self.range.end() == next.range.start;
        goes_on.then(|| Self { range: VirtualRange::between(self.range.start, next.range.end()), ..self })
    }
}

/// A place in each layer's block map, from which going on costs no read.
#[derive(Debug)]
pub(super) struct Cursors {
    layers: Vec<Runs>,
}

impl Cursors {
    pub(super) fn new(disk: &Layers) -> Result<Self> {
        Ok(Self { layers: disk.images().map(Runs::new).collect::<Result<_>>()? })
    }

    /// The extent at `at`, cut at `end`. Goes down from layer to layer as long as they are transparent.
    pub(super) fn at(&mut self, disk: &Layers, at: VirtualOffset, end: VirtualOffset) -> Result<Extent> {
        let mut range = VirtualRange::between(at, end);
        for (number, (layer, size)) in self.layers.iter_mut().zip(disk.sizes()).enumerate() {
            // Past the end of a shorter parent there are zeros.
            if at.0 >= size.0 {
                return Ok(Extent { range, state: ExtentState::Absent, layer: number });
            }
            range = range.before(VirtualOffset(size.0));
            let run = layer.at(at, range.end())?;
            range = run.range;
            let state = match run.content {
                Content::Transparent => continue,
                Content::Data(offset) => ExtentState::Data(offset),
                Content::Zero => ExtentState::Zero,
                Content::Unmapped => ExtentState::Unmapped,
                Content::Undefined => ExtentState::Undefined,
                Content::Absent => ExtentState::Absent,
            };
            return Ok(Extent { range, state, layer: number });
        }
        let last = self.layers.len().saturating_sub(1);
        match disk.bottom() {
            Bottom::Whole | Bottom::Zeros(_) => Ok(Extent { range, state: ExtentState::Absent, layer: last }),
            Bottom::Missing(why) => Err(why.needed_for(range)),
        }
    }
}

/// The extents of a range, in order, tiling it exactly; runs that go on across blocks and layers are merged.
#[derive(Debug)]
pub struct Extents<'a> {
    disk: &'a Layers,
    cursors: Cursors,
    at: VirtualOffset,
    end: VirtualOffset,
    ahead: Option<Extent>,
    failed: bool,
}

impl<'a> Extents<'a> {
    pub(super) fn new(disk: &'a Layers, range: VirtualRange) -> Result<Self> {
        let range = range.before(VirtualOffset(disk.size().0));
        let cursors = Cursors::new(disk)?;
        Ok(Self { disk, cursors, at: range.start, end: range.end().max(range.start), ahead: None, failed: false })
    }

    fn step(&mut self) -> Result<Option<Extent>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let extent = self.cursors.at(self.disk, self.at, self.end)?;
        if extent.range.len.is_zero() {
            return Err(Error::refused("", None, format!("the block map stands still at virtual offset {}", self.at)));
        }
        self.at = extent.range.end();
        Ok(Some(extent))
    }
}

impl Iterator for Extents<'_> {
    type Item = Result<Extent>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let mut current = self.ahead.take();
        loop {
            match self.step() {
                Ok(Some(next)) => match current.map(|current| (current, current.merge(next))) {
                    None => current = Some(next),
                    Some((_, Some(merged))) => current = Some(merged),
                    Some((current, None)) => {
                        self.ahead = Some(next);
                        return Some(Ok(current));
                    }
                },
                Ok(None) => return current.map(Ok),
                Err(error) => {
                    self.failed = true;
                    return Some(Err(error));
                }
            }
        }
    }
}
