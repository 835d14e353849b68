//! Two block maps in step.

use crate::chain::{Extent, Extents, FileNo};
use crate::error::Result;
use crate::units::{VirtualOffset, VirtualRange};

use super::{Difference, Point, Side};

/// A stretch in which neither map changes.
pub(super) struct Part {
    pub(super) difference: Difference,
    /// Whether the maps prove that both read the same there.
    pub(super) equal: bool,
}

/// Walks two disks up to the end of the longer one.
pub(super) struct Walk<'a> {
    a: Half<'a>,
    b: Half<'a>,
    at: VirtualOffset,
    end: VirtualOffset,
    failed: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(a: Point<'a>, b: Point<'a>) -> Result<Self> {
        let end = VirtualOffset(a.disk.size().max(b.disk.size()).get());
        Ok(Self { a: Half::new(a)?, b: Half::new(b)?, at: VirtualOffset::ZERO, end, failed: false })
    }

    fn step(&mut self) -> Result<Part> {
        let rest = VirtualRange::between(self.at, self.end);
        let (a, until_a) = self.a.at(rest)?;
        let (b, until_b) = self.b.at(rest)?;
        let range = rest.before(until_a).before(until_b);
        let equal = match (a, b) {
            (Side::PastEnd, _) | (_, Side::PastEnd) => false,
            (a, b) if a.is_zeros() && b.is_zeros() => true,
            (Side::Layer { layer: of_a, state: a }, Side::Layer { layer: of_b, state: b }) => {
                a == b && self.a.file(of_a).is_some_and(|file| self.b.file(of_b) == Some(file))
            }
        };
        self.at = range.end();
        Ok(Part { difference: Difference { range, a, b }, equal })
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<Part>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.at >= self.end {
            return None;
        }
        let part = self.step();
        self.failed = part.is_err();
        Some(part)
    }
}

struct Half<'a> {
    extents: Extents<'a>,
    files: &'a [FileNo],
    current: Option<Extent>,
}

impl<'a> Half<'a> {
    fn new(point: Point<'a>) -> Result<Self> {
        Ok(Self { extents: point.disk.extents()?, files: point.files, current: None })
    }

    fn file(&self, layer: usize) -> Option<FileNo> {
        self.files.get(layer).copied()
    }

    /// What the disk is at the start of `rest`, and up to where.
    fn at(&mut self, rest: VirtualRange) -> Result<(Side, VirtualOffset)> {
        while self.current.is_none_or(|extent| extent.range.end() <= rest.start) {
            self.current = self.extents.next().transpose()?;
            if self.current.is_none() {
                return Ok((Side::PastEnd, rest.end()));
            }
        }
        Ok(match self.current {
            Some(extent) => {
                let extent = extent.from(rest.start);
                (Side::Layer { layer: extent.layer, state: extent.state }, extent.range.end())
            }
            None => (Side::PastEnd, rest.end()),
        })
    }
}
