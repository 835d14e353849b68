//! A host lists a machine whose configuration was not scanned.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1013",
    name: "machine-not-scanned",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The host's list (data.vmcx) names a machine, and no configuration of its id was among what was \
            scanned.",
        matters: "Its disks cannot be told from those that nobody needs, so that no verdict here is without doubt. \
            If the configuration is gone, the manager shows the machine as off and critical.",
        harmless: "The configuration lies on a volume that was not scanned.",
        todo: "Scan the recorded path as well, or give it with --map. If it is not there, bring its storage back or \
            register the machine anew with Import-VM -Register.",
        not_first: "Do not call disks unneeded as long as this machine's are not known.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    for gone in file
        .subject
        .machines
        .list_in(file.number)
        .into_iter()
        .flat_map(|list| &list.unseen)
        .filter(|gone| !gone.is_elsewhere)
    {
        let finding = out.finding("", "a machine that the host lists has no configuration in what was scanned");
        out.push(finding.with_some("machine_id", gone.id).with("path_recorded", gone.recorded.as_str()));
    }
}
