//! A new file with the content of a whole chain.

use super::{File, bytes};
use crate::testkit::runs::Runs;
use crate::testkit::sparse::SparseImage;
use crate::testkit::vhdx::{Block, Builder};

/// What came of an export.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The new file.
    pub image: SparseImage,
    /// Content read.
    pub read_payload: u64,
    /// Blocks written.
    pub blocks: u64,
}

/// Writes a dynamic VHDX with a block for every block of its disk in which a file of the chain has content.
pub fn export(files: &[File], block_size: u32, logical_sector_size: u32) -> Exported {
    let size = files.first().map_or(0, File::size);
    let mut union = Runs::new();
    for (number, file) in files.iter().enumerate().rev() {
        union.set(file.size()..size.max(file.size()), None);
        let (says, _) = file.says(number);
        for range in says.ranges().filter(|range| range.start < size) {
            union.set(range.start..range.end.min(size), says.get(range.start));
        }
    }
    let mut exported = Exported { image: SparseImage::new(0), read_payload: 0, blocks: 0 };
    let mut builder = Builder::dynamic(size).block_size(block_size).sectors(logical_sector_size, 4096);
    let block_size = u64::from(block_size);
    for block in 0..size.div_ceil(block_size) {
        let range = block * block_size..((block + 1) * block_size).min(size);
        let mut data = SparseImage::new(block_size);
        let mut has_content = false;
        for (part, says) in union.cover(range.clone()) {
            if let Some(super::Says::Data(number, delta)) = says
                && let Some(file) = files.get(number)
            {
                let (at, len) = (part.start - range.start, part.end - part.start);
                bytes::copy(file.image(), part.start.wrapping_add_signed(delta), &mut data, at, len);
                exported.read_payload += len;
                has_content = true;
            }
        }
        if has_content {
            exported.blocks += 1;
            builder = builder.block(block, Block::full(data));
        }
    }
    exported.image = builder.build().image;
    exported
}
