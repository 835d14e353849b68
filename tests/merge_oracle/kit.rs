//! Chains in memory, their costs, and the comparison with the oracle.

use std::sync::Arc;

use proptest::prelude::*;
use vhdxray::Result;
use vhdxray::analysis::merge::{ByteRange, Cost, Method, StepCost, cost, costs};
use vhdxray::chain::{Bottom, ExtentState, VirtualDisk};
use vhdxray::image::{FileKind, Image, OpenOptions};
use vhdxray::source::ReadAt;
use vhdxray::testkit::merge::{self, Counts, File, Policy};
use vhdxray::testkit::rng::Rng;
use vhdxray::testkit::{Disk, Model, SparseImage, Style};
use vhdxray::units::{ByteLen, FileOffset, VirtualOffset};

const MIB: u64 = 1 << 20;

#[derive(Debug)]
struct Held(SparseImage);

impl ReadAt for Held {
    fn size(&self) -> ByteLen {
        ByteLen(self.0.len())
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        let have = self.0.read_into(offset.get(), buf);
        if have == buf.len() {
            return Ok(());
        }
        Err(vhdxray::Error::truncated(structure, offset, ByteLen::from(buf.len()), ByteLen::from(have)))
    }
}

/// A chain, the leaf first and the base last.
pub(crate) struct Chain {
    pub(crate) images: Vec<SparseImage>,
    /// What is true of it, and the number of the leaf.
    pub(crate) model: Option<(Model, usize)>,
}

impl Chain {
    pub(crate) fn of_vhdx(model: &Model, leaf: usize, style: Style) -> Self {
        Self::of(model, leaf, |layer| model.vhdx(layer, style).image)
    }

    pub(crate) fn of_vhd(model: &Model, leaf: usize) -> Self {
        Self::of(model, leaf, |layer| model.vhd(layer).image)
    }

    fn of(model: &Model, leaf: usize, image: impl Fn(usize) -> SparseImage) -> Self {
        let mut images = vec![];
        let mut next = Some(leaf);
        while let Some(layer) = next {
            images.push(image(layer));
            next = model.layers()[layer].parent;
        }
        Self { images, model: Some((model.clone(), leaf)) }
    }

    /// The disk as seen from a layer.
    pub(crate) fn disk(&self, layer: usize) -> Result<VirtualDisk> {
        disk_of(&self.images[layer..])
    }
}

pub(crate) fn disk_of(images: &[SparseImage]) -> Result<VirtualDisk> {
    let open = |image: &SparseImage| {
        let source: Arc<dyn ReadAt> = Arc::new(Held(image.clone()));
        let kind = if image.read(0, 8) == b"vhdxfile" { FileKind::Vhdx } else { FileKind::Vhd };
        Image::open(source, kind, OpenOptions::default()).map(Arc::new)
    };
    VirtualDisk::new(images.iter().map(open).collect::<Result<_>>()?, Bottom::Whole)
}

pub(crate) fn cost_of(chain: &Chain, into: usize, method: Method) -> Cost {
    cost(&chain.disk(0).unwrap(), into, method).unwrap()
}

/// Costs of all methods, against the oracle under both policies; the content of every survivor, against the chain's.
pub(crate) fn check(chain: &Chain, into: usize) -> Result<(), TestCaseError> {
    check_methods(chain, into, &[Method::SinglePass, Method::PairwiseTopDown, Method::PairwiseBottomUp])
}

pub(crate) fn check_methods(chain: &Chain, into: usize, methods: &[Method]) -> Result<(), TestCaseError> {
    let disk = chain.disk(0).unwrap();
    let all = costs(&disk, into, methods).unwrap();
    let before = Before::of(&disk, chain.model.as_ref()).map_err(TestCaseError::fail)?;
    for (method, found) in methods.iter().copied().zip(all) {
        prop_assert_eq!(&cost(&disk, into, method).unwrap(), &found, "alone and together");
        for policy in [Policy::Reuse, Policy::Append] {
            let (counts, merged) = merged(chain, into, method, policy);
            prop_assert_eq!(counts.len(), found.steps.len());
            for (number, (step, counts)) in found.steps.iter().zip(&counts).enumerate() {
                compare(step, counts, policy)
                    .map_err(|what| TestCaseError::fail(format!("{method:?} step {number} {policy:?}: {what}")))?;
            }
            let mut survivor = vec![merged];
            survivor.extend_from_slice(&chain.images[into + 1..]);
            let after = disk_of(&survivor).unwrap();
            before
                .is_content_of(&disk, &after)
                .map_err(|what| TestCaseError::fail(format!("{method:?} {policy:?}: {what}")))?;
        }
    }
    Ok(())
}

/// Whether a file without parent has a chain's content.
pub(crate) fn equal_content(chain: &Chain, survivor: &SparseImage) -> Result<(), TestCaseError> {
    let disk = chain.disk(0).unwrap();
    let before = Before::of(&disk, chain.model.as_ref()).map_err(TestCaseError::fail)?;
    let after = disk_of(std::slice::from_ref(survivor)).unwrap();
    before.is_content_of(&disk, &after).map_err(TestCaseError::fail)
}

/// A merge of copies, and the file that survives it.
fn merged(chain: &Chain, into: usize, method: Method, policy: Policy) -> (Vec<Counts>, SparseImage) {
    let mut files: Vec<File> = chain.images[..=into].iter().map(|image| File::open(image.clone()).unwrap()).collect();
    let counts = match method {
        Method::SinglePass => merge::in_one_pass(&mut files, policy),
        Method::PairwiseTopDown => merge::top_down(&mut files, policy),
        _ => merge::bottom_up(&mut files, policy),
    };
    (counts, files.last().unwrap().image().clone())
}

