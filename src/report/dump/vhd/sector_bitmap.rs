//! Sector bitmaps: one before the data of each block that is in the file.

use std::io;

use crate::format::vhd::sector_bitmap::{STRUCTURE, SectorBitmap};
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
    let view = dump.view;
    let mut shown = Shown::Nothing;
    let mut output = Output::default();
    let ended = sector_bitmaps(view, geometry, |block| output.wrote(shown.bitmap(dump, &block)));
    match (output.failed, ended) {
        (Some(error), _) => return Err(error),
        (None, Err(error)) => {
            shown.end_list(dump)?;
            return dump.unreadable(STRUCTURE, &error);
        }
        (None, Ok(())) => {}
    }
    if shown == Shown::Nothing { dump.absent(STRUCTURE, "none is in the file") } else { shown.end_list(dump) }
}

/// What was written of the bitmaps so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    /// A list of bitmaps, to which more can be added.
    List,
    /// Bitmaps, and the last structure is closed.
    Closed,
}

impl Shown {
    /// A bitmap takes a sector, and there are as many as blocks: a line of a list for each, unless its bytes are wanted
    /// or cannot be read.
    fn bitmap(&mut self, dump: &mut Dump<'_>, block: &SectorBitmapBlock<'_>) -> io::Result<()> {
        let structure =
            || Structure::new(format!("{STRUCTURE} of block {}", block.block), block.range.start, block.range.len);
        match &block.bits {
            Err(error) => {
                self.end_list(dump)?;
                dump.open(&structure())?;
                dump.problem(error)?;
                dump.close(None)
            }
            Ok(bits) if dump.wanted.raw => {
                self.end_list(dump)?;
                dump.open(&structure())?;
                rows(dump, block, *bits)?;
                dump.close(Some(block.range))
            }
            Ok(bits) => {
                if *self != Self::List {
                    *self = Self::List;
                    dump.open(&Structure::nowhere(STRUCTURE).state("one before the data of each block in the file"))?;
                }
                rows(dump, block, *bits)
            }
        }
    }

    fn end_list(&mut self, dump: &mut Dump<'_>) -> io::Result<()> {
        match std::mem::replace(self, Self::Closed) {
            Self::List => dump.close(None),
            Self::Nothing | Self::Closed => Ok(()),
        }
    }
}

fn rows(dump: &mut Dump<'_>, block: &SectorBitmapBlock<'_>, bits: SectorBitmap<'_>) -> io::Result<()> {
    let at = block.range.start;
    let set = bits.count_set(0, block.sectors);
    let (set_shown, sectors) = (text::count(set), text::count(block.sectors));
    dump.field(
        &Field::new(at, "block", Value::Count(set))
            .numbers(block.block.0, 1)
            .meaning(format!("{set_shown} of {sectors} sectors are in this file")),
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
