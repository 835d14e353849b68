//! The parent is not where it should be, nor anywhere else that was looked at.

use crate::chain::LinkStatus;
use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0801",
    name: "parent-missing",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "A differencing disk's parent is not among the files that were looked at, and a recorded path leads \
            to a place within them where there is no file.",
        matters: "Everything that is not in this file is lost to the guest, and to every disk above it. Windows \
            gives error 0xC03A000D.",
        harmless: "A disk that was copied without its parent. A folder that was not looked at: the parent is searched \
            only in what was named.",
        todo: "Look for the parent by the DataWriteGuid in the evidence: name more folders with --search, or the \
            backup. When it is found, put it in its place or set it with Set-VHD -ParentPath.",
        not_first: "Do not make an empty disk under the parent's name, and do not delete this file because it does not \
            open: its blocks are still good.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    if link.status != LinkStatus::Missing {
        return;
    }
    let finding = out.finding("parent locator", "the parent is missing");
    let finding = super::place(finding, file, link);
    out.push(super::candidates(finding, file, link));
}
