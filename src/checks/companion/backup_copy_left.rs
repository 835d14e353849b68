//! A copy of a configuration that a backup left.

use crate::checks::prelude::*;
use crate::estate::is_backup_copy;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1204",
    name: "backup-copy-left",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "A file named .preCheckpointCopy lies beside the configurations. A backup makes it before its \
            checkpoint and removes it at its end.",
        matters: "A backup has not ended as it should: a checkpoint of it may be left, and the machine may write to \
            its disk.",
        harmless: "A backup is running just now. In restored data the file is there on purpose.",
        todo: "See that no backup is running, and look at the machine's checkpoints and at the chain of its disks.",
        not_first: "Do not put it in the place of the configuration: it names the disks from before the checkpoint.",
    },
    run: Run::Estate(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    if is_backup_copy(&file.file.path) {
        let finding = out.finding("", "a backup made this copy of a configuration and did not remove it");
        out.push(finding.with_some("class", file.verdict().map(|verdict| verdict.class.name())));
    }
}
