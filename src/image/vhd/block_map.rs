//! Which bytes of the virtual disk are where: the block allocation table in one streaming pass, and the sector bitmaps
//! of single blocks.
//!
//! A clear bit in the bitmap of a differencing disk is the parent's sector. In a dynamic disk it means, by the
//! specification, that the sector was never written, and it reads as zeros here whatever lies behind it. Real writers
//! leave nothing behind a clear bit, so that for their files it makes no difference: Windows, QEMU, Disk2vhd and
//! Virtual PC set all bits of a block as they allocate it, and `DiscUtils`, which sets them as it writes, fills the
//! rest with zeros. A program that allocates without filling leaves old bytes of the host there. Where a file does
//! hold something behind a clear bit (made by changing one bit), libvhdi reads zeros, as is done here; qemu-img and
//! dissect.hypervisor, which never look at the bitmap, read what lies there; 7-Zip calls it a data error.

use crate::error::{Error, Result};
use crate::format::vhd::block_allocation_table::{self as bat, BatEntry, BlockAllocationTable};
use crate::format::vhd::sector_bitmap::{self, SectorBitmap};
use crate::format::vhd::{SECTOR_SIZE, dynamic_disk_header, footer};
use crate::format::vhdx::bat::PayloadState;
use crate::image::BlockCounts;
use crate::source::ReadAt;
use crate::units::{BlockIndex, ByteLen, FileOffset, FileRange, VirtualOffset};

use super::geometry::FIXED_DATA;
use super::{Blocks, Geometry};

/// Bytes that one read of a pass takes at most: they stay in the second-level cache.
const PIECE: u64 = 256 << 10;

/// Bytes that one read takes for [`runs`]: 1,024 entries, or the bitmaps of 16 MiB.
const SMALL_PIECE: usize = 4096;

/// Where a stretch of the virtual disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this file.
    Data {
        /// Where its first byte lies.
        file_offset: FileOffset,
    },
    /// Not in this file, but what the parent has there.
    Transparent,
    /// Nowhere: zeros.
    Zero,
}

/// A stretch of the virtual disk that is in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its first byte.
    pub start: VirtualOffset,
    /// Its length; never zero.
    pub len: ByteLen,
    /// Where it is.
    pub place: Place,
}

