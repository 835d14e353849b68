//! What a merge costs: plain numbers.

use std::collections::BTreeMap;

use crate::units::ByteLen;

use super::Method;

/// What one way of making one disk of a chain costs.
///
/// Layers are numbered as in the disk that was asked about: 0 is the leaf, `into` the file that survives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// How it is done.
    pub method: Method,
    /// The layer that everything above goes into. [`Method::Export`] and [`Method::Leave`] write into no layer.
    pub into: usize,
    /// The steps in their order; none for [`Method::Leave`].
    pub steps: Vec<StepCost>,
}

/// One step: everything that goes into one file in one pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepCost {
    /// The files that are read, topmost first; the file written to is not among them.
    pub sources: Vec<usize>,
    /// The file written to.
    pub target: Place,
    /// Bytes read.
    pub read: Read,
    /// Bytes written.
    pub write: Write,
    /// What happens to the blocks of the target.
    pub blocks: Blocks,
    /// Length of the target's file before the step, which an earlier step may have changed.
    pub size_before: ByteRange,
    /// Length of the target's file after the step.
    pub size_after: ByteRange,
    /// The files that nothing needs any more once the step is done and checked. An export names all layers; whether
    /// they may go is for the user to say.
    pub goes: Vec<Gone>,
}

/// A file of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A file of the chain.
    Layer(usize),
    /// The file that an export makes.
    NewFile,
}

/// Bytes that are read in a step.
///
/// The structures at the start of each file are left out: less than a megabyte a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Content that is copied: of every sector the topmost of the step's sources that has it.
    pub payload: ByteLen,
    /// Sector bitmaps: of every partially present block of the sources (of a VHD, of every block that is there), and of
    /// those blocks of the target whose bits are changed.
    pub bitmaps: ByteLen,
    /// The entries of the block tables of sources and target, each once.
    pub bat: ByteLen,
}

/// Bytes that are written in a step.
///
/// Headers, footer, metadata items and the log are left out: less than a megabyte, and as much again as is written into
/// BAT and bitmaps, for both pass through the log of a VHDX.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Write {
    /// Content that is copied, to the byte what is read of it.
    pub payload: ByteLen,
    /// Zeros that must be written out: the sources say zero there, and the target's block stays or becomes present for
    /// the sake of other sectors.
    pub zeros: ByteLen,
    /// The rest of new blocks that must read as zeros, up to the end of the virtual disk. Where a file grows the file
    /// system gives zeros by itself, so that a writer may spare itself these.
    pub fill: ByteLen,
    /// Sector bitmaps: every new sector bitmap block as a whole, and the bits of each block that are changed in one
    /// that is there already. Of a VHD the whole bitmap of each block that is written to.
    pub bitmaps: ByteLen,
    /// Entries of the block table that change; the whole table where it has to move.
    pub bat: ByteLen,
}

/// What happens to the blocks of the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    /// Blocks into which anything is written.
    pub written: u64,
    /// Of these, blocks that were not in the file and take new space in it.
    pub allocated: u64,
    /// Of these, blocks that had given up their content and kept their place (UNMAPPED or UNDEFINED with an offset).
    /// A writer that uses space again takes that place; one that only appends needs as much new space.
    pub anchored: u64,
    /// Blocks that the sources settle as zeros without any write of content: their entry says so.
    pub settled: u64,
    /// Blocks whose space in the file is free afterwards: they are settled, or lie behind the end of a disk that
    /// becomes smaller.
    pub freed: u64,
    /// New sector bitmap blocks, 1 MiB each: chunks of a differencing target in which a block becomes partially
    /// present for the first time.
    pub new_bitmaps: u64,
    /// Bytes of the new BAT region, where the old one has no room for a disk that becomes larger; else zero.
    pub moved_bat: ByteLen,
}

/// A file that nothing needs any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Which.
    pub layer: usize,
    /// Its length then, which an earlier step may have changed.
    pub size: ByteRange,
}

/// Bytes of which the exact number depends on the writer.
///
/// `least` is what a writer needs that uses free space inside the file wherever it can; `most` what one needs that only
/// appends. Both ends are exact. What Windows does is not documented; a writer that lets a file grow in large steps
/// (`OpenVMM`: 32 MiB) may end behind `most` by less than a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByteRange {
    /// The fewest.
    pub least: ByteLen,
    /// The most.
    pub most: ByteLen,
}

impl Read {
    /// All bytes read.
    pub fn total(&self) -> ByteLen {
        self.payload.saturating_add(self.bitmaps).saturating_add(self.bat)
    }

    fn add(&mut self, other: &Self) {
        self.payload = self.payload.saturating_add(other.payload);
        self.bitmaps = self.bitmaps.saturating_add(other.bitmaps);
        self.bat = self.bat.saturating_add(other.bat);
    }
}

impl Write {
    /// All bytes written: `least` without the zeros that a growing file gives by itself.
    pub fn total(&self) -> ByteRange {
        let least = [self.zeros, self.bitmaps, self.bat].into_iter().fold(self.payload, ByteLen::saturating_add);
        ByteRange { least, most: least.saturating_add(self.fill) }
    }

