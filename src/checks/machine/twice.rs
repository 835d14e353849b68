//! One machine in two places.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1011",
    name: "machine-in-two-places",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "Another configuration has the same machine id. Copies that the host keeps in its cache and those \
            that a backup makes do not count.",
        matters: "A host can load only one of them. Started on two hosts, both write to what they think is their \
            own, and the disks go different ways or are destroyed.",
        harmless: "A backup or an export of the machine beside it; a storage migration that left the old \
            configuration.",
        todo: "Find out which one the host has registered, by the path in its data.vmcx, and whether the other one \
            names disks that the first does not.",
        not_first: "Do not register the other one in place, which gives it the same id and the same disks: import \
            it as a copy with a new id.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let Some((number, machine)) = file.machine() else { return };
    let Some(id) = machine.configuration.id else { return };
    let alike = file.index.by_machine_id.get(&id).map(Vec::as_slice).unwrap_or_default();
    if alike.len() < 2 || alike.binary_search(&number).is_err() {
        return;
    }
    let what = format!("{} has {} configurations", machine.title(), alike.len());
    let finding = out.finding("", what).with("machine_id", id).with("files_count", alike.len());
    let others = alike.iter().filter(|other| **other != number).filter_map(|other| file.subject.machines.get(*other));
    out.push(super::see_configurations(finding, file, others));
}
