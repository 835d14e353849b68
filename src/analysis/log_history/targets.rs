//! What lies in the file where log entries wrote.

use uuid::Uuid;

use crate::error::Result;
use crate::format::vhdx::bat::{BatEntry, SectorBitmapState, Slot};
use crate::format::vhdx::{
    HEADER_SECTION, REGION_TABLE_1_OFFSET, REGION_TABLE_2_OFFSET, metadata_items, metadata_table, region_table,
    sector_bitmap,
};
use crate::image::Image;
use crate::image::vhdx::block_map;
use crate::image::vhdx::{Geometry, VhdxSurvey};
use crate::limits::{MAX_LOG_HISTORY_TOUCHES, MAX_LOG_REMEMBERED_RANGES, MAX_SAMPLES};
use crate::units::{BatIndex, BlockIndex, ByteLen, ChunkIndex, FileOffset, FileRange};

/// What lies in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A region table, 0 or 1.
    RegionTable(usize),
    /// The rest of the header section.
    HeaderSection,
    /// The metadata table.
    MetadataTable,
    /// A metadata item.
    MetadataItem(Uuid),
    /// The rest of the metadata region.
    MetadataGap,
    /// Entries of the BAT, of which this is the first.
    Bat {
        /// Index of the first entry in the range.
        first: BatIndex,
        /// Number of entries in the range.
        count: u64,
    },
    /// The BAT's region behind the last entry.
    BatGap,
    /// A region that is not known here.
    OtherRegion(Uuid),
    /// The sector bitmap block of a chunk.
    SectorBitmap(ChunkIndex),
    /// A payload block.
    Payload(BlockIndex),
    /// Nothing now; a block lay there by an entry of the BAT that the log still holds.
    Formerly(Slot),
    /// Nothing that the file refers to.
    Unreferenced,
}

/// Everything that log entries touched.
#[derive(Debug)]
pub(super) struct Targets {
    /// Structures, in no order.
    structures: Vec<(FileRange, Target)>,
    /// Blocks that were touched, by place.
    blocks: Vec<(FileRange, Target)>,
    /// Where blocks lay by what the log says.
    former: Vec<(FileRange, Slot)>,
    geometry: Option<Geometry>,
}

impl Targets {
    /// Finds what lies where `touched` is: one pass over the BAT.
    pub(super) fn of(image: &Image, survey: &VhdxSurvey, touched: impl Iterator<Item = FileRange>) -> Result<Self> {
        let mut found = Self {
            structures: structures(survey),
            blocks: Vec::new(),
            former: Vec::new(),
            geometry: survey.geometry().copied(),
        };
        let touched = merged(touched.collect());
        // A BAT that cannot be read leaves blocks without a name, no more.
        let Some(geometry) = survey.geometry().filter(|geometry| geometry.bat.end().0 <= image.view().size().0) else {
            return Ok(found);
        };
        let is_touched = |range: FileRange| {
            let next = touched.partition_point(|other| other.end() <= range.start);
            touched.get(next).is_some_and(|other| other.overlaps(range))
        };
        block_map::walk(&**image.view(), geometry, |row| {
            let bitmap = row
                .sector_bitmap
                .filter(|entry| geometry.has_parent && entry.sector_bitmap_state() == SectorBitmapState::Present);
            let bitmap = bitmap.map(|entry| {
                let range = FileRange::new(entry.file_offset(), ByteLen(sector_bitmap::SIZE));
                (range, Target::SectorBitmap(row.chunk))
            });
            let payload = row.payload.iter().zip(row.first_block.0..);
            let payload = payload.filter(|(entry, _)| entry.payload_state().is_present()).map(|(entry, number)| {
                let range = FileRange::new(entry.file_offset(), geometry.block_size);
                (range, Target::Payload(BlockIndex(number)))
            });
            for block in bitmap.into_iter().chain(payload).filter(|(range, _)| is_touched(*range)) {
                if found.blocks.len() < MAX_LOG_HISTORY_TOUCHES {
                    found.blocks.push(block);
                }
            }
            Ok(())
        })?;
        found.blocks.sort_by_key(|(range, _)| *range);
        Ok(found)
    }

    /// What lies in a range: the first few, and how many.
    pub(super) fn at(&self, range: FileRange) -> (Vec<Target>, u64) {
        let mut found = Found::default();
        for (place, target) in self.structures.iter().filter(|(place, _)| place.overlaps(range)) {
            let hidden = match target {
                // What is not known closer is told only where nothing is.
                Target::HeaderSection | Target::MetadataGap | Target::BatGap => self
                    .structures
                    .iter()
                    .any(|(other, of)| of != target && other.overlaps(range) && other.len < place.len),
                _ => false,
            };
            if !hidden {
                found.push(self.closer(*target, *place, range));
            }
        }
        let first = self.blocks.partition_point(|(place, _)| place.end() <= range.start);
        for (_, target) in self.blocks.iter().skip(first).take_while(|(place, _)| place.start < range.end()) {
            found.push(*target);
        }
        if found.count == 0 {
            let former = self.former.iter().rev().find(|(place, _)| place.overlaps(range));
            found.push(former.map_or(Target::Unreferenced, |(_, slot)| Target::Formerly(*slot)));
        }
        (found.first, found.count)
    }

