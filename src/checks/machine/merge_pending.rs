//! A merge is still owed.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1014",
    name: "merge-pending",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The machine's configuration says that Hyper-V still has to merge the disks of removed checkpoints \
            (disk_merge_pending).",
        matters: "The chain is longer than the checkpoints that the manager shows, and every file of it is needed \
            until the merge has ended. A merge that was interrupted goes on from where it stopped.",
        harmless: "The merge is running just now, or waits for the machine to be shut down.",
        todo: "Look for room for the merge, and let the machine run or shut it down and wait. If it does not end, \
            look for event 19100 on the host.",
        not_first: "Do not remove or merge files of the chain by hand while the host may still do it.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let Some((_, machine)) = file.machine().filter(|(_, machine)| machine.is_machine()) else { return };
    if machine.configuration.merge_pending == Some(true) {
        out.push(out.finding("", format!("a merge of disks of {} is still owed", machine.title())));
    }
}
