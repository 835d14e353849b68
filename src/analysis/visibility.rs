//! How much of each file's content is seen from the leaves above it.
//!
//! All leaves of a tree are walked in step along the virtual disk: content of one file that two leaves share counts
//! once. Takes the memory of one place in each leaf's chain.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::chain::{Extent, ExtentState, Extents, FileNo, VirtualDisk};
use crate::error::Error;
use crate::units::{ByteLen, VirtualOffset};

use super::map::MapTotals;

/// The disk as one leaf has it.
#[derive(Debug)]
pub struct Leaf {
    /// The leaf.
    pub file: FileNo,
    /// The files of its chain, the leaf first.
    pub files: Vec<FileNo>,
    /// The disk, or why it cannot be read.
    pub disk: Result<VirtualDisk, Error>,
}

/// What the leaves see.
#[derive(Debug, Default)]
pub struct Visibility {
    /// What is seen of each file that a leaf's chain holds.
    pub files: BTreeMap<FileNo, Seen>,
    /// What each leaf shows its guest, as far as its block maps could be read.
    pub leaves: BTreeMap<FileNo, MapTotals>,
}

/// What is seen of one file.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Bytes that at least one leaf sees.
    pub by_any: ByteLen,
    /// Bytes that each leaf sees; leaves above the file that see nothing of it are here too.
    pub by_leaf: BTreeMap<FileNo, ByteLen>,
    /// Why it cannot be said what is seen: a block map of some leaf's chain cannot be read.
    pub problem: Option<Error>,
    /// How many leaves see the place that the walk has come to.
    watchers: usize,
    /// Since where on the disk there has been one.
    since: VirtualOffset,
}

/// A leaf on its way along the disk.
struct Walker<'a> {
    leaf: &'a Leaf,
    extents: Extents<'a>,
    totals: MapTotals,
    current: Option<Extent>,
}

impl Visibility {
    /// Walks the disks of all `leaves`, which may belong to different trees.
    pub fn of(leaves: &[Leaf]) -> Self {
        let mut found = Self::default();
        let mut walkers = Vec::new();
        for leaf in leaves {
            for file in &leaf.files {
                found.files.entry(*file).or_default().by_leaf.entry(leaf.file).or_default();
            }
            let extents = leaf.disk.as_ref().map_err(Error::clone).and_then(VirtualDisk::extents);
            match extents {
                Ok(extents) => {
                    let totals = MapTotals::new(leaf.files.len());
                    walkers.push(Walker { leaf, extents, totals, current: None });
                }
                Err(error) => found.fail(leaf, &error),
            }
        }
        let mut next: BinaryHeap<Reverse<(VirtualOffset, usize)>> =
            (0..walkers.len()).map(|number| Reverse((VirtualOffset::ZERO, number))).collect();
        while let Some(Reverse((at, number))) = next.pop() {
            let Some(walker) = walkers.get_mut(number) else { continue };
            if let Some(end) = found.step(walker, at) {
                next.push(Reverse((end, number)));
            }
        }
        found.leaves.extend(walkers.into_iter().map(|walker| (walker.leaf.file, walker.totals)));
        found
    }

    /// Goes on to the extent that starts at `at`, and says where that ends.
    fn step(&mut self, walker: &mut Walker<'_>, at: VirtualOffset) -> Option<VirtualOffset> {
        let before = walker.current.take().and_then(|extent| data_of(walker.leaf, &extent));
        let next = match walker.extents.next() {
            Some(Ok(extent)) => Some(extent),
            Some(Err(error)) => {
                self.fail(walker.leaf, &error);
                None
            }
            None => None,
        };
        let now = next.as_ref().and_then(|extent| data_of(walker.leaf, extent));
        if before != now {
            if let Some(seen) = before.and_then(|file| self.files.get_mut(&file)) {
                seen.watchers = seen.watchers.saturating_sub(1);
                if seen.watchers == 0 {
                    seen.by_any = seen.by_any.saturating_add(ByteLen(at.0.saturating_sub(seen.since.0)));
                }
            }
            if let Some(seen) = now.and_then(|file| self.files.get_mut(&file)) {
                if seen.watchers == 0 {
                    seen.since = at;
                }
                seen.watchers = seen.watchers.saturating_add(1);
            }
        }
        let extent = next?;
        walker.totals.add(&extent);
        if let Some(seen) = now.and_then(|file| self.files.get_mut(&file)) {
            let by_leaf = seen.by_leaf.entry(walker.leaf.file).or_default();
            *by_leaf = by_leaf.saturating_add(extent.range.len);
        }
        walker.current = Some(extent);
        Some(extent.range.end())
    }

    fn fail(&mut self, leaf: &Leaf, error: &Error) {
        for file in &leaf.files {
            self.files.entry(*file).or_default().problem.get_or_insert_with(|| error.clone());
        }
    }
}

/// The file whose content an extent is.
fn data_of(leaf: &Leaf, extent: &Extent) -> Option<FileNo> {
    match extent.state {
        ExtentState::Data(_) => leaf.files.get(extent.layer).copied(),
        _ => None,
    }
}
