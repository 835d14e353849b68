//! How much of each file's content is seen from the leaves above it, and how much of it the files below have as well.
//!
//! The files of one tree are laid over one another: content of one file that two leaves share counts once. Their block
//! maps are read once, window by window, and nothing is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::chain::FileNo;
use crate::error::Error;
use crate::image::Image;
use crate::limits;
use crate::units::ByteLen;

use super::layers::{LayerMaps, Overlaps, Owned, Seen};

/// The disk as one leaf has it.
#[derive(Debug)]
pub struct Leaf {
    /// The leaf.
    pub file: FileNo,
    /// The files of its chain, the leaf first.
    pub files: Vec<FileNo>,
    /// Their images, or why the disk cannot be read.
    pub images: Result<Vec<Arc<Image>>, Error>,
}

/// A leaf whose chain can be read, with its images.
type Readable<'a> = (&'a Leaf, &'a [Arc<Image>]);

/// What the leaves see.
#[derive(Debug, Default)]
pub struct Visibility {
    /// What is seen of each file that a leaf's chain holds.
    pub files: BTreeMap<FileNo, SeenFile>,
    /// What each leaf shows its guest, in the order of the files of its chain, as far as its block maps could be read.
    pub leaves: BTreeMap<FileNo, Vec<Owned>>,
}

/// What is seen of one file.
#[derive(Clone, Debug, Default)]
pub struct SeenFile {
    /// Bytes that at least one leaf sees.
    pub by_any: ByteLen,
    /// Bytes that each leaf sees; leaves above the file that see nothing of it are here too.
    pub by_leaf: BTreeMap<FileNo, ByteLen>,
    /// Why it cannot be said what is seen: a block map of some leaf's chain cannot be read.
    pub problem: Option<Error>,
    /// Bytes of the virtual disk that the file has data for and a file below it as well, the nearest first.
    pub overlaps: Vec<(FileNo, ByteLen)>,
    /// Why it cannot be said what the file has in common with others.
    pub overlap_problem: Option<Error>,
}

impl Visibility {
    /// What `leaves` see, which may belong to different trees.
    pub fn of(leaves: &[Leaf]) -> Self {
        let mut found = Self::default();
        // Chains that share a file share all below it: those of one tree end with the same file.
        let mut trees: BTreeMap<FileNo, Vec<Readable<'_>>> = BTreeMap::new();
        for leaf in leaves {
            for file in &leaf.files {
                found.files.entry(*file).or_default().by_leaf.entry(leaf.file).or_default();
            }
            match (&leaf.images, leaf.files.last()) {
                (Ok(images), Some(base)) => trees.entry(*base).or_default().push((leaf, images.as_slice())),
                (Ok(_), None) => {}
                (Err(error), _) => found.fail(leaf, error),
            }
        }
        for tree in trees.values() {
            if let Err(error) = found.tree(tree) {
                for (leaf, _) in tree {
                    found.fail(leaf, &error);
                }
            }
        }
        found
    }

    fn tree(&mut self, tree: &[Readable<'_>]) -> Result<(), Error> {
        let mut files: BTreeMap<FileNo, &Arc<Image>> = BTreeMap::new();
        for (leaf, images) in tree {
            files.extend(leaf.files.iter().copied().zip(*images));
        }
        let numbers: BTreeMap<FileNo, usize> = files.keys().copied().zip(0..).collect();
        let chain = |leaf: &Leaf| leaf.files.iter().filter_map(|file| numbers.get(file).copied()).collect();
        let chains: Vec<Vec<usize>> = tree.iter().map(|(leaf, _)| chain(leaf)).collect();
        let mut below = vec![Vec::new(); files.len()];
        for chain in &chains {
            for (place, layer) in chain.iter().enumerate() {
                if let Some(below) = below.get_mut(*layer).filter(|below| below.is_empty()) {
                    below.extend(chain.iter().skip(place.saturating_add(1)).take(limits::MAX_OVERLAPS));
                }
            }
        }
        let mut maps = LayerMaps::with_limits(
            files.values().map(|image| Arc::clone(image)),
            ByteLen::ZERO,
            limits::MAX_PLANE_WINDOW,
        )?;
        let (seen, overlaps) = maps.seen_and_overlaps(&chains, &below)?;
        let files: Vec<FileNo> = files.into_keys().collect();
        self.add_seen(tree, &files, seen);
        self.add_overlaps(&files, overlaps);
        Ok(())
    }

    fn add_seen(&mut self, tree: &[Readable<'_>], files: &[FileNo], seen: Seen) {
        for (file, bytes) in files.iter().zip(seen.by_any) {
            self.files.entry(*file).or_default().by_any = bytes;
        }
        for ((leaf, _), view) in tree.iter().zip(seen.views) {
            for (file, owned) in leaf.files.iter().zip(&view.layers) {
                self.files.entry(*file).or_default().by_leaf.insert(leaf.file, owned.data);
            }
            if let Some(error) = &view.problem {
                self.fail(leaf, error);
            }
            self.leaves.insert(leaf.file, view.layers);
        }
    }

    fn add_overlaps(&mut self, files: &[FileNo], overlaps: Overlaps) {
        for ((file, below), problem) in files.iter().zip(overlaps.below).zip(overlaps.problems) {
            let seen = self.files.entry(*file).or_default();
            let named = |(layer, bytes): (usize, ByteLen)| files.get(layer).map(|file| (*file, bytes));
            seen.overlaps = below.into_iter().filter_map(named).collect();
            seen.overlap_problem = problem;
        }
    }

    fn fail(&mut self, leaf: &Leaf, error: &Error) {
        for file in &leaf.files {
            self.files.entry(*file).or_default().problem.get_or_insert_with(|| error.clone());
        }
    }
}
