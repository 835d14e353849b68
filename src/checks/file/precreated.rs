//! A checkpoint's file that was made in advance and never used.

use crate::checks::prelude::*;
use crate::estate::verdict::Class;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0914",
    name: "precreated-empty",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The file is named as Hyper-V names the disk behind a checkpoint, nothing was ever written into it, \
            and no configuration names it.",
        matters: "It holds nothing. Hyper-V makes such a file before it switches a machine over to it; one that was \
            left after a loss of power can stand in the way of the next checkpoint or backup (0x80070020, event \
            32774).",
        harmless: "A checkpoint is being made just now.",
        todo: "See that no checkpoint or backup is running and that no process holds the file open, then move it \
            aside and make a checkpoint.",
        not_first: "Do not move it while the machine's configuration cannot be read: it may name the file.",
    },
    run: Run::Estate(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let Some(verdict) = file.judged(Class::PrecreatedEmpty) else { return };
    let finding = out
        .finding("", "made for a checkpoint in advance, never written to, and named by nothing")
        .with("confidence", verdict.confidence.name())
        .with_some("at_stake_bytes", verdict.at_stake);
    out.push(finding);
}
