//! Two virtual disks of a run, side by side.

use crate::analysis::diff::{DiffTotals, Difference, Point, Relation, compare_content, compare_maps};
use crate::units::ByteLen;

use super::OpenedDisk;

/// Two disks that are to be compared while the report is written: the list of differences may be too long to hold.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// The first disk.
    pub a: &'a OpenedDisk,
    /// The second disk.
    pub b: &'a OpenedDisk,
    /// How they are related.
    pub relation: Relation,
    /// Whether the ranges that the block maps leave open are read.
    pub content: bool,
}

impl<'a> Comparison<'a> {
    /// A comparison of two disks.
    pub fn new(a: &'a OpenedDisk, b: &'a OpenedDisk, content: bool) -> Self {
        Self { a, b, relation: Relation::between(point(a), point(b)), content }
    }

    /// Compares; see [`compare_maps`] and [`compare_content`].
    pub fn run(
        &self,
        progress: &mut dyn FnMut(ByteLen) -> bool,
        each: &mut dyn FnMut(&Difference) -> crate::Result<()>,
    ) -> crate::Result<DiffTotals> {
        let compare = if self.content { compare_content } else { compare_maps };
        compare(point(self.a), point(self.b), progress, each)
    }

    /// What rests on an option rather than on proof, each sentence once.
    pub fn unproved(&self) -> impl Iterator<Item = &String> {
        let only_b = self.b.unproved.iter().filter(|sentence| !self.a.unproved.contains(sentence));
        self.a.unproved.iter().chain(only_b)
    }
}

fn point(opened: &OpenedDisk) -> Point<'_> {
    Point { disk: &opened.disk, files: &opened.files }
}
