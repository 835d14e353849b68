//! The whole BAT looked through in one streaming pass: what its entries say that matters beyond the disk's content.
//!
//! Entries come in groups of 64. Most groups of real files are settled at once, for they are all equal or form one run
//! of blocks that follow each other in the file; the others are looked at one by one. Places in the file are kept as
//! one bit a megabyte, so that memory does not grow with the number of entries.

use crate::error::Result;
use crate::format::vhdx::ALIGNMENT;
use crate::format::vhdx::bat::{Bat, BatEntry, PayloadState, SectorBitmapState, Slot};
use crate::format::vhdx::sector_bitmap;
use crate::image::{BlockCounts, Sample};
use crate::source::ReadAt;
use crate::units::{BlockIndex, ByteLen, ChunkIndex, FileOffset, FileRange};

use super::block_map::{self, ChunkRow};
use super::{Geometry, SpaceMap};

/// Entries that are tested together.
const GROUP: usize = 64;

/// One entry and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryAt {
    /// What the entry is for.
    pub slot: Slot,
    /// Where the entry itself lies in the file.
    pub at: FileOffset,
    /// What it says.
    pub entry: BatEntry,
}

/// An entry whose block lies where something else lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collision {
    /// The entry.
    pub entry: EntryAt,
    /// Where its block lies.
    pub range: FileRange,
    /// The first entry before it in the BAT whose block lies there too.
    pub other: Option<EntryAt>,
}

/// Blocks that end behind the end of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeyondEnd {
    /// The one with the lowest virtual offset.
    pub first: EntryAt,
    /// How many there are.
    pub count: u64,
    /// Bytes of the virtual disk that lie in them behind the end of the file.
    pub lost: ByteLen,
}

/// Blocks without content that name a place in the file all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anchored {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Option<EntryAt>,
}

/// Everything that one pass over the BAT found.
#[derive(Debug)]
pub struct BatSurvey {
    /// Number of payload blocks in each state.
    pub counts: BlockCounts,
    /// Entries in which one of the reserved bits 3 to 19 is set.
    pub reserved_bits: Sample<EntryAt>,
    /// Payload entries in one of the reserved states 4 and 5.
    pub reserved_states: Sample<EntryAt>,
    /// Present blocks whose place is the header section at the start of the file.
    pub without_place: Sample<EntryAt>,
    /// Present payload blocks that end behind the end of the file.
    pub beyond_end: Option<BeyondEnd>,
    /// Present sector bitmap blocks that end behind the end of the file.
    pub bitmaps_beyond_end: Sample<EntryAt>,
    /// The last block, where the file ends inside it but behind the last byte of the virtual disk.
    pub short_last_block: Option<EntryAt>,
    /// Present blocks that lie where an earlier entry's block lies.
    pub overlaps: Sample<Collision>,
    /// Present blocks that lie in the header section, the log or a region.
    pub on_structures: Sample<Collision>,
    /// Blocks in the states 0 to 3 that name a place in the file, by state.
    pub anchored: [Anchored; 4],
    /// Blocks marked as partially present.
    pub partial: Sample<EntryAt>,
    /// First partially present block of each chunk that has no sector bitmap block.
    pub without_bitmap: Sample<EntryAt>,
    /// Sector bitmap entries in a state other than 0 and 6, in a disk with parent.
    pub reserved_bitmap_states: Sample<EntryAt>,
    /// Sector bitmap entries that are not zero, in a disk that has no use for them.
    pub unused_slots: Sample<EntryAt>,
    /// Where the present sector bitmap blocks of a disk with parent lie: at most one a chunk, 16,384 in all.
    pub bitmaps: Vec<(ChunkIndex, FileOffset)>,
    /// The megabytes that structures and present blocks take.
    pub used: SpaceMap,
    /// The megabytes that blocks without content name; `None` where there is no such block.
    pub anchored_space: Option<SpaceMap>,
}

impl BatSurvey {
    /// Looks through the BAT of a file whose `structures` (header section, log, regions) are known.
    pub fn read(view: &dyn ReadAt, geometry: &Geometry, structures: &[FileRange]) -> Result<Self> {
        let mut used = SpaceMap::new(view.size());
        for structure in structures {
            used.take(*structure);
        }
        let structures = merged(structures);
        let mut pass = Pass { survey: Self::new(used), geometry, structures, file_size: view.size() };
        block_map::walk(view, geometry, |row| {
            pass.row(row);
            Ok(())
        })?;
        let mut survey = pass.survey;
        if !survey.overlaps.is_empty() {
            survey.find_owners(view, geometry)?;
        }
        Ok(survey)
    }

