//! The blocks: how many are in which state, and what they take in the file.

use std::io;

use crate::error::Result;
use crate::estate::FoundFile;
use crate::format::vhdx::bat::PayloadState;
use crate::image::vhd::VhdSurvey;
use crate::image::vhdx::VhdxSurvey;
use crate::image::{BlockCounts, BlockUse, Image};
use crate::report::{Paint, text};
use crate::units::ByteLen;

use super::sheet::{Cell, Sheet};
use super::{counted_u64, vhdx};

/// How the blocks of a disk lie, whatever the format.
#[derive(Default)]
pub(super) struct Shape {
    /// Number and length of the blocks; `None` where there are none, or where nothing is known of them.
    blocks: Option<(u64, ByteLen)>,
    rows: Vec<(&'static str, String)>,
    /// Why there is nothing more to say.
    missing: &'static str,
}

impl Shape {
    pub(super) fn of_vhdx(survey: &VhdxSurvey) -> Self {
        let Some(geometry) = survey.geometry() else {
            return Self { missing: "unknown, for the sizes of the disk are", ..Self::default() };
        };
        let (entries, bat) = (text::count(geometry.bat_entries), geometry.bat);
        Self {
            blocks: Some((geometry.payload_blocks, geometry.block_size)),
            rows: vec![
                ("Chunk ratio", format!("{} blocks a sector bitmap", text::count(geometry.chunk_ratio.get()))),
                ("BAT", format!("{entries} entries at {}, {}", bat.start, text::size(bat.len))),
            ],
            missing: "",
        }
    }

    pub(super) fn of_vhd(survey: &VhdSurvey) -> Self {
        match survey.geometry().map(|geometry| &geometry.blocks) {
            None => Self { missing: "unknown, for the sizes of the disk are", ..Self::default() },
            Some(None) => {
                Self { missing: "none: the data of a fixed VHD are the file from its start", ..Self::default() }
            }
            Some(Some(blocks)) => Self {
                blocks: Some((blocks.count, blocks.block_size)),
                rows: vec![
                    ("Block with bitmap", text::exact_size(blocks.stride())),
                    ("BAT", format!("at {}, {}", blocks.bat.start, text::size(blocks.bat.len))),
                ],
                missing: "",
            },
        }
    }
}

pub(super) fn section(
    sheet: &mut Sheet<'_>,
    file: &FoundFile,
    image: &Image,
    shape: &Shape,
    block_use: Option<&Result<BlockUse>>,
) -> io::Result<()> {
    sheet.section("Blocks")?;
    let allocated = file.stamp.and_then(|stamp| stamp.allocated);
    sheet.optional("Allocated by the volume", allocated.map(text::exact_size))?;
    let Some((count, block_size)) = shape.blocks else {
        return sheet.prose(Paint::Plain, shape.missing);
    };
    sheet.row("Disk", format!("{} of {}", counted_u64(count, "block", "blocks"), text::size(block_size)))?;
    shape.rows.iter().try_for_each(|(label, value)| sheet.row(label, value))?;
    match file.blocks.as_deref() {
        None => sheet.row("States", "not counted")?,
        Some(Err(error)) => sheet.painted_row("States", Paint::Alarm, vhdx::reason(error))?,
        Some(Ok(counts)) => states(sheet, counts, block_size, image)?,
    }
    match block_use {
        Some(Ok(found)) => in_file(sheet, found, block_size),
        Some(Err(_)) | None => Ok(()),
    }
}

fn states(sheet: &mut Sheet<'_>, counts: &BlockCounts, block_size: ByteLen, image: &Image) -> io::Result<()> {
    let child = image.disk_type() == Some(crate::image::DiskType::Differencing);
    let meaning = |state| match state {
        PayloadState::NotPresent if child => "the parent's",
        PayloadState::NotPresent => "not in the file, read as zeros",
        PayloadState::Undefined => "no content",
        PayloadState::Zero => "zeros",
        PayloadState::Unmapped => "trimmed by the guest",
        PayloadState::Reserved4 | PayloadState::Reserved5 => "reserved state, damage",
        PayloadState::FullyPresent if image.as_vhd().is_some() => "in this file, as far as its bitmap says",
        PayloadState::FullyPresent => "wholly in this file",
        PayloadState::PartiallyPresent => "some sectors in this file, the others the parent's",
    };
    let rows = PayloadState::ALL.into_iter().filter(|state| counts.get(*state) > 0).map(|state| {
        let count = counts.get(state);
        let reserved = matches!(state, PayloadState::Reserved4 | PayloadState::Reserved5);
        vec![
            Cell::number(text::count(count)),
            Cell::new(state.name()).paint(if reserved { Paint::Alarm } else { Paint::Plain }),
            Cell::number(text::size(ByteLen(count.saturating_mul(block_size.0)))),
            Cell::new(meaning(state)).paint(Paint::Faint),
        ]
    });
    sheet.table(&rows.collect::<Vec<_>>())
}

fn in_file(sheet: &mut Sheet<'_>, found: &BlockUse, block_size: ByteLen) -> io::Result<()> {
    let bytes = |blocks: u64| text::exact_size(ByteLen(blocks.saturating_mul(block_size.0)));
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
