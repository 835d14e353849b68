//! A merge of one child would break the others.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0812",
    name: "merge-would-break-siblings",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "Two to four differencing disks have this file as their parent.",
        matters: "Merging one of them changes this file, and the others no longer fit it. Windows does not prevent \
            it when the merge is started by hand.",
        harmless: "A checkpoint that was applied, after which the machine went on from it; linked clones.",
        todo: "Nothing while no merge is wanted. To get rid of the fork, convert each leaf that is still needed \
            into a disk of its own with Convert-VHD, and look at who uses which.",
        not_first: "Do not merge any of the children with Merge-VHD.",
    },
    run: Run::Linked(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let count = file.subject.forest.children(file.number).len();
    if !(2..super::GOLDEN).contains(&count) {
        return;
    }
    let finding = out
        .finding("chain", format!("a merge of one of the {count} children would break the others"))
        .with("children_count", count);
    out.push(super::children(finding, file));
}
