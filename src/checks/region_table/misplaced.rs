//! A region lies where none may lie.

use crate::checks::prelude::*;
use crate::format::vhdx::{ALIGNMENT, HEADER_SECTION};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0205",
    name: "region-misplaced",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "A region's offset or length is no multiple of 1 MiB, is zero, or the region reaches into the first \
            megabyte, which belongs to the headers (MS-VHDX 2.2.3.2).",
        matters: "Windows refuses the file, and other programs may read headers or half a table as the region.",
        harmless: "None known: every writer lays regions out in whole megabytes.",
        todo: "Compare with the other copy of the region table, and restore from a backup. The evidence holds the \
            numbers as stored.",
        not_first: "Do not round the numbers to the next megabyte by hand before it is known what lies there.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(copy) = super::current(file) else { return };
    for entry in copy.valid().into_iter().flat_map(|table| &table.entries) {
        let range = entry.range();
        let why = if range.start.0 < HEADER_SECTION.0 {
            "lies in the header section"
        } else if range.len.is_zero() {
            "is empty"
        } else if !range.start.0.is_multiple_of(ALIGNMENT.0) || !range.len.0.is_multiple_of(ALIGNMENT.0) {
            "does not lie on whole megabytes"
        } else {
            continue;
        };
        let finding = out
            .finding(copy.structure, format!("the {} {why}", super::name(entry)))
            .at(entry.at.saturating_add(ByteLen(16)), ByteLen(12))
            .with("region", entry.guid)
            .with("region_offset", range.start)
            .with("region_bytes", range.len);
        out.push(finding);
    }
}
