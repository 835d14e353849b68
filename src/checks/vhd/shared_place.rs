//! Two blocks of a VHD lie at one place of the file.

use crate::checks::prelude::*;
use crate::format::vhd::block_allocation_table::{ENTRY_SIZE, STRUCTURE};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1111",
    name: "vhd-blocks-share-place",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The places that two entries of the block allocation table name share bytes.",
        matters: "Only one of the two blocks can hold its own content. A write to either changes both.",
        harmless: "None known; the format has no shared blocks.",
        todo: "Find out by the file system in the disk which of the two virtual ranges the data belong to, and \
            restore the other from a backup.",
        not_first: "Do not repair the file system in the disk before the file has been copied.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let Some((bat, blocks)) = file.bat().zip(file.survey.geometry().and_then(|geometry| geometry.blocks)) else {
        return;
    };
    out.push_each(&bat.overlaps, |out, collision| {
        let (entry, other) = (collision.entry, collision.other);
        out.finding(STRUCTURE, format!("block {} lies where block {} lies", entry.block, other.block))
            .at(entry.at, ENTRY_SIZE)
            .on_disk(blocks.block_start(entry.block))
            .with("block_offset", entry.block_offset)
            .with("other_block_offset", other.block_offset)
            .with("other_virtual_offset", blocks.block_start(other.block))
            .see(file.path, Some(other.at), format!("entry of block {}", other.block))
    });
}
