//! The parent lies outside of what was looked at, as far as its paths say.

use crate::chain::LinkStatus;
use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0802",
    name: "parent-outside",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "A differencing disk's parent is not among the files that were looked at, and every recorded path \
            leads out of them. Nothing was opened there.",
        matters: "Whether the chain is whole is unknown. This says nothing about the disk: only that too little was \
            looked at.",
        harmless: "Parents in another folder than the checkpoints, as Hyper-V places them by default; a copy of a \
            part of the storage.",
        todo: "Name the folder of the parent as well, with --search DIR, or say with --map where the recorded \
            path is now.",
        not_first: "Do not take the disk for an orphan.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    if link.status != LinkStatus::Outside {
        return;
    }
    let finding = out.finding("parent locator", "the parent lies outside of what was looked at");
    let finding = super::place(finding, file, link);
    out.push(super::candidates(finding, file, link));
}
