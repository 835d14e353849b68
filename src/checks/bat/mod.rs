//! `VHDX04xx`: the block allocation table (MS-VHDX 2.5).

pub(super) mod anchored;
pub(super) mod beyond_end;
pub(super) mod on_structure;
pub(super) mod region_too_small;
pub(super) mod reserved_bits;
pub(super) mod reserved_state;
pub(super) mod shared_place;
pub(super) mod short_last_block;
pub(super) mod unused_slot;
pub(super) mod without_place;

use crate::format::vhdx::bat::{ENTRY_SIZE, Slot};
use crate::format::vhdx::region_table;
use crate::image::vhdx::{EntryAt, Geometry, VhdxSurvey};
use crate::units::{ByteLen, FileOffset, FileRange, VirtualOffset};

use super::finding::Finding;

/// What an entry is for, in words.
pub(super) fn owner(entry: &EntryAt) -> String {
    match entry.slot {
        Slot::Payload(block) => format!("payload block {block}"),
        Slot::SectorBitmap(chunk) => format!("the sector bitmap of chunk {chunk}"),
    }
}

/// The first byte of the disk that an entry's block holds; `None` for a sector bitmap.
pub(super) fn virtual_offset(geometry: &Geometry, entry: &EntryAt) -> Option<VirtualOffset> {
    match entry.slot {
        Slot::Payload(block) => Some(geometry.block_start(block)),
        Slot::SectorBitmap(_) => None,
    }
}

/// Place and content of an entry.
pub(super) fn place(finding: Finding, geometry: &Geometry, entry: &EntryAt) -> Finding {
    let finding = finding
        .at(entry.at, ByteLen(ENTRY_SIZE))
        .with("entry", format!("{:#018x}", entry.entry.0))
        .with("state", u32::from(entry.entry.raw_state()))
        .with("block_offset", entry.entry.file_offset());
    match virtual_offset(geometry, entry) {
        Some(offset) => finding.on_disk(offset),
        None => finding,
    }
}

/// The name and start of the first structure that shares bytes with a range.
fn structure_at(survey: &VhdxSurvey, range: FileRange) -> (&'static str, FileOffset) {
    let log = survey.log.as_ref().map(|log| ("log", log.range));
    let regions = survey.region_table().into_iter().flat_map(|table| &table.entries).map(|entry| {
        let name = match entry.guid {
            region_table::BAT => "BAT region",
            region_table::METADATA => "metadata region",
            _ => "unknown region",
        };
        (name, entry.range())
    });
    let found = log.into_iter().chain(regions).find(|(_, structure)| structure.overlaps(range));
    found.map_or(("header section", FileOffset::ZERO), |(name, structure)| (name, structure.start))
}
