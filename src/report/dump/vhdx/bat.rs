//! Block allocation table (MS-VHDX 2.5), as runs of entries or entry by entry.

use std::io;

use crate::format::vhdx::bat::{BatEntry, PayloadState, STRUCTURE, SectorBitmapState};
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
    let (view, single) = (dump.view, dump.wanted.all);
    let mut output = Output::default();
    let ended = bat_runs(view, geometry, single, |run| output.wrote(dump.field(&row(geometry, &run))));
    dump.ended(output, ended)?;
    dump.close(Some(geometry.bat))
}

fn row(geometry: &Geometry, run: &BatRun) -> Field {
    let at = geometry.entry_offset(run.index);
    let value = Value::Hex(run.entry.0);
    match run.slot {
        RunSlot::Payload(block) => Field::new(at, "block", value).numbers(block.0, run.count).meaning(format!(
            "{}{}",
            payload(run, geometry.block_size),
            reserved(run.entry)
        )),
        RunSlot::SectorBitmap(chunk) => Field::new(at, "sector bitmap", value)
            .numbers(chunk.0, run.count)
            .meaning(format!("{}{}", sector_bitmap(run.entry, geometry.has_parent), reserved(run.entry))),
        RunSlot::Unused => Field::new(at, "unused entry", value).numbers(run.index.0, run.count),
    }
}

fn payload(run: &BatRun, block_size: ByteLen) -> String {
    let name = state_name(run.entry.payload_state());
    let start = run.entry.file_offset();
    let len = ByteLen(run.count.saturating_mul(block_size.0));
    match (run.entry.payload_state().is_present(), start) {
        (true, _) => format!("{name}, {} at {start}", text::size(len)),
        (false, FileOffset::ZERO) => name.to_owned(),
        (false, _) => format!("{name}, keeps {} at {start}", text::size(len)),
    }
}

/// The specification's name in lower case, without its prefix.
fn state_name(state: PayloadState) -> &'static str {
    match state {
        PayloadState::NotPresent => "not present",
        PayloadState::Undefined => "undefined",
        PayloadState::Zero => "zero",
        PayloadState::Unmapped => "unmapped",
        PayloadState::Reserved4 => "reserved state 4",
        PayloadState::Reserved5 => "reserved state 5",
        PayloadState::FullyPresent => "fully present",
        PayloadState::PartiallyPresent => "partially present",
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
