//! What an export into a new file costs.

use std::sync::Arc;

use crate::analysis::layers::{Detail, LayerMaps};
use crate::chain::{Bottom, VirtualDisk};
use crate::error::{Error, Result};
use crate::format::vhdx::bat::{self, ChunkRatio};
use crate::format::vhdx::{ALIGNMENT, HEADER_SECTION};
use crate::image::Image;
use crate::limits;
use crate::units::ByteLen;

use super::cost::{Blocks, ByteRange, Gone, Place, Read, StepCost, Write};
use super::shape::Shape;
use super::tally::add;

/// A new dynamic VHDX holds a log and a metadata region of 1 MiB each, its BAT, and every block in which a layer has
/// content. A writer that looks for zeros in the content needs less; how much less no block map says.
///
/// `known` are the numbers of the first files, as far as they are known.
pub(super) fn export(disk: &VirtualDisk, block_size: Option<ByteLen>, known: &[Shape]) -> Result<StepCost> {
    let refuse = |what: String| Err(Error::refused("export", None, what));
    let leaf = disk.image(0);
    let own = leaf.and_then(Image::block_size).unwrap_or(crate::analysis::export::DEFAULT_BLOCK);
    let block = block_size.unwrap_or(own.clamp(limits::MIN_BLOCK, limits::MAX_BLOCK));
    if !block.0.is_power_of_two() || !(limits::MIN_BLOCK..=limits::MAX_BLOCK).contains(&block) {
        return refuse(format!("block size {block} is not a power of two from 1 MiB to 256 MiB"));
    }
    let sector = leaf.and_then(Image::logical_sector_size).unwrap_or(crate::format::vhd::SECTOR_SIZE);
    let Some(ratio) = ChunkRatio::new(sector, block) else {
        return refuse(format!("logical sectors of {sector} bytes do not go with blocks of {block}"));
    };
    let (mut read, mut write) = (Read::default(), Write::default());
    for (layer, image) in disk.images().enumerate() {
        let shape = known.get(layer).map_or_else(|| Shape::of(image), |shape| Ok(*shape))?;
        add(&mut read.bitmaps, shape.all_bits());
        add(&mut read.bat, shape.bat());
    }
    let size = disk.size();
    let content = Content::of(disk, block)?;
    let blocks = content.blocks;
    read.payload = content.payload;
    write.payload = read.payload;
    write.fill = content.on_disk.saturating_sub(read.payload);
    write.bat = ByteLen(blocks.saturating_mul(bat::ENTRY_SIZE));
    let entries = ratio.entry_count(size.0.div_ceil(block.0), false);
    let bat = entries.saturating_mul(bat::ENTRY_SIZE).next_multiple_of(ALIGNMENT.0);
    let structures = [ALIGNMENT, ALIGNMENT, ByteLen(bat)].into_iter().fold(HEADER_SECTION, ByteLen::saturating_add);
    let after = structures.saturating_add(ByteLen(blocks.saturating_mul(block.0)));
    let sizes = disk.images().map(Image::stored_size).enumerate();
    Ok(StepCost {
        sources: (0..disk.images().len()).collect(),
        target: Place::NewFile,
        read,
        write,
        blocks: Blocks { written: blocks, allocated: blocks, ..Blocks::default() },
        size_before: ByteRange::default(),
        size_after: ByteRange::exactly(after),
        goes: sizes.map(|(layer, size)| Gone { layer, size: ByteRange::exactly(size) }).collect(),
    })
}

/// What a disk holds, as its guest sees it.
#[derive(Default)]
struct Content {
    /// Bytes of content.
    payload: ByteLen,
    /// New blocks that hold any of it.
    blocks: u64,
    /// Bytes of these that lie on the disk.
    on_disk: ByteLen,
}

impl Content {
    /// One pass over all block maps, of which nothing is kept.
    fn of(disk: &VirtualDisk, block: ByteLen) -> Result<Self> {
        let layers = disk.layers();
        let chain: Vec<usize> = (0..layers.len()).collect();
        let mut maps = LayerMaps::with_limits(layers.iter().map(Arc::clone), ByteLen::ZERO, limits::MAX_PLANE_WINDOW)?;
        let (block, size) = (block.0.max(1), disk.size().0);
        let mut found = Self::default();
        let mut counted: u64 = 0;
        maps.walk(&chain, Detail::Owner, &mut |stretch| {
            if stretch.owner().is_none() && matches!(disk.bottom(), Bottom::Missing(_)) {
                // The reader of the disk has the words for what is not there.
                disk.extents_of(stretch.range)?.try_for_each(|extent| extent.map(drop))?;
            }
            if stretch.data_owner().is_none() {
                return Ok(());
            }
            let range = stretch.range;
            add(&mut found.payload, range.len);
            let first = (range.start.0 / block).max(counted);
            let end = range.end().0.div_ceil(block);
            if first < end {
                found.blocks = found.blocks.saturating_add(end.saturating_sub(first));
                let bytes = end.saturating_mul(block).min(size).saturating_sub(first.saturating_mul(block));
                add(&mut found.on_disk, ByteLen(bytes));
                counted = end;
            }
            Ok(())
        })?;
        Ok(found)
    }
}
