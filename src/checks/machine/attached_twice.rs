//! Two machines attach one disk.

use crate::checks::prelude::*;
use crate::estate::Machine;
use crate::limits::MAX_SAMPLES;
use std::collections::BTreeSet;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1010",
    name: "disk-attached-twice",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The configurations of two machines or more name this file. A warning where one of them was found for \
            it only by a likeness of names, or is not on a host's list.",
        matters: "Machines that run on one disk at the same time destroy its file system. One after the other, each \
            finds what the other one left.",
        harmless: "A disk that is shared on purpose by a cluster inside the machines; a machine that was imported a \
            second time and never started.",
        todo: "Find out which machine is meant to have it, take it from the other one, and check the file system \
            inside on a copy if both have run.",
        not_first: "Do not start either machine before that.",
    },
    run: Run::Linked(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let attaching = file.subject.machines.attaching(file.number);
    let machines: Vec<&Machine> = attaching
        .filter(|machine| machine.is_machine())
        .filter(|machine| machine.disks.iter().any(|disk| disk.file() == Some(file.number)))
        .collect();
    if machines.len() < 2 {
        return;
    }
    let ids: BTreeSet<_> = machines.iter().map(|machine| machine.configuration.id).collect();
    if ids.len() < 2 {
        // Two configurations of one machine are that machine in two places.
        return;
    }
    let in_place = |machine: &&Machine| {
        let by_place = machine.disks.iter().any(|disk| disk.file() == Some(file.number) && disk.found.is_by_place());
        by_place && !machine.is_unlisted()
    };
    let sure = machines.iter().filter(|machine| in_place(machine)).count() > 1;
    let by_place = |machine: &Machine| {
        machine.disks.iter().any(|disk| disk.file() == Some(file.number) && disk.found.is_by_place())
    };
    let what = match machines.iter().all(|machine| by_place(machine)) {
        true => format!("{} machines attach this disk", ids.len()),
        false => format!("{} machines attach this disk, or one of its name", ids.len()),
    };
    let finding = out
        .finding("", what)
        .severity(if sure { Severity::Error } else { Severity::Warning })
        .with("machines", machines.iter().take(MAX_SAMPLES).map(|machine| machine.label()).collect::<Vec<String>>());
    out.push(super::see_configurations(finding, file, machines.into_iter()));
}
