//! Sector bitmaps: one before the data of each block that is in the file.

use std::io;

use crate::format::vhd::sector_bitmap::STRUCTURE;
use crate::image::vhd::{SectorBitmapBlock, VhdSurvey, sector_bitmaps};
use crate::report::dump::model::{Field, Structure, Value};
use crate::report::dump::{Dump, Output};
use crate::report::text;
use crate::units::ByteLen;

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdSurvey) -> io::Result<()> {
    let geometry = match super::geometry(survey) {
        Ok(geometry) => geometry,
        Err(error) => return dump.unreadable(STRUCTURE, &error),
    };
    if geometry.blocks.is_none() {
        return dump.absent(STRUCTURE, "none: a fixed disk has no blocks");
    }
    // A bitmap takes a sector, and there are as many as blocks: a line for each instead of a structure.
    dump.open(&Structure::nowhere(STRUCTURE).state("one before the data of each block in the file"))?;
    let view = dump.view;
    let mut output = Output::default();
    let ended = sector_bitmaps(view, geometry, |block| output.wrote(bitmap(dump, &block)));
    dump.ended(output, ended)?;
    dump.close(None)
}

fn bitmap(dump: &mut Dump<'_>, block: &SectorBitmapBlock<'_>) -> io::Result<()> {
    let at = block.range.start;
    let bits = match &block.bits {
        Ok(bits) => bits,
        Err(error) => {
            return dump.note(format!("block {}: {}", block.block, error.reason()));
        }
    };
    let set = bits.count_set(0, block.sectors);
    let (set_shown, sectors) = (text::count(set), text::count(block.sectors));
    dump.field(
        &Field::new(at, "block", Value::Count(set))
            .numbers(block.block.0, 1)
            .meaning(format!("{set_shown} of {sectors} sectors are set")),
    )?;
    if !dump.wanted.all {
        return Ok(());
    }
    bits.runs(0, block.sectors).try_for_each(|run| {
        let first = block.first_sector.0.saturating_add(run.start);
        let field = Field::new(at.saturating_add(ByteLen(run.start / 8)), "sector", Value::Count(run.set.into()));
        dump.field(&field.numbers(first, run.len))
    })
}
