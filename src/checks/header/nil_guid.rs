//! The file has no identity that a child could know it by.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0107",
    name: "nil-write-guid",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "DataWriteGuid or FileWriteGuid of the current header is all zero. MS-VHDX 2.2.2 has both drawn \
            anew before the first write of every opening.",
        matters: "Children know their parent by its DataWriteGuid. Any two files without one look like the same \
            parent, and a change of the content goes unnoticed.",
        harmless: "A writer that is not Windows and does not draw GUIDs. A disk that never gets a differencing child \
            does not need them.",
        todo: "Attach the disk once for writing on Windows before a checkpoint is made of it: both GUIDs are then \
            drawn.",
        not_first: "Do not make differencing disks on top of this file as it is.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(header) = file.survey.header() else { return };
    let Some(copy) = file.survey.headers.iter().find(|copy| copy.valid() == Some(header)) else { return };
    let (field, at) = match (header.data_write_guid.is_nil(), header.file_write_guid.is_nil()) {
        (true, _) => ("DataWriteGuid", 32),
        (false, true) => ("FileWriteGuid", 16),
        (false, false) => return,
    };
    let finding = out
        .finding(copy.structure, format!("{field} is all zero"))
        .at(copy.at.saturating_add(ByteLen(at)), ByteLen(16))
        .with("file_write_guid", header.file_write_guid)
        .with("data_write_guid", header.data_write_guid);
    out.push(finding);
}
