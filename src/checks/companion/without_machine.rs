//! State of a machine that is not there.

use crate::checks::prelude::*;
use crate::estate::verdict::Class;
use crate::image::FileKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1202",
    name: "state-without-machine",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The file holds run-time state, guest state, memory or device state (.vmrs, .vmgs, .bin, .vsv, .slp), \
            and no configuration has the id in its name, or nothing needs that configuration.",
        matters: "Memory files are as large as the machine's memory. A guest state file may hold the keys of a \
            virtual TPM: without it an encrypted disk of the machine cannot be opened.",
        harmless: "The machine belongs to a host that was not scanned.",
        todo: "Look on every host for a machine or checkpoint of the id, and in backups for its configuration. Keep \
            a .vmgs as long as a disk of the machine is kept.",
        not_first: "Do not remove a guest state file because its machine is gone: the disk may be useless without \
            it.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let of_machine =
        matches!(file.file.kind, FileKind::Vmrs | FileKind::Vmgs | FileKind::Bin | FileKind::Vsv | FileKind::Slp);
    let Some(verdict) = file.judged(Class::CompanionOrphan).filter(|_| of_machine) else { return };
    let Some(why) = verdict.reasons.first() else { return };
    let finding = out.finding("", why.as_str()).with("confidence", verdict.confidence.name());
    out.push(finding.with_some("at_stake_bytes", verdict.at_stake));
}