/// Reads the entries of all blocks of the disk and hands them on piece by piece, with the number of the first.
pub fn walk(
    view: &dyn ReadAt,
    blocks: &Blocks,
    mut each: impl FnMut(BlockIndex, BlockAllocationTable<'_>) -> Result<()>,
) -> Result<()> {
    let mut buf = vec![0; ByteLen(PIECE.min(blocks.bat.len.0)).to_usize().unwrap_or_default()];
    let mut done = ByteLen::ZERO;
    while done < blocks.bat.len {
        let len = PIECE.min(blocks.bat.len.saturating_sub(done).0);
        let Some(piece) = ByteLen(len).to_usize().and_then(|len| buf.get_mut(..len)) else { break };
        view.read_exact_at(bat::STRUCTURE, blocks.bat.start.saturating_add(done), piece)?;
        let first = done.0.checked_div(bat::ENTRY_SIZE.0).unwrap_or_default();
        each(BlockIndex(first), BlockAllocationTable::new(piece))?;
        done = done.saturating_add(ByteLen(len));
    }
    Ok(())
}

/// Number of blocks that are in the file and that are not. Those that are count as fully present: only their bitmaps
/// tell how much of them is.
pub fn count(view: &dyn ReadAt, blocks: &Blocks) -> Result<BlockCounts> {
    let mut absent: u64 = 0;
    walk(view, blocks, |_, entries| {
        let unused = entries.iter().filter(|entry| entry.is_unused()).count();
        absent = absent.saturating_add(ByteLen::from(unused).0);
        Ok(())
    })?;
    let mut counts = BlockCounts::default();
    counts.add_blocks(PayloadState::NotPresent, absent);
    counts.add_blocks(PayloadState::FullyPresent, blocks.count.saturating_sub(absent));
    Ok(counts)
}

/// The places of `len` bytes of the virtual disk from `start`, in order, without gap, each run as long as can be; what
/// lies past the virtual end is left out. Reads the BAT entries of the range and the bits of its sectors, nothing else.
///
/// # Errors
///
/// Where an entry leads over another structure, or a run of data past the last byte that can be data.
pub fn runs(
    view: &dyn ReadAt,
    geometry: &Geometry,
    start: VirtualOffset,
    len: ByteLen,
    each: impl FnMut(Run) -> Result<()>,
) -> Result<()> {
    let end = start.saturating_add(len).min(VirtualOffset(geometry.virtual_size.0));
    let mut joined = Joined { pending: None, at: start, each };
    let Some(blocks) = &geometry.blocks else {
        let len = ByteLen(end.0.saturating_sub(start.0));
        joined.push(len, data(geometry, FIXED_DATA, FileOffset(start.0), len)?)?;
        return joined.finish();
    };
    let last = blocks.block_of(VirtualOffset(end.0.saturating_sub(1)));
    let mut entries = Entries { view, blocks, last, first: BlockIndex(0), buf: [0; SMALL_PIECE], filled: 0 };
    while joined.at < end {
        let block = blocks.block_of(joined.at);
        let block_end = blocks.block_start(block).saturating_add(blocks.block_size).min(end);
        let len = ByteLen(block_end.0.saturating_sub(joined.at.0));
        match place_of(geometry, blocks, block, entries.get(block)?)? {
            Some(bitmap_at) => {
                let within = ByteLen(joined.at.0.saturating_sub(blocks.block_start(block).0));
                Present { view, geometry, blocks, bitmap_at }.runs(within, len, &mut joined)?;
            }
            None => joined.push(len, absent(blocks))?,
        }
    }
    joined.finish()
}

/// What a sector that is not in the file is.
fn absent(blocks: &Blocks) -> Place {
    if blocks.has_parent { Place::Transparent } else { Place::Zero }
}

/// Where a block's bitmap lies, unless the block is not in the file.
pub(in crate::image) fn place_of(
    geometry: &Geometry,
    blocks: &Blocks,
    block: BlockIndex,
    entry: BatEntry,
) -> Result<Option<FileOffset>> {
    let Some(bitmap_at) = entry.block_offset() else { return Ok(None) };
    let whole = FileRange::new(bitmap_at, blocks.bitmap_size.saturating_add(geometry.block_len(block)));
    for (structure, range) in [
        (footer::STRUCTURE_COPY, FileRange::new(FileOffset::ZERO, footer::SIZE)),
        (dynamic_disk_header::STRUCTURE, blocks.header),
        (bat::STRUCTURE, blocks.bat),
    ] {
        if whole.overlaps(range) {
            let what = format!("block {block} at {bitmap_at} lies over the {structure}");
            return Err(Error::malformed(bat::STRUCTURE, blocks.entry_offset(block), what));
        }
    }
    Ok(Some(bitmap_at))
}

/// A block that is in the file.
struct Present<'a> {
    view: &'a dyn ReadAt,
    geometry: &'a Geometry,
    blocks: &'a Blocks,
    bitmap_at: FileOffset,
}

