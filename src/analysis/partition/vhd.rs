//! A VHD file by the use of its ranges, in the order of the file: blocks may start at any sector.

use crate::error::{Error, Result};
use crate::format::vhd::block_allocation_table::{self as bat, table_size};
use crate::format::vhd::sector_bitmap::{self, SectorBitmap};
use crate::format::vhd::{SECTOR_SIZE, footer};
use crate::image::Image;
use crate::image::vhd::{Blocks, Geometry, VhdSurvey, block_map};
use crate::limits::MAX_VHD_BLOCKS_COMPARED;
use crate::source::ReadAt;
use crate::units::{BlockIndex, ByteLen, FileOffset, FileRange, VirtualOffset};

use super::structures::Structures;
use super::{BlockPart, Piece, Usage};

pub(super) fn partition(image: &Image, survey: &VhdSurvey, each: &mut dyn FnMut(Piece)) -> Option<Error> {
    let end = FileOffset(image.stored_size().0);
    let structures = structures(survey, end);
    for piece in structures.pieces() {
        each(*piece);
    }
    let mut sweep = Sweep { structures: &structures, at: FileOffset::ZERO, end, gap: Usage::Unreferenced, each };
    let problem = match survey.geometry().filter(|_| survey.blockers.is_empty()) {
        None => Some(survey.blockers.first().cloned().unwrap_or_else(|| {
            Error::malformed(footer::STRUCTURE, FileOffset::ZERO, "the sizes of the disk are unknown")
        })),
        Some(geometry) => match &geometry.blocks {
            None => {
                let data = FileRange::new(FileOffset::ZERO, geometry.virtual_size);
                let part =
                    BlockPart { block: BlockIndex(0), at: VirtualOffset::ZERO, data: data.start, on_disk: data.len };
                for range in sweep.claim(data) {
                    part.cut(range, SECTOR_SIZE, None::<fn(u64, u64) -> std::iter::Empty<_>>, sweep.each);
                }
                None
            }
            Some(blocks) => match places(&**image.view(), blocks) {
                Err(error) => Some(error),
                Ok(places) => {
                    sweep.blocks(&**image.view(), geometry, blocks, &places);
                    None
                }
            },
        },
    };
    if problem.is_some() {
        sweep.gap = Usage::Unknown;
    }
    sweep.finish();
    problem
}

fn structures(survey: &VhdSurvey, end: FileOffset) -> Structures {
    let mut found = Structures::new(end);
    if survey.footers.copy.is_some() {
        found.add(FileRange::new(FileOffset::ZERO, footer::SIZE), Usage::Header);
    }
    let footer = survey.footers.data_end(ByteLen(end.0));
    found.add(FileRange::new(footer, ByteLen(end.0.saturating_sub(footer.0))), Usage::Header);
    if let Some(header) = &survey.header {
        found.add(FileRange::new(header.at, crate::format::vhd::dynamic_disk_header::SIZE), Usage::Header);
    }
    for locator in &survey.locators {
        found.add(locator.entry.data(), Usage::Metadata);
    }
    if let Some(blocks) = survey.geometry().and_then(|geometry| geometry.blocks.as_ref()) {
        found.add(blocks.bat, Usage::Bat);
    }
    if let Some(header) = survey.header() {
        let (_, in_sectors) = table_size(header.max_table_entries);
        found.add(FileRange::new(header.table_offset, in_sectors), Usage::BatGap);
    }
    for locator in &survey.locators {
        found.add(locator.entry.room(), Usage::MetadataGap);
    }
    found
}

/// Sector and number of each block that is in the file, in the order of the file.
fn places(view: &dyn ReadAt, blocks: &Blocks) -> Result<Vec<(u32, u32)>> {
    let mut places = Vec::new();
    block_map::walk(view, blocks, |first, entries| {
        for (entry, number) in entries.iter().zip(first.0..).filter(|(entry, _)| !entry.is_unused()) {
            if places.len() >= MAX_VHD_BLOCKS_COMPARED {
                let limit = ByteLen::from(MAX_VHD_BLOCKS_COMPARED).0;
                let (name, at) = ("MAX_VHD_BLOCKS_COMPARED", blocks.entry_offset(BlockIndex(number)));
                return Err(Error::limit(bat::STRUCTURE, at, name, limit, blocks.count));
            }
            places.extend(u32::try_from(number).ok().map(|number| (entry.0, number)));
        }
        Ok(())
    })?;
    places.sort_unstable();
    Ok(places)
}

/// Goes through the file from its start to its end.
struct Sweep<'a> {
    structures: &'a Structures,
    /// Everything before it is settled.
    at: FileOffset,
    end: FileOffset,
    /// What nothing claims is.
    gap: Usage,
    each: &'a mut dyn FnMut(Piece),
}

impl Sweep<'_> {
    /// Claims what is free of a range that does not start before those claimed earlier, and settles what lies before it.
    fn claim(&mut self, range: FileRange) -> Vec<FileRange> {
        let end = range.end().min(self.end);
        let start = range.start.max(self.at);
        if start >= end {
            return Vec::new();
        }
        self.settle(start);
        self.at = end;
        self.structures.free_parts(FileRange::new(start, ByteLen(end.0.saturating_sub(start.0))))
    }

    fn settle(&mut self, end: FileOffset) {
        let before = FileRange::new(self.at, ByteLen(end.0.saturating_sub(self.at.0)));
        for range in self.structures.free_parts(before) {
            let is_tail = self.gap == Usage::Unreferenced && range.end() == self.end;
            (self.each)(Piece { range, usage: if is_tail { Usage::Tail } else { self.gap } });
        }
    }

    fn finish(mut self) {
        let end = self.end;
        self.settle(end);
    }

    fn blocks(&mut self, view: &dyn ReadAt, geometry: &Geometry, blocks: &Blocks, places: &[(u32, u32)]) {
        let mut bytes = vec![0; blocks.bitmap_size.to_usize().unwrap_or_default()];
        let mut next = places.iter().skip(1).map(|(sector, _)| offset(*sector)).chain([self.end]);
        for &(sector, number) in places {
            let block = BlockIndex(number.into());
            let start = offset(sector);
            let data = start.saturating_add(blocks.bitmap_size);
            let on_disk = geometry.block_len(block);
            // A writer may store a last block without what lies behind the virtual end, and go on there.
            let needed = data.saturating_add(on_disk);
            let room = data.saturating_add(blocks.block_size).min(next.next().unwrap_or(self.end)).max(needed);
            let claimed = self.claim(FileRange::new(start, ByteLen(room.0.saturating_sub(start.0))));
            if claimed.is_empty() {
                continue;
            }
            let has_bits = view.read_exact_at(sector_bitmap::STRUCTURE, start, &mut bytes).is_ok();
            let bits = SectorBitmap::new(&bytes);
            let part = BlockPart { block, at: blocks.block_start(block), data, on_disk };
            for range in claimed {
                let split = data.max(range.start).min(range.end());
                let bitmap = FileRange::new(range.start, ByteLen(split.0.saturating_sub(range.start.0)));
                if !bitmap.len.is_zero() {
                    (self.each)(Piece { range: bitmap, usage: Usage::Bitmap });
                }
                let content = FileRange::new(split, ByteLen(range.end().0.saturating_sub(split.0)));
                if !content.len.is_zero() {
                    let runs = has_bits.then_some(|start, len| bits.runs(start, len));
                    part.cut(content, SECTOR_SIZE, runs, self.each);
                }
            }
        }
    }
}

fn offset(sector: u32) -> FileOffset {
    FileOffset(u64::from(sector).saturating_mul(SECTOR_SIZE.0))
}
