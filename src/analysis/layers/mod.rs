//! Files laid over one another: who owns each byte of a virtual disk, what lies hidden below, what two layers both have.
//!
//! [`LayerMaps`] holds the files' bit planes (see [`crate::image::planes`]), read once as far as a budget allows, and
//! answers for any selection of them: another chain, another part of one, forks over a common base. Whole blocks are
//! told apart 64 at a time; where a block is in a file in part, the same is done with the bits of its sectors, which are
//! read only there.
//!
//! Windows of the virtual disk are gone through one after the other, each cut into units of the smallest block of the
//! files, so that files with blocks of different sizes need no rule of their own.

mod overlap;
mod sectors;
mod visible;
mod walk;
mod window;

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::image::Image;
use crate::image::planes::{LayerBlocks, Planes};
use crate::limits;
use crate::units::{ByteLen, VirtualOffset};

pub use overlap::Overlaps;
pub use visible::{Owned, Seen, View};
pub use walk::{Detail, Holds, Stretch};

use overlap::OverlapPass;
use sectors::Sectors;
use visible::SeenPass;
use window::Window;

/// The block maps of some files. The number of a file in here is its place in the list that was given.
#[derive(Debug)]
pub struct LayerMaps {
    layers: Vec<Layer>,
    /// Bytes that may still be kept.
    budget: ByteLen,
    /// Most units of a window.
    most_units: u64,
    window: Window,
    sectors: Sectors,
}

#[derive(Debug)]
struct Layer {
    blocks: LayerBlocks,
    planes: Planes,
    kept: Kept,
}

/// What a layer's planes are about.
#[derive(Debug)]
enum Kept {
    /// The whole disk.
    Whole,
    /// What was read last; the whole disk does not fit the budget.
    Window,
    /// Nothing yet.
    Unread,
    /// Nothing: they cannot be read.
    Unreadable(Error),
}

impl LayerMaps {
    /// The maps of some files, of which at most [`limits::MAX_PLANES`] are kept. Nothing is read yet. Fails with the
    /// first reason why one of the disks must not be read.
    pub fn new(images: impl IntoIterator<Item = Arc<Image>>) -> Result<Self> {
        Self::with_limits(images, limits::MAX_PLANES, limits::MAX_PLANE_WINDOW)
    }

