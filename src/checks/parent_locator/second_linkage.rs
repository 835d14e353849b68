//! A merge into the parent was prepared.

use crate::chain::LinkStatus;
use crate::checks::prelude::*;
use crate::format::vhdx::parent_locator::{PARENT_LINKAGE2, STRUCTURE};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0705",
    name: "second-linkage-set",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The key parent_linkage2 holds a GUID that is not all zero and differs from parent_linkage (MS-VHDX \
            2.6.2.6.3), and the parent still has the identity in parent_linkage, or is not here.",
        matters: "Before a merge writes to a parent, the parent's coming DataWriteGuid is put down here, so that the \
            link holds before and after. The merge was prepared, and the parent as it lies here has not been written \
            to.",
        harmless: "A merge that is under way, or one that was broken off before its first write.",
        todo: "If no merge is running, run the same merge again: the files are as they were. Until then keep \
            both.",
        not_first: "Do not delete this file because a merge of it was seen to start.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    let Some((locator, _)) = file.locator() else { return };
    let Some(second) = locator.linkage2.filter(|guid| !guid.is_nil()) else { return };
    let first = locator.linkage;
    // A parent that has the second identity is a finding about the chain.
    if first == Some(second) || link.status == LinkStatus::LinkedBySecondGuid {
        return;
    }
    let Some(range) = file.value_range(PARENT_LINKAGE2) else { return };
    let finding = out
        .finding(STRUCTURE, "parent_linkage2 is set: a merge into the parent was prepared")
        .in_range(range)
        .with_some("parent_linkage", first)
        .with("parent_linkage2", second)
        .with_some("parent_has", link.found);
    out.push(finding);
}
