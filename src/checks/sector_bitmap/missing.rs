//! Nothing says which sectors of a partially present block are in the file.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0501",
    name: "sector-bitmap-missing",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "A chunk of a differencing disk has partially present blocks, and its sector bitmap entry is not \
            present (MS-VHDX 2.5.1.1: such a block needs a sector bitmap block that is).",
        matters: "For every sector of these blocks it is unknown whether it is in this file or the parent's. Windows \
            gives error 0xC03A000C. This program refuses to read them.",
        harmless: "None known.",
        todo: "Restore from a backup. Failing that, look for the sector bitmap in the space that nothing refers \
            to; or make two copies, one with the blocks taken as fully present and one with them taken from the \
            parent, and compare which file system is whole.",
        not_first: "Do not merge the file: a merge would have to guess.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (Some(bat), Some(geometry)) = (file.bat(), file.geometry()) else { return };
    out.push_each(&bat.without_bitmap, |out, entry| {
        let crate::format::vhdx::bat::Slot::Payload(block) = entry.slot else { return out.finding("BAT", "") };
        let chunk = geometry.chunk_ratio.chunk_of(block);
        let slot = geometry.entry_offset(geometry.chunk_ratio.sector_bitmap_index(chunk));
        let what = format!("chunk {chunk} has partially present blocks and no sector bitmap block");
        out.finding("BAT", what)
            .at(slot, ByteLen(crate::format::vhdx::bat::ENTRY_SIZE))
            .on_disk(geometry.block_start(block))
            .with("first_partial_block", block.0)
            .see(file.path, Some(entry.at), format!("entry of payload block {block}, partially present"))
    });
}
