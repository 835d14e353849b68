//! A VHDX file by the use of its ranges: structures to the byte, everything else in megabytes, on which the format lays
//! it (MS-VHDX 2.2).

use crate::error::{Error, Result};
use crate::format::vhdx::bat::{BatEntry, PayloadState};
use crate::format::vhdx::sector_bitmap::{self, SectorBitmap};
use crate::format::vhdx::{
    ALIGNMENT, HEADER_1_OFFSET, HEADER_2_OFFSET, HEADER_SECTION, REGION_TABLE_1_OFFSET, REGION_TABLE_2_OFFSET,
    file_type_identifier, header, metadata_table, region_table,
};
use crate::image::Image;
use crate::image::vhdx::block_map::{self, ChunkRow};
use crate::image::vhdx::{Geometry, LogState, SpaceMap, VhdxSurvey, ZeroRows};
use crate::limits::MAX_FILE;
use crate::source::ReadAt;
use crate::units::{BlockIndex, ByteLen, FileOffset, FileRange};

use super::structures::Structures;
use super::{BlockPart, Piece, Usage};

/// Entries that are tested together.
const GROUP: usize = 64;

pub(super) fn partition(image: &Image, survey: &VhdxSurvey, each: &mut dyn FnMut(Piece)) -> Option<Error> {
    let size = image.stored_size();
    let limit = FileOffset(size.min(MAX_FILE).0);
    let structures = structures(survey, limit);
    let mut space = SpaceMap::new(ByteLen(limit.0));
    for piece in structures.pieces() {
        space.take(piece.range);
        each(*piece);
    }
    let mut blocks =
        Blocks { view: &**image.view(), limit, space, bits: Vec::new(), has_anchored: false, each: &mut *each };
    let problem = match map(survey) {
        Ok(geometry) => blocks.read(geometry, survey.zero_rows()).err(),
        Err(error) => Some(error),
    };
    let space = blocks.space;
    for range in structures.leftovers(ALIGNMENT.0).into_iter().chain(space.free(None)) {
        let usage = match problem {
            Some(_) => Usage::Unknown,
            None if range.end() == limit => Usage::Tail,
            None => Usage::Unreferenced,
        };
        each(Piece { range, usage });
    }
    let rest = FileRange::new(limit, size.saturating_sub(ByteLen(limit.0)));
    if !rest.len.is_zero() {
        each(Piece { range: rest, usage: Usage::Unknown });
    }
    problem
}

/// The sizes of a file whose BAT is what the file says of itself: not one that a log should have changed.
fn map(survey: &VhdxSurvey) -> Result<&Geometry> {
    let is_current = survey.replayed || survey.log_state() == Some(LogState::Clean) || survey.blockers.is_empty();
    match survey.geometry() {
        Some(geometry) if is_current => Ok(geometry),
        _ => Err(survey
            .blockers
            .first()
            .cloned()
            .unwrap_or_else(|| Error::malformed("BAT", FileOffset::ZERO, "the sizes of the disk are unknown"))),
    }
}

