//! The dynamic disk header has a wrong checksum.

use crate::checks::prelude::*;
use crate::format::vhd::dynamic_disk_header::STRUCTURE;
use crate::image::CopyState;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1106",
    name: "vhd-header-checksum-wrong",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The checksum of the dynamic disk header is not that of its bytes. There is only one copy of it.",
        matters: "Block size, place of the table or the parent may be wrong. Windows gives error 0xC03A0006. Many \
            other programs do not look and read the file.",
        harmless: "A parent that was changed by hand or by a careless program.",
        todo: "Compare block size and number of entries with the size of the disk. If they fit, write a new \
            checksum on a copy.",
        not_first: "Do not write a new checksum before the fields have been looked at.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let Some(found) = file.survey.header.as_ref().filter(|found| found.state == CopyState::BadChecksum) else { return };
    let Some(header) = found.content() else { return };
    let finding = out
        .finding(STRUCTURE, "the checksum of the dynamic disk header is wrong")
        .at(found.at.saturating_add(ByteLen(36)), ByteLen(4))
        .with("stored_checksum", format!("{:#010x}", header.checksum))
        .with("computed_checksum", format!("{:#010x}", header.computed_checksum));
    out.push(finding);
}
