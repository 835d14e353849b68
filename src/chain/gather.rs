//! Bytes from several places of several files into one buffer, with as few reads as pay.

use crate::error::Result;
use crate::units::{ByteLen, VirtualOffset};

use super::disk::VirtualDisk;
use super::extents::{Extent, ExtentState};

/// Longest gap between two runs of a file that is read with them, for other files to write over.
///
/// Copying it costs one or two microseconds more than another call where all is in memory, which is a tenth of the time
/// at worst; where it is not, or on a share, each call may take a hundred times as long.
const GAP: ByteLen = ByteLen::kib(16);

/// Extents that tile a part of the virtual disk, in order, to be read together.
#[derive(Debug, Default)]
pub(super) struct Gather {
    parts: Vec<Extent>,
    /// Which parts are read, in the order of `parts`.
    read: Vec<bool>,
}

impl Gather {
    /// Adds an extent that starts where the last one ends.
    pub(super) fn push(&mut self, extent: Extent) {
        self.parts.push(extent);
    }

    /// Where the first extent starts.
    pub(super) fn start(&self) -> Option<VirtualOffset> {
        self.parts.first().map(|part| part.range.start)
    }

    /// Reads all of it into `buf`, which is as long, and forgets the extents.
    ///
    /// When most of a stretch belongs to one file, it is read as a whole, and the parts of others are written over it.
    pub(super) fn fill(&mut self, disk: &VirtualDisk, buf: &mut [u8]) -> Result<()> {
        let filled = self.fill_parts(disk, buf);
        self.parts.clear();
        filled
    }

    fn fill_parts(&mut self, disk: &VirtualDisk, buf: &mut [u8]) -> Result<()> {
        self.read.clear();
        self.read.resize(self.parts.len(), false);
        let start = self.start().unwrap_or(VirtualOffset::ZERO);
        let mut together = true;
        for number in 0..self.parts.len() {
            let (Some(part), Some(false)) = (self.parts.get(number), self.read.get(number)) else { continue };
            let ExtentState::Data(from) = part.state else {
                slice(buf, start, part.range.start, part.range.end()).fill(0);
                continue;
            };
            let last = if together { self.last_of_stretch(number) } else { number };
            if let Some(end) = self.parts.get(last).filter(|_| last > number).map(|last| last.range.end()) {
                let stretch = slice(buf, start, part.range.start, end);
                // What nobody asked for may be what cannot be read.
                together = disk.read_layer(part.layer, from, stretch).is_ok();
                if together {
                    self.mark_stretch(number, last);
                    continue;
                }
            }
            disk.read_layer(part.layer, from, slice(buf, start, part.range.start, part.range.end()))?;
        }
        Ok(())
    }

    /// The last part of the stretch that is worth reading at once from a part on: of the same file and as far apart
    /// there as on the disk, with no gap longer than [`GAP`] and no more bytes in gaps than are wanted.
    fn last_of_stretch(&self, first: usize) -> usize {
        let Some(part) = self.parts.get(first) else { return first };
        let (mut last, mut wanted) = (first, part.range.len);
        let (mut gap, mut gaps) = (ByteLen::ZERO, ByteLen::ZERO);
        for (number, next) in self.parts.iter().enumerate().skip(first.saturating_add(1)) {
            // What is read already must not be written over.
            if self.read.get(number) != Some(&false) {
                break;
            }
            if goes_on(part, next) {
                gaps = gaps.saturating_add(gap);
                (last, wanted, gap) = (number, wanted.saturating_add(next.range.len), ByteLen::ZERO);
            } else {
                gap = gap.saturating_add(next.range.len);
                if gap > GAP || gaps.saturating_add(gap) > wanted {
                    break;
                }
            }
        }
        last
    }

    /// Notes that the stretch between two parts was read for the first of them.
    fn mark_stretch(&mut self, first: usize, last: usize) {
        let Some(part) = self.parts.get(first).copied() else { return };
        let count = last.saturating_sub(first).saturating_add(1);
        for (next, read) in self.parts.iter().zip(&mut self.read).skip(first).take(count) {
            *read |= goes_on(&part, next);
        }
    }
}

/// Whether `next` lies in the file of `first` as far behind it as on the disk.
fn goes_on(first: &Extent, next: &Extent) -> bool {
    first.layer == next.layer && first.from(next.range.start).state == next.state
}

/// The part of a buffer that holds the disk from `start` on.
fn slice(buf: &mut [u8], start: VirtualOffset, from: VirtualOffset, to: VirtualOffset) -> &mut [u8] {
    let place = |at: VirtualOffset| ByteLen(at.0.saturating_sub(start.0)).to_usize().unwrap_or(usize::MAX);
    buf.get_mut(place(from)..place(to)).unwrap_or_default()
}
