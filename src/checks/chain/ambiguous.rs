//! Several files could be the parent, and nothing decides between them.

use crate::chain::LinkStatus;
use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0805",
    name: "parent-ambiguous",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "Several files have the DataWriteGuid that the disk expects, and neither a recorded path nor the \
            folder leads to one of them.",
        matters: "Copies of a parent have the same content as long as none of them is written to without its GUID \
            changing. Which of them belongs to this disk is unknown, and with it which ones may go.",
        harmless: "Copies of the storage that were looked at together, a backup beside the original, a migration that \
            was broken off.",
        todo: "Look at one set of files at a time, or set the parent with Set-VHD -ParentPath. Compare the \
            candidates with the hash command.",
        not_first: "Do not delete one of the copies before it is known which one the machine uses.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    if link.status != LinkStatus::Ambiguous {
        return;
    }
    let what = format!("{} files have the parent's identity", link.candidates.len());
    let finding = super::place(out.finding("parent locator", what), file, link);
    out.push(super::candidates(finding, file, link));
}
