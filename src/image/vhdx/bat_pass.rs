//! The whole BAT looked through in one streaming pass, from which all checks of its entries read.
//!
//! Entries come in groups of 64. Most groups of real files are settled at once, for they are all equal or form one run
//! of blocks that follow each other in the file. Of the others most hold nothing but bare states and present blocks,
//! whose places are gathered and taken. What is left is looked at one by one. Places in the file are kept as one bit a
//! megabyte, so that memory does not grow with the number of entries.
//!
//! A long table is looked through in two halves at once, which share one map. That shows whether two blocks lie in one
//! place, and not which: then the table is looked through again from end to end.

use std::ops::Range;
use std::panic::resume_unwind;

use crate::error::Result;
use crate::format::vhdx::ALIGNMENT;
use crate::format::vhdx::bat::{Bat, BatEntry, PayloadState, SectorBitmapState, Slot};
use crate::format::vhdx::sector_bitmap;
use crate::image::block_counts::StateLanes;
use crate::source::ReadAt;
use crate::units::{BlockIndex, ByteLen, ChunkIndex, FileOffset, FileRange};

use super::bat_survey::{BatSurvey, BeyondEnd, Collision, Ends, EntryAt};
use super::block_map::{self, ChunkRow};
use super::space_halves::{self, Found, HalfMap};
use super::take_space::TakeSpace;
use super::{Geometry, SpaceMap, ZeroRows};

/// Entries that are tested together.
const GROUP: usize = 64;

/// Shortest table that is looked through in halves: a shorter one is done before a second thread has begun.
const LONG_TABLE: ByteLen = ByteLen::mib(4);

/// Looks through the BAT of a file whose `structures` (header section, log, regions) are known.
pub(super) fn read(
    view: &dyn ReadAt,
    geometry: &Geometry,
    known: &ZeroRows,
    structures: &[FileRange],
) -> Result<BatSurvey> {
    read_in_halves_from(LONG_TABLE, view, geometry, known, structures)
}

fn read_in_halves_from(
    long: ByteLen,
    view: &dyn ReadAt,
    geometry: &Geometry,
    known: &ZeroRows,
    structures: &[FileRange],
) -> Result<BatSurvey> {
    let chunks = geometry.chunks();
    let mut survey = None;
    if geometry.bat.len >= long && chunks > 1 {
        survey = in_halves(view, geometry, known, structures)?;
    }
    let mut survey = match survey {
        Some(survey) => survey,
        None => {
            let mut used = with_structures(view.size(), structures);
            let survey = Pass::over(0..chunks, &mut used, view, geometry, known, structures)?;
            BatSurvey { used, ..survey }
        }
    };
    if !survey.overlaps.is_empty() {
        find_owners(&mut survey, view, geometry, known)?;
    }
    Ok(survey)
}

/// Both halves at once; `None` where blocks lie where others lie, or outside of the file: only a pass from end to end
/// says which.
fn in_halves(
    view: &dyn ReadAt,
    geometry: &Geometry,
    known: &ZeroRows,
    structures: &[FileRange],
) -> Result<Option<BatSurvey>> {
    let mut used = with_structures(view.size(), structures);
    let pass = |chunks: Range<u64>, mut space: HalfMap<'_>| -> Result<(BatSurvey, Found)> {
        let survey = Pass::over(chunks, &mut space, view, geometry, known, structures)?;
        Ok((survey, space.finish()))
    };
    let (lower, upper) = space_halves::halves(&mut used, geometry.block_size);
    let (chunks, middle) = (geometry.chunks(), geometry.chunks() / 2);
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(|| pass(middle..chunks, upper));
        (pass(0..middle, lower), second.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let ((mut survey, mine), (later, others)) = (first?, second?);
    let mut twice = mine.twice || others.twice;
    for range in [mine.across, others.across].into_iter().flatten() {
        twice |= used.take(range);
    }
    survey.append(later);
    Ok((!twice).then_some(BatSurvey { used, ..survey }))
}

/// A file in which nothing but its structures is taken.
fn with_structures(file_size: ByteLen, structures: &[FileRange]) -> SpaceMap {
    let mut used = SpaceMap::new(file_size);
    for structure in structures {
        used.take(*structure);
    }
    used
}

