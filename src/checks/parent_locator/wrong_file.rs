//! The first recorded path that leads to a file leads to another one than the parent.

use crate::chain::Lead;
use crate::checks::prelude::*;
use crate::format::vhdx::parent_locator::STRUCTURE;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0712",
    name: "locator-path-to-wrong-file",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The parent is proved by its identity. But the path that Windows would open first leads to a file \
            of another identity.",
        matters: "Windows opens that file, compares the identities and gives error 0xC03A000E, although the right \
            parent is there.",
        harmless: "A copy of the folder in which the parent was replaced, or a new disk that took the parent's name.",
        todo: "Set the parent with Set-VHD -ParentPath to the file that is proved, and move the other one away.",
        not_first: "Do not use -IgnoreIdMismatch: it would link the wrong file.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    if !link.status.is_linked() {
        return;
    }
    let opened = link.recorded.iter().find_map(|recorded| match recorded.leads {
        Lead::To(other) => Some((recorded, other)),
        Lead::Itself | Lead::NotThere | Lead::Elsewhere => None,
    });
    let Some((recorded, other)) = opened.filter(|(_, other)| Some(*other) != link.parent) else { return };
    let identity = |number| file.subject.file(number).and_then(|found| found.disk.as_ref()?.identity());
    // A copy with the right identity serves as well as the parent that was chosen.
    if identity(other).is_some_and(|found| Some(found) == link.found) {
        return;
    }
    let (Some(wrong), Some(range)) = (file.subject.file(other), file.value_range(recorded.key)) else { return };
    let mut finding = out
        .finding(STRUCTURE, format!("{} leads to a file of another identity than the parent's", recorded.key))
        .in_range(range)
        .with_some("expected", link.expected)
        .with_some("found", identity(other))
        .with("recorded_paths", super::recorded(file, link))
        .see_file(wrong, None, "where the path leads");
    if let Some(parent) = file.parent() {
        finding = finding.see_file(parent, None, "the parent, proved by its identity");
    }
    out.push(finding);
}
