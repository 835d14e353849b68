//! One step on its way along the disk, and its numbers in the end.

use crate::error::Result;
use crate::format::vhdx::ALIGNMENT;
use crate::format::vhdx::bat::PayloadState;
use crate::image::BlockCursor;
use crate::units::{BlockIndex, ByteLen, ChunkIndex, FileRange, VirtualOffset, VirtualRange};

use super::cost::{ByteRange, Gone, Place, StepCost};
use super::freed::Held;
use super::holes::{Holes, Placed};
use super::settle::{Reads, Target};
use super::shape::{BITMAP_BLOCK, Format, Shape};
use super::space::Space;
use super::spans::{Along, Spans};
use super::tally::{BlockNow, Tally, add};

/// Bytes of the footer that a VHD ends with after it has grown.
const FOOTER: ByteLen = crate::format::vhd::footer::SIZE;

/// A step under way.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) number: usize,
    pub(super) target: usize,
    pub(super) sources: Vec<usize>,
    /// The target's numbers before the step.
    pub(super) shape: Shape,
    /// Bytes of the virtual disk after it.
    pub(super) size: ByteLen,
    pub(super) tally: Tally,
    /// How many more blocks than before have bits that a reader needs.
    more_bits: i64,
}

/// What a window shows of a file that is written to.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    pub(super) blocks: Vec<BlockNow>,
}

/// A chunk that the walk has come to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    pub(super) start: VirtualOffset,
    /// Its sector bitmap block before the merge.
    pub(super) bitmap: Held,
}

impl Step {
    pub(super) fn new(number: usize, sources: Vec<usize>, target: usize, shape: Shape, size: ByteLen) -> Self {
        Self { number, target, sources, shape, size, tally: Tally::default(), more_bits: 0 }
    }

    /// The target's numbers after the step, as far as they are known before its end.
    pub(super) fn shape_after(&self) -> Shape {
        let mut shape = Shape { size: self.size, ..self.shape };
        if let Some(region) = self.moved_bat() {
            shape.bat_region = region;
        }
        let with_bits = i64::try_from(self.shape.with_bits).unwrap_or(i64::MAX).saturating_add(self.more_bits);
        shape.with_bits = u64::try_from(with_bits).unwrap_or(0);
        shape
    }

    /// Bytes of a new BAT region, where the old one has no room.
    fn moved_bat(&self) -> Option<ByteLen> {
        let needed = Shape { size: self.size, ..self.shape }.bat();
        let has_room = needed <= self.shape.bat_region || !matches!(self.shape.format, Format::Vhdx { .. });
        (!has_room).then(|| ByteLen(needed.0.next_multiple_of(ALIGNMENT.0)))
    }

    /// Takes what the sources say about a window.
    pub(super) fn take(
        &mut self,
        window: VirtualRange,
        sources: &Spans,
        shown: &mut Shown,
        space: &Space,
    ) -> Vec<Reads> {
        let target = Target { shape: &self.shape, size: self.size, space, step: self.number };
        let mut along = Along::new(sources, window.start);
        let mut start = window.start;
        let mut reads = Vec::with_capacity(shown.blocks.len());
        let end = self.size.max(self.shape.size);
        for now in &mut shown.blocks {
            if start.0 >= end.0 {
                break;
            }
            let before = has_bits(&self.shape, now);
            reads.push(target.block(start, now, &mut along, &mut self.tally));
            self.more_bits += i64::from(has_bits(&self.shape, now)) - i64::from(before);
            start = start.saturating_add(self.shape.block);
        }
        reads
    }

    /// The walk leaves a chunk, whose sector bitmap block the steps before have left as `bitmap`. Says how this one
    /// leaves it.
    pub(super) fn leave_chunk(&mut self, start: VirtualOffset, bitmap: Held) -> Held {
        let blocks = std::mem::take(&mut self.tally.with_new_bits);
        if start.0 >= self.size.0 {
            if bitmap != Held::Nowhere {
                self.tally.freed.add(bitmap, BITMAP_BLOCK, true);
                add(&mut self.tally.write.bat, self.shape.entry());
            }
            return Held::Nowhere;
        }
        if blocks == 0 {
            return bitmap;
        }
        if bitmap == Held::Nowhere {
            let number = self.tally.blocks.new_bitmaps;
            self.tally.blocks.new_bitmaps = number.saturating_add(1);
            add(&mut self.tally.write.bitmaps, BITMAP_BLOCK);
            add(&mut self.tally.write.bat, self.shape.entry());
            return Held::New { step: self.number, number };
        }
        let bits = ByteLen(blocks.saturating_mul(self.shape.bits.0));
        add(&mut self.tally.read.bitmaps, bits);
        add(&mut self.tally.write.bitmaps, bits);
        bitmap
    }

    /// The numbers in the end. `sources` are those of each source as the step found it, `goes` the lengths of their
    /// files.
    pub(super) fn finish(&mut self, sources: &[Shape], goes: Vec<Gone>, file: &mut FileEnds) -> Result<StepCost> {
        for source in sources {
            add(&mut self.tally.read.bitmaps, source.all_bits());
            add(&mut self.tally.read.bat, source.bat());
        }
        add(&mut self.tally.read.bat, self.shape.bat());
        let moved = self.moved_bat();
        if let Some(region) = moved {
            self.tally.blocks.moved_bat = region;
            self.tally.write.bat = self.shape_after().bat();
        }
        let size_before = file.length;
        let size_after = file.step(&mut self.tally, self.shape.stride(), moved)?;
        Ok(StepCost {
            sources: self.sources.clone(),
            target: Place::Layer(self.target),
            read: self.tally.read,
            write: self.tally.write,
            blocks: self.tally.blocks,
            size_before,
            size_after,
            goes,
        })
    }
}

