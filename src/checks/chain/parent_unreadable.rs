//! The parent is there and cannot be read.

use crate::chain::LinkStatus;
use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0807",
    name: "parent-unreadable",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The file that is proved to be the parent, or lies in its place, cannot be read as a disk.",
        matters: "The fault is not in this disk but in its parent, and everything that is not in this disk is lost \
            with it. Windows gives error 0xC03A0019.",
        harmless: "Missing rights to read the parent, or a parent that a running machine holds open.",
        todo: "Look at the findings of the parent, which say what is wrong with it, and mend or restore it there.",
        not_first: "Do not change anything about this disk.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    if link.status != LinkStatus::Unreadable {
        return;
    }
    if super::mixed_formats::is_mixed(file) {
        return;
    }
    let mut finding = super::place(out.finding("parent locator", "the parent is there and cannot be read"), file, link);
    if let Some(parent) = file.parent() {
        let reason = parent.error.as_ref().map(|error| error.reason().to_string());
        let offset = parent.error.as_ref().and_then(crate::Error::offset);
        finding = finding.see_file(parent, offset, reason.unwrap_or_else(|| "the parent".to_owned()));
    }
    out.push(finding);
}
