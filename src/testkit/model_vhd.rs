//! Writes the layers of a [`Model`] as VHD files (version 1).

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::model::{Layer, Mark, Model};
use super::model_vhdx::{POISON, touched_blocks};
use super::pattern;
use super::sparse::SparseImage;
use super::vhd::{Block, Builder, Built, ParentLocator, SECTOR};

/// The time stamp that every file gets and every child remembers of its parent.
const TIME_STAMP: u32 = 0x2B00_0000;

impl Model {
    /// A layer's VHD file. VHD knows sectors of 512 bytes only, and no block that takes no space but an unused one; a
    /// child must be as large as its parent.
    pub fn vhd(&self, layer: usize) -> Built {
        let Some(here) = self.layers.get(layer) else {
            return Builder::dynamic(0).build();
        };
        let name = vhd_name(here);
        let mut builder = match here.parent.and_then(|parent| self.layers.get(parent)) {
            Some(parent) => {
                let parent_name = vhd_name(parent);
                let absolute = format!(r"{}\{parent_name}", parent.folder);
                Builder::differencing(here.disk.size, parent.identity, TIME_STAMP, &absolute)
                    .locator(ParentLocator::absolute(&absolute))
                    .locator(ParentLocator::relative(&format!(r".\{parent_name}")))
            }
            None => Builder::dynamic(here.disk.size),
        };
        builder = builder.block_size(here.disk.block_size).unique_id(here.identity).time_stamp(TIME_STAMP);
        if name.len().is_multiple_of(2) {
            builder = builder.reversed();
        }
        for (number, range) in touched_blocks(here) {
            builder = builder.block(number, block_of(here, range));
        }
        builder.build()
    }

    /// Writes every layer's VHD file into a folder, and says where each one is.
    pub fn write_vhd(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        (0..self.layers.len())
            .map(|layer| {
                let path = folder.join(self.layers.get(layer).map(vhd_name).unwrap_or_default());
                self.vhd(layer).image.write_to(&path)?;
                Ok(path)
            })
            .collect()
    }
}

/// The layer's name with the ending of a VHD file.
fn vhd_name(layer: &Layer) -> String {
    layer.name.strip_suffix('x').unwrap_or(&layer.name).to_owned()
}

/// Every sector that the layer speaks of is marked as written; in a child the others are poisoned.
fn block_of(layer: &Layer, range: Range<u64>) -> Block {
    let mut block = Block::new(SparseImage::new(range.end - range.start));
    for (part, mark) in layer.marks.cover(range.clone()) {
        let at = part.start - range.start;
        let len = part.end - part.start;
        match mark {
            Some(Mark::Data(tag)) => block.data.write_image(at, &pattern::image(tag, part.start, len)),
            None if layer.parent.is_some() => block.data.write_image(at, &pattern::image(POISON, part.start, len)),
            _ => {}
        }
        if mark.is_some() {
            block = block.present(at / SECTOR..(at + len).div_ceil(SECTOR));
        }
    }
    block
}
