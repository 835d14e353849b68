//! The free space inside a file, as a merge finds it.

use crate::analysis::partition::{Usage, partition};
use crate::error::{Error, Result};
use crate::format::vhd::SECTOR_SIZE;
use crate::format::vhdx::bat::{self, Bat, PayloadState};
use crate::format::vhdx::region_table;
use crate::format::vhdx::{ALIGNMENT, HEADER_SECTION};
use crate::image::vhdx::block_map::{self, ChunkRow};
use crate::image::vhdx::{Geometry, SpaceMap, VhdxSurvey};
use crate::image::{BlockCounts, Image, Survey};
use crate::units::{BlockIndex, ByteLen, FileOffset, FileRange};

use super::holes::Holes;
use super::shape::BITMAP_BLOCK;

/// Entries that are tested together.
const GROUP: usize = 64;

/// What a file's space is used for before the merge.
#[derive(Debug)]
pub(super) struct Space {
    /// Free space, and where the file ends for a writer.
    pub(super) holes: Holes,
    /// Bytes at the end of the file that move when it grows: a VHD's footer.
    pub(super) footer: ByteLen,
    /// Where the BAT region lies.
    pub(super) bat_region: FileRange,
    /// Number of blocks in each state.
    pub(super) counts: BlockCounts,
    anchors: Option<Anchors>,
}

/// Places that blocks without content keep.
#[derive(Debug)]
struct Anchors {
    /// What structures and present blocks take.
    used: SpaceMap,
    /// Megabytes that more than one of the kept places name.
    contested: SpaceMap,
    file_size: ByteLen,
}

impl Space {
    pub(super) fn of(image: &Image) -> Result<Self> {
        match image.survey() {
            Survey::Vhdx(survey) => Self::of_vhdx(image, survey).map_err(|error| error.with_path(image.path())),
            Survey::Vhd(survey) => {
                let size = image.view().size();
                let end = survey.footers.data_end(size);
                let mut holes = Holes::new(end, SECTOR_SIZE);
                if survey.geometry().is_some_and(|geometry| geometry.blocks.is_some()) {
                    let mut free = Vec::new();
                    let problem = partition(image, &mut |piece| {
                        if matches!(piece.usage, Usage::Unreferenced | Usage::Tail) {
                            free.push(piece.range);
                        }
                    });
                    if let Some(error) = problem {
                        return Err(error.with_path(image.path()));
                    }
                    free.sort();
                    holes.release_all(free.into_iter())?;
                }
                let footer = ByteLen(size.0.saturating_sub(end.0));
                let bat_region = FileRange::new(FileOffset::ZERO, ByteLen::ZERO);
                let counts = image.count_blocks().transpose()?.unwrap_or_default();
                Ok(Self { holes, footer, bat_region, counts, anchors: None })
            }
        }
    }

    fn of_vhdx(image: &Image, survey: &VhdxSurvey) -> Result<Self> {
        let view = &**image.view();
        let Some(geometry) = survey.geometry() else {
            return Err(Error::refused("", None, "the sizes of the virtual disk are unknown"));
        };
        let table = survey.region_table().and_then(|table| table.find(region_table::BAT));
        let bat_region = table.map_or(geometry.bat, region_table::RegionTableEntry::range);
        let file_size = view.size();
        let mut pass = Pass {
            geometry,
            file_size,
            used: SpaceMap::new(file_size),
            end: FileOffset(file_size.0),
            counts: BlockCounts::default(),
            has_anchors: false,
        };
        for structure in survey.structures() {
            pass.used.take(structure);
            pass.end = pass.end.max(structure.end());
        }
        let known = survey.zero_rows();
        block_map::walk_again(view, geometry, known, |row| pass.row(&row))?;
        let (used, end, counts, has_anchors) = (pass.used, pass.end, pass.counts, pass.has_anchors);
        let mut anchored = None;
        if has_anchors {
            let (mut named, mut contested) = (SpaceMap::new(file_size), SpaceMap::new(file_size));
            block_map::walk_again(view, geometry, known, |row| {
                for entry in row.payload.iter().filter(|entry| keeps_place(*entry)) {
                    let range = FileRange::new(entry.file_offset(), geometry.block_size);
                    if named.take(range) {
                        contested.take(range);
                    }
                }
                Ok(())
            })?;
            anchored = Some((named, contested));
        }
        let mut holes = Holes::new(end, ALIGNMENT);
        holes.set_length(FileOffset(file_size.0));
        let named = anchored.as_ref().map(|(named, _)| named);
        holes.release_all(used.free(named))?;
        let anchors = anchored.map(|(_, contested)| Anchors { used, contested, file_size });
        Ok(Self { holes, footer: ByteLen::ZERO, bat_region, counts, anchors })
    }