    fn new(used: SpaceMap) -> Self {
        Self {
            counts: BlockCounts::default(),
            reserved_bits: Sample::default(),
            reserved_states: Sample::default(),
            without_place: Sample::default(),
            beyond_end: None,
            bitmaps_beyond_end: Sample::default(),
            short_last_block: None,
            overlaps: Sample::default(),
            on_structures: Sample::default(),
            anchored: [Anchored::default(); 4],
            partial: Sample::default(),
            without_bitmap: Sample::default(),
            reserved_bitmap_states: Sample::default(),
            unused_slots: Sample::default(),
            bitmaps: Vec::new(),
            used,
            anchored_space: None,
        }
    }

    /// A second pass, only after a collision: which entry was there first.
    fn find_owners(&mut self, view: &dyn ReadAt, geometry: &Geometry) -> Result<()> {
        let open = &mut self.overlaps.first;
        block_map::walk(view, geometry, |row| {
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

struct Pass<'a> {
    survey: BatSurvey,
    geometry: &'a Geometry,
    /// In order and apart, so that a collision finds its structure in few steps.
    structures: Vec<FileRange>,
    file_size: ByteLen,
}

impl Pass<'_> {
    fn row(&mut self, row: ChunkRow<'_>) {
        let partial_before = self.survey.partial.count;
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
        let (mut unequal, mut broken, mut expected) = (0, 0, first.0);
        for entry in group.iter() {
            unequal |= entry.0 ^ first.0;
            broken |= entry.0 ^ expected;
            expected = expected.wrapping_add(step);
        }
        let count = ByteLen::from(group.len()).0;
        if unequal == 0 && is_bare(first) {
            self.survey.counts.add_blocks(first.payload_state(), count);
            return;
        }
        if broken == 0 && self.take_run(first, count) {
            self.survey.counts.add_blocks(PayloadState::FullyPresent, count);
            return;
        }
        self.survey.counts.add(group);
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
            && self.survey.used.take_if_free(range)
    }

    #[inline]
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
            }
            PayloadState::NotPresent | PayloadState::Undefined | PayloadState::Zero | PayloadState::Unmapped => {
                self.anchored(block, entry);
            }
        }
    }

    #[inline]
    fn present(&mut self, block: BlockIndex, entry: BatEntry) {
        let start = entry.file_offset();
        let range = FileRange::new(start, self.geometry.block_size);
        if start.0 < ALIGNMENT.0 {
            self.survey.without_place.push(payload_at(self.geometry, block, entry));
        } else if range.end().0 > self.file_size.0 {
            self.beyond_end(block, entry, range);
        } else if self.survey.used.take(range) {
            self.collision(payload_at(self.geometry, block, entry), range);
        }
    }

    #[cold]
    fn beyond_end(&mut self, block: BlockIndex, entry: BatEntry, range: FileRange) {
        let here = payload_at(self.geometry, block, entry);
        let in_file = ByteLen(self.file_size.0.saturating_sub(range.start.0));
        let lost = self.geometry.block_len(block).saturating_sub(in_file);
        if !in_file.is_zero() && self.survey.used.take(FileRange::new(range.start, in_file)) {
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

    fn anchored(&mut self, block: BlockIndex, entry: BatEntry) {
        if entry.file_offset() == FileOffset::ZERO {
            return;
        }
        let here = payload_at(self.geometry, block, entry);
        if let Some(anchored) = self.survey.anchored.get_mut(usize::from(entry.raw_state())) {
            anchored.count = anchored.count.saturating_add(1);
            anchored.first.get_or_insert(here);
        }
        let file_size = self.file_size;
        let space = self.survey.anchored_space.get_or_insert_with(|| SpaceMap::new(file_size));
        space.take(FileRange::new(entry.file_offset(), self.geometry.block_size));
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
            SectorBitmapState::Reserved(_) => self.survey.reserved_bitmap_states.push(here),
            SectorBitmapState::Present if range.start.0 < ALIGNMENT.0 => self.survey.without_place.push(here),
            SectorBitmapState::Present if range.end().0 > self.file_size.0 => self.survey.bitmaps_beyond_end.push(here),
            SectorBitmapState::Present => {
                self.survey.bitmaps.push((chunk, range.start));
                if self.survey.used.take(range) {
                    self.collision(here, range);
                }
            }
        }
    }
}

/// The same ranges in order, those that touch or overlap joined.
fn merged(ranges: &[FileRange]) -> Vec<FileRange> {
    let mut sorted = ranges.to_vec();
    sorted.sort();
    let mut merged: Vec<FileRange> = Vec::new();
    for range in sorted {
        match merged.last_mut().filter(|last| range.start <= last.end()) {
            Some(last) => last.len = ByteLen(last.end().max(range.end()).0.saturating_sub(last.start.0)),
            None => merged.push(range),
        }
    }
    merged
}

/// Whether an entry is nothing but one of the states 0 to 3.
#[inline]
fn is_bare(entry: BatEntry) -> bool {
    entry.0 <= 3
}

fn is_partial(entry: BatEntry) -> bool {
    entry.payload_state() == PayloadState::PartiallyPresent
}
