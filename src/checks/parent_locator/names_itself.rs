//! Every recorded path leads to the file that records it.

use crate::chain::windows_path::WindowsPath;
use crate::chain::{Lead, RecordedPath};
use crate::checks::prelude::*;
use crate::format::vhdx::parent_locator::STRUCTURE;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0711",
    name: "locator-names-itself",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "All paths in the parent locator that lead anywhere lead to the differencing disk itself, by place \
            or by name.",
        matters: "Windows takes the file for its own parent and gives error 0xC03A0018. By its identity the parent \
            may still be found: see the evidence.",
        harmless: "A differencing disk that was renamed to its parent's name, or copied over it.",
        todo: "If the parent is found by identity, set it on a copy with Set-VHD -ParentPath. If it is not, the \
            file may lie where its parent was: look for a backup of the parent.",
        not_first: "Do not rename the file to break the circle before it is known which name is whose.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    let Some((locator, range)) = file.locator() else { return };
    if !link.recorded.iter().any(|recorded| recorded.leads == Lead::Itself) {
        return;
    }
    let own_name = file.file.path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    let by_name = |path: &str| WindowsPath::parse(path).file_name().map(str::to_lowercase) == own_name;
    let names_itself = |recorded: &RecordedPath| match recorded.leads {
        Lead::Itself => true,
        Lead::Elsewhere => by_name(&recorded.path),
        Lead::To(_) | Lead::NotThere => false,
    };
    if !link.recorded.iter().all(names_itself) {
        return;
    }
    let first = link.recorded.first().and_then(|recorded| file.value_range(recorded.key));
    let mut finding = out
        .finding(STRUCTURE, "every recorded path of the parent names the file itself")
        .in_range(first.unwrap_or(range))
        .with("recorded_paths", super::recorded(file, link))
        .with_some("parent_linkage", locator.linkage);
    if let Some(parent) = file.parent().filter(|_| link.status.is_linked()) {
        finding = finding.see_file(parent, None, "the parent, proved by its identity");
    }
    out.push(finding);
}
