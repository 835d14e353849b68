//! What one file says about the blocks of its disk, as planes of one bit a block: two bits tell where a reader finds a
//! block, and any number of files can be laid over one another a word at a time.
//!
//! | data | mark | the block |
//! |---|---|---|
//! | 0 | 0 | is the parent's |
//! | 0 | 1 | is zeros, whatever the parent has |
//! | 1 | 0 | is in the file |
//! | 1 | 1 | is in the file, and a sector bitmap tells which of its sectors |
//!
//! A third plane, which few files need, holds the blocks that must not be read (reserved states, places outside the
//! file or in its structures): what is wrong with one is told by [`Runs`], the one reader of blocks, when
//! somebody needs it. What the states mean is said there too (`image/layer.rs`).

mod bitmaps;
mod vhd;
mod vhdx;
pub mod words;

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::units::{ByteLen, VirtualOffset};

use super::{Image, Runs, Survey};
use bitmaps::Bitmaps;

/// Where a reader finds a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockHolds {
    /// With the parent.
    Nothing,
    /// Nowhere: zeros.
    Zeros,
    /// In the file.
    All,
    /// In the file, as far as its bits are set.
    Some,
}

/// Blocks of one disk from a first one on.
#[derive(Clone, Debug, Default)]
pub struct Planes {
    first: u64,
    count: u64,
    data: Vec<u64>,
    mark: Vec<u64>,
    /// Empty as long as nothing is wrong.
    invalid: Vec<u64>,
}

impl Planes {
    /// Forgets everything and makes room for `count` blocks from `first` on.
    fn reset(&mut self, first: u64, count: u64) {
        (self.first, self.count) = (first, count);
        for plane in [&mut self.data, &mut self.mark] {
            plane.clear();
            plane.resize(words::words_for(count), 0);
        }
        self.invalid.clear();
    }

    /// Adds up to 64 blocks from the place `at` on.
    #[inline]
    fn put(&mut self, at: u64, word: PlaneWord) {
        if word.data != 0 {
            words::set_word(&mut self.data, at, word.data);
        }
        if word.mark != 0 {
            words::set_word(&mut self.mark, at, word.mark);
        }
        if word.invalid != 0 {
            self.invalid.resize(self.data.len(), 0);
            words::set_word(&mut self.invalid, at, word.invalid);
        }
    }

    /// The first block.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Number of blocks.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Which of them are in the file, wholly or in part.
    pub fn data(&self) -> &[u64] {
        &self.data
    }

    /// See the table of the module.
    pub fn mark(&self) -> &[u64] {
        &self.mark
    }

    /// Which of them must not be read; no words where there is none.
    pub fn invalid(&self) -> &[u64] {
        &self.invalid
    }

    /// Where a reader finds a block, and whether the block must not be read.
    pub fn get(&self, block: u64) -> (BlockHolds, bool) {
        let Some(at) = block.checked_sub(self.first).filter(|at| *at < self.count) else {
            return (BlockHolds::Zeros, false);
        };
        let holds = match (words::get(&self.data, at), words::get(&self.mark, at)) {
            (false, false) => BlockHolds::Nothing,
            (false, true) => BlockHolds::Zeros,
            (true, false) => BlockHolds::All,
            (true, true) => BlockHolds::Some,
        };
        (holds, words::get(&self.invalid, at))
    }
}

/// Up to 64 blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct PlaneWord {
    data: u64,
    mark: u64,
    invalid: u64,
}

/// The blocks of one file, read as planes and, where a block is in the file in part, as bits of its sectors.
#[derive(Debug)]
pub struct LayerBlocks {
    image: Arc<Image>,
    format: Format,
    block_size: ByteLen,
    sector_size: ByteLen,
    virtual_size: ByteLen,
    is_transparent: bool,
    bitmaps: Bitmaps,
    piece: Vec<u8>,
}

#[derive(Debug)]
enum Format {
    Vhdx(vhdx::VhdxBlocks),
    Vhd(vhd::VhdBlocks),
}

