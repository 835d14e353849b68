//! A branch that nothing needs, and whose parent went another way.

use crate::checks::prelude::*;
use crate::estate::verdict::Class;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0910",
    name: "stale-branch",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "No configuration names this disk, and its parent, or one further down, has been written to since it \
            was made. Both hold a state of the same disk, and neither holds the other's.",
        matters: "The branch cannot be merged, and read through its parent it shows a mixture of two states. It may \
            hold newer data than what its machine shows: a machine that was set back without a word looks like \
            this.",
        harmless: "A checkpoint was applied and the branch it left was forgotten; the parent was mounted for a \
            look, which writes to it.",
        todo: "Compare the times of both branches. Copy the branch and what it depends on, attach the copy \
            read-only, and fetch the files that are wanted.",
        not_first: "Do not merge it and do not force its link with -IgnoreIdMismatch: either damages what the \
            machine uses now.",
    },
    run: Run::Estate(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let Some(verdict) = file.judged(Class::StaleBranch) else { return };
    let finding = out
        .finding("", "no machine needs this branch, and its parent has been written to since it was made")
        .with_some("at_stake_bytes", verdict.at_stake)
        .with("confidence", verdict.confidence.name());
    let forest = file.subject.forest;
    let last = forest.ancestry(file.number).last().unwrap_or(file.number);
    let parent = forest.link(last).and_then(|link| file.subject.file(link.parent?));
    out.push(match parent {
        Some(parent) => finding.see_file(parent, None, "written to since"),
        None => finding,
    });
}
