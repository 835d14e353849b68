//! Following the parents leads back to the file.

use crate::chain::LinkStatus;
use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0806",
    name: "chain-cycle",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The parent of this disk, or one of the parents above it, is this disk itself, proved by identity.",
        matters: "There is no base, so the content of the disk is undefined. Windows gives error 0xC03A0018.",
        harmless: "None known. Set-VHD -IgnoreIdMismatch with the wrong file can do it.",
        todo: "Find the true base by the virtual disk id and by which file is not differencing, and set the \
            parents anew on copies.",
        not_first: "Do not merge any of the files.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    if link.status != LinkStatus::Cycle {
        return;
    }
    let finding = super::place(out.finding("parent locator", "the parents lead back to the file itself"), file, link);
    let finding = match file.parent() {
        Some(parent) => finding.see_file(parent, None, "the next file of the circle"),
        None => finding,
    };
    out.push(finding);
}