impl LayerBlocks {
    /// The blocks of an image, or the first reason why its virtual disk must not be read.
    pub fn new(image: Arc<Image>) -> Result<Self> {
        if let Some(blocker) = image.blockers().first() {
            return Err(blocker.clone().with_path(image.path()));
        }
        let unknown = || Error::refused("", None, "the sizes of the virtual disk are unknown").with_path(image.path());
        let (format, block_size, sector_size, virtual_size, is_transparent) = match image.survey() {
            Survey::Vhdx(survey) => {
                let geometry = *survey.geometry().ok_or_else(unknown)?;
                let blocks = vhdx::VhdxBlocks::new(geometry, survey, image.view().size());
                let (block, sector) = (geometry.block_size, geometry.logical_sector_size);
                (Format::Vhdx(blocks), block, sector, geometry.virtual_size, geometry.has_parent)
            }
            Survey::Vhd(survey) => {
                let blocks = vhd::VhdBlocks::new(*survey.geometry().ok_or_else(unknown)?);
                let (block, has_parent) = (blocks.block_size(), blocks.has_parent());
                let size = blocks.virtual_size();
                (Format::Vhd(blocks), block, crate::format::vhd::SECTOR_SIZE, size, has_parent)
            }
        };
        let (bitmaps, piece) = (Bitmaps::default(), Vec::new());
        Ok(Self { image, format, block_size, sector_size, virtual_size, is_transparent, bitmaps, piece })
    }

    /// The file.
    pub fn image(&self) -> &Arc<Image> {
        &self.image
    }

    /// Bytes of a block: a power of two. For a fixed VHD, which has none, a size of convenience.
    pub fn block_size(&self) -> ByteLen {
        self.block_size
    }

    /// Bytes of a logical sector.
    pub fn sector_size(&self) -> ByteLen {
        self.sector_size
    }

    /// Bytes of the virtual disk.
    pub fn virtual_size(&self) -> ByteLen {
        self.virtual_size
    }

    /// Whether sectors whose bits are clear are the parent's; else they are zeros.
    pub fn is_transparent(&self) -> bool {
        self.is_transparent
    }

    /// Number of blocks; the last one may reach past the virtual end.
    pub fn blocks(&self) -> u64 {
        self.virtual_size.0.div_ceil(self.block_size.0.max(1))
    }

    /// Reads the planes of `count` blocks from `first` on, as far as there are so many: one pass over their entries.
    pub fn read(&mut self, first: u64, count: u64, planes: &mut Planes) -> Result<()> {
        let count = count.min(self.blocks().saturating_sub(first));
        planes.reset(first, count);
        let view = &**self.image.view();
        match &self.format {
            Format::Vhdx(blocks) => blocks.read(view, planes, &mut self.piece),
            Format::Vhd(blocks) => blocks.read(view, planes, &mut self.piece),
        }
        .map_err(|error| self.named(error))
    }

    /// The bits of the sectors from `at` on, as many as `bits` has room for, of a block that is in the file in part.
    /// `budget` is how many bytes of bitmaps may still be kept, for the next time.
    pub fn sector_bits(&mut self, at: VirtualOffset, bits: &mut [u64], budget: &mut ByteLen) -> Result<()> {
        let block = at.0.checked_div(self.block_size.0).unwrap_or_default();
        let within = at.0.saturating_sub(block.saturating_mul(self.block_size.0));
        let first = within.checked_div(self.sector_size.0).unwrap_or_default();
        let view = &**self.image.view();
        let format = &mut self.format;
        let found = self.bitmaps.get(block, budget, |bytes| match format {
            Format::Vhdx(blocks) => blocks.read_bitmap(view, block, bytes),
            Format::Vhd(blocks) => blocks.read_bitmap(view, block, bytes),
        });
        match found {
            Ok(bytes) => {
                let order = match self.format {
                    Format::Vhdx(_) => crate::format::bits::BitOrder::LowestFirst,
                    Format::Vhd(_) => crate::format::bits::BitOrder::HighestFirst,
                };
                let view = crate::format::bits::Bits::new(bytes, order);
                for (word, start) in bits.iter_mut().zip((0..).map(|number: u64| number.saturating_mul(words::BITS))) {
                    *word = view.word_from(first.saturating_add(start));
                }
                Ok(())
            }
            // The reader of blocks has the words for what is wrong.
            Err(error) => Err(self.check(at).err().unwrap_or_else(|| self.named(error))),
        }
    }

    /// Whether the sector at `at` can be read, and if not, why.
    pub fn check(&self, at: VirtualOffset) -> Result<()> {
        let end = at.saturating_add(self.sector_size);
        let found = Runs::new(&self.image)?.at(at, end);
        found.map(|_| ()).map_err(|error| self.named(error))
    }

    fn named(&self, error: Error) -> Error {
        match self.image.path() {
            path if path.as_os_str().is_empty() => error,
            path => error.with_path(path),
        }
    }
}
