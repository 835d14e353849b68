//! Many disks depend on this one.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0811",
    name: "golden-parent",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "Five or more differencing disks have this file as their parent.",
        matters: "A single write to it, a repair, an update, a boot, breaks every one of them at once.",
        harmless: "A golden image with its clones, as in virtual desktops and labs.",
        todo: "Make the file read-only and take the right to write from everybody. Make a new generation instead \
            of updating this one.",
        not_first: "Do not merge any of the children into it.",
    },
    run: Run::Linked(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let count = file.subject.forest.children(file.number).len();
    if count < super::GOLDEN {
        return;
    }
    let finding = out.finding("chain", format!("{count} disks depend on this one")).with("children_count", count);
    out.push(super::children(finding, file));
}
