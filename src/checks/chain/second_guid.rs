//! A merge into the parent has begun and has not ended.

use crate::chain::LinkStatus;
use crate::checks::prelude::*;
use crate::format::vhdx::parent_locator::PARENT_LINKAGE2;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0804",
    name: "linked-by-second-guid",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The parent's DataWriteGuid is the one in parent_linkage2, not the one in parent_linkage (MS-VHDX \
            2.6.2.6.3, note 12): the parent was given its new identity for a merge, and this disk was prepared for it.",
        matters: "The chain is whole and can be read. The parent may hold part of the merged blocks already, which \
            this disk covers. Other children of the parent were not prepared and no longer fit.",
        harmless: "A merge that is under way.",
        todo: "If no merge is running, run the same merge again: this disk is still usable, and it completes what \
            was begun. Free space on the volume first, the usual reason for the break.",
        not_first: "Do not delete this disk; the parent alone is in between two states. Do not start the machine from \
            the parent.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    let second = LinkStatus::LinkedBySecondGuid;
    if link.status != second {
        return;
    }
    let mut finding = super::place(
        out.finding("parent locator", "the parent has the second identity: a merge was broken off"),
        file,
        link,
    );
    if let Some(range) = file.value_range(PARENT_LINKAGE2) {
        finding = finding.in_range(range);
    }
    out.push(super::candidates(finding, file, link));
}
