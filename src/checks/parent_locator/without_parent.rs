//! The disk names a parent and says that it has none.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0702",
    name: "parent-locator-without-parent",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "There is a parent locator, and the flag HasParent is not set in the file parameters (MS-VHDX \
            2.6.2.1).",
        matters: "The file is read as a disk of its own. If it was a differencing disk, everything that is not in it \
            reads as zeros instead of the parent's data.",
        harmless: "A tool that turned a differencing disk into a dynamic one after copying all blocks, and left the \
            locator behind.",
        todo: "Find out whether the disk is whole: its file system, and how many blocks it holds. The locator \
            tells which parent it had.",
        not_first: "Do not delete the former parent.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(locator) = file.locator().filter(|_| file.has_parent() == Some(false)) else { return };
    let finding = out
        .finding("parent locator", "there is a parent locator, and the disk has no parent by its flags")
        .in_range(locator.range)
        .with_some("parent_linkage", locator.content.guid("parent_linkage"));
    out.push(finding);
}
