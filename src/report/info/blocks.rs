//! The blocks: how many are in which state, and what they take in the file.

use std::io;

use crate::error::Result;
use crate::estate::FoundFile;
use crate::format::vhdx::bat::PayloadState;
use crate::image::vhdx::{BlockUse, Geometry, VhdxSurvey};
use crate::image::{BlockCounts, Image};
use crate::report::{Paint, text};
use crate::units::ByteLen;

use super::sheet::{Cell, Sheet};
use super::{counted_u64, vhdx};

pub(super) fn section(
    sheet: &mut Sheet<'_>,
    file: &FoundFile,
    image: &Image,
    survey: &VhdxSurvey,
    block_use: Option<&Result<BlockUse>>,
) -> io::Result<()> {
    sheet.section("Blocks")?;
    let allocated = file.stamp.and_then(|stamp| stamp.allocated);
    sheet.optional("Allocated by the volume", allocated.map(text::exact_size))?;
    let Some(geometry) = survey.geometry() else {
        return sheet.prose(Paint::Alarm, "unknown, for the sizes of the disk are");
    };
    let blocks = counted_u64(geometry.payload_blocks, "block", "blocks");
    sheet.row("Disk", format!("{blocks} of {}", text::size(geometry.block_size)))?;
    sheet.row("Chunk ratio", format!("{} blocks a sector bitmap", text::count(geometry.chunk_ratio.get())))?;
    sheet.row(
        "BAT",
        format!(
            "{} entries at {}, {}",
            text::count(geometry.bat_entries),
            geometry.bat.start,
            text::size(geometry.bat.len)
        ),
    )?;
    match &file.blocks {
        None => sheet.row("States", "not counted")?,
        Some(Err(error)) => sheet.painted_row("States", Paint::Alarm, vhdx::reason(error))?,
        Some(Ok(counts)) => states(sheet, counts, geometry, image)?,
    }
    match block_use {
        Some(Ok(found)) => in_file(sheet, found, geometry),
        Some(Err(_)) | None => Ok(()),
    }
}

fn states(sheet: &mut Sheet<'_>, counts: &BlockCounts, geometry: &Geometry, image: &Image) -> io::Result<()> {
    let child = image.disk_type() == Some(crate::image::DiskType::Differencing);
    let meaning = |state| match state {
        PayloadState::NotPresent if child => "the parent's",
        PayloadState::NotPresent => "not in the file, read as zeros",
        PayloadState::Undefined => "no content",
        PayloadState::Zero => "zeros",
        PayloadState::Unmapped => "trimmed by the guest",
        PayloadState::Reserved4 | PayloadState::Reserved5 => "reserved state, damage",
        PayloadState::FullyPresent => "wholly in this file",
        PayloadState::PartiallyPresent => "some sectors in this file, the others the parent's",
    };
    let rows = PayloadState::ALL.into_iter().filter(|state| counts.get(*state) > 0).map(|state| {
        let count = counts.get(state);
        let reserved = matches!(state, PayloadState::Reserved4 | PayloadState::Reserved5);
        vec![
            Cell::number(text::count(count)),
            Cell::new(state.name()).paint(if reserved { Paint::Alarm } else { Paint::Plain }),
            Cell::number(text::size(ByteLen(count.saturating_mul(geometry.block_size.0)))),
            Cell::new(meaning(state)).paint(Paint::Faint),
        ]
    });
    sheet.table(&rows.collect::<Vec<_>>())
}

fn in_file(sheet: &mut Sheet<'_>, found: &BlockUse, geometry: &Geometry) -> io::Result<()> {
    let bytes = |blocks: u64| text::exact_size(ByteLen(blocks.saturating_mul(geometry.block_size.0)));
    sheet
        .row("In the file", format!("{} in {}", bytes(found.present), counted_u64(found.present, "block", "blocks")))?;
    if found.present > 0 {
        let pieces = counted_u64(found.pieces, "piece", "pieces");
        sheet.row("", format!("in {pieces}: runs of blocks that follow one another on disk and in the file"))?;
    }
    if found.anchored > 0 {
        let blocks = counted_u64(found.anchored, "block", "blocks");
        sheet.row("Kept though trimmed", format!("{} in {blocks}, with their old content", bytes(found.anchored)))?;
    }
    if found.sector_bitmaps > 0 {
        sheet.row("Sector bitmaps", format!("{} of 1 MiB", text::count(found.sector_bitmaps)))?;
    }
    Ok(())
}