    fn closer(&self, target: Target, place: FileRange, range: FileRange) -> Target {
        let (Target::Bat { .. }, Some(geometry)) = (target, &self.geometry) else { return target };
        let from = range.start.0.saturating_sub(place.start.0) / crate::format::vhdx::bat::ENTRY_SIZE;
        let to = range.end().0.saturating_sub(place.start.0) / crate::format::vhdx::bat::ENTRY_SIZE;
        Target::Bat { first: BatIndex(from), count: to.min(geometry.bat_entries).saturating_sub(from) }
    }

    /// Remembers where a block lay by an entry of the BAT that the log holds.
    pub(super) fn formerly(&mut self, slot: Slot, entry: BatEntry) {
        let Some(geometry) = &self.geometry else { return };
        let len = match slot {
            Slot::SectorBitmap(_) => ByteLen(sector_bitmap::SIZE),
            Slot::Payload(_) => geometry.block_size,
        };
        if entry.payload_state().is_present()
            && entry.file_offset() != FileOffset::ZERO
            && self.former.len() < MAX_LOG_REMEMBERED_RANGES
        {
            self.former.push((FileRange::new(entry.file_offset(), len), slot));
        }
    }
}

/// The first few things, and how many there are.
#[derive(Default)]
struct Found {
    first: Vec<Target>,
    count: u64,
}

impl Found {
    fn push(&mut self, target: Target) {
        if self.first.len() < MAX_SAMPLES {
            self.first.push(target);
        }
        self.count = self.count.saturating_add(1);
    }
}

fn structures(survey: &VhdxSurvey) -> Vec<(FileRange, Target)> {
    let mut found = vec![
        (FileRange::new(REGION_TABLE_1_OFFSET, region_table::SIZE), Target::RegionTable(0)),
        (FileRange::new(REGION_TABLE_2_OFFSET, region_table::SIZE), Target::RegionTable(1)),
        (FileRange::new(FileOffset::ZERO, HEADER_SECTION), Target::HeaderSection),
    ];
    if let Some(metadata) = survey.metadata() {
        found.push((FileRange::new(metadata.region.start, metadata_table::SIZE), Target::MetadataTable));
        let items = metadata.items.iter();
        found.extend(items.filter_map(|item| Some((item.range?, Target::MetadataItem(item.entry.item_id)))));
    }
    if let Some(geometry) = survey.geometry() {
        found.push((geometry.bat, Target::Bat { first: BatIndex(0), count: geometry.bat_entries }));
    }
    for entry in survey.region_table().into_iter().flat_map(|table| &table.entries) {
        let target = match entry.guid {
            region_table::BAT => Target::BatGap,
            region_table::METADATA => Target::MetadataGap,
            other => Target::OtherRegion(other),
        };
        found.push((entry.range(), target));
    }
    found
}

fn merged(mut ranges: Vec<FileRange>) -> Vec<FileRange> {
    ranges.sort_unstable();
    let mut merged: Vec<FileRange> = Vec::new();
    for range in ranges {
        match merged.last_mut().filter(|last| range.start <= last.end()) {
            Some(last) => last.len = ByteLen(last.end().max(range.end()).0.saturating_sub(last.start.0)),
            None => merged.push(range),
        }
    }
    merged
}

impl Target {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::RegionTable(0) => region_table::STRUCTURES[0],
            Self::RegionTable(_) => region_table::STRUCTURES[1],
            Self::HeaderSection => "header section",
            Self::MetadataTable => metadata_table::STRUCTURE,
            Self::MetadataItem(id) => metadata_items::name(id).unwrap_or("metadata item"),
            Self::MetadataGap => "metadata region",
            Self::Bat { .. } => crate::format::vhdx::bat::STRUCTURE,
            Self::BatGap => "BAT region behind its entries",
            Self::OtherRegion(_) => "unknown region",
            Self::SectorBitmap(_) => sector_bitmap::STRUCTURE,
            Self::Payload(_) => "payload block",
            Self::Formerly(Slot::Payload(_)) => "former payload block",
            Self::Formerly(Slot::SectorBitmap(_)) => "former sector bitmap",
            Self::Unreferenced => "unreferenced",
        }
    }
}
