//! Sectors of allocated blocks are marked as never written, in a disk without parent.

use crate::checks::prelude::*;
use crate::format::vhd::block_allocation_table::{ENTRY_SIZE, STRUCTURE};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1113",
    name: "vhd-bitmap-bits-clear",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The sector bitmap of a block of a dynamic VHD has clear bits. By the specification such a sector \
            was never written; it reads as zeros here.",
        matters: "Programs that do not look at the bitmap, QEMU among them, read whatever lies there. Where \
            something does, they and this program disagree.",
        harmless: "Writers that set the bits as they write.",
        todo: "Nothing, unless programs disagree about the content. An examiner looks at what lies behind the \
            clear bits.",
        not_first: "Do not set the bits before it is known what lies there.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let Some((bat, blocks)) = file.bat().zip(file.survey.geometry().and_then(|geometry| geometry.blocks)) else {
        return;
    };
    let Some(clear) = bat.clear_bits else { return };
    let whose = match clear.count {
        1 => "the bitmap of a block has".to_owned(),
        count => format!("the bitmaps of {count} blocks have"),
    };
    let finding = out
        .finding(STRUCTURE, format!("{whose} clear bits, and the disk has no parent"))
        .at(clear.first.at, ENTRY_SIZE)
        .on_disk(blocks.block_start(clear.first.block))
        .with("block_offset", clear.first.block_offset)
        .with("blocks_count", clear.count)
        .with("blocks_looked_at_count", clear.looked_at);
    out.push(finding);
}
