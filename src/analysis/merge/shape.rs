//! The numbers of a file that its place in a merge is worked out from.

use crate::error::{Error, Result};
use crate::format::vhd::block_allocation_table as vhd_bat;
use crate::format::vhdx::bat::{self, ChunkRatio, PayloadState, SECTORS_PER_BITMAP};
use crate::format::vhdx::{region_table, sector_bitmap};
use crate::image::{BlockCounts, DiskType, Image, Survey};
use crate::units::ByteLen;

/// Blocks in which a fixed VHD, which has none, is counted.
const FIXED_PIECE: ByteLen = ByteLen::mib(2);

/// How a file keeps its blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Vhdx {
        ratio: ChunkRatio,
    },
    Vhd,
    /// All of the disk from the first byte of the file on.
    FixedVhd,
}

/// Numbers of a file, as the steps so far have left it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) format: Format,
    /// Bytes of the virtual disk.
    pub(super) size: ByteLen,
    /// Bytes of a block's content: a power of two.
    pub(super) block: ByteLen,
    pub(super) has_parent: bool,
    /// Whether a block that is in the file must stay there.
    pub(super) keeps_blocks: bool,
    /// Bytes of the bits of one block: of a VHD all of its bitmap; zero where blocks have none.
    pub(super) bits: ByteLen,
    /// Bytes of the part of the file that holds the entries.
    pub(super) bat_region: ByteLen,
    /// Blocks whose bits a reader needs.
    pub(super) with_bits: u64,
}

impl Shape {
    /// `counts` are the numbers of its blocks in each state.
    pub(super) fn new(image: &Image, counts: &BlockCounts) -> Result<Self> {
        let unknown = || Error::refused("", None, "the sizes of the virtual disk are unknown").with_path(image.path());
        match image.survey() {
            Survey::Vhdx(survey) => {
                let geometry = survey.geometry().ok_or_else(unknown)?;
                let table = survey.region_table().and_then(|table| table.find(region_table::BAT));
                let with_parent = geometry.has_parent;
                Ok(Self {
                    format: Format::Vhdx { ratio: geometry.chunk_ratio },
                    size: geometry.virtual_size,
                    block: geometry.block_size,
                    has_parent: with_parent,
                    keeps_blocks: image.disk_type() == Some(DiskType::Fixed),
                    bits: if with_parent { ByteLen(geometry.sectors_per_block() / 8) } else { ByteLen::ZERO },
                    bat_region: table.map_or(geometry.bat.len, |region| region.range().len),
                    with_bits: if with_parent { counts.get(PayloadState::PartiallyPresent) } else { 0 },
                })
            }
            Survey::Vhd(survey) => {
                let geometry = survey.geometry().ok_or_else(unknown)?;
                let size = geometry.virtual_size;
                Ok(match geometry.blocks {
                    Some(blocks) => Self {
                        format: Format::Vhd,
                        size,
                        block: blocks.block_size,
                        has_parent: blocks.has_parent,
                        keeps_blocks: false,
                        bits: blocks.bitmap_size,
                        bat_region: blocks.bat.len,
                        with_bits: counts.present(),
                    },
                    None => Self {
                        format: Format::FixedVhd,
                        size,
                        block: FIXED_PIECE,
                        has_parent: false,
                        keeps_blocks: true,
                        bits: ByteLen::ZERO,
                        bat_region: ByteLen::ZERO,
                        with_bits: 0,
                    },
                })
            }
        }
    }

    /// The numbers of a file of which nothing is known yet: one pass over its entries.
    pub(super) fn of(image: &Image) -> Result<Self> {
        Self::new(image, &image.count_blocks().transpose()?.unwrap_or_default())
    }

    /// Bytes of one entry of the block table.
    pub(super) fn entry(&self) -> ByteLen {
        match self.format {
            Format::Vhdx { .. } => ByteLen(bat::ENTRY_SIZE),
            Format::Vhd => vhd_bat::ENTRY_SIZE,
            Format::FixedVhd => ByteLen::ZERO,
        }
    }

    /// Bytes of all entries that mean something.
    pub(super) fn bat(&self) -> ByteLen {
        let blocks = self.size.0.div_ceil(self.block.0.max(1));
        let entries = match self.format {
            Format::Vhdx { ratio } => ratio.entry_count(blocks, self.has_parent),
            Format::Vhd => blocks,
            Format::FixedVhd => 0,
        };
        ByteLen(entries.saturating_mul(self.entry().0))
    }

    /// Bytes of all bits that a reader of the file needs.
    pub(super) fn all_bits(&self) -> ByteLen {
        ByteLen(self.with_bits.saturating_mul(self.bits.0))
    }

    /// Bytes that a new block takes in the file.
    pub(super) fn stride(&self) -> ByteLen {
        match self.format {
            Format::Vhd => self.block.saturating_add(self.bits),
            Format::Vhdx { .. } | Format::FixedVhd => self.block,
        }
    }

    /// Bytes of the disk that one sector bitmap block covers, in a file that has such blocks.
    pub(super) fn chunk(&self) -> Option<ByteLen> {
        match self.format {
            Format::Vhdx { ratio } if self.has_parent => Some(ByteLen(ratio.get().saturating_mul(self.block.0))),
            _ => None,
        }
    }
}

/// Bytes of a sector bitmap block.
pub(super) const BITMAP_BLOCK: ByteLen = ByteLen(sector_bitmap::SIZE);

/// A sector bitmap block has a bit for each of its sectors, so that any chunk is covered by one.
const _: () = assert!(BITMAP_BLOCK.0 * 8 == SECTORS_PER_BITMAP);