/// One more pass, only after a collision: which entry was there first.
fn find_owners(survey: &mut BatSurvey, view: &dyn ReadAt, geometry: &Geometry, known: &ZeroRows) -> Result<()> {
    let open = &mut survey.overlaps.first;
    block_map::walk_again(view, geometry, known, |row| {
        each_present(&row, geometry, |candidate, range| {
            for collision in open.iter_mut().filter(|collision| collision.other.is_none()) {
                if collision.entry.at != candidate.at && collision.range.overlaps(range) {
                    collision.other = Some(candidate);
                }
            }
        });
        Ok(())
    })
}

/// Calls `each` for every present block of a row, in the order of the BAT.
fn each_present(row: &ChunkRow<'_>, geometry: &Geometry, mut each: impl FnMut(EntryAt, FileRange)) {
    for (entry, number) in row.payload.iter().zip(row.first_block.0..) {
        if entry.payload_state().is_present() {
            each(
                payload_at(geometry, BlockIndex(number), entry),
                FileRange::new(entry.file_offset(), geometry.block_size),
            );
        }
    }
    if let Some(entry) = row.sector_bitmap.filter(|entry| is_bitmap(geometry, *entry)) {
        each(bitmap_at(geometry, row.chunk, entry), FileRange::new(entry.file_offset(), ByteLen(sector_bitmap::SIZE)));
    }
}

fn is_bitmap(geometry: &Geometry, entry: BatEntry) -> bool {
    geometry.has_parent && entry.sector_bitmap_state() == SectorBitmapState::Present
}

fn payload_at(geometry: &Geometry, block: BlockIndex, entry: BatEntry) -> EntryAt {
    let at = geometry.entry_offset(geometry.chunk_ratio.payload_index(block));
    EntryAt { slot: Slot::Payload(block), at, entry }
}

fn bitmap_at(geometry: &Geometry, chunk: ChunkIndex, entry: BatEntry) -> EntryAt {
    let at = geometry.entry_offset(geometry.chunk_ratio.sector_bitmap_index(chunk));
    EntryAt { slot: Slot::SectorBitmap(chunk), at, entry }
}

struct Pass<'a, S> {
    survey: BatSurvey,
    space: &'a mut S,
    geometry: &'a Geometry,
    /// In order and apart, so that a collision finds its structure in few steps.
    structures: Vec<FileRange>,
    file_size: ByteLen,
    /// Room for the places of a group.
    places: [FileOffset; GROUP],
}

impl<'a, S: TakeSpace> Pass<'a, S> {
    fn new(space: &'a mut S, geometry: &'a Geometry, structures: &[FileRange], file_size: ByteLen) -> Self {
        let places = [FileOffset::ZERO; GROUP];
        Self { survey: BatSurvey::new(), space, geometry, structures: merged(structures), file_size, places }
    }

    /// One pass over the entries of some chunks. The space that they use is noted in `space`, not in the survey.
    fn over(
        chunks: Range<u64>,
        space: &mut S,
        view: &dyn ReadAt,
        geometry: &Geometry,
        known: &ZeroRows,
        structures: &[FileRange],
    ) -> Result<BatSurvey> {
        let mut pass = Pass::new(space, geometry, structures, view.size());
        block_map::walk_chunks(view, geometry, known, chunks, |row| {
            pass.row(row);
            pass.space.pause();
            Ok(())
        })?;
        Ok(pass.survey)
    }

    fn row(&mut self, row: ChunkRow<'_>) {
        let partial_before = self.survey.partial.count;
        if let (Some(first), Some(last)) = (row.payload.get(0), row.payload.get(row.payload.len().saturating_sub(1))) {
            let first = self.survey.ends.map_or(first, |ends| ends.first);
            self.survey.ends = Some(Ends { first, last });
        }
        if row.is_zero {
            self.survey.counts.add_blocks(PayloadState::NotPresent, ByteLen::from(row.payload.len()).0);
            return;
        }
        let mut block = row.first_block;
        for group in row.payload.groups(GROUP) {
            self.group(block, group);
            block = BlockIndex(block.0.saturating_add(ByteLen::from(group.len()).0));
        }
        if let Some(entry) = row.sector_bitmap {
            self.bitmap_slot(row.chunk, entry);
        }
        let has_partial = self.survey.partial.count != partial_before;
        let has_bitmap =
            row.sector_bitmap.is_some_and(|entry| entry.sector_bitmap_state() != SectorBitmapState::NotPresent);
        if has_partial && self.geometry.has_parent && !has_bitmap {
            let partial = row.payload.iter().zip(row.first_block.0..).find(|(entry, _)| is_partial(*entry));
            if let Some((entry, number)) = partial {
                self.survey.without_bitmap.push(payload_at(self.geometry, BlockIndex(number), entry));
            }
        }
    }

