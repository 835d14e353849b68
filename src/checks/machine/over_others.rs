//! A machine writes to a disk on which others depend.

use crate::chain::FileNo;
use crate::checks::prelude::*;
use crate::estate::Machine;
use crate::estate::verdict::Group;
use crate::limits::MAX_SAMPLES;
use crate::vm::ConfigurationKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1019",
    name: "attached-below-others",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "A machine attaches this disk directly, and a differencing disk that is in use, too, has it as its \
            parent.",
        matters: "The first write of the machine makes everything over the disk useless. A machine that was pointed \
            back to its base although checkpoints exist looks like this.",
        harmless: "A template machine that is never started, with clones over its disk.",
        todo: "Find out which of the files the machine is meant to use. If it is the newest of the chain, have the \
            machine use that one before it is started again.",
        not_first: "Do not start the machine.",
    },
    run: Run::Linked(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let subject = file.subject;
    let writers: Vec<&Machine> = subject
        .machines
        .attaching(file.number)
        .filter(|machine| machine.kind() == ConfigurationKind::Machine && !machine.backup_copy)
        .collect();
    let Some(writer) = writers.first() else { return };
    let in_use = |child: &&FileNo| {
        let verdict = subject.verdict(**child);
        verdict.is_some_and(|verdict| matches!(verdict.class.group(), Group::InUse | Group::Attention))
    };
    let children: Vec<FileNo> = subject.forest.children(file.number).iter().filter(in_use).copied().collect();
    if children.is_empty() {
        return;
    }
    let what = format!("{} writes to this disk, and {} in use depend on it", writer.title(), children.len());
    let finding = out.finding("", what).with("children_count", children.len());
    let children = children.into_iter().take(MAX_SAMPLES).filter_map(|child| subject.file(child));
    let finding = children.fold(finding, |finding, child| finding.see_file(child, None, "depends on it"));
    out.push(super::see_configurations(finding, file, writers.into_iter()));
}
