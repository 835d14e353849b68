//! What differs between two virtual disks: what the block maps alone decide, and what the content says.

mod content;
mod walk;

use std::collections::BTreeSet;

use crate::chain::{ExtentState, FileNo, VirtualDisk};
use crate::error::Result;
use crate::units::{ByteLen, VirtualRange};

/// One of the two disks: the disk as seen from a file, and the files it is read through.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// The disk.
    pub disk: &'a VirtualDisk,
    /// Its files, one a layer.
    pub files: &'a [FileNo],
}

/// How two disks are related.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// They are read through at least one common file, so that their block maps can prove ranges equal.
    Family,
    /// They have the same virtual disk id and no file in common: copies, perhaps, but only the content can tell.
    SameVirtualDiskId,
    /// Nothing relates them.
    Unrelated,
}

impl Relation {
    /// How two disks are related.
    pub fn between(a: Point<'_>, b: Point<'_>) -> Self {
        let of_a: BTreeSet<FileNo> = a.files.iter().copied().collect();
        if b.files.iter().any(|file| of_a.contains(file)) {
            return Self::Family;
        }
        let id = |point: Point<'_>| point.disk.image(0).and_then(crate::image::Image::virtual_disk_id);
        match (id(a), id(b)) {
            (Some(a), Some(b)) if a == b && !a.is_nil() => Self::SameVirtualDiskId,
            _ => Self::Unrelated,
        }
    }

    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Family => "family",
            Self::SameVirtualDiskId => "same_virtual_disk_id",
            Self::Unrelated => "unrelated",
        }
    }
}

/// What one of the disks is in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What this layer says.
    Layer {
        /// The layer, counted from the file that was asked.
        layer: usize,
        /// What it says.
        state: ExtentState,
    },
    /// The disk ends before the range.
    PastEnd,
}

impl Side {
    /// The word for the state in reports.
    pub fn state(self) -> &'static str {
        match self {
            Self::Layer { state, .. } => state.name(),
            Self::PastEnd => "past_end",
        }
    }

    /// The layer, where there is one.
    pub fn layer(self) -> Option<usize> {
        match self {
            Self::Layer { layer, .. } => Some(layer),
            Self::PastEnd => None,
        }
    }

    /// Whether it reads as zeros without a byte being read.
    fn is_zeros(self) -> bool {
        matches!(self, Self::Layer { state, .. } if state.file_offset().is_none())
    }

    fn is_like(self, other: Self) -> bool {
        self.layer() == other.layer() && self.state() == other.state()
    }
}

/// A range in which the two differ, or can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where; never empty.
    pub range: VirtualRange,
    /// What the first disk is there. Of merged ranges the file offset is that of the first.
    pub a: Side,
    /// What the second disk is there.
    pub b: Side,
}

impl Difference {
    /// The two as one, if the second goes on where the first ends and the same layers say the same kind of thing.
    fn merge(self, next: Self) -> Option<Self> {
        let goes_on = self.range.end() == next.range.start && self.a.is_like(next.a) && self.b.is_like(next.b);
        goes_on.then(|| Self { range: VirtualRange::between(self.range.start, next.range.end()), ..self })
    }
}

/// The sums of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffTotals {
    /// Bytes of the longer disk; those below add up to it.
    pub compared: ByteLen,
    /// Bytes that the block maps prove equal: both disks read the same place of the same file, or both read zeros.
    pub equal_by_map: ByteLen,
    /// Bytes that were read and found equal; zero when the content was not compared.
    pub equal_by_content: ByteLen,
    /// Bytes that differ (with content) or can differ (without).
    pub different: ByteLen,
    /// The part of [`different`](Self::different) that lies past the end of the shorter disk.
    pub past_end: ByteLen,
    /// The part of [`different`](Self::different) that each layer of the first disk owns.
    pub layers_of_a: Vec<ByteLen>,
    /// The part of [`different`](Self::different) that each layer of the second disk owns.
    pub layers_of_b: Vec<ByteLen>,
}