    /// Settles a group at once where it can be, else entry by entry.
    fn group(&mut self, block: BlockIndex, group: Bat<'_>) {
        let Some(first) = group.get(0) else { return };
        let step = self.geometry.block_size.0;
        let count = ByteLen::from(group.len()).0;
        let last = group.get(group.len().saturating_sub(1)).unwrap_or(first);
        let to_last = step.wrapping_mul(count.wrapping_sub(1));
        if last == first || last.0 == first.0.wrapping_add(to_last) {
            let (mut unequal, mut broken, mut expected) = (0, 0, first.0);
            for entry in group.iter() {
                unequal |= entry.0 ^ first.0;
                broken |= entry.0 ^ expected;
                expected = expected.wrapping_add(step);
            }
            if unequal == 0 && is_bare(first) {
                self.survey.counts.add_blocks(first.payload_state(), count);
                return;
            }
            if broken == 0 && self.take_run(first, count) {
                self.survey.counts.add_blocks(PayloadState::FullyPresent, count);
                return;
            }
        }
        self.scattered(block, group);
    }

    /// Counts a group and gathers the places of its present blocks without a branch, then takes them; but entry by entry
    /// where one of them is neither bare nor nothing but a present block.
    fn scattered(&mut self, block: BlockIndex, group: Bat<'_>) {
        let (mut present, mut odd, mut states) = (0_usize, 0, StateLanes::default());
        for entry in group.iter() {
            odd |= oddity(entry);
            states.add(entry);
            if let Some(slot) = self.places.get_mut(present % GROUP) {
                *slot = entry.file_offset();
            }
            present = present.wrapping_add(usize::from((entry.raw_state() >> 2) & 1));
        }
        self.survey.counts.add_lanes(states);
        if odd != 0 {
            self.one_by_one(block, group);
            return;
        }
        let mut done = 0;
        while let Some(places) = self.places.get(done..present)
            && let Some(refused) = self.space.take_blocks(places, self.geometry.block_size)
        {
            self.one_present(done.saturating_add(refused), block, group);
            done = done.saturating_add(refused).saturating_add(1);
        }
    }

    /// Looks closer at one present block of a group.
    #[cold]
    fn one_present(&mut self, place: usize, block: BlockIndex, group: Bat<'_>) {
        let mut present = group.iter().zip(block.0..).filter(|(entry, _)| entry.payload_state().is_present());
        if let Some((entry, number)) = present.nth(place) {
            self.present(BlockIndex(number), entry);
        }
    }

    #[cold]
    fn one_by_one(&mut self, block: BlockIndex, group: Bat<'_>) {
        for (entry, number) in group.iter().zip(block.0..) {
            if !is_bare(entry) {
                self.entry(BlockIndex(number), entry);
            }
        }
    }

    /// Takes the space of `count` blocks that follow each other, if nothing at all is the matter with them.
    fn take_run(&mut self, first: BatEntry, count: u64) -> bool {
        let range = FileRange::new(first.file_offset(), ByteLen(count.saturating_mul(self.geometry.block_size.0)));
        first.payload_state() == PayloadState::FullyPresent
            && first.reserved() == 0
            && range.start.0 >= ALIGNMENT.0
            && range.end().0 <= self.file_size.0
            && self.space.take_if_free(range)
    }

    fn entry(&mut self, block: BlockIndex, entry: BatEntry) {
        if entry.reserved() != 0 {
            self.survey.reserved_bits.push(payload_at(self.geometry, block, entry));
        }
        match entry.payload_state() {
            PayloadState::FullyPresent => self.present(block, entry),
            PayloadState::PartiallyPresent => {
                self.survey.partial.push(payload_at(self.geometry, block, entry));
                self.present(block, entry);
            }
            PayloadState::Reserved4 | PayloadState::Reserved5 => {
                self.survey.reserved_states.push(payload_at(self.geometry, block, entry));
                self.keep(FileRange::new(entry.file_offset(), self.geometry.block_size));
            }
            PayloadState::NotPresent | PayloadState::Undefined | PayloadState::Zero | PayloadState::Unmapped => {
                self.anchored(block, entry);
            }
        }
    }

    fn present(&mut self, block: BlockIndex, entry: BatEntry) {
        let start = entry.file_offset();
        let range = FileRange::new(start, self.geometry.block_size);
        if start.0 < ALIGNMENT.0 {
            self.survey.without_place.push(payload_at(self.geometry, block, entry));
        } else if range.end().0 > self.file_size.0 {
            self.beyond_end(block, entry, range);
        } else if self.space.take(range) {
            self.collision(payload_at(self.geometry, block, entry), range);
        }
    }

