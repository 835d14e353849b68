//! The log of a configuration cannot be replayed.

use crate::checks::prelude::*;
use crate::vm::ProblemKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1004",
    name: "configuration-log-not-replayed",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The replay log of the container holds changes that were to be written and cannot be: an entry is \
            damaged, or aims where it must not. The log was followed as far as it is whole.",
        matters: "What is shown may be older than what the host last wrote, or half of it: a disk that was attached \
            just then may not be named.",
        harmless: "A copy of the file that was taken while the host wrote to it.",
        todo: "Take the copy again while the machine is off, or from a snapshot of the volume, and compare.",
        not_first: "Do not conclude from this configuration alone that a disk is not attached.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    super::problems(file, out, |kind| kind == ProblemKind::LogNotReplayed);
}
