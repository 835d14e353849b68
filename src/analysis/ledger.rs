//! What the bytes of a file are spent on: sums over its partition, which add up to its size.

use crate::error::Error;
use crate::image::{DiskType, Image, Survey};
use crate::units::{ByteLen, FileOffset, FileRange, VirtualOffset, VirtualRange};

use super::block_sizes::{BlockFill, CANDIDATES, FillCounter, Touched};
use super::hash::is_zero;
use super::partition::{self, Piece, Usage};

/// Bytes of a file by what they are spent on. Blocks count in `payload` whoever sees them: that takes the leaves above
/// (see [`split`](Self::split)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Identifier, headers, region tables with the room between them; footers and dynamic disk header of a VHD.
    pub header: ByteLen,
    /// The log.
    pub log: ByteLen,
    /// The metadata region, and regions that are not known; parent locators of a VHD.
    pub metadata: ByteLen,
    /// The BAT's region.
    pub bat: ByteLen,
    /// Sector bitmaps.
    pub bitmap: ByteLen,
    /// Content of blocks.
    pub payload: ByteLen,
    /// Bytes of present blocks whose bit is clear or that lie behind the virtual end.
    pub unfilled: ByteLen,
    /// Blocks without content that keep their place.
    pub trimmed: ByteLen,
    /// What nothing refers to, before the last byte that something refers to.
    pub unreferenced: ByteLen,
    /// What nothing refers to at the end of the file.
    pub tail: ByteLen,
    /// What cannot be said, for the block map cannot be read.
    pub unknown: ByteLen,
}

/// A ledger, and what stood in its way.
#[derive(Clone, Debug, Default)]
pub struct Ledgered {
    /// The sums.
    pub ledger: Ledger,
    /// Bytes of content that are sectors of zeros, where they were looked for.
    pub zero_sectors: Option<ByteLen>,
    /// How full the blocks in the file are; `None` for a disk without blocks.
    pub fill: Option<BlockFill>,
    /// What blocks of each size of [`CANDIDATES`] would take for the content, less the sectors of zeros where they were
    /// looked for; `None` where the file does not tell which sectors are content: without a sector bitmap only reading
    /// them does.
    pub needed: Option<[(ByteLen, ByteLen); CANDIDATES.len()]>,
    /// Why a part of the file is in [`Ledger::unknown`].
    pub problem: Option<Error>,
    /// Why content could not be read to the end.
    pub content_problem: Option<Error>,
}

impl Ledger {
    /// The ledger of a file; with `content` all content of blocks is read to find sectors of zeros.
    pub fn of(image: &Image, content: bool) -> Ledgered {
        let mut found = Ledgered::default();
        let mut zeros = ByteLen::ZERO;
        let mut reader = content.then(|| ZeroSectors::new(image));
        let block_size = image.block_size().filter(|_| image.disk_type() != Some(DiskType::Unknown));
        let (mut fill, mut touched) = (FillCounter::default(), Touched::default());
        found.problem = partition::partition(image, &mut |piece| {
            found.ledger.add(&piece);
            if let (Some(size), Some(block), false) =
                (block_size, piece.usage.block(), matches!(piece.usage, Usage::Trimmed { .. }))
            {
                fill.add(block, piece.range.len, matches!(piece.usage, Usage::Payload { .. }), size);
            }
            let Some(range) = piece.content() else { return };
            match &mut reader {
                None => touched.add(range),
                Some(_) if found.content_problem.is_some() => {}
                Some(reader) => match reader.count(piece.range, range.start, &mut touched) {
                    Ok(more) => zeros = zeros.saturating_add(more),
                    Err(error) => found.content_problem = Some(error),
                },
            }
        });
        found.zero_sectors = (content && found.content_problem.is_none()).then_some(zeros);
        found.fill = block_size.map(|_| fill.finish());
        let tells = found.zero_sectors.is_some() || (!content && has_bits(image));
        found.needed = (tells && found.problem.is_none() && block_size.is_some()).then(|| touched.needed());
        found
    }

    /// Adds a range of the file.
    pub fn add(&mut self, piece: &Piece) {
        let sum = match piece.usage {
            Usage::Header | Usage::HeaderGap => &mut self.header,
            Usage::Log | Usage::StaleLog => &mut self.log,
            Usage::Metadata | Usage::MetadataGap | Usage::OtherRegion => &mut self.metadata,
            Usage::Bat | Usage::BatGap => &mut self.bat,
            Usage::Bitmap => &mut self.bitmap,
            Usage::Payload { .. } => &mut self.payload,
            Usage::Unfilled { .. } => &mut self.unfilled,
            Usage::Trimmed { .. } => &mut self.trimmed,
            Usage::Unreferenced => &mut self.unreferenced,
            Usage::Tail => &mut self.tail,
            Usage::Unknown => &mut self.unknown,
        };
        *sum = sum.saturating_add(piece.range.len);
    }

    /// All bytes: the size of the file.
    pub fn total(&self) -> ByteLen {
        [
            self.header,
            self.log,
            self.metadata,
            self.bat,
            self.bitmap,
            self.payload,
            self.unfilled,
            self.trimmed,
            self.unreferenced,
            self.tail,
            self.unknown,
        ]
        .into_iter()
        .fold(ByteLen::ZERO, ByteLen::saturating_add)
    }

    /// The content of blocks, cut into what some leaf sees and what none does. Content that two blocks share is in the
    /// file once, so that leaves can see more than there is.
    pub fn split(&self, seen: ByteLen) -> (ByteLen, ByteLen) {
        let live = seen.min(self.payload);
        (live, self.payload.saturating_sub(live))
    }
}

/// Whether the file itself tells which sectors of its blocks are content: every block of a VHD has a bitmap, and those
/// of a differencing VHDX may.
fn has_bits(image: &Image) -> bool {
    match image.survey() {
        Survey::Vhdx(_) => image.disk_type() == Some(DiskType::Differencing),
        Survey::Vhd(_) => true,
    }
}

/// Looks for sectors of zeros.
struct ZeroSectors<'a> {
    image: &'a Image,
    sector: usize,
    buffer: Vec<u8>,
}

/// Bytes of one read.
const PIECE: usize = 1 << 20;

impl<'a> ZeroSectors<'a> {
    fn new(image: &'a Image) -> Self {
        let sector = image.logical_sector_size().and_then(ByteLen::to_usize).unwrap_or(512);
        Self { image, sector: sector.clamp(512, 4096), buffer: vec![0; PIECE] }
    }

    /// Bytes of zero sectors in a range of the file; notes where on the virtual disk the others are, from `on_disk` on.
    fn count(&mut self, range: FileRange, on_disk: VirtualOffset, touched: &mut Touched) -> crate::Result<ByteLen> {
        let on_disk = |at: FileOffset| on_disk.saturating_add(ByteLen(at.0.saturating_sub(range.start.0)));
        let (mut at, mut zeros) = (range.start, ByteLen::ZERO);
        while at < range.end() {
            let rest = ByteLen(range.end().0.saturating_sub(at.0)).to_usize().unwrap_or(PIECE);
            let Some(piece) = self.buffer.get_mut(..rest.min(PIECE)) else { break };
            self.image.view().read_exact_at("payload", at, piece)?;
            let mut place = at;
            for sector in piece.chunks(self.sector) {
                let len = ByteLen::from(sector.len());
                if is_zero(sector) {
                    zeros = zeros.saturating_add(len);
                } else {
                    touched.add(VirtualRange::new(on_disk(place), len));
                }
                place = place.saturating_add(len);
            }
            at = at.saturating_add(ByteLen::from(piece.len()));
        }
        Ok(zeros)
    }
}