    #[cold]
    fn beyond_end(&mut self, block: BlockIndex, entry: BatEntry, range: FileRange) {
        let here = payload_at(self.geometry, block, entry);
        let in_file = ByteLen(self.file_size.0.saturating_sub(range.start.0));
        let lost = self.geometry.block_len(block).saturating_sub(in_file);
        if !in_file.is_zero() && self.space.take(FileRange::new(range.start, in_file)) {
            self.collision(here, range);
        }
        if lost.is_zero() {
            self.survey.short_last_block = Some(here);
            return;
        }
        let all = self.survey.beyond_end.get_or_insert(BeyondEnd { first: here, count: 0, lost: ByteLen::ZERO });
        all.count = all.count.saturating_add(1);
        all.lost = all.lost.saturating_add(lost);
    }

    #[cold]
    fn collision(&mut self, entry: EntryAt, range: FileRange) {
        let collision = Collision { entry, range, other: None };
        let behind = self.structures.partition_point(|structure| structure.end() <= range.start);
        if self.structures.get(behind).is_some_and(|structure| structure.overlaps(range)) {
            self.survey.on_structures.push(collision);
        } else {
            self.survey.overlaps.push(collision);
        }
    }

    /// Notes that an entry refers to this space, whoever uses it.
    #[cold]
    fn keep(&mut self, range: FileRange) {
        let file_size = self.file_size;
        let space = self.survey.anchored_space.get_or_insert_with(|| SpaceMap::new(file_size));
        space.take(range);
    }

    fn anchored(&mut self, block: BlockIndex, entry: BatEntry) {
        if entry.file_offset() == FileOffset::ZERO {
            return;
        }
        let here = payload_at(self.geometry, block, entry);
        if let Some(anchored) = self.survey.anchored.get_mut(usize::from(entry.raw_state())) {
            anchored.count = anchored.count.saturating_add(1);
            anchored.first.get_or_insert(here);
        }
        self.keep(FileRange::new(entry.file_offset(), self.geometry.block_size));
    }

    fn bitmap_slot(&mut self, chunk: ChunkIndex, entry: BatEntry) {
        if entry.0 == 0 {
            return;
        }
        let here = bitmap_at(self.geometry, chunk, entry);
        if !self.geometry.has_parent {
            self.survey.unused_slots.push(here);
            return;
        }
        if entry.reserved() != 0 {
            self.survey.reserved_bits.push(here);
        }
        let range = FileRange::new(entry.file_offset(), ByteLen(sector_bitmap::SIZE));
        match entry.sector_bitmap_state() {
            SectorBitmapState::NotPresent => {}
            SectorBitmapState::Reserved(_) => {
                self.survey.reserved_bitmap_states.push(here);
                self.keep(range);
            }
            SectorBitmapState::Present if range.start.0 < ALIGNMENT.0 => self.survey.without_place.push(here),
            SectorBitmapState::Present if range.end().0 > self.file_size.0 => {
                self.survey.bitmaps_beyond_end.push(here);
                self.keep(range);
            }
            SectorBitmapState::Present => {
                self.survey.bitmaps.push((chunk, range.start));
                if self.space.take(range) {
                    self.collision(here, range);
                }
            }
        }
    }
}

/// The same ranges in order, those that touch or overlap joined.
fn merged(ranges: &[FileRange]) -> Vec<FileRange> {
    let mut merged = ranges.to_vec();
    merged.sort();
    merged.dedup_by(|range, last| {
        let joined = range.start <= last.end();
        if joined {
            last.len = ByteLen(last.end().max(range.end()).0.saturating_sub(last.start.0));
        }
        joined
    });
    merged
}

/// Whether an entry is nothing but one of the states 0 to 3.
#[inline]
fn is_bare(entry: BatEntry) -> bool {
    entry.0 <= 3
}

/// Zero for an entry that is bare (see [`is_bare`]) or nothing but a present block and its place. Without a branch.
#[inline]
fn oddity(entry: BatEntry) -> u64 {
    let present = 0_u64.wrapping_sub((entry.0 >> 2) & 1);
    (((entry.0 ^ 6) & 0xF_FFFF) & present) | ((entry.0 & !7) & !present)
}

fn is_partial(entry: BatEntry) -> bool {
    entry.payload_state() == PayloadState::PartiallyPresent
}

#[cfg(test)]
mod tests;