fn structures(survey: &VhdxSurvey, limit: FileOffset) -> Structures {
    let mut found = Structures::new(limit);
    for (at, len) in [
        (file_type_identifier::OFFSET, file_type_identifier::SIZE),
        (HEADER_1_OFFSET, header::SIZE),
        (HEADER_2_OFFSET, header::SIZE),
        (REGION_TABLE_1_OFFSET, region_table::SIZE),
        (REGION_TABLE_2_OFFSET, region_table::SIZE),
    ] {
        found.add(FileRange::new(at, len), Usage::Header);
    }
    found.add(FileRange::new(FileOffset::ZERO, HEADER_SECTION), Usage::HeaderGap);
    if let Some(log) = &survey.log {
        for entry in log.entries.iter().filter(|entry| entry.active) {
            let whole = FileRange::new(entry.at, ByteLen(entry.header.entry_length.into()));
            let wrapped = whole.end().0.saturating_sub(log.range.end().0);
            found.add(FileRange::new(whole.start, ByteLen(whole.len.0.saturating_sub(wrapped))), Usage::Log);
            found.add(FileRange::new(log.range.start, ByteLen(wrapped)), Usage::Log);
        }
        // A log that should be replayed and cannot be: every byte of it may be wanted.
        let rest = if log.state == LogState::Corrupt { Usage::Log } else { Usage::StaleLog };
        found.add(log.range, rest);
    }
    if let Some(metadata) = survey.metadata() {
        found.add(FileRange::new(metadata.region.start, metadata_table::SIZE), Usage::Metadata);
        for range in metadata.items.iter().filter_map(|item| item.range) {
            found.add(range, Usage::Metadata);
        }
    }
    if let Some(geometry) = survey.geometry() {
        found.add(geometry.bat, Usage::Bat);
    }
    for entry in survey.region_table().into_iter().flat_map(|table| &table.entries) {
        let usage = match entry.guid {
            region_table::BAT if survey.geometry().is_some() => Usage::BatGap,
            region_table::BAT => Usage::Bat,
            region_table::METADATA if survey.metadata().is_some() => Usage::MetadataGap,
            region_table::METADATA => Usage::Metadata,
            _ => Usage::OtherRegion,
        };
        found.add(entry.range(), usage);
    }
    found
}

/// The pass over the BAT.
struct Blocks<'a> {
    view: &'a dyn ReadAt,
    limit: FileOffset,
    space: SpaceMap,
    /// The sector bits of one block.
    bits: Vec<u8>,
    has_anchored: bool,
    each: &'a mut dyn FnMut(Piece),
}

