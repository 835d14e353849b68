//! The metadata table cannot be read.

use crate::checks::prelude::*;
use crate::error::ErrorKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0601",
    name: "metadata-unreadable",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The metadata region does not start with \"metadata\", or its table claims more entries than it can \
            hold (MS-VHDX 2.6.1).",
        matters: "The sizes of the disk and its parent are unknown, so that nothing of the virtual disk can be read.",
        harmless: "None known.",
        todo: "Compare the two region tables: the other may lead to the right place. Restore from a backup. The \
            sizes of a disk are the same in every file of its chain unless it was resized, so another file of the \
            chain can say what they were.",
        not_first: "Do not write a metadata region by guess: with a wrong block size every block is looked up in the \
            wrong place.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(Err(error)) = &file.survey.metadata else { return };
    let region = file.survey.region_table().and_then(|table| table.find(crate::format::vhdx::region_table::METADATA));
    let Some(region) = region else { return };
    // A region that the file ends before has a finding of its own.
    if matches!(error.kind(), ErrorKind::Truncated { .. }) && region.range().end().0 > file.survey.file_size.0 {
        return;
    }
    let finding = out
        .finding("metadata table", "the metadata table cannot be read")
        .at(region.file_offset, ByteLen(32))
        .with("reason", error.reason().to_string());
    out.push(finding);
}
