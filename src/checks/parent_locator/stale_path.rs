//! The parent is here, and a recorded path leads to where it is not.

use crate::chain::Lead;
use crate::checks::prelude::*;
use crate::format::vhdx::parent_locator::STRUCTURE;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0708",
    name: "locator-path-stale",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The parent is proved by its identity, and a recorded path leads to a place within what was looked \
            at where there is no such file.",
        matters: "The chain is whole. Windows does not find the parent by this path; if no other one leads to it, it \
            gives error 0xC03A000D although the parent is there.",
        harmless: "Files that were moved, copied or renamed. Windows puts the paths right the next time it opens the \
            chain.",
        todo: "If Windows does not find the parent, set it with Set-VHD -ParentPath, from the base upwards.",
        not_first: "Do not use -IgnoreIdMismatch for this: the identity is right.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    if !link.status.is_linked() {
        return;
    }
    // With every path on the file itself there is a finding that says more.
    for recorded in link.recorded.iter().filter(|recorded| recorded.leads == Lead::NotThere) {
        let Some(range) = file.value_range(recorded.key) else { continue };
        let mut finding = out
            .finding(STRUCTURE, format!("{} leads to where the parent is not", recorded.key))
            .in_range(range)
            .with("path", recorded.path.as_str())
            .with("recorded_paths", super::recorded(file, link));
        if let Some(parent) = file.parent() {
            finding = finding.see_file(parent, None, "the parent, proved by its identity");
        }
        out.push(finding);
    }
}
