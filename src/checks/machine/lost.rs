//! Nothing is left of a configuration.

use crate::checks::prelude::*;
use crate::vm::ProblemKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1001",
    name: "configuration-lost",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "A file that is named as a configuration is empty, holds nothing but zeros, or holds something else. \
            For run-time state (.vmrs) it is a warning.",
        matters: "The machine or checkpoint cannot be loaded: Hyper-V drops it from its list (events 16300, 16310, \
            16330). Its disks are untouched, and look as if nobody needed them.",
        harmless: "None known. A loss of power while the file was written leaves zeros.",
        todo: "Restore the file from a backup, or look into the Virtual Machines Cache folder for the host's copy. \
            Otherwise make a machine anew around the leaf of the chain, not its base; the chain shows which file \
            that is.",
        not_first: "Do not remove or merge disks near it: what they are needed for stood in this file.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    super::problems(file, out, |kind| {
        matches!(kind, ProblemKind::Empty | ProblemKind::AllZero | ProblemKind::NotAConfiguration)
    });
}
