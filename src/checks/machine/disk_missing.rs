//! A machine names a disk that is not there.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1008",
    name: "disk-missing",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "A drive of the machine names a virtual disk, the folder in which it should lie was looked through, \
            and it is not there. Files that it may be, by their names or their chains, stand beside it.",
        matters: "The machine does not start, or starts without the disk.",
        harmless: "The disk was moved and the machine is to follow; the configuration was left from a machine that \
            is gone.",
        todo: "Look for the disk on volumes that were not scanned, in backups and under other names. Attach the \
            newest file of the chain: Set-VMHardDiskDrive -Path.",
        not_first: "Do not attach the base of a chain in its place: from the first write on, the files over it are \
            useless.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let machine = file.machine().filter(|(_, machine)| machine.is_machine());
    if let Some((_, machine)) = machine {
        super::missing_disks(file, machine, out);
    }
}
