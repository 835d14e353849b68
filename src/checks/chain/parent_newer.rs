//! The parent's file was written more than a day after its child's.

use crate::checks::prelude::*;
use std::time::Duration;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0813",
    name: "parent-written-after-child",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The parent is proved by its identity, and the file system says that it was last written more than \
            24 hours after this disk.",
        matters: "The identity says that the content is unchanged, so the chain is whole. But times run the other \
            way as a rule: the child takes the writes. Something wrote the parent's file later, or the files were \
            copied.",
        harmless: "A copy or restore that did not keep the times, or kept those of one file only. A machine that has \
            not run since.",
        todo: "Nothing, if the files were copied. Otherwise find out what wrote to the parent, and compare the \
            disk with a backup before it is trusted.",
        not_first: "Do not take the times alone as proof of anything.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    const DAY: Duration = Duration::from_hours(24);
    let Some(parent) = file.parent().filter(|_| link.status.is_linked()) else {
        return;
    };
    let modified = |found: &FoundFile| found.stamp.and_then(|stamp| stamp.modified);
    let (Some(own), Some(other)) = (modified(file.file), modified(parent)) else { return };
    let Some(later) = other.duration_since(own).ok().filter(|later| *later > DAY) else { return };
    let hours = later.as_secs() / 3600;
    let finding = out
        .finding("chain", format!("the parent's file was written {hours} hours after this one"))
        .with("hours_later_count", hours);
    out.push(finding.see_file(parent, None, "the parent, proved by its identity"));
}