/// Whether a reader of the file needs a block's bits.
fn has_bits(shape: &Shape, now: &BlockNow) -> bool {
    match shape.format {
        Format::Vhdx { .. } => shape.has_parent && now.state == PayloadState::PartiallyPresent,
        Format::Vhd => now.state.is_present(),
        Format::FixedVhd => false,
    }
}

/// The blocks of a window as a file has them before the merge.
pub(super) fn shown(cursor: Option<&mut BlockCursor>, shape: &Shape, window: VirtualRange) -> Result<Shown> {
    let count = window.len.0.checked_div(shape.block.0).unwrap_or_default().max(1);
    let first = window.start.0.checked_div(shape.block.0).unwrap_or_default();
    let Some(cursor) = cursor else {
        let whole = BlockNow { state: PayloadState::FullyPresent, held: Held::Nowhere };
        return Ok(Shown { blocks: vec![whole; ByteLen(count).to_usize().unwrap_or_default()] });
    };
    let mut blocks = Vec::with_capacity(ByteLen(count).to_usize().unwrap_or_default());
    for block in first..first.saturating_add(count) {
        blocks.push(BlockNow::of(cursor.block(BlockIndex(block))?));
    }
    Ok(Shown { blocks })
}

/// The chunk that holds `at`, in a file that has sector bitmap blocks; `known` if that is the one.
pub(super) fn chunk_at(
    cursor: Option<&mut BlockCursor>,
    shape: &Shape,
    at: VirtualOffset,
    known: Option<Chunk>,
) -> Result<Option<Chunk>> {
    let (Some(len), Some(cursor)) = (shape.chunk(), cursor) else { return Ok(None) };
    let number = at.0.checked_div(len.0).unwrap_or_default();
    let start = VirtualOffset(number.saturating_mul(len.0));
    if known.is_some_and(|known| known.start == start) {
        return Ok(known);
    }
    let bitmap = cursor.sector_bitmap(ChunkIndex(number))?.map_or(Held::Nowhere, Held::At);
    Ok(Some(Chunk { start, bitmap }))
}

/// A file that is written to by one or more steps, under both writers.
#[derive(Debug)]
pub(super) struct FileEnds {
    /// The file's length as the steps so far have left it.
    length: ByteRange,
    reusing: Holes,
    appending: Holes,
    footer: ByteLen,
    /// Where the BAT region lies for the writer that uses space again.
    bat_region: FileRange,
    /// What each step took, blocks and sector bitmap blocks.
    placed: Vec<(Vec<Placed>, Vec<Placed>)>,
}

impl FileEnds {
    pub(super) fn new(stored: ByteLen, space: &Space) -> Self {
        Self {
            length: ByteRange::exactly(stored),
            reusing: space.holes.clone(),
            appending: space.holes.only_the_end(),
            footer: space.footer,
            bat_region: space.bat_region,
            placed: Vec::new(),
        }
    }

    /// Gives and takes what a step does, and says how long the file is then.
    fn step(&mut self, tally: &mut Tally, stride: ByteLen, moved_bat: Option<ByteLen>) -> Result<ByteRange> {
        let (old, new) = tally.freed.end()?;
        self.reusing.release_all(old.iter().copied())?;
        let mut again: Vec<FileRange> = Vec::new();
        for freed in new {
            let Some((blocks, bitmaps)) = self.placed.get(freed.step) else { continue };
            let (placed, len) = if freed.is_bitmap { (bitmaps, BITMAP_BLOCK) } else { (blocks, stride) };
            again.extend(places(placed, len, freed.first, freed.count));
        }
        again.sort_unstable_by_key(|range| range.start);
        self.reusing.release_all(again.into_iter())?;
        if let Some(region) = moved_bat {
            if let Some(placed) = self.reusing.take(region, 1).first() {
                self.reusing.release(self.bat_region)?;
                self.bat_region = FileRange::new(placed.at, region);
            }
            self.appending.append(region, 1);
        }
        let blocks = tally.blocks;
        let placed = (self.reusing.take(stride, blocks.allocated), self.reusing.take(BITMAP_BLOCK, blocks.new_bitmaps));
        self.placed.push(placed);
        self.appending.append(stride, blocks.allocated.saturating_add(blocks.anchored));
        self.appending.append(BITMAP_BLOCK, blocks.new_bitmaps);
        if self.footer != ByteLen::ZERO && blocks.allocated > 0 {
            self.footer = FOOTER;
        }
        let length = |holes: &Holes| ByteLen(holes.length().0).saturating_add(self.footer);
        self.length = ByteRange { least: length(&self.reusing), most: length(&self.appending) };
        Ok(self.length)
    }
}

/// Where the pieces `first` to `first + count` of those placed lie.
fn places(placed: &[Placed], len: ByteLen, first: u64, count: u64) -> impl Iterator<Item = FileRange> + '_ {
    let end = first.saturating_add(count);
    placed.iter().filter_map(move |placed| {
        let from = first.max(placed.first);
        let to = end.min(placed.first.saturating_add(placed.count));
        let skipped = ByteLen(from.saturating_sub(placed.first).saturating_mul(len.0));
        let bytes = ByteLen(to.saturating_sub(from).saturating_mul(len.0));
        (!bytes.is_zero()).then(|| FileRange::new(placed.at.saturating_add(skipped), bytes))
    })
}
