//! A configuration that nothing registers.

use crate::checks::prelude::*;
use crate::estate::verdict::Class;
use crate::limits::MAX_SAMPLES;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1012",
    name: "configuration-unregistered",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The machine is on no host's list that was scanned, or was imported only in part; or the machine of a \
            checkpoint was not found or says that it has no checkpoints.",
        matters: "No host that was looked at runs it. It still says which disks belong together, which nothing else \
            does.",
        harmless: "The machine belongs to a host whose list was not scanned. An export or a backup lies beside the \
            machines.",
        todo: "Look on every host for a machine of this id. To have the machine again, use Import-VM with the path \
            of this file.",
        not_first: "Do not remove it before its disks are named by another configuration or are known not to be \
            wanted.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let Some(verdict) = file.judged(Class::ConfigUnregistered) else { return };
    let Some(why) = verdict.reasons.first() else { return };
    let finding = out.finding("", why.as_str()).with("confidence", verdict.confidence.name());
    let disks = file.machine().map(|(_, machine)| machine.disks.iter().map(|disk| disk.recorded.clone()));
    out.push(finding.with_some("disks", disks.map(|disks| disks.take(MAX_SAMPLES).collect::<Vec<String>>())));
}