impl Present<'_> {
    /// The runs of `len` bytes from `within` the block.
    fn runs<F: FnMut(Run) -> Result<()>>(&self, within: ByteLen, len: ByteLen, joined: &mut Joined<F>) -> Result<()> {
        let end = within.saturating_add(len);
        let last_sector = end.0.div_ceil(SECTOR_SIZE.0);
        let mut sector = within.0.div_euclid(SECTOR_SIZE.0);
        let mut buf = [0; SMALL_PIECE];
        while sector < last_sector {
            let first_byte = sector / 8;
            let needed = last_sector.div_ceil(8).saturating_sub(first_byte);
            let count = ByteLen(needed).to_usize().unwrap_or(SMALL_PIECE).min(SMALL_PIECE);
            let piece = buf.get_mut(..count).unwrap_or_default();
            let at = self.bitmap_at.saturating_add(ByteLen(first_byte));
            self.view.read_exact_at(sector_bitmap::STRUCTURE, at, piece)?;
            let base = first_byte.saturating_mul(8);
            let wanted = last_sector.saturating_sub(sector);
            for bits in SectorBitmap::new(piece).runs(sector.saturating_sub(base), wanted) {
                let next = base.saturating_add(bits.start).saturating_add(bits.len);
                let from = ByteLen(sector.saturating_mul(SECTOR_SIZE.0)).max(within);
                let to = ByteLen(next.saturating_mul(SECTOR_SIZE.0)).min(end);
                let len = to.saturating_sub(from);
                joined.push(
                    len,
                    if bits.set { data(self.geometry, "block", self.data_at(from), len)? } else { absent(self.blocks) },
                )?;
                sector = next;
            }
        }
        Ok(())
    }

    fn data_at(&self, within: ByteLen) -> FileOffset {
        self.bitmap_at.saturating_add(self.blocks.bitmap_size).saturating_add(within)
    }
}

/// Data at `file_offset`, unless they reach past the last byte that can be data.
fn data(geometry: &Geometry, structure: &'static str, file_offset: FileOffset, len: ByteLen) -> Result<Place> {
    if FileRange::new(file_offset, len).end() > geometry.data_end && !len.is_zero() {
        let available = ByteLen(geometry.data_end.0.saturating_sub(file_offset.0));
        return Err(Error::truncated(structure, file_offset, len, available));
    }
    Ok(Place::Data { file_offset })
}

/// BAT entries in rising order up to a last one, read as many at once as the buffer takes.
struct Entries<'a> {
    view: &'a dyn ReadAt,
    blocks: &'a Blocks,
    last: BlockIndex,
    first: BlockIndex,
    buf: [u8; SMALL_PIECE],
    filled: usize,
}

impl Entries<'_> {
    fn get(&mut self, block: BlockIndex) -> Result<BatEntry> {
        if let Some(entry) = self.buffered(block) {
            return Ok(entry);
        }
        let count = self.last.0.saturating_sub(block.0).saturating_add(1);
        let wanted = ByteLen(count.saturating_mul(bat::ENTRY_SIZE.0)).to_usize().unwrap_or(SMALL_PIECE);
        let piece = self.buf.get_mut(..wanted.min(SMALL_PIECE)).unwrap_or_default();
        self.view.read_exact_at(bat::STRUCTURE, self.blocks.entry_offset(block), piece)?;
        (self.first, self.filled) = (block, piece.len());
        self.buffered(block).ok_or_else(|| {
            let at = self.blocks.entry_offset(block);
            Error::malformed(bat::STRUCTURE, at, format!("has no entry for block {block}"))
        })
    }

    fn buffered(&self, block: BlockIndex) -> Option<BatEntry> {
        let place = usize::try_from(block.0.checked_sub(self.first.0)?).ok()?;
        BlockAllocationTable::new(self.buf.get(..self.filled)?).get(place)
    }
}

/// Joins runs that go on from one to the next.
struct Joined<F> {
    pending: Option<Run>,
    at: VirtualOffset,
    each: F,
}

impl<F: FnMut(Run) -> Result<()>> Joined<F> {
    fn push(&mut self, len: ByteLen, place: Place) -> Result<()> {
        if len.is_zero() {
            return Ok(());
        }
        let start = self.at;
        self.at = start.saturating_add(len);
        match &mut self.pending {
            Some(run) if goes_on(run, place) => run.len = run.len.saturating_add(len),
            pending => {
                if let Some(run) = pending.replace(Run { start, len, place }) {
                    (self.each)(run)?;
                }
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        self.pending.take().map_or(Ok(()), |run| (self.each)(run))
    }
}

fn goes_on(run: &Run, place: Place) -> bool {
    match (run.place, place) {
        (Place::Data { file_offset }, Place::Data { file_offset: next }) => file_offset.saturating_add(run.len) == next,
        (before, place) => before == place,
    }
}
