//! The numbers from which every place in the file is computed.
//!
//! The size of the virtual disk is the footer's current size for every creator, as Windows, Hyper-V and Azure take it;
//! see [`Footer::size_in_qemu`] for the two creators for which QEMU takes cylinders, heads and sectors.

use crate::error::{Error, Result};
use crate::format::vhd::block_allocation_table::{self as bat, table_size};
use crate::format::vhd::dynamic_disk_header::{self, DynamicDiskHeader};
use crate::format::vhd::footer::{self, DiskType, Footer};
use crate::format::vhd::{SECTOR_SIZE, sector_bitmap};
use crate::image::surveyed::Surveyed;
use crate::limits;
use crate::units::{BlockIndex, ByteLen, FileOffset, FileRange, VirtualOffset};

/// Sizes of a disk, checked once against the rules, so that everything after can rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Bytes of the virtual disk: a multiple of 512, at most 64 TiB.
    pub virtual_size: ByteLen,
    /// The blocks of a dynamic or differencing disk; `None` for a fixed one, whose data are the file from its start.
    pub blocks: Option<Blocks>,
    /// Where the data of the disk must end at the latest: at the footer, or at the end of a file without one.
    pub data_end: FileOffset,
}

/// How the blocks of a dynamic or differencing disk lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// Bytes of a block's data: a power of two from 512 bytes to 2 GiB.
    pub block_size: ByteLen,
    /// Bytes of the sector bitmap before each block's data: whole sectors.
    pub bitmap_size: ByteLen,
    /// Number of blocks; the last one may reach past the virtual end.
    pub count: u64,
    /// Where their entries lie; the table may have more.
    pub bat: FileRange,
    /// Where the dynamic disk header lies.
    pub header: FileRange,
    /// Whether what is not in the file is the parent's: the disk is differencing.
    pub has_parent: bool,
}

/// Name of a fixed disk's data in errors.
pub(super) const FIXED_DATA: &str = "data of a fixed disk";

const CURRENT_SIZE_AT: ByteLen = ByteLen(48);
const MAX_TABLE_ENTRIES_AT: ByteLen = ByteLen(28);
const BLOCK_SIZE_AT: ByteLen = ByteLen(32);

impl Geometry {
    /// Derives the numbers from the footer and, for a disk that has one, the dynamic disk header; or says which of
    /// them breaks a rule.
    pub(super) fn new(
        footer: &Footer,
        footer_at: FileOffset,
        header: Option<&Surveyed<DynamicDiskHeader>>,
        data_end: FileOffset,
    ) -> Result<Self> {
        let (virtual_size, at) = (footer.current_size, footer_at.saturating_add(CURRENT_SIZE_AT));
        if virtual_size.is_zero() {
            return Err(Error::malformed(footer::STRUCTURE, at, "current size is 0: the disk has no sectors"));
        }
        if !virtual_size.0.is_multiple_of(SECTOR_SIZE.0) {
            let what = format!("current size {virtual_size} is not a multiple of 512");
            return Err(Error::malformed(footer::STRUCTURE, at, what));
        }
        if virtual_size > limits::MAX_VIRTUAL_SIZE {
            let limit = limits::MAX_VIRTUAL_SIZE.0;
            return Err(Error::limit(footer::STRUCTURE, at, "MAX_VIRTUAL_SIZE", limit, virtual_size.0));
        }
        let blocks = match header {
            None => None,
            Some(found) => {
                let header = found.parsed.as_ref().map_err(Error::clone)?;
                Some(Blocks::new(header, found.at, virtual_size, footer.disk_type == DiskType::Differencing)?)
            }
        };
        Ok(Self { virtual_size, blocks, data_end })
    }

    /// The bytes of the file that the virtual disk cannot do without: a fixed disk's data, or the entries of the BAT.
    pub(super) fn needed(&self) -> (&'static str, FileRange) {
        match &self.blocks {
            None => (FIXED_DATA, FileRange::new(FileOffset::ZERO, self.virtual_size)),
            Some(blocks) => (bat::STRUCTURE, blocks.bat),
        }
    }

    /// The bytes of a block that lie on the virtual disk: all but the last block's have the whole block size.
    pub fn block_len(&self, block: BlockIndex) -> ByteLen {
        let Some(blocks) = &self.blocks else { return ByteLen::ZERO };
        ByteLen(self.virtual_size.0.saturating_sub(blocks.block_start(block).0).min(blocks.block_size.0))
    }
}

impl Blocks {
    fn new(header: &DynamicDiskHeader, at: FileOffset, virtual_size: ByteLen, has_parent: bool) -> Result<Self> {
        let block_size = header.block_size;
        if !block_size.0.is_power_of_two() || !(limits::MIN_VHD_BLOCK..=limits::MAX_VHD_BLOCK).contains(&block_size) {
            return Err(Error::malformed(
                dynamic_disk_header::STRUCTURE,
                at.saturating_add(BLOCK_SIZE_AT),
                format!("block size {block_size} is not a power of two from 512 bytes to 2 GiB"),
            ));
        }
        let count = virtual_size.0.div_ceil(block_size.0);
        let Some(entries) = u32::try_from(count).ok().filter(|count| *count <= header.max_table_entries) else {
            return Err(Error::malformed(
                dynamic_disk_header::STRUCTURE,
                at.saturating_add(MAX_TABLE_ENTRIES_AT),
                format!("the disk has {count} blocks, and the table {} entries", header.max_table_entries),
            ));
        };
        Ok(Self {
            block_size,
            bitmap_size: sector_bitmap::size(block_size),
            count,
            bat: FileRange::new(header.table_offset, table_size(entries).0),
            header: FileRange::new(at, dynamic_disk_header::SIZE),
            has_parent,
        })
    }

    /// Where the BAT entry of a block lies in the file.
    pub fn entry_offset(&self, block: BlockIndex) -> FileOffset {
        self.bat.start.saturating_add(ByteLen(block.0.saturating_mul(bat::ENTRY_SIZE.0)))
    }

    /// The first byte of a block on the virtual disk.
    pub fn block_start(&self, block: BlockIndex) -> VirtualOffset {
        VirtualOffset(block.0.saturating_mul(self.block_size.0))
    }

    /// The block in which a byte of the virtual disk lies.
    pub fn block_of(&self, at: VirtualOffset) -> BlockIndex {
        BlockIndex(at.0.checked_div(self.block_size.0).unwrap_or_default())
    }
}
