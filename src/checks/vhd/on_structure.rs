//! A block of a VHD lies over a structure of the file.

use crate::checks::prelude::*;
use crate::format::vhd::block_allocation_table::{ENTRY_SIZE, STRUCTURE};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1112",
    name: "vhd-block-on-structure",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The place that an entry of the block allocation table names shares bytes with the copy of the \
            footer, the dynamic disk header or the table itself.",
        matters: "The content of the block is lost or was never there, and a write to it destroys the structure.",
        harmless: "None known.",
        todo: "Restore the block from a backup of the disk. The copy of the footer or the table may be damaged already: compare them with a backup.",
        not_first: "Do not attach the file for writing, not even once.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let Some((bat, blocks)) = file.bat().zip(file.survey.geometry().and_then(|geometry| geometry.blocks)) else {
        return;
    };
    out.push_each(&bat.on_structures, |out, collision| {
        out.finding(STRUCTURE, format!("block {} lies over the {}", collision.entry.block, collision.other))
            .at(collision.entry.at, ENTRY_SIZE)
            .on_disk(blocks.block_start(collision.entry.block))
            .with("block_offset", collision.entry.block_offset)
    });
}
