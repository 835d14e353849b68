//! Merges made for real, on images in memory: what a plan's numbers are held against.
//!
//! Written from the specifications alone. A merge here goes through its stages in the order in which a writer has to,
//! looks at the whole file anew before each, and counts the bytes it moves. What the specifications leave open is done
//! as the documentation of `analysis::merge` says.
//!
//! For a VHDX: the new `DataWriteGuid` goes into `parent_linkage2` of the lowest source, and only then into the target's
//! headers (MS-VHDX 2.6.2.6.3, note 12); entries that give up space are written; the BAT moves where it has no room; the
//! target's `IsVirtualDisk` items are replaced by those of the topmost source (2.6.1.2); space is taken; content, bits
//! and entries are written.

mod bytes;
mod export;
mod metadata;
mod space;
mod vhd;
mod vhdx;
mod writer;

pub use export::{Exported, export};
pub use vhd::VhdFile;
pub use vhdx::VhdxFile;

use super::runs::Runs;
use super::sparse::SparseImage;

/// How space in a file is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Behind everything that is in the file.
    Append,
    /// In the lowest free place that is large enough, that of the block itself before any other.
    Reuse,
}

/// What a merge did, in bytes and pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Content read from the sources.
    pub read_payload: u64,
    /// Sector bitmaps read.
    pub read_bitmaps: u64,
    /// Block tables read.
    pub read_bat: u64,
    /// Content written.
    pub write_payload: u64,
    /// Zeros that the sources ask for, written out.
    pub write_zeros: u64,
    /// Zeros to fill up new blocks.
    pub write_fill: u64,
    /// Sector bitmaps written.
    pub write_bitmaps: u64,
    /// Entries of the block table that are different afterwards; all of a table that has moved.
    pub write_bat: u64,
    /// Blocks that took new space.
    pub allocated: u64,
    /// Blocks that took the place that they had kept.
    pub anchored: u64,
    /// New sector bitmap blocks.
    pub new_bitmaps: u64,
    /// Length of a new BAT region.
    pub moved_bat: u64,
    /// Length of the target's file before.
    pub before: u64,
    /// Length of the target's file afterwards.
    pub after: u64,
}

/// What one file, or several as one, say about a stretch of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// Content of the file with this number, at the virtual offset plus so much.
    Data(usize, i64),
    Zero,
    Unmapped,
    Undefined,
    /// Zeros, for a file ends before here.
    End,
}

/// A file of a chain.
#[derive(Clone, Debug)]
pub enum File {
    /// VHDX or AVHDX.
    Vhdx(VhdxFile),
    /// VHD or AVHD.
    Vhd(VhdFile),
}

impl File {
    /// Opens a valid file without a log to replay; `None` for anything else.
    pub fn open(image: SparseImage) -> Option<Self> {
        VhdxFile::open(image.clone()).map(Self::Vhdx).or_else(|| VhdFile::open(image).map(Self::Vhd))
    }

    /// The bytes of the file as they are now.
    pub fn image(&self) -> &SparseImage {
        match self {
            Self::Vhdx(file) => file.image(),
            Self::Vhd(file) => file.image(),
        }
    }

    /// Bytes of the virtual disk.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Vhdx(file) => file.size(),
            Self::Vhd(file) => file.size(),
        }
    }

    /// What the file says, and how many bytes of sector bitmaps that took; `number` is the file's own.
    pub(super) fn says(&self, number: usize) -> (Runs<Says>, u64) {
        match self {
            Self::Vhdx(file) => file.says(number),
            Self::Vhd(file) => file.says(number),
        }
    }

    /// Bytes of the block table.
    pub(super) fn table(&self) -> u64 {
        match self {
            Self::Vhdx(file) => file.table(),
            Self::Vhd(file) => file.table(),
        }
    }
}

/// Merges the files `first` to `last`, the topmost first, into the one behind `last`.
pub fn merge(files: &mut [File], first: usize, last: usize, policy: Policy) -> Counts {
    let mut counts = Counts::default();
    let (sources, below) = files.split_at_mut(last + 1);
    let Some(target) = below.first_mut() else { return counts };
    counts.before = target.image().len();
    counts.read_bat += target.table();
    let size = sources.get(first).map_or(0, File::size);
    // From the bottom up, each layer over what was there.
    let mut union = Runs::new();
    union.set(target.size()..size.max(target.size()), Some(Says::End));
    for (number, file) in sources.iter().enumerate().skip(first).rev() {
        counts.read_bat += file.table();
        let (says, bitmaps) = file.says(number);
        counts.read_bitmaps += bitmaps;
        union.set(file.size()..size.max(file.size()), Some(Says::End));
        for range in says.ranges().filter(|range| range.start < size) {
            union.set(range.start..range.end.min(size), says.get(range.start));
        }
    }
    if let (File::Vhdx(target), Some(child)) = (&mut *target, sources.last_mut()) {
        target.prepare(child);
    }
    let images: Vec<&SparseImage> = sources.iter().map(File::image).collect();
    match target {
        File::Vhdx(target) => {
            let top = match sources.get(first) {
                Some(File::Vhdx(top)) => Some(top),
                _ => None,
            };
            target.merge(&images, &union, size, top, policy, &mut counts);
        }
        File::Vhd(target) => target.merge(&images, &union, policy, &mut counts),
    }
    counts.after = target.image().len();
    counts
}

/// All files into the last one in one pass.
pub fn in_one_pass(files: &mut [File], policy: Policy) -> Vec<Counts> {
    match files.len() {
        0 | 1 => vec![],
        len => vec![merge(files, 0, len - 2, policy)],
    }
}

/// The topmost file into its parent, that one into its own, down to the last.
pub fn top_down(files: &mut [File], policy: Policy) -> Vec<Counts> {
    (1..files.len()).map(|target| merge(files, target - 1, target - 1, policy)).collect()
}

/// The file above the last one into it, then the next one above. After each step the file that is on top of the one that
/// went is pointed to the last.
pub fn bottom_up(files: &mut Vec<File>, policy: Policy) -> Vec<Counts> {
    let mut counts = vec![];
    while let Some(source) = files.len().checked_sub(2) {
        counts.push(merge(files, source, source, policy));
        files.remove(source);
        let (above, target) = files.split_at_mut(source);
        if let (Some(File::Vhdx(child)), Some(File::Vhdx(target))) = (above.last_mut(), target.first()) {
            child.point_to(target);
        }
    }
    counts
}
