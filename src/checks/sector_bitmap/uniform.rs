//! Partially present blocks of which every sector is in the file, or none.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0505",
    name: "uniform-sector-bitmap",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The sector bitmap bits of a partially present block are all set or all clear (MS-VHDX 2.4).",
        matters: "Nothing is read wrongly. A block with all bits set could be fully present, and one with none need \
            not be in the file at all: it takes space for nothing.",
        harmless: "Writers that mark blocks as partial whatever they write, and blocks that were filled up sector by \
            sector.",
        todo: "Nothing. A merge or Optimize-VHD puts it right.",
        not_first: "Do not treat the file as damaged because of this alone.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (Some(bitmaps), Some(geometry)) = (file.bitmaps(), file.geometry()) else { return };
    let (set, clear) = (&bitmaps.all_set, &bitmaps.all_clear);
    let first = set.first.first().into_iter().chain(clear.first.first()).min_by_key(|bits| bits.block);
    let Some(first) = first else { return };
    let count = set.count.saturating_add(clear.count);
    let blocks = counted(count, "partially present block", "partially present blocks");
    let what = format!("the sector bitmap says the same of every sector of {blocks}");
    let finding = out
        .finding("sector bitmap", what)
        .at(first.at, first.len)
        .on_disk(geometry.block_start(first.block))
        .with("all_set_blocks_count", set.count)
        .with("all_clear_blocks_count", clear.count);
    out.push(finding);
}
