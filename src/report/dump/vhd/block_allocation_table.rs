//! Block allocation table, as runs of entries or entry by entry.

use std::io;

use crate::format::vhd::block_allocation_table::STRUCTURE;
use crate::image::vhd::VhdSurvey;
use crate::image::vhd::{BatRun, Blocks, bat_runs};
use crate::report::dump::model::{Field, Structure, Value};
use crate::report::dump::{Dump, Output};
use crate::report::text;
use crate::units::{ByteLen, FileOffset};

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdSurvey) -> io::Result<()> {
    let geometry = match super::geometry(survey) {
        Ok(geometry) => geometry,
        Err(error) => return dump.unreadable(STRUCTURE, &error),
    };
    let Some(blocks) = &geometry.blocks else {
        return dump.absent(STRUCTURE, "none: the data of a fixed disk are the file from its start");
    };
    let state = format!(
        "{} blocks of {}, each with a bitmap of {}",
        text::count(blocks.count),
        text::size(blocks.block_size),
        text::size(blocks.bitmap_size)
    );
    dump.open(&Structure::new(STRUCTURE, blocks.bat.start, blocks.bat.len).state(state))?;
    let (view, single) = (dump.view, dump.wanted.all);
    let mut output = Output::default();
    let end = geometry.data_end;
    let ended = bat_runs(view, blocks, single, |run| output.wrote(dump.field(&row(blocks, end, &run))));
    dump.ended(output, ended)?;
    let claimed = survey.header().map_or(blocks.count, |header| header.max_table_entries.into());
    if let Some(more @ 1..) = claimed.checked_sub(blocks.count) {
        dump.note(format!("{} more entries follow, which stand for no block of the disk", text::count(more)))?;
    }
    dump.close(Some(blocks.bat))
}

fn row(blocks: &Blocks, end: FileOffset, run: &BatRun) -> Field {
    let meaning = match run.entry.block_offset() {
        None if blocks.has_parent => "not in the file: the parent's".to_owned(),
        None => "not in the file: zeros".to_owned(),
        Some(start) => {
            let len = ByteLen(run.count.saturating_mul(blocks.stride().0));
            let last = start.saturating_add(len.saturating_sub(blocks.stride()));
            let lost = match (last < end, run.count) {
                (true, _) => "",
                (false, 1) => "; begins past the end of the data",
                (false, _) => "; the last begins past the end of the data",
            };
            format!("{} with bitmaps at {start}{lost}", text::exact_size(len))
        }
    };
    Field::new(blocks.entry_offset(run.first), "block", Value::Hex(run.entry.0.into()))
        .numbers(run.first.0, run.count)
        .meaning(meaning)
}
