//! Writes the layers of a [`Model`] as VHDX files.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::model::{Layer, Mark, Model};
use super::pattern;
use super::rng::Rng;
use super::sparse::SparseImage;
use super::vhdx::{Allocation, Block, Builder, Built, Locator, state};

/// The tag of what must never be read: sectors of a partial block that are the parent's, old data of trimmed blocks.
pub const POISON: u32 = 4_000_000_000;

/// How much of a stretch is poisoned at each of its ends.
const POISONED: u64 = 4096;

/// How a layer is put into a file. The content is the same with every style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Blocks in order, each in the plainest state that holds its content.
    Plain,
    /// All that the format also allows, drawn from a seed: blocks in any order and with gaps, partial blocks with all
    /// bits set or none, bitmap bits under full blocks, trimmed blocks that keep their old data, fixed bases.
    Quirky(u64),
}

impl Model {
    /// A layer's VHDX file.
    pub fn vhdx(&self, layer: usize, style: Style) -> Built {
        let Some(here) = self.layers.get(layer) else {
            return Builder::dynamic(0).build();
        };
        let mut builder = match here.parent.and_then(|parent| self.layers.get(parent)) {
            Some(parent) => Builder::differencing(here.disk.size, locator_to(parent)),
            None => Builder::dynamic(here.disk.size),
        };
        builder = builder
            .block_size(here.disk.block_size)
            .sectors(here.disk.logical_sector_size, here.disk.physical_sector_size)
            .seed(here.identity.as_u64_pair().0)
            .data_write_guid(here.identity)
            .virtual_disk_id(here.virtual_disk_id);
        let mut quirks = match style {
            Style::Plain => None,
            Style::Quirky(seed) => Some(Rng::new(seed ^ (layer as u64) << 32)),
        };
        let touched = touched_blocks(here);
        if let Some(rng) = &mut quirks {
            builder = quirky_empty_block(quirky_layout(builder, rng), here, &touched, rng);
        }
        for (number, range) in touched {
            let block = block_of(here, range);
            builder = builder
                .block(number, quirks.as_mut().map_or_else(|| block.clone(), |rng| quirky(here, block.clone(), rng)));
        }
        builder.build()
    }

    /// Writes every layer's VHDX file into a folder, and says where each one is.
    pub fn write_vhdx(&self, folder: &Path, style: Style) -> io::Result<Vec<PathBuf>> {
        (0..self.layers.len())
            .map(|layer| {
                let path = folder.join(self.layers.get(layer).map_or("", |layer| layer.name.as_str()));
                self.vhdx(layer, style).image.write_to(&path)?;
                Ok(path)
            })
            .collect()
    }
}

/// What Hyper-V writes into a child that lies in its parent's folder.
fn locator_to(parent: &Layer) -> Locator {
    let relative = format!(r".\{}", parent.name);
    Locator::windows(parent.identity, &relative, &format!(r"{}\{}", parent.folder, parent.name))
}

/// The blocks about which a layer says anything, with their ranges on the virtual disk.
pub(super) fn touched_blocks(layer: &Layer) -> Vec<(u64, Range<u64>)> {
    let block_size = u64::from(layer.disk.block_size).max(1);
    let mut numbers: Vec<u64> =
        layer.marks.ranges().flat_map(|run| run.start / block_size..run.end.div_ceil(block_size)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
        .into_iter()
        .map(|number| (number, number * block_size..((number + 1) * block_size).min(layer.disk.size)))
        .collect()
}

/// The plainest block that holds what a layer says about a range.
fn block_of(layer: &Layer, range: Range<u64>) -> Block {
    let parts = layer.marks.cover(range.clone());
    let trimmed = match parts.as_slice() {
        [(_, Some(Mark::Zero))] => Some(Block::zero()),
        [(_, Some(Mark::Unmapped))] => Some(Block::unmapped()),
        [(_, Some(Mark::Undefined))] => Some(Block::undefined()),
        _ => None,
    };
    if let Some(block) = trimmed {
        return block;
    }
    let mut data = SparseImage::new(range.end - range.start);
    let mut block = Block::default();
    let sector = u64::from(layer.disk.logical_sector_size).max(1);
    for (part, mark) in &parts {
        let at = part.start - range.start;
        match mark {
            Some(Mark::Data(tag)) => data.write_image(at, &pattern::image(*tag, part.start, part.end - part.start)),
            None if layer.parent.is_some() => poison(&mut data, at..part.end - range.start, part.start),
            _ => {}
        }
        if mark.is_some() {
            block = block.present(at / sector..(part.end - range.start) / sector);
        }
    }
    if layer.parent.is_some() && parts.iter().any(|(_, mark)| mark.is_none()) {
        Block { data: Some(data), state: state::PARTIALLY_PRESENT, ..block }
    } else {
        Block::full(data)
    }
}

/// Puts the poison at both ends of a stretch of a block.
fn poison(data: &mut SparseImage, stretch: Range<u64>, virtual_offset: u64) {
    let len = stretch.end - stretch.start;
    for at in [0, len.saturating_sub(POISONED)] {
        let part = pattern::image(POISON, virtual_offset + at, POISONED.min(len));
        data.write_image(stretch.start + at, &part);
    }
}

fn quirky_layout(builder: Builder, rng: &mut Rng) -> Builder {
    let allocation = match rng.below(3) {
        0 => Allocation::Sequential,
        1 => Allocation::Reversed,
        _ => Allocation::Shuffled(rng.next()),
    };
    builder.allocation(allocation).gap(rng.below(3) << 20).leave_block_allocated(rng.chance(1, 4))
}

/// A block that says nothing and takes space all the same: partial without any bit.
fn quirky_empty_block(builder: Builder, layer: &Layer, touched: &[(u64, Range<u64>)], rng: &mut Rng) -> Builder {
    let number = rng.below(layer.disk.size.div_ceil(u64::from(layer.disk.block_size).max(1)));
    if layer.parent.is_none() || layer.disk.size == 0 || touched.iter().any(|(other, _)| *other == number) {
        return builder;
    }
    builder.block(number, Block::partial(junk(layer)))
}

/// A block's worth of what must not be read.
fn junk(layer: &Layer) -> SparseImage {
    let mut data = SparseImage::new(u64::from(layer.disk.block_size));
    poison(&mut data, 0..u64::from(layer.disk.block_size), 0);
    data
}

/// Another block of the same meaning.
fn quirky(layer: &Layer, block: Block, rng: &mut Rng) -> Block {
    let disk = &layer.disk;
    let sectors = u64::from(disk.block_size) / u64::from(disk.logical_sector_size.max(1));
    match block.state {
        state::UNMAPPED | state::UNDEFINED if rng.chance(1, 2) => block.anchored(junk(layer)),
        state::FULLY_PRESENT if layer.parent.is_some() => match rng.below(3) {
            // All sectors one by one instead of the whole block at once. The last block's bits past the disk's end are
            // set as well.
            0 => Block { state: state::PARTIALLY_PRESENT, ..block.present(0..sectors) },
            // Bits under a full block mean nothing.
            1 => {
                let first = rng.below(sectors);
                block.present(first..rng.between(first, sectors))
            }
            _ => block,
        },
        _ => block,
    }
}
