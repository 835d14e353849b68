//! Sector bitmaps (MS-VHDX 2.4): which sectors of a chunk are in this file.

use std::io;

use crate::format::vhdx::sector_bitmap::{BitRun, STRUCTURE};
use crate::image::vhdx::{SectorBitmapBlock, VhdxSurvey, sector_bitmaps};
use crate::report::dump::model::{Field, Structure, Value};
use crate::report::dump::{Dump, Output};
use crate::report::text;
use crate::units::ByteLen;

/// Runs of one bitmap that are shown without `all`. A chunk that was written at random has millions.
const FIRST_RUNS: usize = 16;

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdxSurvey) -> io::Result<()> {
    let geometry = match super::geometry(survey) {
        Ok(geometry) => geometry,
        Err(error) => return dump.unreadable(STRUCTURE, &error),
    };
    let view = dump.view;
    let mut any = false;
    let mut output = Output::default();
    let ended = sector_bitmaps(view, geometry, |block| {
        any = true;
        output.wrote(bitmap(dump, &block, geometry.has_parent))
    });
    match (output.failed, ended) {
        (Some(error), _) => Err(error),
        // The BAT itself cannot be read.
        (None, Err(error)) => dump.unreadable(STRUCTURE, &error),
        (None, Ok(())) if !any => dump.absent(STRUCTURE, "none is in the file"),
        (None, Ok(())) => Ok(()),
    }
}

fn bitmap(dump: &mut Dump<'_>, block: &SectorBitmapBlock<'_>, has_parent: bool) -> io::Result<()> {
    let structure = Structure::new(format!("sector bitmap {}", block.chunk), block.range.start, block.range.len);
    let bits = match &block.bits {
        Ok(bits) => bits,
        Err(error) => {
            dump.open(&structure)?;
            dump.problem(error)?;
            return dump.close(None);
        }
    };
    let runs = || bits.runs(0, block.sectors);
    let (run_count, set) =
        runs().fold((0_usize, 0_u64), |(count, set), run| (count + 1, if run.set { set + run.len } else { set }));
    let state = format!(
        "{} of {} sectors are in this file, {} runs",
        text::count(set),
        text::count(block.sectors),
        text::count(ByteLen::from(run_count).0),
    );
    dump.open(&structure.state(state))?;
    if !has_parent {
        dump.note("Of no matter: the disk has no parent.")?;
    }
    let shown = if dump.wanted.all { usize::MAX } else { FIRST_RUNS };
    for run in runs().take(shown) {
        dump.field(&row(block, run))?;
    }
    if let Some(more @ 1..) = run_count.checked_sub(shown) {
        dump.note(format!("and {} more runs, which --all shows", text::count(ByteLen::from(more).0)))?;
    }
    dump.close(Some(block.range))
}

fn row(block: &SectorBitmapBlock<'_>, run: BitRun) -> Field {
    let at = block.range.start.saturating_add(ByteLen(run.start / 8));
    let meaning = if run.set { "in this file" } else { "the parent's" };
    Field::new(at, "sector", Value::Count(run.set.into()))
        .numbers(block.first_sector.0.saturating_add(run.start), run.len)
        .meaning(meaning)
}
