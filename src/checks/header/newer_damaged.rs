//! The newer header cannot be trusted: the file is seen one header update earlier.

use crate::checks::prelude::*;
use std::path::Path;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0104",
    name: "newer-header-damaged",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "One copy of the header is valid. The other has its signature and a higher sequence number, and a \
            wrong checksum: it was the newer one (MS-VHDX 2.2.2).",
        matters: "The file is read as of the header update before. That update may have been the one that set or \
            cleared the log GUID, so that a log might wrongly count as replayed, or the reverse; or it changed the \
            DataWriteGuid by which children know their parent.",
        harmless: "A crash in the middle of a header update leaves exactly this, and the format is made to survive \
            it.",
        todo: "Look at the log findings of the file, and at the GUIDs of the damaged copy in the evidence: if the \
            file's children name the damaged copy's DataWriteGuid, data was written after the update. Attach a copy \
            once on Windows and check its file system.",
        not_first: "Do not repair the damaged copy's checksum, and do not delete the log entries of the file.",
    },
    run: Run::Vhdx(run),
};

use crate::format::vhdx::header::{self, Header};
use crate::image::vhdx::{CopyState, Surveyed};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some((bad, good)) = pair(&file.survey.headers) else { return };
    if !is_newer(bad, good) {
        return;
    }
    let message =
        format!("{}, the newer one, {}; {} is used instead", bad.structure, bad.state.predicate(), good.structure);
    let finding = describe(out.finding(bad.structure, message), file.path, bad, good);
    out.push(finding);
}

/// The damaged copy and the valid one, where there is one of each.
pub(super) fn pair(headers: &[Surveyed<Header>; 2]) -> Option<(&Surveyed<Header>, &Surveyed<Header>)> {
    match headers {
        [bad, good] | [good, bad] if bad.valid().is_none() && good.valid().is_some() => Some((bad, good)),
        _ => None,
    }
}

/// Whether the damaged copy still says that it is the newer one.
pub(super) fn is_newer(bad: &Surveyed<Header>, good: &Surveyed<Header>) -> bool {
    match (bad.content(), good.valid()) {
        (Some(bad_header), Some(header)) => {
            bad.state == CopyState::BadChecksum && bad_header.sequence_number > header.sequence_number
        }
        _ => false,
    }
}

/// Place and evidence of a damaged copy.
pub(super) fn describe(finding: Finding, path: &Path, bad: &Surveyed<Header>, good: &Surveyed<Header>) -> Finding {
    let content = bad.content();
    let damaged = content.filter(|header| header.signature == header::SIGNATURE);
    finding
        .at(bad.at, ByteLen(80))
        .with_some("found_signature", content.map(|header| header.signature.escape_ascii().to_string()))
        .with_some("stored_checksum", content.map(|header| format!("{:#010x}", header.checksum)))
        .with_some("computed_checksum", content.map(|header| format!("{:#010x}", header.computed_checksum)))
        .with_some("damaged_sequence_number", damaged.map(|header| header.sequence_number))
        .with_some("damaged_data_write_guid", damaged.map(|header| header.data_write_guid))
        .with_some("damaged_log_guid", damaged.map(|header| header.log_guid))
        .with_some("used_sequence_number", good.valid().map(|header| header.sequence_number))
        .see(path, Some(good.at), format!("{}, which is used", good.structure))
}