    /// The maps of some files, of which at most `budget` bytes are kept (with none, each answer reads them once more),
    /// and which are laid over one another `window` blocks at a time. The answers are the same with any limits.
    pub fn with_limits(images: impl IntoIterator<Item = Arc<Image>>, budget: ByteLen, window: u64) -> Result<Self> {
        let layer = |image| {
            let blocks = LayerBlocks::new(image)?;
            Ok(Layer { blocks, planes: Planes::default(), kept: Kept::Unread })
        };
        let layers = images.into_iter().map(layer).collect::<Result<Vec<Layer>>>()?;
        let sectors = Sectors::new(layers.len());
        Ok(Self { layers, budget, most_units: window, window: Window::default(), sectors })
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// A file.
    pub fn image(&self, layer: usize) -> Option<&Image> {
        self.layers.get(layer).map(|layer| &**layer.blocks.image())
    }

    /// Bytes of a file's blocks.
    pub fn block_size(&self, layer: usize) -> Option<ByteLen> {
        self.layers.get(layer).map(|layer| layer.blocks.block_size())
    }

    /// Bytes of the virtual disk as a file has it.
    pub fn virtual_size(&self, layer: usize) -> Option<ByteLen> {
        self.layers.get(layer).map(|layer| layer.blocks.virtual_size())
    }

    /// What chains see of the files and what pairs of files have in common, in one pass: see [`seen`](Self::seen) and
    /// [`overlaps`](Self::overlaps).
    pub fn seen_and_overlaps(&mut self, chains: &[Vec<usize>], below: &[Vec<usize>]) -> Result<(Seen, Overlaps)> {
        let mut seen = SeenPass::new(self, chains);
        let mut overlaps = OverlapPass::new(self, below);
        let mut layers = visible::all_layers(chains);
        layers.extend(overlaps.layers());
        layers.sort_unstable();
        layers.dedup();
        let sizes = layers.iter().filter_map(|layer| self.virtual_size(*layer));
        let size = sizes.max().unwrap_or_default();
        self.each_window(&layers, size, |maps, cut| {
            seen.window(maps, cut);
            overlaps.window(maps, cut);
            Ok(())
        })?;
        Ok((seen.finish(), overlaps.finish()))
    }

    /// How the disk is cut for some of the files, which must have sectors of one size.
    fn cut(&self, layers: &[usize]) -> Result<Cut> {
        let mut cut = Cut { unit: 0, sector: 0, bits: 0 };
        for layer in layers {
            let layer = self.layers.get(*layer).ok_or_else(|| Error::refused("chain", None, "no such layer"))?;
            let (block, sector) = (layer.blocks.block_size().0, layer.blocks.sector_size().0);
            if cut.sector != 0 && cut.sector != sector {
                let what = format!("logical sectors of {sector} bytes in a chain with some of {}", cut.sector);
                return Err(Error::refused("chain", None, what).with_path(layer.blocks.image().path()));
            }
            cut.sector = sector;
            cut.unit = if cut.unit == 0 { block } else { cut.unit.min(block) };
        }
        if cut.unit == 0 || cut.sector == 0 {
            return Err(Error::refused("chain", None, "no file to read from"));
        }
        let each = window::bits_per_unit(layers.len());
        let room = limits::MAX_PLANE_WINDOW_BYTES.0.saturating_mul(8).checked_div(each).unwrap_or_default();
        cut.bits = (room.min(self.most_units) / 64).max(1).saturating_mul(64);
        Ok(cut)
    }

    /// Goes through the disk up to `size`, window by window, with the planes of `layers` in place.
    fn each_window(
        &mut self,
        layers: &[usize],
        size: ByteLen,
        mut each: impl FnMut(&mut Self, &Cut) -> Result<()>,
    ) -> Result<()> {
        let cut = self.cut(layers)?;
        let mut start = 0;
        while start < size.0 {
            let units = size.0.saturating_sub(start).div_ceil(cut.unit).min(cut.bits);
            self.load(layers, VirtualOffset(start), units, &cut);
            each(self, &cut)?;
            start = start.saturating_add(units.saturating_mul(cut.unit));
        }
        Ok(())
    }

    fn load(&mut self, layers: &[usize], start: VirtualOffset, units: u64, cut: &Cut) {
        self.window.reset(self.layers.len(), start, units, cut);
        for number in layers {
            if let Some(layer) = self.layers.get_mut(*number) {
                layer.read(start, units.saturating_mul(cut.unit), &mut self.budget);
                self.window.lay(*number, layer);
            }
        }
    }
}

/// How a window is cut.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// Bytes of a unit: those of the smallest block.
    unit: u64,
    /// Bytes of a sector.
    sector: u64,
    /// Most units of a window.
    bits: u64,
}

impl Layer {
    /// Sees to it that the planes are about `len` bytes from `start` on at least.
    fn read(&mut self, start: VirtualOffset, len: u64, budget: &mut ByteLen) {
        if let Kept::Unread = self.kept {
            // Two bits a block; a third plane is rare and small beside what it tells.
            let takes = ByteLen(self.blocks.blocks().div_ceil(64).saturating_mul(16));
            if takes <= *budget {
                *budget = budget.saturating_sub(takes);
                self.kept = match self.blocks.read(0, self.blocks.blocks(), &mut self.planes) {
                    Ok(()) => Kept::Whole,
                    Err(error) => Kept::Unreadable(error),
                };
            } else {
                self.kept = Kept::Window;
            }
        }
        if let Kept::Window = self.kept {
            let block = self.blocks.block_size().0.max(1);
            let first = start.0 / block;
            let count = start.0.saturating_add(len).div_ceil(block).saturating_sub(first);
            if let Err(error) = self.blocks.read(first, count, &mut self.planes) {
                self.kept = Kept::Unreadable(error);
            }
        }
    }
}
