//! The copy of the footer at the start is damaged.

use crate::checks::prelude::*;
use crate::format::vhd::footer;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1103",
    name: "vhd-footer-copy-damaged",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The footer at the end of a dynamic or differencing disk is right, and the copy at offset 0 has a \
            wrong signature or checksum.",
        matters: "The disk is as it should be, and its spare footer is lost. Programs that tell a VHD by its first \
            bytes do not know the file.",
        harmless: "A boot sector or other data written to the start of the image by mistake.",
        todo: "Write the footer at the end over the first 512 bytes of a copy of the file.",
        not_first: "Do not take the file for a raw image because of its first bytes.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let footers = &file.survey.footers;
    let Some(copy) = footers.copy.as_ref().filter(|copy| copy.valid().is_none()) else { return };
    if footers.at_end.valid().is_none() {
        return;
    }
    let finding = out
        .finding(footer::STRUCTURE_COPY, format!("the copy of the footer {}", copy.state.predicate()))
        .at(copy.at, footer::SIZE)
        .see(file.path, Some(footers.at_end.at), "the footer, which is right");
    out.push(finding);
}