impl DiffTotals {
    fn new(a: Point<'_>, b: Point<'_>) -> Self {
        Self {
            compared: a.disk.size().max(b.disk.size()),
            equal_by_map: ByteLen::ZERO,
            equal_by_content: ByteLen::ZERO,
            different: ByteLen::ZERO,
            past_end: ByteLen::ZERO,
            layers_of_a: vec![ByteLen::ZERO; a.files.len()],
            layers_of_b: vec![ByteLen::ZERO; b.files.len()],
        }
    }

    fn add(&mut self, difference: &Difference) {
        let len = difference.range.len;
        self.different = self.different.saturating_add(len);
        if difference.a == Side::PastEnd || difference.b == Side::PastEnd {
            self.past_end = self.past_end.saturating_add(len);
        }
        for (side, layers) in [(difference.a, &mut self.layers_of_a), (difference.b, &mut self.layers_of_b)] {
            if let Some(sum) = side.layer().and_then(|layer| layers.get_mut(layer)) {
                *sum = sum.saturating_add(len);
            }
        }
    }
}

/// The ranges in which two disks can differ, from their block maps alone: in order, merged, handed on one by one.
///
/// A range is equal where both read the same place of the same file, and where both read zeros without reading at all;
/// everything else can differ, and what lies past the end of the shorter disk does. `progress` hears up to where the
/// disks are done and says whether to go on.
pub fn compare_maps(
    a: Point<'_>,
    b: Point<'_>,
    progress: &mut dyn FnMut(ByteLen) -> bool,
    each: &mut dyn FnMut(&Difference) -> Result<()>,
) -> Result<DiffTotals> {
    let mut totals = DiffTotals::new(a, b);
    let mut merging = Merging::new(each);
    for part in walk::Walk::new(a, b)? {
        let part = part?;
        if part.equal {
            totals.equal_by_map = totals.equal_by_map.saturating_add(part.difference.range.len);
        } else {
            totals.add(&part.difference);
            merging.add(part.difference)?;
        }
        content::go_on(progress, part.difference.range.end())?;
    }
    merging.finish()?;
    Ok(totals)
}

/// The ranges in which the content of two disks differs, in whole sectors of `sector` bytes: in order, merged, handed
/// on one by one. What the block maps prove equal is not read.
pub fn compare_content(
    a: Point<'_>,
    b: Point<'_>,
    progress: &mut dyn FnMut(ByteLen) -> bool,
    each: &mut dyn FnMut(&Difference) -> Result<()>,
) -> Result<DiffTotals> {
    let mut totals = DiffTotals::new(a, b);
    let mut merging = Merging::new(each);
    let mut reader = content::Reader::new(a, b);
    for part in walk::Walk::new(a, b)? {
        let part = part?;
        if part.equal {
            totals.equal_by_map = totals.equal_by_map.saturating_add(part.difference.range.len);
            content::go_on(progress, part.difference.range.end())?;
            continue;
        }
        let before = totals.different;
        reader.differences(&part.difference, progress, &mut |difference| {
            totals.add(&difference);
            merging.add(difference)
        })?;
        let different = totals.different.saturating_sub(before);
        let equal = part.difference.range.len.saturating_sub(different);
        totals.equal_by_content = totals.equal_by_content.saturating_add(equal);
    }
    merging.finish()?;
    Ok(totals)
}

/// Holds one range back until it is known whether the next goes on.
struct Merging<'a> {
    each: &'a mut dyn FnMut(&Difference) -> Result<()>,
    held: Option<Difference>,
}

impl<'a> Merging<'a> {
    fn new(each: &'a mut dyn FnMut(&Difference) -> Result<()>) -> Self {
        Self { each, held: None }
    }

    fn add(&mut self, next: Difference) -> Result<()> {
        self.held = match self.held {
            None => Some(next),
            Some(held) => match held.merge(next) {
                Some(merged) => Some(merged),
                None => {
                    (self.each)(&held)?;
                    Some(next)
                }
            },
        };
        Ok(())
    }

    fn finish(self) -> Result<()> {
        self.held.map_or(Ok(()), |held| (self.each)(&held))
    }
}
