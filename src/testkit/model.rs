//! A byte model of a chain: what a guest must read at every layer, known without any block, BAT or bitmap.
//!
//! A layer holds marks over ranges of the virtual disk, no more. [`Model::expected`] answers from the marks alone;
//! [`Model::vhdx`] and [`Model::vhd`] write the image files that mean the same.

use std::ops::Range;

use uuid::Uuid;

use super::pattern;
use super::rng::Rng;
use super::runs::Runs;
use super::size;

/// The Windows folder of all files that are not placed elsewhere.
const FOLDER: &str = r"C:\Hyper-V\disks";

/// What a layer says about a range of the virtual disk. Where it says nothing, its parent speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Written with the [`pattern`] of this tag.
    Data(u32),
    /// Written with zeros in a way that needs no space.
    Zero,
    /// Trimmed by the guest; reads as zeros.
    Unmapped,
    /// Of no defined content; read as zeros and never as the parent's.
    Undefined,
}

/// The numbers of one layer's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// The size of the virtual disk in bytes, in whole logical sectors.
    pub size: u64,
    /// The block size in bytes, a power of two.
    pub block_size: u32,
    /// The logical sector size in bytes; the same in a whole chain.
    pub logical_sector_size: u32,
    /// The physical sector size in bytes.
    pub physical_sector_size: u32,
}

impl Disk {
    /// A disk of 1 MiB blocks and 512-byte logical sectors.
    pub const fn new(size: u64) -> Self {
        Self { size, block_size: 1 << 20, logical_sector_size: 512, physical_sector_size: 4096 }
    }

    /// The same disk with blocks of another size.
    #[must_use]
    pub const fn blocks_of(self, block_size: u32) -> Self {
        Self { block_size, ..self }
    }
}

/// One layer: a file of the chain.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The layer under it.
    pub parent: Option<usize>,
    /// The numbers of its file.
    pub disk: Disk,
    /// The file's name.
    pub name: String,
    /// The Windows folder in which a child's locator looks for it, with a drive letter.
    pub folder: String,
    /// What a child's locator names (VHDX: `DataWriteGuid`; VHD: the unique id).
    pub identity: Uuid,
    /// The identity of the virtual disk, handed down from the base.
    pub virtual_disk_id: Uuid,
    /// What it says.
    pub marks: Runs<Mark>,
}

/// Where a byte of the virtual disk comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Data that this layer holds.
    Data(usize),
    /// Zeros because this layer says so.
    Zeros(usize, Mark),
    /// Zeros because no layer says anything, or because a smaller parent has ended.
    Nothing,
}

/// Layers that stand on each other: a chain, a tree or several trees.
#[derive(Clone, Debug)]
pub struct Model {
    pub(super) layers: Vec<Layer>,
    pub(super) rng: Rng,
}

impl Model {
    /// A model without layers, whose GUIDs are drawn from a seed.
    pub const fn new(seed: u64) -> Self {
        Self { layers: vec![], rng: Rng::new(seed) }
    }

    /// Adds a layer without a parent and says its number.
    pub fn base(&mut self, disk: Disk) -> usize {
        let virtual_disk_id = self.rng.guid();
        self.push(None, disk, virtual_disk_id)
    }

    /// Adds a layer over another and says its number.
    pub fn child(&mut self, parent: usize, disk: Disk) -> usize {
        let inherited = self.layers.get(parent).map(|layer| layer.virtual_disk_id);
        let virtual_disk_id = inherited.unwrap_or_default();
        self.push(Some(parent), disk, virtual_disk_id)
    }

    fn push(&mut self, parent: Option<usize>, disk: Disk, virtual_disk_id: Uuid) -> usize {
        let number = self.layers.len();
        let name = if parent.is_none() { format!("layer-{number}.vhdx") } else { format!("layer-{number}.avhdx") };
        let identity = self.rng.guid();
        self.layers.push(Layer {
            parent,
            disk,
            name,
            folder: FOLDER.to_owned(),
            identity,
            virtual_disk_id,
            marks: Runs::new(),
        });
        number
    }

    /// All layers; the number of a layer is its place here, and a parent stands before its children.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Names a layer's file and its Windows folder.
    pub fn place(&mut self, layer: usize, folder: &str, name: &str) {
        if let Some(layer) = self.layers.get_mut(layer) {
            name.clone_into(&mut layer.name);
            folder.clone_into(&mut layer.folder);
        }
    }

    /// Marks a range of a layer, in whole logical sectors; what reaches past the disk's end is cut off.
    pub fn mark(&mut self, layer: usize, range: Range<u64>, mark: Mark) {
        self.set(layer, range, Some(mark));
    }

