//! The footer that is used has a wrong checksum.

use crate::checks::prelude::*;
use crate::format::vhd::footer;
use crate::image::CopyState;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1105",
    name: "vhd-footer-checksum-wrong",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The checksum of the footer at the end is not that of its bytes, and there is no copy that is \
            right.",
        matters: "One of the fields may be wrong. Windows gives error 0xC03A0002. Many other programs do not look \
            and read the file.",
        harmless: "A field that was edited by hand or by a careless program, such as the unique id.",
        todo: "Compare size, type and geometry with what the file holds. If they fit, write a new checksum on a \
            copy.",
        not_first: "Do not write a new checksum before the fields have been looked at.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let Some(found) = file.survey.footers.current().filter(|found| found.state == CopyState::BadChecksum) else {
        return;
    };
    let Some(footer) = found.content() else { return };
    let finding = out
        .finding(footer::STRUCTURE, "the checksum of the footer is wrong")
        .at(found.at.saturating_add(ByteLen(64)), ByteLen(4))
        .with("stored_checksum", format!("{:#010x}", footer.checksum))
        .with("computed_checksum", format!("{:#010x}", footer.computed_checksum));
    out.push(finding);
}
