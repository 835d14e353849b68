//! Where everything stands in a new file (MS-VHDX 2.2).

use uuid::Uuid;

use crate::chain::VirtualDisk;
use crate::error::{Error, Result};
use crate::format::vhdx::bat::{self, ChunkRatio};
use crate::format::vhdx::{ALIGNMENT, HEADER_SECTION};
use crate::image::Image;
use crate::limits;
use crate::units::{BlockIndex, ByteLen, FileOffset, FileRange, VirtualOffset};

/// The numbers of a new file.
#[derive(Clone, Debug)]
pub(in super::super) struct Layout {
    pub(super) virtual_size: ByteLen,
    pub(super) block_size: ByteLen,
    pub(super) logical_sector_size: ByteLen,
    pub(super) physical_sector_size: ByteLen,
    pub(super) chunk_ratio: ChunkRatio,
    pub(super) log: FileRange,
    pub(super) metadata: FileRange,
    pub(super) bat: FileRange,
    /// Where the first block goes.
    pub(super) payload: FileOffset,
    pub(super) file_write_guid: Uuid,
    pub(super) data_write_guid: Uuid,
    pub(super) virtual_disk_id: Uuid,
}

impl Layout {
    /// The layout for a disk's content in blocks of `block_size`, under new GUIDs.
    pub(in super::super) fn of(disk: &VirtualDisk, block_size: ByteLen) -> Result<Self> {
        let refuse = |what: String| Err(Error::refused("export", None, what));
        let image = disk.image(0);
        // A disk that does not tell its sectors is a VHD, whose sectors are 512 bytes.
        let logical = image.and_then(Image::logical_sector_size).unwrap_or(ByteLen(512));
        let physical = image.and_then(Image::physical_sector_size).filter(|size| matches!(size.get(), 512 | 4096));
        let virtual_size = disk.size();
        if !block_size.get().is_power_of_two() || !(limits::MIN_BLOCK..=limits::MAX_BLOCK).contains(&block_size) {
            return refuse(format!("block size {block_size} is not a power of two from 1 MiB to 256 MiB"));
        }
        if virtual_size.is_zero() || virtual_size > limits::MAX_VIRTUAL_SIZE {
            return refuse(format!("a virtual disk of {virtual_size} bytes does not fit a VHDX file"));
        }
        if !virtual_size.get().is_multiple_of(logical.get()) {
            return refuse(format!("the disk's {virtual_size} bytes are no whole sectors of {logical} bytes"));
        }
        let Some(chunk_ratio) = ChunkRatio::new(logical, block_size) else {
            return refuse(format!("logical sectors of {logical} bytes do not go with blocks of {block_size}"));
        };
        let blocks = virtual_size.get().div_ceil(block_size.get());
        let bat_len = chunk_ratio.entry_count(blocks, false).saturating_mul(bat::ENTRY_SIZE);
        let region =
            |after: FileOffset, len: u64| FileRange::new(after, ByteLen(len.next_multiple_of(ALIGNMENT.get())));
        let log = region(FileOffset(HEADER_SECTION.get()), ALIGNMENT.get());
        let metadata = region(log.end(), ALIGNMENT.get());
        let bat = region(metadata.end(), bat_len);
        Ok(Self {
            virtual_size,
            block_size,
            logical_sector_size: logical,
            physical_sector_size: physical.unwrap_or(logical),
            chunk_ratio,
            log,
            metadata,
            bat,
            payload: bat.end(),
            file_write_guid: Uuid::new_v4(),
            data_write_guid: Uuid::new_v4(),
            virtual_disk_id: Uuid::new_v4(),
        })
    }

    /// The block that a byte of the disk lies in, and its place in it.
    pub(super) fn block_of(&self, at: VirtualOffset) -> (BlockIndex, ByteLen) {
        let block = at.get().checked_div(self.block_size.get()).unwrap_or_default();
        (BlockIndex(block), ByteLen(at.get().saturating_sub(block.saturating_mul(self.block_size.get()))))
    }
}
