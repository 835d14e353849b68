//! A VHD without an identity.

use crate::checks::prelude::*;
use crate::format::vhd::footer;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1116",
    name: "vhd-nil-unique-id",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The unique id in the footer is all zero.",
        matters: "Children know their parent by this id. Any two files without one look like the same parent.",
        harmless: "A writer that does not draw ids. A disk that never gets a differencing child does not need one.",
        todo: "Give the disk an id before a differencing disk is made of it: Set-VHD -ResetDiskIdentifier does.",
        not_first: "Do not make differencing disks on top of this file as it is.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let (Some(footer), Some(current)) = (file.survey.footer(), file.survey.footers.current()) else { return };
    if footer.unique_id.is_zero() {
        let finding = out.finding(footer::STRUCTURE, "the unique id is all zero");
        out.push(finding.at(current.at.saturating_add(ByteLen(68)), ByteLen(16)));
    }
}