/// The survivors of every way to merge, with the names of the ways.
pub(crate) fn survivors(chain: &Chain, into: usize) -> Vec<(String, SparseImage)> {
    let mut found = vec![];
    for method in [Method::SinglePass, Method::PairwiseTopDown, Method::PairwiseBottomUp] {
        for policy in [Policy::Reuse, Policy::Append] {
            found.push((format!("{} {policy:?}", method.name()), merged(chain, into, method, policy).1));
        }
    }
    found
}

/// What a step was said to take, and what it took.
fn compare(step: &StepCost, counts: &Counts, policy: Policy) -> Result<(), String> {
    let end = |range: ByteRange| if policy == Policy::Reuse { range.least } else { range.most };
    let (allocated, anchored) = match policy {
        Policy::Reuse => (step.blocks.allocated, step.blocks.anchored),
        Policy::Append => (step.blocks.allocated + step.blocks.anchored, 0),
    };
    let said = Counts {
        read_payload: step.read.payload.get(),
        read_bitmaps: step.read.bitmaps.get(),
        read_bat: step.read.bat.get(),
        write_payload: step.write.payload.get(),
        write_zeros: step.write.zeros.get(),
        write_fill: step.write.fill.get(),
        write_bitmaps: step.write.bitmaps.get(),
        write_bat: step.write.bat.get(),
        allocated,
        anchored,
        new_bitmaps: step.blocks.new_bitmaps,
        moved_bat: step.blocks.moved_bat.get(),
        before: end(step.size_before).get(),
        after: end(step.size_after).get(),
    };
    if said == *counts { Ok(()) } else { Err(format!("said\n{said:#?}\ntook\n{counts:#?}")) }
}

/// The content of a chain: all of it where that is little, else around every place where it may change.
struct Before {
    pieces: Vec<(u64, Vec<u8>)>,
    is_whole: bool,
}

impl Before {
    /// Reads the chain, and holds what is read against the model where there is one.
    fn of(disk: &VirtualDisk, model: Option<&(Model, usize)>) -> Result<Self, String> {
        let size = disk.size().get();
        let is_whole = size <= 32 * MIB;
        let mut pieces = vec![];
        let places: Vec<(u64, u64)> = if is_whole {
            (0..size.div_ceil(MIB)).map(|piece| (piece * MIB, MIB.min(size - piece * MIB))).collect()
        } else {
            let edges = model.map(|(model, leaf)| model.edges(*leaf)).unwrap_or_default();
            around(edges, size)
        };
        for (at, len) in places {
            let found = read(disk, at, len)?;
            if let Some((model, leaf)) = model
                && model.expected(*leaf, at, len) != found
            {
                return Err(format!("the chain itself is not what its model says near {at:#x}"));
            }
            pieces.push((at, found));
        }
        Ok(Self { pieces, is_whole })
    }

    /// Whether the chain's content is the survivor's.
    fn is_content_of(&self, before: &VirtualDisk, after: &VirtualDisk) -> Result<(), String> {
        if before.size() != after.size() {
            return Err(format!("{} bytes became {}", before.size(), after.size()));
        }
        for (at, bytes) in &self.pieces {
            equal(*at, bytes, &read(after, *at, bytes.len() as u64)?)?;
        }
        if !self.is_whole {
            // The merge has made edges of its own.
            for (at, len) in around(data_edges(after), after.size().get()) {
                equal(at, &read(before, at, len)?, &read(after, at, len)?)?;
            }
        }
        Ok(())
    }
}

fn around(edges: Vec<u64>, size: u64) -> Vec<(u64, u64)> {
    let starts = edges.into_iter().map(|edge| edge.saturating_sub(5000));
    starts.map(|start| (start, 10_000.min(size - start))).collect()
}

fn data_edges(disk: &VirtualDisk) -> Vec<u64> {
    let mut edges = vec![];
    for extent in disk.extents().unwrap() {
        let extent = extent.unwrap();
        if matches!(extent.state, ExtentState::Data(_)) {
            edges.extend([extent.range.start.get(), extent.range.end().get()]);
        }
    }
    edges.dedup();
    edges
}

fn read(disk: &VirtualDisk, at: u64, len: u64) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; usize::try_from(len).unwrap()];
    disk.read_exact_at(VirtualOffset(at), &mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn equal(at: u64, left: &[u8], right: &[u8]) -> Result<(), String> {
    if left == right {
        return Ok(());
    }
    let byte = left.iter().zip(right).position(|(left, right)| left != right).unwrap_or_default();
    Err(format!("content differs at {:#x}", at + byte as u64))
}

/// A chain that VHD can hold: one size, data alone.
pub(crate) fn vhd_model(seed: u64) -> Model {
    let mut rng = Rng::new(seed);
    let mut model = Model::new(rng.next());
    let size = rng.between(1, 24 << 11) * 512;
    for number in 0..rng.between(2, 5) {
        let disk = Disk::new(size).blocks_of(1 << rng.between(19, 22));
        let layer = match number {
            0 => model.base(disk),
            _ => model.child(usize::try_from(number).unwrap() - 1, disk),
        };
        for _ in 0..rng.below(8) {
            let start = rng.below(size / 512) * 512;
            let end = (start + rng.between(1, 400) * 512).min(size);
            model.write(layer, start..end, u32::try_from(number).unwrap() + 1);
        }
    }
    model
}
