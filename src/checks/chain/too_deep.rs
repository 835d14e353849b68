//! Many files lie between the disk and its base.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0810",
    name: "chain-deep",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "More than 5 files (info) or more than 20 (warning) make up the chain of this \
            disk, itself included. Only leaves are counted.",
        matters: "Every read of a block that the upper files do not hold asks each of them in turn. The longer the \
            chain, the more files must be whole for one disk to be, and the longer the merge. Hyper-V keeps 50 \
            checkpoints of a machine at most.",
        harmless: "Checkpoints on purpose. A backup product that failed to merge its checkpoints again and again.",
        todo: "Find out who makes the files: checkpoints in the manager, a backup product, replication. Have the \
            chain merged in one go, down to the base, after the space for it has been looked at.",
        not_first: "Do not delete files from the middle of the chain, and do not merge in the order of their dates.",
    },
    run: Run::Linked(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let forest = file.subject.forest;
    if !forest.children(file.number).is_empty() {
        return;
    }
    let depth = forest.ancestry(file.number).count();
    let (severity, more) = match depth {
        0..=5 => return,
        6..=20 => (Severity::Info, ""),
        21..=50 => (Severity::Warning, ""),
        _ => (Severity::Warning, ", more than the 50 checkpoints that Hyper-V keeps"),
    };
    let base = forest.ancestry(file.number).last().and_then(|base| file.subject.file(base));
    let finding = out
        .finding("chain", format!("{depth} files make up the chain of this disk{more}"))
        .severity(severity)
        .with("files_count", depth);
    out.push(match base {
        Some(base) => finding.see_file(base, None, "the last file of the chain"),
        None => finding,
    });
}
