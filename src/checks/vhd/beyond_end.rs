//! Data of the disk end behind the last byte that can be data.

use crate::checks::prelude::*;
use crate::format::vhd::block_allocation_table::{ENTRY_SIZE, STRUCTURE};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1110",
    name: "vhd-data-beyond-end",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The data of a fixed disk, the block allocation table, or blocks reach behind the footer or the end \
            of the file.",
        matters: "That part of the disk is lost. One finding stands for all such blocks: it names the one with the \
            lowest virtual offset and the number of bytes that are missing. Windows gives error 0xC03A0013 or \
            0xC03A000A.",
        harmless: "A copy or download that stopped early, or a volume that was full.",
        todo: "Compare the length of the file with its source and copy again.",
        not_first: "Do not extend the file with zeros and attach it: the guest would take the zeros for data.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let Some(geometry) = file.survey.geometry() else { return };
    let (structure, needed) = match &geometry.blocks {
        None => ("data of a fixed disk", FileRange::new(FileOffset::ZERO, geometry.virtual_size)),
        Some(blocks) => (STRUCTURE, blocks.bat),
    };
    if needed.end() > geometry.data_end {
        let missing = needed.end().0.saturating_sub(geometry.data_end.0);
        let finding = out
            .finding(structure, format!("the {structure} ends {missing} bytes behind the last byte that can be data"))
            .at(geometry.data_end, ByteLen(missing))
            .with("lost_bytes", missing)
            .with("file_bytes", file.survey.file_size);
        out.push(finding);
    }
    let Some((beyond, blocks)) = file.bat().and_then(|bat| bat.beyond_end).zip(geometry.blocks) else { return };
    let first = beyond.first;
    let what = match beyond.count {
        1 => format!("block {} ends behind the last byte that can be data", first.block),
        count => format!("{count} blocks end behind the last byte that can be data, block {} first", first.block),
    };
    let finding = out
        .finding(STRUCTURE, what)
        .at(first.at, ENTRY_SIZE)
        .on_disk(blocks.block_start(first.block))
        .with("block_offset", first.block_offset)
        .with("blocks_count", beyond.count)
        .with("lost_bytes", beyond.lost)
        .with("file_bytes", file.survey.file_size);
    out.push(finding);
}
