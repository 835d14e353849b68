//! What an export into a new file costs.

use crate::chain::{ExtentState, VirtualDisk};
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
pub(super) fn export(disk: &VirtualDisk, block_size: Option<ByteLen>) -> Result<StepCost> {
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
    for image in disk.images() {
        let shape = Shape::of(image)?;
        add(&mut read.bitmaps, shape.all_bits());
        add(&mut read.bat, shape.bat());
    }
    let size = disk.size();
    let mut blocks: u64 = 0;
    let mut on_disk: u64 = 0;
    let mut counted: Option<u64> = None;
    for extent in disk.extents()? {
        let extent = extent?;
        if !matches!(extent.state, ExtentState::Data(_)) {
            continue;
        }
        add(&mut read.payload, extent.range.len);
        let first = (extent.range.start.0 / block.0).max(counted.map_or(0, |last| last.saturating_add(1)));
        let last = extent.range.end().0.saturating_sub(1) / block.0;
        if first <= last {
            blocks = blocks.saturating_add(last.saturating_sub(first).saturating_add(1));
            let end = last.saturating_add(1).saturating_mul(block.0).min(size.0);
            on_disk = on_disk.saturating_add(end.saturating_sub(first.saturating_mul(block.0)));
            counted = Some(last);
        }
    }
    write.payload = read.payload;
    write.fill = ByteLen(on_disk.saturating_sub(read.payload.0));
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
