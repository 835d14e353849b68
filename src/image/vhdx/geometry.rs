//! The numbers from which every place in the file is computed (MS-VHDX 2.5, 2.6.2).

use crate::error::{Error, Result};
use crate::format::vhdx::bat::{self, ChunkRatio};
use crate::format::vhdx::metadata_items as items;
use crate::format::vhdx::{ALIGNMENT, HEADER_SECTION};
use crate::limits;
use crate::units::{BatIndex, BlockIndex, ByteLen, FileOffset, FileRange, VirtualOffset};

use super::MetadataSurvey;

/// Sizes of a disk, checked once against the rules, so that everything after can rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Bytes of the virtual disk: at most 64 TiB, and in a disk that may be read a multiple of the logical sector size.
    pub virtual_size: ByteLen,
    /// Bytes of a payload block: a power of two from 1 MiB to 256 MiB.
    pub block_size: ByteLen,
    /// Bytes of a logical sector: 512 or 4096.
    pub logical_sector_size: ByteLen,
    /// Payload blocks a chunk.
    pub chunk_ratio: ChunkRatio,
    /// Number of payload blocks; the last one may reach past the virtual end.
    pub payload_blocks: u64,
    /// Number of BAT entries that mean something; the region may be longer.
    pub bat_entries: u64,
    /// Whether the disk is differencing.
    pub has_parent: bool,
    /// Where those BAT entries lie.
    pub bat: FileRange,
}

impl Geometry {
    /// Derives the numbers from the metadata and the BAT region, or says which of them breaks a rule.
    pub(super) fn new(metadata: &MetadataSurvey, bat_region: FileRange) -> Result<Self> {
        let at = |item| {
            metadata
                .system_item(item)
                .map_or(metadata.region.start, |item| item.range.map_or(item.entry.at, |range| range.start))
        };
        let missing = |item| {
            // An item that is there but could not be read has its own reason.
            match metadata.system_item(item).and_then(|found| found.parsed.as_ref().err()) {
                Some(error) => error.clone(),
                None => Error::malformed(
                    items::name(item).unwrap_or("metadata item"),
                    metadata.region.start,
                    "missing from the metadata table",
                ),
            }
        };
        let parameters = metadata.file_parameters().ok_or_else(|| missing(items::FILE_PARAMETERS))?;
        let virtual_size = metadata.virtual_disk_size().ok_or_else(|| missing(items::VIRTUAL_DISK_SIZE))?;
        let sector = metadata.logical_sector_size().ok_or_else(|| missing(items::LOGICAL_SECTOR_SIZE))?;

        let block_size = ByteLen(parameters.block_size.into());
        if !block_size.0.is_power_of_two() || !(limits::MIN_BLOCK..=limits::MAX_BLOCK).contains(&block_size) {
            return Err(Error::malformed(
                "file parameters",
                at(items::FILE_PARAMETERS),
                format!("block size {block_size} is not a power of two from 1 MiB to 256 MiB"),
            ));
        }
        if !matches!(sector.0, 512 | 4096) {
            return Err(Error::malformed(
                "logical sector size",
                at(items::LOGICAL_SECTOR_SIZE),
                format!("{sector} is neither 512 nor 4096"),
            ));
        }
        let size_at = at(items::VIRTUAL_DISK_SIZE);
        if virtual_size > limits::MAX_VIRTUAL_SIZE {
            let what = format!("{virtual_size} is over the format's 64 TiB");
            return Err(Error::malformed("virtual disk size", size_at, what));
        }
        let Some(chunk_ratio) = ChunkRatio::new(sector, block_size) else {
            return Err(Error::malformed("file parameters", at(items::FILE_PARAMETERS), "block larger than a chunk"));
        };
        let payload_blocks = virtual_size.0.div_ceil(block_size.0);
        let has_parent = parameters.has_parent();
        let bat_entries = chunk_ratio.entry_count(payload_blocks, has_parent);
        let needed = ByteLen(bat_entries.saturating_mul(bat::ENTRY_SIZE));
        if needed > bat_region.len {
            return Err(Error::malformed(
                bat::STRUCTURE,
                bat_region.start,
                format!("{bat_entries} entries need {needed} bytes, and the region has {}", bat_region.len),
            ));
        }
        Ok(Self {
            virtual_size,
            block_size,
            logical_sector_size: sector,
            chunk_ratio,
            payload_blocks,
            bat_entries,
            has_parent,
            bat: FileRange::new(bat_region.start, needed),
        })
    }

    /// Why the table must not be read as one, if so: it does not lie on a whole megabyte behind the headers, or it lies
    /// where one of the `others` lies. Nothing in its bytes says that they are a BAT; only its place does.
    pub(super) fn misplaced_table(&self, mut others: impl Iterator<Item = (&'static str, FileRange)>) -> Option<Error> {
        let start = self.bat.start;
        let what = if start.0 < HEADER_SECTION.0 || !start.0.is_multiple_of(ALIGNMENT.0) {
            "does not lie on a whole megabyte behind the headers".to_owned()
        } else {
            let (name, _) = others.find(|(_, other)| other.overlaps(self.bat))?;
            format!("lies where the {name} lies")
        };
        Some(Error::malformed(bat::STRUCTURE, start, what))
    }

    /// Why the disk has no content that could be read, if so: no sectors at all, or a last one that is no whole one.
    /// The numbers are right all the same.
    pub(super) fn no_whole_sectors(&self, metadata: &MetadataSurvey) -> Option<Error> {
        let (size, sector) = (self.virtual_size, self.logical_sector_size);
        let what = if size.is_zero() {
            "the disk has no sectors".to_owned()
        } else if size.0.is_multiple_of(sector.0) {
            return None;
        } else {
            format!("{size} is not a multiple of the logical sector size {sector}")
        };
        let at = metadata.system_item(items::VIRTUAL_DISK_SIZE)?.range?.start;
        Some(Error::malformed("virtual disk size", at, what))
    }

    /// Number of chunks, the last of which may have fewer blocks than the others.
    pub fn chunks(&self) -> u64 {
        self.payload_blocks.div_ceil(self.chunk_ratio.get())
    }

    /// Bytes of the BAT entries of one chunk, that of its sector bitmap with them; the last row may be shorter.
    pub fn row_bytes(&self) -> u64 {
        self.chunk_ratio.entries_per_chunk().saturating_mul(bat::ENTRY_SIZE)
    }

    /// Where a BAT entry lies in the file.
    pub fn entry_offset(&self, index: BatIndex) -> FileOffset {
        self.bat.start.saturating_add(ByteLen(index.0.saturating_mul(bat::ENTRY_SIZE)))
    }

    /// The first byte of a block on the virtual disk.
    pub fn block_start(&self, block: BlockIndex) -> VirtualOffset {
        VirtualOffset(block.0.saturating_mul(self.block_size.0))
    }

    /// The bytes of a block that lie on the virtual disk: all but the last block's have the whole block size.
    pub fn block_len(&self, block: BlockIndex) -> ByteLen {
        ByteLen(self.virtual_size.0.saturating_sub(self.block_start(block).0).min(self.block_size.0))
    }

    /// Logical sectors of a block.
    pub fn sectors_per_block(&self) -> u64 {
        self.block_size.0.checked_div(self.logical_sector_size.0).unwrap_or_default()
    }
}
