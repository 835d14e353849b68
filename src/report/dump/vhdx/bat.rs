//! Block allocation table (MS-VHDX 2.5), as runs of entries or entry by entry.

use std::io;

use crate::format::vhdx::bat::{BatEntry, STRUCTURE, SectorBitmapState};
use crate::image::vhdx::{BatRun, Geometry, RunSlot, VhdxSurvey, bat_runs};
use crate::report::dump::model::{Field, Structure, Value};
use crate::report::dump::{Dump, Output};
use crate::report::text;
use crate::units::{ByteLen, FileOffset};

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdxSurvey) -> io::Result<()> {
    let geometry = match super::geometry(survey) {
        Ok(geometry) => geometry,
        Err(error) => return dump.unreadable(STRUCTURE, &error),
    };
    let state = format!(
        "{} entries for {} blocks of {}, {} blocks a chunk",
        text::count(geometry.bat_entries),
        text::count(geometry.payload_blocks),
        text::size(geometry.block_size),
        text::count(geometry.chunk_ratio.get()),
    );
    dump.open(&Structure::new(STRUCTURE, geometry.bat.start, geometry.bat.len).state(state))?;
    let (view, single, end) = (dump.view, dump.wanted.all, FileOffset(dump.view.size().0));
    let mut output = Output::default();
    let ended = bat_runs(view, geometry, single, |run| output.wrote(dump.field(&row(geometry, end, &run))));
    dump.ended(output, ended)?;
    dump.close(Some(geometry.bat))
}

fn row(geometry: &Geometry, end: FileOffset, run: &BatRun) -> Field {
    let at = geometry.entry_offset(run.index);
    let value = Value::Hex(run.entry.0);
    match run.slot {
        RunSlot::Payload(block) => Field::new(at, "block", value).numbers(block.0, run.count).meaning(format!(
            "{}{}",
            payload(run, geometry.block_size, end),
            reserved(run.entry)
        )),
        RunSlot::SectorBitmap(chunk) => Field::new(at, "sector bitmap", value)
            .numbers(chunk.0, run.count)
            .meaning(format!("{}{}", sector_bitmap(run.entry, geometry.has_parent), reserved(run.entry))),
        RunSlot::Unused => Field::new(at, "unused entry", value).numbers(run.index.0, run.count),
    }
}

fn payload(run: &BatRun, block_size: ByteLen, end: FileOffset) -> String {
    let name = run.entry.payload_state().name();
    let start = run.entry.file_offset();
    let len = ByteLen(run.count.saturating_mul(block_size.0));
    match (run.entry.payload_state().is_present(), start) {
        (true, _) => {
            // The last block of a file may be short; one that begins behind the end cannot be right.
            let last = start.saturating_add(len.saturating_sub(block_size));
            let lost = match (last < end, run.count) {
                (true, _) => "",
                (false, 1) => "; begins past the end of the file",
                (false, _) => "; the last begins past the end of the file",
            };
            format!("{name}, {} at {start}{lost}", text::size(len))
        }
        (false, FileOffset::ZERO) => name.to_owned(),
        (false, _) => format!("{name}, keeps {} at {start}", text::size(len)),
    }
}

fn sector_bitmap(entry: BatEntry, has_parent: bool) -> String {
    let state = match entry.sector_bitmap_state() {
        SectorBitmapState::NotPresent => "not present".to_owned(),
        SectorBitmapState::Present => format!("present at {}", entry.file_offset()),
        SectorBitmapState::Reserved(state) => format!("reserved state {state}"),
    };
    match entry.sector_bitmap_state() {
        SectorBitmapState::NotPresent => state,
        _ if has_parent => state,
        _ => format!("{state}; of no matter in a disk without parent"),
    }
}

fn reserved(entry: BatEntry) -> String {
    match entry.reserved() {
        0 => String::new(),
        bits => format!("; reserved bits {bits:#x}"),
    }
}