    /// Writes the pattern of `tag` to a range.
    pub fn write(&mut self, layer: usize, range: Range<u64>, tag: u32) {
        self.mark(layer, range, Mark::Data(tag));
    }

    /// Takes back what a layer says about a range, so that its parent speaks again.
    pub fn clear(&mut self, layer: usize, range: Range<u64>) {
        self.set(layer, range, None);
    }

    fn set(&mut self, layer: usize, range: Range<u64>, mark: Option<Mark>) {
        if let Some(layer) = self.layers.get_mut(layer) {
            layer.marks.set(range.start..range.end.min(layer.disk.size), mark);
        }
    }

    /// What a guest reads from a range of the disk as it is at `layer`; shorter where the disk ends.
    pub fn expected(&self, layer: usize, offset: u64, len: u64) -> Vec<u8> {
        let end = self.layers.get(layer).map_or(0, |layer| layer.disk.size).min(offset.saturating_add(len));
        let mut bytes = vec![0; size(end.saturating_sub(offset))];
        for (range, source) in self.sources(layer, offset..end) {
            if let Source::Data(owner) = source
                && let Some(Mark::Data(tag)) = self.layers.get(owner).and_then(|layer| layer.marks.get(range.start))
                && let Some(place) = bytes.get_mut(size(range.start - offset)..size(range.end - offset))
            {
                pattern::fill(tag, range.start, place);
            }
        }
        bytes
    }

    /// Where each part of a range of the disk comes from, as it is at `layer`. The parts tile the range up to the disk's
    /// end; neighbours may have the same source.
    pub fn sources(&self, layer: usize, range: Range<u64>) -> Vec<(Range<u64>, Source)> {
        let Some(here) = self.layers.get(layer) else {
            return vec![];
        };
        let mut parts = vec![];
        for (part, mark) in here.marks.cover(range.start..range.end.min(here.disk.size)) {
            match mark {
                Some(Mark::Data(_)) => parts.push((part, Source::Data(layer))),
                Some(mark) => parts.push((part, Source::Zeros(layer, mark))),
                None => {
                    let below = here.parent.map(|parent| self.sources(parent, part.clone())).unwrap_or_default();
                    let reached = below.last().map_or(part.start, |(last, _)| last.end);
                    parts.extend(below);
                    if reached < part.end {
                        parts.push((reached..part.end, Source::Nothing));
                    }
                }
            }
        }
        parts
    }

    /// Offsets around which something may change in the disk as it is at `layer`: the edges of marks, blocks near them,
    /// chunks and the disks' ends, of this layer and all under it. A test that reads a little around each of them need
    /// not read terabytes.
    pub fn edges(&self, layer: usize) -> Vec<u64> {
        let mut edges = vec![0];
        let end = self.layers.get(layer).map_or(0, |layer| layer.disk.size);
        let mut next = Some(layer);
        while let Some(here) = next.and_then(|number| self.layers.get(number)) {
            let block = u64::from(here.disk.block_size).max(1);
            let chunk = u64::from(here.disk.logical_sector_size) << 23;
            edges.extend((0..=here.disk.size / chunk.max(1)).map(|number| number * chunk));
            edges.push(here.disk.size);
            for run in here.marks.ranges() {
                for edge in [run.start, run.end] {
                    edges.extend([edge, edge / block * block, edge.next_multiple_of(block)]);
                }
            }
            next = here.parent;
        }
        edges.retain(|edge| *edge <= end);
        edges.push(end);
        edges.sort_unstable();
        edges.dedup();
        edges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_reads_as_the_specification_says() {
        let mut model = Model::new(1);
        let base = model.base(Disk::new(3 * 512));
        let child = model.child(base, Disk::new(6 * 512));
        model.write(base, 0..9999, 1);
        model.mark(child, 0..512, Mark::Zero);
        model.mark(child, 5 * 512..6 * 512, Mark::Data(2));
        assert_eq!(model.expected(base, 0, 9999), pattern::range(1, 0, 3 * 512));
        let mut truth = vec![0; 512];
        truth.extend(pattern::range(1, 512, 2 * 512)); // the parent's
        truth.extend(vec![0; 2 * 512]); // past the parent's end
        truth.extend(pattern::range(2, 5 * 512, 512));
        assert_eq!(model.expected(child, 0, 9999), truth);
        assert_eq!(model.expected(child, 700, 100), truth[700..800]);
        assert_eq!(
            model.sources(child, 0..9999),
            [
                (0..512, Source::Zeros(child, Mark::Zero)),
                (512..1536, Source::Data(base)),
                (1536..2560, Source::Nothing),
                (2560..3072, Source::Data(child)),
            ]
        );
        model.clear(child, 0..512);
        assert_eq!(model.expected(child, 0, 512), pattern::unit(1, 0));
    }
}
