//! What each byte of a file is used for: the file cut into ranges that do not overlap and sum to its size, in one pass
//! over its block map.
//!
//! What is named twice counts once, for whoever comes first: structures before blocks, blocks in the order of the BAT
//! (VHDX) or of the file (VHD), blocks with content before those that were given up.

mod structures;
mod vhd;
mod vhdx;

use crate::error::Error;
use crate::format::bits::BitRun;
use crate::format::vhdx::bat::PayloadState;
use crate::image::{Image, Survey};
use crate::units::{BlockIndex, ByteLen, FileOffset, FileRange, VirtualOffset, VirtualRange};

/// A range of a file and what it is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it lies in the file; never empty.
    pub range: FileRange,
    /// What it is used for.
    pub usage: Usage,
}

/// What a range of a file is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Identifier, headers, region tables; footers and dynamic disk header of a VHD.
    Header,
    /// Bytes between those that none of them uses.
    HeaderGap,
    /// Entries of the log that a replay needs.
    Log,
    /// The rest of the log: entries that need no replay any more, and what never was one.
    StaleLog,
    /// Metadata table and items; parent locators of a VHD.
    Metadata,
    /// Bytes of the metadata region that no item uses; room of a VHD's parent locator behind its data.
    MetadataGap,
    /// A region that is not known here.
    OtherRegion,
    /// The entries of the BAT.
    Bat,
    /// Bytes of the BAT's region behind its last entry.
    BatGap,
    /// A sector bitmap.
    Bitmap,
    /// Content of a block.
    Payload {
        /// The block, or the first of several that follow one another on the disk and in the file; 0 in a fixed VHD,
        /// which has none.
        block: BlockIndex,
        /// Where the first byte lies on the virtual disk.
        at: VirtualOffset,
    },
    /// Bytes of a block in the file that are no content.
    Unfilled {
        /// The block.
        block: BlockIndex,
        /// Why they are none.
        why: Unfilled,
    },
    /// A block without content that keeps its place in the file, with whatever was there.
    Trimmed {
        /// The block.
        block: BlockIndex,
        /// Its state.
        state: PayloadState,
    },
    /// Nothing refers to it.
    Unreferenced,
    /// Nothing refers to it, nor to anything behind it up to the end of the file.
    Tail,
    /// It cannot be said, for the block map cannot be read.
    Unknown,
}

/// Why bytes of a block are no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfilled {
    /// The bits of their sectors are clear: the parent's sectors, or never written.
    ClearBit,
    /// They lie behind the end of the virtual disk.
    PastEnd,
}

impl Usage {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::HeaderGap => "header_gap",
            Self::Log => "log",
            Self::StaleLog => "stale_log",
            Self::Metadata => "metadata",
            Self::MetadataGap => "metadata_gap",
            Self::OtherRegion => "other_region",
            Self::Bat => "bat",
            Self::BatGap => "bat_gap",
            Self::Bitmap => "bitmap",
            Self::Payload { .. } => "payload",
            Self::Unfilled { why: Unfilled::ClearBit, .. } => "clear_sectors",
            Self::Unfilled { why: Unfilled::PastEnd, .. } => "past_virtual_end",
            Self::Trimmed { .. } => "trimmed",
            Self::Unreferenced => "unreferenced",
            Self::Tail => "tail",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a reader of the disk, or of a structure, would miss the bytes. Of bytes whose use is unknown that is
    /// assumed.
    pub fn is_live(self) -> bool {
        match self {
            Self::Header
            | Self::Log
            | Self::Metadata
            | Self::OtherRegion
            | Self::Bat
            | Self::Bitmap
            | Self::Payload { .. }
            | Self::Unknown => true,
            Self::HeaderGap
            | Self::StaleLog
            | Self::MetadataGap
            | Self::BatGap
            | Self::Unfilled { .. }
            | Self::Trimmed { .. }
            | Self::Unreferenced
            | Self::Tail => false,
        }
    }

    /// The block that the range belongs to, or belonged to.
    pub fn block(self) -> Option<BlockIndex> {
        match self {
            Self::Payload { block, .. } | Self::Unfilled { block, .. } | Self::Trimmed { block, .. } => Some(block),
            _ => None,
        }
    }
}

/// Cuts a file into ranges by their use and hands each on: structures first, then blocks in the order of the disk
/// (VHDX) or everything in the order of the file (VHD). Returns why a part of the file is [`Usage::Unknown`], if so.
///
/// The ranges sum to [`Image::stored_size`]; what a replay would add behind the end of the file takes no space yet.
/// Takes one bit a megabyte of the file (VHDX) or eight bytes a block (VHD) of memory.
pub fn partition(image: &Image, each: &mut dyn FnMut(Piece)) -> Option<Error> {
    match image.survey() {
        Survey::Vhdx(survey) => vhdx::partition(image, survey, each),
        Survey::Vhd(survey) => vhd::partition(image, survey, each),
    }
}

/// A block of which a part is to be told apart.
struct BlockPart {
    block: BlockIndex,
    /// Where the block starts on the virtual disk.
    at: VirtualOffset,
    /// Where its first byte of data lies in the file.
    data: FileOffset,
    /// Bytes of it that lie on the virtual disk.
    on_disk: ByteLen,
}

impl BlockPart {
    /// The part of the block's data that lies in `range`, by what it is. `bits` gives the runs of so many sectors from
    /// one on, or none where all sectors are content.
    fn cut<R: Iterator<Item = BitRun>>(
        &self,
        range: FileRange,
        sector_size: ByteLen,
        bits: Option<impl FnOnce(u64, u64) -> R>,
        each: &mut dyn FnMut(Piece),
    ) {
        let mut push = |from: u64, to: u64, usage| {
            let start = self.data.saturating_add(ByteLen(from));
            let range = FileRange::new(start, ByteLen(to.saturating_sub(from)));
            if !range.len.is_zero() {
                each(Piece { range, usage });
            }
        };
        let block = self.block;
        let from = range.start.0.saturating_sub(self.data.0);
        let to = range.end().0.saturating_sub(self.data.0);
        let content_end = to.min(self.on_disk.0).max(from);
        let payload = |within: u64| Usage::Payload { block, at: self.at.saturating_add(ByteLen(within)) };
        let clear = Usage::Unfilled { block, why: Unfilled::ClearBit };
        match bits {
            None => push(from, content_end, payload(from)),
            Some(bits) => {
                let size = sector_size.0.max(1);
                let first = from / size;
                let mut at = from;
                for run in bits(first, content_end.div_ceil(size).saturating_sub(first)) {
                    let end = run.start.saturating_add(run.len).saturating_mul(size).min(content_end).max(at);
                    push(at, end, if run.set { payload(at) } else { clear });
                    at = end;
                }
                // Bits that are not there say nothing; what they stand for counts as content.
                push(at, content_end, payload(at));
            }
        }
        push(content_end, to, Usage::Unfilled { block, why: Unfilled::PastEnd });
    }
}

impl Piece {
    /// The part of the virtual disk whose content the piece is.
    pub fn content(&self) -> Option<VirtualRange> {
        match self.usage {
            Usage::Payload { at, .. } => Some(VirtualRange::new(at, self.range.len)),
            _ => None,
        }
    }
}
