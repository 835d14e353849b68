//! A checkpoint keeps a disk that is not there.

use crate::checks::prelude::*;
use crate::vm::ConfigurationKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1009",
    name: "checkpoint-disk-missing",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The configuration of a checkpoint names a virtual disk, the folder in which it should lie was looked \
            through, and it is not there.",
        matters: "The checkpoint cannot be applied, and removing it in the manager may fail. The machine itself may \
            run.",
        harmless: "A merge by hand while the checkpoint was still listed: its disk went into another file.",
        todo: "Find out whether its data went into the file below in the chain. Restore the file from a backup if \
            the checkpoint is wanted, otherwise remove the checkpoint with Remove-VMSnapshot.",
        not_first: "Do not put another file in its place under its name.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let checkpoint = file.machine().filter(|(_, machine)| machine.kind() == ConfigurationKind::Checkpoint);
    if let Some((_, checkpoint)) = checkpoint {
        super::missing_disks(file, checkpoint, out);
    }
}
