//! The drives of a machine disagree about its checkpoints.

use crate::checks::prelude::*;
use crate::limits::MAX_SAMPLES;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1017",
    name: "checkpoint-tree-disagrees",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "A checkpoint keeps one file of each drive. By the chain of one drive it was made over one \
            checkpoint, by that of another drive over a different one or over none.",
        matters: "The drives of the machine are not of one moment: one was merged, replaced or set back without the \
            others. Applying the checkpoint gives a machine whose disks do not fit together.",
        harmless: "A disk that was added to the machine between two checkpoints has no file in the older one.",
        todo: "Compare the chains of all drives with the usage and info commands, and find the drive of which a \
            file is missing or was merged.",
        not_first: "Do not apply or remove checkpoints of the machine before it is known which drive is right.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let machines = file.subject.machines;
    let Some((number, checkpoint)) = file.machine() else { return };
    let Some(owner) = checkpoint.owner else { return };
    let node = machines.checkpoint_tree(owner).iter().find(|node| node.checkpoint == number);
    if node.is_some_and(|node| node.disagreement) {
        let finding =
            out.finding("", format!("the disks of {} disagree about the checkpoint below it", checkpoint.title()));
        let disks = checkpoint.disks.iter().filter_map(|disk| file.subject.file(disk.file()?));
        let kept = |finding: Finding, disk: &FoundFile| finding.see_file(disk, None, "a disk that it keeps");
        out.push(disks.take(MAX_SAMPLES).fold(finding, kept));
    }
}
