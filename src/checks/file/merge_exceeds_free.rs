//! A merge would need more space than the volume has.

use crate::analysis::merge::{self, Method};
use crate::chain::{Bottom, FileNo, VirtualDisk};
use crate::checks::prelude::*;
use crate::estate::verdict::Class;
use crate::estate::{Volume, is_automatic};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0915",
    name: "merge-exceeds-free-space",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The chain of a machine's disk, merged down in one pass, makes the file that stays longer by more \
            than is free on its volume. For information where only the most that the merge may take is more than \
            that.",
        matters: "A merge that finds no space stops half way (0x80070070) and leaves the chain longer than it has \
            to be; the machine is paused when its own disk can no longer grow.",
        harmless: "Space that is shared and grows when it is asked for, as on thin provisioned storage.",
        todo: "Make room first: move other files away or extend the volume. The plan command says what each way of \
            merging takes; a merge into a new file on another volume takes nothing here.",
        not_first: "Do not remove files of the chain to make room for its merge.",
    },
    run: Run::Estate(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let subject = file.subject;
    let is_leaf = subject.forest.children(file.number).is_empty();
    let in_use = file.judged(Class::ActiveLeaf).or_else(|| file.judged(Class::UncheckpointedChain)).is_some();
    if !is_leaf || !in_use || !is_automatic(&file.file.path) {
        return;
    }
    // Down to the last file on which nothing else depends.
    let alone = |number: &FileNo| subject.forest.children(*number).len() <= 1;
    let chain: Vec<FileNo> = subject.forest.ancestry(file.number).collect();
    let into = chain.iter().take_while(|number| alone(number)).count().saturating_sub(1);
    let linked = |number: &FileNo| subject.forest.link(*number).is_none_or(|link| link.status.is_linked());
    if into == 0 || !chain.iter().all(linked) {
        return;
    }
    let Some(target) = chain.get(into).and_then(|target| subject.file(*target)) else { return };
    let Some(volume) = Volume::of(subject.volumes, target.origin, &target.path) else { return };
    let images: Option<Vec<_>> = chain.iter().map(|number| subject.file(*number)?.open_image()?.ok()).collect();
    let Some(images) = images else { return };
    let Ok(disk) = VirtualDisk::new(images, Bottom::Whole) else { return };
    let Ok(cost) = merge::cost(&disk, into, Method::SinglePass) else { return };
    let growth = cost.growth();
    if growth.most <= volume.free {
        return;
    }
    let (what, severity) = match growth.least > volume.free {
        true => ("needs", Severity::Warning),
        false => ("may need", Severity::Info),
    };
    let finding = out
        .finding("chain", format!("a merge of this chain {what} more space than is free"))
        .severity(severity)
        .with("growth_least_bytes", growth.least)
        .with("growth_most_bytes", growth.most)
        .with("free_bytes", volume.free);
    out.push(finding.see_file(target, None, "the file that would grow"));
}
