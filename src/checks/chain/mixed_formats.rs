//! Parent and child are of different formats.

use crate::checks::prelude::*;
use crate::image::FileKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0814",
    name: "mixed-chain",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The recorded paths of a VHDX file lead to a VHD file, or the reverse.",
        matters: "No version of Windows makes or opens such a chain: a VHDX file can only have a VHDX parent, and a \
            VHD file a VHD parent.",
        harmless: "A parent that was converted to the other format after the child was made.",
        todo: "Look for the parent in its original format. A converted disk has another identity and cannot be \
            the parent any more.",
        not_first: "Do not rename the files.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    let Some(parent) = file.parent().filter(|_| is_mixed(file)) else { return };
    let what = format!("a {} disk has a {} parent", file.file.kind.name(), parent.kind.name());
    let finding = super::place(out.finding("parent locator", what), file, link);
    out.push(finding.see_file(parent, None, "the file in the parent's place"));
}

/// Whether the file in the parent's place is a disk of the other format by its content.
pub(super) fn is_mixed(file: &LinkedFile<'_>) -> bool {
    let other = match file.file.kind {
        FileKind::Vhdx => FileKind::Vhd,
        FileKind::Vhd => FileKind::Vhdx,
        _ => return false,
    };
    file.parent().is_some_and(|parent| parent.kind == other && parent.kind_by == crate::image::KindBy::Content)
}