    /// Whether any block keeps a place without having content there.
    pub(super) fn has_anchors(&self) -> bool {
        self.anchors.is_some()
    }

    /// Whether a block that names this place without having content there may have it for itself.
    pub(super) fn is_anchor(&self, range: FileRange) -> bool {
        self.anchors.as_ref().is_some_and(|anchors| {
            range.start >= FileOffset(HEADER_SECTION.0)
                && range.end().0 <= anchors.file_size.0
                && !anchors.used.is_taken(range)
                && !anchors.contested.is_taken(range)
        })
    }
}

/// Whether a block without content keeps the place it names: the offset of a block that was never there, or is zero, is
/// reserved and means nothing (MS-VHDX 2.5.1.1).
fn keeps_place(entry: bat::BatEntry) -> bool {
    matches!(entry.payload_state(), PayloadState::Unmapped | PayloadState::Undefined)
        && entry.file_offset() >= FileOffset(HEADER_SECTION.0)
}

struct Pass<'a> {
    geometry: &'a Geometry,
    file_size: ByteLen,
    used: SpaceMap,
    /// Behind everything in the file, and behind the last block even where the file ends within it.
    end: FileOffset,
    counts: BlockCounts,
    has_anchors: bool,
}

impl Pass<'_> {
    fn row(&mut self, row: &ChunkRow<'_>) -> Result<()> {
        if row.is_zero {
            self.counts.add_blocks(PayloadState::NotPresent, ByteLen::from(row.payload.len()).0);
        } else {
            self.payload(row.first_block, row.payload)?;
        }
        if let Some(entry) = row.sector_bitmap.filter(|_| self.geometry.has_parent)
            && entry.sector_bitmap_state().is_read()
        {
            let at = self.geometry.entry_offset(self.geometry.chunk_ratio.sector_bitmap_index(row.chunk));
            self.take(at, FileRange::new(entry.file_offset(), BITMAP_BLOCK), BITMAP_BLOCK)?;
        }
        Ok(())
    }

    fn payload(&mut self, first: BlockIndex, payload: Bat<'_>) -> Result<()> {
        let mut first = first;
        for group in payload.groups(GROUP) {
            match group.bare_state() {
                Some(state) => self.counts.add_blocks(state, ByteLen::from(group.len()).0),
                None => self.group(first, group)?,
            }
            first = BlockIndex(first.0.saturating_add(ByteLen::from(group.len()).0));
        }
        Ok(())
    }

    fn group(&mut self, first: BlockIndex, group: Bat<'_>) -> Result<()> {
        self.counts.add(group);
        for (entry, number) in group.iter().zip(first.0..) {
            if entry.payload_state().is_present() {
                let block = BlockIndex(number);
                let needed = self.geometry.block_len(block);
                let at = self.geometry.entry_offset(self.geometry.chunk_ratio.payload_index(block));
                self.take(at, FileRange::new(entry.file_offset(), self.geometry.block_size), needed)?;
            } else {
                self.has_anchors |= keeps_place(entry);
            }
        }
        Ok(())
    }

    /// Takes the space of something that must have it for itself, of which `needed` bytes must be in the file.
    fn take(&mut self, at: FileOffset, range: FileRange, needed: ByteLen) -> Result<()> {
        let place = range.start;
        if place < FileOffset(HEADER_SECTION.0) {
            return Err(Error::malformed(bat::STRUCTURE, at, format!("a block lies at {place}, in the headers")));
        }
        if place.saturating_add(needed).0 > self.file_size.0 {
            let what = format!("a block at {place} ends beyond the end of the file");
            return Err(Error::malformed(bat::STRUCTURE, at, what));
        }
        self.end = self.end.max(range.end());
        if self.used.take(range) {
            let what = format!("the block at {place} lies where something else lies; a merge would write over it");
            return Err(Error::malformed(bat::STRUCTURE, at, what));
        }
        Ok(())
    }
}