impl Blocks<'_> {
    fn read(&mut self, geometry: &Geometry, known: &ZeroRows) -> Result<()> {
        let view = self.view;
        block_map::walk_again(view, geometry, known, |row| {
            self.row(geometry, &row);
            Ok(())
        })?;
        if self.has_anchored {
            block_map::walk_again(view, geometry, known, |row| {
                for (entry, number) in
                    row.payload.iter().zip(row.first_block.0..).filter(|(entry, _)| is_anchored(*entry))
                {
                    let usage = Usage::Trimmed { block: BlockIndex(number), state: entry.payload_state() };
                    for range in self.claim(FileRange::new(entry.file_offset(), geometry.block_size)) {
                        (self.each)(Piece { range, usage });
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn row(&mut self, geometry: &Geometry, row: &ChunkRow<'_>) {
        if row.is_zero {
            return;
        }
        let bitmap = row
            .sector_bitmap
            .filter(|entry| geometry.has_parent && entry.sector_bitmap_state().is_read())
            .map(BatEntry::file_offset);
        if let Some(at) = bitmap {
            for range in self.claim(FileRange::new(at, ByteLen(sector_bitmap::SIZE))) {
                (self.each)(Piece { range, usage: Usage::Bitmap });
            }
        }
        if row.payload.is_zero() {
            return;
        }
        let mut run: Option<(BlockIndex, FileRange)> = None;
        let mut next: u64 = 0;
        for group in row.payload.groups(GROUP) {
            let first = next;
            next = first.saturating_add(ByteLen::from(group.len()).0);
            if group.bare_state().is_some() {
                continue;
            }
            for (entry, number) in group.iter().zip(first..) {
                let block = BlockIndex(row.first_block.0.saturating_add(number));
                match entry.payload_state() {
                    PayloadState::FullyPresent if geometry.block_len(block) == geometry.block_size => {
                        let here = FileRange::new(entry.file_offset(), geometry.block_size);
                        match &mut run {
                            Some((first, range))
                                if range.end() == here.start && is_next(geometry, *first, range.len, block) =>
                            {
                                range.len = range.len.saturating_add(here.len);
                            }
                            _ => self.run(geometry, run.replace((block, here))),
                        }
                    }
                    state if state.is_present() => self.block(geometry, row, number, entry, bitmap),
                    _ if is_anchored(entry) => self.has_anchored = true,
                    _ => {}
                }
            }
        }
        self.run(geometry, run);
    }

    /// Whole blocks that follow one another on the disk and in the file.
    fn run(&mut self, geometry: &Geometry, run: Option<(BlockIndex, FileRange)>) {
        let Some((block, range)) = run else { return };
        let part = BlockPart { block, at: geometry.block_start(block), data: range.start, on_disk: range.len };
        for claimed in self.claim(range) {
            part.cut(claimed, geometry.logical_sector_size, None::<fn(u64, u64) -> std::iter::Empty<_>>, self.each);
        }
    }

    /// A present block, the `number`th of its chunk.
    fn block(
        &mut self,
        geometry: &Geometry,
        row: &ChunkRow<'_>,
        number: u64,
        entry: BatEntry,
        bitmap: Option<FileOffset>,
    ) {
        let block = BlockIndex(row.first_block.0.saturating_add(number));
        let data = entry.file_offset();
        let claimed = self.claim(FileRange::new(data, geometry.block_size));
        let on_disk = geometry.block_len(block);
        let part = BlockPart { block, at: geometry.block_start(block), data, on_disk };
        let is_partial = geometry.has_parent && entry.payload_state() == PayloadState::PartiallyPresent;
        let bitmap = bitmap.filter(|_| is_partial && !claimed.is_empty());
        let has_bits = bitmap.is_some_and(|at| self.read_bits(geometry, at, number));
        let bits = SectorBitmap::new(&self.bits);
        for range in claimed {
            let runs = has_bits.then_some(|start, len| bits.runs(start, len));
            part.cut(range, geometry.logical_sector_size, runs, self.each);
        }
    }

    /// Reads the bits of the `number`th block of a chunk, and says whether they could be read.
    fn read_bits(&mut self, geometry: &Geometry, bitmap: FileOffset, number: u64) -> bool {
        let len = geometry.sectors_per_block() / 8;
        self.bits.resize(ByteLen(len).to_usize().unwrap_or_default(), 0);
        let at = bitmap.saturating_add(ByteLen(number.saturating_mul(len)));
        self.view.read_exact_at(sector_bitmap::STRUCTURE, at, &mut self.bits).is_ok()
    }

    /// Takes what is still free of a range, in whole megabytes, and says what that is.
    fn claim(&mut self, range: FileRange) -> Claimed {
        let end = range.end().min(self.limit);
        if range.start < FileOffset(ALIGNMENT.0) || range.start >= end {
            return Claimed::default();
        }
        let range = FileRange::new(range.start, ByteLen(end.0.saturating_sub(range.start.0)));
        if self.space.take_if_free(range) {
            return Claimed { whole: Some(range), parts: Vec::new() };
        }
        let mut parts: Vec<FileRange> = Vec::new();
        let mut at = range.start;
        while at < end {
            let next = at.saturating_add(ALIGNMENT).min(end);
            let unit = FileRange::new(at, ByteLen(next.0.saturating_sub(at.0)));
            if self.space.take_if_free(unit) {
                match parts.last_mut().filter(|last| last.end() == at) {
                    Some(last) => last.len = last.len.saturating_add(unit.len),
                    None => parts.push(unit),
                }
            }
            at = next;
        }
        Claimed { whole: None, parts }
    }
}

/// What of a range was free: nearly always all of it, for which no memory is taken.
#[derive(Default)]
struct Claimed {
    whole: Option<FileRange>,
    parts: Vec<FileRange>,
}

impl Claimed {
    fn is_empty(&self) -> bool {
        self.whole.is_none() && self.parts.is_empty()
    }
}

impl IntoIterator for Claimed {
    type Item = FileRange;
    type IntoIter = std::iter::Chain<std::option::IntoIter<FileRange>, std::vec::IntoIter<FileRange>>;

    fn into_iter(self) -> Self::IntoIter {
        self.whole.into_iter().chain(self.parts)
    }
}

/// Whether a block follows those that start with `first` and take `len` bytes.
fn is_next(geometry: &Geometry, first: BlockIndex, len: ByteLen, block: BlockIndex) -> bool {
    let next = geometry.block_start(first).saturating_add(len);
    next == geometry.block_start(block)
}

/// Whether a block without content names a place in the file all the same.
fn is_anchored(entry: BatEntry) -> bool {
    entry.raw_state() <= 3 && entry.file_offset() >= FileOffset(ALIGNMENT.0)
}