    fn add(&mut self, other: &Self) {
        self.payload = self.payload.saturating_add(other.payload);
        self.zeros = self.zeros.saturating_add(other.zeros);
        self.fill = self.fill.saturating_add(other.fill);
        self.bitmaps = self.bitmaps.saturating_add(other.bitmaps);
        self.bat = self.bat.saturating_add(other.bat);
    }
}

impl ByteRange {
    /// A number that does not depend on the writer.
    pub const fn exactly(bytes: ByteLen) -> Self {
        Self { least: bytes, most: bytes }
    }

    /// The lower of the lower ends, and the upper of the upper.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), most: self.most.max(other.most) }
    }

    /// Both ends added.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self { least: self.least.saturating_add(other.least), most: self.most.saturating_add(other.most) }
    }

    /// The lower end less the lower end, the upper less the upper; zero where that would be negative.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self { least: self.least.saturating_sub(other.least), most: self.most.saturating_sub(other.most) }
    }
}

impl StepCost {
    /// Bytes by which the target's file grows. A merge makes no file shorter.
    pub fn growth(&self) -> ByteRange {
        self.size_after.saturating_sub(self.size_before)
    }
}

impl Cost {
    /// Bytes read in all steps.
    pub fn read(&self) -> Read {
        self.steps.iter().fold(Read::default(), |mut sum, step| {
            sum.add(&step.read);
            sum
        })
    }

    /// Bytes written in all steps.
    pub fn write(&self) -> Write {
        self.steps.iter().fold(Write::default(), |mut sum, step| {
            sum.add(&step.write);
            sum
        })
    }

    /// The file that holds the disk afterwards: layer `into`, a new file, or, where nothing is done, the leaf.
    pub fn survivor(&self) -> Place {
        self.steps.last().map_or(Place::Layer(0), |step| step.target)
    }

    /// Length of the survivor's file afterwards; `None` where nothing is done.
    pub fn final_size(&self) -> Option<ByteRange> {
        self.steps.last().map(|step| step.size_after)
    }

    /// Bytes by which the survivor's file is longer afterwards than it was before; of a new file all of it.
    pub fn growth(&self) -> ByteRange {
        let survivor = self.survivor();
        let before = self.steps.iter().find(|step| step.target == survivor).map(|step| step.size_before);
        self.final_size().unwrap_or_default().saturating_sub(before.unwrap_or_default())
    }

    /// The files that nothing needs any more in the end.
    pub fn gone(&self) -> impl Iterator<Item = &Gone> {
        self.steps.iter().flat_map(|step| &step.goes)
    }

    /// The most additional bytes that each volume must hold at any moment. At the least where every file that goes is
    /// deleted as soon as its step is done; at the most where all of them are left until the end, as `Merge-VHD` may
    /// leave them. The guest's own writes come on top where the machine is running.
    pub fn peak<V: Ord>(&self, volume_of: impl Fn(Place) -> V) -> BTreeMap<V, ByteRange> {
        self.balance(volume_of).into_iter().map(|(volume, balance)| (volume, balance.peak)).collect()
    }

    /// Bytes that each volume has more (`freed`) or less (`used`) in the end, when the files that go are deleted.
    pub fn balance<V: Ord>(&self, volume_of: impl Fn(Place) -> V) -> BTreeMap<V, Balance> {
        let mut volumes: BTreeMap<V, Balance> = BTreeMap::new();
        for step in &self.steps {
            let balance = volumes.entry(volume_of(step.target)).or_default();
            balance.used = balance.used.saturating_add(step.growth());
            balance.peak.least = balance.peak.least.max(balance.used.least.saturating_sub(balance.freed.least));
            // Files never become shorter, so that the end holds the most.
            balance.peak.most = balance.used.most;
            for gone in &step.goes {
                let balance = volumes.entry(volume_of(Place::Layer(gone.layer))).or_default();
                balance.freed = balance.freed.saturating_add(gone.size);
            }
        }
        volumes
    }
}

/// What becomes of the free space of a volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Bytes that files on it grow by.
    pub used: ByteRange,
    /// Bytes of the files on it that go.
    pub freed: ByteRange,
    /// The most that is used at any moment and not yet freed: at the least with each file deleted as soon as nothing
    /// needs it, at the most with none deleted before the end.
    pub peak: ByteRange,
}

impl Balance {
    /// Of two orders in which the same may be done, what holds for either.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { used: self.used.hull(other.used), freed: self.freed.hull(other.freed), peak: self.peak.hull(other.peak) }
    }

    /// Of two merges that may go on at once or in any order, both: nothing is counted on that the other frees.
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        let peak = ByteRange {
            least: self.peak.least.max(other.peak.least),
            most: self.peak.most.saturating_add(other.peak.most),
        };
        Self { used: self.used.saturating_add(other.used), freed: self.freed.saturating_add(other.freed), peak }
    }
}
